//! What a plugin that got hold of a secret's text can say with it: whatever the channel and the form, none of it comes out.
//!
//! The remote's echo is given to the guest unsearched here, as if the search of responses had failed: what is tested is
//! the second line.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trcaa_model::chat::ChatRequest;
use trcaa_runtime::ports::{Caller, HttpPort, HttpRequest, HttpResponse, LogPort, PortError, Ports, SseEvent};
use trcaa_runtime::{CallContext, Provider};

use super::wiki::{Desk, Server, TOKEN};

/// A remote whose answer nobody searched.
struct Unsearched(String);

impl HttpPort for Unsearched {
    fn send(&self, _: &Caller<'_>, _: HttpRequest) -> Result<Box<dyn HttpResponse>, PortError> {
        Ok(Box::new(Answer(Some(self.0.clone().into_bytes()))))
    }
}

struct Answer(Option<Vec<u8>>);

impl HttpResponse for Answer {
    fn status(&self) -> u16 {
        200
    }
    fn headers(&self) -> &[(String, String)] {
        &[]
    }
    fn read(&mut self, _: usize) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.0.take())
    }
    fn next_event(&mut self) -> Result<Option<SseEvent>, PortError> {
        Ok(None)
    }
}

#[derive(Default)]
struct Lines(Mutex<String>);

impl LogPort for Lines {
    fn line(&self, _: &str, _: &'static str, message: &str) {
        self.0.lock().unwrap().push_str(message);
    }
}

/// What the guest says, and what of it must not come out.
fn forms() -> Vec<(String, String)> {
    let hex: String = TOKEN.bytes().map(|b| format!("{b:02x}")).collect();
    let url: String = TOKEN.bytes().map(|b| format!("%{b:02X}")).collect();
    let shifted = STANDARD.encode(format!("x{TOKEN}"));
    // What stands before and after the secret's own bytes in an alignment is not its.
    let inner = shifted[2..shifted.len() - 4].to_owned();
    let whole = [TOKEN.to_owned(), STANDARD.encode(TOKEN), hex, url];
    whole.into_iter().map(|form| (form.clone(), form)).chain([(shifted, inner)]).collect()
}

#[test]
fn nothing_of_a_secret_comes_out_of_any_channel_in_any_form() {
    let server = Server::start(|request, out| out.text(200, &request.bearer()));
    let desk = Desk::with(tests::HOSTILE_NETWORKED);
    desk.grant_all();
    desk.bind("token", TOKEN);
    let mut setup = desk.setup(&server);
    setup.settings = vec![("base_url".into(), server.origin())];
    let context = desk.app.connection_context(&desk.plugin, setup).unwrap();
    // One honest request, after which the connection knows what it used.
    let listed = Provider::new(&desk.plugin, Arc::clone(&context)).unwrap().models();
    assert!(format!("{listed:?}").contains("[secret]"), "{listed:?}");
    assert!(server.requests()[0].bearer() == TOKEN);

    for (told, form) in forms() {
        let lines = Arc::new(Lines::default());
        let heard = Arc::new(Mutex::new(String::new()));
        let ports = Ports {
            http: Some(Arc::new(Unsearched(told))),
            log: Some(lines.clone()),
            // A guest that panics three times is another test's.
            failures: None,
            ..context.ports.clone()
        };
        let unsearched = Arc::new(CallContext { ports, ..CallContext::clone(&context) });
        let mut said = 0;
        for channel in [
            "leak-log",
            "leak-error",
            "leak-text",
            "leak-text-bytewise",
            "leak-reasoning",
            "leak-tool-call",
            "leak-other",
            "leak-result",
        ] {
            let request = ChatRequest { model: channel.into(), ..ChatRequest::default() };
            let into = Arc::clone(&heard);
            let listener = move |event: &trcaa_model::chat::ChatEvent| {
                into.lock().unwrap().push_str(&format!("{event:?}"));
            };
            let provider = Provider::new(&desk.plugin, Arc::clone(&unsearched)).unwrap();
            let answer = provider.complete(&trcaa_runtime::Question::new(&request), Some(Box::new(listener)));
            let all = format!("{answer:?}{}{}", heard.lock().unwrap(), lines.0.lock().unwrap());
            assert!(!all.contains(&form), "{channel}: {form} in {all}");
            said += all.matches("[secret]").count();
        }
        assert!(said > 8, "the channels carried something: {said}");
        let models = Provider::new(&desk.plugin, Arc::clone(&unsearched)).unwrap().models();
        assert!(!format!("{models:?}").contains(&form), "{form} in {models:?}");
    }
    let ports = Ports { http: Some(Arc::new(Unsearched(TOKEN.to_owned()))), failures: None, ..context.ports.clone() };
    let unsearched = Arc::new(CallContext { ports, ..CallContext::clone(&context) });
    let request = ChatRequest { model: "leak-panic".into(), ..ChatRequest::default() };
    let crashed =
        Provider::new(&desk.plugin, unsearched).unwrap().complete(&trcaa_runtime::Question::new(&request), None);
    assert!(crashed.is_err() && !format!("{crashed:?}").contains(TOKEN), "{crashed:?}");
}
