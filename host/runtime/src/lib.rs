//! The plugin runtime: wasmtime's engine, the WIT on the host's side, host functions, limits, native-code cache.
//!
//! Knows nothing of the store, the network or the terminal: what a host function needs of them is a port
//! ([`ports`]) that `app` plugs. WIT types never leave this crate.
//!
//! Invariants: a plugin is loaded only after its imports were read and found within its kind's list; each call gets a
//! store of its own with memory, CPU, wall and output limits; an answer is checked before it is returned; a guest that
//! fails in any way ends as a typed error naming plugin, version and function.

mod bindings;
mod budget;
mod bundled;
mod cache;
mod call;
mod canonical;
mod chat;
mod circuit;
mod cpu_clock;
mod detector;
mod engine;
mod error;
mod extractor;
mod host_functions;
mod in_place;
mod inspect;
mod integration;
mod linker;
#[doc(hidden)]
pub mod measure;
mod output_check;
mod plugin;
pub mod ports;
mod provider;
mod renderer;
mod scrub;
mod section;
mod signature;
mod versions;
mod wasi;

pub use bundled::{bundled_ids, bundled_kind, inspect_bundled, load_bundled};
pub use cache::{CodeCache, KeptCode, code_name, kept_code};
pub use call::{CallContext, Cancel};
pub use circuit::{CIRCUIT_FAILURES, CIRCUIT_WINDOW};
pub use detector::Detector;
pub use engine::{Engine, EngineError};
pub use error::{Fault, GuestError, LoadError, PluginError};
pub use extractor::Extractor;
pub use host_functions::EventListener;
pub use inspect::{COMPONENT_BYTES_MAX, Finding, Severity, findings};
pub use integration::{Integration, NewItem, RemoteCollection, RemoteItem, WritePlan};
pub use plugin::{Inspection, Plugin, Source};
pub use provider::{Provider, Question};
pub use renderer::Renderer;
pub use section::{has_manifest, stripped, with_manifest};
pub use signature::{Publisher, public_key, sign};
pub use versions::served_version;
