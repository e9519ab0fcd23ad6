//! The provider plugin against servers that we did not write: aimock with its chaos, llmock which judges retries, and
//! llama.cpp's own server with a tiny model. All of it on loopback; `--record` keeps what went over the wire for the
//! default tests.

mod peer;
mod recorder;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use self::peer::Peer;
use self::recorder::Recorder;
use crate::{Outcome, build_product, product, root, run_with, say, target};

/// The peers, one version for everybody.
const NPM: &str = "@copilotkit/aimock@1.43.0";
const PYTHON: [&str; 3] = ["llmock==0.2.2", "xllamacpp==2026.10.11549", "gguf==0.19.0"];
/// The key that the product is given; no exchange and no output may hold it.
const KEY: &str = "sk-local-4711-canary";

/// The log that is analysed. Its address is replaced before it leaves.
const LOG: &str = "2026-11-21 10:00:01 INFO db-writer: started for anna.berg@example.com\n\
                   2026-11-21 10:00:02 ERROR db-writer: could not write to file \"pg_wal/1\": No space left on device\n\
                   2026-11-21 10:00:03 FATAL db-writer: shutting down\n";

/// Brings the peers and runs everything.
pub(crate) fn run_all(args: &[String]) -> Outcome {
    let record = args.iter().any(|arg| arg == "--record");
    install()?;
    let binary = match args.iter().position(|arg| arg == "--binary").and_then(|at| args.get(at + 1)) {
        Some(given) => root().join(given),
        None => {
            build_product()?;
            product()
        }
    };
    let mut cases = Cases { kept: Vec::new() };
    aimock(&binary, &mut cases)?;
    llmock(&binary, &mut cases)?;
    llama(&binary, &mut cases)?;
    if record {
        cases.write()?;
    }
    say("every peer was asked, and every answer was the right one");
    Ok(())
}

fn folder() -> PathBuf {
    target().join("peers/ai")
}

fn source(name: &str) -> PathBuf {
    root().join("plugins/ai-openai/tests/peers").join(name)
}

/// Installs what is missing.
fn install() -> Outcome {
    let folder = folder();
    fs::create_dir_all(&folder).map_err(|e| format!("making {}: {e}", folder.display()))?;
    let mark = folder.join("installed");
    let wanted = format!("{NPM} {PYTHON:?}");
    if fs::read_to_string(&mark).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    say(&format!("installing {NPM} and {} under {}", PYTHON.join(", "), folder.display()));
    run_with(
        Command::new("npm").args(["install", "--no-fund", "--no-audit", "--prefix"]).arg(folder.join("npm")).arg(NPM),
    )?;
    run_with(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder.join("venv")))?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:"];
    run_with(Command::new(python()).args(pip).args(PYTHON))?;
    run_with(Command::new(python()).arg(source("tiny_model.py")).arg(folder.join("tiny.gguf")))?;
    fs::write(&mark, wanted).map_err(|e| format!("writing {}: {e}", mark.display()))
}

fn python() -> PathBuf {
    folder().join("venv/bin/python")
}

/// The product with a store of its own.
struct Product {
    binary: PathBuf,
    home: PathBuf,
}

impl Product {
    fn new(binary: &Path, name: &str) -> Result<Self, String> {
        let home = folder().join("home").join(name);
        let failed = |e: std::io::Error| format!("making {}: {e}", home.display());
        if home.exists() {
            fs::remove_dir_all(&home).map_err(failed)?;
        }
        fs::create_dir_all(&home).map_err(failed)?;
        let log = home.join("db.log");
        fs::write(&log, LOG).map_err(failed)?;
        let product = Self { binary: binary.to_path_buf(), home };
        product.ok(&["issue", "new", "The shop is down"])?;
        let added = product.ok(&["log", "add", "last", &log.to_string_lossy()])?;
        let id = added["log_file"]["id"].as_str().unwrap_or_default().to_owned();
        product.ok(&["pii", "detect", &id])?;
        product.ok(&["pii", "apply", &id])?;
        Ok(product)
    }

    fn run(&self, args: &[&str], input: Option<&str>) -> Result<Output, String> {
        let mut command = Command::new(&self.binary);
        command.env_clear().env("HOME", &self.home).env("TRCAA_DATA_DIR", self.home.join("data"));
        command.env("TRCAA_DB_KEY", "6b6579206f6620746865207065657273206e6f7420612073656372657420213f");
        command.args(args).arg("--json").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("starting trcaa: {e}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            let _ = std::io::Write::write_all(&mut stdin, input.unwrap_or_default().as_bytes());
        }
        let output = child.wait_with_output().map_err(|e| format!("running trcaa {args:?}: {e}"))?;
        let said = [&output.stdout[..], &output.stderr[..]].map(String::from_utf8_lossy).concat();
        if said.contains(KEY) {
            return Err(format!("trcaa {args:?} printed the key"));
        }
        Ok(output)
    }

    fn ok(&self, args: &[&str]) -> Result<Value, String> {
        self.ok_with(args, None)
    }

    fn ok_with(&self, args: &[&str], input: Option<&str>) -> Result<Value, String> {
        let output = self.run(args, input)?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(format!("trcaa {args:?} failed ({}): {said}", output.status));
        }
        println!("  trcaa {}: {}", args.join(" "), said.trim().chars().take(160).collect::<String>());
        serde_json::from_str(&said).map_err(|e| format!("trcaa {args:?} gave no JSON: {e}"))
    }

    /// Expects a failure with that code.
    fn fails(&self, args: &[&str], code: &str) -> Outcome {
        let output = self.run(args, None)?;
        let said: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        if output.status.code() != Some(1) || said["error"]["code"] != code {
            return Err(format!("trcaa {args:?} should fail with {code}: {} {said}", output.status));
        }
        println!("  trcaa {}: {}", args.join(" "), said["error"]["message"]);
        Ok(())
    }

    fn connect(&self, name: &str, port: u16, model: &str) -> Outcome {
        let url = format!("http://127.0.0.1:{port}/v1");
        let args =
            ["provider", "add", name, "--plugin", "ai-openai", "--url", &url, "--model", model, "--key-stdin", "--yes"];
        self.ok_with(&args, Some(&format!("{KEY}\n"))).map(|_| ())
    }

    /// The digest by which the log is cited.
    fn digest(&self) -> Result<String, String> {
        let shown = self.ok(&["issue", "show", "last"])?;
        Ok(shown["log_files"][0]["content_hash"].as_str().unwrap_or_default().to_owned())
    }
}

/// Recorded exchanges by the names of their files.
struct Cases {
    kept: Vec<(String, Vec<Value>)>,
}

impl Cases {
    fn keep(&mut self, name: &str, recorder: &Recorder) -> Outcome {
        let exchanges = recorder.take();
        let text = Value::from(exchanges.clone()).to_string();
        for secret in [KEY, "anna.berg"] {
            if text.contains(secret) {
                return Err(format!("{name}: {secret} went over the wire where nobody should have put it"));
            }
        }
        if exchanges.is_empty() {
            return Err(format!("{name}: nothing went over the wire"));
        }
        self.kept.push((name.to_owned(), exchanges));
        Ok(())
    }

    fn write(&self) -> Outcome {
        let folder = root().join("plugins/ai-openai/tests/exchanges");
        for (name, exchanges) in &self.kept {
            let path = folder.join(format!("{name}.json"));
            let text = serde_json::to_string_pretty(&json!({"exchanges": exchanges})).map_err(|e| e.to_string())?;
            fs::write(&path, text + "\n").map_err(|e| format!("writing {}: {e}", path.display()))?;
            println!("  recorded {}", path.display());
        }
        Ok(())
    }
}

/// The answers that aimock gives, with the true digest of the log.
fn fixtures(digest: &str) -> Value {
    let cited = json!([{"digest": digest, "first_line": 2, "last_line": 2,
        "quote": "2026-11-21 10:00:02 ERROR db-writer: could not write to file"}]);
    let analysis = json!({
        "summary": "The database stopped because its disk was full.",
        "key_findings": [{"text": "The write-ahead log could not be written.", "evidence": cited, "assumed": false},
            {"text": "Nobody watches the disk.", "evidence": [], "assumed": false}],
        "first_why": "Why did the database stop?", "severity": "critical",
        "root_cause": {"text": "The disk is full.", "confidence": 0.9, "evidence": cited},
    });
    let whys = json!({"whys": [{"question": "Why did the database stop?", "answer": "It could not write its log.",
        "evidence": cited, "assumed": false}]});
    // A model that wraps its JSON, as many do.
    let fenced = format!("Here is what I found:\n```json\n{analysis}\n```\nAnything else?");
    json!({"fixtures": [
        {"match": {"userMessage": "Answer with the word ok"}, "response": {"content": "ok, I am here"}},
        {"match": {"userMessage": "Analyse the logs"}, "response": {"content": fenced}},
        {"match": {"userMessage": "Answer the five whys"}, "response": {"content": whys.to_string()}},
        {"match": {"userMessage": "Answer why number"}, "response": {"content": "I would rather talk about the weather."}},
        {"match": {"userMessage": "two tools"}, "response": {"toolCalls": [
            {"name": "search", "arguments": {"query": "disk full"}}, {"name": "read", "arguments": {"line": 2}}]}},
    ]})
}

fn aimock(binary: &Path, cases: &mut Cases) -> Outcome {
    say("aimock: the whole way, and its chaos");
    let product = Product::new(binary, "aimock")?;
    let file = folder().join("aimock.json");
    fs::write(&file, fixtures(&product.digest()?).to_string())
        .map_err(|e| format!("writing {}: {e}", file.display()))?;
    let cli = folder().join("npm/node_modules/.bin/llmock");
    let peer = Peer::start(|port| {
        let mut command = Command::new("node");
        command.arg(&cli).args([
            "--port",
            &port.to_string(),
            "--chunk-size",
            "7",
            "--log-level",
            "silent",
            "--fixtures",
        ]);
        command.arg(&file);
        command
    })?;
    let recorder = Recorder::before(peer.port)?;
    product.connect("mock", recorder.port, "gpt-4o")?;
    expect(product.ok(&["provider", "test", "mock"])?["result"]["success"] == true, "the test succeeds")?;
    cases.keep("aimock-test", &recorder)?;
    let models = product.ok(&["provider", "models", "mock"])?;
    expect(models["models"].as_array().is_some_and(|list| list.len() > 2), "the models are listed")?;
    cases.keep("aimock-models", &recorder)?;
    let analysis = product.ok(&["analyze", "last", "--provider", "mock"])?;
    expect(analysis["root_cause"]["confidence"] == 0.9, "the cited cause is believed")?;
    expect(analysis["key_findings"][1]["assumed"] == true, "what cites nothing is assumed")?;
    cases.keep("aimock-analyze", &recorder)?;
    product.fails(&["why", "last", "--provider", "mock"], "bad_answer")?;
    cases.keep("aimock-prose", &recorder)?;
    let tools = json!({"model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true},
        "messages": [{"role": "user", "content": "use two tools"}],
        "tools": [{"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}},
            {"type": "function", "function": {"name": "read", "parameters": {"type": "object"}}}]});
    peer::post(recorder.port, "/v1/chat/completions", &tools)?;
    cases.keep("aimock-tools", &recorder)?;

    peer::post(peer.port, "/__aimock/chaos", &json!({"rateLimitRate": 0.0, "dropRate": 1.0}))?;
    product.fails(&["analyze", "last", "--provider", "mock"], "provider_unavailable")?;
    expect_tries(&recorder, 4)?;
    peer::post(peer.port, "/__aimock/chaos", &json!({"dropRate": 0.0, "malformedRate": 1.0}))?;
    product.fails(&["analyze", "last", "--provider", "mock"], "provider_bad_response")?;
    cases.keep("aimock-malformed", &recorder)?;
    peer::post(peer.port, "/__aimock/chaos", &json!({"malformedRate": 0.0, "disconnectRate": 1.0}))?;
    product.fails(&["analyze", "last", "--provider", "mock"], "provider_unavailable")?;
    recorder.take();
    peer::post(peer.port, "/__aimock/chaos", &json!({"disconnectRate": 0.0}))?;
    product.ok(&["provider", "remove", "mock", "--yes"]).map(|_| ())
}

fn llmock(binary: &Path, cases: &mut Cases) -> Outcome {
    say("llmock: faults on order, and a judge of what the client does about them");
    let product = Product::new(binary, "llmock")?;
    let cli = folder().join("venv/bin/llmock");
    let peer = Peer::start(|port| {
        let mut command = Command::new(&cli);
        command.args(["serve", "--port", &port.to_string(), "--log-level", "error", "--response-style", "hello"]);
        command
    })?;
    let recorder = Recorder::before(peer.port)?;
    product.connect("judge", recorder.port, "gpt-4o")?;
    let analyze = ["analyze", "last", "--provider", "judge"];
    let order = |behaviors: Value| peer::post(peer.port, "/_llmock/scenario", &json!({"behaviors": behaviors}));
    // It makes an answer out of our JSON Schema; an empty code is an analysis that got through.
    let url = format!("http://127.0.0.1:{}/v1", recorder.port);
    for (number, (name, behaviors, code, tries)) in [
        ("llmock-429", json!([{"type": "fail", "status": 429, "retry_after": 1.0}]), "", 2),
        ("llmock-500", json!([{"type": "fail", "status": 500, "times": 3}]), "", 4),
        ("llmock-503", json!([{"type": "fail", "status": 503, "retry_after": 1.0, "times": 2}]), "", 3),
        ("llmock-cut-first", json!([{"type": "stream_fault", "kind": "truncate", "after_chunks": 0}]), "", 2),
        ("llmock-down", json!([{"type": "fail", "status": 502, "times": 9}]), "provider_unavailable", 4),
        ("llmock-401", json!([{"type": "fail", "status": 401}]), "provider_unauthenticated", 1),
        ("llmock-403", json!([{"type": "fail", "status": 403}]), "provider_forbidden", 1),
    ]
    .into_iter()
    .enumerate()
    {
        // Each question is another, so that the judge does not take one case for a retry of the one before.
        let tokens = format!("max_tokens={}", 900 + number);
        let change =
            ["provider", "add", "judge", "--plugin", "ai-openai", "--url", &url, "--model", "gpt-4o", "--set", &tokens];
        product.ok(&change)?;
        order(behaviors)?;
        match code {
            "" => product.ok(&analyze).map(|_| ())?,
            code => product.fails(&analyze, code)?,
        }
        let exchanges = recorder.take();
        expect(exchanges.len() == tries, &format!("{name}: {} tries, not {tries}", exchanges.len()))?;
        cases.kept.push((name.to_owned(), exchanges));
        peer::send(peer.port, "DELETE", "/_llmock/scenario", None)?;
    }
    let verdict = Command::new(&cli)
        .args(["report", "--strict", "--url", &format!("http://127.0.0.1:{}", peer.port)])
        .status()
        .map_err(|e| format!("starting llmock report: {e}"))?;
    expect(verdict.success(), "llmock's strict verdict is a pass")?;
    // After the first event nobody asks again, so the judge, which can't know that, is not asked about these.
    for (name, kind, code) in
        [("llmock-cut", "truncate", "provider_unavailable"), ("llmock-dropped", "disconnect", "provider_unavailable")]
    {
        order(json!([{"type": "stream_fault", "kind": kind, "after_chunks": 3}]))?;
        product.fails(&analyze, code)?;
        let exchanges = recorder.take();
        expect(exchanges.len() == 1, &format!("{name}: nobody asks again after the first event"))?;
        cases.kept.push((name.to_owned(), exchanges));
    }
    Ok(())
}

fn llama(binary: &Path, cases: &mut Cases) -> Outcome {
    say("llama.cpp: a real server, a real grammar from our JSON Schema, the whole triage");
    let product = Product::new(binary, "llama")?;
    let model = folder().join("tiny.gguf");
    let peer = Peer::start(|port| {
        let mut command = Command::new(python());
        command.arg(source("llama_server.py")).arg(&model).arg(port.to_string()).arg(KEY);
        command
    })?;
    let recorder = Recorder::before(peer.port)?;
    product.connect("local", recorder.port, "tiny")?;
    expect(product.ok(&["provider", "test", "local"])?["result"]["success"] == true, "the test succeeds")?;
    cases.keep("llama-test", &recorder)?;
    product.ok(&["provider", "models", "local"])?;
    cases.keep("llama-models", &recorder)?;
    let analysis = product.ok(&["analyze", "last", "--provider", "local"])?;
    expect(analysis["summary"].is_string(), "the grammar made it answer in our form")?;
    cases.keep("llama-analyze", &recorder)?;
    product.ok(&["provider", "default", "local"])?;
    let log = product.home.join("db.log");
    let out = product.home.join("out");
    product.ok(&["triage", &log.to_string_lossy(), "--out", &out.to_string_lossy()])?;
    recorder.take();
    let long = LOG.repeat(400);
    let file = product.home.join("long.log");
    fs::write(&file, long).map_err(|e| format!("writing {}: {e}", file.display()))?;
    let url = format!("http://127.0.0.1:{}/v1", recorder.port);
    let widen = [
        "provider",
        "add",
        "local",
        "--plugin",
        "ai-openai",
        "--url",
        &url,
        "--model",
        "tiny",
        "--set",
        "context_tokens=500000",
        "--yes",
    ];
    product.ok(&widen)?;
    product
        .fails(&["triage", &file.to_string_lossy(), "--out", &out.to_string_lossy()], "provider_context_too_large")?;
    cases.keep("llama-too-long", &recorder)?;
    let wrong = ["provider", "add", "stranger", "--plugin", "ai-openai", "--url", &url, "--model", "tiny", "--yes"];
    product.ok(&wrong)?;
    let output = product.run(&["provider", "test", "stranger"], None)?;
    expect(output.status.code() == Some(1), "without the key the test fails")?;
    cases.keep("llama-no-key", &recorder)
}

fn expect_tries(recorder: &Recorder, tries: usize) -> Outcome {
    let seen = recorder.take().len();
    expect(seen == tries, &format!("it was asked {seen} times, not {tries}"))
}

fn expect(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(format!("this does not hold: {what}")) }
}
