//! `trcaa plugin …`

use serde_json::json;
use trcaa_app::{App, AppError, PluginState, PluginSummary, PluginView};

use crate::args::PluginCommand;
use crate::output::{Output, visible};

pub(super) fn run(app: &App, command: &PluginCommand, output: &Output) -> Result<(), AppError> {
    match command {
        PluginCommand::List => {
            let plugins = app.plugins()?;
            if output.json {
                return output.object(json!({"plugins": plugins}));
            }
            let row = |p: &PluginSummary| {
                let state =
                    p.reason.as_ref().map_or_else(|| p.state.clone(), |reason| format!("{}: {reason}", p.state));
                vec![p.id.clone(), p.version.clone(), p.kind.clone(), p.source.clone(), state]
            };
            output.table(&["ID", "VERSION", "KIND", "SOURCE", "STATE"], &plugins.iter().map(row).collect::<Vec<_>>());
            Ok(())
        }
        PluginCommand::Show { id } => {
            let view = app.plugin(id)?;
            if output.json {
                output.object(json!({"plugin": view}))
            } else {
                show(&view, output);
                Ok(())
            }
        }
        PluginCommand::Enable { id } => tell(&app.set_plugin_enabled(id, PluginState::Enabled)?, output),
        PluginCommand::Disable { id } => tell(&app.set_plugin_enabled(id, PluginState::Disabled)?, output),
    }
}

fn tell(plugin: &PluginSummary, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"plugin": plugin}));
    }
    output.text(&format!("{} {} is {}", visible(&plugin.id), plugin.version, plugin.state));
    Ok(())
}

fn show(view: &PluginView, output: &Output) {
    let manifest = &view.manifest;
    output.text(&format!("{} {}  {}", manifest.id, manifest.version, manifest.kind.as_str()));
    output.text(&visible(&manifest.description));
    output.text(&format!("source: {}   state: {}", visible(&view.summary.source), view.summary.state));
    output.text(&format!("world: {}   sha256: {}", visible(&manifest.world), view.sha256));
    if manifest.kind.is_pure() {
        output.text("may: nothing but compute (no network, no files, no secrets, frozen clock)");
    }
    for wish in &manifest.http {
        let paths = if wish.path_prefixes.is_empty() { "any path".to_owned() } else { wish.path_prefixes.join(" ") };
        output.text(&format!(
            "asks: {} {} {}, {}",
            wish.methods.join("/"),
            visible(&wish.origin),
            visible(&paths),
            visible(&wish.reason)
        ));
    }
    for wish in &manifest.secrets {
        output.text(&format!(
            "asks: secret {} for {}, {}",
            visible(&wish.name),
            visible(&wish.audience.join(" ")),
            visible(&wish.reason)
        ));
    }
    if let Some(wish) = &manifest.kv {
        output.text(&format!("asks: {} bytes of state, {}", wish.bytes_max, visible(&wish.reason)));
    }
    let limits = view.limits;
    output.text(&format!(
        "limits per call: {} MiB memory, {} ms CPU, {} ms in all, {} MiB output",
        limits.memory_bytes_max >> 20,
        limits.cpu_ms_max,
        limits.wall_ms_max,
        limits.output_bytes_max >> 20
    ));
}
