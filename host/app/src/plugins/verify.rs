//! `plugin verify`: files against rows, lock file, signature, pin and the MAC of native code. Changes nothing.

use serde::Serialize;
use trcaa_runtime::{KeptCode, kept_code};
use trcaa_store::{PluginVersion, VersionRole};

use super::disk::read_lock_file;
use super::folder::{self, Found};
use super::list::no_such;
use super::native::code_cache;
use super::{Place, lock_file, place_of, trust};
use crate::{App, AppError};

/// Something that is not as it was installed.
#[derive(Clone, Debug, Serialize)]
pub struct PluginFinding {
    /// The plugin.
    pub plugin_id: String,
    /// `folder`, `file`, `signature`, `publisher`, `rows`, `lock_file`, `native_code`.
    pub subject: &'static str,
    /// What is wrong, in one sentence.
    pub problem: String,
}

/// What a check found.
#[derive(Clone, Debug, Serialize)]
pub struct PluginsVerified {
    /// Versions of plugins that were looked at, byte for byte.
    pub checked: usize,
    /// What is wrong; empty where nothing is.
    pub findings: Vec<PluginFinding>,
}

impl App {
    /// Checks one plugin, or all that are not bundled.
    ///
    /// # Errors
    /// `not_found`; a finding is no error of this function.
    pub fn verify_plugins(&self, id: Option<&str>) -> Result<PluginsVerified, AppError> {
        let versions = self.store.plugin_versions(id)?;
        let rows: Vec<_> = self.store.plugins()?.into_iter().filter(|row| place_of(row) != Place::Bundled).collect();
        if let Some(id) = id
            && versions.is_empty()
            && !rows.iter().any(|row| row.id == id)
        {
            // Bundled: part of the program, nothing lies outside it.
            return match Found::bundled(id) {
                Some(_) => Ok(PluginsVerified { checked: 1, findings: Vec::new() }),
                None => Err(no_such(id)),
            };
        }
        let mut findings = Vec::new();
        for version in &versions {
            self.verify_version(version, &mut findings)?;
        }
        for row in rows.iter().filter(|row| id.is_none_or(|id| row.id == id)) {
            let active = versions.iter().find(|v| v.plugin_id == row.id && v.role == VersionRole::Active);
            let problem = match active {
                None => "no version of it is recorded, so nothing says whose it is",
                Some(active) if active.sha256 != row.sha256 => "what is enabled is not the active version",
                Some(_) => continue,
            };
            findings.push(finding(&row.id, "rows", problem));
        }
        self.verify_lock_file(id, &mut findings)?;
        if id.is_none() {
            self.verify_folders(&mut findings);
        }
        Ok(PluginsVerified { checked: versions.len(), findings })
    }

    fn verify_version(&self, version: &PluginVersion, findings: &mut Vec<PluginFinding>) -> Result<(), AppError> {
        let id = &version.plugin_id;
        let told = format!("version {}", version.version);
        let row = self.store.plugin(id)?;
        let Some(folder) = folder::open(self.plugins.folder())? else {
            findings.push(finding(id, "file", "the plugin folder is gone"));
            return Ok(());
        };
        let read = match row.as_ref().map(place_of) {
            Some(Place::DropIn(file)) => folder::read_component(&folder, file),
            _ => super::host::installed_bytes(&folder, &version.sha256),
        };
        let source = trcaa_runtime::Source::Installed(version.source.clone());
        match read {
            Err(problem) => findings.push(finding(id, "file", format!("{told}: {problem}"))),
            Ok(bytes) => match Found::read(id, source, bytes) {
                Err(problem) => {
                    let subject = if problem.contains("signature") { "signature" } else { "file" };
                    findings.push(finding(id, subject, format!("{told}: {problem}")));
                }
                Ok(found) => {
                    if found.sha256 != version.sha256 {
                        findings.push(finding(id, "file", format!("{told}: its bytes were changed")));
                    }
                    if found.manifest.id != *id || found.key() != version.publisher_key.as_deref() {
                        findings.push(finding(
                            id,
                            "rows",
                            format!("{told}: its row names another plugin or publisher"),
                        ));
                    }
                    if let Err(error) = trust::expect_pin(&self.store, id, found.publisher.as_ref()) {
                        findings.push(finding(id, "publisher", format!("{told}: {}", error.message)));
                    }
                }
            },
        }
        if version.role == VersionRole::Active
            && let Some(cache) = code_cache(&self.store, &folder)
        {
            match kept_code(self.plugins.engine()?, &version.sha256, &cache) {
                KeptCode::Authentic => {}
                KeptCode::Missing => {
                    findings.push(finding(
                        id,
                        "native_code",
                        format!("{told}: it is gone; the next call compiles anew"),
                    ));
                }
                KeptCode::Foreign => findings.push(finding(
                    id,
                    "native_code",
                    format!("{told}: it was changed or is another engine's; the next call compiles anew"),
                )),
            }
        }
        Ok(())
    }

    /// A folder that anybody on this machine can write in is one where anybody puts plugins for the user to say yes to.
    #[cfg(unix)]
    fn verify_folders(&self, findings: &mut Vec<PluginFinding>) {
        use std::os::unix::fs::PermissionsExt as _;
        let Some(folder) = self.plugins.folder() else { return };
        for path in [folder.to_owned(), folder.join(super::INSTALLED_FOLDER), folder.join(super::CODE_FOLDER)] {
            if path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o002 != 0) {
                let problem = format!("everybody can write in {}; take that away: chmod o-w", path.display());
                findings.push(finding("*", "folder", problem));
            }
        }
    }

    #[cfg(not(unix))]
    fn verify_folders(&self, _: &mut Vec<PluginFinding>) {}

    fn verify_lock_file(&self, id: Option<&str>, findings: &mut Vec<PluginFinding>) -> Result<(), AppError> {
        let wanted = lock_file::wanted(&self.store)?;
        let mut tell = |id: &str, problem: &str| findings.push(finding(id, "lock_file", problem));
        let Some(folder) = folder::open(self.plugins.folder())? else { return Ok(()) };
        let text = match read_lock_file(&folder) {
            Ok(None) if wanted.is_empty() => return Ok(()),
            Ok(None) => {
                tell(id.unwrap_or("*"), "trcaa.lock is missing; the next change of a plugin writes it");
                return Ok(());
            }
            Ok(Some(text)) => lock_file::parse(&text),
            Err(problem) => Err(problem),
        };
        let locked = match text {
            Ok(locked) => locked,
            Err(problem) => {
                tell(id.unwrap_or("*"), &format!("trcaa.lock: {problem}"));
                return Ok(());
            }
        };
        for wanted in wanted.iter().filter(|wanted| id.is_none_or(|id| wanted.id == id)) {
            match locked.iter().find(|locked| locked.id == wanted.id) {
                None => tell(&wanted.id, "trcaa.lock does not have it; the store holds"),
                Some(locked) if locked != wanted => {
                    tell(&wanted.id, "trcaa.lock tells something else than the store, which holds");
                }
                Some(_) => {}
            }
        }
        for locked in locked.iter().filter(|locked| id.is_none_or(|id| locked.id == id)) {
            if !wanted.iter().any(|wanted| wanted.id == locked.id) {
                tell(&locked.id, "trcaa.lock has it, and it is not installed");
            }
        }
        Ok(())
    }
}

fn finding(id: &str, subject: &'static str, problem: impl Into<String>) -> PluginFinding {
    PluginFinding { plugin_id: id.to_owned(), subject, problem: problem.into() }
}
