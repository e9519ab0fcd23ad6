//! `trcaa db …`: one file per command.

mod backup;
mod check;
mod compact;
mod export;
mod import;
mod rekey;
mod restore;
mod status;

use trcaa_app::{AppError, Overwrite};

use super::Opened;
use crate::args::{DbCommand, Global};
use crate::output::Output;

/// `open` is called by each command that needs the database to be whole; `restore` does not.
pub(super) fn run(
    open: impl FnOnce() -> Opened,
    command: &DbCommand,
    global: &Global,
    output: &Output,
) -> Result<(), AppError> {
    match command {
        DbCommand::Status => status::run(&open()?, output),
        DbCommand::Check => check::run(&open()?, output),
        DbCommand::Backup { file, force } => backup::run(file, *force, global, output),
        DbCommand::Restore { file, key_stdin, force } => restore::run(file, *key_stdin, *force, global, output),
        DbCommand::Export { file, clear, force } => export::run(open, file, *clear, *force, global, output),
        DbCommand::Import(args) => import::run(&open()?, args, output),
        DbCommand::Rekey(args) => rekey::run(global, args, output),
        DbCommand::Compact => compact::run(global, output),
    }
}

fn overwrite(force: bool) -> Overwrite {
    if force { Overwrite::Replace } else { Overwrite::Refuse }
}
