//! The arena of a document checked, and with the children of each node at hand.
//!
//! Must not know: any format. Invariant: in a [`Tree`] every parent stands before its children and no node is
//! deeper than [`DEPTH_MAX`], so recursion over it is bounded.

use std::fmt;

use super::{Doc, Kind, Node};

/// Most levels below the root; the host parses at most 100, the rest is room for other hosts.
pub const DEPTH_MAX: usize = 200;
/// Most nodes of a document; five times what the host lets through.
pub const NODES_MAX: usize = 1_000_000;

/// Without title, nodes and metadata: an empty document.
impl Default for Doc {
    fn default() -> Self {
        Self { title: String::new(), nodes: Vec::new(), metadata: Vec::new() }
    }
}

impl Kind {
    /// Tells whether it stands inside a line of text.
    pub fn is_inline(&self) -> bool {
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
pub struct Tree<'a> {
    nodes: &'a [Node],
    first_child: Vec<u32>,
    next_sibling: Vec<u32>,
}

/// Index that no node has, since there are at most [`NODES_MAX`].
const NONE: u32 = u32::MAX;

impl<'a> Tree<'a> {
    /// Checks the arena; an empty one is an empty document.
    ///
    /// # Errors
    /// The first rule of [`RenderError`] that is broken.
    pub fn new(nodes: &'a [Node]) -> Result<Self, RenderError> {
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

    /// Counts the nodes, the root among them: at most [`NODES_MAX`].
    pub fn count(&self) -> u32 {
        u32::try_from(self.nodes.len()).expect("there are at most NODES_MAX nodes")
    }

    /// Gives the kind of a node that this tree handed out.
    pub fn kind(&self, node: u32) -> &'a Kind {
        usize::try_from(node).ok().and_then(|node| self.nodes.get(node)).map_or(&Kind::Root, |node| &node.kind)
    }

    /// Gives the children of a node, in order; none for an empty arena.
    pub fn children(&self, node: u32) -> impl Iterator<Item = u32> + use<'_, 'a> {
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

#[cfg(test)]
mod tests {
    use super::{Kind, Node, RenderError, Tree};

    fn node(parent: u32, kind: Kind) -> Node {
        Node { parent: Some(parent), kind }
    }

    const ROOT: Node = Node { parent: None, kind: Kind::Root };

    fn refusal(nodes: &[Node]) -> Option<RenderError> {
        Tree::new(nodes).err()
    }

    #[test]
    fn a_parent_must_stand_before_its_child() {
        let refused = |parent| Some(RenderError::ParentNotBefore { node: 1, parent });
        assert_eq!(refusal(&[ROOT, node(1, Kind::Paragraph)]), refused(Some(1)));
        assert_eq!(refusal(&[ROOT, node(7, Kind::Paragraph)]), refused(Some(7)));
        assert_eq!(refusal(&[ROOT, node(u32::MAX, Kind::Paragraph)]), refused(Some(u32::MAX)));
        assert_eq!(refusal(&[ROOT, Node { parent: None, kind: Kind::Paragraph }]), refused(None));
    }

    #[test]
    fn the_root_is_first_and_only() {
        assert_eq!(refusal(&[node(0, Kind::Paragraph)]), Some(RenderError::MisplacedRoot { node: 0 }));
        assert_eq!(refusal(&[ROOT, node(0, Kind::Root)]), Some(RenderError::MisplacedRoot { node: 1 }));
        assert_eq!(refusal(&[node(0, Kind::Root)]), Some(RenderError::MisplacedRoot { node: 0 }));
        assert_eq!(refusal(&[]), None, "an empty document");
    }

    #[test]
    fn depth_and_number_end_exactly_at_their_limits() {
        let nested = |levels: u32| std::iter::once(ROOT).chain((0..levels).map(|at| node(at, Kind::Quote)));
        assert_eq!(refusal(&nested(200).collect::<Vec<_>>()), None);
        assert_eq!(refusal(&nested(201).collect::<Vec<_>>()), Some(RenderError::TooDeep { node: 201 }));
        let wide = |nodes: usize| std::iter::once(ROOT).chain(vec![node(0, Kind::Rule); nodes - 1]);
        assert_eq!(refusal(&wide(1_000_000).collect::<Vec<_>>()), None);
        let one_more = refusal(&wide(1_000_001).collect::<Vec<_>>());
        assert_eq!(one_more, Some(RenderError::TooManyNodes { nodes: 1_000_001 }));
    }

    #[test]
    fn children_come_in_their_order() {
        let nodes =
            [ROOT, node(0, Kind::Paragraph), node(1, Kind::Emphasis), node(0, Kind::Rule), node(1, Kind::Strong)];
        let tree = Tree::new(&nodes).expect("lawful");
        assert_eq!(tree.count(), 5);
        assert_eq!(tree.children(0).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(tree.children(1).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(tree.children(2).chain(tree.children(99)).count(), 0);
        assert_eq!((tree.kind(3), tree.kind(99)), (&Kind::Rule, &Kind::Root));
    }
}
