//! Everything that is wrong with a plugin at once: what install would refuse, and what its author would regret.

use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use trcaa_model::plugin::{Limits, Manifest};
use trcaa_runtime::{Engine, Finding, Plugin, Publisher, Severity, Source};

use super::project::{MANIFEST_FILE, Named, Project, look};
use super::{Kit, Profile};
use crate::AppError;

/// What was looked at, and what was found.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The component.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 hex of its bytes.
    pub sha256: String,
    /// Its manifest, where that can be read.
    pub manifest: Option<Manifest>,
    /// The limits of its calls, where its kind is known.
    pub limits: Option<Limits>,
    /// Who signed it.
    pub publisher: Option<Publisher>,
    /// What was found, errors before warnings.
    pub findings: Vec<Finding>,
    /// Whether it would be installed.
    pub installable: bool,
}

impl Kit {
    /// Checks a component, or builds a project and checks what comes out, together with its files.
    ///
    /// # Errors
    /// A path that names nothing of the kind, or a project that does not build. What is wrong with the component is in
    /// the findings and no error.
    pub fn check(&self, path: &Path) -> Result<Checked, AppError> {
        match look(path)? {
            Named::Component(path, bytes) => Ok(checked(path, &bytes, Vec::new())),
            Named::Project(project) => {
                let built = self.build_project(&project, Profile::Release)?;
                Ok(checked(built.path, &built.bytes, of_project(&project, &built.manifest)))
            }
        }
    }
}

/// Looks at bytes.
pub(super) fn checked(path: PathBuf, bytes: &[u8], more: Vec<Finding>) -> Checked {
    let mut findings = trcaa_runtime::findings(bytes);
    findings.extend(more);
    findings.sort_by_key(|finding| finding.severity != Severity::Error);
    let inspection = Plugin::inspect("component", bytes).ok();
    let manifest = inspection.as_ref().map(|i| i.manifest.clone());
    if let Some(manifest) = &manifest {
        findings.extend(loose_limits(manifest));
    }
    if !findings.iter().any(|finding| finding.severity == Severity::Error)
        && let Some(problem) = does_not_compile(bytes)
    {
        let advice =
            "the engine says what it does not take; another toolchain or fewer of its features may help".to_owned();
        findings.insert(0, Finding { severity: Severity::Error, step: "code", problem, advice });
    }
    Checked {
        size_bytes: bytes.len() as u64,
        sha256: hex::encode(Sha256::digest(bytes)),
        limits: manifest.as_ref().map(|m| m.kind.limits().tightened(m.limits)),
        publisher: inspection.and_then(|i| i.publisher),
        installable: !findings.iter().any(|finding| finding.severity == Severity::Error),
        manifest,
        findings,
        path,
    }
}

/// What the engine has against it: that is known only once all of it is compiled, as at install.
fn does_not_compile(bytes: &[u8]) -> Option<String> {
    let engine = Engine::new().ok()?;
    Plugin::load(&engine, "component", bytes, Source::DropIn("check".into()), None).err().map(|e| e.problem)
}

/// A limit that a manifest asks for and does not get: nothing widens a kind's.
fn loose_limits(manifest: &Manifest) -> Vec<Finding> {
    let (most, asked) = (manifest.kind.limits(), manifest.limits);
    let fields = [
        ("memory_bytes_max", asked.memory_bytes_max, most.memory_bytes_max),
        ("cpu_ms_max", asked.cpu_ms_max, most.cpu_ms_max),
        ("wall_ms_max", asked.wall_ms_max, most.wall_ms_max),
        ("host_call_bytes_max", asked.host_call_bytes_max, most.host_call_bytes_max),
        ("output_bytes_max", asked.output_bytes_max, most.output_bytes_max),
    ];
    let wide = fields.into_iter().filter_map(|(name, asked, most)| Some((name, asked.filter(|a| *a > most)?, most)));
    wide.map(|(name, asked, most)| Finding {
        severity: Severity::Warning,
        step: "limits",
        problem: format!("limits.{name} = {asked} is more than the {most} that its kind gets, and has no effect"),
        advice: "leave it out, or ask for less than the kind's limit".into(),
    })
    .collect()
}

/// What only the sources tell.
fn of_project(project: &Project, manifest: &Manifest) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut warn = |step, problem: String, advice: String| {
        findings.push(Finding { severity: Severity::Warning, step, problem, advice });
    };
    if let Some(version) = cargo_version(project).filter(|version| *version != manifest.version) {
        warn(
            "version",
            format!("Cargo.toml says version {version}, and {MANIFEST_FILE} says {}", manifest.version),
            format!("say the same in both; {MANIFEST_FILE} is what people see"),
        );
    }
    if super::case::files(&project.folder).is_ok_and(|files| files.is_empty()) {
        let advice = "put an input into tests/cases/NAME.toml and have its output written: trcaa plugin test --bless";
        warn("cases", "it has no golden case".into(), advice.into());
    }
    findings
}

fn cargo_version(project: &Project) -> Option<String> {
    let text = std::fs::read_to_string(project.folder.join("Cargo.toml")).ok()?;
    let table: toml::Table = text.parse().ok()?;
    Some(table.get("package")?.get("version")?.as_str()?.to_owned())
}
