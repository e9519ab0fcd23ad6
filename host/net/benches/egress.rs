//! What the way out costs: a decision without look-up (aim: at most 5 µs), and the search for echoed secrets in a body
//! (aim: at least 500 MB/s on one core).

use std::hint::black_box;

use divan::Bencher;
use divan::counter::BytesCount;
use trcaa_model::guard::Redacted;
use trcaa_model::plugin::{HttpCapability, SecretCapability};
use trcaa_model::secret::Secret;
use trcaa_net::{
    Allowance, Body, Connection, Credential, Method, Network, OutboundScan, Part, Placement, Policy, Request,
    ScanRefusal, SystemResolver,
};
use trcaa_redact::{Guard, Origin, Pseudonyms};

const MIB: usize = 1 << 20;
const SECRETS: [&str; 3] =
    ["sk-proj-9vQ2mXw7LkR4tYb8", "ghp_x8Kd02LmQq7VnZpR5tWs3uYe1oIa6cBf4hGj", "wiki-token-4711-abcdef"];

fn main() {
    divan::main();
}

/// Lets everything through as it is.
struct NoScan;

impl OutboundScan for NoScan {
    fn scan(&self, _: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal> {
        let passed = Guard::pass(text, Origin::Redacted, &[], &mut Pseudonyms::default(), usize::MAX);
        passed.map_err(|_| ScanRefusal { reason: "it could not be passed" })
    }
}

fn connection(origin: &str) -> Connection {
    let grant = |origin: &str, prefix: &str| HttpCapability {
        origin: origin.into(),
        methods: vec!["GET".into(), "POST".into()],
        path_prefixes: vec![prefix.into()],
        reason: "bench".into(),
    };
    let grants = [grant("https://other.example.com", "/api/"), grant(origin, "/rest/"), grant(origin, "/v1/")];
    let policy = Policy::new("wiki", &grants, &[], Allowance::default()).expect("readable");
    let network = Network::new(b"").expect("a thread");
    Connection::new(policy, &network, std::sync::Arc::new(SystemResolver)).expect("a client")
}

/// Read → headers → grant → scan → audience → address: everything up to the moment when it would be written down.
#[divan::bench]
fn decision_without_look_up(bencher: Bencher<'_, '_>) {
    let origin = "https://1.1.1.1";
    let connection = connection(origin);
    let request = Request {
        method: Method::Post,
        url: format!("{origin}/v1/chat/completions?api-version=2024-06-01"),
        headers: vec![
            ("content-type".into(), "application/json".into()),
            ("accept".into(), "text/event-stream".into()),
        ],
        body: Body::Empty,
        timeout: None,
        response_bytes_max: None,
        redirects_max: None,
    };
    let credentials = [Credential {
        id: "token".into(),
        secret: Secret::new(SECRETS[0]),
        placement: Placement::Bearer,
        granted: SecretCapability {
            name: "token".into(),
            audience: vec![origin.into()],
            placements: vec!["bearer".into()],
            reason: "bench".into(),
        },
    }];
    bencher.bench(|| connection.decide(black_box(&request), black_box(&credentials), &NoScan).expect("granted"));
}

/// An answer of a chat server as it streams: JSON in events, with escapes.
fn body() -> Vec<u8> {
    let mut text = Vec::with_capacity(MIB + 512);
    let mut n = 0u64;
    while text.len() < MIB {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend_from_slice(
            format!(
                "data: {{\"id\":\"chatcmpl-{:x}\",\"choices\":[{{\"delta\":{{\"content\":\"The disk of node {} is \\\"full\\\": \
                 see /var/log/syslog\\nand 100% of inodes & more\"}},\"index\":0}}],\"model\":\"m-{}\"}}\n\n",
                n, n % 97, n % 7
            )
            .as_bytes(),
        );
    }
    text.truncate(MIB);
    text
}

#[divan::bench]
fn search_for_three_secrets(bencher: Bencher<'_, '_>) {
    let connection = connection("https://1.1.1.1");
    SECRETS.iter().for_each(|secret| connection.remember(&Secret::new(*secret)));
    let body = body();
    let mut out = Vec::with_capacity(2 * MIB);
    bencher.counter(BytesCount::new(MIB)).bench_local(|| {
        out.clear();
        let mut redactor = connection.redactor();
        // As it comes from a socket.
        body.chunks(16 << 10).for_each(|chunk| redactor.push(black_box(chunk), &mut out));
        redactor.finish(&mut out);
        assert_eq!(out.len(), MIB);
    });
}
