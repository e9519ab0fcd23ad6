//! Markdown to the arena of nodes.
//!
//! Must not know: how trees are rendered. Invariant: adjacent text is one node, with the line ends of the source as
//! single spaces.

use comrak::nodes::{ListType, Node as AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use trcaa_model::document::{Node, NodeKind, RenderTree};
use trcaa_model::guard::Redacted;

use super::timeline::{TIMELINE, canonical_timeline};
use super::{DOCUMENT_BYTES_MAX, DOCUMENT_DEPTH_MAX, DOCUMENT_NODES_MAX, DocumentError};

/// Reads CommonMark with tables, task lists and struck text (which becomes plain); addresses in text stay text.
///
/// A fenced block `timeline` that holds events becomes `NodeKind::Other("timeline", json)` with JSON in one form;
/// where it does not, it stays a code block. The mark of a task is text: `[x] ` or `[ ] `.
///
/// # Errors
/// Markdown beyond one of the bounds of [`DocumentError`].
pub(crate) fn parse_markdown(
    title: Redacted,
    markdown: &Redacted,
    metadata: Vec<(String, String)>,
) -> Result<RenderTree, DocumentError> {
    Ok(RenderTree { title, nodes: parse_nodes(markdown.as_str())?, metadata })
}

/// The nodes of Markdown that did not pass the guard yet: for [`super::Draft`] alone.
pub(super) fn parse_nodes(markdown: &str) -> Result<Vec<Node>, DocumentError> {
    if markdown.len() > DOCUMENT_BYTES_MAX {
        return Err(DocumentError::Long { bytes: markdown.len() });
    }
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options);
    let mut builder =
        Builder { nodes: vec![Node { parent: None, kind: NodeKind::Root }], depths: vec![0], task_mark: None };
    // Depth first on a list of our own: the stack of the thread is not bound by DOCUMENT_DEPTH_MAX.
    let mut waiting: Vec<(AstNode<'_>, u32)> = reversed(root).map(|child| (child, 0)).collect();
    while let Some((ast, parent)) = waiting.pop() {
        if let Some(inner) = builder.convert(ast, parent)? {
            waiting.extend(reversed(ast).map(|child| (child, inner)));
        }
    }
    Ok(builder.nodes)
}

fn reversed(ast: AstNode<'_>) -> impl Iterator<Item = AstNode<'_>> {
    ast.reverse_children()
}

struct Builder {
    nodes: Vec<Node>,
    /// Of each node of the arena.
    depths: Vec<usize>,
    /// Of the task whose first paragraph comes next.
    task_mark: Option<&'static str>,
}

impl Builder {
    fn add(&mut self, parent: u32, kind: NodeKind) -> Result<u32, DocumentError> {
        let depth =
            usize::try_from(parent).ok().and_then(|parent| self.depths.get(parent)).map_or(0, |depth| depth + 1);
        if depth > DOCUMENT_DEPTH_MAX {
            return Err(DocumentError::Deep);
        }
        if self.nodes.len() >= DOCUMENT_NODES_MAX {
            return Err(DocumentError::ManyNodes);
        }
        let index = u32::try_from(self.nodes.len()).expect("there are at most DOCUMENT_NODES_MAX nodes");
        self.nodes.push(Node { parent: Some(parent), kind });
        self.depths.push(depth);
        Ok(index)
    }

    fn text(&mut self, parent: u32, text: &str) -> Result<(), DocumentError> {
        if let Some(Node { parent: Some(before), kind: NodeKind::Text(own) }) = self.nodes.last_mut()
            && *before == parent
        {
            own.push_str(text);
            return Ok(());
        }
        if !text.is_empty() {
            self.add(parent, NodeKind::Text(text.to_owned()))?;
        }
        Ok(())
    }

    /// Adds one node; says under which its children go, if those are wanted.
    fn convert(&mut self, ast: AstNode<'_>, parent: u32) -> Result<Option<u32>, DocumentError> {
        let data = ast.data();
        let kind = match &data.value {
            NodeValue::Heading(heading) => NodeKind::Heading(heading.level),
            NodeValue::Paragraph => {
                let paragraph = self.add(parent, NodeKind::Paragraph)?;
                if let Some(mark) = self.task_mark.take() {
                    self.text(paragraph, mark)?;
                }
                return Ok(Some(paragraph));
            }
            NodeValue::Emph => NodeKind::Emphasis,
            NodeValue::Strong => NodeKind::Strong,
            NodeValue::BlockQuote => NodeKind::Quote,
            NodeValue::List(list) if list.list_type == ListType::Ordered => NodeKind::NumberedList,
            NodeValue::List(_) => NodeKind::BulletList,
            NodeValue::Item(_) => NodeKind::ListItem,
            NodeValue::TaskItem(task) => {
                let mark = if task.symbol.is_some() { "[x] " } else { "[ ] " };
                let item = self.add(parent, NodeKind::ListItem)?;
                if ast.first_child().is_some_and(|first| matches!(first.data().value, NodeValue::Paragraph)) {
                    self.task_mark = Some(mark);
                } else {
                    let paragraph = self.add(item, NodeKind::Paragraph)?;
                    self.text(paragraph, mark.trim_end())?;
                }
                return Ok(Some(item));
            }
            NodeValue::Table(_) => NodeKind::Table,
            NodeValue::TableRow(head) => NodeKind::TableRow(*head),
            NodeValue::TableCell => NodeKind::TableCell,
            NodeValue::ThematicBreak => NodeKind::Rule,
            NodeValue::LineBreak => NodeKind::LineBreak,
            NodeValue::Code(code) => NodeKind::Code(code.literal.clone()),
            NodeValue::CodeBlock(code) => code_block(&code.info, &code.literal),
            NodeValue::Link(link) if is_allowed(&link.url) => {
                let node = self.add(parent, NodeKind::Link(link.url.clone()))?;
                if ast.first_child().is_none() {
                    self.text(node, &link.url)?;
                }
                return Ok(Some(node));
            }
            NodeValue::Text(text) => return self.text(parent, text).map(|()| None),
            NodeValue::SoftBreak => return self.text(parent, " ").map(|()| None),
            NodeValue::HtmlInline(html) => return self.text(parent, &html.replace(['\n', '\r'], " ")).map(|()| None),
            NodeValue::HtmlBlock(html) => return self.html_block(parent, &html.literal).map(|()| None),
            // A link that may not be, an image, struck text and what no option here asks for: the text inside.
            _ => return Ok(Some(parent)),
        };
        self.add(parent, kind).map(Some)
    }

    /// The markup as it was written, line by line.
    fn html_block(&mut self, parent: u32, html: &str) -> Result<(), DocumentError> {
        let paragraph = self.add(parent, NodeKind::Paragraph)?;
        for (at, line) in html.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate() {
            if at > 0 {
                self.add(paragraph, NodeKind::LineBreak)?;
            }
            self.text(paragraph, line)?;
        }
        Ok(())
    }
}

fn code_block(info: &str, literal: &str) -> NodeKind {
    let source = literal.strip_suffix('\n').unwrap_or(literal);
    let language = info.split_whitespace().next();
    if language == Some(TIMELINE)
        && let Some(json) = canonical_timeline(source)
    {
        return NodeKind::Other(TIMELINE.to_owned(), json);
    }
    NodeKind::CodeBlock(language.map(str::to_owned), source.to_owned())
}

/// Whether a document may link there: no scheme that runs or carries content, and nothing relative, as a document
/// that was exported has no place to be relative to.
fn is_allowed(url: &str) -> bool {
    ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
        && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}
