//! The component: the host's wire behind the traits of `talk`.

use trcaa_sdk::ai::{Completion, Model, Provider, Request, Sink, Stop};
use trcaa_sdk::host::{clock, http, secrets, settings};
use trcaa_sdk::{Descriptor, Error};

use crate::config::{Auth, Config};
use crate::talk::{self, Outgoing, Reply, Wire};

/// Name of the key in the manifest.
const KEY: &str = "api-key";
/// Bytes of one piece of a body.
const PIECE_BYTES: u32 = 64 << 10;

struct OpenAi;

struct HostWire {
    /// The handle lives as long as the call; `None` for a server without a key.
    key: Option<secrets::Secret>,
}

struct HostReply(http::Response);

impl Wire for HostWire {
    type Reply = HostReply;

    fn send(&mut self, outgoing: Outgoing) -> Result<HostReply, Error> {
        let method = if outgoing.body.is_some() { http::Method::Post } else { http::Method::Get };
        let mut request = http::request(method, &outgoing.url);
        if outgoing.body.is_some() {
            request.headers.push(("content-type".into(), "application/json".into()));
        }
        request.headers.push(("accept".into(), "text/event-stream, application/json".into()));
        request.body = outgoing.body;
        let placement = match outgoing.auth {
            Auth::Bearer => Some(http::Placement::Bearer),
            Auth::ApiKey => Some(http::Placement::Header((KEY.into(), String::new()))),
            Auth::None => None,
        };
        let auth = match (placement, &self.key) {
            (Some(placement), Some(secret)) => http::Auth::Explicit(vec![http::Credential { placement, secret }]),
            _ => http::Auth::None,
        };
        http::send(&request, &auth).map(HostReply)
    }

    fn now_ms(&self) -> u64 {
        clock::now_ms()
    }
}

impl Reply for HostReply {
    fn status(&self) -> u16 {
        self.0.status()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.0.header(name)
    }

    fn read(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.0.read(PIECE_BYTES)
    }

    fn next_event(&mut self) -> Result<Option<String>, Error> {
        Ok(self.0.next_event()?.map(|event| event.data))
    }
}

fn connect() -> Result<(HostWire, Config), Error> {
    let config = Config::read(settings::get)?;
    let key = match config.auth {
        Auth::None => None,
        // Not bound is the common case of a local server; one that wants a key says so.
        Auth::Bearer | Auth::ApiKey => secrets::open(KEY).ok(),
    };
    Ok((HostWire { key }, config))
}

impl Provider for OpenAi {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("ai-openai", "OpenAI and compatible servers", "0.1.0")
    }

    fn models() -> Result<Vec<Model>, Error> {
        let (mut wire, config) = connect()?;
        talk::models(&mut wire, &config)
    }

    fn complete(request: Request, out: &Sink) -> Result<Completion, Error> {
        let (mut wire, config) = connect()?;
        talk::complete(&mut wire, &config, &request, &mut |event| {
            out.emit(&event).map_err(|stop| match stop {
                Stop::Cancelled => Error::Cancelled,
                Stop::OverBudget => Error::TooLarge(0),
            })
        })
    }
}

trcaa_sdk::register!(ai_provider: OpenAi, manifest: include_bytes!("../trcaa-plugin.toml"));
