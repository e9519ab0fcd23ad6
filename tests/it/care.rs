//! Backup, restore and export of a store in use: whole, private, and never in the way of what was there.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::{Home, Run, TEST_KEY, incident_logs, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

const LOG: &str = "2026-11-21 10:00:01 INFO login of anna.berg@example.com from 192.0.2.17\n\
                   2026-11-21 10:00:02 ERROR password=Sommer-2026! refused for anna.berg@example.com\n";
/// What must not be in a redacted export, in whatever column it was.
const PERSONAL: [&str; 4] = ["anna.berg", "192.0.2.17", "Sommer-2026", "4111 1111 1111 1111"];

fn with<'a>(words: &[&'a str], file: &'a Path) -> Vec<&'a OsStr> {
    words.iter().copied().map(OsStr::new).chain([file.as_os_str()]).collect()
}

fn actions(home: &Home) -> Vec<String> {
    let audit = list(&home.json(["audit", "list", "--limit", "1000"])["audit_log"]);
    audit.iter().map(|entry| text(&entry["action"])).collect()
}

fn titles(home: &Home) -> Vec<String> {
    let mut titles: Vec<String> =
        list(&home.json(["issue", "list"])["issues"]).iter().map(|issue| text(&issue["title"])).collect();
    titles.sort();
    titles
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn code(home: &Home, words: &[&str], file: &Path, status: i32) -> String {
    home.refused(with(words, file), status)
}

#[test]
fn a_backup_brings_back_what_was_there_and_keeps_what_is() {
    let home = Home::new(BINARY);
    let issue = home.issue("before");
    home.log(&issue, "a.log", LOG);
    let backup = home.path("b.trcaa");
    let made = home.json(with(&["db", "backup"], &backup));
    assert_eq!(made["backup"]["verified"], true);
    assert_eq!(made["backup"]["rows"]["issues"], 1);
    assert_eq!(made["backup"]["bytes"], fs::metadata(&backup).unwrap().len());
    assert_eq!(text(&made["backup"]["audit_head"]).len(), 64);
    assert!(text(&made["opened_by"]).contains("raw key"), "{made}");
    assert_eq!(mode(&backup), 0o600);
    assert_eq!(code(&home, &["db", "backup"], &backup, 1), "exists");
    home.json(with(&["db", "backup", "--force"], &backup));
    assert_eq!(actions(&home).iter().filter(|a| *a == "backup_database").count(), 2);
    assert!(home.json(["db", "status"])["status"]["last_backup_at"].is_string());

    home.issue("after");
    assert_eq!(code(&home, &["db", "restore"], &backup, 2), "needs_yes");
    assert_eq!(titles(&home), ["after", "before"]);
    let restored = home.json(with(&["db", "restore", "--yes"], &backup));
    assert_eq!(titles(&home), ["before"]);
    assert_eq!(home.bytes(["log", "show", "last"]), LOG.as_bytes());
    assert_eq!(actions(&home)[0], "restore_database");
    home.expect_sound();
    let kept = PathBuf::from(text(&restored["restored"]["kept"]));
    home.json(with(&["db", "restore", "--yes"], &kept));
    assert_eq!(titles(&home), ["after", "before"]);
    home.expect_sound();
}

#[test]
fn a_store_that_does_not_open_is_restored_and_errors_say_how() {
    let home = Home::new(BINARY);
    home.issue("before");
    let backup = home.path("b");
    home.json(with(&["db", "backup"], &backup));
    let database = home.data().join("tftsr.db");
    for bytes in [vec![1; 100], vec![7; 30_000]] {
        fs::write(&database, &bytes).unwrap();
        let run = home.run(["issue", "list"]).fails(1);
        assert!(run.stderr.contains("trcaa db restore") && !run.stderr.contains("db check"), "{run:#?}");
        let restored = home.json(with(&["db", "restore", "--yes"], &backup));
        assert_eq!(fs::read(text(&restored["restored"]["kept"])).unwrap(), bytes);
        assert_eq!(titles(&home), ["before"]);
    }
    fs::remove_dir_all(home.data()).unwrap();
    assert!(home.json(with(&["db", "restore", "--yes"], &backup))["restored"]["kept"].is_null());
    assert_eq!(titles(&home), ["before"]);
    home.expect_sound();
}

#[test]
fn what_is_no_backup_is_told_and_nothing_changes() {
    let home = Home::new(BINARY);
    home.issue("before");
    let backup = home.path("b");
    home.json(with(&["db", "backup"], &backup));
    let restore = ["db", "restore", "--yes"];
    let before = fs::read(home.data().join("tftsr.db")).unwrap();
    assert_eq!(code(&home, &restore, &home.path("missing"), 1), "not_found");
    assert_eq!(code(&home, &restore, &home.data().join("tftsr.db"), 1), "bad_path");
    let plain = home.file("plain", b"SQLite format 3\0 and so on".repeat(400));
    assert_eq!(code(&home, &restore, &plain, 1), "plain_database");
    assert!(home.run(with(&restore, &plain)).stderr.contains("trcaa db import"));
    let mut command = home.command(with(&["db", "restore", "--yes", "--json"], &backup));
    let run = Run::of(command.env("TRCAA_DB_KEY", "another").output().unwrap()).fails(1);
    assert_eq!(run.error_code(), "wrong_key");
    assert!(run.stdout.contains("another key"), "{run:#?}");
    let mut command = home.command(with(&["db", "restore", "--yes", "--json"], &backup));
    Run::of(command.env_remove("TRCAA_DB_KEY").output().unwrap()).fails(1);
    assert_eq!(fs::read(home.data().join("tftsr.db")).unwrap(), before);
    let names: Vec<_> = fs::read_dir(home.data()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("rest")), "{names:?}");
}

#[test]
fn backups_are_made_and_found_whole_while_others_write() {
    let home = Home::new(BINARY);
    let issue = home.issue("first");
    home.log(&issue, "a.log", LOG.repeat(2_000));
    let writers: Vec<_> =
        (0..6).map(|n| home.command(["issue", "new", &format!("during {n}"), "--quiet"]).spawn().unwrap()).collect();
    let backups: Vec<PathBuf> = (0..3).map(|n| home.path(&format!("b{n}"))).collect();
    for backup in &backups {
        assert_eq!(home.json(with(&["db", "backup"], backup))["backup"]["verified"], true);
    }
    for mut writer in writers {
        assert!(writer.wait().unwrap().success(), "no writer is kept from its work");
    }
    assert_eq!(titles(&home).len(), 7);
    for backup in &backups {
        home.json(with(&["db", "restore", "--yes"], backup));
        home.expect_sound();
        assert!(titles(&home).contains(&"first".to_owned()));
    }
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn rows<'l>(lines: &'l [Value], table: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["table"] == table).map(|line| &line["row"]).collect()
}

/// A store with personal data in every kind of column that a command writes.
fn personal() -> Home {
    let home = Home::new(BINARY);
    let issue = text(
        &home.json([
            "issue",
            "new",
            "Login of anna.berg@example.com fails",
            "--description",
            "card 4111 1111 1111 1111, host 192.0.2.17",
            "--assigned-to",
            "anna.berg@example.com",
            "--source",
            "mail from anna.berg@example.com",
            "--tag",
            "anna.berg@example.com",
        ])["issue"]["id"],
    );
    home.log(&issue, "anna.berg@example.com.log", LOG);
    let redacted = home.log(&issue, "second.log", LOG);
    home.json(["pii", "apply", &redacted]);
    home.json(["pii", "detect", "last"]);
    home.json(["why", &issue, "--answer", "anna.berg@example.com was locked out", "--question", "Why 192.0.2.17?"]);
    home.json(["doc", "rca", &issue]);
    home
}

#[test]
fn an_export_is_redacted_complete_and_told_to_be_so() {
    let home = personal();
    let file = home.path("e.jsonl");
    let made = home.json(with(&["db", "export"], &file));
    assert_eq!(made["export"]["redacted"], true);
    assert_eq!(mode(&file), 0o600);
    let content = fs::read_to_string(&file).unwrap();
    for value in PERSONAL {
        let found = content.lines().find(|line| line.contains(value));
        assert!(found.is_none(), "{value} in {}", found.unwrap());
    }
    let lines = lines(&file);
    let (header, end) = (&lines[0], lines.last().unwrap());
    assert_eq!(
        (&header["kind"], &header["schema_version"], &header["redacted"]),
        (&"header".into(), &1.into(), &true.into())
    );
    let left_out = list(&header["left_out"]);
    for column in [
        "image_attachments.image_data",
        "pii_spans.original_value",
        "issue_pseudonyms.encrypted_value",
        "mcp_servers.auth_value",
    ] {
        assert!(left_out.contains(&column.into()), "{column}");
    }
    assert_eq!(end["kind"], "end");
    assert_eq!(end["rows"], made["export"]["rows"]);
    for (table, count) in end["rows"].as_object().unwrap() {
        assert_eq!(rows(&lines, table).len() as u64, count.as_u64().unwrap(), "{table}");
    }
    // One value, one placeholder over all rows of an issue.
    let title = text(&rows(&lines, "issues")[0]["title"]);
    let placeholder = title.split(' ').nth(2).unwrap();
    assert!(placeholder.starts_with("[Email_"), "{title}");
    for log in rows(&lines, "log_files") {
        let text = text(&log["text"]);
        assert!(text.contains(placeholder) && text.contains("refused for"), "{text}");
        assert!(log.get("content_compressed").is_none());
    }
    for line in rows(&lines, "issues") {
        assert!(serde_json::from_str::<Vec<String>>(&text(&line["tags"])).is_ok());
    }
    assert_eq!(text(&rows(&lines, "issues")[0]["severity"]), "medium");
    assert_eq!(code(&home, &["db", "export"], &file, 1), "exists");
    assert_eq!(code(&home, &["db", "export", "--force"], &home.data().join("tftsr.db"), 1), "bad_path");
    assert_eq!(actions(&home)[0], "export_database");
    home.expect_sound();
}

#[test]
fn an_export_in_clear_has_to_be_asked_for_and_holds_no_secret_all_the_same() {
    let home = personal();
    let file = home.path("e.jsonl");
    assert_eq!(code(&home, &["db", "export", "--clear"], &file, 2), "needs_yes");
    assert!(!file.exists());
    home.json(with(&["db", "export", "--clear", "--yes"], &file));
    let lines = lines(&file);
    assert_eq!(lines[0]["redacted"], false);
    assert!(rows(&lines, "log_files").iter().all(|log| log["text"] == LOG));
    let pseudonyms = rows(&lines, "issue_pseudonyms");
    assert!(!pseudonyms.is_empty() && pseudonyms.iter().all(|row| row["encrypted_value"].is_null()));
    assert!(!fs::read_to_string(&file).unwrap().contains(TEST_KEY));
    let details = list(&home.json(["audit", "list", "--limit", "1"])["audit_log"])[0]["details"].clone();
    assert!(text(&details).contains("\"redacted\":false"), "{details}");
}

#[test]
fn a_guard_that_cannot_look_lets_nothing_out() {
    let home = personal();
    for detector in ["pii-base", "pii-names", "pii-secrets"] {
        home.json(["plugin", "disable", detector]);
    }
    let file = home.path("e.jsonl");
    assert_eq!(code(&home, &["db", "export"], &file, 1), "no_detector");
    let left: Vec<_> = fs::read_dir(home.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("jsonl")), "{left:?}");
    assert!(!actions(&home).contains(&"export_database".to_owned()));
}

#[test]
fn a_whole_investigation_is_exported() {
    let home = Home::new(BINARY);
    let logs = incident_logs();
    let args = [OsStr::new("triage")].into_iter().chain(logs.iter().map(|log| log.as_os_str()));
    home.json(args.chain([OsStr::new("--out"), home.path("out").as_os_str()]));
    let file = home.path("e.jsonl");
    home.json(with(&["db", "export"], &file));
    let lines = lines(&file);
    for log in rows(&lines, "log_files") {
        let copy = home.bytes(["log", "show", &text(&log["id"]), "--redacted"]);
        assert_eq!(text(&log["text"]).as_bytes(), copy, "the copy that was reviewed, as it is");
    }
    assert!(rows(&lines, "resolution_steps").len() == 5 && !rows(&lines, "ai_messages").is_empty());
}

#[test]
fn bytes_that_are_no_text_are_exported_whole_in_clear_and_as_the_guard_saw_them_else() {
    let home = Home::new(BINARY);
    let issue = home.issue("bytes");
    home.log(&issue, "a.log", b"2026-11-21 caf\xe9 anna.berg@example.com\n");
    let (clear, redacted) = (home.path("c"), home.path("r"));
    home.json(with(&["db", "export", "--clear", "--yes"], &clear));
    assert_eq!(
        rows(&lines(&clear), "log_files")[0]["text_base64"],
        "MjAyNi0xMS0yMSBjYWbpIGFubmEuYmVyZ0BleGFtcGxlLmNvbQo="
    );
    home.json(with(&["db", "export"], &redacted));
    assert_eq!(rows(&lines(&redacted), "log_files")[0]["text"], "2026-11-21 caf? [Email_1]\n");
}
