//! Ways into clusters: read, made whole, sealed, one of them active.
//!
//! Invariants: what is stored needs no other file: certificates, keys and tokens that it names are read when it is added;
//! a command gets the active context alone, its cluster and its user; the names of a kubeconfig are shown, nothing else.

mod file;

use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use trcaa_model::audit::AuditRecord;
use trcaa_store::{Kubeconfig, NewKubeconfig};
use zeroize::Zeroizing;

use crate::{App, AppError};
pub(crate) use file::{ActiveContext, KubeconfigFile};

/// Longest name of one.
const NAME_CHARS_MAX: usize = 64;

/// What came of adding one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedKubeconfig {
    /// Its row.
    pub kubeconfig: Kubeconfig,
    /// Files that it names, which were taken in.
    pub files_read: Vec<PathBuf>,
    /// What to know before it is used.
    pub warnings: Vec<String>,
}

impl App {
    /// Stores a kubeconfig under a name, inactive. `context` chooses one of its contexts; else its current one is taken.
    /// `home` is the user's: what lies there for others than clusters is not taken in.
    ///
    /// # Errors
    /// `kubeconfig_invalid`: it can't be read as one, has no context, or names what is not there; the name is taken.
    pub fn add_kubeconfig(
        &self,
        name: &str,
        text: &[u8],
        folder: &Path,
        context: Option<&str>,
        home: Option<&Path>,
    ) -> Result<AddedKubeconfig, AppError> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-@".contains(c);
        if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !name.chars().all(is_plain) {
            let message =
                format!("adding a kubeconfig: its name has to be 1 to {NAME_CHARS_MAX} of A-Z a-z 0-9 . _ - @");
            return Err(AppError::usage("kubeconfig_name", message));
        }
        let mut file = KubeconfigFile::parse(text).map_err(|problem| invalid(name, problem))?;
        file.choose(context).map_err(|problem| invalid(name, problem))?;
        let hidden: Vec<PathBuf> = crate::shell_runs::hidden_from_kubeconfigs(home, self.data_folder()).collect();
        let may_read = |path: &Path| !hidden.iter().any(|hidden| path.starts_with(hidden));
        let files_read = file.make_whole(folder, &may_read).map_err(|problem| invalid(name, problem))?;
        let content = file.to_bytes();
        let digest = hex::encode(Sha256::digest(&content));
        let active = file.active().map_err(|problem| invalid(name, problem))?;
        let new = NewKubeconfig {
            name,
            content: &content,
            content_sha256: &digest,
            context: &active.name,
            cluster_url: active.cluster_url.as_deref(),
            contexts: &file.contexts(),
        };
        let kubeconfig = self.store.write(|tx| {
            let added = tx.insert_kubeconfig(&new)?;
            tx.audit(&record("kubeconfig_added", &added))?;
            Ok(added)
        })?;
        Ok(AddedKubeconfig { kubeconfig, files_read, warnings: file.warnings() })
    }

    /// What to know of a kubeconfig before it is used: whom it trusts, what it starts.
    ///
    /// # Errors
    /// There is none, or it does not open.
    pub fn kubeconfig_warnings(&self, which: &str) -> Result<Vec<String>, AppError> {
        let row = self.store.find_kubeconfig(which)?;
        let mut file = self.kubeconfig_file(&row)?;
        file.choose(Some(&row.context)).map_err(|problem| invalid(&row.name, problem))?;
        Ok(file.warnings())
    }

    /// Makes one active, by name or id; `context` chooses another of its contexts.
    ///
    /// # Errors
    /// There is none, or it has no such context; nothing is changed then.
    pub fn use_kubeconfig(&self, which: &str, context: Option<&str>) -> Result<Kubeconfig, AppError> {
        let row = self.store.find_kubeconfig(which)?;
        let mut file = self.kubeconfig_file(&row)?;
        file.choose(Some(context.unwrap_or(&row.context))).map_err(|problem| invalid(&row.name, problem))?;
        let active = file.active().map_err(|problem| invalid(&row.name, problem))?;
        Ok(self.store.write(|tx| {
            let used = tx.activate_kubeconfig(&row.id, &active.name, active.cluster_url.as_deref())?;
            tx.audit(&record("kubeconfig_activated", &used))?;
            Ok(used)
        })?)
    }

    /// Removes one with its content.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_kubeconfig(&self, which: &str) -> Result<Kubeconfig, AppError> {
        let row = self.store.find_kubeconfig(which)?;
        self.store.write(|tx| {
            tx.remove_kubeconfig(&row.id)?;
            tx.audit(&record("kubeconfig_deleted", &row))
        })?;
        Ok(row)
    }

    /// Opens and reads a stored one.
    pub(crate) fn kubeconfig_file(&self, row: &Kubeconfig) -> Result<KubeconfigFile, AppError> {
        let content: Zeroizing<Vec<u8>> = self.store.kubeconfig_content(&row.id)?;
        KubeconfigFile::parse(&content).map_err(|problem| invalid(&row.name, problem))
    }

    /// What a command gets of a stored one: its context alone.
    pub(crate) fn kubeconfig_for(&self, row: &Kubeconfig) -> Result<ActiveContext, AppError> {
        let mut file = self.kubeconfig_file(row)?;
        file.choose(Some(&row.context)).map_err(|problem| invalid(&row.name, problem))?;
        file.active().map_err(|problem| invalid(&row.name, problem))
    }
}

fn record(action: &'static str, row: &Kubeconfig) -> AuditRecord {
    AuditRecord {
        action,
        entity_type: "kubeconfig",
        entity_id: row.id.clone(),
        details: json!({"name": row.name, "context": row.context, "content_sha256": row.content_sha256}),
    }
}

fn invalid(name: &str, problem: String) -> AppError {
    AppError::failed("kubeconfig_invalid", format!("reading kubeconfig {name}: {problem}"))
        .hint("a kubeconfig is what `kubectl config view --raw --flatten` prints")
}
