//! The one place for exit codes: 0 done, 1 failed or denied, 2 usage or settings, 70 our bug, 130 on SIGINT.

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::OnceLock;

use trcaa_app::{AppError, Family};

use crate::output::Output;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const BUG: u8 = 70;

/// Tells a failure and gives its status.
pub(crate) fn failed(error: &AppError, output: &Output) -> ExitCode {
    if error.code != "told" {
        output.error(error.code, &error.message, &error.hints, &error.fields);
    }
    ExitCode::from(match error.family {
        Family::Failed => FAILED,
        Family::Usage => USAGE,
        Family::Bug => BUG,
    })
}

/// Tells a failure after the answer was given: as a warning, since there is one answer, and by the status.
pub(crate) fn failed_late(error: &AppError, output: &Output) -> ExitCode {
    output.warn(&crate::output::visible(&error.message));
    ExitCode::from(FAILED)
}

/// Help and version are results; everything else that clap says is a usage error.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let asked_for_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && asked_for_json {
        let text = error.render().to_string();
        let message = message_of(error, &text);
        Output::new(true).error("usage", &message, &["see: trcaa --help".to_owned()], &[]);
        return ExitCode::from(USAGE);
    }
    // A closed pipe is quiet, here as everywhere; a full disk is not.
    let printed = error.print().and_then(|()| std::io::stdout().flush());
    let unwritten = printed.is_err_and(|e| e.kind() != std::io::ErrorKind::BrokenPipe);
    ExitCode::from(match (error.use_stderr(), unwritten) {
        (true, _) => USAGE,
        (false, true) => FAILED,
        (false, false) => 0,
    })
}

/// What clap says before it shows the usage, in one line; where it shows the help instead, what is missing.
fn message_of(error: &clap::Error, text: &str) -> String {
    if error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a subcommand is required".to_owned();
    }
    let told = text.split("\n\nUsage:").next().unwrap_or_default().trim_start_matches("error: ");
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where the first panic of this process was.
static PANIC_PLACE: OnceLock<String> = OnceLock::new();

/// Keeps a panic's place and drops its text, which may hold what was being worked on. A panic inside a plugin call is
/// caught there and told as that call's failure; [`bug`] tells the others.
pub(crate) fn silence_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        let _ = PANIC_PLACE.set(place);
    }));
}

/// Tells that a panic came through to the top.
pub(crate) fn bug(output: &Output) -> ExitCode {
    let place = PANIC_PLACE.get().map_or("an unknown place", String::as_str);
    let hints = ["what was acknowledged is kept; please report this line".to_owned()];
    output.error("bug", &format!("this is a bug of trcaa {}, at {place}", env!("CARGO_PKG_VERSION")), &hints, &[]);
    ExitCode::from(BUG)
}
