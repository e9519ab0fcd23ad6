//! The audit trail: signed heads of it, and what a check of it means.

use std::path::{Path, PathBuf};

use serde_json::json;
use trcaa_model::audit::{AuditEntry, AuditVerdict};
use trcaa_store::{Checkpoint, CheckpointError};

use crate::{App, AppError};

/// What a check of the whole trail found when nothing was wrong.
#[derive(Debug, Clone)]
pub struct AuditProof {
    /// Every row is as it was written.
    pub verdict: AuditVerdict,
    /// The checkpoint that it still contains, where one was given.
    pub checkpoint: Option<Checkpoint>,
}

impl App {
    /// Signs the head of the audit trail; that this was done is an entry itself, and the last one that is covered.
    ///
    /// # Errors
    /// `audit_broken`: a signature over a trail that was changed would vouch for the change.
    pub fn audit_checkpoint(&self) -> Result<Checkpoint, AppError> {
        self.verify_audit(None)?;
        Ok(self.store.write(|tx| tx.checkpoint_audit())?)
    }

    /// Writes a checkpoint's text to a file that is not there yet.
    ///
    /// # Errors
    /// It is there, or cannot be written.
    pub fn write_checkpoint(&self, path: &Path, text: &str) -> Result<PathBuf, AppError> {
        self.store.expect_foreign(path)?;
        crate::export::write_file(path, text.as_bytes(), false).map_err(|mut error| {
            if error.code == "exists" {
                error.hints = vec!["choose another name; a checkpoint replaces nothing".to_owned()];
            }
            error
        })
    }

    /// Checks the whole trail; with the text of a checkpoint also that it still holds that head at its place.
    ///
    /// # Errors
    /// `checkpoint_invalid` (malformed or forged), `checkpoint_foreign` (of another store), `audit_broken` (with the
    /// first bad entry), `audit_cut` (the end, or what was the end, is gone).
    pub fn verify_audit(&self, checkpoint: Option<&[u8]>) -> Result<AuditProof, AppError> {
        let checkpoint = checkpoint.map(Checkpoint::parse).transpose().map_err(|e| invalid(&e))?;
        let head = checkpoint.as_ref().map(Checkpoint::verified_head).transpose().map_err(|e| invalid(&e))?;
        if let Some(checkpoint) = &checkpoint
            && !self.store.signs_with(&checkpoint.public_key)?
        {
            return Err(AppError::failed(
                "checkpoint_foreign",
                format!(
                    "verifying against the checkpoint of {}: no key of this store signed it",
                    checkpoint.created_at
                ),
            )
            .hint("name the store it was taken from: --data-dir DIR"));
        }
        let verdict = self.store.verify_audit(head.as_ref())?;
        if verdict.intact {
            return Ok(AuditProof { verdict, checkpoint });
        }
        let reason = verdict.reason.clone().unwrap_or_default();
        Err(match verdict.first_bad_id {
            Some(id) => AppError::failed("audit_broken", format!("verifying the audit trail: entry {id}: {reason}"))
                .hint("the entries before it are as they were written; compare with a backup")
                .field("first_bad_id", json!(id)),
            None => {
                AppError::failed("audit_cut", format!("verifying the audit trail against the checkpoint: {reason}"))
                    .hint("compare with a backup, or with an older checkpoint, to see since when")
                    .field("first_bad_id", serde_json::Value::Null)
            }
        }
        .field("entries", json!(verdict.entries)))
    }

    /// Lists audit entries, newest first. `entity` is a type, an id, a prefix or suffix of an id, or `last` (the last
    /// issue); what is deleted is still found by its id.
    ///
    /// # Errors
    /// No entity fits, or more than one.
    pub fn audit_entries(
        &self,
        limit: u32,
        entity: Option<&str>,
        action: Option<&str>,
    ) -> Result<Vec<AuditEntry>, AppError> {
        let entity = entity.map(|text| self.store.resolve_entity(text)).transpose()?;
        Ok(self.store.audit_entries(limit, entity.as_deref(), action)?)
    }
}

fn invalid(error: &CheckpointError) -> AppError {
    AppError::failed("checkpoint_invalid", format!("reading the checkpoint: {error}"))
        .hint("give the text as `trcaa audit checkpoint` printed it, whole and unchanged")
}
