//! Developer automation: `cargo xtask demo | test | bench | crash | peers | providers | languages`. Each does its own set-up.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bench;
mod crash;
mod demo;
mod languages;
mod peers;
mod providers;
mod setup;
mod shell;
mod test;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Outcome = Result<(), String>;

const USAGE: &str = "usage: cargo xtask COMMAND

  demo    build the product and run the main job on the bundled incident
  test    everything that CI runs: fmt, clippy, tests, docs
  bench   print each measured figure beside its limit: all but `peers`, or the named parts of: product, store,
          ingest, scan, net, runtime, shell, peers; --peers adds plugin calls beside Extism (host/xtask/bench/README.md);
          --pii tells how well personal data is found, beside Presidio, detect-secrets and Kingfisher;
          of it: --data DIR, --binary FILE, --no-peers
  crash   kill trcaa at 200 random moments under load and look at what is left; --rounds N, --seed N
  providers   ask aimock, llmock and llama.cpp's server through the product, with faults;
              --record keeps the exchanges, --binary FILE takes a build that is there
  languages  make, build and test plugins in JavaScript, with componentize-js from npm;
              --binary FILE takes a build that is there
  shell-differential  have bash run what is judged tier 1, over stand-ins, and compare with the plan; --lines N, --seed N
  peers   bring what the tests compare with: an independent SQLCipher client, a bus and a keyring";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let outcome = match command.as_str() {
        "demo" => demo::run(),
        "test" => test::run(),
        "bench" => bench::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        "crash" => crash::run(&std::env::args().skip(2).collect::<Vec<_>>()),
        "providers" => providers::run_all(&std::env::args().skip(2).collect::<Vec<_>>()),
        "languages" => languages::run_all(&std::env::args().skip(2).collect::<Vec<_>>()),
        "shell-differential" => shell::differential(&std::env::args().skip(2).collect::<Vec<_>>()),
        "peers" => peers::run_all(),
        "" | "help" | "--help" | "-h" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        other => {
            eprintln!("error: there is no command {other:?}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's root.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Runs a program in the root to its end, its output passed through.
fn run(program: &str, args: &[&str]) -> Outcome {
    run_with(Command::new(program).args(args))
}

fn run_with(command: &mut Command) -> Outcome {
    let shown = format!("{command:?}").replace('"', "");
    // What cargo tells this program about its own package: build scripts that watch these names (ring's does) would run
    // again each time cargo is called from here and from a shell in turn.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")) {
            command.env_remove(name);
        }
    }
    let status = command.current_dir(root()).status().map_err(|e| format!("starting {shown}: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{shown} failed ({status})")) }
}

fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".into())
}

/// Tells what is being done, set apart from the output of what does it.
fn say(text: &str) {
    eprintln!("\n\x1b[1m==> {text}\x1b[0m");
}

/// Where cargo builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Where the release build puts the product.
fn product() -> PathBuf {
    target().join("release").join(format!("trcaa{}", std::env::consts::EXE_SUFFIX))
}

/// Builds the product as people get it.
fn build_product() -> Outcome {
    say("building trcaa and its plugins (the first time takes some ten minutes on two cores)");
    run(&cargo(), &["build", "--locked", "--release", "-p", "trcaa"])
}
