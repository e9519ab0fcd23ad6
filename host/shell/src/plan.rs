//! A tier-1 line as programs with their arguments: what is run without a shell.
//!
//! Owns the shape alone. What makes one (`argv`) reads the same cooked words that were judged, so that what runs is what
//! was judged.

/// Pipelines in their order, each with the condition that lets it begin; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// At most [`crate::limits::PARTS_MAX`] stages in all steps together.
    pub steps: Vec<Step>,
}

/// One pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Whether it runs, by how the last step that ran ended.
    pub when: When,
    /// The programs from left to right, each reading what the one before puts out; never empty.
    pub stages: Vec<Stage>,
}

/// What `;`, `&&` and `||` ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// It runs however the last one ended: the first step, and what follows `;` or a newline.
    Always,
    /// It runs if the last step that ran ended with 0.
    Succeeded,
    /// It runs if the last step that ran ended with something else.
    Failed,
}

/// One program of a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name, without a slash, and its arguments, as they are given to it; never empty.
    pub argv: Vec<String>,
    /// The plain file that is its standard input; else that of the pipe, or nothing for the first stage.
    pub stdin: Option<String>,
    /// Where its standard output goes.
    pub stdout: Flow,
    /// Where its standard error goes.
    pub stderr: Flow,
}

/// Where one stream of a stage goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The pipe to the next stage, or the captured output of the last.
    Output,
    /// The captured error output.
    Error,
    /// Nowhere: `/dev/null`.
    Null,
}
