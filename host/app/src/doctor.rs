//! Looking a whole installation over: folder, store, trail, detectors, policies, providers, plugins, machine.
//!
//! Invariants: nothing is made, converted, migrated or tightened by looking; a check that fails does not keep the others
//! from being made; no value, key or text of a log is in what is told.

mod cage;
mod folder;
mod inside;

use serde::Serialize;

use crate::{App, AppError, Setup};

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckStatus {
    /// As it should be.
    Ok,
    /// It works, and should be looked at.
    Warning,
    /// Something does not work until this is mended.
    Broken,
}

impl CheckStatus {
    /// As it is shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Broken => "broken",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Stable, such as `data_folder`; there may be several of one name.
    pub name: &'static str,
    /// What it came to.
    pub status: CheckStatus,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Check {
    fn ok(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, status: CheckStatus::Ok, detail: detail.into(), hint: None }
    }

    fn warning(name: &'static str, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { name, status: CheckStatus::Warning, detail: detail.into(), hint: Some(hint.into()) }
    }

    fn broken(name: &'static str, detail: impl Into<String>, hint: Option<String>) -> Self {
        Self { name, status: CheckStatus::Broken, detail: detail.into(), hint }
    }

    fn failed(name: &'static str, error: AppError) -> Self {
        Self::broken(name, error.message, error.hints.into_iter().next())
    }
}

/// Looks everything over; what is not there yet is no fault.
pub fn examine(setup: Setup) -> Vec<Check> {
    let mut checks = vec![folder::data_folder(&setup.data_dir)];
    let clock = folder::clock(setup.clock.now_ms());
    let disk = folder::disk_space(&setup.data_dir);
    let shell_rules = cage::rules(&setup.data_dir);
    match folder::has_database(&setup.data_dir) {
        false => {
            checks.push(Check::ok("database", "there is none yet; the first command that stores something makes it"))
        }
        true => match App::look(setup) {
            Ok(app) => checks.extend(inside::all(&app)),
            Err(error) if error.code == "not_ready" => checks.push(Check::warning(
                "database",
                error.message,
                "any other command does that, such as: trcaa db status; make a copy of the folder first if in doubt",
            )),
            Err(error) => checks.push(Check::failed("database", error)),
        },
    }
    checks.push(disk);
    checks.push(clock);
    checks.extend(cage::abilities());
    checks.push(shell_rules);
    checks
}
