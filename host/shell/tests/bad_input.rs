//! Input that nobody types: deep, long, broken, invisible. Tier 2 or 3, never a crash, never lower; and the fuzz corpus.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../fuzz/check.rs"]
mod check;

use std::fs;

use trcaa_shell::{Rules, classify, judge, pattern_covers, pattern_of};

fn tier(line: &str) -> u8 {
    classify(line).unwrap().tier.number()
}

#[test]
fn ten_thousand_levels_closed_again_are_never_tier_1() {
    for (open, close) in
        [("(", ")"), ("{ ", "; }"), ("$(", ")"), ("if ls; then ", "; fi"), ("\"$(", ")\""), ("while ", "; do ls; done")]
    {
        let line = format!("{}ls{}", open.repeat(10_000), close.repeat(10_000));
        assert!(tier(&line) >= 2, "{open}");
        let line = format!("{}rm -rf /{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(tier(&line), 3, "{open}");
    }
}

#[test]
fn ten_megabytes_are_never_tier_1() {
    for piece in ["a", "ls;", "(", "'", "rm -rf /;", "\\", "$(", "\u{e9}"] {
        let line = piece.repeat((10 << 20) / piece.len());
        assert!(tier(&line) >= 2, "{piece}");
    }
}

#[test]
fn signs_that_are_not_seen_or_seen_as_others_are_never_tier_1() {
    for odd in [
        "\0",
        "\r",
        "\u{1b}[2K",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{200b}",
        "\u{200e}",
        "\u{202e}",
        "\u{2066}",
        "\u{feff}",
        "\u{ff0d}",
        "\u{2010}",
        "\u{2028}",
        "\u{3000}",
        "\u{fffd}",
        "\u{e000}",
        "\u{e001}",
        "\u{e002}",
        "\u{1}",
        "\u{b}",
        "\u{c}",
        "\u{8}",
    ] {
        for line in [
            format!("ls{odd}"),
            format!("{odd}ls"),
            format!("ls {odd}"),
            format!("ls '{odd}'"),
            format!("ls -l{odd} | wc -l"),
        ] {
            // What a shell would not see at the ends is no part of the line: only blanks and newlines.
            assert!(tier(&line) >= 2, "{line:?}");
        }
        assert_eq!(tier(&format!("ls{odd}; rm -rf /")), 3, "{odd:?}");
        assert!(tier(&format!("r{odd}m -rf /")) >= 2, "{odd:?}");
    }
    for line in ["\u{43a}ubectl get pods", "kub\u{435}ctl get pods", "l\u{455} -la", "cat \u{2011}n f"] {
        assert!(tier(line) >= 2, "{line}");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_never_tier_1() {
    for bytes in [&b"ls \xff"[..], b"\xc3(ls", b"ls \xed\xa0\x80", b"l\xf0s"] {
        assert!(tier(&String::from_utf8_lossy(bytes)) >= 2);
    }
}

#[test]
fn whatever_is_judged_the_other_questions_survive_too() {
    let rules = Rules::parse("[[command]]\nprefix = ['ls']\ntier = 2").unwrap();
    for line in ["(".repeat(9_999), "'".repeat(70_000), "a ".repeat(70_000), "\0".to_owned(), "ls \u{202e}".to_owned()]
    {
        assert_eq!(pattern_of(&line, &rules).filter(|_| line.contains(['\0', '(', '\''])), None);
        assert!(!pattern_covers("ls", &line, &rules));
        assert!(judge(&line, &rules).unwrap().plan.is_none());
    }
}

#[test]
fn the_corpus_of_the_fuzz_target_holds_its_invariants() {
    let mut seen = 0;
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/judge")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        check::line(&bytes);
        // Cut and doubled, it is a little more than itself.
        for at in 0..bytes.len() {
            check::line(&bytes[..at]);
            check::line(&bytes[at..]);
        }
        check::line(&[bytes.as_slice(), b" | ", &bytes].concat());
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}
