//! The promised figures of the way out: a decision without a look-up, and the search for echoed secrets.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use trcaa_model::guard::Redacted;
use trcaa_model::plugin::{HttpCapability, SecretCapability};
use trcaa_model::secret::Secret;
use trcaa_net::{
    Allowance, Body, Connection, Credential, Method, Network, OutboundScan, Part, Placement, Policy, Request, Resolver,
    ScanRefusal,
};
use trcaa_redact::{Guard, Origin, Pseudonyms};

/// Batches of each figure; the median is printed. They are shorter than a time slice, so that on a busy machine few are
/// interrupted.
const BATCHES: usize = 201;
/// Decisions in a batch.
const DECISIONS: u32 = 20;
/// Most time of a decision, microseconds.
const DECISION_US_MAX: f64 = 5.0;
/// Text of a batch of the search.
const TEXT_BYTES: usize = 256 << 10;
/// Fewest bytes searched in a second on one core, in millions.
const SEARCHED_MB_MIN: f64 = 500.0;

/// No name has an address: what is measured ends where a look-up would begin.
struct NoNames;

impl Resolver for NoNames {
    fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Err(io::ErrorKind::NotFound.into())
    }
}

struct Unscanned;

impl OutboundScan for Unscanned {
    fn scan(&self, _: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal> {
        let passed = Guard::pass(text, Origin::Redacted, &[], &mut Pseudonyms::default(), usize::MAX);
        passed.map_err(|_| ScanRefusal { reason: "it could not be passed" })
    }
}

fn main() {
    println!("{:54} {:>14} {:>14} {:>7} {:>4}", "FIGURE", "MEASURED", "LIMIT", "RATIO", "OK");
    let took = decision_us();
    row("egress decision without DNS", took, DECISION_US_MAX, "µs", took <= DECISION_US_MAX);
    for secrets in [1, 8] {
        let speed = searched_mb(secrets);
        let what = format!("search for {secrets} echoed secrets in JSON lines, one core");
        row(&what, speed, SEARCHED_MB_MIN, "MB/s", speed >= SEARCHED_MB_MIN);
    }
}

fn row(what: &str, measured: f64, limit: f64, unit: &str, ok: bool) {
    let verdict = if ok { "yes" } else { "NO" };
    println!("{what:54} {measured:>9.2} {unit:<4} {limit:>9.2} {unit:<4} {:>7.2} {verdict:>4}", measured / limit);
}

fn decision_us() -> f64 {
    let origin = "https://1.1.1.1";
    let connection = connection(origin);
    let request = Request {
        headers: [("accept", "application/json"), ("x-request-id", "42"), ("content-type", "application/json")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..get(&format!("{origin}/rest/api/content/search?cql=text~timeout&limit=25"))
    };
    let credentials = [credential(origin, 0)];
    median(|| {
        let begun = Instant::now();
        for _ in 0..DECISIONS {
            connection.decide(black_box(&request), black_box(&credentials), &Unscanned).unwrap();
        }
        begun.elapsed().as_secs_f64() * 1e6 / f64::from(DECISIONS)
    })
}

fn searched_mb(secrets: usize) -> f64 {
    let origin = "https://1.1.1.1";
    let connection = connection(origin);
    for secret in 0..secrets {
        connection.remember(&credential(origin, secret).secret);
    }
    let line = r#"{"ts":"2026-01-02T03:04:05.678Z","level":"info","msg":"order 4421 took 12 ms","path":"\/api\/v1\/orders?page=2"}"#;
    let text = format!("{line}\n").repeat(TEXT_BYTES / line.len());
    assert_eq!(connection.scrub(credential(origin, secrets - 1).secret.expose()), "[secret]");
    median(|| {
        let begun = Instant::now();
        assert_eq!(black_box(connection.scrub(black_box(&text))).len(), text.len());
        #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
        let megabytes = text.len() as f64 / 1e6;
        megabytes / begun.elapsed().as_secs_f64()
    })
}

fn connection(origin: &str) -> Connection {
    let grant = HttpCapability {
        origin: origin.to_owned(),
        methods: vec!["GET".to_owned(), "POST".to_owned()],
        path_prefixes: ["/wiki/", "/api/v2/", "/rest/"].map(str::to_owned).to_vec(),
        reason: "bench".to_owned(),
    };
    let policy = Policy::new("bench", &[grant], &[], Allowance::default()).unwrap();
    Connection::new(policy, &Network::new(b"").unwrap(), Arc::new(NoNames)).unwrap()
}

fn credential(origin: &str, number: usize) -> Credential {
    Credential {
        id: format!("token-{number}"),
        secret: Secret::new(format!("{number}pat-Zx81kQ0vTn5{number}bYw3")),
        placement: Placement::Bearer,
        granted: SecretCapability {
            name: "token".to_owned(),
            audience: vec![origin.to_owned()],
            placements: vec!["bearer".to_owned()],
            reason: "bench".to_owned(),
        },
    }
}

fn get(url: &str) -> Request {
    Request {
        method: Method::Get,
        url: url.to_owned(),
        headers: Vec::new(),
        body: Body::Empty,
        timeout: None,
        response_bytes_max: None,
        redirects_max: None,
    }
}

fn median(mut batch: impl FnMut() -> f64) -> f64 {
    batch();
    let mut figures: Vec<f64> = (0..BATCHES).map(|_| batch()).collect();
    figures.sort_by(f64::total_cmp);
    figures[BATCHES / 2]
}
