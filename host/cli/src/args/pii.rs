//! Arguments of `trcaa pii …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum PiiCommand {
    /// Scan a file or a stream without any store
    Scan(ScanArgs),
    /// Check and list your own rules for what is to be found
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Find spans in a log; earlier undecided ones are replaced
    Detect {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
    },
    /// List a log's spans
    Spans {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
    },
    /// Look at each finding in its line and decide by a key; on a terminal
    Review {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
    },
    /// Confirm spans
    Accept(DecideArgs),
    /// Declare spans harmless: they stay in clear
    Reject(DecideArgs),
    /// Mark a span by hand
    Add {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
        /// First byte
        #[arg(long)]
        start: u64,
        /// One past the last byte
        #[arg(long)]
        end: u64,
        /// Type, such as Email
        #[arg(long = "type", value_name = "TYPE")]
        label: String,
    },
    /// Make the redacted copy
    Apply {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
    },
    /// Put the values back in place of an issue's placeholders
    Restore {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
        /// The text; `-` is standard input
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// The file; `-` is standard input, whose whole lines are told as soon as it pauses
    pub(crate) file: PathBuf,
    /// Print the redacted text instead of the findings
    #[arg(long)]
    pub(crate) redact: bool,
    /// Exit with 1 if anything was found
    #[arg(long)]
    pub(crate) fail_on_find: bool,
    /// Take the rules in this file [default: pii-rules.toml in the data folder, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// Leave out a detector, such as pii-names, which tells persons and takes half the time; may be repeated
    #[arg(long, value_name = "DETECTOR")]
    pub(crate) without: Vec<String>,
}

/// `trcaa pii rules …`
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// Check a file of rules and run the rules' own tests
    Check {
        /// The file [default: pii-rules.toml in the data folder]
        file: Option<PathBuf>,
    },
    /// List the rules of a file
    List {
        /// The file [default: pii-rules.toml in the data folder]
        file: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// Log: id, prefix or suffix of 6 characters, or `last`
    pub(crate) log: String,
    /// Spans: ids, or prefixes or suffixes of 6 characters
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(crate) spans: Vec<String>,
    /// All of the log's spans
    #[arg(long)]
    pub(crate) all: bool,
}
