//! From a project to a component with its manifest in it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use trcaa_model::plugin::Manifest;

use super::project::{Named, Project, look, read_bounded};
use super::{Kit, Language, sdk, tools};
use crate::AppError;

/// How Rust is built; other languages know one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// Quick to build and slow to run.
    Debug,
    /// As people get it.
    Release,
}

/// What a build made.
#[derive(Debug, Clone, Serialize)]
pub struct Built {
    /// The manifest's id.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// The manifest's kind.
    pub kind: String,
    /// The component.
    pub path: PathBuf,
    /// Its size.
    pub size_bytes: u64,
    /// SHA-256 hex of its bytes.
    pub sha256: String,
}

/// A component with its bytes.
pub(super) struct Component {
    pub(super) manifest: Manifest,
    pub(super) path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl Component {
    pub(super) fn told(&self) -> Built {
        Built {
            id: self.manifest.id.clone(),
            version: self.manifest.version.clone(),
            kind: self.manifest.kind.as_str().to_owned(),
            path: self.path.clone(),
            size_bytes: self.bytes.len() as u64,
            sha256: hex::encode(Sha256::digest(&self.bytes)),
        }
    }
}

impl Kit {
    /// Builds the project in `path`. The language's tool writes to stderr.
    ///
    /// # Errors
    /// A missing tool with what to install; a build that failed; a component that would be refused when installed.
    pub fn build(&self, path: &Path, profile: Profile) -> Result<Built, AppError> {
        let component = match look(path)? {
            Named::Project(project) => self.build_project(&project, profile)?,
            Named::Component(path, _) => {
                return Err(AppError::usage(
                    "no_project",
                    format!("{} is a component already; build takes a project's folder", path.display()),
                )
                .hint("look at it with: trcaa plugin check FILE, trcaa plugin test FILE"));
            }
        };
        Ok(component.told())
    }

    /// Builds a project into a component with its manifest.
    pub(super) fn build_project(&self, project: &Project, profile: Profile) -> Result<Component, AppError> {
        let manifest = project.manifest()?;
        let path = match project.language {
            Language::Rust => self.build_rust(project, profile)?,
            Language::JavaScript => self.build_javascript(project, &manifest)?,
        };
        let mut bytes = read_bounded(&path, trcaa_runtime::COMPONENT_BYTES_MAX as u64)?;
        let said = |problem: String| {
            AppError::failed("build_failed", format!("looking at {}: {problem}", path.display()))
                .hint("see everything that is wrong with it: trcaa plugin check FILE")
        };
        // register! puts it in; what was built without it, in any language, gets it here.
        let mut written = path.clone();
        if !trcaa_runtime::has_manifest(&bytes).map_err(said)? {
            bytes = trcaa_runtime::with_manifest(&bytes, &project.manifest_bytes()?).map_err(said)?;
            written = self.out_file(project, &manifest)?;
            write(&written, &bytes)?;
        }
        Ok(Component { manifest, path: written, bytes })
    }

    fn build_rust(&self, project: &Project, profile: Profile) -> Result<PathBuf, AppError> {
        self.point_cargo_at_sdk(&project.folder)?;
        let mut command = self.cargo_command(project)?;
        command.args(["build", "--target", tools::TARGET, "--message-format", "json-render-diagnostics"]);
        if profile == Profile::Release {
            command.arg("--release");
        }
        let what = format!("building {}", project.folder.display());
        let told = tools::run(command, &what, tools::no_cargo)?;
        let manifest_path = fs::canonicalize(project.folder.join("Cargo.toml")).unwrap_or_default();
        let of_project = |message: &Value| {
            let path = message["manifest_path"].as_str().map(PathBuf::from).unwrap_or_default();
            message["reason"] == "compiler-artifact" && fs::canonicalize(path).is_ok_and(|path| path == manifest_path)
        };
        let text = String::from_utf8_lossy(&told);
        let made = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(of_project)
            .filter_map(|message| {
                let files = message["filenames"].as_array()?;
                files.iter().filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
            })
            .next_back();
        made.ok_or_else(|| {
            AppError::failed("build_failed", format!("{what}: cargo made no .wasm file"))
                .hint("Cargo.toml needs: [lib] with crate-type = [\"cdylib\"]")
        })
    }

    fn build_javascript(&self, project: &Project, manifest: &Manifest) -> Result<PathBuf, AppError> {
        let sdk = self.unpack_sdk()?;
        let wit = sdk.world_folder(manifest.kind);
        let (_, world) = sdk::world(manifest.kind).split_once('/').unwrap_or_default();
        let out = self.out_file(project, manifest)?;
        let what = format!("building {}", project.folder.display());
        let mut command = tools::componentize_js(project)?;
        command.arg("plugin.js").arg("--wit").arg(&wit).args(["--world-name", world]);
        // Without these the component imports WASI that no plugin gets.
        command.args(["-d", "random", "-d", "stdio", "-d", "clocks", "-d", "http", "-d", "fetch-event"]);
        command.arg("--out").arg(&out);
        tools::run(command, &what, tools::no_node)?;
        if !out.is_file() {
            return Err(AppError::failed("build_failed", format!("{what}: the tool made no {}", out.display())));
        }
        Ok(out)
    }

    /// Where a build that cargo does not do leaves its component.
    fn out_file(&self, project: &Project, manifest: &Manifest) -> Result<PathBuf, AppError> {
        let folder =
            std::path::absolute(project.folder.join("target")).unwrap_or_else(|_| project.folder.join("target"));
        fs::create_dir_all(&folder)
            .map_err(|e| AppError::failed("build_failed", format!("making {}: {e}", folder.display())))?;
        Ok(folder.join(format!("{}.wasm", manifest.id)))
    }

    /// Writes `.cargo/config.toml`, which git ignores: `trcaa-sdk` is the one of this program, for plain cargo too.
    pub(super) fn point_cargo_at_sdk(&self, folder: &Path) -> Result<(), AppError> {
        let sdk = self.unpack_sdk()?;
        let path = folder.join(".cargo/config.toml");
        let crate_folder = sdk.crate_folder();
        let Some(shown) = crate_folder.to_str() else {
            return Err(AppError::failed(
                "data_dir",
                format!("cargo takes no folder whose name is not UTF-8: {}", crate_folder.display()),
            )
            .hint("name another data folder: --data-dir DIR"));
        };
        let text = format!(
            "# Written by trcaa plugin new and build: the SDK of this machine's trcaa.\n[patch.crates-io]\ntrcaa-sdk = {{ path = {} }}\n",
            toml::Value::from(shown)
        );
        match fs::read_to_string(&path) {
            Ok(present) if present == text => return Ok(()),
            // Somebody's own settings stay: they say where the SDK is, or cargo will say that it is nowhere.
            Ok(present) if !present.starts_with("# Written by trcaa") => return Ok(()),
            _ => {}
        }
        write(&path, text.as_bytes())
    }
}

/// Writes a file, whole or not at all, and its folder.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), AppError> {
    let failed = |e: std::io::Error| AppError::failed("unwritable", format!("writing {}: {e}", path.display()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    std::io::Write::write_all(&mut file, bytes).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.persist(path).map_err(|e| failed(e.error))?;
    Ok(())
}
