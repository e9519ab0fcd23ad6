use serde_json::{Value, json};
use trcaa_sdk::ai::{Completion, Descriptor, Error, Model, Provider, Request, Sink, emit_text};
use trcaa_sdk::call::{Call, unreadable};

struct Plugin;

impl Provider for Plugin {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("{{id}}", "{{id}}", "0.1.0")
    }

    fn models() -> Result<Vec<Model>, Error> {
        Ok(vec![Model::named("answers-1")])
    }

    fn complete(request: Request, out: &Sink) -> Result<Completion, Error> {
        let body = json!({"model": request.model, "question": request.plain_text()});
        let call = Call::post("https://api.example.com/v1/answers").bearer("api-key").json(body.to_string());
        let answer: Value = serde_json::from_str(&call.text()?).map_err(unreadable)?;
        emit_text(out, answer["answer"].as_str().ok_or_else(|| unreadable("no text in it"))?)?;
        Ok(Completion::whole())
    }
}

trcaa_sdk::register!(ai_provider: Plugin, manifest: include_bytes!("../trcaa-plugin.toml"));
