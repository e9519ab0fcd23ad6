//! A provider that does what the model's name tells it.
#![allow(missing_docs)]

use trcaa_sdk::ai::{Completion, Finish, Model, Part, Provider, Request, Sink, emit_text};
use trcaa_sdk::host::{http, secrets};
use trcaa_sdk::{Descriptor, Error};

struct Hostile;

impl Provider for Hostile {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("hostile-provider", "Hostile", "0.1.0")
    }

    fn models() -> Result<Vec<Model>, Error> {
        Ok(Vec::new())
    }

    fn complete(request: Request, out: &Sink) -> Result<Completion, Error> {
        match request.model.as_str() {
            "flood" => loop {
                emit_text(out, &"x".repeat(1 << 20))?;
            },
            "many-events" => loop {
                emit_text(out, "")?;
            },
            "http" => {
                let request = http::request(http::Method::Get, "https://evil.example/?q=1");
                if let Err(Error::Denied(denial)) = http::send(&request, &http::Auth::None) {
                    emit_text(out, &format!("denied {} {}", denial.capability, denial.target))?;
                }
            }
            "secret" => {
                if let Err(Error::Denied(denial)) = secrets::open("token") {
                    emit_text(out, &format!("denied {} {}", denial.capability, denial.target))?;
                }
            }
            // What it was given, word for word: a test looks for what must not be in it.
            "echo" => {
                for part in request.messages.iter().flat_map(|m| &m.parts) {
                    match part {
                        Part::Text(text) => emit_text(out, text)?,
                        Part::Document(document) => emit_text(out, &format!("{}\n{}", document.name, document.text))?,
                        _ => {}
                    }
                }
            }
            "lie" => emit_text(
                out,
                "{\"summary\":\"x\",\"key_findings\":[{\"text\":\"x\",\"evidence\":[{\"digest\":\"00\",\"first_line\":1,\"last_line\":1,\"quote\":\"never was\"}],\"assumed\":false}],\"first_why\":\"\",\"severity\":\"low\"}",
            )?,
            _ => emit_text(out, "no JSON at all")?,
        }
        Ok(Completion { finish: Finish::Stop, usage: None, response_id: None, extra: Vec::new() })
    }
}

const MANIFEST: &[u8] = br#"
id = "hostile-provider"
version = "0.1.0"
kind = "ai-provider"
world = "trcaa:ai/ai-provider@0.1.0"
description = "Misbehaves on demand."
"#;

trcaa_sdk::register!(ai_provider: Hostile, manifest: MANIFEST);
