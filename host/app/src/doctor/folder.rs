//! What can be told without opening the store: the folder, the disk, the clock, the kernel.

use std::path::Path;

use trcaa_store::DATABASE_FILE;

use super::Check;

/// Below this a backup or an export may not fit.
const DISK_BYTES_LOW: u64 = 1 << 30;
/// Below this nothing can be stored safely.
const DISK_BYTES_MIN: u64 = 64 << 20;
/// When this version was made: a clock that shows an earlier moment is wrong (2026-01-01).
const MADE_AT_MS: u64 = 1_767_225_600_000;

pub(super) fn has_database(folder: &Path) -> bool {
    folder.join(DATABASE_FILE).symlink_metadata().is_ok()
}

/// Whether the folder is there, and for its owner alone.
pub(super) fn data_folder(folder: &Path) -> Check {
    let name = "data_folder";
    let shown = folder.display();
    let meta = match std::fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => meta,
        Ok(_) => {
            return Check::broken(name, format!("{shown} is no folder"), Some("name another: --data-dir DIR".into()));
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Check::ok(name, format!("{shown} is not there yet"));
        }
        Err(e) => return Check::broken(name, format!("{shown} can't be looked at: {e}"), None),
    };
    modes(folder, &meta).unwrap_or_else(|| Check::ok(name, format!("{shown}, for its owner alone")))
}

/// What is wrong with the modes of the folder or of a file in it.
#[cfg(unix)]
fn modes(folder: &Path, meta: &std::fs::Metadata) -> Option<Check> {
    use std::os::unix::fs::MetadataExt as _;
    let name = "data_folder";
    let shown = folder.display();
    if meta.uid() != rustix::process::geteuid().as_raw() {
        let hint = format!("take it over, or use another: chown -R $USER {shown}");
        return Some(Check::warning(name, format!("{shown} belongs to another user"), hint));
    }
    if meta.mode() & 0o077 != 0 {
        let detail = format!("{shown} has mode {:04o}: others can look into it", meta.mode() & 0o7777);
        return Some(Check::warning(name, detail, format!("chmod 700 {shown}")));
    }
    let files = std::fs::read_dir(folder).ok()?.flatten().filter(|entry| {
        entry.file_name().to_string_lossy().starts_with("tftsr.")
            && entry.metadata().is_ok_and(|meta| meta.is_file() && meta.mode() & 0o077 != 0)
    });
    let open: Vec<String> = files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if open.is_empty() {
        return None;
    }
    let detail = format!("others can read {} in {shown}", open.join(", "));
    Some(Check::warning(name, detail, format!("chmod 600 {shown}/tftsr.*")))
}

#[cfg(not(unix))]
fn modes(_: &Path, _: &std::fs::Metadata) -> Option<Check> {
    None
}

/// How much the disk of the folder, or of the nearest one above it that is there, has left.
#[cfg(unix)]
pub(super) fn disk_space(folder: &Path) -> Check {
    let name = "disk_space";
    let there = folder.ancestors().find(|folder| folder.exists()).unwrap_or(Path::new("/"));
    let free = match rustix::fs::statvfs(there) {
        Ok(disk) => disk.f_bavail.saturating_mul(disk.f_frsize),
        Err(e) => return Check::warning(name, format!("it could not be asked for: {e}"), "see: df -h"),
    };
    let detail = format!("{} MiB are free at {}", free >> 20, there.display());
    match free {
        _ if free < DISK_BYTES_MIN => Check::broken(name, detail, Some("make room before anything is stored".into())),
        _ if free < DISK_BYTES_LOW => Check::warning(name, detail, "backups and exports may not fit: make room"),
        _ => Check::ok(name, detail),
    }
}

#[cfg(not(unix))]
pub(super) fn disk_space(_: &Path) -> Check {
    Check::ok("disk_space", "not looked at on this system")
}

/// Whether the clock shows a moment that can be.
pub(super) fn clock(now_ms: u64) -> Check {
    let shown = format!("{} UTC", trcaa_model::time::stamp(now_ms));
    if now_ms < MADE_AT_MS {
        let detail = format!("it shows {shown}, before this version was made");
        return Check::warning("clock", detail, "set it: times of events, expiry and the order of ids depend on it");
    }
    Check::ok("clock", shown)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::CheckStatus;
    use super::*;

    #[test]
    #[cfg(unix)]
    fn open_modes_are_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let mode = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        mode(dir.path(), 0o755);
        assert_eq!(data_folder(dir.path()).status, CheckStatus::Warning);
        mode(dir.path(), 0o700);
        assert_eq!(data_folder(dir.path()).status, CheckStatus::Ok);
        let file = dir.path().join(DATABASE_FILE);
        std::fs::write(&file, "x").unwrap();
        mode(&file, 0o644);
        let told = data_folder(dir.path());
        assert!(told.status == CheckStatus::Warning && told.detail.contains(DATABASE_FILE), "{told:?}");
        assert_eq!(data_folder(&dir.path().join("none")).status, CheckStatus::Ok);
        assert_eq!(data_folder(&file).status, CheckStatus::Broken);
    }

    #[test]
    fn a_clock_of_the_past_is_told() {
        assert_eq!(clock(MADE_AT_MS).status, CheckStatus::Ok);
        assert_eq!(clock(0).status, CheckStatus::Warning);
    }
}
