//! The terminal while a review runs: its other screen, its keys, and both given back whatever happens.

use std::io::{self, Write};

use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::style::{Attribute, Color, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    self, Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen, LeaveAlternateScreen,
};
use crossterm::{cursor, queue};
use trcaa_app::AppError;

use super::screen::{Line, Style};
use super::session::Key;

/// Smallest size that is drawn for; a smaller terminal shows the upper left part.
const COLUMNS_MIN: u16 = 40;
/// As above.
const ROWS_MIN: u16 = 8;

/// Gives the terminal back; for whoever ends the process meanwhile too.
pub(crate) fn give_back() {
    if terminal::is_raw_mode_enabled().unwrap_or(false) {
        let mut out = io::stdout();
        let _ =
            queue!(out, ResetColor, SetAttribute(Attribute::Reset), EnableLineWrap, cursor::Show, LeaveAlternateScreen);
        let _ = out.flush();
        let _ = terminal::disable_raw_mode();
    }
}

/// The terminal, until it is dropped.
pub(super) struct Terminal(());

impl Terminal {
    pub(super) fn begin() -> Result<Self, AppError> {
        terminal::enable_raw_mode().map_err(failed)?;
        let this = Self(());
        let mut out = io::stdout();
        queue!(out, EnterAlternateScreen, DisableLineWrap, cursor::Hide).and_then(|()| out.flush()).map_err(failed)?;
        Ok(this)
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> (usize, usize) {
        let (columns, rows) = terminal::size().unwrap_or((80, 24));
        (usize::from(columns.max(COLUMNS_MIN)), usize::from(rows.max(ROWS_MIN)))
    }

    /// Shows the lines, from the top.
    pub(super) fn draw(&mut self, lines: &[Line]) -> Result<(), AppError> {
        let mut out = io::stdout().lock();
        queue!(out, Clear(ClearType::All)).map_err(failed)?;
        for (row, line) in lines.iter().enumerate() {
            queue!(out, cursor::MoveTo(0, u16::try_from(row).unwrap_or(u16::MAX))).map_err(failed)?;
            for (style, text) in line {
                begin_style(&mut out, *style).map_err(failed)?;
                out.write_all(text.as_bytes()).map_err(failed)?;
                queue!(out, SetAttribute(Attribute::Reset)).map_err(failed)?;
            }
        }
        out.flush().map_err(failed)
    }

    /// Waits for a key; none if the terminal went away.
    pub(super) fn key(&mut self) -> Result<Option<Key>, AppError> {
        loop {
            match event::read() {
                Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => return Ok(Some(known(key))),
                Ok(Event::Resize(..)) => return Ok(Some(Key::Other)),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(failed(error)),
            }
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

/// crossterm leaves colours out where NO_COLOR is set; lines under and behind the text stay.
fn begin_style(out: &mut impl Write, style: Style) -> io::Result<()> {
    let colour = match style {
        Style::Plain => return Ok(()),
        Style::Bold => return queue!(out, SetAttribute(Attribute::Bold)),
        Style::Dim => return queue!(out, SetAttribute(Attribute::Dim)),
        Style::Shown => return queue!(out, SetAttribute(Attribute::Reverse), SetAttribute(Attribute::Bold)),
        Style::Accepted => Color::Green,
        Style::Rejected => Color::Red,
        Style::Undecided => Color::Yellow,
    };
    queue!(out, SetAttribute(Attribute::Underlined), SetForegroundColor(colour))
}

fn known(key: KeyEvent) -> Key {
    match key.code {
        KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => Key::Interrupt,
        KeyCode::Char(_) if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => Key::Other,
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Down | KeyCode::Right | KeyCode::PageDown => Key::Next,
        KeyCode::Up | KeyCode::Left | KeyCode::PageUp => Key::Previous,
        KeyCode::Tab => Key::Open,
        KeyCode::Home => Key::First,
        KeyCode::End => Key::Last,
        KeyCode::Esc => Key::Escape,
        _ => Key::Other,
    }
}

fn failed(error: io::Error) -> AppError {
    AppError::failed("terminal", format!("showing findings on the terminal: {error}"))
        .hint("without a screen: trcaa pii spans LOG, then trcaa pii accept|reject LOG SPAN…")
}
