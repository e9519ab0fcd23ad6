//! Detection while the world changes: a detector that fails, lies or is taken away in mid-run means that nothing is
//! stored and nothing leaves.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tests::{Home, TEST_KEY};
use trcaa_app::{App, Cancel, LogInput, Progress, Setup, parse_key};
use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::id::LogFileId;
use trcaa_model::issue::{NewIssue, Severity};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// Does something once, when the first window was looked at.
struct InMidRun<F> {
    armed: Arc<AtomicBool>,
    work: F,
}

impl<F: Fn() + Send + Sync> Progress for InMidRun<F> {
    fn begin(&self, _step: &str, _bytes: Option<u64>) {}
    fn advance(&self, _bytes: u64) {
        if self.armed.swap(false, Ordering::Relaxed) {
            (self.work)();
        }
    }
    fn end(&self) {}
}

/// A store with the hostile detector enabled, and a log.
fn desk(log: &str, work: impl Fn(&Home) + Send + Sync + 'static) -> (Arc<Home>, App, LogFileId, Arc<AtomicBool>) {
    let home = Arc::new(Home::new(BINARY));
    home.run(["issue", "new", "x"]).ok();
    fs::create_dir_all(home.data().join("plugins")).unwrap();
    fs::write(home.data().join("plugins/extra.wasm"), tests::HOSTILE_DETECTOR).unwrap();
    home.run(["plugin", "enable", "hostile-detector"]).ok();
    let armed = Arc::new(AtomicBool::new(false));
    let within = Arc::clone(&home);
    let progress = InMidRun { armed: Arc::clone(&armed), work: move || work(&within) };
    let setup = Setup {
        data_dir: home.data(),
        key: parse_key(TEST_KEY).unwrap().unwrap(),
        encryption_key: None,
        keyring: None,
        clock: Arc::new(FixedClock(1_790_000_000_000)),
        entropy: Arc::new(SeededEntropy::new(11)),
        plugin_log: None,
        cancel: Cancel::default(),
    };
    let app = App::open(setup, Box::new(progress)).unwrap();
    let new = NewIssue {
        title: "y".into(),
        description: None,
        severity: Severity::Low,
        category: None,
        source: None,
        assigned_to: None,
        tags: Vec::new(),
    };
    let issue = app.new_issue(&new).unwrap().id;
    let input = LogInput::Content { name: "a.log".into(), text: log.to_owned() };
    let log = app.add_log(&issue, &input, None).unwrap().row.id;
    (home, app, log, armed)
}

const LOG: &str = "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n";

#[test]
fn a_detector_that_is_taken_away_in_mid_run_refuses_the_run() {
    type Work = fn(&Home);
    let cases: [(Work, &str); 3] = [
        (|home| drop(home.run(["plugin", "disable", "hostile-detector"]).ok()), "detectors_changed"),
        (|home| fs::remove_file(home.data().join("plugins/extra.wasm")).unwrap(), "plugin_missing"),
        (|home| drop(home.run(["plugin", "disable", "pii-base"]).ok()), "detectors_changed"),
    ];
    for (work, code) in cases {
        let (_home, app, log, armed) = desk(LOG, work);
        armed.store(true, Ordering::Relaxed);
        assert_eq!(app.detect_log(&log).unwrap_err().code, code);
        assert!(app.spans(&log).unwrap().is_empty(), "nothing was stored");
        let (_home, app, log, armed) = desk(LOG, work);
        armed.store(true, Ordering::Relaxed);
        assert_eq!(app.apply_log(&log).unwrap_err().code, code);
        assert!(!app.store().log(&log).unwrap().redacted);
    }
}

#[test]
fn a_detector_that_is_there_all_the_time_is_no_change() {
    let (_home, app, log, armed) = desk(LOG, |home| drop(home.run(["plugin", "list"]).ok()));
    armed.store(true, Ordering::Relaxed);
    assert_eq!(app.detect_log(&log).unwrap(), 1);
}

#[test]
fn a_detector_that_fails_in_any_window_refuses_all_of_them() {
    // The guest obeys the first word that it is shown: of the text, or of the context of a later window.
    let long = LOG.repeat((9 << 17) / LOG.len());
    let second = trcaa_redact::windows(&long).nth(1).unwrap().view.start;
    let orders = ["trap", "loop", "beyond", "inverted", "no-lists", "label", "confidence", "error", "allocate"];
    let cases =
        orders.map(|order| (order, LOG, 0)).into_iter().chain([("trap", &*long, second), ("beyond", &*long, second)]);
    for (order, text, place) in cases {
        let there = format!("{order} ");
        let mut text = text.to_owned();
        text.replace_range(place..place + there.len(), &there);
        let (_home, app, log, _) = desk(&text, |_| ());
        let error = app.detect_log(&log).unwrap_err();
        assert_eq!(error.code, "plugin_failed", "{order} at {place}: {error}");
        assert!(error.message.contains("hostile-detector") && !error.message.contains("ada@"), "{error}");
        assert!(app.spans(&log).unwrap().is_empty(), "{order} at {place}");
    }
}
