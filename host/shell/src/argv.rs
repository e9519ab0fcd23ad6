//! Makes the plan of a tier-1 line while it is judged, out of the very words that were judged.
//!
//! Must not read the line itself. Invariant: a draft that something inexact was put into never becomes a plan, so what
//! runs is what was judged, or nothing.

use crate::plan::{Flow, Plan, Stage, Step, When};

/// What one redirection does to a command, if it can be done without a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// A plain file is its standard input.
    Input(String),
    /// Its standard output goes nowhere.
    OutputToNull,
    /// Its standard error goes nowhere.
    ErrorToNull,
    /// Its standard error goes where its standard output goes at this place of the line.
    ErrorToOutput,
    /// Only a shell can do it.
    Shell,
}

/// The streams of one command, as its redirections change them from left to right.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    stdin: Option<String>,
    stdout: Flow,
    stderr: Flow,
    exact: bool,
}

impl Default for Streams {
    fn default() -> Self {
        Self { stdin: None, stdout: Flow::Output, stderr: Flow::Error, exact: true }
    }
}

impl Streams {
    /// Applies the next redirection.
    pub(crate) fn apply(&mut self, effect: Effect) {
        match effect {
            // A shell opens each of two inputs, and fails if the first is missing: that is not ours to repeat.
            Effect::Input(_) if self.stdin.is_some() => self.exact = false,
            Effect::Input(path) => self.stdin = Some(path),
            Effect::OutputToNull => self.stdout = Flow::Null,
            Effect::ErrorToNull => self.stderr = Flow::Null,
            Effect::ErrorToOutput => self.stderr = self.stdout,
            Effect::Shell => self.exact = false,
        }
    }

    /// Gives the stage of a command with these streams; none where only a shell could make it. A name with a slash
    /// leaves the fixed PATH.
    pub(crate) fn stage(self, argv: Vec<String>, slashes: bool) -> Option<Stage> {
        // The kernel takes neither an empty list nor a NUL.
        let name = argv.first()?;
        let plain =
            !name.is_empty() && (slashes || !name.contains('/')) && !argv.iter().any(|word| word.contains('\0'));
        (self.exact && plain).then_some(Stage { argv, stdin: self.stdin, stdout: self.stdout, stderr: self.stderr })
    }
}

/// A plan in the making.
#[derive(Default)]
pub(crate) struct Draft {
    steps: Vec<Step>,
    broken: bool,
}

impl Draft {
    /// Begins the next pipeline.
    pub(crate) fn step(&mut self, when: When) {
        self.steps.push(Step { when, stages: Vec::new() });
    }

    /// Puts the next command into the pipeline; `None` is one that needs a shell.
    pub(crate) fn stage(&mut self, stage: Option<Stage>) {
        match (self.steps.last_mut(), stage) {
            (Some(step), Some(stage)) => step.stages.push(stage),
            _ => self.broken = true,
        }
    }

    /// Notes that the line holds something that a plan can't.
    pub(crate) fn breaks(&mut self) {
        self.broken = true;
    }

    /// Gives the plan of exactly `parts` commands; none if anything was met that needs a shell.
    pub(crate) fn plan(self, parts: usize) -> Option<Plan> {
        let stages: usize = self.steps.iter().map(|step| step.stages.len()).sum();
        let whole = !self.broken && stages == parts && parts > 0 && self.steps.iter().all(|s| !s.stages.is_empty());
        whole.then_some(Plan { steps: self.steps })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Draft, Effect, Streams};
    use crate::plan::{Flow, When};

    fn streams(effects: &[Effect]) -> Streams {
        let mut streams = Streams::default();
        effects.iter().for_each(|effect| streams.apply(effect.clone()));
        streams
    }

    #[test]
    fn redirections_count_in_their_order() {
        let after = |effects: &[Effect]| {
            let stage = streams(effects).stage(vec!["ls".to_owned()], false).unwrap();
            (stage.stdout, stage.stderr)
        };
        assert_eq!(after(&[]), (Flow::Output, Flow::Error));
        assert_eq!(after(&[Effect::ErrorToOutput]), (Flow::Output, Flow::Output));
        assert_eq!(after(&[Effect::ErrorToOutput, Effect::OutputToNull]), (Flow::Null, Flow::Output));
        assert_eq!(after(&[Effect::OutputToNull, Effect::ErrorToOutput]), (Flow::Null, Flow::Null));
    }

    #[test]
    fn what_only_a_shell_can_do_has_no_stage() {
        let word = || vec!["ls".to_owned()];
        assert!(streams(&[Effect::Shell]).stage(word(), false).is_none());
        assert!(streams(&[Effect::Input("a".into()), Effect::Input("b".into())]).stage(word(), false).is_none());
        for argv in [vec![], vec![String::new()], vec!["/bin/ls".to_owned()], vec!["ls".to_owned(), "a\0".to_owned()]] {
            assert!(Streams::default().stage(argv, false).is_none());
        }
    }

    #[test]
    fn a_draft_that_misses_a_command_is_no_plan() {
        let draft = |stages: usize| {
            let mut draft = Draft::default();
            draft.step(When::Always);
            (0..stages).for_each(|_| draft.stage(Streams::default().stage(vec!["ls".to_owned()], false)));
            draft
        };
        assert!(draft(2).plan(2).is_some());
        assert!(draft(2).plan(3).is_none());
        assert!(draft(0).plan(0).is_none());
        let mut broken = draft(1);
        broken.breaks();
        assert!(broken.plan(1).is_none());
    }
}
