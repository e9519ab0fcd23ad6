//! Events that were posted are in the store when the process ends, however it ends; the seven types at their moments.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use tests::{Home, TEST_KEY, list, text};
use trcaa_model::audit::AuditRecord;
use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::id::IssueId;
use trcaa_model::timeline::Happening;
use trcaa_store::{Event, EventWriter, OpenOptions, parse_key};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
const FOLDER: &str = "EVENTS_FOLDER";
const ISSUE: &str = "EVENTS_ISSUE";
const PANICS: &str = "EVENTS_PANIC_AFTER";

/// The child's part: posts, and says so once a post returned. Handles signals as the binary does.
#[test]
fn poster() {
    let (Ok(folder), Ok(issue)) = (std::env::var(FOLDER), std::env::var(ISSUE)) else { return };
    let panics: Option<u32> = std::env::var(PANICS).ok().map(|n| n.parse().unwrap());
    trcaa_cli::on_interrupt();
    let key = parse_key(TEST_KEY).unwrap().unwrap();
    let store =
        OpenOptions::new(folder, key, Arc::new(FixedClock(0)), Arc::new(SeededEntropy::new(77))).open().unwrap();
    let writer = EventWriter::new(&store);
    trcaa_cli::wait_for(writer.pending());
    let mut stdout = std::io::stdout();
    for n in 0_u32.. {
        assert!(panics != Some(n), "as asked");
        let event = Event {
            issue: IssueId::from_stored(issue.as_str()),
            what: Happening::DocumentExported { format: "md".into(), file_path: n.to_string() },
            description: "posted".into(),
            audit: AuditRecord {
                action: "document_exported",
                entity_type: "document",
                entity_id: n.to_string(),
                details: json!({}),
            },
        };
        match writer.post(event) {
            Ok(()) => writeln!(stdout, "posted {n}").unwrap(),
            // The process is ending; the thread that ends it is at work.
            Err(_) => loop {
                std::thread::park();
            },
        }
    }
}

fn posted(line: &str) -> Option<String> {
    // The test harness writes its own words before the first one.
    line.split_once("posted ").map(|(_, n)| n.trim().to_owned())
}

/// Starts a poster, ends it as asked, and expects every event that it said it had posted.
fn expect_all_kept(end: impl Fn(u32), panic_after: Option<u32>, lines: usize) {
    let home = Home::new(BINARY);
    let issue = home.issue("events");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "--nocapture", "--test-threads=1", "events::poster"]).env_clear();
    command.env(FOLDER, home.data()).env(ISSUE, &issue).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(after) = panic_after {
        command.env(PANICS, after.to_string());
    }
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = Vec::new();
    let mut line = String::new();
    while said.len() < lines && out.read_line(&mut line).unwrap() > 0 {
        said.extend(posted(&line));
        line.clear();
    }
    end(child.id());
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    said.extend(rest.lines().filter_map(posted));
    assert!(!child.wait().unwrap().success());
    assert!(said.len() >= lines, "{}", said.len());

    let events = list(&home.json(["timeline", &issue])["timeline_events"]);
    let kept: Vec<String> =
        events.iter().filter_map(|e| e["metadata"]["file_path"].as_str().map(str::to_owned)).collect();
    assert!(kept.len() >= said.len(), "{} of {} are there", kept.len(), said.len());
    assert_eq!(&kept[..said.len()], &said[..]);
    assert_eq!(home.json(["audit", "verify"])["entries"], kept.len() + 1, "each has its audit row");
    home.expect_sound();
}

#[test]
#[cfg(unix)]
fn sigterm_and_sigint_wait_for_what_was_posted() {
    for signal in ["TERM", "INT"] {
        let kill = |pid: u32| {
            assert!(Command::new("kill").args([format!("-{signal}"), pid.to_string()]).status().unwrap().success());
        };
        expect_all_kept(kill, None, 700);
    }
}

#[test]
fn a_panic_keeps_what_was_posted() {
    expect_all_kept(|_| (), Some(900), 900);
}

#[test]
fn each_type_is_recorded_at_its_moment_with_its_metadata() {
    let home = Home::new(BINARY);
    let issue = text(&home.json(["issue", "new", "t", "--severity", "P2", "--domain", "linux"])["issue"]["id"]);
    let last = || list(&home.json(["timeline", &issue])["timeline_events"]).pop().unwrap();
    let expect = |event_type: &str, metadata: Value| {
        let event = last();
        assert_eq!((&event["event_type"], &event["metadata"]), (&json!(event_type), &metadata));
    };
    expect("triage_started", json!({"severity": "high", "category": "linux"}));
    home.log(&issue, "a.log", "one line\n");
    expect("log_uploaded", json!({"file_name": "a.log", "file_size": 9}));
    home.json(["why", &issue, "--question", "Why?", "--answer", "because"]);
    expect("why_level_advanced", json!({"from_level": 0, "to_level": 1, "question": "Why?"}));
    home.json(["issue", "resolve", &issue, "--root-cause", "a full disk", "--confidence", "0.5"]);
    expect("root_cause_identified", json!({"root_cause": "a full disk", "confidence": 0.5}));
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    let event = last();
    assert_eq!((&event["event_type"], &event["metadata"]["doc_id"]), (&json!("rca_generated"), &json!(document)));
    assert!(
        event["metadata"]["section_count"].as_u64().unwrap() > 3 && event["metadata"].as_object().unwrap().len() == 2
    );
    let exported = home.json(["doc", "export", &document, "--format", "md", "--out", "x.md"]);
    expect("document_exported", json!({"format": "md", "file_path": exported["path"]}));
    let events = list(&home.json(["timeline", &issue])["timeline_events"]).len();
    assert_eq!(events, 6, "nothing else is an event");
    assert_eq!(home.json(["audit", "list", "--entity", &document])["audit_log"][0]["action"], "document_exported");
}

#[test]
fn texts_of_control_characters_do_not_burst_the_metadata() {
    let home = Home::new(BINARY);
    let issue = home.issue("t");
    let control = "\u{1}".repeat(3_999);
    home.json(["why", &issue, "--question", &control[..2_000], "--answer", &control]);
    home.json(["issue", "resolve", &issue, "--root-cause", &control]);
    let events = list(&home.json(["timeline", &issue])["timeline_events"]);
    let types: Vec<&Value> = events.iter().map(|event| &event["event_type"]).collect();
    assert_eq!(types, ["triage_started", "why_level_advanced", "root_cause_identified"]);
}

#[test]
fn an_event_that_cannot_be_written_is_told() {
    let home = Home::new(BINARY);
    let issue = home.issue("t");
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    // Stands for a full disk: the export needs no row but the event's, and its number overflows.
    conn.execute_batch(
        "CREATE INDEX full ON timeline_events(abs(-9223372036854775807 - (event_type = 'document_exported')))",
    )
    .unwrap();
    assert_eq!(home.refused(["doc", "export", &document, "--format", "md", "--out", "x.md"], 1), "event_lost");
    assert!(home.path("x.md").exists());
}
