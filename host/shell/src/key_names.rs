//! The names of files and folders that hold keys, tokens, passwords or histories.
//!
//! Owns the lists. Must not know commands. Links and renamed files are the cage's business, not ours.

use std::borrow::Cow;

use crate::names::Names;

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
    "wpa_supplicant",
    "sudoers.d",
    ".subversion",
    ".vnc",
    "credstore",
    "credstore.encrypted",
    // Volumes that the kubelet mounts into pods.
    "kubernetes.io~secret",
    "kubernetes.io~projected",
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
    "auth.json",
    "sasl_passwd",
    "sasl_passwd.db",
    "passwd.client",
    "smbpasswd",
    "passdb.tdb",
    "secrets.tdb",
    "rndc.conf",
    ".erlang.cookie",
    "tomcat-users.xml",
    "application_default_credentials.json",
    ".envrc",
    "clouds.yaml",
    "clouds.yml",
    "secure.yaml",
    "openrc.sh",
    "talosconfig",
    "bootstrap-kubelet.conf",
    "key3.db",
    "key4.db",
    "logins.json",
    "cookies",
    "cookies.sqlite",
    "login data",
    ".xauthority",
    ".lesshst",
    "fish_history",
    "user-data",
    "user-data.txt",
    "vendor-data",
    "vendor-data.txt",
    "cloud-config.txt",
    "instance-data-sensitive.json",
    "settings-security.xml",
    "gradle.properties",
    "rclone.conf",
    "password",
    "passwords",
    "vmcore",
    "config.v2.json",
    "sssd.conf",
    "nslcd.conf",
    "pam_ldap.conf",
    "master.passwd",
    "spwd.db",
    ".mylogin.cnf",
    ".dbshell",
    ".dockerconfigjson",
    ".databrickscfg",
    ".gitconfig",
    ".terraformrc",
    ".yarnrc.yml",
    "pip.conf",
    "repositories.yaml",
    "passwd-s3fs",
    "secret_key",
    "hostapd.conf",
    "wpa_supplicant.conf",
    "anaconda-ks.cfg",
    "ks.cfg",
    "preseed.cfg",
    "unattend.xml",
    "autounattend.xml",
    "vault.yml",
    "vault.yaml",
    "ipsec.secrets",
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
    ".keyring",
    ".secret",
    ".agekey",
    ".pvk",
    "-token",
    "-openrc.sh",
    "_history",
    ".token",
    ".tfvars",
    ".pgp",
    "credentials",
    "-secret",
    "_secret",
    "-password",
    "_password",
    "_rsa",
    "_ed25519",
    "_ecdsa",
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
    "krb5cc",
    "encryption-config",
    "encryption-provider",
];

/// Folders of programs, each with the name in it that holds credentials.
const KEY_PAIRS: &[(&str, &str)] = &[
    (".config", "op"),
    (".config", "hcloud"),
    (".config", "doctl"),
    (".config", "sops"),
    (".config", "gh"),
    (".config", "glab-cli"),
    (".config", "rclone"),
    (".config", "heroku"),
    ("gh", "hosts.yml"),
    ("etc", "openvpn"),
    ("kubelet", "config.json"),
    (".m2", "settings.xml"),
    (".git", "config"),
    (".mc", "config.json"),
    ("registry", "config.json"),
    ("sss", "db"),
];

/// What is put behind the name of a file when a copy of it is kept.
const COPIES: &[&str] = &[
    "~",
    "-",
    "#",
    ".bak",
    ".backup",
    ".old",
    ".orig",
    ".save",
    ".saved",
    ".copy",
    ".tmp",
    ".new",
    ".swp",
    ".swo",
    ".dpkg-old",
    ".dpkg-new",
    ".dpkg-dist",
    ".dpkg-bak",
    ".ucf-old",
    ".rpmsave",
    ".rpmnew",
    ".rpmorig",
    ".gz",
    ".xz",
    ".bz2",
    ".zst",
];

/// How many such endings are looked behind.
const COPIES_MAX: usize = 4;

/// Endings of files of settings and data, by which `db-secret.yaml` is told from `secret-rotator`.
const DATA: &[&str] = &[
    ".json",
    ".yaml",
    ".yml",
    ".txt",
    ".xml",
    ".conf",
    ".cfg",
    ".ini",
    ".toml",
    ".properties",
    ".csv",
    ".db",
    ".sh",
    ".php",
    ".py",
    ".rb",
    ".tfvars",
];

static FILES: Names = Names::new(KEY_FILES);
static FOLDERS: Names = Names::new(KEY_FOLDERS);

/// A set of bytes: those with which one of the lists begins or ends.
type Bytes = [bool; 256];

/// Gives the last byte of each of the words.
const fn last_bytes(words: &[&str]) -> Bytes {
    let mut bytes = [false; 256];
    let mut at = 0;
    while at < words.len() {
        let word = words[at].as_bytes();
        bytes[word[word.len() - 1] as usize] = true;
        at += 1;
    }
    bytes
}

static ENDINGS_END: Bytes = last_bytes(KEY_ENDINGS);
static COPIES_END: Bytes = last_bytes(COPIES);
static DATA_END: Bytes = last_bytes(DATA);

/// Tells whether a word ends with one of the bytes.
fn ends_in(word: &str, bytes: &Bytes) -> bool {
    word.bytes().last().is_some_and(|last| bytes[usize::from(last)])
}

/// Tells whether a path holds a name of the lists; `path_like` whether words of speech count.
pub(crate) fn names_keys(path: &str, path_like: bool) -> bool {
    let lower = match path.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(path.to_ascii_lowercase()),
        false => Cow::Borrowed(path),
    };
    let mut parts = lower.split('/').filter(|part| !part.is_empty() && *part != ".").peekable();
    let mut parent = "";
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        if part.starts_with(".ssh")
            || part.starts_with(".gnupg")
            || (FOLDERS.contains(part) && (path_like || part.starts_with('.')))
        {
            return true;
        }
        if KEY_PAIRS.contains(&(parent, part)) {
            return true;
        }
        if is_name(part, path_like) || (last && is_last_name(part, parent, path_like)) {
            return true;
        }
        // `shadow~`, `.netrc.bak`, `.shadow.swp`, `id_rsa.1.gz`.
        let mut rest = part;
        for _ in 0..COPIES_MAX {
            let Some(shorter) = without_copy(rest) else { break };
            rest = shorter;
            let hidden = rest.trim_start_matches(['.', '#']);
            let names_key = |name: &str| is_name(name, path_like) || (last && is_last_name(name, parent, path_like));
            if names_key(rest) || (hidden.len() < rest.len() && names_key(hidden)) {
                return true;
            }
        }
        parent = part;
    }
    false
}

fn without_copy(name: &str) -> Option<&str> {
    let copied = ends_in(name, &COPIES_END).then(|| COPIES.iter().find_map(|end| name.strip_suffix(end))).flatten();
    let shorter = copied.or_else(|| {
        let number = name.len() - name.bytes().rev().take_while(u8::is_ascii_digit).count();
        name.get(..number).filter(|_| number < name.len())?.strip_suffix('.')
    })?;
    (!shorter.is_empty()).then_some(shorter)
}

fn is_name(name: &str, path_like: bool) -> bool {
    if !FILES.contains(name) {
        return false;
    }
    // `secret`, `token`, `mem` are words of speech too: only as part of a path do they name a file.
    let speech = matches!(
        name,
        "secret"
            | "token"
            | "mem"
            | "identity"
            | "credentials"
            | "environ"
            | "password"
            | "passwords"
            | "cookies"
            | "user-data"
            | "vendor-data"
    );
    !speech || path_like
}

fn is_last_name(name: &str, parent: &str, path_like: bool) -> bool {
    let data = || ends_in(name, &DATA_END) && DATA.iter().any(|end| name.ends_with(end));
    let word = || ["secret", "credential", "service-account", "service_account"].iter().any(|word| name.contains(word));
    let kept = |end: &&str| {
        name.ends_with(end) && name.len() > end.len() && (path_like || end.starts_with('.') || name.starts_with('.'))
    };
    (ends_in(name, &ENDINGS_END) && KEY_ENDINGS.iter().any(kept))
        || KEY_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || (name.len() >= 10 && name.contains("kubeconfig"))
        || (name.starts_with("password") && (path_like || data()))
        || (data() && word())
        // The settings of a guest of Proxmox, with its passwords.
        || (matches!(parent, "qemu-server" | "lxc") && name.ends_with(".conf"))
}

#[cfg(test)]
mod tests {
    use crate::paths::{is_key_file, is_key_path};

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
            "/etc/shadow~",
            ".shadow.swp",
            "id_rsa.1.gz",
            ".netrc.bak",
            "db-secret.yaml",
            "my-kubeconfig",
            "x/password.txt",
            "/root/.config/gh/hosts.yml",
            "/var/lib/kubelet/pods/x/volumes/kubernetes.io~secret/y/z",
            "/etc/sudoers.d/x",
            "/tmp/krb5cc_1000",
            ".git/config",
            "/etc/cifs-credentials",
            "/srv/deploy_rsa",
            "prod.tfvars",
            "/var/lib/docker/containers/x/config.v2.json",
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
            "secret-rotator-x2",
            "refresh-token",
            "/etc/passwd",
            "passwd",
            "/var/log/auth.log.1",
            "/var/log/syslog.2.gz",
            "/etc/containers/registries.conf",
            "create-secret",
            "update_password",
            "use_rsa",
            "aws-credentials",
            "git/config",
        ] {
            assert!(!is_key_file(path), "{path}");
        }
        for path in ["token", "password", "secret", "agent-token"] {
            assert!(is_key_path(path) && !is_key_file(path), "{path}");
        }
    }
}
