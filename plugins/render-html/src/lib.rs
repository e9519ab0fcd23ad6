//! Renders a document tree as one self-contained HTML file.
//!
//! Owns the page: its markup, its look, the drawn timeline. Must not know: the plugin ABI, files, the clock, other
//! formats.
//!
//! Invariants: text of the tree is data, so no character of it becomes markup; the file asks nothing of the network
//! and runs nothing (its policy allows its one style sheet, by hash, and data images); links go to http, https and
//! mailto alone; equal input gives equal bytes; every text of the tree is in `header` or `main`, and beside it
//! stand only the contents (`nav`), the link that skips them, and the drawing (`figure`), which repeat it.

mod body;
mod component;
mod escape;
mod json;
mod measure;
mod outline;
mod page;
mod timeline;
mod timeline_svg;
mod writer;

pub use trcaa_sdk::render::{DEPTH_MAX, Doc, Kind, NODES_MAX, Node, PieceSink, RenderError};
pub use writer::PIECE_BYTES_MAX;

/// Writes `doc` as HTML to `out` in pieces of at most [`PIECE_BYTES_MAX`].
///
/// Title and metadata make the header; of the latter `severity` and `status` are badges, and `lang` is the language
/// of the page instead of being shown. A first heading of level 1 that repeats the title is left out.
/// `other("timeline", json)`, an array of `{"time", "text", "type"}`, is drawn; other kinds are left out.
///
/// # Errors
/// A tree that breaks a rule of [`RenderError`], or `out` refusing a piece.
pub fn render(doc: &Doc, out: &mut PieceSink<'_>) -> Result<(), RenderError> {
    let tree = trcaa_sdk::render::Tree::new(&doc.nodes)?;
    let mut writer = writer::Writer::new(out);
    page::write_page(doc, &tree, &mut writer)?;
    writer.finish()
}
