//! Reading from integrations beyond search: collections and single items.

use trcaa_model::guard::Redacted;

use super::{Integration, RemoteItem, believable, records, source};
use crate::error::PluginError;

/// Most collections of one page that are taken.
const PAGE_COLLECTIONS_MAX: usize = 1_000;

/// A space, project or table of a remote system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteCollection {
    /// What items of it are found by.
    pub id: String,
    /// What people call it by, such as `OPS`.
    pub key: Option<String>,
    /// One line.
    pub name: String,
    /// Where a person finds it.
    pub url: Option<String>,
}

impl Integration {
    /// Lists collections, with the cursor of the next page.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn collections(&self, cursor: Option<&str>) -> Result<(Vec<RemoteCollection>, Option<String>), PluginError> {
        let (list, next) =
            self.call("collections", |guest, store| guest.trcaa_integration_source().call_collections(store, cursor))?;
        if list.len() > PAGE_COLLECTIONS_MAX {
            let problem = format!("{} collections in a page, and {PAGE_COLLECTIONS_MAX} are taken", list.len());
            return Err(self.refuse("collections", problem));
        }
        list.iter().try_for_each(shaped).map_err(|problem| self.refuse("collections", problem))?;
        let clean = |text: String| self.context.scrubbed(text);
        let convert = |c: source::Collection| RemoteCollection {
            id: clean(c.id),
            key: c.key.map(clean),
            name: clean(c.name),
            url: c.url.map(clean),
        };
        Ok((list.into_iter().map(convert).collect(), next.map(clean)))
    }

    /// Fetches one item.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn fetch(&self, collection: &Redacted, id: &Redacted) -> Result<RemoteItem, PluginError> {
        let wanted = source::ItemRef {
            collection: collection.as_str().to_owned(),
            id: id.as_str().to_owned(),
            revision: None,
            url: None,
        };
        let found = self.call("fetch", |guest, store| guest.trcaa_integration_source().call_fetch(store, &wanted))?;
        believable(&found).map_err(|problem| self.refuse("fetch", problem))?;
        Ok(self.item(found))
    }
}

/// Whether a collection may be shown and followed.
fn shaped(collection: &source::Collection) -> Result<(), String> {
    records::id("a collection's id", &collection.id)?;
    collection.key.iter().try_for_each(|key| records::line("a collection's key", key))?;
    records::line("a collection's name", &collection.name)?;
    collection.url.iter().try_for_each(|url| records::url("a collection's address", url))
}
