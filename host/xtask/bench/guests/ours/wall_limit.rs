//! A detector that may take 100 ms, waiting included.

use bench_guests::Badges;

const MANIFEST: &[u8] = br#"
id = "bench-wall-limit"
version = "0.1.0"
kind = "pii-detector"
world = "trcaa:pii/pii-detector@0.1.0"
description = "Finds badge numbers within 100 ms."
[limits]
wall_ms_max = 100
"#;

trcaa_sdk::register!(pii_detector: Badges, manifest: MANIFEST);
