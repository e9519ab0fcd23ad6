//! A provider with every grant: what it may not do even so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use trcaa_model::chat::{ChatRequest, Message, Part, Role};
use trcaa_model::guard::Redacted;
use trcaa_redact::{Guard, Origin, Pseudonyms};
use trcaa_runtime::ports::{
    Caller, FailurePort, HttpPort, HttpRequest, HttpResponse, Misbehaviour, PastFailure, PortError, Ports, SecretPort,
    SseEvent,
};
use trcaa_runtime::{CallContext, Cancel, Engine, Fault, PluginError, Provider};

use super::{Lines, load};

pub(crate) mod hostile_networked {
    pub(crate) fn is_tested() {}
}

/// What the peer does at each read.
#[derive(Clone, Copy)]
enum Peer {
    /// Gives this often, after a wait.
    Gives(usize, Duration),
    /// Waits and fails.
    Fails(Duration),
    /// Gives so many bytes, as fast as they are read.
    Holds(usize),
}

struct World {
    peer: Peer,
    opened: AtomicUsize,
}

struct Body {
    peer: Peer,
}

impl HttpResponse for Body {
    fn status(&self) -> u16 {
        200
    }
    fn headers(&self) -> &[(String, String)] {
        &[]
    }
    fn read(&mut self, bytes_max: usize) -> Result<Option<Vec<u8>>, PortError> {
        match &mut self.peer {
            Peer::Gives(0, _) => Ok(None),
            Peer::Gives(left, wait) => {
                *left -= 1;
                std::thread::sleep(*wait);
                Ok(Some(b"token-4711".to_vec()))
            }
            Peer::Fails(wait) => {
                std::thread::sleep(*wait);
                Err(PortError::Timeout)
            }
            Peer::Holds(0) => Ok(None),
            Peer::Holds(left) => {
                let piece = bytes_max.min(*left);
                *left -= piece;
                Ok(Some(vec![b'x'; piece]))
            }
        }
    }
    fn next_event(&mut self) -> Result<Option<SseEvent>, PortError> {
        Ok(None)
    }
}

impl HttpPort for World {
    fn send(&self, _caller: &Caller<'_>, _request: HttpRequest) -> Result<Box<dyn HttpResponse>, PortError> {
        Ok(Box::new(Body { peer: self.peer }))
    }
}

impl SecretPort for World {
    fn open(&self, _caller: &Caller<'_>, _name: &str) -> Result<String, PortError> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok("id".into())
    }
    fn hmac_sha256(&self, _: &Caller<'_>, _: &str, _: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok(Vec::new())
    }
}

const QUICK: Peer = Peer::Gives(1, Duration::ZERO);

#[expect(clippy::disallowed_methods, reason = "the test's own words")]
fn redacted(text: &str) -> Redacted {
    Guard::pass(text, Origin::Raw, &[], &mut Pseudonyms::default(), usize::MAX).unwrap()
}

fn ports(peer: Peer) -> Ports {
    let world = Arc::new(World { peer, opened: AtomicUsize::new(0) });
    Ports { http: Some(world.clone()), secrets: Some(world), ..Ports::default() }
}

fn complete_with(model: &str, ports: Ports, cancel: Cancel) -> Result<String, PluginError> {
    let engine = Engine::new().unwrap();
    let context = CallContext { ports, cancel, ..CallContext::default() };
    let provider = Provider::new(&load(&engine, tests::HOSTILE_NETWORKED), Arc::new(context)).unwrap();
    let request = ChatRequest {
        model: model.into(),
        messages: vec![Message { role: Role::User, parts: vec![Part::Text(redacted("question"))] }],
        ..ChatRequest::default()
    };
    provider.complete(&trcaa_runtime::Question::new(&request), None).map(|answer| answer.text)
}

fn complete(model: &str, peer: Peer) -> Result<String, Fault> {
    complete_with(model, ports(peer), Cancel::default()).map_err(|e| e.fault)
}

#[test]
fn waiting_in_a_host_call_costs_no_cpu() {
    // 100 ms of CPU, and 600 ms of waiting.
    let answer = complete("read-to-the-end", Peer::Gives(5, Duration::from_millis(120)));
    assert_eq!(answer, Ok("10 10 10 10 10 ".into()));
}

#[test]
fn tiny_host_calls_are_the_guests_own_work() {
    assert_eq!(complete("tiny-host-calls", QUICK), Err(Fault::CpuLimit { limit_ms: 100 }));
}

/// Ports that compute for a while and refuse.
struct Busy;

fn compute() -> PortError {
    let begun = std::time::Instant::now();
    while begun.elapsed() < Duration::from_millis(5) {
        std::hint::black_box(begun);
    }
    PortError::Denied { capability: "http", target: String::new(), fix: String::new() }
}

impl HttpPort for Busy {
    fn send(&self, _caller: &Caller<'_>, _request: HttpRequest) -> Result<Box<dyn HttpResponse>, PortError> {
        Err(compute())
    }
}

impl SecretPort for Busy {
    fn open(&self, _caller: &Caller<'_>, _name: &str) -> Result<String, PortError> {
        Err(compute())
    }
    fn hmac_sha256(&self, _: &Caller<'_>, _: &str, _: &[u8]) -> Result<Vec<u8>, PortError> {
        Err(compute())
    }
}

#[test]
fn what_the_host_computes_for_refusals_is_the_guests_own_work() {
    for model in ["denied-forever", "secrets-forever"] {
        let busy = Ports { http: Some(Arc::new(Busy)), secrets: Some(Arc::new(Busy)), ..Ports::default() };
        let fault = complete_with(model, busy, Cancel::default()).unwrap_err().fault;
        assert_eq!(fault, Fault::CpuLimit { limit_ms: 100 }, "{model}");
    }
}

#[test]
fn few_responses_are_held_at_once() {
    let refused = complete("many-responses", QUICK).unwrap_err().to_string();
    assert!(refused.contains("more than 16 responses"), "{refused}");
    assert_eq!(complete("responses-one-by-one", QUICK), Ok(String::new()));
}

#[test]
fn a_loop_in_a_host_call_ends_at_the_wall_limit_and_one_that_gets_nothing_before() {
    let wait = Duration::from_millis(50);
    assert_eq!(complete("read-to-the-end", Peer::Gives(usize::MAX, wait)), Err(Fault::WallLimit { limit_ms: 4_000 }));
    assert_eq!(complete("read-errors-forever", Peer::Fails(wait)), Err(Fault::IdleLimit { limit_ms: 2_000 }));
}

#[test]
fn a_cancelled_call_ends_within_its_host_call() {
    let cancel = Cancel::default();
    std::thread::scope(|scope| {
        let world = ports(Peer::Gives(usize::MAX, Duration::from_millis(20)));
        let below = cancel.clone();
        let running = scope.spawn(move || complete_with("read-to-the-end", world, below).unwrap_err().fault);
        cancel.cancel();
        assert_eq!(running.join().unwrap(), Fault::Cancelled);
    });
}

#[test]
fn what_a_call_answers_after_it_was_cancelled_is_not_believed() {
    let engine = Engine::new().unwrap();
    let cancel = Cancel::default();
    let context = CallContext { ports: ports(QUICK), cancel: cancel.clone(), ..CallContext::default() };
    let provider = Provider::new(&load(&engine, tests::HOSTILE_NETWORKED), Arc::new(context)).unwrap();
    // Its one event is taken; all that it does afterwards is to return.
    let outcome = provider
        .complete(&trcaa_runtime::Question::new(&ChatRequest::default()), Some(Box::new(move |_| cancel.cancel())));
    assert_eq!(outcome.unwrap_err().fault, Fault::Cancelled);
}

#[test]
fn handles_are_counted_while_they_are_held() {
    assert_eq!(complete("many-handles", QUICK), Err(Fault::HandleLimit { limit: 1_024 }));
    assert_eq!(complete("handles-one-by-one", QUICK), Ok(String::new()));
}

#[test]
fn a_thousand_lines_of_four_kibibytes_are_the_most_that_is_logged() {
    let lines = Arc::new(Lines::default());
    let with_log = Ports { log: Some(lines.clone()), ..ports(QUICK) };
    assert!(complete_with("log-lines", with_log, Cancel::default()).is_ok());
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 1_000);
    assert!(lines.iter().all(|line| line.len() == 4_096));
}

#[test]
fn what_crosses_at_once_is_bounded_in_either_direction() {
    // 8 MiB, which the manifest tightens.
    const MOST: usize = 1 << 20;
    let address = "https://peer.example".len();
    assert_eq!(complete(&format!("send {}", MOST - address), QUICK), Ok("sent".into()));
    let over = complete(&format!("send {}", MOST - address + 1), QUICK);
    assert_eq!(over, Err(Fault::OutputLimit { limit_bytes: 1 << 20 }));
    assert_eq!(complete("read-all", Peer::Holds(MOST)), Ok(MOST.to_string()));
    let Err(Fault::Reported(error)) = complete("read-all", Peer::Holds(MOST + 1)) else { panic!() };
    assert_eq!((error.code.as_str(), error.message.as_str()), ("too-large", "limit 1048576 bytes"));
}

#[test]
fn it_can_ask_how_much_time_is_left() {
    let left: u64 = complete("time-left", QUICK).unwrap().parse().unwrap();
    assert!((1..=4_000).contains(&left), "{left}");
}

#[test]
fn the_guest_really_gets_what_a_remote_echoes() {
    // Without this, tests that look for the echo in its channels would prove nothing.
    assert_eq!(complete("leak-text", QUICK), Ok("token-4711".into()));
    assert_eq!(complete("leak-text-bytewise", QUICK), Ok("token-4711".into()));
}

/// A circuit breaker's memory with something in it.
struct Memory {
    before: usize,
    recorded: std::sync::Mutex<Vec<String>>,
}

impl FailurePort for Memory {
    fn recent(&self, _plugin: &str, _sha256: &str, _window: Duration) -> Vec<PastFailure> {
        vec![PastFailure { age_ms: 1_000, fault: "cpu_limit".into(), input: None }; self.before]
    }
    fn record(&self, what: &Misbehaviour<'_>, _window: Duration, _failures_max: usize) -> Vec<PastFailure> {
        let mut recorded = self.recorded.lock().unwrap();
        recorded.push(format!("{} {} {} {}", what.plugin, what.version, what.function, what.fault));
        vec![PastFailure { age_ms: 0, fault: what.fault.into(), input: None }; self.before + recorded.len()]
    }
}

#[test]
fn what_earlier_processes_saw_keeps_a_plugin_from_being_called() {
    let run = |before: usize, model: &str| {
        let memory = Arc::new(Memory { before, recorded: Default::default() });
        let ports = Ports { failures: Some(memory.clone()), ..ports(QUICK) };
        let outcome = complete_with(model, ports, Cancel::default());
        (outcome, memory.recorded.lock().unwrap().clone())
    };
    assert!(run(2, "harmless").0.is_ok());
    let off = run(3, "harmless").0.unwrap_err();
    assert!(matches!(&off.fault, Fault::CircuitOpen { failures: 3, last } if last == "cpu_limit"), "{off}");
    assert!(off.to_string().contains("trcaa plugin enable hostile-networked"), "{off}");
    let (outcome, recorded) = run(0, "leak-panic");
    assert!(matches!(outcome.unwrap_err().fault, Fault::Trapped(_)));
    assert_eq!(recorded, ["hostile-networked 0.1.0 complete trapped"], "a code, and none of its words");
    assert_eq!(run(0, "leak-error").1.len(), 0, "what it reports in good order does not count");
    let waits = Ports { failures: None, ..ports(Peer::Fails(Duration::from_millis(50))) };
    assert!(complete_with("read-errors-forever", waits, Cancel::default()).is_err());
}
