//! Conversations as stored, the request that an AI provider gets, and what it answers.
//!
//! Invariant: a request holds a person's or a log's text only as [`Redacted`]; an answer is a stranger's text.

use serde::Serialize;

use crate::guard::Redacted;
use crate::id::{ConversationId, IssueId, MessageId};

/// A row of `ai_conversations`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conversation {
    /// Row id.
    pub id: ConversationId,
    /// Its issue.
    pub issue_id: IssueId,
    /// Provider name.
    pub provider: String,
    /// Model name.
    pub model: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
    /// What it is about.
    pub title: Option<String>,
}

/// A row of `ai_messages`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StoredMessage {
    /// Row id.
    pub id: MessageId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// `system`, `user`, `assistant` or `tool`.
    pub role: String,
    /// The text.
    pub content: String,
    /// As the provider counted, or 0.
    pub token_count: i64,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The frame.
    System,
    /// The analyst, through the host.
    User,
    /// The provider.
    Assistant,
    /// The results of the calls that the provider asked for.
    Tool,
}

impl Role {
    /// The text of `ai_messages.role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Tool => "tool",
        }
    }
}

/// A redacted log, whole or a range of its lines.
#[derive(Clone, Debug)]
pub struct LogExcerpt {
    /// File name, guarded.
    pub name: Redacted,
    /// SHA-256 hex of the original bytes.
    pub digest: String,
    /// Number of the first line of `text`, counted from 1.
    pub first_line: u32,
    /// The lines.
    pub text: Redacted,
}

/// A picture that goes out with a message.
#[derive(Clone, Debug)]
pub struct ChatImage {
    /// Such as `image/png`; told by the content, not by the name.
    pub media_type: String,
    /// The bytes as they were attached.
    pub data: Vec<u8>,
}

/// A call that the provider asked for, as it goes back to it.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The provider's id of the call.
    pub id: String,
    /// The tool.
    pub name: String,
    /// JSON, guarded again: a model repeats what it was told.
    pub arguments: Redacted,
}

/// What a tool gave.
#[derive(Clone, Debug)]
pub struct ToolResult {
    /// The provider's id of the call.
    pub call_id: String,
    /// Text, guarded.
    pub content: Redacted,
    /// Whether the call failed.
    pub is_error: bool,
}

/// One part of a message.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text.
    Text(Redacted),
    /// A log.
    Log(LogExcerpt),
    /// A picture.
    Image(ChatImage),
    /// A call; stands before its result.
    ToolCall(ToolCall),
    /// The result of a call.
    ToolResult(ToolResult),
    /// A reasoning block as the provider gave it, to be sent back unchanged.
    Reasoning(Reasoning),
}

/// A provider's opaque reasoning: it comes from the provider and goes back to the same one only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reasoning {
    /// The text; may be empty.
    pub text: String,
    /// What the provider signs it with.
    pub signature: Option<String>,
    /// Whether the text is the provider's cipher.
    pub redacted: bool,
}

/// One turn.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// A tool that the provider may ask for. Its words may be a stranger's: a server of tools wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tool {
    /// 1 to 64 letters, digits, `_` and `-`.
    pub name: String,
    /// For the model.
    pub description: Redacted,
    /// JSON Schema of the arguments.
    pub input_schema: Redacted,
}

/// Whether the provider may, must or must not ask for a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    #[default]
    Auto,
    /// None, though there are some.
    None,
    /// At least one.
    Required,
    /// This one.
    Named(String),
}

/// The form of the answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OutputFormat {
    /// Any text.
    #[default]
    Text,
    /// One JSON object.
    JsonObject,
    /// JSON that fits this JSON Schema.
    JsonSchema(String),
}

/// What a provider is asked. There is no way to put text of a person or a log into it that did not pass the guard: what
/// is a plain string here is the host's own (`output`, names) or goes back to whom it came from (ids, reasoning).
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// Model name, as the user typed it for this provider.
    pub model: String,
    /// Exactly one system message, first.
    pub messages: Vec<Message>,
    /// What it may ask for; none by default.
    pub tools: Vec<Tool>,
    /// Whether it may.
    pub tool_choice: ToolChoice,
    /// The form of the answer.
    pub output: OutputFormat,
    /// Most tokens of the answer; `None` leaves it to the provider.
    pub max_output_tokens: Option<u32>,
    /// As the provider defines it, mostly 0 to 2.
    pub temperature: Option<f32>,
    /// 0 to 1.
    pub top_p: Option<f32>,
    /// Texts that end the answer.
    pub stop: Vec<Redacted>,
    /// For the same answer again, where the provider can.
    pub seed: Option<u64>,
    /// Names of the host's own and values, such as `trcaa.task` = `analyze`.
    pub extra: Vec<(String, Redacted)>,
}

/// Why an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It was done.
    #[default]
    Stop,
    /// The limit of tokens was reached: the answer is cut.
    Length,
    /// It waits for the results of tools.
    ToolCalls,
    /// The provider's filter cut it.
    ContentFilter,
    /// The model would not answer.
    Refusal,
    /// It was called off.
    Cancelled,
    /// Something else.
    Other,
}

/// Tokens, as the provider counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Of the request.
    pub input_tokens: u64,
    /// Of the answer.
    pub output_tokens: u64,
    /// Of the request, taken from the provider's cache.
    pub cached_input_tokens: u64,
    /// Of the answer, spent on reasoning.
    pub reasoning_tokens: u64,
}

/// What a provider pushes while it answers.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatEvent {
    /// The next piece of the answer.
    Text(String),
    /// The next piece of its reasoning.
    Reasoning(String),
    /// A whole reasoning block.
    ReasoningDone(Reasoning),
    /// A call begins; `index` names it until it ends.
    ToolCallStart {
        /// Within this answer.
        index: u32,
        /// The provider's id of the call.
        id: String,
        /// The tool.
        name: String,
    },
    /// The next piece of a call's arguments.
    ToolCallDelta {
        /// Within this answer.
        index: u32,
        /// A piece of JSON.
        fragment: String,
    },
    /// A call is complete.
    ToolCallEnd {
        /// Within this answer.
        index: u32,
    },
    /// Tokens so far.
    Usage(Usage),
    /// Something that this version has no name for.
    Other {
        /// Its name.
        kind: String,
        /// JSON.
        json: String,
    },
}

/// A call that the provider asks for: a stranger's wish, to be judged before anything runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WantedCall {
    /// The provider's id of the call.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Meant to be JSON; not checked.
    pub arguments: String,
}

/// What a provider answered: not yet believed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatAnswer {
    /// All text that it pushed.
    pub text: String,
    /// The tools that it asks for, in order.
    pub tool_calls: Vec<WantedCall>,
    /// Reasoning blocks that go back with the next turn.
    pub reasoning: Vec<Reasoning>,
    /// Why it ended.
    pub finish: Finish,
    /// `None` where the provider did not count.
    pub usage: Option<Usage>,
    /// The provider's id of the answer.
    pub response_id: Option<String>,
    /// Names and values, such as the model that really answered.
    pub extra: Vec<(String, String)>,
}

/// A model that a connection offers, as the provider describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ModelInfo {
    /// What is written into requests.
    pub id: String,
    /// For people.
    pub display_name: String,
    /// Tokens of request and answer together.
    pub context_tokens: Option<u64>,
    /// Tokens of an answer.
    pub max_output_tokens: Option<u64>,
    /// Such as `tools`, `vision`, `json-schema`.
    pub features: Vec<String>,
}
