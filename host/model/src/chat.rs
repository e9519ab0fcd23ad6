//! Conversations as stored, and the request that an AI provider gets.

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
    /// `system`, `user` or `assistant`.
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
}

impl Role {
    /// The text of `ai_messages.role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
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

/// One part of a message.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text.
    Text(Redacted),
    /// A log.
    Log(LogExcerpt),
}

/// One turn.
#[derive(Clone, Debug)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// What a provider is asked. There is no way to put text into it that did not pass the guard.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// Model name.
    pub model: String,
    /// Exactly one system message, first.
    pub messages: Vec<Message>,
    /// JSON Schema that the answer has to fit.
    pub json_schema: Option<String>,
    /// Names and values, such as `trcaa.task` = `analyze`.
    pub extra: Vec<(String, String)>,
}

/// What a provider answered: not yet believed.
#[derive(Clone, Debug, Default)]
pub struct ChatAnswer {
    /// All text that it pushed.
    pub text: String,
    /// As counted by the provider.
    pub input_tokens: Option<u64>,
    /// As counted by the provider.
    pub output_tokens: Option<u64>,
}
