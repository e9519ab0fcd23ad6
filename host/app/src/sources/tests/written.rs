//! How sources are written.

use super::super::reference::{Source, unpinned};

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn registry(text: &str) -> Option<(String, String, String)> {
    match Source::parse(text) {
        Ok(Source::Registry(reference)) => Some((reference.base(), reference.wanted(), reference.pinned(HEX))),
        _ => None,
    }
}

#[test]
fn references_of_registries_are_read_and_pinned() {
    for (text, base, wanted, pinned) in [
        ("oci://ghcr.io/a/b", "https://ghcr.io", "latest", "oci://ghcr.io/a/b:latest@sha256:"),
        ("oci://ghcr.io/a/b:1.2", "https://ghcr.io", "1.2", "oci://ghcr.io/a/b:1.2@sha256:"),
        ("oci://ghcr.io:443/a:x", "https://ghcr.io:443", "x", "oci://ghcr.io:443/a:x@sha256:"),
        (
            "oci://localhost:5000/a-b_c.d/e__f:V_1.-",
            "http://localhost:5000",
            "V_1.-",
            "oci://localhost:5000/a-b_c.d/e__f:V_1.-@sha256:",
        ),
        ("oci://127.0.0.1:5000/a:1", "http://127.0.0.1:5000", "1", "oci://127.0.0.1:5000/a:1@sha256:"),
        ("oci://[::1]:5000/a:1", "http://[::1]:5000", "1", "oci://[::1]:5000/a:1@sha256:"),
        ("oci://10.0.0.1/a:1", "https://10.0.0.1", "1", "oci://10.0.0.1/a:1@sha256:"),
        ("oci://docker.io/u/a:1", "https://registry-1.docker.io", "1", "oci://docker.io/u/a:1@sha256:"),
    ] {
        let expected = (base.to_owned(), wanted.to_owned(), format!("{pinned}{HEX}"));
        assert_eq!(registry(text), Some(expected), "{text}");
    }
    let by_digest = registry(&format!("oci://h.io/a@sha256:{HEX}")).unwrap();
    assert_eq!((by_digest.1, by_digest.2), (format!("sha256:{HEX}"), format!("oci://h.io/a@sha256:{HEX}")));
    let both = registry(&format!("oci://h.io/a:1@sha256:{HEX}")).unwrap();
    assert_eq!((both.1, both.2), (format!("sha256:{HEX}"), format!("oci://h.io/a:1@sha256:{HEX}")));
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let long = "a".repeat(256);
    for text in [
        "",
        "oci://",
        "oci://ghcr.io",
        "oci://ghcr.io/",
        "oci:///a",
        "oci://ghcr.io/A",
        "oci://ghcr.io/a//b",
        "oci://ghcr.io/a/../b",
        "oci://ghcr.io/-a",
        "oci://ghcr.io/a..b",
        "oci://ghcr.io/a___b",
        "oci://ghcr.io/a:",
        "oci://ghcr.io/a:.x",
        "oci://ghcr.io/a:x y",
        "oci://ghcr.io/a:x/../../y",
        "oci://ghcr.io/a?x=1",
        "oci://ghcr.io/a#x",
        "oci://ghcr.io/a%2f",
        "oci://ghcr.io/a@sha256:0123",
        "oci://ghcr.io/a@sha512:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "oci://user@ghcr.io/a",
        "oci://user:pass@ghcr.io/a",
        "oci://GHCR.io/a",
        "oci://127.1/a",
        "oci://0x7f000001/a",
        "oci://ghcr.io:99999/a",
        "oci://ghcr.io\\evil/a",
        &format!("oci://ghcr.io/{long}"),
        &format!("oci://ghcr.io/a:{}", "t".repeat(129)),
        "ftp://h/x.wasm",
        "https://user:pass@h.example/x.wasm",
        "https://h.example/x.wasm#sha256=12",
        "https://h.example/x.wasm#main",
        "https://",
        "http://h.example/x.wasm",
        "http://10.0.0.1/x.wasm",
        "https://h.example/x.wasm?…",
        "a\nb.wasm",
    ] {
        let error = Source::parse(text).unwrap_err();
        assert_eq!(error.code, "source_invalid", "{text}");
        assert!(!error.message.contains("pass@") && !error.message.contains("user:"), "{error:?}");
    }
}

#[test]
fn plain_http_is_for_this_machine_or_for_what_is_pinned() {
    for text in ["http://127.0.0.1:1/x", "http://localhost/x", "http://[::1]/x"] {
        assert!(matches!(Source::parse(text), Ok(Source::Address(_))), "{text}");
    }
    let pinned = format!("http://h.example/x.wasm#sha256={}", HEX.to_uppercase());
    let Ok(Source::Address(address)) = Source::parse(&pinned) else { panic!("{pinned} is refused") };
    assert_eq!((address.url.as_str(), address.pin.as_deref()), ("http://h.example/x.wasm", Some(HEX)));
}

#[test]
fn what_is_recorded_has_no_query_and_can_be_asked_again() {
    let Ok(Source::Address(address)) = Source::parse("https://h.example/x.wasm?token=hunter2") else { panic!() };
    assert_eq!(address.shown(), "https://h.example/x.wasm");
    assert_eq!(address.pinned(HEX), format!("https://h.example/x.wasm?…#sha256={HEX}"));
    assert_eq!(unpinned(&address.pinned(HEX)), None);
    for (recorded, asked) in [
        (format!("https://h.example/x.wasm#sha256={HEX}"), Some("https://h.example/x.wasm")),
        (format!("oci://h.example/a:1@sha256:{HEX}"), Some("oci://h.example/a:1")),
        (format!("oci://h.example/a@sha256:{HEX}"), None),
        ("/home/ada/x.wasm".to_owned(), Some("/home/ada/x.wasm")),
    ] {
        assert_eq!(unpinned(&recorded).as_deref(), asked, "{recorded}");
    }
}
