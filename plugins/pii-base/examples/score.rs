//! Scores the bundled detectors together: `score LOG GOLD` (coverage, clean lines touched, speed) or `score CASES`, or `score hostile`.
//!
//! GOLD holds one `{"start","end","type","text"}` a line, CASES one `{"text","must","must_not"}`.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

/// A text of the size of one call, and enough calls that the best of them was not disturbed.
const SPEED_BYTES: usize = 4 << 20;
const SPEED_RUNS: usize = 25;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.as_slice() {
        [log, gold] => score_log(log, gold),
        [word] if word == "hostile" => time_hostile(),
        [cases] => score_cases(cases),
        _ => println!("usage: score LOG GOLD | score CASES"),
    }
}

/// Both detectors, one after the other.
fn detect(text: &str) -> Vec<pii_base::Span> {
    let mut spans = pii_base::detect(text);
    spans.extend(pii_secrets::detect(text));
    spans
}

fn lines(path: &str) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn covered(text: &str) -> Vec<bool> {
    let mut map = vec![false; text.len()];
    for span in detect(text) {
        map[span.start..span.end].fill(true);
    }
    map
}

fn score_log(log: &str, gold: &str) {
    let text = std::fs::read_to_string(log).unwrap();
    let map = covered(&text);
    let mut types: BTreeMap<String, (u64, u64, Vec<String>)> = BTreeMap::new();
    let mut gold_bytes = vec![false; text.len()];
    for row in lines(gold) {
        let range = usize::try_from(row["start"].as_u64().unwrap()).unwrap()
            ..usize::try_from(row["end"].as_u64().unwrap()).unwrap();
        gold_bytes[range.clone()].fill(true);
        let entry = types.entry(row["type"].as_str().unwrap().to_owned()).or_default();
        entry.0 += 1;
        if map[range.clone()].iter().all(|byte| *byte) {
            entry.1 += 1;
        } else {
            entry.2.push(text[range].to_owned());
        }
    }
    for (name, (all, full, missed)) in &types {
        println!(
            "{name:14} {full:5} of {all:5} {:7.3} %  {:?}",
            *full as f64 * 100.0 / *all as f64,
            missed.iter().take(5).collect::<Vec<_>>()
        );
    }
    let (mut clean, mut touched, mut excess, mut at) = (0u64, 0u64, 0usize, 0);
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at += line.len();
        if gold_bytes[range.clone()].iter().any(|byte| *byte) {
            excess += range.filter(|at| map[*at] && !gold_bytes[*at]).count();
            continue;
        }
        clean += 1;
        if map[range].iter().any(|byte| *byte) {
            touched += 1;
            if touched <= 10 {
                println!("touched: {line:?}");
            }
        }
    }
    println!(
        "clean lines touched: {touched} of {clean} ({:.3} %); bytes beside gold in its lines: {excess}",
        touched as f64 * 100.0 / clean.max(1) as f64
    );
    let big = text.repeat(SPEED_BYTES / text.len().max(1) + 1);
    let timed = || {
        let begin = Instant::now();
        (detect(&big).len(), begin.elapsed())
    };
    let runs: Vec<_> = (0..SPEED_RUNS).map(|_| timed()).collect();
    let (spans, best) = runs.into_iter().min_by_key(|(_, time)| *time).unwrap();
    println!(
        "{spans} spans in {} MB: {:.1} MB/s, best of {SPEED_RUNS}",
        big.len() / 1_000_000,
        big.len() as f64 / 1e6 / best.as_secs_f64()
    );
}

fn score_cases(path: &str) {
    let (mut failed, mut all) = (0, 0);
    for row in lines(path) {
        all += 1;
        let text = row["text"].as_str().unwrap();
        let map = covered(text);
        let each = |name: &str| {
            row[name].as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let places =
            |wanted: &str| text.match_indices(wanted).map(|(at, found)| at..at + found.len()).collect::<Vec<_>>();
        let missed: Vec<_> = each("must")
            .into_iter()
            .filter(|wanted| places(wanted).into_iter().any(|range| !map[range].iter().all(|byte| *byte)))
            .collect();
        let wrong: Vec<_> = each("must_not")
            .into_iter()
            .filter(|wanted| places(wanted).into_iter().any(|range| map[range].iter().any(|byte| *byte)))
            .collect();
        if !missed.is_empty() || !wrong.is_empty() {
            failed += 1;
            println!(
                "FAILED {text:?}\n  missed {missed:?}\n  touched {wrong:?}\n  spans {:?}",
                detect(text).iter().map(|span| (span.label, &text[span.start..span.end])).collect::<Vec<_>>()
            );
        }
    }
    println!("{} of {all} cases pass", all - failed);
}

/// Times 8 MiB of each text that invites a rule to read on from every candidate.
fn time_hostile() {
    const BYTES: usize = 8 << 20;
    let units = [
        "a.",
        ":",
        "::",
        "password=",
        "password: ",
        "password=\"",
        "\"password\":\"\\\"",
        "7",
        "1 ",
        "1-",
        "4111 ",
        "@",
        "a@",
        "a@b.",
        "a@b.co ",
        "://",
        "x://:a",
        "x://:a/",
        "x://u:p",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----",
        "AKIAABCDEFGHIJKLMNOP ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "eyJ",
        "eyJ ",
        "%40",
        "%3A%2F%2F",
        "\\u0040",
        "\\",
        "token=a,",
        "a&b",
        "Cookie: a=1; ",
        "Authorization: Digest ",
        "Basic AAAA",
        "bearer ",
        " -p1",
        " -u a",
        "aB1",
        "aB1/",
        "ABCD",
        "(206) ",
        "+1 ",
        "fe80::",
        "00:",
        "é",
        "<password>",
        "host=",
        "a-",
        "[",
        "phone 1 ",
        "secret aB1",
        "GB29 ",
        "GB29 NWBK ",
        "pw=x ",
        "1.1.1.1 ",
        "a.corp ",
        "a1B2a1B2a1B2a1B2/",
        "curl -u a:b ",
        "YWFhYWFhYWFhYWFhYWFhYWFhYWFh ",
        "536-22-",
        "mysql -p",
        "token: a1b2c3d4 ",
        "----- ",
        "-- ",
        "\n--",
        "a:b@tcp(",
        "é@",
        "token=",
        "xoxb-",
        "xoxd-:",
        "cookie:",
        "cookie:a=1; ",
        "bearer+",
        "authorization:",
        "password=[",
        "(password=)",
        "password: |\n ",
        "password:\n ",
        "eyJhbGciOiJIUzI1NiJ9-",
        "eyJhbGciOiJIUzI1NiJ9-a",
        "/////",
        "curl ",
        "curl -u a ",
        "mysql.",
        "$6$",
        " $6$aaaaaaaaaaaaaaaaaaaaaaaa1",
        "x%40y ",
        "\\u0040",
        "\u{200b}",
        "YWRhQGV4YW1wbGUub3JnIGFkYUBleGFtcGxlLm9yZw-",
        "&#64;",
        "machine a login b password ",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC-",
        "1-800-",
        "aaaaaaaaaaaaaaaa.",
        "AKIAABCDEFGHIJKLMNOP",
        "a@b@",
        "192.168.0.1.",
        "otp=",
        "a:5432:",
        "a:5432:b:c:d\n",
        "wordpress_0123456789abcdef0123456789abcdef=",
        "%25",
        "%41",
        "%3a%2f",
        "key=a&",
        "host: ",
        "from 1.2.3.4 ",
        "a.a.a.a ",
    ];
    let mut times: Vec<_> = units
        .iter()
        .map(|unit| {
            let text = unit.repeat(BYTES / unit.len());
            let begin = Instant::now();
            let spans = detect(&text).len();
            (begin.elapsed(), spans, unit)
        })
        .collect();
    times.sort();
    for (time, spans, unit) in times.iter().rev().take(12) {
        println!("{time:9.1?} {spans:8} spans  {unit:?}");
    }
}
