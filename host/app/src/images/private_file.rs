//! A file that only its owner may read, written whole or not at all.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};

use crate::AppError;

/// Writes beside the place, syncs, then takes the name, which fails if it is taken and `force` was not given.
pub(super) fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), AppError> {
    let failed = |e: &std::io::Error| AppError::failed("unwritable", format!("writing {}: {e}", path.display()));
    let name = path
        .file_name()
        .ok_or_else(|| AppError::usage("bad_path", format!("writing {}: it names no file", path.display())))?;
    let name = Path::new(name);
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = Dir::open_ambient_dir(parent, ambient_authority()).map_err(|e| failed(&e))?;
    match folder.symlink_metadata(name) {
        Ok(_) if !force => return Err(taken(path)),
        // A link, a device or a folder is never replaced.
        Ok(there) if !there.is_file() => {
            let message = format!("writing {}: it is there and no regular file", path.display());
            return Err(AppError::failed("not_a_file", message));
        }
        _ => {}
    }
    let temporary = write_beside(&folder, bytes).map_err(|e| failed(&e))?;
    let placed = if force {
        folder.rename(&temporary, &folder, name)
    } else {
        // A link, unlike renaming, fails where the name was taken meanwhile.
        match folder.hard_link(&temporary, &folder, name) {
            // A file system without hard links: another program could take the name right now, and lose it.
            Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists && folder.symlink_metadata(name).is_err() => {
                folder.rename(&temporary, &folder, name)
            }
            linked => linked,
        }
    };
    let _ = folder.remove_file(&temporary);
    match placed {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Err(taken(path)),
        other => other.map_err(|e| failed(&e)),
    }
}

fn taken(path: &Path) -> AppError {
    AppError::failed("exists", format!("writing {}: it is there already", path.display()))
        .hint("choose another name, or --force to replace it")
}

fn write_beside(folder: &Dir, bytes: &[u8]) -> std::io::Result<PathBuf> {
    let temporary = PathBuf::from(format!(".trcaa-image-{}.part", std::process::id()));
    // What a killed process of the same number left behind is nobody's.
    let _ = folder.remove_file(&temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = folder.open_with(&temporary, &options)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(folder.remove_file(&temporary)))?;
    Ok(temporary)
}
