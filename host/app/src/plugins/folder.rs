//! Reading the plugin folder: drop-ins, and components by name. Nothing is compiled here.

use std::io::Read as _;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File, OpenOptions};
use trcaa_model::plugin::Manifest;
use trcaa_runtime::{COMPONENT_BYTES_MAX, Inspection, Plugin, Publisher, Source, bundled_ids, inspect_bundled};
use trcaa_store::PluginRow;

use super::{Place, place_of};
use crate::AppError;

/// Files looked at in the drop-in folder.
const DROP_INS_MAX: usize = 256;

/// What is known of a plugin without running it.
pub(super) struct Found {
    pub(super) manifest: Manifest,
    pub(super) publisher: Option<Publisher>,
    pub(super) sha256: String,
    pub(super) source: Source,
    /// Empty for a bundled one, and for a drop-in before it is installed: a full folder would fill the memory.
    pub(super) bytes: Vec<u8>,
}

impl Found {
    pub(super) fn read(name: &str, source: Source, bytes: Vec<u8>) -> Result<Self, String> {
        check_size(bytes.len() as u64)?;
        let Inspection { manifest, publisher, sha256 } = Plugin::inspect(name, &bytes).map_err(|e| e.problem)?;
        Ok(Self { manifest, publisher, sha256, source, bytes })
    }

    pub(super) fn bundled(id: &str) -> Option<Self> {
        let Inspection { manifest, publisher, sha256 } = inspect_bundled(id)?;
        Some(Self { manifest, publisher, sha256, source: Source::Bundled, bytes: Vec::new() })
    }

    pub(super) fn key(&self) -> Option<&str> {
        self.publisher.as_ref().map(|publisher| publisher.key.as_str())
    }
}

/// A file of the drop-in folder: read and inspected, and not compiled before it is enabled.
pub(super) struct DropIn {
    pub(super) file: String,
    pub(super) inspected: Result<Found, String>,
}

/// Opens the plugin folder, where there is one.
pub(super) fn open(path: Option<&Path>) -> Result<Option<Dir>, AppError> {
    match path.filter(|path| path.is_dir()) {
        Some(path) => Dir::open_ambient_dir(path, ambient_authority()).map(Some).map_err(|e| unreadable(path, &e)),
        None => Ok(None),
    }
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> AppError {
    AppError::failed("plugin_folder", format!("reading {}: {error}", path.display()))
}

/// Names of the drop-ins, sorted.
pub(super) fn names(folder: &Dir, path: &Path) -> Result<Vec<String>, AppError> {
    let mut files: Vec<String> = Vec::new();
    for entry in folder.entries().map_err(|e| unreadable(path, &e))? {
        let name = entry.map_err(|e| unreadable(path, &e))?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".wasm") {
            files.push(name);
        }
        if files.len() > DROP_INS_MAX {
            return Err(AppError::failed(
                "plugin_folder",
                format!("reading {}: it holds more than {DROP_INS_MAX} plugins", path.display()),
            )
            .hint("remove those that are not used"));
        }
    }
    files.sort();
    Ok(files)
}

/// Reads and inspects all drop-ins; ids of bundled and installed plugins are taken.
pub(super) fn drop_ins(path: Option<&Path>, rows: &[PluginRow]) -> Result<Vec<DropIn>, AppError> {
    let (Some(path), Some(folder)) = (path, open(path)?) else { return Ok(Vec::new()) };
    let look = |file: String| {
        let inspected = read_drop_in(&folder, &file).map(|found| Found { bytes: Vec::new(), ..found });
        DropIn { file, inspected }
    };
    let mut drop_ins: Vec<DropIn> = names(&folder, path)?.into_iter().map(look).collect();
    refuse_taken_ids(&mut drop_ins, rows);
    Ok(drop_ins)
}

/// Reads and inspects one file of the drop-in folder.
pub(super) fn read_drop_in(folder: &Dir, file: &str) -> Result<Found, String> {
    Found::read(file, Source::DropIn(file.to_owned()), read_component(folder, file)?)
}

/// An id is one plugin: a file can't pass for a bundled plugin, an installed one or another file. Where two files have
/// the id of an enabled drop-in, that one keeps it, whatever the other is called.
fn refuse_taken_ids(drop_ins: &mut [DropIn], rows: &[PluginRow]) {
    let installed = rows.iter().filter(|row| place_of(row) == Place::Installed).map(|row| row.id.clone());
    let mut taken: Vec<String> = bundled_ids().map(str::to_owned).chain(installed).collect();
    let owner = |id: &str| rows.iter().find(|row| row.id == id).map(place_of);
    let present: Vec<String> = drop_ins.iter().map(|drop_in| drop_in.file.clone()).collect();
    for drop_in in drop_ins {
        let Ok(found) = &drop_in.inspected else { continue };
        let id = found.manifest.id.clone();
        let anothers = matches!(owner(&id), Some(Place::DropIn(file)) if file != drop_in.file && present.iter().any(|p| p == file));
        if anothers || taken.contains(&id) {
            drop_in.inspected = Err(format!("its id {id:?} belongs to another plugin"));
        } else {
            taken.push(id);
        }
    }
}

/// Reads a component whole; one that is too large is refused by its size, before it is read.
pub(super) fn read_component(folder: &Dir, file: &str) -> Result<Vec<u8>, String> {
    let metadata = folder.symlink_metadata(file).map_err(|e| e.to_string())?;
    if metadata.is_symlink() {
        return Err("it is a symbolic link, and a plugin is a file of its own".into());
    }
    if !metadata.is_file() {
        return Err("it is no regular file".into());
    }
    check_size(metadata.len())?;
    read_bounded(open_regular(folder, file).map_err(|e| e.to_string())?)
}

/// Opens a regular file for reading and nothing else, also where somebody exchanges it between the look and the
/// opening: a pipe is not waited for.
pub(super) fn open_regular(folder: &Dir, file: &str) -> Result<File, std::io::Error> {
    let mut options = OpenOptions::new();
    options.read(true);
    never_wait(&mut options);
    let file = folder.open_with(file, &options)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no regular file")),
    }
}

/// Opening a pipe waits for its other end, which may never come.
pub(super) fn never_wait(options: &mut OpenOptions) {
    #[cfg(unix)]
    if let Ok(flags) = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()) {
        cap_std::fs::OpenOptionsExt::custom_flags(options, flags);
    }
    #[cfg(not(unix))]
    let _ = options;
}

pub(super) fn check_size(bytes: u64) -> Result<(), String> {
    match bytes {
        0 => Err("it is empty".into()),
        _ if bytes > COMPONENT_BYTES_MAX as u64 => {
            Err(format!("it has {bytes} bytes, and a component may have at most {COMPONENT_BYTES_MAX}"))
        }
        _ => Ok(()),
    }
}

/// A file may grow while it is read.
pub(super) fn read_bounded(file: impl std::io::Read) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.take(COMPONENT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    check_size(bytes.len() as u64)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests;
