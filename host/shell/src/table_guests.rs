//! Readers of hypervisors and storage: Proxmox, libvirt, ZFS, Ceph, LVM, disks. Data only.

use crate::flags::{Operands, Spec, asks, never, read};
use crate::programs;
use Operands::{Checked, Devices, Exactly, Words};

const GUEST: &str = "changes a guest";
const STORAGE: &str = "changes storage";
const CEPH: &str = "changes the storage cluster";
const DESTROYS: &str = "destroys guests, storage or a cluster";

const LVM: Spec = read("lvs")
    .short("av")
    .short_value("oOS")
    .long("all noheadings nosuffix aligned unbuffered")
    .long_value("options units separator reportformat sort")
    .refuses(&[("config profile", "changes how it works")])
    .takes(Devices);

const LVM_DISPLAY: Spec =
    read("lvdisplay").short("avcmCs").long("all maps colon columns short").long_value("units").takes(Devices);

const BTRFS_FILESYSTEM: Spec = read("filesystem").subs(&[
    read("show").takes(Devices),
    read("df").short("hH").takes(Operands::Files),
    read("usage").short("hHT").takes(Operands::Files),
    asks("balance", STORAGE),
    asks("resize", STORAGE),
]);

const PVESH: Spec = read("get")
    .long("noborder noheader human-readable")
    .long_value(
        "output-format type limit max start since until vmid errors service content storage timeframe cf statusfilter",
    )
    .takes(Checked(programs::pvesh));

const GUESTS: Spec = read("qm").subs(&[
    read("list").long("full"),
    read("status").long("verbose").takes(Exactly(1)),
    read("listsnapshot").takes(Exactly(1)),
    asks("config", "may show passwords of the guest"),
    asks("pending", "may show passwords of the guest"),
    asks("start", GUEST),
    asks("stop", GUEST),
    asks("shutdown", GUEST),
    asks("reboot", GUEST),
    asks("reset", GUEST),
    asks("suspend", GUEST),
    asks("resume", GUEST),
    asks("set", GUEST),
    asks("create", GUEST),
    asks("clone", GUEST),
    asks("migrate", "moves a guest"),
    asks("move", "moves a disk of a guest"),
    asks("resize", GUEST),
    asks("snapshot", GUEST),
    asks("rollback", "sets a guest back"),
    asks("delsnapshot", "removes a snapshot"),
    asks("unlock", GUEST),
    asks("rescan", STORAGE),
    asks("monitor", "gives full control of a guest"),
    asks("terminal", "reaches into a guest"),
    asks("sendkey", "types into a guest"),
    asks("guest", "runs a command in a guest"),
    asks("agent", "runs a command in a guest"),
    asks("importdisk", GUEST),
    asks("template", GUEST),
    asks("restore", "overwrites a guest"),
    asks("exec", "runs a command in a guest"),
    asks("enter", "reaches into a guest"),
    asks("console", "reaches into a guest"),
    asks("push", "writes files in a guest"),
    asks("pull", "copies files out of a guest"),
    never("destroy", DESTROYS),
]);

pub(crate) const READERS: &[Spec] = &[
    GUESTS,
    GUESTS.called("pct"),
    read("pvecm").subs(&[
        read("status"),
        read("nodes"),
        asks("expected", "changes the quorum"),
        asks("add", "changes the cluster"),
        asks("create", "changes the cluster"),
        asks("updatecerts", "changes certificates"),
        never("delnode", DESTROYS),
    ]),
    read("pvesm").subs(&[
        read("status").long("enabled").long_value("storage content"),
        read("list").long_value("content vmid").takes(Exactly(1)),
        asks("add", STORAGE),
        asks("set", STORAGE),
        asks("alloc", STORAGE),
        asks("import", STORAGE),
        asks("path", STORAGE),
        asks("scan", "reaches out"),
        never("remove", DESTROYS),
        never("free", DESTROYS),
    ]),
    read("pveversion").short("v").long("verbose"),
    read("pvesh").subs(&[
        PVESH,
        PVESH.called("ls"),
        asks("create", "changes whatever the path names"),
        asks("set", "changes whatever the path names"),
        asks("usage", "not known to only read"),
        never("delete", DESTROYS),
    ]),
    read("pveceph").subs(&[
        read("status"),
        asks("osd", CEPH),
        asks("mon", CEPH),
        asks("pool", CEPH),
        asks("install", CEPH),
        asks("init", CEPH),
        never("purge", DESTROYS),
    ]),
    read("pvenode").subs(&[
        read("task").subs(&[
            read("list")
                .long("errors")
                .long_value("limit start since until vmid typefilter statusfilter output-format")
                .takes(Operands::None),
            read("log").takes(Exactly(1)),
            read("status").takes(Exactly(1)),
        ]),
        asks("config", "may show accounts"),
        asks("cert", "changes certificates"),
        asks("acme", "changes certificates"),
        asks("startall", GUEST),
        asks("stopall", GUEST),
        asks("migrateall", "moves guests"),
        asks("wakeonlan", "starts a machine"),
    ]),
    read("pve-firewall").subs(&[
        read("status"),
        asks("localnet", "not known to only read"),
        asks("compile", "shows the rules in full"),
        asks("start", "changes the firewall"),
        asks("stop", "changes the firewall"),
        asks("restart", "changes the firewall"),
    ]),
    read("pvesr").subs(&[
        read("status").long_value("guest"),
        read("list"),
        asks("run", "replicates"),
        asks("delete", "changes replication"),
    ]),
    read("ha-manager").subs(&[
        read("status").long("verbose"),
        read("config"),
        read("groupconfig"),
        asks("add", GUEST),
        asks("remove", GUEST),
        asks("set", GUEST),
        asks("migrate", "moves a guest"),
    ]),
    read("virsh").refuses(&[("c connect", "talks to another host, over ssh too")]).subs(&[
        read("list").long("all inactive name title id uuid"),
        read("dominfo").takes(Exactly(1)),
        read("domstate").long("reason").takes(Exactly(1)),
        read("domblklist").takes(Exactly(1)),
        read("domiflist").takes(Exactly(1)),
        read("domstats")
            .long("raw state cpu-total balloon vcpu interface block perf list-active list-running")
            .takes(Words),
        read("domifaddr").long_value("source").takes(Exactly(1)),
        read("domifstat").takes(Exactly(2)),
        read("domblkinfo").takes(Exactly(2)),
        read("domblkstat").takes(Words),
        read("dommemstat").takes(Exactly(1)),
        read("domid").takes(Exactly(1)),
        read("domuuid").takes(Exactly(1)),
        read("domjobinfo").takes(Exactly(1)),
        read("vcpuinfo").takes(Exactly(1)),
        read("vcpucount").takes(Exactly(1)),
        read("nodecpustats"),
        read("nodememstats"),
        read("net-info").takes(Exactly(1)),
        read("net-dhcp-leases").takes(Exactly(1)),
        read("pool-info").takes(Exactly(1)),
        read("nodeinfo"),
        read("version"),
        read("net-list").long("all"),
        read("pool-list").long("all"),
        read("vol-list").takes(Exactly(1)),
        read("snapshot-list").takes(Exactly(1)),
        asks("dumpxml", "may show passwords of the guest"),
        asks("start", GUEST),
        asks("shutdown", GUEST),
        asks("reboot", GUEST),
        asks("destroy", "ends a guest at once"),
        asks("define", GUEST),
        asks("migrate", "moves a guest"),
        never("undefine", DESTROYS),
        never("vol-delete", DESTROYS),
        never("pool-delete", DESTROYS),
    ]),
    read("zpool").subs(&[
        read("status")
            .short("vxPLgDst")
            .refuses(&[("c", "runs a program for each disk")])
            .takes(Checked(programs::interval)),
        read("list").short("HpPLgv").short_value("oT").takes(Checked(programs::interval)),
        read("get").short("Hp").short_value("o").takes(Words),
        read("history").short("il").takes(Words),
        read("iostat")
            .short("vlqyHpLPg")
            .refuses(&[("c", "runs a program for each disk")])
            .takes(Checked(programs::interval)),
        read("events")
            .short("vH")
            .refuses(&[("f", "waits for changes until it is stopped"), ("c", "clears the events")])
            .takes(Words),
        read("version"),
        asks("scrub", STORAGE),
        asks("clear", STORAGE),
        asks("online", STORAGE),
        asks("offline", STORAGE),
        asks("attach", STORAGE),
        asks("detach", STORAGE),
        asks("replace", STORAGE),
        asks("add", STORAGE),
        asks("remove", STORAGE),
        asks("import", STORAGE),
        asks("export", STORAGE),
        asks("upgrade", STORAGE),
        asks("trim", STORAGE),
        asks("set", STORAGE),
        asks("create", STORAGE),
        never("destroy", DESTROYS),
        never("labelclear", DESTROYS),
    ]),
    read("zfs").subs(&[
        read("list").short("rHp").short_value("dotsS").takes(Words),
        read("get").short("rHp").short_value("dots").takes(Words),
        read("holds").short("rHp").takes(Words),
        read("userspace").short("nHpi").short_value("otsS").takes(Exactly(1)),
        read("groupspace").short("nHpi").short_value("otsS").takes(Exactly(1)),
        read("version"),
        asks("snapshot", STORAGE),
        asks("rollback", "sets a file system back"),
        asks("set", STORAGE),
        asks("create", STORAGE),
        asks("mount", STORAGE),
        asks("unmount", STORAGE),
        asks("rename", STORAGE),
        asks("clone", STORAGE),
        asks("send", "sends data away"),
        asks("receive", "overwrites a file system"),
        asks("load-key", "takes a key"),
        asks("diff", "not known to only read"),
        never("destroy", DESTROYS),
    ]),
    read("ceph")
        .short("s")
        .short_value("f")
        .long("status")
        .long_value("format")
        .refuses(&[
            ("w watch watch-debug W watch-channel", "waits for changes until it is stopped"),
            ("c conf n name id k keyring m admin-daemon i in-file o out-file", "names files, or acts as someone else"),
        ])
        .takes(Checked(programs::ceph_alone))
        .bare()
        .subs(&[
            read("status"),
            read("health").subs(&[read("detail")]).bare(),
            read("df").subs(&[read("detail")]).bare(),
            read("versions"),
            read("features"),
            read("fsid"),
            read("quorum_status"),
            read("time-sync-status"),
            read("progress"),
            read("node").subs(&[read("ls").takes(Words)]),
            read("balancer").subs(&[read("status"), asks("on", CEPH), asks("off", CEPH), asks("mode", CEPH)]),
            read("log").subs(&[read("last").takes(Words)]),
            read("osd").subs(&[
                read("tree").takes(Words),
                read("df").subs(&[read("tree"), read("plain")]).bare(),
                read("ls"),
                read("lspools"),
                read("find").takes(Exactly(1)),
                read("metadata").takes(Words),
                read("ok-to-stop").takes(Words),
                read("numa-status"),
                read("blocklist").subs(&[read("ls"), asks("add", CEPH), asks("rm", CEPH), asks("clear", CEPH)]),
                read("stat"),
                read("status"),
                read("perf"),
                read("dump"),
                read("blocked-by"),
                read("utilization"),
                read("pool").subs(&[
                    read("ls").subs(&[read("detail")]).bare(),
                    read("stats").takes(Words),
                    read("get").takes(Exactly(2)),
                    read("autoscale-status"),
                    asks("set", CEPH),
                    asks("create", CEPH),
                    never("delete", DESTROYS),
                    never("rm", DESTROYS),
                ]),
                asks("out", CEPH),
                asks("in", CEPH),
                asks("down", CEPH),
                asks("set", CEPH),
                asks("unset", CEPH),
                asks("reweight", CEPH),
                read("crush").subs(&[
                    read("tree").long("show-shadow"),
                    read("dump"),
                    read("rule").subs(&[read("ls"), read("dump").takes(Words), asks("rm", CEPH)]),
                    asks("reweight", CEPH),
                    asks("move", CEPH),
                    asks("set", CEPH),
                    asks("add", CEPH),
                    asks("rm", CEPH),
                    asks("remove", CEPH),
                ]),
                never("rm", DESTROYS),
                never("purge", DESTROYS),
                never("destroy", DESTROYS),
            ]),
            read("mon").subs(&[read("stat"), read("dump"), read("metadata").takes(Words), never("remove", DESTROYS)]),
            read("mds").subs(&[read("stat"), never("rm", DESTROYS)]),
            read("fs").subs(&[
                read("ls"),
                read("status").takes(Words),
                read("dump"),
                read("get").takes(Exactly(1)),
                never("rm", DESTROYS),
            ]),
            read("mgr").subs(&[
                read("stat"),
                read("services"),
                read("dump"),
                read("module").subs(&[read("ls"), asks("enable", CEPH), asks("disable", CEPH)]),
                asks("fail", CEPH),
            ]),
            read("pg").subs(&[
                read("stat"),
                read("dump_stuck").takes(Words),
                read("dump").takes(Words),
                read("ls").takes(Words),
                read("ls-by-osd").takes(Words),
                read("ls-by-pool").takes(Words),
                read("map").takes(Exactly(1)),
                asks("repair", CEPH),
                asks("scrub", CEPH),
                asks("deep-scrub", CEPH),
            ]),
            read("crash").subs(&[
                read("ls"),
                read("ls-new"),
                read("stat"),
                read("info").takes(Exactly(1)),
                asks("archive", CEPH),
                asks("archive-all", CEPH),
            ]),
            read("device").subs(&[read("ls")]),
            asks("auth", "shows or changes keys"),
            asks("config", "may show or change secrets"),
            asks("config-key", "may show or change secrets"),
            asks("tell", "sends commands to daemons"),
            asks("daemon", "sends commands to daemons"),
            read("orch").subs(&[
                read("ls").takes(Words),
                read("ps").takes(Words),
                read("status"),
                read("host").subs(&[read("ls"), asks("add", CEPH), asks("rm", CEPH), asks("drain", CEPH)]),
                asks("apply", CEPH),
                asks("rm", CEPH),
                asks("restart", CEPH),
                asks("daemon", CEPH),
                asks("upgrade", CEPH),
                asks("osd", CEPH),
                asks("device", CEPH),
            ]),
        ]),
    read("rbd").refuses(&[("c conf id n name k keyring keyfile m", "names files, or acts as someone else")]).subs(&[
        read("ls").short("lp").long("long").long_value("pool format").takes(Words),
        read("info").long_value("pool image format").takes(Words),
        read("du").long_value("pool image format").takes(Words),
        read("status").long_value("pool image format").takes(Words),
        read("showmapped").long_value("format"),
        read("children").long_value("pool image snap format").takes(Words),
        read("lock").subs(&[
            read("ls").long_value("format").takes(Words),
            read("list").long_value("format").takes(Words),
            asks("rm", STORAGE),
            asks("add", STORAGE),
        ]),
        read("snap").subs(&[
            read("ls").long_value("format").takes(Words),
            asks("create", STORAGE),
            asks("rollback", "sets an image back"),
            asks("rm", "removes a snapshot"),
            never("purge", DESTROYS),
        ]),
        asks("map", STORAGE),
        asks("unmap", STORAGE),
        asks("resize", STORAGE),
        asks("create", STORAGE),
        asks("export", "copies data out"),
        asks("import", STORAGE),
        never("rm", DESTROYS),
        never("remove", DESTROYS),
    ]),
    read("rados").subs(&[
        read("df"),
        read("lspools"),
        asks("ls", "lists every object"),
        asks("put", CEPH),
        never("rm", DESTROYS),
        never("purge", DESTROYS),
        never("rmpool", DESTROYS),
    ]),
    LVM,
    LVM.called("vgs"),
    LVM.called("pvs"),
    LVM_DISPLAY,
    LVM_DISPLAY.called("vgdisplay"),
    LVM_DISPLAY.called("pvdisplay"),
    read("mdadm")
        .short("DQE")
        .long("detail query examine scan brief verbose")
        .refuses(&[
            ("S stop a add r remove f fail A assemble G grow F monitor", STORAGE),
            ("C create zero-superblock", "destroys an array"),
        ])
        .takes(Operands::DevicesChecked(programs::mdadm)),
    read("smartctl")
        .short("aHiAxc")
        .short_value("ld")
        .long("all health info attributes xall scan json capabilities")
        .long_value("log device")
        .refuses(&[
            ("t test X abort", "starts or ends a test of the disk"),
            ("s set S saveauto o offlineauto smart", "changes the disk's settings"),
        ])
        .takes(Operands::DevicesChecked(programs::smartctl)),
    read("nvme").subs(&[
        read("list").short("v").short_value("o").long("verbose").long_value("output-format"),
        read("smart-log").short_value("o").long_value("output-format").takes(Devices),
        asks("reset", STORAGE),
        asks("fw-download", "changes firmware"),
        never("format", "erases a disk"),
        never("sanitize", "erases a disk"),
    ]),
    read("blkid").short("pikl").short_value("ost").refuses(&[("c g w", "writes or clears its file")]).takes(Devices),
    // Whatever else it is given a disk for changes what is on it: that never runs.
    read("tune2fs").short("l").takes(Operands::DevicesChecked(programs::of_one_disk)),
    read("dumpe2fs").short("h").takes(Operands::DevicesChecked(programs::of_one_disk)),
    read("hdparm")
        .short("iIgC")
        .refuses(&[("y Y Z S B M f F z t T", "changes or tests a disk")])
        .takes(Operands::DevicesChecked(programs::of_one_disk)),
    read("btrfs").subs(&[
        BTRFS_FILESYSTEM,
        BTRFS_FILESYSTEM.called("fi"),
        read("device").subs(&[
            read("stats").takes(Devices),
            asks("scan", STORAGE),
            asks("add", STORAGE),
            never("delete", "removes a device"),
            never("remove", "removes a device"),
        ]),
        read("subvolume").subs(&[
            read("list").short("apctugr").takes(Operands::Files),
            read("show").takes(Operands::Files),
            asks("snapshot", STORAGE),
            asks("create", STORAGE),
            never("delete", "removes a subvolume"),
        ]),
        read("scrub").subs(&[read("status").takes(Devices), asks("start", STORAGE), asks("cancel", STORAGE)]),
        asks("balance", STORAGE),
    ]),
    read("multipath")
        .short("l")
        .short_maybe("v")
        .refuses(&[("F f r w W", STORAGE)])
        .takes(Checked(programs::multipath)),
];
