//! Running commands for a diagnosis: judged, decided, run, written down.
//!
//! Owns what is asked of whom and what a yes is worth; the judging and the running are `shell`'s. The same way for a line
//! that a person typed and one that a model proposed.
//!
//! Invariants:
//! 1. Every proposal has its row before anything else happens, as refused; only a decision makes it another.
//! 2. What runs is what was decided on: line, folder, environment and kube context are bound by one hash, and looked at
//!    again when it begins.
//! 3. A decision never covers a higher tier than 2; a deny of the session goes before every yes.
//! 4. The trail has the decision before the first process starts, and the end after the last one is gone. No word of a
//!    line or of what it put out is in the trail: both may hold secrets.

mod approvals;
mod binding;
mod end;
mod output;
mod rules;
mod template;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::IssueId;
use trcaa_shell::plan::Plan;
use trcaa_shell::{Tier, Verdict, judge};
use trcaa_store::{Execution, Kubeconfig, NewExecution};

pub use approvals::{Answer, Standing};
pub use end::RunSink;
pub(crate) use end::hidden_from_kubeconfigs;
pub use output::{ExecutionOutput, RedactedOutput};
pub use rules::{SHELL_RULES_FILE, load_shell_rules};
pub use trcaa_shell::run::Channel;

use crate::{App, AppError};

/// Longest line that is proposed: what a person can judge is far shorter, and rows are kept.
const LINE_BYTES_MAX: usize = 64 << 10;
/// How long a run may be allowed to take at most.
pub const TIME_LIMIT_MAX: Duration = Duration::from_secs(3600);

/// Where a command is to run, and for whom; what only the command line can know.
#[derive(Clone, Debug)]
pub struct ShellPlace {
    /// The folder.
    pub folder: PathBuf,
    /// The environment as it is here; what of it a command gets is decided below.
    pub environment: Vec<(OsString, OsString)>,
    /// The user's home folder.
    pub home: Option<PathBuf>,
    /// What tells one sitting of a person from another.
    pub session: String,
}

/// Who wants a command to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposer {
    /// A person.
    Person,
    /// A model.
    Model,
}

impl Proposer {
    fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Model => "model",
        }
    }

    fn action(self) -> &'static str {
        match self {
            Self::Person => "shell_command_execution",
            Self::Model => "shell_tool_call",
        }
    }
}

/// What is wanted.
#[derive(Clone, Debug)]
pub struct ShellRequest<'a> {
    /// The line.
    pub line: &'a str,
    /// For which issue.
    pub issue: Option<IssueId>,
    /// By whom.
    pub proposer: Proposer,
    /// Where.
    pub place: &'a ShellPlace,
    /// How long it may run; the setting `shell.timeout_seconds` where it is `None`.
    pub time_limit: Option<Duration>,
    /// A tier that it is not to go below: that of a template.
    pub tier_min: u8,
}

/// A judged line whose row is there, waiting for a decision.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// The row's id.
    pub id: String,
    /// The line.
    pub line: String,
    /// What it was judged to be, in parts.
    pub verdict: Verdict,
    /// In force: that of the verdict, or a higher one with its reason among the verdict's.
    pub tier: Tier,
    /// Where it stands without a further word.
    pub standing: Standing,
    /// What an allowance for the session would cover; `None` where there can be none.
    pub pattern: Option<String>,
    /// The folder that it runs in, without symbolic links.
    pub folder: PathBuf,
    /// The kubeconfig that is active.
    pub kubeconfig: Option<Kubeconfig>,
    /// How long it may run.
    pub time_limit: Duration,
    pub(crate) plan: Option<Plan>,
    pub(crate) binding: binding::Binding,
    pub(crate) issue: Option<IssueId>,
    pub(crate) proposer: Proposer,
    pub(crate) place: &'a ShellPlace,
}

impl Proposal<'_> {
    /// Whether it asks a cluster and there is no way into one.
    pub fn lacks_kubeconfig(&self) -> bool {
        self.kubeconfig.is_none() && self.verdict.parts.iter().any(|part| reads_kubeconfig(&part.command))
    }
}

impl App {
    /// Judges a line and writes its row, as refused until it is decided on. Nothing runs.
    ///
    /// # Errors
    /// `no_command`, `line_too_long`, `folder_unreadable`, `shell_rules` (the user's own table can't be used),
    /// `time_limit`, and those of the store; only then is there no row.
    pub fn propose<'a>(&self, request: &ShellRequest<'a>) -> Result<Proposal<'a>, AppError> {
        if request.line.len() > LINE_BYTES_MAX {
            let message =
                format!("judging the line: it has {} bytes; {LINE_BYTES_MAX} are the limit", request.line.len());
            return Err(AppError::failed("line_too_long", message).hint("put it into a script, and run that"));
        }
        let time_limit = self.time_limit(request.time_limit)?;
        let rules = self.shell_rules()?;
        let judged = judge(request.line, &rules).map_err(|e| {
            AppError::failed("no_command", format!("judging the line: {e}")).hint("give the whole line")
        })?;
        let (mut verdict, plan) = (judged.verdict, judged.plan);
        let words_tier = verdict.tier;
        let line = request.line.trim_matches([' ', '\t', '\n']).to_owned();
        let folder = real_folder(&request.place.folder)?;
        let kubeconfig = self.store.active_kubeconfig()?;
        for (tier, reason) in self.raised(&verdict, request, kubeconfig.as_ref())? {
            if tier > verdict.tier {
                verdict.tier = tier;
                verdict.reasons.clear();
            }
            if tier == verdict.tier {
                verdict.reasons.push(reason);
            }
        }
        let tier = verdict.tier;
        let plan = plan.filter(|_| tier == Tier::One);
        let binding = binding::Binding::new(&line, &folder, request.place, kubeconfig.as_ref());
        // A line that only reads by its words asks for another reason: then it is a pattern of its own.
        let reads_by_its_words = words_tier == Tier::One;
        let pattern = match reads_by_its_words {
            true => Some(line.clone()),
            false => trcaa_shell::pattern_of(&line, &rules),
        };
        let pattern = pattern.filter(|_| tier == Tier::Two);
        let covers = |allowed: &str| match reads_by_its_words {
            true => allowed == line,
            false => trcaa_shell::pattern_covers(allowed, &line, &rules),
        };
        let standing = self.standing(tier, &verdict.parts, &rules, request, &covers, &binding)?;
        let id = self.store.write(|tx| {
            tx.insert_execution(&NewExecution {
                issue_id: request.issue.as_ref(),
                command: &line,
                tier: tier.number(),
                approval_status: "denied",
                kubeconfig_id: kubeconfig.as_ref().map(|kubeconfig| kubeconfig.id.as_str()),
                proposed_by: request.proposer.as_str(),
                binding: binding.run(),
            })
        })?;
        Ok(Proposal {
            id,
            line,
            verdict,
            tier,
            standing,
            pattern,
            folder,
            kubeconfig,
            time_limit,
            plan,
            binding,
            issue: request.issue.clone(),
            proposer: request.proposer,
            place: request.place,
        })
    }

    /// What raises the tier beyond what the words of the line say.
    fn raised(
        &self,
        verdict: &Verdict,
        request: &ShellRequest<'_>,
        kubeconfig: Option<&Kubeconfig>,
    ) -> Result<Vec<(Tier, String)>, AppError> {
        let mut raised = Vec::new();
        match request.tier_min {
            2 => raised.push((Tier::Two, "the template asks".to_owned())),
            3.. => raised.push((Tier::Three, "the template says that it never runs".to_owned())),
            _ => {}
        }
        // Whoever asks the cluster starts the program that the kubeconfig names, which no table knows.
        if let Some(kubeconfig) =
            kubeconfig.filter(|_| verdict.parts.iter().any(|part| reads_kubeconfig(&part.command)))
            && let Some(program) = self.kubeconfig_for(kubeconfig)?.starts
        {
            let reason = format!("the kubeconfig {} starts {program} for credentials", kubeconfig.name);
            raised.push((Tier::Two, reason));
        }
        Ok(raised)
    }

    fn time_limit(&self, given: Option<Duration>) -> Result<Duration, AppError> {
        let limit = match given {
            Some(given) => given,
            None => Duration::from_secs(self.shell_number(crate::settings::SHELL_TIMEOUT)?),
        };
        if limit.is_zero() || limit > TIME_LIMIT_MAX {
            let message = format!("a command may run for 1 to {} s", TIME_LIMIT_MAX.as_secs());
            return Err(AppError::usage("time_limit", message));
        }
        Ok(limit)
    }

    /// Reads one execution with what it put out.
    ///
    /// # Errors
    /// There is none, or the text fits several.
    pub fn execution(&self, which: &str) -> Result<(Execution, ExecutionOutput), AppError> {
        let id = self.store.resolve_execution(which)?;
        let (stdout, stderr) = self.store.execution_output(&id)?;
        Ok((self.store.execution(&id)?, ExecutionOutput { stdout, stderr }))
    }
}

/// Whether a part is of a program that reads the kubeconfig.
pub(crate) fn reads_kubeconfig(command: &str) -> bool {
    const NAMES: [&str; 10] =
        ["kubectl", "helm", "k9s", "oc", "kustomize", "flux", "argocd", "istioctl", "stern", "velero"];
    // Anywhere in it: `timeout 5 kubectl …`, `/usr/bin/kubectl …`, `bash -c 'kubectl …'` read it as well.
    let is_between = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
    command.split(is_between).any(|word| NAMES.contains(&word))
}

fn real_folder(folder: &Path) -> Result<PathBuf, AppError> {
    let failed = |e: std::io::Error| {
        AppError::failed("folder_unreadable", format!("looking at the folder {}: {e}", folder.display()))
            .hint("go to a folder that is there: cd DIR")
    };
    folder.canonicalize().map_err(failed)
}

/// What the trail says of a decision or an end.
fn record(proposal: &Proposal<'_>, action: &'static str, mut details: serde_json::Value) -> AuditRecord {
    if let Some(object) = details.as_object_mut() {
        object.insert("tier".to_owned(), json!(proposal.tier.number()));
        object.insert("binding".to_owned(), json!(proposal.binding.run()));
        object.insert("issue_id".to_owned(), json!(proposal.issue));
    }
    AuditRecord { action, entity_type: "command_execution", entity_id: proposal.id.clone(), details }
}

#[cfg(test)]
mod tests;
