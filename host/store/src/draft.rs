//! A whole database file in the making: written under another name, flushed, renamed into place.
//!
//! Invariant: `tftsr.db` is at every moment nothing, the whole old file or the whole new one. What a killed process left
//! of a draft is removed by the next opening. Every caller holds the folder exclusively.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::StoreError;
use crate::files::{ensure_private, failed, sync_folder};

/// Added to the database's name.
const SUFFIX: &str = ".new";
/// Added to the name of what a draft is made from, where that has to lie in the folder too.
const MATERIAL_SUFFIX: &str = ".old";
/// Added by SQLite to the name of a database file.
const SIDE_FILES: [&str; 3] = ["-journal", "-wal", "-shm"];

/// The draft of a database; removed when dropped, unless it was published.
pub(crate) struct Draft {
    path: PathBuf,
    target: PathBuf,
    published: bool,
}

/// A path with something added to its last name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(failed("remove", path)(e)),
        _ => Ok(()),
    }
}

fn remove_side_files(path: &Path) -> Result<(), StoreError> {
    SIDE_FILES.iter().try_for_each(|suffix| remove(&beside(path, suffix)))
}

/// Whether a killed process left a draft of `target`, or a side file of one.
pub(crate) fn left_over(target: &Path) -> bool {
    let there = |path: &Path| path.symlink_metadata().is_ok();
    [SUFFIX, MATERIAL_SUFFIX].into_iter().any(|suffix| {
        let draft = beside(target, suffix);
        there(&draft) || SIDE_FILES.iter().any(|side| there(&beside(&draft, side)))
    })
}

/// Removes what a killed process left of drafts of `target`.
pub(crate) fn clean(target: &Path) -> Result<(), StoreError> {
    [SUFFIX, MATERIAL_SUFFIX].into_iter().try_for_each(|suffix| remove_whole(&beside(target, suffix)))
}

fn remove_whole(draft: &Path) -> Result<(), StoreError> {
    remove_side_files(draft)?;
    remove(draft)
}

impl Draft {
    /// Makes an empty private file beside `target`.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn new(target: &Path) -> Result<Self, StoreError> {
        Self::make(target, SUFFIX)
    }

    /// Makes an empty private file for what a draft of `target` is made from; not to be published.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn material(target: &Path) -> Result<Self, StoreError> {
        Self::make(target, MATERIAL_SUFFIX)
    }

    fn make(target: &Path, suffix: &str) -> Result<Self, StoreError> {
        let draft = Self { path: beside(target, suffix), target: target.to_owned(), published: false };
        remove_whole(&draft.path)?;
        ensure_private(&draft.path)?;
        Ok(draft)
    }

    /// Where it is written. No connection may be open to it when it is published.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes it and puts it in its target's place, for good.
    ///
    /// # Errors
    /// Those of the file system; the target is as it was then.
    pub(crate) fn publish(mut self) -> Result<(), StoreError> {
        remove_side_files(&self.path)?;
        File::open(&self.path).and_then(|f| f.sync_all()).map_err(failed("flush", &self.path))?;
        // A log left by a database that is gone would be played into this one.
        remove_side_files(&self.target)?;
        fs::rename(&self.path, &self.target).map_err(failed("replace", &self.target))?;
        self.published = true;
        sync_folder(self.target.parent().unwrap_or(Path::new(".")))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.published {
            // Where this fails, the next opening tries again.
            let _ = remove_whole(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_draft_replaces_the_target_or_vanishes() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("a.db");
        let draft = Draft::new(&target).unwrap();
        fs::write(draft.path(), "half").unwrap();
        fs::write(beside(draft.path(), "-wal"), "log").unwrap();
        assert!(left_over(&target));
        drop(draft);
        assert!(!left_over(&target) && !target.exists());
        fs::write(beside(&target, "-wal"), "of a database that is gone").unwrap();
        let draft = Draft::new(&target).unwrap();
        fs::write(draft.path(), "whole").unwrap();
        draft.publish().unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"whole");
        assert!(!left_over(&target) && !beside(&target, "-wal").exists());
    }
}
