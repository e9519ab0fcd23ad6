//! What a plugin says of itself (the manifest in its custom section `trcaa:manifest`), what it may do, and its limits.
//!
//! A manifest is text from a stranger: [`Manifest::parse`] bounds and checks every field, and nothing else in the
//! host reads it. What a plugin may do is its manifest ∩ what the user granted; without a grant, nothing.

use serde::{Deserialize, Serialize};

use crate::issue::text_enum;
use crate::limits::EXTRACTED_BYTES_MAX;

mod capability;
mod check;
mod coverage;
mod setting;
#[cfg(test)]
mod tests;
pub use capability::{BASE_URL, Capability, canonical_origin};
pub use check::ManifestError;
pub use coverage::Coverage;
pub use setting::{SettingKind, SettingProblem, SettingSpec};

text_enum! {
    /// The families of plugins, each with a WIT world of its own.
    Kind, "plugin kind", "ai-provider, integration, pii-detector, document-renderer, text-extractor", {
        /// `trcaa:ai/ai-provider`
        AiProvider = "ai-provider",
        /// `trcaa:integration/integration`
        Integration = "integration",
        /// `trcaa:pii/pii-detector`
        PiiDetector = "pii-detector",
        /// `trcaa:render/document-renderer`
        DocumentRenderer = "document-renderer",
        /// `trcaa:extract/text-extractor`
        TextExtractor = "text-extractor",
    }
}

impl Kind {
    /// Whether it gets no network, no secrets, a frozen clock and seeded randomness: equal input gives equal output.
    pub fn is_pure(self) -> bool {
        matches!(self, Self::PiiDetector | Self::DocumentRenderer | Self::TextExtractor)
    }

    /// The limits of one call; a manifest can tighten them and nothing can widen them.
    pub fn limits(self) -> Limits {
        const MIB: u64 = 1 << 20;
        match self {
            Self::PiiDetector => Limits {
                memory_bytes_max: 64 * MIB,
                cpu_ms_max: 2_000,
                wall_ms_max: 5_000,
                idle_ms_max: 5_000,
                host_call_bytes_max: MIB,
                output_bytes_max: 64 * MIB,
            },
            Self::DocumentRenderer => Limits {
                memory_bytes_max: 512 * MIB,
                cpu_ms_max: 10_000,
                wall_ms_max: 30_000,
                idle_ms_max: 30_000,
                host_call_bytes_max: 4 * MIB,
                output_bytes_max: 64 * MIB,
            },
            Self::TextExtractor => Limits {
                memory_bytes_max: 512 * MIB,
                cpu_ms_max: 20_000,
                wall_ms_max: 30_000,
                idle_ms_max: 30_000,
                host_call_bytes_max: 4 * MIB,
                output_bytes_max: EXTRACTED_BYTES_MAX,
            },
            Self::AiProvider => Limits {
                memory_bytes_max: 64 * MIB,
                cpu_ms_max: 10_000,
                wall_ms_max: 600_000,
                idle_ms_max: 60_000,
                host_call_bytes_max: 8 * MIB,
                output_bytes_max: 8 * MIB,
            },
            Self::Integration => Limits {
                memory_bytes_max: 64 * MIB,
                cpu_ms_max: 5_000,
                wall_ms_max: 60_000,
                idle_ms_max: 60_000,
                host_call_bytes_max: 8 * MIB,
                output_bytes_max: 32 * MIB,
            },
        }
    }
}

/// What one call may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Linear memory of the whole instance.
    pub memory_bytes_max: u64,
    /// Time spent in guest code, host calls left out.
    pub cpu_ms_max: u64,
    /// Time from call to return.
    pub wall_ms_max: u64,
    /// Time in which nothing arrives from a host call and nothing is pushed; only providers may run longer than this.
    pub idle_ms_max: u64,
    /// Bytes that one crossing out of the guest may carry.
    pub host_call_bytes_max: u64,
    /// Bytes of everything it returns, writes or emits in one call.
    pub output_bytes_max: u64,
}

/// Tighter limits that a manifest asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TighterLimits {
    /// See [`Limits::memory_bytes_max`].
    pub memory_bytes_max: Option<u64>,
    /// See [`Limits::cpu_ms_max`].
    pub cpu_ms_max: Option<u64>,
    /// See [`Limits::wall_ms_max`].
    pub wall_ms_max: Option<u64>,
    /// See [`Limits::idle_ms_max`].
    pub idle_ms_max: Option<u64>,
    /// See [`Limits::host_call_bytes_max`].
    pub host_call_bytes_max: Option<u64>,
    /// See [`Limits::output_bytes_max`].
    pub output_bytes_max: Option<u64>,
}

impl Limits {
    /// The smaller of both, field by field.
    pub fn tightened(self, by: TighterLimits) -> Self {
        let least = |mine: u64, asked: Option<u64>| asked.map_or(mine, |a| a.min(mine));
        Self {
            memory_bytes_max: least(self.memory_bytes_max, by.memory_bytes_max),
            cpu_ms_max: least(self.cpu_ms_max, by.cpu_ms_max),
            wall_ms_max: least(self.wall_ms_max, by.wall_ms_max),
            idle_ms_max: least(self.idle_ms_max, by.idle_ms_max),
            host_call_bytes_max: least(self.host_call_bytes_max, by.host_call_bytes_max),
            output_bytes_max: least(self.output_bytes_max, by.output_bytes_max),
        }
    }
}

/// The manifest of a plugin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Lower-case words joined by `-`, 2 to 64 characters.
    pub id: String,
    /// Semantic version.
    pub version: String,
    /// `ai-provider`, `integration`, `pii-detector`, `document-renderer` or `text-extractor`.
    #[serde(with = "kind_text")]
    pub kind: Kind,
    /// The WIT world with its version, such as `trcaa:pii/pii-detector@0.1.0`.
    pub world: String,
    /// One sentence for the person who decides about it.
    pub description: String,
    /// What it wants to reach over HTTP.
    #[serde(default, rename = "http")]
    pub http: Vec<HttpCapability>,
    /// Which secrets it wants to use.
    #[serde(default, rename = "secret")]
    pub secrets: Vec<SecretCapability>,
    /// Whether it wants to keep state between calls.
    #[serde(default)]
    pub kv: Option<KvCapability>,
    /// What the user may set for a connection. Nothing here is secret: secrets are bound, not set.
    #[serde(default, rename = "setting")]
    pub settings: Vec<SettingSpec>,
    /// Limits tighter than its kind's.
    #[serde(default)]
    pub limits: TighterLimits,
}

/// Wish to send requests to one origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCapability {
    /// `https://host` or `https://host:port`, or `{base_url}` for the one that the user sets for the connection.
    pub origin: String,
    /// Upper-case methods.
    pub methods: Vec<String>,
    /// Paths that begin with one of these; empty = all.
    #[serde(default)]
    pub path_prefixes: Vec<String>,
    /// Why, for the person who decides.
    pub reason: String,
}

/// Wish to have a secret written into requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretCapability {
    /// Name that the plugin opens it by.
    pub name: String,
    /// Origins that it may be sent to, written as in [`HttpCapability::origin`].
    pub audience: Vec<String>,
    /// Where it may be put: `bearer`, `basic`, `header:Name`, `sign`.
    pub placements: Vec<String>,
    /// Why, for the person who decides.
    pub reason: String,
}

/// Wish to keep state between calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KvCapability {
    /// Most bytes over all keys.
    pub bytes_max: u64,
    /// Why, for the person who decides.
    pub reason: String,
}

/// What the user granted to a plugin: a part of its manifest, or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Granted origins with what is allowed there; `{base_url}` is resolved already.
    pub http: Vec<HttpCapability>,
    /// Granted secrets with audience and placements; `{base_url}` is resolved already.
    pub secrets: Vec<SecretCapability>,
    /// Bytes of state; 0 = none.
    pub kv_bytes_max: u64,
}

mod kind_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Kind;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
