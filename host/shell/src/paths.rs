//! Which paths hold keys, are devices, or belong to the system.
//!
//! Works on text alone: symbolic links are the cage's business, not ours.

/// Longest path the kernel takes, in bytes; a longer word names no file.
const PATH_BYTES_MAX: usize = 4096;

/// Folders and files whose whole subtree holds credentials.
const KEY_FOLDERS: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".kube",
    ".docker",
    ".azure",
    ".gcloud",
    "gcloud",
    ".password-store",
    ".vault-token",
    "private",
    "priv",
    "secrets",
    "keyrings",
    ".oci",
    ".terraform.d",
    "wireguard",
    "system-connections",
];

/// File names that hold credentials wherever they are.
const KEY_FILES: &[&str] = &[
    "shadow",
    "shadow-",
    "gshadow",
    "gshadow-",
    "sudoers",
    "kubeconfig",
    ".env",
    ".netrc",
    "_netrc",
    ".pgpass",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".my.cnf",
    "credentials",
    "credentials.json",
    "credentials.db",
    "authkey",
    "admin.conf",
    "super-admin.conf",
    "kubelet.conf",
    "controller-manager.conf",
    "scheduler.conf",
    "environ",
    "kcore",
    "mem",
    "auxv",
    "tftsr.db",
    "tftsr.db-wal",
    "tftsr.db-shm",
    "tftsr.db-journal",
    "tftsr.key",
    "krb5.keytab",
    "opasswd",
    "htpasswd",
    ".htpasswd",
    "secret",
    "token",
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "identity",
    "wallet.dat",
    ".bash_history",
    ".zsh_history",
    ".history",
    ".mysql_history",
    ".psql_history",
    ".python_history",
    ".viminfo",
    ".dockercfg",
    ".s3cfg",
    ".boto",
    "k3s.yaml",
    "rke2.yaml",
    "node-token",
    "chap-secrets",
    "pap-secrets",
    "debian.cnf",
    "wp-config.php",
    ".vault_pass",
];

/// Endings of file names that hold credentials.
const KEY_ENDINGS: &[&str] = &[
    ".pem",
    ".key",
    ".p12",
    ".pfx",
    ".jks",
    ".keystore",
    ".kdbx",
    ".keytab",
    ".ppk",
    ".asc",
    ".gpg",
    ".env",
    ".kubeconfig",
    ".ovpn",
    ".der",
    ".p8",
    ".secrets",
    ".tfstate",
    ".pkcs12",
];

/// Beginnings of file names that hold credentials.
const KEY_BEGINNINGS: &[&str] = &[
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "ssh_host_",
    "kubeconfig",
    ".env.",
    "tftsr.",
    "secrets.",
    "credentials.",
    "shadow.",
    "gshadow.",
];

/// Tells whether a word names, or could name, a file with keys, secrets or our own data.
pub(crate) fn is_key_file(word: &str) -> bool {
    // The value may follow an assignment sign or a name (`if=/x`, `@/x`, `host:/x`).
    word.split(['=', '@', ':', ',', ' ']).filter(|path| path.len() <= PATH_BYTES_MAX).any(|path| {
        let lower = path.to_ascii_lowercase();
        let mut parts = lower.split('/').filter(|part| !part.is_empty() && *part != ".").peekable();
        let has_folder = lower.contains('/');
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            let dotted = part.starts_with('.');
            if KEY_FOLDERS.contains(&part) && (has_folder || dotted) {
                return true;
            }
            // `secret`, `token`, `mem` are words of speech too: only as part of a path do they name a file.
            let plain = matches!(part, "secret" | "token" | "mem" | "identity" | "credentials" | "environ");
            if KEY_FILES.contains(&part) && (!plain || has_folder) {
                return true;
            }
            if last
                && (KEY_ENDINGS.iter().any(|ending| part.ends_with(ending) && part.len() > ending.len())
                    || KEY_BEGINNINGS.iter().any(|beginning| part.starts_with(beginning)))
            {
                return true;
            }
        }
        false
    })
}

/// Tells whether a path is below `/dev` and more than a sink or a terminal.
pub(crate) fn is_device(path: &str) -> bool {
    let path = normal(path);
    path.strip_prefix("/dev/").is_some_and(|name| {
        !matches!(name, "null" | "stdin" | "stdout" | "stderr" | "tty" | "full")
            && !name.starts_with("fd/")
            && !name.starts_with("pts/")
            && !name.starts_with("shm/")
    })
}

/// Tells whether a path may stand after `<`: nothing below `/dev` but the sink, and no place where bash opens a network
/// connection or a process's own descriptors are files.
pub(crate) fn is_plain_input(path: &str) -> bool {
    // A folder can be opened, and then read by nothing.
    if path.ends_with('/') || matches!(path.rsplit('/').next(), Some("." | "..")) {
        return false;
    }
    let path = normal(path);
    let own = path.starts_with("/proc/") && path.contains("/fd");
    path == "/dev/null" || !(path.is_empty() || own || path == "/dev" || path.starts_with("/dev/"))
}

/// Folders of the system: what is recursively changed, moved or removed there ends the machine.
const SYSTEM: &[&str] = &[
    "/",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/home",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/srv",
    "/sys",
    "/usr",
    "/var",
    "/usr/bin",
    "/usr/sbin",
    "/usr/lib",
    "/usr/local",
    "/usr/share",
    "/var/lib",
    "/etc/pve",
    "/etc/kubernetes",
    "/nix",
    "/snap",
    "/media",
    "/mnt",
];

/// Tells whether a path is a folder of the system, or everything in one (`/etc/*`).
pub(crate) fn is_system_folder(path: &str) -> bool {
    let mut path = normal(path);
    if let Some(parent) = path.strip_suffix("/*").or_else(|| path.strip_suffix("/.*")) {
        path = if parent.is_empty() { "/".to_owned() } else { parent.to_owned() };
    }
    SYSTEM.contains(&path.as_str())
}

/// Tells whether a path is a file the system needs, so that truncating or moving it breaks the machine.
pub(crate) fn is_system_file(path: &str) -> bool {
    let path = normal(path);
    ["/etc/", "/boot/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/usr/", "/sys/", "/proc/"]
        .iter()
        .any(|below| path.starts_with(below))
        || is_system_folder(&path)
}

/// Tells whether a path is the trigger of the kernel's emergency keys.
pub(crate) fn is_sysrq(path: &str) -> bool {
    normal(path).ends_with("sysrq-trigger")
}

/// Resolves `.`, `..` and repeated slashes of an absolute path; another path is left as it is.
fn normal(path: &str) -> String {
    if !path.starts_with('/') || path.len() > PATH_BYTES_MAX {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{is_device, is_key_file, is_plain_input, is_system_file, is_system_folder};

    #[test]
    fn key_files_are_known_by_folder_name_and_ending() {
        for path in [
            "/etc/shadow",
            "/etc/../etc/./shadow-",
            "~/.ssh/config",
            ".ssh",
            "a/id_rsa",
            "id_ed25519.pub",
            "x.PEM",
            "srv.key",
            "/proc/1/environ",
            "/root/.kube/config",
            ".env",
            ".env.local",
            "prod.env",
            "~/.aws/credentials",
            "/x/tftsr.db",
            "tftsr.key",
            "if=/etc/shadow",
            "/run/secrets/x",
            "/etc/kubernetes/admin.conf",
        ] {
            assert!(is_key_file(path), "{path}");
        }
        for path in [
            "/var/log/syslog",
            "monkey",
            "error token",
            "key",
            "app.conf",
            "environment",
            "{.items[*].metadata.name}",
            "mem",
        ] {
            assert!(!is_key_file(path), "{path}");
        }
    }

    #[test]
    fn only_plain_files_are_plain_input() {
        for path in ["app.log", "/var/log/syslog", "/dev/null", "/proc/meminfo"] {
            assert!(is_plain_input(path), "{path}");
        }
        for path in
            ["", "/dev/tcp/h/80", "/dev/../dev//udp/h/53", "/dev/stdin", "/dev/fd/3", "/dev/tty", "/proc/self/fd/0"]
        {
            assert!(!is_plain_input(path), "{path}");
        }
    }

    #[test]
    fn devices_and_system_paths_are_resolved_first() {
        assert!(is_device("/dev/../dev//sda"));
        assert!(!is_device("/dev/null"));
        assert!(is_system_folder("/usr/../etc/"));
        assert!(is_system_folder("/*"));
        assert!(!is_system_folder("/srv/app"));
        assert!(is_system_file("//etc/passwd"));
        assert!(!is_system_file("/var/log/syslog"));
    }
}
