//! An integration that asks the host: state under a grant.

use trcaa_sdk::host::kv;
use trcaa_sdk::integration::{Change, Collection, Integration, Item, ItemRef, Page, Plan, Query};
use trcaa_sdk::{Descriptor, Error};

struct Asking;

impl Integration for Asking {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("bench-integration", "Asking", "0.1.0")
    }

    /// Asks as often as the state says.
    fn whoami() -> Result<String, Error> {
        let times = kv::get("times")?.and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
        let mut bytes = 0;
        for _ in 0..times {
            bytes += kv::get("key")?.map_or(0, |value| value.len());
        }
        Ok(bytes.to_string())
    }

    fn collections(_cursor: Option<String>) -> Result<(Vec<Collection>, Option<String>), Error> {
        Ok((Vec::new(), None))
    }

    fn search(_query: Query) -> Result<Page, Error> {
        Ok(Page { items: Vec::new(), next: None })
    }

    fn fetch(item: ItemRef) -> Result<Item, Error> {
        Err(Error::NotFound(item.id))
    }

    fn prepare(_change: Change) -> Result<Plan, Error> {
        Err(Error::Unsupported(String::new()))
    }

    fn apply(_change: Change, _plan: Plan, _key: String) -> Result<(Option<ItemRef>, String), Error> {
        Err(Error::Unsupported(String::new()))
    }
}

const MANIFEST: &[u8] = br#"
id = "bench-integration"
version = "0.1.0"
kind = "integration"
world = "trcaa:integration/integration@0.1.0"
description = "Asks the host for state."
[kv]
bytes_max = 1024
reason = "To be measured."
"#;

trcaa_sdk::register!(integration: Asking, manifest: MANIFEST);
