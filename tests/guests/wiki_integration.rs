//! A small wiki's integration: exercises the fourth world with HTTP, a secret and state.
#![allow(missing_docs)]

use trcaa_sdk::host::http::{self, Auth, Credential, Method, Placement};
use trcaa_sdk::host::{kv, secrets};
use trcaa_sdk::integration::{Change, Collection, Integration, Item, ItemRef, Page, Plan, Query};
use trcaa_sdk::{Descriptor, Error};

struct Wiki;

/// The test binds the manifest's `{base_url}`; the guest learns the address the way settings will be given: by state.
fn base() -> Result<String, Error> {
    let bytes = kv::get("base-url")?.ok_or_else(|| Error::InvalidInput("no base URL".into()))?;
    String::from_utf8(bytes).map_err(|_| Error::InvalidInput("the base URL is not UTF-8".into()))
}

fn call(method: Method, path: &str, body: Option<Vec<u8>>) -> Result<String, Error> {
    let secret = secrets::open("token")?;
    let mut request = http::request(method, &format!("{}{path}", base()?));
    request.body = body;
    let credential = Credential { placement: Placement::Bearer, secret: &secret };
    let response = http::send(&request, &Auth::Explicit(vec![credential]))?;
    let text = String::from_utf8_lossy(&response.read_all()?).into_owned();
    match response.status() {
        200 => Ok(text),
        401 => Err(Error::Unauthenticated("the wiki refused the token".into())),
        404 => Err(Error::NotFound(path.to_owned())),
        status => Err(Error::Unavailable(format!("the wiki answered {status}"))),
    }
}

impl Integration for Wiki {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("wiki", "Wiki", "0.1.0")
    }

    fn whoami() -> Result<String, Error> {
        call(Method::Get, "/rest/me", None)
    }

    fn collections(_cursor: Option<String>) -> Result<(Vec<Collection>, Option<String>), Error> {
        Ok((Vec::new(), None))
    }

    fn search(query: Query) -> Result<Page, Error> {
        let text = call(Method::Get, &format!("/rest/search?limit={}", query.limit), None)?;
        let item = |line: &str| Item {
            ref_: ItemRef { collection: "main".into(), id: line.into(), revision: None, url: None },
            title: line.to_owned(),
            body: String::new(),
            fields: "{}".into(),
            updated_at: None,
            extra: Vec::new(),
        };
        Ok(Page { items: text.lines().map(item).collect(), next: None })
    }

    fn fetch(item: ItemRef) -> Result<Item, Error> {
        Err(Error::NotFound(item.id))
    }

    fn prepare(change: Change) -> Result<Plan, Error> {
        let Change::Create(item) = change else {
            return Err(Error::Unsupported("only creation".into()));
        };
        Ok(Plan {
            summary: format!("Create the page {:?}", item.title),
            before: None,
            after: Some(item.body),
            reversible: true,
            token: item.title,
        })
    }

    fn apply(change: Change, plan: Plan, idempotency_key: String) -> Result<(Option<ItemRef>, String), Error> {
        let Change::Create(item) = change else {
            return Err(Error::Unsupported("only creation".into()));
        };
        if plan.token != item.title {
            return Err(Error::Conflict("the plan is of another change".into()));
        }
        if let Some(id) = kv::get(&idempotency_key)? {
            let id = String::from_utf8_lossy(&id).into_owned();
            return Ok((Some(ItemRef { collection: "main".into(), id, revision: None, url: None }), "{}".into()));
        }
        let id = call(Method::Post, "/rest/pages", Some(item.body.into_bytes()))?;
        kv::set(&idempotency_key, id.as_bytes(), None)?;
        Ok((Some(ItemRef { collection: "main".into(), id, revision: None, url: None }), "{}".into()))
    }
}

const MANIFEST: &[u8] = br#"
id = "wiki"
version = "0.1.0"
kind = "integration"
world = "trcaa:integration/integration@0.1.0"
description = "Reads and writes pages of a wiki."
[[http]]
origin = "{base_url}"
methods = ["GET", "POST"]
path_prefixes = ["/rest/"]
reason = "to read and write pages"
[[secret]]
name = "token"
audience = ["{base_url}"]
placements = ["bearer"]
reason = "to log in"
[kv]
bytes_max = 65536
reason = "to write a page once"
"#;

trcaa_sdk::register!(integration: Wiki, manifest: MANIFEST);
