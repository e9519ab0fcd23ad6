//! kill -9 under load: several processes at once on one store, ended at random moments, round after round.
//!
//! `tests/it/crash.rs` kills one process at every write it makes; this looks at what only many of them can break: the
//! log and the locks that they share. A few rounds run with the other tests; `cargo xtask crash` runs 200. What was
//! answered counts as acknowledged and has to be there, also where the process was killed before it could exit.

mod facts;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tests::{Home, TEST_KEY, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
/// Rounds where nobody asks for more: some ten seconds.
const ROUNDS: u64 = 12;
/// Rounds after which a new store is begun, so that stores are killed while they are made, too.
const ROUNDS_PER_STORE: u64 = 20;
/// A progress line after so many rounds.
const ROUNDS_PER_LINE: u64 = 20;
const WORKERS_MAX: usize = 3;
/// The latest moment of a kill after the start of a round.
const KILL_AFTER_MS_MAX: u64 = 400;
/// How long the others go on after one was killed.
const GO_ON_MS_MAX: u64 = 80;
/// Levels of the five whys.
const WHYS_MAX: usize = 5;
/// Stands in all that is written.
const CANARY: &str = "canary-kill-9f27c1";

/// The smallest PNG there is: one pixel.
const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\x01\
\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

/// SplitMix64: the same seed gives the same choices.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }

    fn choose<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        (!things.is_empty()).then(|| &things[usize::try_from(self.below(things.len() as u64)).unwrap()])
    }
}

/// What a store has to hold of one worker's doing. Values that a killed process may or may not have written stand
/// beside the acknowledged one.
#[derive(Default)]
struct Expected {
    issues: BTreeMap<String, Issue>,
    deleted: BTreeSet<String>,
    logs: BTreeMap<String, Log>,
    /// Each with its issue.
    images: BTreeMap<String, String>,
    setting: Vec<String>,
    written: u64,
    acknowledged: u64,
}

struct Issue {
    titles: Vec<String>,
    statuses: Vec<&'static str>,
    whys: Vec<String>,
    /// A killed process may have deleted it, or answered a why: it is left alone from then on.
    in_doubt: bool,
    may_be_gone: bool,
}

struct Log {
    issue: String,
    content: String,
    /// Acknowledged, or what a killed process may have done.
    redacted: Option<bool>,
}

/// The process that a worker has running, killed and reaped under one lock: no other process gets its number between.
type Running = Mutex<Option<Pid>>;

enum End {
    Answered(Value),
    Killed,
}

struct Round<'r> {
    home: &'r Home,
    running: Vec<Running>,
    stop: AtomicBool,
    images: bool,
}

impl Round<'_> {
    /// Runs one command to its end or to its violent end. Any other failure fails the test: another process' death is
    /// no reason.
    fn run(&self, worker: usize, args: &[&str]) -> End {
        let mut command = self.home.command(args);
        command.arg("--json").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let lock = || self.running[worker].lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = command.spawn().unwrap();
        *lock() = Some(Pid::from_child(&child));
        let mut answer = String::new();
        // Both pipes end with the process; what it says on stderr is less than a pipe holds.
        let _ = child.stdout.take().map(|mut out: ChildStdout| out.read_to_string(&mut answer));
        let mut told = String::new();
        let _ = child.stderr.take().map(|mut err| err.read_to_string(&mut told));
        let status = {
            let mut running = lock();
            *running = None;
            child.wait().unwrap()
        };
        let killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(9);
        assert!(killed || status.success(), "{args:?} failed though it was not killed: {status}: {answer}{told}");
        match serde_json::from_str(&answer) {
            Ok(value) => End::Answered(value),
            Err(e) => {
                assert!(killed, "{args:?} answered {answer:?}: {e}");
                End::Killed
            }
        }
    }

    fn kill(&self, worker: usize) -> bool {
        let running = self.running[worker].lock().unwrap_or_else(PoisonError::into_inner);
        running.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
    }

    /// One worker's commands until it is killed or told to stop.
    fn work(&self, worker: usize, seed: u64, mut expected: Expected) -> Expected {
        let mut dice = Dice(seed);
        while !self.stop.load(Ordering::Relaxed) {
            if self.step(worker, &mut dice, &mut expected).is_none() {
                break;
            }
            expected.acknowledged += 1;
        }
        expected
    }

    /// One command; `None` if it was killed before it answered.
    fn step(&self, worker: usize, dice: &mut Dice, expected: &mut Expected) -> Option<()> {
        expected.written += 1;
        let mark = format!("w{worker} n{} {CANARY}", expected.written);
        let own: Vec<String> =
            expected.issues.iter().filter(|(_, issue)| !issue.in_doubt).map(|(id, _)| id.clone()).collect();
        let Some(id) = dice.choose(&own).cloned() else { return self.new_issue(worker, &mark, expected) };
        let issue = expected.issues.get_mut(&id).unwrap();
        match dice.below(16) {
            0..=2 => {
                issue.titles.push(mark.clone());
                let End::Answered(value) = self.run(worker, &["issue", "edit", &id, "--title", &mark]) else {
                    return None;
                };
                assert_eq!(value["issue"]["title"], mark.as_str());
                issue.titles = vec![mark];
            }
            3 if issue.statuses == ["open"] => {
                issue.statuses.push("resolved");
                let End::Answered(_) = self.run(worker, &["issue", "resolve", &id, "--root-cause", &mark]) else {
                    // Done again it would name two root causes.
                    issue.in_doubt = true;
                    return None;
                };
                issue.statuses = vec!["resolved"];
            }
            4..=6 => {
                let content = log_content(&mark, dice.below(200));
                let file = self.home.file(&format!("w{worker}-{}.log", expected.written), &content);
                let file = file.to_str().unwrap();
                let End::Answered(value) = self.run(worker, &["log", "add", &id, file, "--name", &mark]) else {
                    return None;
                };
                let log = Log { issue: id, content, redacted: Some(false) };
                expected.logs.insert(text(&value["log_file"]["id"]), log);
            }
            7 | 8 => {
                let clear = expected.logs.iter_mut().find(|(_, log)| log.issue == id && log.redacted == Some(false));
                let Some((log_id, log)) = clear else { return self.read(worker, dice) };
                log.redacted = None;
                let End::Answered(_) = self.run(worker, &["pii", "apply", log_id]) else { return None };
                log.redacted = Some(true);
            }
            9 | 10 if issue.whys.len() < WHYS_MAX => {
                issue.in_doubt = true;
                let args = ["why", &id, "--answer", &mark, "--evidence", &mark];
                let End::Answered(value) = self.run(worker, &args) else { return None };
                issue.in_doubt = false;
                issue.whys.push(text(&value["resolution_step"]["answer"]));
            }
            11 if self.images => {
                let mut bytes = PNG.to_vec();
                bytes.extend_from_slice(mark.as_bytes());
                let file = self.home.file(&format!("w{worker}.png"), bytes);
                let args = ["image", "add", &id, file.to_str().unwrap(), "--acknowledge-pii"];
                let End::Answered(value) = self.run(worker, &args) else { return None };
                expected.images.insert(text(&value["image_attachment"]["id"]), id);
            }
            12 if worker == 0 => {
                let value = (1_000_000 + expected.written).to_string();
                expected.setting.push(value.clone());
                let End::Answered(_) = self.run(worker, &["settings", "set", "log.size_bytes_max", &value]) else {
                    return None;
                };
                expected.setting = vec![value];
            }
            13 if own.len() > 3 => {
                (issue.in_doubt, issue.may_be_gone) = (true, true);
                let End::Answered(_) = self.run(worker, &["issue", "delete", &id, "--yes"]) else { return None };
                expected.forget(&id);
                expected.deleted.insert(id);
            }
            14 | 15 => return self.read(worker, dice),
            _ => return self.new_issue(worker, &mark, expected),
        }
        Some(())
    }

    fn new_issue(&self, worker: usize, mark: &str, expected: &mut Expected) -> Option<()> {
        let args = ["issue", "new", mark, "--description", mark, "--tag", mark];
        let End::Answered(value) = self.run(worker, &args) else { return None };
        let issue = Issue {
            titles: vec![mark.to_owned()],
            statuses: vec!["open"],
            whys: Vec::new(),
            in_doubt: false,
            may_be_gone: false,
        };
        expected.issues.insert(text(&value["issue"]["id"]), issue);
        Some(())
    }

    fn read(&self, worker: usize, dice: &mut Dice) -> Option<()> {
        let readers: [&[&str]; 4] =
            [&["search", CANARY], &["issue", "list"], &["log", "list"], &["audit", "list", "--limit", "20"]];
        match self.run(worker, dice.choose(&readers)?) {
            End::Answered(_) => Some(()),
            End::Killed => None,
        }
    }
}

impl Expected {
    fn forget(&mut self, id: &str) {
        self.issues.remove(id);
        self.logs.retain(|_, log| log.issue != id);
        self.images.retain(|_, issue| issue != id);
    }

    /// Looks for all that was acknowledged, and settles what was in doubt.
    fn compare(&mut self, conn: &Connection, place: &str) {
        let one = |sql: &str, id: &str| -> Option<Vec<String>> {
            let mut statement = conn.prepare_cached(sql).unwrap();
            let mut rows = statement.query([id]).unwrap();
            let row = rows.next().unwrap()?;
            Some((0..row.as_ref().column_count()).map(|n| row.get::<_, String>(n).unwrap()).collect())
        };
        let mut gone = Vec::new();
        for (id, issue) in &mut self.issues {
            let Some(row) = one("SELECT title, status FROM issues WHERE id = ?1", id) else {
                assert!(issue.may_be_gone, "{place}: lost the issue {id}");
                gone.push(id.clone());
                continue;
            };
            assert!(issue.titles.contains(&row[0]), "{place}: issue {id}: {row:?}, expected {:?}", issue.titles);
            let status = issue.statuses.iter().find(|status| **status == row[1]);
            let status = status.unwrap_or_else(|| panic!("{place}: issue {id}: {row:?}, not {:?}", issue.statuses));
            issue.statuses = vec![status];
            issue.titles = vec![row[0].clone()];
            let whys = "SELECT COALESCE(group_concat(answer, '|'), '') FROM
                            (SELECT answer FROM resolution_steps WHERE issue_id = ?1 ORDER BY step_order)";
            let whys = one(whys, id).unwrap().remove(0);
            assert!(whys.starts_with(&issue.whys.join("|")), "{place}: issue {id}: {whys:?}, not {:?}", issue.whys);
        }
        for id in gone {
            self.forget(&id);
            self.deleted.insert(id);
        }
        for id in &self.deleted {
            assert!(one("SELECT id FROM issues WHERE id = ?1", id).is_none(), "{place}: {id} is back");
        }
        for (id, log) in &self.logs {
            let mut statement =
                conn.prepare_cached("SELECT content_compressed, redacted FROM log_files WHERE id = ?1").unwrap();
            let found = statement.query_row([id], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?)));
            let (compressed, redacted) = found.unwrap_or_else(|e| panic!("{place}: lost the log {id}: {e}"));
            let mut content = String::new();
            flate2::read::GzDecoder::new(compressed.as_slice()).read_to_string(&mut content).unwrap();
            assert_eq!(content, log.content, "{place}: log {id}");
            assert!(log.redacted.is_none_or(|told| told == redacted), "{place}: log {id}: redacted {redacted}");
        }
        for id in self.images.keys() {
            let found = one("SELECT id FROM image_attachments WHERE id = ?1 AND image_data IS NOT NULL", id);
            assert!(found.is_some(), "{place}: lost the image {id}");
        }
        if !self.setting.is_empty() {
            let found = one("SELECT value FROM settings WHERE key = ?1", "log.size_bytes_max");
            let found = found.map_or_else(String::new, |mut row| row.remove(0));
            let never_acknowledged = found.is_empty() && self.setting.len() == 1;
            assert!(self.setting.contains(&found) || never_acknowledged, "{place}: {found:?}: {:?}", self.setting);
        }
    }
}

fn log_content(mark: &str, lines: u64) -> String {
    let line = |n| format!("10:00:{:02} ERROR {mark}: host{n}.example.org said no to user{n}@example.org\n", n % 60);
    (0..=lines).map(line).collect()
}

fn expect_nothing_in_clear(folder: &Path, place: &str) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            expect_nothing_in_clear(&path, place);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let found = memchr::memmem::find(&bytes, CANARY.as_bytes());
            assert_eq!(found, None, "{place}: in clear in {}", path.display());
        }
    }
}

fn has_images(home: &Home) -> bool {
    let asked = Command::new(BINARY).env_clear().env("HOME", home.dir.path()).args(["image", "add", "--help"]).output();
    asked.unwrap().status.success()
}

/// A number from the environment.
fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap_or_else(|e| panic!("{name}={text}: {e}")))
}

#[test]
#[allow(clippy::print_stdout, reason = "the seed for whoever sees a failure, and progress for whoever waits")]
fn whatever_was_acknowledged_survives_kill_9_under_load() {
    let (rounds, seed) = (asked("TRCAA_CRASH_ROUNDS", ROUNDS), asked("TRCAA_CRASH_SEED", 1));
    println!("seed {seed}, {rounds} rounds");
    let mut dice = Dice(seed);
    let mut home = Home::new(BINARY);
    let images = has_images(&home);
    let mut expected: Vec<Expected> = (0..WORKERS_MAX).map(|_| Expected::default()).collect();
    let (begun, mut kills, mut acknowledged) = (Instant::now(), 0, 0);
    for round in 0..rounds {
        if round > 0 && round % ROUNDS_PER_STORE == 0 {
            home = Home::new(BINARY);
            expected = (0..WORKERS_MAX).map(|_| Expected::default()).collect();
        }
        let place = format!("seed {seed}, round {round}");
        let workers = 1 + usize::try_from(dice.below(WORKERS_MAX as u64)).unwrap();
        let seeds: Vec<u64> = (0..workers).map(|_| dice.below(u64::MAX)).collect();
        let (delay, go_on) = (dice.below(KILL_AFTER_MS_MAX), dice.below(GO_ON_MS_MAX));
        let victim = usize::try_from(dice.below(workers as u64 + 1)).unwrap();
        let running = (0..workers).map(|_| Running::default()).collect();
        let this = Round { home: &home, running, stop: AtomicBool::new(false), images };
        let told_before: u64 = expected.iter().map(|e| e.acknowledged).sum();
        thread::scope(|scope| {
            let threads: Vec<_> = expected
                .drain(..workers)
                .zip(seeds)
                .enumerate()
                .map(|(worker, (own, seed))| {
                    let this = &this;
                    scope.spawn(move || this.work(worker, seed, own))
                })
                .collect();
            // The moments are what is random here; nothing is waited for.
            thread::sleep(Duration::from_millis(delay));
            if victim == workers {
                this.stop.store(true, Ordering::Relaxed);
                kills += (0..workers).map(|worker| this.kill(worker)).filter(|killed| *killed).count();
            } else {
                kills += usize::from(this.kill(victim));
                thread::sleep(Duration::from_millis(go_on));
                this.stop.store(true, Ordering::Relaxed);
            }
            let done: Vec<Expected> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
            expected.splice(0..0, done);
        });
        acknowledged += expected.iter().map(|e| e.acknowledged).sum::<u64>() - told_before;
        expect_nothing_in_clear(&home.data(), &place);
        let check = home.run(["db", "check", "--json"]);
        assert_eq!(check.status, 0, "{place}: {check:#?}");
        let conn = Connection::open(home.data().join("tftsr.db")).unwrap();
        conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
        facts::expect_whole(&conn, &place);
        expected.iter_mut().for_each(|own| own.compare(&conn, &place));
        drop(conn);
        expect_nothing_in_clear(&home.data(), &place);
        if (round + 1) % ROUNDS_PER_LINE == 0 || round + 1 == rounds {
            let seconds = begun.elapsed().as_secs();
            println!("{} rounds, {kills} kills, {acknowledged} acknowledged commands, {seconds} s", round + 1);
        }
    }
    assert!(kills as u64 >= rounds / 2, "only {kills} kills in {rounds} rounds");
}
