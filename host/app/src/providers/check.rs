//! Asking: with progress, with tries, and the small question by which a connection is tested.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use trcaa_model::audit::AuditRecord;
use trcaa_model::chat::{ChatAnswer, ChatEvent, ChatRequest, Message, Part, Role};
use trcaa_redact::Guard;
use trcaa_runtime::{EventListener, Question};

use super::{Chosen, failure, retry};
use crate::progress::Progress;
use crate::{App, AppError};

/// How often a wait looks whether it was called off.
const LOOK: Duration = Duration::from_millis(50);
/// Characters of the answer's end that the progress shows.
const TAIL_CHARS: usize = 40;
/// What a connection is tested with. The question names nobody and nothing.
const TEST_FRAME: &str = "You are being asked whether you work.";
const TEST_QUESTION: &str = "Answer with the word ok.";
/// Tokens of the answer to it: models that reason spend some before the first word.
const TEST_TOKENS_MAX: u32 = 256;
/// Characters of that answer that are shown.
const SHOWN_CHARS_MAX: usize = 100;

/// What a test of a connection showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestResult {
    /// Whether it answered.
    pub success: bool,
    /// What it answered, or why it did not.
    pub message: String,
    /// From the question to the end of the answer.
    pub latency_ms: u64,
    /// The model that answered, as far as the server says.
    pub model: String,
    /// Code of the failure.
    pub code: Option<&'static str>,
    /// What to do about it.
    pub hints: Vec<String>,
}

impl TestResult {
    fn failed(error: AppError, latency_ms: u64, model: String) -> Self {
        // That it can be tested is known to who tests it.
        let hints = error.hints.into_iter().filter(|hint| !hint.contains("trcaa provider test")).collect();
        Self { success: false, message: error.message, latency_ms, model, code: Some(error.code), hints }
    }
}

impl App {
    /// Asks, and asks again where that may help. Tells the progress what comes.
    pub(crate) fn ask_provider(&self, chosen: &Chosen, question: &Question) -> Result<ChatAnswer, AppError> {
        let begun = Instant::now();
        let budget = Duration::from_millis(chosen.provider.plugin().limits().wall_ms_max);
        let mut tries = 0;
        loop {
            tries += 1;
            let emitted = Arc::new(AtomicBool::new(false));
            let listener = listener(Arc::clone(&emitted), Arc::clone(&self.progress));
            let error = match chosen.provider.complete(question, Some(listener)) {
                Ok(answer) => return failure::unusable(&answer, chosen).map_or(Ok(answer), Err),
                Err(error) => error,
            };
            let so_far =
                retry::SoFar { tries, emitted: emitted.load(Ordering::Relaxed), spent: begun.elapsed(), budget };
            let Some(wait) = retry::wait(&error, so_far, self.store.entropy()) else {
                let told = failure::told(&error, chosen);
                return Err(if tries > 1 { told.hint(format!("it was asked {tries} times")) } else { told });
            };
            self.progress.note(&format!("{}: trying again in {:.1} s", error.fault, wait.as_secs_f64()));
            self.pause(wait)?;
        }
    }

    /// Waits, unless it is called off.
    fn pause(&self, wait: Duration) -> Result<(), AppError> {
        let begun = Instant::now();
        loop {
            if self.plugins.context().cancel.is_cancelled() {
                return Err(AppError::failed("cancelled", "waiting to ask again: it was called off"));
            }
            let Some(left) = wait.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else { return Ok(()) };
            std::thread::sleep(left.min(LOOK));
        }
    }

    /// Asks a connection a small question, once. A server that fails is an answer and no error.
    ///
    /// # Errors
    /// There is no such connection, or it can't be set up.
    pub fn test_provider(&self, name: &str) -> Result<TestResult, AppError> {
        let row = self.provider_row(name)?;
        let chosen = self.connected(row, None)?;
        let own = |words| vec![Part::Text(Guard::pass_own(words))];
        let question = Question::new(&ChatRequest {
            model: chosen.model.clone(),
            messages: vec![
                Message { role: Role::System, parts: own(TEST_FRAME) },
                Message { role: Role::User, parts: own(TEST_QUESTION) },
            ],
            max_output_tokens: Some(chosen.max_output_tokens.unwrap_or(TEST_TOKENS_MAX).min(TEST_TOKENS_MAX)),
            ..ChatRequest::default()
        });
        self.store.write(|tx| {
            tx.audit(&AuditRecord {
                action: "provider_tested",
                entity_type: "provider",
                entity_id: name.to_owned(),
                details: serde_json::json!({
                    "model": chosen.model, "sha256": question.sha256(), "policy": chosen.rule.policy(),
                }),
            })
        })?;
        self.progress.begin(&format!("asking {name}"), None);
        let begun = Instant::now();
        let answer = chosen.provider.complete(&question, None);
        let latency_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.progress.end();
        let answered_by = |answer: &ChatAnswer| answer.extra.iter().find(|(n, _)| n == "model").map(|(_, m)| m.clone());
        Ok(match answer {
            Ok(answer) => match failure::unusable(&answer, &chosen) {
                Some(error) => TestResult::failed(error, latency_ms, chosen.model),
                None => {
                    let said: String = answer.text.trim().chars().take(SHOWN_CHARS_MAX).collect();
                    let model = answered_by(&answer).unwrap_or(chosen.model);
                    let message = format!("it answered {said:?}");
                    TestResult { success: true, message, latency_ms, model, code: None, hints: Vec::new() }
                }
            },
            Err(error) => {
                let told = failure::told(&error, &chosen);
                TestResult::failed(told, latency_ms, chosen.model)
            }
        })
    }
}

/// Shows what comes: how much, and the end of it.
fn listener(emitted: Arc<AtomicBool>, progress: Arc<dyn Progress>) -> EventListener {
    let mut pieces = 0_u64;
    let mut tail = String::new();
    Box::new(move |event| {
        emitted.store(true, Ordering::Relaxed);
        let (kind, text) = match event {
            ChatEvent::Text(text) => ("answering", text),
            ChatEvent::Reasoning(text) => ("thinking", text),
            _ => return,
        };
        pieces += 1;
        tail.push_str(text);
        let skip = tail.chars().count().saturating_sub(TAIL_CHARS);
        tail = tail.chars().skip(skip).map(|c| if c.is_control() { ' ' } else { c }).collect();
        progress.note(&format!("{kind}, {pieces} pieces: …{tail}"));
    })
}
