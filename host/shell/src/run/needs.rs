//! What each program of tier 1 needs beyond reading files. Data only; a program that is not listed needs nothing.
//!
//! A reader of files, of their names or of what processes are called may be taken over by any of these, so it gets no
//! socket: one to a session bus or to Docker would be the way out of any cage. (It shows users of `/etc/passwd` by name,
//! those of a directory service by number.) The reason for each right stands beside it.

/// Rights beyond reading files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Needs {
    pub(super) sockets: Sockets,
    /// Whether it may start other processes.
    pub(super) processes: bool,
    /// Whether it may write in the private folder: it can fill the disk there, file by file.
    pub(super) temporary: bool,
    /// Devices that it may read, write and control.
    pub(super) devices: &'static [&'static str],
    /// Whether it may do so with every disk, and what stands for one to a controller. It reads what is stored there.
    pub(super) disks: bool,
    /// Folders of its own, in which it may write, make and remove files.
    pub(super) writes: &'static [&'static str],
    /// Files, or folders of files, whose contents it may change; it makes and removes none there.
    pub(super) changes: &'static [&'static str],
    /// Capabilities that it keeps besides [`KEPT`], where the host has them.
    pub(super) capabilities: &'static [u32],
    /// Hidden files and folders that it reads all the same: keys that are its own, without which it can ask nothing.
    pub(super) reads: &'static [&'static str],
    /// Whether it gets the kubeconfig.
    pub(super) kubeconfig: bool,
}

/// Which sockets it may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sockets {
    /// None.
    None,
    /// To services of this machine: system services, container engines, directories of users. Not to be narrowed to one of
    /// them by this cage, so only for what is useless without.
    Local,
    /// To ask the kernel about routes, addresses, sockets and devices. It can't change them: that needs a capability.
    Netlink,
    /// The same, and to ask it by `ioctl`; not to send anything.
    Ask,
    /// The same, and tables of the packet filter.
    Filter,
    /// Other machines. None of this one by its path, but what listens on its addresses.
    Network,
    /// Other machines and services of this one: everything but raw packets.
    All,
}

/// CAP_DAC_READ_SEARCH: root's readers read what root reads. Nothing that writes, mounts or traces.
pub(super) const KEPT: &[u32] = &[2];

/// CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_PERFMON: whoever has one reads the memory and environment of every process through
/// `/proc`, whatever Landlock says of processes and however they protect themselves (`mm_access` asks for nothing else).
const SEES_ALL: &[u32] = &[19, 21, 38];

impl Needs {
    /// Whether it has a capability that opens other processes, so that `/proc` has to be closed as files.
    pub(super) fn sees_processes(&self) -> bool {
        self.capabilities.iter().any(|capability| SEES_ALL.contains(capability))
    }
}

const NOTHING: Needs = Needs {
    sockets: Sockets::None,
    processes: false,
    temporary: false,
    devices: &[],
    disks: false,
    writes: &[],
    changes: &[],
    capabilities: &[],
    reads: &[],
    kubeconfig: false,
};
const NETLINK: Needs = Needs { sockets: Sockets::Netlink, ..NOTHING };
const ASK: Needs = Needs { sockets: Sockets::Ask, ..NOTHING };
/// Talks to a service of this machine.
const SERVICE: Needs = Needs { sockets: Sockets::Local, ..NOTHING };
/// Talks to a service of this machine, and starts helpers.
const ENGINE: Needs = Needs { sockets: Sockets::Local, processes: true, temporary: true, ..NOTHING };
/// An exec plugin of the kubeconfig is a process of its own.
const KUBECTL: Needs =
    Needs { sockets: Sockets::Network, processes: true, temporary: true, kubeconfig: true, ..NOTHING };
/// Perl programs that start helpers, talk to services by rings in `/dev/shm` that these make for each talk, and become
/// `www-data` (6, 7: set-uid).
const PROXMOX: Needs = Needs {
    sockets: Sockets::Local,
    processes: true,
    temporary: true,
    devices: &[],
    disks: false,
    writes: &[],
    changes: &["/dev/shm"],
    capabilities: &[1, 6, 7],
    reads: &[],
    kubeconfig: false,
};
/// Asks disks themselves: CAP_SYS_RAWIO for commands to SCSI and ATA, CAP_SYS_ADMIN for the log pages of NVMe.
const DISKS: Needs = Needs {
    sockets: Sockets::None,
    processes: false,
    temporary: false,
    devices: &[],
    disks: true,
    writes: &[],
    changes: &[],
    capabilities: &[17, 21],
    reads: &[],
    kubeconfig: false,
};

/// Asks the device mapper, which answers CAP_SYS_ADMIN alone, and locks a group while it reads it.
const VOLUMES: Needs = Needs { writes: &["/run/lock/lvm", "/run/lvm"], capabilities: &[21], ..DISKS };

/// Asks the monitors over the network, with the cluster's own key.
const CEPH: Needs = Needs {
    sockets: Sockets::Network,
    processes: true,
    reads: &["/etc/ceph", "/etc/pve/priv/ceph", "/etc/pve/priv/ceph.client.admin.keyring"],
    ..NOTHING
};

/// The needs of a program, by its name.
pub(super) fn of(program: &str) -> Needs {
    match program {
        // It asks the same server in the same way.
        "kubectl" | "helm" => KUBECTL,
        // Other nodes, and the cluster's file system by a socket here.
        "pvesh" => Needs { sockets: Sockets::All, ..PROXMOX },
        "qm" | "pct" | "pvecm" | "pvesm" | "pveversion" | "pveperf" | "pvenode" | "pvesr" | "pve-firewall"
        | "ha-manager" => PROXMOX,
        "docker" | "podman" | "nerdctl" | "crictl" => ENGINE,
        "ceph" | "rbd" | "rados" => CEPH,
        "systemctl" | "loginctl" | "hostnamectl" | "timedatectl" | "localectl" | "networkctl" | "resolvectl"
        | "systemd-analyze" | "nmcli" | "virsh" => SERVICE,
        "chronyc" => Needs { writes: &["/run/chrony", "/var/run/chrony"], ..SERVICE },
        // They are asked what a directory service knows, and read nothing that others wrote.
        "id" | "groups" | "whoami" | "getent" => SERVICE,
        // It asks for each file in a process that may hang in its place.
        "lsof" => Needs { processes: true, ..NOTHING },
        "ip" | "ss" | "hostname" | "bridge" | "tc" => NETLINK,
        "netstat" | "arp" | "route" | "brctl" => ASK,
        "ethtool" => NETLINK,
        "iptables" | "ip6tables" | "iptables-save" | "ip6tables-save" => {
            // CAP_NET_ADMIN and CAP_NET_RAW: reading the tables takes what changing them takes.
            // The lock is made by the first who needs it after a start; iptables-nft has none.
            Needs { sockets: Sockets::Filter, changes: &["/run/xtables.lock"], capabilities: &[12, 13], ..NOTHING }
        }
        // As above, without a lock.
        "nft" | "conntrack" => Needs { sockets: Sockets::Filter, capabilities: &[12], ..NOTHING },
        // The device answers everybody what pools and file systems there are; the rest takes CAP_SYS_ADMIN.
        "zpool" | "zfs" => Needs { devices: &["/dev/zfs"], ..NOTHING },
        "lsusb" => Needs { devices: &["/dev/bus/usb"], ..NETLINK },
        "smartctl" | "hdparm" | "nvme" => DISKS,
        // Arrays and file systems tell what they are without a capability.
        "mdadm" | "blkid" | "dumpe2fs" | "tune2fs" => Needs { capabilities: &[], ..DISKS },
        "lvs" | "vgs" | "pvs" => VOLUMES,
        // CAP_SYSLOG: the kernel's log.
        "dmesg" => Needs { capabilities: &[34], ..NOTHING },
        // What does not fit into memory, or comes by a pipe, is put aside.
        "sort" | "tac" => Needs { temporary: true, ..NOTHING },
        _ => NOTHING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of capabilities, said twice on purpose: one more is one to think about.
    #[test]
    fn nobody_has_a_capability_that_it_reads_without() {
        for program in ["cat", "ls", "ps", "zpool", "zfs", "mdadm", "systemctl", "docker", "kubectl", "git", "ip"] {
            assert!(of(program).capabilities.is_empty(), "{program}");
        }
        for program in ["smartctl", "lvs", "vgs", "pvs"] {
            assert!(of(program).sees_processes(), "{program} has its processes hidden");
        }
        for program in ["qm", "pvesh", "iptables", "dmesg", "lsof"] {
            assert!(!of(program).sees_processes(), "{program}");
        }
    }
}
