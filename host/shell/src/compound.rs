//! Walks compound commands: loops, conditions, groups, arithmetic and tests.
//!
//! A construct that this file does not account for does not compile, as in [`crate::walk`].

use brush_parser::ast::{CompoundCommand, ExtendedTestExpr};

use crate::cook::cook;
use crate::text;
use crate::tier::Tier;
use crate::walk::Walk;

impl Walk {
    pub(crate) fn compound(&mut self, compound: &CompoundCommand, depth: usize) {
        self.irregular("needs a shell");
        match compound {
            CompoundCommand::Arithmetic(arithmetic) => self.arithmetic(&arithmetic.expr.value, depth),
            CompoundCommand::ArithmeticForClause(clause) => {
                for expr in [&clause.initializer, &clause.condition, &clause.updater].into_iter().flatten() {
                    self.arithmetic(&expr.value, depth);
                }
                self.list(&clause.body.list, depth);
            }
            CompoundCommand::BraceGroup(group) => self.list(&group.list, depth),
            CompoundCommand::Subshell(subshell) => self.list(&subshell.list, depth),
            CompoundCommand::ForClause(clause) => {
                let before = self.fetchers;
                for word in clause.values.iter().flatten() {
                    self.variable_text(&word.value, depth);
                    self.assigns(&format!("{}={}", clause.variable_name, word.value), depth);
                }
                self.fetched_variables |= self.fetchers > before;
                self.list(&clause.body.list, depth);
            }
            CompoundCommand::CaseClause(clause) => {
                self.words(&clause.value, depth);
                for case in &clause.cases {
                    for pattern in &case.patterns {
                        self.words(pattern, depth);
                    }
                    if let Some(list) = &case.cmd {
                        self.list(list, depth);
                    }
                }
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition, depth);
                self.list(&clause.then, depth);
                for branch in clause.elses.iter().flatten() {
                    if let Some(condition) = &branch.condition {
                        self.list(condition, depth);
                    }
                    self.list(&branch.body, depth);
                }
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0, depth);
                self.endless += 1;
                self.list(&clause.1.list, depth);
                self.endless -= 1;
            }
            CompoundCommand::Coprocess(coprocess) => {
                if let Some(name) = &coprocess.name {
                    self.words(name, depth);
                }
                self.command(&coprocess.body, depth);
            }
        }
    }

    /// Looks into arithmetic. The parser takes `( (x) )` for it, so the text is also tried as commands.
    fn arithmetic(&mut self, expr: &str, depth: usize) {
        if text::holds_word(expr) {
            self.raise(Tier::Three, "arithmetic that holds a tier-3 word");
        }
        self.scripts_in(expr, depth);
        self.perhaps(expr, depth + 1);
    }

    pub(crate) fn test(&mut self, expr: &ExtendedTestExpr, depth: usize) {
        match expr {
            ExtendedTestExpr::And(left, right) | ExtendedTestExpr::Or(left, right) => {
                self.test(left, depth);
                self.test(right, depth);
            }
            ExtendedTestExpr::Not(inner) | ExtendedTestExpr::Parenthesized(inner) => self.test(inner, depth),
            ExtendedTestExpr::UnaryTest(_, word) => self.evaluated(&word.value, depth),
            ExtendedTestExpr::BinaryTest(_, left, right) => {
                self.evaluated(&left.value, depth);
                self.evaluated(&right.value, depth);
            }
        }
    }

    /// Looks into a word that bash evaluates once more (`[[ -v 'a[$(x)]' ]]`).
    fn evaluated(&mut self, raw: &str, depth: usize) {
        let cooked = cook(raw);
        for script in cooked.scripts {
            self.substitution(&script, depth);
        }
        for word in cooked.words {
            self.scripts_in(&word, depth);
        }
    }
}
