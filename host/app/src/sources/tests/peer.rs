//! A tiny HTTP server whose every byte the test decides, and an honest registry made of it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::super::sha256;
use super::COMPONENT;

pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A server that answers one request per connection; its thread ends with the test's process.
pub(super) struct Peer {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// Starts it; `answer` gets path and head of each request and writes whatever it likes.
    pub(super) fn start(answer: impl Fn(&str, &str, &mut TcpStream) -> io::Result<()> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(vec![]));
        let seen_by = Arc::clone(&seen);
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let Ok(head) = read_head(&stream) else { continue };
                seen_by.lock().unwrap().push(head.clone());
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                // The client hanging up on us is what several tests are about.
                let _ = answer(&path, &head, &mut stream);
            }
        });
        Self { port, seen }
    }

    /// Heads of all requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn oci(&self, rest: &str) -> String {
        format!("oci://127.0.0.1:{}/team/plug{rest}", self.port)
    }

    pub(super) fn address(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}{rest}", self.port)
    }
}

fn read_head(stream: &TcpStream) -> io::Result<String> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

/// Writes a whole response.
pub(super) fn respond(out: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    let length = body.len();
    write!(out, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n")?;
    out.write_all(body)
}

/// The manifest of an artifact whose one layer is [`COMPONENT`].
pub(super) fn manifest() -> String {
    manifest_of("application/wasm", &sha256(COMPONENT), COMPONENT.len() as u64)
}

pub(super) fn manifest_of(media_type: &str, digest: &str, size: u64) -> String {
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/vnd.wasm.config.v0+json",
        "digest":"sha256:{digest}","size":2}},"layers":[{{"mediaType":"{media_type}","digest":"sha256:{digest}","size":{size}}}]}}"#
    )
}

/// Answers as an honest registry does that has [`manifest`] under every reference, and its layer.
pub(super) fn honest(path: &str, out: &mut TcpStream) -> io::Result<()> {
    match path.strip_prefix("/v2/team/plug/") {
        Some(rest) if rest.starts_with("manifests/") => {
            respond(out, "200 OK", &format!("content-type: {MANIFEST}\r\n"), manifest().as_bytes())
        }
        Some(rest) if rest == format!("blobs/sha256:{}", sha256(COMPONENT)) => respond(out, "200 OK", "", COMPONENT),
        _ => respond(out, "404 Not Found", "", br#"{"errors":[{"code":"NAME_UNKNOWN","message":"no"}]}"#),
    }
}
