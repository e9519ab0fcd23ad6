//! A wire that replays recorded exchanges, and a request to send over it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity, dead_code, unreachable_pub, missing_docs)]

use ai_openai::config::Config;
use ai_openai::talk::{self, Outgoing, Reply, Wire};
use serde_json::Value;
use trcaa_sdk::Error;
use trcaa_sdk::ai::{Completion, Event, Message, OutputFormat, Part, Request, Role, ToolChoice};

/// One recorded response, its body cut into pieces.
pub struct Recorded {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub pieces: Vec<Vec<u8>>,
    /// Whether the connection broke after the last piece.
    pub breaks: bool,
    /// What of `pieces` was not given out as events yet.
    pub text: String,
}

/// Gives responses in their order and keeps what was sent.
#[derive(Default)]
pub struct Replay {
    pub answers: std::collections::VecDeque<Recorded>,
    pub sent: Vec<Outgoing>,
}

impl Recorded {
    pub fn new(status: u16, content_type: &str, body: &str) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, pieces: vec![body.as_bytes().to_vec()], breaks: false, text: String::new() }
    }

    pub fn stream(body: &str) -> Self {
        Self::new(200, "text/event-stream; charset=utf-8", body)
    }

    /// Reads the response of a recorded exchange.
    pub fn from_exchange(exchange: &Value) -> Self {
        let response = &exchange["response"];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let headers = response["headers"].as_array().unwrap();
        let pieces: Vec<String> = match response["chunks"].as_array() {
            Some(chunks) => chunks.iter().map(text).collect(),
            None => vec![text(&response["body"])],
        };
        Self {
            status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
            headers: headers.iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect(),
            pieces: pieces.into_iter().map(String::into_bytes).collect(),
            breaks: response["breaks"] == true,
            text: String::new(),
        }
    }
}

impl Reply for Recorded {
    fn status(&self) -> u16 {
        self.status
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, Error> {
        if !self.pieces.is_empty() {
            return Ok(Some(self.pieces.remove(0)));
        }
        if self.breaks { Err(Error::Unavailable("the connection broke".into())) } else { Ok(None) }
    }

    /// As the host decodes: blank lines end events, and one that the stream ends within is not given out.
    fn next_event(&mut self) -> Result<Option<String>, Error> {
        loop {
            let text = self.text.replace("\r\n", "\n");
            if let Some((event, rest)) = text.split_once("\n\n") {
                self.text = rest.to_owned();
                let data: Vec<&str> = event.lines().filter_map(|line| line.strip_prefix("data:")).collect();
                if !data.is_empty() {
                    return Ok(Some(
                        data.iter().map(|d| d.strip_prefix(' ').unwrap_or(d)).collect::<Vec<_>>().join("\n"),
                    ));
                }
                continue;
            }
            match self.read()? {
                Some(piece) => self.text.push_str(&String::from_utf8(piece).unwrap()),
                None => return Ok(None),
            }
        }
    }
}

impl Wire for Replay {
    type Reply = Recorded;

    fn send(&mut self, outgoing: Outgoing) -> Result<Recorded, Error> {
        self.sent.push(outgoing);
        self.answers.pop_front().ok_or_else(|| Error::Unavailable("nothing more was recorded".into()))
    }

    fn now_ms(&self) -> u64 {
        0
    }
}

pub fn config() -> Config {
    Config::read(|name| (name == "base_url").then(|| "http://127.0.0.1:1/v1".to_owned())).unwrap()
}

pub fn request() -> Request {
    Request {
        model: "m".into(),
        messages: vec![Message { role: Role::User, parts: vec![Part::Text("q".into())], cache_hint: false }],
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

/// What came of asking: the events that were pushed, and how it ended.
pub fn ask(answers: Vec<Recorded>, request: &Request) -> (Vec<Event>, Result<Completion, Error>, Vec<Outgoing>) {
    let mut wire = Replay { answers: answers.into(), sent: Vec::new() };
    let mut events = Vec::new();
    let ended = talk::complete(&mut wire, &config(), request, &mut |event| {
        events.push(event);
        Ok(())
    });
    (events, ended, wire.sent)
}

/// All text that was pushed.
pub fn text(events: &[Event]) -> String {
    events
        .iter()
        .filter_map(|event| if let Event::TextDelta(text) = event { Some(text.as_str()) } else { None })
        .collect()
}

/// Calls as they were put together: id, name, arguments.
pub fn calls(events: &[Event]) -> Vec<(String, String, String)> {
    let mut calls: Vec<(u32, bool, (String, String, String))> = Vec::new();
    for event in events {
        match event {
            Event::ToolCallStart((index, id, name)) => {
                calls.push((*index, true, (id.clone(), name.clone(), String::new())))
            }
            Event::ToolCallDelta((index, piece)) => {
                let call = calls.iter_mut().find(|(known, open, _)| known == index && *open);
                call.expect("a piece belongs to an open call").2.2.push_str(piece);
            }
            Event::ToolCallEnd(index) => {
                let call = calls.iter_mut().find(|(known, open, _)| known == index && *open);
                call.expect("an end belongs to an open call").1 = false;
            }
            _ => {}
        }
    }
    assert!(calls.iter().all(|(_, open, _)| !open), "every call ends");
    calls.into_iter().map(|(_, _, call)| call).collect()
}
