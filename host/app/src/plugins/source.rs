//! Where components come from: the one place that turns what the user names into bytes.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::folder::{check_size, read_bounded};
use crate::{App, AppError};

/// Files looked at in a folder that is given.
const ENTRIES_MAX: usize = 10_000;

/// A component as it came, not looked at yet.
pub(super) struct Fetched {
    /// What it is called in messages.
    pub(super) name: String,
    /// Its bytes, not more than a component may have.
    pub(super) bytes: Vec<u8>,
    /// Where it came from, in the form that is recorded: an absolute path, or an address.
    pub(super) source: String,
}

/// Gets a component from a file, from the one `.wasm` file of a folder, or from an address.
pub(super) fn fetch(_app: &App, src: &str) -> Result<Fetched, AppError> {
    if src.starts_with("https://") || src.starts_with("oci://") {
        return Err(AppError::failed(
            "unsupported_source",
            format!("fetching {src}: this version reads files and folders"),
        )
        .hint("download it, then: trcaa plugin install FILE"));
    }
    if let Some((scheme, _)) = src.split_once("://") {
        return Err(AppError::usage(
            "unsupported_source",
            format!("fetching {src}: {scheme}:// is no source of plugins"),
        )
        .hint("name a file, a folder, https://… or oci://…"));
    }
    local(Path::new(src))
}

fn local(path: &Path) -> Result<Fetched, AppError> {
    let shown = path.display();
    let refuse = |problem: String| AppError::failed("plugin_refused", format!("reading plugin {shown}: {problem}"));
    let io = |e: std::io::Error| {
        let code = if e.kind() == std::io::ErrorKind::NotFound { "not_found" } else { "unreadable" };
        AppError::failed(code, format!("reading plugin {shown}: {e}"))
    };
    let metadata = path.symlink_metadata().map_err(io)?;
    if metadata.is_symlink() {
        return Err(
            refuse("it is a symbolic link, and what it points to may change".into()).hint("name the file itself")
        );
    }
    let path = if metadata.is_dir() { only_component(path)? } else { path.to_path_buf() };
    let metadata = path.symlink_metadata().map_err(io)?;
    if !metadata.is_file() {
        return Err(refuse("it is no regular file".into()));
    }
    check_size(metadata.len()).map_err(refuse)?;
    let bytes = read_bounded(File::open(&path).map_err(io)?).map_err(refuse)?;
    let absolute = path.canonicalize().map_err(io)?;
    let name = absolute.file_name().map_or_else(|| shown.to_string(), |name| name.to_string_lossy().into_owned());
    Ok(Fetched { name, bytes, source: absolute.to_string_lossy().into_owned() })
}

fn only_component(folder: &Path) -> Result<PathBuf, AppError> {
    let shown = folder.display();
    let io = |e: std::io::Error| AppError::failed("unreadable", format!("reading plugin folder {shown}: {e}"));
    let mut components = Vec::new();
    for entry in folder.read_dir().map_err(io)?.take(ENTRIES_MAX) {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            components.push(path);
        }
    }
    components.sort();
    match components.len() {
        1 => Ok(components.remove(0)),
        0 => Err(AppError::failed("plugin_refused", format!("reading plugin folder {shown}: it holds no .wasm file"))
            .hint("build the plugin first, or name the file")),
        count => Err(AppError::failed(
            "plugin_refused",
            format!("reading plugin folder {shown}: it holds {count} .wasm files"),
        )
        .hint("name the one that you mean")),
    }
}
