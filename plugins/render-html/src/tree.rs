//! The arena as it comes over the ABI, and the checked tree that the renderer walks.
//!
//! Must not know: HTML. Invariant: in a [`Tree`] every parent stands before its children and no node is
//! deeper than [`DEPTH_MAX`], so recursion over it is bounded.

use std::fmt;

/// Most levels below the root; the host parses at most 100, the rest is room for other hosts.
pub const DEPTH_MAX: usize = 200;
/// Most nodes of a document; five times what the host lets through.
pub const NODES_MAX: usize = 1_000_000;

/// A document: `document.doc` of the WIT package.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Doc {
    /// One line.
    pub title: String,
    /// Parents before children; the root first.
    pub nodes: Vec<Node>,
    /// Names and values, in the order they are shown.
    pub metadata: Vec<(String, String)>,
}

/// A node: `document.node`.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Index of the parent; `None` for the root alone.
    pub parent: Option<u32>,
    /// What it is.
    pub kind: Kind,
}

/// What a node is: `document.kind`, case by case.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// The one node without a parent.
    Root,
    /// Level 1 to 6; others are brought into that range.
    Heading(u8),
    /// Block of inline nodes.
    Paragraph,
    /// Plain text.
    Text(String),
    /// Inline.
    Emphasis,
    /// Inline.
    Strong,
    /// Inline code.
    Code(String),
    /// Language and source.
    CodeBlock((Option<String>, String)),
    /// Of list items.
    BulletList,
    /// Of list items, numbered from 1.
    NumberedList,
    /// Of blocks.
    ListItem,
    /// Target; what is not http, https or mailto is shown as text.
    Link(String),
    /// Asset name; the children are its text, else the name is.
    Image(String),
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
    /// Kind and payload.
    Other((String, String)),
}

impl Kind {
    /// Whether it stands inside a line of text.
    pub(crate) fn is_inline(&self) -> bool {
        matches!(
            self,
            Kind::Text(_)
                | Kind::Emphasis
                | Kind::Strong
                | Kind::Code(_)
                | Kind::Link(_)
                | Kind::Image(_)
                | Kind::LineBreak
        )
    }
}

/// Why a document was not rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// More than [`NODES_MAX`] nodes.
    TooManyNodes {
        /// How many came.
        nodes: usize,
    },
    /// The first node is not a root without a parent, or a later one is.
    MisplacedRoot {
        /// Index of the node.
        node: usize,
    },
    /// A parent that does not stand before its child.
    ParentNotBefore {
        /// Index of the child.
        node: usize,
        /// The parent it names.
        parent: Option<u32>,
    },
    /// Deeper than [`DEPTH_MAX`].
    TooDeep {
        /// Index of the node.
        node: usize,
    },
    /// The receiver refused a piece; its words.
    Output(String),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyNodes { nodes } => {
                write!(f, "the document has {nodes} nodes; at most {NODES_MAX} are rendered")
            }
            Self::MisplacedRoot { node } => write!(f, "node {node}: the root must be the first node and the only one"),
            Self::ParentNotBefore { node, parent: Some(parent) } => {
                write!(f, "node {node}: its parent {parent} does not stand before it")
            }
            Self::ParentNotBefore { node, parent: None } => write!(f, "node {node}: it has no parent"),
            Self::TooDeep { node } => write!(f, "node {node}: deeper than {DEPTH_MAX} levels"),
            Self::Output(reason) => write!(f, "the output was refused: {reason}"),
        }
    }
}

impl std::error::Error for RenderError {}

/// The checked arena with its children linked.
pub(crate) struct Tree<'a> {
    nodes: &'a [Node],
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
}

/// Index that no node has, since there are at most [`NODES_MAX`].
const NONE: u32 = u32::MAX;

impl<'a> Tree<'a> {
    /// Checks the arena; an empty one is an empty document.
    pub(crate) fn new(nodes: &'a [Node]) -> Result<Self, RenderError> {
        if nodes.len() > NODES_MAX {
            return Err(RenderError::TooManyNodes { nodes: nodes.len() });
        }
        let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
        for (node, Node { parent, kind }) in nodes.iter().enumerate() {
            if (node == 0) != (*kind == Kind::Root) || (node == 0 && parent.is_some()) {
                return Err(RenderError::MisplacedRoot { node });
            }
            if node == 0 {
                depths.push(0);
                continue;
            }
            let above = parent
                .and_then(|parent| depths.get(usize::try_from(parent).ok()?))
                .ok_or(RenderError::ParentNotBefore { node, parent: *parent })?;
            if *above >= DEPTH_MAX {
                return Err(RenderError::TooDeep { node });
            }
            depths.push(above + 1);
        }
        let mut first_child = vec![NONE; nodes.len()];
        let mut next_sibling = vec![NONE; nodes.len()];
        // Backwards, so that each child goes in front of the siblings that come after it.
        for (index, node) in nodes.iter().enumerate().rev() {
            let slot = node.parent.and_then(|parent| first_child.get_mut(usize::try_from(parent).ok()?));
            if let (Some(first), Some(next)) = (slot, next_sibling.get_mut(index)) {
                *next = *first;
                *first = u32::try_from(index).expect("an index is below NODES_MAX");
            }
        }
        Ok(Self { nodes, first_child, next_sibling })
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("there are at most NODES_MAX nodes")
    }

    /// The kind of a node that this tree handed out.
    pub(crate) fn kind(&self, node: u32) -> &'a Kind {
        usize::try_from(node).ok().and_then(|node| self.nodes.get(node)).map_or(&Kind::Root, |node| &node.kind)
    }

    /// The children of a node, in order; none for an empty arena.
    pub(crate) fn children(&self, node: u32) -> impl Iterator<Item = u32> + use<'_, 'a> {
        let mut next = link(&self.first_child, node);
        std::iter::from_fn(move || {
            let here = next?;
            next = link(&self.next_sibling, here);
            Some(here)
        })
    }
}

fn link(links: &[u32], node: u32) -> Option<u32> {
    links.get(usize::try_from(node).ok()?).copied().filter(|link| *link != NONE)
}
