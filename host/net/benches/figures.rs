//! The promised figures of the way out: a decision without a look-up, and the search for echoed secrets. An argument
//! chooses the figures whose name has it.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::hint::black_box;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trcaa_model::guard::Redacted;
use trcaa_model::plugin::{HttpCapability, SecretCapability};
use trcaa_model::secret::Secret;
use trcaa_net::{
    Allowance, Body, Connection, Credential, Method, Network, OutboundScan, Part, Placement, Policy, Request, Resolver,
    ScanRefusal,
};
use trcaa_redact::{Guard, Origin, Pseudonyms};

/// Batches of each figure. They are shorter than a time slice, so that on a busy machine few are interrupted.
const BATCHES: usize = 151;
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
        #[expect(clippy::disallowed_methods, reason = "the benchmark's own words, with nothing to find")]
        let passed = Guard::pass(text, Origin::Redacted, &[], &mut Pseudonyms::default(), usize::MAX);
        passed.map_err(|_| ScanRefusal { reason: "it could not be passed" })
    }
}

/// What of many batches is printed: the best is what the code can do, the median what this machine gave it.
struct Figure {
    best: f64,
    median: f64,
}

fn main() {
    let wanted = std::env::args().skip(1).find(|arg| !arg.starts_with("--")).unwrap_or_default();
    println!("{:52} {:>9} {:>9} {:>9}      {:>4}  PEER", "FIGURE", "BEST", "MEDIAN", "LIMIT", "OK");
    for secrets in [0, 1, 8] {
        let what = format!("egress decision without DNS, {secrets} secrets known");
        if !what.contains(&wanted) {
            continue;
        }
        let (took, peer) = decision_us(secrets);
        let ratio = format!("{:.1} × Url::parse ({:.2} µs)", took.best / peer.best, peer.best);
        row(&what, &took, DECISION_US_MAX, "µs", took.best <= DECISION_US_MAX, &ratio);
    }
    for (name, text) in texts() {
        for secrets in [1, 8, 16] {
            let what = format!("echo search in {name}, {secrets} secrets");
            if !what.contains(&wanted) {
                continue;
            }
            let (speed, peer) = searched_mb(&text, secrets);
            let ratio = format!("{:.2} × base64 of it ({:.0} MB/s)", speed.best / peer.best, peer.best);
            row(&what, &speed, SEARCHED_MB_MIN, "MB/s", speed.best >= SEARCHED_MB_MIN, &ratio);
        }
    }
}

fn row(what: &str, figure: &Figure, limit: f64, unit: &str, ok: bool, peer: &str) {
    let (Figure { best, median }, verdict) = (figure, if ok { "yes" } else { "NO" });
    println!("{what:52} {best:>9.2} {median:>9.2} {limit:>9.2} {unit:<4} {verdict:>4}  {peer}");
}

/// A decision about a usual request, beside reading its address with the same crate as browsers' rules ask for.
fn decision_us(secrets: usize) -> (Figure, Figure) {
    let origin = "https://1.1.1.1";
    let connection = connection(origin);
    remember(&connection, secrets);
    let request = Request {
        headers: [("accept", "application/json"), ("x-request-id", "42"), ("content-type", "application/json")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
        ..get(&format!("{origin}/rest/api/content/search?cql=text~timeout&limit=25"))
    };
    let credentials = [credential(origin, 0)];
    let per_decision = |begun: Instant| begun.elapsed().as_secs_f64() * 1e6 / f64::from(DECISIONS);
    let decided = || {
        let begun = Instant::now();
        for _ in 0..DECISIONS {
            connection.decide(black_box(&request), black_box(&credentials), &Unscanned).unwrap();
        }
        per_decision(begun)
    };
    let read = || {
        let begun = Instant::now();
        for _ in 0..DECISIONS {
            black_box(url::Url::parse(black_box(&request.url)).unwrap());
        }
        per_decision(begun)
    };
    let (took, peer) = interleaved(decided, read);
    (lowest(took), lowest(peer))
}

/// The search for all forms of some secrets, beside the base64 of the same text: scalar work too, so that what
/// slows one on a shared machine slows the other.
fn searched_mb(text: &str, secrets: usize) -> (Figure, Figure) {
    let origin = "https://1.1.1.1";
    let connection = connection(origin);
    remember(&connection, secrets);
    assert_eq!(connection.scrub(credential(origin, secrets - 1).secret.expose()), "[secret]");
    #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
    let megabytes_per_second = |begun: Instant| text.len() as f64 / 1e6 / begun.elapsed().as_secs_f64();
    let searched = || {
        let begun = Instant::now();
        assert_eq!(black_box(connection.scrub(black_box(text))).len(), text.len());
        megabytes_per_second(begun)
    };
    let mut coded = vec![0; text.len().div_ceil(3) * 4];
    let encoded = || {
        let begun = Instant::now();
        black_box(STANDARD.encode_slice(black_box(text), &mut coded).unwrap());
        megabytes_per_second(begun)
    };
    let (speed, peer) = interleaved(searched, encoded);
    (highest(speed), highest(peer))
}

/// The texts that are searched, one for each way a search can be slowed.
fn texts() -> Vec<(&'static str, String)> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut lines = |line: &dyn Fn(&mut Random) -> String| {
        let mut text = String::with_capacity(TEXT_BYTES + 1024);
        while text.len() < TEXT_BYTES {
            text.push_str(&line(&mut random));
            text.push('\n');
        }
        text
    };
    let json = lines(&|random| {
        let (order, took, page) = (random.below(100_000), random.below(5000), random.below(90));
        let (trace, level) = (random.text(16, HEX), random.below(3));
        let level = ["info", "warn", "error"][level];
        format!(
            r#"{{"ts":"2026-01-02T03:04:{page:02}.678Z","level":"{level}","trace":"{trace}","msg":"order {order} took {took} ms","path":"\/api\/v1\/orders?page={page}"}}"#
        )
    });
    let base64 = lines(&|random| format!(r#"{{"name":"part","data":"{}"}}"#, random.text(700, BASE64)));
    let hex = lines(&|random| random.text(64, HEX));
    let percent = lines(&|random| {
        let percent = |random: &mut Random| match random.below(3) {
            0 => random.text(2, BASE64.get(..52).unwrap()),
            _ => format!("%{:02X}", 32 + random.below(90)),
        };
        format!("q={}", (0..40).map(|_| percent(random)).collect::<String>())
    });
    let within_json = lines(&|random| {
        let (order, took) = (random.below(100_000), random.below(5000));
        format!(
            r#"{{"body":"{{\"order\":{order},\"took\":\"{took} ms\",\"path\":\"\\\/api\\\/v1\",\"ok\":true}}\r\n"}}"#
        )
    });
    let unicode = lines(&|random| {
        let text: String = (0..30).map(|_| format!("\\u{:04x}", 0x4e00 + random.below(0x5000))).collect();
        format!(r#"{{"text":"{text}"}}"#)
    });
    let ascii = lines(&|random| {
        let text: String = (0..30).map(|_| format!("\\u{:04x}", 32 + random.below(90))).collect();
        format!(r#"{{"text":"{text}"}}"#)
    });
    let html = lines(&|random| {
        let (order, took) = (random.below(100_000), random.below(5000));
        format!(
            "&lt;p&gt;Order &quot;{order}&quot; took {took}&nbsp;ms at <a href='/v1?a={order}&b={took}'>caf&#233;</a>"
        )
    });
    let entities = lines(&|random| (0..30).map(|_| entity(random)).collect());
    let padded = lines(&|random| {
        let padded = |random: &mut Random| {
            let (c, digits) = (32 + random.below(90), 1 + random.below(7));
            match random.below(2) {
                0 => format!("&#x{c:0digits$x};", digits = digits.min(6)),
                _ => format!("&#{c:0digits$};"),
            }
        };
        (0..30).map(|_| padded(random)).collect()
    });
    let foreign = lines(&|random| (0..30).map(|_| format!("&#{};", 0x4e00 + random.below(0x5000))).collect());
    let in_turn = lines(&|random| {
        let escape = |random: &mut Random| {
            let c = 32 + random.below(90);
            match random.below(6) {
                0 => format!("%{c:02X}"),
                1 => format!("\\u{c:04x}"),
                2 => "\\\"".to_owned(),
                3 => random.text(3, BASE64),
                _ => entity(random),
            }
        };
        (0..30).map(|_| escape(random)).collect()
    });
    let twice = lines(&|random| {
        let twice = |random: &mut Random| match random.below(4) {
            0 => format!("%26%23{}%3B", 32 + random.below(90)),
            1 => format!("&amp;#{};", 32 + random.below(90)),
            2 => format!("\\u0026quot;%25{:02X}", 32 + random.below(90)),
            _ => "\\\\&quot;".to_owned(),
        };
        (0..20).map(|_| twice(random)).collect()
    });
    let leads = lines(&|random| random.text(500, "&%\\"));
    let alike = lines(&|random| {
        let (one, two, three) = (random.text(16, BASE64), random.text(16, BASE64), random.text(16, BASE64));
        format!(r#"{{"tokens":["ghp_{one}","sk-{two}","xoxb-{three}"]}}"#)
    });
    vec![
        ("JSON lines", json),
        ("base64", base64),
        ("hex", hex),
        ("percent escapes", percent),
        ("JSON within JSON", within_json),
        ("\\u escapes", unicode),
        ("\\u00 escapes", ascii),
        ("HTML escapes", html),
        ("entities alone", entities),
        ("padded entities", padded),
        ("foreign entities", foreign),
        ("all escapes in turn", in_turn),
        ("escapes of escapes", twice),
        ("leads that escape nothing", leads),
        ("tokens that begin alike", alike),
    ]
}

/// An ASCII character as an HTML entity.
fn entity(random: &mut Random) -> String {
    let c = 32 + random.below(90);
    match random.below(3) {
        0 => format!("&#x{c:x};"),
        1 => format!("&#{c};"),
        _ => ["&amp;", "&lt;", "&gt;", "&quot;", "&apos;"][random.below(5)].to_owned(),
    }
}

const HEX: &str = "0123456789abcdef";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Numbers that are the same in every run (xorshift64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self, len: usize, alphabet: &str) -> String {
        (0..len).map(|_| char::from(alphabet.as_bytes()[self.below(alphabet.len())])).collect()
    }
}

fn remember(connection: &Connection, secrets: usize) {
    (0..secrets).for_each(|number| connection.remember(&credential("https://1.1.1.1", number).secret));
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
    let mut random = Random(number as u64 + 1);
    (0..20).for_each(|_| _ = random.below(2));
    let prefix = ["", "ghp_", "sk-", "xoxb-"][number % 4];
    Credential {
        id: format!("token-{number}"),
        secret: Secret::new(format!("{prefix}{}", random.text(20 + number % 3 * 10, &BASE64[..62]))),
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

/// Batches of two in turn, so that what slows the machine slows both; sorted.
fn interleaved(mut one: impl FnMut() -> f64, mut other: impl FnMut() -> f64) -> (Vec<f64>, Vec<f64>) {
    one();
    other();
    let (mut ones, mut others): (Vec<f64>, Vec<f64>) = (0..BATCHES).map(|_| (one(), other())).unzip();
    ones.sort_by(f64::total_cmp);
    others.sort_by(f64::total_cmp);
    (ones, others)
}

fn lowest(sorted: Vec<f64>) -> Figure {
    Figure { best: sorted[0], median: sorted[BATCHES / 2] }
}

fn highest(sorted: Vec<f64>) -> Figure {
    Figure { best: sorted[BATCHES - 1], median: sorted[BATCHES / 2] }
}
