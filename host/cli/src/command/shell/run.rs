//! `trcaa shell run`

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use serde_json::json;
use trcaa_app::shell_runs::{Answer, Channel, Proposal, Proposer, ShellPlace, ShellRequest, Standing};
use trcaa_app::{App, AppError};

use super::{ask, show};
use crate::args::{Approve, Global, RunArgs};
use crate::output::{Output, visible};

/// Longest line that is held back until its end is there.
const HELD_BYTES_MAX: usize = 8 << 10;

pub(super) fn run(app: &App, args: &RunArgs, global: &Global, output: &Output) -> Result<(), AppError> {
    let (line, tier_min) = match (&args.template, &args.line) {
        (Some(template), _) => app.fill_template(template, &args.set)?,
        (None, line) => (line.clone().unwrap_or_default(), 1),
    };
    let place = place()?;
    let issue = args.issue.as_deref().map(|text| app.store().resolve_issue(text)).transpose()?;
    let request = ShellRequest {
        line: &line,
        issue,
        proposer: Proposer::Person,
        place: &place,
        time_limit: args.timeout.map(Duration::from_secs),
        tier_min,
    };
    let proposal = app.propose(&request)?;
    let answer = answer(&proposal, args.approve, output);
    let runs = proposal.standing != Standing::Never && !matches!(proposal.standing, Standing::DeniedBefore { .. });
    if proposal.lacks_kubeconfig() && runs && !global.quiet {
        output.warn(ask::NO_KUBECONFIG);
    }
    let watch = crate::signals::run_begins();
    let mut streams = Streams::new(!output.json);
    let settled = app.settle(&proposal, answer, &mut |channel, bytes| streams.take(channel, bytes), &|| watch.stops());
    streams.finish();
    drop(watch);
    let (execution, put_out) = settled?;
    if output.json {
        output.object(json!({"execution": show::execution_json(&execution, &put_out)}))?;
    } else if !global.quiet {
        let id = crate::output::short(&execution.id);
        let cut = if execution.output_cut { ", more was put out than is kept" } else { "" };
        output.note(&format!("{}{cut}  (tier {}, {id})", show::ended(&execution), execution.tier));
    }
    crate::signals::leave_if_interrupted();
    // What it came to is the answer; a script wants to know by the status whether it went well.
    if execution.exit_code == Some(0) { Ok(()) } else { Err(AppError::told()) }
}

fn place() -> Result<ShellPlace, AppError> {
    let folder = std::env::current_dir().map_err(|e| {
        AppError::failed("folder_unreadable", format!("finding the folder to run in: {e}")).hint("go to one: cd DIR")
    })?;
    Ok(ShellPlace {
        folder,
        environment: std::env::vars_os().collect(),
        home: std::env::home_dir().filter(|home| home.is_absolute()),
        session: crate::machine::session(),
    })
}

/// What is answered to a proposal that asks; `None` where nobody can be asked.
fn answer(proposal: &Proposal<'_>, approve: Option<Approve>, output: &Output) -> Option<Answer> {
    if proposal.standing != Standing::Asks {
        return None;
    }
    match approve {
        Some(Approve::Once) => Some(Answer::Once),
        Some(Approve::Session) => {
            match &proposal.pattern {
                Some(pattern) => output.note(&format!("allowed for this session: {}", visible(pattern))),
                None => output.warn("this line can only be allowed once: it is more than one plain command"),
            }
            Some(Answer::Session)
        }
        None if ask::can_ask() => Some(ask::ask(proposal, output)),
        None => None,
    }
}

/// What a command puts out, passed on as it comes: as it is into a pipe or file, made visible on a terminal.
struct Streams {
    shown: bool,
    out: Stream,
    err: Stream,
}

struct Stream {
    to_terminal: bool,
    held: Vec<u8>,
}

impl Streams {
    fn new(shown: bool) -> Self {
        let stream = |to_terminal| Stream { to_terminal, held: Vec::new() };
        Self { shown, out: stream(io::stdout().is_terminal()), err: stream(io::stderr().is_terminal()) }
    }

    fn take(&mut self, channel: Channel, bytes: &[u8]) {
        if !self.shown {
            return;
        }
        match channel {
            Channel::Output => self.out.take(bytes, &mut io::stdout().lock()),
            Channel::Error => self.err.take(bytes, &mut io::stderr().lock()),
        }
    }

    fn finish(&mut self) {
        self.out.flush(&mut io::stdout().lock());
        self.err.flush(&mut io::stderr().lock());
    }
}

impl Stream {
    /// A reader that went away is no reason to stop: the row is to have the whole output.
    fn take(&mut self, bytes: &[u8], to: &mut impl Write) {
        if !self.to_terminal {
            let _ = to.write_all(bytes).and_then(|()| to.flush());
            return;
        }
        self.held.extend_from_slice(bytes);
        let whole = match self.held.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if self.held.len() > HELD_BYTES_MAX => self.held.len(),
            None => return,
        };
        let lines: Vec<u8> = self.held.drain(..whole).collect();
        let _ = to.write_all(terminal_text(&lines).as_bytes()).and_then(|()| to.flush());
    }

    fn flush(&mut self, to: &mut impl Write) {
        if !self.held.is_empty() {
            let held = std::mem::take(&mut self.held);
            let _ = writeln!(to, "{}", terminal_text(&held));
        }
    }
}

/// Lines stay lines and columns columns; whatever else could steer a terminal is shown as what it is.
fn terminal_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut shown = String::with_capacity(text.len());
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            shown.push('\n');
        }
        for (column, piece) in line.strip_suffix('\r').unwrap_or(line).split('\t').enumerate() {
            if column > 0 {
                shown.push('\t');
            }
            shown.push_str(&visible(piece));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_lines_and_no_sequence_that_steers_it() {
        assert_eq!(terminal_text(b"a\tb\r\n\x1b[2Jc\xff\n"), "a\tb\n\\u{1b}[2Jc\u{fffd}\n");
        let mut stream = Stream { to_terminal: true, held: Vec::new() };
        let mut shown = Vec::new();
        // A character and a sequence that come in two pieces.
        for piece in [&b"\xc3"[..], b"\xa9\x1b", b"]0;x\x07\nrest"] {
            stream.take(piece, &mut shown);
        }
        stream.flush(&mut shown);
        assert_eq!(String::from_utf8_lossy(&shown), "é\\u{1b}]0;x\\u{7}\nrest\n");
        let mut plain = Stream { to_terminal: false, held: Vec::new() };
        let mut raw = Vec::new();
        plain.take(b"\x1b\xff", &mut raw);
        assert_eq!(raw, b"\x1b\xff");
    }
}
