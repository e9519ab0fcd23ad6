//! A server between the product and a peer that keeps what went through: the form that `plugin test` replays.
//!
//! One connection at a time is enough, and one request each: the answer says `Connection: close`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

/// Longest request body that is kept: longer ones hold whole logs.
const BODY_BYTES_MAX: usize = 2_000;
/// Headers of an answer that mean something.
const KEPT: [&str; 4] = ["content-type", "retry-after", "retry-after-ms", "location"];

/// What went through.
pub(super) struct Recorder {
    /// Where to ask instead of the peer.
    pub(super) port: u16,
    exchanges: Arc<Mutex<Vec<Value>>>,
}

impl Recorder {
    /// Stands before the peer at `upstream`.
    pub(super) fn before(upstream: u16) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| format!("listening on loopback: {e}"))?;
        let port = listener.local_addr().map_err(|e| format!("listening on loopback: {e}"))?.port();
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&exchanges);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A peer that breaks off is what some cases are about; the product is told by the closed connection.
                // Held until it is kept: who has the end of an answer and takes what went through waits for that one.
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if let Ok(exchange) = pass(stream, upstream) {
                    kept.push(exchange);
                }
            }
        });
        Ok(Self { port, exchanges })
    }

    /// Everything since the last time.
    pub(super) fn take(&self) -> Vec<Value> {
        std::mem::take(&mut self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Head {
    first: String,
    headers: Vec<(String, String)>,
}

impl Head {
    fn read(stream: &mut impl BufRead) -> std::io::Result<Self> {
        let mut first = String::new();
        stream.read_line(&mut first)?;
        let mut headers = Vec::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
                return Ok(Self { first: first.trim_end().to_owned(), headers });
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim().to_lowercase(), value.trim().to_owned()));
            }
        }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn length(&self) -> usize {
        self.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0)
    }
}

/// Hands one request on and the answer back.
fn pass(client: TcpStream, upstream: u16) -> std::io::Result<Value> {
    let mut from_client = BufReader::new(client.try_clone()?);
    let request = Head::read(&mut from_client)?;
    let mut body = vec![0; request.length()];
    from_client.read_exact(&mut body)?;
    let mut peer = TcpStream::connect(("127.0.0.1", upstream))?;
    let mut head = format!("{}\r\nhost: 127.0.0.1:{upstream}\r\nconnection: close\r\n", request.first);
    for (name, value) in request.headers.iter().filter(|(name, _)| !["host", "connection"].contains(&name.as_str())) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    peer.write_all(format!("{head}\r\n").as_bytes())?;
    peer.write_all(&body)?;

    let mut from_peer = BufReader::new(peer);
    let answer = Head::read(&mut from_peer)?;
    let mut client = client;
    let mut head = format!("{}\r\nconnection: close\r\n", answer.first);
    for (name, value) in
        answer.headers.iter().filter(|(name, _)| !["connection", "keep-alive"].contains(&name.as_str()))
    {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    client.write_all(format!("{head}\r\n").as_bytes())?;
    let is_chunked = answer.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked"));
    let (chunks, breaks) = if is_chunked {
        pass_chunks(&mut from_peer, &mut client)
    } else {
        let mut whole = Vec::new();
        let read = from_peer.take(answer.length() as u64).read_to_end(&mut whole);
        client.write_all(&whole)?;
        (vec![String::from_utf8_lossy(&whole).into_owned()], read.is_err() || whole.len() < answer.length())
    };
    let mut words = request.first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let status: u16 = answer.first.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let kept: Vec<_> = answer.headers.iter().filter(|(name, _)| KEPT.contains(&name.as_str())).collect();
    let mut exchange = json!({
        "request": {"method": method, "path": path},
        "response": {"status": status, "headers": kept, "body": chunks.concat()},
    });
    if (1..=BODY_BYTES_MAX).contains(&body.len()) {
        exchange["request"]["body"] = serde_json::from_slice(&body).unwrap_or(Value::Null);
    }
    if chunks.len() > 1 {
        exchange["response"]["chunks"] = chunks.into();
    }
    if breaks {
        exchange["response"]["breaks"] = true.into();
    }
    Ok(exchange)
}

/// Hands chunks on as they come; tells whether the last one never came.
fn pass_chunks(peer: &mut impl BufRead, client: &mut TcpStream) -> (Vec<String>, bool) {
    let mut chunks = Vec::new();
    loop {
        let mut size = String::new();
        let read = peer.read_line(&mut size);
        let Some(bytes) = read.ok().and_then(|_| usize::from_str_radix(size.trim(), 16).ok()) else {
            return (chunks, true);
        };
        let mut chunk = vec![0; bytes + 2];
        if peer.read_exact(&mut chunk).is_err() {
            return (chunks, true);
        }
        let sent =
            client.write_all(size.as_bytes()).and_then(|()| client.write_all(&chunk)).and_then(|()| client.flush());
        if bytes == 0 || sent.is_err() {
            return (chunks, sent.is_err());
        }
        chunks.push(String::from_utf8_lossy(chunk.get(..bytes).unwrap_or_default()).into_owned());
    }
}
