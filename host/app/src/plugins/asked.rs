//! Drop-ins that nobody decided about: found at the next command, told once, asked where somebody can be asked.
//!
//! What is remembered of a file goes when the file does (`store` bounds the rest).
//! Cheap by design: a folder that is not there costs one look, files that were seen before one look each; only a new
//! or changed file is read. Nothing is compiled here, and no engine is started.

use std::time::UNIX_EPOCH;

use sha2::{Digest, Sha256};
use trcaa_runtime::Source;
use trcaa_store::{AskedAnswer, AskedFile};

use super::folder::{self, Found};
use super::offer::Offer;
use super::trust;
use crate::{App, AppError};

/// Whom a drop-in is told to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Somebody who can answer: hears of everything undecided.
    Person,
    /// A log: hears of each file once.
    Log,
}

/// A drop-in that waits.
pub struct Waiting {
    /// Its name in the drop-in folder.
    pub file: String,
    /// What it is, or why it can't run.
    pub offer: Result<Offer, String>,
    seen: AskedFile,
}

impl App {
    /// Drop-ins that nobody decided about and that this audience was not told of.
    ///
    /// # Errors
    /// A drop-in folder that can't be read.
    pub fn waiting_drop_ins(&self, audience: Audience) -> Result<Vec<Waiting>, AppError> {
        let Some(path) = self.plugins.folder() else { return Ok(Vec::new()) };
        let Some(folder) = folder::open(Some(path))? else { return Ok(Vec::new()) };
        let names = folder::names(&folder, path)?;
        let asked = self.store.plugins_asked()?;
        let mut fresh = Vec::new();
        for file in names.iter().cloned() {
            let metadata = folder.symlink_metadata(&file).ok();
            let bytes = metadata.as_ref().map_or(0, cap_std::fs::Metadata::len);
            let modified = metadata.and_then(|metadata| metadata.modified().ok());
            let modified = modified.and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
            let modified_ns = modified.map_or_else(String::new, |since| since.as_nanos().to_string());
            let same = |seen: &&AskedFile| seen.file == file && seen.bytes == bytes && seen.modified_ns == modified_ns;
            match asked.iter().find(same) {
                Some(seen) if audience == Audience::Log || seen.answer != AskedAnswer::Told => {}
                _ => fresh.push((file, bytes, modified_ns)),
            }
        }
        if fresh.is_empty() {
            self.forget_gone(&asked, &names);
            return Ok(Vec::new());
        }
        let rows = self.store.plugins()?;
        let mut waiting = Vec::new();
        for drop_in in folder::drop_ins(Some(path), &rows)? {
            let Some((file, bytes, modified_ns)) = fresh.iter().find(|(file, ..)| *file == drop_in.file).cloned()
            else {
                continue;
            };
            let sha256 = match &drop_in.inspected {
                Ok(found) => found.sha256.clone(),
                // What can't be read as a plugin is known by its size and why it is none.
                Err(problem) => hex::encode(Sha256::digest(format!("{bytes}\0{problem}"))),
            };
            let mut seen = AskedFile { file, bytes, modified_ns, sha256, answer: AskedAnswer::Told };
            let decided = rows.iter().any(|row| {
                drop_in.inspected.as_ref().is_ok_and(|found| found.manifest.id == row.id && found.sha256 == row.sha256)
            });
            let before = asked.iter().find(|known| known.sha256 == seen.sha256);
            let settled = match before.map(|known| known.answer) {
                _ if decided => Some(AskedAnswer::Yes),
                Some(answer @ (AskedAnswer::No | AskedAnswer::Refused)) => Some(answer),
                Some(AskedAnswer::Told) if audience == Audience::Log => Some(AskedAnswer::Told),
                // Enabled once and removed since: asked anew.
                _ => None,
            };
            match settled {
                Some(answer) => {
                    seen.answer = answer;
                    self.store.write(|tx| tx.remember_asked(&seen))?;
                }
                None => waiting.push(Waiting {
                    file: seen.file.clone(),
                    offer: drop_in.inspected.and_then(|found| self.offer_found(found)),
                    seen,
                }),
            }
        }
        // Last: what was answered about a file holds also after it was renamed.
        self.forget_gone(&asked, &names);
        Ok(waiting)
    }

    /// Forgets the answers about files that are gone. A store that can't be written now keeps them until another time.
    fn forget_gone(&self, asked: &[AskedFile], names: &[String]) {
        let mut gone: Vec<&str> = asked.iter().map(|seen| seen.file.as_str()).collect();
        gone.retain(|file| !names.iter().any(|name| name == file));
        gone.dedup();
        if !gone.is_empty() {
            let _ = self.store.write(|tx| gone.iter().try_for_each(|file| tx.forget_asked_file(file).map(drop)));
        }
    }

    fn offer_found(&self, found: Found) -> Result<Offer, String> {
        let source = match &found.source {
            Source::DropIn(file) | Source::Installed(file) => file.clone(),
            Source::Bundled => return Err("it is part of this program".into()),
        };
        trust::check_pin(&self.store, &found.manifest.id, found.publisher.as_ref()).map_err(|e| e.message)?;
        self.offer_exchanged(found, source).map_err(|e| e.message)
    }

    /// Remembers that a file was told of, refused, or declined for these bytes.
    ///
    /// # Errors
    /// Those of the store.
    pub fn remember_waiting(&self, waiting: &Waiting, declined: bool) -> Result<(), AppError> {
        let answer = match (&waiting.offer, declined) {
            (Err(_), _) => AskedAnswer::Refused,
            (Ok(_), true) => AskedAnswer::No,
            (Ok(_), false) => AskedAnswer::Told,
        };
        let seen = AskedFile { answer, ..waiting.seen.clone() };
        Ok(self.store.write(|tx| tx.remember_asked(&seen))?)
    }
}
