//! What a kubeconfig says: YAML or JSON of kind Config (kubernetes.io, `client.config`, v1).
//!
//! Invariant: no value of it is in a problem that is told, only names and what is wrong.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

/// Largest kubeconfig: the largest real ones, of hundreds of clusters with certificates, have some hundred KiB.
const FILE_BYTES_MAX: usize = 1 << 20;
/// Largest file that one names.
const NAMED_FILE_BYTES_MAX: u64 = 256 << 10;
/// Most contexts, clusters and users of one, each.
const ENTRIES_MAX: usize = 1_000;
/// Characters of a name that a problem repeats.
const SHOWN_CHARS_MAX: usize = 80;

/// Fields that name a file, each with the field that holds the same inline, and whether that is base64.
const CLUSTER_FILES: [(&str, &str, bool); 1] = [("certificate-authority", "certificate-authority-data", true)];
const USER_FILES: [(&str, &str, bool); 3] = [
    ("client-certificate", "client-certificate-data", true),
    ("client-key", "client-key-data", true),
    ("tokenFile", "token", false),
];

/// A kubeconfig that was read.
pub(crate) struct KubeconfigFile {
    root: Map<String, Value>,
}

/// One context with all it needs and nothing else.
pub(crate) struct ActiveContext {
    /// Its name.
    pub(crate) name: String,
    /// Address of its cluster.
    pub(crate) cluster_url: Option<String>,
    /// The program that it has kubectl start for credentials.
    pub(crate) starts: Option<String>,
    /// A kubeconfig of this context alone, as JSON, which is YAML too.
    pub(crate) content: Zeroizing<Vec<u8>>,
}

impl KubeconfigFile {
    /// Reads YAML or JSON.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(format!("it has {} bytes; {FILE_BYTES_MAX} are the limit", bytes.len()));
        }
        let text = std::str::from_utf8(bytes).map_err(|e| format!("byte {} is no UTF-8", e.valid_up_to()))?;
        // The parser bounds depth, nodes and aliases by itself. Its words are not shown: they can quote a key.
        let root: Value = serde_saphyr::from_str(text).map_err(|e| match e.location() {
            Some(at) => format!("line {}, column {}: this is no YAML of a kubeconfig", at.line(), at.column()),
            None => "this is no YAML of a kubeconfig".to_owned(),
        })?;
        let Value::Object(root) = root else { return Err("it is no mapping with clusters, users and contexts".into()) };
        if let Some(kind) = root.get("kind").filter(|kind| **kind != json!("Config")) {
            return Err(format!("its kind is {}, not Config", shown(kind)));
        }
        let file = Self { root };
        for list in ["clusters", "users", "contexts"] {
            file.check_list(list)?;
        }
        if file.contexts().is_empty() {
            return Err("it has no context".to_owned());
        }
        Ok(file)
    }

    fn check_list(&self, list: &str) -> Result<(), String> {
        let entries = match self.root.get(list) {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(format!("{list} is no list")),
        };
        if entries.len() > ENTRIES_MAX {
            return Err(format!("it has {} {list}; {ENTRIES_MAX} are the limit", entries.len()));
        }
        let mut seen = std::collections::BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            let Some(name) = entry.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
                return Err(format!("entry {} of {list} has no name", index + 1));
            };
            if !seen.insert(name) {
                return Err(format!("{list} has {} twice", shown(&json!(name))));
            }
        }
        Ok(())
    }

    fn entry(&self, list: &str, field: &str, name: &str) -> Option<&Map<String, Value>> {
        let named = |entry: &&Value| entry.get("name").and_then(Value::as_str) == Some(name);
        self.root.get(list)?.as_array()?.iter().find(named)?.get(field)?.as_object()
    }

    /// Names of its contexts, in their order.
    pub(crate) fn contexts(&self) -> Vec<String> {
        let entries = self.root.get("contexts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        entries.iter().filter_map(|entry| entry.get("name")?.as_str().map(str::to_owned)).collect()
    }

    fn current(&self) -> &str {
        self.root.get("current-context").and_then(Value::as_str).unwrap_or_default()
    }

    /// Makes a context the current one: the named, else its own current one, else the only one.
    pub(crate) fn choose(&mut self, context: Option<&str>) -> Result<(), String> {
        let contexts = self.contexts();
        let wanted = match (context, self.current(), contexts.as_slice()) {
            (Some(named), _, _) => named.to_owned(),
            (None, "", [only]) => only.clone(),
            (None, "", _) => {
                return Err(format!("it has no current-context; name one with --context: {}", listed(&contexts)));
            }
            (None, current, _) => current.to_owned(),
        };
        if !contexts.contains(&wanted) {
            return Err(format!("it has no context {}; it has: {}", shown(&json!(wanted)), listed(&contexts)));
        }
        self.root.insert("current-context".to_owned(), json!(wanted));
        Ok(())
    }

    /// Puts the content of every file that clusters and users name in its place; relative names begin at `folder`. Answers
    /// which were read. `may_read` is asked about each, with links resolved.
    pub(crate) fn make_whole(
        &mut self,
        folder: &Path,
        may_read: &dyn Fn(&Path) -> bool,
    ) -> Result<Vec<PathBuf>, String> {
        let mut read = Vec::new();
        for (list, field, files) in [("clusters", "cluster", &CLUSTER_FILES[..]), ("users", "user", &USER_FILES)] {
            let Some(entries) = self.root.get_mut(list).and_then(Value::as_array_mut) else { continue };
            for entry in entries {
                let name = entry.get("name").map(shown).unwrap_or_default();
                let Some(holder) = entry.get_mut(field).and_then(Value::as_object_mut) else { continue };
                for (by_name, inline, is_base64) in files {
                    let Some(path) = holder.remove(*by_name) else { continue };
                    // What is inline wins over the file, as it does for kubectl.
                    let Some(path) = path.as_str().filter(|path| !path.is_empty()) else { continue };
                    if holder.get(*inline).and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
                        continue;
                    }
                    let told = |problem| format!("{by_name} of {field} {name}: {problem}");
                    let (path, bytes) = read_named(&folder.join(path), may_read).map_err(told)?;
                    read.push(path);
                    let text = if *is_base64 {
                        BASE64_STANDARD.encode(&bytes)
                    } else {
                        String::from_utf8_lossy(&bytes).trim().to_owned()
                    };
                    holder.insert((*inline).to_owned(), Value::String(text));
                }
            }
        }
        Ok(read)
    }

    /// What a person is told before it is used.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let Ok(active) = self.active() else { return Vec::new() };
        let whole: Value = serde_json::from_slice(&active.content).unwrap_or_default();
        let cluster = whole.pointer("/clusters/0/cluster").cloned().unwrap_or_default();
        let mut warnings = Vec::new();
        if cluster.get("insecure-skip-tls-verify").and_then(Value::as_bool) == Some(true) {
            warnings.push("it does not look whether the server is the right one (insecure-skip-tls-verify)".to_owned());
        }
        if cluster.get("server").and_then(Value::as_str).is_some_and(|url| url.starts_with("http://")) {
            warnings.push("it speaks to its server in clear (http)".to_owned());
        }
        if cluster.get("proxy-url").is_some_and(|proxy| !proxy.is_null()) {
            warnings.push("it sends everything through a proxy (proxy-url)".to_owned());
        }
        if let Some(program) = active.starts {
            warnings.push(format!("it starts {program} for credentials, so every kubectl asks first"));
        }
        warnings
    }

    /// The current context, cut out.
    pub(crate) fn active(&self) -> Result<ActiveContext, String> {
        let name = self.current().to_owned();
        let missing =
            |what: &str, named: &str| format!("context {name:?} names the {what} {named:?}, which is not there");
        let context = self.entry("contexts", "context", &name).ok_or_else(|| missing("context", &name))?;
        let part = |what: &str| context.get(what).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (cluster_name, user_name) = (part("cluster"), part("user"));
        let cluster =
            self.entry("clusters", "cluster", &cluster_name).ok_or_else(|| missing("cluster", &cluster_name))?;
        let user = match user_name.as_str() {
            "" => None,
            named => Some(self.entry("users", "user", named).ok_or_else(|| missing("user", named))?),
        };
        let starts = user.and_then(|user| {
            let exec = user.get("exec").filter(|exec| !exec.is_null());
            let command = exec.and_then(|exec| exec.get("command")).and_then(Value::as_str);
            let provider = user.get("auth-provider").filter(|provider| !provider.is_null());
            match (exec, provider) {
                (Some(_), _) => Some(command.unwrap_or("a program").to_owned()),
                (None, Some(_)) => Some("an auth-provider".to_owned()),
                (None, None) => None,
            }
        });
        let mut whole = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": name,
            "clusters": [{"name": cluster_name, "cluster": cluster}],
            "contexts": [{"name": name, "context": context}],
        });
        if let (Some(user), Some(object)) = (user, whole.as_object_mut()) {
            object.insert("users".to_owned(), json!([{"name": user_name, "user": user}]));
        }
        Ok(ActiveContext {
            cluster_url: cluster.get("server").and_then(Value::as_str).map(str::to_owned),
            starts,
            content: Zeroizing::new(whole.to_string().into_bytes()),
            name,
        })
    }

    /// As it is stored.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(Value::Object(self.root.clone()).to_string().into_bytes())
    }
}

fn read_named(path: &Path, may_read: &dyn Fn(&Path) -> bool) -> Result<(PathBuf, Zeroizing<Vec<u8>>), String> {
    let shown: PathBuf = path.into();
    let failed = |e: std::io::Error| format!("reading {}: {e}", shown.display());
    let path = &path.canonicalize().map_err(failed)?;
    if !may_read(path) {
        return Err(format!(
            "{} is not for a cluster: keys and credentials of others are not taken in",
            shown.display()
        ));
    }
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(format!("reading {}: it is no plain file", shown.display()));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(NAMED_FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > NAMED_FILE_BYTES_MAX {
        return Err(format!("reading {}: it has more than {NAMED_FILE_BYTES_MAX} bytes", shown.display()));
    }
    Ok((path.clone(), bytes))
}

fn shown(value: &Value) -> String {
    value.to_string().chars().take(SHOWN_CHARS_MAX).collect()
}

fn listed(names: &[String]) -> String {
    names.iter().take(20).map(|name| shown(&json!(name))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "file/tests.rs"]
mod tests;
