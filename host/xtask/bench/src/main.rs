//! What a plugin call costs, beside Extism in one process. How to read it: README.md.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod calls;
mod desk;
mod detect;
mod interleaved;
mod load;
mod ours;
mod peer;
mod process;
mod table;
mod timeout;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use table::Table;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Part = fn(&mut Table, &Options) -> Outcome;

/// Parts in the order in which they run.
const PARTS: [(&str, Part); 5] = [
    ("calls", calls::run),
    ("load", load::run),
    ("detect", detect::run),
    ("process", process::run),
    ("timeout", timeout::run),
];

const USAGE: &str = "usage: bench [PART…] [--trcaa FILE] [--log FILE…]

Parts: calls, load, detect, process, timeout; all of them without any.
  --log FILE    a log for the part `detect`; may be repeated
  --trcaa FILE  the release build of trcaa, for the part `process`";

/// What was asked for.
#[derive(Default)]
struct Options {
    trcaa: Option<PathBuf>,
    logs: Vec<PathBuf>,
    parts: Vec<String>,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let mut table = Table::default();
    let mut failed = false;
    for (name, part) in PARTS {
        if !options.parts.is_empty() && !options.parts.iter().any(|wanted| wanted == name) {
            continue;
        }
        eprintln!("measuring: {name}");
        if let Err(problem) = part(&mut table, &options) {
            eprintln!("error: {name}: {problem}");
            failed = true;
        }
    }
    print!("{table}");
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--trcaa" => {
                let file = arguments.next().ok_or_else(|| format!("error: --trcaa needs a file\n\n{USAGE}"))?;
                options.trcaa = Some(file.into());
            }
            "--log" => {
                let file = arguments.next().ok_or_else(|| format!("error: --log needs a file\n\n{USAGE}"))?;
                options.logs.push(file.into());
            }
            // What `cargo bench` adds by itself.
            "--bench" => {}
            part if PARTS.iter().any(|(name, _)| *name == part) => options.parts.push(argument),
            other => return Err(format!("error: there is no part {other:?}\n\n{USAGE}")),
        }
    }
    Ok(options)
}
