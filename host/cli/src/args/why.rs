//! Arguments of `trcaa why …`.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct WhyArgs {
    #[command(subcommand)]
    pub(crate) list: Option<WhyCommand>,
    /// Issue: id, prefix or suffix of 6 characters, or `last`
    #[arg(required = true)]
    pub(crate) issue: Option<String>,
    /// Your answer [default: ask the provider]
    #[arg(long, value_name = "TEXT")]
    pub(crate) answer: Option<String>,
    /// What shows it
    #[arg(long, value_name = "TEXT", requires = "answer")]
    pub(crate) evidence: Option<String>,
    /// The question [default: it follows from the level before]
    #[arg(long, value_name = "TEXT")]
    pub(crate) question: Option<String>,
    /// Ask this provider [default: offline-analyst]
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WhyCommand {
    /// List the whys of an issue
    List {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
    },
}
