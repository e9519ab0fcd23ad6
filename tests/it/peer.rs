//! The independent SQLCipher client that `cargo xtask peers` installs: a Python which is told what to do on its
//! standard input, keys included, so that none is in a list of processes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// Runs before every script: `ask` is what the test asked, `opened` opens a database as a stranger would.
const PRELUDE: &str = r#"
import json, sys, time
import sqlcipher3 as client

def quoted(text):
    return "'" + text.replace("'", "''") + "'"

def opened(path, key, page_bytes=None):
    conn = client.connect(path, isolation_level=None, timeout=20)
    conn.execute("PRAGMA key = " + quoted(key))
    if page_bytes:
        conn.execute(f"PRAGMA cipher_page_size = {page_bytes}")
    return conn

def column(conn, sql):
    return [row[0] for row in conn.execute(sql)]

def tell(answer):
    print(json.dumps(answer), flush=True)
"#;

/// A running script.
pub(crate) struct Peer {
    child: Child,
    lines: BufReader<ChildStdout>,
}

/// The Python with the client, in the folder that cargo builds into.
fn python() -> PathBuf {
    let builds = Path::new(env!("CARGO_BIN_EXE_trcaa")).ancestors();
    let found = builds.map(|folder| folder.join("peers/venv/bin/python")).find(|python| python.exists());
    found.expect("the independent SQLCipher client is missing; run: cargo xtask peers")
}

impl Peer {
    /// Starts `script` with `ask` as what it is asked.
    pub(crate) fn start(script: &str, ask: &Value) -> Self {
        let mut child = Command::new(python())
            .arg("-")
            .env_clear()
            .env("PYTHONUTF8", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // A JSON text written as a JSON text is also a text of Python.
        let ask = serde_json::to_string(&ask.to_string()).unwrap();
        let text = format!("{PRELUDE}\nask = json.loads({ask})\n{script}");
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    /// Waits for the next thing that it tells.
    pub(crate) fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("the client told {line:?}: {e}"))
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

/// Runs `script` to its end; gives the one thing that it tells.
pub(crate) fn ask(script: &str, ask: &Value) -> Value {
    let mut peer = Peer::start(script, ask);
    let answer = peer.next();
    peer.end();
    answer
}
