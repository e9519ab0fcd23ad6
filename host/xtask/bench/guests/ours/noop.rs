//! A detector that does nothing: an empty list is the least that a call can carry.

use trcaa_sdk::pii::{Detector, LabelInfo, Options, Span};
use trcaa_sdk::{Descriptor, Error};

struct Noop;

impl Detector for Noop {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("bench-noop", "Nothing", "0.1.0")
    }

    fn labels() -> Vec<LabelInfo> {
        Vec::new()
    }

    fn detect(texts: Vec<String>, _options: Options) -> Result<Vec<Vec<Span>>, Error> {
        Ok(vec![Vec::new(); texts.len()])
    }
}

const MANIFEST: &[u8] = br#"
id = "bench-noop"
version = "0.1.0"
kind = "pii-detector"
world = "trcaa:pii/pii-detector@0.1.0"
description = "Finds nothing."
"#;

trcaa_sdk::register!(pii_detector: Noop, manifest: MANIFEST);
