//! The plugin's side of the world `trcaa:ai/ai-provider`.
//!
//! It has no language to understand a prompt with: the host says what is asked in `extra` (`trcaa.task`, `trcaa.level`).

use serde::Serialize;
use trcaa_sdk::ai::{Completion, Document, Finish, Model, Part, Provider, Request, Sink, emit_text};
use trcaa_sdk::{Descriptor, Error};

use crate::{Doc, Why, investigate};

/// Bytes of text pushed at a time.
const PIECE_BYTES_MAX: usize = 32 << 10;

struct OfflineAnalyst;

#[derive(Serialize)]
struct Whys {
    whys: Vec<Why>,
}

impl Provider for OfflineAnalyst {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("offline-analyst", "Offline analyst", env!("CARGO_PKG_VERSION"))
    }

    fn models() -> Result<Vec<Model>, Error> {
        Ok(vec![Model {
            id: "offline-analyst".into(),
            display_name: "Rules and statistics over the lines themselves".into(),
            context_tokens: None,
            max_output_tokens: None,
            features: vec!["json-schema".into()],
            extra: Vec::new(),
        }])
    }

    fn complete(request: Request, out: &Sink) -> Result<Completion, Error> {
        let extra = |name: &str| request.extra.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let docs: Vec<Doc<'_>> = request.messages.iter().flat_map(|m| &m.parts).filter_map(document).map(doc).collect();
        let investigation = investigate(&docs);
        let answer = match extra("trcaa.task") {
            Some("analyze") => serde_json::to_string(&investigation.analysis()),
            Some("whys") => serde_json::to_string(&Whys { whys: investigation.whys() }),
            Some("why") => {
                let level: usize = extra("trcaa.level").and_then(|l| l.parse().ok()).unwrap_or(1);
                let whys = investigation.whys().into_iter().skip(level.saturating_sub(1)).take(1).collect();
                serde_json::to_string(&Whys { whys })
            }
            _ => {
                return Err(Error::Unsupported(
                    "the offline analyst answers analyze and why; it holds no conversation".into(),
                ));
            }
        };
        let answer = answer.map_err(|e| Error::Other(("serialize".into(), e.to_string())))?;
        let mut rest = answer.as_str();
        while !rest.is_empty() {
            let (piece, left) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES_MAX));
            emit_text(out, piece)?;
            rest = left;
        }
        Ok(Completion { finish: Finish::Stop, usage: None, response_id: None, extra: Vec::new() })
    }
}

fn document(part: &Part) -> Option<&Document> {
    match part {
        Part::Document(document) => Some(document),
        _ => None,
    }
}

fn doc(document: &Document) -> Doc<'_> {
    Doc { name: &document.name, digest: &document.digest, first_line: document.first_line, text: &document.text }
}

trcaa_sdk::register!(ai_provider: OfflineAnalyst, manifest: include_bytes!("../trcaa-plugin.toml"));
