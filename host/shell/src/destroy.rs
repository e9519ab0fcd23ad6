//! The tier-3 families: what a command with its arguments would destroy.
//!
//! Works on one cooked argument list, command name first. Must not know wrappers or grammar. Where tier 1 demands exact
//! spelling, here abbreviations count (`--recurs`), and surplus is ignored: a doubt is a match.

use crate::destroy_clusters::clusters;
use crate::destroy_data::data;
use crate::destroy_disks::disks;
use crate::destroy_machine::machine;
use crate::destroy_network::network;
use crate::destroy_trees::trees;
use crate::names::Names;

/// Why the command is tier 3, if it is. `args` holds the command name first.
pub(crate) fn judge(args: &[&str]) -> Option<&'static str> {
    let (name, rest) = args.split_first()?;
    let name = kin(base(name));
    if let Some(reason) = by_name(name) {
        return Some(reason);
    }
    trees(name, rest)
        .or_else(|| disks(name, rest))
        .or_else(|| machine(name, rest))
        .or_else(|| clusters(name, rest))
        .or_else(|| network(name, rest))
        .or_else(|| data(name, rest))
}

/// Strips the folder, and the escapes of alias protection, from a command name.
pub(crate) fn base(name: &str) -> &str {
    let name = if name.starts_with(['\\', '!']) { name.trim_start_matches(['\\', '!']) } else { name };
    let name = match name.as_bytes().contains(&b'/') {
        true => name.trim_end_matches('/').rsplit('/').next().unwrap_or(name),
        false => name,
    };
    name.strip_suffix(".exe").unwrap_or(name)
}

/// Gives the one name by which a program of several names is judged.
fn kin(name: &str) -> &str {
    match name.as_bytes() {
        [b'm', b'i', b'c', b'r', b'o', ..] if name.starts_with("microk8s.") => kin(name.get(9..).unwrap_or(name)),
        [b'k', ..] if name == "k" || name == "kubecolor" || name.starts_with("kubectl") => "kubectl",
        [b'i' | b'e' | b'a' | b'x', ..]
            if ["iptables", "ip6tables", "ebtables", "arptables", "xtables"]
                .iter()
                .any(|kin| name.starts_with(kin)) =>
        {
            if name.ends_with("-restore") {
                "iptables-restore"
            } else {
                "iptables"
            }
        }
        [b's' | b'p' | b'm' | b'M', ..]
            if ["storcli", "perccli", "megacli", "MegaCli", "MegaCLI"].iter().any(|kin| name.starts_with(kin)) =>
        {
            "storcli"
        }
        [b's' | b'h' | b'a' | b'h', ..] if matches!(name, "hpssacli" | "hpacucli" | "arcconf") => "ssacli",
        _ => name,
    }
}

/// Tells whether a word could start a destroying command, so that its arguments are worth judging.
pub(crate) fn is_notable(word: &str) -> bool {
    let name = base(word);
    if name.len() < 2 {
        return false;
    }
    by_name(name).is_some() || NOTABLE.contains(kin(name))
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
    "nft",
    "ip",
    "route",
    "ufw",
    "userdel",
    "deluser",
    "crontab",
    "diskutil",
    "virsh",
    "fd",
    "fdfind",
    "tar",
    "bsdtar",
    "gtar",
    "zip",
    "Remove-Item",
    "chattr",
    "unlink",
    "busctl",
    "dbus-send",
    "gdbus",
    "qdbus",
    "ipmitool",
    "ipmipower",
    "racadm",
    "talosctl",
    "k0s",
    "pkill",
    "killall",
    "skill",
    "slay",
    "fuser",
    "integritysetup",
    "veritysetup",
    "storcli",
    "ssacli",
    "openssl",
    "sort",
    "uniq",
    "xxd",
    "shuf",
    "lxc",
    "incus",
    "multipass",
    "etcdctl",
    "cephadm",
    "rke",
    "consul",
    "docker",
    "podman",
    "nerdctl",
    "docker-compose",
    "aws",
    "gcloud",
    "az",
    "doctl",
    "hcloud",
    "openstack",
    "linode-cli",
    "oci",
    "ibmcloud",
    "scw",
    "civo",
    "nova",
    "rosa",
    "clusterctl",
    "kops",
    "pulumi",
    "terragrunt",
    "cdk",
    "cdktf",
    "vagrant",
    "iptables-restore",
    "ipset",
    "ipvsadm",
    "conntrack",
    "pfctl",
    "firewall-cmd",
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
    "mysqladmin",
    "mariadb-admin",
    "rabbitmqctl",
    "lvresize",
    "vgreduce",
    "drbdadm",
    "xfs_repair",
    "rtcwake",
    "pveum",
    "microk8s",
    "rclone",
    "mc",
    "s3cmd",
    "velero",
    "salt",
    "salt-call",
    "ansible",
    "sed",
    "hash",
    "ri",
    "rd",
    "del",
    "erase",
    "format",
]);

/// Commands that destroy whatever their arguments are.
pub(crate) fn by_name(name: &str) -> Option<&'static str> {
    if name.starts_with("mkfs.") || name.starts_with("newfs_") {
        return Some("makes a new file system over an old one");
    }
    if name.ends_with("-uninstall.sh") || name.ends_with("-killall.sh") {
        return Some("takes a node of a cluster down");
    }
    if !ALWAYS.contains(name) {
        return None;
    }
    match name {
        "mkfs" | "mke2fs" | "mkswap" | "mkdosfs" | "mkntfs" | "mkreiserfs" | "newfs" | "mkexfatfs" | "mformat" => {
            Some("makes a new file system over an old one")
        }
        "dd" | "fdisk" | "cfdisk" | "sfdisk" | "gdisk" | "sgdisk" | "cgdisk" | "parted" | "wipefs" | "blkdiscard"
        | "shred" | "wipe" | "nwipe" | "dcfldd" | "dc3dd" | "ddrescue" | "dd_rescue" | "sg_format" | "sg_sanitize"
        | "sg_write_same" | "sg_unmap" | "diskpart" => Some("overwrites disks"),
        "rimraf" | "deltree" => Some("removes trees, or without asking"),
        "lxc-destroy" => Some("destroys guests, storage or a cluster"),
        "lvremove" | "vgremove" | "pvremove" | "lvreduce" => Some("removes volumes"),
        "dropdb" => Some("drops or empties a data base"),
        "shutdown" | "reboot" | "poweroff" | "halt" | "kexec" | "pm-suspend" | "pm-hibernate" | "pm-suspend-hybrid"
        | "uadmin" => Some("stops the machine"),
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
    "dcfldd",
    "dc3dd",
    "ddrescue",
    "dd_rescue",
    "sg_format",
    "sg_sanitize",
    "sg_write_same",
    "sg_unmap",
    "rimraf",
    "deltree",
    "lxc-destroy",
    "lvreduce",
    "mformat",
    "diskpart",
    "dropdb",
    "pm-suspend",
    "pm-hibernate",
    "pm-suspend-hybrid",
    "uadmin",
]);

/// Tells whether a flag is set, in a cluster (`-vrf`) or as an abbreviated long name, before `--`.
pub(crate) fn flagged(args: &[&str], short: &str, long: &[&str]) -> bool {
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
            "\\rm -rf x",
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
