//! The deepest tree is rendered and a deeper one refused; what is odd but lawful is rendered.
#![allow(missing_docs)]

#[path = "../../sdk/tests/shared/odd_trees.rs"]
mod odd_trees;

use render_markdown::render;

#[test]
fn depth_is_bounded() {
    odd_trees::depth_is_bounded(render, ">");
}

#[test]
fn kinds_out_of_place_give_their_text() {
    let text = odd_trees::kinds_out_of_place(render);
    assert!(text.starts_with("bare\n\nitem\n\n- no item\n"), "{text}");
    assert!(text.contains("| x |"), "{text}");
    assert!(text.ends_with("\\[image: a.png\\]\n"), "{text}");
}

#[test]
fn a_refused_piece_ends_the_rendering() {
    odd_trees::a_refused_piece_ends_it(render);
}
