//! What a person decides about findings, from the first look to the redacted copy and back.

use serde_json::Value;
use tests::{Home, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// Letters of two bytes stand before every value, so that an offset in characters would be wrong.
const LOG: &str = "2026-11-21 10:00:01 INFO Gerät für Prüfung: mail=anna.berg@example.com from 192.0.2.17\n\
                   2026-11-21 10:00:02 WARN ticket KX-4711 größer, relay 198.51.100.23 asked by anna.berg@example.com\n\
                   2026-11-21 10:00:03 INFO nothing of note here\n";
const EMAIL: &str = "anna.berg@example.com";
const CLIENT: &str = "192.0.2.17";
const RELAY: &str = "198.51.100.23";
const TICKET: &str = "KX-4711";

struct Case {
    home: Home,
    issue: String,
    log: String,
}

fn case() -> Case {
    let home = Home::new(BINARY);
    let issue = home.issue("mail is late");
    let log = home.log(&issue, "mail.log", LOG);
    Case { home, issue, log }
}

impl Case {
    fn detect(&self) -> Vec<Value> {
        self.home.json(["pii", "detect", &self.log]);
        self.spans()
    }

    fn spans(&self) -> Vec<Value> {
        list(&self.home.json(["pii", "spans", &self.log])["spans"])
    }

    fn span_of(&self, value: &str) -> String {
        let spans = self.spans();
        let span = spans.iter().find(|span| span["original_value"] == value);
        text(&span.unwrap_or_else(|| panic!("no span of {value}: {spans:#?}"))["id"])
    }

    fn add(&self, value: &str, label: &str) -> Vec<String> {
        let start = LOG.find(value).unwrap();
        let (start, end) = (start.to_string(), (start + value.len()).to_string());
        ["pii", "add", &self.log, "--start", &start, "--end", &end, "--type", label].map(str::to_owned).to_vec()
    }

    fn redacted(&self) -> String {
        String::from_utf8(self.home.bytes(["log", "show", &self.log, "--redacted"])).unwrap()
    }
}

/// The bytes that a span speaks of.
fn covered<'t>(span: &Value, of: &'t [u8]) -> &'t [u8] {
    let bound = |name: &str| usize::try_from(span[name].as_u64().unwrap()).unwrap();
    &of[bound("start_offset")..bound("end_offset")]
}

#[test]
fn offsets_are_bytes_of_the_original() {
    let case = case();
    let spans = case.detect();
    assert_eq!(spans.len(), 4, "{spans:#?}");
    for span in &spans {
        assert_eq!(covered(span, LOG.as_bytes()), text(&span["original_value"]).as_bytes(), "{span:#}");
        assert_eq!(span["state"], "undecided");
        assert_eq!(span["log_file_id"], case.log.as_str());
    }
    let found: Vec<String> = spans.iter().map(|span| text(&span["original_value"])).collect();
    assert_eq!(found, [EMAIL, CLIENT, RELAY, EMAIL]);
}

#[test]
fn the_copy_hides_all_but_what_was_rejected() {
    let case = case();
    case.detect();
    let home = &case.home;
    home.json(["pii", "accept", &case.log, &case.span_of(EMAIL)]);
    home.json(["pii", "reject", &case.log, &case.span_of(RELAY)]);
    let added = home.json(case.add(TICKET, "Ticket"));
    assert_eq!(added["span"]["original_value"], TICKET);
    assert_eq!(added["span"]["detector"], "manual");

    home.json(["pii", "apply", &case.log]);
    let redacted = case.redacted();
    for hidden in [EMAIL, CLIENT, TICKET] {
        assert!(!redacted.contains(hidden), "{hidden} in {redacted}");
    }
    assert!(redacted.contains(RELAY), "{redacted}");
    assert!(redacted.contains("[Email_1]") && redacted.contains("[IPv4_1]"), "{redacted}");
    assert_eq!(redacted.matches("[Email_1]").count(), 2, "{redacted}");
    assert_eq!(home.bytes(["log", "show", &case.log]), LOG.as_bytes(), "the original stays");
    assert_eq!(home.json(["log", "list"])["log_files"][0]["redacted"], 1);

    let file = home.file("copy.txt", &redacted);
    let restored = home.bytes(["pii".as_ref(), "restore".as_ref(), case.issue.as_ref(), file.as_os_str()]);
    assert_eq!(String::from_utf8(restored).unwrap(), LOG);
    home.expect_sound();
}

#[test]
fn nobody_needs_to_decide_anything_for_all_to_be_hidden() {
    let case = case();
    case.home.json(["pii", "apply", &case.log]);
    let redacted = case.redacted();
    for hidden in [EMAIL, CLIENT, RELAY] {
        assert!(!redacted.contains(hidden), "{hidden} in {redacted}");
    }
}

#[test]
fn a_log_of_which_all_was_rejected_stays_as_it_is() {
    let case = case();
    case.detect();
    case.home.json(["pii", "reject", &case.log, "--all"]);
    case.home.json(["pii", "apply", &case.log]);
    assert_eq!(case.redacted(), LOG);
}

#[test]
fn detecting_again_neither_piles_up_nor_forgets_decisions() {
    let case = case();
    let first = case.detect();
    assert_eq!(case.detect().len(), first.len());
    let rejected = case.span_of(RELAY);
    case.home.json(["pii", "reject", &case.log, &rejected]);
    case.home.json(case.add(TICKET, "Ticket"));
    let again = case.detect();
    assert_eq!(again.len(), first.len() + 1, "{again:#?}");
    let kept = again.iter().find(|span| span["id"] == rejected.as_str());
    assert_eq!(kept.unwrap()["state"], "rejected");
    assert_eq!(again.iter().filter(|span| span["detector"] == "manual").count(), 1);
}

#[test]
fn a_span_by_hand_that_overlaps_a_found_one_hides_both_in_full() {
    let case = case();
    case.detect();
    case.home.json(case.add("relay 198.51", "Relay"));
    case.home.json(["pii", "apply", &case.log]);
    let redacted = case.redacted();
    assert!(!redacted.contains("relay") && !redacted.contains("100.23") && !redacted.contains("198.51"), "{redacted}");
}

#[test]
fn applying_empties_the_originals_and_happens_once() {
    let case = case();
    case.detect();
    case.home.json(["pii", "accept", &case.log, "--all"]);
    assert!(case.spans().iter().all(|span| span["state"] == "accepted"));
    case.home.json(["pii", "apply", &case.log]);
    let spans = case.spans();
    assert_eq!(spans.len(), 4);
    for span in &spans {
        assert_eq!(span["original_value"], "", "{span:#}");
    }
    let before = case.redacted();
    assert_eq!(case.home.refused(["pii", "apply", &case.log], 1), "already_redacted");
    assert_eq!(case.redacted(), before);
    let audit = list(&case.home.json(["audit", "list", "--entity", &case.log])["audit_log"]);
    assert_eq!(audit.iter().filter(|entry| entry["action"] == "apply_redactions").count(), 1);
}

#[test]
fn detecting_after_applying_brings_no_original_back() {
    let case = case();
    case.home.json(["pii", "apply", &case.log]);
    // Whether this is refused or does nothing is open; that values come back into the table is not.
    case.home.run(["pii", "detect", &case.log]);
    for span in case.spans() {
        assert_eq!(span["original_value"], "", "{span:#}");
    }
}

#[test]
fn a_span_added_after_applying_is_refused_or_hidden() {
    let case = case();
    case.home.json(["pii", "apply", &case.log]);
    let added = case.home.run(case.add(TICKET, "Ticket"));
    assert!(added.status != 0 || !case.redacted().contains(TICKET), "said to be hidden, and in clear: {added:#?}");
    assert!(case.spans().iter().all(|span| span["original_value"] == ""), "an original came back");
}

#[test]
fn equal_values_of_one_issue_get_equal_placeholders() {
    let case = case();
    let second = case.home.log(&case.issue, "second.log", "x from 198.51.100.23 and 203.0.113.9\n");
    case.home.json(["pii", "apply", &case.log]);
    case.home.json(["pii", "apply", &second]);
    let first = case.redacted();
    let second = String::from_utf8(case.home.bytes(["log", "show", &second, "--redacted"])).unwrap();
    let relay = first.split("relay ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(relay.starts_with("[IPv4_"), "{first}");
    assert_eq!(second, format!("x from {relay} and [IPv4_3]\n"));
}

#[test]
fn restoring_leaves_what_the_issue_does_not_know() {
    let case = case();
    case.home.json(["pii", "apply", &case.log]);
    let run = case.home.run_with(["pii", "restore", &case.issue, "-"], "[Email_1] [Email_99] [Nope_1] [".as_bytes());
    assert_eq!(run.ok().stdout, format!("{EMAIL} [Email_99] [Nope_1] ["));
    let other = case.home.issue("another");
    let run = case.home.run_with(["pii", "restore", &other, "-"], b"[Email_1]");
    assert_eq!(run.ok().stdout, "[Email_1]", "pseudonyms belong to one issue");
}

#[test]
fn spans_that_are_none_are_refused() {
    let case = case();
    let end = LOG.len().to_string();
    let past = (LOG.len() + 1).to_string();
    let umlaut = LOG.find('ä').unwrap();
    let (inside, behind) = ((umlaut + 1).to_string(), (umlaut + 2).to_string());
    for (start, end) in
        [("5", "5"), ("9", "3"), ("0", past.as_str()), (end.as_str(), past.as_str()), (&inside, &behind)]
    {
        let code = case.home.refused(["pii", "add", &case.log, "--start", start, "--end", end, "--type", "Email"], 2);
        assert_eq!(code, "bad_span", "{start}..{end}");
    }
    for label in ["", "a b", "Email]", &"x".repeat(41)] {
        assert_eq!(
            case.home.refused(["pii", "add", &case.log, "--start", "0", "--end", "4", "--type", label], 2),
            "bad_type"
        );
    }
    assert!(case.spans().is_empty());
}

#[test]
fn a_span_of_another_log_is_not_decided() {
    let case = case();
    case.detect();
    let mine = case.span_of(RELAY);
    let other = case.home.log(&case.issue, "other.log", "from 203.0.113.9\n");
    case.home.json(["pii", "detect", &other]);
    let theirs = text(&case.home.json(["pii", "spans", &other])["spans"][0]["id"]);
    assert_eq!(case.home.refused(["pii", "reject", &case.log, &mine, &theirs], 1), "not_found");
    assert!(case.spans().iter().all(|span| span["state"] == "undecided"), "all or none");
    assert_eq!(case.home.refused(["pii", "accept", &case.log], 2), "usage");
}

#[test]
fn scanning_needs_no_store() {
    let home = Home::new(BINARY);
    let file = home.file("scan.log", LOG);
    let found = home.json(["pii".as_ref(), "scan".as_ref(), file.as_os_str()]);
    for span in list(&found["spans"]) {
        let mut keys: Vec<&String> = span.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["confidence", "detector", "end", "replacement", "start", "text", "type"]);
        let bound = |name: &str| usize::try_from(span[name].as_u64().unwrap()).unwrap();
        assert_eq!(&LOG[bound("start")..bound("end")], span["text"]);
    }
    assert_eq!(list(&found["spans"]).len(), 4);
    let redacted = home.run_with(["pii", "scan", "-", "--redact"], LOG.as_bytes()).ok().stdout;
    assert!(!redacted.contains(EMAIL) && !redacted.contains(RELAY) && redacted.contains("[Email_1]"), "{redacted}");
    assert!(!home.data().exists(), "no store was made");
}
