//! The user's own table of commands: `shell-rules.toml` in the data folder.
//!
//! Invariant: a file that can't be used refuses every line, rather than judging without it: it may be what raises one.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use trcaa_shell::Rules;

use crate::{App, AppError};

/// Its name.
pub const SHELL_RULES_FILE: &str = "shell-rules.toml";
/// Largest one.
const FILE_BYTES_MAX: u64 = 256 << 10;

impl App {
    /// Reads the user's table; none is there where there is no file.
    ///
    /// # Errors
    /// `shell_rules`: it can't be read, or what is wrong in it and where.
    pub fn shell_rules(&self) -> Result<Rules, AppError> {
        load_shell_rules(self.data_folder())
    }
}

/// Reads the table of a data folder, without a store.
///
/// # Errors
/// As [`App::shell_rules`].
pub fn load_shell_rules(folder: &Path) -> Result<Rules, AppError> {
    let path = folder.join(SHELL_RULES_FILE);
    let failed = |why: String| {
        AppError::usage("shell_rules", format!("reading {}: {why}", path.display()))
            .hint("mend it, or move it away; until then no line is judged")
    };
    let Some(file) = open_own(&path).map_err(failed)? else { return Ok(Rules::default()) };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| failed(e.to_string()))?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(failed(format!("it has more than {FILE_BYTES_MAX} bytes")));
    }
    let text =
        String::from_utf8(bytes).map_err(|e| failed(format!("byte {} is no UTF-8", e.utf8_error().valid_up_to())))?;
    Rules::parse(&text).map_err(|e| failed(e.to_string()))
}

/// Opens the file, if it is there: a plain one, that nobody but the user (or root) can have written. Waits for nothing.
#[cfg(unix)]
fn open_own(path: &Path) -> Result<Option<File>, String> {
    use std::os::unix::fs::MetadataExt as _;

    use rustix::fs::{Mode, OFlags};
    let opened = match rustix::fs::open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty()) {
        Ok(opened) => File::from(opened),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(e) => return Err(e.to_string()),
    };
    let about = opened.metadata().map_err(|e| e.to_string())?;
    let me = rustix::process::geteuid().as_raw();
    if !about.is_file() {
        return Err("it is no plain file".to_owned());
    }
    if about.uid() != me && about.uid() != 0 {
        return Err("it belongs to somebody else".to_owned());
    }
    if about.mode() & 0o022 != 0 {
        return Err("others may write to it (chmod go-w)".to_owned());
    }
    Ok(Some(opened))
}

#[cfg(not(unix))]
fn open_own(path: &Path) -> Result<Option<File>, String> {
    match File::open(path) {
        Ok(opened) => Ok(Some(opened)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.to_string()),
    }
}
