//! Taking secrets out of what a plugin says: log lines, errors, answers.
//!
//! Invariant: a text is searched whole before it is cut, shown, counted as a reason or kept; where a connection has no
//! secrets nothing is searched.

use trcaa_model::chat::{ChatEvent, Reasoning};

use crate::bindings::shared::trcaa::types::types::{Denial, Error};
use crate::call::{CallContext, CallState};
use crate::error::Fault;
use crate::ports::{Ports, TextScrub};

/// Tool calls whose arguments are searched as one text each; those of more are searched piece by piece.
const TOOL_CALLS_MAX: usize = 64;

/// The searches that go over several pieces of one call.
#[derive(Default)]
pub(crate) struct Scrubs {
    log: Option<Box<dyn TextScrub>>,
    answer: Option<Box<dyn TextScrub>>,
    reasoning: Option<Box<dyn TextScrub>>,
    arguments: Vec<(u32, Box<dyn TextScrub>)>,
}

impl Scrubs {
    pub(crate) fn new(ports: &Ports) -> Self {
        match &ports.scrub {
            Some(scrub) => Self {
                log: Some(scrub.pieces()),
                answer: Some(scrub.stream()),
                reasoning: Some(scrub.stream()),
                arguments: Vec::new(),
            },
            None => Self::default(),
        }
    }

    /// A line that is logged, or a part of one.
    pub(crate) fn piece(&mut self, piece: String) -> String {
        match &mut self.log {
            Some(scrub) => scrub.push(&piece),
            None => piece,
        }
    }
}

impl CallState {
    /// What may be kept of an event now. Texts that come in pieces are searched as one text each; what may be the
    /// beginning of a secret comes with a later piece.
    pub(crate) fn scrubbed_event(&mut self, event: ChatEvent) -> Vec<ChatEvent> {
        let Some(port) = self.context.ports.scrub.clone() else { return vec![event] };
        let whole = |text: String| port.text(&text);
        let some = |text: String, make: fn(String) -> ChatEvent| {
            if text.is_empty() { Vec::new() } else { vec![make(text)] }
        };
        match event {
            ChatEvent::Text(text) => some(pushed(&mut self.scrubs.answer, text), ChatEvent::Text),
            ChatEvent::Reasoning(text) => some(pushed(&mut self.scrubs.reasoning, text), ChatEvent::Reasoning),
            ChatEvent::ReasoningDone(block) => {
                let signature = block.signature.map(whole);
                vec![ChatEvent::ReasoningDone(Reasoning { text: whole(block.text), signature, ..block })]
            }
            ChatEvent::ToolCallStart { index, id, name } => {
                if self.scrubs.arguments.len() < TOOL_CALLS_MAX {
                    self.scrubs.arguments.push((index, port.stream()));
                }
                vec![ChatEvent::ToolCallStart { index, id: whole(id), name: whole(name) }]
            }
            ChatEvent::ToolCallDelta { index, fragment } => {
                let stream = self.scrubs.arguments.iter_mut().find(|(of, _)| *of == index);
                let fragment = match stream {
                    Some((_, scrub)) => scrub.push(&fragment),
                    None => whole(fragment),
                };
                if fragment.is_empty() { Vec::new() } else { vec![ChatEvent::ToolCallDelta { index, fragment }] }
            }
            ChatEvent::ToolCallEnd { index } => {
                let mut events = self.rest_of_arguments(|of| of == index);
                events.push(ChatEvent::ToolCallEnd { index });
                events
            }
            ChatEvent::Other { kind, json } => vec![ChatEvent::Other { kind: whole(kind), json: whole(json) }],
            ChatEvent::Usage(counts) => vec![ChatEvent::Usage(counts)],
        }
    }

    /// Gives the ends of texts that were held back.
    pub(crate) fn finish_scrubbing(&mut self) {
        let mut rest = self.rest_of_arguments(|_| true);
        let end =
            |scrub: Option<Box<dyn TextScrub>>| scrub.map(|mut scrub| scrub.finish()).filter(|text| !text.is_empty());
        rest.extend(end(self.scrubs.reasoning.take()).map(ChatEvent::Reasoning));
        rest.extend(end(self.scrubs.answer.take()).map(ChatEvent::Text));
        for event in rest {
            self.pushed.take(event);
        }
    }

    fn rest_of_arguments(&mut self, of: impl Fn(u32) -> bool) -> Vec<ChatEvent> {
        let (ended, going): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.scrubs.arguments).into_iter().partition(|(index, _)| of(*index));
        self.scrubs.arguments = going;
        let last = |(index, mut scrub): (u32, Box<dyn TextScrub>)| (index, scrub.finish());
        let told = |(index, fragment)| ChatEvent::ToolCallDelta { index, fragment };
        ended.into_iter().map(last).filter(|(_, fragment)| !fragment.is_empty()).map(told).collect()
    }
}

fn pushed(scrub: &mut Option<Box<dyn TextScrub>>, text: String) -> String {
    match scrub {
        Some(scrub) => scrub.push(&text),
        None => text,
    }
}

impl CallContext {
    /// A text of the plugin's without the connection's secrets.
    pub(crate) fn scrubbed(&self, text: String) -> String {
        match &self.ports.scrub {
            Some(scrub) => scrub.text(&text),
            None => text,
        }
    }

    /// What a guest reported, searched before it is cut.
    pub(crate) fn reported(&self, error: Error) -> Fault {
        let clean = |text: String| self.scrubbed(text);
        Fault::Reported(
            match error {
                Error::InvalidInput(text) => Error::InvalidInput(clean(text)),
                Error::Denied(Denial { capability, target, fix }) => {
                    Error::Denied(Denial { capability: clean(capability), target: clean(target), fix: clean(fix) })
                }
                Error::Unauthenticated(text) => Error::Unauthenticated(clean(text)),
                Error::Forbidden(text) => Error::Forbidden(clean(text)),
                Error::NotFound(text) => Error::NotFound(clean(text)),
                Error::Conflict(text) => Error::Conflict(clean(text)),
                Error::Unavailable(text) => Error::Unavailable(clean(text)),
                Error::Unsupported(text) => Error::Unsupported(clean(text)),
                Error::Other((code, text)) => Error::Other((clean(code), clean(text))),
                wordless @ (Error::RateLimited(_) | Error::Timeout | Error::Cancelled | Error::TooLarge(_)) => wordless,
            }
            .into(),
        )
    }

    /// A fault whose words may be the plugin's.
    pub(crate) fn scrubbed_fault(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Trapped(text) => Fault::Trapped(self.scrubbed(text)),
            Fault::BadOutput(text) => Fault::BadOutput(self.scrubbed(text)),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ports::ScrubPort;

    struct Words;

    impl ScrubPort for Words {
        fn text(&self, text: &str) -> String {
            text.replace("token-4711", "[secret]")
        }
        fn stream(&self) -> Box<dyn TextScrub> {
            unreachable!("a fault is one text")
        }
        fn pieces(&self) -> Box<dyn TextScrub> {
            unreachable!("a fault is one text")
        }
    }

    #[test]
    fn a_fault_says_no_secret_whoever_wrote_its_words() {
        let ports = Ports { scrub: Some(Arc::new(Words)), ..Ports::default() };
        let context = CallContext { ports, ..CallContext::default() };
        let said = || "it said token-4711".to_owned();
        for fault in [Fault::Trapped(said()), Fault::BadOutput(said())] {
            let told = context.scrubbed_fault(fault).to_string();
            assert!(told.contains("it said [secret]") && !told.contains("4711"), "{told}");
        }
        let reported = context.reported(Error::Other((said(), said()))).to_string();
        assert!(reported.contains("[secret]") && !reported.contains("4711"), "{reported}");
    }
}
