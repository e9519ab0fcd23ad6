//! Guests built against the frozen 0.1.0 of every package go on working; what needs more than there is, is told.

use std::sync::{Arc, Mutex};

use trcaa_model::chat::ChatRequest;
use trcaa_model::document::{Node, NodeKind, RenderTree};
use trcaa_redact::Guard;
use trcaa_runtime::ports::Ports;
use trcaa_runtime::{CallContext, Detector, Engine, Extractor, Integration, Plugin, Provider, Renderer, Source};

use super::{Lines, load};

macro_rules! tested {
    ($($name:ident),*) => { $(pub(crate) mod $name { pub(crate) fn is_tested() {} })* };
}
tested!(frozen_detector, frozen_renderer, frozen_extractor, frozen_provider, frozen_integration);

#[test]
fn a_detector_a_renderer_and_an_extractor_of_the_first_version_work() {
    let engine = Engine::new().unwrap();
    let lines = Arc::new(Lines::default());
    let ports = Ports { log: Some(lines.clone()), ..Ports::default() };
    let context = Arc::new(CallContext { ports, ..CallContext::default() });
    let detector = Detector::new(&load(&engine, tests::FROZEN_DETECTOR), context.clone()).unwrap();
    assert_eq!(detector.detect(&["x y".to_owned()]).unwrap()[0][0].label, "First");
    let renderer = Renderer::new(&load(&engine, tests::FROZEN_RENDERER), context.clone()).unwrap();
    let title = Guard::pass_own("title");
    let nodes = vec![Node { parent: None, kind: NodeKind::Root }];
    let tree = RenderTree { title, nodes, metadata: Vec::new() };
    let format = renderer.formats().unwrap().remove(0);
    assert_eq!(renderer.render(&tree, &format).unwrap(), b"title");
    assert_eq!(*lines.0.lock().unwrap(), ["frozen"], "the log of 0.1.0 is served");
    let extractor = Extractor::new(&load(&engine, tests::FROZEN_EXTRACTOR), context).unwrap();
    let text = Arc::new(Mutex::new(String::new()));
    let into = text.clone();
    extractor.extract("frozen", b"text", move |piece| into.lock().unwrap().push_str(piece)).unwrap();
    assert_eq!(*text.lock().unwrap(), "text");
}

#[test]
fn a_provider_and_an_integration_of_the_first_version_work() {
    let engine = Engine::new().unwrap();
    let provider = Provider::new(&load(&engine, tests::FROZEN_PROVIDER), Arc::default()).unwrap();
    let request = ChatRequest::default();
    assert_eq!(
        provider.complete(&trcaa_runtime::Question::new(&request), None).unwrap().text,
        "0 true true",
        "clock, secrets and http of 0.1.0"
    );
    let integration = Integration::new(&load(&engine, tests::FROZEN_INTEGRATION), Arc::default()).unwrap();
    assert_eq!(integration.whoami().unwrap(), "frozen true");
}

#[test]
fn who_needs_a_newer_host_is_told_which() {
    let engine = Engine::new().unwrap();
    for version in ["0.1.2", "0.2.0"] {
        let (from, to) = (b"trcaa:host/log@0.1.0", format!("trcaa:host/log@{version}"));
        let mut bytes = tests::FROZEN_DETECTOR.to_vec();
        let found: Vec<usize> =
            bytes.windows(from.len()).enumerate().filter(|(_, w)| w == from).map(|(i, _)| i).collect();
        found.iter().for_each(|at| bytes[*at..*at + from.len()].copy_from_slice(to.as_bytes()));
        let refusal = Plugin::load(&engine, "x.wasm", &bytes, Source::DropIn("x.wasm".into()), None).err().unwrap();
        let wanted = format!("needs host \u{2265} {version}: trcaa:host/log@{version}");
        assert!(refusal.to_string().contains(&wanted), "{refusal}");
    }
}
