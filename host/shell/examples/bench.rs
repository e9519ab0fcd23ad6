//! Prints how long judging takes: usual lines, and 64 KiB and 16 KiB of each hostile shape.
//!
//! `cargo run --release -p trcaa-shell --example bench [-- --all] [-- N] [-- --lines FILE]`
//!
//! What counts is the time on a processor, taken over many runs, so that other work on the machine is not measured.
#![allow(clippy::print_stdout)]

#[path = "../tests/vectors/hostile.rs"]
mod hostile;

use std::time::{Duration, Instant};

use trcaa_shell::classify;
use trcaa_shell::limits::LINE_BYTES_MAX;

/// Length of a hostile line.
const HOSTILE_BYTES: usize = 64 * 1024;
/// How long one line is judged again and again.
const MEASURED: Duration = Duration::from_millis(120);
/// How many of the slowest lines of a file are measured well.
const MEASURED_LINES: usize = 30;
/// How many of the slowest shapes are measured well.
const MEASURED_SHAPES: usize = 60;

const USUAL: [&str; 8] = [
    "kubectl get pods -n prod -o wide",
    "kubectl logs deploy/api --tail=200 --since=1h | grep -i error | sort | uniq -c | sort -rn | head -20",
    "journalctl -u nginx --since '1 hour ago' --no-pager 2>&1 | tail -50",
    "df -h && free -m && uptime",
    "find /var/log -name '*.gz' -mtime +7",
    "kubectl exec -it web-0 -- sh -c 'cat /etc/hosts | grep db'",
    "ssh root@node1 'systemctl restart kubelet && rm -rf /tmp/x'",
    "for p in $(kubectl get pods -o name); do kubectl describe $p; done",
];

/// Gives the time this thread has had on a processor; where the kernel does not tell, the time of the clock.
fn spent() -> Duration {
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|text| text.split(' ').next().and_then(|nanos| nanos.parse().ok()));
    nanos.map_or_else(|| BEGIN.get_or_init(Instant::now).elapsed(), Duration::from_nanos)
}

fn once(line: &str) -> Duration {
    let start = Instant::now();
    std::hint::black_box(classify(std::hint::black_box(line)).is_ok());
    start.elapsed()
}

/// Gives the mean of one judgement, in microseconds.
fn mean(line: &str) -> f64 {
    let (start, mut runs) = (spent(), 0_u32);
    while runs < 8 || spent().saturating_sub(start) < MEASURED {
        // The kernel tells once a tick; it is asked about once a millisecond.
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(1) {
            once(line);
            runs += 1;
        }
    }
    spent().saturating_sub(start).as_secs_f64() * 1e6 / f64::from(runs)
}

/// Prints the slowest lines of a file.
fn slowest(file: &str) {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    // Each a few times, then the slowest ones well.
    let mut lines: Vec<(Duration, &str)> =
        text.lines().map(|line| ((0..5).map(|_| once(line)).min().unwrap_or_default(), line)).collect();
    lines.sort_by_key(|(time, _)| std::cmp::Reverse(*time));
    let middle = lines.get(lines.len() / 2).map_or(0.0, |(time, _)| time.as_secs_f64() * 1e6);
    println!("the median of {} lines takes {middle:.1} us; the slowest:", lines.len());
    lines.truncate(MEASURED_LINES);
    let mut worst: Vec<(f64, &str)> = lines.into_iter().map(|(_, line)| (mean(line), line)).collect();
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (time, line) in worst.iter().take(10) {
        println!("{time:>9.1}  {}", line.escape_debug());
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some([_, file]) = arguments.windows(2).find(|two| matches!(two, [flag, _] if flag == "--lines")) {
        return slowest(file);
    }
    let usual: Vec<(f64, &str)> = USUAL.into_iter().map(|line| (mean(line), line)).collect();
    println!("{:>9}  usual line (limit 50 us)", "us");
    for (time, line) in &usual {
        println!("{time:>9.1}  {}", line.get(..60).unwrap_or(line));
    }
    // Each a few times, then the slowest ones well; a number as argument takes every n-th shape alone.
    let every = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(1_usize).max(1);
    // A line that is parsed in full costs more than a longer one, which is only searched.
    let mut shapes: Vec<(Duration, String, String)> = [HOSTILE_BYTES, LINE_BYTES_MAX]
        .into_iter()
        .flat_map(hostile::lines)
        .step_by(every)
        .map(|(name, line)| ((0..3).map(|_| once(&line)).min().unwrap_or_default(), name, line))
        .collect();
    shapes.sort_by_key(|(time, ..)| std::cmp::Reverse(*time));
    let middle = shapes.get(shapes.len() / 2).map_or(0.0, |(time, ..)| time.as_secs_f64() * 1e3);
    let count = shapes.len();
    shapes.truncate(MEASURED_SHAPES);
    let mut worst: Vec<(f64, String)> = shapes.into_iter().map(|(_, name, line)| (mean(&line) / 1e3, name)).collect();
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    println!(
        "\n{:>9}  64 or 16 KiB of a hostile shape (limit 5 ms); the median of {count} takes {middle:.2} ms, the slowest:",
        "ms"
    );
    let shown = if std::env::args().any(|argument| argument == "--all") { worst.len() } else { 8 };
    for (time, name) in worst.iter().take(shown) {
        println!("{time:>9.2}  {}", name.escape_debug());
    }
}
