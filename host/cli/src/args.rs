//! The arguments, as `cli.md` has them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// From a broken system's logs to an evidenced root-cause document, on your own machine.
#[derive(Debug, Parser)]
#[command(name = "trcaa", version, about, long_about = None, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Keep everything in this folder [default: TRCAA_DATA_DIR, else the app-data folder + /trcaa]
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Print one JSON object on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Print nothing but the result
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Show what plugins log, on stderr
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Answer yes to every question
    #[arg(long, short = 'y', global = true)]
    pub(crate) yes: bool,
    /// Show no progress bars [default: shown on a terminal]
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Do the whole job: issue, logs, redaction, analysis, 5 Whys, RCA, export
    Triage(TriageArgs),
    /// Open, list, change and close issues
    #[command(subcommand)]
    Issue(IssueCommand),
    /// Find issues by words of their title and description
    Search {
        /// What to look for; every text is a search
        query: String,
        /// Show at most this many
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Attach, list and show logs
    #[command(subcommand)]
    Log(LogCommand),
    /// Find and hide personal data and secrets
    #[command(subcommand)]
    Pii(PiiCommand),
    /// Analyse an issue's redacted logs
    Analyze {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
        /// Ask this provider [default: offline-analyst]
        #[arg(long, value_name = "NAME")]
        provider: Option<String>,
    },
    /// Answer the next of the five whys, or list them (`why list ISSUE`)
    Why(WhyArgs),
    /// Write, show, edit and export documents
    #[command(subcommand)]
    Doc(DocCommand),
    /// Show what happened to an issue
    Timeline {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
    },
    /// Show and verify the audit trail
    #[command(subcommand)]
    Audit(AuditCommand),
    /// List, show and switch plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Judge shell commands
    #[command(subcommand)]
    Shell(ShellCommand),
    /// Look after the store
    #[command(subcommand)]
    Db(DbCommand),
    /// Show and change settings
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Print a completion script
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct TriageArgs {
    /// Logs; `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Title of the issue [default: from the file names]
    #[arg(long)]
    pub(crate) title: Option<String>,
    /// critical, high, medium, low, or P1 to P4 [default: from the analysis]
    #[arg(long)]
    pub(crate) severity: Option<String>,
    /// Domain, such as databases or kubernetes
    #[arg(long)]
    pub(crate) domain: Option<String>,
    /// Ask this provider [default: offline-analyst]
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Write the documents into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Write these formats, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "md,html")]
    pub(crate) formats: Vec<String>,
}

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
        /// Show at most this many
        #[arg(long, default_value_t = 50)]
        limit: u32,
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
    /// critical, high, medium, low, or P1 to P4 [default: medium]
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

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Attach a log to an issue
    Add {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
        /// The log; `-` is standard input
        file: PathBuf,
        /// Name it so [default: the file's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// List logs, newest first
    List {
        /// Only this issue's
        #[arg(long)]
        issue: Option<String>,
        /// Only names with this in them
        #[arg(long)]
        search: Option<String>,
        /// Show at most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Print a log's text
    Show {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
        /// Print the redacted copy
        #[arg(long)]
        redacted: bool,
    },
    /// Delete a log
    Delete {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PiiCommand {
    /// Scan a file without any store
    Scan {
        /// The file; `-` is standard input
        file: PathBuf,
        /// Print the redacted text instead of the findings
        #[arg(long)]
        redact: bool,
    },
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

#[derive(Debug, Subcommand)]
pub(crate) enum DocCommand {
    /// Write an RCA from what is known now
    Rca {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
    },
    /// List documents, newest first
    List {
        /// Only this issue's
        #[arg(long)]
        issue: Option<String>,
    },
    /// Print a document's Markdown
    Show {
        /// Document: id, prefix or suffix of 6 characters, or `last`
        doc: String,
    },
    /// Replace a document's text; the old one is kept as a revision
    Edit {
        /// Document: id, prefix or suffix of 6 characters, or `last`
        doc: String,
        /// The new Markdown; `-` is standard input
        #[arg(long, value_name = "FILE", default_value = "-")]
        file: PathBuf,
    },
    /// Write a document to a file, redacted
    Export {
        /// Document: id, prefix or suffix of 6 characters, or `last`
        doc: String,
        /// md or html
        #[arg(long)]
        format: String,
        /// The file
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List entries, newest first
    List {
        /// Show at most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Only of this thing, by id
        #[arg(long)]
        entity: Option<String>,
    },
    /// Check the chain; names the first bad entry
    Verify,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// List bundled plugins and the drop-in folder
    List,
    /// Show what a plugin is, what it asks for and what limits it has
    Show {
        /// Plugin id
        id: String,
    },
    /// Let a plugin run: exactly the bytes that are there now
    Enable {
        /// Plugin id
        id: String,
    },
    /// Keep a plugin from running
    Disable {
        /// Plugin id
        id: String,
    },
}

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
}

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Show version, migrations, sizes and cipher settings
    Status,
    /// Check pages, references, full-text index and audit chain
    Check,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// List what is set
    List,
    /// Print a setting
    Get {
        /// Such as log.size_bytes_max
        key: String,
    },
    /// Change a setting
    Set {
        /// Such as log.size_bytes_max
        key: String,
        /// The new value
        value: String,
    },
}
