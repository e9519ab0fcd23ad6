//! `trcaa.lock`: what runs, for people, for comparison and for a versioned copy. The store decides; this file tells.

use serde::{Deserialize, Serialize};
use trcaa_model::plugin::Manifest;
use trcaa_store::{PluginVersion, Store, StoreError, VersionRole};

/// Version of the file's format.
const FORMAT: u32 = 1;

/// One plugin of the lock file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Locked {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) sha256: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) publisher_key: Option<String>,
    pub(super) world: String,
    pub(super) capability_hash: String,
    pub(super) source: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LockFile {
    format: u32,
    #[serde(default, rename = "plugin")]
    plugins: Vec<Locked>,
}

impl From<PluginVersion> for Locked {
    fn from(row: PluginVersion) -> Self {
        let PluginVersion { plugin_id, version, sha256, publisher_key, world, capability_hash, source, .. } = row;
        Self { id: plugin_id, version, sha256, publisher_key, world, capability_hash, source }
    }
}

/// What the lock file should hold: the active version of every plugin that is not bundled, by id.
pub(super) fn wanted(store: &Store) -> Result<Vec<Locked>, StoreError> {
    let active = store.plugin_versions(None)?.into_iter().filter(|version| version.role == VersionRole::Active);
    Ok(active.map(Locked::from).collect())
}

/// The text of the file. Strings of manifests are checked before they come here, and TOML escapes the rest.
pub(super) fn render(plugins: Vec<Locked>) -> String {
    let head =
        "# Which plugins this trcaa runs besides its own. Written by trcaa with each change; the store decides.\n\n";
    let body = toml::to_string(&LockFile { format: FORMAT, plugins }).expect("strings and numbers are TOML");
    format!("{head}{body}")
}

/// Reads the file; the error is one sentence.
pub(super) fn parse(text: &str) -> Result<Vec<Locked>, String> {
    let file: LockFile = toml::from_str(text).map_err(|e| format!("it can't be read: {}", e.message()))?;
    match file.format {
        FORMAT => Ok(file.plugins),
        other => Err(format!("it has format {other}, and this trcaa reads {FORMAT}")),
    }
}

/// What a manifest changes from one version to another in limits, in words such as `memory_bytes_max 1 → 2`.
pub(super) fn limits_changed(before: &Manifest, after: &Manifest) -> Vec<String> {
    let limits = |manifest: &Manifest| manifest.kind.limits().tightened(manifest.limits);
    let (before, after) = (limits(before), limits(after));
    [
        ("memory_bytes_max", before.memory_bytes_max, after.memory_bytes_max),
        ("cpu_ms_max", before.cpu_ms_max, after.cpu_ms_max),
        ("wall_ms_max", before.wall_ms_max, after.wall_ms_max),
        ("host_call_bytes_max", before.host_call_bytes_max, after.host_call_bytes_max),
        ("output_bytes_max", before.output_bytes_max, after.output_bytes_max),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(name, before, after)| format!("{name} {before} → {after}"))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(id: &str, key: Option<&str>) -> Locked {
        Locked {
            id: id.into(),
            version: "1.0.0".into(),
            sha256: "ab".into(),
            publisher_key: key.map(str::to_owned),
            world: "w".into(),
            capability_hash: "cd".into(),
            source: "a \"quoted\"\nsource".into(),
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_rubbish_is_an_error() {
        for plugins in [vec![], vec![locked("a-b", None), locked("c-d", Some("ef"))]] {
            assert_eq!(parse(&render(plugins.clone())), Ok(plugins));
        }
        for text in ["", "x", "format = 2", "format = 1\nmore = 1", "format = 1\n[[plugin]]\nid = \"x\""] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
