//! Built against the frozen 0.1.0 of its packages and nothing else: it has to go on working.
#![allow(missing_docs, unsafe_code, unreachable_pub, unused_qualifications, unused, clippy::all)]

wit_bindgen::generate!({ path: ["../wit/frozen/types/0.1.0", "../wit/frozen/host/0.1.0", "../wit/frozen/ai/0.1.0"], world: "trcaa:ai/ai-provider@0.1.0", generate_all });

struct Frozen;

use exports::trcaa::ai::provider::{Completion, Guest, Model, Request, Sink};
use trcaa::ai::chat::{Event, Finish};
use trcaa::host::{clock, http, log, secrets};
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

    fn models() -> Result<Vec<Model>, Error> {
        Ok(Vec::new())
    }

    fn complete(_request: Request, out: &Sink) -> Result<Completion, Error> {
        log::emit(log::Level::Info, "frozen", &[]);
        // Every interface that 0.1.0 has for a provider, so that each is linked.
        let secret = secrets::open("token").is_err();
        let request = http::Request {
            method: http::Method::Get,
            url: "https://peer.example".into(),
            headers: Vec::new(),
            body: None,
            timeout_ms: None,
            max_response_bytes: None,
            max_redirects: None,
        };
        let sent = http::send(&request, &http::Auth::None).is_err();
        let _ = out.emit(&Event::TextDelta(format!("{} {secret} {sent}", clock::now())));
        Ok(Completion { finish: Finish::Stop, usage: None, response_id: None, extra: Vec::new() })
    }
}

// An export's name has a `:` in it, which a native linker refuses.
#[cfg(target_family = "wasm")]
export!(Frozen);

const MANIFEST: &[u8] = br#"
id = "frozen-provider"
version = "0.1.0"
kind = "ai-provider"
world = "trcaa:ai/ai-provider@0.1.0"
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
