//! Registries and hosts that answer garbage: each ends as an error that names source and step.

use std::io::Write as _;
use std::net::TcpStream;

use super::super::sha256;
use super::peer::{MANIFEST, Peer, honest, manifest, manifest_of, respond};
use super::{COMPONENT, fetch, refused};

/// What a registry answers when it is asked for the manifest; the blob is honest.
fn manifest_answer(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> Peer {
    Peer::start(move |path, _, out| if path.contains("/manifests/") { answer(out) } else { honest(path, out) })
}

/// What it answers when it is asked for the blob; the manifest is honest.
fn blob_answer(answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + 'static) -> Peer {
    Peer::start(move |path, _, out| if path.contains("/blobs/") { answer(out) } else { honest(path, out) })
}

#[test]
fn a_manifest_that_is_none_is_refused() {
    let digest = sha256(COMPONENT);
    let size = COMPONENT.len() as u64;
    let layer = format!(r#"{{"mediaType":"application/wasm","digest":"sha256:{digest}","size":{size}}}"#);
    for (body, part) in [
        ("<html>log in first</html>".to_owned(), "no manifest (text/html"),
        (String::new(), "no manifest"),
        ("{}".to_owned(), "no manifest"),
        ("[[[[".repeat(10_000), "no manifest"),
        (r#"{"schemaVersion":1,"layers":[]}"#.to_owned(), "schema version 1"),
        (r#"{"schemaVersion":2}"#.to_owned(), "no layers"),
        (r#"{"schemaVersion":2,"layers":[]}"#.to_owned(), "none of its 0 layers"),
        (manifest_of("application/vnd.oci.image.layer.v1.tar+gzip", &digest, size), "none of its 1 layers"),
        (format!(r#"{{"schemaVersion":2,"layers":[{layer},{layer}]}}"#), "more than one"),
        (format!(r#"{{"schemaVersion":2,"layers":[{layer}],"manifests":[]}}"#), "at once"),
        (format!(r#"{{"schemaVersion":2,"layers":[{layer}],"layers":[]}}"#), "no manifest"),
        (manifest_of("application/wasm", &digest, 1 << 40), "may have at most"),
        (manifest_of("application/wasm", "0123", size), "64 hex digits"),
        (manifest_of("application/wasm", &digest.to_uppercase(), size), "64 hex digits"),
        (manifest().replace(&format!("\"size\":{size}"), "\"size\":-1"), "no manifest"),
    ] {
        let sent = body.clone();
        let peer = manifest_answer(move |out| respond(out, "200 OK", "content-type: text/html\r\n", sent.as_bytes()));
        let (code, message) = refused(&peer.oci(":1"));
        assert!(code == "source_answer" && message.contains("asking for the manifest"), "{body}: {code} {message}");
        assert!(message.contains(part), "{body}: {message}");
        assert_eq!(peer.requests().len(), 1, "{body}");
    }
    // The same bytes by one name in the header and another inside.
    let index = "content-type: application/vnd.oci.image.index.v1+json\r\n";
    let peer = manifest_answer(move |out| respond(out, "200 OK", index, manifest().as_bytes()));
    assert!(refused(&peer.oci(":1")).1.contains("calls itself something else"));
}

#[test]
fn a_digest_that_does_not_fit_is_refused() {
    let peer = Peer::start(|path, _, out| honest(path, out));
    let (code, message) = refused(&peer.oci(&format!(":1@sha256:{}", "0".repeat(64))));
    assert!(code == "source_digest" && message.contains("asking for the manifest"), "{message}");
    let told = format!("docker-content-digest: sha256:{}\r\n", "0".repeat(64));
    let lying = manifest_answer(move |out| respond(out, "200 OK", &told, manifest().as_bytes()));
    assert_eq!(refused(&lying.oci(":1")).0, "source_digest");
    let other: Vec<u8> = COMPONENT.iter().map(|b| b ^ u8::from(*b == b'r')).collect();
    let swapped = blob_answer(move |out| respond(out, "200 OK", "", &other));
    let (code, message) = refused(&swapped.oci(":1"));
    assert!(code == "source_digest" && message.contains("downloading the component"), "{message}");
    let plain = Peer::start(|_, _, out| respond(out, "200 OK", "", COMPONENT));
    assert_eq!(refused(&format!("{}#sha256={}", plain.address("/x.wasm"), "0".repeat(64))).0, "source_digest");
}

#[test]
fn a_blob_of_another_length_is_refused() {
    let size = COMPONENT.len() as u64;
    for (says, code) in [(size + 1, "source_answer"), (size - 1, "source_too_large"), (0, "source_too_large")] {
        let peer = manifest_answer(move |out| {
            respond(out, "200 OK", "", manifest_of("application/wasm", &sha256(COMPONENT), says).as_bytes())
        });
        let (found, message) = refused(&peer.oci(":1"));
        assert!(found == code && message.contains("downloading the component"), "{says}: {found} {message}");
    }
    let cut = blob_answer(|out| write!(out, "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nhalf"));
    assert_eq!(refused(&cut.oci(":1")).0, "source_too_large");
    let torn = blob_answer(|out| write!(out, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\nhalf", COMPONENT.len()));
    assert_eq!(refused(&torn.oci(":1")).0, "source_unreachable");
    let open = blob_answer(|out| write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhalf"));
    assert_eq!(refused(&open.oci(":1")).0, "source_answer");
}

#[test]
fn bodies_without_end_are_cut_at_their_bound() {
    let endless = |out: &mut TcpStream| {
        write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: {MANIFEST}\r\n\r\n")?;
        while out.write_all(&[b' '; 16 << 10]).is_ok() {}
        Ok(())
    };
    let (code, message) = refused(&manifest_answer(endless).oci(":1"));
    assert!(code == "source_too_large" && message.contains("more than 1048576 bytes"), "{message}");
    let (code, message) = refused(&blob_answer(endless).oci(":1"));
    assert!(
        code == "source_too_large" && message.contains(&format!("more than {} bytes", COMPONENT.len())),
        "{message}"
    );
}

#[test]
fn what_is_no_webassembly_is_told_as_such() {
    for (body, part) in [
        (&b"<!doctype html><title>Sign in</title>"[..], "a page and no WebAssembly"),
        (&b""[..], "is empty"),
        (&b"\x1b[2Jrubbish"[..], "no WebAssembly (no media type)"),
    ] {
        let peer = Peer::start(move |_, _, out| respond(out, "200 OK", "content-type: <b>evil</b>\r\n", body));
        let (code, message) = refused(&peer.address("/x.wasm"));
        assert!(code == "source_answer" && message.contains(part), "{message}");
    }
}

#[test]
fn statuses_are_told_with_the_registrys_code_and_none_of_its_words() {
    for (status, body, code, part) in [
        (
            "404 Not Found",
            r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"evil"}]}"#,
            "source_not_found",
            "answered 404 (MANIFEST_UNKNOWN)",
        ),
        ("403 Forbidden", r#"{"errors":[{"code":"evil \u001b[2J"}]}"#, "source_login", "answered 403"),
        ("429 Slow Down", "evil", "source_status", "answered 429"),
        ("500 Oops", "<html>evil</html>", "source_status", "answered 500"),
        ("503 Oops", r#"{"errors":[]}"#, "source_status", "answered 503"),
        ("204 No Content", "", "source_status", "answered 204"),
        ("206 Partial Content", "\0asm", "source_status", "answered 206"),
    ] {
        let peer = Peer::start(move |_, _, out| respond(out, status, "", body.as_bytes()));
        let (found, message) = refused(&peer.oci(":1"));
        assert!(found == code && message.contains(part) && !message.contains("evil"), "{status}: {message}");
        let (found, message) = refused(&peer.address("/x.wasm?token=hunter2"));
        assert!(found == code && !message.contains("evil") && !message.contains("hunter2"), "{status}: {message}");
    }
}

#[test]
fn redirects_in_a_circle_or_into_the_users_network_end() {
    let circle = Peer::start(|path, _, out| respond(out, "302 Found", &format!("location: {path}\r\n"), b""));
    let (code, message) = refused(&circle.oci(":1"));
    assert!(code == "source_broken" && message.contains("more than 3 redirects"), "{message}");
    assert_eq!(circle.requests().len(), 4);
    for there in ["http://169.254.169.254/latest", "https://10.0.0.1/x", "http://other.example/x", "file:///etc/passwd"]
    {
        let peer = Peer::start(move |_, _, out| respond(out, "302 Found", &format!("location: {there}\r\n"), b""));
        let error = fetch(&peer.oci(":1")).unwrap_err();
        assert!(["source_refused", "source_broken"].contains(&error.code), "{there}: {error:?}");
        // What was tried is told for the audit trail.
        let requests = error.fields.iter().find(|(name, _)| *name == "requests").unwrap();
        assert_eq!(requests.1[0]["outcome"], "answered 302");
    }
}
