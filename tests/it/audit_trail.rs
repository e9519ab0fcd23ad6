//! The audit trail by the command line: checkpoints, what they find, and how failures are told.

use serde_json::Value;
use tests::{Home, Run, TEST_KEY, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// Another client with the key, as somebody who tampers would use.
fn tamper(home: &Home, sql: &str) {
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    conn.execute_batch(sql).unwrap();
}

fn error_of(run: &Run) -> Value {
    run.answer()["error"].clone()
}

#[test]
fn a_checkpoint_proves_later_that_nothing_was_cut_off() {
    let home = Home::new(BINARY);
    home.issue("one");
    // The same line with and without --json: it is made to be kept.
    let printed = home.run(["audit", "checkpoint", "--out", "head.json"]).ok().stdout;
    let checkpoint: Value = serde_json::from_str(&printed).unwrap();
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(home.path("head.json")).unwrap()).unwrap();
    assert_eq!(kept["checkpoint"], checkpoint["checkpoint"]);
    assert_eq!(checkpoint["checkpoint"]["entries"], 2);
    assert_eq!(home.refused(["audit", "checkpoint", "--out", "head.json"], 1), "exists");
    home.issue("two");
    let proof = home.json(["audit", "verify", "--checkpoint", "head.json"]);
    assert_eq!((&proof["intact"], &proof["checkpoint"]), (&Value::Bool(true), &checkpoint["checkpoint"]));
    home.run_with(["audit", "verify", "--checkpoint", "-"], printed.as_bytes()).ok();

    tamper(&home, "DELETE FROM audit_log WHERE rowid >= 2");
    home.run(["audit", "verify"]).ok();
    assert_eq!(home.refused(["audit", "verify", "--checkpoint", "head.json"], 1), "audit_cut");
    for title in ["three", "four"] {
        home.issue(title);
    }
    assert_eq!(home.refused(["audit", "verify", "--checkpoint", "head.json"], 1), "audit_cut");
    tamper(&home, "UPDATE audit_log SET action = 'x' WHERE rowid = 1");
    assert_eq!(home.refused(["audit", "verify", "--checkpoint", "head.json"], 1), "audit_broken");
}

#[test]
fn a_broken_trail_is_told_with_its_first_bad_entry() {
    let home = Home::new(BINARY);
    for title in ["one", "two", "three"] {
        home.issue(title);
    }
    let second = text(&list(&home.json(["audit", "list"])["audit_log"])[1]["id"]);
    tamper(&home, "UPDATE audit_log SET details = '{}' WHERE rowid = 2");
    let run = home.run(["audit", "verify", "--json"]).fails(1);
    assert_eq!(run.error_code(), "audit_broken");
    assert_eq!(error_of(&run)["first_bad_id"], second.as_str());
    assert!(home.run(["audit", "verify"]).fails(1).stderr.contains(&second));
}

#[test]
fn bad_and_foreign_checkpoints_are_refused_by_name() {
    let home = Home::new(BINARY);
    home.issue("one");
    let good = home.run(["audit", "checkpoint"]).ok().stdout;
    let refused = |content: &[u8]| {
        home.file("bad.json", content);
        let run = home.run(["audit", "verify", "--checkpoint", "bad.json", "--json"]).fails(1);
        run.error_code()
    };
    for bad in ["", "no json", "[1,2]", "{\"checkpoint\":{\"entries\":\"many\"}}"] {
        assert_eq!(refused(bad.as_bytes()), "checkpoint_invalid", "{bad:?}");
    }
    assert_eq!(refused(&[0xff; 100]), "checkpoint_invalid");
    assert_eq!(refused(&vec![b' '; 10 << 20]), "checkpoint_invalid");
    assert_eq!(refused(good.replace("\"entries\":2", "\"entries\":1").as_bytes()), "checkpoint_invalid");
    let other = Home::new(BINARY);
    other.issue("one");
    let foreign = other.run(["audit", "checkpoint"]).ok().stdout;
    assert_eq!(refused(foreign.as_bytes()), "checkpoint_foreign");
    assert_eq!(home.refused(["audit", "verify", "--checkpoint", "none.json"], 1), "unreadable");
    assert_eq!(home.refused(["audit", "verify", "--checkpoint", "."], 1), "unreadable");
    home.run_with(["audit", "verify", "--checkpoint", "-"], good.as_bytes()).ok();
}

#[test]
fn entries_are_listed_by_any_name_of_what_they_speak_of() {
    let home = Home::new(BINARY);
    home.issue("one");
    let issue = home.issue("two");
    home.json(["issue", "close", &issue]);
    let actions = |args: &[&str]| -> Vec<String> {
        let mut all = vec!["audit", "list"];
        all.extend(args);
        list(&home.json(&all)["audit_log"]).iter().map(|entry| text(&entry["action"])).collect()
    };
    for entity in [issue.as_str(), &issue[28..], "last"] {
        assert_eq!(actions(&["--entity", entity]), ["close_issue", "create_issue"], "{entity}");
    }
    assert_eq!(actions(&["--entity", "issue"]).len(), 3);
    assert_eq!(actions(&["--action", "create_issue"]).len(), 2);
    assert_eq!(actions(&["--action", "create_issue", "--entity", "last"]).len(), 1);
    assert_eq!(home.refused(["audit", "list", "--entity", &issue[..8]], 1), "ambiguous");
    assert_eq!(home.refused(["audit", "list", "--entity", "nothing-like-it"], 1), "not_found");
    home.run(["issue", "delete", &issue, "--yes"]).ok();
    assert_eq!(actions(&["--entity", &issue[28..]])[0], "delete_issue", "the trail outlives it");
}
