//! The shapes of integrations that read: an item with a title and a text, and a page that is the last.

use crate::integration::{Item, ItemRef, Page};

impl Item {
    /// An item of `collection` by its id, with a title and a body of Markdown.
    pub fn new(collection: &str, id: &str, title: &str, body: &str) -> Self {
        Self {
            ref_: ItemRef { collection: collection.to_owned(), id: id.to_owned(), revision: None, url: None },
            title: title.to_owned(),
            body: body.to_owned(),
            fields: "{}".to_owned(),
            updated_at: None,
            extra: Vec::new(),
        }
    }
}

impl Page {
    /// A page that no other follows.
    pub fn last(items: Vec<Item>) -> Self {
        Self { items, next: None }
    }
}
