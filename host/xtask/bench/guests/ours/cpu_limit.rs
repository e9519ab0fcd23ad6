//! A detector that may compute for 100 ms.

use bench_guests::Badges;

const MANIFEST: &[u8] = br#"
id = "bench-cpu-limit"
version = "0.1.0"
kind = "pii-detector"
world = "trcaa:pii/pii-detector@0.1.0"
description = "Finds badge numbers, for 100 ms at most."
[limits]
cpu_ms_max = 100
"#;

trcaa_sdk::register!(pii_detector: Badges, manifest: MANIFEST);
