//! The table of limits, row by row.

use super::{Kind, Limits, TighterLimits};

#[test]
fn each_kind_has_the_limits_of_the_table() {
    const MIB: u64 = 1 << 20;
    // Memory, guest CPU, wall, idle, one host call, output.
    for (kind, [memory, cpu_ms, wall_ms, idle_ms, host_call, output]) in [
        (Kind::PiiDetector, [64 * MIB, 2_000, 5_000, 5_000, MIB, 64 * MIB]),
        (Kind::DocumentRenderer, [512 * MIB, 10_000, 30_000, 30_000, 4 * MIB, 64 * MIB]),
        (Kind::TextExtractor, [512 * MIB, 20_000, 30_000, 30_000, 4 * MIB, 100 * MIB]),
        (Kind::AiProvider, [64 * MIB, 10_000, 600_000, 60_000, 8 * MIB, 8 * MIB]),
        (Kind::Integration, [64 * MIB, 5_000, 60_000, 60_000, 8 * MIB, 32 * MIB]),
    ] {
        let table = Limits {
            memory_bytes_max: memory,
            cpu_ms_max: cpu_ms,
            wall_ms_max: wall_ms,
            idle_ms_max: idle_ms,
            host_call_bytes_max: host_call,
            output_bytes_max: output,
        };
        assert_eq!(kind.limits(), table, "{}", kind.as_str());
    }
}

#[test]
fn every_limit_can_be_tightened_and_none_widened() {
    let table = Kind::Integration.limits();
    let asked = |bytes: u64| TighterLimits {
        memory_bytes_max: Some(bytes),
        cpu_ms_max: Some(bytes),
        wall_ms_max: Some(bytes),
        idle_ms_max: Some(bytes),
        host_call_bytes_max: Some(bytes),
        output_bytes_max: Some(bytes),
    };
    assert_eq!(table.tightened(asked(u64::MAX)), table);
    let least = table.tightened(asked(1));
    let all = [
        least.memory_bytes_max,
        least.cpu_ms_max,
        least.wall_ms_max,
        least.idle_ms_max,
        least.host_call_bytes_max,
        least.output_bytes_max,
    ];
    assert_eq!(all, [1; 6]);
}
