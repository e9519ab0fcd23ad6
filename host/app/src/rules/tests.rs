#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use trcaa_redact::{collect, merge, windows};

use super::*;

const RULES: &str = r#"
[[rule]]
id = "customer"
label = "CustomerNumber"
regex = 'KD-(?P<value>\d{6,9})'

[[rule]]
id = "card"
label = "CompanyCard"
regex = '\b\d{16}\b'
validator = "luhn"
context = ["Karte", "card"]
context_bytes = 40

[[rule.test]]
text = "card 4111111111111111 and 4111111111111112"
must = ["4111111111111111"]
must_not = ["4111111111111112", "and"]
"#;

fn found(rules: &Rules, text: &str) -> Vec<(String, String)> {
    let part = |span: &trcaa_model::pii::Span| {
        text[usize::try_from(span.start).unwrap()..usize::try_from(span.end).unwrap()].to_owned()
    };
    rules.find(text, 0).iter().map(|span| (span.label.clone(), part(span))).collect()
}

fn parse(text: &str) -> Rules {
    Rules::parse(text).unwrap_or_else(|problems| unreachable!("{problems:?}"))
}

fn rule(regex: &str) -> Rules {
    parse(&format!("[[rule]]\nid = 'x'\nlabel = 'X'\nregex = '''{regex}'''\n"))
}

#[test]
fn a_rule_hides_its_value_where_check_and_context_allow() {
    let rules = parse(RULES);
    let pair = |label: &str, text: &str| (label.to_owned(), text.to_owned());
    assert_eq!(
        found(&rules, "for KD-123456, KD-12 and KD-999999999\n"),
        [pair("CustomerNumber", "123456"), pair("CustomerNumber", "999999999")]
    );
    assert_eq!(found(&rules, "KARTE: 4111111111111111"), [pair("CompanyCard", "4111111111111111")]);
    assert_eq!(found(&rules, "card 4111111111111112"), []);
    assert_eq!(found(&rules, "card, and then much later, behind a good many words, 4111111111111111"), []);
    assert_eq!(found(&rules, "4111111111111111"), []);
}

#[test]
fn what_is_wrong_is_told_with_place_rule_and_advice() {
    let head = "[[rule]]\nid = \"a\"\nlabel = \"A\"\n";
    let many = format!("{head}regex = \"x\"\n").replace("\"a\"", "\"a-N\"");
    let many: String = (0..=500).map(|n| many.replace("a-N", &format!("a-{n}"))).collect();
    for (text, line, column, rule, part) in [
        ("[[rule]\n", 1, 8, "", "expected"),
        ("[[rule]]\nid = \"a\"\n", 1, 1, "", "missing field"),
        (&format!("{head}regex = \"x\"\ncolour = 1\n"), 5, 1, "", "unknown field"),
        (&format!("{head}regex = '(x'\n"), 4, 9, "a", "unclosed group"),
        (&format!("{head}regex = 'x*'\n"), 4, 9, "a", "nothing at all"),
        (&format!("{head}regex = '(?=x)y'\n"), 4, 9, "a", "look-around"),
        (&format!("{head}regex = '(x)\\1'\n"), 4, 9, "a", "backreferences"),
        (&format!("{head}regex = '\\w{{5000}}'\n"), 4, 9, "a", "more than 1048576 bytes"),
        (&format!("{head}regex = '{}'\n", "x".repeat(5000)), 4, 9, "a", "at most 4096"),
        (&format!("{head}regex = 'x'\nvalidator = \"lune\"\n"), 5, 13, "a", "no validator"),
        (&format!("{head}regex = 'x'\ncontext_bytes = 0\n"), 5, 17, "a", "context_bytes"),
        (&format!("{head}regex = 'x'\ncontext = [\"ok\", \"\"]\n"), 5, 18, "a", "word of context"),
        (&head.replace("\"a\"", "\"Größe\"").replace("[[rule]]", "[[rule]]\nregex = 'x'"), 3, 6, "Größe", "an id is"),
        (&format!("{head}regex = 'x'\n").replace("\"A\"", "\"a b\""), 3, 9, "a", "a label is"),
        (&format!("{head}regex = 'x'\n{head}regex = 'y'\n"), 6, 6, "a", "line 1 has a rule of that id"),
        (&format!("{head}regex = 'x'\n[[rule.test]]\ntext = \"x\"\nmust = [\"y\"]\n"), 7, 9, "a", "no part"),
        (&format!("{head}regex = 'x'\n[[rule.test]]\ntext = \"x\"\n"), 5, 1, "a", "says nothing"),
        (&many, 2001, 1, "", "501 rules"),
    ] {
        let problems = Rules::parse(text).unwrap_err();
        let first = &problems[0];
        assert!(first.message.contains(part), "{part}: {first:?}");
        assert_eq!((first.line, first.column, first.rule.as_str()), (line, column, rule), "{first:?}");
        assert!(!first.hint.is_empty(), "{first:?}");
    }
    let two = format!("{head}regex = '('\n{}regex = ')'\n", head.replace("\"a\"", "\"b\""));
    assert_eq!(Rules::parse(&two).unwrap_err().len(), 2, "all rules are looked at");
    let good = format!("{head}regex = '[a-f]+[0-9]{{3}}'\n");
    assert!(file::parse_within(&good, 1 << 20).is_ok());
    assert!(
        file::parse_within(&good, 100).unwrap_err()[0].message.contains("need more than 100 bytes"),
        "all together"
    );
}

#[test]
fn files_that_cannot_be_used_refuse_and_no_file_is_no_rule() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rules.toml");
    let source = RulesSource::IfThere(path.clone());
    assert!(Rules::load(&source).unwrap().is_none());
    assert_eq!(Rules::load(&RulesSource::Named(path.clone())).unwrap_err().code, "bad_rules");
    for bytes in [&b"\xff"[..], b"[[rule]]", &vec![b'#'; (1 << 20) + 1]] {
        std::fs::write(&path, bytes).unwrap();
        let error = Rules::load(&source).unwrap_err();
        assert_eq!(error.code, "bad_rules");
        assert!(error.message.contains("rules.toml") && !error.hints.is_empty(), "{error:?}");
    }
    std::fs::remove_file(&path).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &path).unwrap();
        assert_eq!(Rules::load(&source).unwrap_err().code, "bad_rules", "it is there, and can't be read");
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::create_dir(&path).unwrap();
    assert_eq!(Rules::load(&source).unwrap_err().code, "bad_rules");
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, RULES).unwrap();
    assert_eq!(list_rules(&source).unwrap().len(), 2);
    let checked = check_rules(&path).unwrap();
    assert_eq!((checked.rules, checked.tests, checked.problems.len()), (2, 1, 0));
    std::fs::write(&path, RULES.replace("luhn", "none")).unwrap();
    let checked = check_rules(&path).unwrap();
    assert_eq!(checked.problems[0].line, 15);
    assert!(checked.problems[0].message.contains("4111111111111112"), "{checked:?}");
}

#[test]
fn a_line_is_what_a_rule_looks_at() {
    assert_eq!(
        found(&rule(r"a[\s\S]*b|a"), "xa\nb\n").len(),
        1,
        "the match over the line end does not count, the one in it does"
    );
    assert_eq!(found(&rule(r"^x\d$"), "x1\nx2\r\nyx3\nx4").len(), 2);
    assert_eq!(found(&rule(r"foo\s+bar"), "foo\nbar foo bar"), [("X".to_owned(), "foo bar".to_owned())]);
}

/// No expression and no text makes it more than linear: each of these takes minutes where it does.
#[test]
fn hostile_expressions_end_in_time() {
    let long = "A".repeat(1 << 16);
    for regex in [r"(A+)+$B", r"(A|AA)+B", r".*[^A-Z]|[A-Z]{9}", r"[\s\S]*B|A{9}", r"(.*)(.*)(.*)(.*)=B"] {
        let _ = rule(regex).find(&long, 0);
        let _ = rule(regex).find(&long.replace("AAAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA\n"), 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn any_windows_give_the_same(
        parts in prop::collection::vec(("[a9€ ]{0,30}", 0usize..4, 1usize..7000), 1..200),
        start in 0u64..10_000,
    ) {
        let rules = parse("[[rule]]\nid='n'\nlabel='N'\nregex='\\d{4,}'\n[[rule]]\nid='w'\nlabel='W'\nregex='a€+(?P<value>9+)'\ncontext=['x']\n");
        let mut text = "x\n".repeat(usize::try_from(start).unwrap());
        for (part, kind, length) in parts {
            match kind {
                0 => text.push_str(&"9".repeat(length)),
                1 => text.push_str(&"x €".repeat(length)),
                2 => text.push('\n'),
                _ => {}
            }
            text.push_str(&part);
        }
        let whole = merge(&rules.find(&text, 0), text.len() as u64).unwrap();
        let mut found = Vec::new();
        for window in windows(&text) {
            let spans = rules.find(window.view(&text), window.view.start as u64);
            found.extend(collect(&window, &text, spans).unwrap());
        }
        prop_assert_eq!(merge(&found, text.len() as u64).unwrap(), whole);
    }
}
