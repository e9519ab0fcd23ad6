//! Lists of models, in the forms that servers give them.

use serde_json::Value;
use trcaa_sdk::Error;
use trcaa_sdk::ai::Model;

use crate::failure::nonsense;

/// Most models that are listed.
const MODELS_MAX: usize = 5_000;

/// Reads a list: `{"data":[…]}`, `{"models":[…]}` or the bare list. Sorted by id, each once.
///
/// # Errors
/// [`Error::Other`] `bad-response`
pub fn read(body: &[u8]) -> Result<Vec<Model>, Error> {
    let body: Value = serde_json::from_slice(body).map_err(|_| nonsense("the list of models is no JSON"))?;
    let list = [body.get("data"), body.get("models"), Some(&body)].into_iter().flatten().find_map(Value::as_array);
    let list = list.ok_or_else(|| nonsense("the list of models is no list; is the URL right?"))?;
    let mut models: Vec<Model> = list.iter().take(MODELS_MAX).filter_map(model).collect();
    models.sort_by(|a, b| a.id.cmp(&b.id));
    models.dedup_by(|a, b| a.id == b.id);
    Ok(models)
}

fn model(entry: &Value) -> Option<Model> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    let id = text("id").or_else(|| text("model")).or_else(|| text("name"))?.to_owned();
    let number = |paths: &[&[&str]]| {
        paths.iter().find_map(|path| path.iter().try_fold(entry, |value, name| value.get(name))?.as_u64())
    };
    // vLLM, OpenRouter, LM Studio and llama.cpp each have a name of their own for it.
    let context_tokens = number(&[
        &["max_model_len"],
        &["context_length"],
        &["max_context_length"],
        &["meta", "n_ctx"],
        &["meta", "n_ctx_train"],
    ]);
    let max_output_tokens = number(&[&["top_provider", "max_completion_tokens"], &["max_output_tokens"]]);
    let display_name = text("name").unwrap_or(&id).to_owned();
    Some(Model { id, display_name, context_tokens, max_output_tokens, features: Vec::new(), extra: Vec::new() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_servers_list_is_read() {
        for (body, expected) in [
            (
                r#"{"object":"list","data":[{"id":"b"},{"id":"a","object":"model"},{"id":"b"}]}"#,
                vec![("a", None), ("b", None)],
            ),
            (r#"{"data":[{"id":"a","max_model_len":4096}]}"#, vec![("a", Some(4096))]),
            (
                r#"{"models":[{"model":"x.gguf"}],"data":[{"id":"x.gguf","meta":{"n_ctx_train":64}}]}"#,
                vec![("x.gguf", Some(64))],
            ),
            (r#"[{"name":"c"},{"id":""},7,null]"#, vec![("c", None)]),
            (r#"{"data":[]}"#, vec![]),
        ] {
            let read = read(body.as_bytes()).unwrap();
            let told: Vec<(&str, Option<u64>)> = read.iter().map(|m| (m.id.as_str(), m.context_tokens)).collect();
            assert_eq!(told, expected, "{body}");
        }
        for body in ["", "<html>", "{}", "7", "{\"data\":{}}"] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
