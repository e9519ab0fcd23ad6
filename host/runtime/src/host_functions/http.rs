//! `trcaa:host/http`: shapes only. Every check is behind the port, in `net`.

use wasmtime::component::Resource;

use super::not_plugged;
use crate::bindings::shared::trcaa::host::http;
use crate::bindings::shared::trcaa::types::types::Error;
use crate::call::{CallState, Came};
use crate::ports::{HttpAuth, HttpRequest, HttpResponse, Placement, PortError};

/// Most headers of one request.
const HEADERS_MAX: usize = 100;
/// Responses that a guest may hold at once: each has a socket, and up to some MiB of an event that has not ended.
const RESPONSES_OPEN_MAX: usize = 16;
/// Most credentials of one request.
const CREDENTIALS_MAX: usize = 4;

/// A response being read.
pub struct ResponseHandle {
    response: Box<dyn HttpResponse>,
}

impl http::Host for CallState {
    fn send(
        &mut self,
        request: http::Request,
        auth: http::Auth,
    ) -> wasmtime::Result<Result<Resource<ResponseHandle>, Error>> {
        let headers_bytes: usize = request.headers.iter().map(|(n, v)| n.len() + v.len()).sum();
        self.admit(request.url.len() + headers_bytes + request.body.as_ref().map_or(0, Vec::len))?;
        if self.responses_open >= RESPONSES_OPEN_MAX {
            return Ok(Err(Error::InvalidInput(format!("more than {RESPONSES_OPEN_MAX} responses are held at once"))));
        }
        if request.headers.len() > HEADERS_MAX {
            return Ok(Err(Error::InvalidInput(format!("more than {HEADERS_MAX} headers"))));
        }
        let auth = match auth {
            http::Auth::None => HttpAuth::None,
            http::Auth::Connection => HttpAuth::Connection,
            http::Auth::Explicit(list) if list.len() > CREDENTIALS_MAX => {
                return Ok(Err(Error::InvalidInput(format!("more than {CREDENTIALS_MAX} credentials"))));
            }
            http::Auth::Explicit(list) => {
                let mut placed = Vec::with_capacity(list.len());
                for credential in list {
                    let id = self.table.get(&credential.secret)?.id.clone();
                    placed.push((placement(credential.placement), id));
                }
                HttpAuth::Explicit(placed)
            }
        };
        let target = request.url.clone();
        let wanted = HttpRequest {
            method: method(request.method),
            url: request.url,
            headers: request.headers,
            body: request.body,
            timeout_ms: request.timeout_ms,
            response_bytes_max: request.max_response_bytes,
            redirects_max: request.max_redirects,
            auth,
        };
        let send = |state: &mut Self| {
            Ok(match &state.context.ports.http {
                Some(port) => port.send(&state.caller(), wanted),
                None => Err(not_plugged("http", target.split(['?', '#']).next().unwrap_or_default())),
            })
        };
        let sent = self.through_port(send, |sent| match sent {
            Ok(_) => Came::Something,
            Err(PortError::Denied { .. } | PortError::InvalidInput(_) | PortError::TooLarge(_)) => Came::AtHand,
            Err(_) => Came::Nothing,
        })?;
        match sent {
            Ok(response) => {
                let handle = self.table.push(ResponseHandle { response })?;
                self.responses_open += 1;
                Ok(Ok(handle))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl http::HostResponse for CallState {
    fn status(&mut self, handle: Resource<ResponseHandle>) -> wasmtime::Result<u16> {
        Ok(self.table.get(&handle)?.response.status())
    }

    fn header(&mut self, handle: Resource<ResponseHandle>, name: String) -> wasmtime::Result<Option<String>> {
        let headers = self.table.get(&handle)?.response.headers();
        Ok(headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(&name)).map(|(_, v)| v.clone()))
    }

    fn headers(&mut self, handle: Resource<ResponseHandle>) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(self.table.get(&handle)?.response.headers().to_vec())
    }

    fn read(
        &mut self,
        handle: Resource<ResponseHandle>,
        bytes_max: u32,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let most = usize::try_from(self.limits.host_call_bytes_max.min(u64::from(bytes_max))).unwrap_or(usize::MAX);
        self.read_piece(&handle, most.max(1)).map(|read| read.map_err(Error::from))
    }

    fn read_all(&mut self, handle: Resource<ResponseHandle>) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let limit = self.limits.host_call_bytes_max;
        let mut all = Vec::new();
        loop {
            match self.read_piece(&handle, 64 << 10)? {
                Ok(None) => return Ok(Ok(all)),
                Ok(Some(chunk)) if (all.len() + chunk.len()) as u64 > limit => return Ok(Err(Error::TooLarge(limit))),
                Ok(Some(chunk)) => all.extend_from_slice(&chunk),
                Err(error) => return Ok(Err(error.into())),
            }
        }
    }

    fn next_event(
        &mut self,
        handle: Resource<ResponseHandle>,
    ) -> wasmtime::Result<Result<Option<http::SseEvent>, Error>> {
        let next = |state: &mut Self| Ok(state.table.get_mut(&handle)?.response.next_event());
        let next = self.through_port(next, |next| came(matches!(next, Ok(Some(_)))))?;
        Ok(next
            .map(|event| event.map(|e| http::SseEvent { id: e.id, event: e.event, data: e.data }))
            .map_err(Error::from))
    }

    fn drop(&mut self, handle: Resource<ResponseHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        self.responses_open = self.responses_open.saturating_sub(1);
        Ok(())
    }
}

impl CallState {
    fn read_piece(
        &mut self,
        handle: &Resource<ResponseHandle>,
        bytes_max: usize,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, PortError>> {
        let read = |state: &mut Self| Ok(state.table.get_mut(handle)?.response.read(bytes_max));
        self.through_port(read, |read| came(matches!(read, Ok(Some(bytes)) if !bytes.is_empty())))
    }
}

fn came(is_something: bool) -> Came {
    if is_something { Came::Something } else { Came::Nothing }
}

fn method(method: http::Method) -> &'static str {
    match method {
        http::Method::Get => "GET",
        http::Method::Head => "HEAD",
        http::Method::Post => "POST",
        http::Method::Put => "PUT",
        http::Method::Patch => "PATCH",
        http::Method::Delete => "DELETE",
        http::Method::Options => "OPTIONS",
    }
}

fn placement(placement: http::Placement) -> Placement {
    match placement {
        http::Placement::Bearer => Placement::Bearer,
        http::Placement::Basic(user) => Placement::Basic(user),
        http::Placement::Header((name, prefix)) => Placement::Header(name, prefix),
    }
}
