//! `db rekey` and `db compact` as a user runs them, and killed at their writes.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;

use tests::{Home, Run, list};
use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::secret::Secret;
use trcaa_store::{KeySource, NewProvider, OpenOptions, Store, parse_key};

use crate::shim::{End, copy_of, shim};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
const SECRET: &str = "sk-canary-5e1f";
/// The calls around the commit: every one of them is a point to be killed at.
const LAST_CALLS: usize = 24;
/// Points before that, spread evenly.
const EARLIER_POINTS: usize = 10;

/// A command that gets its key from this variable, or from the data folder.
fn keyed(home: &Home, key: Option<&str>, args: &[&str]) -> Command {
    let mut command = home.command(args);
    match key {
        Some(key) => command.env("TRCAA_DB_KEY", key),
        None => command.env_remove("TRCAA_DB_KEY"),
    };
    command
}

fn run(home: &Home, key: Option<&str>, args: &[&str]) -> Run {
    Run::of(keyed(home, key, args).output().unwrap())
}

fn run_with(home: &Home, key: Option<&str>, args: &[&str], input: &str) -> Run {
    let input = fs::File::open(home.file("input", input)).unwrap();
    Run::of(keyed(home, key, args).stdin(input).output().unwrap())
}

fn try_store(home: &Home, key: Option<&str>) -> Result<Store, trcaa_store::StoreError> {
    let key = key.map_or(KeySource::KeyFile, |text| parse_key(text).unwrap().unwrap());
    OpenOptions::new(home.data(), key, Arc::new(FixedClock(0)), Arc::new(SeededEntropy::new(3))).open()
}

/// A store with a provider's key in it; the database key is this one, or in a key file.
fn prepared(key: Option<&str>) -> Home {
    let home = Home::new(BINARY);
    if key.is_none() {
        fs::create_dir(home.data()).unwrap();
        let file = home.data().join("tftsr.key");
        fs::write(&file, "5a".repeat(32)).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    }
    run(&home, key, &["issue", "new", "canary issue"]).ok();
    let provider = NewProvider {
        name: "p".to_owned(),
        plugin: "x".to_owned(),
        api_url: "https://p.test".to_owned(),
        api_key: Some(Secret::new(SECRET)),
        model: "m".to_owned(),
        max_tokens: None,
        temperature: None,
        options: serde_json::json!({}),
        supports_tool_calling: None,
    };
    try_store(&home, key).unwrap().write(|tx| tx.upsert_provider(&provider)).unwrap();
    home
}

fn expect_secret(home: &Home, key: Option<&str>, place: &str) {
    let store = try_store(home, key).unwrap();
    assert_eq!(store.provider_api_key("p").unwrap().unwrap().expose(), SECRET, "{place}");
    assert_eq!(store.search("canary", 5).unwrap().len(), 1, "{place}");
}

/// Kills a rekey around its commit and before; then exactly one of the keys opens a sound store, with its secret.
fn kill_a_rekey(old: Option<&str>, args: &[&str], input: &str, new: Option<&str>) {
    let shim = shim();
    let prepared = prepared(old);
    let key_before = fs::read(prepared.data().join("tftsr.key")).ok();
    let first = copy_of(&prepared);
    let End::Itself { calls } =
        shim.run_command(&first, keyed(&first, old, args), input.as_bytes(), usize::MAX >> 1, false)
    else {
        panic!("killed at no call")
    };
    assert!(calls > LAST_CALLS + EARLIER_POINTS, "{calls} calls");
    let earlier = calls - LAST_CALLS;
    let points = (0..EARLIER_POINTS).map(|n| 1 + n * earlier / EARLIER_POINTS).chain(earlier + 1..=calls);
    let (mut old_key, mut new_key) = (0, 0);
    for at in points {
        let place = format!("{args:?}: call {at} of {calls}");
        let home = copy_of(&prepared);
        let _ = shim.run_command(&home, keyed(&home, old, args), input.as_bytes(), at, at % 2 == 0);
        for name in ["tftsr.db", "tftsr.db.new", "tftsr.key.next"] {
            let bytes = fs::read(home.data().join(name)).unwrap_or_default();
            let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
            assert!(!found && !bytes.starts_with(b"SQLite format 3"), "{place}: {name} is in clear");
        }
        let opens = |key: Option<&str>| {
            let check = run(&home, key, &["db", "check", "--json"]);
            let told = check.status == 0 || ["wrong_key", "key", "encrypted"].contains(&check.error_code().as_str());
            assert!(told, "{place}: {check:#?}");
            check.status == 0
        };
        let with_old = opens(old);
        let with_new = if old == new { with_old } else { opens(new) };
        assert!(with_old || with_new, "{place}: no key opens it");
        assert!(old == new || !(with_old && with_new), "{place}: both keys open it");
        expect_secret(&home, if with_new { new } else { old }, &place);
        let changed = fs::read(home.data().join("tftsr.key")).ok() != key_before;
        assert_eq!(changed, if old == new { changed } else { with_new }, "{place}: the key file tells another story");
        if changed {
            new_key += 1
        } else {
            old_key += 1
        }
        for left in ["tftsr.db.new", "tftsr.db.new-journal", "tftsr.key.next"] {
            assert!(!home.data().join(left).exists(), "{place}: {left} was left");
        }
    }
    assert!(old_key >= EARLIER_POINTS && new_key >= 2, "{old_key} times the old key, {new_key} times the new one");
}

#[test]
fn a_fresh_key_file_killed_anywhere_is_the_old_or_the_new_one() {
    kill_a_rekey(None, &["db", "rekey"], "", None);
}

#[test]
fn a_move_into_a_key_file_killed_anywhere_opens_with_one_of_both() {
    kill_a_rekey(Some("a passphrase"), &["db", "rekey", "--to", "key-file"], "", None);
}

#[test]
fn a_move_out_of_a_key_file_killed_anywhere_opens_with_one_of_both() {
    kill_a_rekey(None, &["db", "rekey", "--to", "passphrase"], "a passphrase\n", Some("a passphrase"));
}

#[test]
fn a_store_is_rekeyed_from_the_command_line() {
    let home = prepared(None);
    let source = |key| run(&home, key, &["db", "status", "--json"]).ok().answer()["status"]["key_source"].clone();
    assert_eq!(source(None), "key-file");
    let done = run_with(&home, None, &["db", "rekey", "--to", "passphrase", "--json"], "it's mine\nnext\n").ok();
    assert_eq!(done.answer()["from"], "key-file");
    assert_eq!((&done.answer()["to"], &done.answer()["resealed"]), (&"passphrase".into(), &1.into()));
    assert!(done.stderr.contains("set TRCAA_DB_KEY") && done.stderr.contains("backups"), "{done:#?}");
    assert!(!done.stdout.contains("mine") && !done.stderr.contains("mine"), "{done:#?}");
    let refused = run(&home, None, &["issue", "list", "--json"]).fails(1);
    assert_eq!(refused.error_code(), "key");
    assert!(refused.stdout.contains("TRCAA_DB_KEY"), "{refused:#?}");
    let key = Some("it's mine");
    assert_eq!(source(key), "passphrase");
    assert!(run(&home, key, &["db", "status"]).ok().stdout.contains("key: passphrase"));
    expect_secret(&home, key, "passphrase");

    let done = run_with(&home, key, &["db", "rekey"], "short\r\n").ok();
    assert!(done.stderr.contains("fewer than 8 characters"), "{done:#?}");
    let key = Some("short");
    let digits = "0b".repeat(32);
    run_with(&home, key, &["db", "rekey", "--to", "raw-key"], &format!("x'{digits}'\n")).ok();
    let key = Some(digits.as_str());
    assert_eq!(source(key), "raw-key");
    let done = run(&home, key, &["db", "rekey", "--to", "key-file"]).ok();
    assert!(done.stderr.contains("unset TRCAA_DB_KEY"), "{done:#?}");
    // The old key, still in the environment, is told as what it is.
    let refused = run(&home, key, &["issue", "list", "--json"]).fails(1);
    assert_eq!(refused.error_code(), "wrong_key");
    assert!(refused.stdout.contains("TRCAA_DB_KEY goes before the key file"), "{refused:#?}");
    assert_eq!(source(None), "key-file");
    expect_secret(&home, None, "key file");
    let trail = run(&home, None, &["audit", "list", "--json"]).ok().answer();
    let rekeys = list(&trail["audit_log"]).iter().filter(|row| row["action"] == "rekey_database").count();
    assert_eq!(rekeys, 4);
    assert!(!trail.to_string().contains("short") && !trail.to_string().contains(&digits));
}

#[test]
fn keys_that_would_not_open_the_store_later_are_refused_and_change_nothing() {
    let home = prepared(None);
    let before = (fs::read(home.data().join("tftsr.db")).unwrap(), fs::read(home.data().join("tftsr.key")).unwrap());
    let digits = "0".repeat(64);
    let long = "x".repeat(5000);
    for (to, input) in [
        ("passphrase", ""),
        ("passphrase", "\n"),
        ("passphrase", "  \n"),
        ("passphrase", "dev-key-change-in-prod\n"),
        ("passphrase", "a\0b\n"),
        ("passphrase", digits.as_str()),
        ("passphrase", long.as_str()),
        ("raw-key", "no digits\n"),
        ("raw-key", &digits[1..]),
    ] {
        let refused = run_with(&home, None, &["db", "rekey", "--to", to, "--json"], input).fails(2);
        refused.error_code();
    }
    let refused = ["db", "rekey", "--to", "key-file", "--encryption-key", "stdin", "--json"];
    run_with(&home, None, &refused, "dev-key-change-in-prod\n").fails(2).error_code();
    let after = (fs::read(home.data().join("tftsr.db")).unwrap(), fs::read(home.data().join("tftsr.key")).unwrap());
    assert!(before == after);
    let nowhere = Home::new(BINARY);
    assert_eq!(
        run(&nowhere, None, &["db", "rekey", "--to", "key-file", "--json"]).fails(1).error_code(),
        "no_database"
    );
    assert!(!nowhere.data().exists());
}

#[test]
fn the_encryption_key_is_replaced_and_taken_away() {
    let home = prepared(None);
    let with = |key: &str, args: &[&str]| {
        let mut command = keyed(&home, None, args);
        Run::of(command.env("TRCAA_ENCRYPTION_KEY", key).output().unwrap())
    };
    let done = run_with(&home, None, &["db", "rekey", "--encryption-key", "stdin"], "columns only\n").ok();
    assert!(done.stderr.contains("set TRCAA_ENCRYPTION_KEY"), "{done:#?}");
    let open = |encryption_key: Option<&str>| {
        let clock = Arc::new(FixedClock(0));
        let mut options = OpenOptions::new(home.data(), KeySource::KeyFile, clock, Arc::new(SeededEntropy::new(3)));
        options.encryption_key = encryption_key.map(Secret::new);
        options.open()
    };
    assert_eq!(open(Some("columns only")).unwrap().provider_api_key("p").unwrap().unwrap().expose(), SECRET);
    assert_eq!(open(None).unwrap_err().code(), "encryption_key");
    // Without the key of the columns their secrets would be lost, so nothing is done.
    let refused = run(&home, None, &["db", "rekey", "--json"]).fails(1);
    assert_eq!(refused.error_code(), "encryption_key");
    assert!(refused.stdout.contains("TRCAA_ENCRYPTION_KEY"), "{refused:#?}");
    with("columns only", &["db", "rekey"]).ok();
    assert_eq!(open(Some("columns only")).unwrap().provider_api_key("p").unwrap().unwrap().expose(), SECRET);
    with("columns only", &["db", "rekey", "--encryption-key", "none"]).ok();
    expect_secret(&home, None, "taken away");
    let refused = with("dev-key-change-in-prod", &["db", "status", "--json"]).fails(2);
    assert_eq!(refused.error_code(), "key");
}

#[test]
fn a_rekey_asks_only_where_a_backup_or_a_kept_database_needs_the_old_key() {
    let home = prepared(None);
    run(&home, None, &["db", "rekey"]).ok();
    let kept = home.data().join("tftsr.db.kept-20260101T000000Z");
    fs::write(&kept, "kept").unwrap();
    let key = fs::read(home.data().join("tftsr.key")).unwrap();
    let refused = || {
        let refused = run(&home, None, &["db", "rekey", "--json"]).fails(2);
        assert_eq!(refused.error_code(), "needs_yes");
        assert!(refused.stdout.contains("old key only"), "{refused:#?}");
        assert!(fs::read(home.data().join("tftsr.key")).unwrap() == key);
    };
    refused();
    fs::remove_file(kept).unwrap();
    let backup = home.data().with_file_name("a-backup");
    run(&home, None, &["db", "backup", backup.to_str().unwrap()]).ok();
    refused();
    run(&home, None, &["db", "rekey", "--yes"]).ok();
    assert!(fs::read(home.data().join("tftsr.key")).unwrap() != key);
    // A passphrase is the user's to keep.
    run_with(&home, None, &["db", "rekey", "--yes", "--to", "passphrase"], "a passphrase\n").ok();
    run_with(&home, Some("a passphrase"), &["db", "rekey"], "another one\n").ok();
}

#[test]
fn compacting_tells_the_bytes_and_keeps_everything() {
    let home = prepared(None);
    let big =
        home.file("big.log", (0..60_000).map(|n: u64| format!("{:x}\n", n * n * 0x9e37_79b9)).collect::<String>());
    run(&home, None, &["log", "add", "last", big.to_str().unwrap()]).ok();
    run(&home, None, &["log", "delete", "last", "--yes"]);
    let done = run(&home, None, &["db", "compact", "--json"]).ok().answer();
    let bytes = fs::metadata(home.data().join("tftsr.db")).unwrap().len();
    assert_eq!(done["bytes_after"], bytes);
    assert!(done["bytes_before"].as_u64().unwrap() > 0, "{done}");
    expect_secret(&home, None, "compacted");
    assert!(run(&home, None, &["db", "compact"]).ok().stdout.starts_with("compacted: "));
    assert_eq!(run(&home, None, &["db", "check"]).ok().status, 0);
}
