//! Documents as trees: Markdown read for renderers, and foreign text made safe to stand in Markdown.
//!
//! Must not know: stores, plugins, output formats. Invariants: nothing in a document becomes markup that is not
//! Markdown: raw HTML is text, an image is its text, and a link goes to http, https or mailto or is text; a tree
//! keeps to the bounds below whatever the Markdown says; text that passed the functions of [`escape`] reads as
//! that text again and as nothing else.

mod build;
mod escape;
mod guarded;
mod timeline;

pub(crate) use build::parse_markdown;
pub(crate) use escape::{escape_markdown, escape_table_cell, fenced, table_code_span};
pub(crate) use guarded::{Draft, Places};
pub(crate) use timeline::{TimelineEntry, timeline_fence};

use thiserror::Error;

/// Most nodes of a tree: a table of 20,000 rows, which no reader finishes and no renderer should choke on.
pub(crate) const DOCUMENT_NODES_MAX: usize = 200_000;
/// Most levels below the root; half of what the shipped renderers bear.
pub(crate) const DOCUMENT_DEPTH_MAX: usize = 100;
/// Most bytes of Markdown, twice the memory of which the tree needs at most.
pub(crate) const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Why Markdown was not made a tree.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(crate) enum DocumentError {
    /// More than [`DOCUMENT_BYTES_MAX`].
    #[error("the document has {bytes} bytes of Markdown; at most {DOCUMENT_BYTES_MAX} can be rendered")]
    Long {
        /// How many there are.
        bytes: usize,
    },
    /// More than [`DOCUMENT_NODES_MAX`].
    #[error("the document has more than {DOCUMENT_NODES_MAX} parts")]
    ManyNodes,
    /// Deeper than [`DOCUMENT_DEPTH_MAX`].
    #[error("the document nests lists, quotes or emphasis deeper than {DOCUMENT_DEPTH_MAX} levels")]
    Deep,
}

#[cfg(test)]
mod tests;
