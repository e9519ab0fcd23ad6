//! Proves that other languages will do: new plugins in JavaScript, built by componentize-js, through the same tests as
//! one in Rust.
//!
//! componentize-js comes from npm into `target/languages`; the default tests need neither it nor Node.js.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Outcome, cargo, root, run, run_with, say, target};

/// Kind and name of each project.
const PROJECTS: [(&str, &str); 2] = [("pii-detector", "js-detector"), ("ai-provider", "js-provider")];

/// Makes, builds and tests each project; `--binary FILE` takes a build that is there.
pub(crate) fn run_all(args: &[String]) -> Outcome {
    let trcaa = match args {
        [] => {
            run(&cargo(), &["build", "--locked", "-p", "trcaa"])?;
            target().join("debug").join(format!("trcaa{}", std::env::consts::EXE_SUFFIX))
        }
        [flag, file] if flag == "--binary" => root().join(file),
        other => return Err(format!("languages takes --binary FILE, not {other:?}")),
    };
    let folder = target().join("languages");
    // Anew each time: what npm left of another install is not what an author has.
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|e| format!("removing {}: {e}", folder.display()))?;
    }
    fs::create_dir_all(&folder).map_err(|e| format!("making {}: {e}", folder.display()))?;
    let mut failed = Vec::new();
    for (kind, name) in PROJECTS {
        say(&format!("{name}: {kind} in JavaScript"));
        if let Err(problem) = project(&trcaa, &folder, kind, name) {
            eprintln!("error: {problem}");
            failed.push(name);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("these did not pass: {}", failed.join(", "))) }
}

fn project(trcaa: &Path, folder: &Path, kind: &str, name: &str) -> Outcome {
    let shown = folder.join(name).to_string_lossy().into_owned();
    let kit = |args: &[&str]| {
        let mut command = Command::new(trcaa);
        command.arg("plugin").args(args).env("TRCAA_DATA_DIR", folder.join("data"));
        command
    };
    run_with(&mut kit(&["new", kind, &shown, "--lang", "javascript"]))?;
    run("npm", &["install", "--no-audit", "--no-fund", "--prefix", &shown])?;
    run_with(&mut kit(&["test", &shown]))
}
