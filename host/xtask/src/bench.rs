//! The measured figures, each beside its limit. Nothing here fails a build: speed is printed, not asserted.

mod pii;
mod plugin_calls;
mod scan;
mod shell;
mod shell_run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Outcome, build_product, cargo, demo, peers, product, root, run as step, say, setup};

/// Size of the large log.
const LARGE_LOG_BYTES: usize = 50 << 20;
/// Issues of the list.
const ISSUES: usize = 1_000;

type Measure = fn() -> Outcome;

struct Measured {
    took: Duration,
    peak_kib: u64,
}

/// Parts of the measuring, in the order in which they run. The last one only with `--peers` or by name: it builds a second
/// wasmtime.
const PARTS: [(&str, Measure); 8] = [
    ("product", whole_product),
    ("store", store),
    ("ingest", ingest),
    ("scan", scan::run),
    ("net", net),
    ("runtime", runtime),
    ("shell", || shell::run().and_then(|()| shell_run::run())),
    ("peers", || plugin_calls::run(&[])),
];

/// Measures and prints: every part but `peers`, or those that `arguments` name.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    if arguments.iter().any(|argument| argument == "--pii") {
        return pii::run(arguments);
    }
    let known = |name: &str| PARTS.iter().any(|(part, _)| *part == name);
    let (flags, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|a| a.starts_with("--"));
    let of_peers: Vec<&str> =
        names.iter().map(|name| name.as_str()).filter(|name| plugin_calls::PARTS.contains(name)).collect();
    let unknown = names.iter().find(|name| !known(name) && !of_peers.contains(&name.as_str()));
    if let Some(wrong) = flags.iter().find(|flag| **flag != "--peers").or(unknown) {
        let parts: Vec<&str> = PARTS.iter().map(|(part, _)| *part).chain(plugin_calls::PARTS).collect();
        return Err(format!(
            "there is no {wrong:?} to measure\n  hint: --peers, --pii, or some of: {}",
            parts.join(", ")
        ));
    }
    for (part, measure) in PARTS {
        let asked = names.iter().any(|name| *name == part);
        let by_default = names.is_empty() && part != "peers";
        if asked || by_default || (part == "peers" && !flags.is_empty()) {
            measure()?;
        }
    }
    if of_peers.is_empty() { Ok(()) } else { plugin_calls::run(&of_peers) }
}

fn place() -> Result<PathBuf, String> {
    let place = root().join("target/bench");
    fs::create_dir_all(&place).map_err(|e| format!("making {}: {e}", place.display()))?;
    Ok(place)
}

/// Makes a folder of a part anew.
fn cleared(part: &str) -> Result<PathBuf, String> {
    let place = place()?.join(part);
    if place.exists() {
        fs::remove_dir_all(&place).map_err(|e| format!("clearing {}: {e}", place.display()))?;
    }
    fs::create_dir_all(&place).map_err(|e| format!("making {}: {e}", place.display()))?;
    Ok(place)
}

fn head() {
    println!("{:44} {:>12} {:>12} {:>8}", "FIGURE", "MEASURED", "LIMIT", "RATIO");
}

fn whole_product() -> Outcome {
    setup::target()?;
    build_product()?;
    let place = cleared("product")?;
    say("the product");
    head();
    demo_run(&place)?;
    large_log(&place)?;
    issue_list(&place)
}

fn store() -> Outcome {
    setup::target()?;
    peers::client()?;
    build_product()?;
    say("the store (RATIO is ours to the limit; of the others, ours to theirs)");
    let large = cleared("store")?.join("hundred-thousand");
    let folder = large.display().to_string();
    step(&cargo(), &["bench", "--locked", "-p", "trcaa-store", "--bench", "figures", "--", "--store", &folder])?;
    say("whole processes on the store of 100,000 issues");
    head();
    let key = ("TRCAA_DB_KEY", "07".repeat(32));
    for (name, args) in [
        ("issue list, 100,000 issues, whole process", &["issue", "list"][..]),
        ("search of a rare word, whole process", &["search", "node313"]),
        ("search of a word in all, whole process", &["search", "payroll"]),
    ] {
        process(name, || {
            let mut command = trcaa(&large, args);
            command.env(key.0, &key.1);
            command
        })?;
    }
    Ok(())
}

fn ingest() -> Outcome {
    say("taking in a log, beside gzip and SHA-256 of the same bytes alone");
    step(&cargo(), &["bench", "--locked", "-p", "trcaa-app", "--bench", "ingest"])
}

fn net() -> Outcome {
    if !root().join("host/net/benches").exists() {
        return Ok(());
    }
    say("the way out: a decision without DNS (limit 5 µs), redaction of echoes (limit 500 MB/s on one core)");
    step(&cargo(), &["bench", "--locked", "-p", "trcaa-net"])
}

fn runtime() -> Outcome {
    setup::target()?;
    say("a plugin call (median of samples; limit 25 µs for a fresh instance and its first call, 1 ms to load)");
    step(&cargo(), &["bench", "--locked", "-p", "trcaa-runtime", "--bench", "call"])
}

fn row(name: &str, measured: f64, limit: f64, unit: &str) {
    println!("{name:44} {measured:>9.2} {unit:<2} {limit:>9.2} {unit:<2} {:>8.2}", measured / limit);
}

fn demo_run(place: &Path) -> Outcome {
    let incident = root().join("tests/fixtures/incident");
    let mut best = Duration::MAX;
    for round in 0..3 {
        let measured = measure(demo::triage(&place.join(format!("demo-{round}")), &incident))?;
        best = best.min(measured.took);
    }
    row("demo: triage of the bundled incident", best.as_secs_f64(), 2.0, "s");
    Ok(())
}

fn large_log(place: &Path) -> Outcome {
    let log = place.join("large.log");
    write_large_log(&log)?;
    let data = place.join("large");
    measure(trcaa(&data, &["issue", "new", "large log"]))?;
    let log_path = log.display().to_string();
    let ingest = measure(trcaa(&data, &["log", "add", "last", &log_path]))?;
    let redact = measure(trcaa(&data, &["pii", "apply", "last"]))?;
    let seconds = (ingest.took + redact.took).as_secs_f64();
    row("50 MiB log: ingest + detect + redact", seconds, 5.0, "s");
    println!("  of it ingest {:.2} s, detect and redact {:.2} s", ingest.took.as_secs_f64(), redact.took.as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
    let peak_mib = ingest.peak_kib.max(redact.peak_kib) as f64 / 1024.0;
    row("50 MiB log: peak memory", peak_mib, 300.0, "MB");
    Ok(())
}

fn issue_list(place: &Path) -> Outcome {
    let data = place.join("issues");
    for n in 0..ISSUES {
        measure(trcaa(&data, &["issue", "new", &format!("issue number {n} of the benchmark")]))?;
    }
    process("issue list, 1,000 issues, whole process", || trcaa(&data, &["issue", "list"]))
}

/// Prints the median of a command from its start to its exit.
fn process(name: &str, command: impl Fn() -> Command) -> Outcome {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..50 {
        times.push(measure(command())?.took);
    }
    times.sort();
    row(name, times[times.len() / 2].as_secs_f64() * 1000.0, 15.0, "ms");
    Ok(())
}

/// The incident's logs over and over, each round with other numbers, so that no two rounds are alike.
fn write_large_log(path: &Path) -> Outcome {
    let incident = root().join("tests/fixtures/incident");
    let mut text = String::new();
    for log in demo::LOGS {
        let file = incident.join(log);
        text.push_str(&fs::read_to_string(&file).map_err(|e| format!("reading {}: {e}", file.display()))?);
    }
    let mut large = String::with_capacity(LARGE_LOG_BYTES + text.len());
    let mut round = 0;
    while large.len() < LARGE_LOG_BYTES {
        round += 1;
        for line in text.lines() {
            large.push_str(line);
            large.push_str(&format!(" round={round}\n"));
        }
    }
    large.truncate(LARGE_LOG_BYTES);
    fs::write(path, large).map_err(|e| format!("writing {}: {e}", path.display()))
}

fn trcaa(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(product());
    command.arg("--data-dir").arg(data).args(args);
    for name in ["TRCAA_DB_KEY", "TFTSR_DB_KEY", "TRCAA_ENCRYPTION_KEY", "TFTSR_ENCRYPTION_KEY"] {
        command.env_remove(name);
    }
    command
}

/// Runs to the end: wall time from start to exit, and the most memory that was resident (Linux; elsewhere 0).
fn measure(mut command: Command) -> Result<Measured, String> {
    command.stdout(Stdio::null()).stdin(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|e| format!("starting {}: {e}", product().display()))?;
    let status_file = PathBuf::from(format!("/proc/{}/status", child.id()));
    let mut peak_kib = 0;
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            let took = begun.elapsed();
            if !status.success() {
                return Err(format!("{command:?} failed ({status})"));
            }
            return Ok(Measured { took, peak_kib });
        }
        if let Ok(text) = fs::read_to_string(&status_file) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
            peak_kib = peak_kib.max(kib.unwrap_or(0));
        }
        std::thread::sleep(Duration::from_micros(500));
    }
}
