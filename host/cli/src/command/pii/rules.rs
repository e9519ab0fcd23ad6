//! `trcaa pii rules …`, and which file of rules counts.

use std::path::Path;

use serde_json::json;
use trcaa_app::{AppError, RULES_FILE, RulesSource};

use crate::args::{Global, RulesCommand};
use crate::output::{Output, visible};

/// The file that was named, else the one in the data folder.
pub(super) fn source(named: Option<&Path>, global: &Global, output: &Output) -> Result<RulesSource, AppError> {
    Ok(match named {
        Some(path) => RulesSource::Named(path.to_path_buf()),
        None => RulesSource::IfThere(crate::settings::data_dir(global, output)?.join(RULES_FILE)),
    })
}

pub(super) fn run(command: &RulesCommand, global: &Global, output: &Output) -> Result<(), AppError> {
    match command {
        RulesCommand::Check { file } => {
            let (RulesSource::Named(path) | RulesSource::IfThere(path)) = source(file.as_deref(), global, output)?;
            check(&path, output)
        }
        RulesCommand::List { file } => list(&source(file.as_deref(), global, output)?, output),
    }
}

fn check(path: &Path, output: &Output) -> Result<(), AppError> {
    let checked = trcaa_app::check_rules(path)?;
    if output.json {
        output.object(&checked)?;
    } else {
        for problem in &checked.problems {
            let rule = if problem.rule.is_empty() { String::new() } else { format!("rule {}: ", problem.rule) };
            let told = format!("{}:{}:{}: {rule}{}", checked.file, problem.line, problem.column, problem.message);
            output.text(&visible(&told));
            output.text(&format!("  hint: {}", visible(&problem.hint)));
        }
        let some = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
        output.text(&format!(
            "{}, {}, {}",
            some(checked.rules, "rule"),
            some(checked.tests, "test"),
            some(checked.problems.len(), "problem")
        ));
    }
    if checked.problems.is_empty() { Ok(()) } else { Err(AppError::told()) }
}

fn list(source: &RulesSource, output: &Output) -> Result<(), AppError> {
    let rules = trcaa_app::list_rules(source)?;
    let (RulesSource::Named(path) | RulesSource::IfThere(path)) = source;
    if output.json {
        return output.object(json!({"file": path.display().to_string(), "rules": rules}));
    }
    let row = |rule: &trcaa_app::RuleSummary| {
        vec![
            rule.id.clone(),
            rule.label.clone(),
            rule.validator.clone(),
            rule.context.join(", "),
            rule.tests.to_string(),
        ]
    };
    output.table(&["RULE", "TYPE", "VALIDATOR", "CONTEXT", "TESTS"], &rules.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
