//! What is given away: the component without names and debugging, the same bytes for the same sources, with its digest.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use trcaa_runtime::Severity;

use super::build::write;
use super::check::checked;
use super::project::{Named, look};
use super::{Kit, Profile};
use crate::AppError;

/// What was packed.
#[derive(Debug, Clone, Serialize)]
pub struct Packed {
    /// The manifest's id.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// `dist/<id>-<version>.wasm`.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 hex of its bytes, also in `<path>.sha256`.
    pub sha256: String,
}

impl Kit {
    /// Builds a project, strips the component and writes it to `dist/`, with a file that `sha256sum -c` reads.
    ///
    /// # Errors
    /// A build that fails, or a component that would be refused when installed.
    pub fn pack(&self, path: &Path) -> Result<Packed, AppError> {
        let Named::Project(project) = look(path)? else {
            return Err(AppError::usage(
                "no_project",
                format!("{} is a component already; pack takes a project's folder", path.display()),
            ));
        };
        let built = self.build_project(&project, Profile::Release)?;
        let bytes = trcaa_runtime::stripped(&built.bytes).map_err(|problem| {
            AppError::failed("build_failed", format!("packing {}: {problem}", built.path.display()))
        })?;
        let found = checked(built.path, &bytes, Vec::new());
        if let Some(error) = found.findings.iter().find(|finding| finding.severity == Severity::Error) {
            return Err(AppError::failed(
                "plugin_refused",
                format!("packing {}: {}", built.manifest.id, error.problem),
            )
            .hint(error.advice.clone())
            .hint("see everything that is wrong with it: trcaa plugin check PATH"));
        }
        let (id, version) = (built.manifest.id, built.manifest.version);
        let name = format!("{id}-{version}.wasm");
        let path = project.folder.join("dist").join(&name);
        write(&path, &bytes)?;
        let sha256 = write_digest(&path, &bytes)?;
        Ok(Packed { id, version, path, size_bytes: bytes.len() as u64, sha256 })
    }
}

/// Writes the digest beside a component, as `sha256sum` does; gives it.
pub(super) fn write_digest(path: &Path, bytes: &[u8]) -> Result<String, AppError> {
    let sha256 = hex::encode(Sha256::digest(bytes));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    write(&digest_path(path), format!("{sha256}  {name}\n").as_bytes())?;
    Ok(sha256)
}

pub(super) fn digest_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sha256");
    PathBuf::from(name)
}
