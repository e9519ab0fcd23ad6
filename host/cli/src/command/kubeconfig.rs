//! `trcaa kubeconfig …`

use std::path::Path;

use serde_json::json;
use trcaa_app::{App, AppError, Kubeconfig};

use super::read_text;
use crate::args::KubeconfigCommand;
use crate::output::{Output, visible};

pub(super) fn run(app: &App, command: &KubeconfigCommand, output: &Output) -> Result<(), AppError> {
    match command {
        KubeconfigCommand::Add { name, file, context } => {
            let text = zeroize::Zeroizing::new(read_text(file)?);
            // Names in it are meant from where it lies, as kubectl means them.
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let home = std::env::home_dir();
            let added = app.add_kubeconfig(name, &text, folder, context.as_deref(), home.as_deref())?;
            let row = &added.kubeconfig;
            if output.json {
                let (files, warnings) = (&added.files_read, &added.warnings);
                return output.object(json!({"kubeconfig": row, "files_read": files, "warnings": warnings}));
            }
            told(row, "added", output)?;
            for file in &added.files_read {
                output.note(&format!("taken in with it: {}", visible(&file.display().to_string())));
            }
            warned(&added.warnings, output);
            output.note(&format!("to have commands use it: trcaa kubeconfig use {}", visible(&row.name)));
            Ok(())
        }
        KubeconfigCommand::List => {
            let all = app.store().kubeconfigs()?;
            if output.json {
                return output.object(json!({"kubeconfigs": all}));
            }
            if all.is_empty() {
                return output.last("there is none; add one: trcaa kubeconfig add NAME FILE");
            }
            let row = |kubeconfig: &Kubeconfig| {
                vec![
                    if kubeconfig.is_active { "*" } else { "" }.to_owned(),
                    kubeconfig.name.clone(),
                    kubeconfig.context.clone(),
                    kubeconfig.cluster_url.clone().unwrap_or_default(),
                    kubeconfig.contexts.len().max(1).to_string(),
                    kubeconfig.uploaded_at.clone(),
                ]
            };
            let rows: Vec<_> = all.iter().map(row).collect();
            output.table(&["ACTIVE", "NAME", "CONTEXT", "CLUSTER", "CONTEXTS", "ADDED (UTC)"], &rows);
            Ok(())
        }
        KubeconfigCommand::Use { kubeconfig, context } => {
            let used = app.use_kubeconfig(kubeconfig, context.as_deref())?;
            warned(&app.kubeconfig_warnings(&used.id)?, output);
            told(&used, "commands use", output)
        }
        KubeconfigCommand::Delete { kubeconfig } => {
            let deleted = app.delete_kubeconfig(kubeconfig)?;
            if output.json {
                return output.object(json!({"deleted": deleted.id}));
            }
            output.last(&format!("deleted {}", visible(&deleted.name)))
        }
    }
}

fn warned(warnings: &[String], output: &Output) {
    for warning in warnings {
        output.warn(warning);
    }
}

fn told(kubeconfig: &Kubeconfig, what: &str, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"kubeconfig": kubeconfig}));
    }
    let url = kubeconfig.cluster_url.as_deref().unwrap_or("no address");
    let context = &kubeconfig.context;
    output.last(&format!("{what} {}: context {} ({})", visible(&kubeconfig.name), visible(context), visible(url)))
}
