//! The deepest tree is rendered and a deeper one refused; what is odd but lawful is rendered.
#![allow(missing_docs)]

#[path = "../../sdk/tests/shared/odd_trees.rs"]
mod odd_trees;

use render_html::render;

#[test]
fn depth_is_bounded() {
    odd_trees::depth_is_bounded(render, "<blockquote>");
}

#[test]
fn kinds_out_of_place_give_their_text() {
    let text = odd_trees::kinds_out_of_place(render);
    let (_, main) = text.split_once("<main id=\"content\">").unwrap_or_default();
    assert!(main.starts_with("\n<p>bare</p>\n<p>item</p>\n<ul>\n<li>"), "{main}");
    for part in ["no item", "<td>x</td>", "<p>[image: a.png]</p>"] {
        assert!(main.contains(part), "{part}: {main}");
    }
}

#[test]
fn a_refused_piece_ends_the_rendering() {
    odd_trees::a_refused_piece_ends_it(render);
}
