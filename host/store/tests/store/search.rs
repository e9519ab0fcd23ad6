//! Full-text search: any text is a query, and the index follows the table.

use proptest::prelude::*;
use trcaa_model::issue::IssueEdit;

use crate::fixture::{Home, insert_issue};

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
