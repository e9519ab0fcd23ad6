//! Plugins from an address and from a registry, through the binary: installed, updated, run offline; and what a
//! registry can do that is broken, or in the hands of a thief.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use sha2::{Digest as _, Sha256};

use super::*;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

fn manifest_of(bytes: &[u8]) -> String {
    let (digest, size) = (digest(bytes), bytes.len());
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/vnd.wasm.config.v0+json",
        "digest":"sha256:{digest}","size":{size}}},"layers":[{{"mediaType":"application/wasm","digest":"sha256:{digest}","size":{size}}}]}}"#
    )
}

/// A server of files by path; its thread ends with the test's process.
struct Server {
    port: u16,
    files: Arc<Mutex<Vec<(String, String)>>>,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let files: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
        let bodies: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let (files_of, bodies_of) = (Arc::clone(&files), Arc::clone(&bodies));
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let mut reader = BufReader::new(&stream);
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|n| n > 0) {}
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                let found = files_of.lock().unwrap().iter().rposition(|(known, _)| *known == path);
                let (status, body) = match found {
                    Some(at) => (files_of.lock().unwrap()[at].1.clone(), bodies_of.lock().unwrap()[at].clone()),
                    None => ("404 Not Found\r\n".to_owned(), Vec::new()),
                };
                let _ = write!(stream, "HTTP/1.1 {status}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(&body);
            }
        });
        Self { port, files, bodies }
    }

    /// Answers `path` from now on with that status line, headers and body.
    fn serve(&self, path: &str, head: &str, body: &[u8]) {
        self.bodies.lock().unwrap().push(body.to_vec());
        self.files.lock().unwrap().push((path.to_owned(), head.to_owned()));
    }

    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn install_from(home: &Home, source: &str) -> Value {
    home.json(["plugin", "install", source, "--yes"])["plugin"].clone()
}

fn fetches(home: &Home, of: &str) -> Vec<Value> {
    let entries = list(&home.json(["plugin", "audit", of])["audit_log"]);
    let fetches = entries.iter().filter(|entry| entry["action"] == "plugin_fetched");
    fetches.map(|entry| serde_json::from_str(&text(&entry["details"])).unwrap()).collect()
}

/// From installing to running without a network, from wherever `publish` puts a component.
fn whole_life(source: &str, publish: &dyn Fn(&[u8]), stop: impl FnOnce()) {
    let home = Home::new(BINARY);
    let sign = |version: &str, wishes: &str, seed| signed(&component("demo", version, wishes), seed);
    publish(&sign("1.0.0", READS, &ADA));
    assert_eq!(home.refused(["plugin", "install", source], 2), "needs_yes");
    assert_eq!(home.refused(["plugin", "show", "demo"], 1), "not_found");
    let view = install_from(&home, source);
    let recorded = text(&view["source"]);
    assert!(recorded.contains("sha256") && recorded.starts_with(source.split('?').next().unwrap()), "{recorded}");
    assert_eq!(home.json(["plugin", "update", "demo"])["outcome"], "unchanged");

    publish(&sign("1.1.0", READS, &ADA));
    assert_eq!(home.json(["plugin", "update", "demo"])["outcome"], "active");
    publish(&sign("2.0.0", WRITES, &ADA));
    assert_eq!(home.json(["plugin", "update"])["plugins"][0]["outcome"], "pending");
    // The place moves on to another publisher, to nobody, to an old version, to another plugin, to rubbish.
    for (bytes, code) in [
        (sign("3.0.0", READS, &EVE), "publisher_changed"),
        (component("demo", "3.0.0", READS), "publisher_changed"),
        (sign("1.0.0", READS, &ADA), "downgrade"),
        (signed(&component("other", "9.0.0", READS), &ADA), "other_plugin"),
        (b"\0asm\x0d\0\x01\0rubbish".to_vec(), "plugin_refused"),
    ] {
        publish(&bytes);
        assert_eq!(home.refused(["plugin", "update", "demo"], 1), code);
        assert_eq!(show(&home)["version"], "1.1.0");
    }
    let told = fetches(&home, "demo");
    assert_eq!(told.len(), 10, "each is told under the plugin's id: {told:#?}");
    assert!(told.iter().all(|fetch| !list(&fetch["requests"]).is_empty() && fetch["source"].is_string()), "{told:#?}");
    assert_eq!(list(&told[9]["requests"])[0]["host"], "127.0.0.1");

    stop();
    assert_eq!(show(&home)["state"], "enabled");
    assert_eq!(home.json(["plugin", "verify"])["findings"], json!([]));
    accept(&home);
    home.run(["plugin", "rollback", "demo"]).ok();
    home.run(["audit", "verify"]).ok();
}

#[test]
fn a_plugin_lives_from_an_address() {
    let server = Server::start();
    let source = server.address("/demo.wasm");
    let publish = |bytes: &[u8]| server.serve("/demo.wasm", "200 OK\r\n", bytes);
    whole_life(&source, &publish, || server.serve("/demo.wasm", "503 Gone Fishing\r\n", b""));
}

#[test]
fn a_detector_from_an_address_runs_when_the_address_is_gone() {
    let home = Home::new(BINARY);
    let server = Server::start();
    server.serve("/d.wasm", "200 OK\r\n", tests::HOSTILE_DETECTOR);
    install_from(&home, &server.address("/d.wasm"));
    server.serve("/d.wasm", "404 Not Found\r\n", b"");
    let log = home.file("a.log", "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
    home.run(["triage", log.to_str().unwrap(), "--out", "out", "--json"]).ok();
    assert_eq!(home.refused(["plugin", "update", "hostile-detector"], 1), "source_not_found");
    assert_eq!(fetches(&home, "hostile-detector").len(), 2);
}

#[test]
fn a_server_that_answers_rubbish_or_in_a_circle_leaves_nothing_but_its_trace() {
    let home = Home::new(BINARY);
    let server = Server::start();
    server.serve("/page", "200 OK\r\ncontent-type: text/html\r\n", b"<html>publisher  trcaa</html>");
    server.serve("/empty", "200 OK\r\n", b"");
    server.serve("/core", "200 OK\r\n", b"\0asm\x01\0\0\0");
    server.serve("/circle", "302 Found\r\nlocation: /circle\r\n", b"");
    server.serve("/inside", "302 Found\r\nlocation: http://169.254.169.254/latest\r\n", b"");
    server.serve("/v2/a/b/manifests/1", "200 OK\r\n", b"\xff\xfe{\"layers\":");
    server.serve("/v2/a/b/manifests/2", "302 Found\r\nlocation: /v2/a/b/manifests/2\r\n", b"");
    let torn = manifest_of(b"what is promised").replace("sha256:", "sha256:\\u001b[2J");
    server.serve("/v2/a/b/manifests/3", "200 OK\r\n", torn.as_bytes());
    let oci = |tag: u8| format!("oci://127.0.0.1:{}/a/b:{tag}", server.port);
    for (source, code) in [
        (server.address("/page"), "source_answer"),
        (server.address("/empty"), "source_answer"),
        (server.address("/core"), "plugin_refused"),
        (server.address("/circle"), "source_broken"),
        (server.address("/inside"), "source_refused"),
        (server.address("/gone"), "source_not_found"),
        (oci(1), "source_answer"),
        (oci(2), "source_broken"),
        (oci(3), "source_answer"),
    ] {
        let run = home.run(["plugin", "install", &source, "--yes", "--json"]).fails(1);
        assert_eq!(text(&run.answer()["error"]["code"]), code, "{source}: {run:#?}");
        assert!(!run.stdout.contains('\u{1b}') && !run.stdout.contains("publisher  trcaa"), "{run:#?}");
    }
    assert_eq!(installed_files(&home), 0);
    let trail = list(&home.json(["plugin", "audit"])["audit_log"]);
    assert_eq!(trail.iter().filter(|entry| entry["action"] == "plugin_fetched").count(), 9);
}

#[test]
fn a_password_in_an_address_is_refused_and_written_nowhere() {
    let home = Home::new(BINARY);
    home.issue("x");
    for source in ["https://ada:hunter2-pass@127.0.0.1:1/x.wasm", "oci://ada:hunter2-pass@127.0.0.1:1/a:1"] {
        let run = home.run(["plugin", "install", source, "--yes", "--json"]);
        assert_ne!(run.status, 0);
        assert!(!run.stdout.contains("hunter2") && !run.stderr.contains("hunter2"), "{run:#?}");
    }
    let server = Server::start();
    server.serve("/x.wasm?key=hunter2", "200 OK\r\n", &demo("1.0.0", READS));
    install_from(&home, &server.address("/x.wasm?key=hunter2"));
    let trail = home.json(["audit", "list", "--limit", "1000"]).to_string();
    assert!(trail.contains("plugin_fetched") && !trail.contains("hunter2"), "{trail}");
    assert!(!show(&home).to_string().contains("hunter2"));
}

/// Debian's docker-registry, which `cargo xtask peers` installs.
struct Registry {
    child: Child,
    host: String,
    _dir: tempfile::TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Registry {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}/data\nhttp:\n  addr: 127.0.0.1:0\n",
            dir.path().display()
        );
        let file = dir.path().join("settings.yml");
        fs::write(&file, settings).unwrap();
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("docker-registry does not start ({e}): run cargo xtask peers"));
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let host = loop {
            let line = lines.next().expect("docker-registry ended").unwrap();
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split('"').next().unwrap().to_owned();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, host, _dir: dir }
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let (host, length) = (&self.host, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 2"), "{answer}");
        answer
    }

    fn push(&self, tag: &str, bytes: &[u8]) {
        let head = self.send("POST", "/v2/team/demo/blobs/uploads/", "text/plain", b"");
        let there = head.lines().find_map(|l| l.strip_prefix("Location: ")).unwrap();
        let path = there.split_once(&self.host).map_or(there, |(_, path)| path);
        self.send("PUT", &format!("{path}&digest=sha256:{}", digest(bytes)), "application/octet-stream", bytes);
        self.send("PUT", &format!("/v2/team/demo/manifests/{tag}"), MANIFEST, manifest_of(bytes).as_bytes());
    }
}

#[test]
fn a_plugin_lives_from_a_real_registry() {
    let registry = Registry::start();
    let source = format!("oci://{}/team/demo:stable", registry.host);
    let registry = std::cell::RefCell::new(registry);
    let publish = |bytes: &[u8]| registry.borrow().push("stable", bytes);
    whole_life(&source, &publish, || {
        let mut registry = registry.borrow_mut();
        let _ = registry.child.kill();
        let _ = registry.child.wait();
    });
}
