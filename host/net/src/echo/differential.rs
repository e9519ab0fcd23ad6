//! The search beside the obvious one, which compares exactly at every place of the whole text.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, PAD};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// What the invariants of the module promise, and nothing else.
fn obvious(needles: &Needles, text: &[u8]) -> Vec<u8> {
    let (mut out, mut covered) = (Vec::new(), 0);
    for (at, &byte) in text.iter().enumerate() {
        match needles.slowly_at(&text[at..], End::Final) {
            Found::Yes(len) => {
                if at >= covered {
                    out.extend_from_slice(MASK);
                }
                covered = covered.max(at + len);
            }
            _ if at >= covered => out.push(byte),
            _ => {}
        }
    }
    out
}

/// One way to write a character, chosen by a number; it stands as it is where that way doesn't know it.
fn escaped(c: char, way: u8) -> String {
    let mut bytes = [0; 4];
    let percent = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    match (way, c) {
        (0, c) => percent(c.encode_utf8(&mut bytes)),
        (1, c) => percent(c.encode_utf8(&mut bytes)).to_lowercase(),
        (2, c) => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        (3, c) => format!("&#{};", u32::from(c)),
        (4, c) => format!("&#x{:X};", u32::from(c)),
        (6, c) => format!("&#X{:05x};", u32::from(c)),
        (7, c) => format!("&#{:06};", u32::from(c)),
        (8, '+') => "&#+43;".into(),
        (8, '&') => "&#x+26;".into(),
        (8, '>') => "&gt;".into(),
        (8, '"') => "&quot;".into(),
        (8, '\'') => "&apos;".into(),
        (5, ' ') => "+".into(),
        (5, '&') => "&amp;".into(),
        (5, '<') => "&lt;".into(),
        (5, '\n') => "\\n".into(),
        (5, '"' | '\\' | '/' | '\'') => format!("\\{c}"),
        (_, c) => c.into(),
    }
}

/// A form of a secret before anything in it is escaped.
fn form(secret: &str, number: u8) -> String {
    let coded = |alphabet: &Alphabet, before: &str| {
        let padding = if number.is_multiple_of(2) { PAD } else { NO_PAD };
        GeneralPurpose::new(alphabet, padding).encode(format!("{before}{secret}"))
    };
    let hex = |upper: u8| -> String {
        let hex = secret.bytes().map(|b| format!("{b:02x}")).collect::<String>();
        let case = |(at, c): (usize, char)| if (upper >> (at % 4)) & 1 == 1 { c.to_ascii_uppercase() } else { c };
        hex.chars().enumerate().map(case).collect()
    };
    let before = ["", "u", "u:", "me:"][usize::from(number % 4)];
    match number {
        0..=19 => secret.to_owned(),
        20..=29 => hex(number),
        30..=39 => coded(&STANDARD, before),
        40..=49 => coded(&URL_SAFE, before),
        cut => secret.chars().take(usize::from(cut % 7)).collect(),
    }
}

fn a_secret() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-Za-z0-9_-]{4,40}",
        2 => "[ -~]{4,12}",
        1 => "[%&\\\\+ u0-9#;]{4,8}",
        1 => "[a-c]{4,6}",
        1 => "[0-9a-f]{4,32}",
        1 => "\\PC{4,12}",
        1 => "(ghp_|sk-|%25|&amp;|\\\\u00)[a-z/+]{4,8}",
    ]
}

/// A form with its ways to escape: one for all characters, or any for each.
type Written = (Index, u8, Vec<u8>);

fn written() -> impl Strategy<Value = Written> {
    let ways = prop_oneof![
        2 => Just(vec![9]),
        3 => (0..10_u8).prop_map(|way| vec![way]),
        3 => prop::collection::vec(0..10_u8, 1..12),
        2 => prop::collection::vec(prop_oneof![9 => Just(9_u8), 1 => 0..9_u8], 1..40),
    ];
    (any::<Index>(), 0..60_u8, ways)
}

/// What stands between: also halves of escapes, so that forms begin and end within them.
fn noise() -> impl Strategy<Value = String> {
    let half = [
        "%", "%4", "%25", "\\", "\\\\", "\\u", "\\u00", "\\ud83d", "&", "&#x", "&#x000", "&am", "&;", ";", "+", "ghp_",
    ];
    let escapes = [
        "%41",
        "\\u0041",
        "\\n",
        "\\\\",
        "&lt;",
        "\\u00e9",
        "a%41&gt;\\t",
        "&#65;",
        "&#x4e2d;",
        "&",
        "&#x0000",
        "&amp;#1;",
    ];
    prop_oneof![
        3 => "[a-zA-Z0-9/+_ -]{0,40}",
        3 => select(half.to_vec()).prop_map(str::to_owned),
        1 => "[%&\\\\+u0-9#;]{0,12}",
        1 => Just(String::new()),
        1 => Just("x".repeat(1500)),
        1 => select(escapes.to_vec()).prop_map(|escape| escape.repeat(300)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn the_search_finds_what_the_obvious_one_finds(
        secrets in prop::collection::vec(a_secret(), 1..10),
        parts in prop::collection::vec((noise(), prop::option::weighted(0.7, written())), 0..8),
        ends in noise(),
        odd in prop::option::weighted(0.2, (any::<Index>(), any::<u8>())),
        cuts in prop::collection::vec(0..200_usize, 0..12),
    ) {
        let known = Known::default();
        secrets.iter().for_each(|secret| known.remember(&Secret::new(secret.as_str())));
        let mut text = Vec::new();
        for (between, form_of) in parts {
            text.extend_from_slice(between.as_bytes());
            if let Some((secret, number, ways)) = form_of {
                let secret: &String = secret.get(&secrets);
                let form = form(secret, number);
                let coded = form.chars().zip(ways.iter().cycle()).map(|(c, &way)| escaped(c, way));
                text.extend_from_slice(coded.collect::<String>().as_bytes());
            }
        }
        text.extend_from_slice(ends.as_bytes());
        if let Some((place, byte)) = odd.filter(|_| !text.is_empty()) {
            let place = place.index(text.len());
            text[place] = byte;
        }
        let expected = obvious(&known.needles(), &text);
        prop_assert_eq!(known.scrub_bytes(&text), expected.clone());
        let (mut redactor, mut out, mut rest) = (known.redactor(), Vec::new(), &text[..]);
        for cut in cuts {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            redactor.push(chunk, &mut out);
            rest = after;
        }
        redactor.push(rest, &mut out);
        redactor.finish(&mut out);
        prop_assert_eq!(out, expected.clone());
        let all: Vec<Secret> = secrets.iter().map(|secret| Secret::new(secret.as_str())).collect();
        let mut needles = Needles::new(all.iter());
        needles.on_any_processor();
        let (mut redactor, mut out) = (Redactor::new(Arc::new(needles)), Vec::new());
        redactor.push(&text, &mut out);
        redactor.finish(&mut out);
        prop_assert_eq!(out, expected.clone());
        let holds_long = (0..text.len()).any(|at| known.leaving().needles.slowly_at(&text[at..], End::Final) != Found::No);
        if let Ok(text) = std::str::from_utf8(&text) {
            prop_assert_eq!(known.leaving().finds_in_any([text].into_iter()), holds_long);
        }
    }
}
