//! Proves that any language will do: a new plugin in JavaScript and in Python, built by the tools of others, through the
//! same tests as one in Rust.
//!
//! The tools come from npm and PyPI into `target/languages`; the default tests need neither.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Outcome, cargo, run, run_with, say, target};

/// What is installed for Python; the template was tried with this version.
const COMPONENTIZE_PY: &str = "componentize-py==0.25.1";
/// Language, kind, and name of each project.
const PROJECTS: [(&str, &str, &str); 3] = [
    ("javascript", "pii-detector", "js-detector"),
    ("javascript", "ai-provider", "js-provider"),
    ("python", "pii-detector", "py-detector"),
];

/// Makes, builds and tests each project.
pub(crate) fn run_all() -> Outcome {
    run(&cargo(), &["build", "--locked", "-p", "trcaa"])?;
    let trcaa = target().join("debug").join(format!("trcaa{}", std::env::consts::EXE_SUFFIX));
    let folder = target().join("languages");
    fs::create_dir_all(&folder).map_err(|e| format!("making {}: {e}", folder.display()))?;
    let mut failed = Vec::new();
    for (language, kind, name) in PROJECTS {
        say(&format!("{name}: {kind} in {language}"));
        if let Err(problem) = project(&trcaa, &folder, language, kind, name) {
            eprintln!("error: {problem}");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("these did not pass: {}", failed.join(", "))) }
}

fn project(trcaa: &Path, folder: &Path, language: &str, kind: &str, name: &str) -> Outcome {
    let project = folder.join(name);
    let kit = |args: &[&str]| {
        let mut command = Command::new(trcaa);
        command.args(["plugin"]).args(args).env("TRCAA_DATA_DIR", folder.join("data"));
        command
    };
    let shown = project.to_string_lossy().into_owned();
    // Made anew each time, so that the template is what is tested; what was installed stays.
    let tools = if language == "python" { ".venv" } else { "node_modules" };
    let kept = folder.join(format!("{name}-{tools}"));
    if project.exists() {
        if !kept.exists() {
            let _ = fs::rename(project.join(tools), &kept);
        }
        fs::remove_dir_all(&project).map_err(|e| format!("removing {shown}: {e}"))?;
    }
    run_with(&mut kit(&["new", kind, &shown, "--lang", language]))?;
    let _ = fs::rename(&kept, project.join(tools));
    if language == "python" {
        let venv = project.join(".venv");
        if !venv.join("bin/componentize-py").is_file() {
            run_with(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
            let pip = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"];
            run_with(Command::new(venv.join("bin/python")).args(pip).arg(COMPONENTIZE_PY))?;
        }
    } else {
        run("npm", &["install", "--no-audit", "--no-fund", "--prefix", &shown])?;
    }
    run_with(&mut kit(&["test", &shown]))
}
