//! What is in the store: how it is kept, its trail, and who looks at, gets or does what.

use trcaa_runtime::bundled_ids;

use super::Check;
use crate::plugins::PluginSummary;
use crate::policy::{GuardPolicy, Target, local_target, policy_of};
use crate::providers::origin_of;
use crate::{App, AppError};

/// Rows of the trail that are looked at.
const TRAIL_ROWS: u32 = 5_000;
/// How far ahead of the clock the trail's last row may be: clocks are set.
const AHEAD_MS: u64 = 24 * 60 * 60 * 1000;
/// The kind of a plugin that finds personal data.
const DETECTOR: &str = "pii-detector";
/// The detector that finds names of persons.
const NAMES: &str = "pii-names";

impl App {
    /// Opens an existing store to look at it, and changes nothing.
    pub(super) fn look(setup: crate::Setup) -> Result<Self, AppError> {
        let mut options = crate::keys::open_options(&setup);
        options.mode = trcaa_store::Mode::Look;
        Self::over(options.open()?, setup, Box::new(crate::NoProgress))
    }
}

pub(super) fn all(app: &App) -> Vec<Check> {
    let mut checks = vec![database(app), trail(app)];
    match app.plugins() {
        Ok(plugins) => {
            checks.extend(detectors(&plugins));
            checks.extend(others(&plugins));
        }
        Err(error) => checks.push(Check::failed("plugins", error)),
    }
    checks.push(rules(app));
    checks.extend(targets(app));
    checks.extend(providers(app));
    checks.push(network(app));
    checks
}

fn database(app: &App) -> Check {
    let status = match app.store.status() {
        Ok(status) => status,
        Err(error) => return Check::failed("database", error.into()),
    };
    let key = status.key_source;
    match &status.cipher {
        Some(cipher) => Check::ok(
            "database",
            format!("{}, SQLCipher {}, key from {key}, {} migrations", status.path, cipher.version, status.migrations),
        ),
        None => Check::warning(
            "database",
            format!("{} is NOT encrypted: a debug build without a key", status.path),
            "set TRCAA_DB_KEY, or use a release build",
        ),
    }
}

fn trail(app: &App) -> Check {
    let name = "audit_chain";
    let verdict = match app.store.verify_audit_tail(TRAIL_ROWS) {
        Ok(verdict) => verdict,
        Err(error) => return Check::failed(name, error.into()),
    };
    if !verdict.intact {
        let which = verdict.first_bad_id.map_or_else(String::new, |id| format!("entry {id}: "));
        let detail = format!("{which}{}", verdict.reason.unwrap_or_default());
        return Check::broken(name, detail, Some("see the whole of it: trcaa audit verify".into()));
    }
    let last = app.store.audit_entries(1, None, None).ok().and_then(|mut rows| rows.pop());
    let at = last.and_then(|entry| trcaa_model::time::parse(&entry.timestamp)).and_then(|s| u64::try_from(s).ok());
    if at.is_some_and(|seconds| seconds.saturating_mul(1000) > app.store.clock().now_ms().saturating_add(AHEAD_MS)) {
        return Check::warning(name, "its last entry is of the future", "set the clock of this machine");
    }
    Check::ok(name, format!("the last {} entries are as they were written", verdict.entries))
}

fn detectors(plugins: &[PluginSummary]) -> Vec<Check> {
    let name = "detectors";
    let all: Vec<&PluginSummary> = plugins.iter().filter(|plugin| plugin.kind == DETECTOR).collect();
    let mut checks: Vec<Check> = all.iter().map(|plugin| detector(plugin)).collect();
    if !all.iter().any(|plugin| plugin.state == "enabled") {
        let hint = Some("enable one: trcaa plugin enable pii-base".to_owned());
        checks.push(Check::broken(name, "none is enabled, so nothing may leave", hint));
    }
    if !all.iter().any(|plugin| plugin.id == NAMES) {
        let detail = format!("{NAMES} is not there: names of persons in free text are not found");
        checks.push(Check::warning(name, detail, "mark them by hand: trcaa pii add LOG"));
    }
    checks
}

fn detector(plugin: &PluginSummary) -> Check {
    let name = "detectors";
    let shown = format!("{} {}: {}", plugin.id, plugin.version, plugin.state);
    match plugin.state.as_str() {
        "enabled" => Check::ok(name, shown),
        "disabled" if plugin.id == NAMES => Check::warning(
            name,
            format!("{shown}; names of persons are not found"),
            format!("trcaa plugin enable {}", plugin.id),
        ),
        // One that was never enabled hides nothing from anybody; it was bundled to be used.
        "disabled" => Check::warning(name, shown, format!("trcaa plugin enable {}", plugin.id)),
        _ => Check::broken(name, reasoned(plugin), Some(format!("see: trcaa plugin show {}", plugin.id))),
    }
}

/// The user's own rules: a file that can't be used refuses every look.
fn rules(app: &App) -> Check {
    let name = "custom_rules";
    match crate::list_rules(&app.rules_source) {
        Ok(rules) if rules.is_empty() => Check::ok(name, format!("there is no {}", crate::RULES_FILE)),
        Ok(rules) => Check::ok(name, format!("{} of {}", rules.len(), crate::RULES_FILE)),
        Err(error) => Check::failed(name, error),
    }
}

fn reasoned(plugin: &PluginSummary) -> String {
    let reason = plugin.reason.as_deref().map_or_else(String::new, |reason| format!(" ({reason})"));
    format!("{} {}: {}{reason}", plugin.id, plugin.version, plugin.state)
}

/// Plugins that look at nothing: those that were meant to run and don't.
fn others(plugins: &[PluginSummary]) -> Vec<Check> {
    let name = "plugins";
    let rest = || plugins.iter().filter(|plugin| plugin.kind != DETECTOR);
    let mut checks = Vec::new();
    for plugin in rest() {
        let hint = format!("see: trcaa plugin show {}", plugin.id);
        match plugin.state.as_str() {
            "enabled" => {}
            "missing" | "damaged" => checks.push(Check::broken(name, reasoned(plugin), Some(hint))),
            _ => checks.push(Check::warning(name, reasoned(plugin), hint)),
        }
    }
    let running = rest().filter(|plugin| plugin.state == "enabled").count();
    let bundled = bundled_ids().count();
    checks.push(Check::ok(name, format!("{running} enabled besides detectors; {bundled} plugins are bundled")));
    checks
}

fn targets(app: &App) -> Vec<Check> {
    let one = |target: Target| match app.target_policy(target) {
        Ok(policy) => Check::ok("policy", format!("{}: {}", target.setting(), policy.as_str())),
        Err(error) => Check::failed("policy", error),
    };
    [Target::Export, Target::Integration, Target::Mcp].map(one).into()
}

fn providers(app: &App) -> Vec<Check> {
    let name = "providers";
    let rows = match app.store.providers() {
        Ok(rows) => rows,
        Err(error) => return vec![Check::failed(name, error.into())],
    };
    let mut checks = Vec::new();
    for row in &rows {
        let policy = policy_of(row);
        let shown = format!("{}: {} at {}, policy {}", row.name, row.plugin, origin_of(&row.api_url), policy.as_str());
        let change = || format!("trcaa provider policy {} redact", row.name);
        checks.push(match policy {
            GuardPolicy::Allow if local_target(&row.api_url).is_none() => {
                Check::broken(name, format!("{shown}: that is not this machine, so nothing is sent"), Some(change()))
            }
            GuardPolicy::Allow => Check::warning(name, format!("{shown}: it gets logs in clear"), change()),
            _ => Check::ok(name, shown),
        });
    }
    checks.push(match app.provider_id(None) {
        Ok(default) => match app.check_provider(&default) {
            Ok(()) => Check::ok(name, format!("asked by default: {default}")),
            Err(error) => Check::failed(name, error),
        },
        Err(error) => Check::failed(name, error),
    });
    checks
}

fn network(app: &App) -> Check {
    let told = |text: Result<String, AppError>| text.map(|text| if text.is_empty() { "none".to_owned() } else { text });
    match (told(app.proxy()), told(app.extra_ca()), app.network()) {
        (Ok(proxy), Ok(extra_ca), Ok(_)) => {
            Check::ok("network", format!("proxy: {proxy}; further certificates: {extra_ca}"))
        }
        (Err(error), _, _) | (_, Err(error), _) | (_, _, Err(error)) => Check::failed("network", error),
    }
}
