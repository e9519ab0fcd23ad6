//! Everything that is wrong with a component at once, for its author: the checks of [`super::inspect`], none of which
//! stops the others, and advice on what would be refused or regretted later.
//!
//! Invariant: a component without a [`Severity::Error`] is one that [`super::inspect`] takes.

use serde::Serialize;
use trcaa_model::plugin::Manifest;

use super::parts::Parts;
use super::world::{check_exports, check_import, check_version};
use super::{COMPONENT_BYTES_MAX, MANIFEST_SECTION, PROBLEM_CHARS_MAX, inspect};
use crate::error::plain;
use crate::signature;

/// Bytes from which a component is told to be large: the largest bundled one has a tenth.
const LARGE_BYTES: usize = 32 << 20;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It would be refused when installed.
    Error,
    /// It works, and somebody will wish it were otherwise.
    Warning,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// `component`, `size`, `manifest`, `imports`, `exports` or `signature`.
    pub step: &'static str,
    /// What is wrong, in one sentence.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

/// Looks at everything. Empty = it can be installed, and there is nothing to say.
pub fn findings(bytes: &[u8]) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut add = |severity, step, problem: String, advice: &str| {
        all.push(Finding { severity, step, problem, advice: advice.to_owned() });
    };
    if bytes.len() > COMPONENT_BYTES_MAX {
        let problem = format!("it has {} bytes, and a component may have at most {COMPONENT_BYTES_MAX}", bytes.len());
        add(Severity::Error, "size", problem, "build with --release, pack it (trcaa plugin pack), and embed less data");
        return all;
    }
    if bytes.len() > LARGE_BYTES {
        let problem = format!("it has {} MiB; each machine compiles all of it once", bytes.len() >> 20);
        add(Severity::Warning, "size", problem, "build with --release and pack it: trcaa plugin pack");
    }
    let parts = match Parts::read(bytes) {
        Ok(parts) => parts,
        Err(problem) => {
            add(Severity::Error, "component", problem, "trcaa plugin build makes components for wasm32-wasip2");
            return all;
        }
    };
    let manifest = match parts.manifests.as_slice() {
        [one] => Manifest::parse(one).map_err(|e| plain(&e.to_string(), PROBLEM_CHARS_MAX)),
        [] => Err(format!("it has no manifest (custom section {MANIFEST_SECTION})")),
        _ => Err(format!("it has more than one custom section {MANIFEST_SECTION}")),
    };
    match &manifest {
        Err(problem) => add(
            Severity::Error,
            "manifest",
            problem.clone(),
            "correct trcaa-plugin.toml and build again; trcaa plugin build puts it in",
        ),
        Ok(manifest) => {
            for import in &parts.imports {
                if let Err(problem) = check_import(import, manifest.kind) {
                    add(Severity::Error, "imports", problem, advice_on_import(import));
                }
            }
            if let Err(problem) = check_exports(manifest, &parts.exports) {
                let advice =
                    "name the type and its kind in register!, and the same kind and world in trcaa-plugin.toml";
                add(Severity::Error, "exports", problem, advice);
            }
            if let Err(problem) = check_version(&manifest.world) {
                add(
                    Severity::Error,
                    "manifest",
                    problem,
                    "name the world with a version that this host serves, such as @0.1.0",
                );
            }
        }
    }
    let signature = parts.signature().and_then(|data| data.map(|data| signature::verify(bytes, data)).transpose());
    match signature {
        Err(problem) => {
            add(Severity::Error, "signature", problem, "sign what you pack as the last step: trcaa plugin sign")
        }
        Ok(None) => add(
            Severity::Warning,
            "signature",
            "it is not signed, so nobody can tell whether an update comes from you".into(),
            "sign it before you give it away: trcaa plugin sign",
        ),
        Ok(Some(_)) => {}
    }
    // What this list does not know of yet is still an error.
    if !all.iter().any(|finding| finding.severity == Severity::Error)
        && let Err(problem) = inspect(bytes)
    {
        let advice = "the guide to it is the README.md of trcaa-sdk".to_owned();
        all.push(Finding { severity: Severity::Error, step: "component", problem, advice });
    }
    all
}

fn advice_on_import(import: &str) -> &'static str {
    if import.starts_with("wasi:http") || import.starts_with("wasi:sockets") {
        "send requests with trcaa_sdk::host::http, and turn off networking features of the crates you use"
    } else if import.starts_with("wasi:filesystem") {
        "embed data with include_bytes!; some tools have a switch that leaves WASI out (componentize-py: --stub-wasi)"
    } else if import.starts_with("trcaa:") {
        "use only what the world of its kind has; the guide lists it per kind"
    } else {
        "find the crate or tool that brings this import, and do without it"
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn everything_is_told_at_once_and_what_has_no_error_can_be_installed() {
        let manifest = |kind: &str| {
            format!(
                "(@custom \"trcaa:manifest\" \"id='x-y'\\nversion='1.0.0'\\nkind='{kind}'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n\")"
            )
        };
        let exports = "(instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i))";
        let bad = format!(
            "(component {} (import \"wasi:sockets/tcp@0.2.0\" (instance)) (import \"wasi:http/types@0.2.0\" (instance)))",
            manifest("pii-detector")
        );
        let steps = |wat: &str| -> Vec<(&'static str, Severity)> {
            findings(&wat::parse_str(wat).unwrap()).into_iter().map(|f| (f.step, f.severity)).collect()
        };
        use Severity::{Error, Warning};
        assert_eq!(steps(&bad), [("imports", Error), ("imports", Error), ("exports", Error), ("signature", Warning)]);
        assert_eq!(steps(&format!("(component {} {exports})", manifest("pii-detector"))), [("signature", Warning)]);
        assert_eq!(
            steps(&format!("(component {} {exports})", manifest("nonsense"))),
            [("manifest", Error), ("signature", Warning)]
        );
        assert_eq!(steps("(component)"), [("manifest", Error), ("signature", Warning)]);
        assert_eq!(findings(b"no wasm").first().unwrap().step, "component");
    }
}
