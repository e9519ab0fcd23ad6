//! `pii scan` as a filter in a pipe: what comes as whole lines leaves soon, nothing leaves in clear, and it ends well
//! whatever happens to its ends.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};

use tests::{Home, Run, list};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
const LINE: &str = "2026-11-21 10:00:00 INFO all is well\n";

/// Runs a scan whose input and output the test holds.
fn filter(home: &Home, args: &[&str]) -> Child {
    let all = ["pii", "scan", "-"].into_iter().chain(args.iter().copied());
    home.command(all).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn lines_leave_a_pipe_that_stays_open() {
    let home = Home::new(BINARY);
    let mut child = filter(&home, &["--redact"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    // Each answer is waited for before the next line is written: were lines kept, this would never end.
    let mut said = |line: &str| {
        stdin.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        stdout.read_line(&mut answer).unwrap();
        answer
    };
    assert_eq!(said("mail to ada@example.org failed\n"), "mail to [Email_1] failed\n");
    assert_eq!(said(LINE), LINE);
    assert_eq!(said("mail to bob@example.org and ada@example.org\n"), "mail to [Email_2] and [Email_1]\n");
    drop(stdin);
    let run = Run::of(child.wait_with_output().unwrap()).ok();
    assert!(run.stderr.starts_with("3 findings (Email 3) in 3 lines, 112 bytes, "), "{run:#?}");
}

#[test]
fn findings_leave_a_pipe_that_stays_open_in_either_form() {
    let home = Home::new(BINARY);
    for (args, wanted) in [(&[][..], "ada@example.org"), (&["--json"], "\"text\":\"ada@example.org\"")] {
        let mut child = filter(&home, args);
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdin.write_all(b"mail to ada@example.org failed\n").unwrap();
        let mut seen = Vec::new();
        while !String::from_utf8_lossy(&seen).contains(wanted) {
            let mut more = [0; 256];
            let count = stdout.read(&mut more).unwrap();
            assert!(count > 0, "{args:?}: it ended");
            seen.extend_from_slice(&more[..count]);
        }
        drop(stdin);
        stdout.read_to_end(&mut seen).unwrap();
        if args.contains(&"--json") {
            let answer: serde_json::Value = serde_json::from_slice(&seen).unwrap();
            assert_eq!(answer["schema_version"], 1);
            assert_eq!(list(&answer["spans"]).len(), 1);
        }
        Run::of(child.wait_with_output().unwrap()).ok();
    }
}

#[test]
fn a_key_that_comes_line_by_line_is_hidden_whole() {
    let home = Home::new(BINARY);
    let mut child = filter(&home, &["--redact"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let line = "bWFkZSB1cCBrZXkgbWF0ZXJpYWwsIG5vdCBhIHJlYWwga2V5LCBsaW5lIGFmdGVyIGxpbmUu\n";
    stdin.write_all(b"first\n-----BEGIN RSA PRIVATE KEY-----\n").unwrap();
    let mut text = String::new();
    stdout.read_line(&mut text).unwrap();
    for _ in 0..30 {
        stdin.write_all(line.as_bytes()).unwrap();
    }
    stdin.write_all(b"-----END RSA PRIVATE KEY-----\nlast\n").unwrap();
    stdout.read_line(&mut text).unwrap();
    stdout.read_line(&mut text).unwrap();
    assert_eq!(text, "first\n[PrivateKey_1]\nlast\n");
    drop(stdin);
    Run::of(child.wait_with_output().unwrap()).ok();
}

#[test]
fn the_summary_is_beside_the_answer_and_can_be_left_out() {
    let home = Home::new(BINARY);
    let log = format!("{LINE}ada@example.org 10.1.2.3 bob@example.org");
    let run = home.run_with(["pii", "scan", "-"], log.as_bytes()).ok();
    assert!(run.stderr.starts_with("3 findings (Email 2, Ipv4 1) in 2 lines, 77 bytes, "), "{run:#?}");
    assert!(
        run.stdout
            .starts_with("BYTES   TYPE   TEXT             REPLACEMENT\n37..52  Email  ada@example.org  [Email_1]\n")
    );
    let run = home.run_with(["pii", "scan", "-", "--quiet"], log.as_bytes()).ok();
    assert_eq!(run.stderr, "");
    let run = home.run_with(["pii", "scan", "-"], b"").ok();
    assert!(run.stderr.starts_with("0 findings in 0 lines, 0 bytes, "), "{run:#?}");
    assert_eq!(home.run_with(["pii", "scan", "-", "--redact"], b"").ok().stdout, "");
    let answer = home.run_with(["pii", "scan", "-", "--json"], b"").ok().answer();
    assert_eq!(answer, serde_json::json!({"schema_version": 1, "spans": []}));
    let answer = home.run_with(["pii", "scan", "-", "--json", "--redact"], b"").ok().answer();
    assert_eq!(answer, serde_json::json!({"schema_version": 1, "text": ""}));
}

#[test]
fn a_detector_is_left_out_by_name_and_never_by_a_wrong_one() {
    let home = Home::new(BINARY);
    let scan = |args: &[&str]| {
        let all: Vec<&str> = ["pii", "scan", "-", "--redact"].into_iter().chain(args.iter().copied()).collect();
        home.run_with(all, b"user=Ada Lovelace mail=ada@example.org\n")
    };
    assert_eq!(scan(&[]).ok().stdout, "user=[PersonName_1] mail=[Email_1]\n");
    assert_eq!(scan(&["--without", "pii-names"]).ok().stdout, "user=Ada Lovelace mail=[Email_1]\n");
    let unknown = scan(&["--without", "pii-name", "--json"]).fails(2);
    assert_eq!((unknown.error_code().as_str(), unknown.stdout.contains("Ada")), ("not_a_detector", false));
    let all = ["--without", "pii-names", "--without", "pii-base", "--without", "pii-secrets", "--json"];
    assert_eq!(scan(&all).fails(1).error_code(), "no_detector");
}

#[test]
fn fail_on_find_tells_findings_by_the_status_alone() {
    let home = Home::new(BINARY);
    let scan = |args: &[&str], input: &[u8]| {
        let all: Vec<&str> = ["pii", "scan", "-", "--fail-on-find"].into_iter().chain(args.iter().copied()).collect();
        home.run_with(all, input)
    };
    for args in [&[][..], &["--json"], &["--redact"], &["--redact", "--json"]] {
        let run = scan(args, b"ada@example.org\n").fails(1);
        assert!(!run.stderr.contains("error") && run.stdout.contains("Email_1"), "{args:?} {run:#?}");
        scan(args, LINE.as_bytes()).ok();
    }
    assert_eq!(home.refused(["pii", "scan", "no-such-file", "--fail-on-find"], 1), "unreadable");
    assert_eq!(home.refused(["pii", "scan", "--fail-on-find"], 2), "usage");
}

#[test]
fn a_json_answer_of_a_stream_is_one_object() {
    let home = Home::new(BINARY);
    let quoted = "\"quoted\" \\ back\u{1}\t h\u{e4}lt \u{1f600}\n";
    let text = format!("{}{quoted}ada@example.org \"10.1.2.3\"\n", LINE.repeat(60_000));
    let answer = home.run_with(["pii", "scan", "-", "--json", "--redact"], text.as_bytes()).ok().answer();
    let expected = text.replace("ada@example.org", "[Email_1]").replace("10.1.2.3", "[IPv4_1]");
    assert_eq!(answer["text"].as_str().unwrap(), expected);
    let many: String = (0..3_000).map(|n| format!("user{n}@example.org\n")).collect();
    let answer = home.run_with(["pii", "scan", "-", "--json"], many.as_bytes()).ok().answer();
    let spans = list(&answer["spans"]);
    assert_eq!(spans.len(), 3_000);
    assert_eq!(spans[2_999]["replacement"], "[Email_3000]");
    let table = home.run_with(["pii", "scan", "-"], many.as_bytes()).ok().stdout;
    assert_eq!(table.lines().count(), 3_001);
}

#[test]
fn what_fails_in_the_middle_ends_the_answer_and_nothing_behind_it_leaves() {
    let home = Home::new(BINARY);
    let secret = "password=hunter2abc\n";
    // UTF-16 in the midst of a log, behind more than a window of it.
    let mut mixed = format!("ada@example.org\n{}", LINE.repeat(60_000)).into_bytes();
    mixed.extend(secret.encode_utf16().flat_map(u16::to_le_bytes));
    mixed.extend_from_slice(secret.as_bytes());
    for (args, status) in [(&[][..], 1), (&["--redact"], 1), (&["--fail-on-find"], 1)] {
        let all: Vec<&str> = ["pii", "scan", "-"].into_iter().chain(args.iter().copied()).collect();
        let run = home.run_with(all, &mixed).fails(status);
        assert!(run.stderr.contains("NUL") && run.stderr.contains("hint"), "{run:#?}");
        assert!(!run.stdout.contains("hunter2abc") && !run.stdout.contains("h\0u"), "{args:?}");
    }
    for args in [&["--json"][..], &["--json", "--redact"]] {
        let all: Vec<&str> = ["pii", "scan", "-"].into_iter().chain(args.iter().copied()).collect();
        let run = home.run_with(all, &mixed).fails(1);
        let answer = run.answer();
        assert_eq!(answer["error"]["code"], "binary_file", "one object, begun or not");
        assert!(!run.stdout.contains("hunter2abc"));
    }
    let mut packed = Vec::new();
    let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
    encoder.write_all(format!("{}{secret}", LINE.repeat(100)).as_bytes()).unwrap();
    encoder.finish().unwrap();
    let run = home.run_with(["pii", "scan", "-", "--redact"], &packed).ok();
    assert!(run.stdout.ends_with("password=[Password_1]\n"));
    packed.truncate(packed.len() - 9);
    let run = home.run_with(["pii", "scan", "-", "--redact"], &packed).fails(1);
    assert!(run.stderr.contains("unpacking standard input") && !run.stdout.contains("hunter2abc"), "{run:#?}");
}

#[test]
fn every_kind_of_text_is_scanned() {
    let home = Home::new(BINARY);
    let text = "password=hunter2abc ada@example.org\n";
    let wide = |order: fn(u16) -> [u8; 2]| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(order).collect();
    let inputs: [Vec<u8>; 6] = [
        text.into(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        [b"\xff\x80 caf\xe9\n", text.as_bytes()].concat(),
        [&[0; 100][..], b"\n", text.as_bytes()].concat(),
        [b"a\0b\0\0c\n", text.as_bytes()].concat(),
    ];
    for input in inputs {
        let shown = String::from_utf8_lossy(&input).into_owned();
        let run = home.run_with(["pii", "scan", "-", "--redact"], &input).ok();
        assert!(run.stdout.ends_with("password=[Password_1] [Email_1]\n"), "{shown:?}: {run:#?}");
        let spans = list(&home.run_with(["pii", "scan", "-", "--json"], &input).ok().answer()["spans"]);
        assert_eq!(
            spans.iter().map(|span| span["text"].as_str().unwrap()).collect::<Vec<_>>(),
            ["hunter2abc", "ada@example.org"]
        );
    }
}

#[test]
fn one_line_without_an_end_is_no_matter_of_memory() {
    let home = Home::new(BINARY);
    let words = "all is well and nobody is named here, ".repeat(27_000);
    let mut child = filter(&home, &["--redact", "--quiet"]);
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = child.stdout.take().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let reader = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        stdout.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let mut peak_kib = 0;
    for n in 0..64 {
        stdin.write_all(words.as_bytes()).unwrap();
        stdin.write_all(format!("user{n}@example.org ").as_bytes()).unwrap();
        let resident = std::fs::read_to_string(&status).unwrap_or_default();
        let kib = resident.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        peak_kib =
            peak_kib.max(kib.and_then(|kib| kib.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0));
    }
    drop(stdin);
    Run::of(child.wait_with_output().unwrap()).ok();
    let text = String::from_utf8(reader.join().unwrap()).unwrap();
    assert_eq!(text.matches("[Email_").count(), 64);
    assert!(!text.contains("@example.org") && text.len() > 64 * words.len());
    // 64 MiB of text and debug code: well below what holding it would take.
    assert!(peak_kib < 100 << 10, "{peak_kib} KiB");
}

const RULES: &str = "[[rule]]\nid = \"customer\"\nlabel = \"CustomerNumber\"\nregex = 'KD-\\d{6}'\n\
    [[rule.test]]\ntext = \"for KD-123456\"\nmust = [\"KD-123456\"]\nmust_not = [\"for\"]\n";

#[test]
fn rules_of_a_user_count_in_every_look() {
    let home = Home::new(BINARY);
    let rules = home.file("own.toml", RULES);
    let log = "customer KD-123456 called\n";
    let named = ["pii", "scan", "-", "--redact", "--rules", rules.to_str().unwrap()];
    assert_eq!(home.run_with(named, log.as_bytes()).ok().stdout, "customer [CustomerNumber_1] called\n");
    assert_eq!(home.run_with(["pii", "scan", "-", "--redact"], log.as_bytes()).ok().stdout, log);
    assert!(!home.data().exists(), "no store was made");

    let issue = home.issue("KD-123456 has no service");
    std::fs::write(home.data().join("pii-rules.toml"), RULES).unwrap();
    assert!(home.run_with(["pii", "scan", "-", "--redact"], log.as_bytes()).ok().stdout.contains("[CustomerNumber_1]"));
    let id = home.log(&issue, "a.log", log);
    home.json(["pii", "detect", &id]);
    let spans = list(&home.json(["pii", "spans", &id])["spans"]);
    assert_eq!((spans[0]["pii_type"].as_str(), spans[0]["detector"].as_str()), (Some("CustomerNumber"), Some("rules")));
    home.run(["pii", "apply", &id]).ok();
    assert!(!home.run(["log", "show", &id, "--redacted"]).ok().stdout.contains("KD-123456"));
    home.run(["triage", home.file("b.log", log).to_str().unwrap(), "--title", "KD-654321 down", "--out", "out"]).ok();
    for file in std::fs::read_dir(home.path("out")).unwrap() {
        let text = std::fs::read(file.unwrap().path()).unwrap();
        assert!(memchr::memmem::find(&text, b"KD-").is_none(), "the guard knows the rules");
    }
}

#[test]
fn rules_that_cannot_be_used_refuse_every_look() {
    let home = Home::new(BINARY);
    let issue = home.issue("x");
    let id = home.log(&issue, "a.log", "mail ada@example.org\n");
    let file = home.data().join("pii-rules.toml");
    std::fs::write(&file, RULES.replace("KD-", "KD-(")).unwrap();
    let b = home.file("b.log", "mail ada@example.org\n");
    for args in [
        &["pii", "scan", b.to_str().unwrap()][..],
        &["pii", "detect", &id],
        &["pii", "apply", &id],
        &["pii", "rules", "list"],
        &["triage", b.to_str().unwrap(), "--out", "out"],
    ] {
        let run = home.run(args).fails(1);
        assert!(run.stderr.contains("pii-rules.toml:4:9: rule \"customer\": the expression can't be read"), "{run:#?}");
        assert_eq!(home.refused(args, 1), "bad_rules");
    }
    assert!(list(&home.json(["pii", "spans", &id])["spans"]).is_empty());
    assert_eq!(home.refused(["pii", "scan", b.to_str().unwrap(), "--rules", "nowhere.toml"], 1), "bad_rules");
}

#[test]
fn rules_are_checked_and_listed() {
    let home = Home::new(BINARY);
    let good = home.file("good.toml", RULES);
    let good = good.to_str().unwrap();
    assert_eq!(home.run(["pii", "rules", "check", good]).ok().stdout, "1 rule, 1 test, 0 problems\n");
    let answer = home.json(["pii", "rules", "list", good]);
    let rule = serde_json::json!({"id": "customer", "label": "CustomerNumber", "validator": "none", "context": [], "tests": 1});
    assert_eq!(list(&answer["rules"]), [rule]);
    assert_eq!(list(&home.json(["pii", "rules", "list"])["rules"]).len(), 0, "no file, no rules");
    let failing = home.file("failing.toml", RULES.replace("{6}", "{5}"));
    let run = home.run(["pii", "rules", "check", failing.to_str().unwrap()]).fails(1);
    assert!(
        run.stdout.contains("failing.toml:5:1: rule customer: a test fails: \"KD-123456\" is not hidden"),
        "{run:#?}"
    );
    let run = home.run(["pii", "rules", "check", failing.to_str().unwrap(), "--json"]).fails(1);
    assert_eq!(run.answer()["problems"][0]["line"], 5);
    assert_eq!(home.refused(["pii", "rules", "check", "nowhere.toml"], 1), "bad_rules");
    assert_eq!(home.refused(["pii", "rules", "check"], 1), "bad_rules", "there is none in the data folder");
}
