//! New projects: per kind and language the least that builds, is tested, and does something.
//!
//! Invariants: the files of a project that git would keep have fewer than 60 lines together, its lock left
//! out; a folder that is there is left alone.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use trcaa_model::plugin::{Kind, Manifest};

use super::build::write;
use super::project::MANIFEST_FILE;
use super::{Kit, Language, sdk};
use crate::AppError;

/// What a new project made.
#[derive(Debug, Clone, Serialize)]
pub struct Created {
    /// The manifest's id.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// What it is written in.
    pub language: String,
    /// The folder.
    pub path: PathBuf,
    /// Files that an author keeps, by path in the folder; the lock is not among them.
    pub files: Vec<String>,
    /// Lines of all of those together.
    pub lines: usize,
}

/// A kind in a language: the source, and what beyond the usual it needs.
struct Template {
    source: &'static str,
    text: &'static str,
}

macro_rules! template {
    ($source:literal, $file:literal) => {
        Template { source: $source, text: include_str!(concat!("../../templates/", $file)) }
    };
}

fn template(kind: Kind, language: Language) -> Option<Template> {
    Some(match (language, kind) {
        (Language::Rust, Kind::AiProvider) => template!("src/lib.rs", "rust/ai-provider.rs"),
        (Language::Rust, Kind::Integration) => template!("src/lib.rs", "rust/integration.rs"),
        (Language::Rust, Kind::PiiDetector) => template!("src/lib.rs", "rust/pii-detector.rs"),
        (Language::Rust, Kind::DocumentRenderer) => template!("src/lib.rs", "rust/document-renderer.rs"),
        (Language::Rust, Kind::TextExtractor) => template!("src/lib.rs", "rust/text-extractor.rs"),
        (Language::JavaScript, Kind::AiProvider) => template!("plugin.js", "javascript/ai-provider.js"),
        (Language::JavaScript, Kind::PiiDetector) => template!("plugin.js", "javascript/pii-detector.js"),
        _ => return None,
    })
}

impl Kit {
    /// Makes a project of that kind in the folder `folder`, whose last part is the plugin's id.
    ///
    /// # Errors
    /// A name that is no plugin's id; a folder that is there and not empty; a kind that the language has no template of.
    pub fn new_project(&self, kind: Kind, folder: &Path, language: Language) -> Result<Created, AppError> {
        let id = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let manifest = manifest(kind, &id);
        Manifest::parse(manifest.as_bytes())
            .map_err(|e| AppError::usage("bad_name", format!("naming a plugin {id:?}: {e}")))?;
        let Some(template) = template(kind, language) else {
            return Err(AppError::usage(
                "no_template",
                format!("there is no template of a plugin of kind {} in {language}", kind.as_str()),
            )
            .hint("there is one of every kind in rust, and of ai-provider and pii-detector in javascript"));
        };
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
            return Err(AppError::failed("exists", format!("making {}: it is there already", folder.display()))
                .hint("choose another name, or remove it first"));
        }
        let fill = |text: &str| {
            text.replace("{{id}}", &id).replace("{{sdk}}", sdk_wanted()).replace("{{host}}", sdk::host_version())
        };
        let mut files = vec![
            (MANIFEST_FILE.to_owned(), manifest),
            (template.source.to_owned(), fill(template.text)),
            (".gitignore".to_owned(), ignored(language).to_owned()),
        ];
        files.extend(cases(kind).into_iter().map(|(name, text)| (format!("tests/cases/{name}"), text.to_owned())));
        match language {
            Language::Rust => {
                let text = include_str!("../../templates/rust/Cargo.toml.txt");
                let more = if kind.is_pure() { "" } else { "serde_json = \"1\"\n" };
                files.push(("Cargo.toml".into(), fill(text).replace("{{dependencies}}", more)));
            }
            Language::JavaScript => {
                files.push(("package.json".into(), fill(include_str!("../../templates/javascript/package.json.txt"))));
            }
        }
        files.sort();
        for (name, text) in &files {
            write(&folder.join(name), text.as_bytes())?;
        }
        if language == Language::Rust {
            write(&folder.join("Cargo.lock"), lock(&id, !kind.is_pure()).as_bytes())?;
            self.point_cargo_at_sdk(folder)?;
        }
        Ok(Created {
            id,
            kind: kind.as_str().to_owned(),
            language: language.to_string(),
            path: folder.to_path_buf(),
            lines: files.iter().map(|(_, text)| text.lines().count()).sum(),
            files: files.into_iter().map(|(name, _)| name).collect(),
        })
    }
}

/// The requirement that every SDK of this line fits: `0.1`.
fn sdk_wanted() -> &'static str {
    sdk::VERSION.rsplit_once('.').map_or(sdk::VERSION, |(line, _)| line)
}

fn manifest(kind: Kind, id: &str) -> String {
    let says = match kind {
        Kind::AiProvider => "Answers questions with the service at api.example.com.",
        Kind::Integration => "Searches the wiki at wiki.example.com.",
        Kind::PiiDetector => "Finds the numbers of badges.",
        Kind::DocumentRenderer => "Writes documents as plain text.",
        Kind::TextExtractor => "Reads tables of comma-separated values.",
    };
    let wishes = match kind {
        Kind::AiProvider => {
            "http = [{ origin = \"https://api.example.com\", methods = [\"POST\"], reason = \"to ask\" }]\n\
             secret = [{ name = \"api-key\", audience = [\"https://api.example.com\"], placements = [\"bearer\"], reason = \"to log in\" }]\n"
        }
        Kind::Integration => {
            "http = [{ origin = \"https://wiki.example.com\", methods = [\"GET\"], reason = \"to search and read\" }]\n\
             secret = [{ name = \"token\", audience = [\"https://wiki.example.com\"], placements = [\"bearer\"], reason = \"to log in\" }]\n"
        }
        _ => "",
    };
    format!(
        "id = {id:?}\nversion = \"0.1.0\"\nkind = {:?}\nworld = \"{}@0.1.0\"\ndescription = {says:?}\n{wishes}",
        kind.as_str(),
        sdk::world(kind),
    )
}

fn ignored(language: Language) -> &'static str {
    match language {
        Language::Rust => "/target\n/dist\n/.cargo\n",
        Language::JavaScript => "/target\n/dist\n/node_modules\n",
    }
}

/// A golden case with what comes out, by file name.
fn cases(kind: Kind) -> Vec<(&'static str, &'static str)> {
    match kind {
        Kind::PiiDetector => vec![
            ("badges.toml", "text = \"Ask Zoë (badge-0042), not badge-12.\"\n"),
            ("badges.expected.json", "[{\"start\":10,\"end\":20,\"label\":\"Badge\",\"text\":\"badge-0042\"}]\n"),
        ],
        Kind::TextExtractor => {
            vec![
                ("table.toml", "text = \"host,state\\ndb-1,down\\n\"\n"),
                ("table.expected.txt", "host\tstate\ndb-1\tdown\n"),
            ]
        }
        Kind::DocumentRenderer => vec![
            (
                "report.toml",
                "title = \"Outage\"\nmarkdown = \"\"\"\nThe *pool* was empty.\n\n- restarted `db-1`\"\"\"\n",
            ),
            ("report.expected.txt", "Outage\n\nThe pool was empty.\n- restarted db-1\n"),
        ],
        Kind::AiProvider => vec![
            ("question.toml", "prompt = \"Why is db-1 down?\"\n"),
            ("question.expected.json", "{\"text\":\"The disk is full.\"}\n"),
            (
                "question.http.json",
                "{\"exchanges\": [{\n\
                 \"request\": {\"method\": \"POST\", \"path\": \"/v1/answers\", \"body\": {\"model\": \"test\", \"question\": \"user: Why is db-1 down?\\n\"}},\n\
                 \"response\": {\"status\": 200, \"body\": \"{\\\"answer\\\": \\\"The disk is full.\\\"}\"}\n\
                 }]}\n",
            ),
        ],
        Kind::Integration => vec![
            ("search.toml", "search = { text = \"empty pool\", limit = 5 }\n"),
            (
                "search.expected.json",
                "[{\"collection\":\"wiki\",\"id\":\"7\",\"title\":\"Pools\",\"body\":\"Restart it.\"}]\n",
            ),
            (
                "search.http.json",
                "{\"exchanges\": [{\"request\": {\"method\": \"GET\", \"path\": \"/api/search?q=empty%20pool&limit=5\"}, \
                 \"response\": {\"status\": 200, \"body\": \"[{\\\"id\\\": \\\"7\\\", \\\"title\\\": \\\"Pools\\\", \\\"body\\\": \\\"Restart it.\\\"}]\"}}]}\n",
            ),
        ],
    }
}

/// The lock of a new project: what the SDK was tested with, and the project itself. cargo drops what is not needed.
fn lock(id: &str, with_json: bool) -> String {
    let json = if with_json { " \"serde_json\",\n" } else { "" };
    format!(
        "# This file is automatically @generated by Cargo.\n# It is not intended for manual editing.\nversion = 4\n\n\
         [[package]]\nname = {id:?}\nversion = \"0.1.0\"\ndependencies = [\n{json} \"trcaa-sdk\",\n]\n\n{}",
        sdk::LOCK
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What was promised to authors.
    const LINES_MAX: usize = 60;
    const KINDS: [Kind; 5] =
        [Kind::AiProvider, Kind::Integration, Kind::PiiDetector, Kind::DocumentRenderer, Kind::TextExtractor];

    #[test]
    fn every_project_has_fewer_lines_than_promised_counted_on_disk() {
        let home = tempfile::tempdir().unwrap();
        let kit = Kit { data_dir: home.path().join("data"), cargo: "cargo".into() };
        let mut made = 0;
        for language in Language::ALL {
            for kind in KINDS.into_iter().filter(|kind| template(*kind, language).is_some()) {
                let folder = home.path().join(format!("{}-{language}", kind.as_str()));
                let created = kit.new_project(kind, &folder, language).unwrap();
                let count = |name: &String| fs::read_to_string(folder.join(name)).unwrap().lines().count();
                let lines: usize = created.files.iter().map(count).sum();
                assert_eq!(lines, created.lines);
                assert!(lines < LINES_MAX, "{kind:?} in {language}: {lines} lines");
                // Nothing lies there that is neither counted nor git-ignored, but for the lock.
                for entry in fs::read_dir(&folder).unwrap() {
                    let name = entry.unwrap().file_name().into_string().unwrap();
                    let known = created.files.iter().any(|f| *f == name || f.starts_with(&format!("{name}/")));
                    assert!(known || name == "Cargo.lock" || name == ".cargo", "{name}");
                }
                assert_eq!(kit.new_project(kind, &folder, language).unwrap_err().code, "exists");
                made += 1;
            }
        }
        assert_eq!(made, 7);
        assert!(!home.path().join("data/tftsr.db").exists());
    }

    #[test]
    fn a_name_that_is_no_id_is_refused_before_anything_is_written() {
        let home = tempfile::tempdir().unwrap();
        let kit = Kit { data_dir: home.path().join("data"), cargo: "cargo".into() };
        for name in ["Upper", "x", "a b", "a\"b", "é"] {
            let refused = kit.new_project(Kind::PiiDetector, &home.path().join(name), Language::Rust).unwrap_err();
            assert_eq!(refused.code, "bad_name", "{name}");
        }
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
