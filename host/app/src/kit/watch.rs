//! Waits for the files of a project to change.
//!
//! By looking at them every [`POLL`]: that needs no library, sees editors that write by renaming, and is cheap for the
//! few files of a plugin.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// How often the files are looked at. A change counts once two looks in a row see the same.
const POLL: Duration = Duration::from_millis(300);
/// Most files that are looked at.
const FILES_MAX: usize = 10_000;
/// Folders that builds write.
const MADE: [&str; 3] = ["target", "dist", "node_modules"];

type Seen = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// A project that is watched.
pub struct Watch {
    folder: PathBuf,
    seen: Seen,
}

/// What woke it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// A file that changed, came or went.
    pub path: PathBuf,
}

impl Watch {
    /// Begins to watch: what changes from now on counts.
    pub fn new(folder: &Path) -> Self {
        Self { seen: look(folder), folder: folder.to_path_buf() }
    }

    /// Waits for the next change, and until nothing more changes.
    pub fn wait(&mut self) -> Change {
        loop {
            std::thread::sleep(POLL);
            if let Some(change) = self.poll() {
                let mut before = look(&self.folder);
                loop {
                    std::thread::sleep(POLL);
                    let now = look(&self.folder);
                    if now == before {
                        self.seen = now;
                        return change;
                    }
                    before = now;
                }
            }
        }
    }

    fn poll(&self) -> Option<Change> {
        let now = look(&self.folder);
        let changed = now.iter().find(|(path, mark)| self.seen.get(*path) != Some(mark)).map(|(path, _)| path.clone());
        let gone = || self.seen.keys().find(|path| !now.contains_key(*path)).cloned();
        changed.or_else(gone).map(|path| Change { path })
    }
}

fn look(folder: &Path) -> Seen {
    let mut seen = Seen::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(meta) = entry.metadata() else { continue };
            if name.starts_with('.') || MADE.contains(&name.as_str()) || name == "Cargo.lock" || seen.len() >= FILES_MAX
            {
                continue;
            }
            if meta.is_dir() {
                folders.push(entry.path());
            } else {
                seen.insert(entry.path(), (meta.modified().ok(), meta.len()));
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn sources_and_cases_count_and_what_builds_write_does_not() {
        let home = tempfile::tempdir().unwrap();
        for folder in ["src", "tests/cases", "target", ".cargo"] {
            fs::create_dir_all(home.path().join(folder)).unwrap();
        }
        fs::write(home.path().join("src/lib.rs"), "1").unwrap();
        let watch = Watch::new(home.path());
        assert_eq!(watch.poll(), None);
        for made in ["target/x", ".cargo/config.toml", "Cargo.lock"] {
            fs::write(home.path().join(made), "x").unwrap();
        }
        assert_eq!(watch.poll(), None);
        fs::write(home.path().join("tests/cases/a.toml"), "x").unwrap();
        assert_eq!(watch.poll().unwrap().path, home.path().join("tests/cases/a.toml"));
        fs::remove_file(home.path().join("tests/cases/a.toml")).unwrap();
        assert_eq!(watch.poll(), None);
        fs::remove_file(home.path().join("src/lib.rs")).unwrap();
        assert_eq!(watch.poll().unwrap().path, home.path().join("src/lib.rs"));
    }
}
