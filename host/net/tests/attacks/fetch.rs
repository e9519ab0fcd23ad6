//! Downloads of the host itself: a server that was typed is believed no further than its own host.

use std::io::Write as _;
use std::net::TcpStream;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use crate::SECRET;
use crate::peer::{Names, Peer, Records, respond};
use trcaa_model::plugin::SecretCapability;
use trcaa_model::secret::Secret;
use trcaa_net::{Credential, Download, Downloaded, FetchError, Fetcher, NetError, Network, Placement, Rule};

const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(20);

/// One download with what surrounds it.
struct Setup {
    typed: String,
    names: Arc<Names>,
    idle: Duration,
    total: Duration,
    bytes_max: u64,
    credential: Option<Credential>,
    records: Records,
}

impl Setup {
    fn typed(typed: impl Into<String>) -> Self {
        Self {
            typed: typed.into(),
            names: Names::loopback(),
            idle: LONG,
            total: LONG,
            bytes_max: 1 << 20,
            credential: None,
            records: Records::default(),
        }
    }

    fn with_token_for(mut self, audience: &str) -> Self {
        self.credential = Some(Credential {
            id: "registry".into(),
            secret: Secret::new(SECRET),
            placement: Placement::Bearer,
            granted: SecretCapability {
                name: "registry".into(),
                audience: vec![audience.into()],
                placements: vec!["bearer".into()],
                reason: "test".into(),
            },
        });
        self
    }

    fn fetch(&self, url: &str) -> Result<Downloaded, FetchError> {
        let network = Network::new(b"").unwrap();
        let fetcher = Fetcher::within(&network, &self.typed, self.names.clone(), self.idle, self.total).unwrap();
        let download = Download {
            url,
            accept: "application/wasm",
            credential: self.credential.as_ref(),
            bytes_max: self.bytes_max,
        };
        fetcher.fetch(&download, &self.records, &mut |_, _| ControlFlow::Continue(()))
    }
}

#[track_caller]
fn rule(result: Result<Downloaded, FetchError>) -> Rule {
    match result {
        Err(FetchError::Refused { rule, .. }) => rule,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn a_file_comes_whole_from_a_typed_host_and_the_request_carries_nothing() {
    let peer = Peer::saying("the file");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&origin);
    let got = setup.fetch(&format!("{origin}/a.wasm?x=1")).unwrap();
    assert_eq!((got.status, got.body.as_slice(), got.origin), (200, &b"the file"[..], origin));
    let request = peer.requests().remove(0);
    let mut lines: Vec<&str> = request.lines().collect();
    lines.sort_unstable();
    let expected = [
        "",
        "GET /a.wasm?x=1 HTTP/1.1",
        "accept-encoding: identity",
        "accept: application/wasm",
        &format!("host: wiki.test:{}", peer.port),
        concat!("user-agent: trcaa/", env!("CARGO_PKG_VERSION")),
    ];
    assert_eq!(lines, expected);
    let expected = ["Allowed", "Answered(200)"].map(|d| format!(" GET wiki.test:{}/a.wasm 0 bytes [] {d}", peer.port));
    assert_eq!(setup.records.all(), expected);
}

#[test]
fn a_redirect_reaches_no_other_host_of_the_users_own_network() {
    let inner = Peer::saying("internal");
    for there in [format!("https://other.test:{}", inner.port), format!("https://127.0.0.1:{}/", inner.port)] {
        let peer = Peer::redirecting("302 Found", there);
        let origin = format!("http://wiki.test:{}", peer.port);
        assert!(matches!(rule(Setup::typed(&origin).fetch(&origin)), Rule::OwnNetwork { range: "loopback", .. }));
    }
    for there in [format!("http://other.test:{}", inner.port), "http://169.254.169.254/latest".to_owned()] {
        let peer = Peer::redirecting("302 Found", there);
        let origin = format!("http://wiki.test:{}", peer.port);
        let error = Setup::typed(&origin).fetch(&origin).unwrap_err();
        assert!(matches!(error, FetchError::ClearText { .. }), "{error}");
    }
    let peer = Peer::redirecting("302 Found", "https://169.254.169.254/latest".to_owned());
    let origin = format!("http://wiki.test:{}", peer.port);
    assert!(matches!(rule(Setup::typed(&origin).fetch(&origin)), Rule::Address { range: "cloud metadata", .. }));
    assert_eq!(inner.connections(), 0);
}

#[test]
fn link_local_and_disguised_addresses_are_refused_even_where_typed() {
    for host in ["169.254.169.254", "169.254.1.1", "0.0.0.0", "[fe80::1]", "[::ffff:10.0.0.1]", "[fd00:ec2::254]"] {
        let origin = format!("http://{host}:9");
        assert!(matches!(rule(Setup::typed(&origin).fetch(&origin)), Rule::Address { .. }), "{host}");
    }
    let mut setup = Setup::typed("http://wiki.test:9");
    setup.names = Names::answering(&[&["127.0.0.1", "169.254.169.254"]]);
    assert!(matches!(rule(setup.fetch("http://wiki.test:9/")), Rule::Address { .. }));
}

#[test]
fn a_host_that_was_typed_secure_is_not_reached_in_clear() {
    let peer = Peer::saying("in clear");
    let setup = Setup::typed(format!("https://wiki.test:{}", peer.port));
    let error = setup.fetch(&format!("http://wiki.test:{}/", peer.port)).unwrap_err();
    assert!(matches!(error, FetchError::ClearText { .. }), "{error}");
    assert_eq!(peer.connections(), 0);
    assert_eq!(setup.records.all(), [format!(" GET wiki.test:{}/ 0 bytes [] Denied(\"plain http\")", peer.port)]);
}

#[test]
fn a_credential_goes_to_its_audience_and_stays_behind_on_a_redirect() {
    let storage = Peer::saying("blob");
    let there = format!("http://wiki.test:{}/blob", storage.port);
    let peer = Peer::start(move |request, out| match request.starts_with("GET /here ") {
        true => respond(out, "307 T", "location: /there\r\n", ""),
        false => respond(out, "307 T", &format!("location: {there}\r\n"), ""),
    });
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&origin).with_token_for(&origin);
    assert_eq!(setup.fetch(&format!("{origin}/here")).unwrap().body, b"blob");
    for request in peer.requests() {
        assert!(request.contains("authorization: Bearer hunter2"), "{request}");
    }
    assert!(!storage.requests()[0].to_ascii_lowercase().contains("authorization"), "{:?}", storage.requests());

    let elsewhere = Setup::typed(&origin).with_token_for("https://elsewhere.test");
    assert_eq!(rule(elsewhere.fetch(&origin)), Rule::Audience);
    assert_eq!(peer.connections(), 2);
}

#[test]
fn an_echoed_credential_is_in_nothing_that_comes_back() {
    let peer = Peer::start(|_, out| respond(out, "400 Bad", &format!("x-a: {SECRET}\r\n"), SECRET));
    let origin = format!("http://wiki.test:{}", peer.port);
    let got = Setup::typed(&origin).with_token_for(&origin).fetch(&origin).unwrap();
    assert_eq!((got.header("x-a"), got.body.as_slice()), (Some("[secret]"), &b"[secret]"[..]));
}

#[test]
fn redirects_in_a_circle_end_after_three() {
    let peer = Peer::redirecting("302 Found", "/again".into());
    let origin = format!("http://wiki.test:{}", peer.port);
    let error = Setup::typed(&origin).fetch(&origin).unwrap_err();
    assert_eq!(error, NetError::Redirects { max: 3 }.into());
    assert_eq!(peer.connections(), 4);
}

#[test]
fn size_is_bounded_at_the_byte_and_before_the_body_where_it_is_told() {
    let peer = Peer::saying("0123456789");
    let endless = Peer::start(|_, out| {
        write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
        while out.write_all(&[b'x'; 4 << 10]).is_ok() {}
        Ok(())
    });
    for (port, bytes_max, fits) in [(peer.port, 10, true), (peer.port, 9, false), (endless.port, 9_999, false)] {
        let mut setup = Setup::typed(format!("http://wiki.test:{port}"));
        setup.bytes_max = bytes_max;
        let got = setup.fetch(&setup.typed);
        match fits {
            true => assert_eq!(got.unwrap().body, b"0123456789"),
            false => assert_eq!(got.unwrap_err(), NetError::TooLarge { what: "the response", bytes_max }.into()),
        }
    }
    // The body never comes, and is not waited for.
    let told = stalling("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
    let setup = Setup::typed(format!("http://wiki.test:{}", told.0.port));
    let too_large = NetError::TooLarge { what: "the response", bytes_max: 1 << 20 };
    assert_eq!(setup.fetch(&setup.typed).unwrap_err(), too_large.into());
}

#[test]
fn an_answer_that_is_no_file_is_cut() {
    let page = "x".repeat(100 << 10);
    let peer = Peer::start(move |_, out| respond(out, "500 Oops", "content-type: text/html\r\n", &page));
    let origin = format!("http://wiki.test:{}", peer.port);
    let got = Setup::typed(&origin).fetch(&origin).unwrap();
    assert_eq!((got.status, got.body.len(), got.header("content-type")), (500, 64 << 10, Some("text/html")));
}

/// A peer that writes `head` and then keeps the connection open until the sender is dropped.
fn stalling(head: &'static str) -> (Peer, mpsc::Sender<()>) {
    let (done, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let peer = Peer::start(move |_, out: &mut TcpStream| {
        out.write_all(head.as_bytes())?;
        let _ = wait.lock().unwrap().recv();
        Ok(())
    });
    (peer, done)
}

#[test]
fn silence_and_slowness_end() {
    for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let (peer, done) = stalling(head);
        let mut setup = Setup::typed(format!("http://wiki.test:{}", peer.port));
        setup.idle = SHORT;
        assert_eq!(setup.fetch(&setup.typed).unwrap_err(), NetError::Idle { after: SHORT }.into(), "{head:?}");
        setup.idle = LONG;
        setup.total = SHORT;
        drop(done);
        let (peer, _done) = stalling(head);
        setup.typed = format!("http://wiki.test:{}", peer.port);
        assert_eq!(setup.fetch(&setup.typed).unwrap_err(), NetError::Overtime { after: SHORT }.into(), "{head:?}");
    }
}

#[test]
fn a_body_that_breaks_off_or_comes_coded_is_an_error() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nhalf",
        "nonsense\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nhalfx",
    ] {
        let peer = Peer::start(move |_, out| out.write_all(answer.as_bytes()));
        let origin = format!("http://wiki.test:{}", peer.port);
        let error = Setup::typed(&origin).fetch(&origin).unwrap_err();
        assert!(matches!(error, FetchError::Net(NetError::Unreachable { .. } | NetError::Encoded { .. })), "{error:?}");
    }
}

#[test]
fn who_watches_can_end_it() {
    let (peer, _done) = stalling("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf");
    let origin = format!("http://wiki.test:{}", peer.port);
    let network = Network::new(b"").unwrap();
    let fetcher = Fetcher::new(&network, &origin, Names::loopback()).unwrap();
    let download = Download { url: &origin, accept: "*/*", credential: None, bytes_max: 100 };
    let mut heard = vec![];
    let ended = fetcher.fetch(&download, &Records::default(), &mut |bytes, all| {
        heard.push((bytes, all));
        ControlFlow::Break(())
    });
    assert_eq!(ended.unwrap_err(), FetchError::Cancelled);
    assert_eq!(heard, [(4, Some(9))]);
}
