//! Several `trcaa` at once on one store: nobody fails, nothing is lost, and whoever waits too long is told so.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Home, TEST_KEY, list, text};

use crate::peer::Peer;

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
const PROCESSES: usize = 8;
const COMMANDS: usize = 40;
/// How long a writer waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

/// Takes the write lock, says so, holds it for so long, and lets it go.
const HOLD: &str = r#"
conn = opened(ask["path"], ask["key"])
conn.execute("BEGIN IMMEDIATE")
tell("held")
time.sleep(ask["seconds"])
conn.execute("COMMIT")
tell("let go")
"#;

/// What one process did and was told.
#[derive(Default)]
struct Done {
    titles: BTreeSet<String>,
    logs: BTreeSet<String>,
}

/// One process after the other, writers and readers mixed. Each answer is a success, or this panics.
fn work(home: &Home, worker: usize) -> Done {
    let mut done = Done::default();
    let mut issue = String::new();
    for n in 0..COMMANDS {
        let title = format!("w{worker} n{n}");
        match n % 8 {
            // The first one of each makes the store, if it is the first of all.
            0 => {
                issue = home.issue(&title);
                done.titles.insert(title);
            }
            1 | 4 => {
                home.json(["issue", "edit", &issue, "--title", &title]);
                done.titles.remove(&format!("w{worker} n{}", if n % 8 == 1 { n - 1 } else { n - 3 }));
                done.titles.insert(title);
            }
            2 => {
                let content = format!("{title} user{n}@example.org\n");
                done.logs.insert(home.log(&issue, &format!("w{worker}-{n}.log"), content));
            }
            3 => {
                let found = home.json(["search", &format!("w{worker}")]);
                assert!(!list(&found["hits"]).is_empty(), "{found}");
            }
            5 => {
                home.json(["pii", "apply", done.logs.last().unwrap()]);
            }
            6 => {
                let shown = home.json(["issue", "show", &issue]);
                assert_eq!(list(&shown["log_files"]).len(), 1, "own writes are seen");
            }
            _ => {
                home.json(["settings", "set", "log.size_bytes_max", &(1_000_000 + n).to_string()]);
            }
        }
    }
    done
}

#[test]
fn eight_processes_from_the_first_creation_on_lose_nothing() {
    let home = Home::new(BINARY);
    let start = Barrier::new(PROCESSES);
    let done: Vec<Done> = thread::scope(|scope| {
        let threads: Vec<_> = (0..PROCESSES)
            .map(|worker| {
                let (home, start) = (&home, &start);
                scope.spawn(move || {
                    start.wait();
                    work(home, worker)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let found = |answer: &Value, rows: &str, field: &str| -> BTreeSet<String> {
        list(&answer[rows]).iter().map(|row| text(&row[field])).collect()
    };
    let titles = found(&home.json(["issue", "list", "--limit", "1000"]), "issues", "title");
    assert_eq!(titles, done.iter().flat_map(|d| d.titles.clone()).collect());
    let logs = home.json(["log", "list", "--limit", "1000"]);
    assert_eq!(found(&logs, "log_files", "id"), done.iter().flat_map(|d| d.logs.clone()).collect());
    assert!(list(&logs["log_files"]).iter().all(|log| log["redacted"] == 1));
    let trail = list(&home.json(["audit", "list", "--limit", "10000"])["audit_log"]);
    let count = |action: &str| trail.iter().filter(|row| row["action"] == action).count();
    let each = PROCESSES * COMMANDS / 8;
    let counts = ["create_issue", "edit_issue", "upload_log_file", "apply_redactions"].map(count);
    assert_eq!(counts, [each, 2 * each, each, each]);
    home.expect_sound();
}

fn hold(home: &Home, seconds: u64) -> Peer {
    let path = home.data().join("tftsr.db").display().to_string();
    let mut peer = Peer::start(HOLD, &json!({"path": path, "key": format!("x'{TEST_KEY}'"), "seconds": seconds}));
    assert_eq!(peer.next(), "held");
    peer
}

#[test]
fn a_writer_that_takes_three_seconds_makes_nobody_fail() {
    let home = Home::new(BINARY);
    let issue = home.issue("before");
    let mut other = hold(&home, 3);
    let begun = Instant::now();
    // Readers do not wait at all.
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 1);
    assert!(begun.elapsed() < Duration::from_secs(2), "a reader waited for a writer");
    thread::scope(|scope| {
        scope.spawn(|| home.json(["issue", "edit", &issue, "--title", "edited"]));
        for n in 0..3 {
            let home = &home;
            scope.spawn(move || home.issue(&format!("waited {n}")));
        }
    });
    assert!(begun.elapsed() >= Duration::from_secs(2), "the lock was not held");
    assert_eq!(other.next(), "let go");
    other.end();
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 4);
    assert_eq!(list(&home.json(["search", "edited"])["hits"]).len(), 1);
    home.expect_sound();
}

#[test]
fn a_writer_that_takes_longer_than_ten_seconds_is_told_of_and_no_sooner() {
    let home = Home::new(BINARY);
    home.issue("before");
    // Whoever waits until it is let go succeeds, and fails this test.
    let other = hold(&home, 14);
    let begun = Instant::now();
    let refused = {
        let mut command = home.command(["issue", "new", "in vain"]);
        tests::Run::of(command.arg("--json").output().unwrap()).fails(1)
    };
    let waited = begun.elapsed();
    assert_eq!(refused.error_code(), "locked");
    let hints = list(&refused.answer()["error"]["hints"]);
    assert!(hints.iter().any(|hint| text(hint).contains("another process")), "{refused:#?}");
    assert!(waited >= PATIENCE - Duration::from_millis(500), "gave up after {waited:?}");
    other.end();
    // It can be done again, and was not half done.
    home.issue("now");
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 2);
    home.expect_sound();
}
