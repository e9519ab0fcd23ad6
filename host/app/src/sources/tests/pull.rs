//! What works: an address, a tag, a digest, an index, a blob that lies elsewhere.

use super::super::sha256;
use super::peer::{MANIFEST, Peer, honest, manifest, manifest_of, respond};
use super::{COMPONENT, fetch, refused};

#[test]
fn an_address_gives_its_file_pinned() {
    let peer = Peer::start(|_, _, out| respond(out, "200 OK", "", COMPONENT));
    let digest = sha256(COMPONENT);
    let pinned = format!("{}#sha256={digest}", peer.address("/x.wasm"));
    for source in [peer.address("/x.wasm"), pinned.clone()] {
        let got = fetch(&source).unwrap();
        assert_eq!((got.bytes.as_slice(), &got.source, &got.sha256), (COMPONENT, &pinned, &digest));
        assert_eq!(got.requests.len(), 1);
        let request = &got.requests[0];
        let found = (request.host.as_str(), request.path.as_str(), request.outcome.as_str(), request.authenticated);
        assert_eq!(found, ("127.0.0.1", "/x.wasm", "answered 200", false));
    }
}

#[test]
fn a_tag_and_a_digest_give_one_component_pinned_by_the_manifest() {
    let peer = Peer::start(|path, _, out| honest(path, out));
    let digest = sha256(manifest().as_bytes());
    for (source, recorded) in [
        (peer.oci(":1.0"), peer.oci(&format!(":1.0@sha256:{digest}"))),
        (peer.oci(""), peer.oci(&format!(":latest@sha256:{digest}"))),
        (peer.oci(&format!("@sha256:{digest}")), peer.oci(&format!("@sha256:{digest}"))),
        (peer.oci(&format!(":1.0@sha256:{digest}")), peer.oci(&format!(":1.0@sha256:{digest}"))),
    ] {
        let got = fetch(&source).unwrap();
        assert_eq!((got.bytes.as_slice(), got.source), (COMPONENT, recorded));
    }
    let first = &peer.requests()[0].to_ascii_lowercase();
    assert!(first.starts_with("get /v2/team/plug/manifests/1.0 http/1.1"), "{first}");
    assert!(first.contains("accept: application/vnd.oci.image.manifest.v1+json, "), "{first}");
    assert!(!first.contains("authorization"), "{first}");
}

#[test]
fn the_older_media_type_of_the_layer_is_known_too() {
    let peer = Peer::start(|path, _, out| match path.contains("/manifests/") {
        true => {
            let kind = "application/vnd.wasm.content.layer.v1+wasm";
            respond(out, "200 OK", "", manifest_of(kind, &sha256(COMPONENT), COMPONENT.len() as u64).as_bytes())
        }
        false => honest(path, out),
    });
    assert_eq!(fetch(&peer.oci(":1")).unwrap().bytes, COMPONENT);
}

fn index(digests: &[&str]) -> String {
    let entries: Vec<String> = digests
        .iter()
        .map(|digest| format!(r#"{{"mediaType":"{MANIFEST}","digest":"sha256:{digest}","size":9}}"#))
        .collect();
    format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, entries.join(","))
}

#[test]
fn an_index_of_one_is_followed_once_and_one_of_two_asks() {
    let digest = sha256(manifest().as_bytes());
    let one = index(&[&digest]);
    let pin = sha256(one.as_bytes());
    let peer = Peer::start(move |path, _, out| match path.ends_with("/manifests/1") {
        true => respond(out, "200 OK", "", one.as_bytes()),
        false => honest(path, out),
    });
    assert_eq!(fetch(&peer.oci(":1")).unwrap().source, peer.oci(&format!(":1@sha256:{pin}")));

    let two = Peer::start(move |_, _, out| respond(out, "200 OK", "", index(&[&digest, &digest]).as_bytes()));
    let (code, message) = refused(&two.oci(":1"));
    assert!(code == "source_answer" && message.contains("an index of 2 manifests"), "{message}");

    // An index that leads to an index.
    let inner = index(&[&"0".repeat(64)]);
    let outer = index(&[&sha256(inner.as_bytes())]);
    let nested = Peer::start(move |path, _, out| {
        let body = if path.ends_with("/manifests/1") { &outer } else { &inner };
        respond(out, "200 OK", "", body.as_bytes())
    });
    let (code, message) = refused(&nested.oci(":1"));
    assert!(code == "source_answer" && message.contains("an index of an index"), "{message}");
}

#[test]
fn a_blob_may_lie_elsewhere() {
    let storage = Peer::start(|_, _, out| respond(out, "200 OK", "", COMPONENT));
    let there = storage.address("/bucket/x?signature=abc");
    let peer = Peer::start(move |path, _, out| match path.contains("/blobs/") {
        true => respond(out, "307 T", &format!("location: {there}\r\n"), b""),
        false => honest(path, out),
    });
    let got = fetch(&peer.oci(":1")).unwrap();
    let outcomes: Vec<&str> = got.requests.iter().map(|r| r.outcome.as_str()).collect();
    assert_eq!(outcomes, ["answered 200", "answered 307", "answered 200"]);
    assert!(got.requests.iter().all(|r| !r.path.contains("signature")), "{:?}", got.requests);
}

#[test]
fn a_registry_that_is_gone_says_so() {
    // Port 1 (tcpmux) is served nowhere.
    let (code, message) = refused("oci://127.0.0.1:1/team/plug:1");
    assert!(code == "source_unreachable" && message.contains("asking for the manifest"), "{message}");
}
