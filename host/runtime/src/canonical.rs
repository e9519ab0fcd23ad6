//! The bytes of a question: what a provider was given, in the one form that is hashed for the audit trail.
//!
//! Form: `trcaa-question/1`, a line feed, then one JSON object without white space. Its keys are the fields of `request`
//! in `wit/ai` in their order, with `_` for `-`; an absent value is `null`; a variant is its name, or an object of one key
//! where it carries something; a tuple is an array; bytes are hex digits. Numbers and texts are as serde_json writes
//! them: the shortest number that reads the same, and no character escaped that need not be. It is made of the very value
//! that is lowered into the guest, so that it can't tell anything else.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::bindings::ai::trcaa::ai::chat as wit;

/// First line of the form.
const FORMAT: &str = "trcaa-question/1\n";

/// The whole form.
pub(crate) fn bytes(request: &wit::Request) -> Vec<u8> {
    let mut out = FORMAT.as_bytes().to_vec();
    serde_json::to_writer(&mut out, &Question::of(request)).expect("texts and numbers alone always make JSON");
    out
}

/// SHA-256 of the form, in hex.
pub(crate) fn sha256(request: &wit::Request) -> String {
    hex::encode(Sha256::digest(bytes(request)))
}

#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    tools: Vec<Tool<'a>>,
    tool_choice: ToolChoice<'a>,
    output: Output<'a>,
    max_output_tokens: Option<u32>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    stop: &'a [String],
    seed: Option<u64>,
    extra: &'a [(String, String)],
}

#[derive(Serialize)]
struct Message<'a> {
    role: Role,
    parts: Vec<Part<'a>>,
    cache_hint: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Role {
    System,
    User,
    Assistant,
    Tool,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Part<'a> {
    Text(&'a str),
    Image { media_type: &'a str, data: String },
    Document { name: &'a str, media_type: &'a str, digest: &'a str, first_line: u32, text: &'a str },
    ToolCall { id: &'a str, name: &'a str, arguments: &'a str },
    ToolResult { call_id: &'a str, content: &'a str, is_error: bool },
    Reasoning { text: &'a str, signature: Option<&'a str>, redacted: bool },
    Other(&'a str, &'a str),
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ToolChoice<'a> {
    Auto,
    None,
    Required,
    Named(&'a str),
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Output<'a> {
    Text,
    JsonObject,
    JsonSchema(&'a str),
}

impl<'a> Question<'a> {
    fn of(request: &'a wit::Request) -> Self {
        // By name, so that a field that is added is not forgotten.
        let wit::Request {
            model,
            messages,
            tools,
            tool_choice,
            output,
            max_output_tokens,
            temperature,
            top_p,
            stop,
            seed,
            extra,
        } = request;
        Self {
            model,
            messages: messages.iter().map(Message::of).collect(),
            tools: tools
                .iter()
                .map(|wit::Tool { name, description, input_schema }| Tool { name, description, input_schema })
                .collect(),
            tool_choice: match tool_choice {
                wit::ToolChoice::Auto => ToolChoice::Auto,
                wit::ToolChoice::None => ToolChoice::None,
                wit::ToolChoice::Required => ToolChoice::Required,
                wit::ToolChoice::Named(name) => ToolChoice::Named(name),
            },
            output: match output {
                wit::OutputFormat::Text => Output::Text,
                wit::OutputFormat::JsonObject => Output::JsonObject,
                wit::OutputFormat::JsonSchema(schema) => Output::JsonSchema(schema),
            },
            max_output_tokens: *max_output_tokens,
            temperature: *temperature,
            top_p: *top_p,
            stop,
            seed: *seed,
            extra,
        }
    }
}

impl<'a> Message<'a> {
    fn of(wit::Message { role, parts, cache_hint }: &'a wit::Message) -> Self {
        let role = match role {
            wit::Role::System => Role::System,
            wit::Role::User => Role::User,
            wit::Role::Assistant => Role::Assistant,
            wit::Role::Tool => Role::Tool,
        };
        Self { role, parts: parts.iter().map(Part::of).collect(), cache_hint: *cache_hint }
    }
}

impl<'a> Part<'a> {
    fn of(part: &'a wit::Part) -> Self {
        match part {
            wit::Part::Text(text) => Self::Text(text),
            wit::Part::Image(wit::Image { media_type, data }) => Self::Image { media_type, data: hex::encode(data) },
            wit::Part::Document(wit::Document { name, media_type, digest, first_line, text }) => {
                Self::Document { name, media_type, digest, first_line: *first_line, text }
            }
            wit::Part::ToolCall(wit::ToolCall { id, name, arguments }) => Self::ToolCall { id, name, arguments },
            wit::Part::ToolResult(wit::ToolResult { call_id, content, is_error }) => {
                Self::ToolResult { call_id, content, is_error: *is_error }
            }
            wit::Part::Reasoning(wit::Reasoning { text, signature, redacted }) => {
                Self::Reasoning { text, signature: signature.as_deref(), redacted: *redacted }
            }
            wit::Part::Other((kind, json)) => Self::Other(kind, json),
        }
    }
}

#[cfg(test)]
mod tests {
    use trcaa_model::chat::{ChatImage, ChatRequest, Message, OutputFormat, Part, Role};

    use super::*;

    fn question() -> ChatRequest {
        let image = Part::Image(ChatImage { media_type: "image/png".into(), data: vec![0, 255] });
        ChatRequest {
            model: "a \"model\"".into(),
            messages: vec![Message { role: Role::User, parts: vec![image] }],
            output: OutputFormat::JsonSchema("{}".into()),
            max_output_tokens: Some(7),
            temperature: Some(0.1),
            ..ChatRequest::default()
        }
    }

    #[test]
    fn the_form_is_as_it_is_described() {
        let form = String::from_utf8(bytes(&crate::chat::request(&question()))).unwrap_or_default();
        let expected = "trcaa-question/1\n{\"model\":\"a \\\"model\\\"\",\"messages\":[{\"role\":\"user\",\"parts\":\
            [{\"image\":{\"media_type\":\"image/png\",\"data\":\"00ff\"}}],\"cache_hint\":false}],\"tools\":[],\
            \"tool_choice\":\"none\",\"output\":{\"json_schema\":\"{}\"},\"max_output_tokens\":7,\"temperature\":0.1,\
            \"top_p\":null,\"stop\":[],\"seed\":null,\"extra\":[]}";
        assert_eq!(form, expected);
    }

    #[test]
    fn every_change_shows() {
        let digest = |request: &ChatRequest| sha256(&crate::chat::request(request));
        let first = digest(&question());
        for changed in [
            ChatRequest { model: "b".into(), ..question() },
            ChatRequest { messages: Vec::new(), ..question() },
            ChatRequest { output: OutputFormat::Text, ..question() },
            ChatRequest { seed: Some(0), ..question() },
            ChatRequest { top_p: Some(1.0), ..question() },
            ChatRequest { temperature: Some(0.2), ..question() },
        ] {
            assert_ne!(digest(&changed), first);
        }
        assert_eq!(digest(&question()), first);
    }
}
