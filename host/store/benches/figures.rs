//! The figures that the store promises, each beside its limit and beside what others take for the same rows: raw
//! rusqlite on SQLCipher, raw rusqlite on plain SQLite, and an independent client (`cargo xtask peers`).
//!
//! `--store DIR` keeps the store of 100,000 issues there, for whoever measures whole processes on it. Nothing here
//! fails: speed is printed, not asserted.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]

#[path = "figures/peers.rs"]
mod peers;
#[path = "figures/rows.rs"]
mod rows;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use trcaa_model::audit::AuditRecord;
use trcaa_model::env::fixed::SeededEntropy;
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::issue::{IssueFilter, Severity, Status};
use trcaa_model::timeline::Happening;
use trcaa_store::{KeySource, OpenOptions, Store};
use zeroize::Zeroizing;

use peers::Peer;

/// The raw key of all stores here.
pub(crate) const KEY: [u8; 32] = [7; 32];
/// Issues of the large store.
const ISSUES: usize = 100_000;
/// Issues of one transaction while it is made.
const ISSUES_PER_TRANSACTION: usize = 10_000;
/// Rows of the bulk inserts that are compared.
const BULK_ISSUES: usize = 20_000;
const BULK_SPANS: usize = 100_000;
/// Samples of what takes milliseconds, and of what takes seconds.
const SAMPLES: usize = 51;
const BULK_SAMPLES: usize = 3;
/// Events of one transaction.
const EVENTS: usize = 1_000;
/// A bulk insert may take so much of what raw rusqlite on SQLCipher takes.
const BULK_LIMIT: f64 = 1.5;

/// Times of one thing, sorted.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Measures `work` so many times; what it makes is dropped off the clock.
    pub(crate) fn of<T>(samples: usize, mut work: impl FnMut() -> T) -> Self {
        let mut sample = || {
            let begun = Instant::now();
            let made = work();
            let took = begun.elapsed();
            drop(made);
            took
        };
        sample();
        Self((0..samples).map(|_| sample()).collect()).sorted()
    }

    fn sorted(mut self) -> Self {
        self.0.sort();
        self
    }

    fn at(&self, share: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let index = ((self.0.len() - 1) as f64 * share).round() as usize;
        self.0.get(index).map_or(0.0, Duration::as_secs_f64)
    }

    pub(crate) fn median(&self) -> f64 {
        self.at(0.5)
    }
}

/// The unit that a figure is told in, and how many of it are in a second.
#[derive(Clone, Copy)]
struct Unit(&'static str, f64);

const MS: Unit = Unit("ms", 1e3);
const US: Unit = Unit("µs", 1e6);

/// Prints a figure, and below it what others take for the same.
fn figure(name: &str, Unit(unit, scale): Unit, ours: &Times, limit: Option<f64>, others: &[(&str, Option<f64>)]) {
    let measured = ours.median();
    let limit_text = limit.map_or_else(|| "–".to_owned(), |limit| format!("{:.3} {unit}", limit * scale));
    let ratio = limit.map_or_else(|| "–".to_owned(), |limit| format!("{:.2}", measured / limit));
    let shown = format!("{:.3} {unit}", measured * scale);
    let (best, p95) = (format!("{:.3}", ours.at(0.0) * scale), format!("{:.3}", ours.at(0.95) * scale));
    println!("{name:52} {shown:>12} {best:>9} {p95:>9} {limit_text:>12} {ratio:>7}");
    for (peer, seconds) in others.iter().filter_map(|(peer, seconds)| seconds.map(|s| (peer, s))) {
        let shown = format!("{:.3} {unit}", seconds * scale);
        println!("  {peer:50} {shown:>12} {:>9} {:>9} {:>12} {:>6.2}×", "", "", "", measured / seconds);
    }
}

fn options(folder: &Path) -> OpenOptions {
    let key = KeySource::RawKey(Zeroizing::new(KEY));
    OpenOptions::new(folder, key, Arc::new(rows::Ticking::default()), Arc::new(SeededEntropy::new(1)))
}

fn open(folder: &Path) -> Store {
    options(folder).open().unwrap()
}

/// Makes the store of [`ISSUES`] issues, unless it is there from an earlier run.
fn large_store(folder: &Path) -> Store {
    let store = open(folder);
    let made = store.status().unwrap().rows.iter().find(|(table, _)| table == "issues").map_or(0, |(_, rows)| *rows);
    if made == ISSUES as u64 {
        return store;
    }
    let begun = Instant::now();
    for first in (0..ISSUES).step_by(ISSUES_PER_TRANSACTION) {
        store
            .write(|tx| {
                for n in first..first + ISSUES_PER_TRANSACTION {
                    let issue = tx.insert_issue(&rows::issue(n))?;
                    // As in life: most are done with.
                    if n % 10 != 0 {
                        tx.edit_issue(&issue.id, &rows::resolved())?;
                    }
                }
                Ok(())
            })
            .unwrap();
    }
    eprintln!("made {ISSUES} issues in {:.1} s", begun.elapsed().as_secs_f64());
    store
}

fn kept_folder() -> Option<PathBuf> {
    let mut args = std::env::args().skip_while(|arg| arg != "--store");
    args.nth(1).map(PathBuf::from)
}

fn main() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = kept_folder().unwrap_or_else(|| temporary.path().join("large"));
    let store = large_store(&folder);
    let others = Peer::all(temporary.path(), &folder);
    println!("{:52} {:>12} {:>9} {:>9} {:>12} {:>7}", "FIGURE", "MEDIAN", "BEST", "P95", "LIMIT", "RATIO");
    opening(store, &folder, &others);
    let store = open(&folder);
    lists(&store, &others);
    searches(&store, &others);
    drop(store);
    events(&temporary.path().join("events"));
    bulk(temporary.path(), &others);
}

fn opening(store: Store, folder: &Path, others: &[Peer]) {
    let beside = Times::of(SAMPLES, || open(folder));
    drop(store);
    let alone = Times::of(SAMPLES, || open(folder));
    let peers: Vec<_> = others.iter().map(|peer| (peer.name(), peer.open())).collect();
    figure("open with a raw key, 100,000 issues", MS, &alone, Some(1e-3), &peers);
    figure("open with a raw key beside another process", MS, &beside, Some(1e-3), &[]);
}

fn lists(store: &Store, others: &[Peer]) {
    let filter = |status, severity, offset| IssueFilter { status, severity, limit: 50, offset };
    for (name, key, filter) in [
        ("list of 50, the first page", "list_first", filter(None, None, 0)),
        ("list of 50, after 50,000 rows", "list_middle", filter(None, None, 50_000)),
        ("list of 50, one status in ten", "list_status", filter(Some(Status::Open), None, 0)),
        ("list of 50, a status that none has", "list_none", filter(Some(Status::Closed), None, 0)),
        ("list of 50, a rare severity", "list_rare", filter(None, Some(Severity::Critical), 0)),
    ] {
        let ours = Times::of(SAMPLES, || store.issues(&filter).unwrap());
        let peers: Vec<_> = others.iter().map(|peer| (peer.name(), peer.query(key))).collect();
        figure(name, MS, &ours, Some(5e-3), &peers);
    }
}

fn searches(store: &Store, others: &[Peer]) {
    for (name, key, query) in [
        ("search, a word that one issue in 1,000 has", "search_rare", "node313"),
        ("search, two words, one of them in every issue", "search_two", "node313 payroll"),
        ("search, a word that one issue in 10 has", "search_tenth", "timeout"),
        ("search, a word that every issue has", "search_all", "payroll"),
        ("search, the beginning of a word", "search_prefix", "node31"),
        ("search, the beginning of a word that every issue has", "search_begun", "payro"),
        ("search, a word that none has", "search_none", "zeppelin"),
    ] {
        let ours = Times::of(SAMPLES, || store.search(query, 20).unwrap());
        let peers: Vec<_> = others.iter().map(|peer| (peer.name(), peer.query(key))).collect();
        figure(name, MS, &ours, Some(10e-3), &peers);
    }
}

fn events(folder: &Path) {
    let store = open(folder);
    let issue: IssueId = store.write(|tx| tx.insert_issue(&rows::issue(0))).unwrap().id;
    let happening = Happening::LogUploaded { file_name: "app.log".to_owned(), file_size: 1_234 };
    let audit = AuditRecord {
        action: "upload_log_file",
        entity_type: "log_file",
        entity_id: issue.to_string(),
        details: serde_json::json!({"file_name": "app.log", "file_size": 1_234}),
    };
    let record = |tx: &trcaa_store::Tx<'_>| tx.happened(&issue, &happening, "Log uploaded", &audit);
    let many = Times::of(SAMPLES, || {
        store
            .write(|tx| {
                for _ in 0..EVENTS {
                    record(tx)?;
                }
                Ok(())
            })
            .unwrap();
    });
    let each = Times(many.0.iter().map(|all| *all / u32::try_from(EVENTS).unwrap()).collect());
    figure("timeline and audit event, in a transaction", US, &each, Some(50e-6), &[]);
    let alone = Times::of(EVENTS, || store.write(record).unwrap());
    figure("timeline and audit event, as one of its own", US, &alone, Some(50e-6), &[]);
}

fn bulk(place: &Path, others: &[Peer]) {
    let raw = |times: &[(&str, Option<f64>)]| {
        times.iter().find(|(name, _)| *name == peers::RAW).and_then(|(_, seconds)| *seconds).map(|s| s * BULK_LIMIT)
    };
    let mut folder = 0;
    let mut fresh = || {
        folder += 1;
        open(&place.join(format!("bulk-{folder}")))
    };
    let new: Vec<_> = (0..BULK_ISSUES).map(rows::issue).collect();
    let ours = timed(
        &mut fresh,
        |_| (),
        |store, ()| {
            store.write(|tx| new.iter().try_for_each(|issue| tx.insert_issue(issue).map(drop))).unwrap();
        },
    );
    let per = |times: Times, rows: usize| Times(times.0.iter().map(|t| *t / u32::try_from(rows).unwrap()).collect());
    let peers: Vec<_> = others.iter().map(|peer| (peer.name(), peer.insert_issues(BULK_ISSUES))).collect();
    figure("bulk insert of issues, each", US, &per(ours, BULK_ISSUES), raw(&peers), &peers);
    let values = rows::span_values(BULK_SPANS);
    let spans = rows::spans(&values);
    let ours = timed(&mut fresh, rows::log_of, |store, log: &LogFileId| {
        store.write(|tx| tx.replace_undecided_spans(log, &spans)).unwrap();
    });
    let peers: Vec<_> = others.iter().map(|peer| (peer.name(), peer.insert_spans(BULK_SPANS))).collect();
    figure("bulk insert of spans, each", US, &per(ours, BULK_SPANS), raw(&peers), &peers);
}

/// Times `work` on a new store each time; what `prepare` does is off the clock.
fn timed<P>(fresh: &mut impl FnMut() -> Store, prepare: impl Fn(&Store) -> P, work: impl Fn(&Store, &P)) -> Times {
    let sample = |_| {
        let store = fresh();
        let prepared = prepare(&store);
        let begun = Instant::now();
        work(&store, &prepared);
        begun.elapsed()
    };
    Times((0..BULK_SAMPLES).map(sample).collect()).sorted()
}
