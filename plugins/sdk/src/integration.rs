//! Integrations: systems that are searched, and written to by plan and consent.

use std::marker::PhantomData;

pub use crate::bindings::integration::exports::trcaa::integration::source::{
    Attachment, Collection, Item, ItemRef, Page, Query,
};
pub use crate::bindings::integration::exports::trcaa::integration::writer::{ActionSpec, Change, Plan};
use crate::bindings::integration::exports::trcaa::integration::{source, writer};
pub use crate::{Descriptor, Error};

/// An integration that reads and writes.
pub trait Integration {
    /// Names the plugin; must agree with its manifest.
    fn describe() -> Descriptor;

    /// Tells who the remote says we are; shown when a connection is added.
    ///
    /// # Errors
    /// What the remote said.
    fn whoami() -> Result<String, Error>;

    /// Lists spaces, projects or tables, a page at a time, with the cursor of the next page. None by default.
    ///
    /// # Errors
    /// What the remote said.
    fn collections(_cursor: Option<String>) -> Result<(Vec<Collection>, Option<String>), Error> {
        Ok((Vec::new(), None))
    }

    /// Searches; `query.text` is what a person typed, to be escaped for the remote's own query language.
    ///
    /// # Errors
    /// What the remote said.
    fn search(query: Query) -> Result<Page, Error>;

    /// Fetches one item.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    fn fetch(item: ItemRef) -> Result<Item, Error>;

    /// Lists what hangs on an item. None by default.
    ///
    /// # Errors
    /// What the remote said.
    fn attachments(_item: ItemRef) -> Result<Vec<Attachment>, Error> {
        Ok(Vec::new())
    }

    /// Lists actions that the typed changes do not cover. None by default.
    fn actions() -> Vec<ActionSpec> {
        Vec::new()
    }

    /// Plans a change without writing; the host shows the plan to the user. Refused by default: it only reads.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the item changed under us; [`Error::Unsupported`] for a change that it does not know.
    fn prepare(_change: Change) -> Result<Plan, Error> {
        Err(Error::Unsupported("this integration only reads".to_owned()))
    }

    /// Carries out a plan. The same `idempotency_key` twice must write once. Refused by default: it only reads.
    ///
    /// # Errors
    /// What the remote said.
    fn apply(_change: Change, _plan: Plan, _idempotency_key: String) -> Result<(Option<ItemRef>, String), Error> {
        Err(Error::Unsupported("this integration only reads".to_owned()))
    }
}

#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

impl<T: Integration> source::Guest for Adapter<T> {
    fn describe() -> Descriptor {
        T::describe()
    }
    fn whoami() -> Result<String, Error> {
        T::whoami()
    }
    fn collections(cursor: Option<String>) -> Result<(Vec<Collection>, Option<String>), Error> {
        T::collections(cursor)
    }
    fn search(query: Query) -> Result<Page, Error> {
        T::search(query)
    }
    fn fetch(item: ItemRef) -> Result<Item, Error> {
        T::fetch(item)
    }
    fn attachments(item: ItemRef) -> Result<Vec<Attachment>, Error> {
        T::attachments(item)
    }
}

impl<T: Integration> writer::Guest for Adapter<T> {
    fn actions() -> Vec<ActionSpec> {
        T::actions()
    }
    fn prepare(change: Change) -> Result<Plan, Error> {
        T::prepare(change)
    }
    fn apply(change: Change, plan: Plan, idempotency_key: String) -> Result<(Option<ItemRef>, String), Error> {
        T::apply(change, plan, idempotency_key)
    }
}
