//! What the environment says: data folder and keys. Resolved once; flags win over the environment.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use trcaa_app::{App, AppError, Cancel, KeySource, LogPort, Progress, Setup, StoreError, parse_key};
#[cfg(debug_assertions)]
use trcaa_app::{DATABASE_FILE, KEY_FILES};
use trcaa_model::secret::Secret;

use crate::args::Global;
use crate::keyring::SessionKeyring;
use crate::machine::{SystemClock, SystemEntropy};
use crate::output::Output;
use crate::progress::Bars;

/// A variable, or its name from when the product was called TFTSR, which warns. White space only is unset.
fn variable(name: &str, legacy: &str, output: &Output) -> Option<(OsString, String)> {
    let filled =
        |name: &str| env::var_os(name).filter(|value| value.to_str().is_none_or(|text| !text.trim().is_empty()));
    filled(name).map(|value| (value, name.to_owned())).or_else(|| {
        let value = filled(legacy)?;
        output.warn(&format!("{legacy} is deprecated; use {name}"));
        Some((value, legacy.to_owned()))
    })
}

/// A variable that holds a key. One that is no UTF-8 is refused: taken for unset, it would leave the store without it.
fn key_variable(name: &str, legacy: &str, output: &Output) -> Result<Option<String>, AppError> {
    let Some((value, name)) = variable(name, legacy, output) else { return Ok(None) };
    value.into_string().map(Some).map_err(|_| {
        AppError::usage("key", format!("reading {name}: it is no UTF-8 text"))
            .hint("keys are UTF-8 text, or 64 hex digits")
    })
}

/// `--data-dir`, else TRCAA_DATA_DIR, else TFTSR_DATA_DIR, else the platform's app-data folder + /trcaa.
pub(crate) fn data_dir(global: &Global, output: &Output) -> Result<PathBuf, AppError> {
    if let Some(given) = &global.data_dir {
        return Ok(given.clone());
    }
    if let Some((set, _)) = variable("TRCAA_DATA_DIR", "TFTSR_DATA_DIR", output) {
        return Ok(PathBuf::from(set));
    }
    let base = if cfg!(target_os = "macos") {
        env::home_dir().map(|home| home.join("Library/Application Support"))
    } else if cfg!(windows) {
        env::var_os("APPDATA").map(PathBuf::from)
    } else {
        let absolute = env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        absolute.or_else(|| {
            env::home_dir().filter(|home| !home.as_os_str().is_empty()).map(|home| home.join(".local/share"))
        })
    };
    match base {
        Some(base) => Ok(base.join("trcaa")),
        None => Err(AppError::usage("no_data_dir", "finding the data folder: there is no home folder")
            .hint("name one: --data-dir DIR, or TRCAA_DATA_DIR")),
    }
}

/// Refuses what must not be a key, as a wrong setting.
fn parsed(text: &str) -> Result<Option<KeySource>, AppError> {
    parse_key(text).map_err(|error: StoreError| AppError::usage(error.code(), error.to_string()))
}

/// TRCAA_DB_KEY, else TFTSR_DB_KEY, else what the key file says; a debug build without either does not encrypt.
fn key_source(folder: &std::path::Path, output: &Output) -> Result<KeySource, AppError> {
    if let Some(text) = key_variable("TRCAA_DB_KEY", "TFTSR_DB_KEY", output)?
        && let Some(key) = parsed(&text)?
    {
        return Ok(key);
    }
    #[cfg(debug_assertions)]
    if !KEY_FILES.iter().any(|name| folder.join(name).symlink_metadata().is_ok()) {
        let shown = folder.join(DATABASE_FILE);
        output.warn(&format!(
            "debug build without a key: {} is not encrypted (set TRCAA_DB_KEY to encrypt it)",
            shown.display()
        ));
        return Ok(KeySource::Plain);
    }
    #[cfg(not(debug_assertions))]
    let _ = folder;
    Ok(KeySource::KeyFile)
}

/// Keys that an earlier product may have been configured with: those of its database, those of its sealed columns.
pub(crate) fn earlier_keys() -> (Vec<Secret>, Vec<Secret>) {
    let filled = |names: &[&str]| -> Vec<Secret> {
        let values = names.iter().filter_map(|name| env::var(name).ok());
        values.filter(|value| !value.trim().is_empty()).map(Secret::new).collect()
    };
    (filled(&["TFTSR_DB_KEY", "TRCAA_DB_KEY"]), filled(&["TRCAA_ENCRYPTION_KEY", "TFTSR_ENCRYPTION_KEY"]))
}

/// Opens the application with what flags and environment say.
pub(crate) fn open(global: &Global, output: &Output) -> Result<App, AppError> {
    let app = App::open(setup(global, output)?, progress(global))?;
    crate::signals::wait_for(app.pending_events());
    Ok(app)
}

/// Bars, where they are wanted and there is a terminal.
pub(crate) fn progress(global: &Global) -> Box<dyn Progress> {
    Bars::for_terminal(global.quiet || global.no_progress)
}

/// TRCAA_ENCRYPTION_KEY, else TFTSR_ENCRYPTION_KEY; refused where the same text would be as a database key.
fn encryption_key(output: &Output) -> Result<Option<Secret>, AppError> {
    let Some(text) = key_variable("TRCAA_ENCRYPTION_KEY", "TFTSR_ENCRYPTION_KEY", output)? else { return Ok(None) };
    Ok(parsed(&text)?.map(|_| Secret::new(text)))
}

/// What flags and environment say; opens nothing.
pub(crate) fn setup(global: &Global, output: &Output) -> Result<Setup, AppError> {
    let data_dir = data_dir(global, output)?;
    let key = key_source(&data_dir, output)?;
    let plugin_log: Option<Arc<dyn LogPort>> = global.verbose.then(|| Arc::new(StderrLog) as Arc<dyn LogPort>);
    Ok(Setup {
        data_dir,
        key,
        encryption_key: encryption_key(output)?,
        keyring: Some(Arc::new(SessionKeyring)),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        plugin_log,
        cancel: Cancel::default(),
    })
}

/// What authors of plugins work with: the data folder for the SDK, and the cargo of this process.
pub(crate) fn kit(global: &Global, output: &Output) -> Result<trcaa_app::kit::Kit, AppError> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Ok(trcaa_app::kit::Kit { data_dir: data_dir(global, output)?, cargo })
}

/// Plugins' lines on stderr, escaped: they are a stranger's text.
struct StderrLog;

impl LogPort for StderrLog {
    fn line(&self, plugin: &str, level: &'static str, message: &str) {
        let line = format!("{plugin}: {level}: {}\n", crate::output::visible(message));
        let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    }
}
