//! Components from the disk: one file, or the one `.wasm` of a folder.

use std::io::Read;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use trcaa_runtime::COMPONENT_BYTES_MAX;

use super::{Fetched, sha256};
use crate::AppError;

/// Most entries of a folder that are looked at.
const ENTRIES_MAX: usize = 4_096;

/// Reads the file, or the only component of the folder.
pub(crate) fn fetch(path: &Path) -> Result<Fetched, AppError> {
    let shown = path.display().to_string();
    let failed = |e: std::io::Error| {
        let error = AppError::failed("source_unreadable", format!("fetching {shown}: {e}"));
        match e.kind() {
            std::io::ErrorKind::NotFound => AppError { code: "source_not_found", ..error }
                .hint("check the path; a relative one begins at the current folder"),
            _ => error,
        }
    };
    let absolute = std::path::absolute(path).map_err(failed)?;
    // Looked at before it is opened: opening a pipe waits for its other end.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    let (file, absolute) = if metadata.is_dir() {
        let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        let name = only_component(&folder, &shown)?;
        // Through the folder's handle, so that a link in it leads nowhere else.
        (folder.open(&name).map_err(failed)?.into_std(), absolute.join(name))
    } else {
        check_length(metadata.is_file(), metadata.len(), &shown)?;
        (std::fs::File::open(path).map_err(failed)?, absolute)
    };
    let metadata = file.metadata().map_err(failed)?;
    check_length(metadata.is_file(), metadata.len(), &shown)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // One byte more than allowed tells of a file that grew meanwhile.
    file.take(COMPONENT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    check_length(true, bytes.len() as u64, &shown)?;
    let source = absolute.to_string_lossy().into_owned();
    Ok(Fetched { sha256: sha256(&bytes), bytes, source, requests: Vec::new() })
}

fn only_component(folder: &Dir, shown: &str) -> Result<String, AppError> {
    let failed = |e: std::io::Error| AppError::failed("source_unreadable", format!("fetching {shown}: {e}"));
    let mut found = Vec::new();
    for (count, entry) in folder.entries().map_err(failed)?.enumerate() {
        if count == ENTRIES_MAX {
            let problem = format!("fetching {shown}: the folder has more than {ENTRIES_MAX} entries");
            return Err(AppError::failed("source_folder", problem).hint("name the file itself"));
        }
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wasm") && folder.symlink_metadata(&name).is_ok_and(|m| m.is_file()) {
            found.push(name);
        }
    }
    found.sort();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(AppError::failed("source_folder", format!("fetching {shown}: the folder has no .wasm file in it"))
            .hint("build the plugin first, or name the file itself")),
        many => {
            let named: Vec<String> = many.iter().take(5).map(|name| crate::ingest::safe_name(name, "?")).collect();
            let problem = format!("fetching {shown}: the folder has {} .wasm files: {}", many.len(), named.join(", "));
            Err(AppError::failed("source_folder", problem).hint("name the one that is meant"))
        }
    }
}

fn check_length(is_file: bool, bytes: u64, shown: &str) -> Result<(), AppError> {
    if !is_file {
        return Err(AppError::failed("source_unreadable", format!("fetching {shown}: it is no regular file")));
    }
    if bytes > COMPONENT_BYTES_MAX as u64 {
        let problem =
            format!("fetching {shown}: it has {bytes} bytes, and a component may have at most {COMPONENT_BYTES_MAX}");
        return Err(AppError::failed("source_too_large", problem));
    }
    Ok(())
}
