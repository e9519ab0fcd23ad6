//! What a component says of itself, read from its bytes without running or compiling any of it.

use trcaa_model::plugin::{Kind, Manifest};
use wasmparser::{ComponentExternalKind, Encoding, Parser, Payload};

use crate::error::plain;
use crate::signature::{self, Publisher};
use crate::{linker, versions, wasi};

/// Largest component: the largest that we know of, a typesetter with fonts, has 47 MB.
pub const COMPONENT_BYTES_MAX: usize = 128 << 20;
/// Custom section that holds the manifest.
const MANIFEST_SECTION: &str = "trcaa:manifest";

/// What was read.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) manifest: Manifest,
    /// Who signed it; its signature was checked.
    pub(crate) publisher: Option<Publisher>,
}

/// Reads the manifest and checks kind, imports and exports against it. The error is one sentence for a person.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspected, String> {
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(format!("it has {} bytes, and a component may have at most {COMPONENT_BYTES_MAX}", bytes.len()));
    }
    let parts = read_parts(bytes)?;
    let manifest = match parts.manifests.as_slice() {
        [one] => Manifest::parse(one).map_err(|e| e.to_string())?,
        [] => return Err(format!("it has no manifest (custom section {MANIFEST_SECTION}); build it with trcaa-sdk")),
        _ => return Err(format!("it has more than one custom section {MANIFEST_SECTION}")),
    };
    for import in &parts.imports {
        check_import(import, manifest.kind)?;
    }
    check_exports(&parts.exports, &manifest)?;
    let publisher = parts.signature()?.map(|data| signature::verify(bytes, data)).transpose()?;
    Ok(Inspected { manifest, publisher })
}

/// The data of the signature section, where there is one; not checked.
pub(crate) fn signature_data(bytes: &[u8]) -> Result<Option<&[u8]>, String> {
    read_parts(bytes)?.signature()
}

struct Parts<'a> {
    manifests: Vec<&'a [u8]>,
    signatures: Vec<&'a [u8]>,
    imports: Vec<String>,
    exports: Vec<String>,
}

impl<'a> Parts<'a> {
    fn signature(&self) -> Result<Option<&'a [u8]>, String> {
        match self.signatures.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err("it has more than one signature section".into()),
        }
    }
}

/// Walks the whole binary. Imports and exports are those of the outermost component; a manifest may lie in the core
/// module inside, which is where a linker puts it.
fn read_parts(bytes: &[u8]) -> Result<Parts<'_>, String> {
    let malformed =
        |e: &wasmparser::BinaryReaderError| format!("it is no valid component: {}", plain(e.message(), 200));
    let mut parts = Parts { manifests: Vec::new(), signatures: Vec::new(), imports: Vec::new(), exports: Vec::new() };
    let mut depth = 0_usize;
    let mut first = true;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(|e| malformed(&e))? {
            Payload::Version { encoding, .. } => {
                if first && encoding != Encoding::Component {
                    return Err("it is a core module and no component; build it with --target wasm32-wasip2".into());
                }
                first = false;
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                parts.manifests.push(section.data())
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == signature::SECTION => {
                parts.signatures.push(section.data());
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    parts.imports.push(import.map_err(|e| malformed(&e))?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(|e| malformed(&e))?;
                    if export.kind == ComponentExternalKind::Instance {
                        parts.exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    if first { Err("it is empty".into()) } else { Ok(parts) }
}

fn check_import(import: &str, kind: Kind) -> Result<(), String> {
    let (name, version) = import.split_once('@').unwrap_or((import, ""));
    let shown = plain(import, 100);
    if name.starts_with("trcaa:") {
        if !linker::interfaces(kind).contains(&name) {
            return Err(format!("it imports {shown}, which a plugin of kind {} does not get", kind.as_str()));
        }
        return versions::check(&shown, name, version);
    }
    if wasi::PACKAGES.iter().any(|package| name.starts_with(package)) {
        return Ok(());
    }
    Err(format!("it imports {shown}; a plugin reaches files, sockets and HTTP only through trcaa:host, as granted"))
}

fn check_exports(exports: &[String], manifest: &Manifest) -> Result<(), String> {
    let wanted: &[&str] = match manifest.kind {
        Kind::AiProvider => &["trcaa:ai/provider"],
        Kind::Integration => &["trcaa:integration/source", "trcaa:integration/writer"],
        Kind::PiiDetector => &["trcaa:pii/detector"],
        Kind::DocumentRenderer => &["trcaa:render/renderer"],
        Kind::TextExtractor => &["trcaa:extract/extractor"],
    };
    for name in wanted {
        let Some(export) = exports.iter().find(|e| e.split('@').next() == Some(name)) else {
            return Err(format!("its manifest says {} but it does not export {name}", manifest.kind.as_str()));
        };
        versions::check(&plain(export, 100), name, export.split_once('@').map_or("", |(_, v)| v))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(wat: &str) -> String {
        let bytes = wat::parse_str(wat).map_err(|e| e.to_string());
        match bytes.map(|b| inspect(&b)) {
            Ok(Ok(_)) => "accepted".into(),
            Ok(Err(refusal)) => refusal,
            Err(broken_test) => broken_test,
        }
    }

    const MANIFEST: &str =
        "id='x-y'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n";

    #[test]
    fn what_is_no_plugin_is_refused_in_one_sentence() {
        let manifest = format!("(@custom \"trcaa:manifest\" \"{MANIFEST}\")");
        for (wat, part) in [
            ("(module)".to_owned(), "core module"),
            ("(component)".to_owned(), "no manifest"),
            (format!("(component {manifest} {manifest})"), "more than one"),
            (format!("(component {manifest})"), "does not export trcaa:pii/detector"),
            (
                format!("(component {manifest} (import \"wasi:sockets/tcp@0.2.0\" (instance)))"),
                "imports wasi:sockets/tcp@0.2.0",
            ),
            (
                format!("(component {manifest} (import \"wasi:filesystem/types@0.2.0\" (instance)))"),
                "imports wasi:filesystem",
            ),
            (
                format!("(component {manifest} (import \"wasi:http/outgoing-handler@0.2.0\" (instance)))"),
                "imports wasi:http",
            ),
            (
                format!("(component {manifest} (import \"trcaa:host/http@0.1.0\" (instance)))"),
                "kind pii-detector does not get",
            ),
            (
                format!("(component {manifest} (import \"trcaa:host/log@0.9.0\" (instance)))"),
                "needs host ≥ 0.9.0: trcaa:host/log@0.9.0",
            ),
            (format!("(component {manifest} (import \"shell\" (func)))"), "imports shell"),
            (
                format!("(component {manifest} (instance $i) (export \"trcaa:pii/detector@0.9.0\" (instance $i)))"),
                "needs host ≥ 0.9.0: trcaa:pii/detector@0.9.0",
            ),
        ] {
            let said = refusal(&wat);
            assert!(said.contains(part), "{wat}: {said}");
            assert!(!said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn garbage_of_any_length_is_an_error() {
        let whole = wat::parse_str(format!("(component (core module (@custom \"trcaa:manifest\" \"{MANIFEST}\")))"))
            .unwrap_or_default();
        assert!(!whole.is_empty());
        for cut in 0..whole.len() {
            assert!(inspect(&whole[..cut]).is_err());
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            let _: Result<Inspected, String> = inspect(&flipped);
        }
    }
}
