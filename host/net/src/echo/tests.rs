//! Every form of a secret, in any chunking.

use super::escape::ESCAPED_BYTES_MAX;
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proptest::prelude::*;

const SECRET: &str = "pa/ss+w\"ör%25d&<😀>";

fn known(secrets: &[&str]) -> Known {
    let known = Known::default();
    secrets.iter().for_each(|s| known.remember(&Secret::new(*s)));
    known
}

fn in_chunks(known: &Known, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let (mut redactor, mut out, mut rest) = (known.redactor(), Vec::new(), text);
    for &cut in cuts {
        let (chunk, after) = rest.split_at(cut.min(rest.len()));
        redactor.push(chunk, &mut out);
        rest = after;
    }
    redactor.push(rest, &mut out);
    redactor.finish(&mut out);
    out
}

fn forms(secret: &str) -> Vec<String> {
    let b = secret.as_bytes();
    let percent = |keep: fn(&u8) -> bool| -> String {
        b.iter().map(|b| if keep(b) { char::from(*b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let utf16: String = secret.encode_utf16().map(|u| format!("\\u{u:04X}")).collect();
    let html = |c: char| match c {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '"' => "&#34;".into(),
        '/' => "&#x2F;".into(),
        c => c.to_string(),
    };
    let mut all = vec![
        secret.to_owned(),
        percent(u8::is_ascii_alphanumeric),
        percent(|_| false).to_lowercase(),
        percent(|b| b.is_ascii_graphic() && *b != b'%'),
        utf16.clone(),
        utf16.to_lowercase(),
        secret.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/"),
        secret.chars().map(html).collect(),
        b.iter().map(|b| format!("{b:02x}")).collect(),
        b.iter().map(|b| format!("{b:02X}")).collect(),
    ];
    for before in ["", "u", "u:", "user"] {
        let pair = format!("{before}{secret}");
        all.push(STANDARD.encode(&pair));
        all.push(URL_SAFE.encode(&pair));
        all.push(STANDARD.encode(&pair).replace('/', "\\/"));
        all.push(STANDARD.encode(&pair).replace('+', "%2B").replace('/', "%2f").replace('=', "%3D"));
    }
    all
}

#[test]
fn every_form_is_found_and_nothing_else_is_touched() {
    let known = known(&[SECRET]);
    for form in forms(SECRET) {
        let out = known.scrub(&format!("before {form} after"));
        assert!(out.starts_with("before ") && out.ends_with(" after"), "{form}: {out}");
        assert!(out.contains("[secret]"), "{form}: {out}");
        // Of base64 the characters shared with the neighbours stay: at most five in front, four behind.
        assert!(out.len() <= "before [secret] after".len() + 12, "{form}: {out}");
    }
    let clean = "pa/ss %25 \\u00 &amp; + \\ % & PA/SS";
    assert_eq!(known.scrub(clean), clean);
}

/// Every way to write an ASCII character as an entity.
fn entities(c: u8) -> Vec<String> {
    let named = match c {
        b'&' => "&amp;",
        b'<' => "&lt;",
        b'>' => "&gt;",
        b'"' => "&quot;",
        b'\'' => "&apos;",
        _ => "",
    };
    let decimal = (1..=7).map(|digits| format!("&#{c:0digits$};"));
    let hex = (1..=6).flat_map(|digits| [format!("&#x{c:0digits$x};"), format!("&#X{c:0digits$X};")]);
    let signed = [format!("&#+{c};"), format!("&#x+{c:x};"), named.to_owned()];
    decimal.chain(hex).chain(signed).filter(|entity| (1..=ESCAPED_BYTES_MAX).contains(&entity.len())).collect()
}

#[test]
fn every_ascii_character_is_read_from_every_entity_wherever_it_stands() {
    for c in (b'\t'..=b'~').filter(|c| !(b'a'..=b'y').contains(c) || b"adfg".contains(c)) {
        // At the beginning, in the middle, and in all of it.
        for secret in [[c, b'k', b'Q', b'7', b'-'], [b'k', b'Q', c, b'7', b'-'], [c; 5]] {
            let secret = String::from_utf8_lossy(&secret).into_owned();
            let known = known(&[&secret]);
            let (mut text, mut expected) = (String::new(), String::new());
            for (number, entity) in entities(c).iter().cycle().take(24).enumerate() {
                // Behind so much else that it stands at any place of what is read at once.
                let between = "!".repeat(1 + number * 7 % 33).replace(char::from(c), " ");
                text.push_str(&(between.clone() + &secret.replace(char::from(c), entity)));
                expected.push_str(&(between + "[secret]"));
            }
            assert_eq!(known.scrub(&text), expected, "{secret:?} in {text}");
        }
    }
}

#[test]
fn of_two_secrets_near_to_each_other_both_are_found() {
    let known = known(&["hunter2-and-more"]);
    for (before, between) in (0..34).flat_map(|before| (0..34).map(move |between| (before, between))) {
        let around = |secret: &str| format!("{}{secret}{}{secret}", "x".repeat(before), "y".repeat(between));
        assert_eq!(known.scrub(&around("hunter2-and-more")), around("[secret]"));
    }
}

#[test]
fn an_entity_that_two_chunks_share_is_read() {
    let known = known(&["Abcdefg"]);
    for entity in entities(b'A') {
        for cut in 1..entity.len() {
            let text = format!("x{entity}bcdefg");
            assert_eq!(in_chunks(&known, text.as_bytes(), &[cut]), b"x[secret]", "{entity} at {cut}");
        }
    }
}

#[test]
fn overlapping_secrets_leave_nothing() {
    let known = known(&["abcdef", "defghi", "abcd"]);
    assert_eq!(known.scrub("xabcdefghix"), "x[secret]x");
    assert_eq!(known.scrub("abcdabcd"), "[secret][secret]");
    assert_eq!(known.scrub("abcde"), "[secret]e");
}

#[test]
fn what_is_held_back_is_bounded_and_let_go_when_decided() {
    let known = known(&["abcdefgh"]);
    let (mut redactor, mut out) = (known.redactor(), Vec::new());
    redactor.push(b"data: abcdefg", &mut out);
    assert_eq!(out, b"data: ");
    redactor.push(b"\n", &mut out);
    assert_eq!(out, b"data: abcdefg\n");
    redactor.push(&b"&#0000000".repeat(1000), &mut out);
    assert!(redactor.held.len() <= 8 * ESCAPED_BYTES_MAX, "{}", redactor.held.len());
}

#[test]
fn only_the_latest_secrets_are_remembered() {
    let known = Known::default();
    for n in 0..=SECRETS_MAX {
        known.remember(&Secret::new(format!("secret-number-{n:04}")));
    }
    assert_eq!(known.scrub("secret-number-0000"), "secret-number-0000");
    assert_eq!(known.scrub("secret-number-0001 secret-number-0032"), "[secret] [secret]");
}

#[test]
fn a_secret_of_escapes_does_not_blow_up() {
    let secret = "%25".repeat(200);
    let known = known(&[&secret]);
    assert_eq!(known.scrub(&secret), "[secret]");
    assert_eq!(known.scrub(&secret.replace('%', "%25")), "[secret]");
}

proptest! {
    #[test]
    fn any_chunking_gives_the_same_text(
        parts in prop::collection::vec(
            prop_oneof![
                (0..forms(SECRET).len()).prop_map(|i| forms(SECRET)[i].clone()),
                (0..forms(SECRET).len(), 0..30usize).prop_map(|(i, n)| forms(SECRET)[i].chars().take(n).collect()),
                Just("abcdef".to_owned()), Just("defghi".to_owned()), Just("abcd".to_owned()),
                "[a-i%&+#;u\\\\0-9]{0,12}",
            ],
            0..12,
        ),
        cuts in prop::collection::vec(0..9usize, 0..80),
    ) {
        let known = known(&[SECRET, "abcdef", "defghi"]);
        let text = parts.concat();
        let whole = in_chunks(&known, text.as_bytes(), &[]);
        prop_assert_eq!(in_chunks(&known, text.as_bytes(), &cuts), whole.clone());
        let ones = vec![1; text.len()];
        prop_assert_eq!(in_chunks(&known, text.as_bytes(), &ones), whole.clone());
        let whole = String::from_utf8_lossy(&whole);
        for secret in [SECRET, "abcdef", "defghi"] {
            prop_assert!(!whole.contains(secret));
        }
    }

    #[test]
    fn no_form_of_any_secret_survives(
        secret in "\\PC{8,24}",
        before in "[ -~]{0,5}",
        after in "[ -~]{0,5}",
    ) {
        let known = known(&[&secret]);
        for form in forms(&secret) {
            let out = known.scrub(&format!("{before}{form}{after}"));
            prop_assert!(out.contains("[secret]"), "{} in {}", form, out);
            prop_assert!(!out.contains(&secret));
        }
    }
}

#[test]
fn a_secret_over_several_pieces_is_in_none_of_them() {
    let known = known(&["hunter2/and+more"]);
    for (pieces, shown) in [
        (vec!["key hunter2", "/and+more end"], vec!["key [secret]", "[secret] end"]),
        (vec!["hun", "ter2/and+more"], vec!["hun", "[secret]"]),
        (vec!["a hunt", "er2/and", "+more b"], vec!["a [secret]", "[secret]", "[secret] b"]),
        (vec!["hunter2/and+more", "hunter2/and+more"], vec!["[secret]", "[secret]"]),
        (vec!["the hunter", "was here"], vec!["the [secret]", "was here"]),
        (vec!["hu", "man"], vec!["hu", "man"]),
        (vec!["plain", "text", ""], vec!["plain", "text", ""]),
    ] {
        let mut search = known.pieces();
        let out: Vec<String> = pieces.iter().map(|piece| search.push(piece)).collect();
        assert_eq!(out, shown, "{pieces:?}");
    }
}

#[test]
fn a_secret_that_is_too_short_to_be_used_is_not_searched_for() {
    let known = known(&["abc", "abcd"]);
    assert_eq!(known.scrub("abc abcd"), "abc [secret]");
}

#[test]
fn a_secret_with_a_byte_that_looks_unknown_is_found() {
    // U+07C0 begins with 0xdf, which is 0xff without case.
    let secret = "\u{16a0}\u{7c0}\u{2dd8}00";
    let known = known(&[secret]);
    for form in forms(secret) {
        let out = known.scrub(&format!("before {form} after"));
        assert!(out.contains("[secret]"), "{form}: {out}");
    }
}
