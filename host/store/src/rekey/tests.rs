//! What the public interface cannot bring about: a store that was opened with the wrong key of columns.
#![allow(clippy::unwrap_used, clippy::panic)]

use crate::backup::tests::options;
use crate::{NewProvider, StoreError};

use super::*;

#[test]
fn a_rekey_with_a_stray_encryption_key_throws_no_key_away() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let provider = NewProvider {
        name: "p".to_owned(),
        plugin: "x".to_owned(),
        api_url: "https://p.test".to_owned(),
        api_key: Some(Secret::new("sk-canary")),
        model: "m".to_owned(),
        max_tokens: None,
        temperature: None,
        options: serde_json::json!({}),
        supports_tool_calling: None,
    };
    let mut store = options(&data, 1).open().unwrap();
    store.write(|tx| tx.upsert_provider(&provider)).unwrap();
    // As if TRCAA_ENCRYPTION_KEY had been set by mistake: the columns' key does not change then.
    store.material = KeyMaterial::new(&store.key, Some(&Secret::new("stray")));
    store.replaced = true;
    let refused = store.rekey(Rekey { target: KeyTarget::KeyFile, encryption_key: EncryptionKey::Keep }).unwrap_err();
    assert!(matches!(refused, StoreError::Column { table: "ai_providers", .. }), "{refused:?}");
    assert!(!data.join(crate::KEY_FILE).exists());
    let store = options(&data, 1).open().unwrap();
    assert_eq!(store.provider_api_key("p").unwrap().unwrap().expose(), "sk-canary");
}
