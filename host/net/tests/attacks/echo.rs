//! Secrets that a server sends back.

use std::io::Write as _;
use std::sync::{Mutex, mpsc};

use crate::peer::{Names, Peer, Scan, respond};
use crate::{SECRET, Setup, get, header};
use trcaa_net::{Body, Method, NetError, Placement, Request};

#[test]
fn in_any_form_are_replaced_in_body_and_headers() {
    let forms = [
        ("hunter2/and+more", "[secret]"),
        ("hunter2%2Fand%2Bmore", "[secret]"),
        ("hunter2\\/and\\u002bmore", "[secret]"),
        ("68756e746572322f616e642b6d6f7265", "[secret]"),
        ("68756E746572322F616E642B6D6F7265", "[secret]"),
        // Base64 with no, one and two characters before; what they share a character with stays.
        ("aHVudGVyMi9hbmQrbW9yZQ==", "[secret]Q=="),
        ("dTpodW50ZXIyL2FuZCttb3Jl", "dTp[secret]"),
        ("dTpodW50ZXIyL2FuZCttb3Jl", "dTp[secret]"),
    ];
    let sent: Vec<&str> = forms.iter().map(|f| f.0).collect();
    let body = sent.join("\n");
    let head: String = sent.iter().enumerate().map(|(n, form)| format!("x-echo-{n}: {form}\r\n")).collect();
    let peer = Peer::start(move |_, out| respond(out, "200 OK", &format!("{head}set-cookie: sid=1\r\n"), &body));
    let origin = format!("http://wiki.test:{}", peer.port);
    let mut response = Setup::typed(&[&origin]).send_with_token(&get(&origin)).unwrap();

    let text = String::from_utf8(response.read_all().unwrap()).unwrap();
    for (n, (line, (form, _))) in text.lines().zip(forms).enumerate() {
        assert!(line.contains("[secret]"), "{form}: {line}");
        assert_eq!(response.header(&format!("X-Echo-{n}")), Some(line), "{form}");
        assert!(line.len() <= "[secret]".len() + 5, "{form}: {line}");
    }
    assert_eq!(text.lines().next(), Some(forms[0].1));
    assert_eq!(response.header("set-cookie"), None);
}

#[test]
fn of_basic_authentication_are_found_as_they_were_sent() {
    let peer = Peer::start(|request, out| respond(out, "401 No", "", request));
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let mut token = setup.token();
    token.placement = Placement::Basic { user: "me".into() };
    token.granted.placements = vec!["basic".into()];
    let connection = setup.connect(&Names::loopback());
    let mut response = connection.send(&get(&origin), &[token], &Scan, &setup.records).unwrap();
    assert_eq!(response.status(), 401);
    let text = String::from_utf8(response.read_all().unwrap()).unwrap();
    assert!(peer.requests()[0].contains("authorization: Basic bWU6aHVudGVyMi9hbmQrbW9yZQ=="));
    assert!(text.contains("Basic bWU6[secret]Q=="), "{text}");
}

#[test]
fn split_over_two_chunks_of_an_event_stream_are_found() {
    for (first, second) in [
        ("hunter2/a", "nd+more"),
        ("hunter2%2", "Fand%2Bmore"),
        ("aHVudGVyMi9", "hbmQrbW9yZQ=="),
        ("68756e746572322f6", "16e642b6d6f7265"),
        ("h", "unter2/and+more"),
    ] {
        let (go, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let peer = Peer::start(move |_, out| {
            write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n")?;
            write!(out, "data: ready\n\ndata: key {first}")?;
            out.flush()?;
            let _ = wait.lock().unwrap().recv();
            write!(out, "{second} end\n\ndata: last\n\n")
        });
        let origin = format!("http://wiki.test:{}", peer.port);
        let mut response = Setup::typed(&[&origin]).send_with_token(&get(&origin)).unwrap();
        // The first event is here, so that the first half was received before the second is sent.
        assert_eq!(response.next_event().unwrap().unwrap().data, "ready");
        go.send(()).unwrap();
        let data = response.next_event().unwrap().unwrap().data;
        assert!(data.starts_with("key [secret]") && data.ends_with(" end"), "{data}");
        assert_eq!(response.next_event().unwrap().unwrap().data, "last");
        assert_eq!(response.next_event().unwrap(), None);
    }
}

#[test]
fn of_an_earlier_request_are_still_found() {
    let peer = Peer::start(|_, out| respond(out, "200 OK", "", SECRET));
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let connection = setup.connect(&Names::loopback());
    connection.send(&get(&origin), &[setup.token()], &Scan, &setup.records).unwrap();
    let mut second = connection.send(&get(&origin), &[], &Scan, &setup.records).unwrap();
    assert_eq!(second.read_all().unwrap(), b"[secret]");
}

#[test]
fn cannot_hide_in_a_coded_body() {
    // "gzip bomb" and "compressed echo" end the same way: nothing is decoded, nothing coded is given out.
    for coding in ["content-encoding: gzip\r\n", "content-encoding: identity, br\r\n"] {
        let peer = Peer::start(move |_, out| respond(out, "200 OK", coding, "\x1f\x08 and so on"));
        let origin = format!("http://wiki.test:{}", peer.port);
        let error = Setup::typed(&[&origin]).send_with_token(&get(&origin)).unwrap_err();
        assert_eq!(error, NetError::Encoded { header: "content-encoding" });
        assert!(peer.requests()[0].contains("accept-encoding: identity\r\n"));
    }
}

#[test]
fn do_not_leave_again_by_a_redirect_or_a_plugin() {
    let other = Peer::saying("never");
    let there = format!("http://other.test:{}", other.port);
    for form in ["hunter2%2Fand%2Bmore", "68756e746572322f616e642b6d6f7265", "aHVudGVyMi9hbmQrbW9yZQ=="] {
        let peer = Peer::redirecting("302 Found", format!("{there}/?token={form}"));
        let origin = format!("http://wiki.test:{}", peer.port);
        let setup = Setup::typed(&[&origin, &there]);
        let error = setup.send_with_token(&get(&origin)).unwrap_err();
        assert!(error.to_string().contains("holds a secret"), "{error}");
        let connection = setup.connect(&Names::loopback());
        connection.remember(&trcaa_model::secret::Secret::new(SECRET));
        let send = |request: &Request| connection.send(request, &[], &Scan, &setup.records).unwrap_err().to_string();
        let mut posted = Request { method: Method::Post, ..get(&there) };
        posted.body = Body::from_guest(format!("it is {form}.").as_bytes(), &Scan).unwrap();
        let named = Request { headers: vec![header("x-note", form)], ..get(&there) };
        for request in [posted, named, get(format!("{there}/{form}"))] {
            assert!(send(&request).contains("holds a secret"), "{form}");
        }
    }
    assert_eq!(other.connections(), 0);
    // A key that is a word, as local servers are given, stops no request.
    let setup = Setup::typed(&[&there]);
    let connection = setup.connect(&Names::loopback());
    connection.remember(&trcaa_model::secret::Secret::new("ollama"));
    assert!(connection.send(&get(format!("{there}/ollama")), &[], &Scan, &setup.records).is_ok());
}
