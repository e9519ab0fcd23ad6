//! Built against the frozen 0.1.0 of its packages and nothing else: it has to go on working.
#![allow(missing_docs, unsafe_code, unreachable_pub, unused_qualifications, unused, clippy::all)]

wit_bindgen::generate!({ path: ["../wit/frozen/types/0.1.0", "../wit/frozen/host/0.1.0", "../wit/frozen/pii/0.1.0"], world: "trcaa:pii/pii-detector@0.1.0", generate_all });

struct Frozen;

use exports::trcaa::pii::detector::{Guest, LabelInfo, Options, Span};
use trcaa::host::log;
use trcaa::types::types::{Descriptor, Error};

impl Guest for Frozen {
    fn describe() -> Descriptor {
        Descriptor {
            id: String::new(),
            display_name: String::new(),
            version: String::new(),
            config_schema: None,
            extra: Vec::new(),
        }
    }

    fn labels() -> Vec<LabelInfo> {
        vec![LabelInfo { label: "First".into(), description: String::new(), example: String::new() }]
    }

    fn detect(texts: Vec<String>, _options: Options) -> Result<Vec<Vec<Span>>, Error> {
        log::emit(log::Level::Info, "frozen", &[]);
        let first = || vec![Span { start: 0, end: 1, label: "First".into(), confidence: 1.0 }];
        Ok(texts.iter().map(|_| first()).collect())
    }
}

// An export's name has a `:` in it, which a native linker refuses.
#[cfg(target_family = "wasm")]
export!(Frozen);

const MANIFEST: &[u8] = br#"
id = "frozen-detector"
version = "0.1.0"
kind = "pii-detector"
world = "trcaa:pii/pii-detector@0.1.0"
description = "As it was built against 0.1.0."
"#;

#[cfg(target_family = "wasm")]
#[unsafe(link_section = "trcaa:manifest")]
#[used]
static SECTION: [u8; MANIFEST.len()] = {
    let mut copy = [0; MANIFEST.len()];
    copy.copy_from_slice(MANIFEST);
    copy
};
