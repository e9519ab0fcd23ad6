//! Commands that run others, and words that make a tool reach elsewhere: one list for all who ask.
//!
//! Three kinds, since they are asked for different reasons: a session's yes, a wildcard of a rule, a disk among the words.

use crate::carry;
use crate::names::Names;

/// Commands whose operands are a command, or text that becomes one.
static WRAPS: Names = Names::new(&[
    "sudo",
    "doas",
    "pkexec",
    "run0",
    "gosu",
    "su-exec",
    "su",
    "runuser",
    "sg",
    "env",
    "nice",
    "ionice",
    "chrt",
    "taskset",
    "nohup",
    "setsid",
    "stdbuf",
    "unbuffer",
    "timeout",
    "time",
    "watch",
    "xargs",
    "parallel",
    "entr",
    "chroot",
    "unshare",
    "nsenter",
    "setpriv",
    "runcon",
    "capsh",
    "bwrap",
    "firejail",
    "proot",
    "fakeroot",
    "prlimit",
    "choom",
    "cpulimit",
    "numactl",
    "cgexec",
    "strace",
    "ltrace",
    "valgrind",
    "perf",
    "flock",
    "script",
    "expect",
    "systemd-run",
    "systemd-inhibit",
    "systemd-nspawn",
    "systemd-cat",
    "start-stop-daemon",
    "daemonize",
    "dbus-run-session",
    "command",
    "builtin",
    "exec",
    "eval",
    "trap",
    "alias",
    "busybox",
    "toybox",
    "ssh",
    "screen",
    "tmux",
    "hyperfine",
]);

/// Commands of which a part of what they do is written in files or settings beside them, or typed later.
static BUILDS: Names = Names::new(&[
    "make",
    "gmake",
    "ninja",
    "cmake",
    "rake",
    "gradle",
    "mvn",
    "ant",
    "cargo",
    "go",
    "npm",
    "npx",
    "yarn",
    "pnpm",
    "bundle",
    "tox",
    "terraform",
    "tofu",
    "terragrunt",
    "pulumi",
    "packer",
    "vagrant",
    "ansible",
    "ansible-playbook",
    "salt",
    "salt-call",
    "puppet",
    "chef-client",
    "docker-compose",
    "helmfile",
    "skaffold",
    "tilt",
    "kustomize",
    "crontab",
    "at",
    "batch",
    "vi",
    "vim",
    "nvim",
    "view",
    "ex",
    "ed",
    "emacs",
    "nano",
    "find",
    "fd",
    "fdfind",
    "awk",
    "gawk",
    "mawk",
    "nawk",
    "scp",
    "sftp",
    "rsync",
    "set",
    "export",
    "cd",
    "pushd",
    "source",
    ".",
    "hash",
    "gdb",
    "lldb",
]);

/// Commands that run what a flag, a statement or a file of theirs names.
static BY_FLAG: Names = Names::new(&[
    "sed",
    "less",
    "more",
    "most",
    "man",
    "tar",
    "bsdtar",
    "gtar",
    "zip",
    "psql",
    "pgcli",
    "mysql",
    "mariadb",
    "mycli",
    "sqlite3",
    "sqlite",
    "clickhouse",
    "clickhouse-client",
    "cqlsh",
    "influx",
    "sqlcmd",
    "isql",
    "sqlplus",
    "duckdb",
    "cockroach",
    "mongo",
    "mongosh",
    "redis-cli",
    "valkey-cli",
    "keydb-cli",
    "tcpdump",
    "tshark",
    "dumpcap",
    "nmap",
    "apt",
    "apt-get",
    "dpkg",
    "rpm",
    "yum",
    "dnf",
    "pip",
    "pip3",
    "split",
    "sort",
    "dmsetup",
    "openssl",
    "bpftrace",
    "dbus-send",
    "busctl",
    "gdbus",
    "gcc",
    "cc",
    "ld",
    "m4",
    "dc",
    "bc",
    "ip",
    "kubectl-exec",
    "pidstat",
    "coredumpctl",
    "machinectl",
    "etcdctl",
    "wget",
    "curl",
    "git",
]);

/// Words that make a tool run a command elsewhere, or reach into a container, guest, machine or other repository.
static REACHES: Names = Names::new(&[
    "exec",
    "run",
    "attach",
    "debug",
    "shell",
    "console",
    "terminal",
    "enter",
    "guest",
    "agent",
    "monitor",
    "netns",
    "ssh",
    "cp",
    "create",
    "apply",
    "replace",
    "patch",
    "edit",
    "build",
    "port-forward",
    "proxy",
    "qemu-agent-command",
    "clone",
    "fetch",
    "pull",
    "push",
    "ls-remote",
    "remote",
    "submodule",
    "bisect",
    "rebase",
    "difftool",
    "mergetool",
    "filter-branch",
    "grep",
    "upgrade",
    "install",
    "compose",
    "--",
]);

/// Tells whether a command's operands are a command.
pub(crate) fn wraps(name: &str) -> bool {
    WRAPS.contains(name) || carry::is_shell(name)
}

/// Tells whether what a command does is not told by its words alone.
pub(crate) fn is_open(name: &str, rest: &[&str]) -> bool {
    wraps(name) || carry::is_carrier(name) || BUILDS.contains(name) || rest.iter().any(|word| reaches(word))
}

/// Tells whether words that are not known beforehand could make a command run another.
pub(crate) fn may_run(name: &str) -> bool {
    wraps(name) || carry::is_carrier(name) || BUILDS.contains(name) || BY_FLAG.contains(name)
}

/// Tells whether a word makes a tool reach elsewhere.
pub(crate) fn reaches(word: &str) -> bool {
    REACHES.contains(word)
}

/// Tells whether a command takes what it does from a file: `kubectl delete -f x`, `psql -f x`, `ip -batch x`.
pub(crate) fn acts_by_file(name: &str, rest: &[&str]) -> bool {
    let begins = |flags: &[&str]| rest.iter().any(|arg| flags.iter().any(|flag| arg.starts_with(flag)));
    match name {
        "kubectl" | "oc" | "k" | "helm" => begins(&["-f", "--filename", "-k", "--kustomize", "--values", "-R"]),
        "nft" | "psql" | "cqlsh" | "influx" => begins(&["-f", "--file", "-import"]) || backslash(rest),
        "mysql" | "mariadb" | "sqlite3" | "sqlite" | "mongo" | "mongosh" | "redis-cli" => {
            begins(&["-init", "--init", "--file", "--eval", "-x"])
                || backslash(rest)
                || rest.iter().any(|arg| arg.contains("source ") || arg.contains(".read") || arg.ends_with(".js"))
        }
        "ip" | "tc" | "bridge" => begins(&["-b", "-B", "-force"]),
        "sysctl" => begins(&["-p", "--load", "--system", "-f"]),
        "sed" => begins(&["-f", "--file"]),
        "ipset" | "pct" | "qmrestore" => rest.contains(&"restore"),
        _ => name.ends_with("-restore") || name == "qmrestore",
    }
}

/// Tells whether a word holds a backslash, by which clients of data bases call files and commands.
fn backslash(rest: &[&str]) -> bool {
    rest.iter().any(|arg| arg.contains('\\'))
}

#[cfg(test)]
mod tests {
    use super::{acts_by_file, is_open, may_run, wraps};

    #[test]
    fn whoever_asks_gets_the_same_answer() {
        for name in ["sudo", "bash", "ssh", "systemd-run", "busybox", "xargs"] {
            assert!(wraps(name) && may_run(name) && is_open(name, &[]), "{name}");
        }
        assert!(is_open("terraform", &["apply"]) && !is_open("systemctl", &["restart", "x"]));
        assert!(may_run("psql") && !is_open("psql", &["-c", "select 1"]) && !may_run("systemctl"));
        for (name, rest) in [
            ("kubectl", &["delete", "-f", "x"][..]),
            ("psql", &["-fx.sql"]),
            ("psql", &["-c", "\\i x"]),
            ("ip", &["-batch", "x"]),
            ("iptables-restore", &["x"]),
        ] {
            assert!(acts_by_file(name, rest), "{name}");
        }
        assert!(!acts_by_file("docker", &["rm", "-f", "x"]) && !acts_by_file("psql", &["-c", "select 1"]));
    }
}
