//! The tier-3 families: what a command with its arguments would destroy.
//!
//! Works on one cooked argument list, command name first. Must not know wrappers or grammar. Where tier 1 demands exact
//! spelling, here abbreviations count (`--recurs`), and surplus is ignored: a doubt is a match.

use crate::names::Names;
use crate::paths;

/// Why the command is tier 3, if it is. `args` holds the command name first.
pub(crate) fn judge(args: &[&str]) -> Option<&'static str> {
    let (name, rest) = args.split_first()?;
    let name = base(name);
    if let Some(reason) = by_name(name) {
        return Some(reason);
    }
    trees(name, rest)
        .or_else(|| disks(name, rest))
        .or_else(|| machine(name, rest))
        .or_else(|| clusters(name, rest))
        .or_else(|| network(name, rest))
}

/// Strips the folder, and the escapes of alias protection, from a command name.
pub(crate) fn base(name: &str) -> &str {
    if !name.as_bytes().contains(&b'/') {
        return name;
    }
    name.trim_end_matches('/').rsplit('/').next().unwrap_or(name)
}

/// Tells whether a word could start a destroying command, so that its arguments are worth judging.
pub(crate) fn is_notable(word: &str) -> bool {
    let name = base(word);
    if name.len() < 2 {
        return false;
    }
    by_name(name).is_some() || NOTABLE.contains(name)
}

/// Commands that destroy with some arguments.
static NOTABLE: Names = Names::new(&[
    "rm",
    "srm",
    "find",
    "git",
    "chmod",
    "chown",
    "chgrp",
    "setfacl",
    "mv",
    "cp",
    "tee",
    "truncate",
    "install",
    "rsync",
    "ln",
    "lvremove",
    "cryptsetup",
    "zfs",
    "zpool",
    "btrfs",
    "hdparm",
    "nvme",
    "mdadm",
    "badblocks",
    "dmsetup",
    "systemctl",
    "loginctl",
    "init",
    "telinit",
    "kill",
    "qm",
    "pct",
    "pvesm",
    "pvesh",
    "pvecm",
    "pveceph",
    "ceph",
    "ceph-volume",
    "rbd",
    "rados",
    "kubectl",
    "oc",
    "kubeadm",
    "kind",
    "minikube",
    "k3d",
    "terraform",
    "tofu",
    "eksctl",
    "iptables",
    "ip6tables",
    "nft",
    "ip",
    "route",
    "ufw",
    "userdel",
    "deluser",
    "crontab",
    "diskutil",
    "virsh",
]);

/// Commands that destroy whatever their arguments are.
pub(crate) fn by_name(name: &str) -> Option<&'static str> {
    if name.starts_with("mkfs.") {
        return Some("makes a new file system over an old one");
    }
    if !ALWAYS.contains(name) {
        return None;
    }
    match name {
        "mkfs" | "mke2fs" | "mkswap" | "mkdosfs" | "mkntfs" | "mkreiserfs" | "newfs" | "mkexfatfs" => {
            Some("makes a new file system over an old one")
        }
        "dd" | "fdisk" | "cfdisk" | "sfdisk" | "gdisk" | "sgdisk" | "cgdisk" | "parted" | "wipefs" | "blkdiscard"
        | "shred" | "wipe" | "nwipe" => Some("overwrites disks"),
        "lvremove" | "vgremove" | "pvremove" => Some("removes volumes"),
        "shutdown" | "reboot" | "poweroff" | "halt" | "kexec" => Some("stops the machine"),
        "killall5" => Some("kills every process"),
        _ => None,
    }
}

/// The names that [`by_name`] knows.
static ALWAYS: Names = Names::new(&[
    "mkfs",
    "mke2fs",
    "mkswap",
    "mkdosfs",
    "mkntfs",
    "mkreiserfs",
    "newfs",
    "mkexfatfs",
    "dd",
    "fdisk",
    "cfdisk",
    "sfdisk",
    "gdisk",
    "sgdisk",
    "cgdisk",
    "parted",
    "wipefs",
    "blkdiscard",
    "shred",
    "wipe",
    "nwipe",
    "lvremove",
    "vgremove",
    "pvremove",
    "shutdown",
    "reboot",
    "poweroff",
    "halt",
    "kexec",
    "killall5",
]);

fn trees(name: &str, args: &[&str]) -> Option<&'static str> {
    let system = || args.iter().any(|arg| paths::is_system_folder(arg));
    let last = args.last().copied().unwrap_or_default();
    match name {
        "rm" | "srm" if flagged(args, "rRf", &["recursive", "force", "no-preserve-root"]) => {
            Some("removes trees, or without asking")
        }
        "rm" | "srm" | "unlink" if args.iter().any(|arg| paths::is_system_file(arg) || paths::is_device(arg)) => {
            Some("removes system files")
        }
        "find" if args.contains(&"-delete") => Some("removes what it finds"),
        // The files it finds are not known, so that any removal of them is of a tree.
        "find"
            if args
                .iter()
                .skip_while(|arg| !matches!(**arg, "-exec" | "-execdir" | "-ok" | "-okdir"))
                .any(|arg| base(arg) == "rm") =>
        {
            Some("removes what it finds")
        }
        "rsync" if args.iter().any(|arg| arg.starts_with("--del")) && paths::is_system_folder(last) => {
            Some("removes system folders")
        }
        "chmod" | "chown" | "chgrp" | "setfacl" if flagged(args, "R", &["recursive"]) && system() => {
            Some("changes a system folder recursively")
        }
        "mv" if moves_system(args, last) => Some("moves a system folder, or files into nothing"),
        "cp" | "tee" | "install" | "ln" | "truncate" => writes(name, args, last),
        "git" if args.contains(&"push") => {
            let forced = flagged(args, "fd", &["force", "force-with-lease", "mirror", "delete", "prune"])
                // `:main` deletes, `+main` and `+a:main` overwrite.
                || args.iter().any(|a| a.starts_with(['+', ':']));
            forced.then_some("overwrites or removes remote history")
        }
        _ => None,
    }
}

fn moves_system(args: &[&str], last: &str) -> bool {
    let target_first = args.iter().any(|arg| arg.starts_with("-t") || arg.starts_with("--t"));
    let sources = if target_first { args.len() } else { args.len().saturating_sub(1) };
    last == "/dev/null" || args.iter().take(sources).any(|arg| paths::is_system_folder(arg))
}

/// Judges commands that write to files named as arguments.
fn writes(name: &str, args: &[&str], last: &str) -> Option<&'static str> {
    let targets: Vec<&str> = match name {
        "cp" | "install" | "ln" => vec![last],
        _ => args.to_vec(),
    };
    if targets.iter().any(|target| paths::is_device(target) || paths::is_sysrq(target)) {
        return Some("writes to a device");
    }
    let empties =
        name == "truncate" || (name == "tee" && !flagged(args, "a", &["append"])) || args.contains(&"/dev/null");
    (empties && targets.iter().any(|target| paths::is_system_file(target))).then_some("overwrites system files")
}

fn disks(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    match name {
        "cryptsetup"
            if args.iter().any(|arg| {
                matches!(
                    arg.to_ascii_lowercase().as_str(),
                    "erase" | "lukserase" | "luksformat" | "lukskillslot" | "luksremovekey" | "reencrypt"
                )
            }) =>
        {
            Some("erases an encrypted volume")
        }
        "zfs" | "zpool" if has(&["destroy", "labelclear"]) => Some("destroys a pool or file system"),
        "btrfs" if has(&["delete", "del", "remove"]) => Some("removes a subvolume or device"),
        "hdparm"
            if args.iter().any(|arg| {
                arg.starts_with("--security") || arg.starts_with("--trim") || arg.starts_with("--make-bad")
            }) =>
        {
            Some("erases a disk")
        }
        "nvme" if has(&["format", "sanitize", "delete-ns", "write-zeroes", "dsm"]) => Some("erases a disk"),
        "mdadm"
            if args.iter().any(|arg| arg.starts_with("--zero-s") || arg.starts_with("--create") || *arg == "-C") =>
        {
            Some("destroys an array")
        }
        "badblocks" if flagged(args, "w", &[]) => Some("overwrites a disk"),
        "dmsetup" if has(&["remove", "remove_all", "wipe_table"]) => Some("removes mapped devices"),
        "diskutil"
            if args
                .iter()
                .any(|arg| arg.starts_with("erase") || arg.starts_with("zero") || arg.starts_with("secureErase")) =>
        {
            Some("erases a disk")
        }
        _ => None,
    }
}

fn machine(name: &str, args: &[&str]) -> Option<&'static str> {
    const STOPS: &[&str] = &[
        "poweroff",
        "reboot",
        "halt",
        "kexec",
        "emergency",
        "rescue",
        "soft-reboot",
        "suspend",
        "hibernate",
        "hybrid-sleep",
        "exit",
        "ctrl-alt-del",
    ];
    let operands = || args.iter().filter(|arg| !arg.starts_with('-'));
    let stops = match name {
        "systemctl" | "loginctl" => operands().any(|arg| STOPS.contains(&arg.strip_suffix(".target").unwrap_or(arg))),
        "init" | "telinit" => operands()
            .any(|arg| matches!(*arg, "0" | "1" | "6" | "s" | "S" | "q" | "Q" | "u" | "U" | "2" | "3" | "4" | "5")),
        _ => false,
    };
    if stops {
        return Some("stops the machine");
    }
    if name == "kill" {
        // The first argument is the signal, if it starts with a dash; a later -1 is every process.
        let all = args.iter().skip(1).any(|arg| *arg == "-1") || args.windows(2).any(|pair| pair == ["--", "-1"]);
        let init = operands().any(|arg| *arg == "1") && !args.iter().any(|arg| matches!(*arg, "-0" | "-l" | "-L"));
        return (all || init).then_some("kills every process");
    }
    match name {
        "userdel" | "deluser" if args.contains(&"root") => Some("removes the root account"),
        "crontab" if flagged(args, "r", &[]) => Some("removes all cron jobs"),
        _ => None,
    }
}

fn clusters(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    let destroys = match name {
        "qm" | "pct" => has(&["destroy"]),
        "virsh" => has(&["undefine", "vol-delete", "pool-delete", "vol-wipe"]),
        "pvesm" => has(&["remove", "free"]),
        "pvecm" => has(&["delnode"]),
        "pvesh" => has(&["delete"]),
        "pveceph" => has(&["destroy", "destroyosd", "destroypool", "destroymon", "purge"]),
        "ceph" => {
            has(&["purge", "purge-new", "destroy"])
                || (has(&["osd", "fs", "mon", "auth", "mgr", "mds"]) && has(&["delete", "rm", "remove", "rmpool"]))
        }
        "ceph-volume" => has(&["zap"]),
        "rbd" => has(&["rm", "remove"]) || (has(&["snap"]) && has(&["purge"])),
        "rados" => has(&["rmpool", "purge", "rm"]),
        "kubeadm" => has(&["reset"]),
        "kind" | "minikube" | "k3d" | "eksctl" => has(&["delete"]),
        "terraform" | "tofu" => has(&["destroy", "-destroy"]),
        "kubectl" | "oc" => return kube_delete(args),
        _ => false,
    };
    destroys.then_some("destroys guests, storage or a cluster")
}

/// Kinds whose deletion takes everything below along, in every spelling kubectl knows.
const GREAT_KINDS: &[&str] = &[
    "ns",
    "namespace",
    "namespaces",
    "no",
    "node",
    "nodes",
    "pvc",
    "persistentvolumeclaim",
    "persistentvolumeclaims",
    "pv",
    "persistentvolume",
    "persistentvolumes",
    "crd",
    "crds",
    "customresourcedefinition",
    "customresourcedefinitions",
    "all",
    "project",
    "projects",
];

fn kube_delete(args: &[&str]) -> Option<&'static str> {
    // Everything after the verb counts, flags' values too: an unknown flag could hide which word is the kind.
    let verb = args.iter().position(|arg| *arg == "delete")?;
    let after = args.get(verb + 1..).unwrap_or_default();
    if args.iter().any(|arg| {
        matches!(
            *arg,
            "--all"
                | "--all=true"
                | "-A"
                | "--all-namespaces"
                | "--all-namespaces=true"
                | "--all=1"
                | "--all=t"
                | "--all=T"
        )
    }) {
        return Some("deletes everything of a kind");
    }
    let great = |kind: &str| {
        let kind = kind.to_ascii_lowercase();
        GREAT_KINDS.contains(&kind.split('.').next().unwrap_or_default())
    };
    let mut first = true;
    let mut value_next = false;
    for arg in after {
        if arg.starts_with('-') {
            value_next = matches!(
                *arg,
                "-n" | "--namespace"
                    | "-l"
                    | "--selector"
                    | "--context"
                    | "--grace-period"
                    | "--timeout"
                    | "-f"
                    | "--filename"
                    | "-o"
                    | "--field-selector"
            );
            continue;
        }
        if std::mem::take(&mut value_next) {
            continue;
        }
        let lists = arg.split(',').map(|item| item.split_once('/'));
        let named = lists.flatten().any(|(kind, _)| great(kind));
        if named || (first && arg.split(',').any(great)) {
            return Some("deletes namespaces, nodes, volumes or definitions");
        }
        first = false;
    }
    None
}

fn network(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    let flushes = match name {
        "iptables" | "ip6tables" => flagged(args, "FX", &["flush", "delete-chain"]),
        "nft" => has(&["flush", "delete", "destroy"]),
        "ip" => args.iter().any(|arg| arg.len() >= 2 && "flush".starts_with(arg)) || args.get(1) == Some(&"f"),
        "route" => has(&["flush"]),
        "ufw" => has(&["reset", "disable"]),
        _ => false,
    };
    flushes.then_some("flushes firewall rules or routes")
}

/// Tells whether a flag is set, in a cluster (`-vrf`) or as an abbreviated long name, before `--`.
fn flagged(args: &[&str], short: &str, long: &[&str]) -> bool {
    args.iter().take_while(|arg| **arg != "--").any(|arg| match arg.strip_prefix("--") {
        Some(name) => {
            let name = name.split('=').next().unwrap_or(name);
            !name.is_empty() && long.iter().any(|full| full.starts_with(name))
        }
        None => arg.strip_prefix('-').is_some_and(|cluster| cluster.contains(|c| short.contains(c))),
    })
}

#[cfg(test)]
mod tests {
    use super::judge;

    fn destroys(line: &str) -> bool {
        judge(&line.split(' ').collect::<Vec<_>>()).is_some()
    }

    #[test]
    fn families_are_found_in_every_spelling_of_their_flags() {
        for line in [
            "rm -vrf x",
            "/bin/rm --recurs x",
            "rm --fo x",
            "rm /etc/passwd",
            "git push -f",
            "git -C x push --forc",
            "git push origin +main",
            "chmod -R 777 /",
            "chown root -R /etc/",
            "mv x /dev/null",
            "tee /dev/sda",
            "cp x /dev/nvme0n1",
            "truncate -s 0 /etc/fstab",
            "kubectl delete pod,ns x",
            "kubectl -n x delete crds.apiextensions.k8s.io y",
            "kubectl delete pvc/x",
            "oc delete node n",
            "kubectl delete --all pods",
            "ip r f",
            "ip route flush table main",
            "iptables -t nat -F",
            "kill -s 9 -1",
            "kill -- -1",
            "systemctl isolate reboot.target",
            "mkfs.xfs /dev/sdb",
            "zpool destroy tank",
            "crontab -ri",
            "find . -execdir /bin/rm {} +",
            "ceph osd pool rm a a",
            "pveceph pool destroy x",
            "init 6",
            "telinit 0",
        ] {
            assert!(destroys(line), "{line}");
        }
    }

    #[test]
    fn relatives_that_destroy_little_are_left_to_a_person() {
        for line in [
            "rm x",
            "rm -- -rf",
            "git push origin main",
            "chmod 600 /etc/x",
            "chmod -R 755 /srv/app",
            "kubectl delete pod node",
            "kill -9 123",
            "kubectl delete -f x",
            "kubectl -n ns delete pod x",
            "systemctl restart nginx",
            "ip route show",
            "tee /srv/x",
            "cp /etc/passwd /srv/x",
            "crontab -l",
            "qm stop 101",
            "iptables -L",
        ] {
            assert!(!destroys(line), "{line}");
        }
    }
}
