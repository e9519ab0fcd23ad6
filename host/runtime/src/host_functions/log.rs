//! `trcaa:host/log` and `trcaa:host/clock`.

use trcaa_model::plugin::Kind;

use crate::bindings::shared::trcaa::host::{clock, log};
use crate::call::{CallState, LOG_LINE_BYTES_MAX, LOG_LINES_MAX};

/// Hands one line to the log port, within the call's budget. What a detector or an extractor says is dropped: they see
/// what nobody else may.
pub(crate) fn log_line(state: &mut CallState, level: &'static str, message: &str) {
    state.log_lines = state.log_lines.saturating_add(1);
    let sees_clear_text = matches!(state.plugin.manifest().kind, Kind::PiiDetector | Kind::TextExtractor);
    if state.log_lines > LOG_LINES_MAX || sees_clear_text {
        return;
    }
    // Whole, and then cut: half a secret would not be found any more.
    let message = state.context.scrubbed(message.to_owned());
    let mut end = message.len().min(LOG_LINE_BYTES_MAX);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    if let Some(port) = &state.context.ports.log {
        port.line(&state.plugin.manifest().id, level, &message[..end]);
    }
}

impl log::Host for CallState {
    fn emit(&mut self, level: log::Level, message: String, fields: Vec<(String, String)>) -> wasmtime::Result<()> {
        let bytes = message.len() + fields.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>();
        self.admit(bytes)?;
        let level = match level {
            log::Level::Trace => "trace",
            log::Level::Debug => "debug",
            log::Level::Info => "info",
            log::Level::Warn => "warn",
            log::Level::Error => "error",
        };
        // Piece by piece: between two fields their names would keep the halves of a secret apart.
        let mut line = self.scrubs.piece(message);
        for (key, value) in fields.into_iter().take(32) {
            line.push_str(&format!(" {key}={}", self.scrubs.piece(value)));
        }
        log_line(self, level, &line);
        Ok(())
    }

    fn enabled(&mut self, _level: log::Level) -> wasmtime::Result<bool> {
        Ok(self.context.ports.log.is_some() && self.log_lines < LOG_LINES_MAX)
    }
}

impl CallState {
    /// The time as this plugin sees it: frozen for pure kinds, so that equal input gives equal output.
    pub(crate) fn clock_ms(&self) -> u64 {
        match &self.context.ports.clock {
            Some(clock) if !self.plugin.manifest().kind.is_pure() => clock.now_ms(),
            _ => 0,
        }
    }
}

impl clock::Host for CallState {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.clock_ms())
    }

    fn time_left_ms(&mut self) -> wasmtime::Result<u64> {
        Ok(self.wall_left_ms())
    }
}
