//! What holds for every stream: the same answer however it is cut into chunks, and no panic for any bytes.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ai_openai::failure::Failure;
use ai_openai::models;
use ai_openai::stream::Answer;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{calls, text};

/// Cuts at the given places, which are taken as parts of the whole.
fn cut(whole: &str, places: &[prop::sample::Index]) -> Vec<String> {
    let chars: Vec<char> = whole.chars().collect();
    let mut at: Vec<usize> = places.iter().map(|place| place.index(chars.len() + 1)).chain([0, chars.len()]).collect();
    at.sort_unstable();
    at.windows(2).map(|pair| chars[pair[0]..pair[1]].iter().collect()).collect()
}

fn answered(chunks: &[Value]) -> (String, Vec<(String, String, String)>, String) {
    let mut answer = Answer::default();
    let mut events = Vec::new();
    for chunk in chunks {
        events.extend(answer.take(&chunk.to_string()).unwrap());
    }
    let (last, completion) = answer.end().unwrap();
    events.extend(last);
    (text(&events), calls(&events), format!("{completion:?}"))
}

fn piece(delta: Value) -> Value {
    json!({"id": "x", "choices": [{"index": 0, "delta": delta}]})
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("stop")),
    ];
    let names = prop::sample::select(vec![
        "id",
        "choices",
        "index",
        "delta",
        "message",
        "content",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "error",
        "usage",
        "prompt_tokens",
        "finish_reason",
        "refusal",
        "reasoning",
        "code",
        "type",
        "data",
        "models",
        "text",
        "param",
    ]);
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((names.clone(), inner), 0..5)
                .prop_map(|pairs| pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn an_answer_is_the_same_however_it_is_cut(
        said in "\\PC{0,60}",
        arguments in vec("\\PC{0,40}", 0..4),
        places in vec(any::<prop::sample::Index>(), 0..12),
        mixed in any::<bool>(),
    ) {
        let finish = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let head = |n: usize| piece(json!({"tool_calls": [{"index": n, "id": format!("id{n}"), "function": {"name": format!("t{n}"), "arguments": ""}}]}));
        let tail = |n: usize, text: &str| piece(json!({"tool_calls": [{"index": n, "function": {"arguments": text}}]}));
        let mut whole = vec![piece(json!({"content": said.as_str()}))];
        let mut pieces: Vec<Value> = cut(&said, &places).iter().map(|text| piece(json!({"content": text}))).collect();
        for (n, text) in arguments.iter().enumerate() {
            whole.extend([head(n), tail(n, text)]);
            pieces.push(head(n));
            if !mixed {
                pieces.extend(cut(text, &places).iter().map(|part| tail(n, part)));
            }
        }
        if mixed {
            // Round by round over all calls, as parallel calls come.
            let cuts: Vec<Vec<String>> = arguments.iter().map(|text| cut(text, &places)).collect();
            for round in 0..places.len() + 1 {
                pieces.extend(cuts.iter().enumerate().map(|(n, parts)| tail(n, &parts[round])));
            }
        }
        whole.push(finish.clone());
        pieces.push(finish);
        prop_assert_eq!(answered(&whole), answered(&pieces));
    }

    #[test]
    fn garbage_never_panics(bytes in vec(any::<u8>(), 0..400), status in any::<u16>(), header in "\\PC{0,40}", now in any::<u64>()) {
        let data = String::from_utf8_lossy(&bytes);
        let mut answer = Answer::default();
        let _ = answer.take(&data);
        let _ = answer.take_whole(&bytes);
        let _ = answer.end();
        let _ = models::read(&bytes);
        let _ = Failure::of_response(status, &|_| Some(header.clone()), &bytes, now);
    }

    #[test]
    fn json_of_any_shape_never_panics(chunks in vec(any_json(), 0..8), status in any::<u16>()) {
        let mut answer = Answer::default();
        for chunk in &chunks {
            let text = chunk.to_string();
            let _ = answer.take(&text);
            let _ = answer.take_whole(text.as_bytes());
            let _ = models::read(text.as_bytes());
            let _ = Failure::of_response(status, &|_| None, text.as_bytes(), 0);
        }
        let _ = answer.end();
    }
}
