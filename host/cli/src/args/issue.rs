//! Arguments of `trcaa issue …`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum IssueCommand {
    /// Open an issue
    New {
        /// One line
        title: String,
        #[command(flatten)]
        fields: IssueFields,
    },
    /// List issues, newest first
    List {
        /// Only this status: open, investigating, resolved, closed
        #[arg(long)]
        status: Option<String>,
        /// Only this severity
        #[arg(long)]
        severity: Option<String>,
        /// Show at most this many [default: the setting list.limit, 50]
        #[arg(long)]
        limit: Option<u32>,
        /// Pass over this many
        #[arg(long, default_value_t = 0)]
        offset: u32,
    },
    /// Show an issue with everything below it
    Show {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        id: String,
    },
    /// Change fields; an empty text clears one
    Edit {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        id: String,
        /// One line
        #[arg(long)]
        title: Option<String>,
        /// open, investigating, resolved, closed
        #[arg(long)]
        status: Option<String>,
        #[command(flatten)]
        fields: IssueFields,
    },
    /// Resolve an issue, perhaps with its root cause
    Resolve {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        id: String,
        /// The root cause, in a sentence
        #[arg(long, value_name = "TEXT")]
        root_cause: Option<String>,
        /// How sure, 0 to 1
        #[arg(long, requires = "root_cause", default_value_t = 1.0)]
        confidence: f64,
    },
    /// Close an issue
    Close {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        id: String,
    },
    /// Reopen an issue
    Reopen {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        id: String,
    },
    /// Delete an issue with everything below it
    Delete {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        id: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct IssueFields {
    /// critical, high, medium, low, or P1 to P4 [default for a new issue: medium]
    #[arg(long)]
    pub(crate) severity: Option<String>,
    /// What is known
    #[arg(long)]
    pub(crate) description: Option<String>,
    /// Domain, such as databases or kubernetes
    #[arg(long)]
    pub(crate) domain: Option<String>,
    /// Where the report came from
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Who works on it
    #[arg(long)]
    pub(crate) assigned_to: Option<String>,
    /// A label; may be given again
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
}
