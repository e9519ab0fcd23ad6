//! How well personal data is found: each bundled detector, the product, and what else there is, on one labelled log.
//!
//! Owns: what runs and the report. Must not know: how a detector works. Prints what is; nothing here fails a build.

mod data;
mod made;
mod report;
mod run;
mod score;

use std::path::{Path, PathBuf};

use data::Data;
use run::Found;

use crate::{Outcome, peers, say, setup, target};

/// What the report is asked for.
#[derive(Default)]
struct Options {
    data: Option<PathBuf>,
    binary: Option<PathBuf>,
    without_peers: bool,
    peer_bytes: Option<usize>,
}

/// What the others look at: Presidio with its model takes some minutes for it.
const PEER_BYTES: usize = 128 << 10;

const USAGE: &str = "cargo xtask bench --pii [--data DIR] [--binary FILE] [--no-peers]

  --data DIR     a folder with NAME.log and NAME.gold.jsonl, and cases.jsonl; default: shared/data/pii beside the checkout,
                 or else a log that is made up here
  --binary FILE  a build of trcaa that is there; default: the release build, built if it is not
  --peer-bytes N have the others look at lines of N bytes together, taken evenly over the log; default: 131072
  --no-peers     leave out Presidio, detect-secrets and Kingfisher";

/// Measures and prints.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let options = parse(arguments)?;
    setup::target()?;
    let data = Data::load(options.data)?;
    let detectors = run::detectors(&data)?;
    let binary = run::product_binary(options.binary)?;
    let product = run::product(&data, &binary)?;
    say(&format!("what is found in {}", data.log.display()));
    report::print(&data, &columns(detectors, product));
    report::print_cases(&data, &binary);
    speeds(&data, &binary)?;
    if options.without_peers {
        return Ok(());
    }
    let python = peers::personal_data()?;
    let sample = data.sample(options.peer_bytes.unwrap_or(PEER_BYTES), &target().join("bench/pii-sample"))?;
    let ours = run::product(&sample, &binary)?;
    let others = run::peers(&python, &sample);
    say(&format!("beside others, on {} bytes of it (lines taken evenly)", sample.text.len()));
    report::print(&sample, &[ours, others.clone()].concat());
    report::print_ratios(run::product_speed(&data.text, &binary, &[], None)?, &sample, &others);
    Ok(())
}

/// How fast the product is on one processor, sandbox, masking and pipes included, over the log and those beside it.
fn speeds(data: &Data, binary: &Path) -> Outcome {
    say("trcaa pii scan --redact on one processor, in MB/s");
    println!("{:<24} {:>15} {:>15}", "log", "base + secrets", "with names");
    let logs = data.logs_beside();
    let texts = std::iter::once((data.log.clone(), data.text.clone()));
    let others = logs.into_iter().filter_map(|log| std::fs::read(&log).ok().map(|text| (log, text)));
    for (log, text) in texts.chain(others) {
        let name = log.file_name().unwrap_or_default().display().to_string();
        let two = run::product_speed(&text, binary, &["--without", "pii-names"], Some("0"))?;
        let three = run::product_speed(&text, binary, &[], Some("0"))?;
        println!("{name:<24} {two:>15.1} {three:>15.1}");
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || rest.next().map(PathBuf::from).ok_or_else(|| format!("{argument} needs a value\n\n{USAGE}"));
        match argument.as_str() {
            "--pii" => {}
            "--data" => options.data = Some(value()?),
            "--binary" => options.binary = Some(value()?),
            "--peer-bytes" => {
                let bytes = value()?;
                let number = bytes.to_str().and_then(|text| text.parse().ok()).filter(|bytes| *bytes > 0);
                options.peer_bytes = Some(number.ok_or_else(|| format!("--peer-bytes takes a number\n\n{USAGE}"))?);
            }
            "--no-peers" => options.without_peers = true,
            other => return Err(format!("there is no {other:?}\n\n{USAGE}")),
        }
    }
    Ok(options)
}

/// The columns: detectors alone, what they find together, the product.
fn columns(detectors: Vec<Found>, product: Vec<Found>) -> Vec<Found> {
    let together = Found {
        name: "together".into(),
        spans: detectors.iter().flat_map(|found| found.spans.iter().cloned()).collect(),
        seconds: detectors.iter().map(|found| found.seconds).sum(),
    };
    [detectors, vec![together], product].concat()
}
