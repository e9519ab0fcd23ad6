//! Arguments of `trcaa triage`.

use std::path::PathBuf;

use clap::Args;

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
    /// Ask this provider [default: the setting provider.default, offline-analyst]
    #[arg(long, value_name = "NAME")]
    pub(crate) provider: Option<String>,
    /// Write the documents into this folder
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,
    /// Write these formats, separated by commas [default: the setting triage.formats, md,html]
    #[arg(long, value_delimiter = ',')]
    pub(crate) formats: Option<Vec<String>>,
}
