//! What looks at everything that leaves: every detector, and the values of the connection's issue; or, for a provider on
//! this machine that the user allowed to see text, nobody.
//!
//! Invariant: a placeholder that is given out here is stored with its issue before the text that holds it leaves, so that
//! the same value has it everywhere and an answer can be restored. A connection without an issue keeps it for itself.

use std::sync::{Mutex, PoisonError};

use trcaa_model::guard::Redacted;
use trcaa_model::id::IssueId;
use trcaa_model::pii::Span;
use trcaa_net::{OutboundScan, Part, ScanRefusal};
use trcaa_redact::{Guard, Origin};

use super::audit::Ledger;
use super::escapes;
use crate::policy::Rule;
use crate::redaction::{CLASH_CODE, CLASH_TRIES, Detectors, IssueValues, pseudonyms_of, save_pseudonyms};

/// What a host's name or address is found as.
const HOST_LABELS: [&str; 3] = ["Hostname", "Ipv4", "Ipv6"];

/// The scan of one connection.
pub(crate) struct Scan {
    detectors: Detectors,
    values: Mutex<IssueValues>,
    rule: Rule,
    keeper: Option<Keeper>,
}

/// Where placeholders are stored.
pub(crate) struct Keeper {
    pub(crate) ledger: Ledger,
    pub(crate) issue: IssueId,
}

impl Keeper {
    /// Stores what is not stored yet; where another process gave out one of them meanwhile, takes over what it wrote and
    /// says that the text has to be looked at again.
    fn keep(&self, values: &mut IssueValues) -> Result<Kept, ScanRefusal> {
        let refused = |_| ScanRefusal { reason: "a placeholder for what was found in it could not be stored" };
        let store = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        match store.write(|tx| save_pseudonyms(tx, &self.issue, &values.pseudonyms)) {
            Ok(()) => {
                values.pseudonyms.mark_saved();
                Ok(Kept::Stored)
            }
            Err(error) if error.code() == CLASH_CODE => {
                values.renew(pseudonyms_of(&store, &self.issue).map_err(refused)?);
                Ok(Kept::Clashed)
            }
            Err(error) => Err(refused(error.into())),
        }
    }
}

/// What became of new placeholders.
#[derive(PartialEq, Eq)]
enum Kept {
    Stored,
    Clashed,
}

/// Whom a text is passed for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    /// Somebody else.
    Others,
    /// The trail of this machine.
    Trail,
}

impl Scan {
    pub(crate) fn new(detectors: Detectors, values: IssueValues, rule: Rule, keeper: Option<Keeper>) -> Self {
        Self { detectors, values: Mutex::new(values), rule, keeper }
    }

    /// The host or rule of a denial for the trail: which host it was is what the trail is for, whatever else a plugin
    /// hid in the name is not.
    pub(crate) fn shown(&self, text: &str) -> String {
        self.passed(text, false, For::Trail, |span| !HOST_LABELS.contains(&span.label.as_str()))
            .map_or_else(|_| String::new(), |clean| clean.as_str().to_owned())
    }

    /// A path for the trail, redacted whatever the rule is.
    pub(crate) fn for_trail(&self, text: &str) -> String {
        self.passed(text, false, For::Trail, |_| true).map_or_else(|_| String::new(), |clean| clean.as_str().to_owned())
    }

    fn passed(
        &self,
        text: &str,
        json: bool,
        whom: For,
        counts: impl Fn(&Span) -> bool,
    ) -> Result<Redacted, ScanRefusal> {
        let refused = |_| ScanRefusal { reason: "it could not be searched for personal data and secrets" };
        let found = crate::redaction::detect(&self.detectors, text, &crate::NoProgress).map_err(refused)?;
        let mut values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..CLASH_TRIES {
            let mut spans = values.with_all_places(text, found.clone(), Origin::Redacted).map_err(refused)?;
            let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let clear = |span: &Span| text.get(bound(span.start)..bound(span.end)).unwrap_or_default();
            // What the analyst declared harmless passed with its log, and is harmless in what a plugin makes of it.
            spans.retain(|span| counts(span) && !values.is_rejected(clear(span)));
            if whom == For::Others && matches!(self.rule, Rule::Block { .. }) && !spans.is_empty() {
                return Err(ScanRefusal { reason: "the policy is block, and it holds personal data or a secret" });
            }
            if json {
                spans.iter_mut().for_each(|span| escapes::widen(text, span));
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "every detector and every value of the issue was asked above"
            )]
            let passed = Guard::pass(text, Origin::Redacted, &spans, &mut values.pseudonyms, usize::MAX);
            let passed = passed.map_err(|_| ScanRefusal { reason: "it could not be redacted" })?;
            match &self.keeper {
                Some(keeper) if whom == For::Others && !values.pseudonyms.unsaved().is_empty() => {
                    if keeper.keep(&mut values)? == Kept::Stored {
                        return Ok(passed);
                    }
                }
                _ => return Ok(passed),
            }
        }
        Err(ScanRefusal { reason: "other processes kept giving out placeholders of its issue" })
    }
}

impl OutboundScan for Scan {
    fn scan(&self, part: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal> {
        if let Rule::Local(target) = self.rule {
            // The connection was set up to reach nothing but this machine.
            #[expect(
                clippy::disallowed_methods,
                reason = "the proof is what the user allowed and app/policy looked at"
            )]
            return Ok(Guard::pass_local(text, target));
        }
        let json = part == Part::Body && escapes::is_json(text);
        let clean = self.passed(text, json, For::Others, |_| true)?;
        if json && !escapes::is_json(clean.as_str()) {
            // Such as a telephone number that stands without quotes.
            return Err(ScanRefusal { reason: "what was found in its body can't be hidden without breaking the JSON" });
        }
        Ok(clean)
    }
}

/// Lets an address through that the user bound together with a secret: it is none of a plugin's words.
pub(crate) struct OwnAddress;

impl OutboundScan for OwnAddress {
    fn scan(&self, _part: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal> {
        #[expect(clippy::disallowed_methods, reason = "the address of the token server, which the user typed or bound")]
        let passed = Guard::pass(text, Origin::Redacted, &[], &mut trcaa_redact::Pseudonyms::default(), usize::MAX);
        passed.map_err(|_| ScanRefusal { reason: "it could not be passed on" })
    }
}

#[cfg(test)]
mod tests;
