//! RCA and post-mortem documents, and the tree that renderers get.

use serde::Serialize;

use crate::guard::Redacted;
use crate::id::{DocumentId, IssueId};

/// A row of `documents`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Document {
    /// Row id.
    pub id: DocumentId,
    /// Its issue.
    pub issue_id: IssueId,
    /// `rca` or `postmortem`.
    pub doc_type: String,
    /// One line.
    pub title: String,
    /// The text.
    pub content_md: String,
    /// Milliseconds since the epoch.
    pub created_at: u64,
    /// Milliseconds since the epoch.
    pub updated_at: u64,
}

/// What a node of a document is.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// The one node without a parent; the first of the arena.
    Root,
    /// Level 1 to 6.
    Heading(u8),
    /// Block of inline nodes.
    Paragraph,
    /// Plain text; no markup is meant by anything in it.
    Text(String),
    /// Inline.
    Emphasis,
    /// Inline.
    Strong,
    /// Inline code.
    Code(String),
    /// Language and source.
    CodeBlock(Option<String>, String),
    /// Of list items.
    BulletList,
    /// Of list items.
    NumberedList,
    /// Of blocks.
    ListItem,
    /// Target; http, https or mailto.
    Link(String),
    /// Of rows.
    Table,
    /// Whether it is the head.
    TableRow(bool),
    /// Of inline nodes.
    TableCell,
    /// Of blocks.
    Quote,
    /// A line across.
    Rule,
    /// Inside a paragraph.
    LineBreak,
    /// Kind and payload for what the tree has no node for; renderers leave out what they do not know.
    Other(String, String),
}

/// A node of the arena: parents come before their children.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Index of the parent; `None` for the root alone.
    pub parent: Option<u32>,
    /// What it is.
    pub kind: NodeKind,
}

/// A document as renderers get it. Every text in it passed the guard.
#[derive(Clone, Debug)]
pub struct RenderTree {
    /// One line.
    pub title: Redacted,
    /// The arena.
    pub nodes: Vec<Node>,
    /// Names and values, such as `date`.
    pub metadata: Vec<(String, String)>,
}

/// A format that a renderer offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RenderFormat {
    /// Such as `html`.
    pub id: String,
    /// Such as `text/html`.
    pub media_type: String,
    /// Without a dot.
    pub extension: String,
}
