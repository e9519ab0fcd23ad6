//! Built against the frozen 0.1.0 of its packages and nothing else: it has to go on working.
#![allow(missing_docs, unsafe_code, unreachable_pub, unused_qualifications, unused, clippy::all)]

wit_bindgen::generate!({ path: ["../wit/frozen/types/0.1.0", "../wit/frozen/host/0.1.0", "../wit/frozen/integration/0.1.0"], world: "trcaa:integration/integration@0.1.0", generate_all });

struct Frozen;

use exports::trcaa::integration::{source, writer};
use trcaa::host::kv;
use trcaa::types::types::{Descriptor, Error};

impl source::Guest for Frozen {
    fn describe() -> Descriptor {
        Descriptor {
            id: String::new(),
            display_name: String::new(),
            version: String::new(),
            config_schema: None,
            extra: Vec::new(),
        }
    }

    fn whoami() -> Result<String, Error> {
        Ok(format!("frozen {}", kv::get("x").is_err()))
    }

    fn collections(_cursor: Option<String>) -> Result<(Vec<source::Collection>, Option<String>), Error> {
        Ok((Vec::new(), None))
    }

    fn search(_query: source::Query) -> Result<source::Page, Error> {
        Ok(source::Page { items: Vec::new(), next: None })
    }

    fn fetch(item: source::ItemRef) -> Result<source::Item, Error> {
        Err(Error::NotFound(item.id))
    }

    fn attachments(_item: source::ItemRef) -> Result<Vec<source::Attachment>, Error> {
        Ok(Vec::new())
    }
}

impl writer::Guest for Frozen {
    fn actions() -> Vec<writer::ActionSpec> {
        Vec::new()
    }

    fn prepare(_change: writer::Change) -> Result<writer::Plan, Error> {
        Err(Error::Unsupported(String::new()))
    }

    fn apply(
        _change: writer::Change,
        _plan: writer::Plan,
        _idempotency_key: String,
    ) -> Result<(Option<writer::ItemRef>, String), Error> {
        Err(Error::Unsupported(String::new()))
    }
}

// An export's name has a `:` in it, which a native linker refuses.
#[cfg(target_family = "wasm")]
export!(Frozen);

const MANIFEST: &[u8] = br#"
id = "frozen-integration"
version = "0.1.0"
kind = "integration"
world = "trcaa:integration/integration@0.1.0"
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
