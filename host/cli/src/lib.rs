//! The command line: arguments, settings, output, exit codes, signals.
//!
//! The only crate that reads the environment, the home folder, the clock and the terminal. Knows nothing of SQL, WIT
//! or HTTP: each command is one or two calls into `app` and a rendering of what comes back.
//!
//! Invariants: stdout is the result, stderr is everything else; with `--json` stdout is one object with
//! `schema_version`, also for errors; a closed pipe is quiet; text from logs, plugins and servers is escaped before a
//! terminal sees it.

mod args;
mod command;
mod exit;
mod keyring;
mod machine;
mod output;
mod progress;
mod secret_input;
mod settings;
mod signals;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

pub use args::Cli;
pub use signals::{on_interrupt, wait_for};

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    machine::forbid_core_dumps();
    on_interrupt();
    exit::silence_panics();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::usage(&error),
    };
    let output = output::Output::new(cli.global.json);
    let done = catch_unwind(AssertUnwindSafe(|| command::run(&cli, &output)));
    let events = signals::finish_events();
    match done {
        Ok(Ok(())) => match events {
            Ok(()) => ExitCode::SUCCESS,
            Err(lost) => exit::failed_late(&lost, &output),
        },
        Ok(Err(error)) => exit::failed(&error, &output),
        Err(_panic) => exit::bug(&output),
    }
}
