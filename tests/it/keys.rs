//! Where the key comes from and what is refused, as a user meets it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tests::{Home, Run, TEST_KEY};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

fn run(home: &Home, variables: &[(&str, &str)], args: &[&str]) -> Run {
    let mut command = home.command(args);
    command.env_remove("TRCAA_DB_KEY").envs(variables.iter().copied());
    Run::of(command.output().unwrap())
}

fn key_file(home: &Home, text: &str) {
    let _ = fs::create_dir(home.data());
    let path = home.data().join("tftsr.key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn plain(path: &Path) -> bool {
    fs::read(path).unwrap().starts_with(b"SQLite format 3\0")
}

#[test]
fn the_old_name_of_the_key_warns_and_a_blank_one_is_none() {
    let home = Home::new(BINARY);
    let run_list = |variables: &[(&str, &str)]| run(&home, variables, &["issue", "list", "--json"]);
    let made = run(&home, &[("TFTSR_DB_KEY", "it's old")], &["issue", "new", "x"]).ok();
    assert!(made.stderr.contains("TFTSR_DB_KEY is deprecated; use TRCAA_DB_KEY"), "{made:#?}");
    assert_eq!(run_list(&[("TRCAA_DB_KEY", "it's old")]).ok().stderr, "");
    run_list(&[("TRCAA_DB_KEY", " \t"), ("TFTSR_DB_KEY", "it's old")]).ok();
    assert_eq!(run_list(&[("TRCAA_DB_KEY", "new"), ("TFTSR_DB_KEY", "it's old")]).fails(1).error_code(), "wrong_key");
    // Something that is sealed without one.
    run(&home, &[("TRCAA_DB_KEY", "it's old")], &["audit", "checkpoint"]).ok();
    let old = [("TRCAA_DB_KEY", "it's old"), ("TFTSR_ENCRYPTION_KEY", "columns")];
    let refused = run_list(&old).fails(1);
    assert!(refused.stderr.contains("use TRCAA_ENCRYPTION_KEY"), "{refused:#?}");
    assert_eq!(refused.error_code(), "encryption_key", "the store was made without one");
    for name in ["TRCAA_DB_KEY", "TFTSR_DB_KEY", "TRCAA_ENCRYPTION_KEY", "TFTSR_ENCRYPTION_KEY"] {
        let refused = run_list(&[("TRCAA_DB_KEY", "it's old"), (name, "dev-key-change-in-prod")]);
        if name == "TFTSR_DB_KEY" {
            refused.ok();
        } else {
            assert_eq!(refused.fails(2).error_code(), "key", "{name}");
        }
    }
}

#[test]
fn an_empty_database_file_is_told_as_cut_with_and_without_a_key_file() {
    for with_key_file in [false, true] {
        let home = Home::new(BINARY);
        fs::create_dir(home.data()).unwrap();
        if with_key_file {
            key_file(&home, TEST_KEY);
        }
        let file = home.data().join("tftsr.db");
        fs::write(&file, "").unwrap();
        for variables in [&[("TRCAA_DB_KEY", TEST_KEY)][..], &[]] {
            let refused = run(&home, variables, &["issue", "list", "--json"]).fails(1);
            assert_eq!(refused.error_code(), "damaged");
            assert!(refused.stdout.contains("cut to 0 bytes"), "{refused:#?}");
        }
        assert_eq!(fs::metadata(&file).unwrap().len(), 0);
        assert_eq!(home.data().join("tftsr.key").exists(), with_key_file);
    }
}

#[test]
fn a_plain_file_that_cannot_be_converted_stays_and_nothing_lies_beside_it() {
    let home = Home::new(BINARY);
    fs::create_dir(home.data()).unwrap();
    let garbage = [b"SQLite format 3\0".as_slice(), &[0x5a; 30_000]].concat();
    fs::write(home.data().join("tftsr.db"), &garbage).unwrap();
    let refused = home.run(["issue", "list", "--json"]).fails(1);
    assert_eq!(refused.error_code(), "damaged");
    assert_eq!(fs::read(home.data().join("tftsr.db")).unwrap(), garbage);
    assert_eq!(fs::read_dir(home.data()).unwrap().count(), 1);
}

#[cfg(debug_assertions)]
#[test]
fn a_plain_store_is_encrypted_once_a_key_is_there() {
    let home = Home::new(BINARY);
    let made = run(&home, &[], &["issue", "new", "canary-plain"]).ok();
    assert!(made.stderr.contains("is not encrypted"), "{made:#?}");
    let file = home.data().join("tftsr.db");
    assert!(plain(&file));
    let status = run(&home, &[], &["db", "status", "--json"]).ok().answer();
    assert_eq!(status["status"]["key_source"], "none");
    key_file(&home, TEST_KEY);
    let listed = run(&home, &[], &["issue", "list"]).ok();
    assert!(listed.stdout.contains("canary-plain") && listed.stderr.is_empty(), "{listed:#?}");
    for entry in fs::read_dir(home.data()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(12).any(|window| window == b"canary-plain"));
    }
    assert!(!plain(&file) && !home.data().join("tftsr.columns.key").exists());
    home.expect_sound();
}

#[test]
fn a_key_file_of_somebody_else_is_refused() {
    let home = Home::new(BINARY);
    key_file(&home, TEST_KEY);
    // Only root can give a file away; for everybody else the check cannot be reached by a file of their own.
    if std::os::unix::fs::chown(home.data().join("tftsr.key"), Some(65_534), None).is_err() {
        return;
    }
    let refused = run(&home, &[], &["issue", "list", "--json"]).fails(1);
    assert_eq!(refused.error_code(), "key");
    assert!(refused.stdout.contains("belongs to another user"), "{refused:#?}");
    assert!(!home.data().join("tftsr.db").exists());
}

#[test]
fn a_key_that_is_kept_elsewhere_is_asked_for_by_name() {
    let home = Home::new(BINARY);
    key_file(&home, "external\n");
    let refused = run(&home, &[], &["issue", "list", "--json"]).fails(1);
    assert_eq!(refused.error_code(), "key");
    assert!(refused.stdout.contains("TRCAA_DB_KEY"), "{refused:#?}");
    assert!(!home.data().join("tftsr.db").exists());
    run(&home, &[("TRCAA_DB_KEY", "mine")], &["issue", "new", "x"]).ok();
    assert_eq!(fs::read_to_string(home.data().join("tftsr.key")).unwrap(), "external\n");
}

#[test]
fn large_pages_open_and_compacting_makes_them_standard() {
    let home = Home::new(BINARY);
    home.issue("large pages");
    let (file, large) = (home.data().join("tftsr.db"), home.path("large.db"));
    let key = format!("x'{TEST_KEY}'");
    let conn = rusqlite::Connection::open(&file).unwrap();
    conn.pragma_update(None, "key", &key).unwrap();
    conn.execute("ATTACH DATABASE ?1 AS large KEY ?2", [large.to_str().unwrap(), &key]).unwrap();
    conn.execute_batch("PRAGMA large.cipher_page_size = 16384").unwrap();
    conn.query_row("SELECT sqlcipher_export('large')", [], |_| Ok(())).unwrap();
    drop(conn);
    fs::rename(large, file).unwrap();
    let pages = || home.json(["db", "status"])["status"]["cipher"]["page_bytes"].clone();
    assert_eq!(pages(), 16_384);
    home.json(["db", "compact"]);
    assert_eq!(pages(), 4096);
    assert!(home.run(["issue", "list"]).ok().stdout.contains("large pages"));
    home.expect_sound();
}
