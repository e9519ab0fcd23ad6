//! Where components come from: the one place that turns what the user names into bytes, and tells the trail what was
//! asked of whom for it.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use trcaa_net::SystemResolver;

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
}

/// Gets a component from a file, from the one `.wasm` file of a folder, from an address or from a registry.
pub(super) fn fetch(app: &App, src: &str) -> Result<Fetched, AppError> {
    let fetched = match src.contains("://") {
        true => remote(app, src)?,
        false => local(Path::new(src))?,
    };
    let name = fetched.source.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).unwrap_or(src).to_owned();
    Ok(Fetched { name, bytes: fetched.bytes, source: fetched.source })
}

/// From its recorded source, as new as it has one there.
pub(super) fn fetch_again(app: &App, id: &str, recorded: &str) -> Result<Fetched, AppError> {
    match sources::unpinned(recorded) {
        Some(source) => fetch(app, &source),
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

fn remote(app: &App, src: &str) -> Result<sources::Fetched, AppError> {
    let network = app.network()?;
    let sources = Sources {
        network: &network,
        resolver: Arc::new(SystemResolver),
        observer: None,
        login: None,
        progress: app.progress.as_ref(),
        cancel: app.plugins.cancel(),
    };
    let fetched = sources.fetch(src);
    let details = match &fetched {
        Ok(fetched) => json!({"sha256": fetched.sha256, "requests": fetched.requests}),
        Err(error) => {
            let requests = error.fields.iter().find(|(name, _)| *name == "requests").map(|(_, requests)| requests);
            json!({"code": error.code, "requests": requests})
        }
    };
    // What was asked of whom is in the trail whatever came of it. The part after ? may hold a key.
    let shown = src.split(['?', '#']).next().unwrap_or_default();
    app.store.write(|tx| tx.audit(&record("plugin_fetched", shown, details)))?;
    fetched
}
