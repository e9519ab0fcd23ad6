//! What the user set for the connection, and the addresses that follow from it.

use trcaa_sdk::Error;

/// Version of the API for Azure's deployments where none is set: the last that is generally available in that form.
const AZURE_API_VERSION: &str = "2024-10-21";

/// Where the key goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `Authorization: Bearer …`
    Bearer,
    /// `api-key: …`
    ApiKey,
    /// Nowhere, though there may be one.
    None,
}

/// How the form of the answer is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonForm {
    /// `response_format` with the JSON Schema.
    Schema,
    /// `response_format` for any JSON object, and the schema in words.
    Object,
    /// The schema in words only.
    Prompt,
}

/// The settings of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    base_url: String,
    azure: bool,
    api_version: Option<String>,
    /// Where the key goes.
    pub auth: Auth,
    /// How the form is asked for at first.
    pub json: JsonForm,
    /// Whether a refused form is asked for in the next simpler way.
    pub json_falls_back: bool,
}

impl Config {
    /// Reads the settings through `get`.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] where the connection has no address.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let base_url = get("base_url").unwrap_or_default();
        let base_url = base_url.trim_end_matches('/').to_owned();
        if base_url.is_empty() {
            return Err(Error::InvalidInput("the connection has no address (base_url)".into()));
        }
        let azure = get("azure").is_some_and(|value| value == "true");
        let is_azure_host = is_azure(&base_url);
        let auth = match get("auth").as_deref() {
            Some("bearer") => Auth::Bearer,
            Some("api-key") => Auth::ApiKey,
            Some("none") => Auth::None,
            _ if azure || is_azure_host => Auth::ApiKey,
            _ => Auth::Bearer,
        };
        let (json, json_falls_back) = match get("json").as_deref() {
            Some("schema") => (JsonForm::Schema, false),
            Some("object") => (JsonForm::Object, false),
            Some("prompt") => (JsonForm::Prompt, false),
            _ => (JsonForm::Schema, true),
        };
        let needs_version = azure || base_url.contains("/openai/deployments/");
        let api_version = get("api_version").or_else(|| needs_version.then(|| AZURE_API_VERSION.to_owned()));
        Ok(Self { base_url, azure, api_version, auth, json, json_falls_back })
    }

    /// The address of chat completions; `model` is part of it for Azure's deployments.
    pub fn chat_url(&self, model: &str) -> String {
        match self.azure {
            true => self.url(&format!("/openai/deployments/{}/chat/completions", encoded(model))),
            false => self.url("/chat/completions"),
        }
    }

    /// The address of the list of models.
    pub fn models_url(&self) -> String {
        self.url(if self.azure { "/openai/models" } else { "/models" })
    }

    fn url(&self, path: &str) -> String {
        let version = self.api_version.as_ref().map(|version| format!("?api-version={}", encoded(version)));
        format!("{}{path}{}", self.base_url, version.unwrap_or_default())
    }
}

fn is_azure(base_url: &str) -> bool {
    let host = base_url.split("://").nth(1).unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    [".openai.azure.com", ".cognitiveservices.azure.com", ".services.ai.azure.com"]
        .iter()
        .any(|end| host.ends_with(end))
}

/// Percent-encodes all but the characters that stand for themselves everywhere in an address.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn config(set: &[(&str, &str)]) -> Config {
        let found = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        Config::read(found).unwrap()
    }

    #[test]
    fn every_server_has_its_form_of_address() {
        for (set, chat, models, auth) in [
            (
                vec![("base_url", "https://api.openai.com/v1")],
                "https://api.openai.com/v1/chat/completions",
                "https://api.openai.com/v1/models",
                Auth::Bearer,
            ),
            (
                vec![("base_url", "http://127.0.0.1:8080/v1/"), ("auth", "none")],
                "http://127.0.0.1:8080/v1/chat/completions",
                "http://127.0.0.1:8080/v1/models",
                Auth::None,
            ),
            (
                vec![("base_url", "https://x.openai.azure.com"), ("azure", "true")],
                "https://x.openai.azure.com/openai/deployments/gpt%204o/chat/completions?api-version=2024-10-21",
                "https://x.openai.azure.com/openai/models?api-version=2024-10-21",
                Auth::ApiKey,
            ),
            (
                vec![("base_url", "https://x.openai.azure.com/openai/deployments/d"), ("api_version", "2025-01-01&x")],
                "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2025-01-01%26x",
                "https://x.openai.azure.com/openai/deployments/d/models?api-version=2025-01-01%26x",
                Auth::ApiKey,
            ),
            (
                vec![("base_url", "https://x.openai.azure.com/openai/v1"), ("auth", "bearer")],
                "https://x.openai.azure.com/openai/v1/chat/completions",
                "https://x.openai.azure.com/openai/v1/models",
                Auth::Bearer,
            ),
        ] {
            let config = config(&set);
            assert_eq!((config.chat_url("gpt 4o"), config.models_url()), (chat.to_owned(), models.to_owned()));
            assert_eq!(config.auth, auth, "{set:?}");
        }
        assert!(matches!(Config::read(|_| None), Err(Error::InvalidInput(_))));
    }

    #[test]
    fn a_host_that_only_begins_like_azures_gets_a_bearer() {
        assert_eq!(config(&[("base_url", "https://x.openai.azure.com.evil.example/v1")]).auth, Auth::Bearer);
    }
}
