//! The contract of the command line: exit status, shapes of answers and errors, ids, streams.

use std::ffi::OsStr;
use std::io::Read;
use std::process::Stdio;

use serde_json::Value;
use tests::{Home, Run, TEST_KEY, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

const LOG: &str = "2026-11-21 10:00:01 INFO db-writer: started for anna.berg@example.com\n\
                   2026-11-21 10:00:02 ERROR db-writer: could not write to file \"pg_wal/1\": No space left on device\n\
                   2026-11-21 10:00:03 FATAL db-writer: shutting down\n";

const NOUNS: [&str; 11] =
    ["issue", "log", "image", "pii", "doc", "audit", "plugin", "provider", "shell", "db", "settings"];
const VERBS: [&str; 8] = ["triage", "search", "analyze", "why", "timeline", "completions", "issue new", "doc export"];

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Expects exactly these fields, written as in schema.md.
fn expect_fields(value: &Value, fields: &str) {
    let mut wanted: Vec<&str> = fields.split_whitespace().collect();
    wanted.sort_unstable();
    assert_eq!(keys(value), wanted);
}

const ISSUE: &str =
    "id title description severity status category source created_at updated_at resolved_at assigned_to tags";
const LOG_FILE: &str = "id issue_id file_name file_path file_size mime_type content_hash uploaded_at redacted";
const IMAGE: &str = "id issue_id file_name file_path file_size mime_type upload_hash uploaded_at \
                     pii_warning_acknowledged is_paste";
const SPAN: &str =
    "id log_file_id pii_type start_offset end_offset original_value replacement state confidence detector";
const STEP: &str = "id issue_id step_order why_question answer evidence created_at";
const DOCUMENT: &str = "id issue_id doc_type title content_md created_at updated_at";
const EVENT: &str = "id issue_id event_type description metadata created_at";
const ENTRY: &str = "id timestamp action entity_type entity_id user_id details prev_hash entry_hash";
const CONVERSATION: &str = "id issue_id provider model created_at title";

#[test]
fn every_answer_has_the_fields_of_the_store() {
    let home = Home::new(BINARY);
    let opened = home.json([
        "issue",
        "new",
        "disk full",
        "--severity",
        "P2",
        "--description",
        "since noon",
        "--domain",
        "databases",
        "--source",
        "phone",
        "--assigned-to",
        "sam",
        "--tag",
        "db",
        "--tag",
        "night",
    ]);
    expect_fields(&opened, "schema_version issue");
    let issue = &opened["issue"];
    expect_fields(issue, ISSUE);
    assert_eq!(issue["severity"], "high");
    assert_eq!(issue["status"], "open");
    assert_eq!(issue["category"], "databases");
    assert_eq!(issue["tags"], serde_json::json!(["db", "night"]));
    let id = text(&issue["id"]);

    let log = home.log(&id, "db.log", LOG);
    let listed = home.json(["log", "list", "--issue", &id]);
    expect_fields(&listed, "schema_version log_files");
    expect_fields(&listed["log_files"][0], &format!("{LOG_FILE} issue_title"));
    assert_eq!(listed["log_files"][0]["redacted"], 0);
    assert_eq!(listed["log_files"][0]["file_size"], LOG.len());
    let shown = home.json(["log", "show", &log]);
    expect_fields(&shown, "schema_version log_file text");
    expect_fields(&shown["log_file"], LOG_FILE);
    assert_eq!(shown["text"], LOG);

    let image = home.file("a.svg", "<svg/>");
    let words = ["image", "add", &id, "--acknowledge-pii"].map(OsStr::new);
    let added = home.json(words.into_iter().chain([image.as_os_str()]));
    expect_fields(&added, "schema_version image_attachment already_there");
    expect_fields(&added["image_attachment"], IMAGE);
    let listed = home.json(["image", "list"]);
    expect_fields(&listed, "schema_version image_attachments");
    expect_fields(&listed["image_attachments"][0], &format!("{IMAGE} issue_title"));
    expect_fields(&home.json(["image", "show", "last"]), "schema_version image_attachment data_url");
    expect_fields(&home.json(["image", "show", "last", "--out", "a.out"]), "schema_version image_attachment path");

    expect_fields(&home.json(["pii", "detect", &log]), "schema_version log_file_id spans");
    let spans = home.json(["pii", "spans", &log]);
    expect_fields(&spans, "schema_version spans");
    expect_fields(&spans["spans"][0], SPAN);
    home.json(["pii", "apply", &log]);

    let analysis = home.json(["analyze", &id]);
    for field in ["summary", "key_findings", "first_why", "severity"] {
        assert!(!analysis[field].is_null(), "{field}");
    }
    let step = home.json([
        "why",
        &id,
        "--answer",
        "The disk was full",
        "--evidence",
        "line 2",
        "--question",
        "Why did it stop?",
    ]);
    expect_fields(&step["resolution_step"], STEP);
    assert_eq!(step["resolution_step"]["step_order"], 1);
    assert_eq!(step["resolution_step"]["answer"], "The disk was full");
    let steps = home.json(["why", "list", &id]);
    expect_fields(&steps, "schema_version resolution_steps");
    assert_eq!(list(&steps["resolution_steps"]).len(), 1);

    let document = home.json(["doc", "rca", &id]);
    expect_fields(&document["document"], DOCUMENT);
    assert_eq!(document["document"]["doc_type"], "rca");
    assert!(document["document"]["created_at"].as_u64().unwrap() > 1_700_000_000_000, "milliseconds");
    let document = text(&document["document"]["id"]);
    expect_fields(&home.json(["doc", "list"])["documents"][0], DOCUMENT);
    expect_fields(&home.json(["doc", "show", &document])["document"], DOCUMENT);
    let exported = home.json(["doc", "export", &document, "--format", "md", "--out", "rca.md"]);
    assert!(home.path(&text(&exported["path"])).exists());

    let detail = home.json(["issue", "show", &id]);
    expect_fields(
        &detail,
        "schema_version issue log_files image_attachments resolution_steps conversations timeline_events",
    );
    expect_fields(&detail["log_files"][0], LOG_FILE);
    expect_fields(&detail["resolution_steps"][0], STEP);
    expect_fields(&detail["conversations"][0], CONVERSATION);
    let events = home.json(["timeline", &id]);
    expect_fields(&events["timeline_events"][0], EVENT);
    assert_eq!(events["timeline_events"], detail["timeline_events"]);
    assert_eq!(
        events["timeline_events"][0]["metadata"],
        serde_json::json!({"severity": "high", "category": "databases"})
    );

    let audit = home.json(["audit", "list", "--limit", "3"]);
    assert_eq!(list(&audit["audit_log"]).len(), 3);
    expect_fields(&audit["audit_log"][0], ENTRY);
    assert_eq!(home.json(["audit", "verify"])["intact"], true);
    let hits = home.json(["search", "disk"]);
    expect_fields(&hits["hits"][0], "issue_id title snippet field");
    assert_eq!(hits["hits"][0]["issue_id"], id.as_str());

    let status = home.json(["db", "status"]);
    assert_eq!(status["status"]["cipher"]["page_bytes"], 4096, "{status:#}");
    assert_eq!(home.json(["db", "check"])["sound"], true);
    assert!(list(&home.json(["settings", "list"])["settings"]).iter().any(|s| s["key"] == "log.size_bytes_max"));
    let plugins = list(&home.json(["plugin", "list"])["plugins"]);
    assert!(
        ["pii-base", "pii-names", "pii-secrets", "offline-analyst", "render-markdown", "render-html"]
            .iter()
            .all(|id| plugins.iter().any(|p| p["id"] == *id))
    );
    let plugin = home.json(["plugin", "show", "pii-base"])["plugin"].clone();
    assert_eq!(text(&plugin["sha256"]).len(), 64);
    assert_eq!(home.json(["log", "delete", &log])["deleted"], log.as_str());
    assert_eq!(list(&home.json(["log", "list"])["log_files"]).len(), 0);
}

#[test]
fn usage_errors_are_status_2_in_words_and_in_json() {
    let home = Home::new(BINARY);
    home.issue("one");
    let cases: [&[&str]; 22] = [
        &[],
        &["nonsense"],
        &["issue"],
        &["issue", "new"],
        &["issue", "new", "t", "--severity", "urgent"],
        &["issue", "new", "t", "--severity", "P5"],
        &["issue", "new", "t", "--domain", "cooking"],
        &["issue", "new", ""],
        &["issue", "new", "two\nlines"],
        &["issue", "list", "--status", "asleep"],
        &["issue", "list", "--limit", "-1"],
        &["issue", "edit", "last", "--status", "asleep"],
        &["issue", "resolve", "last", "--confidence", "1"],
        &["issue", "resolve", "last", "--root-cause", "x", "--confidence", "1.01"],
        &["issue", "resolve", "last", "--root-cause", "x", "--confidence", "NaN"],
        &["triage"],
        &["log", "show"],
        &["search"],
        &["doc", "export", "last", "--format", "md"],
        &["shell", "classify"],
        &["completions", "nosuchshell"],
        &["settings", "get", "no.such"],
    ];
    for args in cases {
        let run = home.run(args).fails(2);
        assert!(run.stdout.is_empty() && !run.stderr.trim().is_empty(), "{args:?} {run:#?}");
        let mut args: Vec<&str> = args.to_vec();
        args.push("--json");
        let run = home.run(&args).fails(2);
        assert!(run.stderr.is_empty(), "{args:?} {run:#?}");
        run.error_code();
    }
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 1, "nothing was made");
    assert_eq!(home.json(["issue", "show", "last"])["issue"]["status"], "open", "nothing was changed");
}

#[test]
fn failures_are_status_1_with_code_and_hint() {
    let home = Home::new(BINARY);
    for (args, code) in [
        (&["issue", "show", "last"][..], "not_found"),
        (&["issue", "show", "0123456789"], "not_found"),
        (&["issue", "show", "short"], "invalid"),
        (&["log", "show", "0123456789"], "not_found"),
        (&["doc", "show", "0123456789"], "not_found"),
        (&["pii", "spans", "0123456789"], "not_found"),
        (&["timeline", "0123456789"], "not_found"),
        (&["why", "list", "0123456789"], "not_found"),
        (&["triage", "no-such-file"], "unreadable"),
        (&["pii", "scan", "no-such-file"], "unreadable"),
        (&["shell", "classify", "   "], "no_command"),
    ] {
        assert_eq!(home.refused(args, 1), code, "{args:?}");
        let run = home.run(args).fails(1);
        assert!(run.stdout.is_empty() && run.stderr.starts_with("error: "), "{run:#?}");
    }
    let issue = home.issue("empty");
    assert_eq!(home.refused(["analyze", &issue], 1), "no_logs");
    let run = home.run(["analyze", &issue]).fails(1);
    assert!(run.stderr.contains("\n  hint: "), "{run:#?}");
}

#[test]
fn ids_are_taken_in_full_by_ends_and_as_last() {
    let home = Home::new(BINARY);
    let first = home.issue("first");
    let title = |id: &str| text(&home.json(["issue", "show", id])["issue"]["title"]);
    assert_eq!(title(&first[..6]), "first", "a prefix while it is the only one");
    let second = home.issue("second");
    assert_eq!(title(&first), "first");
    assert_eq!(title(&first[first.len() - 8..]), "first");
    assert_eq!(title(&first[first.len() - 8..].to_uppercase()), "first");
    assert_eq!(title(&second[..]), "second");
    assert_eq!(title("last"), "second");
    // Version 7 ids begin with their time: six digits are hours.
    let run = home.run(["issue", "show", &first[..6], "--json"]).fails(1);
    assert_eq!(run.error_code(), "ambiguous");
    assert!(run.stdout.contains(&first) && run.stdout.contains(&second), "{run:#?}");
    assert_eq!(home.refused(["issue", "show", &first[first.len() - 5..]], 1), "invalid");
    assert_eq!(home.refused(["issue", "show", ""], 1), "invalid");
    assert_eq!(home.refused(["issue", "show", "%%%%%%"], 1), "not_found");
    assert_eq!(home.refused(["issue", "show", "______"], 1), "not_found");
    // Lists show what can be typed back.
    let shown = home.run(["issue", "list"]).ok().stdout;
    assert!(shown.contains(&first[first.len() - 8..]), "{shown}");
    let log = home.log(&first, "a.log", LOG);
    assert_eq!(home.bytes(["log", "show", &log[log.len() - 8..]]), LOG.as_bytes());
    assert_eq!(home.bytes(["log", "show", "last"]), LOG.as_bytes());
}

#[test]
fn a_log_may_come_from_standard_input() {
    let home = Home::new(BINARY);
    let issue = home.issue("piped");
    let added = home.run_with(["log", "add", &issue, "-", "--json"], LOG.as_bytes()).ok().answer();
    assert_eq!(added["log_file"]["file_name"], "stdin.log");
    assert_eq!(added["log_file"]["file_path"], "");
    assert_eq!(home.bytes(["log", "show", "last"]), LOG.as_bytes());
    let again =
        home.run_with(["log", "add", &issue, "-", "--name", "same.log", "--json"], LOG.as_bytes()).ok().answer();
    assert_eq!(again["log_file"]["id"], added["log_file"]["id"], "the same bytes on the same issue are one log");
    let words = ["log", "add", &issue, "-", "--name", "up/../there/named.txt", "--json"];
    let named = home.run_with(words, b"other\n").ok().answer();
    assert_eq!(named["log_file"]["file_name"], "named.txt");
    assert_eq!(list(&home.json(["log", "list", "--search", "amed.t"])["log_files"]).len(), 1);
    let report = home.run_with(["triage", "-", "--out", "out", "--json"], LOG.as_bytes()).ok().answer();
    assert_eq!(list(&report["log_file_ids"]).len(), 1);
}

#[test]
fn help_of_every_noun_works_and_shows_no_secret() {
    let home = Home::new(BINARY);
    let mut all = vec![vec!["--help"], vec!["--version"], vec!["-h"]];
    for name in NOUNS.iter().chain(&VERBS) {
        let mut args: Vec<&str> = name.split(' ').collect();
        args.push("--help");
        all.push(args);
    }
    for args in all {
        let run = home.run(&args).ok();
        assert!(!run.stdout.is_empty() && run.stderr.is_empty(), "{args:?} {run:#?}");
        assert!(!run.stdout.contains(TEST_KEY), "{args:?}");
    }
    assert!(!home.data().exists(), "help makes no store");
}

#[test]
fn the_key_is_in_no_output() {
    let home = Home::new(BINARY);
    let issue = home.issue("x");
    home.log(&issue, "a.log", LOG);
    for args in [
        &["db", "status"][..],
        &["db", "check", "--verbose"],
        &["settings", "list"],
        &["plugin", "show", "offline-analyst"],
        &["triage", "a.log", "--verbose", "--out", "out"],
        &["audit", "list"],
        &["issue", "show", "nothing"],
        &["nonsense"],
    ] {
        for json in [false, true] {
            let mut args = args.to_vec();
            if json {
                args.push("--json");
            }
            let run = home.run(&args);
            assert!(!run.stdout.contains(TEST_KEY) && !run.stderr.contains(TEST_KEY), "{args:?}");
            assert!(!run.stdout.contains(&TEST_KEY[..16]) && !run.stderr.contains(&TEST_KEY[..16]), "{args:?}");
        }
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    let home = Home::new(BINARY);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run(["completions", shell]).ok().stdout;
        assert!(script.contains("triage") && script.contains("settings"), "{shell}");
    }
}

#[test]
fn a_closed_pipe_is_quiet() {
    let home = Home::new(BINARY);
    let issue = home.issue("big");
    // More than any pipe holds, so that the writer meets the closed end.
    let log = home.log(&issue, "big.log", "a line of some length in a long log\n".repeat(40_000));
    for args in [
        &["log", "show", &log][..],
        &["log", "show", &log, "--json"],
        &["completions", "zsh"],
        &["--help"],
        &["pii", "scan", "big.log", "--redact"],
    ] {
        let mut child =
            home.command(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 10]).unwrap();
        drop(stdout);
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!(run.stderr, "", "{args:?}");
        assert_eq!(run.status, 0, "{args:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_is_a_failure() {
    let home = Home::new(BINARY);
    let issue = home.issue("full");
    home.log(&issue, "a.log", "a line without an end");
    for args in [&["issue", "list"][..], &["issue", "list", "--json"], &["log", "show", "last"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let run = Run::of(home.command(args).stdin(Stdio::null()).stdout(full).output().unwrap()).fails(1);
        assert!(run.stderr.contains("stdout"), "{args:?} {run:#?}");
    }
}

#[test]
fn processes_at_once_lose_nothing() {
    let home = Home::new(BINARY);
    let issue = home.issue("busy");
    let spawn = |number: u32| {
        let log = home.file(&format!("{number}.log"), format!("2026-11-21 10:00:01 INFO log number {number}\n"));
        let words: [&OsStr; 4] = ["log".as_ref(), "add".as_ref(), issue.as_ref(), log.as_os_str()];
        home.command(words).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..8).map(spawn).collect();
    for child in children {
        Run::of(child.wait_with_output().unwrap()).ok();
    }
    assert_eq!(list(&home.json(["log", "list"])["log_files"]).len(), 8);
    let events = list(&home.json(["timeline", &issue])["timeline_events"]);
    assert_eq!(events.len(), 9);
    assert_eq!(home.json(["audit", "verify"])["entries"], 9);
    home.expect_sound();
}

#[test]
fn a_store_made_by_many_at_once_is_one_store() {
    let home = Home::new(BINARY);
    let spawn = |number: u32| {
        let title = format!("number {number}");
        home.command(["issue", "new", &title]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children: Vec<_> = (0..6).map(spawn).collect();
    for child in children {
        Run::of(child.wait_with_output().unwrap()).ok();
    }
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 6);
    home.expect_sound();
}

#[test]
fn deleting_an_issue_asks_and_takes_everything_below_but_the_trail() {
    let home = Home::new(BINARY);
    let issue = home.issue("to go");
    let log = home.log(&issue, "a.log", LOG);
    let before = list(&home.json(["audit", "list"])["audit_log"]).len();
    let run = home.run(["issue", "delete", &issue]).fails(2);
    assert!(run.stderr.contains("--yes"), "{run:#?}");
    assert_eq!(home.refused(["issue", "delete", &issue], 2), "needs_yes");
    home.json(["issue", "show", &issue]);
    assert_eq!(home.json(["issue", "delete", &issue, "--yes"])["deleted"], issue.as_str());
    assert_eq!(home.refused(["issue", "show", &issue], 1), "not_found");
    assert_eq!(home.refused(["log", "show", &log], 1), "not_found");
    assert_eq!(list(&home.json(["search", "go"])["hits"]).len(), 0);
    let after = list(&home.json(["audit", "list"])["audit_log"]);
    assert_eq!(after.len(), before + 1);
    assert_eq!(after[0]["action"], "delete_issue");
    assert_eq!(home.json(["audit", "verify"])["intact"], true);
    home.expect_sound();
}

#[test]
fn every_text_is_a_search() {
    let home = Home::new(BINARY);
    let titles = [
        "foo\"bar broke",
        "error: x happened",
        "c++ build fails",
        "no route to 10.0.0.1",
        "NEAR( is no operator",
        "Gerät fällt aus",
    ];
    for title in titles {
        home.issue(title);
    }
    let found = |query: &str| -> Vec<String> {
        let answer = home.run(["--json", "search", "--", query]).ok().answer();
        list(&answer["hits"]).iter().map(|hit| text(&hit["title"])).collect()
    };
    for (query, title) in ["foo\"bar", "error: x", "c++", "10.0.0.1", "NEAR(", "Gerät"].into_iter().zip(titles) {
        assert!(found(query).contains(&title.to_owned()), "{query:?} does not find {title:?}");
    }
    for odd in
        ["*", "\"", "", "'; DROP TABLE issues; --", "a AND", "title:foo", "^x", "-x", "--help", "(((", "{x}", "\u{1}"]
    {
        found(odd);
    }
    assert_eq!(found("zzz").len() + found("*").len(), 0);
    home.json(["issue", "edit", "last", "--title", "printer on fire"]);
    assert_eq!(found("Gerät").len(), 0, "the old title is gone");
    assert_eq!(found("printer"), ["printer on fire"]);
    assert_eq!(found("print"), ["printer on fire"], "the last word may be unfinished");
    assert_eq!(list(&home.json(["search", "--limit", "1", "b"])["hits"]).len(), 1, "two begin with b");
    home.expect_sound();
}

#[test]
fn settings_hold_only_what_they_may() {
    let home = Home::new(BINARY);
    let key = "log.size_bytes_max";
    assert_eq!(home.json(["settings", "get", key])["value"], "52428800");
    for value in ["0", "-1", "ten", "", "104857601", "1e6", " 5"] {
        let run = home.run(["--json", "settings", "set", key, "--", value]).fails(2);
        assert_eq!(run.error_code(), "bad_setting", "{value:?}");
    }
    assert_eq!(home.refused(["settings", "set", "no.such", "1"], 2), "no_such_setting");
    assert_eq!(home.json(["settings", "get", key])["value"], "52428800");
    assert_eq!(home.json(["settings", "set", key, "10"])["value"], "10");
    assert_eq!(home.run(["settings", "get", key]).ok().stdout, "10\n");
    let issue = home.issue("limits");
    home.log(&issue, "ten.log", "123456789\n");
    let eleven = home.file("eleven.log", "1234567890\n");
    assert_eq!(home.refused(["log".as_ref(), "add".as_ref(), issue.as_ref(), eleven.as_os_str()], 1), "too_large");
    assert_eq!(
        home.run_with(["log", "add", &issue, "-", "--json"], b"1234567890\n").fails(1).error_code(),
        "too_large"
    );
    assert_eq!(list(&home.json(["log", "list"])["log_files"]).len(), 1);
}

#[test]
fn severities_come_as_words_or_priorities_and_domains_from_a_list() {
    let home = Home::new(BINARY);
    for (given, stored) in
        [("P1", "critical"), ("p2", "high"), ("P3", "medium"), ("P4", "low"), ("critical", "critical"), ("LOW", "low")]
    {
        let issue = home.json(["issue", "new", "x", "--severity", given]);
        assert_eq!(issue["issue"]["severity"], stored);
    }
    assert_eq!(home.json(["issue", "new", "x"])["issue"]["severity"], "medium");
    let domains = [
        "linux",
        "windows",
        "network",
        "kubernetes",
        "databases",
        "virtualization",
        "hardware",
        "observability",
        "telephony",
        "security",
        "public_safety",
        "application",
        "automation",
        "hpe_infra",
        "dell_hardware",
        "identity",
    ];
    for domain in domains {
        assert_eq!(home.json(["issue", "new", "x", "--domain", domain])["issue"]["category"], domain);
    }
    let refused = home.run(["issue", "new", "x", "--domain", "cooking"]).fails(2).stderr;
    assert!(domains.iter().all(|domain| refused.contains(domain)), "{refused}");
    let refused = home.run(["issue", "new", "x", "--severity", "P5"]).fails(2).stderr;
    assert!(["critical", "high", "medium", "low", "P1", "P4"].iter().all(|s| refused.contains(s)), "{refused}");
    let high = list(&home.json(["issue", "list", "--severity", "P2"])["issues"]);
    assert_eq!(high.len(), 1);
    assert_eq!(list(&home.json(["issue", "list", "--limit", "3"])["issues"]).len(), 3);
    assert_eq!(list(&home.json(["issue", "list", "--offset", "22"])["issues"]).len(), 1);
}

#[test]
fn an_issue_goes_through_its_states() {
    let home = Home::new(BINARY);
    let id = home.issue("life");
    let edited = home.json(["issue", "edit", &id, "--assigned-to", "sam", "--description", "long", "--severity", "P1"]);
    assert_eq!(edited["issue"]["assigned_to"], "sam");
    assert_eq!(edited["issue"]["title"], "life", "what is absent stays");
    assert!(
        home.json(["issue", "edit", &id, "--description", ""])["issue"]["description"].is_null(),
        "an empty text clears"
    );
    let resolved = home.json(["issue", "resolve", &id, "--root-cause", "a full disk", "--confidence", "0.8"]);
    assert_eq!(resolved["issue"]["status"], "resolved");
    assert!(resolved["issue"]["resolved_at"].is_string());
    let events = list(&home.json(["timeline", &id])["timeline_events"]);
    let cause = events.iter().find(|event| event["event_type"] == "root_cause_identified").unwrap();
    assert_eq!(cause["metadata"], serde_json::json!({"root_cause": "a full disk", "confidence": 0.8}));
    assert_eq!(home.json(["issue", "close", &id])["issue"]["status"], "closed");
    let reopened = home.json(["issue", "reopen", &id]);
    assert_eq!(reopened["issue"]["status"], "open");
    assert!(reopened["issue"]["resolved_at"].is_null(), "what is open is not resolved");
    for level in 1..=5 {
        let step = home.json(["why", &id, "--answer", "because"]);
        assert_eq!(step["resolution_step"]["step_order"], level);
    }
    assert_eq!(home.refused(["why", &id, "--answer", "because"], 1), "whys_complete");
}

#[test]
fn an_empty_answer_answers_nothing() {
    let home = Home::new(BINARY);
    let id = home.issue("empty");
    for empty in ["", "  "] {
        assert!(home.run(["why", &id, "--answer", empty]).status > 0, "taken as an answer");
        assert!(home.run(["issue", "resolve", &id, "--root-cause", empty]).status > 0, "taken as a root cause");
    }
    assert_eq!(list(&home.json(["why", "list", &id])["resolution_steps"]).len(), 0);
    assert_eq!(home.json(["issue", "show", &id])["issue"]["status"], "open");
}

#[test]
fn a_document_is_edited_and_every_revision_kept() {
    let home = Home::new(BINARY);
    let issue = home.issue("doc");
    let id = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    let before = text(&home.json(["doc", "show", &id])["document"]["content_md"]);
    assert_eq!(home.run(["doc", "show", &id]).ok().stdout, before);
    home.run_with(["doc", "edit", &id], "# Mine\n\n<script>alert(1)</script> [x](javascript:alert(1))\n".as_bytes())
        .ok();
    assert!(home.run(["doc", "show", &id]).ok().stdout.starts_with("# Mine"));
    home.json(["doc", "export", &id, "--format", "html", "--out", "mine.html"]);
    let page = std::fs::read_to_string(home.path("mine.html")).unwrap();
    assert!(!page.contains("<script>alert") && !page.to_lowercase().contains("href=\"javascript:"), "{page}");
    assert_eq!(home.refused(["doc", "export", &id, "--format", "docs", "--out", "mine.docs"], 2), "no_such_format");
    assert_eq!(home.run_with(["doc", "edit", &id, "--json"], b"caf\xe9").fails(1).error_code(), "not_utf8");
    assert!(home.run(["doc", "show", &id]).ok().stdout.starts_with("# Mine"));
    assert_eq!(home.refused(["doc", "export", &id, "--format", "md", "--out", "no/such/folder/x.md"], 1), "unwritable");
}

#[test]
fn shell_lines_are_judged_and_not_run() {
    let home = Home::new(BINARY);
    let verdict = home.json(["shell", "classify", "ls -l | head; rm -rf /"]);
    expect_fields(&verdict, "schema_version tier reasons parts");
    assert_eq!(verdict["tier"], 3);
    for part in list(&verdict["parts"]) {
        expect_fields(&part, "command tier reason risk touches");
    }
    let canary = home.path("canary");
    let touch = format!("touch {}", canary.display());
    assert_eq!(home.json(["shell", "classify", &touch])["tier"], 2);
    assert!(!canary.exists());
    let file = home.file("lines.txt", "uptime\n\nreboot\n");
    let run = home.run(["shell".as_ref(), "classify".as_ref(), "--file".as_ref(), file.as_os_str()]).ok();
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "an answer per line");
    assert_eq!((&lines[0]["tier"], &lines[2]["tier"]), (&Value::from(1), &Value::from(3)));
    assert_eq!(lines[1]["error"]["code"], "no_command");
    assert!(!home.data().exists(), "judging needs no store");
}

#[test]
fn flags_win_over_the_environment_and_old_names_warn() {
    let home = Home::new(BINARY);
    home.issue("in the usual place");
    let other = home.path("other");
    let args = ["--data-dir".as_ref(), other.as_os_str(), "issue".as_ref(), "list".as_ref()];
    assert_eq!(list(&home.json(args)["issues"]).len(), 0);
    assert!(other.join("tftsr.db").exists());

    let mut command = home.command(["issue", "list", "--json"]);
    command.env_remove("TRCAA_DATA_DIR").env_remove("TRCAA_DB_KEY");
    command.env("TFTSR_DATA_DIR", home.data()).env("TFTSR_DB_KEY", TEST_KEY);
    let run = Run::of(command.output().unwrap()).ok();
    assert_eq!(list(&run.answer()["issues"]).len(), 1);
    assert!(run.stderr.contains("TFTSR_DATA_DIR") && run.stderr.contains("TFTSR_DB_KEY"), "{run:#?}");
    assert!(!run.stderr.contains(TEST_KEY));

    // Blank is unset, and the newer name wins.
    let mut command = home.command(["issue", "list", "--json"]);
    command.env("TRCAA_DB_KEY", "  ").env("TFTSR_DB_KEY", TEST_KEY);
    assert_eq!(list(&Run::of(command.output().unwrap()).ok().answer()["issues"]).len(), 1);
    let mut command = home.command(["issue", "list", "--json"]);
    command.env("TFTSR_DB_KEY", "another");
    assert_eq!(list(&Run::of(command.output().unwrap()).ok().answer()["issues"]).len(), 1);
}

#[test]
fn keys_may_hold_a_quote_and_the_published_one_is_refused() {
    let home = Home::new(BINARY);
    let with_key = |key: &str, args: &[&str]| {
        let mut command = home.command(args);
        command.env("TRCAA_DB_KEY", key).stdin(Stdio::null());
        Run::of(command.output().unwrap())
    };
    let refused = with_key("dev-key-change-in-prod", &["issue", "list", "--json"]).fails(2);
    assert_eq!(refused.error_code(), "key");
    assert!(refused.stdout.contains("dev-key-change-in-prod"), "refused by name");
    assert!(!home.data().join("tftsr.db").exists());
    with_key("it's a 'key' -- \"x\"", &["issue", "new", "quoted"]).ok();
    let listed = with_key("it's a 'key' -- \"x\"", &["issue", "list", "--json"]).ok().answer();
    assert_eq!(listed["issues"][0]["title"], "quoted");
    assert_eq!(with_key("it", &["issue", "list", "--json"]).fails(1).error_code(), "wrong_key");
}

#[test]
fn help_that_cannot_be_written_is_no_success() {
    let home = Home::new(BINARY);
    for words in [&["--help"][..], &["--version"], &["log", "--help"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let status = home.command(words).stdout(full).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(1), "{words:?}");
    }
}
