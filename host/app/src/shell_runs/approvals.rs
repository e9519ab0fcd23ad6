//! What a proposal may do: by its tier, by what was decided in this session, by what is answered now.
//!
//! Invariant: an answer is taken for the one proposal that was shown, in the place where it was shown.

use serde::Serialize;
use serde_json::json;
use trcaa_shell::{Part, Rules, Tier, judge};
use trcaa_store::{ApprovalDecision, NewDecision, Tx};

use super::binding::Binding;
use super::{Proposal, ShellRequest};
use crate::{App, AppError};

/// How long a yes for one run holds: it is used at once, or not at all.
const ONCE_MS: u64 = 60_000;

/// Where a proposal stands before anybody is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Standing {
    /// Tier 1: it runs by itself.
    Auto,
    /// Tier 2, and somebody allowed its like for this session.
    AllowedBefore {
        /// What was allowed.
        pattern: String,
    },
    /// Tier 2, and somebody denied it for this session.
    DeniedBefore {
        /// What was denied.
        pattern: String,
    },
    /// Tier 2: somebody has to be asked.
    Asks,
    /// Tier 3: it never runs.
    Never,
}

/// What somebody answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This one run.
    Once,
    /// What its pattern covers, here and for this session.
    Session,
    /// Not now.
    Deny,
    /// Not in this session.
    DenySession,
    /// Nobody answered in time.
    Silence,
}

/// What was decided, and what is written down of it.
pub(super) struct Decided {
    pub(super) status: &'static str,
    pub(super) runs: bool,
    pub(super) by: &'static str,
}

impl App {
    pub(super) fn standing(
        &self,
        tier: Tier,
        parts: &[Part],
        rules: &Rules,
        request: &ShellRequest<'_>,
        covers: &dyn Fn(&str) -> bool,
        binding: &Binding,
    ) -> Result<Standing, AppError> {
        if tier == Tier::Three {
            return Ok(Standing::Never);
        }
        let decisions = self.store.decisions_in_force(Some(&request.place.session))?;
        // A no is about the commands however they are spelled, and wherever they are to run; a yes holds only in the place
        // that it was given for.
        let mut is_near_a_no = false;
        for deny in decisions.iter().filter(|d| d.decision == "deny") {
            match nearness(&deny.command_pattern, parts, rules) {
                Nearness::Same => return Ok(Standing::DeniedBefore { pattern: deny.command_pattern.clone() }),
                Nearness::Shares => is_near_a_no = true,
                Nearness::None => {}
            }
        }
        if tier == Tier::One {
            return Ok(Standing::Auto);
        }
        let allows = |d: &&ApprovalDecision| {
            !is_near_a_no
                && d.decision == "allow_session"
                && d.binding.as_deref() == Some(binding.place())
                && covers(&d.command_pattern)
        };
        Ok(match decisions.iter().find(allows) {
            Some(allowed) => Standing::AllowedBefore { pattern: allowed.command_pattern.clone() },
            None => Standing::Asks,
        })
    }

    /// Lists the decisions that hold, of this session or of all.
    ///
    /// # Errors
    /// Those of the store.
    pub fn approvals(&self, session: Option<&str>) -> Result<Vec<ApprovalDecision>, AppError> {
        Ok(self.store.decisions_in_force(session)?)
    }

    /// Takes every decision back; returns how many held.
    ///
    /// # Errors
    /// Those of the store.
    pub fn clear_approvals(&self) -> Result<usize, AppError> {
        Ok(self.store.write(|tx| {
            let cleared = tx.clear_decisions()?;
            tx.audit(&trcaa_model::audit::AuditRecord {
                action: "shell_approvals_cleared",
                entity_type: "approval_decision",
                entity_id: "all".to_owned(),
                details: json!({"cleared": cleared}),
            })?;
            Ok(cleared)
        })?)
    }

    pub(super) fn session_ms(&self) -> Result<u64, AppError> {
        Ok(self.shell_number(crate::settings::SHELL_SESSION)?.saturating_mul(60_000))
    }
}

/// What standing and answer come to; writes down what the answer allows or denies beyond this proposal.
pub(super) fn decide(
    tx: &Tx<'_>,
    proposal: &Proposal<'_>,
    answer: Option<Answer>,
    session_ms: u64,
) -> Result<Decided, trcaa_store::StoreError> {
    let new = |command_pattern, decision, lasts_ms, binding, is_used| {
        let session_id = &proposal.place.session;
        tx.insert_decision(&NewDecision { command_pattern, decision, session_id, lasts_ms, binding, is_used })
    };
    let decided = |status, runs, by| Decided { status, runs, by };
    let (run, place) = (proposal.binding.run(), proposal.binding.place());
    Ok(match (&proposal.standing, answer) {
        (Standing::Never, _) => decided("denied", false, "tier 3"),
        (Standing::DeniedBefore { .. }, _) => decided("denied", false, "denied before"),
        (Standing::Auto, _) => decided("auto", true, "tier 1"),
        (_, Some(Answer::Deny)) => decided("denied", false, "a person"),
        (_, Some(Answer::DenySession)) => {
            new(&proposal.line, "deny", session_ms, place, false)?;
            decided("denied", false, "a person, for the session")
        }
        (Standing::AllowedBefore { .. }, _) => decided("approved", true, "allowed before"),
        (Standing::Asks, Some(Answer::Once)) => {
            new(&proposal.line, "allow_once", ONCE_MS, run, true)?;
            decided("approved", true, "a person")
        }
        (Standing::Asks, Some(Answer::Session)) => match &proposal.pattern {
            Some(pattern) => {
                new(pattern, "allow_session", session_ms, place, false)?;
                decided("approved", true, "a person, for the session")
            }
            // What can't be put as a pattern is allowed for this run alone.
            None => {
                new(&proposal.line, "allow_once", ONCE_MS, run, true)?;
                decided("approved", true, "a person")
            }
        },
        (Standing::Asks, Some(Answer::Silence)) => decided("timed_out", false, "nobody answered"),
        (Standing::Asks, None) => decided("denied", false, "nobody could be asked"),
    })
}

/// How near a line is to one that was denied.
enum Nearness {
    /// It does all that asked there.
    Same,
    /// It does some of it: no yes of before covers that.
    Shares,
    None,
}

/// Compares by the cooked words of the parts that ask.
fn nearness(denied: &str, parts: &[Part], rules: &Rules) -> Nearness {
    let Ok(judged) = judge(denied, rules) else { return Nearness::None };
    let mut asking = judged.verdict.parts.iter().filter(|part| part.tier > Tier::One).peekable();
    if asking.peek().is_none() {
        // What asked there is no part's doing; then it is the line itself.
        let all = |of: &[Part]| of.iter().map(|part| part.command.clone()).collect::<Vec<_>>();
        return if all(&judged.verdict.parts) == all(parts) { Nearness::Same } else { Nearness::None };
    }
    let has = |wanted: &Part| parts.iter().any(|part| part.command == wanted.command);
    let (mut some, mut every) = (false, true);
    for part in asking {
        let has = has(part);
        some |= has;
        every &= has;
    }
    match (every, some) {
        (true, _) => Nearness::Same,
        (false, true) => Nearness::Shares,
        (false, false) => Nearness::None,
    }
}
