//! Which paths hold keys, are devices, or belong to the system.
//!
//! Works on text alone: symbolic links are the cage's business, not ours.

use crate::key_names;

/// Longest path the kernel takes, in bytes; a longer word names no file.
const PATH_BYTES_MAX: usize = 4096;

/// Tells whether a word names, or could name, a file with keys, secrets or our own data. A word of speech such as
/// `token` counts only as part of a path.
pub(crate) fn is_key_file(word: &str) -> bool {
    // The value may follow an assignment sign or a name (`if=/x`, `@/x`, `host:/x`).
    word.split(['=', '@', ':', ',', ' '])
        .filter(|path| path.len() <= PATH_BYTES_MAX)
        .any(|path| key_names::names_keys(path, path.contains('/')))
}

/// As [`is_key_file`], for what is certainly the name of a file: there `token` counts too.
pub(crate) fn is_key_path(path: &str) -> bool {
    is_key_file(path) || is_key_name(path)
}

/// What of [`is_key_path`] goes beyond [`is_key_file`].
pub(crate) fn is_key_name(path: &str) -> bool {
    // Without another sign in it, a path with a slash was looked at as one.
    let seen = path.contains('/') && !path.contains(['=', '@', ':', ',', ' ']);
    !seen && path.len() <= PATH_BYTES_MAX && key_names::names_keys(path, true)
}

/// Tells whether a path is a terminal, a stream of the kernel that whoever reads it empties, or what another process has open.
pub(crate) fn is_stream(path: &str) -> bool {
    let path = normal(path);
    if path.starts_with("/proc/") && ["/fd/", "/map_files/"].iter().any(|open| path.contains(open)) {
        return true;
    }
    path.strip_prefix("/dev/").is_some_and(|name| {
        name.starts_with("tty") || name.starts_with("pts") || matches!(name, "console" | "ptmx" | "kmsg")
    }) || matches!(path.rsplit('/').next(), Some("kmsg" | "trace_pipe" | "trace_pipe_raw"))
}

/// Tells whether below a path are files of the kernel, memory and environments among them, that a search would read.
pub(crate) fn is_kernel_tree(path: &str) -> bool {
    let path = normal(path);
    path == "/"
        || ["/proc", "/sys", "/dev"]
            .iter()
            .any(|tree| path.strip_prefix(tree).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
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
    path == "/dev/null" || !(is_stream(&path) || path.is_empty() || own || path == "/dev" || path.starts_with("/dev/"))
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
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/lib/modules",
    "/lib/systemd",
    "/usr/lib/systemd",
    "/etc/ssh",
    "/etc/systemd",
    "/etc/pam.d",
    "/boot/efi",
    "/boot/grub",
    "/boot/grub2",
];

/// Tells whether a path is a folder of the system, or everything in one (`/etc/*`).
pub(crate) fn is_system_folder(path: &str) -> bool {
    let mut path = normal(path);
    if let Some(parent) = path.strip_suffix("/*").or_else(|| path.strip_suffix("/.*")) {
        path = if parent.is_empty() { "/".to_owned() } else { parent.to_owned() };
    }
    SYSTEM.contains(&path.as_str()) || (path.ends_with("-linux-gnu") && path.matches('/').count() <= 3)
}

/// Tells whether a path is a file the system needs, so that truncating or moving it breaks the machine.
pub(crate) fn is_system_file(path: &str) -> bool {
    let path = normal(path);
    ["/etc/", "/boot/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/usr/", "/sys/", "/proc/"]
        .iter()
        .chain(&["/var/lib/dpkg/", "/var/lib/rpm/", "/var/lib/etcd/", "/var/lib/pve-cluster/"])
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
    use super::{is_device, is_kernel_tree, is_plain_input, is_stream, is_system_file, is_system_folder};

    #[test]
    fn only_plain_files_are_plain_input() {
        for path in ["app.log", "/var/log/syslog", "/dev/null", "/proc/meminfo"] {
            assert!(is_plain_input(path), "{path}");
        }
        for path in [
            "",
            "/dev/tcp/h/80",
            "/dev/../dev//udp/h/53",
            "/dev/stdin",
            "/dev/fd/3",
            "/dev/tty",
            "/proc/self/fd/0",
            "/proc/kmsg",
        ] {
            assert!(!is_plain_input(path), "{path}");
        }
    }

    #[test]
    fn devices_and_system_paths_are_resolved_first() {
        assert!(is_device("/dev/../dev//sda"));
        assert!(!is_device("/dev/null"));
        assert!(is_stream("/dev/../dev/pts/0") && is_stream("/sys/kernel/tracing/per_cpu/cpu0/trace_pipe"));
        assert!(is_stream("/proc/1/fd/3") && is_stream("/proc/1/task/2/fd/3") && !is_stream("/proc/1/fd"));
        assert!(!is_stream("/dev/null") && !is_stream("/proc/meminfo"));
        assert!(is_kernel_tree("/proc/1/") && is_kernel_tree("/x/..") && !is_kernel_tree("/processes"));
        assert!(is_system_folder("/usr/../etc/"));
        assert!(is_system_folder("/*"));
        assert!(!is_system_folder("/srv/app"));
        assert!(is_system_file("//etc/passwd"));
        assert!(!is_system_file("/var/log/syslog"));
    }
}
