//! What commands that are run for a diagnosis can be caged with here, and the user's own table of commands.

use std::path::Path;

use super::Check;
use crate::shell_runs::{SHELL_RULES_FILE, load_shell_rules};

/// Each part of the cage: what the kernel lacks, a command of tier 1 runs without.
pub(super) fn abilities() -> Vec<Check> {
    let told = |ability: trcaa_shell::run::Ability| match ability.holds {
        true => Check::ok(ability.name, ability.detail),
        false => Check::warning(
            ability.name,
            ability.detail,
            "commands of tier 1 run without it; a newer kernel (boot with lsm=landlock,… where Landlock is off) has it",
        ),
    };
    trcaa_shell::run::abilities().into_iter().map(told).collect()
}

/// The user's own table: a file that can't be used refuses every line.
pub(super) fn rules(folder: &Path) -> Check {
    let name = "shell_rules";
    match load_shell_rules(folder) {
        Err(error) => Check::failed(name, error),
        Ok(rules) if rules.is_empty() => Check::ok(name, format!("there is no {SHELL_RULES_FILE}")),
        Ok(_) => Check::ok(name, format!("{SHELL_RULES_FILE} is in force")),
    }
}
