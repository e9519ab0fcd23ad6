//! The shapes of conversations that most providers need: a request as plain text, a model, an end.

use crate::ai::{Completion, Finish, Message, Model, Part, Request, Role};

impl Request {
    /// The conversation as plain text, each message after its role and each document after its name and first line: for
    /// remotes that know neither messages nor documents.
    pub fn plain_text(&self) -> String {
        let role = |message: &Message| match message.role {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        self.messages.iter().map(|message| format!("{}: {}\n", role(message), message.plain_text())).collect()
    }

    /// The value of a name in `extra`, such as `trcaa.task`.
    pub fn extra(&self, name: &str) -> Option<&str> {
        self.extra.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Message {
    /// Its texts and documents, in order; images and calls of tools are left out.
    pub fn plain_text(&self) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(words) => text.push_str(words),
                Part::Document(log) => {
                    text.push_str(&format!("\n--- {} from line {} ---\n{}\n---\n", log.name, log.first_line, log.text));
                }
                Part::ToolResult(result) => text.push_str(&result.content),
                _ => {}
            }
        }
        text
    }
}

impl Model {
    /// A model that is known by its id alone.
    pub fn named(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            display_name: id.to_owned(),
            context_tokens: None,
            max_output_tokens: None,
            features: Vec::new(),
            extra: Vec::new(),
        }
    }
}

impl Completion {
    /// The answer is whole; nothing is known of tokens.
    pub fn whole() -> Self {
        Self { finish: Finish::Stop, usage: None, response_id: None, extra: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ai::Document;

    #[test]
    fn a_conversation_reads_as_text_with_its_documents() {
        let log = Document {
            name: "a.log".into(),
            media_type: "text/plain".into(),
            digest: String::new(),
            first_line: 7,
            text: "down".into(),
        };
        let parts = vec![Part::Text("Why?".into()), Part::Document(log)];
        let message = Message { role: Role::User, parts, cache_hint: false };
        assert_eq!(message.plain_text(), "Why?\n--- a.log from line 7 ---\ndown\n---\n");
    }
}
