//! An extractor that hands back what it was given: bytes in, bytes out.

use trcaa_sdk::extract::{Extractor, Output};
use trcaa_sdk::{Descriptor, Error};

struct Echo;

impl Extractor for Echo {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("bench-extractor", "Echo", "0.1.0")
    }

    fn formats() -> Vec<String> {
        vec!["echo".to_owned()]
    }

    fn extract(_format: String, bytes: Vec<u8>, out: &Output) -> Result<(), Error> {
        out.write(&bytes)
    }
}

const MANIFEST: &[u8] = br#"
id = "bench-extractor"
version = "0.1.0"
kind = "text-extractor"
world = "trcaa:extract/text-extractor@0.1.0"
description = "Gives back what it gets."
"#;

trcaa_sdk::register!(text_extractor: Echo, manifest: MANIFEST);
