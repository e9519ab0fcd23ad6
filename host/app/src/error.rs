//! How a use case fails: what was being done, with what, and what to do next.

use std::fmt;

/// Whose turn it is after a failure; decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// The input or a setting is wrong.
    Usage,
    /// It could not be done, or is not allowed.
    Failed,
    /// Something that must not happen; a bug of ours.
    Bug,
}

/// A failure. Its text holds no secret, no personal data and no log text.
#[derive(Debug)]
pub struct AppError {
    /// Stable, for programs, such as `not_found`.
    pub code: &'static str,
    /// Whose turn it is.
    pub family: Family,
    /// What was being done, with what, and what went wrong.
    pub message: String,
    /// What to do next.
    pub hints: Vec<String>,
    /// What a program may want of it besides; shown only in JSON.
    pub fields: Vec<(&'static str, serde_json::Value)>,
}

impl AppError {
    /// It could not be done.
    pub fn failed(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, family: Family::Failed, message: message.into(), hints: Vec::new(), fields: Vec::new() }
    }

    /// The answer that was printed tells of a failure; only the exit status is left to give.
    pub fn told() -> Self {
        Self::failed("told", "")
    }

    /// The input is wrong.
    pub fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, family: Family::Usage, message: message.into(), hints: Vec::new(), fields: Vec::new() }
    }

    /// Adds advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a value for programs, beside code and message.
    #[must_use]
    pub fn field(mut self, name: &'static str, value: serde_json::Value) -> Self {
        self.fields.push((name, value));
        self
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}

impl From<trcaa_runtime::PluginError> for AppError {
    fn from(error: trcaa_runtime::PluginError) -> Self {
        let hint = format!("see what it is with: trcaa plugin show {}", error.plugin);
        Self::failed("plugin_failed", error.to_string()).hint(hint)
    }
}

impl From<trcaa_runtime::LoadError> for AppError {
    fn from(error: trcaa_runtime::LoadError) -> Self {
        Self::failed("plugin_refused", error.to_string()).hint("list the plugins with: trcaa plugin list")
    }
}

impl From<trcaa_runtime::EngineError> for AppError {
    fn from(error: trcaa_runtime::EngineError) -> Self {
        Self::failed("plugin_engine", error.to_string())
            .hint("check limits on address space and threads (ulimit -v, ulimit -u)")
    }
}

impl From<trcaa_store::StoreError> for AppError {
    fn from(error: trcaa_store::StoreError) -> Self {
        let hint = error.hint();
        let mut message = error.to_string();
        // The cause is told once, here, and never in the text of the error above it.
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            tell_cause(&mut message, &cause.to_string());
            source = cause.source();
        }
        let failed = Self::failed(error.code(), message);
        match hint {
            Some(hint) => failed.hint(hint),
            None => failed,
        }
    }
}

impl From<trcaa_store::EventError> for AppError {
    fn from(error: trcaa_store::EventError) -> Self {
        let mut message = format!("recording what was done in timeline and audit trail: {error}");
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            tell_cause(&mut message, &cause.to_string());
            source = cause.source();
        }
        Self::failed("event_lost", message).hint("what was done stays done; check the store with: trcaa db check")
    }
}

/// Adds what a cause says, unless it was said: SQLite's text and that of its code are the same words twice.
fn tell_cause(message: &mut String, cause: &str) {
    let (code, said) = match cause.strip_prefix("Error code ").and_then(|rest| rest.split_once(": ")) {
        Some((code, said)) => (Some(code), said),
        None => (None, cause),
    };
    // `disk I/O error` says less than the sentence before it; the code says more.
    let is_vague = said == "disk I/O error" || code.is_some() && message.contains(": ");
    if !is_vague && !message.contains(said) {
        message.push_str(": ");
        message.push_str(said);
    }
    if let Some(code) = code {
        message.push_str(&format!(" (SQLite {code})"));
    }
}

impl From<trcaa_redact::ApplyError> for AppError {
    fn from(error: trcaa_redact::ApplyError) -> Self {
        Self::failed("redaction_failed", format!("redacting text: {error}; nothing was sent or written"))
    }
}

impl From<trcaa_redact::PseudonymError> for AppError {
    fn from(error: trcaa_redact::PseudonymError) -> Self {
        Self::failed("pseudonyms_unreadable", format!("reading the issue's pseudonyms: {error}"))
    }
}

impl From<trcaa_redact::SpanError> for AppError {
    fn from(error: trcaa_redact::SpanError) -> Self {
        Self::failed("span_refused", format!("checking spans: {error}"))
    }
}

impl From<trcaa_model::issue::UnknownValue> for AppError {
    fn from(error: trcaa_model::issue::UnknownValue) -> Self {
        Self::usage("unknown_value", error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::tell_cause;

    fn told(first: &str, causes: &[&str]) -> String {
        let mut message = first.to_owned();
        causes.iter().for_each(|cause| tell_cause(&mut message, cause));
        message
    }

    #[test]
    fn causes_are_told_once() {
        let full = "the disk is full or refuses to write";
        assert_eq!(told(full, &["disk I/O error", "Error code 778: disk I/O error"]), format!("{full} (SQLite 778)"));
        assert_eq!(
            told("the database refused", &["no such table: x", "Error code 1: SQL error or missing database"]),
            "the database refused: no such table: x (SQLite 1)"
        );
        assert_eq!(
            told("could not write a.db", &["No space left on device (os error 28)"]),
            "could not write a.db: No space left on device (os error 28)"
        );
    }
}
