//! What is wrong with a file of rules, and where.

use std::path::Path;

use serde::Serialize;

use crate::AppError;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleProblem {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Id of the rule; empty where it is not known.
    pub rule: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl RuleProblem {
    /// At a byte of the file's text.
    pub(super) fn at(text: &str, byte: usize, rule: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        let before = text.get(..text.floor_char_boundary(byte.min(text.len()))).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            rule: rule.chars().take(64).collect(),
            message: message.into(),
            hint: hint.into(),
        }
    }

    /// In one line, without the file's name.
    pub(super) fn told(&self) -> String {
        let rule = if self.rule.is_empty() { String::new() } else { format!("rule {:?}: ", self.rule) };
        format!("{}:{}: {rule}{}", self.line, self.column, self.message)
    }
}

/// Detection is refused for these.
pub(super) fn refusal(path: &Path, problems: &[RuleProblem]) -> AppError {
    let first = problems.first().map(RuleProblem::told).unwrap_or_default();
    let more = match problems.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let shown = path.display();
    let mut error =
        AppError::failed("bad_rules", format!("reading your rules: {shown}:{first}{more}; nothing was looked at"));
    if let Some(problem) = problems.first().filter(|problem| !problem.hint.is_empty()) {
        error = error.hint(problem.hint.clone());
    }
    error.hint(format!("see all that is wrong with: trcaa pii rules check {shown}"))
}
