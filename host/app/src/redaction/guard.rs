//! Text of an issue through the guard: what may leave, and what was hidden on the way.
//!
//! Invariants: a detector that fails means that nothing is handed back; new pseudonyms are stored before the text is.

use trcaa_model::guard::Redacted;
use trcaa_model::id::IssueId;
use trcaa_model::pii::Span;
use trcaa_redact::{Guard, Origin, Placeholder, Pseudonyms};

use super::detect::detect;
use super::names::{CLASH_CODE, CLASH_TRIES, save_pseudonyms};
use crate::{App, AppError};

impl App {
    /// Passes text of an issue through the guard: every detector, the issue's pseudonyms, then the cut. What is new in
    /// `pseudonyms` is stored before the text is handed back.
    ///
    /// # Errors
    /// A detector that fails; the text must not leave then.
    pub(crate) fn guard(
        &self,
        issue: &IssueId,
        pseudonyms: &mut Pseudonyms,
        text: &str,
        origin: Origin,
        bytes_max: usize,
    ) -> Result<Redacted, AppError> {
        let detectors = self.detectors()?;
        let mut spans = detect(&detectors, text, &crate::NoProgress)?;
        if origin == Origin::Redacted {
            // `password=[Password_1]` looks like a password; what is hidden already needs no second name.
            spans.retain(|span| !is_placeholder(text, span, pseudonyms));
        }
        for _ in 0..CLASH_TRIES {
            let redacted = Guard::pass(text, origin, &spans, pseudonyms, bytes_max)?;
            if pseudonyms.unsaved().is_empty() {
                return Ok(redacted);
            }
            match self.store.write(|tx| save_pseudonyms(tx, issue, pseudonyms)) {
                Ok(()) => {
                    pseudonyms.mark_saved();
                    return Ok(redacted);
                }
                Err(error) if error.code() == CLASH_CODE => *pseudonyms = self.pseudonyms(issue)?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::failed("busy", "redacting text: other processes kept giving out placeholders of this issue")
            .hint("try again"))
    }

    /// Passes lines of a stored redacted copy: they went through the detectors and the analyst's review when the copy
    /// was made, and a finding that the analyst rejected stays in clear.
    pub(crate) fn guard_copy(&self, lines: &str, pseudonyms: &mut Pseudonyms) -> Result<Redacted, AppError> {
        Ok(Guard::pass(lines, Origin::Redacted, &[], pseudonyms, usize::MAX)?)
    }
}

pub(crate) fn is_placeholder(text: &str, span: &Span, pseudonyms: &Pseudonyms) -> bool {
    let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let mut rest = text.get(bound(span.start)..bound(span.end)).unwrap_or_default();
    while let Some((placeholder, length)) = Placeholder::parse_prefix(rest) {
        if pseudonyms.find(placeholder).is_none() {
            return false;
        }
        rest = &rest[length..];
    }
    rest.is_empty()
}
