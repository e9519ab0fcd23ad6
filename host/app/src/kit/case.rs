//! Golden cases: what goes into a plugin (`tests/cases/NAME.toml` or `NAME.json`), and the files beside it: what comes
//! out (`NAME.expected.*`), and the HTTP that it needs (`NAME.http.json`).
//!
//! Invariant: the input of a case is never written; only `NAME.expected.*` is, and only when it is to be blessed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use trcaa_model::chat::Tool;

use super::project::read_bounded;
use super::subject::passed;
use crate::AppError;

/// The folder of a project's cases.
const FOLDER: &str = "tests/cases";
/// Most cases of one project.
const CASES_MAX: usize = 1_000;
/// Most bytes of one file of a case.
pub(super) const FILE_BYTES_MAX: u64 = 100 << 20;

/// A case by its files.
#[derive(Debug, Clone)]
pub(super) struct CaseFile {
    /// Without folder and ending.
    pub(super) name: String,
    /// The input.
    pub(super) path: PathBuf,
}

/// What a detector or an extractor gets: one of the three.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bytes {
    text: Option<String>,
    /// A file beside the case.
    file: Option<String>,
    base64: Option<String>,
    /// Of extractors: the id of the format; the first that it offers where there is none.
    #[serde(default)]
    pub(super) format: Option<String>,
}

/// What a renderer gets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    #[serde(default)]
    pub(super) title: String,
    markdown: Option<String>,
    file: Option<String>,
    /// The id of the format; the first that it offers where there is none.
    #[serde(default)]
    pub(super) format: Option<String>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// What a provider is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Question {
    pub(super) prompt: String,
    pub(super) system: Option<String>,
    /// `test` where there is none.
    pub(super) model: Option<String>,
    pub(super) json_schema: Option<String>,
    pub(super) max_output_tokens: Option<u32>,
    /// Tools that the model may ask for.
    pub(super) tools: Vec<Asked>,
    /// Names and values that the host passes on, such as `trcaa.task`.
    pub(super) extra: BTreeMap<String, String>,
    /// What the user set for the connection.
    pub(super) settings: BTreeMap<String, String>,
}

/// A tool of a question.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    name: String,
    #[serde(default)]
    description: String,
    /// JSON Schema, as text.
    input_schema: String,
}

impl Asked {
    pub(super) fn tool(&self) -> Tool {
        let Self { name, description, input_schema } = self;
        Tool { name: name.clone(), description: passed(description), input_schema: passed(input_schema) }
    }
}

/// What an integration is called with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(super) enum Request {
    Whoami {},
    Collections {
        #[serde(default)]
        cursor: Option<String>,
    },
    Search {
        text: String,
        #[serde(default = "twenty")]
        limit: u32,
    },
    Fetch {
        collection: String,
        id: String,
    },
    /// Plans, then carries out.
    Create {
        collection: String,
        title: String,
        body: String,
    },
}

/// An integration's case: one call, and the state that it begins with.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(flatten)]
    pub(super) request: Request,
    #[serde(default)]
    pub(super) kv: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) settings: BTreeMap<String, String>,
}

fn twenty() -> u32 {
    20
}

/// The cases of a project, sorted by name; none where there is no folder.
pub(super) fn files(project: &Path) -> Result<Vec<CaseFile>, AppError> {
    let folder = project.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |e: std::io::Error| AppError::failed("cases", format!("reading {}: {e}", folder.display()));
    let mut cases: Vec<CaseFile> = Vec::new();
    for entry in fs::read_dir(&folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some(name) = file.strip_suffix(".toml").or_else(|| file.strip_suffix(".json")) else { continue };
        if name.ends_with(".expected") || name.ends_with(".http") {
            continue;
        }
        if cases.len() >= CASES_MAX {
            return Err(AppError::failed(
                "cases",
                format!("reading {}: it holds more than {CASES_MAX} cases", folder.display()),
            ));
        }
        cases.push(CaseFile { name: name.to_owned(), path: path.clone() });
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    if let Some(pair) = cases.windows(2).find(|pair| pair[0].name == pair[1].name) {
        let (one, other) = (pair[0].path.display(), pair[1].path.display());
        return Err(AppError::failed("cases", format!("{one} and {other} are two cases of one name; rename one")));
    }
    Ok(cases)
}

impl CaseFile {
    /// Reads the input. The error is one sentence for the table of results.
    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, String> {
        let bytes = read_bounded(&self.path, FILE_BYTES_MAX).map_err(|e| e.message)?;
        let text = String::from_utf8(bytes).map_err(|_| format!("{} is not UTF-8", self.path.display()))?;
        if self.path.extension().is_some_and(|e| e == "json") {
            return serde_json::from_str(&text).map_err(|e| format!("reading {}: {e}", self.path.display()));
        }
        toml::from_str(&text).map_err(|e| format!("reading {}: {}", self.path.display(), e.message()))
    }

    /// A file beside the case: `NAME` and this ending.
    pub(super) fn beside(&self, ending: &str) -> PathBuf {
        self.path.with_file_name(format!("{}.{ending}", self.name))
    }

    /// The file with the expected output, whatever its ending.
    pub(super) fn expected(&self) -> Option<PathBuf> {
        let start = format!("{}.expected.", self.name);
        let is_it = |path: &PathBuf| path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with(&start));
        fs::read_dir(self.path.parent()?).ok()?.filter_map(|entry| entry.ok().map(|e| e.path())).find(is_it)
    }

    fn file(&self, name: &str) -> Result<Vec<u8>, String> {
        let plain = Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
        if !plain {
            return Err(format!("file = {name:?} must be a path below tests/cases, without .."));
        }
        read_bounded(&self.path.with_file_name(name), FILE_BYTES_MAX).map_err(|e| e.message)
    }
}

impl Bytes {
    /// What the plugin gets.
    pub(super) fn read(&self, case: &CaseFile) -> Result<Vec<u8>, String> {
        use base64::Engine as _;
        match (&self.text, &self.file, &self.base64) {
            (Some(text), None, None) => Ok(text.clone().into_bytes()),
            (None, Some(file), None) => case.file(file),
            (None, None, Some(text)) => base64::engine::general_purpose::STANDARD
                .decode(text)
                .map_err(|e| format!("reading {}: base64: {e}", case.path.display())),
            _ => Err(format!("{} needs one of text, file and base64", case.path.display())),
        }
    }
}

impl Document {
    /// The Markdown that becomes the tree.
    pub(super) fn read(&self, case: &CaseFile) -> Result<String, String> {
        match (&self.markdown, &self.file) {
            (Some(text), None) => Ok(text.clone()),
            (None, Some(file)) => String::from_utf8(case.file(file)?).map_err(|_| format!("{file} is not UTF-8")),
            _ => Err(format!("{} needs one of markdown and file", case.path.display())),
        }
    }
}
