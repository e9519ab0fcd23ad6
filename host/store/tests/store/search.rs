//! Full-text search: any text is a query, and the index follows the table.

use proptest::prelude::*;
use trcaa_model::chat::Role;
use trcaa_model::issue::IssueEdit;
use trcaa_model::timeline::Happening;
use trcaa_store::{DeepProgress, HITS_PER_LOG_MAX, NewDocument, Store};

use crate::fixture::{Home, insert_issue, insert_log, record};

#[test]
fn odd_queries_find_what_they_name() {
    let home = Home::new();
    let store = home.open();
    let quoted = insert_issue(&store, "parser chokes on foo\"bar", "x").id;
    let error = insert_issue(&store, "error: x happened", "y").id;
    let cpp = insert_issue(&store, "linking c++ objects", "z").id;
    let address = insert_issue(&store, "no route", "host 10.0.0.1 is silent").id;
    let near = insert_issue(&store, "NEAR( misses its end", "and AND or").id;
    for (query, expected) in [
        ("foo\"bar", &quoted),
        ("error: x", &error),
        ("c++", &cpp),
        ("10.0.0.1", &address),
        ("NEAR(", &near),
        ("AND", &near),
        ("sil", &address),
        ("happened error", &error),
    ] {
        let hits = store.search(query, 10).unwrap();
        assert_eq!(hits.len(), 1, "{query}: {hits:?}");
        assert_eq!(&hits[0].issue_id, expected, "{query}");
    }
    for query in ["*", "", "\"", "-", "^", "NOT NOT", "title:", "col:no", "a\0b"] {
        store.search(query, 10).unwrap_or_else(|e| panic!("{query:?}: {e}"));
    }
    assert!(store.search("*", 10).unwrap().is_empty());
}

#[test]
fn hits_tell_the_field_and_rank_titles_first() {
    let home = Home::new();
    let store = home.open();
    insert_issue(&store, "other", "the payroll queue is stuck");
    insert_issue(&store, "payroll down", "x");
    let hits = store.search("payroll", 10).unwrap();
    assert_eq!(hits.iter().map(|h| h.field.as_str()).collect::<Vec<_>>(), ["title", "description"]);
    assert_eq!(hits[1].snippet, "the payroll queue is stuck");
    assert_eq!(store.search("payroll", 1).unwrap().len(), 1);
}

#[test]
fn the_index_follows_edits_and_deletes() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "alpha", "beta").id;
    let edit = IssueEdit { title: Some("gamma".to_owned()), description: Some(None), ..IssueEdit::default() };
    store.write(|tx| tx.edit_issue(&issue, &edit)).unwrap();
    let found = |query: &str| store.search(query, 10).unwrap().len();
    assert_eq!((found("alpha"), found("beta"), found("gamma")), (0, 0, 1));
    store.write(|tx| tx.delete_issue(&issue)).unwrap();
    assert_eq!(found("gamma"), 0);
    assert!(store.check().unwrap().full_text.is_empty());
}

#[test]
fn an_index_out_of_step_is_found_by_the_check() {
    let home = Home::new();
    let store = home.open();
    insert_issue(&store, "alpha", "beta");
    home.raw().execute_batch("DROP TRIGGER issues_fts_update; UPDATE issues SET title = 'omega'").unwrap();
    assert_eq!(store.check().unwrap().full_text.len(), 1);
}

#[test]
fn no_text_breaks_a_search() {
    let home = Home::new();
    let store = home.open();
    insert_issue(&store, "alpha", "beta");
    proptest!(ProptestConfig::with_cases(300), |(query in "(?s).{0,40}|[\"*()^:+{}\\- a-zA-Z0-9\\x00]{0,40}")| {
        store.search(&query, 10).unwrap();
    });
}

#[test]
fn whole_words_come_before_begun_ones_and_newer_before_older() {
    let home = Home::new();
    let store = home.open();
    let begun = insert_issue(&store, "disks at the end", "x").id;
    let older = insert_issue(&store, "disk one", "x").id;
    let newer = insert_issue(&store, "disk two", "x").id;
    let ids = |limit| store.search("disk", limit).unwrap().into_iter().map(|hit| hit.issue_id).collect::<Vec<_>>();
    assert_eq!(ids(10), [newer.clone(), older.clone(), begun]);
    assert_eq!(ids(2), [newer.clone(), older]);
    assert_eq!(ids(1), [newer]);
    assert!(ids(0).is_empty());
}

#[test]
fn what_many_issues_hold_is_ranked_among_the_newest_of_them() {
    const ISSUES: u32 = 1_100;
    let home = Home::new();
    let store = home.open();
    let new = |title: &str| crate::fixture::new_issue(title, "the payroll queue is stuck");
    store
        .write(|tx| {
            tx.insert_issue(&new("payroll, too old to be ranked"))?;
            for n in 1..ISSUES - 1 {
                let title = if n == ISSUES - 900 { "payroll in the title".to_owned() } else { format!("issue {n}") };
                tx.insert_issue(&new(&title))?;
            }
            tx.insert_issue(&new("the newest")).map(drop)
        })
        .unwrap();
    let titles = |query: &str, limit| -> Vec<String> {
        store.search(query, limit).unwrap().into_iter().map(|hit| hit.title).collect()
    };
    for query in ["payroll", "payrol"] {
        let best = titles(query, 3);
        assert_eq!(best[..1], ["payroll in the title"], "{query}");
        assert_eq!(titles(query, 2_000).len(), ISSUES as usize, "{query}: whoever asks for more gets all");
    }
    assert_eq!(titles("payroll old", 10), ["payroll, too old to be ranked"]);
}

/// Takes no notice.
struct Quiet;

impl DeepProgress for Quiet {
    fn logs(&self, _bytes: u64) {}
    fn log_done(&self, _bytes: u64) {}
}

fn deep(store: &Store, query: &str, limit: u32) -> Vec<(String, String, String)> {
    let found = store.search_deep(query, limit, &Quiet).unwrap();
    found.hits.into_iter().map(|hit| (hit.title, hit.field, hit.snippet)).collect()
}

#[test]
fn what_was_typed_to_the_letter_comes_first() {
    let home = Home::new();
    let store = home.open();
    for title in ["c is no c++", "linking C++ objects", "plan c", "vitamin c c c"] {
        insert_issue(&store, title, "x");
    }
    let titles: Vec<String> = store.search("c++", 10).unwrap().into_iter().map(|hit| hit.title).collect();
    assert_eq!(titles.len(), 4);
    assert!(titles[..2].iter().all(|title| title.to_lowercase().contains("c++")), "{titles:?}");
    insert_issue(&store, "what is ???", "rates * 2");
    let found = |query: &str| store.search(query, 10).unwrap().into_iter().map(|hit| hit.field).collect::<Vec<_>>();
    assert_eq!((found("???"), found("*"), found("%")), (vec!["title".into()], vec!["description".into()], vec![]));
}

#[test]
fn a_deep_search_looks_everywhere_and_ranks() {
    let home = Home::new();
    let store = home.open();
    let old = insert_issue(&store, "old", "x").id;
    let new = insert_issue(&store, "new", "x").id;
    insert_issue(&store, "with Zebra", "x");
    insert_issue(&store, "third", "a zebra, described");
    insert_issue(&store, "fourth", "subzebra");
    insert_log(&store, &old, "one\ntwo ZEBRA\nthree");
    store
        .write(|tx| {
            let conversation = tx.insert_conversation(&old, "p", "m", None)?;
            tx.insert_message(&conversation.id, Role::User, "a zebra said", 1)?;
            tx.upsert_step(&new, 1, "Why the zebra?", Some("zebra answer"), Some("zebra evidence"))?;
            tx.insert_document(&NewDocument {
                issue_id: new.clone(),
                doc_type: "rca".into(),
                title: "RCA".into(),
                content_md: "# zebra".into(),
            })?;
            let what = Happening::LogUploaded { file_name: "zebra.log".into(), file_size: 1 };
            tx.happened(&new, &what, "added", &record("x"))
        })
        .unwrap();
    let fields: Vec<String> = deep(&store, "zebra", 50).into_iter().map(|(_, field, _)| field).collect();
    assert_eq!(
        fields,
        [
            "title",
            "description",
            "description",
            "resolution_step",
            "resolution_step",
            "resolution_step",
            "document",
            "timeline",
            "message",
            "log_text"
        ]
    );
    assert_eq!(deep(&store, "zebra", 50)[9], ("old".into(), "log_text".into(), "app.log:2: two ZEBRA".into()));
    assert_eq!(deep(&store, "zebra", 4).len(), 4);
    assert_eq!(deep(&store, "zebra answer", 50).len(), 1, "all words in one text");
    assert_eq!(deep(&store, "app.log", 50)[0].1, "log_name");
    assert!(deep(&store, "", 50).is_empty());
    // Always in step: there is nothing that could be out of it.
    store.write(|tx| tx.delete_issue(&old)).unwrap();
    assert!(deep(&store, "two zebra", 50).is_empty());
}

#[test]
fn a_noisy_log_gives_three_lines_and_an_unreadable_one_is_told() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    insert_log(&store, &issue, &"zebra\n".repeat(1_000));
    let broken = insert_log(&store, &issue, "zebra").id;
    home.raw().execute("UPDATE log_files SET content_compressed = x'1f8b00' WHERE id = ?1", [broken.as_str()]).unwrap();
    let found = store.search_deep("zebra", 50, &Quiet).unwrap();
    assert_eq!(found.hits.len(), HITS_PER_LOG_MAX);
    assert_eq!(found.unread.iter().map(|(id, _)| id).collect::<Vec<_>>(), [&broken]);
}

#[test]
fn the_index_is_in_step_after_vacuum_and_rebuild() {
    let home = Home::new();
    let store = home.open();
    let ids: Vec<_> = (0..20).map(|n| insert_issue(&store, &format!("alpha{n}"), "beta").id).collect();
    for id in ids.iter().step_by(3) {
        store.write(|tx| tx.delete_issue(id)).unwrap();
    }
    let raw = home.raw();
    raw.execute_batch("VACUUM; INSERT INTO issues_fts (issues_fts) VALUES ('rebuild')").unwrap();
    assert!(store.check().unwrap().is_sound());
    for (n, id) in ids.iter().enumerate() {
        let hits = store.search(&format!("alpha{n} beta"), 10).unwrap();
        let found = hits.iter().any(|hit| hit.issue_id == *id);
        assert_eq!(found, n % 3 != 0, "{n}");
    }
    let edit = IssueEdit { title: Some("omega".to_owned()), ..IssueEdit::default() };
    store.write(|tx| tx.edit_issue(&ids[1], &edit)).unwrap();
    assert_eq!(store.search("omega", 10).unwrap().len(), 1);
    // What a compacted copy is made by.
    let copy = home.file("copy.db");
    raw.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    drop(store);
    std::fs::rename(&copy, home.file("tftsr.db")).unwrap();
    for tail in ["tftsr.db-wal", "tftsr.db-shm"] {
        let _ = std::fs::remove_file(home.file(tail));
    }
    let store = home.open();
    assert!(store.check().unwrap().is_sound());
    assert_eq!(store.search("omega", 10).unwrap().len(), 1);
}

#[test]
fn lists_come_from_an_index_in_their_order() {
    let home = Home::new();
    drop(home.open());
    let raw = home.raw();
    let plan = |sql: &str| -> String {
        let mut statement = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let lines = statement.query_map([], |row| row.get::<_, String>(3)).unwrap();
        lines.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    };
    let tail = "ORDER BY created_at DESC, rowid DESC LIMIT 50";
    for (filter, index) in [
        ("NULL IS NULL", "idx_issues_created"),
        ("status = 'open' AND NULL IS NULL", "idx_issues_status_created"),
        ("NULL IS NULL AND severity = 'high'", "idx_issues_severity_created"),
        ("status = 'open' AND severity = 'high'", "idx_issues_"),
    ] {
        let plan = plan(&format!("SELECT id, title FROM issues WHERE {filter} {tail}"));
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{filter}: {plan}");
    }
}
