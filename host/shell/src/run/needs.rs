//! What each program of tier 1 needs beyond reading files. Data only; a program that is not listed needs nothing.
//!
//! A reader of files may be taken over by a hostile file, so it gets no socket: one to a session bus or to Docker would
//! be the way out of any cage. The reason for each right stands beside it.

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
    /// Folders in which it may write and make files.
    pub(super) writes: &'static [&'static str],
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
    /// To services of this machine: names of users (`nss`), system services, container engines.
    Local,
    /// To ask the kernel about routes, addresses, sockets and devices. It can't change them: that needs a capability.
    Netlink,
    /// The same, and to ask it by `ioctl`; not to send anything.
    Ask,
    /// The same, and tables of the packet filter.
    Filter,
    /// Everything but raw packets.
    Network,
}

/// CAP_DAC_READ_SEARCH: root's readers read what root reads. Nothing that writes, mounts or traces.
pub(super) const KEPT: &[u32] = &[2];

const NOTHING: Needs = Needs {
    sockets: Sockets::None,
    processes: false,
    temporary: false,
    devices: &[],
    writes: &[],
    capabilities: &[],
    reads: &[],
    kubeconfig: false,
};
/// Shows names of users and groups, which a directory service may know.
const NAMES: Needs = Needs { sockets: Sockets::Local, ..NOTHING };
const NETLINK: Needs = Needs { sockets: Sockets::Netlink, ..NOTHING };
const ASK: Needs = Needs { sockets: Sockets::Ask, ..NOTHING };
/// Talks to a service of this machine.
const SERVICE: Needs = Needs { sockets: Sockets::Local, ..NOTHING };
/// Talks to a service of this machine, and starts helpers.
const ENGINE: Needs = Needs { sockets: Sockets::Local, processes: true, temporary: true, ..NOTHING };
/// An exec plugin of the kubeconfig is a process of its own.
const KUBECTL: Needs =
    Needs { sockets: Sockets::Network, processes: true, temporary: true, kubeconfig: true, ..NOTHING };
/// Perl programs that start helpers, talk to services by rings in `/dev/shm`, and become `www-data` (6, 7: set-uid).
const PROXMOX: Needs = Needs {
    sockets: Sockets::Local,
    processes: true,
    temporary: true,
    devices: &[],
    writes: &["/dev/shm"],
    capabilities: &[1, 6, 7],
    reads: &[],
    kubeconfig: false,
};
/// Asks disks themselves: CAP_SYS_RAWIO and CAP_SYS_ADMIN, for commands to a controller.
const DISKS: Needs = Needs {
    sockets: Sockets::None,
    processes: false,
    temporary: false,
    devices: &["/dev"],
    writes: &["/run/lock", "/run/lvm"],
    capabilities: &[17, 21],
    reads: &[],
    kubeconfig: false,
};

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
        "pvesh" => Needs { sockets: Sockets::Network, ..PROXMOX },
        "qm" | "pct" | "pvecm" | "pvesm" | "pveversion" | "pveperf" => PROXMOX,
        "docker" | "podman" | "nerdctl" | "crictl" => ENGINE,
        "ceph" | "rbd" => CEPH,
        "systemctl" | "loginctl" | "hostnamectl" | "timedatectl" | "localectl" => SERVICE,
        "chronyc" => Needs { writes: &["/run/chrony", "/var/run/chrony"], ..SERVICE },
        "ls" | "stat" | "find" | "tree" | "id" | "groups" | "whoami" | "getent" | "ps" | "pgrep" | "pstree" | "top"
        | "w" | "who" | "last" | "journalctl" => NAMES,
        // It asks for each file in a process that may hang in its place.
        "lsof" => Needs { processes: true, ..NAMES },
        "ip" | "ss" | "hostname" => NETLINK,
        "netstat" | "arp" => ASK,
        "ethtool" => NETLINK,
        "iptables" | "ip6tables" => {
            // CAP_NET_ADMIN and CAP_NET_RAW: reading the tables takes what changing them takes.
            Needs { sockets: Sockets::Filter, writes: &["/run"], capabilities: &[12, 13], ..NOTHING }
        }
        "zpool" | "zfs" => Needs { devices: &["/dev/zfs"], capabilities: &[21], ..NOTHING },
        "lsusb" => Needs { devices: &["/dev/bus/usb"], ..NETLINK },
        "smartctl" | "mdadm" | "lvs" | "vgs" | "pvs" => DISKS,
        // CAP_SYSLOG: the kernel's log.
        "dmesg" => Needs { capabilities: &[34], ..NOTHING },
        // What does not fit into memory, or comes by a pipe, is put aside.
        "sort" | "tac" => Needs { temporary: true, ..NOTHING },
        _ => NOTHING,
    }
}
