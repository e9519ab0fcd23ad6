//! From the chunks of an answer to events.
//!
//! Invariants: the order of events is that of the chunks; a tool call is begun once, with its name, before its
//! arguments; what is held back until a name comes is bounded; an answer without an end is an error.

use serde_json::Value;
use trcaa_sdk::Error;
use trcaa_sdk::ai::{Completion, Event, Finish, Usage};

use crate::failure::{Failure, nonsense};

/// Most tool calls of one answer.
const CALLS_MAX: usize = 128;
/// Most bytes of arguments that are held back until their call has a name, over all calls.
const HELD_BYTES_MAX: usize = 64 << 10;
/// Most bytes of a refusal's words that are kept.
const REFUSAL_BYTES_MAX: usize = 4 << 10;
/// Most bytes of an id that a server gives.
const ID_BYTES_MAX: usize = 200;

#[derive(Debug, Default)]
struct Call {
    /// The server's number of it.
    index: u64,
    id: String,
    /// Arguments that came before the name; `None` once the call has begun.
    held: Option<String>,
    ended: bool,
}

/// The state between two chunks.
#[derive(Debug, Default)]
pub struct Answer {
    calls: Vec<Call>,
    held_bytes: usize,
    finish: Option<Finish>,
    usage: Option<Usage>,
    id: Option<String>,
    model: Option<String>,
    refusal: String,
    is_done: bool,
}

impl Answer {
    /// Takes the data of one event of the stream.
    ///
    /// # Errors
    /// The server's error, if the chunk is one; [`Error::Other`] `bad-response` for what is no chunk at all.
    pub fn take(&mut self, data: &str) -> Result<Vec<Event>, Error> {
        let data = data.trim();
        if data.is_empty() || self.is_done {
            return Ok(Vec::new());
        }
        if data == "[DONE]" {
            self.is_done = true;
            return Ok(Vec::new());
        }
        let chunk = serde_json::from_str(data).map_err(|_| nonsense("the server sent an event that is no JSON"))?;
        self.take_chunk(&chunk)
    }

    /// Takes a whole answer, from a server that does not stream.
    ///
    /// # Errors
    /// Those of [`Answer::take`].
    pub fn take_whole(&mut self, body: &[u8]) -> Result<Vec<Event>, Error> {
        let whole: Value = serde_json::from_slice(body)
            .map_err(|_| nonsense("the server answered with something that is neither an event stream nor JSON"))?;
        if !whole.get("choices").is_some_and(Value::is_array) && whole.get("error").is_none() {
            return Err(nonsense("the server answered with JSON that is no chat completion; is the URL right?"));
        }
        self.take_chunk(&whole)
    }

    /// Whether the server said that this is all.
    pub fn is_done(&self) -> bool {
        self.is_done
    }

    fn take_chunk(&mut self, chunk: &Value) -> Result<Vec<Event>, Error> {
        if chunk.get("error").is_some_and(|error| !error.is_null()) {
            return Err(Failure::of_object(chunk).error);
        }
        if !chunk.is_object() {
            return Err(nonsense("the server sent an event that is no chunk of an answer"));
        }
        let mut events = Vec::new();
        let text = |name: &str| chunk.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        self.id = self.id.take().or_else(|| text("id").map(cut));
        self.model = self.model.take().or_else(|| text("model").map(cut));
        if let Some(counts) = chunk.get("usage").filter(|usage| usage.is_object()) {
            let counts = usage(counts);
            self.usage = Some(counts);
            events.push(Event::Usage(counts));
        }
        // Usage comes with no choice at all, and so does Azure's first chunk. Of several only the first was asked for.
        let choices = chunk.get("choices").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let first = |choice: &&Value| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
        if let Some(choice) = choices.iter().find(first) {
            if let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) {
                self.take_delta(delta, &mut events)?;
            }
            if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|text| !text.is_empty()) {
                self.finish = Some(finish(reason));
                self.end_calls(&mut events);
            }
        }
        Ok(events)
    }

    fn take_delta(&mut self, delta: &Value, events: &mut Vec<Event>) -> Result<(), Error> {
        let reasoning = ["reasoning_content", "reasoning"].iter().find_map(|name| delta.get(name)?.as_str());
        if let Some(text) = reasoning.filter(|text| !text.is_empty()) {
            events.push(Event::ReasoningDelta(text.to_owned()));
        }
        let said = match delta.get("content") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(parts)) => parts.iter().filter_map(|part| part.get("text")?.as_str()).collect(),
            _ => String::new(),
        };
        if !said.is_empty() {
            events.push(Event::TextDelta(said));
        }
        if let Some(words) = delta.get("refusal").and_then(Value::as_str) {
            let room = REFUSAL_BYTES_MAX.saturating_sub(self.refusal.len());
            self.refusal.push_str(head(words, room));
        }
        let calls = delta.get("tool_calls").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for (position, call) in calls.iter().enumerate() {
            self.take_call(call, position, events)?;
        }
        Ok(())
    }

    fn take_call(&mut self, piece: &Value, position: usize, events: &mut Vec<Event>) -> Result<(), Error> {
        let index = piece.get("index").and_then(Value::as_u64).unwrap_or(position as u64);
        let id = piece.get("id").and_then(Value::as_str).unwrap_or_default();
        let function = piece.get("function").unwrap_or(&Value::Null);
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let arguments = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            Some(whole @ Value::Object(_)) => whole.to_string(),
            _ => String::new(),
        };
        // The last of that number: some servers number all calls 0 and tell them apart by their ids.
        let known = self.calls.iter().rposition(|call| call.index == index);
        let known =
            known.filter(|at| self.calls.get(*at).is_some_and(|c| id.is_empty() || c.id.is_empty() || c.id == cut(id)));
        let at = match known {
            Some(at) => at,
            None if self.calls.len() >= CALLS_MAX => {
                return Err(nonsense("the server asks for more than 128 tools at once"));
            }
            None => {
                self.calls.push(Call { index, held: Some(String::new()), ..Call::default() });
                self.calls.len() - 1
            }
        };
        let number = u32::try_from(at).unwrap_or(u32::MAX);
        let Some(call) = self.calls.get_mut(at).filter(|call| !call.ended) else { return Ok(()) };
        if call.id.is_empty() {
            call.id = cut(id);
        }
        let Some(held) = &mut call.held else {
            if !arguments.is_empty() {
                events.push(Event::ToolCallDelta((number, arguments)));
            }
            return Ok(());
        };
        self.held_bytes += arguments.len();
        if self.held_bytes > HELD_BYTES_MAX {
            return Err(nonsense("the server sends arguments of a tool without its name"));
        }
        held.push_str(&arguments);
        if name.is_empty() {
            return Ok(());
        }
        if call.id.is_empty() {
            call.id = format!("call_{number}");
        }
        events.push(Event::ToolCallStart((number, call.id.clone(), cut(name))));
        let held = call.held.take().unwrap_or_default();
        self.held_bytes = self.held_bytes.saturating_sub(held.len());
        if !held.is_empty() {
            events.push(Event::ToolCallDelta((number, held)));
        }
        Ok(())
    }

    fn end_calls(&mut self, events: &mut Vec<Event>) {
        for (number, call) in (0_u32..).zip(&mut self.calls) {
            if call.held.is_none() && !call.ended {
                call.ended = true;
                events.push(Event::ToolCallEnd(number));
            }
        }
    }

    /// Ends the answer.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the server stopped in the middle.
    pub fn end(mut self) -> Result<(Vec<Event>, Completion), Error> {
        let Some(finish) = self.finish.or_else(|| self.is_done.then_some(Finish::Stop)) else {
            return Err(Error::Unavailable("the stream was cut off before the answer was complete".into()));
        };
        let mut events = Vec::new();
        self.end_calls(&mut events);
        let has_calls = self.calls.iter().any(|call| call.ended);
        // Some servers say `stop` although they ask for tools.
        let finish = match finish {
            _ if !self.refusal.is_empty() => Finish::Refusal,
            Finish::Stop if has_calls => Finish::ToolCalls,
            other => other,
        };
        let mut extra = Vec::new();
        extra.extend(self.model.map(|model| ("model".to_owned(), model)));
        extra.extend(Some(self.refusal).filter(|words| !words.is_empty()).map(|words| ("refusal".to_owned(), words)));
        Ok((events, Completion { finish, usage: self.usage, response_id: self.id, extra }))
    }
}

fn finish(reason: &str) -> Finish {
    match reason {
        "stop" | "eos" | "end_turn" => Finish::Stop,
        "length" | "max_tokens" => Finish::Length,
        "tool_calls" | "function_call" => Finish::ToolCalls,
        "content_filter" => Finish::ContentFilter,
        _ => Finish::Other,
    }
}

fn usage(counts: &Value) -> Usage {
    let count = |path: &[&str]| {
        path.iter().try_fold(counts, |value, name| value.get(name)).and_then(Value::as_u64).unwrap_or(0)
    };
    Usage {
        input_tokens: count(&["prompt_tokens"]),
        output_tokens: count(&["completion_tokens"]),
        cached_input_tokens: count(&["prompt_tokens_details", "cached_tokens"]),
        reasoning_tokens: count(&["completion_tokens_details", "reasoning_tokens"]),
    }
}

fn cut(text: &str) -> String {
    head(text, ID_BYTES_MAX).to_owned()
}

/// At most `bytes_max` bytes of whole characters.
fn head(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
