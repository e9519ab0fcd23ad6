//! The signature as an attacker sees it. Every test holds a change that would pass if one check were gone.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::inspect::inspect;

const SEED: [u8; 32] = [7; 32];
const MANIFEST: &str =
    "id='x-y'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n";

fn component_with(inside: &str) -> Vec<u8> {
    let text = format!(
        "(component (@custom \"trcaa:manifest\" \"{MANIFEST}\") {inside} (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))"
    );
    wat::parse_str(text).unwrap()
}

fn component() -> Vec<u8> {
    component_with("")
}

fn signed() -> Vec<u8> {
    sign(&component(), "Ada & Co", &SEED).unwrap()
}

/// The component with this as its signature section's text.
fn with_section(text: &str) -> Vec<u8> {
    [component(), encoded(text.as_bytes())].concat()
}

/// The text that [`signed`] has.
fn section_text() -> String {
    let signed = signed();
    let data = crate::inspect::signature_data(&signed).unwrap().unwrap();
    String::from_utf8(data.to_vec()).unwrap()
}

#[track_caller]
fn refused(bytes: &[u8], part: &str) {
    let problem = inspect(bytes).unwrap_err();
    assert!(problem.contains(part), "{problem}");
}

#[test]
fn a_signed_component_names_its_publisher_and_an_unsigned_one_nobody() {
    assert_eq!(inspect(&component()).unwrap().publisher, None);
    let publisher = inspect(&signed()).unwrap().publisher.unwrap();
    assert_eq!((publisher.name.as_str(), publisher.key), ("Ada & Co", public_key(&SEED)));
    // Signing again replaces the signature.
    assert_eq!(sign(&signed(), "Ada & Co", &SEED).unwrap(), signed());
    assert_eq!(sign(&signed(), "Eve", &[9; 32]).unwrap(), sign(&component(), "Eve", &[9; 32]).unwrap());
}

#[test]
fn any_changed_bit_of_a_signed_component_is_refused_or_leaves_it_unsigned() {
    let signed = signed();
    for at in 0..signed.len() {
        for bit in 0..8 {
            let mut changed = signed.clone();
            changed[at] ^= 1 << bit;
            if let Ok(found) = inspect(&changed) {
                assert_eq!(found.publisher, None, "byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn a_signature_covers_what_is_before_it_and_nothing_may_follow() {
    let longer = [signed(), vec![0, 2, 1, b'x']].concat();
    refused(&longer, "signature section is malformed");
    // The signature of one component at the end of another.
    let section = signed()[component().len()..].to_vec();
    refused(&[component_with("(@custom \"x\" \"y\")"), section.clone()].concat(), "does not fit");
    // One section more before it, and the same section twice.
    refused(&[component(), vec![0, 2, 1, b'x'], section.clone()].concat(), "does not fit");
    refused(&[signed(), section].concat(), "more than one signature section");
}

#[test]
fn the_section_has_one_spelling() {
    let text = section_text();
    assert_eq!(inspect(&with_section(&text)).unwrap().publisher.unwrap().name, "Ada & Co");
    let lines: Vec<&str> = text.lines().collect();
    for changed in [
        format!("{text}# more\n"),
        format!("{text}\n"),
        text.trim_end().to_owned(),
        text.replace(" = ", "="),
        text.replace("\"Ada & Co\"", "'Ada & Co'"),
        text.replace("Ada", "\\u0041da"),
        format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2]),
        format!("{text}extra = 1\n"),
        format!("{text}key = \"{}\"\n", public_key(&SEED)),
        text.to_uppercase(),
        text.replace(&public_key(&SEED), &public_key(&SEED).to_uppercase()),
        format!("{text}#{}\n", "x".repeat(SECTION_BYTES_MAX)),
        String::new(),
    ] {
        assert_ne!(changed, text);
        refused(&with_section(&changed), "signature section is malformed");
    }
}

#[test]
fn the_section_has_one_frame() {
    let (data, code) = (section_text().into_bytes(), component());
    let name = SECTION.as_bytes();
    let length = u8::try_from(name.len()).unwrap();
    // As `encoded` does it, with one more byte than needed in the size, or in the length of the name.
    for (long_size, long_name) in [(true, false), (false, true)] {
        let mut body = if long_name { vec![length | 0x80, 0] } else { vec![length] };
        body.extend_from_slice(name);
        body.extend_from_slice(&data);
        let mut frame = vec![0];
        let (low, high) = (u8::try_from(body.len() & 0x7f).unwrap(), u8::try_from(body.len() >> 7).unwrap());
        frame.extend(if long_size { vec![low | 0x80, high | 0x80, 0] } else { vec![low | 0x80, high] });
        frame.append(&mut body);
        refused(&[code.clone(), frame].concat(), "malformed");
    }
}

#[test]
fn a_section_by_a_name_alike_or_inside_something_is_no_signature() {
    let data = section_text();
    let escaped: String = data.bytes().map(|b| format!("\\{b:02x}")).collect();
    for name in ["trcaa:Signature", "trcaa:signature ", "trcaa:signature\\00", "trcaa:s\\u{131}gnature"] {
        let bytes = component_with(&format!("(@custom \"{name}\" \"{escaped}\")"));
        assert_eq!(inspect(&bytes).unwrap().publisher, None, "{name}");
    }
    let section = format!("(@custom \"trcaa:signature\" \"{escaped}\")");
    for inside in [format!("(core module {section})"), format!("(component {section})")] {
        assert_eq!(inspect(&component_with(&inside)).unwrap().publisher, None);
        let outside = sign(&component_with(&inside), "Eve", &[9; 32]).unwrap();
        assert_eq!(inspect(&outside).unwrap().publisher.unwrap().name, "Eve");
    }
    // In the middle of the component it is one, and not at its place.
    refused(&component_with(&section), "malformed");
}

fn by(publisher: &str, key: &str, signature: &[u8]) -> Vec<u8> {
    let signed = Signed { publisher: publisher.into(), key: key.into(), signature: hex::encode(signature) };
    with_section(&toml::to_string(&signed).unwrap())
}

#[test]
fn what_was_signed_for_something_else_does_not_fit() {
    let (key, code) = (SigningKey::from_bytes(&SEED), component());
    let ours = message("Ada & Co", &code);
    assert!(inspect(&by("Ada & Co", &public_key(&SEED), &key.sign(&ours).to_bytes())).is_ok());
    let after_domain = ours.strip_prefix(DOMAIN).unwrap();
    for other in [
        after_domain.to_vec(),
        [b"trcaa plugin signature v2\0", after_domain].concat(),
        [b"trcaa audit checkpoint v1\0", after_domain].concat(),
        Sha256::digest(&code).to_vec(),
        code.clone(),
        // The border between name and digest moved: without its length the name would swallow it.
        message("Ada & C", &[b"o", code.as_slice()].concat()),
    ] {
        refused(&by("Ada & Co", &public_key(&SEED), &key.sign(&other).to_bytes()), "does not fit");
    }
    // Another name over the same code, and another key over the same signature.
    refused(&by("Ada", &public_key(&SEED), &key.sign(&ours).to_bytes()), "does not fit");
    refused(&by("Ada & Co", &public_key(&[9; 32]), &key.sign(&ours).to_bytes()), "does not fit");
}

#[test]
fn a_key_of_small_order_signs_nothing() {
    // With the neutral point as key, R = neutral and s = 0 satisfy the equation for every message.
    let neutral = [[1].as_slice(), &[0; 31]].concat();
    let forged = [neutral.clone(), vec![0; 32]].concat();
    let lenient = VerifyingKey::from_bytes(neutral.as_slice().try_into().unwrap()).unwrap();
    use ed25519_dalek::Verifier as _;
    assert!(lenient.verify(b"anything", &Signature::from_bytes(forged.as_slice().try_into().unwrap())).is_ok());
    refused(&by("Ada & Co", &hex::encode(neutral), &forged), "does not fit");
    // Other points of small order, and what is no point.
    for key in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "0200000000000000000000000000000000000000000000000000000000000000",
    ] {
        let problem = inspect(&by("Ada & Co", key, &forged)).unwrap_err();
        assert!(problem.contains("does not fit") || problem.contains("malformed"), "{key}: {problem}");
    }
}

#[test]
fn a_signature_cannot_be_turned_into_another_that_fits() {
    // s + L is the same number to a verifier that does not ask for the smallest.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let key = SigningKey::from_bytes(&SEED);
    let mut signature = key.sign(&message("Ada & Co", &component())).to_bytes();
    let mut carry = 0_u16;
    for (byte, more) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    refused(&by("Ada & Co", &public_key(&SEED), &signature), "does not fit");
}

#[test]
fn a_name_that_is_not_what_it_looks_like_is_refused() {
    for name in [
        "",
        "  ",
        " Ada",
        "Ada ",
        "Ada  Co",
        "a\nb",
        "a\u{1b}[31mb",
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{2066}b",
        "Ada\u{a0}Co",
        "Ada\u{3000}Co",
        "A\u{ad}da",
        "Ada\u{3164}",
        "Ada\u{2800}",
        "Ada\u{e0041}",
        "Ada\u{fe0f}",
        "\u{391}da",
        "Ad\u{430}",
        "A\u{501}a",
        "Aｄa",
        "\u{1d400}da",
        "ﬁrm",
        "A\u{301}da",
        "Ada™",
        &"x".repeat(101),
    ] {
        assert!(sign(&component(), name, &SEED).is_err(), "{name:?}");
        let signature = SigningKey::from_bytes(&SEED).sign(&message(name, &component())).to_bytes();
        refused(&by(name, &public_key(&SEED), &signature), "no plain line");
    }
    for name in [
        "Ada",
        "Ada & Co",
        "Ångström-Werke GmbH",
        "Ада и Ко",
        "Αθηνά",
        "合同会社 Ada",
        "दिल्ली",
        "x86.org",
        &"x".repeat(100),
    ] {
        assert!(sign(&component(), name, &SEED).is_ok(), "{name:?}");
    }
}
