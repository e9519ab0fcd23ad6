//! Which variables a command gets of those that the host was started with.
//!
//! Tier 1 gets what is listed, and nothing else. An approved line is the user's own, so it gets what is left when
//! everything is taken out that changes what commands do, or that looks like a secret.

use std::ffi::{OsStr, OsString};

use crate::ENVIRONMENT;

/// Where programs are looked up, always.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// For what an environment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// Programs of tier 1.
    Argv,
    /// An approved line.
    Line,
}

/// Longest value that is handed on, in bytes.
const VALUE_BYTES_MAX: usize = 32 * 1024;
/// Most variables that are handed on.
const VARIABLES_MAX: usize = 512;

/// What every command gets: a path, no pagers, no questions, no colours, and nothing of git's that writes.
const ALWAYS: &[(&str, &str)] = &[
    ("GIT_OPTIONAL_LOCKS", "0"),
    ("GIT_PAGER", "cat"),
    ("GIT_TERMINAL_PROMPT", "0"),
    ("LESSSECURE", "1"),
    ("MANPAGER", "cat"),
    ("NO_COLOR", "1"),
    ("PAGER", "cat"),
    ("PATH", PATH),
    ("SYSTEMD_COLORS", "0"),
    ("SYSTEMD_PAGER", ""),
    ("SYSTEMD_PAGERSECURE", "1"),
    ("TERM", "dumb"),
];

/// What tier 1 gets besides [`ENVIRONMENT`], which overrides a repository's own configuration: git reads no other.
const ALWAYS_CAGED: &[(&str, &str)] = &[
    ("GIT_ATTR_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
];

/// What tier 1 takes over, if its value is plain.
const TAKEN: &[&str] = &["LANG", "LANGUAGE", "LOGNAME", "TZ", "USER"];

/// Names that an approved line does not get: they run code, change what commands do, or choose where they reach.
const DROPPED: &[&str] = &[
    "BASHOPTS",
    "BASH_ENV",
    "BASH_XTRACEFD",
    "BROWSER",
    "CDPATH",
    "DISPLAY",
    "EDITOR",
    "ENV",
    "EXECIGNORE",
    "FCEDIT",
    "FIGNORE",
    "FPATH",
    "GCONV_PATH",
    "GETCONF_DIR",
    "GLIBC_TUNABLES",
    "GLOBIGNORE",
    "GREP_OPTIONS",
    "GZIP",
    "HISTFILE",
    "HOSTALIASES",
    "IFS",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "KUBECONFIG",
    "LOCALDOMAIN",
    "LOCPATH",
    "LS_COLORS",
    "MAILPATH",
    "MAKEFLAGS",
    "NLSPATH",
    "OLDPWD",
    "POSIXLY_CORRECT",
    "PROMPT_COMMAND",
    "PWD",
    "RES_OPTIONS",
    "RIPGREP_CONFIG_PATH",
    "SHELLOPTS",
    "SHLVL",
    "TAR_OPTIONS",
    "TIMEFORMAT",
    "TMOUT",
    "TZDIR",
    "UNZIP",
    "VISUAL",
    "XZ_DEFAULTS",
    "XZ_OPT",
    "ZDOTDIR",
    "ZIPOPT",
    "_",
];

/// How such names begin.
const DROPPED_BEGINNINGS: &[&str] = &[
    "ANTHROPIC",
    "AWK",
    "AWS_",
    "AZURE_",
    "BASH_FUNC_",
    "CARGO_",
    "DYLD_",
    "GH_",
    "GITHUB_",
    "GITLAB_",
    "GIT_",
    "GOOGLE_",
    "HELM_",
    "KUBECTL_",
    "KUBE_",
    "LD_",
    "LESS",
    "MALLOC_",
    "NODE_",
    "NPM_",
    "OPENAI",
    "PERL",
    "PG",
    "PS",
    "PYTHON",
    "RESOLV_",
    "RUBY",
    "RUST",
    "TFTSR_",
    "TRCAA_",
    "VAULT_",
    "_JAVA_",
];

/// Parts of names (between `_`) that mean a secret.
const SECRET_PARTS: &[&str] = &[
    "API",
    "APIKEY",
    "AUTH",
    "AUTHORIZATION",
    "COOKIE",
    "CREDS",
    "DSN",
    "JWT",
    "KEY",
    "KEYS",
    "OTP",
    "PASS",
    "PAT",
    "PIN",
    "PW",
    "PWD",
];

/// Letters anywhere in a name that mean a secret.
const SECRET_WORDS: &[&str] =
    &["ACCESSKEY", "APIKEY", "ASKPASS", "CREDENTIAL", "PASSPHRASE", "PASSWD", "PASSWORD", "PRIVATE", "SECRET", "TOKEN"];

/// Makes the environment of a command from that of the host, sorted by name, each name once (the last one counts).
///
/// The caller hands it to [`super::Job::environment`], and binds approvals to it.
#[must_use]
pub fn environment(inherited: impl IntoIterator<Item = (OsString, OsString)>, what: For) -> Vec<(OsString, OsString)> {
    let mut made = std::collections::BTreeMap::new();
    for (name, value) in inherited {
        let Some(text) = name.to_str().filter(|text| is_name(text)) else { continue };
        let taken = match what {
            For::Argv => (TAKEN.contains(&text) || text.starts_with("LC_")) && is_plain(&value),
            For::Line => !is_dropped(text) && !is_harmful(&value),
        };
        if taken && made.len() < VARIABLES_MAX {
            made.insert(name, value);
        }
    }
    let locale = |name: &str| made.get(OsStr::new(name)).is_some_and(|value| !value.is_empty());
    if !(locale("LC_ALL") || locale("LC_CTYPE") || locale("LANG")) {
        made.insert("LC_ALL".into(), "C.UTF-8".into());
    }
    let more: [&[(&str, &str)]; 2] = if what == For::Argv { [ENVIRONMENT, ALWAYS_CAGED] } else { [&[], &[]] };
    made.extend(
        ALWAYS
            .iter()
            .chain(more.into_iter().flatten())
            .map(|(name, value)| (OsString::from(name), OsString::from(value))),
    );
    made.into_iter().collect()
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A locale, a zone or an account: no path from the root, none upwards, nothing that a program could take for more.
fn is_plain(value: &OsStr) -> bool {
    value.to_str().is_some_and(|text| {
        text.len() <= 128
            && !text.starts_with('/')
            && !text.contains("..")
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.@:+-/=".contains(&byte))
            && !text.starts_with(":/")
    })
}

fn is_dropped(name: &str) -> bool {
    // The agent's socket is no secret, and an approved `ssh` needs it.
    if name == "SSH_AUTH_SOCK" {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    DROPPED.contains(&upper.as_str())
        || upper.ends_with("PAGER")
        || DROPPED_BEGINNINGS.iter().any(|beginning| upper.starts_with(beginning))
        || upper.split('_').any(|part| SECRET_PARTS.contains(&part))
        || SECRET_WORDS.iter().any(|word| upper.contains(word))
}

/// A function for a shell, an address with a password in it, or more than a command should be given.
fn is_harmful(value: &OsStr) -> bool {
    let bytes = value.as_encoded_bytes();
    let credentials = |at: usize| {
        let rest = bytes.get(at + 3..).unwrap_or_default();
        let end = rest.iter().position(|byte| b"/?# ".contains(byte)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default().contains(&b'@')
    };
    bytes.len() > VALUE_BYTES_MAX
        || bytes.starts_with(b"() {")
        || bytes.windows(3).enumerate().any(|(at, window)| window == b"://" && credentials(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(inherited: &[(&str, &str)], what: For) -> Vec<(String, String)> {
        let inherited = inherited.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let text = |text: OsString| text.into_string().expect("the test gives text");
        environment(inherited, what).into_iter().map(|(name, value)| (text(name), text(value))).collect()
    }

    fn value<'a>(made: &'a [(String, String)], name: &str) -> Option<&'a str> {
        made.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn tier_1_gets_what_is_listed_and_nothing_else() {
        let made = made(
            &[
                ("LANG", "de_DE.UTF-8"),
                ("LC_TIME", "C"),
                ("TZ", "Europe/Berlin"),
                ("USER", "ada"),
                ("HOME", "/home/ada"),
                ("PATH", "/tmp/evil"),
                ("LD_PRELOAD", "/tmp/evil.so"),
                ("SSH_AUTH_SOCK", "/tmp/agent"),
                ("ANYTHING", "x"),
            ],
            For::Argv,
        );
        assert_eq!(value(&made, "LANG"), Some("de_DE.UTF-8"));
        assert_eq!(value(&made, "TZ"), Some("Europe/Berlin"));
        assert_eq!(value(&made, "PATH"), Some(PATH));
        assert_eq!(value(&made, "GIT_CONFIG_GLOBAL"), Some("/dev/null"));
        assert_eq!(value(&made, "LC_ALL"), None);
        for (name, expected) in ENVIRONMENT {
            assert_eq!(value(&made, name), Some(*expected), "what the tables count on");
        }
        for name in ["HOME", "LD_PRELOAD", "SSH_AUTH_SOCK", "ANYTHING"] {
            assert_eq!(value(&made, name), None, "{name}");
        }
    }

    #[test]
    fn a_value_that_is_more_than_a_name_is_not_taken_over() {
        let made = made(&[("TZ", ":/etc/shadow"), ("LANG", "../../x"), ("LC_ALL", "$(id)"), ("USER", "/x")], For::Argv);
        for name in ["TZ", "LANG", "USER"] {
            assert_eq!(value(&made, name), None, "{name}");
        }
        assert_eq!(value(&made, "LC_ALL"), Some("C.UTF-8"), "without a locale there is a sane one");
    }

    #[test]
    fn an_approved_line_gets_no_secret_and_nothing_that_changes_commands() {
        let names = [
            "BASH_ENV",
            "ENV",
            "SHELLOPTS",
            "PROMPT_COMMAND",
            "PS4",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "IFS",
            "GIT_DIR",
            "GIT_SSH_COMMAND",
            "LESSOPEN",
            "KUBECONFIG",
            "KUBE_EDITOR",
            "KUBECTL_EXTERNAL_DIFF",
            "RIPGREP_CONFIG_PATH",
            "PYTHONSTARTUP",
            "PERL5OPT",
            "BASH_FUNC_ls",
            "AWS_ACCESS_KEY_ID",
            "GITHUB_TOKEN",
            "DB_PASSWORD",
            "MY_SECRET",
            "OPENAI_API_KEY",
            "TRCAA_KEY_FILE",
            "TRCAA_DATA_DIR",
            "SSH_ASKPASS",
            "PGPASSWORD",
            "slack_token",
            "npm_config_x",
            "STRIPE_KEY",
            "DB_PASS",
            "Ld_Preload",
            "SENTRY_DSN",
            "CLIENTSECRET",
            "MANPAGER2_PAGER",
        ];
        let given: Vec<(&str, &str)> = names.iter().map(|name| (*name, "v4lue")).collect();
        let made = made(&given, For::Line);
        assert!(made.iter().all(|(_, value)| value != "v4lue"), "{made:?}");
        assert_eq!(value(&made, "PAGER"), Some("cat"));
        assert_eq!(value(&made, "PATH"), Some(PATH));
    }

    #[test]
    fn an_approved_line_keeps_what_is_harmless() {
        let given = [
            ("HOME", "/home/ada"),
            ("LANG", "C.UTF-8"),
            ("SSH_AUTH_SOCK", "/run/a"),
            ("EXAMPLE", "1"),
            ("XDG_RUNTIME_DIR", "/r"),
        ];
        let made = made(&given, For::Line);
        for (name, expected) in given {
            assert_eq!(value(&made, name), Some(expected));
        }
    }

    #[test]
    fn values_that_are_functions_or_hold_a_password_are_dropped() {
        let made = made(
            &[
                ("x", "() { :; }; id"),
                ("HTTP_PROXY", "http://ada:pw@proxy:3128"),
                ("NO_PW", "http://proxy/a@b"),
                ("a-b", "1"),
                ("1a", "1"),
            ],
            For::Line,
        );
        assert_eq!(value(&made, "x"), None);
        assert_eq!(value(&made, "HTTP_PROXY"), None);
        assert_eq!((value(&made, "a-b"), value(&made, "1a")), (None, None));
    }
}
