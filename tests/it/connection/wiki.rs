//! A store with the wiki guest in it, and a wiki on loopback whose every answer the test decides.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use sha2::{Digest, Sha256};
use trcaa_app::egress::ConnectionSetup;
use trcaa_app::{App, Cancel, KeySource, NoProgress, Setup};
use trcaa_model::env::Clock;
use trcaa_model::env::fixed::SeededEntropy;
use trcaa_model::plugin::Capability;
use trcaa_model::secret::Secret;
use trcaa_runtime::{Engine, Fault, GuestError, Integration, Plugin, PluginError, Source};
use trcaa_store::PluginGrant;

pub(super) const TOKEN: &str = "wiki-token-4711-abcdef";

/// A clock that the test moves.
pub(super) struct Hand(pub(super) Mutex<u64>);

impl Clock for Hand {
    fn now_ms(&self) -> u64 {
        *self.0.lock().unwrap()
    }
}

/// An open store in a folder of its own.
pub(super) struct Desk {
    pub(super) app: App,
    pub(super) plugin: Arc<Plugin>,
    pub(super) clock: Arc<Hand>,
    /// Holds the folder until the test ends.
    pub(super) _dir: tempfile::TempDir,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(tests::WIKI_INTEGRATION)
    }

    pub(super) fn with(component: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hand(Mutex::new(1_700_000_000_000)));
        let setup = Setup {
            data_dir: dir.path().join("data"),
            key: KeySource::RawKey(zeroize::Zeroizing::new([7; 32])),
            encryption_key: None,
            keyring: None,
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(7)),
            plugin_log: None,
            cancel: Cancel::default(),
        };
        let app = App::open(setup, Box::new(NoProgress)).unwrap();
        let engine = Engine::new().unwrap();
        let plugin = Plugin::load(&engine, "wiki", component, Source::DropIn("wiki.wasm".into()), None).unwrap();
        Self { app, plugin, clock, _dir: dir }
    }

    /// Grants what the manifest asks for and `wanted` takes.
    pub(super) fn grant(&self, wanted: impl Fn(&Capability) -> bool) {
        let manifest = self.plugin.manifest();
        for capability in manifest.capabilities().into_iter().filter(wanted) {
            let grant = PluginGrant {
                plugin_id: manifest.id.clone(),
                publisher_key: self.plugin.publisher().map(|publisher| publisher.key.clone()),
                capability_hash: hex(&Sha256::digest(capability.canonical())),
                capability: serde_json::to_value(&capability).unwrap(),
                granted_at: String::new(),
            };
            self.app.store().write(|tx| tx.grant(&grant)).unwrap();
        }
    }

    pub(super) fn grant_all(&self) {
        self.grant(|_| true);
    }

    pub(super) fn bind(&self, name: &str, secret: &str) {
        let id = &self.plugin.manifest().id;
        self.app.store().write(|tx| tx.set_plugin_secret(id, "main", name, &Secret::new(secret))).unwrap();
    }

    pub(super) fn setup(&self, server: &Server) -> ConnectionSetup {
        ConnectionSetup::new("main", server.origin())
    }

    /// The wiki over its connection.
    pub(super) fn wiki(&self, server: &Server) -> Integration {
        let context = self.app.connection_context(&self.plugin, self.setup(server)).unwrap();
        // The guest learns its address by state, as settings will be given.
        let id = &self.plugin.manifest().id;
        let of = trcaa_store::StateOwner { plugin: id, connection: "main" };
        let origin = server.origin();
        let new = trcaa_store::NewState { value: origin.as_bytes(), expires_at_ms: None, bytes_max: 1 << 20 };
        self.app.store().write(|tx| tx.write_plugin_state(of, "base-url", new)).unwrap();
        Integration::new(&self.plugin, context).unwrap()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The details of the audit rows with this action, oldest first.
pub(super) fn rows(app: &App, action: &str) -> Vec<Value> {
    let mut entries = app.audit_entries(1_000, None, Some(action)).unwrap();
    entries.reverse();
    assert!(entries.iter().all(|e| e.entity_type == "plugin" && e.entity_id == "wiki"));
    entries.iter().map(|e| serde_json::from_str(e.details.as_deref().unwrap()).unwrap()).collect()
}

/// The error that the guest reported.
#[track_caller]
pub(super) fn reported<T: std::fmt::Debug>(result: Result<T, PluginError>) -> GuestError {
    match result.unwrap_err().fault {
        Fault::Reported(error) => error,
        other => panic!("{other}"),
    }
}

/// What arrived.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) path: String,
    pub(super) head: String,
    pub(super) body: String,
}

impl Seen {
    /// The token that came with it.
    pub(super) fn bearer(&self) -> String {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with("authorization: bearer "));
        line.map_or(String::new(), |line| line["authorization: bearer ".len()..].to_owned())
    }
}

/// Where an answer goes.
pub(super) struct Out<'a>(pub(super) &'a mut TcpStream);

impl Out<'_> {
    pub(super) fn text(&mut self, status: u16, body: &str) {
        let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = self.0.write_all((head + body).as_bytes());
    }
}

/// A server on loopback, a thread per connection.
pub(super) struct Server {
    pub(super) port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    accepted: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
}

impl Server {
    pub(super) fn start(answer: impl Fn(&Seen, &mut Out<'_>) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, seen: Arc::default(), accepted: Arc::default(), stop: Arc::default() };
        let (seen, accepted, stop) = (server.seen.clone(), server.accepted.clone(), server.stop.clone());
        let answer = Arc::new(answer);
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                accepted.fetch_add(1, Ordering::SeqCst);
                let (seen, answer) = (seen.clone(), answer.clone());
                std::thread::spawn(move || {
                    if let Some(request) = read(&stream) {
                        seen.lock().unwrap().push(request.clone());
                        answer(&request, &mut Out(&mut stream));
                    }
                });
            }
        });
        server
    }

    pub(super) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn requests(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn read(stream: &TcpStream) -> Option<Seen> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    Some(Seen { path, head, body: String::from_utf8(body).ok()? })
}
