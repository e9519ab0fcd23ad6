//! The network of a test: requests that are held against a recording and answered from it, with secrets and state.
//!
//! The manifest is held to as in use: a request that it does not ask for is denied. Invariants: nothing leaves the
//! process; exchanges are answered in their order, and what was not asked for, or not expected, is told.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use trcaa_model::plugin::{BASE_URL, Manifest};
use trcaa_runtime::ports::{
    Caller, HttpAuth, HttpPort, HttpRequest, HttpResponse, KeyPage, KvPort, Placement, PortError, SecretPort,
    SettingsPort, SseEvent,
};

/// The address of a connection that a case says nothing of.
const TEST_URL: &str = "https://remote.example";
/// Most differences that are told of one case.
const PROBLEMS_MAX: usize = 20;
/// Characters of a text in a difference.
const SHOWN_CHARS_MAX: usize = 120;

/// One file `NAME.http.json`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Recording {
    exchanges: Vec<Exchange>,
}

#[derive(Debug, Clone, Deserialize)]
struct Exchange {
    request: Recorded,
    response: Given,
}

#[derive(Debug, Clone, Deserialize)]
struct Recorded {
    method: String,
    /// With the query.
    path: String,
    #[serde(default)]
    body: Option<Value>,
}

/// A response.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Given {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(super) body: String,
    /// The body as it was split.
    #[serde(default)]
    pub(super) chunks: Option<Vec<String>>,
}

/// What answers.
enum Answers {
    Recording(Vec<Exchange>),
    /// The same each time; `None`: nobody answers.
    Always(Option<Given>),
}

/// The network of one call.
pub(super) struct Network {
    answers: Answers,
    settings: BTreeMap<String, String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked: usize,
    problems: Vec<String>,
    kv: BTreeMap<String, Vec<u8>>,
}

impl Network {
    /// Answers from a recording. `settings` go before the manifest's defaults.
    pub(super) fn replaying(
        recording: Recording,
        kv: &BTreeMap<String, String>,
        settings: &BTreeMap<String, String>,
        manifest: &Manifest,
    ) -> Self {
        let kv = kv.iter().map(|(key, value)| (key.clone(), value.clone().into_bytes())).collect();
        let mut all = defaults(manifest);
        all.extend(settings.iter().map(|(name, value)| (name.clone(), value.clone())));
        let state = Mutex::new(State { kv, ..State::default() });
        Self { answers: Answers::Recording(recording.exchanges), settings: all, state }
    }

    /// Answers everything alike; `None`: nobody answers.
    pub(super) fn always(answer: Option<Given>, manifest: &Manifest) -> Self {
        Self { answers: Answers::Always(answer), settings: defaults(manifest), state: Mutex::default() }
    }

    /// What did not go as recorded, what was never asked for included.
    pub(super) fn problems(&self) -> Vec<String> {
        let state = self.state();
        let mut problems = state.problems.clone();
        if let Answers::Recording(exchanges) = &self.answers {
            for (at, exchange) in exchanges.iter().enumerate().skip(state.asked) {
                let wanted = &exchange.request;
                problems.push(format!("exchange {} was never asked for: {} {}", at + 1, wanted.method, wanted.path));
            }
        }
        problems.truncate(PROBLEMS_MAX);
        problems
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HttpPort for Network {
    fn send(&self, caller: &Caller<'_>, request: HttpRequest) -> Result<Box<dyn HttpResponse>, PortError> {
        let url = url::Url::parse(&request.url).map_err(|e| PortError::InvalidInput(format!("the URL: {e}")))?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let mut state = self.state();
        if let Err(denied) =
            allowed(caller.manifest, self.settings.get("base_url").map_or("", String::as_str), &url, &request)
        {
            if let PortError::Denied { target, fix, .. } = &denied {
                state.problems.push(format!("denied: {target}: the manifest has to ask for it: {fix}"));
            }
            return Err(denied);
        }
        let nobody = || PortError::Unavailable("nobody answers".into());
        let given = match &self.answers {
            Answers::Always(given) => given.clone().ok_or_else(nobody)?,
            Answers::Recording(exchanges) => {
                let at = state.asked;
                let Some(exchange) = exchanges.get(at) else {
                    let count = exchanges.len();
                    state.problems.push(format!(
                        "unexpected request {}: {} {path}; {count} are recorded",
                        at + 1,
                        request.method
                    ));
                    return Err(nobody());
                };
                state.asked += 1;
                let before = format!("request {}", at + 1);
                state
                    .problems
                    .extend(differences(&exchange.request, &request, &path).map(|d| format!("{before}: {d}")));
                exchange.response.clone()
            }
        };
        let headers = given.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let chunks = given.chunks.unwrap_or_else(|| vec![given.body]);
        let pieces = chunks.into_iter().map(String::into_bytes).filter(|c| !c.is_empty()).rev().collect();
        Ok(Box::new(Replayed { status: given.status, headers, pieces, text: Vec::new() }))
    }
}

/// The settings of a connection that nobody changed.
fn defaults(manifest: &Manifest) -> BTreeMap<String, String> {
    let own = manifest.settings.iter().filter_map(|setting| Some((setting.name.clone(), setting.default.clone()?)));
    own.chain([("base_url".to_owned(), TEST_URL.to_owned()), ("model".to_owned(), "test".to_owned())]).collect()
}

/// As the manifest asks, with everything granted that it asks for. Below `{base_url}`, paths count from there.
fn allowed(manifest: &Manifest, base_url: &str, url: &url::Url, request: &HttpRequest) -> Result<(), PortError> {
    let origin = url.origin().ascii_serialization();
    let base = url::Url::parse(base_url).ok().filter(|base| base.origin() == url.origin());
    let base_path = base.as_ref().map(|base| base.path().trim_end_matches('/'));
    let fits =
        |asked: &String| *asked == origin || asked == BASE_URL && base_path.is_some_and(|p| url.path().starts_with(p));
    let path_of = |asked: &str| match base_path {
        Some(base) if asked == BASE_URL => url.path().strip_prefix(base).unwrap_or_default(),
        _ => url.path(),
    };
    let below = |path: &str, prefix: &str| {
        path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/'))
    };
    let asked = manifest.http.iter().any(|wish| {
        fits(&wish.origin)
            && wish.methods.iter().any(|m| m == request.method)
            && (wish.path_prefixes.is_empty() || wish.path_prefixes.iter().any(|p| below(path_of(&wish.origin), p)))
    });
    if !asked {
        let fix = format!("[[http]] origin = {origin:?}, methods = [{:?}], reason = \"…\"", request.method);
        return Err(PortError::Denied {
            capability: "http",
            target: format!("{} {origin}{}", request.method, url.path()),
            fix,
        });
    }
    let HttpAuth::Explicit(credentials) = &request.auth else { return Ok(()) };
    for (placement, name) in credentials {
        let placed = match placement {
            Placement::Bearer => "bearer".to_owned(),
            Placement::Basic(_) => "basic".to_owned(),
            Placement::Header(header, _) => format!("header:{header}"),
        };
        let asked = manifest.secrets.iter().any(|wish| {
            wish.name == *name
                && wish.audience.iter().any(fits)
                && wish.placements.iter().any(|p| p.eq_ignore_ascii_case(&placed))
        });
        if !asked {
            let fix = format!(
                "[[secret]] name = {name:?}, audience = [{origin:?}], placements = [{placed:?}], reason = \"…\""
            );
            return Err(PortError::Denied { capability: "secret", target: format!("{name} for {origin}"), fix });
        }
    }
    Ok(())
}

/// How a request differs from the recorded one.
fn differences(recorded: &Recorded, sent: &HttpRequest, path: &str) -> impl Iterator<Item = String> + use<> {
    let mut all = Vec::new();
    if recorded.method != sent.method {
        all.push(format!("method: recorded {}, sent {}", recorded.method, sent.method));
    }
    if recorded.path != path {
        all.push(format!("path: recorded {}, sent {path}", recorded.path));
    }
    if let Some(wanted) = &recorded.body {
        let text = String::from_utf8_lossy(sent.body.as_deref().unwrap_or_default()).into_owned();
        let got = serde_json::from_str(&text).unwrap_or(Value::String(text));
        // A body that was recorded as text is JSON all the same, where it can be read as such.
        let wanted = match wanted {
            Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| wanted.clone()),
            other => other.clone(),
        };
        compare("body", &wanted, &got, &mut all);
    }
    all.into_iter()
}

/// Tells where two JSON values differ, by their places.
pub(super) fn compare(place: &str, wanted: &Value, got: &Value, all: &mut Vec<String>) {
    if all.len() >= PROBLEMS_MAX || wanted == got {
        return;
    }
    match (wanted, got) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, value) in a {
                match b.get(key) {
                    Some(other) => compare(&format!("{place}.{key}"), value, other, all),
                    None => all.push(format!("{place}.{key}: expected {}, and it is not there", shown(value))),
                }
            }
            let more = b.iter().filter(|(key, _)| !a.contains_key(*key));
            all.extend(more.map(|(key, value)| format!("{place}.{key}: not expected: {}", shown(value))));
        }
        (Value::Array(a), Value::Array(b)) => {
            for (at, (one, other)) in a.iter().zip(b).enumerate() {
                compare(&format!("{place}[{at}]"), one, other, all);
            }
            if a.len() != b.len() {
                all.push(format!("{place}: expected {} entries, got {}", a.len(), b.len()));
            }
        }
        _ => all.push(format!("{place}: expected {}, got {}", shown(wanted), shown(got))),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    let short: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

struct Replayed {
    status: u16,
    headers: Vec<(String, String)>,
    /// Chunks that are still to come, the next one last.
    pieces: Vec<Vec<u8>>,
    /// Of an event stream: what has arrived and is no whole event yet.
    text: Vec<u8>,
}

impl HttpResponse for Replayed {
    fn status(&self) -> u16 {
        self.status
    }

    fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    fn read(&mut self, bytes_max: usize) -> Result<Option<Vec<u8>>, PortError> {
        let Some(mut piece) = self.pieces.pop() else { return Ok(None) };
        if piece.len() > bytes_max {
            self.pieces.push(piece.split_off(bytes_max.max(1)));
        }
        Ok(Some(piece))
    }

    fn next_event(&mut self) -> Result<Option<SseEvent>, PortError> {
        loop {
            // An empty line ends an event; looked for in bytes, because a piece may end within a character.
            let found = (0..self.text.len()).find_map(|at| {
                let rest = self.text.get(at..).unwrap_or_default();
                [b"\n\n".as_slice(), b"\n\r\n"].iter().find(|end| rest.starts_with(end)).map(|end| (at, at + end.len()))
            });
            if let Some((end, next)) = found {
                let rest = self.text.split_off(next);
                let block = std::mem::replace(&mut self.text, rest);
                let event = event(&String::from_utf8_lossy(block.get(..end).unwrap_or_default()));
                if event.is_some() {
                    return Ok(event);
                }
                continue;
            }
            match self.pieces.pop() {
                Some(piece) => self.text.extend_from_slice(&piece),
                // What is no whole event when the stream ends is none, as the specification of event streams has it.
                None => return Ok(None),
            }
        }
    }
}

/// The event of a block of lines; none where it has no data.
fn event(block: &str) -> Option<SseEvent> {
    let mut event = SseEvent::default();
    let mut data: Vec<&str> = Vec::new();
    for line in block.lines() {
        let line = line.trim_end_matches('\r');
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => data.push(value),
            "event" => event.event = Some(value.to_owned()),
            "id" => event.id = Some(value.to_owned()),
            _ => {}
        }
    }
    event.data = data.join("\n");
    (!data.is_empty()).then_some(event)
}

impl SecretPort for Network {
    fn open(&self, caller: &Caller<'_>, name: &str) -> Result<String, PortError> {
        if caller.manifest.secrets.iter().any(|wish| wish.name == name) {
            return Ok(name.to_owned());
        }
        let fix = format!("[[secret]] name = {name:?}");
        self.state().problems.push(format!("denied: secret {name:?}: the manifest has to ask for it: {fix}"));
        Err(PortError::Denied { capability: "secret", target: name.chars().take(80).collect(), fix })
    }

    fn hmac_sha256(&self, _caller: &Caller<'_>, secret_id: &str, data: &[u8]) -> Result<Vec<u8>, PortError> {
        let mut mac =
            <Hmac<Sha256> as KeyInit>::new_from_slice(secret_id.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(data);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl SettingsPort for Network {
    fn get(&self, name: &str) -> Option<String> {
        self.settings.get(name).cloned()
    }
}

impl KvPort for Network {
    fn get(&self, _caller: &Caller<'_>, key: &str) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.state().kv.get(key).cloned())
    }

    fn set(&self, _caller: &Caller<'_>, key: &str, value: &[u8], _ttl_s: Option<u32>) -> Result<(), PortError> {
        self.state().kv.insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn swap(
        &self,
        _caller: &Caller<'_>,
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, PortError> {
        let mut state = self.state();
        if state.kv.get(key).map(Vec::as_slice) != expected {
            return Ok(false);
        }
        match value {
            Some(value) => state.kv.insert(key.to_owned(), value.to_vec()),
            None => state.kv.remove(key),
        };
        Ok(true)
    }

    fn delete(&self, _caller: &Caller<'_>, key: &str) -> Result<(), PortError> {
        self.state().kv.remove(key);
        Ok(())
    }

    fn keys(&self, _caller: &Caller<'_>, prefix: &str, _cursor: Option<&str>) -> Result<KeyPage, PortError> {
        Ok((self.state().kv.keys().filter(|key| key.starts_with(prefix)).cloned().collect(), None))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn told(wanted: &Value, got: &Value) -> Vec<String> {
        let mut all = Vec::new();
        compare("body", wanted, got, &mut all);
        all
    }

    #[test]
    fn differences_are_told_by_their_place_and_the_order_of_fields_is_none() {
        assert!(told(&json!({"a": 1, "b": [1]}), &serde_json::from_str(r#"{"b":[1],"a":1}"#).unwrap()).is_empty());
        assert_eq!(
            told(&json!({"m": [{"c": "x"}], "n": 1}), &json!({"m": [{"c": "y"}, 2], "o": 2})),
            [
                "body.m[0].c: expected \"x\", got \"y\"",
                "body.m: expected 1 entries, got 2",
                "body.n: expected 1, and it is not there",
                "body.o: not expected: 2"
            ]
        );
    }

    #[test]
    fn events_come_whole_however_the_body_was_split() {
        let body = "id: 1\ndata: a\ndata: b\n\n: comment\n\nevent: end\ndata: ü\r\n\r\ndata: cut";
        for size in 1..body.len() {
            let pieces = body.as_bytes().chunks(size).map(<[u8]>::to_vec).rev().collect();
            let mut stream = Replayed { status: 200, headers: Vec::new(), pieces, text: Vec::new() };
            let first = stream.next_event().unwrap().unwrap();
            assert_eq!((first.id.as_deref(), first.data.as_str()), (Some("1"), "a\nb"));
            let second = stream.next_event().unwrap().unwrap();
            assert_eq!((second.event.as_deref(), second.data.as_str()), (Some("end"), "ü"), "{size}");
            assert_eq!(stream.next_event().unwrap(), None);
        }
    }
}
