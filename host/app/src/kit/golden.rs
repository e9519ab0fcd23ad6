//! One golden case: its input through the plugin, and what came out as text that can be kept.
//!
//! An error that a plugin reports is an outcome like any other and can be expected. Invariant: a pure plugin is asked
//! twice and has to say the same.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};
use trcaa_model::chat::{ChatAnswer, ChatRequest, Finish, Message, OutputFormat, Part, Role};
use trcaa_model::document::RenderFormat;
use trcaa_model::plugin::Kind;
use trcaa_runtime::{Detector, Extractor, Fault, Integration, NewItem, PluginError, Provider, RemoteItem, Renderer};

use super::case::{Asked, Bytes, CaseFile, Document, FILE_BYTES_MAX, Question, Request, Wanted};
use super::project::read_bounded;
use super::replay::{Network, Recording};
use super::subject::{Subject, passed};

/// Longest list or object that is written on one line.
const LINE_BYTES_MAX: usize = 100;

/// What came out, and the ending of a file that holds it.
pub(super) fn run(subject: &Subject, case: &CaseFile) -> Result<(Vec<u8>, String), String> {
    match subject.manifest.kind {
        Kind::PiiDetector => {
            let text = utf8(case.input::<Bytes>()?.read(case)?)?;
            twice(|| spans(subject, &text)).map(|value| (pretty(&value), "json".into()))
        }
        Kind::TextExtractor => {
            let input: Bytes = case.input()?;
            let bytes = input.read(case)?;
            twice(|| text_of(subject, input.format.as_deref(), &bytes)).map(|text| (text.into_bytes(), "txt".into()))
        }
        Kind::DocumentRenderer => {
            let input: Document = case.input()?;
            let markdown = input.read(case)?;
            twice(|| rendered(subject, &input, &markdown))
        }
        Kind::AiProvider => {
            let input: Question = case.input()?;
            let network = recorded(subject, case, &BTreeMap::new(), &input.settings)?;
            let answer = ask(subject, &input, &network);
            settled(&network, answer.map(|answer| answer_json(&answer))).map(|value| (pretty(&value), "json".into()))
        }
        Kind::Integration => {
            let input: Wanted = case.input()?;
            let network = recorded(subject, case, &input.kv, &input.settings)?;
            let answer = call(subject, &input.request, &network);
            settled(&network, answer).map(|value| (pretty(&value), "json".into()))
        }
    }
}

/// The same question to two instances: a pure plugin has no way to answer differently but by mistake.
fn twice<T: PartialEq>(ask: impl Fn() -> Result<T, String>) -> Result<T, String> {
    let (one, other) = (ask()?, ask()?);
    if one == other { Ok(one) } else { Err("it answered the same input differently the second time".into()) }
}

fn utf8(bytes: Vec<u8>) -> Result<String, String> {
    String::from_utf8(bytes)
        .map_err(|e| format!("a detector's text must be UTF-8; byte {} is not", e.utf8_error().valid_up_to()))
}

fn recorded(
    subject: &Subject,
    case: &CaseFile,
    kv: &BTreeMap<String, String>,
    settings: &BTreeMap<String, String>,
) -> Result<Arc<Network>, String> {
    let path = case.beside("http.json");
    let recording = if path.is_file() {
        let bytes = read_bounded(&path, FILE_BYTES_MAX).map_err(|e| e.message)?;
        serde_json::from_slice(&bytes).map_err(|e| format!("reading {}: {e}", path.display()))?
    } else {
        Recording::default()
    };
    Ok(Arc::new(Network::replaying(recording, kv, settings, &subject.manifest)))
}

/// A reported error is an outcome; any other failure, and a request that is not as recorded, fails the case.
fn settled(network: &Network, answer: Result<Value, PluginError>) -> Result<Value, String> {
    let problems = network.problems();
    let answer = reported(answer, |error| json!({"error": error}));
    match (answer, problems.is_empty()) {
        (answer, true) => answer,
        (Ok(_), false) => Err(problems.join("\n")),
        (Err(problem), false) => Err(format!("{problem}\n{}", problems.join("\n"))),
    }
}

fn reported<T>(answer: Result<T, PluginError>, as_outcome: impl FnOnce(String) -> T) -> Result<T, String> {
    answer.or_else(|error| match error.fault {
        Fault::Reported(said) => Ok(as_outcome(said.to_string())),
        other => Err(format!("{}: {other}", error.function)),
    })
}

/// A detector's findings with the text that they hide.
fn spans(subject: &Subject, text: &str) -> Result<Value, String> {
    let texts = [text.to_owned()];
    let found = subject.plugin().and_then(|plugin| {
        let detector = Detector::new(&plugin, subject.context(None)).map_err(|e| plugin_error(subject, e.problem))?;
        detector.detect(&texts)
    });
    reported(
        found.map(|lists| {
            let list = lists.into_iter().flatten().map(|span| {
                let (start, end) = (usize::try_from(span.start).unwrap_or(0), usize::try_from(span.end).unwrap_or(0));
                json!({"start": start, "end": end, "label": span.label, "text": text.get(start..end)})
            });
            Value::Array(list.collect())
        }),
        |error| json!({"error": error}),
    )
}

pub(super) fn plugin_error(subject: &Subject, problem: String) -> PluginError {
    let (plugin, version) = (subject.manifest.id.clone(), subject.manifest.version.clone());
    PluginError { plugin, version, function: "load", fault: Fault::BadOutput(problem) }
}

fn text_of(subject: &Subject, format: Option<&str>, bytes: &[u8]) -> Result<String, String> {
    let taken = extract(subject, format, bytes);
    reported(taken, |error| format!("error: {error}\n"))
}

/// An extractor's text.
pub(super) fn extract(subject: &Subject, format: Option<&str>, bytes: &[u8]) -> Result<String, PluginError> {
    let plugin = subject.plugin()?;
    let extractor = Extractor::new(&plugin, subject.context(None)).map_err(|e| plugin_error(subject, e.problem))?;
    let format = match format {
        Some(format) => format.to_owned(),
        None => extractor.formats()?.into_iter().next().unwrap_or_default(),
    };
    let text = Arc::new(Mutex::new(String::new()));
    let into = Arc::clone(&text);
    extractor.extract(&format, bytes, move |piece| {
        into.lock().unwrap_or_else(PoisonError::into_inner).push_str(piece);
    })?;
    let text = text.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(text)
}

fn rendered(subject: &Subject, input: &Document, markdown: &str) -> Result<(Vec<u8>, String), String> {
    let metadata = input.metadata.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let tree = crate::document::parse_markdown(passed(&input.title), &passed(markdown), metadata)
        .map_err(|e| e.to_string())?;
    let made = renderer(subject).and_then(|(renderer, formats)| {
        let wanted = formats.iter().find(|f| input.format.as_ref().is_none_or(|id| *id == f.id));
        let Some(format) = wanted else {
            let known: Vec<&str> = formats.iter().map(|f| f.id.as_str()).collect();
            return Err(plugin_error(
                subject,
                format!("it offers no format {:?}, only {}", input.format, known.join(", ")),
            ));
        };
        Ok((renderer.render(&tree, format)?, format.extension.clone()))
    });
    reported(made, |error| (format!("error: {error}\n").into_bytes(), "txt".into()))
}

/// The renderer and what it offers.
pub(super) fn renderer(subject: &Subject) -> Result<(Renderer, Vec<RenderFormat>), PluginError> {
    let plugin = subject.plugin()?;
    let renderer = Renderer::new(&plugin, subject.context(None)).map_err(|e| plugin_error(subject, e.problem))?;
    let formats = renderer.formats()?;
    Ok((renderer, formats))
}

/// A provider's answer.
pub(super) fn ask(subject: &Subject, question: &Question, network: &Arc<Network>) -> Result<ChatAnswer, PluginError> {
    let plugin = subject.plugin()?;
    let provider =
        Provider::new(&plugin, subject.context(Some(network))).map_err(|e| plugin_error(subject, e.problem))?;
    let message = |role, text: &str| Message { role, parts: vec![Part::Text(passed(text))] };
    let system = question.system.as_deref().map(|text| message(Role::System, text));
    let request = ChatRequest {
        model: question.model.clone().unwrap_or_else(|| "test".into()),
        messages: system.into_iter().chain([message(Role::User, &question.prompt)]).collect(),
        output: question.json_schema.clone().map_or(OutputFormat::Text, OutputFormat::JsonSchema),
        tools: question.tools.iter().map(Asked::tool).collect(),
        max_output_tokens: question.max_output_tokens,
        extra: question.extra.iter().map(|(name, value)| (name.clone(), passed(value))).collect(),
        ..ChatRequest::default()
    };
    provider.complete(&trcaa_runtime::Question::new(&request), None)
}

/// What an author compares: what is as it mostly is, is left out.
fn answer_json(answer: &ChatAnswer) -> Value {
    let mut object = Map::new();
    object.insert("text".into(), answer.text.clone().into());
    if !answer.tool_calls.is_empty() {
        object.insert("tool_calls".into(), json!(answer.tool_calls));
    }
    if answer.finish != Finish::Stop {
        object.insert("finish".into(), json!(answer.finish));
    }
    if let Some(usage) = &answer.usage {
        object.insert("usage".into(), json!(usage));
    }
    Value::Object(object)
}

/// An integration's answer to one call.
pub(super) fn call(subject: &Subject, request: &Request, network: &Arc<Network>) -> Result<Value, PluginError> {
    let plugin = subject.plugin()?;
    let remote =
        Integration::new(&plugin, subject.context(Some(network))).map_err(|e| plugin_error(subject, e.problem))?;
    Ok(match request {
        Request::Whoami {} => remote.whoami()?.into(),
        Request::Collections { cursor } => {
            let (list, next) = remote.collections(cursor.as_deref())?;
            let list = list
                .into_iter()
                .map(|c| filled([("id", Some(c.id)), ("key", c.key), ("name", Some(c.name)), ("url", c.url)]));
            json!({"collections": list.collect::<Vec<_>>(), "next": next})
        }
        Request::Search { text, limit } => remote.search(&passed(text), *limit)?.into_iter().map(item).collect(),
        Request::Fetch { collection, id } => item(remote.fetch(&passed(collection), &passed(id))?),
        Request::Create { collection, title, body } => {
            let new = NewItem { collection: collection.clone(), title: passed(title), body: passed(body) };
            let plan = remote.prepare_create(new)?;
            let (id, url) = remote.apply(&plan, "test-key")?;
            json!({
                "plan": {"summary": plan.summary, "before": plan.before, "after": plan.after, "reversible": plan.reversible},
                "written": filled([("id", Some(id)), ("url", url)]),
            })
        }
    })
}

fn item(item: RemoteItem) -> Value {
    filled([
        ("collection", Some(item.collection)),
        ("id", Some(item.id)),
        ("revision", item.revision),
        ("url", item.url),
        ("title", Some(item.title)),
        ("body", Some(item.body)),
    ])
}

/// An object without what there is none of.
fn filled<const N: usize>(fields: [(&str, Option<String>); N]) -> Value {
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))))
        .collect::<Map<_, _>>()
        .into()
}

/// JSON as a person reads and compares it: short things on a line, long lists one entry a line.
fn pretty(value: &Value) -> Vec<u8> {
    let line = value.to_string();
    let text = match value {
        Value::Array(list) if line.len() > LINE_BYTES_MAX => {
            format!("[\n{}\n]\n", list.iter().map(|entry| format!("  {entry}")).collect::<Vec<_>>().join(",\n"))
        }
        _ => format!("{line}\n"),
    };
    text.into_bytes()
}
