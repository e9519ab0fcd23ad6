//! Logging in: what is asked of whom, and who never gets a password.

use trcaa_model::secret::Secret;

use super::super::Login;
use super::peer::{Peer, honest, respond};
use super::{COMPONENT, fetch, fetch_as, refused};

const TOKEN: &str = "dG9rZW4tZm9yLW9uZS1wdWxs";

fn ada() -> Login {
    Login { user: "ada".into(), password: Secret::new("hunter2-pass") }
}

/// A registry that asks for a token of `realm` (its own service at `/token`, if that is empty).
fn asking(realm: &str) -> Peer {
    let realm = realm.to_owned();
    Peer::start(move |path, head, out| {
        let own = head.lines().find_map(|l| l.strip_prefix("host: ")).map(|host| format!("http://{host}/token"));
        let realm = if realm.is_empty() { own.unwrap_or_default() } else { realm.clone() };
        if path.starts_with("/token?") {
            return respond(out, "200 OK", "", format!(r#"{{"access_token":"{TOKEN}"}}"#).as_bytes());
        }
        match head.contains(&format!("authorization: Bearer {TOKEN}\r\n")) {
            true => honest(path, out),
            false => {
                let challenge = format!(
                    "www-authenticate: Bearer realm=\"{realm}\",service=\"the registry\",scope=\"repository:team/plug:push,delete\"\r\n"
                );
                respond(out, "401 Unauthorized", &challenge, b"")
            }
        }
    })
}

#[test]
fn anybody_gets_a_token_for_one_pull() {
    let peer = asking("");
    let got = fetch(&peer.oci(":1")).unwrap();
    assert_eq!(got.bytes, COMPONENT);
    let requests = peer.requests();
    let lines: Vec<&str> = requests.iter().filter_map(|r| r.lines().next()).collect();
    assert_eq!(lines[1], "GET /token?service=the+registry&scope=repository%3Ateam%2Fplug%3Apull HTTP/1.1");
    assert_eq!(lines.len(), 4, "the token serves for manifest and blob: {lines:?}");
    assert!(!requests[1].contains("authorization"), "{}", requests[1]);
    assert_eq!(got.requests.iter().map(|r| r.authenticated).collect::<Vec<_>>(), [false, false, true, true]);
}

#[test]
fn a_login_goes_to_the_token_service_and_a_token_to_the_registry() {
    let peer = asking("");
    assert_eq!(fetch_as(&peer.oci(":1"), Some(&ada())).unwrap().bytes, COMPONENT);
    let requests = peer.requests();
    let basic = "authorization: Basic YWRhOmh1bnRlcjItcGFzcw==";
    let sent: Vec<bool> = requests.iter().map(|r| r.contains(basic)).collect();
    assert_eq!(sent, [false, true, false, false]);
}

#[test]
fn a_token_does_not_follow_a_redirect_to_storage() {
    let storage = Peer::start(|_, _, out| respond(out, "200 OK", "", COMPONENT));
    let there = storage.address("/bucket");
    let peer =
        Peer::start(move |path, head, out| match (head.contains("authorization: Basic"), path.contains("/blobs/")) {
            (false, _) => respond(out, "401 Unauthorized", "www-authenticate: Basic realm=\"r\"\r\n", b""),
            (true, true) => respond(out, "307 T", &format!("location: {there}\r\n"), b""),
            (true, false) => honest(path, out),
        });
    assert_eq!(fetch_as(&peer.oci(":1"), Some(&ada())).unwrap().bytes, COMPONENT);
    assert!(!storage.requests()[0].contains("authorization"), "{:?}", storage.requests());
    // Without a login there is nothing to answer the challenge with.
    assert_eq!(refused(&peer.oci(":1")).0, "source_login");
}

#[test]
fn a_token_service_in_clear_or_in_the_users_network_gets_nothing() {
    let service = Peer::start(|_, _, out| respond(out, "200 OK", "", br#"{"token":"abcdef"}"#));
    for realm in [
        format!("http://localhost:{}/token", service.port),
        format!("https://localhost:{}/token", service.port),
        "http://169.254.169.254/token".to_owned(),
        "http://auth.example/token".to_owned(),
    ] {
        let peer = asking(&realm);
        let error = fetch_as(&peer.oci(":1"), Some(&ada())).unwrap_err();
        assert!(error.code == "source_refused" && error.message.contains("logging in"), "{realm}: {error:?}");
    }
    assert!(service.requests().is_empty());
    for realm in ["file:///etc/passwd", "not an address", "javascript:alert(1)", "https://ada:pass@auth.example/"] {
        let peer = asking(realm);
        let error = fetch_as(&peer.oci(":1"), Some(&ada())).unwrap_err();
        assert!(error.message.contains("logging in"), "{realm}: {error:?}");
    }
}

#[test]
fn a_login_that_is_refused_is_tried_once() {
    let peer = Peer::start(|path, head, out| match path.starts_with("/token?") {
        true => respond(out, "200 OK", "", br#"{"token":"worthless-token"}"#),
        false => {
            let host = head.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
            let challenge = format!("www-authenticate: Bearer realm=\"http://{host}/token\"\r\n");
            respond(out, "401 Unauthorized", &challenge, b"worthless-token")
        }
    });
    let (code, message) = refused(&peer.oci(":1"));
    assert!(code == "source_login" && !message.contains("worthless"), "{message}");
    assert_eq!(peer.requests().len(), 3);
}

#[test]
fn a_token_service_that_answers_garbage_ends_it() {
    for answer in
        ["<html>", "{}", r#"{"token":""}"#, r#"{"token":7}"#, r#"{"token":"a\r\nx: y-and-more"}"#, r#"{"token":"x"}"#]
    {
        let peer = Peer::start(move |path, head, out| match path.starts_with("/token?") {
            true => respond(out, "200 OK", "", answer.as_bytes()),
            false => {
                let host = head.lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
                respond(out, "401 U", &format!("www-authenticate: Bearer realm=\"http://{host}/token\"\r\n"), b"")
            }
        });
        let (code, message) = refused(&peer.oci(":1"));
        assert!(["source_answer", "source_broken"].contains(&code), "{answer}: {code} {message}");
        assert_eq!(peer.requests().len(), 2, "{answer}");
    }
}
