//! Bodies that do not end, in size or in time.

use std::io::Write as _;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::peer::{Names, Peer, Scan};
use crate::{Setup, get};
use trcaa_net::{NetError, Request};

const MIB: u64 = 1 << 20;
const SHORT: Duration = Duration::from_millis(150);

#[test]
fn a_gibibyte_is_cut_at_the_cap_and_the_rest_is_never_received() {
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let peer = Peer::start(move |_, out| {
        write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", 1024 * MIB)?;
        let block = vec![b'x'; 64 << 10];
        let mut sent = 0;
        while sent < 1024 * MIB && out.write_all(&block).is_ok() {
            sent += block.len() as u64;
        }
        let _ = tell.lock().unwrap().send(sent);
        Ok(())
    });
    let origin = format!("http://wiki.test:{}", peer.port);
    for (asked, cap) in [(None, MIB), (Some(1000), 1000), (Some(u64::MAX), MIB)] {
        let setup = Setup::typed(&[&origin]);
        let connection = setup.connect(&Names::loopback());
        let request = Request { response_bytes_max: asked, ..get(&origin) };
        let mut response = connection.send(&request, &[], &Scan, &setup.records).unwrap();
        let mut got = 0;
        let error = loop {
            match response.read(1 << 30) {
                Ok(chunk) => got += chunk.unwrap().len() as u64,
                Err(error) => break error,
            }
        };
        assert_eq!(error, NetError::TooLarge { what: "the response", bytes_max: cap });
        assert_eq!((got, response.bytes_read()), (cap, cap));
        assert!(told.recv().unwrap() < 64 * MIB, "the peer could send on");
    }
}

/// A peer that writes `head` and then keeps the connection open until the test is over.
fn stalling(head: &'static str) -> (Peer, mpsc::Sender<()>) {
    let (done, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let peer = Peer::start(move |_, out| {
        out.write_all(head.as_bytes())?;
        let _ = wait.lock().unwrap().recv();
        Ok(())
    });
    (peer, done)
}

#[test]
fn silence_ends_with_the_idle_time_out() {
    for head in ["", "HTTP/1.1 200 OK\r\nx-a: ", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"] {
        let (peer, done) = stalling(head);
        let origin = format!("http://wiki.test:{}", peer.port);
        let mut setup = Setup::typed(&[&origin]);
        setup.allowance.idle = SHORT;
        let begun = Instant::now();
        let error = setup.send(&get(&origin)).and_then(|mut r| r.read_all().map(|_| r)).unwrap_err();
        assert_eq!(error, NetError::Idle { after: SHORT }, "{head:?}");
        assert!((SHORT..setup.allowance.total / 2).contains(&begun.elapsed()), "{head:?}: {:?}", begun.elapsed());
        drop(done);
    }
}

#[test]
fn a_drip_that_is_never_idle_ends_with_the_total_time_out() {
    let (done, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let peer = Peer::start(move |_, out| {
        write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
        let wait = wait.lock().unwrap();
        while wait.recv_timeout(SHORT / 10) == Err(mpsc::RecvTimeoutError::Timeout) {
            out.write_all(b".")?;
        }
        Ok(())
    });
    let origin = format!("http://wiki.test:{}", peer.port);
    let setup = Setup::typed(&[&origin]);
    let request = Request { timeout: Some(SHORT * 2), ..get(&origin) };
    let begun = Instant::now();
    let error = setup.send(&request).unwrap().read_all().unwrap_err();
    assert_eq!(error, NetError::Overtime { after: SHORT * 2 });
    assert!((SHORT * 2..setup.allowance.total / 2).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    drop(done);
}

#[test]
fn redirects_share_the_total_time_out() {
    let (done, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let peer = Peer::start(move |_, out| {
        let _ = wait.lock().unwrap().recv_timeout(SHORT);
        crate::peer::respond(out, "302 Found", "location: /again\r\n", "")
    });
    let origin = format!("http://wiki.test:{}", peer.port);
    let request = Request { timeout: Some(SHORT * 2), ..get(&origin) };
    let error = Setup::typed(&[&origin]).send(&request).unwrap_err();
    assert_eq!(error, NetError::Overtime { after: SHORT * 2 });
    drop(done);
}

#[test]
fn an_event_without_end_is_refused() {
    let peer = Peer::start(|_, out| {
        write!(out, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ndata: ")?;
        while out.write_all(&[b'x'; 64 << 10]).is_ok() {}
        Ok(())
    });
    let origin = format!("http://wiki.test:{}", peer.port);
    let mut setup = Setup::typed(&[&origin]);
    setup.allowance.response_bytes_max = 64 * MIB;
    let mut response = setup.send(&get(&origin)).unwrap();
    assert_eq!(response.next_event().unwrap_err(), NetError::TooLarge { what: "an event", bytes_max: MIB });
    drop(response);
}

#[test]
fn a_host_that_is_not_there_is_told_without_its_address_to_the_plugin() {
    // Port 1 (tcpmux) is served nowhere; a port that was bound and freed can be another test's by now.
    let origin = "http://wiki.test:1";
    let error = Setup::typed(&[origin]).send(&get(origin)).unwrap_err();
    assert!(matches!(error, NetError::Unreachable { .. }), "{error}");
    assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
    assert_eq!(error.plugin_text(), "wiki.test can't be reached");
}
