//! Asking a provider about an issue's logs, and keeping what it says.
//!
//! Invariants: `ai_send` is in the audit trail, with the SHA-256 of the request, before the provider gets it; a log
//! that is not redacted is not sent; every cited line was looked up before the claim is stored.

use std::collections::HashMap;

use sha2::{Digest, Sha256};
use trcaa_model::attachment::LogFile;
use trcaa_model::audit::AuditRecord;
use trcaa_model::chat::{ChatRequest, Finish, LogExcerpt, Message, OutputFormat, Part, Role};
use trcaa_model::id::IssueId;
use trcaa_model::issue::ResolutionStep;
use trcaa_model::timeline::Happening;
use trcaa_redact::Origin;
use trcaa_store::{StoreError, Tx};

use crate::issues::record_root_cause;
use crate::moments::fitted;
use crate::protocol::{Analysis, FRAME, Lines, LogNames, Task, WHY_LEVELS, WhyAnswer, read_analysis, read_whys};
use crate::{App, AppError, excerpt};

/// Bytes of a prompt.
const PROMPT_BYTES_MAX: usize = 64 << 10;
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

/// The redacted text of an issue's logs, in memory for one investigation.
pub(crate) struct Material {
    logs: Vec<(LogFile, String)>,
    line_starts: HashMap<String, (usize, Vec<usize>)>,
}

impl Lines for Material {
    fn line(&self, digest: &str, number: u32) -> Option<&str> {
        let (log, starts) = self.line_starts.get(digest)?;
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = *starts.get(index)?;
        let text = &self.logs.get(*log)?.1;
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        Some(text.get(start..end)?.trim_end_matches(['\n', '\r']))
    }
}

impl App {
    /// Analyses an issue's redacted logs and keeps the answer; names the root cause if the evidence does.
    ///
    /// # Errors
    /// No log, a log that is not redacted, a provider that fails or answers nonsense.
    pub fn analyze(&self, issue: &IssueId, provider: Option<&str>) -> Result<Analysis, AppError> {
        let material = self.material(issue)?;
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
                let material = self.material(issue)?;
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
        let redacted: Vec<LogFile> = self.store.logs_of(issue)?.into_iter().filter(|log| log.redacted).collect();
        let material = self.material_of(redacted)?;
        Ok(read_analysis(&answer.content, &material).ok())
    }

    /// Reads the redacted text of all logs of an issue.
    pub(crate) fn material(&self, issue: &IssueId) -> Result<Material, AppError> {
        let logs = self.store.logs_of(issue)?;
        for log in &logs {
            if !log.redacted {
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
        self.material_of(logs)
    }

    fn material_of(&self, logs: Vec<LogFile>) -> Result<Material, AppError> {
        let mut material = Material { logs: Vec::new(), line_starts: HashMap::new() };
        for log in logs {
            let text = self.store.read_redacted_text(&log.id)?;
            let starts =
                std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).filter(|at| *at < text.len());
            let digest = log.content_hash.clone().unwrap_or_default();
            material.line_starts.insert(digest, (material.logs.len(), starts.collect()));
            material.logs.push((log, text));
        }
        Ok(material)
    }

    fn ask(&self, issue: &IssueId, material: &Material, provider: Option<&str>, task: Task) -> Result<Asked, AppError> {
        let chosen = self.chosen(provider, issue)?;
        let history = self.history(issue)?;
        let title = self.store.issue(issue)?.title;
        let mut pseudonyms = self.pseudonyms(issue)?;
        let prompt =
            self.guard(issue, &mut pseudonyms, &task.prompt(&title, &history), Origin::Redacted, PROMPT_BYTES_MAX)?;
        let frame = self.guard_copy(FRAME, &mut pseudonyms)?;
        let mut parts = vec![Part::Text(prompt.clone())];
        let share = chosen.text_bytes_max / material.logs.len().max(1);
        for (log, text) in &material.logs {
            let name = self.guard(issue, &mut pseudonyms, &log.file_name, Origin::Raw, NAME_BYTES_MAX)?;
            for chosen in excerpt::choose(text, share) {
                parts.push(Part::Log(LogExcerpt {
                    name: name.clone(),
                    digest: log.content_hash.clone().unwrap_or_default(),
                    first_line: chosen.first_line,
                    text: self.guard_copy(chosen.text, &mut pseudonyms)?,
                }));
            }
        }
        let mut types: Vec<String> = self.store.pseudonyms(issue)?.into_iter().map(|p| p.label).collect();
        types.dedup();
        let request = ChatRequest {
            model: chosen.model.clone(),
            messages: vec![
                Message { role: Role::System, parts: vec![Part::Text(frame)] },
                Message { role: Role::User, parts },
            ],
            output: OutputFormat::JsonSchema(task.schema()),
            max_output_tokens: chosen.max_output_tokens,
            temperature: chosen.temperature,
            extra: task.extra(),
            ..ChatRequest::default()
        };
        self.audit_send(issue, material, &chosen.name, &request, &types)?;
        self.progress.begin("analysing", None);
        let answer = self.ask_provider(&chosen, &request);
        self.progress.end();
        let answer = answer?;
        Ok(Asked {
            provider: chosen.name,
            model: request.model,
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
        provider: &str,
        request: &ChatRequest,
        types: &[String],
    ) -> Result<(), AppError> {
        let logs: Vec<&str> = material.logs.iter().map(|(log, _)| log.id.as_str()).collect();
        let record = AuditRecord {
            action: "ai_send",
            entity_type: "issue",
            entity_id: issue.to_string(),
            details: serde_json::json!({
                "sha256": request_digest(request), "log_file_ids": logs, "provider": provider, "model": request.model, "redacted_types": types,
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

/// SHA-256 over every part of the request, each preceded by its length, so that no two requests give the same bytes.
fn request_digest(request: &ChatRequest) -> String {
    let mut hasher = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    add(request.model.as_bytes());
    // The rest of what is not a message, in the one form that these types have as text.
    add(format!("{:?} {:?} {:?}", request.output, request.tools, request.tool_choice).as_bytes());
    let limits = (request.max_output_tokens, request.temperature, request.top_p, request.seed);
    add(format!("{limits:?} {:?}", request.stop).as_bytes());
    for (name, value) in &request.extra {
        add(name.as_bytes());
        add(value.as_bytes());
    }
    for message in &request.messages {
        add(message.role.as_str().as_bytes());
        for part in &message.parts {
            match part {
                Part::Text(text) => add(text.as_str().as_bytes()),
                Part::Log(log) => {
                    add(log.name.as_str().as_bytes());
                    add(log.digest.as_bytes());
                    add(&log.first_line.to_be_bytes());
                    add(log.text.as_str().as_bytes());
                }
                Part::Image(image) => {
                    add(image.media_type.as_bytes());
                    add(&image.data);
                }
                Part::ToolCall(call) => {
                    for text in [call.id.as_str(), &call.name, call.arguments.as_str()] {
                        add(text.as_bytes());
                    }
                }
                Part::ToolResult(result) => {
                    add(result.call_id.as_bytes());
                    add(result.content.as_str().as_bytes());
                }
                Part::Reasoning(block) => add(format!("{block:?}").as_bytes()),
            }
        }
    }
    hex::encode(hasher.finalize())
}
