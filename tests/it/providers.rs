//! Connections to AI providers, end to end: the binary against a server on loopback that replays what was recorded
//! from real ones (`plugins/ai-openai/tests/exchanges`, made by `cargo xtask providers --record`).

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tests::{Home, Run, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// As the recorded answers cite it.
pub(crate) const LOG: &str = "2026-11-21 10:00:01 INFO db-writer: started for anna.berg@example.com\n\
                   2026-11-21 10:00:02 ERROR db-writer: could not write to file \"pg_wal/1\": No space left on device\n\
                   2026-11-21 10:00:03 FATAL db-writer: shutting down\n";
const KEY: &str = "sk-canary-7f3a91c2d4e5";

/// Answers in their order whatever is asked, and keeps what arrived. Ends with the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn replaying(names: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/ai-openai/tests/exchanges");
        let read = |name: &&str| -> Vec<Value> {
            let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
            list(&serde_json::from_str::<Value>(&text).unwrap()["exchanges"])
        };
        Self::answering(names.iter().flat_map(read).map(|exchange| exchange["response"].clone()).collect())
    }

    pub(crate) fn answering(answers: Vec<Value>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        std::thread::spawn(move || {
            for answer in answers {
                let (stream, _) = listener.accept().unwrap();
                serve(stream, &answer, &kept);
            }
        });
        Self { port, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, answer: &Value, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut request = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        request.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request.push_str(std::str::from_utf8(&body).unwrap());
    seen.lock().unwrap().push(request);
    let mut head = format!("HTTP/1.1 {} X\r\nconnection: close\r\ntransfer-encoding: chunked\r\n", answer["status"]);
    for header in answer["headers"].as_array().unwrap() {
        head.push_str(&format!("{}: {}\r\n", text(&header[0]), text(&header[1])));
    }
    let chunks = answer["chunks"].as_array().cloned().unwrap_or_else(|| vec![answer["body"].clone()]);
    // The client may have gone away, which is its right.
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    for chunk in chunks.iter().map(text).filter(|chunk| !chunk.is_empty()) {
        let _ = stream.write_all(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes());
    }
    if answer["breaks"] != true {
        let _ = stream.write_all(b"0\r\n\r\n");
    }
}

/// A home with a redacted log.
fn home() -> (Home, String) {
    let home = Home::new(BINARY);
    let issue = home.issue("The shop is down");
    let log = home.log(&issue, "db.log", LOG);
    home.json(["pii", "detect", &log]);
    home.json(["pii", "apply", &log]);
    (home, issue)
}

pub(crate) fn add(home: &Home, name: &str, url: &str, more: &[&str], key: Option<&str>) -> Run {
    let mut args = vec!["provider", "add", name, "--plugin", "ai-openai", "--url", url, "--model", "gpt-4o", "--json"];
    args.extend(more);
    if key.is_some() {
        args.push("--key-stdin");
    }
    home.run_with(args, format!("{}\n", key.unwrap_or_default()).as_bytes())
}

/// Expects that the key is nowhere in clear: output, audit trail, files.
fn expect_no_key(home: &Home, runs: &[&Run]) {
    for run in runs {
        assert!(!run.stdout.contains(KEY) && !run.stderr.contains(KEY), "{run:#?}");
    }
    let audit = home.json(["audit", "list", "--limit", "1000"]).to_string();
    assert!(!audit.contains(KEY), "{audit}");
    for file in std::fs::read_dir(home.data()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            assert!(memchr::memmem::find(&bytes, KEY.as_bytes()).is_none(), "{}", path.display());
        }
    }
}

#[test]
fn a_redacted_log_is_analysed_through_the_whole_pipeline_and_no_canary_leaves() {
    let (home, issue) = home();
    let server = Server::replaying(&["aimock-test", "aimock-models", "aimock-analyze"]);
    let added = add(&home, "mock", &server.url(), &["--yes"], Some(KEY)).ok();
    let row = &added.answer()["provider"];
    assert_eq!(
        (&row["name"], &row["plugin"], &row["has_api_key"]),
        (&json!("mock"), &json!("ai-openai"), &json!(true))
    );

    let tested = home.json(["provider", "test", "mock"]);
    assert_eq!(tested["result"]["success"], true, "{tested}");
    assert!(tested["result"]["latency_ms"].is_u64() && tested["result"]["model"].is_string());
    let models = home.json(["provider", "models", "mock"]);
    assert!(list(&models["models"]).iter().any(|model| model["id"] == "gpt-4o"), "{models}");

    let analyzed = home.run(["analyze", &issue, "--provider", "mock", "--json"]).ok();
    let analysis = analyzed.answer();
    assert_eq!(analysis["root_cause"]["confidence"], 0.9, "{analysis}");
    assert_eq!(analysis["key_findings"][0]["assumed"], false);
    assert_eq!(analysis["key_findings"][1]["assumed"], true, "what cites nothing is assumed");

    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    assert!(seen.iter().all(|request| request.to_lowercase().contains(&format!("authorization: bearer {KEY}"))));
    assert!(!seen.concat().contains("anna.berg"), "personal data went over the wire");
    assert!(seen[2].contains("[Email_1]") && seen[2].contains("2|2026-11-21 10:00:02 ERROR"), "{}", seen[2]);
    assert!(seen[2].contains("\"json_schema\"") && seen[2].contains("\"include_usage\":true"));

    let conversation = &home.json(["issue", "show", &issue])["conversations"][0];
    assert_eq!((&conversation["provider"], &conversation["model"]), (&json!("mock"), &json!("gpt-4o")));
    let sends = home.json(["audit", "list", "--action", "ai_send"]);
    assert!(sends.to_string().contains("mock"), "{sends}");
    expect_no_key(&home, &[&added, &analyzed]);
    home.expect_sound();
}

#[test]
fn what_a_connection_may_do_is_shown_and_asked_before_anything_is_stored() {
    let home = Home::new(BINARY);
    let refused = add(&home, "mock", "http://127.0.0.1:9/v1", &[], None).fails(2);
    assert_eq!(refused.error_code(), "needs_yes");
    assert_eq!(home.json(["provider", "list"])["providers"], json!([]));
    let shown = home.run([
        "provider",
        "add",
        "mock",
        "--plugin",
        "ai-openai",
        "--url",
        "http://127.0.0.1:9/v1/",
        "--model",
        "m",
        "--yes",
    ]);
    let shown = shown.ok();
    for part in
        ["GET and POST requests to http://127.0.0.1:9/v1 below /chat/completions", "secret api-key", "why:", "  | "]
    {
        assert!(shown.stderr.contains(part), "{part}: {}", shown.stderr);
    }
    let granted = home.json(["audit", "list", "--action", "capability_granted"]).to_string();
    assert!(granted.contains("http") && granted.contains("secret"), "{granted}");
    // As `plugin grant` writes it, so that who looks for one finds both.
    let trail = home.json(["plugin", "audit", "ai-openai"])["audit_log"].to_string();
    assert!(trail.contains("capability_granted") && trail.contains(r#"\"connection\":\"mock\""#), "{trail}");
    // The same again asks nothing; another address, or another plugin at it, does.
    assert!(add(&home, "mock", "http://127.0.0.1:9/v1", &["--set", "max_tokens=100"], None).ok().stderr.is_empty());
    assert_eq!(add(&home, "mock", "http://127.0.0.1:10/v1", &[], None).fails(2).error_code(), "needs_yes");
    let listed = home.json(["provider", "list"]);
    assert_eq!(list(&listed["providers"])[0]["max_tokens"], 100, "{listed}");
    assert_eq!(list(&listed["providers"])[0]["api_url"], "http://127.0.0.1:9/v1");
}

#[test]
fn a_key_is_not_taken_to_another_address() {
    let home = Home::new(BINARY);
    let first = add(&home, "mock", "http://127.0.0.1:9/v1", &["--yes"], Some(KEY)).ok();
    let moved = add(&home, "mock", "http://127.0.0.1:10/v1", &["--yes"], None).fails(2);
    assert_eq!(moved.error_code(), "key_of_another");
    // Another path of the same origin keeps it; a new key goes anywhere.
    let path = add(&home, "mock", "http://127.0.0.1:9/v2", &["--yes"], None).ok();
    assert_eq!(path.answer()["provider"]["has_api_key"], true);
    let keyed = add(&home, "mock", "http://127.0.0.1:10/v1", &["--yes"], Some("sk-another-canary")).ok();
    expect_no_key(&home, &[&first, &moved, &path, &keyed]);
}

#[test]
fn settings_and_names_are_checked_against_the_manifest() {
    let home = Home::new(BINARY);
    let url = "http://127.0.0.1:9/v1";
    for (name, url, set, code) in [
        ("ok", url, "auth=basic", "bad_setting"),
        ("ok", url, "context_tokens=many", "bad_setting"),
        ("ok", url, "azure=yes", "bad_setting"),
        ("ok", url, "colour=red", "bad_setting"),
        ("ok", url, "max_tokens=0", "bad_setting"),
        ("ok", url, "temperature=hot", "bad_setting"),
        ("a b", url, "auth=none", "bad_name"),
        ("ai-openai", url, "auth=none", "bad_name"),
        ("offline-analyst", url, "auth=none", "bad_name"),
        ("ok", "ftp://127.0.0.1/v1", "auth=none", "bad_url"),
        ("ok", "127.0.0.1/v1", "auth=none", "bad_url"),
        ("ok", "http://u:p@127.0.0.1/v1", "auth=none", "bad_url"),
        ("ok", "http://127.0.0.1/v1?x=1", "auth=none", "bad_url"),
    ] {
        let refused = add(&home, name, url, &["--yes", "--set", set], None).fails(2);
        assert_eq!(refused.error_code(), code, "{name} {url} {set}");
    }
    let none =
        home.refused(["provider", "add", "x", "--plugin", "offline-analyst", "--url", url, "--model", "m", "--yes"], 2);
    assert_eq!(none, "needs_no_connection");
    assert_eq!(home.json(["provider", "list"])["providers"], json!([]));
}

#[test]
fn the_default_is_a_known_one_and_falls_back_when_it_is_removed() {
    let (home, issue) = home();
    assert_eq!(home.refused(["provider", "default", "nobody"], 2), "no_such_provider");
    assert_eq!(home.refused(["settings", "set", "provider.default", "ai-openai"], 2), "needs_connection");
    assert_eq!(home.refused(["analyze", &issue, "--provider", "ai-openai"], 2), "needs_connection");
    let server = Server::replaying(&["aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    home.json(["provider", "default", "mock"]);
    assert_eq!(list(&home.json(["provider", "list"])["providers"])[0]["is_default"], true);
    home.json(["analyze", &issue]);
    let seen = server.seen();
    assert!(!seen[0].to_lowercase().contains("authorization"), "without a key nothing is written in: {}", seen[0]);
    home.json(["provider", "remove", "mock", "--yes"]);
    assert_eq!(home.json(["settings", "get", "provider.default"])["value"], "offline-analyst");
    assert_eq!(home.refused(["provider", "test", "mock"], 2), "no_such_provider");
    home.json(["analyze", &issue]);
}

#[test]
fn a_log_that_is_not_redacted_is_never_sent() {
    let home = Home::new(BINARY);
    let issue = home.issue("The shop is down");
    home.log(&issue, "db.log", LOG);
    let server = Server::replaying(&["aimock-analyze"]);
    add(&home, "mock", &server.url(), &["--yes"], Some(KEY)).ok();
    assert_eq!(home.refused(["analyze", &issue, "--provider", "mock"], 1), "not_redacted");
    assert!(server.seen().is_empty());
}

#[test]
fn a_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let (home, issue) = home();
    for (recorded, code, tries) in [
        ("llmock-429", "", 2),
        ("llmock-500", "", 4),
        ("aimock-prose", "bad_answer", 1),
        ("llmock-401", "provider_unauthenticated", 1),
        ("llmock-cut", "provider_unavailable", 1),
        ("llama-too-long", "provider_context_too_large", 1),
        ("aimock-malformed", "provider_bad_response", 1),
    ] {
        let server = Server::replaying(&[recorded]);
        add(&home, recorded, &server.url(), &["--yes"], Some(KEY)).ok();
        let run = home.run(["analyze", &issue, "--provider", recorded, "--json"]);
        let run = if code.is_empty() { run.ok() } else { run.fails(1) };
        assert!(code.is_empty() || run.error_code() == code, "{recorded}: {run:#?}");
        assert_eq!(server.seen().len(), tries, "{recorded}");
        expect_no_key(&home, &[&run]);
    }
}

#[test]
fn a_denial_names_the_rule_and_a_command_that_allows_it_as_it_stands() {
    let home = Home::new(BINARY);
    let server = Server::replaying(&["aimock-test"]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    home.run(["plugin", "revoke", "ai-openai"]).ok();
    let denied = home.run(["provider", "test", "mock", "--json"]).fails(1).answer()["result"].clone();
    let message = text(&denied["message"]);
    let place = format!("127.0.0.1:{}/v1/chat/completions", server.port);
    assert!(message.contains("plugin ai-openai may not use http for POST") && message.contains(&place), "{message}");
    assert!(message.contains("no grant covers this origin"), "{message}");
    assert_eq!((&denied["code"], server.seen().len()), (&json!("denied"), 0));
    let hint = text(&denied["hints"][0]);
    let command = hint.strip_prefix("allow it: trcaa ").unwrap_or_else(|| panic!("{hint}"));
    home.run(command.split(' ')).ok();
    home.run(["provider", "test", "mock"]).ok();
    // The trail's table says where a request went and what became of it, as far as a cell is wide.
    let trail = home.run(["plugin", "audit", "ai-openai"]).ok().stdout;
    assert!(trail.contains(&format!("POST {place}")) && trail.contains("answered 200, "), "{trail}");
    assert!(trail.contains("denied no grant covers this origin"), "{trail}");
}

#[test]
fn the_user_is_told_why_a_server_was_not_reached_and_no_grant_is_proposed_for_metadata() {
    let home = Home::new(BINARY);
    let location = json!([["location", "http://169.254.169.254/latest/meta-data"]]);
    let server = Server::answering(vec![json!({"status": 302, "headers": location, "body": ""})]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    let result = home.run(["provider", "test", "mock", "--json"]).fails(1).answer()["result"].clone();
    assert!(text(&result["message"]).contains("169.254.169.254"), "{result}");
    assert_eq!(result["hints"][0], "nothing can allow that to ai-openai");
    // A place that the manifest does not ask for: no command that would only be refused.
    let location = json!([["location", "http://127.0.0.1:9/elsewhere"]]);
    let server = Server::answering(vec![json!({"status": 302, "headers": location, "body": ""})]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    let result = home.run(["provider", "test", "mock", "--json"]).fails(1).answer()["result"].clone();
    assert!(text(&result["message"]).ends_with(": its manifest does not ask for this"), "{result}");
    assert_eq!(result["hints"][0], "nothing can allow that to ai-openai");
    assert!(!result.to_string().contains("plugin grant"), "{result}");
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    add(&home, "closed", &format!("http://127.0.0.1:{free}"), &["--yes"], None).ok();
    let result = home.run(["provider", "test", "closed", "--json"]).fails(1).answer()["result"].clone();
    assert_eq!(result["code"], "provider_unavailable");
    assert!(text(&result["message"]).contains("can't be reached: "), "{result}");
}

#[test]
fn a_provider_plugin_that_is_switched_off_is_named_with_the_command_that_switches_it_on() {
    let (home, issue) = home();
    add(&home, "mock", "http://127.0.0.1:9/v1", &["--yes"], None).ok();
    home.run(["plugin", "disable", "ai-openai"]).ok();
    for args in [
        vec!["provider", "test", "mock"],
        vec!["provider", "models", "mock"],
        vec!["analyze", &issue, "--provider", "mock"],
        vec!["provider", "add", "other", "--plugin", "ai-openai", "--url", "http://127.0.0.1:9", "--model", "m"],
    ] {
        assert_eq!(home.refused(&args, 1), "plugin_disabled", "{args:?}");
        let run = home.run(&args).fails(1);
        assert!(run.stderr.contains("trcaa plugin enable ai-openai"), "{run:#?}");
    }
    let folder = home.data().join("plugins");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("p.wasm"), tests::HOSTILE_PROVIDER).unwrap();
    let undecided = home.run(["analyze", &issue, "--provider", "hostile-provider"]).fails(1);
    assert!(undecided.stderr.contains("trcaa plugin enable hostile-provider"), "{undecided:#?}");
}

#[test]
fn a_page_where_the_api_should_be_is_told_with_the_place_that_was_asked() {
    let (home, issue) = home();
    let page = json!({"status": 200, "headers": [["content-type", "text/html"]], "body": "<!doctype html><p>Sign in"});
    let server = Server::answering(vec![page]);
    add(&home, "mock", &server.url(), &["--yes"], None).ok();
    let run = home.run(["analyze", &issue, "--provider", "mock", "--json"]).fails(1);
    assert_eq!(run.error_code(), "provider_bad_response");
    let message = text(&run.answer()["error"]["message"]);
    assert!(message.contains(&format!("{}/chat/completions answered with HTML", server.url())), "{message}");
}

#[test]
fn an_author_cannot_write_lines_of_their_own_into_the_screen_of_a_connection() {
    let home = Home::new(BINARY);
    let far = format!("A provider. {}It may: nothing at all.", "x ".repeat(30));
    let manifest = format!(
        "description = \"{far}\"\n[[http]]\norigin = \"{{base_url}}\"\nmethods = [\"GET\"]\nreason = \"{far}\"\n"
    );
    let folder = home.data().join("plugins");
    home.issue("x");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("p.wasm"), with_manifest(&manifest)).unwrap();
    home.run(["plugin", "enable", "hostile-networked", "--yes", "--grant", "none"]).ok();
    let args =
        ["provider", "add", "far", "--plugin", "hostile-networked", "--url", "http://127.0.0.1:9", "--model", "m"];
    let shown = home.run(args).fails(2).stderr;
    assert_eq!(shown.lines().filter(|line| line.trim_start().starts_with("It may:")).count(), 1, "{shown}");
    let marked = shown.lines().filter(|line| line.trim_start().starts_with("| ")).count();
    assert!(marked >= 4 && shown.contains("why:"), "two texts of two lines: {shown}");
    assert!(shown.lines().filter(|line| line.contains("x x")).all(|line| line.len() < 80), "{shown}");
}

/// A provider whose manifest says this from its description on.
fn with_manifest(text: &str) -> Vec<u8> {
    let guest = tests::HOSTILE_NETWORKED;
    let (first, last) =
        (b"description = \"Tries every way out.\"".as_slice(), b"host_call_bytes_max = 1048576\n".as_slice());
    // As long as what it replaces, so that nothing else moves; it is in the component's code too.
    let mut bytes = guest.to_vec();
    let starts: Vec<usize> = memchr::memmem::find_iter(guest, first).collect();
    assert!(!starts.is_empty());
    for start in starts {
        let end = start + memchr::memmem::find(&guest[start..], last).unwrap() + last.len();
        let room = &mut bytes[start..end];
        assert!(text.len() <= room.len(), "{} bytes, and there is room for {}", text.len(), room.len());
        room.fill(b'\n');
        room[..text.len()].copy_from_slice(text.as_bytes());
    }
    bytes
}

#[test]
fn what_can_be_known_before_is_told_before_anybody_is_asked() {
    let home = Home::new(BINARY);
    assert_eq!(home.refused(["provider", "remove", "nobody"], 2), "no_such_provider");
    let refused = add(&home, "mock", "http://127.0.0.1:9/v1", &[], Some("q1z")).fails(2);
    assert_eq!(refused.error_code(), "bad_key");
    assert!(!refused.stdout.contains("q1z"), "{refused:?}");
    for never in ["http://169.254.169.254/v1", "https://[fd00:ec2::254]", "http://[::ffff:169.254.169.254]/"] {
        let refused = add(&home, "mock", never, &["--yes"], None).fails(2);
        assert_eq!(refused.error_code(), "bad_url", "{never}");
        assert!(refused.stdout.contains("nothing may reach"), "{refused:?}");
    }
}

#[test]
fn a_key_that_a_server_sends_back_is_hidden() {
    let (home, issue) = home();
    let echo = json!({"status": 401, "headers": [["content-type", "application/json"]],
        "body": json!({"error": {"message": format!("Incorrect API key provided: {KEY}")}}).to_string()});
    let server = Server::answering(vec![echo.clone(), echo]);
    add(&home, "mock", &server.url(), &["--yes"], Some(KEY)).ok();
    let failed = home.run(["analyze", &issue, "--provider", "mock", "--json"]).fails(1);
    assert_eq!(failed.error_code(), "provider_unauthenticated");
    let tested = home.run(["provider", "test", "mock", "--json"]).fails(1);
    assert_eq!(tested.answer()["result"]["success"], false, "a failed test is an answer: {tested:?}");
    let again = format!("trcaa provider add mock --plugin ai-openai --url {} --model gpt-4o --key-stdin", server.url());
    assert!(text(&tested.answer()["result"]["hints"][0]).ends_with(&again), "{tested:?}");
    expect_no_key(&home, &[&failed, &tested]);
}

#[test]
fn a_key_that_comes_back_in_two_halves_of_an_answer_is_hidden() {
    let (home, issue) = home();
    let whole =
        json!({"summary": format!("the key is {KEY}!"), "key_findings": [], "first_why": "?", "severity": "low"});
    let whole = whole.to_string();
    let (first, second) = whole.split_at(whole.find(KEY).unwrap() + 9);
    let delta = |text: &str| format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": text}}]}));
    let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let body = format!("{}{}data: {finish}\n\ndata: [DONE]\n\n", delta(first), delta(second));
    let answer = json!({"status": 200, "headers": [["content-type", "text/event-stream"]], "body": body});
    let server = Server::answering(vec![answer]);
    add(&home, "mock", &server.url(), &["--yes"], Some(KEY)).ok();
    let run = home.run(["analyze", &issue, "--provider", "mock", "--json"]).ok();
    assert_eq!(run.answer()["summary"], "the key is [secret]!");
    expect_no_key(&home, &[&run]);
}
