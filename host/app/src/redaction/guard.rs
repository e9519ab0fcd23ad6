//! Text of an issue through the guard: what may leave, and what was hidden on the way.
//!
//! Invariants: every detector looks at every text, and every value of the issue is searched for in it; a detector that
//! fails means that nothing is handed back; new pseudonyms are stored before the text is; a target's policy is looked at
//! here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use trcaa_model::guard::Redacted;
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::pii::Span;
use trcaa_redact::{Guard, Origin, Placeholder, Pseudonyms, merge};

use super::apply::clear;
use super::detect::detect;
use super::detectors::Detectors;
use super::known::IssueValues;
use super::names::{CLASH_CODE, CLASH_TRIES, save_pseudonyms};
use crate::document::Places;
use crate::policy::{Rule, counted};
use crate::{App, AppError};

/// The guard of what leaves for one target on behalf of one issue.
pub(crate) struct IssueGuard<'a> {
    app: &'a App,
    issue: IssueId,
    rule: Rule,
    /// For errors, such as `asking corp`.
    doing: String,
    /// Loaded once, with the first text.
    detectors: Option<Detectors>,
    values: IssueValues,
    hidden: BTreeSet<String>,
}

impl App {
    /// Gets ready to let text of an issue leave by a rule.
    ///
    /// # Errors
    /// The issue's pseudonyms can't be read.
    pub(crate) fn guard_of(&self, issue: &IssueId, rule: Rule, doing: &str) -> Result<IssueGuard<'_>, AppError> {
        Ok(IssueGuard {
            app: self,
            issue: issue.clone(),
            rule,
            doing: doing.to_owned(),
            detectors: None,
            values: self.issue_values(issue)?,
            hidden: BTreeSet::new(),
        })
    }
}

impl IssueGuard<'_> {
    /// The rule that it goes by.
    pub(crate) fn rule(&self) -> &Rule {
        &self.rule
    }

    /// The types that stand as placeholders in what passed.
    pub(crate) fn hidden(&self) -> Vec<&str> {
        self.hidden.iter().map(String::as_str).collect()
    }

    /// Passes text: every detector, the issue's values, then the cut. `what` names it in a refusal.
    ///
    /// # Errors
    /// A detector that fails, or a finding where the rule is to block: the text must not leave then.
    pub(crate) fn text(
        &mut self,
        what: &str,
        text: &str,
        origin: Origin,
        bytes_max: usize,
    ) -> Result<Redacted, AppError> {
        if let Rule::Local(target) = self.rule {
            return Ok(local(trcaa_redact::cut(text, bytes_max), target));
        }
        let found = self.looked_at(text)?;
        self.pass(what, text, origin, bytes_max, |values| values.with_all_places(text, found.clone(), origin))
    }

    /// Passes a stored redacted copy: it went through the detectors and the analyst's review when it was made, and what
    /// was rejected then stays in clear. A value that the issue knows only since is hidden here.
    ///
    /// # Errors
    /// As [`IssueGuard::text`].
    pub(crate) fn copy(&mut self, log: &LogFileId, what: &str, copy: &str) -> Result<Redacted, AppError> {
        let app = self.app;
        self.pass(what, copy, Origin::Redacted, usize::MAX, |values| app.places_in_copy(values, log, copy))
    }

    /// Passes a log's text in clear, to this machine alone.
    ///
    /// # Errors
    /// The rule is another one.
    pub(crate) fn clear_log(&self, text: &str) -> Result<Redacted, AppError> {
        match self.rule {
            Rule::Local(target) => Ok(local(text, target)),
            _ => Err(AppError::failed("not_local", format!("{}: text in clear was not allowed", self.doing))),
        }
    }

    /// Takes note of what passed already and goes with the rest.
    pub(crate) fn seen(&mut self, passed: &Redacted) {
        self.note(passed.as_str());
    }

    /// Finds what of a text that is put together of others has to be replaced, and by what. Disjoint, in their order.
    /// `adjust` may widen the spans. A text in clear that the rule allows has no such place.
    ///
    /// # Errors
    /// As [`IssueGuard::text`].
    pub(crate) fn places(&mut self, what: &str, text: &str, adjust: impl Fn(&mut Span)) -> Result<Places, AppError> {
        if matches!(self.rule, Rule::Local(_)) {
            return Ok(Vec::new());
        }
        let found = self.looked_at(text)?;
        let spans = |values: &mut IssueValues| {
            let mut spans = values.with_all_places(text, found.clone(), Origin::Redacted)?;
            spans.iter_mut().for_each(&adjust);
            Ok(spans)
        };
        self.settled(what, text, Origin::Redacted, spans, |values, spans| {
            let mut places = Vec::new();
            for span in merge(spans, text.len() as u64)? {
                let placeholder = values.pseudonyms.placeholder_for(&span.label, clear(text, &span))?.to_string();
                let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
                places.push((bound(span.start)..bound(span.end), placeholder));
            }
            Ok(places)
        })
    }

    fn looked_at(&mut self, text: &str) -> Result<Vec<Span>, AppError> {
        if self.detectors.is_none() {
            self.detectors = Some(self.app.detectors()?);
        }
        detect(self.detectors.get_or_insert_default(), text, &crate::NoProgress)
    }

    fn pass(
        &mut self,
        what: &str,
        text: &str,
        origin: Origin,
        bytes_max: usize,
        spans: impl Fn(&mut IssueValues) -> Result<Vec<Span>, AppError>,
    ) -> Result<Redacted, AppError> {
        let passed = self.settled(what, text, origin, spans, |values, spans| {
            #[expect(
                clippy::disallowed_methods,
                reason = "every detector and every value of the issue was asked above"
            )]
            let passed = Guard::pass(text, origin, spans, &mut values.pseudonyms, bytes_max);
            Ok(passed?)
        })?;
        self.note(passed.as_str());
        Ok(passed)
    }

    /// Makes something of a text and its spans; what got a placeholder by that is stored before it is handed back.
    fn settled<R>(
        &mut self,
        what: &str,
        text: &str,
        origin: Origin,
        spans: impl Fn(&mut IssueValues) -> Result<Vec<Span>, AppError>,
        make: impl Fn(&mut IssueValues, &[Span]) -> Result<R, AppError>,
    ) -> Result<R, AppError> {
        for _ in 0..CLASH_TRIES {
            let spans = spans(&mut self.values)?;
            if let Rule::Block { way_out } = &self.rule {
                let found = self.values.findings(text, &spans, origin)?;
                if !found.is_empty() {
                    return Err(blocked(&self.doing, what, &found, way_out));
                }
            }
            let made = make(&mut self.values, &spans)?;
            if self.values.pseudonyms.unsaved().is_empty() {
                return Ok(made);
            }
            match self.app.store.write(|tx| save_pseudonyms(tx, &self.issue, &self.values.pseudonyms)) {
                Ok(()) => {
                    self.values.pseudonyms.mark_saved();
                    return Ok(made);
                }
                Err(error) if error.code() == CLASH_CODE => self.values.renew(self.app.pseudonyms(&self.issue)?),
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::failed("busy", "redacting text: other processes kept giving out placeholders of this issue")
            .hint("try again"))
    }

    fn note(&mut self, redacted: &str) {
        if matches!(self.rule, Rule::Local(_)) {
            return;
        }
        for placeholder in self.values.placeholders(redacted) {
            if !self.hidden.contains(placeholder.name) {
                self.hidden.insert(placeholder.name.to_owned());
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the proof is what the user allowed and app/policy looked at")]
fn local(text: &str, target: trcaa_redact::LocalTarget) -> Redacted {
    Guard::pass_local(text, target)
}

/// Says what keeps a text from leaving: types and numbers, never a value.
pub(crate) fn blocked(doing: &str, what: &str, found: &BTreeMap<String, u64>, way_out: &str) -> AppError {
    let message = format!("{doing}: the policy is block, and {what} holds {}", counted(found));
    AppError::failed("guard_blocked", message)
        .hint("reject in the review what is none (trcaa pii spans LOG, trcaa pii reject LOG SPAN), or take it out")
        .hint(format!("or let it leave redacted: {way_out}"))
        .field("found", serde_json::json!(found))
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
