//! What looks at everything that leaves: every detector, with pseudonyms that live as long as the connection.

use std::sync::{Mutex, PoisonError};

use trcaa_model::guard::Redacted;
use trcaa_model::pii::Span;
use trcaa_net::{OutboundScan, Part, ScanRefusal};
use trcaa_redact::{Guard, Origin, Pseudonyms};

use super::escapes;
use crate::redaction::Detectors;

/// What a host's name or address is found as.
const HOST_LABELS: [&str; 3] = ["Hostname", "Ipv4", "Ipv6"];

/// The scan of one connection.
pub(crate) struct Scan {
    detectors: Detectors,
    pseudonyms: Mutex<Pseudonyms>,
}

impl Scan {
    pub(crate) fn new(detectors: Detectors, pseudonyms: Pseudonyms) -> Self {
        Self { detectors, pseudonyms: Mutex::new(pseudonyms) }
    }

    /// The host or rule of a denial for the trail: which host it was is what the trail is for, whatever else a plugin
    /// hid in the name is not.
    pub(crate) fn shown(&self, text: &str) -> String {
        self.passed(text, false, |span| !HOST_LABELS.contains(&span.label.as_str()))
            .map_or_else(|_| String::new(), |clean| clean.as_str().to_owned())
    }

    fn passed(&self, text: &str, json: bool, counts: impl Fn(&Span) -> bool) -> Result<Redacted, ScanRefusal> {
        let refused = |_| ScanRefusal { reason: "it could not be searched for personal data and secrets" };
        let mut spans = crate::redaction::detect(&self.detectors, text, &crate::NoProgress).map_err(refused)?;
        let mut pseudonyms = self.pseudonyms.lock().unwrap_or_else(PoisonError::into_inner);
        spans.retain(|span| counts(span) && !crate::redaction::is_placeholder(text, span, &pseudonyms));
        if json {
            spans.iter_mut().for_each(|span| escapes::widen(text, span));
        }
        Guard::pass(text, Origin::Redacted, &spans, &mut pseudonyms, usize::MAX)
            .map_err(|_| ScanRefusal { reason: "it could not be redacted" })
    }
}

impl OutboundScan for Scan {
    fn scan(&self, part: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal> {
        let json = part == Part::Body && escapes::is_json(text);
        let clean = self.passed(text, json, |_| true)?;
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
        Guard::pass(text, Origin::Redacted, &[], &mut Pseudonyms::default(), usize::MAX)
            .map_err(|_| ScanRefusal { reason: "it could not be passed on" })
    }
}
