//! The macro that turns a type into a component.

/// Exports a type as a plugin and puts the manifest into the component.
///
/// The first word names the kind: `ai_provider`, `integration`, `pii_detector`, `document_renderer` or `text_extractor`;
/// the type implements the matching trait of this crate; the manifest is an expression of type `&[u8; N]` or `&[u8]`, mostly
/// `include_bytes!("../trcaa-plugin.toml")`. Once per component.
#[macro_export]
macro_rules! register {
    (pii_detector: $plugin:ty, manifest: $manifest:expr) => {
        $crate::register!(@export pii, export_pii_detector, $plugin, $manifest);
    };
    (ai_provider: $plugin:ty, manifest: $manifest:expr) => {
        $crate::register!(@export ai, export_ai_provider, $plugin, $manifest);
    };
    (document_renderer: $plugin:ty, manifest: $manifest:expr) => {
        $crate::register!(@export render, export_document_renderer, $plugin, $manifest);
    };
    (text_extractor: $plugin:ty, manifest: $manifest:expr) => {
        $crate::register!(@export extract, export_text_extractor, $plugin, $manifest);
    };
    (integration: $plugin:ty, manifest: $manifest:expr) => {
        $crate::register!(@export integration, export_integration, $plugin, $manifest);
    };
    (@export $module:ident, $export:ident, $plugin:ty, $manifest:expr) => {
        #[doc(hidden)]
        mod __trcaa_plugin {
            #[allow(unused_imports)]
            use super::*;

            const MANIFEST_BYTES: &[u8] = $manifest;

            // An export's name has a `:` in it, which a native linker refuses: off WebAssembly only types are checked.
            #[cfg(target_family = "wasm")]
            mod exported {
                #[allow(unused_imports)]
                use super::*;

                #[allow(unsafe_code)]
                #[unsafe(link_section = "trcaa:manifest")]
                #[used]
                static MANIFEST: [u8; MANIFEST_BYTES.len()] = {
                    let mut copy = [0u8; MANIFEST_BYTES.len()];
                    let mut at = 0;
                    while at < copy.len() {
                        copy[at] = MANIFEST_BYTES[at];
                        at += 1;
                    }
                    copy
                };

                // A name that no author gives a type: this module sees theirs.
                type __TrcaaExported = $crate::$module::Adapter<$plugin>;
                $crate::generated::$module::$export!(__TrcaaExported with_types_in $crate::generated::$module);
            }

            #[cfg(not(target_family = "wasm"))]
            const _: (usize, Option<$crate::$module::Adapter<$plugin>>) = {
                const fn has_size<T>(_: &Option<T>) {}
                let none: Option<$crate::$module::Adapter<$plugin>> = None;
                has_size(&none);
                (MANIFEST_BYTES.len(), none)
            };
        }
    };
}
