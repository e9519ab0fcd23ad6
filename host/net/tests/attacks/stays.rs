//! A connection that stays on this machine, whatever was granted, typed, resolved or answered.

use sha2::{Digest, Sha256};
use trcaa_net::{Body, Method, OutboundScan, Part, Request, Rule};

use crate::peer::{Names, Peer, Scan};
use crate::{Setup, get, rule};

fn staying(origins: &[&str]) -> Setup {
    let mut setup = Setup::typed(origins);
    setup.allowance.loopback_only = true;
    setup
}

#[test]
fn only_a_literal_loopback_host_gets_anything() {
    let peer = Peer::saying("hello");
    for host in ["127.0.0.1", "127.1", "localhost", "LOCALHOST"] {
        let origin = format!("http://{host}:{}", peer.port);
        assert_eq!(staying(&[&origin]).send(&get(&origin)).unwrap().status(), 200, "{host}");
    }
    let before = peer.connections();
    // A name that resolves to loopback is another's to change.
    for host in ["wiki.test", "localhost.wiki.test", "10.0.0.1", "1.1.1.1"] {
        let origin = format!("http://{host}:{}", peer.port);
        assert!(matches!(rule(staying(&[&origin]).send(&get(&origin))), Rule::NotLoopback), "{host}");
    }
    assert_eq!(peer.connections(), before);
}

#[test]
fn localhost_that_is_elsewhere_gets_nothing() {
    for addresses in [&["10.0.0.1"][..], &["127.0.0.1", "10.0.0.1"], &["1.1.1.1"]] {
        let setup = staying(&["http://localhost:9"]);
        let connection = setup.connect(&Names::answering(&[addresses]));
        let sent = connection.send(&get("http://localhost:9"), &[], &Scan, &setup.records);
        assert!(matches!(rule(sent), Rule::NotLoopback), "{addresses:?}");
    }
}

#[test]
fn a_redirect_leads_nowhere_else() {
    let elsewhere = Peer::saying("never");
    let target = format!("http://wiki.test:{}/x", elsewhere.port);
    let peer = Peer::redirecting("302 Found", target.clone());
    let origin = format!("http://127.0.0.1:{}", peer.port);
    let setup = staying(&[&origin, &format!("http://wiki.test:{}", elsewhere.port)]);
    assert!(matches!(rule(setup.send(&get(&origin))), Rule::NotLoopback));
    assert_eq!((peer.connections(), elsewhere.connections()), (1, 0));
}

#[test]
fn a_body_is_recorded_with_its_digest() {
    let peer = Peer::saying("hello");
    let origin = format!("http://127.0.0.1:{}", peer.port);
    let body = Scan.scan(Part::Body, "exactly this").map(Body::Redacted).unwrap();
    let digests = Digests::default();
    let setup = Setup::typed(&[&origin]);
    let request = Request { method: Method::Post, body, ..get(&origin) };
    setup.connect(&Names::loopback()).send(&request, &[], &Scan, &digests).unwrap();
    setup.connect(&Names::loopback()).send(&get(&origin), &[], &Scan, &digests).unwrap();
    let expected: [u8; 32] = Sha256::digest("exactly this").into();
    assert_eq!(*digests.0.lock().unwrap(), [Some(expected), Some(expected), None, None], "before and after each");
}

#[derive(Default)]
struct Digests(std::sync::Mutex<Vec<Option<[u8; 32]>>>);

impl trcaa_net::Observer for Digests {
    fn record(&self, record: &trcaa_net::Record<'_>) {
        self.0.lock().unwrap().push(record.body_sha256);
    }
}
