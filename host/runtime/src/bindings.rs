//! The one place where WIT becomes Rust on the host's side. These types stay in this crate.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_possible_truncation
)]

pub(crate) mod shared {
    wasmtime::component::bindgen!({
        path: ["../../wit/types", "../../wit/host"],
        inline: "
            package trcaa:runtime@0.1.0;
            world shared {
                import trcaa:types/types@0.1.0;
                import trcaa:host/log@0.1.1;
                import trcaa:host/clock@0.1.1;
                import trcaa:host/settings@0.1.1;
                import trcaa:host/kv@0.1.1;
                import trcaa:host/secrets@0.1.1;
                import trcaa:host/http@0.1.1;
            }
        ",
        world: "trcaa:runtime/shared@0.1.0",
        imports: { default: trappable },
        with: {
            "trcaa:host/secrets.secret": crate::host_functions::SecretHandle,
            "trcaa:host/http.response": crate::host_functions::ResponseHandle,
        },
    });
}

pub(crate) mod pii {
    wasmtime::component::bindgen!({
        path: ["../../wit/types", "../../wit/host", "../../wit/pii"],
        world: "trcaa:pii/pii-detector@0.1.0",
        imports: { default: trappable },
        with: {
            "trcaa:types/types@0.1.0": crate::bindings::shared::trcaa::types::types,
            "trcaa:host/log@0.1.1": crate::bindings::shared::trcaa::host::log,
        },
    });
}

pub(crate) mod render {
    wasmtime::component::bindgen!({
        path: ["../../wit/types", "../../wit/host", "../../wit/render"],
        world: "trcaa:render/document-renderer@0.1.0",
        imports: { default: trappable },
        with: {
            "trcaa:types/types@0.1.0": crate::bindings::shared::trcaa::types::types,
            "trcaa:host/log@0.1.1": crate::bindings::shared::trcaa::host::log,
            "trcaa:render/io.output": crate::host_functions::OutputHandle,
            "trcaa:render/io.assets": crate::host_functions::AssetsHandle,
        },
    });
}

pub(crate) mod extract {
    wasmtime::component::bindgen!({
        path: ["../../wit/types", "../../wit/host", "../../wit/extract"],
        world: "trcaa:extract/text-extractor@0.1.0",
        imports: { default: trappable },
        with: {
            "trcaa:types/types@0.1.0": crate::bindings::shared::trcaa::types::types,
            "trcaa:host/log@0.1.1": crate::bindings::shared::trcaa::host::log,
            "trcaa:extract/io.output": crate::host_functions::OutputHandle,
        },
    });
}

pub(crate) mod ai {
    wasmtime::component::bindgen!({
        path: ["../../wit/types", "../../wit/host", "../../wit/ai"],
        world: "trcaa:ai/ai-provider@0.1.0",
        imports: { default: trappable },
        with: {
            "trcaa:types/types@0.1.0": crate::bindings::shared::trcaa::types::types,
            "trcaa:host/log@0.1.1": crate::bindings::shared::trcaa::host::log,
            "trcaa:host/clock@0.1.1": crate::bindings::shared::trcaa::host::clock,
            "trcaa:host/settings@0.1.1": crate::bindings::shared::trcaa::host::settings,
            "trcaa:host/secrets@0.1.1": crate::bindings::shared::trcaa::host::secrets,
            "trcaa:host/http@0.1.1": crate::bindings::shared::trcaa::host::http,
            "trcaa:ai/streaming.sink": crate::host_functions::SinkHandle,
        },
    });
}

pub(crate) mod integration {
    wasmtime::component::bindgen!({
        path: ["../../wit/types", "../../wit/host", "../../wit/integration"],
        world: "trcaa:integration/integration@0.1.0",
        imports: { default: trappable },
        with: {
            "trcaa:types/types@0.1.0": crate::bindings::shared::trcaa::types::types,
            "trcaa:host/log@0.1.1": crate::bindings::shared::trcaa::host::log,
            "trcaa:host/clock@0.1.1": crate::bindings::shared::trcaa::host::clock,
            "trcaa:host/settings@0.1.1": crate::bindings::shared::trcaa::host::settings,
            "trcaa:host/secrets@0.1.1": crate::bindings::shared::trcaa::host::secrets,
            "trcaa:host/http@0.1.1": crate::bindings::shared::trcaa::host::http,
            "trcaa:host/kv@0.1.1": crate::bindings::shared::trcaa::host::kv,
        },
    });
}
