//! A user's own rules: what else is personal data or a secret here, in a TOML file.
//!
//! Owns: reading and checking the file, finding, and the rules' own tests. Must not know: what becomes of the spans.
//! Invariants: a file that is there and can't be used refuses detection, whatever is wrong with it; every rule looks at
//! every text; time is linear in the text for any expression, since engines without backtracking look at one line, or
//! 4 KiB of it, at a time; equal text, equal spans, for any windows.

mod check;
mod file;
mod find;
mod problem;
mod validate;

use std::path::{Path, PathBuf};

use regex_automata::meta::Regex;

pub use check::{RuleChecked, RuleSummary, RulesChecked};
pub use problem::RuleProblem;

use crate::AppError;
use problem::refusal;
use validate::Validator;

/// Name of the file in the data folder.
pub const RULES_FILE: &str = "pii-rules.toml";
/// What the rules are called among the detectors.
pub(crate) const DETECTOR: &str = "rules";

/// Which rules count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RulesSource {
    /// This file, if it is there.
    IfThere(PathBuf),
    /// This file.
    Named(PathBuf),
}

/// A file's rules, ready to look.
#[derive(Debug)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

/// One rule.
#[derive(Debug)]
struct Rule {
    id: String,
    label: String,
    regex: Regex,
    /// The group that is the value; without one, or where it took no part, all of the match is.
    group: Option<usize>,
    validator: Validator,
    /// In lower case; one of them has to stand before the value.
    context: Vec<String>,
    context_bytes: usize,
    tests: Vec<RuleTest>,
    line: usize,
}

/// A test of a rule: what it has to hide of a text, and what not.
#[derive(Debug)]
struct RuleTest {
    text: String,
    must: Vec<String>,
    must_not: Vec<String>,
    line: usize,
}

impl Rules {
    /// Reads the rules; `None` where there is no file and none was named.
    ///
    /// # Errors
    /// `bad_rules`: a file that can't be read or used, with line, column and rule.
    pub(crate) fn load(source: &RulesSource) -> Result<Option<Self>, AppError> {
        let (RulesSource::IfThere(path) | RulesSource::Named(path)) = source;
        // A link that leads nowhere is something that is there and can't be read.
        let absent = path.symlink_metadata().is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound);
        if absent && matches!(source, RulesSource::IfThere(_)) {
            return Ok(None);
        }
        let text = file::read(path)?;
        Self::parse(&text).map(Some).map_err(|problems| refusal(path, &problems))
    }

    /// Reads rules from a text.
    fn parse(text: &str) -> Result<Self, Vec<RuleProblem>> {
        file::parse(text).map(|rules| Self { rules })
    }
}

/// Checks a file: what is wrong with it, and what its rules' own tests come to.
///
/// # Errors
/// `unreadable`: there is no such file, or it is no text.
pub fn check_rules(path: &Path) -> Result<RulesChecked, AppError> {
    check::check(path)
}

/// Lists a file's rules; none where there is no file and none was named.
///
/// # Errors
/// `bad_rules`, as for detection.
pub fn list_rules(source: &RulesSource) -> Result<Vec<RuleSummary>, AppError> {
    Ok(Rules::load(source)?.map_or_else(Vec::new, |rules| check::list(&rules)))
}

#[cfg(test)]
mod tests;
