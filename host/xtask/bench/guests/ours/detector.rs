//! A detector under the limits of its kind.

use bench_guests::Badges;

const MANIFEST: &[u8] = br#"
id = "bench-detector"
version = "0.1.0"
kind = "pii-detector"
world = "trcaa:pii/pii-detector@0.1.0"
description = "Finds badge numbers."
"#;

trcaa_sdk::register!(pii_detector: Badges, manifest: MANIFEST);
