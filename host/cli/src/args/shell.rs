//! Arguments of `trcaa shell …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ShellCommand {
    /// Tell the tier of a command line; nothing is run
    Classify {
        /// The line, as one argument
        #[arg(required_unless_present = "file")]
        line: Option<String>,
        /// Judge each line of this file; JSON Lines on stdout
        #[arg(long, value_name = "FILE", conflicts_with = "line")]
        file: Option<PathBuf>,
    },
    /// Run a command, with nothing on its standard input: tier 1 by itself in a cage, tier 2 after a yes, tier 3 never
    Run(RunArgs),
    /// List what was proposed, decided and run, newest first
    History {
        /// Only for this issue: id, prefix or suffix of 6 characters, or `last`
        #[arg(long)]
        issue: Option<String>,
        /// Show at most this many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show one run with what it put out
    Show {
        /// Its id, a prefix or suffix of 6 characters, or `last`
        execution: String,
        /// Show it as a model would see it
        #[arg(long)]
        redacted: bool,
    },
    /// List what is allowed or denied for a session, and still holds
    Approvals {
        /// Take all of it back
        #[arg(long)]
        clear: bool,
    },
    /// List the lines with places to fill in (`shell run --template ID --set PLACE=VALUE`)
    Templates,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The line, as one argument
    #[arg(required_unless_present = "template")]
    pub(crate) line: Option<String>,
    /// Fill in this template instead
    #[arg(long, value_name = "ID", conflicts_with = "line")]
    pub(crate) template: Option<String>,
    /// A place of the template and its value
    #[arg(long, value_name = "PLACE=VALUE", requires = "template", value_parser = pair)]
    pub(crate) set: Vec<(String, String)>,
    /// Keep it with this issue: id, prefix or suffix of 6 characters, or `last`
    #[arg(long)]
    pub(crate) issue: Option<String>,
    /// Allow it without being asked, if it is tier 2
    #[arg(long, value_name = "HOW")]
    pub(crate) approve: Option<Approve>,
    /// End it after this many seconds [default: the setting shell.timeout_seconds, 30]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) timeout: Option<u64>,
}

/// What `--approve` allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Approve {
    /// This one run
    Once,
    /// What its pattern covers, in this folder and kube context, until the session ends
    Session,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((place, value)) if !place.is_empty() => Ok((place.to_owned(), value.to_owned())),
        _ => Err("it has to be PLACE=VALUE".to_owned()),
    }
}
