//! A tiny HTTP server on loopback whose every byte the test decides, and the ports of the pipeline as fakes.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use trcaa_model::guard::Redacted;
use trcaa_net::{Observer, OutboundScan, Part, Record, Resolver, ScanRefusal};

/// A server that answers one request per connection.
pub(crate) struct Peer {
    pub(crate) port: u16,
    /// Head and body of every request.
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
    /// Connections, whether a request came or not.
    pub(crate) accepted: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Peer {
    /// Starts it; `answer` gets the request and writes whatever it likes.
    pub(crate) fn start(answer: impl Fn(&str, &mut TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(vec![]));
        let accepted = Arc::new(AtomicUsize::new(0));
        let stop = Arc::new(AtomicBool::new(false));
        let (seen_by, accepted_by, stop_by) = (Arc::clone(&seen), Arc::clone(&accepted), Arc::clone(&stop));
        let serve = move || {
            while let Ok((mut stream, _)) = listener.accept() {
                if stop_by.load(Ordering::SeqCst) {
                    return;
                }
                accepted_by.fetch_add(1, Ordering::SeqCst);
                if let Ok(request) = read_request(&stream) {
                    seen_by.lock().unwrap().push(request.clone());
                    // The client hanging up on us is what several tests are about.
                    let _ = answer(&request, &mut stream);
                }
            }
        };
        std::thread::spawn(serve);
        Self { port, seen, accepted, stop }
    }

    /// One that answers 200 with this body.
    pub(crate) fn saying(body: &'static str) -> Self {
        Self::start(move |_, out| respond(out, "200 OK", "", body))
    }

    /// One that sends everybody to `location`.
    pub(crate) fn redirecting(status: &'static str, location: String) -> Self {
        Self::start(move |_, out| respond(out, status, &format!("location: {location}\r\n"), ""))
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, self.port)));
        // Not joined: an answer that waits for its test would wait for ever when the test failed.
    }
}

/// Writes a whole response.
pub(crate) fn respond(out: &mut impl io::Write, status: &str, headers: &str, body: &str) -> io::Result<()> {
    let length = body.len();
    write!(out, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}")?;
    out.flush()
}

/// Reads head and body.
pub(crate) fn read_request(stream: impl Read) -> io::Result<String> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let before = head.len();
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = &head[before..];
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(head + &String::from_utf8(body).unwrap())
}

/// Answers from a list: each look-up takes the next answer, the last one stays.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) answers: Mutex<Vec<Vec<IpAddr>>>,
    pub(crate) asked: AtomicUsize,
}

impl Names {
    pub(crate) fn answering(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |all: &&[&str]| all.iter().map(|a| a.parse().unwrap()).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(parse).collect()), asked: AtomicUsize::new(0) })
    }

    /// Every name is this machine.
    pub(crate) fn loopback() -> Arc<Self> {
        Self::answering(&[&["127.0.0.1"]])
    }
}

impl Resolver for Names {
    fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 { Ok(answers.remove(0)) } else { Ok(answers[0].clone()) }
    }
}

/// A scan that knows one name.
pub(crate) struct Scan;

impl OutboundScan for Scan {
    fn scan(&self, _: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal> {
        if text.contains("unscannable") {
            return Err(ScanRefusal { reason: "can't be scanned" });
        }
        #[expect(clippy::disallowed_methods, reason = "this fake stands for the guard")]
        Ok(Redacted::from_guard(text.replace("alice", "[Person_1]")))
    }
}

/// Keeps every record as text.
#[derive(Default)]
pub(crate) struct Records(pub(crate) Mutex<Vec<String>>);

impl Records {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Records {
    fn record(&self, r: &Record<'_>) {
        let text = format!(
            "{} {} {}:{}{} {} bytes {:?} {:?}",
            r.plugin,
            r.method.as_str(),
            r.host,
            r.port,
            r.path,
            r.bytes,
            r.secret_ids,
            r.decision
        );
        self.0.lock().unwrap().push(text);
    }
}
