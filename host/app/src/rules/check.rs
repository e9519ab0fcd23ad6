//! What an author of rules wants to know: whether they can be used, and whether they find what they should.

use std::path::Path;

use serde::Serialize;

use super::problem::RuleProblem;
use super::{Rule, Rules, file};
use crate::AppError;

/// What became of a file that was checked.
#[derive(Debug, Clone, Serialize)]
pub struct RulesChecked {
    /// The file.
    pub file: String,
    /// Rules in it; 0 where it can't be read.
    pub rules: usize,
    /// Tests of them.
    pub tests: usize,
    /// What is wrong: with the file, or, where nothing is, what its tests did not find right.
    pub problems: Vec<RuleProblem>,
    /// Every rule, with its tests.
    pub checked: Vec<RuleChecked>,
}

/// What became of one rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleChecked {
    /// Its id.
    pub id: String,
    /// Its tests.
    pub tests: usize,
    /// How many of them failed.
    pub failed: usize,
}

/// A rule in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RuleSummary {
    /// Its id.
    pub id: String,
    /// What its findings are called.
    pub label: String,
    /// The check of a value, as it is written in the file.
    pub validator: String,
    /// Words of which one has to stand before.
    pub context: Vec<String>,
    /// How many tests it has.
    pub tests: usize,
}

pub(super) fn list(rules: &Rules) -> Vec<RuleSummary> {
    let summary = |rule: &Rule| RuleSummary {
        id: rule.id.clone(),
        label: rule.label.clone(),
        validator: rule.validator.name(),
        context: rule.context.clone(),
        tests: rule.tests.len(),
    };
    rules.rules.iter().map(summary).collect()
}

pub(super) fn check(path: &Path) -> Result<RulesChecked, AppError> {
    let text = file::read(path)?;
    let mut checked = RulesChecked {
        file: path.display().to_string(),
        rules: 0,
        tests: 0,
        problems: Vec::new(),
        checked: Vec::new(),
    };
    match Rules::parse(&text) {
        Err(problems) => checked.problems = problems,
        Ok(rules) => {
            checked.rules = rules.rules.len();
            for rule in &rules.rules {
                let failures = rule.failures();
                checked.tests += rule.tests.len();
                checked.checked.push(RuleChecked {
                    id: rule.id.clone(),
                    tests: rule.tests.len(),
                    failed: failures.len(),
                });
                checked.problems.extend(failures);
            }
        }
    }
    Ok(checked)
}

impl Rule {
    /// Its tests that fail, one problem for each.
    fn failures(&self) -> Vec<RuleProblem> {
        let mut problems = Vec::new();
        for test in &self.tests {
            let mut spans = Vec::new();
            self.find(&test.text, 0, &mut spans);
            let hidden = |at: usize| spans.iter().any(|span| (span.start..span.end).contains(&(at as u64)));
            let every = |part: &str, wanted: bool| {
                test.text
                    .match_indices(part)
                    .all(|(start, _)| (start..start + part.len()).all(|at| hidden(at) == wanted))
            };
            let missed = test.must.iter().find(|part| !every(part, true));
            let touched = test.must_not.iter().find(|part| !every(part, false));
            let (message, hint) = match (missed, touched) {
                (Some(part), _) => (
                    format!("a test fails: {part:?} is not hidden"),
                    "every place where it stands in text has to be within a finding: look at regex, validator and context",
                ),
                (None, Some(part)) => (
                    format!("a test fails: {part:?} is hidden"),
                    "make the expression narrower, name the part to hide (?P<value>…), or add a validator or context",
                ),
                (None, None) => continue,
            };
            problems.push(RuleProblem {
                line: test.line,
                column: 1,
                rule: self.id.clone(),
                message,
                hint: hint.to_owned(),
            });
        }
        problems
    }
}
