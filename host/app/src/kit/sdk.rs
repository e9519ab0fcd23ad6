//! The SDK and the WIT that are part of this program, unpacked for the tools that build plugins.
//!
//! Below `{data_dir}/sdk/<version>/`: `plugins/sdk` (the crate), `wit` (all packages), `worlds/<family>` (a package with
//! its dependencies in `deps/`, as the tools of other languages want it). A file that is as it should be is not written
//! again, so that cargo builds nothing anew.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use trcaa_model::plugin::Kind;

use super::Kit;
use crate::AppError;

include!(concat!(env!("OUT_DIR"), "/sdk_files.rs"));

/// Packages at the versions that the SDK was tested with, as `[[package]]` entries of a Cargo.lock.
pub(super) const LOCK: &str = include_str!(concat!(env!("OUT_DIR"), "/sdk.lock"));
/// Version of the SDK: that of this program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Packages that every world uses.
const SHARED: [&str; 2] = ["host", "types"];

/// Where it was unpacked.
pub(super) struct Unpacked {
    root: PathBuf,
}

impl Unpacked {
    /// The crate `trcaa-sdk`.
    pub(super) fn crate_folder(&self) -> PathBuf {
        self.root.join("plugins/sdk")
    }

    /// The WIT of a kind with its dependencies.
    pub(super) fn world_folder(&self, kind: Kind) -> PathBuf {
        self.root.join("worlds").join(family(kind))
    }
}

/// The version of the package `trcaa:host`, which some languages name in their imports.
pub(super) fn host_version() -> &'static str {
    let text = FILES.iter().find(|(name, _)| *name == "wit/host/host.wit").map_or(&[][..], |(_, bytes)| bytes);
    let text = std::str::from_utf8(text).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("package trcaa:host@")?.strip_suffix(';'));
    line.unwrap_or(VERSION)
}

/// The WIT package of a kind.
fn family(kind: Kind) -> &'static str {
    match kind {
        Kind::AiProvider => "ai",
        Kind::Integration => "integration",
        Kind::PiiDetector => "pii",
        Kind::DocumentRenderer => "render",
        Kind::TextExtractor => "extract",
    }
}

/// The world of a kind that the SDK exports.
pub(super) fn world(kind: Kind) -> &'static str {
    match kind {
        Kind::AiProvider => "trcaa:ai/ai-provider",
        Kind::Integration => "trcaa:integration/integration",
        Kind::PiiDetector => "trcaa:pii/pii-detector",
        Kind::DocumentRenderer => "trcaa:render/document-renderer",
        Kind::TextExtractor => "trcaa:extract/text-extractor",
    }
}

impl Kit {
    /// Unpacks what is not there as it should be.
    pub(super) fn unpack_sdk(&self) -> Result<Unpacked, AppError> {
        let data_dir = std::path::absolute(&self.data_dir)
            .map_err(|e| AppError::failed("data_dir", format!("finding {}: {e}", self.data_dir.display())))?;
        let root = data_dir.join("sdk").join(VERSION);
        for (name, bytes) in FILES {
            write_if_other(&data_dir, &root.join(name), bytes)?;
            let Some(rest) = name.strip_prefix("wit/") else { continue };
            let Some((package, _)) = rest.split_once('/') else { continue };
            for kind in
                [Kind::AiProvider, Kind::Integration, Kind::PiiDetector, Kind::DocumentRenderer, Kind::TextExtractor]
            {
                let world = root.join("worlds").join(family(kind));
                if SHARED.contains(&package) {
                    write_if_other(&data_dir, &world.join("deps").join(rest), bytes)?;
                } else if package == family(kind) {
                    write_if_other(&data_dir, &root.join("worlds").join(rest), bytes)?;
                }
            }
        }
        Ok(Unpacked { root })
    }
}

/// Whole or not at all: a second process may be building with it.
fn write_if_other(data_dir: &Path, path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    let failed = |e: std::io::Error| {
        AppError::failed("sdk_unpack", format!("unpacking the SDK to {}: {e}", path.display()))
            .hint("name another data folder: --data-dir DIR")
    };
    private_folder(data_dir).map_err(failed)?;
    let folder = path.parent().unwrap_or(data_dir);
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}

/// The data folder as the store makes it: nobody else reads it.
fn private_folder(path: &Path) -> std::io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
