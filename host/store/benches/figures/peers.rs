//! Who does the same without us: rusqlite with and without a key, and the independent client.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use rusqlite::{Connection, params};

use crate::{BULK_ISSUES, BULK_SAMPLES, BULK_SPANS, KEY, SAMPLES, Times, open, rows};

/// What limits of bulk inserts go by.
pub(crate) const RAW: &str = "raw rusqlite on SQLCipher";
const PLAIN: &str = "raw rusqlite on plain SQLite";
const CLIENT: &str = "sqlcipher3 in Python";

const SCRIPT: &str = include_str!("peer.py");
const QUERIES: &str = include_str!("queries.json");
/// What our connections are set to, so that all do the same work.
const PRAGMAS: [&str; 5] = [
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
];
const INSERT_ISSUE: &str = "INSERT INTO issues (id, title, description, severity, status, category, source, created_at, \
    updated_at, assigned_to, tags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const INSERT_SPAN: &str = "INSERT INTO pii_spans (id, log_file_id, pii_type, start_offset, end_offset, original_value, \
    replacement, state, confidence, detector) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

/// One of them.
pub(crate) enum Peer {
    /// rusqlite on a copy of the large store.
    Rusqlite {
        name: &'static str,
        encrypted: bool,
        place: PathBuf,
        large: RefCell<Option<Connection>>,
        made: Cell<u32>,
    },
    /// Seconds by what was asked, measured in one run of the client.
    Client(BTreeMap<String, f64>),
}

fn raw_key() -> String {
    format!("x'{}'", hex::encode(KEY))
}

fn connect(path: &Path, encrypted: bool) -> Connection {
    let conn = Connection::open(path).unwrap();
    if encrypted {
        conn.pragma_update(None, "key", raw_key()).unwrap();
    }
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).unwrap();
    conn
}

fn set_up(conn: &Connection) {
    PRAGMAS.iter().for_each(|pragma| conn.execute_batch(pragma).unwrap());
}

/// Writes a copy of an encrypted database, with or without a key.
fn copy(from: &Path, to: &Path, encrypted: bool) {
    let conn = connect(from, true);
    let key = if encrypted { raw_key() } else { String::new() };
    conn.execute("ATTACH DATABASE ?1 AS copy KEY ?2", params![to.to_str(), key]).unwrap();
    conn.query_row("SELECT sqlcipher_export('copy')", [], |_| Ok(())).unwrap();
    conn.execute_batch("DETACH DATABASE copy").unwrap();
}

impl Peer {
    /// Everybody who is there; the client is left out, with a word, where it was not installed.
    pub(crate) fn all(place: &Path, large: &Path) -> Vec<Self> {
        let database = large.join(trcaa_store::DATABASE_FILE);
        let rusqlite = |name, encrypted, file: &str| {
            let place = place.join(file);
            std::fs::create_dir(&place).unwrap();
            copy(&database, &place.join("large.db"), encrypted);
            let large = connect(&place.join("large.db"), encrypted);
            set_up(&large);
            Self::Rusqlite { name, encrypted, place, large: RefCell::new(Some(large)), made: Cell::new(0) }
        };
        let mut all = vec![rusqlite(RAW, true, "raw"), rusqlite(PLAIN, false, "plain")];
        match client(place, &database) {
            Some(times) => all.push(Self::Client(times)),
            None => eprintln!("without the independent client; install it with: cargo xtask peers"),
        }
        all
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Rusqlite { name, .. } => name,
            Self::Client(_) => CLIENT,
        }
    }

    /// Seconds to open the large store and read its schema.
    pub(crate) fn open(&self) -> Option<f64> {
        match self {
            Self::Client(times) => times.get("open").copied(),
            Self::Rusqlite { encrypted, place, .. } => {
                Some(Times::of(SAMPLES, || connect(&place.join("large.db"), *encrypted)).median())
            }
        }
    }

    /// Seconds of a query of `queries.json`.
    pub(crate) fn query(&self, key: &str) -> Option<f64> {
        match self {
            Self::Client(times) => times.get(key).copied(),
            Self::Rusqlite { large, .. } => {
                let queries: BTreeMap<String, String> = serde_json::from_str(QUERIES).unwrap();
                let large = large.borrow();
                let mut statement = large.as_ref()?.prepare(queries.get(key)?).unwrap();
                let times = Times::of(SAMPLES, || {
                    let text = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
                    statement.query_map([], text).unwrap().map(Result::unwrap).collect::<Vec<_>>()
                });
                Some(times.median())
            }
        }
    }

    /// Seconds for each of so many issues, one transaction, full-text triggers and all.
    pub(crate) fn insert_issues(&self, count: usize) -> Option<f64> {
        if let Self::Client(times) = self {
            return times.get("issues").copied();
        }
        let stamp = "2023-11-14 22:13:20";
        let rows: Vec<_> = (0..count).map(|n| (rows::id(n), rows::title(n), rows::description(n))).collect();
        self.insert(count, |conn, _| {
            let mut statement = conn.prepare(INSERT_ISSUE).unwrap();
            for (n, (id, title, description)) in rows.iter().enumerate() {
                let severity = rows::severity(n).as_str();
                let none: Option<&str> = None;
                let row = params![
                    id,
                    title,
                    description,
                    severity,
                    "open",
                    "databases",
                    none,
                    stamp,
                    stamp,
                    none,
                    "[\"night\"]"
                ];
                statement.execute(row).unwrap();
            }
        })
    }

    /// Seconds for each of so many spans of one log.
    pub(crate) fn insert_spans(&self, count: usize) -> Option<f64> {
        if let Self::Client(times) = self {
            return times.get("spans").copied();
        }
        let rows: Vec<_> = rows::span_values(count).into_iter().enumerate().map(|(n, v)| (rows::id(n), v)).collect();
        self.insert(count, |conn, log| {
            let mut statement = conn.prepare(INSERT_SPAN).unwrap();
            for (n, (id, value)) in rows.iter().enumerate() {
                let start = i64::try_from(n).unwrap() * 80;
                let row =
                    params![id, log, "Email", start, start + 20, value, "[Email_1]", "undecided", 0.9, "pii-base"];
                statement.execute(row).unwrap();
            }
        })
    }

    fn insert(&self, count: usize, work: impl Fn(&Connection, &str)) -> Option<f64> {
        let Self::Rusqlite { encrypted, place, made, .. } = self else { return None };
        let mut times: Vec<f64> = (0..BULK_SAMPLES)
            .map(|_| {
                made.set(made.get() + 1);
                let (path, log) = empty(&place.join(format!("empty-{}", made.get())), *encrypted);
                let conn = connect(&path, *encrypted);
                set_up(&conn);
                let begun = Instant::now();
                conn.execute_batch("BEGIN IMMEDIATE").unwrap();
                work(&conn, &log);
                conn.execute_batch("COMMIT").unwrap();
                begun.elapsed().as_secs_f64()
            })
            .collect();
        times.sort_by(f64::total_cmp);
        #[expect(clippy::cast_precision_loss)]
        times.get(BULK_SAMPLES / 2).map(|seconds| seconds / count as f64)
    }
}

/// A database with our schema and one log; gives its path and the log's id.
fn empty(folder: &Path, encrypted: bool) -> (PathBuf, String) {
    let store = open(folder);
    let log = rows::log_of(&store).to_string();
    drop(store);
    let ours = folder.join(trcaa_store::DATABASE_FILE);
    if encrypted {
        return (ours, log);
    }
    let plain = folder.join("plain.db");
    copy(&ours, &plain, false);
    (plain, log)
}

/// Has the client measure everything, in one run.
fn client(place: &Path, large: &Path) -> Option<BTreeMap<String, f64>> {
    let program = std::env::current_exe().ok()?;
    let python = program.ancestors().map(|folder| folder.join("peers/venv/bin/python")).find(|path| path.exists())?;
    let (for_issues, _) = empty(&place.join("client-issues"), true);
    let (for_spans, log) = empty(&place.join("client-spans"), true);
    let queries: serde_json::Value = serde_json::from_str(QUERIES).unwrap();
    let ask = serde_json::json!({
        "key": raw_key(), "large": large, "queries": queries, "pragmas": PRAGMAS, "log": log,
        "for_issues": for_issues, "insert_issue": INSERT_ISSUE, "issues": BULK_ISSUES,
        "for_spans": for_spans, "insert_span": INSERT_SPAN, "spans": BULK_SPANS,
    });
    let mut child =
        Command::new(python).args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    child.stdin.take()?.write_all(ask.to_string().as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}
