//! The sections of a component that its author's tools write: the manifest put in, names and debugging left out.
//!
//! Knows the binary's outer form alone: an id, a length, and the bytes of each section. Invariants: what is not taken
//! out stays as it was, byte for byte and in its order; equal input gives equal output.

use wasm_encoder::{CustomSection, Encode as _, Section as _};

use crate::inspect::{MANIFEST_SECTION, has_manifest as found_manifest};
use crate::signature;

/// Bytes before the first section: magic, version, layer.
const PREAMBLE_BYTES: usize = 8;
/// Ids of the sections that hold a name and foreign bytes, a core module, and a component.
const CUSTOM: u8 = 0;
const MODULE: u8 = 1;
const COMPONENT: u8 = 4;
/// What begins a component, after the magic and the version.
const LAYER_COMPONENT: [u8; 2] = [1, 0];
/// Most levels of components in components that are looked into.
const DEPTH_MAX: usize = 16;

/// Whether the component carries a manifest.
///
/// # Errors
/// One sentence: bytes that are no component.
pub fn has_manifest(component: &[u8]) -> Result<bool, String> {
    found_manifest(component)
}

/// Puts `manifest` into a component that has none, as its last section; a signature is dropped.
///
/// # Errors
/// One sentence: bytes that are no component, or one that has a manifest.
pub fn with_manifest(component: &[u8], manifest: &[u8]) -> Result<Vec<u8>, String> {
    if found_manifest(component)? {
        return Err(format!("it has a manifest already (custom section {MANIFEST_SECTION})"));
    }
    let mut bytes = signature::unsigned(component)?.to_vec();
    let section = CustomSection { name: MANIFEST_SECTION.into(), data: manifest.into() };
    bytes.push(section.id());
    section.encode(&mut bytes);
    Ok(bytes)
}

/// Leaves out what no run needs and what tells of the author's machine: names, producers and debugging sections, at
/// every level, and a signature. The manifest stays.
///
/// # Errors
/// One sentence: bytes that are no component.
pub fn stripped(component: &[u8]) -> Result<Vec<u8>, String> {
    found_manifest(component)?;
    strip(component, 0).ok_or_else(|| "it is no valid component: its sections do not add up".to_owned())
}

fn strip(bytes: &[u8], depth: usize) -> Option<Vec<u8>> {
    let (preamble, mut rest) = bytes.split_at_checked(PREAMBLE_BYTES)?;
    let is_component = preamble.get(6..8)? == LAYER_COMPONENT;
    let mut out = preamble.to_vec();
    while let Some((&id, after)) = rest.split_first() {
        let (length, after) = leb128(after)?;
        let (content, left) = after.split_at_checked(length)?;
        rest = left;
        if id == CUSTOM && !is_kept(content)? {
            continue;
        }
        out.push(id);
        if is_component && depth < DEPTH_MAX && (id == MODULE || id == COMPONENT) {
            strip(content, depth + 1)?.as_slice().encode(&mut out);
        } else {
            content.encode(&mut out);
        }
    }
    Some(out)
}

/// Of custom sections those stay that mean something when the plugin runs or is judged.
fn is_kept(content: &[u8]) -> Option<bool> {
    let (length, rest) = leb128(content)?;
    let name = rest.get(..length)?;
    let dropped =
        [b"name".as_slice(), b"producers", b"component-name", b"target_features", signature::SECTION.as_bytes()];
    Some(!dropped.contains(&name) && !name.starts_with(b".debug") && !name.starts_with(b"component-type"))
}

/// An unsigned number of at most 32 bits and what follows it.
fn leb128(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u64;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, bytes.get(at + 1..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::inspect::inspect;

    const MANIFEST: &[u8] =
        b"id='x-y'\nversion='1.0.0'\nkind='pii-detector'\nworld='trcaa:pii/pii-detector@0.1.0'\ndescription='x'\n";

    fn component() -> Vec<u8> {
        let text = "(component $named
            (core module $m (func $f (export \"f\")) (@custom \"producers\" \"\\00\") (@custom \".debug_info\" \"/home/ada\"))
            (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))";
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn a_manifest_is_put_in_once_and_read_back() {
        let with = with_manifest(&component(), MANIFEST).unwrap();
        assert_eq!(inspect(&with).unwrap().manifest.id, "x-y");
        assert!(has_manifest(&with).unwrap() && !has_manifest(&component()).unwrap());
        assert!(with_manifest(&with, MANIFEST).unwrap_err().contains("already"));
        assert!(with_manifest(b"\0asm\x01\0\0\0", MANIFEST).unwrap_err().contains("core module"));
    }

    #[test]
    fn stripping_drops_names_at_every_level_keeps_the_manifest_and_is_its_own_fixed_point() {
        let with = with_manifest(&component(), MANIFEST).unwrap();
        let signed = signature::sign(&with, "Ada", &[7; 32]).unwrap();
        let bare = stripped(&signed).unwrap();
        let found = inspect(&bare).unwrap();
        assert_eq!((found.manifest.id.as_str(), found.publisher), ("x-y", None));
        let holds = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|w| w == part);
        for dropped in [b"/home/ada".as_slice(), b"producers", b"named", b"trcaa:signature"] {
            assert!(holds(&signed, dropped) && !holds(&bare, dropped), "{}", String::from_utf8_lossy(dropped));
        }
        assert_eq!(stripped(&bare).unwrap(), bare);
        assert_eq!(stripped(&with).unwrap(), bare);
    }

    #[test]
    fn cut_bytes_are_refused_and_never_a_panic() {
        let with = with_manifest(&component(), MANIFEST).unwrap();
        for cut in 0..with.len() {
            let _: Result<Vec<u8>, String> = stripped(&with[..cut]);
            assert_ne!(stripped(&with[..cut]).ok(), stripped(&with).ok());
        }
    }
}
