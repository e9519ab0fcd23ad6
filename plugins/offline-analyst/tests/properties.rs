//! What holds for any input: no panic, bounded answers, citations that exist.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use offline_analyst::{Citation, Doc, investigate};
use proptest::prelude::*;

fn holds(docs: &[Doc<'_>]) {
    let found = investigate(docs);
    let (analysis, whys) = (found.analysis(), found.whys());
    assert!(whys.len() <= 5 && analysis.key_findings.len() <= 14 && analysis.timeline.len() <= 40);
    let all = whys
        .iter()
        .flat_map(|why| &why.evidence)
        .chain(analysis.key_findings.iter().flat_map(|finding| &finding.evidence));
    let all = all
        .chain(analysis.timeline.iter().map(|moment| &moment.citation))
        .chain(analysis.root_cause.iter().flat_map(|root| &root.evidence));
    for citation in all {
        assert!(docs.iter().any(|doc| names(doc, citation)), "{citation:?}");
    }
    let again = investigate(docs);
    assert_eq!((analysis, whys), (again.analysis(), again.whys()), "equal input, equal answer");
}

fn names(doc: &Doc<'_>, citation: &Citation) -> bool {
    doc.digest == citation.digest
        && citation.first_line == citation.last_line
        && citation.quote.len() <= 300
        && doc.text.split('\n').zip(0_u32..).any(|(line, index)| {
            doc.first_line.saturating_add(index) == citation.first_line && line.starts_with(&citation.quote)
        })
}

/// Pieces that lead into every reader.
const PIECES: &[&str] = &[
    "2026-01-02T03:04:05Z ",
    "Jan  2 03:04:05 host ",
    "[Sun Dec 04 04:47:44 2005] ",
    "[ 12.345] ",
    "E0102 03:04:05.000000 ",
    "1700000000 ",
    "9999999999999 ",
    "2200-12-31 24:59:60 ",
    "{\"ts\":1700000000,\"level\":\"error\",\"msg\":\"",
    "\"}",
    "ERROR ",
    "LOG:  ",
    "PANIC:  ",
    "[41] ",
    "No space left on device",
    "too many clients already",
    "checkpoint complete: x; 9 WAL file(s) added, 0 removed, 0 recycled",
    "START_REPLICATION SLOT \"a\" ",
    "disconnection: session time",
    "connection authorized: app=x ",
    "Failed password for a from b ",
    "Accepted password for a from b ",
    "deployed version 2 ",
    "java.lang.XException: é ",
    "\n\tat a.b(C.java:1)",
    "Caused by: d.EError: f",
    "Traceback (most recent call last):\n  File \"x\", line 1",
    "panic: y\n\ngoroutine 1 [running]:\nmain.a(0x1)",
    "\"GET /é?q HTTP/1.1\" 502 1",
    "rss=99999999999999999999 ",
    "active=1 ",
    "upstream: \"",
    "database system is ready to accept connections",
    "ftpd[1]: connection from x ",
    "\n",
    "\r\n",
    "\n\n",
    "\0",
    "\u{1b}[31m",
    "é",
    "→",
    "[IPv4_3]",
    " ",
    "error",
    "=",
    "\"",
    "\\",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), first_line in any::<u32>()) {
        let text = String::from_utf8_lossy(&bytes);
        holds(&[Doc { name: "n", digest: "d", first_line, text: &text }]);
    }

    #[test]
    fn any_mix_of_log_pieces_is_answered(
        picks in proptest::collection::vec(proptest::collection::vec(0..PIECES.len(), 0..80), 0..4),
        same in any::<bool>(),
        first_line in 0_u32..50,
    ) {
        let texts: Vec<String> = picks.iter().map(|picks| picks.iter().map(|&at| PIECES[at]).collect()).collect();
        let digests = ["a", "b", "c", "d"];
        let mut line = first_line;
        let docs: Vec<Doc<'_>> = texts.iter().zip(digests).map(|(text, digest)| {
            let doc = Doc { name: "x/y.log", digest: if same { "a" } else { digest }, first_line: line, text };
            line += 200;
            doc
        }).collect();
        holds(&docs);
    }
}

#[test]
fn one_huge_line_and_very_many_short_ones_are_answered() {
    let huge = format!("2026-01-02T03:04:05Z ERROR {}", "No space left ".repeat(40_000));
    let short = "x\n".repeat(300_000);
    let blank = "\n".repeat(300_000);
    for text in [&huge, &short, &blank] {
        let docs = [Doc { name: "n", digest: "d", first_line: 1, text }];
        let found = investigate(&docs);
        assert!(
            found
                .analysis()
                .key_findings
                .iter()
                .flat_map(|finding| &finding.evidence)
                .all(|citation| names(&docs[0], citation))
        );
    }
}
