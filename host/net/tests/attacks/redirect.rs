//! Redirects start again from the top.

use crate::peer::{Names, Peer, Scan, respond};
use crate::{SECRET, Setup, get, header, rule, tells_nothing};
use trcaa_net::{Body, Method, NetError, Rule};

#[test]
fn to_the_metadata_service_is_refused_even_where_it_is_granted_and_typed() {
    let peer = Peer::redirecting("302 Found", "http://169.254.169.254/latest/meta-data".into());
    let origin = format!("http://wiki.test:{}", peer.port);
    let mut setup = Setup::typed(&[&origin, "http://169.254.169.254"]);
    setup.allowance.total = std::time::Duration::from_secs(2);
    assert!(matches!(rule(setup.send(&get(&origin))), Rule::Address { range: "cloud metadata", .. }));

    let strict = Setup::typed(&[&origin]);
    assert_eq!(rule(strict.send(&get(&origin))), Rule::Origin);
    assert_eq!(peer.connections(), 2);
}

#[test]
fn to_another_allowed_host_leaves_headers_and_credential_behind() {
    let other = Peer::saying("hello");
    let there = format!("http://other.test:{}", other.port);
    let peer = Peer::redirecting("302 Found", format!("{there}/landed"));
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin, &there]);
    let request = crate::Request { headers: vec![header("x-note", "for wiki only")], ..get(&origin) };

    let mut response = setup.send_with_token(&request).unwrap();

    assert_eq!(response.read_all().unwrap(), b"hello");
    let first = peer.requests().remove(0).to_ascii_lowercase();
    assert!(first.contains("x-note: for wiki only") && first.contains("authorization: bearer"), "{first}");
    let second = other.requests().remove(0).to_ascii_lowercase();
    assert!(second.starts_with("get /landed"), "{second}");
    assert!(!second.contains("x-note") && !second.contains("authorization") && !second.contains("referer"), "{second}");
}

#[test]
fn to_another_port_of_the_same_host_is_another_origin() {
    let other = Peer::saying("hello");
    let there = format!("http://wiki.test:{}", other.port);
    let peer = Peer::redirecting("307 Temporary Redirect", there.clone());
    let origin = format!("http://wiki.test:{}", peer.port);
    Setup::typed(&[&origin, &there]).send_with_token(&get(&origin)).unwrap();
    assert!(!other.requests()[0].to_ascii_lowercase().contains("authorization"));
}

#[test]
fn to_the_same_origin_keeps_headers_and_credential() {
    let peer = Peer::start(|request, out| match request.starts_with("GET /a ") {
        true => respond(out, "302 Found", "location: /b\r\n", ""),
        false => respond(out, "200 OK", "", "b"),
    });
    let origin = format!("http://wiki.test:{}", peer.port);
    let request = crate::Request { headers: vec![header("x-note", "n")], ..get(format!("{origin}/a")) };
    let setup = Setup::typed(&[&origin]);
    setup.send_with_token(&request).unwrap();
    for request in peer.requests() {
        assert!(request.contains("authorization: Bearer hunter2") && request.contains("x-note: n"), "{request}");
    }
    assert_eq!(
        setup.records.all(),
        ["/a", "/b"]
            .iter()
            .zip(["Answered(302)", "Answered(200)"])
            .flat_map(|(path, end)| ["Allowed", end]
                .map(|d| { format!("wiki GET wiki.test:{}{path} 0 bytes [\"wiki-token\"] {d}", peer.port) }))
            .collect::<Vec<_>>()
    );
}

#[test]
fn to_a_path_that_is_not_granted_is_refused() {
    let peer = Peer::redirecting("302 Found", "/rest/..;/admin".into());
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup { prefixes: vec!["/rest".into()], ..Setup::typed(&[&origin]) };
    assert_eq!(rule(setup.send(&get(format!("{origin}/rest")))), Rule::Path);
    assert_eq!(peer.connections(), 1);
}

#[test]
fn are_followed_three_times_and_not_a_fourth() {
    let peer = Peer::redirecting("302 Found", "/again".into());
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    assert_eq!(setup.send(&get(&origin)).unwrap_err(), NetError::Redirects { max: 3 });
    assert_eq!(peer.connections(), 4);

    let mut request = get(&origin);
    request.redirects_max = Some(0);
    let response = setup.send(&request).unwrap();
    assert_eq!((response.status(), response.header("Location")), (302, Some("/again")));
    assert_eq!(peer.connections(), 5);
}

#[test]
fn turn_a_post_into_a_get_or_keep_its_body_at_home() {
    let other = Peer::saying("ok");
    let there = format!("http://other.test:{}", other.port);
    for (status, expected) in [("303 See Other", Ok(())), ("302 Found", Ok(())), ("307 T", Err(Rule::BodyAcross))] {
        let peer = Peer::redirecting(status, there.clone());
        let origin = format!("http://wiki.test:{}", peer.port);
        let setup = Setup::typed(&[&origin, &there]);
        let body = Body::from_guest(b"ticket of alice", &Scan).unwrap();
        let before = other.connections();
        let result = setup.send(&crate::Request { method: Method::Post, body, ..get(&origin) });
        assert!(peer.requests()[0].ends_with("\r\n\r\nticket of [Person_1]"), "{:?}", peer.requests());
        match expected {
            Ok(()) => {
                result.unwrap();
                let landed = other.requests().pop().unwrap();
                assert!(landed.starts_with("GET /") && !landed.contains("ticket"), "{landed}");
            }
            Err(expected) => {
                assert_eq!(rule(result), expected);
                assert_eq!(other.connections(), before);
            }
        }
    }
}

#[test]
fn whose_address_echoes_the_secret_show_it_nowhere() {
    let peer = Peer::redirecting("302 Found", format!("/admin/{SECRET}?x=queryvalue"));
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup { prefixes: vec!["/rest".into()], ..Setup::typed(&[&origin]) };
    let error = setup.send_with_token(&get(format!("{origin}/rest"))).unwrap_err();
    tells_nothing(&error, &["hunter2", "queryvalue"]);
    assert!(error.to_string().contains("/admin/[secret]"), "{error}");
    let records = setup.records.all().concat();
    assert!(records.contains("/admin/[secret]") && !records.contains("hunter2"), "{records}");

    let mut request = get(format!("{origin}/rest"));
    request.redirects_max = Some(0);
    let connection = setup.connect(&Names::loopback());
    let response = connection.send(&request, &[setup.token()], &Scan, &setup.records).unwrap();
    assert_eq!(response.header("location"), Some("/admin/[secret]?x=queryvalue"));
    assert_eq!(connection.scrub(&format!("failed: {SECRET}")), "failed: [secret]");
}
