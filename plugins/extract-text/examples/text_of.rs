//! Prints the text of a document: `cargo run -p extract-text --example text_of -- FILE`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1) else { return ExitCode::from(2) };
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("reading the file: {error}");
            return ExitCode::FAILURE;
        }
    };
    let format = if bytes.starts_with(b"PK") { "docx" } else { "pdf" };
    let mut out = std::io::stdout().lock();
    match extract_text::extract(format, bytes, &mut |piece| out.write_all(piece).map_err(drop)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
