//! Writing the RCA, and exporting documents to files.
//!
//! Invariants: what a file gets passed the guard, and is in the audit trail with its SHA-256 before there is a file; a file is written whole or not at all, and nothing is overwritten
//! unless that was asked for; a name never leads out of the folder that was given.

use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use sha2::{Digest, Sha256};
use std::io::Write;
use trcaa_model::audit::AuditRecord;
use trcaa_model::document::Document;
use trcaa_model::id::{DocumentId, IssueId};
use trcaa_model::timeline::Happening;
use trcaa_redact::Origin;
use trcaa_store::{Event, NewDocument};

use crate::moments::fitted;
use crate::policy::Target;
use crate::{App, AppError, document, rca};

/// Characters of a file name made from a title.
const STEM_CHARS_MAX: usize = 60;
/// Bytes of an exported title.
const TITLE_BYTES_MAX: usize = 1_000;
/// Numbers tried for a free name.
const FREE_NAMES_MAX: u32 = 1_000;

/// Where an export goes.
#[derive(Debug, Clone)]
pub enum ExportTarget {
    /// This file; replaced only with `force`.
    File {
        /// The file.
        path: PathBuf,
        /// Whether it may replace one.
        force: bool,
    },
    /// A free name in this folder, which is made if it is not there.
    Folder(PathBuf),
}

/// A written file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The format.
    pub format: String,
    /// Where it is.
    pub path: PathBuf,
}

impl App {
    /// Writes an RCA of an issue from what is known now, and keeps it as a new document.
    ///
    /// # Errors
    /// There is no such issue.
    pub fn write_rca(&self, issue: &IssueId) -> Result<Document, AppError> {
        let detail = self.store.issue_detail(issue)?;
        let analysis = self.kept_analysis(issue)?;
        let content_md = rca::write(&detail, analysis.as_ref());
        let new = NewDocument {
            issue_id: issue.clone(),
            doc_type: "rca".into(),
            title: format!("RCA: {}", detail.issue.title),
            content_md,
        };
        let section_count = rca::section_count(&new.content_md);
        Ok(self.store.write(|tx| {
            let document = tx.insert_document(&new)?;
            let happening = Happening::RcaGenerated { doc_id: document.id.to_string(), section_count };
            let audit = AuditRecord {
                action: "generate_rca",
                entity_type: "document",
                entity_id: document.id.to_string(),
                details: serde_json::json!({"issue_id": issue, "section_count": section_count}),
            };
            tx.happened(issue, &happening, "RCA written", &audit)?;
            Ok(document)
        })?)
    }

    /// Replaces a document's text, keeping the old one as a revision.
    ///
    /// # Errors
    /// There is no such document, or the text is too long to be rendered.
    pub fn edit_document(&self, id: &DocumentId, content_md: &str) -> Result<Document, AppError> {
        if content_md.len() > document::DOCUMENT_BYTES_MAX {
            return Err(AppError::usage(
                "too_large",
                format!(
                    "editing the document: it has {} bytes, and may have {}",
                    content_md.len(),
                    document::DOCUMENT_BYTES_MAX
                ),
            ));
        }
        Ok(self.store.write(|tx| {
            let document = tx.edit_document(id, content_md)?;
            tx.audit(&AuditRecord {
                action: "edit_document",
                entity_type: "document",
                entity_id: id.to_string(),
                details: serde_json::json!({}),
            })?;
            Ok(document)
        })?)
    }

    /// Renders a document and writes it to a file.
    ///
    /// # Errors
    /// No renderer for the format, a file that is there already, a folder that can't be written.
    pub fn export_document(&self, id: &DocumentId, format: &str, target: &ExportTarget) -> Result<Exported, AppError> {
        let document = self.store.document(id)?;
        let (renderer, offered) = self.plugins.renderer(&self.store, format)?;
        let issue = &document.issue_id;
        let rule = self.target_rule(Target::Export)?;
        let policy = rule.policy();
        let mut guard = self.guard_of(issue, rule, &format!("exporting document {id}"))?;
        let title = guard.text("its title", &document.title, Origin::Redacted, TITLE_BYTES_MAX)?;
        let row = self.store.issue(issue)?;
        let metadata = vec![
            ("issue_id".to_owned(), issue.to_string()),
            ("severity".to_owned(), row.severity.as_str().to_owned()),
            ("status".to_owned(), row.status.as_str().to_owned()),
            ("date".to_owned(), trcaa_model::time::stamp(document.updated_at)),
        ];
        let stem = file_stem(title.as_str());
        let draft = document::Draft::parse(&document.content_md)
            .map_err(|e| AppError::failed("unrenderable", format!("exporting document {id}: {e}")))?;
        let tree = draft.guarded(title, metadata, |text, adjust| guard.places("its text", text, adjust))?;
        let bytes = renderer.render(&tree, &offered)?;
        let sha256 = hex::encode(Sha256::digest(&bytes));
        // Before there is a file: one that could not be written down is not made.
        self.admit_export("document", id.as_str(), &serde_json::json!({
            "format": format, "bytes": bytes.len(), "sha256": sha256, "policy": policy, "redacted_types": guard.hidden(),
        }))?;
        let path = match target {
            ExportTarget::File { path, force } => {
                self.store.expect_foreign(path)?;
                write_file(path, &bytes, *force)?
            }
            ExportTarget::Folder(folder) => write_free(folder, &stem, &offered.extension, &bytes)?,
        };
        let file = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let happening = Happening::DocumentExported {
            format: format.to_owned(),
            file_path: fitted(&path.display().to_string()).to_owned(),
        };
        let audit = AuditRecord {
            action: "document_exported",
            entity_type: "document",
            entity_id: id.to_string(),
            details: serde_json::json!({"format": format, "file": file, "bytes": bytes.len(), "sha256": sha256}),
        };
        // The file is there, and no row stands for it: the caller need not wait for the disk a second time.
        let description = format!("Document exported as {format}");
        self.events.post(Event { issue: issue.clone(), what: happening, description, audit })?;
        Ok(Exported { format: format.to_owned(), path })
    }
}

impl App {
    /// Writes down what is about to become a file, before it does.
    ///
    /// # Errors
    /// Those of the store: nothing may leave then.
    pub(crate) fn admit_export(
        &self,
        entity_type: &'static str,
        entity_id: &str,
        details: &serde_json::Value,
    ) -> Result<(), AppError> {
        let record = AuditRecord {
            action: "export_admitted",
            entity_type,
            entity_id: entity_id.to_owned(),
            details: details.clone(),
        };
        self.store.write(|tx| tx.audit(&record))?;
        Ok(())
    }
}

/// A file name from a title: lower-case letters, digits and dashes.
fn file_stem(title: &str) -> String {
    let mut stem = String::new();
    for c in title.chars() {
        if c.is_alphanumeric() {
            stem.extend(c.to_lowercase());
        } else if !stem.ends_with('-') && !stem.is_empty() {
            stem.push('-');
        }
        if stem.chars().count() >= STEM_CHARS_MAX {
            break;
        }
    }
    let stem = stem.trim_end_matches('-');
    if stem.is_empty() { "document".into() } else { stem.to_owned() }
}

fn failed(path: &Path, e: &std::io::Error) -> AppError {
    AppError::failed("unwritable", format!("writing {}: {e}", path.display()))
}

pub(crate) fn write_file(path: &Path, bytes: &[u8], force: bool) -> Result<PathBuf, AppError> {
    let name = path
        .file_name()
        .ok_or_else(|| AppError::usage("bad_path", format!("writing {}: it names no file", path.display())))?;
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = Dir::open_ambient_dir(parent, ambient_authority()).map_err(|e| failed(parent, &e))?;
    if force {
        let there = folder.metadata(Path::new(name));
        if there.is_ok_and(|metadata| !metadata.is_file()) {
            return Err(AppError::failed(
                "not_a_file",
                format!("writing {}: it is there and no regular file", path.display()),
            ));
        }
        replace(&folder, Path::new(name), bytes).map_err(|e| failed(path, &e))?;
        return Ok(path.to_path_buf());
    }
    match create(&folder, Path::new(name), bytes) {
        Ok(()) => Ok(path.to_path_buf()),
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(AppError::failed("exists", format!("writing {}: it is there already", path.display()))
                .hint("choose another name, or --force to replace it"))
        }
        Err(e) => Err(failed(path, &e)),
    }
}

fn write_free(folder: &Path, stem: &str, extension: &str, bytes: &[u8]) -> Result<PathBuf, AppError> {
    std::fs::create_dir_all(folder).map_err(|e| failed(folder, &e))?;
    let dir = Dir::open_ambient_dir(folder, ambient_authority()).map_err(|e| failed(folder, &e))?;
    for number in 1..=FREE_NAMES_MAX {
        let name = if number == 1 { format!("{stem}.{extension}") } else { format!("{stem}-{number}.{extension}") };
        match create(&dir, Path::new(&name), bytes) {
            Ok(()) => return Ok(folder.join(name)),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(failed(&folder.join(name), &e)),
        }
    }
    Err(AppError::failed(
        "exists",
        format!("writing to {}: a thousand files of the name {stem} are there", folder.display()),
    ))
}

/// Whole or not at all: written beside its place, synced, then linked to its name, which fails if that is taken.
fn create(folder: &Dir, name: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let taken = || folder.symlink_metadata(name).is_ok();
    if taken() {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    let temporary = write_beside(folder, bytes)?;
    match folder.hard_link(&temporary, folder, name) {
        Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists && !taken() => {
            // A file system without hard links: between the look and the rename another program could take the name.
            folder.rename(&temporary, folder, name).inspect_err(|_| drop(folder.remove_file(&temporary)))
        }
        linked => {
            folder.remove_file(&temporary)?;
            linked
        }
    }
}

fn replace(folder: &Dir, name: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = write_beside(folder, bytes)?;
    folder.rename(&temporary, folder, name).inspect_err(|_| drop(folder.remove_file(&temporary)))
}

fn write_beside(folder: &Dir, bytes: &[u8]) -> std::io::Result<PathBuf> {
    let temporary = PathBuf::from(format!(".trcaa-{}.part", std::process::id()));
    // What a killed process of the same number left behind is nobody's.
    let _ = folder.remove_file(&temporary);
    let mut file = folder.open_with(&temporary, OpenOptions::new().write(true).create_new(true))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(folder.remove_file(&temporary)))?;
    Ok(temporary)
}

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn names_are_made_safe() {
        for (title, stem) in [
            ("RCA: disk full!", "rca-disk-full"),
            ("../../etc/passwd", "etc-passwd"),
            ("\u{1b}[31m", "31m"),
            ("", "document"),
            ("***", "document"),
            ("Größe", "größe"),
        ] {
            assert_eq!(file_stem(title), stem);
        }
        assert!(file_stem(&"x".repeat(500)).len() <= 60);
    }
}
