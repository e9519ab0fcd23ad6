//! From Markdown that nobody looked at to a tree that may leave: the guard sees the text as its reader will see it.
//!
//! Markdown says the same in many ways (`anna\_\_b@example.com`, `an*na*@…`), and what looks at it as it is written
//! sees only one of them. Here a paragraph is one run of text, whatever its nodes. Invariant: what a span covers is in no
//! node any more.

use std::ops::Range;

use trcaa_model::document::{Node, NodeKind, RenderTree};
use trcaa_model::guard::Redacted;
use trcaa_model::pii::Span;

use super::DocumentError;
use super::build::parse_nodes;

use crate::egress::escapes;

/// What stands for places of a text, by their ranges: disjoint, in their order.
pub(crate) type Places = Vec<(Range<usize>, String)>;

/// A document that did not pass the guard yet; the only way out of here goes by it.
pub(crate) struct Draft(Vec<Node>);

impl Draft {
    /// Reads Markdown, as [`super::parse_markdown`] does.
    ///
    /// # Errors
    /// As those.
    pub(crate) fn parse(markdown: &str) -> Result<Self, DocumentError> {
        parse_nodes(markdown).map(Self)
    }

    /// Replaces what the guard finds. `guard` is given the text, and what widens a span to where it may begin and end.
    ///
    /// # Errors
    /// Those of the guard.
    pub(crate) fn guarded<E>(
        mut self,
        title: Redacted,
        metadata: Vec<(String, String)>,
        guard: impl FnOnce(&str, &dyn Fn(&mut Span)) -> Result<Places, E>,
    ) -> Result<RenderTree, E> {
        let flat = FlatText::of(&self.0);
        let places = guard(&flat.text, &|span| flat.widen(&self.0, span))?;
        flat.replace(&mut self.0, &places);
        Ok(RenderTree { title, nodes: self.0, metadata })
    }
}

/// Texts of nodes, one after another; those of different blocks on lines of their own.
struct FlatText {
    text: String,
    pieces: Vec<Piece>,
}

struct Piece {
    node: usize,
    slot: Slot,
    /// Within the whole.
    range: Range<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Text,
    /// Of a code block.
    Language,
}

impl FlatText {
    /// Takes the texts of all nodes, in the order of the document.
    fn of(nodes: &[Node]) -> Self {
        let mut flat = Self { text: String::new(), pieces: Vec::new() };
        let mut last_block = None;
        for (at, node) in nodes.iter().enumerate() {
            let block = block_of(nodes, at);
            if last_block.replace(block) != Some(block) || stands_alone(&node.kind) {
                flat.text.push('\n');
            }
            match &node.kind {
                NodeKind::Text(text) | NodeKind::Code(text) => flat.add(at, Slot::Text, text),
                NodeKind::CodeBlock(language, text) => {
                    flat.add(at, Slot::Language, language.as_deref().unwrap_or_default());
                    flat.text.push('\n');
                    flat.add(at, Slot::Text, text);
                }
                NodeKind::Link(text) | NodeKind::Other(_, text) => {
                    flat.add(at, Slot::Text, text);
                    flat.text.push('\n');
                }
                _ => {}
            }
        }
        flat
    }

    fn add(&mut self, node: usize, slot: Slot, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.pieces.push(Piece { node, slot, range: start..self.text.len() });
    }

    /// Widens a span that lies in JSON to whole escapes.
    fn widen(&self, nodes: &[Node], span: &mut Span) {
        let within = |piece: &Piece| {
            matches!(nodes.get(piece.node), Some(Node { kind: NodeKind::Other(..), .. }))
                && piece.range.start as u64 <= span.start
                && span.end <= piece.range.end as u64
        };
        if self.pieces.iter().any(within) {
            escapes::widen(&self.text, span);
        }
    }

    /// Writes what stands for each place where the place begins, and takes the rest of it out. Places are disjoint and
    /// in their order.
    fn replace(&self, nodes: &mut [Node], places: &[(Range<usize>, String)]) {
        // From the end, so that what is still to be done stays where it was.
        for (place, replacement) in places.iter().rev() {
            let mut replacement = Some(replacement.as_str());
            let touched =
                self.pieces.iter().filter(|piece| piece.range.start < place.end && place.start < piece.range.end);
            let mut cuts: Vec<(&Piece, Range<usize>, &str)> = Vec::new();
            for piece in touched {
                let start = place.start.max(piece.range.start) - piece.range.start;
                let end = place.end.min(piece.range.end) - piece.range.start;
                cuts.push((piece, start..end, replacement.take().unwrap_or_default()));
            }
            for (piece, range, with) in cuts {
                if let Some(text) = nodes.get_mut(piece.node).and_then(|node| slot(&mut node.kind, piece.slot))
                    && text.is_char_boundary(range.start)
                    && text.is_char_boundary(range.end)
                {
                    text.replace_range(range, with);
                }
            }
        }
        for node in nodes {
            if let NodeKind::Other(_, json) = &node.kind
                && serde_json::from_str::<serde::de::IgnoredAny>(json).is_err()
            {
                // No renderer could draw it; what is left of it is readable.
                node.kind = NodeKind::CodeBlock(None, json.clone());
            }
        }
    }
}

fn slot(kind: &mut NodeKind, slot: Slot) -> Option<&mut String> {
    match kind {
        NodeKind::CodeBlock(language, _) if slot == Slot::Language => language.as_mut(),
        NodeKind::Text(text)
        | NodeKind::Code(text)
        | NodeKind::CodeBlock(_, text)
        | NodeKind::Link(text)
        | NodeKind::Other(_, text) => Some(text),
        _ => None,
    }
}

fn stands_alone(kind: &NodeKind) -> bool {
    matches!(kind, NodeKind::CodeBlock(..) | NodeKind::Other(..) | NodeKind::LineBreak | NodeKind::Link(_))
}

/// The nearest node above that is no part of a line.
fn block_of(nodes: &[Node], at: usize) -> usize {
    let mut here = at;
    while let Some(node) = nodes.get(here) {
        let inline = matches!(
            node.kind,
            NodeKind::Text(_)
                | NodeKind::Code(_)
                | NodeKind::Emphasis
                | NodeKind::Strong
                | NodeKind::Link(_)
                | NodeKind::LineBreak
        );
        match node.parent.and_then(|parent| usize::try_from(parent).ok()) {
            Some(parent) if inline && parent < here => here = parent,
            _ => break,
        }
    }
    here
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(parent: u32, kind: NodeKind) -> Node {
        Node { parent: Some(parent), kind }
    }

    fn text(parent: u32, text: &str) -> Node {
        node(parent, NodeKind::Text(text.into()))
    }

    fn shown(nodes: &[Node]) -> String {
        FlatText::of(nodes).text.replace('\n', "/")
    }

    fn nodes() -> Vec<Node> {
        vec![
            Node { parent: None, kind: NodeKind::Root },
            node(0, NodeKind::Paragraph),
            text(1, "mail an"),
            node(1, NodeKind::Emphasis),
            text(3, "na@x"),
            text(1, ".org é"),
            node(0, NodeKind::Paragraph),
            text(6, "end"),
        ]
    }

    #[test]
    fn a_paragraph_is_one_run_and_paragraphs_are_lines() {
        assert_eq!(shown(&nodes()), "//mail anna@x.org é/end");
    }

    #[test]
    fn a_place_over_several_nodes_is_in_none_of_them() {
        let mut nodes = nodes();
        let flat = FlatText::of(&nodes);
        let at = |what: &str| flat.text.find(what).unwrap_or_default();
        let mail = at("anna@x.org");
        let last = at("end");
        flat.replace(&mut nodes, &[(mail..mail + 10, "[Email_1]".into()), (last..last + 3, "[X_1]".into())]);
        assert_eq!(shown(&nodes), "//mail [Email_1] é/[X_1]");
        assert_eq!(nodes.len(), 8);
    }

    #[test]
    fn json_that_is_none_any_more_becomes_text() {
        let json = r#"[{"time":"t","text":"x"}]"#;
        let mut nodes =
            vec![Node { parent: None, kind: NodeKind::Root }, node(0, NodeKind::Other("timeline".into(), json.into()))];
        let flat = FlatText::of(&nodes);
        let at = flat.text.find("\"text").unwrap_or_default();
        flat.replace(&mut nodes, &[(at..at + 3, "[X_1]".into())]);
        assert!(
            matches!(nodes.get(1), Some(Node { kind: NodeKind::CodeBlock(None, text), .. }) if text.contains("[X_1]"))
        );
    }
}
