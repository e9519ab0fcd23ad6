//! Disks and what lies on them: volumes, pools, arrays and their controllers.
//!
//! Works on one argument list; must not know wrappers.

use crate::destroy::{base, flagged};
use crate::destroy_clusters::is_begun;
use crate::{paths, runners, table};

/// Why a command destroys what is on disks, if it does; `args` is without the name.
pub(crate) fn disks(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    match name {
        "cryptsetup"
            if args.iter().any(|arg| {
                matches!(
                    arg.to_ascii_lowercase().as_str(),
                    "erase" | "lukserase"
                        | "luksformat"
                        | "lukskillslot"
                        | "luksremovekey"
                        | "luksheaderrestore"
                        | "reencrypt"
                )
            }) =>
        {
            Some("erases an encrypted volume")
        }
        "zpool" if has(&["create"]) || (has(&["add", "attach", "replace"]) && flagged(args, "f", &[])) => {
            Some("overwrites disks")
        }
        "zfs" if (has(&["rollback"]) && flagged(args, "rR", &[])) || (has(&["receive", "recv"]) && flagged(args, "F", &[])) => {
            Some("destroys newer snapshots")
        }
        "zfs" | "zpool" if has(&["destroy", "labelclear"]) => Some("destroys a pool or file system"),
        // It takes the beginning of a word for the word.
        "btrfs" if args.iter().any(|arg| is_begun(arg, "delete") || is_begun(arg, "remove")) => {
            Some("removes a subvolume or device")
        }
        "xfs_repair" if flagged(args, "L", &[]) => Some("throws the log of a file system away"),
        "lvresize" if args.iter().any(|arg| shrinks(arg)) => Some("removes volumes"),
        "vgreduce" if args.iter().any(|arg| arg.starts_with("--r")) => Some("removes volumes"),
        "drbdadm" if has(&["create-md", "wipe-md", "invalidate", "invalidate-remote"]) => Some("overwrites disks"),
        "format" if args.iter().any(|arg| arg.ends_with(':')) => Some("makes a new file system over an old one"),
        "hdparm"
            if args.iter().any(|arg| {
                ["--security", "--trim", "--make-bad", "--dco", "--fwdownload", "--write-sector", "--sanitize", "--repair"]
                    .iter()
                    .any(|flag| arg.starts_with(flag))
            }) =>
        {
            Some("erases a disk")
        }
        "nvme" if has(&["format", "sanitize", "delete-ns", "write-zeroes", "write-uncor", "write", "dsm"]) => Some("erases a disk"),
        "mdadm"
            if flagged(args, "C", &["zero-superblock"])
                || args.iter().any(|arg| arg.starts_with("--cr") && "--create".starts_with(arg)) =>
        {
            Some("destroys an array")
        }
        "badblocks" if flagged(args, "w", &[]) => Some("overwrites a disk"),
        "dmsetup" if has(&["remove", "remove_all", "wipe_table"]) => Some("removes mapped devices"),
        "integritysetup" | "veritysetup" if has(&["format"]) => Some("overwrites a disk"),
        "storcli" | "ssacli"
            if args.iter().any(|arg| {
                let word = arg.to_ascii_lowercase();
                let word = word.trim_start_matches('-');
                ["del", "erase", "init", "clear", "cfgclr", "cfglddel", "cfgeachdskraid0", "ldclear", "pdclear", "clr"]
                    .iter()
                    .any(|verb| word.starts_with(verb))
            }) =>
        {
            Some("deletes or erases volumes of a disk controller")
        }
        "ceph-volume" if has(&["create", "prepare", "batch"]) => Some("overwrites disks"),
        "pveceph" if has(&["create", "createosd"]) && args.iter().any(|arg| is_disk(arg)) => Some("overwrites disks"),
        "ceph" if has(&["orch"]) && args.iter().any(|arg| arg.contains(":/dev/")) => Some("overwrites disks"),
        "pvesh"
            if has(&["create", "set"])
                && args.iter().any(|arg| arg.contains("wipedisk") || arg.contains("/disks/") || arg.ends_with("/osd")) =>
        {
            Some("overwrites disks")
        }
        // They read, but for the file they are told to write.
        "sort" | "uniq" | "xxd" | "openssl" | "tree" | "shuf" | "curl" | "wget" | "jq" | "yq" | "base64"
            if args.last().is_some_and(|last| is_disk(last))
                && !args.first().is_some_and(|first| is_disk(first) && args.len() == 1)
                || args.iter().any(|arg| {
                    arg.strip_prefix("-o").or_else(|| arg.strip_prefix("--output=")).is_some_and(is_disk)
                })
                || args.windows(2).any(|two| matches!(two, [flag, _] if flag.starts_with("-o") || flag.starts_with("--o") || *flag == "-O" || *flag == "-out") && two.last().is_some_and(|disk| is_disk(disk))) =>
        {
            Some("writes to a device")
        }
        "sed" if flagged(args, "i", &["in-place"]) && args.iter().any(|arg| is_disk(arg)) => Some("writes to a device"),
        "sed" | "awk" | "gawk" | "mawk" | "nawk" if args.iter().any(|arg| writes_disk(arg)) => Some("writes to a device"),
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

/// Beginnings of the names of disks, below `/dev`.
const DISKS: &[&str] = &[
    "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "mapper/", "disk", "rdisk", "loop", "zd", "zvol/", "rbd",
    "nbd", "drbd", "pmem", "bcache", "block/", "ram", "sg", "mpath", "nst", "st", "pve/",
];

/// Folders below `/dev` in which no volumes are.
const OTHERS: &[&str] = &[
    "shm/",
    "pts/",
    "fd/",
    "net/",
    "input/",
    "snd/",
    "dri/",
    "bus/",
    "char/",
    "cpu/",
    "mqueue/",
    "hugepages/",
    "vfio/",
    "serial/",
    "usb/",
    "tcp/",
    "udp/",
];

/// Tells whether a word, or the value in it, is a disk or a volume.
fn is_disk(word: &str) -> bool {
    let path = word.rsplit_once('=').map_or(word, |(_, value)| value);
    if !path.starts_with('/') || !paths::is_device(path) {
        return false;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let name = match parts.split_first() {
        Some((&"dev", below)) if !parts.contains(&"..") => below.join("/"),
        // A way round to a device is not worth following.
        _ => return true,
    };
    DISKS.iter().any(|disk| name.starts_with(disk))
        || (name.contains('/') && !OTHERS.iter().any(|other| name.starts_with(other)))
}

/// Tells whether a size makes a volume smaller: `-L -5G`, `-L-5G`, `--size=-5G`.
fn shrinks(arg: &str) -> bool {
    let value = arg.trim_start_matches(|c: char| c == '-' || c.is_ascii_alphabetic()).trim_start_matches('=');
    let sign = arg.get(..arg.len() - value.len()).unwrap_or_default().ends_with('-') || value.starts_with('-');
    sign && value.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit())
}

/// Tells whether a program of sed or awk writes to a disk: `w /dev/sda`, `> "/dev/sda"`.
fn writes_disk(program: &str) -> bool {
    program.match_indices("/dev/").any(|(at, _)| {
        let before = program.get(..at).unwrap_or_default().trim_end_matches([' ', '"', '\'', '(']);
        before.ends_with(['>', 'w', 'W']) && names_disk(program.get(at..).unwrap_or_default())
    })
}

/// Tells whether code names a disk.
pub(crate) fn names_disk(code: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    code.match_indices("/dev/").any(|(at, _)| {
        let path = code.get(at..).unwrap_or_default();
        is_disk(path.split(|c| !part(c)).next().unwrap_or_default())
    })
}

/// Commands that are given disks without overwriting them, beside those of the tables and those judged above.
const MILD: &[&str] = &[
    "mount",
    "umount",
    "swapon",
    "swapoff",
    "losetup",
    "blkid",
    "blockdev",
    "hdparm",
    "sdparm",
    "nvme",
    "sg_inq",
    "sg_vpd",
    "sg_logs",
    "sg_readcap",
    "sg_turs",
    "sg_ses",
    "fsck",
    "e2fsck",
    "dumpe2fs",
    "xfs_info",
    "btrfs",
    "cryptsetup",
    "dmsetup",
    "badblocks",
    "pvdisplay",
    "vgdisplay",
    "lvdisplay",
    "pvscan",
    "vgscan",
    "lvscan",
    "lvcreate",
    "lvextend",
    "lvchange",
    "partprobe",
    "xfs_repair",
    "xfs_growfs",
    "resize2fs",
    "pvresize",
    "pvmove",
    "kpartx",
    "udevadm",
    "eject",
    "fuser",
    "multipath",
    "qemu-nbd",
    "diskutil",
    "less",
    "more",
    "dig",
    "chmod",
    "chown",
    "chgrp",
    "setfacl",
    "ln",
    "cp",
    "mv",
    "rm",
    "touch",
    "test",
    "[",
    "export",
    "declare",
    "local",
    "readonly",
    "typeset",
    "alias",
    "unalias",
    "set",
    "read",
    "cd",
    "logger",
    "wall",
    "command",
    "type",
    "which",
    "exit",
    "return",
    "printenv",
    "iotop",
    "git",
];

/// Operands of a wrapper among which its command is looked for.
const COMMAND_AMONG: usize = 3;

/// Why a command that is not known to spare disks is held to overwrite the one it is given.
pub(crate) fn unknown_on_disk(args: &[&str]) -> Option<&'static str> {
    let (name, rest) = args.split_first()?;
    if !rest.iter().any(|arg| is_disk(arg)) {
        return None;
    }
    let name = base(name);
    if name == "tune2fs" && table::check_reads(name, rest).is_ok() {
        return None;
    }
    let spares = |word: &str| (table::knows(word) && word != "tune2fs") || MILD.contains(&word);
    let spared = if runners::wraps(name) {
        let mut operands = rest.iter().filter(|arg| !arg.starts_with('-') && !arg.contains('='));
        operands.by_ref().take(COMMAND_AMONG).any(|word| spares(base(word)) || word.contains(' '))
    } else {
        spares(name)
    };
    (!spared).then_some("gives a disk to a command that is not known to spare it")
}
