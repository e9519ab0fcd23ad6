//! Trees that break the rules of the arena are refused by name; odd but lawful ones are rendered.
#![allow(clippy::unwrap_used, missing_docs)]

use render_markdown::{DEPTH_MAX, Doc, Kind, Node, RenderError, render};

fn run(nodes: Vec<Node>) -> Result<String, RenderError> {
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

fn root() -> Node {
    Node { parent: None, kind: Kind::Root }
}

#[test]
fn a_parent_must_stand_before_its_child() {
    let refused = |parent| Err(RenderError::ParentNotBefore { node: 1, parent });
    assert_eq!(run(vec![root(), node(1, Kind::Paragraph)]), refused(Some(1)));
    assert_eq!(run(vec![root(), node(7, Kind::Paragraph)]), refused(Some(7)));
    assert_eq!(run(vec![root(), Node { parent: None, kind: Kind::Paragraph }]), refused(None));
}

#[test]
fn the_root_is_first_and_only() {
    assert_eq!(run(vec![node(0, Kind::Paragraph)]), Err(RenderError::MisplacedRoot { node: 0 }));
    assert_eq!(run(vec![root(), node(0, Kind::Root)]), Err(RenderError::MisplacedRoot { node: 1 }));
    assert_eq!(run(vec![Node { parent: Some(0), kind: Kind::Root }]), Err(RenderError::MisplacedRoot { node: 0 }));
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| {
        let mut nodes = vec![root()];
        nodes.extend((0..levels).map(|at| node(u32::try_from(at).unwrap(), Kind::Quote)));
        nodes
    };
    assert_eq!(run(nested(DEPTH_MAX)).unwrap().matches('>').count(), DEPTH_MAX);
    assert_eq!(run(nested(DEPTH_MAX + 1)), Err(RenderError::TooDeep { node: DEPTH_MAX + 1 }));
}

#[test]
fn kinds_out_of_place_give_their_text() {
    let nodes = vec![
        root(),
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
    let text = run(nodes).unwrap();
    assert!(text.starts_with("bare\n\nitem\n\n- no item\n"), "{text}");
    assert!(text.contains("| x |"), "{text}");
    assert!(text.ends_with("\\[image: a.png\\]\n"), "{text}");
    assert!(!text.contains("hologram"));
}

#[test]
fn a_refused_piece_ends_the_rendering() {
    let doc = Doc { title: "t".to_owned(), ..Doc::default() };
    let refused = render(&doc, &mut |_| Err("full".to_owned()));
    assert_eq!(refused, Err(RenderError::Output("full".to_owned())));
}
