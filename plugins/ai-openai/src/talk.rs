//! One conversation with a server, over a wire that the caller brings: the host's in a component, a recorded one in
//! tests.

use trcaa_sdk::Error;
use trcaa_sdk::ai::{Completion, Event, Model, Request};

use crate::config::{Auth, Config};
use crate::failure::{BODY_BYTES_MAX, Failure, nonsense};
use crate::request::{Shape, body};
use crate::stream::Answer;

/// Most bytes of a list of models, and of an answer that is not streamed.
const WHOLE_BYTES_MAX: usize = 8 << 20;
/// Most characters of an address in an error: the host cuts the whole at 300.
const PLACE_CHARS_MAX: usize = 160;
/// Most times that one question is worded more simply.
const REWORDINGS_MAX: usize = 8;

/// A request, without what the host writes into it.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The address.
    pub url: String,
    /// Where the key goes, if there is one.
    pub auth: Auth,
    /// `None` is a GET.
    pub body: Option<Vec<u8>>,
}

/// Sends requests.
pub trait Wire {
    /// A response that is being read.
    type Reply: Reply;
    /// Sends, and gives the response once its head is there.
    ///
    /// # Errors
    /// What the host says.
    fn send(&mut self, outgoing: Outgoing) -> Result<Self::Reply, Error>;
    /// Milliseconds since the epoch.
    fn now_ms(&self) -> u64;
}

/// A response that is being read.
pub trait Reply {
    /// Its status.
    fn status(&self) -> u16;
    /// A header's value.
    fn header(&self, name: &str) -> Option<String>;
    /// The next piece of the body; `None` at its end.
    ///
    /// # Errors
    /// What the host says.
    fn read(&mut self) -> Result<Option<Vec<u8>>, Error>;
    /// The data of the next event of a stream; `None` at its end.
    ///
    /// # Errors
    /// What the host says.
    fn next_event(&mut self) -> Result<Option<String>, Error>;
}

/// Asks, and hands each event to `emit` as it comes.
///
/// # Errors
/// What the server or the host said.
pub fn complete(
    wire: &mut impl Wire,
    config: &Config,
    request: &Request,
    emit: &mut dyn FnMut(Event) -> Result<(), Error>,
) -> Result<Completion, Error> {
    let mut shape = Shape::new(config);
    let mut rewordings = 0;
    let url = config.chat_url(&request.model);
    let mut reply = loop {
        let body = body(request, &shape)?;
        let mut reply = wire.send(Outgoing { url: url.clone(), auth: config.auth, body: Some(body) })?;
        if (200..300).contains(&reply.status()) {
            break reply;
        }
        let failure = failure(&mut reply, wire.now_ms());
        rewordings += 1;
        if rewordings > REWORDINGS_MAX || !shape.relax(&failure, request) {
            return Err(failure.error);
        }
    };
    let mut answer = Answer::default();
    let kind = content_type(&reply);
    if kind.contains("html") {
        return Err(page(&url));
    }
    if kind.contains("json") {
        let whole = read_whole(&mut reply, WHOLE_BYTES_MAX)?;
        answer.take_whole(&whole)?.into_iter().try_for_each(&mut *emit)?;
    } else {
        let mut is_stream = kind.contains("event-stream");
        while !answer.is_done() {
            let Some(data) = reply.next_event()? else { break };
            is_stream = true;
            answer.take(&data)?.into_iter().try_for_each(&mut *emit)?;
        }
        if !is_stream {
            let what = "answered with neither an event stream nor JSON";
            return Err(nonsense(&format!("{} {what}; is that below the API's base URL?", place(&url))));
        }
    }
    let (events, completion) = answer.end()?;
    events.into_iter().try_for_each(emit)?;
    Ok(completion)
}

/// Lists the models.
///
/// # Errors
/// What the server or the host said.
pub fn models(wire: &mut impl Wire, config: &Config) -> Result<Vec<Model>, Error> {
    let url = config.models_url();
    let mut reply = wire.send(Outgoing { url: url.clone(), auth: config.auth, body: None })?;
    if !(200..300).contains(&reply.status()) {
        return Err(failure(&mut reply, wire.now_ms()).error);
    }
    if content_type(&reply).contains("html") {
        return Err(page(&url));
    }
    crate::models::read(&read_whole(&mut reply, WHOLE_BYTES_MAX)?)
}

fn content_type(reply: &impl Reply) -> String {
    reply.header("content-type").unwrap_or_default().to_ascii_lowercase()
}

/// A page where the API should be: of a console, a login or a proxy, mostly one path too high or too low.
fn page(url: &str) -> Error {
    nonsense(&format!("{} answered with HTML; is that below the API's base URL?", place(url)))
}

/// Origin and path of an address, bounded.
fn place(url: &str) -> String {
    url.split('?').next().unwrap_or_default().chars().take(PLACE_CHARS_MAX).collect()
}

fn failure(reply: &mut impl Reply, now_ms: u64) -> Failure {
    // A body that breaks off says less; the status says enough.
    let mut body = Vec::new();
    while let Ok(Some(piece)) = reply.read() {
        body.extend_from_slice(&piece);
        if body.len() >= BODY_BYTES_MAX {
            break;
        }
    }
    Failure::of_response(reply.status(), &|name| reply.header(name), &body, now_ms)
}

fn read_whole(reply: &mut impl Reply, bytes_max: usize) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    while let Some(piece) = reply.read()? {
        if whole.len() + piece.len() > bytes_max {
            return Err(Error::TooLarge(bytes_max as u64));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}
