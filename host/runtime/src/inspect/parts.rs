//! One walk over a binary: its custom sections of ours, and the names that it imports and exports.

use wasmparser::{BinaryReaderError, ComponentExternalKind, Encoding, Parser, Payload};

use super::MANIFEST_SECTION;
use crate::error::plain;
use crate::signature;

/// Most components within each other: a bundler makes three.
const DEPTH_MAX: usize = 16;
/// Most sections, functions left out: an adapted component has some hundreds.
const SECTIONS_MAX: usize = 100_000;
/// Most imports or exports of the outermost component: a world of ours with WASI has under forty.
const NAMES_MAX: usize = 1_000;

/// What a component is made of, as far as it matters before it is compiled.
#[derive(Default)]
pub(super) struct Parts<'a> {
    /// Of the outermost component and the core modules in it, which is where a linker puts it; at most two.
    pub(super) manifests: Vec<&'a [u8]>,
    /// Whether a nested component has one, which counts for nothing.
    pub(super) has_nested_manifest: bool,
    /// Of the outermost component.
    pub(super) imports: Vec<&'a str>,
    /// Instances that the outermost component exports.
    pub(super) exports: Vec<&'a str>,
    signatures: Vec<&'a [u8]>,
}

impl<'a> Parts<'a> {
    /// Walks the whole binary.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let mut parts = Self::default();
        let mut nesting: Vec<Encoding> = Vec::new();
        let mut sections = 0_usize;
        let mut is_empty = true;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload.map_err(|e| malformed(&e))?;
            if !matches!(payload, Payload::CodeSectionEntry(_)) {
                sections += 1;
                if sections > SECTIONS_MAX {
                    return Err(format!("it has more than {SECTIONS_MAX} sections"));
                }
            }
            match payload {
                Payload::Version { encoding, .. } => {
                    if is_empty && encoding != Encoding::Component {
                        return Err("it is a core module and no component; build it with --target wasm32-wasip2".into());
                    }
                    is_empty = false;
                    nesting.push(encoding);
                    if nesting.len() > DEPTH_MAX {
                        return Err(format!("it nests more than {DEPTH_MAX} components within each other"));
                    }
                }
                Payload::End(_) => {
                    nesting.pop();
                }
                other => parts.take(other, &nesting)?,
            }
        }
        if is_empty { Err("it is empty".into()) } else { Ok(parts) }
    }

    fn take(&mut self, payload: Payload<'a>, nesting: &[Encoding]) -> Result<(), String> {
        let is_outermost = matches!(nesting, [Encoding::Component]);
        let is_ours = is_outermost || matches!(nesting, [Encoding::Component, Encoding::Module]);
        match payload {
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                if is_ours {
                    keep(&mut self.manifests, section.data());
                } else {
                    self.has_nested_manifest = true;
                }
            }
            Payload::CustomSection(section) if is_outermost && section.name() == signature::SECTION => {
                keep(&mut self.signatures, section.data());
            }
            Payload::ComponentImportSection(section) if is_outermost => {
                for import in section {
                    let name = import.map_err(|e| malformed(&e))?.name.name;
                    push(&mut self.imports, name, "imports")?;
                }
            }
            Payload::ComponentExportSection(section) if is_outermost => {
                for export in section {
                    let export = export.map_err(|e| malformed(&e))?;
                    if export.kind == ComponentExternalKind::Instance {
                        push(&mut self.exports, export.name.name, "exports")?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The data of the signature section, where there is one.
    pub(super) fn signature(&self) -> Result<Option<&'a [u8]>, String> {
        match self.signatures.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(one)),
            _ => Err("it has more than one signature section".into()),
        }
    }
}

/// Two are enough to tell that there is more than one.
fn keep<'a>(kept: &mut Vec<&'a [u8]>, data: &'a [u8]) {
    if kept.len() < 2 {
        kept.push(data);
    }
}

fn push<'a>(names: &mut Vec<&'a str>, name: &'a str, what: &str) -> Result<(), String> {
    if names.len() == NAMES_MAX {
        return Err(format!("it has more than {NAMES_MAX} {what}"));
    }
    names.push(name);
    Ok(())
}

pub(super) fn malformed(e: &BinaryReaderError) -> String {
    format!("it is no valid component: {}", plain(e.message(), 200))
}
