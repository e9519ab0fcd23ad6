#![allow(clippy::unwrap_used)]
use std::sync::Arc;

use serde_json::json;
use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::issue::{NewIssue, Severity};
use trcaa_store::{KeySource, NewProvider};
use zeroize::Zeroizing;

use super::super::watch::Standing;
use super::*;
use crate::{App, Cancel, GuardPolicy, NoProgress, Setup};

fn app(folder: &std::path::Path) -> (App, IssueId) {
    let setup = Setup {
        data_dir: folder.join("data"),
        key: KeySource::RawKey(Zeroizing::new([4; 32])),
        encryption_key: None,
        keyring: None,
        clock: Arc::new(FixedClock(1_763_769_600_000)),
        entropy: Arc::new(SeededEntropy::new(6)),
        plugin_log: None,
        cancel: Cancel::default(),
    };
    let app = App::open(setup, Box::new(NoProgress)).unwrap();
    let new = NewIssue {
        title: "mail is late".to_owned(),
        description: None,
        severity: Severity::High,
        category: None,
        source: None,
        assigned_to: None,
        tags: vec![],
    };
    let issue = app.store.write(|tx| tx.insert_issue(&new)).unwrap().id;
    (app, issue)
}

fn scan(app: &App, issue: &IssueId) -> Scan {
    let ledger = Arc::new(Mutex::new(app.store.reopen().unwrap()));
    let keeper = Keeper { ledger, issue: issue.clone() };
    Scan::new(app.detectors().unwrap(), app.issue_values(issue).unwrap(), Rule::Redact, Some(keeper))
}

fn sent(scan: &Scan, text: &str) -> String {
    scan.scan(Part::Body, text).unwrap().as_str().to_owned()
}

#[test]
fn a_placeholder_that_is_first_given_out_on_the_way_is_stored_before_it_leaves() {
    let dir = tempfile::tempdir().unwrap();
    let (app, issue) = app(dir.path());
    let (one, two) = (scan(&app, &issue), scan(&app, &issue));
    assert_eq!(sent(&one, "from anna@example.com"), "from [Email_1]");
    // The other connection read the issue before that: it learns of it, and of the first value, from the store.
    assert_eq!(sent(&two, "from bert@example.com"), "from [Email_2]");
    assert_eq!(sent(&two, "from anna@example.com"), "from [Email_1]");
    let stored = app.pseudonyms(&issue).unwrap();
    assert_eq!(stored.len(), 2);
    assert_eq!(sent(&scan(&app, &issue), "to bert@example.com"), "to [Email_2]");
    // What the trail alone gets is nobody's pseudonym.
    assert_eq!(one.for_trail("/users/carl@example.com"), "/users/[Email_2]");
    assert_eq!(app.pseudonyms(&issue).unwrap().len(), 2);
}

#[test]
fn what_can_not_be_stored_does_not_leave() {
    let dir = tempfile::tempdir().unwrap();
    let (app, issue) = app(dir.path());
    let scan = scan(&app, &issue);
    assert_eq!(sent(&scan, "nothing in it"), "nothing in it");
    app.store.write(|tx| tx.delete_issue(&issue)).unwrap();
    assert!(scan.scan(Part::Body, "from anna@example.com").is_err());
}

#[test]
fn a_call_does_not_outlive_a_policy_that_lets_less_leave() {
    let dir = tempfile::tempdir().unwrap();
    let (app, _) = app(dir.path());
    let new = NewProvider {
        name: "local".into(),
        plugin: "ai-openai".into(),
        api_url: "http://127.0.0.1:9/v1".into(),
        api_key: None,
        model: "m".into(),
        max_tokens: None,
        temperature: None,
        options: json!({}),
        supports_tool_calling: None,
    };
    app.store.write(|tx| tx.upsert_provider(&new)).unwrap();
    let under = |policy| {
        app.set_provider_policy("local", policy).unwrap();
        Standing::read(&app.store, "ai-openai", None, "local").unwrap()
    };
    let [block, redact, allow] = [GuardPolicy::Block, GuardPolicy::Redact, GuardPolicy::Allow].map(under);
    for (before, now, holds) in [
        (&allow, &redact, false),
        (&allow, &block, false),
        (&redact, &block, false),
        (&redact, &allow, true),
        (&block, &redact, true),
        (&allow, &allow, true),
    ] {
        assert_eq!(before.holds(now), holds, "{before:?} {now:?}");
    }
}
