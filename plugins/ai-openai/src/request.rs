//! From a request of the host to the body of a chat completion.
//!
//! Invariants: exactly one system message, first, its parts joined by a line `---`; a tool's result stands after the
//! turn that asked for it, or nothing is sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use trcaa_sdk::Error;
use trcaa_sdk::ai::{Document, Message, OutputFormat, Part, Request, Role, ToolChoice};

use crate::config::{Config, JsonForm};
use crate::failure::Failure;

/// Most texts that end an answer: what the API takes.
const STOPS_MAX: usize = 4;

/// What of a request a server is known to take; begins with everything and shrinks with each refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    json: JsonForm,
    json_falls_back: bool,
    stream_options: bool,
    new_token_limit: bool,
    sampling: bool,
    seed: bool,
}

impl Shape {
    /// Everything that the connection's settings allow.
    pub fn new(config: &Config) -> Self {
        Self {
            json: config.json,
            json_falls_back: config.json_falls_back,
            stream_options: true,
            new_token_limit: false,
            sampling: true,
            seed: true,
        }
    }

    /// Leaves out or rewords the field that a refusal is about; tells whether there is something new to try. Each
    /// field changes a bounded number of times, so this ends.
    pub fn relax(&mut self, failure: &Failure, request: &Request) -> bool {
        let wants_json = !matches!(request.output, OutputFormat::Text);
        let is_about_json = ["response_format", "json_schema", "json_object", "grammar", "schema"];
        if self.stream_options && failure.is_about("stream_options") {
            self.stream_options = false;
        } else if !self.new_token_limit && request.max_output_tokens.is_some() && failure.is_about("max_tokens") {
            self.new_token_limit = true;
        } else if self.sampling && (failure.is_about("temperature") || failure.is_about("top_p")) {
            self.sampling = false;
        } else if self.seed && request.seed.is_some() && failure.is_about("seed") {
            self.seed = false;
        } else if wants_json && self.json_falls_back && is_about_json.iter().any(|field| failure.is_about(field)) {
            self.json = match self.json {
                JsonForm::Schema => JsonForm::Object,
                JsonForm::Object => JsonForm::Prompt,
                JsonForm::Prompt => return false,
            };
        } else {
            return false;
        }
        true
    }
}

/// Writes the body.
///
/// # Errors
/// [`Error::InvalidInput`] for a result without its call, or a schema that is no JSON.
pub fn body(request: &Request, shape: &Shape) -> Result<Vec<u8>, Error> {
    let schema = match &request.output {
        OutputFormat::JsonSchema(text) => Some(parsed("the answer's schema", text)?),
        _ => None,
    };
    let in_words = match (&request.output, shape.json) {
        (OutputFormat::Text, _) | (OutputFormat::JsonSchema(_), JsonForm::Schema) => None,
        (OutputFormat::JsonSchema(text), _) => {
            Some(format!("Answer with one JSON object that fits this JSON Schema, and nothing else:\n{text}"))
        }
        (OutputFormat::JsonObject, _) => Some("Answer with one JSON object and nothing else.".to_owned()),
    };
    let mut body = Map::new();
    body.insert("model".into(), request.model.as_str().into());
    body.insert("messages".into(), messages(&request.messages, in_words)?.into());
    body.insert("stream".into(), true.into());
    if shape.stream_options {
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    match (&schema, &request.output, shape.json) {
        (Some(schema), _, JsonForm::Schema) => {
            let form = json!({"name": "answer", "schema": schema, "strict": false});
            body.insert("response_format".into(), json!({"type": "json_schema", "json_schema": form}));
        }
        (Some(_), _, JsonForm::Object) | (None, OutputFormat::JsonObject, JsonForm::Schema | JsonForm::Object) => {
            body.insert("response_format".into(), json!({"type": "json_object"}));
        }
        _ => {}
    }
    tools(&mut body, request)?;
    if let Some(tokens) = request.max_output_tokens {
        // Newer models refuse the older name, and many servers don't know the newer one.
        let name = if shape.new_token_limit { "max_completion_tokens" } else { "max_tokens" };
        body.insert(name.into(), tokens.into());
    }
    if shape.sampling {
        let numbers = [("temperature", request.temperature), ("top_p", request.top_p)];
        for (name, number) in numbers.into_iter().filter_map(|(name, n)| Some((name, n.filter(|n| n.is_finite())?))) {
            body.insert(name.into(), rounded(number).into());
        }
    }
    if let Some(seed) = request.seed.filter(|_| shape.seed) {
        body.insert("seed".into(), seed.into());
    }
    if !request.stop.is_empty() {
        let stops: Vec<&str> = request.stop.iter().take(STOPS_MAX).map(String::as_str).collect();
        body.insert("stop".into(), stops.into());
    }
    serde_json::to_vec(&Value::Object(body)).map_err(|e| Error::InvalidInput(format!("writing the request: {e}")))
}

fn tools(body: &mut Map<String, Value>, request: &Request) -> Result<(), Error> {
    if request.tools.is_empty() {
        return Ok(());
    }
    let mut list = Vec::with_capacity(request.tools.len());
    for tool in &request.tools {
        let parameters = parsed("a tool's schema", &tool.input_schema)?;
        let function = json!({"name": tool.name, "description": tool.description, "parameters": parameters});
        list.push(json!({"type": "function", "function": function}));
    }
    body.insert("tools".into(), list.into());
    let choice = match &request.tool_choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    };
    body.insert("tool_choice".into(), choice);
    Ok(())
}

fn messages(messages: &[Message], in_words: Option<String>) -> Result<Vec<Value>, Error> {
    let is_system = |message: &&Message| matches!(message.role, Role::System);
    let mut frame: Vec<String> = messages.iter().filter(is_system).flat_map(|m| &m.parts).filter_map(text_of).collect();
    frame.extend(in_words);
    let mut out = Vec::with_capacity(messages.len() + 1);
    if !frame.is_empty() {
        out.push(json!({"role": "system", "content": frame.join("\n---\n")}));
    }
    let mut called: Vec<&str> = Vec::new();
    for message in messages.iter().filter(|m| !is_system(m)) {
        let mut calls = Vec::new();
        let mut results = Vec::new();
        for part in &message.parts {
            match part {
                Part::ToolCall(call) => {
                    called.push(&call.id);
                    let function = json!({"name": call.name, "arguments": call.arguments});
                    calls.push(json!({"id": call.id, "type": "function", "function": function}));
                }
                Part::ToolResult(result) if !called.contains(&result.call_id.as_str()) => {
                    return Err(Error::InvalidInput("a tool's result stands before the turn that asked for it".into()));
                }
                Part::ToolResult(result) => {
                    let content =
                        if result.is_error { format!("error: {}", result.content) } else { result.content.clone() };
                    results.push(json!({"role": "tool", "tool_call_id": result.call_id, "content": content}));
                }
                _ => {}
            }
        }
        let said = content(&message.parts);
        match message.role {
            Role::Assistant if !calls.is_empty() => {
                out.push(json!({"role": "assistant", "content": said, "tool_calls": calls}));
            }
            Role::Assistant if !said.is_null() => out.push(json!({"role": "assistant", "content": said})),
            Role::User if !said.is_null() => out.push(json!({"role": "user", "content": said})),
            _ => {}
        }
        out.extend(results);
    }
    Ok(out)
}

/// Text where text is enough, a list of parts where there are images, null where there is neither.
fn content(parts: &[Part]) -> Value {
    let texts: Vec<String> = parts.iter().filter_map(text_of).collect();
    if !parts.iter().any(|part| matches!(part, Part::Image(_))) {
        return if texts.is_empty() { Value::Null } else { texts.join("\n\n").into() };
    }
    let part = |part: &Part| match part {
        Part::Image(image) => {
            let url = format!("data:{};base64,{}", image.media_type, STANDARD.encode(&image.data));
            Some(json!({"type": "image_url", "image_url": {"url": url}}))
        }
        other => text_of(other).map(|text| json!({"type": "text", "text": text})),
    };
    parts.iter().filter_map(part).collect::<Vec<_>>().into()
}

fn text_of(part: &Part) -> Option<String> {
    match part {
        Part::Text(text) => Some(text.clone()),
        Part::Document(document) => Some(document_text(document)),
        _ => None,
    }
}

/// A document with its digest and the numbers of its lines: without them a model can't say where it saw something.
fn document_text(document: &Document) -> String {
    let mut out = String::with_capacity(document.text.len() + document.text.len() / 8 + 200);
    out.push_str(&format!(
        "Log {}, digest {}. Each line begins with its number and a bar, which are not part of it:\n",
        document.name, document.digest
    ));
    for (number, line) in (u64::from(document.first_line)..).zip(document.text.lines()) {
        out.push_str(&number.to_string());
        out.push('|');
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn parsed(what: &str, text: &str) -> Result<Value, Error> {
    serde_json::from_str(text).map_err(|e| Error::InvalidInput(format!("{what} is no JSON: {e}")))
}

/// 0.2 as an f32 is 0.200000003 as an f64; people and servers prefer 0.2.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use trcaa_sdk::ai::{Image, Tool, ToolCall, ToolResult};

    use super::*;

    fn message(role: Role, parts: Vec<Part>) -> Message {
        Message { role, parts, cache_hint: false }
    }

    fn text(text: &str) -> Part {
        Part::Text(text.into())
    }

    fn request(messages: Vec<Message>) -> Request {
        Request {
            model: "m".into(),
            messages,
            tools: Vec::new(),
            tool_choice: ToolChoice::Auto,
            output: OutputFormat::Text,
            max_output_tokens: None,
            temperature: None,
            top_p: None,
            stop: Vec::new(),
            seed: None,
            extra: Vec::new(),
        }
    }

    fn shape() -> Shape {
        Shape::new(&Config::read(|name| (name == "base_url").then(|| "http://h/v1".into())).unwrap())
    }

    fn written(request: &Request, shape: &Shape) -> Value {
        serde_json::from_slice(&body(request, shape).unwrap()).unwrap()
    }

    fn call(id: &str) -> Part {
        Part::ToolCall(ToolCall { id: id.into(), name: "search".into(), arguments: "{\"q\":1}".into() })
    }

    fn result(id: &str) -> Part {
        Part::ToolResult(ToolResult { call_id: id.into(), content: "found".into(), is_error: false })
    }

    #[test]
    fn there_is_one_system_message_whatever_the_host_sends() {
        let all = vec![
            message(Role::User, vec![text("hi")]),
            message(Role::System, vec![text("a"), text("b")]),
            message(Role::System, vec![text("c")]),
        ];
        let body = written(&request(all), &shape());
        assert_eq!(
            body["messages"],
            json!([{"role": "system", "content": "a\n---\nb\n---\nc"}, {"role": "user", "content": "hi"}])
        );
        assert_eq!(body["stream_options"], json!({"include_usage": true}));
    }

    #[test]
    fn calls_go_before_their_results_or_nothing_goes() {
        let good = request(vec![
            message(Role::Assistant, vec![call("1"), call("2")]),
            message(Role::Tool, vec![result("1"), result("2")]),
        ]);
        let body = written(&good, &shape());
        let roles: Vec<&str> =
            body["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["assistant", "tool", "tool"]);
        assert_eq!(body["messages"][0]["content"], Value::Null);
        assert_eq!(body["messages"][0]["tool_calls"][1]["function"]["arguments"], "{\"q\":1}");
        let bad = request(vec![message(Role::Tool, vec![result("1")]), message(Role::Assistant, vec![call("1")])]);
        assert!(matches!(super::body(&bad, &shape()), Err(Error::InvalidInput(_))));
    }

    #[test]
    fn images_are_data_urls_and_documents_have_numbered_lines() {
        let document = Document {
            name: "db.log".into(),
            media_type: "text/plain".into(),
            digest: "aa".into(),
            first_line: 41,
            text: "one\ntwo\n".into(),
        };
        let image = Image { media_type: "image/png".into(), data: vec![1, 2, 3] };
        let all = vec![message(Role::User, vec![text("q"), Part::Document(document), Part::Image(image)])];
        let content = &written(&request(all), &shape())["messages"][0]["content"];
        assert_eq!(content[2]["image_url"]["url"], "data:image/png;base64,AQID");
        let told = content[1]["text"].as_str().unwrap();
        assert!(told.contains("digest aa") && told.ends_with("\n41|one\n42|two\n"), "{told}");
    }

    #[test]
    fn every_parameter_has_its_place() {
        let mut full = request(vec![message(Role::User, vec![text("q")])]);
        full.tools =
            vec![Tool { name: "t".into(), description: "d".into(), input_schema: "{\"type\":\"object\"}".into() }];
        full.tool_choice = ToolChoice::Named("t".into());
        (full.max_output_tokens, full.temperature, full.top_p, full.seed) = (Some(9), Some(0.2), Some(0.95), Some(7));
        full.stop = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let body = written(&full, &shape());
        assert_eq!((&body["max_tokens"], &body["temperature"], &body["top_p"]), (&json!(9), &json!(0.2), &json!(0.95)));
        assert_eq!((&body["seed"], &body["stop"]), (&json!(7), &json!(["a", "b", "c", "d"])));
        assert_eq!(body["tool_choice"], json!({"type": "function", "function": {"name": "t"}}));
        assert_eq!(body["tools"][0]["function"]["parameters"], json!({"type": "object"}));
        full.tools[0].input_schema = "no".into();
        assert!(super::body(&full, &shape()).is_err());
    }

    #[test]
    fn what_a_server_refuses_is_left_out_step_by_step_and_it_ends() {
        let mut wanted = request(vec![message(Role::User, vec![text("q")])]);
        wanted.output = OutputFormat::JsonSchema("{\"type\":\"object\"}".into());
        (wanted.max_output_tokens, wanted.temperature, wanted.seed) = (Some(9), Some(0.2), Some(1));
        let refusal = |words: &str| {
            let body = json!({"error": {"message": words}}).to_string();
            Failure::of_response(400, &|_| None, body.as_bytes(), 0)
        };
        let mut shape = shape();
        assert_eq!(written(&wanted, &shape)["response_format"]["json_schema"]["schema"], json!({"type": "object"}));
        assert!(shape.relax(&refusal("response_format json_schema is not supported"), &wanted));
        let body = written(&wanted, &shape);
        assert_eq!(body["response_format"], json!({"type": "json_object"}));
        assert!(
            body["messages"][0]["content"].as_str().unwrap().contains("{\"type\":\"object\"}"),
            "the schema in words"
        );
        for words in ["response_format?", "stream_options?", "'max_tokens' is not supported", "temperature?", "seed?"] {
            assert!(shape.relax(&refusal(words), &wanted), "{words}");
        }
        let body = written(&wanted, &shape);
        for gone in ["response_format", "stream_options", "max_tokens", "temperature", "seed"] {
            assert!(body.get(gone).is_none(), "{gone}");
        }
        assert_eq!(body["max_completion_tokens"], 9);
        for words in ["response_format", "stream_options", "max_tokens", "temperature", "seed", "something else"] {
            assert!(!shape.relax(&refusal(words), &wanted), "{words}");
        }
    }
}
