//! Rows of a foreign database that would make this machine's files readable, one person's value another's, or an issue
//! unusable.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use trcaa_model::id::{ImageId, IssueId, LogFileId};
use trcaa_store::{DeepProgress, ImportOptions, ImportReport, Store, StoreError};

use crate::earlier::{Earlier, PNG, STORED_LOG, sha256};
use crate::fixture::{Home, gzip, insert_issue};

fn options(source: &Path) -> ImportOptions<'static> {
    ImportOptions {
        source: source.to_path_buf(),
        dry_run: false,
        key: None,
        configured_keys: Vec::new(),
        column_keys: Vec::new(),
        accepts_setting: &|_, _| false,
    }
}

fn import(store: &Store, source: &Path) -> ImportReport {
    store.import(&options(source)).unwrap()
}

/// imported, already there, kept ours, refused
fn counts(report: &ImportReport, name: &str) -> [u64; 4] {
    let table = report.tables.iter().find(|table| table.table == name).unwrap_or_else(|| panic!("{name}: {report:#?}"));
    [table.imported, table.already_there, table.kept_ours, table.refused]
}

fn reasons(report: &ImportReport, name: &str) -> String {
    let table = report.tables.iter().find(|table| table.table == name).unwrap();
    table.reasons.iter().map(|reason| format!("{} {:?}\n", reason.reason, reason.ids)).collect()
}

fn hostile(home: &Home, fill: impl FnOnce(&Connection)) -> PathBuf {
    let folder = home.dir.path().join("from elsewhere");
    let path = folder.join("tftsr.db");
    fill(&Earlier::at(27).make_open(&folder, &path));
    path
}

#[test]
fn no_row_names_a_file_of_this_machine_that_is_then_read() {
    let home = Home::new();
    let store = home.open();
    let own = |name: &str, content: &[u8]| {
        let path = home.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (text, picture) = (own("letter.txt", b"canary-91c4"), own("photo.png", PNG));
    let key = home.file("tftsr.key").to_str().unwrap().to_owned();
    std::fs::write(&key, "the key").unwrap();
    let fitting = sha256(b"the key");
    let paths = [
        ("environ", "/proc/self/environ", None),
        ("own", text.as_str(), None),
        ("blank", text.as_str(), Some("")),
        ("other", text.as_str(), Some("00")),
        ("relative", "letter.txt", None),
        // A hash that fits says that somebody knows it, and not that it may be read.
        ("key", key.as_str(), Some(fitting.as_str())),
    ];
    let source = hostile(&home, |conn| {
        conn.execute_batch(
            "ALTER TABLE log_files DROP COLUMN content_hash; ALTER TABLE log_files ADD COLUMN content_hash",
        )
        .unwrap();
        for (id, path, hash) in paths {
            let sql = "INSERT INTO log_files (id, issue_id, file_name, file_path, content_hash, uploaded_at)
                       VALUES ('log-' || ?1, 'issue-0001', 'a.log', ?2, ?3, '')";
            conn.execute(sql, rusqlite::params![id, path, hash]).unwrap();
        }
        for (id, path, data) in [
            ("environ", "/proc/self/environ", None),
            ("own", picture.as_str(), None),
            ("script", picture.as_str(), Some(b"<script>".as_slice())),
        ] {
            let sql = "INSERT INTO image_attachments (id, issue_id, file_name, file_path, upload_hash, uploaded_at, image_data)
                       VALUES ('img-' || ?1, 'issue-0001', 'a.png', ?2, '', '', ?3)";
            conn.execute(sql, rusqlite::params![id, path, data]).unwrap();
        }
    });
    let report = import(&store, &source);
    for (id, ..) in paths {
        let id = LogFileId::from_stored(format!("log-{id}"));
        assert_eq!(store.log(&id).unwrap().file_path, "", "{id}");
        assert!(matches!(store.read_text(&id), Err(StoreError::LogUnreadable { .. })), "{id}");
        assert!(reasons(&report, "log_files").contains("not verifiably found"), "{report:#?}");
    }
    for id in ["img-environ", "img-own", "img-script"].map(ImageId::from_stored) {
        assert_eq!(store.image(&id).unwrap().file_path, "", "{id}");
        assert!(matches!(store.image_bytes(&id), Err(StoreError::ImageUnreadable { .. })), "{id}");
    }
    let again = import(&store, &source);
    assert_eq!(again.imported(), 0);
    assert_eq!(counts(&again, "log_files")[2..], [0, 0], "{}", reasons(&again, "log_files"));
    assert_eq!(counts(&again, "image_attachments")[2..], [0, 0]);
    // A row that came over before this was looked at.
    home.raw().execute("UPDATE log_files SET file_path = '/proc/self/environ', content_hash = NULL", []).unwrap();
    let id = LogFileId::from_stored("log-environ");
    match store.read_text(&id) {
        Err(StoreError::LogUnreadable { why, .. }) => assert!(why.contains("the system's"), "{why}"),
        other => panic!("{other:?}"),
    }
    home.raw().execute("UPDATE image_attachments SET file_path = ?1, upload_hash = ''", [&key]).unwrap();
    match store.image_bytes(&ImageId::from_stored("img-own")) {
        Err(StoreError::ImageUnreadable { why, .. }) => assert!(why.contains("the folder of the database"), "{why}"),
        other => panic!("{other:?}"),
    }
}

/// Two stores of this product that have the same issue; the first is the one that is imported.
fn siblings() -> (Home, Home, IssueId) {
    let (theirs, ours) = (Home::new(), Home::new());
    let from = theirs.open();
    let issue = insert_issue(&from, "shared", "d").id;
    drop(from);
    import(&ours.open(), &theirs.file("tftsr.db"));
    (theirs, ours, issue)
}

fn give(home: &Home, issue: &IssueId, given: &[(&str, u32, &str)]) {
    home.open().write(|tx| tx.insert_pseudonyms(issue, given)).unwrap();
}

/// A row in every table whose texts have placeholders, all of them with `text`.
fn write_about(home: &Home, issue: &IssueId, tag: &str, text: &str) {
    let copy = format!("{}{text}\n", "a line before it\n".repeat(3855));
    let conn = home.raw();
    conn.execute(
        "INSERT INTO log_files (id, issue_id, file_name, file_path, uploaded_at, redacted, content_compressed,
             redacted_compressed, redacted_hash) VALUES ('log-' || ?1, ?2, 'a.log', '', '2024-05-06 07:00:00', 1, ?3, ?4, ?5)",
        rusqlite::params![
            tag,
            issue.as_str(),
            gzip(b"mail to somebody"),
            gzip(copy.as_bytes()),
            sha256(copy.as_bytes())
        ],
    )
    .unwrap();
    for sql in [
        "INSERT INTO pii_spans (id, log_file_id, pii_type, start_offset, end_offset, original_value, replacement)
             VALUES ('span-' || ?1, 'log-' || ?1, 'Email', 8, 16, '', ?3)",
        "INSERT INTO ai_conversations (id, issue_id, provider, model, created_at) VALUES ('conv-' || ?1, ?2, 'p', 'm' || substr(?3, 1, 0), '')",
        "INSERT INTO ai_messages (id, conversation_id, role, content, created_at) VALUES ('msg-' || ?1, 'conv-' || ?1, 'user', ?3, '')",
        "INSERT INTO resolution_steps (id, issue_id, step_order, why_question, answer, created_at) VALUES ('step-' || ?1, ?2, 1, 'q', ?3, '')",
        "INSERT INTO documents (id, issue_id, doc_type, title, content_md, created_at, updated_at) VALUES ('doc-' || ?1, ?2, 'rca', 't', ?3, 1, 1)",
        "INSERT INTO documents (id, issue_id, doc_type, title, content_md, created_at, updated_at) VALUES ('doc-clean-' || ?1, ?2, 'rca', 't', 'c' || substr(?3, 1, 0), 1, 1)",
        "INSERT INTO document_revisions (document_id, revision, content_md, saved_at) VALUES ('doc-clean-' || ?1, 1, ?3, 1)",
        "INSERT INTO timeline_events (id, issue_id, event_type, description, metadata, created_at) VALUES ('ev-' || ?1, ?2, 'log_uploaded', ?3, '{}', '')",
        "INSERT INTO timeline_events (id, issue_id, event_type, description, metadata, created_at)
             VALUES ('ev-json-' || ?1, ?2, 'log_uploaded', '', json_object('a', replace(?3, '[', '~')), '')",
    ] {
        conn.execute(sql, rusqlite::params![tag, issue.as_str(), text]).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }
    conn.execute_batch("UPDATE timeline_events SET metadata = replace(metadata, '~', '\\u005b')").unwrap();
}

#[test]
fn a_placeholder_that_stands_for_another_value_here_comes_over_in_no_text() {
    let (theirs, ours, issue) = siblings();
    give(&theirs, &issue, &[("Email", 1, "bob@example.com"), ("Email", 2, "ann@example.com"), ("Host", 3, "same")]);
    give(&ours, &issue, &[("Email", 1, "Ann@example.com"), ("Host", 3, "same"), ("IPv4", 4, "10.0.0.1")]);
    // Of another value, with another placeholder, unknown there, and the one that is the same in both.
    for (tag, text) in [
        ("other", "x[[Email_1]"),
        ("twice", "[Email_2]"),
        ("here", "[IPv4_4] [Host_3]"),
        ("same", "[Host_3] [Email_7] [x"),
    ] {
        write_about(&theirs, &issue, tag, text);
    }
    let store = ours.open();
    let report = import(&store, &theirs.file("tftsr.db"));
    assert_eq!(counts(&report, "issue_pseudonyms"), [0, 1, 2, 0], "{report:#?}");
    assert_eq!(counts(&report, "log_files"), [4, 0, 0, 0], "the text itself has none");
    for tag in ["other", "twice", "here", "same"] {
        let id = LogFileId::from_stored(format!("log-{tag}"));
        // No copy from elsewhere is believed, whatever is in it.
        assert!(!store.log(&id).unwrap().redacted && store.read_redacted_text(&id).is_err(), "{tag}");
        assert_eq!(store.read_text(&id).unwrap(), "mail to somebody");
        assert_eq!(store.span_count(&id).unwrap(), 0, "{tag}");
        assert!(reasons(&report, "log_files").contains(&format!("log-{tag}")));
    }
    for (table, expected) in [
        ("pii_spans", [0, 0, 0, 4]),
        ("ai_messages", [1, 0, 0, 3]),
        ("resolution_steps", [1, 0, 0, 3]),
        ("documents", [5, 0, 0, 3]),
        ("document_revisions", [1, 0, 0, 3]),
        ("timeline_events", [2, 0, 0, 6]),
    ] {
        assert_eq!(counts(&report, table), expected, "{table}: {}", reasons(&report, table));
    }
    assert!(reasons(&report, "documents").contains("stands for another value"));
    let told = serde_json::to_string(&report).unwrap();
    assert!(!told.contains("example.com") && !told.contains("Email_"), "{told}");
    let held = store.pseudonyms(&issue).unwrap();
    assert_eq!(held.len(), 3);
    assert!(store.check().unwrap().is_sound());
    assert_eq!(import(&store, &theirs.file("tftsr.db")).imported(), 0);
}

#[test]
fn what_both_sides_call_the_same_comes_over_with_its_texts() {
    let (theirs, ours, issue) = siblings();
    give(&theirs, &issue, &[("Email", 1, "ann@example.com"), ("Email", 2, "new@example.com")]);
    give(&ours, &issue, &[("Email", 1, "Ann@example.com")]);
    write_about(&theirs, &issue, "both", "[Email_1] and [Email_2]");
    let store = ours.open();
    let report = import(&store, &theirs.file("tftsr.db"));
    assert_eq!(counts(&report, "issue_pseudonyms"), [1, 1, 0, 0]);
    for table in ["log_files", "pii_spans", "ai_messages", "resolution_steps", "document_revisions"] {
        assert_eq!(counts(&report, table), [1, 0, 0, 0], "{table}: {}", reasons(&report, table));
    }
    assert!(store.read_redacted_text(&LogFileId::from_stored("log-both")).is_err(), "no copy from elsewhere");
    assert_eq!(import(&store, &theirs.file("tftsr.db")).imported(), 0);
}

#[test]
fn a_pseudonym_that_the_redactor_would_not_take_is_refused() {
    let (theirs, ours, issue) = siblings();
    let odd = ["not a label]", "email", "", "E_x", "Ключ", &"E".repeat(33)];
    let numbers = ["0", "-1", "10000001", "4294967296", "'many'", "NULL"];
    give(&theirs, &issue, &[("Email", 1, "Ann@example.com"), ("Host", 1, "ANN@example.com")]);
    let rows: Vec<(String, u32, String)> =
        (10u32..).take(odd.len() + numbers.len()).map(|n| ("Key".to_owned(), n, format!("value {n}"))).collect();
    give(
        &theirs,
        &issue,
        &rows.iter().map(|(label, n, value)| (label.as_str(), *n, value.as_str())).collect::<Vec<_>>(),
    );
    let raw = theirs.raw();
    raw.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'issue_pseudonyms'; PRAGMA writable_schema = RESET;").unwrap();
    for (n, label) in (10i64..).zip(odd) {
        raw.execute(
            "UPDATE issue_pseudonyms SET label = ?1 WHERE label = 'Key' AND ordinal = ?2",
            rusqlite::params![label, n],
        )
        .unwrap();
    }
    for (n, number) in (10 + odd.len() as i64..).zip(numbers) {
        raw.execute(
            &format!("UPDATE issue_pseudonyms SET ordinal = {number} WHERE label = 'Key' AND ordinal = ?1"),
            [n],
        )
        .unwrap();
    }
    drop(raw);
    let store = ours.open();
    let report = import(&store, &theirs.file("tftsr.db"));
    // Two spellings of one address are one value to the redactor, unless they are of another kind.
    assert_eq!(counts(&report, "issue_pseudonyms"), [2, 0, 0, 12], "{}", reasons(&report, "issue_pseudonyms"));
    let mut held: Vec<String> =
        store.pseudonyms(&issue).unwrap().iter().map(|p| format!("[{}_{}]", p.label, p.ordinal)).collect();
    held.sort_unstable();
    assert_eq!(held, ["[Email_1]", "[Host_1]"]);
    give(&theirs, &issue, &[("Email", 5, "ANN@EXAMPLE.COM")]);
    let report = import(&store, &theirs.file("tftsr.db"));
    assert_eq!(counts(&report, "issue_pseudonyms")[2], 1, "{}", reasons(&report, "issue_pseudonyms"));
}

struct Told(std::cell::Cell<u64>);

impl DeepProgress for Told {
    fn logs(&self, bytes: u64) {
        self.0.set(bytes);
    }
    fn log_done(&self, _: u64) {}
}

#[test]
fn sizes_and_offsets_that_cannot_be_are_not_taken() {
    let home = Home::new();
    let source = hostile(&home, |conn| {
        let text = STORED_LOG.len();
        conn.execute_batch(&format!(
            "UPDATE log_files SET file_size = {max} WHERE id <> 'log-stored';
             UPDATE log_files SET file_size = {exact} WHERE id = 'log-stored';
             UPDATE image_attachments SET file_size = {max} WHERE id = 'img-gone';
             INSERT INTO pii_spans VALUES ('span-end', 'log-stored', 'Email', {last}, {text}, 'x', ''),
                 ('span-past', 'log-stored', 'Email', {last}, {past}, 'x', ''),
                 ('span-far', 'log-stored', 'Email', 0, {max}, 'x', ''),
                 ('span-none', 'log-stored', 'Email', 3, 3, 'x', ''), ('span-back', 'log-stored', 'Email', 3, 2, 'x', ''),
                 ('span-less', 'log-stored', 'Email', -1, 2, 'x', ''),
                 ('span-gone', 'log-gone-1', 'Email', 3, 4, 'x', ''), ('span-gone-far', 'log-gone-1', 'Email', 3, {max}, 'x', '')",
            max = i64::MAX,
            exact = 1i64 << 53,
            last = text - 1,
            past = text + 1,
        ))
        .unwrap();
    });
    let store = home.open();
    let report = import(&store, &source);
    let size = |id: &str| store.log(&LogFileId::from_stored(id)).unwrap().file_size;
    assert_eq!((size("log-file-1"), size("log-stored")), (0, 1 << 53));
    assert_eq!(store.image(&ImageId::from_stored("img-gone")).unwrap().file_size, 0);
    assert_eq!(counts(&report, "pii_spans"), [3, 0, 0, 6], "{}", reasons(&report, "pii_spans"));
    assert_eq!(store.span_count(&LogFileId::from_stored("log-gone-1")).unwrap(), 1);
    // What came over before this was looked at.
    home.raw().execute("UPDATE log_files SET file_size = ?1", [i64::MAX]).unwrap();
    let told = Told(std::cell::Cell::new(0));
    store.search_deep("nothing has this", 5, &told).unwrap();
    assert_eq!(told.0.get(), u64::MAX, "three times the largest size");
}

#[test]
fn the_key_file_of_a_store_of_this_product_is_understood_in_every_form() {
    const DIGITS: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const RAW: &str = "x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'";
    let salt = "0123456789abcdef0123456789abcdef";
    let home = Home::new();
    let store = home.open();
    let folder = home.dir.path().join("from elsewhere");
    let source = Earlier { key: Some(RAW), ..Earlier::at(11) }.make(&folder);
    let told = |content: &str| {
        std::fs::write(folder.join("tftsr.key"), content).unwrap();
        match store.import(&ImportOptions { dry_run: true, ..options(&source) }) {
            Ok(report) => Ok(report.key.unwrap()),
            Err(StoreError::Import(error)) => {
                assert_eq!(error.code(), "import_key");
                Err(format!("{error} {}", error.hint().unwrap()))
            }
            Err(other) => panic!("{other:?}"),
        }
    };
    for content in [format!("{DIGITS}\n"), format!("{DIGITS}\nfor {salt}\n")] {
        assert_eq!(told(&content).unwrap(), "tftsr.key beside it");
    }
    for (content, hint) in [("keyring trcaa-1", "operating system's keyring"), ("external", "not kept on its machine")]
    {
        let error = told(&format!("{content}\nfor {salt}\n")).unwrap_err();
        assert!(error.contains(hint) && error.contains("--key-stdin"), "{error}");
        assert!(!error.contains("tftsr.key beside it,"), "it holds no key, and none was tried: {error}");
    }
    let error = told("").unwrap_err();
    assert!(error.contains("first line of the file tftsr.key"), "{error}");
}
