//! Reading a manifest that a stranger wrote. Pure.
//!
//! Invariant: a document is a manifest or an index and never both (CVE-2021-41190): what names layers and manifests,
//! or calls itself one thing in its header and another in its body, is refused.

use serde::Deserialize;
use trcaa_runtime::COMPONENT_BYTES_MAX;

use super::super::reference::digest_hex;

/// What is asked for.
pub(super) const MEDIA_TYPES: [&str; 2] = [MANIFEST, INDEX];
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// What the layer is: as wkg and oras write it, and as the first tools did.
const COMPONENT: [&str; 2] = ["application/wasm", "application/vnd.wasm.content.layer.v1+wasm"];

/// What a manifest leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// The one WebAssembly layer.
    Component(Descriptor),
    /// The one manifest of an index.
    Index(Descriptor),
}

/// A blob.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    /// SHA-256 hex.
    pub(super) digest: String,
    /// Bytes; at most [`COMPONENT_BYTES_MAX`].
    pub(super) size: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: u64,
    media_type: Option<String>,
    layers: Option<Vec<Entry>>,
    manifests: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    media_type: String,
    digest: String,
    size: u64,
}

/// Reads a manifest; `named` is the media type of the response.
pub(super) fn read(body: &[u8], named: &str) -> Result<Content, String> {
    let document: Document = serde_json::from_slice(body)
        .map_err(|_| format!("what came is no manifest ({named}, {} bytes)", body.len()))?;
    if document.schema_version != 2 {
        return Err(format!("the manifest has schema version {}, and only 2 is known", document.schema_version));
    }
    if MEDIA_TYPES.contains(&named) && document.media_type.as_deref().is_some_and(|own| own != named) {
        return Err("the manifest calls itself something else than the registry does".to_owned());
    }
    match (document.layers, document.manifests) {
        (Some(layers), None) => component(&layers).map(Content::Component),
        (None, Some(manifests)) => match manifests.as_slice() {
            [only] => only.descriptor().map(Content::Index),
            many => Err(format!(
                "it is an index of {} manifests; name the one that is meant by its digest, @sha256:…",
                many.len()
            )),
        },
        (Some(_), Some(_)) => Err("the manifest is a manifest and an index at once".to_owned()),
        (None, None) => Err("the manifest has no layers".to_owned()),
    }
}

fn component(layers: &[Entry]) -> Result<Descriptor, String> {
    let mut found = layers.iter().filter(|layer| COMPONENT.contains(&layer.media_type.as_str()));
    match (found.next(), found.next()) {
        (Some(only), None) => only.descriptor(),
        (None, _) => Err(format!("none of its {} layers is a WebAssembly component ({})", layers.len(), COMPONENT[0])),
        (Some(_), Some(_)) => Err("more than one of its layers is a WebAssembly component".to_owned()),
    }
}

impl Entry {
    fn descriptor(&self) -> Result<Descriptor, String> {
        let digest = self.digest.strip_prefix("sha256:").and_then(digest_hex).filter(|hex| self.digest.ends_with(hex));
        let digest = digest.ok_or_else(|| "a digest in the manifest is not sha256: and 64 hex digits".to_owned())?;
        if self.size > COMPONENT_BYTES_MAX as u64 {
            let size = self.size;
            return Err(format!("it says {size} bytes, and a component may have at most {COMPONENT_BYTES_MAX}"));
        }
        Ok(Descriptor { digest, size: self.size })
    }
}
