//! Arguments of `trcaa plugin secret …`.

use clap::Args;

#[derive(Debug, Args)]
#[command(override_usage = "trcaa plugin secret [OPTIONS] <ID> <NAME --stdin|--list|--remove <NAME>>")]
#[command(group = clap::ArgGroup::new("what").required(true).args(["name", "list", "remove"]))]
pub(crate) struct PluginSecretArgs {
    /// Plugin id
    pub(crate) id: String,
    /// Name of the secret in the plugin's manifest; its text comes with --stdin
    #[arg(requires = "stdin")]
    pub(crate) name: Option<String>,
    /// Read the secret from standard input: one line, or an OAuth record (a JSON object)
    #[arg(long, requires = "name")]
    pub(crate) stdin: bool,
    /// Connection that the secret belongs to [default: the plugin's only one]
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) connection: String,
    /// List what is bound: names and the beginning of each digest
    #[arg(long)]
    pub(crate) list: bool,
    /// Remove the secret of this name
    #[arg(long, value_name = "NAME")]
    pub(crate) remove: Option<String>,
}
