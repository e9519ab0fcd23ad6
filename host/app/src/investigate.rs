//! Asking a provider about an issue's logs, and keeping what it says.
//!
//! Invariants: `ai_send` is in the audit trail, with the SHA-256 of what the plugin is given, before it gets it; a log
//! that is not redacted is not sent, but to a provider on this machine that the user allowed to see it; every cited line
//! was looked up, in the text as it was sent, before the claim is stored.

use std::collections::HashMap;
use std::sync::OnceLock;

use trcaa_model::attachment::LogFile;
use trcaa_model::audit::AuditRecord;
use trcaa_model::chat::{ChatRequest, Finish, LogExcerpt, Message, OutputFormat, Part, Role};
use trcaa_model::digest::Citation;
use trcaa_model::guard::Redacted;
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::issue::ResolutionStep;
use trcaa_model::timeline::Happening;
use trcaa_redact::{Guard, Origin};
use trcaa_runtime::Question;
use trcaa_store::{StoreError, Tx};

use crate::issues::record_root_cause;
use crate::moments::fitted;
use crate::policy::Rule;
use crate::protocol::{Analysis, FRAME, Lines, LogNames, Task, WHY_LEVELS, WhyAnswer, has, read_analysis, read_whys};
use crate::providers::Chosen;
use crate::redaction::IssueGuard;
use crate::{App, AppError, excerpt};

/// Bytes of a title.
const TITLE_BYTES_MAX: usize = 4 << 10;
/// Bytes of the steps so far.
const HISTORY_BYTES_MAX: usize = 56 << 10;
/// Bytes of a file name.
const NAME_BYTES_MAX: usize = 400;
/// Conversations are found again by these titles.
const ANALYSIS_TITLE: &str = "analysis";
const WHYS_TITLE: &str = "5-whys";

/// What `why` is given.
#[derive(Debug, Clone, Default)]
pub struct WhyRequest {
    /// A person's answer; `None` asks the provider.
    pub answer: Option<String>,
    /// What shows it.
    pub evidence: Option<String>,
    /// The question, if it is another than the one that follows.
    pub question: Option<String>,
    /// The provider: a connection, or the id of a plugin that needs none.
    pub provider: Option<String>,
}

/// The text of an issue's logs as it may be sent, in memory for one investigation.
pub(crate) struct Material {
    logs: Vec<(LogFile, Redacted)>,
    line_starts: HashMap<String, (usize, Vec<usize>)>,
    /// What it was made for; it goes nowhere else.
    rule: Rule,
}

impl Lines for Material {
    fn line(&self, digest: &str, number: u32) -> Option<&str> {
        let (log, starts) = self.line_starts.get(digest)?;
        line_of(self.logs.get(*log)?.1.as_str(), starts, number)
    }
}

/// Where the lines of a text begin.
fn line_starts(text: &str) -> Vec<usize> {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
    starts.filter(|at| *at < text.len()).collect()
}

fn line_of<'t>(text: &'t str, starts: &[usize], number: u32) -> Option<&'t str> {
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let start = *starts.get(index)?;
    let end = starts.get(index + 1).copied().unwrap_or(text.len());
    Some(text.get(start..end)?.trim_end_matches(['\n', '\r']))
}

/// A log's text in clear, with where its lines begin.
type ClearLog = Option<(String, Vec<usize>)>;

/// What an earlier answer may have cited: the redacted logs, or, where the provider was allowed to see them, the logs in
/// clear. These are read only if a citation is not in the copy, and leave this machine nowhere.
struct Kept<'a> {
    app: &'a App,
    copies: Material,
    clear: HashMap<String, (LogFileId, OnceLock<ClearLog>)>,
}

impl Lines for Kept<'_> {
    fn line(&self, digest: &str, number: u32) -> Option<&str> {
        self.copies.line(digest, number)
    }

    fn otherwise(&self, citation: &Citation) -> bool {
        let Some((log, read)) = self.clear.get(&citation.digest) else { return false };
        let read = read.get_or_init(|| {
            let text = self.app.log_text(log).ok()?;
            let starts = line_starts(&text);
            Some((text, starts))
        });
        read.as_ref().is_some_and(|(text, starts)| has(citation, |number| line_of(text, starts, number)))
    }
}

impl App {
    /// Analyses an issue's redacted logs and keeps the answer; names the root cause if the evidence does.
    ///
    /// # Errors
    /// No log, a log that is not redacted, a provider that fails or answers nonsense.
    pub fn analyze(&self, issue: &IssueId, provider: Option<&str>) -> Result<Analysis, AppError> {
        let material = self.material(issue, provider)?;
        self.analyze_material(issue, &material, provider)
    }

    pub(crate) fn analyze_material(
        &self,
        issue: &IssueId,
        material: &Material,
        provider: Option<&str>,
    ) -> Result<Analysis, AppError> {
        let asked = self.ask(issue, material, provider, Task::Analyze)?;
        let analysis = read_analysis(&asked.answer, material).map_err(|problem| asked.nonsense(&problem))?;
        self.store.write(|tx| {
            asked.keep(tx, issue, ANALYSIS_TITLE)?;
            if let Some(cause) = &analysis.root_cause {
                record_root_cause(tx, issue, &cause.text, cause.confidence)?;
            }
            Ok(())
        })?;
        Ok(analysis)
    }

    /// Answers the whole chain of whys and keeps it.
    pub(crate) fn answer_whys(
        &self,
        issue: &IssueId,
        material: &Material,
        provider: Option<&str>,
    ) -> Result<Vec<WhyAnswer>, AppError> {
        let asked = self.ask(issue, material, provider, Task::Whys)?;
        let whys = read_whys(&asked.answer, material).map_err(|problem| asked.nonsense(&problem))?;
        let names = self.log_names(issue)?;
        self.store.write(|tx| {
            asked.keep(tx, issue, WHYS_TITLE)?;
            for (level, why) in (1..=WHY_LEVELS).zip(&whys) {
                store_why(tx, issue, level, &why.question, &why.answer, &evidence_text(why, &names))?;
            }
            Ok(())
        })?;
        Ok(whys)
    }

    /// Answers the next level of the 5-Whys: with the person's answer, or by asking the provider. `None` when the
    /// evidence goes no deeper.
    ///
    /// # Errors
    /// All five levels are answered; or those of [`App::analyze`].
    pub fn next_why(&self, issue: &IssueId, request: &WhyRequest) -> Result<Option<ResolutionStep>, AppError> {
        let steps = self.store.steps(issue)?;
        let level = u8::try_from(steps.len() + 1).unwrap_or(u8::MAX);
        if level > WHY_LEVELS {
            return Err(AppError::failed("whys_complete", "answering the next why: all five levels are answered")
                .hint(format!("see them with: trcaa why list {issue}")));
        }
        let mut kept = None;
        let (question, answer, evidence) = match &request.answer {
            Some(answer) if answer.trim().is_empty() => {
                return Err(AppError::usage("empty_answer", "answering the next why: the answer is empty"));
            }
            Some(answer) => {
                let question = request.question.clone().unwrap_or_else(|| next_question(&steps));
                (
                    question,
                    answer.clone(),
                    request.evidence.clone().unwrap_or_else(|| "assumed: no line was named".into()),
                )
            }
            None => {
                let material = self.material(issue, request.provider.as_deref())?;
                let asked = self.ask(issue, &material, request.provider.as_deref(), Task::Why(level))?;
                let whys = read_whys(&asked.answer, &material).map_err(|problem| asked.nonsense(&problem))?;
                let Some(why) = whys.into_iter().next() else {
                    self.store.write(|tx| asked.keep(tx, issue, WHYS_TITLE))?;
                    return Ok(None);
                };
                kept = Some(asked);
                let evidence = evidence_text(&why, &self.log_names(issue)?);
                (request.question.clone().unwrap_or(why.question), why.answer, evidence)
            }
        };
        Ok(Some(self.store.write(|tx| {
            if let Some(asked) = &kept {
                asked.keep(tx, issue, WHYS_TITLE)?;
            }
            store_why(tx, issue, level, &question, &answer, &evidence)
        })?))
    }

    /// Names of the issue's logs, to show with citations.
    ///
    /// # Errors
    /// Those of the store.
    pub fn log_names(&self, issue: &IssueId) -> Result<LogNames, AppError> {
        Ok(LogNames::of(&self.store.logs_of(issue)?))
    }

    /// The last analysis that is kept, with its citations looked up again.
    pub(crate) fn kept_analysis(&self, issue: &IssueId) -> Result<Option<Analysis>, AppError> {
        let conversations = self.store.conversations(issue)?;
        let Some(last) = conversations.iter().rev().find(|c| c.title.as_deref() == Some(ANALYSIS_TITLE)) else {
            return Ok(None);
        };
        let messages = self.store.messages(&last.id)?;
        let Some(answer) = messages.iter().rev().find(|m| m.role == Role::Assistant.as_str()) else { return Ok(None) };
        // A log that came later and is not redacted yet says nothing about what was cited then.
        let logs = self.store.logs_of(issue)?;
        let clear =
            logs.iter().map(|log| (log.content_hash.clone().unwrap_or_default(), (log.id.clone(), OnceLock::new())));
        let clear = clear.collect();
        let redacted: Vec<LogFile> = logs.into_iter().filter(|log| log.redacted).collect();
        let mut guard = self.guard_of(issue, Rule::Redact, "reading the kept analysis")?;
        let copies = self.material_of(redacted, &mut guard)?;
        Ok(read_analysis(&answer.content, &Kept { app: self, copies, clear }).ok())
    }

    /// Reads the text of all logs of an issue, as it may go to a provider.
    pub(crate) fn material(&self, issue: &IssueId, provider: Option<&str>) -> Result<Material, AppError> {
        let name = self.provider_id(provider)?;
        let mut guard = self.guard_of(issue, self.provider_rule(&name)?, &format!("asking {name}"))?;
        let logs = self.store.logs_of(issue)?;
        for log in &logs {
            if !log.redacted && !matches!(guard.rule(), Rule::Local(_)) {
                return Err(AppError::failed(
                    "not_redacted",
                    format!("analysing log {}: it is not redacted yet", log.file_name),
                )
                .hint(format!("trcaa pii detect {0} && trcaa pii apply {0}", log.id)));
            }
        }
        if logs.is_empty() {
            return Err(AppError::failed("no_logs", "analysing the issue: it has no logs")
                .hint(format!("attach one: trcaa log add {issue} FILE")));
        }
        self.material_of(logs, &mut guard)
    }

    fn material_of(&self, logs: Vec<LogFile>, guard: &mut IssueGuard<'_>) -> Result<Material, AppError> {
        let mut material = Material { logs: Vec::new(), line_starts: HashMap::new(), rule: guard.rule().clone() };
        for log in logs {
            let text = match guard.rule() {
                Rule::Local(_) => guard.clear_log(&self.log_text(&log.id)?)?,
                _ => {
                    let copy = self.store.read_redacted_text(&log.id)?;
                    guard.copy(&log.id, &format!("log {}", log.id), &copy)?
                }
            };
            let digest = log.content_hash.clone().unwrap_or_default();
            material.line_starts.insert(digest, (material.logs.len(), line_starts(text.as_str())));
            material.logs.push((log, text));
        }
        Ok(material)
    }

    fn ask(&self, issue: &IssueId, material: &Material, provider: Option<&str>, task: Task) -> Result<Asked, AppError> {
        let chosen = self.chosen(provider, issue)?;
        if chosen.rule != material.rule {
            let problem = format!("asking {}: its policy was changed meanwhile, and nothing was sent", chosen.name);
            return Err(AppError::failed("policy_changed", problem).hint("do it again"));
        }
        let mut guard = self.guard_of(issue, chosen.rule.clone(), &format!("asking {}", chosen.name))?;
        let title = self.store.issue(issue)?.title;
        let title = guard.text("the issue's title", &title, Origin::Redacted, TITLE_BYTES_MAX)?;
        let history = self.history(issue)?;
        let history = guard.text("an answer so far", &history, Origin::Redacted, HISTORY_BYTES_MAX)?;
        let prompt = task.prompt(&title, &history);
        let mut parts = vec![Part::Text(prompt.clone())];
        let share = chosen.text_bytes_max / material.logs.len().max(1);
        for (log, text) in &material.logs {
            let name = guard.text("the name of a log", &log.file_name, Origin::Raw, NAME_BYTES_MAX)?;
            for chosen in excerpt::choose(text.as_str(), share) {
                let text = text
                    .part(chosen.bytes)
                    .ok_or_else(|| AppError::failed("excerpt", "choosing lines of a log: they cut a character"))?;
                guard.seen(&text);
                parts.push(Part::Log(LogExcerpt {
                    name: name.clone(),
                    digest: log.content_hash.clone().unwrap_or_default(),
                    first_line: chosen.first_line,
                    text,
                }));
            }
        }
        let request = ChatRequest {
            model: chosen.model.clone(),
            messages: vec![
                Message { role: Role::System, parts: vec![Part::Text(Guard::pass_own(FRAME))] },
                Message { role: Role::User, parts },
            ],
            output: OutputFormat::JsonSchema(task.schema()),
            max_output_tokens: chosen.max_output_tokens,
            temperature: chosen.temperature,
            extra: task.extra(),
            ..ChatRequest::default()
        };
        let question = Question::new(&request);
        drop(request);
        self.audit_send(issue, material, &chosen, &question, &guard.hidden())?;
        self.progress.begin("analysing", None);
        let answer = self.ask_provider(&chosen, &question);
        self.progress.end();
        let answer = answer?;
        Ok(Asked {
            provider: chosen.name,
            model: chosen.model,
            prompt: prompt.into_string(),
            tokens: answer.usage.map_or((0, 0), |usage| (usage.input_tokens, usage.output_tokens)),
            is_cut: answer.finish == Finish::Length,
            answer: answer.text,
        })
    }

    fn audit_send(
        &self,
        issue: &IssueId,
        material: &Material,
        chosen: &Chosen,
        question: &Question,
        types: &[&str],
    ) -> Result<(), AppError> {
        let logs: Vec<&str> = material.logs.iter().map(|(log, _)| log.id.as_str()).collect();
        let record = AuditRecord {
            action: "ai_send",
            entity_type: "issue",
            entity_id: issue.to_string(),
            details: serde_json::json!({
                "sha256": question.sha256(), "log_file_ids": logs, "provider": chosen.name, "model": chosen.model,
                "redacted_types": types, "policy": chosen.rule.policy(),
            }),
        };
        self.store.write(|tx| tx.audit(&record))?;
        Ok(())
    }

    fn history(&self, issue: &IssueId) -> Result<String, AppError> {
        let steps = self.store.steps(issue)?;
        let line = |step: &ResolutionStep| {
            format!(
                "Why {}: {}\n{}\n",
                step.step_order,
                step.why_question,
                step.answer.as_deref().unwrap_or("(not answered)")
            )
        };
        Ok(steps.iter().map(line).collect())
    }
}

struct Asked {
    provider: String,
    model: String,
    prompt: String,
    answer: String,
    tokens: (u64, u64),
    /// Whether the limit of tokens ended it.
    is_cut: bool,
}

impl Asked {
    fn nonsense(&self, problem: &str) -> AppError {
        let cut = if self.is_cut { "; the limit of tokens cut it off" } else { "" };
        let error =
            AppError::failed("bad_answer", format!("reading the answer of provider {}: {problem}{cut}", self.provider));
        let error = if self.is_cut { error.hint("allow more with: --set max_tokens=N") } else { error };
        error.hint("try again, a larger model, or another provider: --provider offline-analyst")
    }

    fn keep(&self, tx: &Tx<'_>, issue: &IssueId, title: &str) -> Result<(), StoreError> {
        let conversation = tx.insert_conversation(issue, &self.provider, &self.model, Some(title))?;
        tx.insert_message(&conversation.id, Role::System, FRAME, 0)?;
        tx.insert_message(&conversation.id, Role::User, &self.prompt, self.tokens.0)?;
        tx.insert_message(&conversation.id, Role::Assistant, &self.answer, self.tokens.1)?;
        Ok(())
    }
}

fn next_question(steps: &[ResolutionStep]) -> String {
    match steps.last().and_then(|step| step.answer.as_deref()) {
        Some(answer) => format!("Why: {}", trcaa_redact::cut(answer, 300)),
        None => "Why did it happen?".into(),
    }
}

fn evidence_text(why: &WhyAnswer, names: &LogNames) -> String {
    if why.evidence.is_empty() {
        return "assumed: no line of the logs shows this".into();
    }
    let mut lines: Vec<String> = why.evidence.iter().map(|citation| names.shown(citation)).collect();
    if why.assumed {
        lines.push("assumed: part of the answer goes beyond these lines".into());
    }
    lines.join("\n")
}

/// Bytes of a question in the timeline: its metadata are bounded.
const QUESTION_BYTES_MAX: usize = 2_000;

fn store_why(
    tx: &Tx<'_>,
    issue: &IssueId,
    level: u8,
    question: &str,
    answer: &str,
    evidence: &str,
) -> Result<ResolutionStep, StoreError> {
    let step = tx.upsert_step(issue, level, question, Some(answer), Some(evidence))?;
    let happening = Happening::WhyLevelAdvanced {
        from_level: level - 1,
        to_level: level,
        question: fitted(trcaa_redact::cut(question, QUESTION_BYTES_MAX)).to_owned(),
    };
    let audit = AuditRecord {
        action: "answer_why",
        entity_type: "issue",
        entity_id: issue.to_string(),
        details: serde_json::json!({"level": level}),
    };
    tx.happened(issue, &happening, &format!("Why {level} answered"), &audit)?;
    Ok(step)
}
