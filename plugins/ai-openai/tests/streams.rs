//! What streams mean: the traps of every server that we know of, one test each.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use serde_json::{Value, json};
use support::{Recorded, ask, calls, request, text};
use trcaa_sdk::Error;
use trcaa_sdk::ai::{Event, Finish, OutputFormat};

fn body(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect()
}

fn delta(delta: Value) -> Value {
    json!({"id": "c-1", "model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
}

fn finish(reason: &str) -> Value {
    json!({"id": "c-1", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

const DONE: &str = "data: [DONE]\n\n";

fn call(index: Value, id: Value, name: Value, arguments: Value) -> Value {
    delta(
        json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": arguments}}]}),
    )
}

fn streamed(chunks: &[Value]) -> (Vec<Event>, trcaa_sdk::ai::Completion) {
    let (events, ended, _) = ask(vec![Recorded::stream(&(body(chunks) + DONE))], &request());
    (events, ended.unwrap())
}

#[test]
fn usage_in_a_last_chunk_without_choices_and_azures_first_chunk_without_choices() {
    let (events, completion) = streamed(&[
        json!({"choices": [], "prompt_filter_results": [{"prompt_index": 0}]}),
        delta(json!({"role": "assistant", "content": ""})),
        delta(json!({"content": "Hel"})),
        delta(json!({"content": "lo"})),
        finish("stop"),
        json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 3}, "completion_tokens_details": {"reasoning_tokens": 1}}}),
    ]);
    assert_eq!(text(&events), "Hello");
    let usage = completion.usage.unwrap();
    assert_eq!((usage.input_tokens, usage.output_tokens), (7, 2));
    assert_eq!((usage.cached_input_tokens, usage.reasoning_tokens), (3, 1));
    assert!(matches!(completion.finish, Finish::Stop));
    assert_eq!((completion.response_id.as_deref(), completion.extra[0].1.as_str()), (Some("c-1"), "m-1"));
}

#[test]
fn arguments_in_fragments_belong_to_the_call_of_their_index() {
    let (events, completion) = streamed(&[
        call(json!(0), json!("a"), json!("search"), json!("")),
        call(json!(1), json!("b"), json!("read"), json!("{\"n\"")),
        call(json!(0), Value::Null, Value::Null, json!("{\"q\":")),
        call(json!(1), json!(""), json!(""), json!(":2}")),
        call(json!(0), Value::Null, Value::Null, json!("\"x\"}")),
        finish("tool_calls"),
    ]);
    let told = calls(&events);
    assert_eq!(told[0], ("a".into(), "search".into(), "{\"q\":\"x\"}".into()));
    assert_eq!(told[1], ("b".into(), "read".into(), "{\"n\":2}".into()));
    assert!(matches!(completion.finish, Finish::ToolCalls));
}

#[test]
fn calls_with_odd_numbers_ids_and_forms_are_understood() {
    // All numbered 0 and told apart by their ids; the finish says stop.
    let (events, completion) = streamed(&[
        call(json!(0), json!("a"), json!("one"), json!("{}")),
        call(json!(0), json!("b"), json!("two"), json!("{}")),
        finish("stop"),
    ]);
    assert_eq!(calls(&events).iter().map(|c| c.1.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    assert!(matches!(completion.finish, Finish::ToolCalls));
    // No index, no id, arguments as an object, and arguments before the name.
    let (events, _) = streamed(&[call(Value::Null, Value::Null, json!("one"), json!({"a": 1})), finish("stop")]);
    assert_eq!(calls(&events), [("call_0".into(), "one".into(), "{\"a\":1}".into())]);
    let (events, _) = streamed(&[
        call(json!(7), json!("a"), Value::Null, json!("{\"a\"")),
        call(json!(7), json!("a"), json!("one"), json!(":1}")),
        finish("tool_calls"),
    ]);
    assert_eq!(calls(&events), [("a".into(), "one".into(), "{\"a\":1}".into())]);
}

#[test]
fn a_stream_that_is_cut_is_an_error_whatever_came_before() {
    let whole = body(&[delta(json!({"content": "half"})), delta(json!({"content": " done"})), finish("stop")]);
    let cut_at = whole.find("\"finish_reason\":\"stop\"").unwrap();
    for cut in [whole.find(" done").unwrap(), cut_at] {
        let (_, ended, _) = ask(vec![Recorded::stream(&whole[..cut])], &request());
        assert!(matches!(ended, Err(Error::Unavailable(_))), "{ended:?}");
    }
    let broken = Recorded { breaks: true, ..Recorded::stream(&whole[..cut_at]) };
    assert!(matches!(ask(vec![broken], &request()).1, Err(Error::Unavailable(_))));
    assert!(matches!(ask(vec![Recorded::stream("")], &request()).1, Err(Error::Unavailable(_))));
    // Complete but for the last line: some servers never send it.
    assert!(ask(vec![Recorded::stream(&whole)], &request()).1.is_ok());
}

#[test]
fn an_error_inside_a_stream_with_status_200_is_the_servers_error() {
    for (error, expected) in [
        (json!({"error": {"message": "Overloaded", "type": "overloaded_error"}}), "Unavailable"),
        (json!({"error": {"message": "x", "code": 429, "type": "rate_limit_error"}}), "RateLimited"),
        (json!({"error": {"message": "x", "code": "context_length_exceeded"}}), "context-too-large"),
        (json!({"error": {"message": "x", "code": 401}}), "Unauthenticated"),
        (json!({"error": "out of memory"}), "out of memory"),
    ] {
        let (events, ended, _) =
            ask(vec![Recorded::stream(&body(&[delta(json!({"content": "a"})), error]))], &request());
        assert_eq!(text(&events), "a");
        let told = format!("{:?}", ended.unwrap_err());
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn a_refusal_and_a_filter_are_told_and_reasoning_is_kept_apart() {
    let (events, completion) = streamed(&[
        delta(json!({"reasoning_content": "hm"})),
        delta(json!({"refusal": "I can't "})),
        delta(json!({"refusal": "help"})),
        finish("stop"),
    ]);
    assert!(matches!(&events[0], Event::ReasoningDelta(text) if text == "hm"));
    assert!(matches!(completion.finish, Finish::Refusal));
    assert!(completion.extra.contains(&("refusal".into(), "I can't help".into())));
    assert!(matches!(streamed(&[finish("content_filter")]).1.finish, Finish::ContentFilter));
    assert!(matches!(streamed(&[finish("length")]).1.finish, Finish::Length));
    assert!(matches!(streamed(&[finish("who knows")]).1.finish, Finish::Other));
}

#[test]
fn a_server_that_does_not_stream_is_understood_and_html_is_not() {
    let whole = json!({"id": "c", "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant",
        "content": "Hello", "tool_calls": [{"id": "a", "function": {"name": "one", "arguments": "{}"}}]}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1}});
    let (events, ended, _) = ask(vec![Recorded::new(200, "application/json", &whole.to_string())], &request());
    assert_eq!((text(&events).as_str(), calls(&events).len()), ("Hello", 1));
    assert_eq!(ended.unwrap().usage.unwrap().input_tokens, 1);
    for (kind, body) in
        [("application/json", "<html>"), ("application/json", "{\"ok\":true}"), ("text/html", "<html></html>")]
    {
        assert!(ask(vec![Recorded::new(200, kind, body)], &request()).1.is_err(), "{kind} {body}");
    }
}

#[test]
fn a_page_where_the_api_should_be_is_told_as_one_with_its_place() {
    let place = "http://127.0.0.1:1/v1/chat/completions";
    for (kind, said) in [
        ("text/html; charset=utf-8", "answered with HTML"),
        ("application/xhtml+xml", "answered with HTML"),
        ("text/plain", "neither an event stream nor JSON"),
        ("", "neither an event stream nor JSON"),
    ] {
        let (events, ended, _) = ask(vec![Recorded::new(200, kind, "<!doctype html>\n<p>Sign in</p>\n")], &request());
        let Err(Error::Other((code, told))) = ended else { panic!("{kind}: {ended:?}") };
        assert_eq!((code.as_str(), events.len()), ("bad-response", 0));
        assert!(told.starts_with(place) && told.contains(said) && told.contains("base URL?"), "{kind}: {told}");
    }
    // A server that streams under another name is believed.
    let whole = body(&[delta(json!({"content": "a"})), finish("stop")]) + DONE;
    assert!(ask(vec![Recorded::new(200, "text/plain", &whole)], &request()).1.is_ok());
    let mut wire = support::Replay::default();
    wire.answers.push_back(Recorded::new(200, "text/html", "<html>"));
    let listed = ai_openai::talk::models(&mut wire, &support::config());
    assert!(matches!(listed, Err(Error::Other((_, told))) if told.contains("/v1/models answered with HTML")));
}

#[test]
fn a_refused_form_of_answer_is_asked_for_more_simply_before_anything_was_pushed() {
    let mut wanted = request();
    wanted.output = OutputFormat::JsonSchema("{\"type\":\"object\"}".into());
    let refusal =
        || Recorded::new(400, "application/json", r#"{"error":{"message":"'response_format.type' must be 'text'"}}"#);
    let answer = Recorded::stream(&(body(&[delta(json!({"content": "{}"})), finish("stop")]) + DONE));
    let (events, ended, sent) = ask(vec![refusal(), refusal(), answer], &wanted);
    assert_eq!((text(&events).as_str(), ended.is_ok()), ("{}", true));
    let forms: Vec<String> = sent
        .iter()
        .map(|sent| {
            serde_json::from_slice::<Value>(sent.body.as_ref().unwrap()).unwrap()["response_format"]["type"].to_string()
        })
        .collect();
    assert_eq!(forms, ["\"json_schema\"", "\"json_object\"", "null"]);
    // What is not about the form is not asked again.
    let other = Recorded::new(400, "application/json", r#"{"error":{"message":"messages must not be empty"}}"#);
    let (_, ended, sent) = ask(vec![other], &wanted);
    assert!(matches!(ended, Err(Error::InvalidInput(_))) && sent.len() == 1);
}

#[test]
fn what_is_held_back_is_bounded() {
    let nameless = call(json!(0), json!("a"), Value::Null, json!("x".repeat(40 << 10)));
    let (_, ended, _) = ask(vec![Recorded::stream(&body(&[nameless.clone(), nameless]))], &request());
    assert!(matches!(ended, Err(Error::Other((code, _))) if code == "bad-response"));
    let many: Vec<Value> = (0..129).map(|n| call(json!(n), json!(n.to_string()), json!("t"), json!(""))).collect();
    let (_, ended, _) = ask(vec![Recorded::stream(&body(&many))], &request());
    assert!(matches!(ended, Err(Error::Other((code, _))) if code == "bad-response"));
}
