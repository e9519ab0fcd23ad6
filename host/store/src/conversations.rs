//! `ai_conversations` and `ai_messages`.

use rusqlite::{Row, params};
use trcaa_model::chat::{Conversation, Role, StoredMessage};
use trcaa_model::id::{ConversationId, IssueId, MessageId};

use crate::{Store, StoreError, Tx, row};

fn conversation_of(row: &Row<'_>) -> Result<Conversation, StoreError> {
    Ok(Conversation {
        id: ConversationId::from_stored(row.get::<_, String>(0)?),
        issue_id: IssueId::from_stored(row.get::<_, String>(1)?),
        provider: row.get(2)?,
        model: row.get(3)?,
        created_at: row.get(4)?,
        title: row.get(5)?,
    })
}

fn message_of(row: &Row<'_>) -> Result<StoredMessage, StoreError> {
    Ok(StoredMessage {
        id: MessageId::from_stored(row.get::<_, String>(0)?),
        conversation_id: ConversationId::from_stored(row.get::<_, String>(1)?),
        role: row.get(2)?,
        content: row.get(3)?,
        token_count: row.get::<_, Option<i64>>(4)?.unwrap_or(0),
        created_at: row.get(5)?,
    })
}

impl Store {
    /// Lists an issue's conversations, oldest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn conversations(&self, issue: &IssueId) -> Result<Vec<Conversation>, StoreError> {
        let sql = "SELECT id, issue_id, provider, model, created_at, title FROM ai_conversations
                   WHERE issue_id = ?1 ORDER BY created_at, rowid";
        row::all(&self.conn, sql, [issue.as_str()], conversation_of)
    }

    /// Reads one conversation, without its messages.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn conversation(&self, id: &ConversationId) -> Result<Conversation, StoreError> {
        let sql = "SELECT id, issue_id, provider, model, created_at, title FROM ai_conversations WHERE id = ?1";
        row::first(&self.conn, sql, [id.as_str()], conversation_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "conversation", given: id.to_string() })
    }

    /// Lists a conversation's messages in the order they were said.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn messages(&self, conversation: &ConversationId) -> Result<Vec<StoredMessage>, StoreError> {
        let sql = "SELECT id, conversation_id, role, content, token_count, created_at FROM ai_messages
                   WHERE conversation_id = ?1 ORDER BY rowid";
        row::all(&self.conn, sql, [conversation.as_str()], message_of)
    }
}

impl Tx<'_> {
    /// Opens a conversation.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for the issue.
    pub fn insert_conversation(
        &self,
        issue: &IssueId,
        provider: &str,
        model: &str,
        title: Option<&str>,
    ) -> Result<Conversation, StoreError> {
        self.expect_issue(issue)?;
        let id = ConversationId::generate(self.clock(), self.entropy());
        row::execute(
            &self.conn,
            "INSERT INTO ai_conversations (id, issue_id, provider, model, created_at, title)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![id.as_str(), issue.as_str(), provider, model, self.now(), title],
        )?;
        self.conversation(&id)
    }

    /// Adds a message; `token_count` is 0 where the provider did not count.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for the conversation.
    pub fn insert_message(
        &self,
        conversation: &ConversationId,
        role: Role,
        content: &str,
        token_count: u64,
    ) -> Result<StoredMessage, StoreError> {
        self.conversation(conversation)?;
        let message = StoredMessage {
            id: MessageId::generate(self.clock(), self.entropy()),
            conversation_id: conversation.clone(),
            role: role.as_str().to_owned(),
            content: content.to_owned(),
            token_count: row::signed("token_count", token_count)?,
            created_at: self.now(),
        };
        row::execute(
            &self.conn,
            "INSERT INTO ai_messages (id, conversation_id, role, content, token_count, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                message.id.as_str(),
                conversation.as_str(),
                message.role,
                content,
                message.token_count,
                message.created_at,
            ],
        )?;
        Ok(message)
    }
}
