use serde_json::Value;
use trcaa_sdk::call::{Call, encode, unreadable};
use trcaa_sdk::integration::{Descriptor, Error, Integration, Item, ItemRef, Page, Query};

struct Plugin;

fn get(path: &str) -> Result<Value, Error> {
    let text = Call::get(&format!("https://wiki.example.com/api/{path}")).bearer("token").text()?;
    serde_json::from_str(&text).map_err(unreadable)
}

impl Integration for Plugin {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("{{id}}", "{{id}}", "0.1.0")
    }

    fn whoami() -> Result<String, Error> {
        Ok(get("me")?["name"].as_str().unwrap_or("nobody").to_owned())
    }

    fn search(query: Query) -> Result<Page, Error> {
        let found = get(&format!("search?q={}&limit={}", encode(&query.text), query.limit))?;
        found.as_array().into_iter().flatten().map(item).collect::<Result<_, _>>().map(Page::last)
    }

    fn fetch(wanted: ItemRef) -> Result<Item, Error> {
        item(&get(&format!("pages/{}", encode(&wanted.id)))?)
    }
}

fn item(page: &Value) -> Result<Item, Error> {
    let text = |name: &str| page[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| unreadable(name));
    Ok(Item::new("wiki", text("id")?, text("title")?, text("body")?))
}

trcaa_sdk::register!(integration: Plugin, manifest: include_bytes!("../trcaa-plugin.toml"));
