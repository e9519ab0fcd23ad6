//! Other versions of what is installed: update, consent to a pending one, rollback.
//!
//! Invariants: without consent a version follows another only if the same key signed both, its version is higher, it
//! asks for nothing more, and the user did not go back from it. Any other waits beside the active one as `pending`, and
//! that one keeps running with its grants. What was active is kept as `previous`, so that one step back is always
//! there. Of each role there is one version.

use std::cmp::Ordering;

use semver::Version;
use serde::Serialize;
use serde_json::json;
use trcaa_runtime::Source;
use trcaa_store::{PluginRow, PluginState, PluginVersion, VersionRole};

use super::folder::Found;
use super::grants::{record, write_grants};
use super::install::version_of;
use super::list::{manifest_of, no_such};
use super::offer::{Difference, Offer};
use super::switch::row_of;
use super::{Place, place_of, source, trust};
use crate::{App, AppError, PluginView};

/// Whether a lower version may follow a higher one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Downgrade {
    /// No.
    Refused,
    /// Yes: the user said so.
    Allowed,
}

/// What became of an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UpdateOutcome {
    /// The active version is these bytes already.
    Unchanged,
    /// It is active.
    Active,
    /// It waits for consent beside the active one.
    Pending,
}

impl App {
    /// Gets another version of an installed plugin, from its recorded source or another, and says what it changes;
    /// nothing is compiled, run or kept.
    ///
    /// # Errors
    /// One sentence naming plugin and step: it is not installed, the source can't be had, or it is of another id, kind,
    /// publisher, or of a lower version.
    pub fn offer_update(&self, id: &str, src: Option<&str>, downgrade: Downgrade) -> Result<Offer, AppError> {
        let row = self.updatable(id)?;
        let fetched = match src {
            Some(src) => source::fetch(self, Some(id), src)?,
            None => source::fetch_again(self, id, &row.source)?,
        };
        let source = fetched.source.clone();
        let found = source::inspect(self, Some(id), fetched)?;
        let before = manifest_of(&row)?;
        let manifest = &found.manifest;
        let refuse = |code, problem: String, hint: &str| {
            let error = AppError::failed(code, format!("updating plugin {id}: {problem}")).hint(hint);
            Err(self.refused(id, error))
        };
        if manifest.id != id {
            let hint = "install it beside: trcaa plugin install SRC";
            return refuse("other_plugin", format!("what came is plugin {}", manifest.id), hint);
        }
        if manifest.kind != before.kind {
            let problem = format!("it was of kind {}, and this is {}", before.kind.as_str(), manifest.kind.as_str());
            return refuse(
                "other_kind",
                problem,
                "a plugin of another kind is another plugin; its author has to rename it",
            );
        }
        trust::check_pin(&self.store, id, found.publisher.as_ref()).map_err(|e| self.refused(id, e))?;
        if downgrade == Downgrade::Refused && order(&manifest.version, &before.version) == Ordering::Less {
            let problem = format!("version {} is lower than {}, which is active", manifest.version, before.version);
            return refuse("downgrade", problem, "if that is what you want, add: --allow-downgrade");
        }
        let mut offer = Offer::new(&self.store, found, source)?;
        offer.present = offer.sha256 == row.sha256;
        offer.difference = Some(self.difference(&row, &offer.found)?);
        Ok(offer)
    }

    /// A drop-in as something to decide about, with what it changes where its file was exchanged.
    pub(super) fn offer_exchanged(&self, found: Found, file: String) -> Result<Offer, AppError> {
        let mut offer = Offer::new(&self.store, found, file)?;
        if let Some(row) = self.store.plugin(&offer.id)?.filter(|row| row.sha256 != offer.sha256) {
            let mut difference = self.difference(&row, &offer.found)?;
            if order(&offer.version, &row.version) == Ordering::Less {
                difference.consent_for.push("its version is lower than the one before".into());
            }
            offer.difference = Some(difference);
        }
        Ok(offer)
    }

    /// What changes, and what of that needs the user's word.
    fn difference(&self, row: &PluginRow, found: &Found) -> Result<Difference, AppError> {
        let before = manifest_of(row)?;
        let mut difference = Difference::between(&before, &row.sha256, &found.manifest);
        if found.sha256 == row.sha256 {
            return Ok(difference);
        }
        // A pin of `unsigned` holds for whoever can write to the place that it comes from.
        if found.publisher.is_none() {
            difference
                .consent_for
                .push("it is unsigned: nothing proves that its bytes are of who made those before".into());
        }
        // A lower one was allowed in words; one that is not higher was not, and could be any that was ever signed.
        if order(&found.manifest.version, &before.version) == Ordering::Equal {
            difference.consent_for.push("its bytes are others under the same version".into());
        }
        let left = self.store.plugin_version(&row.id, VersionRole::Previous)?.is_some_and(|p| p.sha256 == found.sha256);
        if left {
            difference.consent_for.push("these bytes were active before, and are not any more".into());
        }
        if let Some(reason) = self.store.plugin_quarantine(&row.id, &found.sha256)? {
            difference.consent_for.push(format!("these bytes were switched off: {reason}"));
        }
        Ok(difference)
    }

    /// The version that waits for consent, with what it changes; `None` where none waits.
    ///
    /// # Errors
    /// `not_found`; its file was changed, or it is of another publisher by now.
    pub fn offer_pending(&self, id: &str) -> Result<Option<Offer>, AppError> {
        let Some(row) = self.store.plugin(id)? else { return Err(no_such(id)) };
        let Some(pending) = self.store.plugin_version(id, VersionRole::Pending)? else { return Ok(None) };
        let found = self.read_kept(&pending)?;
        let mut offer = Offer::new(&self.store, found, pending.source)?;
        offer.difference = Some(self.difference(&row, &offer.found)?);
        Ok(Some(offer))
    }

    /// Puts an offered version in place without consent: active if it needs none, else pending.
    ///
    /// # Errors
    /// One sentence naming plugin and step; then the state is the old one.
    pub fn update_plugin(&self, offer: &Offer) -> Result<(PluginView, UpdateOutcome), AppError> {
        let free = offer.difference.as_ref().is_some_and(|difference| difference.consent_for.is_empty());
        match (offer.present, free) {
            (true, _) => Ok((self.plugin(&offer.id)?, UpdateOutcome::Unchanged)),
            (false, true) => self.activate(offer, false),
            (false, false) => self.keep_pending(offer),
        }
    }

    /// Makes the previous version active again, and the active one previous. Grants hold by publisher and capability.
    /// Bytes that were switched off by their failures stay so: only `enable` is the user's word about them.
    ///
    /// # Errors
    /// `no_previous`; its file was changed, or it is of another publisher by now; `changed_meanwhile`.
    pub fn rollback_plugin(&self, id: &str) -> Result<PluginView, AppError> {
        self.updatable(id)?;
        if self.store.plugin_version(id, VersionRole::Previous)?.is_none() {
            return Err(no_previous(id));
        }
        let disk = self.lock_plugins(id)?;
        // Read again behind the lock: what another process just made active is what this goes back from.
        let row = self.updatable(id)?;
        let previous = self.store.plugin_version(id, VersionRole::Previous)?.ok_or_else(|| no_previous(id))?;
        let found = self.read_kept(&previous)?;
        self.prepare(&disk, &found)?;
        let details = json!({"from": row.version, "to": previous.version, "sha256": previous.sha256});
        let after = row_of(&found, &previous.source, state_after(&row))?;
        self.change_plugins(&disk, id, |tx| {
            let quarantine = tx.plugin_quarantine(id, &previous.sha256)?;
            // The circuit breaker and `disable` hold no lock of the folder: the state is that of now.
            let state = tx.plugin(id)?.map_or(after.state, |now| match (state_after(&now), &quarantine) {
                (PluginState::Enabled, Some(_)) => PluginState::Quarantined,
                (state, _) => state,
            });
            if let Some(active) = tx.plugin_version(id, VersionRole::Active)? {
                tx.put_plugin_version(&PluginVersion { role: VersionRole::Previous, ..active })?;
            }
            let reason = quarantine.clone().filter(|_| state == PluginState::Quarantined);
            tx.upsert_plugin(&PluginRow { state, reason, ..after })?;
            tx.put_plugin_version(&PluginVersion { role: VersionRole::Active, ..previous.clone() })?;
            tx.set_plugin_quarantine(id, &previous.sha256, quarantine.as_deref())?;
            tx.audit(&record("plugin_rolled_back", id, details)).map(drop)
        })?;
        self.plugin(id)
    }

    pub(super) fn activate(&self, offer: &Offer, consented: bool) -> Result<(PluginView, UpdateOutcome), AppError> {
        let (id, found) = (&offer.id, &offer.found);
        let disk = self.lock_plugins(id)?;
        let row = self.expect_unchanged(offer)?;
        self.prepare(&disk, found)?;
        let after = PluginRow { state: state_after(&row), ..row_of(found, &offer.source, row.state)? };
        let version = version_of(&after, found, VersionRole::Active);
        let details = json!({
            "from": row.version, "to": after.version, "sha256": after.sha256, "source": after.source,
            "capability_hash": version.capability_hash, "state": "active", "consented": consented,
        });
        let grants = consented && offer.difference.as_ref().is_some_and(|difference| difference.asks_more);
        self.change_plugins(&disk, id, |tx| {
            if let Some(active) = tx.plugin_version(id, VersionRole::Active)? {
                tx.put_plugin_version(&PluginVersion { role: VersionRole::Previous, ..active })?;
            }
            if let Some(pending) = tx.plugin_version(id, VersionRole::Pending)?
                && pending.sha256 != after.sha256
            {
                // What waited is overtaken.
                tx.drop_plugin_version(id, VersionRole::Pending)?;
            }
            tx.put_plugin_version(&version)?;
            // Bytes that were switched off before come this far by the user's word only.
            tx.set_plugin_quarantine(id, &version.sha256, None)?;
            tx.upsert_plugin(&after)?;
            tx.audit(&record("plugin_updated", id, details))?;
            match grants {
                true => write_grants(tx, id, found.key(), &offer.capabilities(), None),
                false => Ok(()),
            }
        })?;
        Ok((self.plugin(id)?, UpdateOutcome::Active))
    }

    fn keep_pending(&self, offer: &Offer) -> Result<(PluginView, UpdateOutcome), AppError> {
        let (id, found) = (&offer.id, &offer.found);
        let disk = self.lock_plugins(id)?;
        let row = self.expect_unchanged(offer)?;
        // Asked again and again, as by a timer: it waits already.
        let waits = self.store.plugin_version(id, VersionRole::Pending)?.is_some_and(|p| p.sha256 == found.sha256);
        if waits {
            return Ok((self.plugin(id)?, UpdateOutcome::Pending));
        }
        self.prepare(&disk, found)?;
        let waiting = row_of(found, &offer.source, PluginState::Disabled)?;
        let version = version_of(&waiting, found, VersionRole::Pending);
        let details = json!({
            "from": row.version, "to": waiting.version, "sha256": waiting.sha256, "source": waiting.source,
            "capability_hash": version.capability_hash, "state": "pending",
        });
        self.change_plugins(&disk, id, |tx| {
            tx.put_plugin_version(&version)?;
            tx.audit(&record("plugin_updated", id, details)).map(drop)
        })?;
        Ok((self.plugin(id)?, UpdateOutcome::Pending))
    }

    /// Somebody may have been faster: what was shown is a difference to exactly one version.
    fn expect_unchanged(&self, offer: &Offer) -> Result<PluginRow, AppError> {
        let id = &offer.id;
        let row = self.updatable(id)?;
        let shown = offer.difference.as_ref().map(|difference| difference.sha256_before.as_str());
        trust::check_pin(&self.store, id, offer.found.publisher.as_ref())?;
        match shown == Some(row.sha256.as_str()) {
            true => Ok(row),
            false => Err(AppError::failed(
                "changed_meanwhile",
                format!("updating plugin {id}: another process changed it meanwhile; nothing was done"),
            )
            .hint("look at it and do it again")),
        }
    }

    /// A kept version from its file, checked as at every load.
    fn read_kept(&self, version: &PluginVersion) -> Result<Found, AppError> {
        let id = &version.plugin_id;
        let found = self.read_installed(id, &version.sha256, &version.source).map_err(|problem| {
            AppError::failed("plugin_missing", format!("reading version {} of plugin {id}: {problem}", version.version))
                .hint(format!("get it again: trcaa plugin update {id} SRC"))
        })?;
        trust::expect_pin(&self.store, id, found.publisher.as_ref())?;
        Ok(found)
    }

    fn updatable(&self, id: &str) -> Result<PluginRow, AppError> {
        if Found::bundled(id).is_some() {
            return Err(AppError::failed(
                "bundled",
                format!("updating plugin {id}: it is part of this program and comes with its versions"),
            ));
        }
        match self.store.plugin(id)? {
            Some(row) if place_of(&row) == Place::Installed => Ok(row),
            Some(row) => Err(AppError::failed(
                "is_drop_in",
                format!("updating plugin {id}: it is the drop-in {}, and only its file can be exchanged", row.source),
            )
            .hint(format!("put the new file in its place, then: trcaa plugin enable {id}"))),
            None => match self.find_plugin(id) {
                Ok(Found { source: Source::DropIn(_), .. }) => {
                    Err(AppError::failed("not_enabled", format!("updating plugin {id}: it was not enabled yet"))
                        .hint(format!("decide about it first: trcaa plugin enable {id}")))
                }
                _ => Err(no_such(id)),
            },
        }
    }

    /// Ids of plugins that have a source to update from.
    ///
    /// # Errors
    /// Those of the store.
    pub fn updatable_plugins(&self) -> Result<Vec<String>, AppError> {
        let rows = self.store.plugins()?;
        Ok(rows.into_iter().filter(|row| place_of(row) == Place::Installed).map(|row| row.id).collect())
    }
}

fn no_previous(id: &str) -> AppError {
    AppError::failed("no_previous", format!("rolling back plugin {id}: no earlier version is kept"))
        .hint(format!("install one: trcaa plugin update {id} SRC --allow-downgrade"))
}

/// Other bytes did not misbehave; what the user switched off stays off.
fn state_after(row: &PluginRow) -> PluginState {
    match row.state {
        PluginState::Disabled => PluginState::Disabled,
        PluginState::Enabled | PluginState::Quarantined => PluginState::Enabled,
    }
}

/// How a version stands to another, by semver's precedence, in which what follows a `+` has no part. Where one is no
/// version there is no order, and it counts as lower: it must not pass for an update.
fn order(version: &str, than: &str) -> Ordering {
    match (Version::parse(version), Version::parse(than)) {
        (Ok(version), Ok(than)) => version.cmp_precedence(&than),
        _ => Ordering::Less,
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering::{Equal, Greater, Less};

    use super::order;

    #[test]
    fn versions_are_compared_as_versions() {
        for (version, than, expected) in [
            ("1.9.0", "1.10.0", Less),
            ("1.0.0-rc.1", "1.0.0", Less),
            ("1.0.0", "1.0.0", Equal),
            ("1.0.0+zzz", "1.0.0+a", Equal),
            ("2.0.0", "1.99.99", Greater),
            ("01.0.1", "1.0.0", Less),
            ("2.0.0", "01.0.0", Less),
        ] {
            assert_eq!(order(version, than), expected, "{version} {than}");
        }
    }
}
