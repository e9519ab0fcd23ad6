//! The one place for exit codes: 0 done, 1 failed or denied, 2 usage or settings, 70 our bug, 130 on SIGINT.

use std::process::ExitCode;

use trcaa_app::{AppError, Family};

use crate::output::Output;

const FAILED: u8 = 1;
const USAGE: u8 = 2;
const BUG: u8 = 70;

/// Tells a failure and gives its status.
pub(crate) fn failed(error: &AppError, output: &Output) -> ExitCode {
    output.error(error.code, &error.message, &error.hints);
    ExitCode::from(match error.family {
        Family::Failed => FAILED,
        Family::Usage => USAGE,
        Family::Bug => BUG,
    })
}

/// Help and version are results; everything else that clap says is a usage error.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let asked_for_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && asked_for_json {
        let text = error.render().to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Output::new(true).error("usage", &message, &["see: trcaa --help".to_owned()]);
        return ExitCode::from(USAGE);
    }
    // A closed pipe is quiet, here as everywhere.
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { USAGE } else { 0 })
}

/// A panic is our bug: status 70, and no text of the panic, which may hold what it was working on.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        // A panic inside a plugin call is caught, and told as that call's failure.
        if std::thread::current().name() != Some("main") {
            return;
        }
        let place = info.location().map_or_else(String::new, |l| format!(" at {}:{}", l.file(), l.line()));
        let line = format!(
            "error: this is a bug of trcaa{place}\n  hint: what was acknowledged is kept; please report this line\n"
        );
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
        signal_hook::low_level::exit(i32::from(BUG));
    }));
}
