//! Adding or changing a connection: checked and shown first, then stored with its grants in one transaction.

use serde_json::{Map, Value};
use trcaa_model::audit::AuditRecord;
use trcaa_model::plugin::{BASE_URL, Capability, HttpCapability, Manifest};
use trcaa_model::secret::Secret;
use trcaa_net::{Allowance, Policy};
use trcaa_store::NewProvider;

use super::{ProviderRow, origin_of};
use crate::plugins::{capability_hash, granted_to, write_grants};
use crate::policy::{GuardPolicy, expect_local, keep, local_target, plain_options, policy_of};
use crate::{App, AppError};

/// Longest address that can be set.
const URL_BYTES_MAX: usize = 2_000;
/// Bytes that a key may have; the way out uses no other.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 4..=8_192;
/// Longest name of a model.
const MODEL_CHARS_MAX: usize = 200;
/// Settings that the host has for every plugin.
const MAX_TOKENS: &str = "max_tokens";
const TEMPERATURE: &str = "temperature";

/// What `provider add` is given.
#[derive(Debug, Clone)]
pub struct NewConnection {
    /// What the user calls it; one that is there is changed.
    pub name: String,
    /// Id of the plugin that serves it.
    pub plugin: String,
    /// Base URL.
    pub url: String,
    /// Model name.
    pub model: String,
    /// `None` keeps one that is stored.
    pub api_key: Option<Secret>,
    /// Names and values as they were typed; a changed connection keeps those that are not named.
    pub settings: Vec<(String, String)>,
    /// What may leave for it; `None` keeps what was set, but `allow` not for another address.
    pub policy: Option<GuardPolicy>,
}

/// A line of what the user reads before agreeing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScreenLine {
    /// The host's own words.
    Said(String),
    /// What the plugin's author says of it: any words, to be shown as somebody else's.
    Quoted(String),
    /// Why the author wants what the line before is about: likewise.
    Why(String),
}

/// What is to be stored, and what the user has to know of it first.
#[derive(Debug)]
pub struct Proposal {
    /// What it may do, line by line, for the user to read before agreeing.
    pub lines: Vec<ScreenLine>,
    /// Whether the user has to agree: it is new, or its address or plugin is another than before, or it may do more.
    pub asks: bool,
    row: NewProvider,
    before: Option<ProviderRow>,
    /// What has to be granted and is not yet.
    missing: Vec<Capability>,
    /// Whose plugin it is; `None` for one that nobody signed.
    publisher_key: Option<String>,
    policy: GuardPolicy,
}

impl App {
    /// Checks a new or changed connection; stores nothing.
    ///
    /// # Errors
    /// A name, address, model or setting that is not allowed; a plugin that is no enabled provider.
    pub fn propose_provider(&self, new: &NewConnection) -> Result<Proposal, AppError> {
        check_name(&new.name)?;
        let provider = self.known_provider(&new.plugin)?;
        let manifest = provider.plugin().manifest();
        if self.plugins.provider(&self.store, &new.name).is_ok() {
            return Err(AppError::usage("bad_name", format!("adding {}: a plugin has that name", new.name)));
        }
        if !super::needs_connection(provider.plugin()) {
            return Err(AppError::usage("needs_no_connection", format!("{} needs no connection", manifest.id))
                .hint(format!("ask it with: --provider {}", manifest.id)));
        }
        let url = checked_url(&new.url, manifest)?;
        let model_fits = (1..=MODEL_CHARS_MAX).contains(&new.model.chars().count());
        if !model_fits || new.model.chars().any(char::is_control) {
            let problem = format!("adding {}: --model must be 1 to {MODEL_CHARS_MAX} plain characters", new.name);
            return Err(AppError::usage("bad_model", problem));
        }
        if new.api_key.is_some() && manifest.secrets.is_empty() {
            let problem = format!("adding {}: {} uses no key, and one was given", new.name, manifest.id);
            return Err(AppError::usage("needs_no_key", problem));
        }
        // A shorter one is never sent: it could not be searched for in what comes back.
        let key_fits = |key: &Secret| KEY_BYTES.contains(&key.expose().len());
        if !new.api_key.as_ref().is_none_or(key_fits) {
            let (least, most) = (KEY_BYTES.start(), KEY_BYTES.end());
            let problem = format!("adding {}: the key has fewer than {least} or more than {most} bytes", new.name);
            return Err(AppError::usage("bad_key", problem));
        }
        let before = self.store.providers()?.into_iter().find(|row| row.name == new.name);
        let before_same_plugin = before.as_ref().filter(|row| row.plugin == manifest.id);
        if let Some(before) = &before
            && before.has_api_key
            && new.api_key.is_none()
            && (origin_of(&before.api_url) != origin_of(&url) || before_same_plugin.is_none())
        {
            return Err(AppError::usage(
                "key_of_another",
                format!("changing {}: its key was given for {} and {}", new.name, before.plugin, before.api_url),
            )
            .hint("give the key for the new address with --key-stdin, or remove the connection first"));
        }
        let mut row = NewProvider {
            name: new.name.clone(),
            plugin: manifest.id.clone(),
            api_url: url,
            api_key: new.api_key.clone(),
            model: new.model.clone(),
            max_tokens: before_same_plugin.and_then(|row| row.max_tokens),
            temperature: before_same_plugin.and_then(|row| row.temperature),
            options: before_same_plugin.map_or_else(|| Value::Object(Map::new()), |row| row.options.clone()),
            supports_tool_calling: None,
        };
        for (name, typed) in &new.settings {
            set(&mut row, manifest, name, typed)?;
        }
        let policy_before = before.as_ref().map_or_else(GuardPolicy::default, policy_of);
        let moved = before.as_ref().is_none_or(|before| origin_of(&before.api_url) != origin_of(&row.api_url));
        let policy = match new.policy {
            Some(policy) => policy,
            None if policy_before == GuardPolicy::Allow && (moved || before_same_plugin.is_none()) => {
                GuardPolicy::Redact
            }
            None => policy_before,
        };
        if policy == GuardPolicy::Allow {
            expect_local(&new.name, &row.api_url)?;
        }
        keep(&mut row.options, policy, &row.api_url);
        let publisher_key = provider.plugin().publisher().map(|publisher| publisher.key.clone());
        let granted = granted_to(&self.store, &manifest.id, publisher_key.as_deref())?;
        let is_missing = |c: &Capability| !granted.iter().any(|grant| capability_hash(grant) == capability_hash(c));
        let missing: Vec<Capability> = manifest.capabilities().into_iter().filter(is_missing).collect();
        let same_place = before_same_plugin.is_some_and(|before| before.api_url == row.api_url);
        // What is sent in clear from now on was not agreed to before.
        let clears = policy == GuardPolicy::Allow && policy_before != GuardPolicy::Allow;
        let asks = !missing.is_empty() || !same_place || clears;
        let has_key = row.api_key.is_some() || before.as_ref().is_some_and(|before| before.has_api_key);
        let lines = screen(manifest, &row, has_key, policy);
        Ok(Proposal { lines, asks, row, before, missing, publisher_key, policy })
    }

    /// Stores what was proposed, with its grants. Call it once the user agreed, if [`Proposal::asks`].
    ///
    /// # Errors
    /// Those of the store.
    pub fn add_provider(&self, proposal: &Proposal) -> Result<ProviderRow, AppError> {
        let row = &proposal.row;
        let is_change = proposal.before.is_some();
        Ok(self.store.write(|tx| {
            write_grants(tx, &row.plugin, proposal.publisher_key.as_deref(), &proposal.missing, Some(&row.name))?;
            tx.audit(&AuditRecord {
                action: if is_change { "provider_changed" } else { "provider_added" },
                entity_type: "provider",
                entity_id: row.name.clone(),
                details: serde_json::json!({
                    "plugin": row.plugin, "origin": origin_of(&row.api_url), "model": row.model,
                    "new_key": row.api_key.is_some(), "policy": proposal.policy,
                }),
            })?;
            tx.upsert_provider(row).map(|stored| ProviderRow { options: plain_options(&stored.options), ..stored })
        })?)
    }
}

fn check_name(name: &str) -> Result<(), AppError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
        return Ok(());
    }
    let shown: String = name.chars().take(80).collect();
    Err(AppError::usage(
        "bad_name",
        format!("{shown:?} is no name: it has 1 to 64 letters, digits, dots, _ and dashes"),
    ))
}

/// The address as it is stored: readable by the way out, without a slash at its end, without a query.
fn checked_url(url: &str, manifest: &Manifest) -> Result<String, AppError> {
    let bad = |problem: &str| {
        let shown: String = url.chars().take(200).collect();
        AppError::usage("bad_url", format!("the address {shown:?} can't be used: {problem}"))
            .hint("such as: --url https://api.openai.com/v1, or --url http://127.0.0.1:8080/v1")
    };
    let url = url.trim_end_matches('/');
    if url.len() > URL_BYTES_MAX || url.contains(['?', '#']) {
        return Err(bad("it is too long, or has a query or a fragment"));
    }
    if url.split_once("://").is_some_and(|(_, rest)| rest.split('/').next().is_some_and(|host| host.contains('@'))) {
        // Not repeated: what stands there may be a password.
        return Err(AppError::usage("bad_url", "the address holds a user name or password")
            .hint("give the key with --key-stdin"));
    }
    if let Some(range) = trcaa_net::never_reachable(url) {
        return Err(bad(&format!("it is {range}, which nothing may reach")));
    }
    let wishes: Vec<HttpCapability> = manifest
        .http
        .iter()
        .filter(|wish| wish.origin == BASE_URL)
        .map(|wish| HttpCapability { origin: url.to_owned(), ..wish.clone() })
        .collect();
    match Policy::new(&manifest.id, &wishes, &[url.to_owned()], Allowance::default()) {
        Ok(_) => Ok(url.to_owned()),
        Err(_) => Err(bad("it must be http:// or https://, a host, and perhaps a path")),
    }
}

fn set(row: &mut NewProvider, manifest: &Manifest, name: &str, typed: &str) -> Result<(), AppError> {
    let refused = |problem: String| AppError::usage("bad_setting", format!("adding {}: {problem}", row.name));
    match name {
        MAX_TOKENS => match typed.parse::<u32>() {
            Ok(tokens) if tokens > 0 => row.max_tokens = Some(i64::from(tokens)),
            _ => return Err(refused(format!("{MAX_TOKENS} must be a whole number from 1 to {}", u32::MAX))),
        },
        TEMPERATURE => match typed.parse::<f64>() {
            Ok(degree) if (0.0..=10.0).contains(&degree) => row.temperature = Some(degree),
            _ => return Err(refused(format!("{TEMPERATURE} must be a number from 0 to 10"))),
        },
        _ => {
            let value = manifest.parse_setting(name, typed).map_err(|problem| {
                refused(format!("{}: {problem}", manifest.id))
                    .hint(format!("every plugin has besides: {MAX_TOKENS}, {TEMPERATURE}"))
                    .hint(format!("see what they mean with: trcaa plugin show {}", manifest.id))
            })?;
            if let Some(options) = row.options.as_object_mut() {
                options.insert(name.to_owned(), value);
            }
        }
    }
    Ok(())
}

/// What the connection may do, for the person who decides.
fn screen(manifest: &Manifest, row: &NewProvider, has_key: bool, policy: GuardPolicy) -> Vec<ScreenLine> {
    use ScreenLine::{Quoted, Said, Why};
    let at = |origin: &str| if origin == BASE_URL { row.api_url.clone() } else { origin.to_owned() };
    let mut lines = vec![
        Said(format!("Connection {}: plugin {} {}, model {}", row.name, manifest.id, manifest.version, row.model)),
        Quoted(manifest.description.clone()),
        Said("It may:".to_owned()),
    ];
    for wish in &manifest.http {
        let below = if wish.path_prefixes.is_empty() {
            String::new()
        } else {
            format!(" below {}", wish.path_prefixes.join(", "))
        };
        lines.push(Said(format!("  - send {} requests to {}{below}", wish.methods.join(" and "), at(&wish.origin))));
        lines.push(Why(wish.reason.clone()));
    }
    for wish in &manifest.secrets {
        let audience: Vec<String> = wish.audience.iter().map(|origin| origin_of(&at(origin))).collect();
        let state = if has_key { "which it never sees" } else { "of which there is none now" };
        lines.push(Said(format!(
            "  - have the secret {}, {state}, written into requests to {} only",
            wish.name,
            audience.join(" ")
        )));
        lines.push(Why(wish.reason.clone()));
    }
    let leaves = match policy {
        GuardPolicy::Redact => "What leaves are redacted logs and guarded questions, searched once more on the way out",
        GuardPolicy::Block => "What leaves holds no finding: with one, nothing leaves (policy block)",
        GuardPolicy::Allow => "What leaves are logs and questions IN CLEAR, to this machine alone (policy allow)",
    };
    lines.push(Said(format!("{leaves}; each is in the audit trail.")));
    if row.api_url.starts_with("http://") && local_target(&row.api_url).is_none() {
        lines.push(Said("The address is http: whoever is on the way can read the logs and the key.".into()));
    }
    lines
}
