//! What leaves, end to end: by which policy, with which digest in the trail, and that a value which was hidden once is
//! hidden everywhere.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::{Home, TEST_KEY, list, text};

use crate::providers::{Server, add};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
/// As the recorded answers cite it, but for the ticket.
const LOG: &str = "2026-11-21 10:00:01 INFO db-writer: started for anna.berg@example.com\n\
                   2026-11-21 10:00:02 ERROR db-writer: could not write to file \"pg_wal/1\": No space left on device\n\
                   2026-11-21 10:00:03 FATAL db-writer: shutting down, ticket KX-4711\n";
const EMAIL: &str = "anna.berg@example.com";
/// Nothing that a detector knows.
const TICKET: &str = "KX-4711";

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The details of the audit rows with this action, oldest first.
fn trail(home: &Home, action: &str) -> Vec<Value> {
    let mut rows = list(&home.json(["audit", "list", "--action", action, "--limit", "1000"])["audit_log"]);
    rows.reverse();
    rows.iter().map(|row| serde_json::from_str(&text(&row["details"])).unwrap()).collect()
}

fn mark(home: &Home, log: &str, of: &str, value: &str) {
    let start = of.find(value).unwrap();
    let (start, end) = (start.to_string(), (start + value.len()).to_string());
    home.json(["pii", "add", log, "--start", &start, "--end", &end, "--type", "Ticket"]);
}

fn redacted(home: &Home, log: &str) -> String {
    String::from_utf8(home.bytes(["log", "show", log, "--redacted"])).unwrap()
}

/// A home with a redacted log of an issue whose title holds what only a person knows to hide.
fn home() -> (Home, String, String) {
    let home = Home::new(BINARY);
    let issue = home.issue("The shop is down, see KX-4711");
    let log = home.log(&issue, "db-KX-4711.log", LOG);
    home.json(["pii", "apply", &log]);
    (home, issue, log)
}

#[test]
fn what_was_hidden_by_hand_in_one_log_is_hidden_in_everything_of_the_issue() {
    let (home, issue, log) = home();
    let other = "about KX-4711 again\nand XKX-47112, no ticket\n";
    let before = home.log(&issue, "before.log", other);
    home.json(["pii", "apply", &before]);
    assert!(redacted(&home, &before).contains(TICKET), "nobody knew");
    mark(&home, &log, LOG, TICKET);
    let later = home.log(&issue, "later.log", format!("{other}url?t=kx-4711&u=KX-4711\n"));
    home.json(["pii", "apply", &later]);
    for log in [&log, &before, &later] {
        let copy = redacted(&home, log);
        assert!(!copy.contains(" KX-4711") && !copy.contains("=KX-4711") && copy.contains("[Ticket_1]"), "{copy}");
    }
    assert!(redacted(&home, &later).contains("XKX-47112, no ticket\nurl?t=kx-4711&"), "no other word is touched");

    home.json(["why", &issue, "--answer", "as KX-4711 says", "--question", "Why KX-4711?"]);
    let server = Server::replaying(&["aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    home.json(["analyze", &issue, "--provider", "mock"]);
    let sent = server.seen().concat().replace("XKX-47112", "");
    assert!(!sent.contains(TICKET) && !sent.contains("anna.berg"), "{sent}");
    for place in ["see [Ticket_1]", "db-[Ticket_1].log", "ticket [Ticket_1]", "as [Ticket_1] says", "Why [Ticket_1]?"] {
        assert!(sent.contains(place), "{place}: {sent}");
    }

    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    for format in ["md", "html"] {
        let file = format!("out.{format}");
        home.json(["doc", "export", &document, "--format", format, "--out", &file]);
        let exported = std::fs::read_to_string(home.path(&file)).unwrap();
        assert!(!exported.contains(TICKET) && exported.contains("Ticket_1"), "{exported}");
    }
    home.json(["db", "export", "rows.jsonl"]);
    let rows = std::fs::read_to_string(home.path("rows.jsonl")).unwrap().replace("XKX-47112", "");
    assert!(!rows.contains(TICKET) && rows.contains("[Ticket_1]"), "{rows}");
    home.expect_sound();
}

#[test]
fn a_rejection_holds_for_its_log_and_for_nothing_else() {
    let home = Home::new(BINARY);
    let issue = home.issue("relay 198.51.100.23 is slow");
    let line = "2026-11-21 10:00:01 ERROR relay 198.51.100.23 is slow for anna.berg@example.com\n";
    let first = home.log(&issue, "first.log", line);
    home.json(["pii", "detect", &first]);
    let spans = list(&home.json(["pii", "spans", &first])["spans"]);
    let relay = spans.iter().find(|span| span["original_value"] == "198.51.100.23").unwrap();
    home.json(["pii", "reject", &first, &text(&relay["id"])]);
    home.json(["pii", "apply", &first]);
    // Rejected wherever it was found: it is not searched for, and a detector that finds it elsewhere is believed.
    let second = home.log(&issue, "second.log", format!("second\n{line}"));
    home.json(["pii", "apply", &second]);
    assert!(redacted(&home, &first).contains("198.51.100.23"));
    assert!(!redacted(&home, &second).contains("198.51.100.23"));
    // Now it counts in one log: it is searched for, but not in the log that rejected it.
    let server = Server::replaying(&["aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    home.run(["analyze", &issue, "--provider", "mock"]);
    let sent = server.seen().concat();
    assert_eq!(sent.matches("198.51.100.23").count(), 1, "in its log alone, not in the title or elsewhere: {sent}");
    assert!(sent.contains("relay 198.51.100.23 is slow for [Email_1]"), "{sent}");
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    home.json(["doc", "export", &document, "--format", "md", "--out", "out.md"]);
    assert!(!std::fs::read_to_string(home.path("out.md")).unwrap().contains("198.51.100.23"));
}

#[test]
fn the_trail_has_the_digest_of_what_was_sent_before_it_was() {
    let (home, issue, _) = home();
    let server = Server::replaying(&["aimock-test", "aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    home.json(["provider", "test", "mock"]);
    home.json(["analyze", &issue, "--provider", "mock"]);
    for row in trail(&home, "ai_send").iter().chain(&trail(&home, "provider_tested")) {
        assert_eq!((text(&row["sha256"]).len(), &row["policy"]), (64, &json!("redact")), "{row}");
    }
    assert_eq!(trail(&home, "ai_send")[0]["redacted_types"], json!(["Email"]));
    let bodies: Vec<String> =
        server.seen().iter().map(|request| sha256(request.split_once("\r\n\r\n").unwrap().1)).collect();
    let requests = trail(&home, "plugin_request");
    let allowed = requests.iter().filter(|row| row["decision"] == "allowed");
    assert_eq!(allowed.map(|row| text(&row["body_sha256"])).collect::<Vec<_>>(), bodies);
}

#[test]
fn an_export_is_in_the_trail_with_its_digest_before_there_is_a_file() {
    let (home, issue, _) = home();
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    home.json(["doc", "export", &document, "--format", "html", "--out", "out.html"]);
    home.json(["db", "export", "rows.jsonl"]);
    let digest = |name: &str| sha256(std::fs::read(home.path(name)).unwrap());
    let admitted: Vec<String> = trail(&home, "export_admitted").iter().map(|row| text(&row["sha256"])).collect();
    assert_eq!(admitted, [digest("out.html"), digest("rows.jsonl")]);
    assert_eq!(trail(&home, "document_exported")[0]["sha256"], digest("out.html"));
    assert_eq!(trail(&home, "export_database")[0]["sha256"], digest("rows.jsonl"));

    // Stands for a full disk: the row can't be written, so there is no file.
    let (home, issue, _) = self::home();
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    conn.execute_batch("CREATE INDEX full ON audit_log(abs(-9223372036854775807 - (action = 'export_admitted')))")
        .unwrap();
    drop(conn);
    assert_ne!(home.run(["doc", "export", &document, "--format", "md", "--out", "never.md"]).status, 0);
    assert_ne!(home.run(["db", "export", "never.jsonl"]).status, 0);
    assert!(!home.path("never.md").exists() && !home.path("never.jsonl").exists());
}

#[test]
fn block_lets_nothing_leave_that_holds_a_finding_and_says_which_kinds() {
    let (home, issue, log) = home();
    let server = Server::replaying(&["aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes", "--policy", "block"], None).ok();
    let refused = home.run(["analyze", &issue, "--provider", "mock", "--json"]).fails(1);
    assert_eq!(refused.error_code(), "guard_blocked");
    let error = refused.answer()["error"].clone();
    assert_eq!(error["found"], json!({"Email": 1}), "{error}");
    assert!(text(&error["message"]).contains("1 Email") && text(&error["message"]).contains(&log), "{error}");
    assert!(!refused.stdout.contains(EMAIL) && refused.stdout.contains("trcaa provider policy mock redact"));
    assert!(server.seen().is_empty() && trail(&home, "ai_send").is_empty());

    // A title with a finding blocks as well; without any, all goes out as it is.
    let clean = home.issue("The shop of ada@example.org is down");
    let log = home.log(&clean, "clean.log", LOG.replace(&format!(" for {EMAIL}"), ""));
    home.json(["pii", "apply", &log]);
    assert_eq!(home.refused(["analyze", &clean, "--provider", "mock"], 1), "guard_blocked");
    home.json(["issue", "edit", &clean, "--title", "The shop is down"]);
    home.run(["analyze", &clean, "--provider", "mock"]);
    assert_eq!(server.seen().len(), 1);
    assert_eq!(trail(&home, "ai_send")[0]["policy"], "block");

    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    home.json([
        "doc",
        "edit",
        &document,
        "--file",
        home.file("t.md", format!("# Mail of {EMAIL}\n")).to_str().unwrap(),
    ]);
    home.json(["settings", "set", "guard.export", "block"]);
    for command in [
        &["doc", "export", &document, "--format", "md", "--out", "no.md"][..],
        &["db", "export", "no.jsonl"],
        &["db", "export", "no.jsonl", "--clear", "--yes"],
    ] {
        let refused = home.run([command, &["--json"]].concat()).fails(1);
        assert_eq!(refused.error_code(), "guard_blocked", "{command:?}");
        assert!(!refused.stdout.contains(EMAIL), "{refused:?}");
    }
    assert!(!home.path("no.md").exists() && !home.path("no.jsonl").exists());
}

#[test]
fn allow_sends_text_as_it_is_to_this_machine_and_says_so() {
    let home = Home::new(BINARY);
    let issue = home.issue(&format!("The shop of {EMAIL} is down"));
    home.log(&issue, "db.log", crate::providers::LOG);
    let server = Server::replaying(&["aimock-analyze", "aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    assert_eq!(home.refused(["analyze", &issue, "--provider", "mock"], 1), "not_redacted");
    assert_eq!(home.refused(["provider", "policy", "mock", "allow"], 2), "needs_yes");
    assert_eq!(home.json(["provider", "policy", "mock", "allow", "--yes"])["policy"], "allow");
    let analysis = home.json(["analyze", &issue, "--provider", "mock"]);
    assert_eq!(analysis["key_findings"][0]["assumed"], false, "cited lines are those that were sent");
    let sent = server.seen().concat();
    assert!(sent.contains(&format!("The shop of {EMAIL}")) && sent.contains(&format!("started for {EMAIL}")), "{sent}");
    let row = trail(&home, "ai_send").remove(0);
    assert_eq!((&row["policy"], &row["redacted_types"]), (&json!("allow"), &json!([])));
    assert_eq!(trail(&home, "guard_policy_changed")[0]["to"], "allow");
    // What was sent here in clear is redacted in what leaves otherwise.
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    home.json(["doc", "export", &document, "--format", "md", "--out", "out.md"]);
    let exported = std::fs::read_to_string(home.path("out.md")).unwrap();
    assert!(!exported.contains("anna.berg") && exported.contains("could not write to file"), "{exported}");
    home.json(["provider", "policy", "mock", "redact"]);
    assert_eq!(home.refused(["analyze", &issue, "--provider", "mock"], 1), "not_redacted");
    home.expect_sound();
}

#[test]
fn allow_is_for_this_machine_alone() {
    let (home, issue, _) = home();
    let remote = "https://api.example.com/v1";
    for url in [remote, "http://10.0.0.1/v1", "http://127.0.0.1.nip.io/v1", "http://localhost.example.com"] {
        let refused = add(&home, "corp", url, &["--yes", "--policy", "allow"], None).fails(2);
        assert_eq!(refused.error_code(), "not_local", "{url}");
    }
    add(&home, "corp", remote, &["--yes"], None).ok();
    assert_eq!(home.refused(["provider", "policy", "corp", "allow", "--yes"], 2), "not_local");
    for target in ["guard.export", "guard.integration", "guard.mcp"] {
        assert_eq!(home.refused(["settings", "set", target, "allow"], 2), "bad_setting");
        home.json(["settings", "set", target, "redact"]);
    }
    // Another address is another matter: block stays, allow does not.
    let local = "http://127.0.0.1:9/v1";
    add(&home, "mine", local, &["--yes", "--policy", "allow"], None).ok();
    add(&home, "mine", local, &["--set", "max_tokens=9"], None).ok();
    assert_eq!(home.json(["provider", "policy", "mine"])["policy"], "allow", "the same address");
    add(&home, "mine", remote, &["--yes"], None).ok();
    assert_eq!(home.json(["provider", "policy", "mine"])["policy"], "redact");
    add(&home, "mine", local, &["--yes"], None).ok();
    assert_eq!(home.json(["provider", "policy", "mine"])["policy"], "redact", "it does not come back");
    add(&home, "mine", local, &["--policy", "block"], None).ok();
    add(&home, "mine", remote, &["--yes"], None).ok();
    assert_eq!(home.json(["provider", "policy", "mine"])["policy"], "block");

    // A row that says allow for a remote address, whoever wrote it, sends nothing.
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    let forged = json!({"guard:policy": {"policy": "allow", "origin": "https://api.example.com"}}).to_string();
    conn.execute("UPDATE ai_providers SET options = ?1 WHERE name = 'corp'", [forged]).unwrap();
    drop(conn);
    assert_eq!(home.refused(["analyze", &issue, "--provider", "corp"], 2), "not_local");
    assert!(trail(&home, "ai_send").is_empty());
}

#[test]
fn a_redirect_takes_nothing_in_clear_off_this_machine() {
    let (home, issue, _) = home();
    let elsewhere = Server::replaying(&["aimock-analyze"]);
    for (status, location) in [
        (307, "http://10.255.255.1/v1/chat/completions".to_owned()),
        (302, "https://api.example.com/v1/chat/completions?m=anna.berg@example.com".to_owned()),
        (307, format!("http://127.0.0.1:{}/v1/chat/completions", elsewhere.port)),
    ] {
        let server =
            Server::answering(vec![json!({"status": status, "headers": [["location", location]], "body": ""})]);
        add(&home, "mock", &server.url(), &["--yes", "--policy", "allow"], None).ok();
        let run = home.run(["analyze", &issue, "--provider", "mock", "--json"]).fails(1);
        assert!(!run.stdout.contains(EMAIL), "{run:?}");
        assert_eq!(server.seen().len(), 1);
    }
    assert!(elsewhere.seen().is_empty());
    let rules: Vec<String> = trail(&home, "plugin_denied").iter().map(|row| text(&row["rule"])).collect();
    assert_eq!(rules.len(), 3, "{rules:?}");
    assert!(!trail(&home, "plugin_denied").iter().any(|row| row.to_string().contains("anna.berg")));
}

#[test]
fn restoring_is_exact_here_and_what_was_restored_leaves_hidden_again() {
    let (home, issue, log) = home();
    mark(&home, &log, LOG, TICKET);
    let restore = |text: &str| home.run_with(["pii", "restore", &issue, "-"], text.as_bytes()).ok().stdout;
    assert_eq!(restore(&redacted(&home, &log)), LOG);
    let answer = format!("{EMAIL} of {TICKET} filled it");
    home.json(["why", &issue, "--answer", &answer]);
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    home.json(["doc", "export", &document, "--format", "md", "--out", "out.md"]);
    let exported = std::fs::read_to_string(home.path("out.md")).unwrap();
    assert!(!exported.contains("anna.berg") && !exported.contains(TICKET), "{exported}");
    let restored = restore(&exported);
    assert!(restored.contains(&answer), "{restored}");
    // Its text goes back into the store, and from there to a provider and into a file.
    home.json(["doc", "edit", &document, "--file", home.file("r.md", &restored).to_str().unwrap()]);
    home.json(["doc", "export", &document, "--format", "md", "--out", "again.md"]);
    let again = std::fs::read_to_string(home.path("again.md")).unwrap();
    assert!(!again.contains("anna.berg") && !again.contains(TICKET), "{again}");
    home.json(["why", &issue, "--answer", &restore("[Email_1] knows [Ticket_1]")]);
    let server = Server::replaying(&["aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    home.json(["analyze", &issue, "--provider", "mock"]);
    let sent = server.seen().concat();
    assert!(!sent.contains("anna.berg") && !sent.contains(TICKET), "{sent}");
    assert!(sent.contains("[Email_1] knows [Ticket_1]"), "{sent}");
}

#[test]
fn what_markdown_takes_apart_is_hidden_as_its_reader_sees_it() {
    let home = Home::new(BINARY);
    let issue = home.issue("mail of anna__berg@example.com");
    let document = text(&home.json(["doc", "rca", &issue])["document"]["id"]);
    let exported = |format: &str| {
        let file = format!("out.{format}");
        home.json(["doc", "export", &document, "--format", format, "--out", &file, "--force"]);
        std::fs::read_to_string(home.path(&file)).unwrap()
    };
    for format in ["md", "html"] {
        let file = exported(format);
        assert!(!file.contains("anna") && !file.contains("berg"), "{file}");
    }
    let edited = "so an**na.be**rg@example.com wrote, see [here](https://h.example.com/?m=anna.berg@example.com)\n\n\
                  ```timeline\n[{\"time\": \"10:00\", \"text\": \"anna.berg@example.com\"}]\n```\n";
    home.json(["doc", "edit", &document, "--file", home.file("e.md", edited).to_str().unwrap()]);
    for format in ["md", "html"] {
        let file = exported(format);
        assert!(!file.contains("na.be") && !file.contains("rg@") && !file.contains("anna"), "{file}");
        assert!(file.contains("Email_") && file.contains("10:00"), "{file}");
    }
}
