//! Arguments of `trcaa provider …`.

use clap::{Args, Subcommand, ValueEnum};
use trcaa_app::GuardPolicy;

#[derive(Debug, Subcommand)]
pub(crate) enum ProviderCommand {
    /// Connect a provider: shows what the plugin may do there, and asks
    Add(ProviderAddArgs),
    /// List the connections
    List,
    /// Ask a connection a small question; exit status 1 if it does not answer
    Test {
        /// Connection
        name: String,
    },
    /// List the models of a connection
    Models {
        /// Connection
        name: String,
    },
    /// Show what may leave for a connection, or set it: redact (findings are replaced), block (nothing with a finding
    /// leaves), allow (everything in clear; only for an address on this machine)
    Policy {
        /// Connection
        name: String,
        /// The new policy
        #[arg(value_enum)]
        policy: Option<PolicyName>,
    },
    /// Remove a connection with its key
    Remove {
        /// Connection
        name: String,
    },
    /// Ask this one where no --provider is given
    Default {
        /// Connection, or the id of a plugin that needs none, such as offline-analyst
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ProviderAddArgs {
    /// What to call it: letters, digits, dots, _ and dashes; one that is there is changed
    pub(crate) name: String,
    /// Plugin that serves it, such as ai-openai
    #[arg(long, value_name = "ID")]
    pub(crate) plugin: String,
    /// Base URL, such as https://api.openai.com/v1 or http://127.0.0.1:8080/v1
    #[arg(long)]
    pub(crate) url: String,
    /// Model, as the server calls it
    #[arg(long)]
    pub(crate) model: String,
    /// Read the API key as a line from standard input; on a terminal it is asked for and not shown
    #[arg(long)]
    pub(crate) key_stdin: bool,
    /// Set a setting of the plugin (see `trcaa plugin show ID`), or max_tokens, temperature
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    pub(crate) settings: Vec<(String, String)>,
    /// What may leave: redact, block, or (on this machine alone) allow [default: redact, or as it was]
    #[arg(long, value_enum)]
    pub(crate) policy: Option<PolicyName>,
}

/// What may leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyName {
    /// Findings are replaced by placeholders
    Redact,
    /// Nothing that holds a finding leaves
    Block,
    /// Everything leaves in clear, to this machine alone
    Allow,
}

impl From<PolicyName> for GuardPolicy {
    fn from(name: PolicyName) -> Self {
        match name {
            PolicyName::Redact => Self::Redact,
            PolicyName::Block => Self::Block,
            PolicyName::Allow => Self::Allow,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it must be NAME=VALUE".into()),
    }
}
