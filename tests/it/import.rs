//! `trcaa db import`: a database of an earlier product seen through the commands that then show it.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use tests::{Home, Run, list, text};

use crate::earlier::{COLUMN_KEY, Earlier, FILE_LOG, STORED_LOG, Stamps};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

fn made(home: &Home, earlier: Earlier) -> PathBuf {
    earlier.make(&home.path("tftsr"))
}

fn import(home: &Home, source: &Path, more: &[&str]) -> Value {
    let mut args = vec!["db", "import", source.to_str().unwrap()];
    args.extend(more);
    home.json(args)["import"].clone()
}

fn counted(report: &Value, table: &str) -> Value {
    let tables = list(&report["tables"]);
    let found = tables.iter().find(|entry| entry["table"] == table).unwrap_or_else(|| panic!("{table}: {report:#}"));
    json!([found["found"], found["imported"], found["already_there"], found["kept_ours"], found["refused"]])
}

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn an_encrypted_database_of_27_migrations_is_seen_through_every_command() {
    let home = Home::new(BINARY);
    let source = made(&home, Earlier { key: Some("its old key"), page_bytes: 16_384, ..Earlier::at(27) });
    let before = files(&home.path("tftsr"));
    let shown = source.to_str().unwrap();
    let arguments = ["db", "import", shown, "--key-stdin", "--encryption-key-stdin", "--json"];
    let run = home.run_with(arguments, format!("its old key\n{COLUMN_KEY}\n").as_bytes()).ok();
    let report = run.answer()["import"].clone();
    assert_eq!(report["encrypted"], true);
    assert_eq!(list(&report["migrations"]).len(), 27);
    assert_eq!(counted(&report, "issues"), json!([2, 2, 0, 0, 0]));
    assert_eq!(counted(&report, "credentials"), json!([1, 1, 0, 0, 0]));
    assert!(!run.stdout.contains("91c4") && !run.stdout.contains("its old key"), "no secret is told");
    assert_eq!(files(&home.path("tftsr")), before, "the source is only read");

    let detail = home.json(["issue", "show", "issue-0001"]);
    assert_eq!(detail["issue"]["severity"], "critical");
    assert_eq!(detail["issue"]["status"], "investigating");
    assert_eq!(detail["issue"]["created_at"], "2024-05-06 07:00:00");
    assert_eq!(detail["issue"]["tags"], json!(["disk", "payroll"]));
    for (field, count) in [
        ("log_files", 2),
        ("image_attachments", 2),
        ("resolution_steps", 2),
        ("conversations", 1),
        ("timeline_events", 2),
    ] {
        assert_eq!(list(&detail[field]).len(), count, "{field}");
    }
    assert_eq!(list(&home.json(["search", "inode"])["hits"]).len(), 1);
    assert_eq!(home.json(["log", "show", "log-stored"])["text"], STORED_LOG);
    assert_eq!(home.json(["log", "show", "log-file-1"])["text"], FILE_LOG);
    let gone = home.run(["log", "show", "log-gone-1"]).fails(1);
    assert!(gone.stderr.contains("neither its content nor its path is stored"), "{gone:?}");
    let events = home.json(["timeline", "issue-0001"]);
    assert_eq!(events["timeline_events"][0]["metadata"], json!({"severity": "critical"}));
    assert_eq!(list(&home.json(["doc", "list"])["documents"]).len(), 2);
    assert_eq!(list(&home.json(["why", "list", "issue-0001"])["resolution_steps"]).len(), 2);
    let trail = list(&home.json(["audit", "list"])["audit_log"]);
    assert_eq!(trail[0]["action"], "import_database");
    let ids: Vec<String> = trail.iter().rev().map(|entry| text(&entry["id"])).take(3).collect();
    assert_eq!(ids, ["aud-1", "aud-2", "aud-3"]);
    home.run(["audit", "verify"]).ok();
    home.expect_sound();
    // What came over goes on: its redaction, and a search after a change.
    home.json(["pii", "detect", "log-file-1"]);
    home.json(["issue", "edit", "issue-0002", "--title", "quokka"]);
    assert_eq!(list(&home.json(["search", "quokka"])["hits"]).len(), 1);

    let again = home.run_with(arguments, format!("its old key\n{COLUMN_KEY}\n").as_bytes()).ok().answer();
    assert_eq!(counted(&again["import"], "issues"), json!([2, 0, 1, 1, 0]));
    assert_eq!(
        home.json(["audit", "list"])["audit_log"][0]["action"],
        "edit_issue",
        "nothing came, nothing is recorded"
    );
}

#[test]
fn a_dry_run_tells_the_same_and_keeps_nothing() {
    let home = Home::new(BINARY);
    let source = made(&home, Earlier { stamps: Stamps::Rfc3339, ..Earlier::at(18) });
    let mut told = import(&home, &source, &["--dry-run"]);
    assert_eq!(told["dry_run"], true);
    assert!(list(&home.json(["issue", "list"])["issues"]).is_empty());
    assert!(list(&home.json(["audit", "list"])["audit_log"]).is_empty());
    told["dry_run"] = json!(false);
    assert_eq!(import(&home, &source, &[]), told);
    let run = home.run(["db", "import", source.to_str().unwrap()]).ok();
    for expected in ["ALREADY THERE", "0 rows came over"] {
        assert!(run.stdout.contains(expected), "{run:?}");
    }
}

#[test]
fn keys_come_from_the_environment_or_are_asked_for() {
    let home = Home::new(BINARY);
    let source = made(&home, Earlier { key: Some("from the environment"), ..Earlier::at(11) });
    let shown = source.to_str().unwrap();
    let refused = home.run(["db", "import", shown]).fails(1);
    assert!(refused.stderr.contains("--key-stdin") && refused.stderr.contains("TFTSR_DB_KEY"), "{refused:?}");
    assert_eq!(home.refused(["db", "import", shown], 1), "import_key");
    let mut command = home.command(["db", "import", shown, "--json", "--dry-run"]);
    command.env("TFTSR_DB_KEY", "from the environment").env("TFTSR_ENCRYPTION_KEY", COLUMN_KEY);
    // A store without secrets takes the key over; one that has some would refuse another.
    let run = Run::of(command.stdin(Stdio::null()).output().unwrap()).ok();
    assert_eq!(run.answer()["import"]["key"], "configured");
    assert_eq!(counted(&run.answer()["import"], "credentials"), json!([1, 1, 0, 0, 0]));
    home.run_with(["db", "import", shown, "--key-stdin"], b"").fails(2);
    home.run_with(["db", "import", shown, "--key-stdin"], b"\xff\xfe\n").fails(2);
    home.run_with(["db", "import", shown, "--key-stdin"], b"not it\n").fails(1);
    assert!(list(&home.json(["issue", "list"])["issues"]).is_empty());
}

#[test]
fn hostile_names_are_made_visible() {
    let home = Home::new(BINARY);
    let source = made(&home, Earlier { stamps: Stamps::Plain, ..Earlier::at(11) });
    let conn = rusqlite::Connection::open(&source).unwrap();
    conn.execute_batch("CREATE TABLE \"\u{1b}[31mred\" (x); INSERT INTO \"\u{1b}[31mred\" VALUES (1);").unwrap();
    conn.execute_batch("INSERT INTO issues (id, title, created_at, updated_at) VALUES ('\u{1b}[2Jgone', '', '', '')")
        .unwrap();
    drop(conn);
    let run = home.run(["db", "import", source.to_str().unwrap()]).ok();
    assert!(!run.stdout.contains('\u{1b}'), "{run:?}");
    assert!(run.stdout.contains("red (1 rows)"), "{run:?}");
}
