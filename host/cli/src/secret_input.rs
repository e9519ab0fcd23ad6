//! Secrets typed or piped in: one line each, never an argument, never shown.

use std::io::{BufRead, IsTerminal, Read, StdinLock, Write};
use std::sync::{Mutex, PoisonError};

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use trcaa_app::AppError;
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

/// Longest secret line; a passphrase of a page is no passphrase.
const LINE_BYTES_MAX: usize = 4096;

/// Longest secret of several lines.
const LONG_BYTES_MAX: usize = 64 << 10;

/// The terminal's settings while its echo is off, for whoever ends the process meanwhile.
static ECHO_OFF: Mutex<Option<Termios>> = Mutex::new(None);

/// Shows what is typed again, if it is not.
pub(crate) fn restore_terminal() {
    if let Some(before) = ECHO_OFF.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &before);
    }
}

/// Turns the echo off until it is dropped.
struct NoEcho;

impl NoEcho {
    fn begin() -> Result<Self, AppError> {
        let failed = |e: rustix::io::Errno| AppError::failed("terminal", format!("hiding what is typed: {e}"));
        let before = tcgetattr(std::io::stdin()).map_err(failed)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        *ECHO_OFF.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        let off = Self;
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &hidden).map_err(failed)?;
        Ok(off)
    }
}

impl Drop for NoEcho {
    fn drop(&mut self) {
        restore_terminal();
    }
}

/// Where secrets are read from.
pub(crate) struct SecretInput {
    stdin: StdinLock<'static>,
}

impl SecretInput {
    /// Standard input.
    pub(crate) fn new() -> Self {
        Self { stdin: std::io::stdin().lock() }
    }

    /// Reads the next line; on a terminal asks for `what` twice, without showing it. The line's end is no part of it.
    pub(crate) fn read(&mut self, what: &str) -> Result<Secret, AppError> {
        if !std::io::stdin().is_terminal() {
            return self.line(what);
        }
        let hidden = NoEcho::begin()?;
        prompt(&format!("{what}: "));
        let first = self.line(what)?;
        prompt(&format!("{what}, again: "));
        let second = self.line(what)?;
        drop(hidden);
        if first != second {
            return Err(AppError::usage("not_the_same", format!("reading {what}: the two are not the same")));
        }
        Ok(first)
    }

    /// As [`Self::read`]; piped in, it may be of several lines and up to 64 KiB, such as a record of OAuth tokens.
    pub(crate) fn read_long(&mut self, what: &str) -> Result<Secret, AppError> {
        if std::io::stdin().is_terminal() {
            return self.read(what);
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(LONG_BYTES_MAX + 3));
        let mut bounded = (&mut self.stdin).take(LONG_BYTES_MAX as u64 + 3);
        bounded
            .read_to_end(&mut bytes)
            .map_err(|e| AppError::failed("unreadable", format!("reading {what} from standard input: {e}")))?;
        let refused =
            |reason: &str| AppError::usage("no_secret", format!("reading {what} from standard input: {reason}"));
        let text = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.len() > LONG_BYTES_MAX {
            return Err(refused(&format!("it is longer than {LONG_BYTES_MAX} bytes")));
        }
        let text = std::str::from_utf8(text).map_err(|_| refused("it is no UTF-8"))?;
        if text.trim().is_empty() {
            return Err(refused("it is empty"));
        }
        Ok(Secret::new(text))
    }

    fn line(&mut self, what: &str) -> Result<Secret, AppError> {
        // As long as it can get, so that no growing leaves a copy behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(LINE_BYTES_MAX + 2));
        let mut bounded = (&mut self.stdin).take(LINE_BYTES_MAX as u64 + 2);
        bounded
            .read_until(b'\n', &mut bytes)
            .map_err(|e| AppError::failed("unreadable", format!("reading {what} from standard input: {e}")))?;
        let refused =
            |reason: &str| AppError::usage("no_secret", format!("reading {what} from standard input: {reason}"));
        if bytes.is_empty() {
            return Err(
                refused("there is no line").hint("give it as a line on standard input, or run it on a terminal")
            );
        }
        let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_BYTES_MAX {
            return Err(refused(&format!("it is longer than {LINE_BYTES_MAX} bytes")));
        }
        let text = std::str::from_utf8(line).map_err(|_| refused("it is no UTF-8"))?;
        if text.trim().is_empty() {
            return Err(refused("it is empty"));
        }
        Ok(Secret::new(text))
    }
}

fn prompt(text: &str) {
    let mut stderr = std::io::stderr();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
