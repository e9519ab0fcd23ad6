//! A connection that is stopped, one that can't be recorded, and the way through a proxy.

use std::io::{self, Write as _};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::peer::{Names, Peer, Scan};
use crate::{SECRET, Setup, get, tells_nothing};
use trcaa_net::{NetError, Network, Observer, Record, Request, Resolver, Stop};

/// Longer than any look, shorter than the limits of the test's requests.
const SOON: Duration = Duration::from_secs(8);

#[test]
fn every_wait_of_a_stopped_connection_ends() {
    for head in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let (here, arrived) = mpsc::channel();
        let (done, wait) = mpsc::channel::<()>();
        let (here, wait) = (Mutex::new(here), Mutex::new(wait));
        let arrived = Mutex::new(arrived);
        let peer = Peer::start(move |_, out| {
            out.write_all(head.as_bytes())?;
            let _ = here.lock().unwrap().send(());
            let _ = wait.lock().unwrap().recv();
            Ok(())
        });
        let origin = format!("http://wiki.test:{}", peer.port);
        let setup = Setup::typed(&[&origin]);
        let asked = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&asked);
        let connection = setup.connect(&Names::loopback()).stopped_by(Stop::when(move || stop.load(Ordering::SeqCst)));
        let begun = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                arrived.lock().unwrap().recv().unwrap();
                asked.store(true, Ordering::SeqCst);
            });
            let sent = connection.send(&get(&origin), &[], &Scan, &setup.records);
            let error = sent.and_then(|mut response| response.read_all().map(|_| response)).unwrap_err();
            assert_eq!(error, NetError::Stopped, "{head:?}");
        });
        assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
        // And nothing more leaves.
        let accepted = peer.connections();
        let again = connection.send(&get(&origin), &[], &Scan, &setup.records).unwrap_err();
        assert_eq!((again, peer.connections()), (NetError::Stopped, accepted));
        drop(done);
    }
}

/// A look-up that does not end before the test does.
struct Slow(Mutex<mpsc::Receiver<()>>);

impl Resolver for Slow {
    fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let _ = self.0.lock().unwrap().recv();
        Err(io::ErrorKind::TimedOut.into())
    }
}

#[test]
fn a_look_up_ends_with_its_connection() {
    let (done, wait) = mpsc::channel();
    let setup = Setup::typed(&["http://wiki.test"]);
    let begun = Instant::now();
    let connection = setup.connect_by(Arc::new(Slow(Mutex::new(wait))));
    let connection = connection.stopped_by(Stop::when(move || begun.elapsed() > Duration::from_millis(60)));
    let error = connection.send(&get("http://wiki.test/"), &[], &Scan, &setup.records).unwrap_err();
    assert_eq!(error, NetError::Stopped);
    assert!(begun.elapsed() < SOON, "{:?}", begun.elapsed());
    drop(done);
}

/// Can write nothing down.
struct Full;

impl Observer for Full {
    fn record(&self, _: &Record<'_>) {}

    fn admit(&self, _: &Record<'_>) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }
}

#[test]
fn what_cannot_be_recorded_does_not_leave() {
    let peer = Peer::saying("hello");
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let connection = setup.connect(&Names::loopback());
    let error = connection.send(&get(&origin), &[setup.token()], &Scan, &Full).unwrap_err();
    assert_eq!(error, NetError::Unrecorded { host: "wiki.test".into() });
    tells_nothing(&error, &[SECRET]);
    assert_eq!(peer.connections(), 0);
}

#[test]
fn a_proxy_serves_the_world_and_not_the_own_network() {
    let proxy = Peer::start(|_, out| crate::peer::respond(out, "403 Forbidden", "", "no"));
    let network = || Network::new(b"").unwrap().through(&format!("http://127.0.0.1:{}", proxy.port)).unwrap();
    let own = Peer::saying("own");
    let origin = format!("http://wiki.test:{}", own.port);
    let setup = Setup { network: network(), ..Setup::typed(&[&origin]) };
    assert_eq!(setup.send(&get(&origin)).unwrap().read_all().unwrap(), b"own");
    assert_eq!(proxy.connections(), 0);

    let setup = Setup { network: network(), ..Setup::granted(&["https://wiki.test".to_owned()]) };
    let public = Names::answering(&[&["1.1.1.1"]]);
    let sent = setup.connect(&public).send(&get("https://wiki.test/x"), &[setup.token()], &Scan, &setup.records);
    let error = sent.unwrap_err();
    assert!(matches!(error, NetError::Unreachable { .. }), "{error}");
    let asked = proxy.requests();
    assert!(asked[0].starts_with("CONNECT wiki.test:443 "), "{asked:?}");
    assert!(!asked[0].contains("hunter2") && !asked[0].to_ascii_lowercase().contains("authorization"), "{asked:?}");

    // A name that is somewhere else is not even asked for: the check comes before the proxy.
    let bad = Names::answering(&[&["1.1.1.1", "10.0.0.1"]]);
    let setup = Setup { network: network(), ..Setup::granted(&["https://wiki.test".to_owned()]) };
    let before = proxy.connections();
    let refused = crate::rule(setup.connect(&bad).send(&get("https://wiki.test/x"), &[], &Scan, &setup.records));
    assert!(matches!(refused, trcaa_net::Rule::OwnNetwork { .. }), "{refused:?}");
    assert_eq!(proxy.connections(), before);
}

#[test]
fn a_look_up_ends_with_the_time_of_its_request() {
    let (done, wait) = mpsc::channel::<()>();
    let setup = Setup::granted(&["https://slow.test".to_owned()]);
    let connection = setup.connect_by(Arc::new(Slow(Mutex::new(wait))));
    let request = Request { timeout: Some(Duration::from_millis(60)), ..get("https://slow.test/") };
    let begun = Instant::now();
    assert!(connection.send(&request, &[], &Scan, &setup.records).is_err());
    assert!(begun.elapsed() < Duration::from_secs(5), "a look-up by itself has ten seconds");
    drop(done);
}
