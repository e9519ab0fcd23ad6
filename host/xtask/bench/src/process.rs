//! Whole processes: from the command line to the end of a command that calls a plugin.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::interleaved::{Batch, measure, timed};
use crate::table::{Limit, Table};
use crate::{Options, Outcome};

/// From argv to exit, the opening of the store included.
const LIMIT: Limit = Limit::Nanoseconds(15e6);

/// Measures them.
pub(crate) fn run(table: &mut Table, options: &Options) -> Outcome {
    let Some(trcaa) = &options.trcaa else {
        eprintln!("process: not measured, it needs --trcaa FILE");
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("a.log");
    std::fs::write(&log, bench_job::text())?;
    let log = log.display().to_string();
    let trcaa = |args: &[&str]| run_trcaa(trcaa, folder.path(), args);
    trcaa(&["issue", "new", "bench"])?;
    trcaa(&["log", "add", "last", &log])?;
    let one = |args: &'static [&'static str]| -> Batch<'_> { Box::new(move |calls| timed(calls, || trcaa(args))) };
    let scan: Batch<'_> = Box::new(|calls| timed(calls, || trcaa(&["pii", "scan", &log])));
    let sides =
        &mut [(1, one(&["pii", "detect", "last"])), (1, scan), (1, one(&["issue", "list"])), (1, one(&["--version"]))];
    let times = measure(40, sides)?;
    table.add("whole process: pii detect (store, plugin call, commit)", &times[0], None, &LIMIT);
    table.add("whole process: pii scan (plugin call, no store)", &times[1], None, &LIMIT);
    table.add("  of these: issue list (store, no plugin)", &times[2], None, &Limit::None);
    table.add("  of these: --version (neither)", &times[3], None, &Limit::None);
    Ok(())
}

fn run_trcaa(trcaa: &Path, folder: &Path, args: &[&str]) -> Outcome {
    let mut command = Command::new(trcaa);
    command.env_clear().env("HOME", folder).env("TRCAA_DATA_DIR", folder.join("data")).args(args);
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
