//! Generated from `wit/`: one module per world, all sharing the types of `shared`.
#![allow(
    missing_docs,
    unreachable_pub,
    unsafe_code,
    unused_qualifications,
    clippy::all,
    clippy::cast_possible_truncation
)]

pub mod shared {
    wit_bindgen::generate!({
        path: ["../../wit/types", "../../wit/host"],
        inline: "
            package trcaa:sdk@0.1.0;
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
        world: "trcaa:sdk/shared@0.1.0",
        generate_all,
        generate_unused_types: true,
    });
}

macro_rules! world {
    ($module:ident, $package:literal, $world:literal, $export:literal, [$($interface:literal => $name:ident),*]
        $(, derives: $derives:tt)?) => {
        pub mod $module {
            wit_bindgen::generate!({
                path: ["../../wit/types", "../../wit/host", $package],
                world: $world,
                with: {
                    "trcaa:types/types@0.1.0": crate::bindings::shared::trcaa::types::types,
                    $($interface: crate::bindings::shared::trcaa::host::$name,)*
                },
                $(additional_derives: $derives,)?
                generate_all,
                pub_export_macro: true,
                export_macro_name: $export,
                default_bindings_module: "$crate::generated",
            });
        }
    };
}

world!(ai, "../../wit/ai", "trcaa:ai/ai-provider@0.1.0", "export_ai_provider", [
    "trcaa:host/log@0.1.1" => log,
    "trcaa:host/clock@0.1.1" => clock,
    "trcaa:host/settings@0.1.1" => settings,
    "trcaa:host/secrets@0.1.1" => secrets,
    "trcaa:host/http@0.1.1" => http
]);
world!(extract, "../../wit/extract", "trcaa:extract/text-extractor@0.1.0", "export_text_extractor", [
    "trcaa:host/log@0.1.1" => log
]);
world!(integration, "../../wit/integration", "trcaa:integration/integration@0.1.0", "export_integration", [
    "trcaa:host/log@0.1.1" => log,
    "trcaa:host/clock@0.1.1" => clock,
    "trcaa:host/settings@0.1.1" => settings,
    "trcaa:host/secrets@0.1.1" => secrets,
    "trcaa:host/http@0.1.1" => http,
    "trcaa:host/kv@0.1.1" => kv
]);
world!(pii, "../../wit/pii", "trcaa:pii/pii-detector@0.1.0", "export_pii_detector", ["trcaa:host/log@0.1.1" => log]);
world!(render, "../../wit/render", "trcaa:render/document-renderer@0.1.0", "export_document_renderer", [
    "trcaa:host/log@0.1.1" => log
], derives: [PartialEq]);
