//! Issues and what hangs below them.

use trcaa_model::chat::Role;
use trcaa_model::issue::{IssueEdit, IssueFilter, Severity, Status};
use trcaa_model::timeline::{Happening, METADATA_BYTES_MAX};
use trcaa_store::{NewDocument, NewProvider, StoreError};

use crate::fixture::{Home, insert_issue, insert_log, new_issue, record};

fn filter(status: Option<Status>, severity: Option<Severity>, limit: u32, offset: u32) -> IssueFilter {
    IssueFilter { status, severity, limit, offset }
}

#[test]
fn issues_are_listed_newest_first_and_filtered() {
    let home = Home::new();
    let store = home.open();
    let ids: Vec<_> = (0..5).map(|n| insert_issue(&store, &format!("t{n}"), "d").id).collect();
    store
        .write(|tx| tx.edit_issue(&ids[1], &IssueEdit { status: Some(Status::Resolved), ..IssueEdit::default() }))
        .unwrap();
    let listed = |f: &IssueFilter| store.issues(f).unwrap().into_iter().map(|i| i.title).collect::<Vec<_>>();
    assert_eq!(listed(&filter(None, None, 50, 0)), ["t4", "t3", "t2", "t1", "t0"]);
    assert_eq!(listed(&filter(None, None, 2, 1)), ["t3", "t2"]);
    assert_eq!(listed(&filter(Some(Status::Resolved), None, 50, 0)), ["t1"]);
    assert_eq!(listed(&filter(None, Some(Severity::Low), 50, 0)), [""; 0]);
}

#[test]
fn edits_keep_clear_and_stamp() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let edit = |edit: IssueEdit| store.write(|tx| tx.edit_issue(&issue.id, &edit)).unwrap();
    let kept = edit(IssueEdit { description: Some(None), ..IssueEdit::default() });
    assert_eq!((kept.title.as_str(), kept.description.as_deref(), &kept.tags), ("t", None, &issue.tags));
    assert!(kept.updated_at > issue.updated_at);
    let resolved = edit(IssueEdit { status: Some(Status::Resolved), ..IssueEdit::default() });
    let closed = edit(IssueEdit { status: Some(Status::Closed), ..IssueEdit::default() });
    assert!(resolved.resolved_at.is_some());
    assert_eq!(closed.resolved_at, resolved.resolved_at);
    let reopened = edit(IssueEdit { status: Some(Status::Open), tags: Some(vec![]), ..IssueEdit::default() });
    assert_eq!((reopened.resolved_at.as_deref(), reopened.tags.len()), (None, 0));
    assert_eq!(store.issue(&issue.id).unwrap(), reopened);
    let blank = IssueEdit { title: Some("  ".to_owned()), ..IssueEdit::default() };
    assert!(matches!(store.write(|tx| tx.edit_issue(&issue.id, &blank)), Err(StoreError::Invalid { .. })));
}

#[test]
fn ids_resolve_by_either_end_or_last() {
    let home = Home::new();
    let store = home.open();
    assert!(matches!(store.resolve_issue("last"), Err(StoreError::NoSuch { .. })));
    let first = insert_issue(&store, "a", "d").id;
    let second = insert_issue(&store, "b", "d").id;
    let text = first.as_str();
    assert_eq!(store.resolve_issue(text).unwrap(), first);
    assert_eq!(store.resolve_issue(&text[28..]).unwrap(), first);
    assert_eq!(store.resolve_issue(&text[28..].to_uppercase()).unwrap(), first);
    assert_eq!(store.resolve_issue(" last ").unwrap(), second);
    match store.resolve_issue(&text[..6]) {
        Err(StoreError::Ambiguous { matches, .. }) => assert_eq!(matches.len(), 2),
        other => panic!("{other:?}"),
    }
    assert!(matches!(store.resolve_issue(&text[31..]), Err(StoreError::IdTooShort { .. })));
    for absent in ["%%%%%%", "ffffff-none", "______", "é'\"; DROP", &"x".repeat(1000)] {
        assert!(matches!(store.resolve_issue(absent), Err(StoreError::NoSuch { .. })), "{absent}");
    }
}

#[test]
fn deleting_an_issue_takes_all_below_it_and_leaves_the_audit_trail() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let log = insert_log(&store, &issue.id, "line");
    store
        .write(|tx| {
            let conversation = tx.insert_conversation(&issue.id, "p", "m", None)?;
            tx.insert_message(&conversation.id, Role::User, "hello", 3)?;
            tx.upsert_step(&issue.id, 1, "Why?", None, None)?;
            tx.pseudonym(&issue.id, "Email", "a@b.de")?;
            let document = tx.insert_document(&NewDocument {
                issue_id: issue.id.clone(),
                doc_type: "rca".to_owned(),
                title: "RCA".to_owned(),
                content_md: "one".to_owned(),
            })?;
            tx.edit_document(&document.id, "two")?;
            let happening = Happening::LogUploaded { file_name: "app.log".to_owned(), file_size: 4 };
            tx.happened(&issue.id, &happening, "log added", &record(log.id.as_str()))
        })
        .unwrap();
    let detail = store.issue_detail(&issue.id).unwrap();
    assert_eq!((detail.log_files.len(), detail.conversations.len(), detail.resolution_steps.len()), (1, 1, 1));
    assert_eq!(detail.timeline_events[0].metadata, serde_json::json!({"file_name": "app.log", "file_size": 4}));
    store.write(|tx| tx.delete_issue(&issue.id)).unwrap();
    let raw = home.raw();
    for table in [
        "issues",
        "log_files",
        "ai_conversations",
        "ai_messages",
        "resolution_steps",
        "documents",
        "document_revisions",
        "timeline_events",
        "issue_pseudonyms",
    ] {
        let left: i64 = raw.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(store.audit_entries(10, None, None).unwrap().len(), 1);
    assert!(matches!(store.write(|tx| tx.delete_issue(&issue.id)), Err(StoreError::NoSuch { .. })));
}

#[test]
fn a_transaction_keeps_all_or_nothing() {
    let home = Home::new();
    let store = home.open();
    let outcome: Result<(), StoreError> = store.write(|tx| {
        let issue = tx.insert_issue(&new_issue("t", "d"))?;
        let happening = Happening::TriageStarted { severity: "high".to_owned(), category: None };
        tx.happened(&issue.id, &happening, "opened", &record("x"))?;
        tx.upsert_step(&issue.id, 6, "Why?", None, None)?;
        Ok(())
    });
    assert!(matches!(outcome, Err(StoreError::Invalid { what: "step_order", .. })));
    assert!(store.issues(&filter(None, None, 9, 0)).unwrap().is_empty());
    assert!(store.audit_entries(9, None, None).unwrap().is_empty());
    assert!(store.search("t", 9).unwrap().is_empty());
}

#[test]
fn an_event_that_fails_its_audit_is_not_kept() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let happening = Happening::LogUploaded { file_name: "a".to_owned(), file_size: 1 };
    let mut bad = record("x");
    bad.details = serde_json::json!([1]);
    assert!(store.write(|tx| tx.happened(&issue.id, &happening, "x", &bad)).is_err());
    assert!(store.timeline(&issue.id).unwrap().is_empty());
}

#[test]
fn metadata_is_bounded_at_the_byte() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let of = |bytes: usize| {
        let frame = r#"{"file_name":"","file_size":1}"#.len();
        Happening::LogUploaded { file_name: "x".repeat(bytes - frame), file_size: 1 }
    };
    assert_eq!(serde_json::to_string(&of(METADATA_BYTES_MAX)).unwrap().len(), METADATA_BYTES_MAX);
    let write = |what| store.write(|tx| tx.happened(&issue.id, &what, "x", &record("x")));
    assert!(write(of(METADATA_BYTES_MAX)).is_ok());
    assert!(matches!(write(of(METADATA_BYTES_MAX + 1)), Err(StoreError::Invalid { .. })));
    assert_eq!(store.timeline(&issue.id).unwrap().len(), 1);
    assert_eq!(store.audit_entries(9, None, None).unwrap().len(), 1);
}

#[test]
fn a_level_is_written_over_and_not_doubled() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let first = store.write(|tx| tx.upsert_step(&issue.id, 1, "Why?", None, None)).unwrap();
    let again = store.write(|tx| tx.upsert_step(&issue.id, 1, "Why?", Some("full"), Some("line 3"))).unwrap();
    assert_eq!(first.id, again.id);
    assert_eq!(store.steps(&issue.id).unwrap(), [again]);
    for level in [0, 6, 255] {
        assert!(store.write(|tx| tx.upsert_step(&issue.id, level, "Why?", None, None)).is_err());
    }
}

#[test]
fn every_text_of_a_document_is_kept() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let new = |doc_type: &str| NewDocument {
        issue_id: issue.id.clone(),
        doc_type: doc_type.to_owned(),
        title: "RCA".to_owned(),
        content_md: "one".to_owned(),
    };
    let document = store.write(|tx| tx.insert_document(&new("rca"))).unwrap();
    for text in ["two", "two", "three"] {
        store.write(|tx| tx.edit_document(&document.id, text)).unwrap();
    }
    let revisions = store.document_revisions(&document.id).unwrap();
    assert_eq!(
        revisions.iter().map(|r| (r.revision, r.content_md.as_str())).collect::<Vec<_>>(),
        [(1, "one"), (2, "two")]
    );
    assert_eq!(store.document(&document.id).unwrap().content_md, "three");
    assert_eq!(store.documents(Some(&issue.id)).unwrap().len(), 1);
    assert!(matches!(store.write(|tx| tx.insert_document(&new("memo"))), Err(StoreError::Invalid { .. })));
}

#[test]
fn a_child_of_no_issue_is_told_by_its_parent() {
    let home = Home::new();
    let store = home.open();
    let gone = trcaa_model::id::IssueId::from_stored("gone");
    assert!(matches!(
        store.write(|tx| tx.upsert_step(&gone, 1, "?", None, None)),
        Err(StoreError::NoSuch { what: "issue", .. })
    ));
    assert!(matches!(store.issue(&gone), Err(StoreError::NoSuch { .. })));
}

#[test]
fn providers_keep_their_key_until_a_new_one_comes() {
    let home = Home::new();
    let store = home.open();
    let mut new = NewProvider {
        name: "main".to_owned(),
        plugin: "openai".to_owned(),
        api_url: "https://api.example.org".to_owned(),
        api_key: Some(trcaa_model::secret::Secret::new("sk-1")),
        model: "m".to_owned(),
        max_tokens: Some(100),
        temperature: None,
        options: serde_json::json!({}),
        supports_tool_calling: None,
    };
    let first = store.write(|tx| tx.upsert_provider(&new)).unwrap();
    new.api_key = None;
    new.model = "n".to_owned();
    let second = store.write(|tx| tx.upsert_provider(&new)).unwrap();
    assert_eq!((second.id, second.model.as_str(), second.has_api_key), (first.id, "n", true));
    assert_eq!(store.provider_api_key("main").unwrap().unwrap().expose(), "sk-1");
    store.write(|tx| tx.remove_provider("main")).unwrap();
    assert!(store.provider("main").is_err());
}
