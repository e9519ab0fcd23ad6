//! What the trail tells of changes to an issue, and what it keeps to itself.

use serde_json::{Value, json};
use tests::{Home, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

fn details(home: &Home, entity: &str) -> (String, Value) {
    let entry = list(&home.json(["audit", "list", "--entity", entity])["audit_log"])[0].clone();
    (text(&entry["action"]), serde_json::from_str(&text(&entry["details"])).unwrap())
}

#[test]
fn changes_name_the_fields_and_no_free_text() {
    let home = Home::new(BINARY);
    let issue = home.issue("t");
    home.json(["issue", "edit", &issue, "--severity", "P1", "--domain", "linux", "--title", "secret-name"]);
    let fields = json!({
        "severity": {"from": "medium", "to": "critical"}, "category": {"from": null, "to": "linux"}, "title": "changed"
    });
    assert_eq!(details(&home, &issue), ("edit_issue".into(), json!({"fields": fields})));
    for (verb, action, from, to) in [
        ("resolve", "resolve_issue", "open", "resolved"),
        ("close", "close_issue", "resolved", "closed"),
        ("reopen", "reopen_issue", "closed", "open"),
    ] {
        home.json(["issue", verb, &issue]);
        assert_eq!(details(&home, &issue), (action.into(), json!({"fields": {"status": {"from": from, "to": to}}})));
    }
    home.json(["issue", "edit", &issue, "--assigned-to", "secret-name", "--tag", "secret-name"]);
    let (_, told) = details(&home, &issue);
    assert_eq!(told, json!({"fields": {"assigned_to": "changed", "tags": "changed"}}));
    assert!(!home.run(["audit", "list", "--json"]).ok().stdout.contains("secret-name"));
    let shown = home.run(["issue", "show", &issue]).ok().stdout;
    assert!(shown.contains("reopen_issue") && shown.contains("create_issue"), "{shown}");
}

#[test]
fn deletes_tell_how_much_went() {
    let home = Home::new(BINARY);
    let issue = home.issue("t");
    let log = home.log(&issue, "secret-name.log", "one\n");
    home.log(&issue, "b.log", "two\n");
    home.json(["log", "delete", &log, "--yes"]);
    let (action, told) = details(&home, &log);
    assert_eq!((action.as_str(), &told["file_size"], &told["spans"]), ("delete_log_file", &json!(4), &json!(0)));
    assert_eq!(text(&told["content_hash"]).len(), 64);
    home.json(["issue", "delete", &issue, "--yes"]);
    let (action, told) = details(&home, &issue);
    assert_eq!((action.as_str(), &told["deleted"]["log_files"]), ("delete_issue", &json!(1)));
    assert_eq!(told["deleted"]["timeline_events"], 3);
    assert!(!home.run(["audit", "list", "--json"]).ok().stdout.contains("secret-name"));
}

#[test]
fn tags_are_a_set_that_an_edit_replaces() {
    let home = Home::new(BINARY);
    let tags = |issue: &Value| issue["issue"]["tags"].clone();
    let issue = home.json(["issue", "new", "t", "--tag", "a", "--tag", " b ", "--tag", "a", "--tag", ""]);
    assert_eq!(tags(&issue), json!(["a", "b"]));
    assert_eq!(tags(&home.json(["issue", "edit", "last", "--tag", "c"])), json!(["c"]));
    assert_eq!(tags(&home.json(["issue", "edit", "last", "--severity", "low"])), json!(["c"]));
    assert_eq!(tags(&home.json(["issue", "edit", "last", "--tag", ""])), json!([]));
    let exact = "x".repeat(64);
    assert_eq!(tags(&home.json(["issue", "edit", "last", "--tag", &exact])), json!([exact]));
    assert_eq!(home.refused(["issue", "edit", "last", "--tag", &format!("{exact}x")], 2), "bad_tag");
    assert_eq!(home.refused(["issue", "edit", "last", "--tag", "two\nlines"], 2), "bad_tag");
    let many = |count: usize| {
        let mut args: Vec<String> = ["issue", "edit", "last"].map(str::to_owned).to_vec();
        args.extend((0..count).flat_map(|n| ["--tag".to_owned(), format!("t{n}")]));
        args
    };
    assert_eq!(list(&tags(&home.json(many(50)))).len(), 50);
    assert_eq!(home.refused(many(51), 2), "bad_tag");
}
