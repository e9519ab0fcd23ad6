//! Renders a document tree as canonical CommonMark with GFM tables.
//!
//! Owns the Markdown text alone. Must not know: the plugin ABI, files, the clock, other formats.
//!
//! Invariants: text of the tree is data, so no character of it can start a heading, list, link, table cell, HTML
//! or emphasis; equal input gives equal bytes; reading the output gives the tree again, but for what Markdown
//! cannot say: runs of white space in text are one space; adjacent or doubled emphasis is one, as are links in a row
//! to one place; empty paragraphs, lists, links and emphasis are gone; a table has a head; a line break in a heading
//! or cell is a space; a control character is its picture; and code is text where it holds `\|` in a cell, `]:` in a
//! link, or 60 backticks in a row.
//! Addresses in text don't become links, but for those of mail, which readers link whatever is done to them.

mod block;
mod component;
mod escape;
mod inline;
mod writer;

pub use trcaa_sdk::render::{DEPTH_MAX, Doc, Kind, NODES_MAX, Node, PieceSink, RenderError};
pub use writer::PIECE_BYTES_MAX;

/// Writes `doc` as Markdown to `out` in pieces of at most [`PIECE_BYTES_MAX`].
///
/// The title stands first, as a heading of level 1, unless the tree begins with just that; then the metadata as a
/// list; then the tree. `other("timeline", json)` becomes a fenced block of that name; other kinds are left out.
///
/// # Errors
/// A tree that breaks a rule of [`RenderError`], or `out` refusing a piece.
pub fn render(doc: &Doc, out: &mut PieceSink<'_>) -> Result<(), RenderError> {
    let tree = trcaa_sdk::render::Tree::new(&doc.nodes)?;
    let mut writer = writer::Writer::new(out);
    block::write_document(doc, &tree, &mut writer)?;
    writer.finish()
}
