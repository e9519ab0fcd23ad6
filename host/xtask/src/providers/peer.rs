//! A peer as a process: started on a free port of loopback, asked until it answers, ended with its owner.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Outcome;

/// Longest wait for a peer to come up.
const UP_MAX: Duration = Duration::from_secs(30);

/// A running peer.
pub(super) struct Peer {
    /// Where it listens on 127.0.0.1.
    pub(super) port: u16,
    child: Child,
}

impl Peer {
    /// Starts what `command` makes for a free port.
    pub(super) fn start(command: impl Fn(u16) -> Command) -> Result<Self, String> {
        let free =
            TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| format!("a free port: {e}"))?;
        let port = free.port();
        let mut command = command(port);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().map_err(|e| format!("starting {command:?}: {e}"))?;
        let mut peer = Self { port, child };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = peer.child.try_wait().ok().flatten();
            if ended.is_some() || begun.elapsed() > UP_MAX {
                return Err(format!("{command:?} does not come up on port {port} ({ended:?})"));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(peer)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Posts JSON; anything but a 2xx is an error.
pub(super) fn post(port: u16, path: &str, body: &Value) -> Outcome {
    send(port, "POST", path, Some(body))
}

/// Sends a request; anything but a 2xx is an error.
pub(super) fn send(port: u16, method: &str, path: &str, body: Option<&Value>) -> Outcome {
    let failed = |e: std::io::Error| format!("{method} {path} on port {port}: {e}");
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(failed)?;
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).map_err(failed)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(failed)?;
    let answer = String::from_utf8_lossy(&answer);
    let is_good = answer.split(' ').nth(1).is_some_and(|status| status.starts_with('2'));
    if is_good {
        Ok(())
    } else {
        Err(format!("{method} {path} on port {port}: {}", answer.lines().next().unwrap_or_default()))
    }
}
