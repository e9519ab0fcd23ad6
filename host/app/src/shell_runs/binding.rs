//! What a yes is bound to: one hash over line, folder, environment and kube context, and one over all but the line.
//!
//! Invariant: fields are hashed with their lengths, so that no two bindings that differ have one encoding.

use std::ffi::OsStr;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use trcaa_shell::run::{For, environment};
use trcaa_store::Kubeconfig;

use super::ShellPlace;

/// Names this encoding; another one gets another name.
const FORMAT: &str = "trcaa shell binding 1";

/// The two hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    run: String,
    place: String,
}

impl Binding {
    pub(crate) fn new(line: &str, folder: &Path, place: &ShellPlace, kubeconfig: Option<&Kubeconfig>) -> Self {
        let surroundings = surroundings(folder, place, kubeconfig);
        let run = hashed(&surroundings, Some(line));
        Self { run, place: hashed(&surroundings, None) }
    }

    /// Of this one run, lower-case hex.
    pub(crate) fn run(&self) -> &str {
        &self.run
    }

    /// Of where it runs, whatever runs there; lower-case hex.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }
}

fn surroundings(folder: &Path, place: &ShellPlace, kubeconfig: Option<&Kubeconfig>) -> Sha256 {
    let mut hash = Sha256::new();
    field(&mut hash, FORMAT.as_bytes());
    field(&mut hash, folder.as_os_str().as_encoded_bytes());
    // Of the environment what a command of tier 2 gets, which holds all that one of tier 1 gets.
    let mut environment = environment(place.environment.iter().cloned(), For::Line);
    environment.sort();
    field(&mut hash, &(environment.len() as u64).to_be_bytes());
    for (name, value) in &environment {
        field(&mut hash, bytes(name));
        field(&mut hash, bytes(value));
    }
    match kubeconfig {
        None => field(&mut hash, b"no kubeconfig"),
        Some(kubeconfig) => {
            field(&mut hash, b"kubeconfig");
            field(&mut hash, kubeconfig.id.as_bytes());
            field(&mut hash, kubeconfig.context.as_bytes());
            field(&mut hash, kubeconfig.content_sha256.as_deref().unwrap_or_default().as_bytes());
        }
    }
    hash
}

fn hashed(surroundings: &Sha256, line: Option<&str>) -> String {
    let mut hash = surroundings.clone();
    match line {
        Some(line) => {
            field(&mut hash, b"line");
            field(&mut hash, line.as_bytes());
        }
        None => field(&mut hash, b"any line"),
    }
    hex::encode(hash.finalize())
}

fn bytes(text: &OsStr) -> &[u8] {
    text.as_encoded_bytes()
}

fn field(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}
