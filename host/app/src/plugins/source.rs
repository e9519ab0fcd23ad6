//! Where components come from: the one place that turns what the user names into bytes, and tells the trail what was
//! asked of whom for it.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use trcaa_net::SystemResolver;
use trcaa_runtime::Source;

use super::folder::Found;
use super::grants::record;
use crate::sources::{self, Sources};
use crate::{App, AppError};

/// A component as it came, not looked at yet.
pub(super) struct Fetched {
    /// What it is called in messages.
    pub(super) name: String,
    /// Its bytes, not more than a component may have.
    pub(super) bytes: Vec<u8>,
    /// Where it came from, in the form that is recorded: an absolute path, or an address pinned by digest.
    pub(super) source: String,
    /// What the trail is told of the requests that were made for it; `None` where none was.
    requests: Option<Value>,
}

/// Whether a recorded source is the name of a drop-in: what is installed comes from an absolute path or an address.
pub(super) fn is_plain_name(source: &str) -> bool {
    Path::new(source).file_name().is_some_and(|name| name == source)
}

/// Gets a component from a file, from the one `.wasm` file of a folder, from an address or from a registry. `id`: the
/// plugin that it is for, where that is known before.
pub(super) fn fetch(app: &App, id: Option<&str>, src: &str) -> Result<Fetched, AppError> {
    let (fetched, requests) = match src.contains("://") {
        true => {
            let fetched = remote(app, id, src)?;
            let requests = serde_json::to_value(&fetched.requests).unwrap_or_default();
            (fetched, Some(requests))
        }
        false => (local(Path::new(src))?, None),
    };
    let name = fetched.source.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(src).to_owned();
    Ok(Fetched { name, bytes: fetched.bytes, source: fetched.source, requests })
}

/// What came, inspected. The trail is told what was asked of whom, under the plugin's id as soon as that is known, and
/// of a refusal.
pub(super) fn inspect(app: &App, id: Option<&str>, fetched: Fetched) -> Result<Found, AppError> {
    let Fetched { name, bytes, source, requests } = fetched;
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let found = Found::read(&name, Source::Installed(source.clone()), bytes);
    // What an update brings is told under the id that was updated, whatever it says that it is.
    let known = id.or_else(|| found.as_ref().ok().map(|found| found.manifest.id.as_str()));
    let of = known.unwrap_or(&source).to_owned();
    if let Some(requests) = requests {
        let details = json!({"source": source, "sha256": sha256, "requests": requests});
        app.store.write(|tx| tx.audit(&record("plugin_fetched", &of, details)))?;
    }
    found.map_err(|problem| {
        let error = AppError::failed("plugin_refused", format!("reading plugin {name}: {problem}"));
        app.refused(&of, error)
    })
}

/// From its recorded source, as new as it has one there.
pub(super) fn fetch_again(app: &App, id: &str, recorded: &str) -> Result<Fetched, AppError> {
    match sources::unpinned(recorded) {
        Some(source) => fetch(app, Some(id), &source),
        None => Err(AppError::failed(
            "source_pinned",
            format!("updating plugin {id}: it was installed from {recorded}, which is one version for ever"),
        )
        .hint(format!("name where a newer one is: trcaa plugin update {id} SRC"))),
    }
}

fn local(path: &Path) -> Result<sources::Fetched, AppError> {
    if path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
        let shown = path.display();
        return Err(AppError::failed(
            "plugin_refused",
            format!("fetching {shown}: it is a symbolic link, and what it points to may change"),
        )
        .hint("name the file itself"));
    }
    sources::fetch_local(path)
}

fn remote(app: &App, id: Option<&str>, src: &str) -> Result<sources::Fetched, AppError> {
    let network = app.network()?;
    let sources = Sources {
        network: &network,
        resolver: Arc::new(SystemResolver),
        observer: None,
        login: None,
        progress: app.progress.as_ref(),
        cancel: app.plugins.cancel(),
    };
    sources.fetch(src).inspect_err(|error| {
        // Nothing was asked of anybody where the address alone was refused; it may hold a password.
        let field = |name: &str| error.fields.iter().find(|(n, _)| *n == name).map(|(_, value)| value.clone());
        let (Some(source), Some(requests)) = (field("source"), field("requests")) else { return };
        let of = id.or(source.as_str()).unwrap_or_default().to_owned();
        let details = json!({"source": source, "code": error.code, "requests": requests});
        // A trail that can't be written keeps nothing from being told.
        let _ = app.store.write(|tx| tx.audit(&record("plugin_fetched", &of, details)));
    })
}
