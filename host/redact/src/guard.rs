//! The guard: the one place where text becomes [`Redacted`], which everything that sends asks for.
//!
//! Invariant: redacted in full, then cut; a refused span means that nothing is returned.

use trcaa_model::guard::Redacted;
use trcaa_model::pii::Span;

use crate::apply::{ApplyError, Origin, apply};
use crate::cut::cut;
use crate::pseudonym::Pseudonyms;

/// The guard of everything that leaves.
#[derive(Clone, Copy, Debug)]
pub struct Guard;

impl Guard {
    /// Redacts a text by the spans that all detectors found in it, then cuts it to at most `bytes_max` bytes.
    ///
    /// # Errors
    /// A span that is not believed, or a table of pseudonyms that is full: the text must not leave.
    pub fn pass(
        text: &str,
        origin: Origin,
        spans: &[Span],
        pseudonyms: &mut Pseudonyms,
        bytes_max: usize,
    ) -> Result<Redacted, ApplyError> {
        let mut redacted = apply(text, spans, origin, pseudonyms)?;
        let kept = cut(&redacted, bytes_max).len();
        redacted.truncate(kept);
        #[expect(clippy::disallowed_methods, reason = "this is the guard: the text was redacted in full above")]
        Ok(Redacted::from_guard(redacted))
    }
}
