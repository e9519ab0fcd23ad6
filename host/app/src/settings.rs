//! Settings: a closed list, each with its kind, its default and where it takes effect. Rows of other names, which an
//! import may bring, are listed as unknown and left alone.

use serde::Serialize;
use trcaa_model::audit::AuditRecord;
use trcaa_model::limits::{EXTRACTED_BYTES_MAX, IMAGE_BYTES_DEFAULT, LOG_BYTES_DEFAULT};

use crate::plugins::OFFLINE_PROVIDER;
use crate::{App, AppError};

/// Raises or lowers the limit of a log's size.
pub(crate) const LOG_SIZE: &str = "log.size_bytes_max";
const IMAGE_SIZE: &str = "image.size_bytes_max";
const TRIAGE_FORMATS: &str = "triage.formats";
/// Further roots of trust.
pub(crate) const EXTRA_CA: &str = "net.extra_ca";
/// The way out.
pub(crate) const PROXY: &str = "net.proxy";
pub(crate) const PROVIDER: &str = "provider.default";
/// Policies of the guard for what is no provider.
pub(crate) const GUARD_EXPORT: &str = "guard.export";
pub(crate) const GUARD_INTEGRATION: &str = "guard.integration";
pub(crate) const GUARD_MCP: &str = "guard.mcp";
const SEARCH_LIMIT: &str = "search.limit";
const LIST_LIMIT: &str = "list.limit";
/// Where programs are looked up before the system's folders.
pub(crate) const SHELL_PROGRAMS: &str = "shell.programs";
/// How long a yes or no of a session holds.
pub(crate) const SHELL_SESSION: &str = "shell.session_minutes";
/// How long a command may run.
pub(crate) const SHELL_TIMEOUT: &str = "shell.timeout_seconds";

/// Rows of one list; what the store gives at most.
const ROWS_MAX: u64 = 10_000;
/// Formats of one triage.
const FORMATS_MAX: usize = 10;
/// Characters of a plugin's or format's name.
const NAME_CHARS_MAX: usize = 64;
/// Folders of one setting.
const FOLDERS_MAX: usize = 8;
/// Bytes of a path.
const PATH_BYTES_MAX: usize = 4096;
/// Characters of a refused value that an error repeats.
const SHOWN_CHARS_MAX: usize = 80;

/// What values a setting takes.
#[derive(Clone, Copy)]
enum Kind {
    /// A whole number in this range.
    Integer { min: u64, max: u64 },
    /// The name of a connection, or the id of a plugin.
    PluginId,
    /// Names of formats, separated by commas.
    Formats,
    /// Empty, or the absolute path of a file of certificates.
    PemFile,
    /// Empty, or the address of a proxy without user name and password.
    Proxy,
    /// What may leave: `redact` or `block`.
    GuardPolicy,
    /// Empty, or absolute paths separated by colons.
    Folders,
}

struct Known {
    key: &'static str,
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
}

/// All there are, in the order of their names.
const KNOWN: [Known; 14] = [
    Known {
        key: GUARD_EXPORT,
        kind: Kind::GuardPolicy,
        default: "redact",
        meaning: "what happens to findings in exported files: redact, or block the export",
    },
    Known {
        key: GUARD_INTEGRATION,
        kind: Kind::GuardPolicy,
        default: "redact",
        meaning: "what happens to findings in what goes to integrations: redact, or block",
    },
    Known {
        key: GUARD_MCP,
        kind: Kind::GuardPolicy,
        default: "redact",
        meaning: "what happens to findings in what goes to MCP servers: redact, or block",
    },
    Known {
        key: IMAGE_SIZE,
        kind: Kind::Integer { min: 1, max: EXTRACTED_BYTES_MAX },
        default: "10485760",
        meaning: "largest image that is taken in, in bytes",
    },
    Known {
        key: LIST_LIMIT,
        kind: Kind::Integer { min: 1, max: ROWS_MAX },
        default: "50",
        meaning: "issues that `issue list` shows without --limit",
    },
    Known {
        key: LOG_SIZE,
        kind: Kind::Integer { min: 1, max: EXTRACTED_BYTES_MAX },
        default: "52428800",
        meaning: "largest log that is taken in, in bytes",
    },
    Known {
        key: EXTRA_CA,
        kind: Kind::PemFile,
        default: "",
        meaning: "file of further certificates (PEM) that servers may be signed by; empty = none",
    },
    Known {
        key: PROXY,
        kind: Kind::Proxy,
        default: "",
        meaning: "HTTP proxy for all but the own network, such as http://proxy:3128; empty = none",
    },
    Known {
        key: PROVIDER,
        kind: Kind::PluginId,
        default: OFFLINE_PROVIDER,
        meaning: "provider that is asked without --provider",
    },
    Known {
        key: SEARCH_LIMIT,
        kind: Kind::Integer { min: 1, max: ROWS_MAX },
        default: "20",
        meaning: "hits that `search` shows without --limit",
    },
    Known {
        key: SHELL_PROGRAMS,
        kind: Kind::Folders,
        default: "",
        meaning: "folders (absolute, separated by colons) that commands are looked up in before the system's; empty = none",
    },
    Known {
        key: SHELL_SESSION,
        kind: Kind::Integer { min: 1, max: 1_440 },
        default: "480",
        meaning: "minutes that allowing or denying a command for the session holds",
    },
    Known {
        key: SHELL_TIMEOUT,
        kind: Kind::Integer { min: 1, max: 3_600 },
        default: "30",
        meaning: "seconds that a command may run without --timeout",
    },
    Known {
        key: TRIAGE_FORMATS,
        kind: Kind::Formats,
        default: "md,html",
        meaning: "formats that `triage` writes without --formats",
    },
];

/// A setting with its present value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    /// Its name.
    pub key: String,
    /// In force.
    pub value: String,
    /// In force where nothing is set; `None` for an unknown one.
    pub default: Option<&'static str>,
    /// Whether somebody set it.
    pub is_set: bool,
    /// `integer`, `text` (a plugin's id), `list` (names separated by commas), `choice`, `path`, `paths`, `url`, or `unknown`.
    pub kind: &'static str,
    /// Smallest number.
    pub min: Option<u64>,
    /// Largest number.
    pub max: Option<u64>,
    /// What it does.
    pub meaning: &'static str,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Integer { .. } => "integer",
            Self::PluginId => "text",
            Self::Formats => "list",
            Self::PemFile => "path",
            Self::Proxy => "url",
            Self::GuardPolicy => "choice",
            Self::Folders => "paths",
        }
    }

    fn range(self) -> (Option<u64>, Option<u64>) {
        match self {
            Self::Integer { min, max } => (Some(min), Some(max)),
            Self::PluginId | Self::Formats | Self::PemFile | Self::Proxy | Self::GuardPolicy | Self::Folders => {
                (None, None)
            }
        }
    }

    fn allowed(self) -> String {
        match self {
            Self::Integer { min, max } => format!("it must be a whole number from {min} to {max}"),
            Self::PluginId => {
                format!(
                    "it must be the name of a connection or a plugin's id: 1 to {NAME_CHARS_MAX} letters, digits, dots and dashes"
                )
            }
            Self::PemFile => "it must be empty, or an absolute path".to_owned(),
            Self::Folders => format!("it must be empty, or up to {FOLDERS_MAX} absolute paths separated by colons"),
            Self::GuardPolicy => {
                "it must be redact or block; allow is for a provider on this machine alone (trcaa provider \
                                  policy NAME allow), since whatever goes elsewhere is out of your hands"
                    .to_owned()
            }
            Self::Proxy => "it must be empty, or http://host:port without user name and password".to_owned(),
            Self::Formats => format!("it must be 1 to {FORMATS_MAX} formats separated by commas, such as md,html"),
        }
    }

    fn takes(self, value: &str) -> bool {
        let named = |name: &str, extra: &[u8]| {
            (1..=NAME_CHARS_MAX).contains(&name.len())
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b))
        };
        match self {
            Self::Integer { min, max } => {
                let plain = value.bytes().all(|b| b.is_ascii_digit());
                plain && value.parse::<u64>().is_ok_and(|number| (min..=max).contains(&number))
            }
            Self::PluginId => named(value, b".-_"),
            Self::PemFile => {
                let is_path = value.len() <= PATH_BYTES_MAX && !value.chars().any(char::is_control);
                value.is_empty() || is_path && std::path::Path::new(value).is_absolute()
            }
            Self::Proxy => value.is_empty() || trcaa_net::parse_proxy(value).is_ok(),
            Self::Folders => {
                let is_path = |path: &str| {
                    path.len() <= PATH_BYTES_MAX
                        && !path.chars().any(char::is_control)
                        && std::path::Path::new(path).is_absolute()
                };
                value.is_empty() || value.split(':').count() <= FOLDERS_MAX && value.split(':').all(is_path)
            }
            Self::GuardPolicy => matches!(value, "redact" | "block"),
            Self::Formats => value.split(',').count() <= FORMATS_MAX && value.split(',').all(|name| named(name, b"-")),
        }
    }
}

impl Known {
    fn with(&self, stored: Option<String>) -> Setting {
        let (min, max) = self.kind.range();
        Setting {
            key: self.key.to_owned(),
            is_set: stored.is_some(),
            value: stored.unwrap_or_else(|| self.default.to_owned()),
            default: Some(self.default),
            kind: self.kind.name(),
            min,
            max,
            meaning: self.meaning,
        }
    }

    fn check(&self, value: &str) -> Result<(), AppError> {
        if self.kind.takes(value) {
            return Ok(());
        }
        // A proxy's address that is refused may hold a password, and is not repeated.
        let shown = match self.kind {
            Kind::Proxy => "not taken".to_owned(),
            _ => format!("{:?}", value.chars().take(SHOWN_CHARS_MAX).collect::<String>()),
        };
        Err(AppError::usage("bad_setting", format!("{} is {shown}; {}", self.key, self.kind.allowed())).hint(format!(
            "its default is {:?}, in force again after: trcaa settings unset {}",
            self.default, self.key
        )))
    }
}

fn known(key: &str) -> Result<&'static Known, AppError> {
    KNOWN.iter().find(|known| known.key == key).ok_or_else(|| {
        let shown: String = key.chars().take(SHOWN_CHARS_MAX).collect();
        let error = AppError::usage("no_such_setting", format!("there is no setting {shown:?}"));
        let near: Vec<&str> = KNOWN.iter().map(|known| known.key).filter(|name| is_near(name, key)).collect();
        match near.as_slice() {
            [] => error.hint("list them with: trcaa settings list"),
            near => error.hint(format!("perhaps: {}", near.join(", "))),
        }
    })
}

/// Whether the names have a part in common, such as `log` or `limit`.
fn is_near(name: &str, given: &str) -> bool {
    let given = given.to_ascii_lowercase();
    let mut parts = given.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| part.len() >= 3);
    parts.any(|part| {
        name.split(['.', '_']).any(|own| own.len() >= 3 && (own.starts_with(part) || part.starts_with(own)))
    })
}

impl App {
    /// Lists all settings, then rows of names that this version does not know.
    ///
    /// # Errors
    /// Those of the store.
    pub fn settings(&self) -> Result<Vec<Setting>, AppError> {
        let mut stored: std::collections::BTreeMap<String, String> = self.store.settings()?.into_iter().collect();
        let mut all: Vec<Setting> = KNOWN.iter().map(|known| known.with(stored.remove(known.key))).collect();
        all.extend(stored.into_iter().map(|(key, value)| Setting {
            key,
            value,
            default: None,
            is_set: true,
            kind: "unknown",
            min: None,
            max: None,
            meaning: "of another version; not used",
        }));
        Ok(all)
    }

    /// Reads a setting.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn setting(&self, key: &str) -> Result<Setting, AppError> {
        Ok(known(key)?.with(self.store.setting(key)?))
    }

    /// Changes a setting.
    ///
    /// # Errors
    /// There is none of that name, or the value is not allowed.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<Setting, AppError> {
        let known = known(key)?;
        known.check(value)?;
        if key == PROVIDER {
            self.check_provider(value)?;
        }
        // What a person wrote freely stays out of the trail; numbers may be in it.
        let details = match known.kind {
            Kind::Integer { .. } | Kind::GuardPolicy => serde_json::json!({"value": value}),
            Kind::PluginId | Kind::Formats | Kind::PemFile | Kind::Proxy | Kind::Folders => serde_json::json!({}),
        };
        self.store.write(|tx| {
            tx.set_setting(key, value)?;
            tx.audit(&changed(key, details))
        })?;
        self.setting(key)
    }

    /// Whether there is such a setting and it takes this value.
    pub(crate) fn takes_setting(&self, key: &str, value: &str) -> bool {
        known(key).is_ok_and(|known| known.kind.takes(value))
    }

    /// Puts a setting back to its default.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn unset_setting(&self, key: &str) -> Result<Setting, AppError> {
        known(key)?;
        self.store.write(|tx| match tx.remove_setting(key)? {
            true => tx.audit(&changed(key, serde_json::json!({"unset": true}))).map(|_| ()),
            false => Ok(()),
        })?;
        self.setting(key)
    }

    /// Bytes that a log may have.
    pub(crate) fn log_size_max(&self) -> Result<u64, AppError> {
        self.number(LOG_SIZE, LOG_BYTES_DEFAULT)
    }

    /// Bytes that an image may have.
    ///
    /// # Errors
    /// The stored value is not allowed.
    pub fn image_size_max(&self) -> Result<u64, AppError> {
        self.number(IMAGE_SIZE, IMAGE_BYTES_DEFAULT)
    }

    /// Hits of a search for which no limit was given.
    ///
    /// # Errors
    /// The stored value is not allowed.
    pub fn search_limit(&self) -> Result<u32, AppError> {
        Ok(u32::try_from(self.number(SEARCH_LIMIT, 20)?).unwrap_or(u32::MAX))
    }

    /// Issues of a list for which no limit was given.
    ///
    /// # Errors
    /// The stored value is not allowed.
    pub fn list_limit(&self) -> Result<u32, AppError> {
        Ok(u32::try_from(self.number(LIST_LIMIT, 50)?).unwrap_or(u32::MAX))
    }

    /// Formats of a triage for which none were given.
    ///
    /// # Errors
    /// The stored value is not allowed.
    pub fn triage_formats(&self) -> Result<Vec<String>, AppError> {
        Ok(self.in_force(TRIAGE_FORMATS)?.split(',').map(str::to_owned).collect())
    }

    /// The provider that is asked: the one that was named, else the one that is set.
    pub(crate) fn provider_id(&self, named: Option<&str>) -> Result<String, AppError> {
        named.map_or_else(|| self.in_force(PROVIDER), |named| Ok(named.to_owned()))
    }

    /// The value in force; one that another program stored is checked as if it were typed.
    fn in_force(&self, key: &'static str) -> Result<String, AppError> {
        let known = known(key)?;
        let value = known.with(self.store.setting(key)?).value;
        known.check(&value)?;
        Ok(value)
    }

    /// The file of further certificates; empty where none is set.
    pub(crate) fn extra_ca(&self) -> Result<String, AppError> {
        self.in_force(EXTRA_CA)
    }

    /// The proxy; empty where none is set.
    pub(crate) fn proxy(&self) -> Result<String, AppError> {
        self.in_force(PROXY)
    }

    /// A policy of the guard.
    pub(crate) fn guard_setting(&self, key: &'static str) -> Result<String, AppError> {
        self.in_force(key)
    }

    /// Where commands are looked up before the system's folders.
    pub(crate) fn shell_programs(&self) -> Result<Vec<std::path::PathBuf>, AppError> {
        let folders = self.in_force(SHELL_PROGRAMS)?;
        Ok(folders.split(':').filter(|path| !path.is_empty()).map(Into::into).collect())
    }

    /// A number of what commands are run by.
    pub(crate) fn shell_number(&self, key: &'static str) -> Result<u64, AppError> {
        self.number(key, 1)
    }

    fn number(&self, key: &'static str, default: u64) -> Result<u64, AppError> {
        Ok(self.in_force(key)?.parse().unwrap_or(default))
    }
}

fn changed(key: &str, details: serde_json::Value) -> AuditRecord {
    AuditRecord { action: "change_setting", entity_type: "setting", entity_id: key.to_owned(), details }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_allowed_and_the_names_are_in_order() {
        for known in &KNOWN {
            assert!(known.kind.takes(known.default), "{}", known.key);
        }
        assert!(KNOWN.is_sorted_by_key(|known| known.key));
        assert_eq!(LOG_BYTES_DEFAULT.to_string(), known(LOG_SIZE).map_or("", |known| known.default));
        assert_eq!(IMAGE_BYTES_DEFAULT.to_string(), known(IMAGE_SIZE).map_or("", |known| known.default));
    }

    #[test]
    fn kinds_take_what_they_may_and_nothing_else() {
        let number = Kind::Integer { min: 1, max: 100 };
        let long_path = format!("/{}", "x".repeat(PATH_BYTES_MAX));
        for (kind, good, bad) in [
            (
                number,
                vec!["1", "100", "007"],
                vec!["0", "101", "+5", "-1", " 5", "5 ", "", "1e1", "99999999999999999999"],
            ),
            (Kind::PluginId, vec!["offline-analyst", "a"], vec!["", "a b", "a/b", "é", &"x".repeat(65)]),
            (Kind::PemFile, vec!["", "/etc/ca.pem"], vec!["ca.pem", "/a\nb", &long_path]),
            (
                Kind::Proxy,
                vec!["", "http://proxy:3128"],
                vec!["proxy:3128", "http://me:pw@proxy:3128", "socks5://proxy:1", "https://proxy"],
            ),
            (Kind::Formats, vec!["md", "md,html"], vec!["", "md,", ",", "md, html", "../x", "a,b,c,d,e,f,g,h,i,j,k"]),
        ] {
            assert!(good.iter().all(|value| kind.takes(value)), "{good:?}");
            assert!(!bad.iter().any(|value| kind.takes(value)), "{bad:?}");
        }
    }

    #[test]
    fn near_names_are_offered() {
        let hint = |key: &str| known(key).err().map(|error| error.hints.concat());
        assert_eq!(hint("log.size"), Some(format!("perhaps: {IMAGE_SIZE}, {LOG_SIZE}")));
        assert_eq!(hint("LIMITS"), Some(format!("perhaps: {LIST_LIMIT}, {SEARCH_LIMIT}")));
        assert_eq!(hint("zzz"), Some("list them with: trcaa settings list".to_owned()));
    }
}
