//! The programs that tier 1 is for, in the cage: they end as they end without it.

use std::process::{Command, Stdio};

use trcaa_shell::run::Ended;

use crate::given::{Given, installed, text};

/// What analysts look at first.
const READERS: &[&str] = &[
    "ip addr",
    "ip -j route",
    "ip link",
    "ip neigh",
    "ss -tuln",
    "ss -s",
    "ps aux",
    "ps -ef --forest",
    "top -b -n 1",
    "free -m",
    "uptime",
    "df -h",
    "du -sh /etc/ssl",
    "lsblk",
    "lsblk -f",
    "findmnt",
    "mount",
    "lscpu",
    "lsmod",
    "dmesg",
    "id",
    "id root",
    "whoami",
    "groups",
    "who",
    "w",
    "last",
    "hostname",
    "hostname -I",
    "uname -a",
    "date",
    "getent passwd root",
    "stat /etc/passwd",
    "file /bin/ls",
    "find /etc/ssl -maxdepth 1",
    "tree -L 1 /etc/ssl",
    "ls -la /",
    "ls -la /root",
    "ls -l /proc/self/",
    "cat /proc/meminfo",
    "systemctl status",
    "systemctl list-units",
    "systemctl is-active ssh",
    "journalctl -n 5",
    "docker ps",
    "docker version",
    "podman ps",
    "crictl ps",
    "git --no-pager log -n 1",
    "git status",
    "netstat -tuln",
    "netstat -i",
    "arp -n",
    "ethtool lo",
    "iptables -L -n",
    "sysctl kernel.ostype",
    "lsof -p 1",
    "lsusb",
    "lspci",
    "vmstat",
    "iostat",
    "pgrep -l init",
    "pstree",
    "jq -n 1",
    "awk BEGIN{print(1)}",
    "sed -n 1p /etc/passwd",
    "sort /etc/passwd",
    "sha256sum /etc/passwd",
    "zpool status",
    "smartctl --scan",
    "lvs",
    "mdadm --detail --scan",
    "timedatectl",
    "hostnamectl",
    "loginctl list-sessions",
    "chronyc tracking",
    "egrep root /etc/passwd",
    "which ls",
    "kubectl version --client",
];

#[test]
fn readers_end_in_the_cage_as_without_it() {
    let given = Given::new();
    let mut different = Vec::new();
    for reader in READERS {
        let words: Vec<&str> = reader.split(' ').collect();
        if !installed(words[0]) {
            continue;
        }
        let free = Command::new(words[0])
            .args(&words[1..])
            .current_dir(given.folder())
            .env_clear()
            .envs(trcaa_shell::run::environment([], trcaa_shell::run::For::Argv))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let ran = given.words(&words);
        if free.status.code().map(Ended::Exited) != Some(ran.ended)
            || free.stdout.is_empty() != ran.stdout.bytes.is_empty()
        {
            different.push(format!(
                "{reader}: {:?} → {:?}; {:?} → {:?}",
                free.status.code(),
                ran.ended,
                String::from_utf8_lossy(&free.stderr),
                text(&ran.stderr)
            ));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn git_reads_a_repository_and_starts_nothing_that_it_names() {
    if !installed("git") {
        return;
    }
    let given = Given::new();
    let git = |words: &[&str]| {
        let done = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"])
            .args(words)
            .current_dir(given.folder())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    };
    git(&["init", "-q"]);
    given.file("a", "1\n");
    git(&["add", "a"]);
    git(&["commit", "-q", "-m", "one"]);
    given.file("a", "2\n");
    let trap = given.file("trap.sh", format!("#!/bin/sh\ntouch {}\n", given.folder().join("trapped").display()));
    let trap = format!("sh {}", trap.display());
    given.file(".gitattributes", "* filter=x diff=x\n");
    for key in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.x.textconv",
        "diff.x.command",
        "filter.x.clean",
        "filter.x.process",
    ] {
        git(&["config", key, &trap]);
    }
    assert!(text(&given.argv("git --no-pager log --oneline").stdout).contains("one"));
    for reader in ["git status", "git diff", "git log -p", "git show", "git blame a", "git branch", "git ls-files -m"] {
        given.argv(reader);
        assert!(!given.folder().join("trapped").exists(), "{reader}");
    }
}

#[test]
fn git_verifies_no_signature_with_a_program_that_the_repository_names() {
    if !installed("git") {
        return;
    }
    let given = Given::new();
    let trapped = given.folder().join("trapped");
    let trap = given.file("trap.sh", format!("#!/bin/sh\ntouch {}\n", trapped.display()));
    std::fs::set_permissions(&trap, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let git = |words: &[&str], environment: Vec<(std::ffi::OsString, std::ffi::OsString)>| {
        let done = Command::new("git")
            .args(words)
            .current_dir(given.folder())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(environment)
            .output()
            .unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "-q"], Vec::new());
    let tree = git(&["write-tree"], Vec::new());
    let who = "a <a@b> 1700000000 +0000";
    let signed = format!(
        "tree {tree}\nauthor {who}\ncommitter {who}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\none\n"
    );
    given.file("signed", signed);
    let commit = git(&["hash-object", "-t", "commit", "-w", "signed"], Vec::new());
    git(&["update-ref", "HEAD", &commit], Vec::new());
    for key in ["gpg.program", "gpg.openpgp.program"] {
        git(&["config", key, trap.to_str().unwrap()], Vec::new());
    }
    for (key, value) in [("log.showSignature", "true"), ("format.pretty", "format:%G? %s")] {
        git(&["config", key, value], Vec::new());
        git(&["log", "-1"], Vec::new());
        assert!(std::fs::remove_file(&trapped).is_ok(), "without the environment {key} starts it");
        let said = git(&["log", "-1"], trcaa_shell::run::environment([], trcaa_shell::run::For::Argv));
        assert!(!trapped.exists() && said.starts_with("commit ") && said.contains("one"), "{key}: {said}");
        git(&["config", "--unset", key], Vec::new());
    }
}
