//! One file per noun; each turns arguments into a call of `app` and its answer into text or JSON.

mod audit;
mod db;
mod doc;
mod doctor;
mod image;
mod investigate;
mod issue;
mod kubeconfig;
mod log;
mod pii;
mod plugin;
mod plugin_kit;
mod plugin_secret;
mod provider;
mod search;
mod settings;
mod shell;
mod stranger;
mod triage;

use std::io::{BufRead, IsTerminal, Read};
use std::path::Path;

use clap::CommandFactory;
use trcaa_app::{App, AppError, LogInput};

use crate::args::{Cli, Command, PluginCommand};
use crate::output::Output;

pub(crate) use pii::give_back_terminal;

/// Most bytes of a text that is read whole.
const TEXT_BYTES_MAX: u64 = 100 << 20;

/// Runs the command.
pub(crate) fn run(cli: &Cli, output: &Output) -> Result<(), AppError> {
    let open = || {
        let app = crate::settings::open(&cli.global, output)?;
        if !matches!(&cli.command, Command::Plugin(command) if plugin::decides(command)) {
            plugin::ask_about_drop_ins(&app, &cli.global, output, matches!(cli.command, Command::Plugin(_)));
        }
        Ok(app)
    };
    match &cli.command {
        Command::Triage(args) => triage::run(&open()?, args, output),
        Command::Issue(command) => issue::run(&open()?, command, cli.global.yes, output),
        Command::Search { query, deep, limit } => search::run(&open()?, query, *deep, *limit, output),
        Command::Log(command) => log::run(&open()?, command, cli.global.yes, output),
        Command::Image(command) => image::run(&open()?, command, cli.global.yes, output),
        Command::Pii(command) => pii::run(open, command, &cli.global, output),
        Command::Analyze { issue, provider } => investigate::analyze(&open()?, issue, provider.as_deref(), output),
        Command::Why(args) => investigate::why(&open()?, args, output),
        Command::Doc(command) => doc::run(&open()?, command, output),
        Command::Timeline { issue } => audit::timeline(&open()?, issue, output),
        Command::Audit(command) => audit::run(&open()?, command, output),
        Command::Plugin(PluginCommand::Kit(command)) => plugin_kit::run(command, &cli.global, output),
        Command::Plugin(command) => plugin::run(&open()?, command, &cli.global, output),
        Command::Provider(command) => provider::run(&open()?, command, cli.global.yes, output),
        Command::Shell(command) => shell::run(open, command, &cli.global, output),
        Command::Kubeconfig(command) => kubeconfig::run(&open()?, command, output),
        Command::Db(command) => db::run(open, command, &cli.global, output),
        Command::Settings(command) => settings::run(&open()?, command, output),
        Command::Doctor => doctor::run(&cli.global, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "trcaa", &mut script);
            output.bytes(&script);
            Ok(())
        }
    }
}

/// `-` is standard input.
fn log_input(file: &Path) -> LogInput {
    if file == Path::new("-") { LogInput::Stdin("stdin.log".into()) } else { LogInput::Path(file.to_path_buf()) }
}

/// Asks on a terminal; elsewhere `--yes` has to have answered already.
fn confirm(question: &str, yes: bool) -> Result<(), AppError> {
    if yes {
        return Ok(());
    }
    if !can_ask() {
        return Err(AppError::usage("needs_yes", format!("{question} Not on a terminal, so nobody can be asked"))
            .hint("add --yes"));
    }
    match ask(&format!("{question} [y/N] ")) {
        Asked::Yes => Ok(()),
        _ => Err(AppError::failed("declined", "nothing was done")),
    }
}

/// What somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Yes,
    No,
    /// Anything else, an empty line and the end of the input among it.
    Neither,
}

/// Whether there is somebody to ask.
fn can_ask() -> bool {
    std::io::stdin().is_terminal()
}

/// Asks on stderr, reads one line.
fn ask(prompt: &str) -> Asked {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), prompt.as_bytes());
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    match (read, answer.trim().to_ascii_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Asked::Yes,
        (Ok(_), "n" | "no") => Asked::No,
        _ => Asked::Neither,
    }
}

/// Reads a whole file, or standard input for `-`.
fn read_text(file: &Path) -> Result<Vec<u8>, AppError> {
    let failed = |e: std::io::Error| AppError::failed("unreadable", format!("reading {}: {e}", file.display()));
    let mut bytes = Vec::new();
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        if file.is_dir() {
            return Err(AppError::failed("is_folder", format!("reading {}: it is a folder", file.display())));
        }
        Box::new(std::fs::File::open(file).map_err(failed)?)
    };
    source.take(TEXT_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > TEXT_BYTES_MAX {
        let message = format!("reading {}: it has more than {TEXT_BYTES_MAX} bytes", file.display());
        return Err(AppError::failed("too_large", message).hint("split it first"));
    }
    Ok(bytes)
}

/// Reads a text that has to be UTF-8.
fn read_utf8(file: &Path) -> Result<String, AppError> {
    String::from_utf8(read_text(file)?).map_err(|e| {
        AppError::failed(
            "not_utf8",
            format!("reading {}: byte {} is no UTF-8", file.display(), e.utf8_error().valid_up_to()),
        )
    })
}

type Opened = Result<App, AppError>;
