//! The main job on the bundled incident: right, evidenced, and without one value of it in clear.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use serde_json::Value;
use tests::{Home, TEST_KEY, incident, incident_logs, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

struct Done {
    home: Home,
    report: Value,
}

fn triage_args(files: &[PathBuf], more: &[&str]) -> Vec<OsString> {
    let mut args = vec![OsString::from("triage")];
    args.extend(files.iter().map(|file| file.clone().into_os_string()));
    args.extend(more.iter().map(OsString::from));
    args
}

fn done() -> Done {
    let home = Home::new(BINARY);
    let report = home.json(triage_args(&incident_logs(), &["--out", "out"]));
    Done { home, report }
}

impl Done {
    fn logs(&self) -> Vec<String> {
        list(&self.report["log_file_ids"]).iter().map(text).collect()
    }

    fn exports(&self) -> Vec<(String, String)> {
        let read = |path: &Value| {
            let path = self.home.path(&text(path));
            let extension = path.extension().unwrap().to_string_lossy().into_owned();
            (extension, fs::read_to_string(path).unwrap())
        };
        list(&self.report["exported"]).iter().map(read).collect()
    }

    fn export(&self, extension: &str) -> String {
        self.exports().into_iter().find(|(found, _)| found == extension).unwrap().1
    }
}

fn truth() -> Value {
    serde_json::from_slice(&fs::read(incident().join("truth.json")).unwrap()).unwrap()
}

/// Letters and digits of a text with their spaces made one: what is left when markup and escapes are gone.
fn words(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.trim().to_owned()
}

/// The text of a page, its drawing and its style left out.
fn text_of_html(page: &str) -> String {
    let mut out = String::new();
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let skipped = ["style", "script", "svg"].iter().find(|name| rest[1..].starts_with(**name));
        let close = skipped.map_or_else(|| ">".to_owned(), |name| format!("</{name}>"));
        let end = rest.find(&close).unwrap() + close.len();
        // Inline markup stands inside words and parts none.
        let inline = ["<em", "</em", "<strong", "</strong", "<code", "</code", "<span", "</span", "<wbr"];
        if !inline.iter().any(|name| rest.starts_with(name)) {
            out.push('\n');
        }
        rest = &rest[end..];
    }
    out.push_str(rest);
    for (entity, c) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&amp;", "&")]
    {
        out = out.replace(entity, c);
    }
    out
}

/// The Markdown without the block that becomes a drawing.
fn without_drawing(markdown: &str) -> String {
    let (before, from) = markdown.split_once("```timeline\n").unwrap();
    let (_, behind) = from.split_once("\n```\n").unwrap();
    format!("{before}{behind}")
}

fn headings_of_markdown(markdown: &str) -> Vec<String> {
    markdown.lines().filter(|line| line.starts_with('#')).map(words).collect()
}

fn headings_of_html(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for piece in page.split("<h").skip(1) {
        if piece.starts_with(|c: char| ('1'..='6').contains(&c)) {
            let inner = piece.split_once('>').unwrap().1;
            found.push(words(&text_of_html(inner.split("</h").next().unwrap())));
        }
    }
    found
}

#[test]
fn the_true_cause_is_named_and_shown_by_lines() {
    let done = done();
    let mut keys: Vec<&String> = done.report.as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(keys, ["document_id", "exported", "issue_id", "log_file_ids", "schema_version", "spans", "whys"]);
    assert!(done.report["spans"].as_u64().unwrap() > 1_000, "{}", done.report["spans"]);
    assert_eq!(done.logs().len(), 4);
    let whys = list(&done.report["whys"]);
    assert!((3..=5).contains(&whys.len()), "{whys:#?}");
    for (index, why) in whys.iter().enumerate() {
        assert_eq!(why["level"], index + 1);
        assert!(!text(&why["question"]).is_empty() && !text(&why["answer"]).is_empty());
        assert!(why["assumed"] == true || !list(&why["evidence"]).is_empty(), "{why:#}");
    }

    let truth = truth();
    let exports = done.exports();
    assert_eq!(exports.iter().map(|(format, _)| format.as_str()).collect::<Vec<_>>(), ["md", "html"]);
    for (format, content) in &exports {
        let shown = if format == "html" { text_of_html(content) } else { content.replace('\\', "") };
        for wanted in list(&truth["must_mention"]) {
            assert!(shown.to_lowercase().contains(&text(&wanted).to_lowercase()), "{format} does not mention {wanted}");
        }
        let cause = shown.split("Root Cause").last().unwrap();
        assert!(cause.contains("standby_dr"), "{format}: the section Root Cause does not name the slot");
    }

    // The lines that prove it, as the recording's own truth has them.
    let listed = list(&done.home.json(["log", "list"])["log_files"]);
    let hash_of = |file: &Value| text(&listed.iter().find(|log| log["file_name"] == *file).unwrap()["content_hash"]);
    let markdown = done.export("md");
    let said = format!("{}\n{markdown}", done.report["whys"]);
    let cited = citations(&said);
    let proven = |evidence: &&Value| {
        let prefix = hash_of(&evidence["file"])[..12].to_owned();
        let line = evidence["line"].as_u64().unwrap();
        cited.iter().any(|(digest, first, last)| *digest == prefix && (*first..=*last).contains(&line))
    };
    let evidence = list(&truth["evidence"]);
    let shown: Vec<&Value> = evidence.iter().filter(proven).map(|e| &e["shows"]).collect();
    assert!(shown.len() >= 3, "only {shown:?} of the proofs are cited, of {} citations", cited.len());
}

/// `sha256:0123456789ab line 7` and `… lines 7-9`.
fn citations(text: &str) -> BTreeSet<(String, u64, u64)> {
    let mut found = BTreeSet::new();
    for piece in text.split("sha256:").skip(1) {
        let mut words = piece.split([' ', ':']);
        let (Some(digest), Some("line" | "lines"), Some(range)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let range: String = range.chars().take_while(|c| c.is_ascii_digit() || *c == '-').collect();
        let (first, last) = range.split_once('-').unwrap_or((&range, &range));
        found.insert((digest.to_owned(), first.parse().unwrap(), last.parse().unwrap()));
    }
    found
}

#[test]
fn every_cited_line_is_word_for_word_in_the_redacted_copy() {
    let done = done();
    let logs = list(&done.home.json(["log", "list"])["log_files"]);
    let mut copies = HashMap::new();
    for log in &logs {
        let copy = done.home.bytes(["log", "show", &text(&log["id"]), "--redacted"]);
        copies.insert(text(&log["content_hash"])[..12].to_owned(), String::from_utf8(copy).unwrap());
    }
    let mut checked = 0;
    for why in list(&done.report["whys"]) {
        for citation in list(&why["evidence"]) {
            let citation = text(&citation);
            let (place, quote) = citation.split_once(": ").unwrap();
            let (digest, line, _) = citations(place).pop_first().unwrap();
            let line = copies[&digest].lines().nth(usize::try_from(line).unwrap() - 1).unwrap();
            assert!(line.starts_with(quote), "{citation}\n{line}");
            checked += 1;
        }
    }
    assert!(checked >= 3, "{checked}");
}

/// Finds values of the recording in bytes, in one pass over them: by their first eight bytes, then in full.
struct Gold {
    begins: HashMap<[u8; 8], Vec<Vec<u8>>>,
    second: Vec<bool>,
    values: usize,
}

impl Gold {
    fn load() -> Self {
        let mut values = BTreeSet::new();
        for line in fs::read_to_string(incident().join("gold.jsonl")).unwrap().lines() {
            let value = text(&serde_json::from_str::<Value>(line).unwrap()["text"]);
            // Of a key of many lines, each line is as bad as the whole.
            for piece in value.split('\n').flat_map(|piece| piece.split("\\n")) {
                if !piece.starts_with("-----") {
                    values.insert(piece.to_owned());
                }
            }
            values.insert(value);
        }
        // The shortest is an address of ten characters: none of them is a word that a document could hold by chance.
        assert!(values.iter().all(|value| value.len() >= 10), "{values:?}");
        let mut gold = Self { begins: HashMap::new(), second: vec![false; 1 << 16], values: values.len() };
        for value in values {
            let value = value.into_bytes();
            gold.second[usize::from(u16::from_be_bytes([value[0], value[1]]))] = true;
            gold.begins.entry(value[..8].try_into().unwrap()).or_default().push(value);
        }
        gold
    }

    fn first_in(&self, bytes: &[u8]) -> Option<String> {
        let mut at = 0;
        while at + 8 <= bytes.len() {
            if self.second[usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))] {
                let begin: [u8; 8] = bytes[at..at + 8].try_into().unwrap();
                let values = self.begins.get(&begin).map(Vec::as_slice).unwrap_or_default();
                if let Some(value) = values.iter().find(|value| bytes[at..].starts_with(value)) {
                    return Some(String::from_utf8_lossy(value).into_owned());
                }
            }
            at += 1;
        }
        None
    }

    fn expect_none(&self, bytes: &[u8], place: &str) {
        assert_eq!(self.first_in(bytes), None, "in clear in {place}");
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

/// Opens the database as any SQLCipher client would, with the tests' key.
fn open(home: &Home) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    db.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    db
}

#[test]
fn no_value_of_the_recording_is_in_clear_outside_the_original() {
    let gold = Gold::load();
    assert!(gold.values > 150);
    let originals: Vec<Vec<u8>> = incident_logs().iter().map(|path| fs::read(path).unwrap()).collect();
    assert!(originals.iter().all(|bytes| gold.first_in(bytes).is_some()), "the search finds what is there");

    let done = done();
    for (format, content) in done.exports() {
        gold.expect_none(content.as_bytes(), &format);
    }
    for (log, original) in done.logs().iter().zip(&originals) {
        assert_eq!(&done.home.bytes(["log", "show", log]), original, "log show gives the original");
        gold.expect_none(&done.home.bytes(["log", "show", log, "--redacted"]), "log show --redacted");
        let spans = list(&done.home.json(["pii", "spans", log])["spans"]);
        assert!(!spans.is_empty() && spans.iter().all(|span| span["original_value"] == ""));
    }
    let shown = done.home.run(["issue", "show", "last"]).ok();
    gold.expect_none(shown.stdout.as_bytes(), "issue show");
    gold.expect_none(done.report.to_string().as_bytes(), "the report");

    let mut scanned = 0;
    for file in files_below(&done.home.data()) {
        let bytes = fs::read(&file).unwrap();
        gold.expect_none(&bytes, &file.display().to_string());
        scanned += bytes.len();
    }
    assert!(scanned > 200_000, "the originals are in there, compressed and encrypted: {scanned}");

    let mut texts = 0;
    let db = open(&done.home);
    let tables: Vec<String> = {
        let mut query = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
        query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    for table in tables {
        let mut query = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns: Vec<String> = query.column_names().map(str::to_owned).collect();
        let mut rows = query.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for (index, column) in columns.iter().enumerate() {
                let place = format!("{table}.{column}");
                match row.get_ref(index).unwrap() {
                    ValueRef::Text(bytes) => gold.expect_none(bytes, &place),
                    // The one place where the original belongs.
                    ValueRef::Blob(_) if column == "content_compressed" => continue,
                    ValueRef::Blob(bytes) if bytes.starts_with(b"\x1f\x8b") => gold.expect_none(&gunzip(bytes), &place),
                    ValueRef::Blob(bytes) => gold.expect_none(bytes, &place),
                    _ => continue,
                }
                texts += 1;
            }
        }
    }
    assert!(texts > 5_000, "{texts}");
}

#[test]
fn what_was_sent_was_written_down_before_and_the_trail_holds() {
    let done = done();
    let detail = done.home.json(["issue", "show", "last"]);
    let conversations = list(&detail["conversations"]);
    assert_eq!(conversations.len(), 2, "one analysis, one chain of whys");
    let audit = list(&done.home.json(["audit", "list", "--limit", "1000"])["audit_log"]);
    let sends: Vec<&Value> = audit.iter().rev().filter(|entry| entry["action"] == "ai_send").collect();
    assert_eq!(sends.len(), conversations.len());
    for (send, conversation) in sends.iter().zip(&conversations) {
        // Ids are made in the order of time.
        assert!(text(&send["id"]) < text(&conversation["id"]), "{send:#} {conversation:#}");
        let details: Value = serde_json::from_str(&text(&send["details"])).unwrap();
        assert_eq!(text(&details["sha256"]).len(), 64);
        assert_eq!(list(&details["log_file_ids"]).len(), 4);
        assert_eq!(details["provider"], "offline-analyst");
        let types: BTreeSet<String> = list(&details["redacted_types"]).iter().map(text).collect();
        assert!(types.contains("Email") && types.contains("Password"), "{types:?}");
    }
    let redactions = audit.iter().filter(|entry| entry["action"] == "apply_redactions");
    assert_eq!(redactions.count(), 4);
    let first_send = text(&sends[0]["id"]);
    assert!(audit.iter().filter(|e| e["action"] == "apply_redactions").all(|e| text(&e["id"]) < first_send));

    let verdict = done.home.json(["audit", "verify"]);
    assert_eq!(verdict["intact"], true);
    assert_eq!(verdict["entries"], audit.len());
    done.home.expect_sound();

    let types: Vec<String> = list(&detail["timeline_events"]).iter().map(|event| text(&event["event_type"])).collect();
    let count = |wanted: &str| types.iter().filter(|found| *found == wanted).count();
    assert_eq!(count("triage_started"), 1);
    assert_eq!(count("log_uploaded"), 4);
    assert_eq!(count("root_cause_identified"), 1);
    assert_eq!(count("why_level_advanced"), list(&done.report["whys"]).len());
    assert_eq!(count("rca_generated"), 1);
    assert_eq!(count("document_exported"), 2);
    assert_eq!(detail["issue"]["status"], "investigating");
    assert_eq!(list(&detail["resolution_steps"]).len(), list(&done.report["whys"]).len());
}

#[test]
fn the_formats_say_the_same() {
    let done = done();
    let markdown = done.export("md");
    let page = done.export("html");
    // The page has a table of contents of its own.
    let of_page: Vec<String> = headings_of_html(&page).into_iter().filter(|heading| heading != "Contents").collect();
    assert_eq!(headings_of_markdown(&markdown), of_page);
    let sections = [
        "Issue Summary",
        "Incident Timeline",
        "Incident Metrics",
        "5 Whys Analysis",
        "Root Cause",
        "Log Files Analyzed",
        "Corrective Actions",
        "Lessons Learned",
    ];
    let found = headings_of_markdown(&markdown);
    let mut rest = found.iter();
    for section in sections {
        assert!(rest.any(|heading| heading == section), "{section} is missing or out of order in {found:?}");
    }

    let shown = words(&text_of_html(&page));
    let plain = words(&markdown.replace('\\', ""));
    for why in list(&done.report["whys"]) {
        for said in [&why["question"], &why["answer"]].into_iter().chain(&list(&why["evidence"])) {
            let said = words(&text(said));
            assert!(plain.contains(&said), "md lacks: {said}");
            assert!(shown.contains(&said), "html lacks: {said}");
        }
    }
    let of_page: BTreeSet<&str> = shown.split(' ').collect();
    // A list's numbers are marks in Markdown and drawn by the browser in HTML.
    let unmarked = |line: &str| match line.split_once(". ") {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest.to_owned(),
        _ => line.to_owned(),
    };
    let unnumbered = without_drawing(&markdown).lines().map(unmarked).collect::<Vec<_>>().join("\n");
    let prose = words(&unnumbered.replace('\\', ""));
    assert!(prose.len() > 3_000, "{prose}");
    let lost: BTreeSet<&str> = prose.split(' ').filter(|word| !of_page.contains(word)).collect();
    assert!(lost.is_empty(), "only in md: {lost:?}");
}

#[test]
fn exporting_again_gives_the_same_bytes_and_overwrites_nothing() {
    let done = done();
    let first = done.exports();
    let id = text(&done.report["document_id"]);
    for (format, content) in &first {
        for out in ["a", "b"] {
            done.home.json(["doc", "export", &id, "--format", format, "--out", out]);
            assert_eq!(&fs::read_to_string(done.home.path(out)).unwrap(), content, "{format}");
        }
        fs::write(done.home.path("a"), "mine").unwrap();
        assert_eq!(done.home.refused(["doc", "export", &id, "--format", format, "--out", "a"], 1), "exists");
        assert_eq!(fs::read_to_string(done.home.path("a")).unwrap(), "mine");
        done.home.json(["doc", "export", &id, "--format", format, "--out", "a", "--force"]);
        assert_eq!(&fs::read_to_string(done.home.path("a")).unwrap(), content);
        for out in ["a", "b"] {
            fs::remove_file(done.home.path(out)).unwrap();
        }
    }
    let left: Vec<_> = fs::read_dir(done.home.dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "only the data folder and `out`: {left:?}");
}

#[test]
fn a_second_run_writes_beside_the_first() {
    let home = Home::new(BINARY);
    let log = home.file("db.log", SMALL);
    let run = || home.json(triage_args(std::slice::from_ref(&log), &["--out", "out", "--title", "Disk: full?"]));
    let paths = |report: &Value| list(&report["exported"]).iter().map(text).collect::<Vec<_>>();
    let first = paths(&run());
    let content: Vec<Vec<u8>> = first.iter().map(|path| fs::read(home.path(path)).unwrap()).collect();
    let second = paths(&run());
    assert!(first.iter().all(|path| !second.contains(path)), "{first:?} {second:?}");
    for (path, content) in first.iter().zip(&content) {
        assert_eq!(&fs::read(home.path(path)).unwrap(), content, "{path} was changed");
    }
    assert_eq!(fs::read_dir(home.path("out")).unwrap().count(), 4);
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 2);
}

const SMALL: &str = "2026-11-21 10:00:01 INFO db-writer: started for anna.berg@example.com\n\
                     2026-11-21 10:00:02 ERROR db-writer: could not write to file \"pg_wal/1\": No space left on device\n\
                     2026-11-21 10:00:03 FATAL db-writer: shutting down\n";

#[test]
fn a_log_named_twice_is_one_log() {
    let home = Home::new(BINARY);
    let (one, two) =
        (home.file("one.log", SMALL), home.file("two.log", "2026-11-21 10:00:09 mail from bob@example.org\n"));
    let report = home.json(triage_args(&[one.clone(), two, one], &["--out", "out"]));
    assert_eq!(list(&report["log_file_ids"]).len(), 2, "{report:#}");
    assert_eq!(report["spans"], 2, "each value is counted once");
    let audit = list(&home.json(["audit", "list"])["audit_log"]);
    assert_eq!(audit.iter().filter(|entry| entry["action"] == "apply_redactions").count(), 2);
}

#[test]
fn what_is_asked_for_in_vain_is_told_before_the_work() {
    let home = Home::new(BINARY);
    let log = home.file("db.log", SMALL);
    for (more, code) in [
        (["--formats", "md,nope"], "no_such_format"),
        (["--severity", "urgent"], "unknown_value"),
        (["--domain", "cooking"], "unknown_value"),
        (["--provider", "nobody"], "no_such_provider"),
    ] {
        assert_eq!(home.refused(triage_args(std::slice::from_ref(&log), &more), 2), code);
        assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 0, "{more:?} opened an issue");
    }
}

#[test]
fn nothing_is_sent_while_no_detector_may_look() {
    let home = Home::new(BINARY);
    let log = home.file("db.log", SMALL);
    for detector in ["pii-base", "pii-names", "pii-secrets"] {
        home.json(["plugin", "disable", detector]);
    }
    assert_eq!(home.refused(triage_args(&[log], &["--out", "out"]), 1), "no_detector");
    let audit = list(&home.json(["audit", "list"])["audit_log"]);
    assert!(audit.iter().all(|entry| entry["action"] != "ai_send"), "{audit:#?}");
    assert_eq!(list(&home.json(["issue", "show", "last"])["conversations"]).len(), 0);
    assert!(fs::read_dir(home.path("out")).map_or(0, Iterator::count) == 0, "nothing was written");
    home.expect_sound();
}

#[test]
fn a_log_that_is_not_redacted_is_not_analysed() {
    let home = Home::new(BINARY);
    let issue = home.issue("disk");
    let log = home.log(&issue, "db.log", SMALL);
    assert_eq!(home.refused(["analyze", &issue], 1), "not_redacted");
    assert_eq!(home.refused(["why", &issue], 1), "not_redacted");
    home.json(["pii", "apply", &log]);
    let analysis = home.json(["analyze", &issue]);
    assert!(!analysis.to_string().contains("anna.berg"));
    let second = home.log(&issue, "more.log", "2026-11-21 10:00:09 ERROR again bob@example.org\n");
    assert_eq!(home.refused(["analyze", &issue], 1), "not_redacted", "one of two is not enough");
    home.json(["pii", "apply", &second]);
    home.json(["analyze", &issue]);
}

#[test]
fn a_file_name_with_a_value_in_it_leaves_without_it() {
    let home = Home::new(BINARY);
    let log = home.file("carla.diaz@example.net.log", SMALL);
    let report = home.json(triage_args(&[log], &["--out", "out"]));
    for path in list(&report["exported"]) {
        let path = text(&path);
        assert!(!path.contains("carla"), "{path}");
        assert!(!fs::read_to_string(home.path(&path)).unwrap().contains("carla"), "{path}");
    }
    let sent: i64 = open(&home)
        .query_row("SELECT count(*) FROM ai_messages WHERE content LIKE '%carla%'", [], |row| row.get(0))
        .unwrap();
    assert_eq!(sent, 0, "the prompt holds it");
}

#[test]
fn a_title_with_a_value_in_it_leaves_without_it() {
    let home = Home::new(BINARY);
    let log = home.file("db.log", SMALL);
    let report = home
        .json(triage_args(&[log], &["--out", "out", "--title", "Call from carla.diaz@example.net about 203.0.113.77"]));
    for path in list(&report["exported"]) {
        let path = text(&path);
        assert!(!path.contains("carla"), "{path}");
        let content = fs::read_to_string(home.path(&path)).unwrap();
        assert!(!content.contains("carla") && !content.contains("203.0.113.77"), "{path}");
    }
    let db = open(&home);
    let sent: i64 = db
        .query_row(
            "SELECT count(*) FROM ai_messages WHERE content LIKE '%carla%' OR content LIKE '%203.0.113.77%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(sent, 0, "the prompt holds it");
}
