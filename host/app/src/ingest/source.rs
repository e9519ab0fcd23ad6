//! Where attachments come from: opening, naming, and what is not opened at all.
//!
//! Invariants: nothing but regular files, pipes, standard input and given text is read; the store's own files are not,
//! since closing a second handle of a database drops its locks; a name is one line without folders.

use std::fs::{File, Metadata};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::AppError;

/// Characters of a name.
const NAME_CHARS_MAX: usize = 200;
/// How the names of the store's own files begin.
const OWN_PREFIX: &str = "tftsr.";

/// Where a log or an image comes from.
#[derive(Debug, Clone)]
pub enum LogInput {
    /// A file.
    Path(PathBuf),
    /// Standard input, with the name that the log gets.
    Stdin(String),
    /// A text that is there already.
    Content {
        /// The name that the log gets.
        name: String,
        /// The whole text.
        text: String,
    },
}

/// An open input.
pub(crate) struct Source {
    /// For errors.
    pub(crate) shown: String,
    /// Name without folders, not made safe yet.
    pub(crate) name: String,
    /// Absolute; empty where it was no file.
    pub(crate) path: String,
    /// Bytes, where that is known before reading.
    pub(crate) length: Option<u64>,
    /// Its bytes.
    pub(crate) reader: Box<dyn Read + Send>,
}

impl Source {
    /// Opens an input; `database` is the store's own file, if one is open.
    pub(crate) fn open(input: &LogInput, database: Option<&Path>) -> Result<Self, AppError> {
        match input {
            LogInput::Stdin(name) => Ok(Self {
                shown: "standard input".to_owned(),
                name: name.clone(),
                path: String::new(),
                length: None,
                reader: Box::new(io::stdin()),
            }),
            LogInput::Content { name, text } => Ok(Self {
                shown: "the given text".to_owned(),
                name: name.clone(),
                path: String::new(),
                length: Some(text.len() as u64),
                reader: Box::new(Cursor::new(text.clone().into_bytes())),
            }),
            LogInput::Path(path) => {
                let shown = path.display().to_string();
                let (file, length) = open(path, &shown, database)?;
                Ok(Self { shown, name: file_name(path), path: absolute(path), length, reader: Box::new(file) })
            }
        }
    }
}

pub(crate) fn unreadable(shown: &str, e: &io::Error) -> AppError {
    let error = AppError::failed("unreadable", format!("reading {shown}: {e}"));
    match e.kind() {
        io::ErrorKind::NotFound => error.hint("check the path; a relative one begins at the current folder"),
        io::ErrorKind::PermissionDenied => error.hint("check who may read it: ls -l"),
        _ => error,
    }
}

fn open(path: &Path, shown: &str, database: Option<&Path>) -> Result<(File, Option<u64>), AppError> {
    // Looked at before it is opened: opening alone makes some devices do something.
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(shown, &e))?;
    check_kind(&metadata, shown)?;
    if database.is_some_and(|database| is_own(path, &metadata, database)) {
        return Err(AppError::failed("own_file", format!("reading {shown}: it belongs to the store itself"))
            .hint("look into the store with: trcaa db status"));
    }
    let file = File::open(path).map_err(|e| unreadable(shown, &e))?;
    // And again: something else may have taken its place in between.
    let metadata = file.metadata().map_err(|e| unreadable(shown, &e))?;
    check_kind(&metadata, shown)?;
    Ok((file, metadata.is_file().then_some(metadata.len())))
}

fn check_kind(metadata: &Metadata, shown: &str) -> Result<(), AppError> {
    if metadata.is_dir() {
        return Err(AppError::failed("is_folder", format!("reading {shown}: it is a folder"))
            .hint(format!("name the files in it: {shown}/*.log")));
    }
    if !metadata.is_file() && !is_pipe(metadata) {
        let message = format!("reading {shown}: it is neither a regular file nor a pipe");
        return Err(AppError::failed("not_a_file", message));
    }
    Ok(())
}

#[cfg(unix)]
fn is_pipe(metadata: &Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_metadata: &Metadata) -> bool {
    false
}

/// The database under any name, and whatever lies beside it under its name.
fn is_own(path: &Path, metadata: &Metadata, database: &Path) -> bool {
    let folder = |path: &Path| path.canonicalize().ok().and_then(|whole| whole.parent().map(Path::to_path_buf));
    let named_so = path
        .canonicalize()
        .is_ok_and(|whole| whole.file_name().is_some_and(|name| name.to_string_lossy().starts_with(OWN_PREFIX)));
    same_file(metadata, database) || (named_so && folder(path).is_some() && folder(path) == folder(database))
}

#[cfg(unix)]
fn same_file(metadata: &Metadata, database: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(database).is_ok_and(|own| (own.dev(), own.ino()) == (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn same_file(_metadata: &Metadata, _database: &Path) -> bool {
    false
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}

/// One line without folders, control characters and those that turn or hide text, at most [`NAME_CHARS_MAX`] characters.
pub(crate) fn safe_name(name: &str, otherwise: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let plain: String = last.chars().filter(|c| !hidden(c)).take(NAME_CHARS_MAX).collect();
    if plain.trim_matches(|c: char| c == '.' || c.is_whitespace()).is_empty() { otherwise.to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_line_without_folders() {
        for (given, kept) in [
            ("app.log", "app.log"),
            ("../../etc/passwd", "passwd"),
            ("C:\\logs\\app.log", "app.log"),
            ("a\nb\u{1b}[31m\0.log", "ab[31m.log"),
            ("invoice\u{202e}gol.exe", "invoicegol.exe"),
            ("übersicht 1.log", "übersicht 1.log"),
            ("..", "log"),
            (" . ", "log"),
            ("", "log"),
            ("folder/", "log"),
            ("\u{feff}\u{200b}", "log"),
        ] {
            assert_eq!(safe_name(given, "log"), kept, "{given:?}");
        }
        assert_eq!(safe_name(&"ä".repeat(5_000), "log").chars().count(), NAME_CHARS_MAX);
    }
}
