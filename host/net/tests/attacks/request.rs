//! Requests that must not leave.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use crate::peer::{Names, Peer, Records, Scan};
use crate::{Setup, get, header, rule, tells_nothing};
use trcaa_net::{Body, Decision, Method, NetError, Observer, Record, Request, Rule};

#[test]
fn every_spelling_of_loopback_is_refused_unless_the_user_typed_it() {
    let peer = Peer::saying("hello");
    for host in ["127.0.0.1", "127.1", "0x7f000001", "2130706433", "0177.1", "[::1]", "localhost", "wiki.test"] {
        let origin = format!("https://{host}:{}", peer.port);
        let refused = rule(Setup::granted(std::slice::from_ref(&origin)).send(&get(&origin)));
        assert!(matches!(refused, Rule::OwnNetwork { range: "loopback", .. }), "{host}: {refused:?}");
    }
    assert_eq!(peer.connections(), 0);
    let origin = format!("http://127.1:{}", peer.port);
    assert_eq!(Setup::typed(&[&origin]).send(&get(&origin)).unwrap().status(), 200);
}

#[test]
fn another_service_of_a_typed_host_is_not_typed() {
    let peer = Peer::saying("hello");
    let typed = "http://wiki.test:9".to_owned();
    let origin = format!("https://wiki.test:{}", peer.port);
    let setup = Setup { typed: vec![typed], ..Setup::granted(std::slice::from_ref(&origin)) };
    let refused = rule(setup.send(&get(&origin)));
    assert!(matches!(refused, Rule::OwnNetwork { range: "loopback", .. }), "{refused:?}");
    assert_eq!(peer.connections(), 0);
}

#[test]
fn addresses_in_disguise_are_refused_even_where_typed() {
    for (host, address) in [
        ("[::ffff:10.0.0.1]", ""),
        ("[::ffff:127.0.0.1]", ""),
        ("[64:ff9b::169.254.169.254]", ""),
        ("[fd00:ec2::254]", ""),
        ("[64:ff9b::a00:1]", ""),
        ("[2002:a00:1::]", ""),
        ("wiki.test", "64:ff9b::a9fe:a9fe"),
        ("wiki.test", "fd00:ec2::254"),
        ("169.254.1.1", ""),
        ("0.0.0.0", ""),
        ("wiki.test", "::ffff:10.0.0.1"),
        ("wiki.test", "2002:7f00:1::"),
        ("wiki.test", "224.0.0.1"),
    ] {
        let origin = format!("http://{host}:9");
        let mut setup = Setup::typed(&[&origin]);
        setup.allowance.total = std::time::Duration::from_secs(2);
        let answers: &[&[&str]] = if address.is_empty() { &[&[]] } else { &[&[address]] };
        let sent = setup.connect(&Names::answering(answers)).send(&get(&origin), &[], &Scan, &setup.records);
        let refused = rule(sent);
        assert!(matches!(refused, Rule::Address { .. }), "{host} {address}: {refused:?}");
    }
}

#[test]
fn one_bad_address_spoils_all_of_a_name() {
    for (typed, addresses) in [
        (false, ["1.1.1.1", "fd00::1"]),
        (false, ["fd00::1", "1.1.1.1"]),
        (false, ["1.1.1.1", "10.0.0.1"]),
        (true, ["127.0.0.1", "fe80::1"]),
        (true, ["127.0.0.1", "169.254.169.254"]),
    ] {
        let peer = Peer::saying("hello");
        let origin = format!("{}://wiki.test:{}", if typed { "http" } else { "https" }, peer.port);
        let mut setup = Setup::granted(std::slice::from_ref(&origin)).typed_if(typed);
        setup.allowance.total = std::time::Duration::from_secs(2);
        let sent = setup.connect(&Names::answering(&[&addresses])).send(&get(&origin), &[], &Scan, &setup.records);
        let error = sent.unwrap_err();
        tells_nothing_to_the_plugin(&error, &addresses);
        let refused = rule(Err(error));
        assert_eq!(matches!(refused, Rule::Address { .. }), typed, "{addresses:?}: {refused:?}");
        assert!(matches!(refused, Rule::Address { .. } | Rule::OwnNetwork { .. }), "{addresses:?}: {refused:?}");
        assert_eq!(peer.connections(), 0);
    }
}

fn tells_nothing_to_the_plugin(error: &NetError, addresses: &[&str]) {
    assert!(addresses.iter().any(|a| error.to_string().contains(a)), "{error}");
    assert!(addresses.iter().all(|a| !error.plugin_text().contains(a)), "{}", error.plugin_text());
}

impl Setup {
    fn typed_if(self, typed: bool) -> Self {
        if typed { Self { typed: self.origins.clone(), ..self } } else { self }
    }
}

#[test]
fn a_name_that_flips_between_check_and_connect_is_asked_once() {
    let peer = Peer::saying("hello");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let names = Names::answering(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let connection = setup.connect(&names);
    assert_eq!(connection.send(&get(&origin), &[], &Scan, &setup.records).unwrap().read_all().unwrap(), b"hello");
    assert_eq!(names.asked.load(Ordering::SeqCst), 1);
    // The next request sees the new answer, and refuses it.
    let refused = rule(connection.send(&get(&origin), &[], &Scan, &setup.records));
    assert!(matches!(refused, Rule::Address { .. }), "{refused:?}");
    assert_eq!(peer.connections(), 1);
}

#[test]
fn a_name_without_grant_is_not_even_looked_up() {
    let setup = Setup::typed(&["http://wiki.test"]);
    let names = Names::loopback();
    let sent = setup.connect(&names).send(&get("http://evil.test/?q=queryvalue"), &[], &Scan, &setup.records);
    let error = sent.unwrap_err();
    assert_eq!(names.asked.load(Ordering::SeqCst), 0);
    tells_nothing(&error, &["queryvalue"]);
    assert_eq!(setup.records.all(), ["wiki GET evil.test:80/ 0 bytes [] Denied(\"no grant covers this origin\")"]);
}

#[test]
fn a_trailing_dot_or_user_info_is_refused() {
    let setup = Setup::typed(&["https://example.com"]);
    for url in ["https://example.com./", "https://me@example.com/", "https://example.com/\r\n", "//example.com/"] {
        let error = setup.send(&get(url)).unwrap_err();
        assert!(matches!(error, NetError::Invalid { .. }), "{url}: {error}");
    }
}

#[test]
fn paths_outside_the_prefix_do_not_leave() {
    let peer = Peer::saying("hello");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup { prefixes: vec!["/rest".into()], ..Setup::typed(&[&origin]) };
    for path in ["/rest/../admin", "/rest/%2e%2e/admin", "/rest/..%2Fadmin", "/rest/..;/admin", "/restricted"] {
        assert_eq!(rule(setup.send(&get(format!("{origin}{path}")))), Rule::Path, "{path}");
    }
    assert_eq!(peer.connections(), 0);
    assert_eq!(setup.send(&get(format!("{origin}/rest/page?q=../x"))).unwrap().status(), 200);
}

#[test]
fn headers_of_the_hosts_do_not_leave() {
    let peer = Peer::saying("hello");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    for name in
        ["Authorization", "Cookie", "Proxy-Authorization", "Proxy-Connection", "Host", "X-Api-Key", "Transfer-Encoding"]
    {
        let request = Request { headers: vec![header(name, "stolen")], ..get(&origin) };
        let error = setup.send(&request).unwrap_err();
        tells_nothing(&error, &["stolen"]);
        assert_eq!(rule(Err(error)), Rule::Header(name.to_ascii_lowercase()));
    }
    for value in ["a\r\nx-evil: 1", "a\nx-evil: 1", "a\rb"] {
        let request = Request { headers: vec![header("x-note", value)], ..get(&origin) };
        assert!(matches!(setup.send(&request).unwrap_err(), NetError::Invalid { .. }), "{value:?}");
    }
    assert_eq!(peer.connections(), 0);
}

#[test]
fn a_secret_stays_with_its_audience() {
    let peer = Peer::saying("hello");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let mut token = setup.token();
    token.granted.audience = vec!["https://wiki.test".into()];
    let names = Names::loopback();
    let error = setup.connect(&names).send(&get(&origin), &[token], &Scan, &setup.records).unwrap_err();
    tells_nothing(&error, &[crate::SECRET]);
    assert_eq!(rule(Err(error)), Rule::Audience);
    assert_eq!((peer.connections(), names.asked.load(Ordering::SeqCst)), (0, 0));
}

#[test]
fn what_the_scan_would_change_in_address_or_headers_does_not_leave() {
    let peer = Peer::saying("hello");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let with = |h: &str| Request { headers: vec![header("x-note", h)], ..get(&origin) };
    for request in [
        get(format!("{origin}/?cql=creator%3D%61lice")),
        get(format!("{origin}/people/alice")),
        get(format!("{origin}/unscannable")),
        with("of alice"),
    ] {
        assert!(matches!(rule(setup.send(&request)), Rule::Scan(_)), "{}", request.url);
    }
    assert!(Body::from_guest(b"\xff\xfe", &Scan).is_err());
    assert!(Body::from_guest(b"unscannable", &Scan).is_err());
    let too_long = Body::from_guest(&vec![b'x'; (1 << 20) + 1], &Scan).unwrap();
    let error = setup.send(&Request { method: Method::Put, body: too_long, ..get(&origin) }).unwrap_err();
    assert!(matches!(error, NetError::TooLarge { .. }), "{error}");
    assert_eq!(peer.connections(), 0);
}

/// Notes how many connections the peer had when a request was allowed.
struct Before<'a>(&'a Peer, Mutex<Vec<usize>>);

impl Observer for Before<'_> {
    fn record(&self, record: &Record<'_>) {
        if record.decision == Decision::Allowed {
            self.1.lock().unwrap().push(self.0.connections());
        }
    }
}

#[test]
fn the_record_is_made_before_the_bytes_leave() {
    let peer = Peer::saying("hello");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let before = Before(&peer, Mutex::default());
    let body = Body::from_guest(b"four", &Scan).unwrap();
    let request = Request { method: Method::Post, body, ..get(&origin) };
    let connection = setup.connect(&Names::loopback());
    connection.send(&request, &[setup.token()], &Scan, &before).unwrap();
    assert_eq!(*before.1.lock().unwrap(), [0]);

    let records = Records::default();
    connection.send(&request, &[setup.token()], &Scan, &records).unwrap();
    let line = format!("wiki POST wiki.test:{}/ 4 bytes [\"wiki-token\"]", peer.port);
    assert_eq!(records.all(), [format!("{line} Allowed"), format!("{line} Answered(200)")]);
}

/// Runs another test of this file with proxies in its environment, which a process can't safely change for itself.
#[test]
fn a_proxy_in_the_environment_is_not_used() {
    let proxy = Peer::saying("from the proxy");
    let address = format!("http://127.0.0.1:{}", proxy.port);
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "request::a_name_that_flips_between_check_and_connect_is_asked_once"]);
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        child.env(name, &address);
    }
    let output = child.env_remove("REQUEST_METHOD").env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn a_name_without_address_is_told_and_recorded() {
    let setup = Setup::typed(&["http://wiki.test"]);
    let too_many = vec!["1.1.1.1"; 65];
    for answer in [&[] as &[&str], &too_many] {
        let names = Names::answering(&[answer]);
        let error = setup.connect(&names).send(&get("http://wiki.test/"), &[], &Scan, &setup.records).unwrap_err();
        assert_eq!(error, NetError::Unresolved { host: "wiki.test".into() });
    }
    assert!(setup.records.all().iter().all(|r| r.ends_with("Failed(\"unresolved\")")), "{:?}", setup.records.all());
}
