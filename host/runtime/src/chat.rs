//! Chat between the model's shapes and the WIT's. No decision is made here but one: an event has a weight, and an
//! answer is put together from events only if they fit each other.

use trcaa_model::chat::{
    ChatAnswer, ChatEvent, ChatRequest, Finish, Message, ModelInfo, OutputFormat, Part, Reasoning, Role, ToolChoice,
    Usage, WantedCall,
};

use crate::bindings::ai::trcaa::ai::chat as wit;
use crate::call::CallContext;
use crate::error::{Fault, plain};

/// Most calls that one answer asks for: more than any tool loop would run.
const TOOL_CALLS_MAX: usize = 128;
/// Most bytes of a call's id or of a tool's name.
const CALL_NAME_BYTES_MAX: usize = 256;
/// Most models of one connection: aggregators list some hundreds.
const MODELS_MAX: usize = 5_000;
/// Most characters of a model's id or name.
const MODEL_CHARS_MAX: usize = 256;
/// Most names and values that are kept beside an answer or a model.
const EXTRA_MAX: usize = 32;
/// Most characters of one of them.
const EXTRA_CHARS_MAX: usize = 400;

/// What a guest gets of a request.
pub(crate) fn request(request: &ChatRequest) -> wit::Request {
    wit::Request {
        model: request.model.clone(),
        messages: request.messages.iter().map(message).collect(),
        tools: request
            .tools
            .iter()
            .map(|tool| wit::Tool {
                name: tool.name.clone(),
                description: tool.description.as_str().to_owned(),
                input_schema: tool.input_schema.as_str().to_owned(),
            })
            .collect(),
        tool_choice: match &request.tool_choice {
            _ if request.tools.is_empty() => wit::ToolChoice::None,
            ToolChoice::Auto => wit::ToolChoice::Auto,
            ToolChoice::None => wit::ToolChoice::None,
            ToolChoice::Required => wit::ToolChoice::Required,
            ToolChoice::Named(name) => wit::ToolChoice::Named(name.clone()),
        },
        output: match &request.output {
            OutputFormat::Text => wit::OutputFormat::Text,
            OutputFormat::JsonObject => wit::OutputFormat::JsonObject,
            OutputFormat::JsonSchema(schema) => wit::OutputFormat::JsonSchema(schema.clone()),
        },
        max_output_tokens: request.max_output_tokens,
        temperature: request.temperature,
        top_p: request.top_p,
        stop: request.stop.iter().map(|text| text.as_str().to_owned()).collect(),
        seed: request.seed,
        extra: request.extra.iter().map(|(name, value)| (name.clone(), value.as_str().to_owned())).collect(),
    }
}

fn message(message: &Message) -> wit::Message {
    let role = match message.role {
        Role::System => wit::Role::System,
        Role::User => wit::Role::User,
        Role::Assistant => wit::Role::Assistant,
        Role::Tool => wit::Role::Tool,
    };
    wit::Message { role, parts: message.parts.iter().map(part).collect(), cache_hint: false }
}

fn part(part: &Part) -> wit::Part {
    match part {
        Part::Text(text) => wit::Part::Text(text.as_str().to_owned()),
        Part::Log(log) => wit::Part::Document(wit::Document {
            name: log.name.as_str().to_owned(),
            media_type: "text/plain".into(),
            digest: log.digest.clone(),
            first_line: log.first_line,
            text: log.text.as_str().to_owned(),
        }),
        Part::Image(image) => {
            wit::Part::Image(wit::Image { media_type: image.media_type.clone(), data: image.data.clone() })
        }
        Part::ToolCall(call) => wit::Part::ToolCall(wit::ToolCall {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.as_str().to_owned(),
        }),
        Part::ToolResult(result) => wit::Part::ToolResult(wit::ToolResult {
            call_id: result.call_id.clone(),
            content: result.content.as_str().to_owned(),
            is_error: result.is_error,
        }),
        Part::Reasoning(block) => wit::Part::Reasoning(wit::Reasoning {
            text: block.text.clone(),
            signature: block.signature.clone(),
            redacted: block.redacted,
        }),
    }
}

/// What a guest pushed.
pub(crate) fn event(event: wit::Event) -> ChatEvent {
    match event {
        wit::Event::TextDelta(text) => ChatEvent::Text(text),
        wit::Event::ReasoningDelta(text) => ChatEvent::Reasoning(text),
        wit::Event::ReasoningDone(block) => ChatEvent::ReasoningDone(Reasoning {
            text: block.text,
            signature: block.signature,
            redacted: block.redacted,
        }),
        wit::Event::ToolCallStart((index, id, name)) => ChatEvent::ToolCallStart { index, id, name },
        wit::Event::ToolCallDelta((index, fragment)) => ChatEvent::ToolCallDelta { index, fragment },
        wit::Event::ToolCallEnd(index) => ChatEvent::ToolCallEnd { index },
        wit::Event::Usage(counts) => ChatEvent::Usage(usage(&counts)),
        wit::Event::Other((kind, json)) => ChatEvent::Other { kind, json },
    }
}

/// What an event counts for against the limit of output.
pub(crate) fn weight_bytes(event: &ChatEvent) -> usize {
    match event {
        ChatEvent::Text(text) | ChatEvent::Reasoning(text) => text.len(),
        ChatEvent::ReasoningDone(block) => block.text.len() + block.signature.as_ref().map_or(0, String::len),
        ChatEvent::ToolCallStart { id, name, .. } => id.len() + name.len(),
        ChatEvent::ToolCallDelta { fragment, .. } => fragment.len(),
        ChatEvent::Other { kind, json } => kind.len() + json.len(),
        ChatEvent::ToolCallEnd { .. } | ChatEvent::Usage(_) => 0,
    }
}

/// Puts an answer together. Its events were searched for secrets as they came; what comes beside them, and what was
/// put together of pieces, is searched here, whole and before it is cut.
pub(crate) fn answer(
    context: &CallContext,
    completion: wit::Completion,
    events: Vec<ChatEvent>,
) -> Result<ChatAnswer, Fault> {
    let clean = |text: String| context.scrubbed(text);
    let bad = |problem: &str| Fault::BadOutput(problem.to_owned());
    let mut answer = ChatAnswer {
        finish: finish(completion.finish),
        response_id: completion.response_id.map(|id| plain(&clean(id), MODEL_CHARS_MAX)),
        extra: extra(context, completion.extra),
        ..ChatAnswer::default()
    };
    // (index, whether it ended), in the order of `tool_calls`.
    let mut open: Vec<(u32, bool)> = Vec::new();
    for event in events {
        match event {
            ChatEvent::Text(text) => answer.text.push_str(&text),
            ChatEvent::Usage(counts) => answer.usage = Some(counts),
            ChatEvent::ReasoningDone(block) => answer.reasoning.push(block),
            ChatEvent::ToolCallStart { index, id, name } => {
                if open.iter().any(|(known, _)| *known == index) {
                    return Err(bad("two tool calls have one index"));
                }
                if open.len() >= TOOL_CALLS_MAX || id.len().max(name.len()) > CALL_NAME_BYTES_MAX || name.is_empty() {
                    return Err(bad("it asks for too many tools, or a call's name or id is empty or too long"));
                }
                open.push((index, false));
                answer.tool_calls.push(WantedCall { id, name, arguments: String::new() });
            }
            ChatEvent::ToolCallDelta { index, fragment } => {
                let at = open.iter().position(|(known, ended)| *known == index && !ended);
                let Some(call) = at.and_then(|at| answer.tool_calls.get_mut(at)) else {
                    return Err(bad("arguments of a tool call that did not begin or is over"));
                };
                call.arguments.push_str(&fragment);
            }
            ChatEvent::ToolCallEnd { index } => {
                match open.iter_mut().find(|(known, ended)| *known == index && !ended) {
                    Some((_, ended)) => *ended = true,
                    None => return Err(bad("the end of a tool call that did not begin or is over")),
                }
            }
            ChatEvent::Reasoning(_) | ChatEvent::Other { .. } => {}
        }
    }
    if let Some(counts) = completion.usage {
        answer.usage = Some(usage(&counts));
    }
    // Tokens that were renewed during the call are not known to a search that began before.
    answer.text = clean(answer.text);
    for call in &mut answer.tool_calls {
        call.arguments = clean(std::mem::take(&mut call.arguments));
    }
    Ok(answer)
}

/// What a connection offers.
pub(crate) fn models(context: &CallContext, models: Vec<wit::Model>) -> Result<Vec<ModelInfo>, Fault> {
    if models.len() > MODELS_MAX {
        return Err(Fault::BadOutput(format!("it lists more than {MODELS_MAX} models")));
    }
    let known = models.into_iter().filter(|model| !model.id.trim().is_empty());
    Ok(known
        .map(|model| ModelInfo {
            id: plain(&context.scrubbed(model.id), MODEL_CHARS_MAX),
            display_name: plain(&context.scrubbed(model.display_name), MODEL_CHARS_MAX),
            context_tokens: model.context_tokens,
            max_output_tokens: model.max_output_tokens,
            features: model
                .features
                .into_iter()
                .take(EXTRA_MAX)
                .map(|feature| plain(&context.scrubbed(feature), 64))
                .collect(),
        })
        .collect())
}

fn extra(context: &CallContext, pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    let cut = |text: String| plain(&context.scrubbed(text), EXTRA_CHARS_MAX);
    pairs.into_iter().take(EXTRA_MAX).map(|(name, value)| (cut(name), cut(value))).collect()
}

fn usage(counts: &wit::Usage) -> Usage {
    Usage {
        input_tokens: counts.input_tokens,
        output_tokens: counts.output_tokens,
        cached_input_tokens: counts.cached_input_tokens,
        reasoning_tokens: counts.reasoning_tokens,
    }
}

fn finish(finish: wit::Finish) -> Finish {
    match finish {
        wit::Finish::Stop => Finish::Stop,
        wit::Finish::Length => Finish::Length,
        wit::Finish::ToolCalls => Finish::ToolCalls,
        wit::Finish::ContentFilter => Finish::ContentFilter,
        wit::Finish::Refusal => Finish::Refusal,
        wit::Finish::Cancelled => Finish::Cancelled,
        wit::Finish::Other => Finish::Other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ports::{Ports, ScrubPort, TextScrub};

    fn put_together(events: Vec<ChatEvent>) -> Result<ChatAnswer, Fault> {
        let completion =
            wit::Completion { finish: wit::Finish::ToolCalls, usage: None, response_id: None, extra: Vec::new() };
        answer(&CallContext::default(), completion, events)
    }

    /// Knows one secret.
    struct Known;

    impl ScrubPort for Known {
        fn text(&self, text: &str) -> String {
            text.replace("token-4711", "[secret]")
        }
        fn stream(&self) -> Box<dyn TextScrub> {
            unreachable!("the answer is whole")
        }
        fn pieces(&self) -> Box<dyn TextScrub> {
            unreachable!("the answer is whole")
        }
    }

    #[test]
    fn no_part_of_an_answer_or_of_a_list_of_models_carries_a_secret() {
        let ports = Ports { scrub: Some(Arc::new(Known)), ..Ports::default() };
        let context = CallContext { ports, ..CallContext::default() };
        let secret = || "a token-4711".to_owned();
        // The search of a call that renewed its token meanwhile, or has more calls than are searched, finds no halves.
        let pieces = |piece: fn(String) -> ChatEvent| ["a token", "-4711"].map(|text| piece(text.to_owned()));
        let mut events = vec![start(0)];
        events.extend(pieces(|fragment| ChatEvent::ToolCallDelta { index: 0, fragment }));
        events.extend(pieces(ChatEvent::Text));
        // Cut before the search, the secret would be a half.
        let long = format!("{}token-4711", "x".repeat(EXTRA_CHARS_MAX - 6));
        let extra = vec![(secret(), secret()), ("long".into(), long)];
        let completion = wit::Completion { finish: wit::Finish::Stop, usage: None, response_id: Some(secret()), extra };
        let told = format!("{:?}", answer(&context, completion, events).unwrap());
        assert_eq!((told.matches("[secret]").count(), told.contains("token-")), (5, false), "{told}");
        let model = wit::Model {
            id: secret(),
            display_name: secret(),
            context_tokens: None,
            max_output_tokens: None,
            features: vec![secret()],
            extra: Vec::new(),
        };
        let told = format!("{:?}", models(&context, vec![model]).unwrap());
        assert_eq!((told.matches("[secret]").count(), told.contains("token-")), (3, false), "{told}");
    }

    fn start(index: u32) -> ChatEvent {
        ChatEvent::ToolCallStart { index, id: format!("call-{index}"), name: "search".into() }
    }

    fn delta(index: u32, fragment: &str) -> ChatEvent {
        ChatEvent::ToolCallDelta { index, fragment: fragment.into() }
    }

    #[test]
    fn calls_whose_pieces_come_mixed_are_put_together_by_their_index() {
        let end = |index| ChatEvent::ToolCallEnd { index };
        let events = vec![start(1), start(0), delta(0, "{\"a\""), delta(1, "{}"), delta(0, ":1}"), end(0), end(1)];
        let calls = put_together(events).unwrap().tool_calls;
        let told: Vec<(&str, &str)> = calls.iter().map(|c| (c.id.as_str(), c.arguments.as_str())).collect();
        assert_eq!(told, [("call-1", "{}"), ("call-0", "{\"a\":1}")]);
    }

    #[test]
    fn pieces_that_do_not_fit_are_not_believed() {
        let end = ChatEvent::ToolCallEnd { index: 0 };
        let unnamed = ChatEvent::ToolCallStart { index: 0, id: "x".into(), name: String::new() };
        for events in [
            vec![delta(0, "{}")],
            vec![end.clone()],
            vec![start(0), start(0)],
            vec![start(0), end.clone(), delta(0, "x")],
            vec![start(0), end.clone(), end],
            vec![unnamed],
            (0..=128).map(start).collect(),
        ] {
            assert!(matches!(put_together(events.clone()), Err(Fault::BadOutput(_))), "{events:?}");
        }
        assert_eq!(put_together((0..128).map(start).collect()).unwrap().tool_calls.len(), 128);
    }
}
