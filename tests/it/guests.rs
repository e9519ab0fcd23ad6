//! Every hostile guest, through the real runtime: what it does ends as a typed error that names it, the host goes on,
//! and other plugins never notice. Each guest has a test of its name, or this does not compile.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use trcaa_model::chat::{ChatRequest, Message, Part, Role};
use trcaa_model::document::{Node, NodeKind, RenderFormat, RenderTree};
use trcaa_model::guard::Redacted;
use trcaa_redact::{Guard, Origin, Pseudonyms};
use trcaa_runtime::ports::{Caller, KeyPage, KvPort, LogPort, PortError, Ports};
use trcaa_runtime::{
    CallContext, Cancel, CodeCache, Detector, Engine, Extractor, Fault, Integration, NewItem, Plugin, PluginError,
    Provider, Renderer, Source, bundled_ids, load_bundled,
};

use crate::hostile::frozen::{frozen_detector, frozen_extractor, frozen_integration, frozen_provider, frozen_renderer};
use crate::hostile::networked::hostile_networked;

macro_rules! is_tested {
    ($name:ident) => {
        const _: fn() = $name::is_tested;
    };
}
tests::foreach_guest!(is_tested);

fn load(engine: &Engine, bytes: &[u8]) -> Arc<Plugin> {
    Plugin::load(engine, "guest", bytes, Source::DropIn("guest.wasm".into()), None).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the test's own words")]
fn redacted(text: &str) -> Redacted {
    Guard::pass(text, Origin::Raw, &[], &mut Pseudonyms::default(), usize::MAX).unwrap()
}

#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl LogPort for Lines {
    fn line(&self, plugin: &str, _level: &'static str, message: &str) {
        self.0.lock().unwrap().push(format!("{plugin} {}", message.len()));
    }
}

mod hostile_detector {
    use super::*;

    pub(super) fn is_tested() {}

    fn detector(engine: &Engine, context: CallContext) -> Detector {
        Detector::new(&load(engine, tests::HOSTILE_DETECTOR), Arc::new(context)).unwrap()
    }

    fn fault(order: &str) -> Fault {
        let engine = Engine::new().unwrap();
        match detector(&engine, CallContext::default()).detect(&[order.to_owned()]) {
            Ok(spans) => panic!("{order}: believed {spans:?}"),
            Err(PluginError { plugin, version, function, fault }) => {
                assert_eq!((plugin.as_str(), version.as_str(), function), ("hostile-detector", "0.1.0", "detect"));
                assert!(!fault.to_string().contains("canary"), "{fault}");
                fault
            }
        }
    }

    #[test]
    fn a_trap_is_told_without_the_text() {
        assert!(matches!(fault("trap canary-9f2"), Fault::Trapped(_)));
        assert!(matches!(fault("exit"), Fault::Trapped(_)));
    }

    #[test]
    fn an_endless_loop_ends_at_the_cpu_limit_that_the_manifest_tightened() {
        let begun = Instant::now();
        assert_eq!(fault("loop"), Fault::CpuLimit { limit_ms: 200 });
        // Not a measurement: it proves that the limit of 200 ms and not that of 2 s was the one that held.
        assert!(begun.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_loop_of_host_calls_ends_as_well() {
        assert_eq!(fault("flood-log-forever"), Fault::CpuLimit { limit_ms: 200 });
    }

    #[test]
    fn memory_and_stack_are_bounded() {
        assert_eq!(fault("allocate"), Fault::MemoryLimit { limit_bytes: 64 << 20 });
        assert!(matches!(fault("recurse"), Fault::Trapped(_)));
    }

    #[test]
    fn output_is_bounded_by_the_input() {
        assert_eq!(fault("huge-output"), Fault::OutputLimit { limit_bytes: 1 << 20 });
        assert_eq!(fault("large-output"), Fault::OutputLimit { limit_bytes: 64 << 10 });
        assert!(matches!(fault("many-spans"), Fault::OutputLimit { .. } | Fault::MemoryLimit { .. }));
    }

    #[test]
    fn lies_about_spans_are_refused() {
        for order in ["beyond", "inverted", "mid-character é", "no-lists", "label", "confidence"] {
            assert!(matches!(fault(order), Fault::BadOutput(_)), "{order}: {:?}", fault(order));
        }
    }

    #[test]
    fn an_error_in_good_order_says_no_word_of_the_text() {
        let Fault::Reported(error) = fault("error canary-9f2") else { panic!() };
        assert_eq!((error.code.as_str(), error.message.as_str()), ("other", ""));
    }

    #[test]
    fn its_log_lines_are_dropped_because_it_sees_clear_text() {
        let engine = Engine::new().unwrap();
        let lines = Arc::new(Lines::default());
        let ports = Ports { log: Some(lines.clone()), ..Ports::default() };
        let detector = detector(&engine, CallContext { ports, ..CallContext::default() });
        assert!(detector.detect(&["flood-log".to_owned()]).is_ok());
        assert!(detector.detect(&["trap".to_owned()]).is_err());
        assert!(lines.0.lock().unwrap().is_empty());
        let big = detector.detect(&["big-log-line".to_owned()]).unwrap_err();
        assert_eq!(big.fault, Fault::OutputLimit { limit_bytes: 1 << 20 });
    }

    #[test]
    fn it_sees_no_environment_and_keeps_no_state() {
        let engine = Engine::new().unwrap();
        let detector = detector(&engine, CallContext::default());
        let text = ["environment with some length".to_owned()];
        assert_eq!(detector.detect(&text).unwrap()[0][0].end, 1);
        let text = ["state with some length".to_owned()];
        for _ in 0..3 {
            assert_eq!(detector.detect(&text).unwrap()[0][0].end, 1);
        }
    }

    #[test]
    fn three_failures_switch_it_off_and_nobody_else() {
        let engine = Engine::new().unwrap();
        let hostile = detector(&engine, CallContext::default());
        for _ in 0..2 {
            assert!(hostile.detect(&["trap".to_owned()]).is_err());
            assert!(hostile.detect(&["harmless".to_owned()]).is_ok());
        }
        assert!(hostile.detect(&["inverted".to_owned()]).is_err());
        let off = hostile.detect(&["harmless".to_owned()]).unwrap_err();
        assert!(matches!(off.fault, Fault::CircuitOpen { failures: 3, .. }), "{off}");
        let base = Detector::new(&load_bundled(&engine, "pii-base").unwrap(), Arc::default()).unwrap();
        assert_eq!(base.detect(&["mail ada@example.org".to_owned()]).unwrap()[0].len(), 1);
    }

    #[test]
    fn a_neighbour_in_the_same_engine_is_not_cut_short() {
        let engine = Engine::new().unwrap();
        let hostile = detector(&engine, CallContext::default());
        let base = Detector::new(&load_bundled(&engine, "pii-base").unwrap(), Arc::default()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(hostile.detect(&["loop".to_owned()]).is_err()));
            for _ in 0..50 {
                let found = base.detect(&["mail ada@example.org ".repeat(2_000)]).unwrap();
                assert_eq!(found[0].len(), 2_000);
            }
        });
    }

    #[test]
    fn a_cancelled_call_ends_and_does_not_count_as_misbehaviour() {
        let engine = Engine::new().unwrap();
        let cancel = Cancel::default();
        let hostile = detector(&engine, CallContext { cancel: cancel.clone(), ..CallContext::default() });
        std::thread::scope(|scope| {
            let running = scope.spawn(|| hostile.detect(&["loop".to_owned()]).unwrap_err().fault);
            cancel.cancel();
            assert_eq!(running.join().unwrap(), Fault::Cancelled);
        });
    }
}

mod hostile_extractor {
    use super::*;

    pub(super) fn is_tested() {}

    /// What arrived, and how the call ended.
    fn extract(order: &str) -> (usize, Result<(), Fault>) {
        let engine = Engine::new().unwrap();
        let lines = Arc::new(Lines::default());
        let ports = Ports { log: Some(lines.clone()), ..Ports::default() };
        let context = Arc::new(CallContext { ports, ..CallContext::default() });
        let extractor = Extractor::new(&load(&engine, tests::HOSTILE_EXTRACTOR), context).unwrap();
        let arrived = Arc::new(Mutex::new(0));
        let count = Arc::clone(&arrived);
        let outcome = extractor.extract("hostile", order.as_bytes(), move |text| *count.lock().unwrap() += text.len());
        if let Err(error) = &outcome {
            assert_eq!((error.plugin.as_str(), error.function), ("hostile-extractor", "extract"));
            assert!(!error.to_string().contains("canary"), "{error}");
        }
        assert!(lines.0.lock().unwrap().is_empty(), "it sees clear text, so nothing that it logs is kept");
        let arrived = *arrived.lock().unwrap();
        (arrived, outcome.map_err(|e| e.fault))
    }

    #[test]
    fn exactly_the_limit_passes_and_one_byte_more_does_not() {
        assert_eq!(extract("at-limit"), (104_857_600, Ok(())));
        let (arrived, outcome) = extract("over-limit");
        assert_eq!(outcome, Err(Fault::OutputLimit { limit_bytes: 104_857_600 }));
        assert!(arrived <= 104_857_600, "no more than the limit is ever handed on");
        assert_eq!(extract("one-big-write"), (0, Err(Fault::OutputLimit { limit_bytes: 4 << 20 })));
    }

    #[test]
    fn loops_memory_and_traps_end_as_faults() {
        assert_eq!(extract("loop").1, Err(Fault::CpuLimit { limit_ms: 2_000 }));
        assert_eq!(extract("allocate").1, Err(Fault::MemoryLimit { limit_bytes: 512 << 20 }));
        assert!(matches!(extract("trap canary-7c1").1, Err(Fault::Trapped(_))));
    }

    #[test]
    fn only_whole_utf8_is_believed() {
        assert!(matches!(extract("not-utf8").1, Err(Fault::BadOutput(_))));
        assert!(matches!(extract("half-character").1, Err(Fault::BadOutput(_))));
        assert_eq!(extract("split-character"), (6, Ok(())));
        assert_eq!(extract("nothing"), (0, Ok(())));
    }

    #[test]
    fn its_errors_and_log_lines_carry_no_word_of_the_document() {
        for (order, code) in [
            ("talkative canary-7c1", "other"),
            ("half-then-error canary-7c1", "invalid-input"),
            ("password", "password"),
        ] {
            let Err(Fault::Reported(error)) = extract(order).1 else { panic!("{order}") };
            assert_eq!((error.code.as_str(), error.message.as_str()), (code, ""));
        }
        assert_eq!(extract("log canary-7c1"), (6, Ok(())));
    }
}

mod hostile_renderer {
    use super::*;

    pub(super) fn is_tested() {}

    fn render(title: &str, format: &str, media_type: &str) -> Result<Vec<u8>, Fault> {
        let engine = Engine::new().unwrap();
        let renderer = Renderer::new(&load(&engine, tests::HOSTILE_RENDERER), Arc::default()).unwrap();
        let nodes = vec![Node { parent: None, kind: NodeKind::Root }];
        let tree = RenderTree { title: redacted(title), nodes, metadata: Vec::new() };
        let format = RenderFormat { id: format.into(), media_type: media_type.into(), extension: format.into() };
        renderer.render(&tree, &format).map_err(|e| e.fault)
    }

    #[test]
    fn a_gibibyte_of_output_is_stopped() {
        assert_eq!(render("gibibyte", "html", "text/html"), Err(Fault::OutputLimit { limit_bytes: 64 << 20 }));
        assert_eq!(render("one-big-write", "html", "text/html"), Err(Fault::OutputLimit { limit_bytes: 4 << 20 }));
    }

    #[test]
    fn what_runs_reaches_out_or_lies_about_its_type_is_refused() {
        for title in ["script", "outside"] {
            assert!(matches!(render(title, "html", "text/html"), Err(Fault::BadOutput(_))), "{title}");
        }
        assert!(matches!(render("harmless", "pdf", "application/pdf"), Err(Fault::BadOutput(_))));
        assert_eq!(render("harmless", "html", "text/html"), Ok(b"<p>harmless</p>".to_vec()));
    }

    #[test]
    fn there_are_no_assets_and_the_clock_stands_still() {
        assert!(matches!(render("asset", "html", "text/html"), Err(Fault::Reported(e)) if e.code == "not-found"));
        assert_eq!(render("clock", "html", "text/html"), Ok(b"<p>0</p>".to_vec()));
    }
}

mod hostile_provider {
    use super::*;

    pub(super) fn is_tested() {}

    fn complete(model: &str) -> Result<String, Fault> {
        let engine = Engine::new().unwrap();
        let provider = Provider::new(&load(&engine, tests::HOSTILE_PROVIDER), Arc::default()).unwrap();
        let message = |role, text: &str| Message { role, parts: vec![Part::Text(redacted(text))] };
        let request = ChatRequest {
            model: model.into(),
            messages: vec![message(Role::System, "frame"), message(Role::User, "question")],
            ..ChatRequest::default()
        };
        provider.complete(&trcaa_runtime::Question::new(&request), None).map(|answer| answer.text).map_err(|e| e.fault)
    }

    #[test]
    fn a_flood_of_events_is_stopped() {
        assert_eq!(complete("flood"), Err(Fault::OutputLimit { limit_bytes: 8 << 20 }));
        assert!(matches!(complete("many-events"), Err(Fault::Reported(e)) if e.code == "too-large"));
    }

    #[test]
    fn without_a_grant_there_is_no_network_and_no_secret() {
        assert_eq!(complete("http"), Ok("denied http https://evil.example/".into()));
        assert_eq!(complete("secret"), Ok("denied secret token".into()));
    }

    #[test]
    fn it_gets_what_passed_the_guard_and_nothing_else() {
        assert_eq!(complete("echo"), Ok("framequestion".into()));
    }
}

mod wiki_integration {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use trcaa_app::egress::{BoundSecret, Egress, EgressSetup};
    use trcaa_model::plugin::{Grants, HttpCapability, SecretCapability};
    use trcaa_model::secret::Secret;
    use trcaa_net::{Network, Observer, Record, SystemResolver};

    use super::*;

    pub(super) fn is_tested() {}

    const TOKEN: &str = "wiki-token-4711-abcdef";

    /// A wiki on loopback: answers each request by its path, keeps what it was sent, and echoes the token once.
    fn serve(answers: usize) -> (u16, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let mut seen = Vec::new();
            for _ in 0..answers {
                let (mut stream, _) = listener.accept().unwrap();
                let request = read_request(&mut stream);
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let body = match path.as_str() {
                    "/rest/me" => format!("ada with {TOKEN}"),
                    "/rest/pages" => "page-7".to_owned(),
                    _ => "one\ntwo\nthree".to_owned(),
                };
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).unwrap();
                seen.push(request);
            }
            seen
        });
        (port, server)
    }

    fn read_request(stream: &mut std::net::TcpStream) -> String {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length =
                    head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    return text;
                }
            }
            let count = stream.read(&mut chunk).unwrap();
            assert!(count > 0, "the request broke off: {text}");
            bytes.extend_from_slice(&chunk[..count]);
        }
    }

    #[derive(Default)]
    struct Heard(Mutex<Vec<String>>);

    impl Observer for Heard {
        fn record(&self, record: &Record<'_>) {
            let line = format!("{} {} {:?}", record.method.as_str(), record.path, record.decision);
            self.0.lock().unwrap().push(line);
        }
    }

    fn egress(engine: &Engine, port: u16, heard: &Arc<Heard>, granted: bool) -> Arc<Egress> {
        let origin = format!("http://127.0.0.1:{port}");
        let http = HttpCapability {
            origin: origin.clone(),
            methods: vec!["GET".into(), "POST".into()],
            path_prefixes: vec!["/rest/".into()],
            reason: "test".into(),
        };
        let secret = SecretCapability {
            name: "token".into(),
            audience: vec![origin.clone()],
            placements: vec!["bearer".into()],
            reason: "test".into(),
        };
        let grants = if granted {
            Grants { http: vec![http], secrets: vec![secret.clone()], kv_bytes_max: 0 }
        } else {
            Grants::default()
        };
        let base = Detector::new(&load_bundled(engine, "pii-base").unwrap(), Arc::default()).unwrap();
        let setup = EgressSetup {
            plugin: "wiki".into(),
            grants,
            typed_origins: vec![origin],
            secrets: vec![BoundSecret { name: "token".into(), secret: Secret::new(TOKEN), granted: secret }],
            detectors: vec![base],
            resolver: Arc::new(SystemResolver),
            observer: heard.clone(),
            pseudonyms: Pseudonyms::default(),
        };
        Arc::new(Egress::new(setup, &Network::new(b"").unwrap()).unwrap())
    }

    #[derive(Default)]
    struct State(Mutex<std::collections::BTreeMap<String, Vec<u8>>>);

    impl KvPort for State {
        fn get(&self, _caller: &Caller<'_>, key: &str) -> Result<Option<Vec<u8>>, PortError> {
            Ok(self.0.lock().unwrap().get(key).cloned())
        }
        fn set(&self, _caller: &Caller<'_>, key: &str, value: &[u8], _ttl_s: Option<u32>) -> Result<(), PortError> {
            self.0.lock().unwrap().insert(key.into(), value.into());
            Ok(())
        }
        fn swap(&self, _: &Caller<'_>, _: &str, _: Option<&[u8]>, _: Option<&[u8]>) -> Result<bool, PortError> {
            Ok(false)
        }
        fn delete(&self, _caller: &Caller<'_>, key: &str) -> Result<(), PortError> {
            self.0.lock().unwrap().remove(key);
            Ok(())
        }
        fn keys(&self, _: &Caller<'_>, _: &str, _: Option<&str>) -> Result<KeyPage, PortError> {
            Ok((Vec::new(), None))
        }
    }

    fn wiki(engine: &Engine, port: u16, egress: &Arc<Egress>) -> Integration {
        let state = Arc::new(State::default());
        state.0.lock().unwrap().insert("base-url".into(), format!("http://127.0.0.1:{port}").into_bytes());
        let ports =
            Ports { http: Some(egress.clone()), secrets: Some(egress.clone()), kv: Some(state), ..Ports::default() };
        let context = CallContext { ports, ..CallContext::default() };
        Integration::new(&load(engine, tests::WIKI_INTEGRATION), Arc::new(context)).unwrap()
    }

    #[test]
    fn the_fourth_world_works_with_its_grants_over_the_guarded_client() {
        let engine = Engine::new().unwrap();
        let (port, server) = serve(4);
        let heard = Arc::new(Heard::default());
        let integration = wiki(&engine, port, &egress(&engine, port, &heard, true));
        assert_eq!(integration.whoami().unwrap(), "ada with [secret]", "an echoed secret does not come back");
        let found = integration.search(&redacted("disk full"), 3).unwrap();
        assert_eq!(found.iter().map(|i| i.title.as_str()).collect::<Vec<_>>(), ["one", "two", "three"]);
        assert!(matches!(integration.search(&redacted("x"), 2).unwrap_err().fault, Fault::BadOutput(_)));
        // A body that was declared redacted and still holds an address: the way out looks again.
        let new = NewItem { collection: "main".into(), title: redacted("RCA"), body: redacted("ask ada@example.org") };
        let plan = integration.prepare_create(new).unwrap();
        assert_eq!(integration.apply(&plan, "key-1").unwrap().0, "page-7");
        assert_eq!(integration.apply(&plan, "key-1").unwrap().0, "page-7", "the same key writes once");
        let seen = server.join().unwrap();
        assert!(seen.iter().all(
            |request| request.contains(&format!("Bearer {TOKEN}")) || request.contains(&format!("bearer {TOKEN}"))
        ));
        assert!(seen[3].starts_with("POST /rest/pages ") && seen[3].ends_with("ask [Email_1]"), "{}", seen[3]);
        assert_eq!(heard.0.lock().unwrap().iter().filter(|line| line.contains("Allowed")).count(), 4);
    }

    #[test]
    fn without_a_grant_not_a_byte_leaves() {
        let engine = Engine::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Heard::default());
        let integration = wiki(&engine, port, &egress(&engine, port, &heard, false));
        let Fault::Reported(error) = integration.whoami().unwrap_err().fault else { panic!() };
        assert_eq!(error.code, "denied");
        assert!(listener.accept().is_err(), "nobody connected");
    }

    #[test]
    fn without_ports_everything_is_denied() {
        let engine = Engine::new().unwrap();
        let integration = Integration::new(&load(&engine, tests::WIKI_INTEGRATION), Arc::default()).unwrap();
        let Fault::Reported(error) = integration.whoami().unwrap_err().fault else { panic!() };
        assert_eq!(error.code, "denied");
    }
}

#[test]
fn damaged_components_are_refused_and_never_a_panic() {
    let engine = Engine::new().unwrap();
    let whole = tests::HOSTILE_RENDERER;
    let step = whole.len() / 40;
    for cut in (0..whole.len()).step_by(step) {
        assert!(Plugin::load(&engine, "cut", &whole[..cut], Source::Bundled, None).is_err(), "{cut}");
    }
    for at in (8..whole.len()).step_by(step) {
        let mut flipped = whole.to_vec();
        flipped[at] ^= 0xff;
        // A flipped byte of data or of a name may well load; what counts is that the host lives.
        let _ = Plugin::load(&engine, "flipped", &flipped, Source::Bundled, None);
    }
}

#[test]
fn a_plugin_of_another_kind_is_told() {
    let engine = Engine::new().unwrap();
    let plugin = load(&engine, tests::HOSTILE_RENDERER);
    let refused = Detector::new(&plugin, Arc::default()).err().unwrap().to_string();
    assert!(refused.contains("document-renderer") && refused.contains("pii-detector"), "{refused}");
}

#[test]
fn every_bundled_plugin_loads_and_its_manifest_is_its_own() {
    let engine = Engine::new().unwrap();
    for id in bundled_ids() {
        let plugin = load_bundled(&engine, id).unwrap();
        assert_eq!(plugin.manifest().id, id);
        assert_eq!(Some(plugin.manifest().kind), trcaa_runtime::bundled_kind(id));
    }
}

struct Cache {
    kept: Mutex<std::collections::BTreeMap<String, Vec<u8>>>,
    writes: Mutex<usize>,
    key: [u8; 32],
}

impl CodeCache for Cache {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.kept.lock().unwrap().get(name).cloned()
    }
    fn write(&self, name: &str, bytes: &[u8]) {
        *self.writes.lock().unwrap() += 1;
        self.kept.lock().unwrap().insert(name.into(), bytes.into());
    }
    fn key(&self) -> &[u8; 32] {
        &self.key
    }
}

#[test]
fn native_code_that_is_not_authentic_is_never_loaded() {
    let engine = Engine::new().unwrap();
    let cache = Cache { kept: Mutex::default(), writes: Mutex::default(), key: [7; 32] };
    let load =
        |cache: &Cache| Plugin::load(&engine, "g", tests::HOSTILE_RENDERER, Source::Bundled, Some(cache)).unwrap();
    load(&cache);
    load(&cache);
    assert_eq!(*cache.writes.lock().unwrap(), 1, "the second load takes the kept code");
    for kept in cache.kept.lock().unwrap().values_mut() {
        let last = kept.len() - 1;
        kept[last] ^= 1;
    }
    load(&cache);
    assert_eq!(*cache.writes.lock().unwrap(), 2, "changed code is compiled anew");
    let stranger =
        Cache { kept: Mutex::new(cache.kept.lock().unwrap().clone()), writes: Mutex::default(), key: [8; 32] };
    load(&stranger);
    assert_eq!(*stranger.writes.lock().unwrap(), 1, "code under another key is compiled anew");
}
