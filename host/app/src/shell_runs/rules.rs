//! The user's own table of commands: `shell-rules.toml` in the data folder.
//!
//! Invariant: a file that can't be used refuses every line, rather than judging without it: it may be what raises one.

use trcaa_shell::Rules;

use crate::{App, AppError};

/// Its name.
pub const SHELL_RULES_FILE: &str = "shell-rules.toml";
/// Largest one.
const FILE_BYTES_MAX: usize = 256 << 10;

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
pub fn load_shell_rules(folder: &std::path::Path) -> Result<Rules, AppError> {
    let path = folder.join(SHELL_RULES_FILE);
    let failed = |why: String| {
        AppError::usage("shell_rules", format!("reading {}: {why}", path.display()))
            .hint("mend it, or move it away; until then no line is judged")
    };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Rules::default()),
        Err(e) => return Err(failed(e.to_string())),
    };
    if bytes.len() > FILE_BYTES_MAX {
        return Err(failed(format!("it has {} bytes; {FILE_BYTES_MAX} are the limit", bytes.len())));
    }
    let text =
        String::from_utf8(bytes).map_err(|e| failed(format!("byte {} is no UTF-8", e.utf8_error().valid_up_to())))?;
    Rules::parse(&text).map_err(|e| failed(e.to_string()))
}
