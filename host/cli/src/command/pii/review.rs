//! `trcaa pii review LOG`: one finding at a time in its line, and a key for each decision.
//!
//! Invariants: a decision is stored before the next key is read, so that whatever ends the process keeps what was
//! decided; foreign text is made visible before the terminal sees it.

mod screen;
mod session;
mod terminal;

use std::io::IsTerminal;

use trcaa_app::{App, AppError};
use trcaa_model::id::LogFileId;

use self::session::{Key, Session, Wish};
use self::terminal::Terminal;
use crate::output::Output;

pub(crate) use self::terminal::give_back;

pub(super) fn run(app: &App, log: &LogFileId, output: &Output) -> Result<(), AppError> {
    if output.json || !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(AppError::usage("no_terminal", format!("reviewing log {log}: this needs a terminal and a person"))
            .hint("in a script: trcaa pii spans LOG, then trcaa pii accept|reject LOG SPAN…"));
    }
    if app.store().log(log)?.redacted {
        return Err(AppError::failed("already_redacted", format!("reviewing log {log}: its redacted copy is made"))
            .hint("a value that was missed can still be hidden: trcaa pii add"));
    }
    if app.spans(log)?.is_empty() {
        app.detect_log(log)?;
    }
    let spans = app.spans(log)?;
    if spans.is_empty() {
        output.text("nothing was found; a value that was missed can be hidden by hand: trcaa pii add");
        return Ok(());
    }
    let name = app.store().log(log)?.file_name;
    let mut session = Session::new(name, app.text_in_clear(log)?, spans);
    let applied = decide(app, log, &mut session)?;
    output.text(&session.summary());
    match applied {
        Some(count) => output.text(&format!("{count} values hidden in the redacted copy")),
        None => output.text("the copy is made by: trcaa pii apply"),
    }
    Ok(())
}

/// Runs until the person leaves. Gives the number of hidden values if the copy was made.
fn decide(app: &App, log: &LogFileId, session: &mut Session) -> Result<Option<usize>, AppError> {
    let mut terminal = Terminal::begin()?;
    loop {
        let (columns, rows) = terminal.size();
        terminal.draw(&screen::frame(session, columns, rows))?;
        let Some(key) = terminal.key()? else { return Ok(None) };
        match session.press(key) {
            Wish::Stay => {}
            Wish::Leave => return Ok(None),
            Wish::Decide(change) => {
                for (state, ids) in change.by_state() {
                    app.decide_spans(log, &ids, state)?;
                }
                session.decided(change);
            }
            Wish::Apply => {
                drop(terminal);
                return app.apply_log(log).map(Some);
            }
        }
        if key == Key::Interrupt {
            return Ok(None);
        }
    }
}
