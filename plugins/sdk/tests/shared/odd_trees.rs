//! Trees at the borders of what is lawful, for the tests of every renderer: each renders them in its own way.
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use trcaa_sdk::render::{DEPTH_MAX, Doc, Kind, Node, PieceSink, RenderError};

pub(crate) type Render = fn(&Doc, &mut PieceSink<'_>) -> Result<(), RenderError>;

/// What `render` writes of a document without title.
pub(crate) fn rendered(render: Render, nodes: Vec<Node>) -> Result<String, RenderError> {
    let mut bytes = Vec::new();
    let doc = Doc { nodes, ..Doc::default() };
    render(&doc, &mut |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn node(parent: u32, kind: Kind) -> Node {
    Node { parent: Some(parent), kind }
}

/// Quotes inside one another.
pub(crate) fn nested(levels: usize) -> Vec<Node> {
    let quotes = (0..levels).map(|at| node(u32::try_from(at).unwrap(), Kind::Quote));
    std::iter::once(Node { parent: None, kind: Kind::Root }).chain(quotes).collect()
}

/// The deepest tree is rendered with `mark` for each level, a deeper one is refused, and so is what the SDK's own
/// tests know as broken.
pub(crate) fn depth_is_bounded(render: Render, mark: &str) {
    assert_eq!(rendered(render, nested(DEPTH_MAX)).unwrap().matches(mark).count(), DEPTH_MAX);
    assert_eq!(rendered(render, nested(DEPTH_MAX + 1)), Err(RenderError::TooDeep { node: DEPTH_MAX + 1 }));
    assert_eq!(
        rendered(render, vec![node(0, Kind::Paragraph)]),
        Err(RenderError::MisplacedRoot { node: 0 }),
        "the tree is checked"
    );
}

/// Text and items where none may stand, and a kind that nobody knows, whose payload must not be shown.
pub(crate) fn kinds_out_of_place(render: Render) -> String {
    let nodes = vec![
        Node { parent: None, kind: Kind::Root },
        node(0, Kind::Text("bare".to_owned())),
        node(0, Kind::ListItem),
        node(2, Kind::Text("item".to_owned())),
        node(0, Kind::BulletList),
        node(4, Kind::Paragraph),
        node(5, Kind::Text("no item".to_owned())),
        node(0, Kind::Table),
        node(7, Kind::Text("x".to_owned())),
        node(0, Kind::Other(("hologram".to_owned(), "?".to_owned()))),
        node(0, Kind::Image("a.png".to_owned())),
    ];
    let text = rendered(render, nodes).unwrap();
    assert!(!text.contains("hologram"));
    text
}

/// A receiver that takes no more ends the rendering with its words.
pub(crate) fn a_refused_piece_ends_it(render: Render) {
    let doc = Doc { title: "t".to_owned(), ..Doc::default() };
    assert_eq!(render(&doc, &mut |_| Err("full".to_owned())), Err(RenderError::Output("full".to_owned())));
}
