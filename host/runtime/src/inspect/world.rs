//! Whether imports and exports are those of the world that the manifest names, in versions that this host serves.

use trcaa_model::plugin::{Kind, Manifest};

use crate::error::plain;
use crate::{linker, versions, wasi};

/// This host.
const HOST: &str = env!("CARGO_PKG_VERSION");
/// Most characters of a name that are shown.
const NAME_CHARS_MAX: usize = 100;
const KINDS: [Kind; 5] =
    [Kind::AiProvider, Kind::Integration, Kind::PiiDetector, Kind::DocumentRenderer, Kind::TextExtractor];

/// Checks all of it. The error is one sentence.
pub(super) fn check(manifest: &Manifest, imports: &[&str], exports: &[&str]) -> Result<(), String> {
    check_version(&manifest.world)?;
    for import in imports {
        check_import(import, manifest.kind)?;
    }
    check_exports(manifest, exports)
}

pub(super) fn check_import(import: &str, kind: Kind) -> Result<(), String> {
    let name = import.split('@').next().unwrap_or_default();
    if name.starts_with("trcaa:") {
        let has = |kind: &Kind| linker::interfaces(*kind).contains(&name);
        if KINDS.iter().any(has) && !has(&kind) {
            let shown = plain(import, NAME_CHARS_MAX);
            return Err(format!("it imports {shown}, which a plugin of kind {} does not get", kind.as_str()));
        }
        return if has(&kind) { check_version(import) } else { Err(unserved(import)) };
    }
    if wasi::PACKAGES.iter().any(|package| name.starts_with(package)) {
        return Ok(());
    }
    let shown = plain(import, NAME_CHARS_MAX);
    Err(format!("it imports {shown}; a plugin reaches files, sockets and HTTP only through trcaa:host, as granted"))
}

/// What a manifest claims has to be there: the exports of its kind, and of the world where that has more.
pub(super) fn check_exports(manifest: &Manifest, exports: &[&str]) -> Result<(), String> {
    let of_kind: &[&str] = match manifest.kind {
        Kind::AiProvider => &["trcaa:ai/provider"],
        Kind::Integration => &["trcaa:integration/source", "trcaa:integration/writer"],
        Kind::PiiDetector => &["trcaa:pii/detector"],
        Kind::DocumentRenderer => &["trcaa:render/renderer"],
        Kind::TextExtractor => &["trcaa:extract/extractor"],
    };
    let with_embeddings = manifest.world.starts_with("trcaa:ai/ai-provider-with-embeddings@");
    let of_world: &[&str] = if with_embeddings { &["trcaa:ai/embeddings"] } else { &[] };
    for wanted in of_kind.iter().chain(of_world) {
        let mut found = exports.iter().filter(|export| export.split('@').next() == Some(wanted)).peekable();
        let Some(first) = found.peek().copied() else {
            let world = plain(&manifest.world, NAME_CHARS_MAX);
            let kind = manifest.kind.as_str();
            return Err(format!("its manifest says {kind}, world {world}, but it does not export {wanted}"));
        };
        if !found.any(|export| check_version(export).is_ok()) {
            check_version(first)?;
        }
    }
    Ok(())
}

/// Whether `package/interface@version` is served.
pub(super) fn check_version(name: &str) -> Result<(), String> {
    let (before, version) = name.split_once('@').unwrap_or((name, ""));
    versions::check(&plain(name, NAME_CHARS_MAX), before, version)
}

/// Which version of the host brings an interface is not in its name, so the sentence says what this one has.
fn unserved(name: &str) -> String {
    let shown = plain(name, NAME_CHARS_MAX);
    format!("it needs {shown}, an interface that this host ({HOST}) does not have; a newer host may serve it")
}
