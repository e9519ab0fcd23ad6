//! What PATH of the kit's commands names: a folder with a project, or a component.

use std::fs;
use std::path::{Path, PathBuf};

use trcaa_model::plugin::Manifest;
use trcaa_runtime::COMPONENT_BYTES_MAX;

use super::Language;
use crate::AppError;

/// The manifest's file of a project.
pub(super) const MANIFEST_FILE: &str = "trcaa-plugin.toml";
/// Most bytes that are read of a manifest's file; the manifest itself is held to less.
const MANIFEST_FILE_BYTES_MAX: u64 = 1 << 20;

/// A folder with a manifest and the sources of one plugin.
#[derive(Debug, Clone)]
pub(super) struct Project {
    pub(super) folder: PathBuf,
    pub(super) language: Language,
}

/// What a path names.
pub(super) enum Named {
    Project(Project),
    /// Its file and its bytes.
    Component(PathBuf, Vec<u8>),
}

impl Project {
    /// The manifest's bytes as they are in the file.
    pub(super) fn manifest_bytes(&self) -> Result<Vec<u8>, AppError> {
        let path = self.folder.join(MANIFEST_FILE);
        read_bounded(&path, MANIFEST_FILE_BYTES_MAX)
    }

    /// The manifest, checked.
    pub(super) fn manifest(&self) -> Result<Manifest, AppError> {
        Manifest::parse(&self.manifest_bytes()?).map_err(|e| {
            let path = self.folder.join(MANIFEST_FILE);
            AppError::failed("manifest", format!("reading {}: {e}", path.display()))
                .hint("every field is explained in the guide: the README.md of trcaa-sdk")
        })
    }
}

/// Finds out what `path` names.
pub(super) fn look(path: &Path) -> Result<Named, AppError> {
    let meta =
        fs::metadata(path).map_err(|e| AppError::failed("not_found", format!("opening {}: {e}", path.display())))?;
    if meta.is_dir() {
        return project(path).map(Named::Project);
    }
    Ok(Named::Component(path.to_path_buf(), read_bounded(path, COMPONENT_BYTES_MAX as u64)?))
}

/// The project in a folder.
pub(super) fn project(folder: &Path) -> Result<Project, AppError> {
    if !folder.join(MANIFEST_FILE).is_file() {
        return Err(AppError::failed(
            "no_project",
            format!("{} has no {MANIFEST_FILE}, so it is no plugin's project", folder.display()),
        )
        .hint("make one: trcaa plugin new KIND NAME"));
    }
    match Language::ALL.into_iter().find(|language| folder.join(language.mark()).is_file()) {
        Some(language) => Ok(Project { folder: folder.to_path_buf(), language }),
        None => {
            let marks = Language::ALL.map(Language::mark).join(", ");
            Err(AppError::failed(
                "no_project",
                format!("{} has none of {marks}, so it can't be told how to build it", folder.display()),
            )
            .hint("build the component with the tools of your language and name the .wasm file instead of the folder"))
        }
    }
}

/// Reads a whole file of bounded size.
pub(super) fn read_bounded(path: &Path, bytes_max: u64) -> Result<Vec<u8>, AppError> {
    let failed = |e: std::io::Error| AppError::failed("unreadable", format!("reading {}: {e}", path.display()));
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > bytes_max {
        return Err(AppError::failed(
            "too_large",
            format!("reading {}: it has {size} bytes, and {bytes_max} are the limit", path.display()),
        ));
    }
    fs::read(path).map_err(failed)
}
