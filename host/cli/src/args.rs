//! The arguments, as `cli.md` has them: global ones here, those of each noun in a file of its own.

mod audit;
mod db;
mod doc;
mod image;
mod issue;
mod kubeconfig;
mod log;
mod pii;
mod plugin;
mod plugin_kit;
mod plugin_secret;
mod provider;
mod settings;
mod shell;
mod triage;
mod why;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use audit::AuditCommand;
pub(crate) use db::{DbCommand, ImportArgs, RekeyArgs, RekeyColumns, RekeyTo};
pub(crate) use doc::DocCommand;
pub(crate) use image::ImageCommand;
pub(crate) use issue::{IssueCommand, IssueFields};
pub(crate) use kubeconfig::KubeconfigCommand;
pub(crate) use log::LogCommand;
pub(crate) use pii::{DecideArgs, PiiCommand, RulesCommand, ScanArgs};
pub(crate) use plugin::{CapabilityName, GrantAnswer, GrantArgs, PluginCommand};
pub(crate) use plugin_kit::PluginKitCommand;
pub(crate) use plugin_secret::PluginSecretArgs;
pub(crate) use provider::{ProviderAddArgs, ProviderCommand};
pub(crate) use settings::SettingsCommand;
pub(crate) use shell::{Approve, RunArgs, ShellCommand};
pub(crate) use triage::TriageArgs;
pub(crate) use why::{WhyArgs, WhyCommand};

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
    /// Find issues by words of their title and description, or of everything (--deep)
    Search {
        /// What to look for; every text is a search
        query: String,
        /// Look also into messages, steps, documents, timeline, names and text of logs (three lines per log at most)
        #[arg(long)]
        deep: bool,
        /// Show at most this many [default: the setting search.limit, 20]
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Attach, list and show logs
    #[command(subcommand)]
    Log(LogCommand),
    /// Attach, list and show images
    #[command(subcommand)]
    Image(ImageCommand),
    /// Find and hide personal data and secrets
    #[command(subcommand)]
    Pii(PiiCommand),
    /// Analyse an issue's redacted logs
    Analyze {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
        /// Ask this provider [default: the setting provider.default, offline-analyst]
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
    /// Install, update, grant to, verify and switch plugins
    #[command(subcommand)]
    Plugin(PluginCommand),
    /// Connect AI providers, test them and choose which one is asked
    #[command(subcommand)]
    Provider(ProviderCommand),
    /// Judge and run diagnostic commands: reads by themselves, the rest after a yes, destroyers never
    #[command(subcommand)]
    Shell(ShellCommand),
    /// Keep kubeconfigs, and choose the one that commands get
    #[command(subcommand)]
    Kubeconfig(KubeconfigCommand),
    /// Look after the store
    #[command(subcommand)]
    Db(DbCommand),
    /// Show and change settings
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Look everything over: store, audit trail, detectors, policies, providers, plugins, machine; changes nothing, and
    /// exits with 1 if something is broken
    Doctor,
    /// Print a completion script
    Completions {
        /// For this shell
        shell: clap_complete::Shell,
    },
}
