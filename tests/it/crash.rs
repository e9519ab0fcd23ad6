//! Killed at every write: whatever the moment, the store opens, is sound, and holds a log whole or not at all.
#![cfg(target_os = "linux")]

use std::fs;

use serde_json::Value;
use tests::{Home, list, text};

use crate::shim::{End, copy_of, shim};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// Stands in a title and a file name, which are stored as they are, and must not be found in any file.
const CANARY: &str = "canary-7f3a9c";
/// More calls than the bounded jobs below make; a loop that gets here has stopped killing.
const CALLS_MAX: usize = 2_000;
/// Points at which a triage is killed, spread evenly over its calls.
const TRIAGE_POINTS: usize = 40;

fn content() -> String {
    let line = |n: usize| {
        format!(
            "2026-11-21 10:{:02}:{:02} ERROR writer {}: No space left on device {:x}\n",
            n / 60 % 60,
            n % 60,
            n,
            n * n * 2_654_435_761
        )
    };
    (0..400).map(line).collect()
}

fn count(rows: &[Value], field: &str, value: &str) -> usize {
    rows.iter().filter(|row| row[field] == value).count()
}

/// Looks at the bytes as a thief would, before the store is opened again.
fn expect_no_canary(home: &Home, point: &str) {
    for entry in fs::read_dir(home.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!found, "{point}: in clear in {}", path.display());
        }
    }
}

/// Gives whether the log is there; half of one fails the test.
fn expect_whole_or_absent(home: &Home, content: &str, point: &str) -> bool {
    let check = home.run(["db", "check", "--json"]);
    assert_eq!(check.status, 0, "{point}: {check:#?}");
    let detail = home.json(["issue", "show", "last"]);
    let logs = list(&detail["log_files"]);
    let audit = list(&home.json(["audit", "list", "--limit", "1000"])["audit_log"]);
    let uploads = count(&audit, "action", "upload_log_file");
    let events = count(&list(&detail["timeline_events"]), "event_type", "log_uploaded");
    assert_eq!((uploads, events), (logs.len(), logs.len()), "{point}: log, timeline and trail tell different stories");
    assert!(logs.len() <= 1, "{point}");
    for log in &logs {
        assert_eq!(home.bytes(["log", "show", &text(&log["id"])]), content.as_bytes(), "{point}");
    }
    !logs.is_empty()
}

fn kill_an_ingest_at_every_call(torn: bool) {
    let shim = shim();
    let prepared = Home::new(BINARY);
    let issue = prepared.issue(CANARY);
    let content = content();
    let (mut absent, mut whole) = (0, 0);
    for at in 1..=CALLS_MAX {
        let home = copy_of(&prepared);
        let log = home.file(&format!("{CANARY}.log"), &content);
        let end = shim.run(&home, ["log".as_ref(), "add".as_ref(), issue.as_ref(), log.as_os_str()], at, torn);
        expect_no_canary(&home, &format!("call {at}, torn: {torn}"));
        let there = expect_whole_or_absent(&home, &content, &format!("call {at}, torn: {torn}"));
        match end {
            End::Killed if there => whole += 1,
            End::Killed => {
                absent += 1;
                // What was killed can be done again.
                home.json(["log".as_ref(), "add".as_ref(), issue.as_ref(), log.as_os_str()]);
            }
            End::Itself { calls } => {
                assert!(there, "a run that was not killed did its work");
                assert!(calls < at, "{calls} calls, and not killed at call {at}");
                assert!(absent >= 3 && whole >= 1, "killed before the commit {absent} times, behind it {whole} times");
                return;
            }
        }
    }
    panic!("still killed at call {CALLS_MAX}");
}

#[test]
fn a_log_killed_before_any_write_is_whole_or_absent() {
    kill_an_ingest_at_every_call(false);
}

#[test]
fn a_log_killed_within_any_write_is_whole_or_absent() {
    kill_an_ingest_at_every_call(true);
}

#[test]
fn a_store_killed_while_it_is_made_opens_the_next_time() {
    let shim = shim();
    let mut killed = 0;
    // Every seventh: making a store runs all migrations, and each kill needs a new one.
    for at in (1..=CALLS_MAX).step_by(7) {
        let home = Home::new(BINARY);
        let end = shim.run(&home, ["issue", "new", "first"], at, at % 2 == 0);
        let issues = list(&home.json(["issue", "list"])["issues"]);
        home.expect_sound();
        match end {
            End::Killed => killed += 1,
            End::Itself { .. } => {
                assert_eq!(issues.len(), 1);
                assert!(killed >= 5, "{killed}");
                return;
            }
        }
    }
    panic!("still killed at call {CALLS_MAX}");
}

#[test]
fn a_triage_killed_anywhere_leaves_only_whole_steps() {
    let shim = shim();
    let prepared = Home::new(BINARY);
    prepared.issue("before");
    let content = format!("{}2026-11-21 11:00:00 INFO mail to anna.berg@example.com from 192.0.2.17\n", content());
    let args = |home: &Home| {
        let log = home.file("a.log", &content);
        ["triage".into(), log.into_os_string(), "--out".into(), home.path("out").into_os_string()]
    };
    let first = copy_of(&prepared);
    let End::Itself { calls } = shim.run(&first, args(&first), usize::MAX >> 1, false) else {
        panic!("killed at no call")
    };
    assert!((TRIAGE_POINTS..CALLS_MAX).contains(&calls), "{calls} calls");
    for point in 0..TRIAGE_POINTS {
        let at = 1 + point * (calls - 1) / (TRIAGE_POINTS - 1);
        let home = copy_of(&prepared);
        let end = shim.run(&home, args(&home), at, point % 2 == 1);
        let place = format!("call {at} of {calls}");
        expect_whole_steps(&home, &content, &place);
        // The number of calls differs from run to run: ids and times compress differently, and who waits for whom on a
        // busy machine.
        assert!(matches!(end, End::Killed) || at + calls / 20 + 5 > calls, "{place}: not killed");
    }
}

fn expect_whole_steps(home: &Home, content: &str, place: &str) {
    let check = home.run(["db", "check", "--json"]);
    assert_eq!(check.status, 0, "{place}: {check:#?}");
    let issues = list(&home.json(["issue", "list"])["issues"]);
    let logs = list(&home.json(["log", "list"])["log_files"]);
    assert_eq!(logs.len(), issues.len() - 1, "{place}: the issue comes with its log");
    let audit = list(&home.json(["audit", "list", "--limit", "1000"])["audit_log"]);
    let detail = home.json(["issue", "show", "last"]);
    let events = list(&detail["timeline_events"]);
    assert_eq!(count(&audit, "action", "upload_log_file"), logs.len(), "{place}");
    for log in &logs {
        let id = text(&log["id"]);
        assert_eq!(home.bytes(["log", "show", &id]), content.as_bytes(), "{place}");
        let spans = list(&home.json(["pii", "spans", &id])["spans"]);
        assert!(spans.iter().all(|span| span["original_value"] == ""), "{place}");
        assert_eq!(count(&audit, "action", "apply_redactions"), usize::from(log["redacted"] == 1), "{place}");
        if log["redacted"] == 1 {
            let copy = String::from_utf8(home.bytes(["log", "show", &id, "--redacted"])).unwrap();
            assert!(
                !copy.contains("anna.berg") && !copy.contains("192.0.2.17") && copy.len() > content.len() / 2,
                "{place}"
            );
        } else {
            assert!(spans.is_empty(), "{place}: spans without the copy they belong to");
        }
    }
    let conversations = list(&detail["conversations"]).len();
    assert!(
        count(&audit, "action", "ai_send") >= conversations,
        "{place}: an answer without the record of what was sent"
    );
    let steps = list(&detail["resolution_steps"]).len();
    assert_eq!(count(&events, "event_type", "why_level_advanced"), steps, "{place}");
    let documents = list(&home.json(["doc", "list"])["documents"]).len();
    assert_eq!(count(&events, "event_type", "rca_generated"), documents, "{place}");
    let exported = count(&events, "event_type", "document_exported");
    let files = fs::read_dir(home.path("out")).map(|entries| {
        let names = entries.map(|entry| entry.unwrap().path());
        names.filter(|path| path.extension().is_some_and(|e| e == "md" || e == "html")).collect::<Vec<_>>()
    });
    let files = files.unwrap_or_default();
    assert!(files.len() >= exported, "{place}: recorded and not there");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let whole = if file.extension().is_some_and(|e| e == "html") {
            text.trim_end().ends_with("</html>")
        } else {
            text.contains("Lessons Learned")
        };
        assert!(whole, "{place}: half of {}", file.display());
    }
}
