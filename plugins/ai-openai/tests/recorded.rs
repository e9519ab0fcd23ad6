//! What real servers sent, recorded by `cargo xtask providers --record`: every file of `exchanges` has a test here.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use ai_openai::talk;
use serde_json::Value;
use support::{Recorded, Replay, ask, calls, config, request, text};
use trcaa_sdk::Error;
use trcaa_sdk::ai::{Completion, Event, Finish};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchanges")
}

fn recorded(name: &str) -> Vec<Recorded> {
    let text = std::fs::read_to_string(folder().join(format!("{name}.json"))).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["exchanges"].as_array().unwrap().iter().map(Recorded::from_exchange).collect()
}

/// What the first exchange of a file means.
fn first(name: &str) -> (Vec<Event>, Result<Completion, Error>) {
    let mut all = recorded(name);
    let (events, ended, _) = ask(vec![all.remove(0)], &request());
    (events, ended)
}

fn answer(name: &str) -> (String, Completion) {
    let (events, ended) = first(name);
    (text(&events), ended.unwrap())
}

fn models(name: &str) -> Vec<String> {
    let mut wire = Replay { answers: VecDeque::from(recorded(name)), sent: Vec::new() };
    talk::models(&mut wire, &config()).unwrap().into_iter().map(|model| model.id).collect()
}

#[test]
fn every_recording_is_looked_at_and_holds_no_key() {
    let here = include_str!("recorded.rs");
    for file in std::fs::read_dir(folder()).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(here.contains(&format!("\"{name}\"")), "{name} has no test");
        let held = std::fs::read_to_string(&path).unwrap();
        assert!(!held.contains("canary") && !held.contains("anna.berg"), "{name}");
    }
}

#[test]
fn answers_are_whole_and_counted() {
    for (name, part) in [
        ("aimock-test", "ok, I am here"),
        ("aimock-analyze", "```json"),
        ("aimock-prose", "weather"),
        ("llama-test", ""),
        ("llama-analyze", "\"summary\""),
    ] {
        let (said, completion) = answer(name);
        assert!(said.contains(part), "{name}: {said}");
        assert!(completion.usage.is_some_and(|usage| usage.input_tokens > 0), "{name}");
        assert!(completion.response_id.is_some(), "{name}");
    }
}

#[test]
fn lists_of_models_are_read() {
    assert!(models("aimock-models").contains(&"gpt-4o".to_owned()));
    assert_eq!(models("llama-models"), ["tiny"]);
}

#[test]
fn parallel_tool_calls_are_put_together() {
    let (events, ended) = first("aimock-tools");
    let told = calls(&events);
    let named: Vec<(&str, &str)> =
        told.iter().map(|(_, name, arguments)| (name.as_str(), arguments.as_str())).collect();
    assert_eq!(named, [("search", "{\"query\":\"disk full\"}"), ("read", "{\"line\":2}")]);
    assert!(matches!(ended.unwrap().finish, Finish::ToolCalls));
}

#[test]
fn refusals_are_told_apart() {
    for (name, expected) in [
        ("llmock-429", "RateLimited(Some(1000))"),
        ("llmock-500", "Unavailable"),
        ("llmock-503", "RateLimited(Some(1000))"),
        ("llmock-down", "Unavailable"),
        ("llmock-401", "Unauthenticated"),
        ("llmock-403", "Forbidden"),
        ("llmock-cut-first", "Unavailable"),
        ("llmock-cut", "Unavailable"),
        ("llmock-dropped", "Unavailable"),
        ("aimock-malformed", "bad-response"),
        ("llama-too-long", "context-too-large"),
        ("llama-no-key", "Unauthenticated"),
    ] {
        let (_, ended) = first(name);
        let told = format!("{:?}", ended.map(|completion| completion.finish));
        assert!(told.contains(expected), "{name}: {told}");
    }
}

#[test]
fn a_stream_that_was_cut_at_its_begin_gave_no_event_and_one_in_the_middle_did() {
    assert!(first("llmock-cut-first").0.is_empty());
    assert!(!first("llmock-cut").0.is_empty());
}
