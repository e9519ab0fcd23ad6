//! Which host functions each world gets.

use trcaa_model::plugin::Kind;
use wasmtime::component::{HasSelf, Linker};

use crate::bindings::{ai, extract, render, shared};
use crate::call::CallState;
use crate::wasi;

/// Makes the linker of a kind: the inert WASI, the log, and what the kind's world imports beyond that.
pub(crate) fn build(engine: &wasmtime::Engine, kind: Kind) -> wasmtime::Result<Linker<CallState>> {
    type Own = HasSelf<CallState>;
    let mut linker = Linker::new(engine);
    wasi::add_to_linker(&mut linker)?;
    shared::trcaa::types::types::add_to_linker::<_, Own>(&mut linker, |s| s)?;
    shared::trcaa::host::log::add_to_linker::<_, Own>(&mut linker, |s| s)?;
    if !kind.is_pure() {
        shared::trcaa::host::clock::add_to_linker::<_, Own>(&mut linker, |s| s)?;
        shared::trcaa::host::settings::add_to_linker::<_, Own>(&mut linker, |s| s)?;
        shared::trcaa::host::secrets::add_to_linker::<_, Own>(&mut linker, |s| s)?;
        shared::trcaa::host::http::add_to_linker::<_, Own>(&mut linker, |s| s)?;
    }
    match kind {
        Kind::AiProvider => {
            ai::trcaa::ai::chat::add_to_linker::<_, Own>(&mut linker, |s| s)?;
            ai::trcaa::ai::streaming::add_to_linker::<_, Own>(&mut linker, |s| s)?;
        }
        Kind::Integration => {
            shared::trcaa::host::kv::add_to_linker::<_, Own>(&mut linker, |s| s)?;
            crate::bindings::integration::trcaa::integration::records::add_to_linker::<_, Own>(&mut linker, |s| s)?;
        }
        Kind::PiiDetector => {}
        Kind::DocumentRenderer => {
            render::trcaa::render::document::add_to_linker::<_, Own>(&mut linker, |s| s)?;
            render::trcaa::render::io::add_to_linker::<_, Own>(&mut linker, |s| s)?;
        }
        Kind::TextExtractor => extract::trcaa::extract::io::add_to_linker::<_, Own>(&mut linker, |s| s)?,
    }
    Ok(linker)
}

/// Interfaces of ours that a component of `kind` may import, without version.
pub(crate) fn interfaces(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::AiProvider => &[
            "trcaa:types/types",
            "trcaa:host/log",
            "trcaa:host/clock",
            "trcaa:host/settings",
            "trcaa:host/secrets",
            "trcaa:host/http",
            "trcaa:ai/chat",
            "trcaa:ai/streaming",
        ],
        Kind::Integration => &[
            "trcaa:types/types",
            "trcaa:host/log",
            "trcaa:host/clock",
            "trcaa:host/settings",
            "trcaa:host/secrets",
            "trcaa:host/http",
            "trcaa:host/kv",
            "trcaa:integration/records",
        ],
        Kind::PiiDetector => &["trcaa:types/types", "trcaa:host/log"],
        Kind::DocumentRenderer => &["trcaa:types/types", "trcaa:host/log", "trcaa:render/document", "trcaa:render/io"],
        Kind::TextExtractor => &["trcaa:types/types", "trcaa:host/log", "trcaa:extract/io"],
    }
}
