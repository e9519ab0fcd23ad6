//! What every plugin has to survive: each input within the limits of its kind, answered or refused in good order, and
//! twice alike where the kind is pure.

use std::sync::Arc;

use trcaa_model::document::{Node, NodeKind, RenderTree};
use trcaa_model::plugin::Kind;
use trcaa_runtime::{Detector, Fault, PluginError};

use super::case::{Bytes, CaseFile, Question, Request};
use super::golden::{ask, call, extract, plugin_error, renderer};
use super::replay::{Given, Network};
use super::subject::{Subject, passed};
use super::test::{TestLine, line};

/// Bytes of the largest inputs.
const LARGE_BYTES: usize = 8 << 20;
/// Texts of one call that has many.
const MANY: usize = 10_000;
/// Levels of the deepest tree that the host sends.
const DEPTH: u32 = 100;
/// Bytes between findings in the large line: a log is not made of findings alone.
const BAIT_EVERY_BYTES: usize = 4 << 10;
/// Characters of every width and direction, with those that hide and join.
const STRANGE: &str =
    "é ß 中文 😀 👩‍👩‍👧 שלום مرحبا \u{202e}drow\u{202c} e\u{301}\u{302}\u{303} \u{feff}\u{fffd}\u{10ffff}";

/// Runs everything that fits the kind.
pub(super) fn run(subject: &Subject, cases: &[CaseFile]) -> Vec<TestLine> {
    match subject.manifest.kind {
        Kind::PiiDetector => detector(subject, &bait(cases)),
        Kind::TextExtractor => extractor(subject, cases),
        Kind::DocumentRenderer => renderers(subject),
        Kind::AiProvider => provider(subject),
        Kind::Integration => integration(subject),
    }
}

/// In good order is also an error that it reports.
fn survived<T>(answer: Result<T, PluginError>) -> Result<(), String> {
    match answer {
        Ok(_) => Ok(()),
        Err(error) if matches!(error.fault, Fault::Reported(_)) => Ok(()),
        Err(error) => Err(format!("{}: {}", error.function, error.fault)),
    }
}

fn controls() -> String {
    (0..0x20_u8).chain(0x7f..0xa0).map(char::from).collect()
}

/// What the author's own cases say is found, so that what is hostile is also of interest.
fn bait(cases: &[CaseFile]) -> String {
    let read = |case: &CaseFile| case.input::<Bytes>().and_then(|input| input.read(case)).ok();
    let texts = cases.iter().filter_map(read).filter_map(|bytes| String::from_utf8(bytes).ok());
    let all: Vec<String> = texts.filter(|text| text.len() < BAIT_EVERY_BYTES).take(20).collect();
    if all.is_empty() { "ada@example.org 10.0.0.1 badge-0042".into() } else { all.join(" ") }
}

fn detector(subject: &Subject, bait: &str) -> Vec<TestLine> {
    let mut large = String::with_capacity(LARGE_BYTES + BAIT_EVERY_BYTES);
    while large.len() < LARGE_BYTES {
        large.push_str(&bait.replace('\n', " "));
        large.push_str(&"lorem ipsum ".repeat(BAIT_EVERY_BYTES / 12));
    }
    large.truncate(large.floor_char_boundary(LARGE_BYTES));
    let between: String = bait.chars().flat_map(|c| [c, '😀']).collect();
    let inputs: Vec<(&str, Vec<String>)> = vec![
        ("no text", vec![]),
        ("an empty text", vec![String::new()]),
        ("8 MiB in one line", vec![large]),
        ("all control characters", vec![controls(), format!("{}{bait}{}", controls(), controls())]),
        ("64 KiB of NUL", vec!["\0".repeat(64 << 10), format!("\0{bait}\0")]),
        (
            "10,000 short texts",
            (0..MANY).map(|n| format!("{n} {}", bait.chars().take(n % 40).collect::<String>())).collect(),
        ),
        ("emoji, right-to-left, combining", vec![STRANGE.repeat(200), format!("{STRANGE}{bait}{STRANGE}")]),
        ("wide characters before, within and after", vec![format!("😀{bait}😀"), between, bait.replace(' ', "é")]),
        (
            "texts cut anywhere",
            bait.char_indices().take(500).map(|(at, _)| bait.get(..at).unwrap_or_default().into()).collect(),
        ),
    ];
    let detect = |texts: &[String]| {
        let plugin = subject.plugin()?;
        let detector = Detector::new(&plugin, subject.context(None)).map_err(|e| plugin_error(subject, e.problem))?;
        detector.detect(texts)
    };
    inputs
        .into_iter()
        .map(|(name, texts)| {
            line("hostile", name, || {
                // A detector has to answer: any error means that the text is not sent anywhere.
                let told = |e: PluginError| format!("{}: {}", e.function, e.fault);
                let (one, other) = (detect(&texts).map_err(told)?, detect(&texts).map_err(told)?);
                if one == other {
                    Ok(None)
                } else {
                    Err("it answered the same input differently the second time".into())
                }
            })
        })
        .collect()
}

fn extractor(subject: &Subject, cases: &[CaseFile]) -> Vec<TestLine> {
    let read = |case: &CaseFile| case.input::<Bytes>().and_then(|input| input.read(case)).ok();
    let own: Vec<Vec<u8>> = cases.iter().take(20).filter_map(read).collect();
    let cut: Vec<Vec<u8>> = own.iter().flat_map(|b| (0..16).map(|n| b[..b.len() * n / 16].to_vec())).collect();
    let flip = |bytes: &Vec<u8>, n: usize| {
        let mut bytes = bytes.clone();
        let length = bytes.len().max(1);
        if let Some(byte) = bytes.get_mut(length * n / 16) {
            *byte ^= 0x55;
        }
        bytes
    };
    let flipped: Vec<Vec<u8>> = own.iter().flat_map(|b| (0..16).map(move |n| flip(b, n))).collect();
    let every: Vec<u8> = (0..=255_u8).cycle().take(64 << 10).collect();
    let inputs: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("an empty document", vec![vec![]]),
        ("8 MiB of zeros", vec![vec![0; LARGE_BYTES]]),
        ("8 MiB in one line", vec![vec![b'x'; LARGE_BYTES]]),
        ("every byte", vec![every]),
        ("control characters", vec![controls().into_bytes()]),
        ("emoji, right-to-left, combining", vec![STRANGE.repeat(200).into_bytes()]),
        ("its own cases, cut", cut),
        ("its own cases, damaged", flipped),
    ];
    let mut lines: Vec<TestLine> = inputs
        .into_iter()
        .map(|(name, documents)| {
            line("hostile", name, || {
                for bytes in documents {
                    let (one, other) = (extract(subject, None, &bytes), extract(subject, None, &bytes));
                    if one.as_ref().ok() != other.as_ref().ok() {
                        return Err("it answered the same input differently the second time".into());
                    }
                    survived(one)?;
                }
                Ok(None)
            })
        })
        .collect();
    lines.push(line("hostile", "a format that it does not offer", || {
        match extract(subject, Some("no-such-format"), b"x") {
            Ok(_) => Err("it took it; answer with Error::Unsupported".into()),
            refused => survived(refused).map(|()| None),
        }
    }));
    lines
}

fn renderers(subject: &Subject) -> Vec<TestLine> {
    let text = |parent: u32, text: &str| Node { parent: Some(parent), kind: NodeKind::Text(text.to_owned()) };
    let node = |parent: u32, kind: NodeKind| Node { parent: Some(parent), kind };
    let root = || vec![Node { parent: None, kind: NodeKind::Root }];
    let paragraph = |words: &str| [root(), vec![node(0, NodeKind::Paragraph), text(1, words)]].concat();
    let markup =
        "<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) | a | ``` # \\ &amp; \"'";
    let mut deep = root();
    for level in 0..DEPTH / 2 {
        deep.push(node(level * 2, NodeKind::BulletList));
        deep.push(node(level * 2 + 1, NodeKind::ListItem));
    }
    let mut wide = root();
    for at in 0..u32::try_from(MANY).unwrap_or(0) {
        wide.push(node(0, NodeKind::Paragraph));
        wide.push(text(at * 2 + 1, "x"));
    }
    let everywhere = [
        root(),
        vec![
            node(0, NodeKind::Heading(1)),
            text(1, markup),
            node(0, NodeKind::CodeBlock(Some(markup.into()), markup.into())),
            node(0, NodeKind::Paragraph),
            node(4, NodeKind::Link("javascript:alert(1)".into())),
            text(5, markup),
            node(4, NodeKind::Code(markup.into())),
            node(0, NodeKind::Table),
            node(8, NodeKind::TableRow(true)),
            node(9, NodeKind::TableCell),
            text(10, markup),
        ],
    ]
    .concat();
    let odd = [
        root(),
        vec![
            node(0, NodeKind::Heading(0)),
            node(0, NodeKind::Heading(255)),
            node(0, NodeKind::Other("nonsense".into(), "{".into())),
            node(0, NodeKind::TableCell),
            node(0, NodeKind::ListItem),
        ],
    ]
    .concat();
    let broken =
        vec![node(7, NodeKind::Paragraph), Node { parent: None, kind: NodeKind::Root }, node(1, NodeKind::Root)];
    let inputs: Vec<(&str, Vec<Node>)> = vec![
        ("no node at all", vec![]),
        ("an empty document", root()),
        ("8 MiB in one line", paragraph(&"lorem ipsum ".repeat(LARGE_BYTES / 12))),
        ("100 levels deep", deep),
        ("10,000 paragraphs", wide),
        ("markup in every place", everywhere),
        ("all control characters", paragraph(&controls())),
        ("emoji, right-to-left, combining", paragraph(&STRANGE.repeat(200))),
        ("parts that it does not know, in odd places", odd),
        ("a tree that is none", broken),
    ];
    inputs
        .into_iter()
        .map(|(name, nodes)| {
            line("hostile", name, || {
                let tree = RenderTree { title: passed(markup), nodes, metadata: vec![("date".into(), markup.into())] };
                let (first, formats) = renderer(subject).map_err(|e| e.fault.to_string())?;
                let (second, _) = renderer(subject).map_err(|e| e.fault.to_string())?;
                for format in &formats {
                    let (one, other) = (first.render(&tree, format), second.render(&tree, format));
                    if one.as_ref().ok() != other.as_ref().ok() {
                        return Err(format!(
                            "it wrote the same document differently the second time, as {}",
                            format.id
                        ));
                    }
                    survived(one).map_err(|problem| format!("as {}: {problem}", format.id))?;
                }
                Ok(None)
            })
        })
        .collect()
}

/// What a remote may answer, from nothing at all to too much.
fn remotes() -> Vec<(&'static str, Option<Given>)> {
    let given = |status: u16, kind: &str, body: String| {
        Some(Given { status, headers: vec![("content-type".into(), kind.into())], body, chunks: None })
    };
    vec![
        ("nobody answers", None),
        ("the remote answers 500", given(500, "text/plain", "oops".into())),
        ("the remote answers 401", given(401, "application/json", "{}".into())),
        ("the remote answers 429", given(429, "text/plain", String::new())),
        ("the remote answers nothing", given(200, "application/json", String::new())),
        ("the remote answers rubbish", given(200, "application/json", "\u{0}<html>{[\u{fffd}".into())),
        ("the remote answers another form", given(200, "application/json", "[{\"a\":[null,{}]},1e999,\"x\"]".into())),
        ("the remote answers 4 MiB", given(200, "application/json", format!("[\"{}\"]", "x".repeat(LARGE_BYTES / 2)))),
        ("the remote answers 10,000 levels of JSON", given(200, "application/json", "[".repeat(MANY))),
        ("the remote answers half a stream", given(200, "text/event-stream", "data: {\"a\":\n\ndata: [DO".into())),
    ]
}

fn provider(subject: &Subject) -> Vec<TestLine> {
    let question = |prompt: String| Question { prompt, ..Question::default() };
    let mut lines: Vec<TestLine> = remotes()
        .into_iter()
        .map(|(name, answer)| {
            line("hostile", name, || {
                survived(ask(subject, &question("Why?".into()), &Arc::new(Network::always(answer, &subject.manifest))))
                    .map(|()| None)
            })
        })
        .collect();
    for (name, prompt) in [
        ("an empty prompt", String::new()),
        ("a prompt of 4 MiB", "lorem ipsum ".repeat(LARGE_BYTES / 24)),
        ("control characters in the prompt", controls()),
        ("emoji, right-to-left, combining", STRANGE.repeat(200)),
    ] {
        lines.push(line("hostile", name, || {
            survived(ask(subject, &question(prompt), &Arc::new(Network::always(None, &subject.manifest))))
                .map(|()| None)
        }));
    }
    lines
}

fn integration(subject: &Subject) -> Vec<TestLine> {
    let search = |text: String| Request::Search { text, limit: 20 };
    let mut lines: Vec<TestLine> = remotes()
        .into_iter()
        .map(|(name, answer)| {
            line("hostile", name, || {
                let network = Arc::new(Network::always(answer, &subject.manifest));
                let fetch = Request::Fetch { collection: "x".into(), id: "../x?y#z".into() };
                for request in [Request::Whoami {}, Request::Collections { cursor: None }, search("x".into()), fetch] {
                    survived(call(subject, &request, &network))?;
                }
                Ok(None)
            })
        })
        .collect();
    for (name, text) in [
        ("an empty search", String::new()),
        ("a search of 1 MiB", "lorem ipsum ".repeat((1 << 20) / 12)),
        ("control characters in a search", controls()),
        ("a search in a query language", "\" OR 1=1 -- ) AND (x:* /../ ?a=b&c=d#e".to_owned()),
        ("emoji, right-to-left, combining", STRANGE.repeat(200)),
    ] {
        lines.push(line("hostile", name, || {
            survived(call(subject, &search(text), &Arc::new(Network::always(None, &subject.manifest)))).map(|()| None)
        }));
    }
    lines
}
