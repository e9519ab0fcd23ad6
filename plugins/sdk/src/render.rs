//! Document renderers: a tree in, bytes into the host's output.

use std::marker::PhantomData;

mod tree;

pub use tree::{DEPTH_MAX, NODES_MAX, RenderError, Tree};

pub use crate::bindings::render::exports::trcaa::render::renderer::Format;
pub use crate::bindings::render::trcaa::render::document::{Doc, Kind, Node};
pub use crate::bindings::render::trcaa::render::io::{Assets, Output};
pub use crate::{Descriptor, Error};

/// A renderer. Pure: the same document gives the same bytes.
pub trait Renderer {
    /// Names the plugin; must agree with its manifest.
    fn describe() -> Descriptor;

    /// Lists the formats that `render` knows.
    fn formats() -> Vec<Format>;

    /// Writes `doc` to `out`, in pieces of at most 4 MiB.
    ///
    /// `doc.nodes` is an arena: the root first, parents before their children. Kinds that the renderer does not know
    /// are left out. Limits of a call: 512 MiB of memory, 10 s of CPU, 64 MiB of output.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for an unknown format, [`Error::InvalidInput`] for a broken tree.
    fn render(
        doc: Doc,
        format: String,
        options: Vec<(String, String)>,
        assets: &Assets,
        out: &Output,
    ) -> Result<(), Error>;
}

/// Makes a format's description.
pub fn format(id: &str, media_type: &str, extension: &str) -> Format {
    Format { id: id.to_owned(), media_type: media_type.to_owned(), extension: extension.to_owned() }
}

/// Takes a renderer's pieces in order; its error, in words, ends the rendering.
pub type PieceSink<'a> = dyn FnMut(&[u8]) -> Result<(), String> + 'a;

/// Hands to `out` what `render` writes of `doc`, so that `render` itself needs no host and can be tested without one.
///
/// # Errors
/// The host's where it took no more, else [`Error::InvalidInput`] with what `render` says of the tree.
pub fn write_pieces(
    doc: &Doc,
    out: &Output,
    render: impl FnOnce(&Doc, &mut PieceSink<'_>) -> Result<(), RenderError>,
) -> Result<(), Error> {
    let mut refused = None;
    let written = render(doc, &mut |piece| {
        out.write(piece).map_err(|error| {
            refused = Some(error);
            "the host took no more".to_owned()
        })
    });
    match (refused, written) {
        (Some(error), _) => Err(error),
        (None, Err(broken)) => Err(Error::InvalidInput(broken.to_string())),
        (None, Ok(())) => Ok(()),
    }
}

#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

impl<T: Renderer> crate::bindings::render::exports::trcaa::render::renderer::Guest for Adapter<T> {
    fn describe() -> Descriptor {
        T::describe()
    }
    fn formats() -> Vec<Format> {
        T::formats()
    }
    fn render(
        doc: Doc,
        format: String,
        options: Vec<(String, String)>,
        assets: &Assets,
        out: &Output,
    ) -> Result<(), Error> {
        T::render(doc, format, options, assets, out)
    }
}
