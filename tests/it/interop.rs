//! The store and an independent SQLCipher 4 client read each other's databases with nothing but the key.

use std::fs;

use serde_json::{Value, json};
use tests::{Home, Run, TEST_KEY, list, text};

use crate::peer;

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
const PASSPHRASES: [&str; 3] = ["four words of mine", "it's 'quoted'", "Grüße, 鍵 \u{1f511}"];

/// Everything that a stranger can see with the default settings.
const LOOK: &str = r#"
conn = opened(ask["path"], ask["key"])
tell({
    "cipher_version": column(conn, "PRAGMA cipher_version")[0],
    "settings": [column(conn, f"PRAGMA {name}")[0] for name in
        ("cipher_page_size", "kdf_iter", "cipher_hmac_algorithm", "cipher_kdf_algorithm")],
    "integrity": column(conn, "PRAGMA integrity_check"),
    "cipher_integrity": column(conn, "PRAGMA cipher_integrity_check"),
    "foreign_keys": column(conn, "PRAGMA foreign_key_check"),
    "issues": [list(row) for row in conn.execute(
        "SELECT id, title, description, severity, status, tags FROM issues ORDER BY rowid DESC")],
    "audit": [list(row) for row in conn.execute("SELECT id, entry_hash FROM audit_log ORDER BY rowid DESC")],
    "found": column(conn, "SELECT i.title FROM issues_fts JOIN issues i ON i.rowid = issues_fts.rowid"
        " WHERE issues_fts MATCH 'payroll' ORDER BY i.title"),
})
"#;

/// Makes a copy of a database with another key and page size, as a stranger's tools do.
const EXPORT: &str = r#"
conn = opened(ask["path"], ask["key"])
conn.execute("ATTACH DATABASE ? AS copy KEY ?", (ask["copy"], ask["copy_key"]))
conn.execute(f"PRAGMA copy.cipher_page_size = {ask['page_bytes']}")
conn.execute("SELECT sqlcipher_export('copy')")
conn.execute("DETACH DATABASE copy")
tell(len(column(conn, "SELECT name FROM sqlite_schema")))
"#;

fn run(home: &Home, key: &str, args: &[&str]) -> Run {
    Run::of(home.command(args).env("TRCAA_DB_KEY", key).arg("--json").output().unwrap())
}

fn answer(home: &Home, key: &str, args: &[&str]) -> Value {
    run(home, key, args).ok().answer()
}

fn database(home: &Home) -> String {
    home.data().join("tftsr.db").display().to_string()
}

/// A store with issues that were made, changed and deleted.
fn filled(key: &str) -> Home {
    let home = Home::new(BINARY);
    let new = |title: &str, more: &[&str]| {
        text(&answer(&home, key, &[&["issue", "new", title], more].concat())["issue"]["id"])
    };
    new("payroll is stuck", &["--description", "since the deployment", "--tag", "db", "--severity", "P1"]);
    let gone = new("payroll went away", &[]);
    let edited = new("disk of node7 is full", &["--description", "Größe: 100 %"]);
    answer(&home, key, &["issue", "edit", &edited, "--description", "it stops the payroll"]);
    answer(&home, key, &["issue", "delete", &gone, "--yes"]);
    home
}

/// Both sides tell the same.
fn expect_equal(home: &Home, key: &str) {
    let seen = peer::ask(LOOK, &json!({"path": database(home), "key": key}));
    assert!(text(&seen["cipher_version"]).starts_with("4."), "{seen}");
    assert_eq!(seen["settings"], json!(["4096", "256000", "HMAC_SHA512", "PBKDF2_HMAC_SHA512"]));
    assert_eq!(seen["integrity"], json!(["ok"]));
    assert_eq!((&seen["cipher_integrity"], &seen["foreign_keys"]), (&json!([]), &json!([])));
    assert_eq!(seen["found"], json!(["disk of node7 is full", "payroll is stuck"]));
    let issues = list(&answer(home, key, &["issue", "list"])["issues"]);
    let fields = ["id", "title", "description", "severity", "status"];
    let told: Vec<Value> = issues
        .iter()
        .map(|issue| {
            let mut row: Vec<Value> = fields.iter().map(|field| issue[*field].clone()).collect();
            row.push(issue["tags"].to_string().into());
            row.into()
        })
        .collect();
    assert_eq!(list(&seen["issues"]), told);
    let trail = list(&answer(home, key, &["audit", "list", "--limit", "1000"])["audit_log"]);
    let told: Vec<Value> = trail.iter().map(|row| json!([row["id"], row["entry_hash"]])).collect();
    assert_eq!(list(&seen["audit"]), told);
}

#[test]
fn a_database_with_a_passphrase_opens_in_another_client_by_its_key_alone() {
    for key in PASSPHRASES {
        expect_equal(&filled(key), key);
    }
}

#[test]
fn a_database_with_a_raw_key_opens_in_another_client() {
    expect_equal(&filled(TEST_KEY), &format!("x'{TEST_KEY}'"));
}

#[test]
fn another_client_is_refused_with_another_key() {
    let home = filled(PASSPHRASES[0]);
    let refused = peer::ask(
        r#"
try:
    conn = opened(ask["path"], ask["key"])
    conn.execute("PRAGMA cipher_log_level = NONE")
    column(conn, "SELECT count(*) FROM sqlite_schema")
    tell("opened")
except client.DatabaseError as error:
    tell("refused")
"#,
        &json!({"path": database(&home), "key": PASSPHRASES[1]}),
    );
    assert_eq!(refused, "refused");
}

#[test]
fn what_another_client_encrypted_opens_with_either_page_size() {
    let home = filled(TEST_KEY);
    let key = format!("x'{TEST_KEY}'");
    for (page_bytes, copy_key) in [(4096, PASSPHRASES[1]), (16_384, PASSPHRASES[2]), (16_384, key.as_str())] {
        let other = Home::new(BINARY);
        fs::create_dir(other.data()).unwrap();
        let asked = json!({
            "path": database(&home), "key": key,
            "copy": database(&other), "copy_key": copy_key, "page_bytes": page_bytes,
        });
        assert!(peer::ask(EXPORT, &asked).as_u64().unwrap() > 30);
        let issues = answer(&other, copy_key, &["issue", "list"]);
        assert_eq!(issues, answer(&home, TEST_KEY, &["issue", "list"]));
        assert_eq!(answer(&other, copy_key, &["audit", "verify"]), answer(&home, TEST_KEY, &["audit", "verify"]));
        let status = answer(&other, copy_key, &["db", "status"]);
        assert_eq!(status["status"]["cipher"]["page_bytes"], page_bytes);
        // Search goes by row numbers, which are the copy's own.
        let hits = list(&answer(&other, copy_key, &["search", "payroll"])["hits"]);
        let titles: Vec<String> = hits.iter().map(|hit| text(&hit["title"])).collect();
        assert_eq!(titles, ["payroll is stuck", "disk of node7 is full"]);
        answer(&other, copy_key, &["issue", "new", "payroll again"]);
        assert_eq!(list(&answer(&other, copy_key, &["search", "payroll"])["hits"]).len(), 3);
        assert_eq!(answer(&other, copy_key, &["db", "check"])["sound"], true);
    }
}

#[test]
fn what_another_client_writes_is_seen() {
    let home = filled(TEST_KEY);
    let ours = list(&home.json(["audit", "list"])["audit_log"]);
    let changed = text(&ours[1]["id"]);
    assert_eq!(home.json(["audit", "verify"])["intact"], true);
    let written = peer::ask(
        r#"
conn = opened(ask["path"], ask["key"])
conn.execute("INSERT INTO issues (id, title, description, severity, status, created_at, updated_at) VALUES"
    " ('by-another-client', 'written by a stranger', 'zeppelin', 'low', 'open', '2026-01-01 00:00:00', '2026-01-01 00:00:00')")
conn.execute("UPDATE issues SET description = 'dirigible' WHERE id = 'by-another-client'")
conn.execute("UPDATE audit_log SET entity_id = 'somebody else' WHERE id = ?", (ask["changed"],))
tell(conn.execute("SELECT changes()").fetchone()[0])
"#,
        &json!({"path": database(&home), "key": format!("x'{TEST_KEY}'"), "changed": changed}),
    );
    assert_eq!(written, 1);
    assert_eq!(list(&home.json(["search", "zeppelin"])["hits"]).len(), 0);
    let hits = list(&home.json(["search", "dirigible"])["hits"]);
    assert_eq!((hits.len(), text(&hits[0]["issue_id"])), (1, "by-another-client".to_owned()));
    let verdict = run(&home, TEST_KEY, &["audit", "verify"]).fails(1);
    assert_eq!(verdict.error_code(), "audit_broken");
    assert!(text(&verdict.answer()["error"]["message"]).contains(&changed), "{verdict:#?}");
    let check = run(&home, TEST_KEY, &["db", "check"]).fails(1).answer();
    assert_eq!((&check["sound"], &check["check"]["audit"]["first_bad_id"]), (&json!(false), &json!(changed)));
}
