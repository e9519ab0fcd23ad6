//! A registry that we did not write: Debian's docker-registry, which `cargo xtask peers` installs.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use base64::Engine as _;
use trcaa_model::secret::Secret;

use super::super::reference::unpinned;
use super::super::{Login, sha256};
use super::peer::{MANIFEST, manifest_of};
use super::{COMPONENT, fetch, fetch_as};

const PASSWORD: &str = "hunter2-pass";
/// bcrypt of [`PASSWORD`] with a made-up salt and the least cost.
const HTPASSWD: &str = "ada:$2y$04$abcdefghijklmnopqrstuupZyqSFCdzZnE7q5IyXKISfuyKPPdAt.\n";

/// A running registry with a folder of its own.
struct Registry {
    child: Child,
    host: String,
    login: String,
    _dir: tempfile::TempDir,
}

impl Registry {
    /// Starts it; `auth` is its setting for who may do what.
    fn start(auth: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().display();
        fs::write(dir.path().join("htpasswd"), HTPASSWD).unwrap();
        let auth = auth.replace("ROOT", &root.to_string());
        let settings = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {root}/data\nhttp:\n  addr: 127.0.0.1:0\n{auth}"
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
        // It says where it listens once it does.
        let host = loop {
            let line = lines.next().expect("docker-registry ended").unwrap();
            if let Some((_, rest)) = line.split_once("listening on ") {
                break rest.split('"').next().unwrap().to_owned();
            }
        };
        // Its log goes on, and a full pipe would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let login = base64::engine::general_purpose::STANDARD.encode(format!("ada:{PASSWORD}"));
        Self { child, host, login, _dir: dir }
    }

    /// One request; gives status and head.
    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let (host, login, length) = (&self.host, &self.login, body.len());
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: Basic {login}\r\n\
             content-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }

    fn push_blob(&self, bytes: &[u8]) {
        let (status, head) = self.send("POST", "/v2/team/plug/blobs/uploads/", "text/plain", b"");
        assert_eq!(status, 202, "{head}");
        let there = head.lines().find_map(|l| l.strip_prefix("Location: ")).unwrap();
        let path = there.split_once(&self.host).map_or(there, |(_, path)| path).to_owned();
        let (status, head) =
            self.send("PUT", &format!("{path}&digest=sha256:{}", sha256(bytes)), "application/octet-stream", bytes);
        assert_eq!(status, 201, "{head}");
    }

    /// Pushes a component as wkg and oras do; gives the manifest's digest.
    fn push(&self, tag: &str, bytes: &[u8]) -> String {
        self.push_blob(bytes);
        let manifest = manifest_of("application/wasm", &sha256(bytes), bytes.len() as u64);
        let (status, head) = self.send("PUT", &format!("/v2/team/plug/manifests/{tag}"), MANIFEST, manifest.as_bytes());
        assert_eq!(status, 201, "{head}");
        sha256(manifest.as_bytes())
    }

    fn oci(&self, rest: &str) -> String {
        format!("oci://{}/team/plug{rest}", self.host)
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}

#[test]
fn a_component_comes_from_a_real_registry_by_tag_and_by_digest_until_it_is_gone() {
    let mut registry = Registry::start("");
    let first = registry.push("1.0", COMPONENT);
    let got = fetch(&registry.oci(":1.0")).unwrap();
    assert_eq!((got.bytes.as_slice(), &got.source), (COMPONENT, &registry.oci(&format!(":1.0@sha256:{first}"))));

    // The tag moves on; what was recorded still means the same bytes, and an update finds the new ones.
    let newer = [COMPONENT, b"newer"].concat();
    let second = registry.push("1.0", &newer);
    assert_eq!(fetch(&got.source).unwrap().bytes, COMPONENT);
    assert_eq!(fetch(&registry.oci(&format!("@sha256:{first}"))).unwrap().bytes, COMPONENT);
    let update = fetch(&unpinned(&got.source).unwrap()).unwrap();
    assert_eq!((update.bytes, update.source), (newer, registry.oci(&format!(":1.0@sha256:{second}"))));

    for (rest, part) in [
        (":2.0".to_owned(), "answered 404 (MANIFEST_UNKNOWN)"),
        (format!("@sha256:{}", "0".repeat(64)), "answered 404 (MANIFEST_UNKNOWN)"),
        ("/other:1.0".to_owned(), "answered 404 (MANIFEST_UNKNOWN)"),
    ] {
        let error = fetch(&registry.oci(&rest)).unwrap_err();
        assert!(error.code == "source_not_found" && error.message.contains(part), "{rest}: {error:?}");
    }
    registry.stop();
    let error = fetch(&registry.oci(":1.0")).unwrap_err();
    assert!(error.code == "source_unreachable" && error.hints.concat().contains("works offline"), "{error:?}");
}

#[test]
fn a_private_registry_wants_the_login_and_gets_it() {
    let registry = Registry::start("auth:\n  htpasswd:\n    realm: ours\n    path: ROOT/htpasswd\n");
    registry.push("1.0", COMPONENT);
    assert_eq!(fetch(&registry.oci(":1.0")).unwrap_err().code, "source_login");
    let login = |password: &str| Login { user: "ada".into(), password: Secret::new(password) };
    let error = fetch_as(&registry.oci(":1.0"), Some(&login("wrong-pass"))).unwrap_err();
    assert!(error.code == "source_login" && !error.message.contains("wrong-pass"), "{error:?}");
    assert_eq!(fetch_as(&registry.oci(":1.0"), Some(&login(PASSWORD))).unwrap().bytes, COMPONENT);
}
