//! The one screen that a person decides by, and `plugin show`: a stranger's wishes in plain words.

use trcaa_app::{Difference, Offer, PluginView, RemovedPlugin, VersionRole, WishView};
use trcaa_model::plugin::{BASE_URL, Capability, Coverage, Kind, Limits, SettingKind, SettingSpec};

use crate::command::stranger::{quoted, why};
use crate::output::visible;

/// A publisher's name: in quotes, for it may be any words, such as those that the host uses of publishers.
fn named(publisher: &str) -> String {
    format!("\"{}\"", visible(publisher).replace('"', "'"))
}

/// Groups of eight, so that two people can compare a key by voice.
fn key_in_groups(key: &str) -> String {
    key.as_bytes().chunks(8).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
}

fn origin_in_words(origin: &str) -> String {
    match origin {
        BASE_URL => "the address that you set for its connection".to_owned(),
        other => visible(other),
    }
}

/// What a wish means to somebody who has never read a manifest.
pub(super) fn wish_in_words(capability: &Capability) -> String {
    match capability {
        Capability::Http(wish) => {
            let reads = wish.methods.iter().all(|m| ["GET", "HEAD", "OPTIONS"].contains(&m.as_str()));
            let verb = if reads { "read from" } else { "read from and write to" };
            let paths = match wish.path_prefixes.as_slice() {
                [] => "any path".to_owned(),
                prefixes => {
                    format!("paths below {}", prefixes.iter().map(|p| visible(p)).collect::<Vec<_>>().join(", "))
                }
            };
            format!("{verb} {} ({}; {paths})", origin_in_words(&wish.origin), wish.methods.join(", "))
        }
        Capability::Secret(wish) => {
            let audience = wish.audience.iter().map(|o| origin_in_words(o)).collect::<Vec<_>>().join(", ");
            let placements = wish.placements.iter().map(|p| visible(p)).collect::<Vec<_>>().join(", ");
            format!(
                "have the secret {:?} put into its requests to {audience} (as {placements}); it never sees the value",
                visible(&wish.name)
            )
        }
        Capability::Kv(wish) => format!("keep up to {} of its own between calls", bytes_in_words(wish.bytes_max)),
    }
}

fn bytes_in_words(bytes: u64) -> String {
    match bytes {
        _ if bytes >= 1 << 20 && bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        _ if bytes >= 1 << 10 && bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        _ => format!("{bytes} bytes"),
    }
}

fn ms_in_words(ms: u64) -> String {
    match ms {
        _ if ms >= 60_000 && ms.is_multiple_of(60_000) => format!("{} min", ms / 60_000),
        _ if ms >= 1_000 && ms.is_multiple_of(1_000) => format!("{} s", ms / 1_000),
        _ => format!("{ms} ms"),
    }
}

fn limits_in_words(limits: &Limits) -> String {
    format!(
        "{} of memory, {} of computing, {} in all, {} of output",
        bytes_in_words(limits.memory_bytes_max),
        ms_in_words(limits.cpu_ms_max),
        ms_in_words(limits.wall_ms_max),
        bytes_in_words(limits.output_bytes_max)
    )
}

fn never_in_words(kind: Kind, asks: bool) -> &'static str {
    match (kind.is_pure(), asks) {
        (true, _) => {
            "use the network, read or write files, see secrets or other plugins, run programs, or tell the time"
        }
        (false, true) => {
            "reach any other address, read or write files, see a secret's value or other plugins, or run programs"
        }
        (false, false) => "use the network, read or write files, see secrets or other plugins, or run programs",
    }
}

fn kind_in_words(kind: Kind) -> &'static str {
    match kind {
        Kind::AiProvider => "ai-provider: answers requests about redacted logs",
        Kind::Integration => "integration: reads from and writes to another system",
        Kind::PiiDetector => "pii-detector: finds personal data and secrets, and is shown logs in clear",
        Kind::DocumentRenderer => "document-renderer: turns documents into files",
        Kind::TextExtractor => "text-extractor: reads text out of files, which it is shown in clear",
    }
}

/// The screen before consent.
pub(super) fn offer(offer: &Offer) -> String {
    let mut lines = vec![format!("{} {}", visible(&offer.id), visible(&offer.version))];
    lines.extend(quoted(&offer.description));
    lines.push(String::new());
    match &offer.publisher {
        None => {
            lines.push("publisher  UNSIGNED: nothing proves who made it, or that nobody changed it".to_owned());
        }
        Some(publisher) => {
            let standing = match (publisher.pinned, publisher.known_by.as_slice()) {
                (true, _) => "the key that you trust for this plugin".to_owned(),
                (false, []) => "NEW to you: compare the key with what the publisher says".to_owned(),
                (false, known) => format!("known to you from {}", known.join(", ")),
            };
            lines.push(format!("publisher  {}, {standing}", named(&publisher.name)));
            lines.push(format!("key        {}", key_in_groups(&publisher.key)));
        }
    }
    lines.push(format!("kind       {}", kind_in_words(offer.kind)));
    lines.push(format!("source     {}", visible(&offer.source)));
    lines.push(format!("sha256     {}", offer.sha256));
    if let Some(difference) = &offer.difference {
        lines.push(String::new());
        lines.extend(difference_lines(difference, &offer.version, &offer.world));
        lines.extend(difference.consent_for.iter().map(|reason| format!("It needs your word: {}.", visible(reason))));
    }
    lines.push(String::new());
    match offer.wishes.is_empty() {
        true => lines.push("It asks for nothing but to compute.".to_owned()),
        false => {
            lines.push("It asks to:".to_owned());
            for wish in &offer.wishes {
                let held = if wish.granted == Coverage::Whole { "  [granted already]" } else { "" };
                lines.push(format!("  - {}{held}", wish_in_words(&wish.capability)));
                lines.extend(why(wish.capability.reason()));
            }
        }
    }
    let asks_http = offer.wishes.iter().any(|wish| matches!(wish.capability, Capability::Http(_)));
    lines.push(format!("It can never: {}.", never_in_words(offer.kind, asks_http)));
    lines.push(format!("Each call has at most {}.", limits_in_words(&offer.limits)));
    lines.join("\n")
}

/// What an update changes.
fn difference_lines(difference: &Difference, version: &str, world: &str) -> Vec<String> {
    let mut lines = vec![format!("Changes from {} to {}:", visible(&difference.version_before), visible(version))];
    if let Some(before) = &difference.world_before {
        lines.push(format!("  - world {} → {}", visible(before), visible(world)));
    }
    lines.extend(difference.added.iter().map(|wish| format!("  - asks anew to {}", wish_in_words(wish))));
    lines.extend(difference.changed.iter().map(|wish| format!("  - asks differently to {}", wish_in_words(wish))));
    lines.extend(difference.removed.iter().map(|wish| format!("  - no longer asks to {}", wish_in_words(wish))));
    lines.extend(difference.limits.iter().map(|limit| format!("  - limit {limit}")));
    if lines.len() == 1 {
        lines.push("  - other code; it asks for the same".to_owned());
    }
    lines
}

/// One sentence after an installation.
pub(super) fn installed(view: &PluginView) -> String {
    let summary = &view.summary;
    let mut text = format!("{} {} is {}", visible(&summary.id), visible(&summary.version), summary.state);
    let whole = view.wishes.iter().filter(|wish| wish.granted == Coverage::Whole).count();
    match view.wishes.len() {
        0 => {}
        all if whole == all => text.push_str("; all that it asks for is granted"),
        all => text.push_str(&format!(
            "; {whole} of {all} wishes are granted\n  grant the rest with: trcaa plugin grant {}",
            summary.id
        )),
    }
    text
}

/// One sentence after a removal, and what stays.
pub(super) fn removed(removed: &RemovedPlugin) -> String {
    let id = visible(&removed.id);
    let mut text = if removed.was_there { format!("{id} is removed") } else { format!("{id} was not installed") };
    match removed.publisher_forgotten {
        true => text.push_str("; any publisher may bring a plugin of that id again"),
        false => text.push_str("; its publisher stays pinned to that id"),
    }
    text
}

fn granted_in_words(wish: &WishView) -> &'static str {
    match wish.granted {
        Coverage::Whole => "granted",
        Coverage::Part => "granted in part",
        Coverage::None => "NOT granted",
    }
}

/// `plugin show`.
pub(super) fn view(view: &PluginView) -> String {
    let (summary, manifest) = (&view.summary, &view.manifest);
    let state = match &summary.reason {
        Some(reason) => format!("{}: {}", summary.state, visible(reason)),
        None => summary.state.clone(),
    };
    let bundled = summary.source == "bundled";
    let mut lines = vec![
        format!("{} {}", visible(&summary.id), visible(&summary.version)),
        quoted(&manifest.description).join("\n"),
        String::new(),
        format!("state      {state}"),
        format!("kind       {}", kind_in_words(manifest.kind)),
        format!("world      {}", visible(&manifest.world)),
        format!("source     {}", visible(&summary.source)),
        format!("sha256     {}", view.sha256),
    ];
    match (&summary.publisher, &view.publisher_key) {
        _ if bundled => lines.push("publisher  part of this program".to_owned()),
        (Some(name), Some(key)) => {
            lines.push(format!("publisher  {}", named(name)));
            lines.push(format!("key        {}", key_in_groups(key)));
        }
        _ => lines.push("publisher  UNSIGNED: nothing proves who made it".to_owned()),
    }
    if let Some(pin) = &view.pinned {
        let of = if pin.publisher_key == view.publisher_key { "this publisher" } else { "ANOTHER publisher" };
        lines.push(format!("pinned     to {of} since {}", pin.pinned_at));
    }
    if let Some(pending) = view.versions.iter().find(|version| version.role == VersionRole::Pending) {
        let (version, id, sha256) = (visible(&pending.version), &summary.id, &pending.sha256);
        lines
            .push(format!("pending    {version} waits for your word; look at it and decide: trcaa plugin enable {id}"));
        lines.push(format!("           or say yes to exactly that: trcaa plugin update {id} --accept {sha256}"));
    }
    lines.push(String::new());
    match view.wishes.is_empty() {
        true => lines.push("It asks for nothing but to compute.".to_owned()),
        false => {
            lines.push("It asks to:".to_owned());
            for wish in &view.wishes {
                lines.push(format!("  - {} [{}]", wish_in_words(&wish.capability), granted_in_words(wish)));
                lines.extend(why(wish.capability.reason()));
            }
            if view.wishes.iter().any(|wish| wish.granted != Coverage::Whole) {
                lines.push(format!("  grant the rest with: trcaa plugin grant {}", summary.id));
            }
        }
    }
    let asks_http = view.wishes.iter().any(|wish| matches!(wish.capability, Capability::Http(_)));
    lines.push(format!("It can never: {}.", never_in_words(manifest.kind, asks_http)));
    lines.push(format!("Each call has at most {}.", limits_in_words(&view.limits)));
    if let Some(last) = view.recent_faults.last() {
        lines.push(format!(
            "Misbehaved {} of 3 times within ten minutes; last: {}. Three times switch it off.",
            view.recent_faults.len(),
            visible(last)
        ));
    }
    if !view.secrets.is_empty() {
        let names = view.secrets.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
        lines.push(format!("Secrets bound: {names}."));
    }
    if !manifest.settings.is_empty() {
        lines.push("Settings of a connection:".to_owned());
        lines.extend(manifest.settings.iter().map(setting_line));
    }
    if view.versions.len() > 1 {
        lines.push(String::new());
        lines.push("Versions kept:".to_owned());
        for version in &view.versions {
            let role = serde_json::to_value(version.role).ok().and_then(|role| role.as_str().map(str::to_owned));
            lines.push(format!(
                "  {:<9} {} since {} (sha256 {})",
                role.unwrap_or_default(),
                visible(&version.version),
                version.installed_at,
                version.sha256.chars().take(12).collect::<String>()
            ));
        }
    }
    lines.join("\n")
}

/// A setting with what it takes and what holds without it.
fn setting_line(setting: &SettingSpec) -> String {
    let values = match setting.kind {
        SettingKind::Text => "text".to_owned(),
        SettingKind::Integer => "number".to_owned(),
        SettingKind::Boolean => "true or false".to_owned(),
        SettingKind::Choice => setting.choices.iter().map(|choice| visible(choice)).collect::<Vec<_>>().join("|"),
    };
    let default = setting.default.as_ref().map_or_else(String::new, |value| format!(" [default: {}]", visible(value)));
    format!("  {} = {values}{default}: {}", setting.name, visible(&setting.description))
}

#[cfg(test)]
mod tests {
    use super::{named, quoted};
    use crate::command::stranger::COLUMNS_MAX;

    #[test]
    fn no_text_of_a_stranger_stands_where_the_host_speaks() {
        for text in [
            format!("Nice.{}publisher  part of this program", " ".repeat(80)),
            format!("{} publisher  part of this program", "x".repeat(COLUMNS_MAX)),
            format!("{}publisher", "漢".repeat(39)),
            "a\nb\r\n\u{1b}[2Jc\u{2028}d\u{a0}\u{a0}\u{3000}e".to_owned(),
            String::new(),
        ] {
            let lines = quoted(&text);
            for line in &lines {
                let wide: usize = line.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
                assert!(line.starts_with("  | ") && wide <= COLUMNS_MAX + 4, "{line}");
                assert!(!line.contains(['\n', '\r', '\u{1b}', '\u{2028}']) && !line.contains("   "), "{line}");
            }
        }
        assert_eq!(quoted("Publishes to a wiki."), ["  | Publishes to a wiki."]);
        assert_eq!(named("Ada\", the key that you trust"), "\"Ada', the key that you trust\"");
    }
}
