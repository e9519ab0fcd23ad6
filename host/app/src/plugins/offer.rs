//! What a person decides about before a plugin is installed, enabled or updated: one screen, and nothing runs before.

use serde::Serialize;
use trcaa_model::plugin::{Capability, Coverage, Kind, Limits, Manifest};
use trcaa_store::Store;

use super::WishView;
use super::folder::Found;
use super::grants::granted_to;
use super::lock_file::limits_changed;
use crate::AppError;

/// Who made it, and what is known of them.
#[derive(Debug, Clone, Serialize)]
pub struct OfferedPublisher {
    /// The name that the publisher goes by; proven by nothing.
    pub name: String,
    /// Ed25519 public key, 64 hex digits.
    pub key: String,
    /// Other plugins of the same key that the user trusted before.
    pub known_by: Vec<String>,
    /// Whether this key is pinned for this id already.
    pub pinned: bool,
}

/// What an update changes.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// Version that is active.
    pub version_before: String,
    /// SHA-256 hex of what is active.
    pub sha256_before: String,
    /// The world before, where it is another.
    pub world_before: Option<String>,
    /// Wishes, or parts of wishes, that the active version does not have.
    pub added: Vec<Capability>,
    /// Wishes of the active version that the new one does not have.
    pub removed: Vec<Capability>,
    /// Wishes that are asked as part of a wider or narrower one.
    pub changed: Vec<Capability>,
    /// Limits that differ, in words.
    pub limits: Vec<String>,
    /// Whether it asks for anything that the active version does not ask for.
    pub asks_more: bool,
    /// Why it needs the user's word before it runs, one sentence each; empty: it may follow without.
    pub consent_for: Vec<String>,
}

/// A plugin that waits for the user's word.
#[derive(Serialize)]
pub struct Offer {
    /// The manifest's id.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// Its kind.
    #[serde(serialize_with = "kind_text")]
    pub kind: Kind,
    /// Its WIT world with its version.
    pub world: String,
    /// One sentence by its author.
    pub description: String,
    /// SHA-256 hex of the component.
    pub sha256: String,
    /// Where it comes from.
    pub source: String,
    /// Who signed it; `None`: unsigned.
    pub publisher: Option<OfferedPublisher>,
    /// Each wish, with how much of it is granted already.
    pub wishes: Vec<WishView>,
    /// The limits of each call.
    pub limits: Limits,
    /// What it changes, where another version is active.
    pub difference: Option<Difference>,
    /// Whether exactly these bytes are there already.
    pub present: bool,
    #[serde(skip)]
    pub(super) found: Found,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn kind_text<S: serde::Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

impl Offer {
    pub(super) fn new(store: &Store, found: Found, source: String) -> Result<Self, AppError> {
        let manifest = &found.manifest;
        let id = manifest.id.clone();
        let granted = granted_to(store, &id, found.key())?;
        let wish = |capability: Capability| WishView { granted: capability.covered_by(&granted), capability };
        let publisher = match &found.publisher {
            None => None,
            Some(publisher) => {
                let mut known_by = store.plugins_of_key(&publisher.key)?;
                let pinned = known_by.contains(&id);
                known_by.retain(|known| *known != id);
                Some(OfferedPublisher { name: publisher.name.clone(), key: publisher.key.clone(), known_by, pinned })
            }
        };
        Ok(Self {
            version: manifest.version.clone(),
            kind: manifest.kind,
            world: manifest.world.clone(),
            description: manifest.description.clone(),
            sha256: found.sha256.clone(),
            source,
            publisher,
            wishes: manifest.capabilities().into_iter().map(wish).collect(),
            limits: manifest.kind.limits().tightened(manifest.limits),
            difference: None,
            present: false,
            id,
            found,
        })
    }

    /// Everything that it asks for.
    pub fn capabilities(&self) -> Vec<Capability> {
        self.found.manifest.capabilities()
    }
}

impl Difference {
    pub(super) fn between(before: &Manifest, sha256_before: &str, after: &Manifest) -> Self {
        let (had, asks) = (before.capabilities(), after.capabilities());
        let (mut added, mut changed, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for wish in &asks {
            match wish.covered_by(&had) {
                Coverage::None => added.push(wish.clone()),
                Coverage::Part => changed.push(wish.clone()),
                Coverage::Whole => {}
            }
        }
        let asks_more = !added.is_empty() || !changed.is_empty();
        let consent_for =
            if asks_more { vec!["it asks for more than the version before".to_owned()] } else { Vec::new() };
        for wish in &had {
            match wish.covered_by(&asks) {
                Coverage::None => removed.push(wish.clone()),
                // Asked for more narrowly, and not told of as a change that asks more already.
                Coverage::Part if !asks.iter().any(|a| changed.contains(a) && same_subject(a, wish)) => {
                    changed.extend(asks.iter().find(|a| same_subject(a, wish)).cloned());
                }
                _ => {}
            }
        }
        Self {
            version_before: before.version.clone(),
            sha256_before: sha256_before.to_owned(),
            world_before: (before.world != after.world).then(|| before.world.clone()),
            limits: limits_changed(before, after),
            added,
            removed,
            changed,
            asks_more,
            consent_for,
        }
    }
}

/// Whether two wishes are about the same origin, secret or state.
fn same_subject(one: &Capability, other: &Capability) -> bool {
    match (one, other) {
        (Capability::Http(one), Capability::Http(other)) => {
            trcaa_model::plugin::canonical_origin(&one.origin) == trcaa_model::plugin::canonical_origin(&other.origin)
        }
        (Capability::Secret(one), Capability::Secret(other)) => one.name == other.name,
        (Capability::Kv(_), Capability::Kv(_)) => true,
        _ => false,
    }
}
