//! Built against the frozen 0.1.0 of its packages and nothing else: it has to go on working.
#![allow(missing_docs, unsafe_code, unreachable_pub, unused_qualifications, unused, clippy::all)]

wit_bindgen::generate!({ path: ["../wit/frozen/types/0.1.0", "../wit/frozen/host/0.1.0", "../wit/frozen/extract/0.1.0"], world: "trcaa:extract/text-extractor@0.1.0", generate_all });

struct Frozen;

use exports::trcaa::extract::extractor::{Guest, Output};
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

    fn formats() -> Vec<String> {
        vec!["frozen".into()]
    }

    fn extract(_format: String, bytes: Vec<u8>, out: &Output) -> Result<(), Error> {
        log::emit(log::Level::Info, "frozen", &[]);
        out.write(&bytes)
    }
}

// An export's name has a `:` in it, which a native linker refuses.
#[cfg(target_family = "wasm")]
export!(Frozen);

const MANIFEST: &[u8] = br#"
id = "frozen-extractor"
version = "0.1.0"
kind = "text-extractor"
world = "trcaa:extract/text-extractor@0.1.0"
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
