//! Readers of the machine: processes, services, network state, disks. Data only.

use crate::flags::{Operands, Spec, read};
use crate::programs;
use Operands::{Checked, Devices, Exactly, Words};

const IP_OBJECT: Spec = read("address").takes(Checked(programs::ip_show));

const fn named(mut spec: Spec, name: &'static str) -> Spec {
    spec.name = name;
    spec
}

const UNITS: Spec = read("status")
    .short("alqr")
    .short_value("ntop")
    .long("all full no-pager no-legend quiet plain failed user system recursive reverse after before")
    .long_value("lines output type state property")
    .takes(Words);

const LVM: Spec = read("lvs")
    .short("av")
    .short_value("oOS")
    .long("all noheadings nosuffix aligned unbuffered")
    .long_value("options units separator reportformat sort")
    .takes(Devices);

const IPTABLES: Spec = read("iptables")
    .short("nvx")
    .short_value("t")
    .short_maybe("LS")
    .long("numeric verbose exact line-numbers")
    .long_value("table")
    .long_maybe("list list-rules")
    .takes(Checked(programs::iptables));

pub(crate) const READERS: &[Spec] = &[
    read("ps")
        .short("AaefFHjlLMmTNwyZcd")
        .short_value("CgGopqstuUOk")
        .long("forest no-headers headers deselect")
        .long_value("format pid ppid user sort cols columns")
        .takes(Checked(programs::ps)),
    read("top").short("bcHiS").short_value("nduUpow").takes(Checked(programs::top)),
    read("pgrep").short("acflnovxi").short_value("ugPst").long("full list-name list-full count").takes(Words),
    read("pidof").short("s").takes(Words),
    read("pstree").short("aAcglnNpstTu").takes(Words),
    read("uptime").short("ps").long("pretty since"),
    read("free").short("bkmghtwv").long("bytes kilo mega giga human total wide si lohi"),
    read("vmstat").short("afmnsdtw").short_value("S").takes(Words),
    read("iostat").short("cdhkmNtxyz").short_value("p").takes(Words),
    read("mpstat").short("Au").short_value("P").takes(Words),
    read("uname").short("asnrvmpio").long("all kernel-name nodename kernel-release kernel-version machine operating-system"),
    read("hostname").short("fsiId").long("fqdn short ip-address all-ip-addresses domain"),
    read("hostnamectl").bare().subs(&[read("status")]),
    read("timedatectl").bare().subs(&[read("status"), read("show"), read("timesync-status")]),
    read("localectl").bare().subs(&[read("status")]),
    read("loginctl").bare().long("no-pager").subs(&[read("list-sessions").long("no-pager"), read("list-users").long("no-pager"), read("list-seats")]),
    read("who").short("abdHlmpqrstTu"),
    read("w").short("hsfi"),
    read("last").short("adFiwx").short_value("nst").count().takes(Words),
    read("getent").takes(Checked(programs::getent)),
    read("lscpu").short("aeJ"),
    read("lsmem").short("abJ"),
    read("lspci").short("vknmtD").short_value("sd"),
    read("lsusb").short("vt"),
    read("lsmod"),
    read("lsblk").short("abdDfiJlmnOpPrStz").short_value("oexI").long("all fs json list paths bytes noheadings topology").long_value("output").takes(Devices),
    read("findmnt").short("aAbDfJlnrRu").short_value("oStT").long("all json list raw df real").long_value("output types").takes(Operands::Files),
    read("mount").short("l").short_value("t"),
    read("lsof").short("nPltUabR").short_value("pucdi").short_maybe("i").takes(Operands::Files),
    read("dmesg").short("HTtxdekruP").short_value("fl").long("human ctime kernel decode reltime notime nopager show-delta").long_value("level facility since until").long_maybe("color"),
    read("journalctl")
        .short("aeklmqrx")
        .short_value("gopStuUn")
        .short_maybe("b")
        .long("no-pager no-hostname no-full full all reverse catalog quiet dmesg system user utc list-boots disk-usage merge pager-end no-tail")
        .long_value("unit user-unit since until priority grep output identifier facility case-sensitive output-fields lines")
        .long_maybe("boot")
        .takes(Operands::None),
    read("systemctl").short("alq").short_value("tpn").long("all full no-pager no-legend quiet plain failed user system").long_value("type state").bare().subs(&[
        UNITS,
        named(UNITS, "is-active"),
        named(UNITS, "is-enabled"),
        named(UNITS, "is-failed"),
        named(UNITS, "list-units"),
        named(UNITS, "list-unit-files"),
        named(UNITS, "list-timers"),
        named(UNITS, "list-sockets"),
        named(UNITS, "list-dependencies"),
        named(UNITS, "list-jobs"),
        named(UNITS, "list-machines"),
        named(UNITS, "list-paths"),
        named(UNITS, "list-automounts"),
    ]),
    read("ss").short("nlaotuwxpimsehH046OSzdbM").short_value("fA").long("numeric listening all tcp udp raw unix processes info memory options extended summary no-header ipv4 ipv6 oneline").long_value("family query").takes(Checked(programs::ss)),
    read("netstat").short("natulpsrWeogicxw").long("numeric listening all tcp udp programs statistics route interfaces"),
    read("ip").short("46sdojph0").short_maybe("c").long("json pretty brief details stats statistics oneline").subs(&[
        IP_OBJECT,
        named(IP_OBJECT, "addr"),
        named(IP_OBJECT, "a"),
        named(IP_OBJECT, "link"),
        named(IP_OBJECT, "l"),
        named(IP_OBJECT, "route"),
        named(IP_OBJECT, "r"),
        named(IP_OBJECT, "rule"),
        named(IP_OBJECT, "neigh"),
        named(IP_OBJECT, "n"),
        named(IP_OBJECT, "neighbour"),
        named(IP_OBJECT, "maddr"),
        named(IP_OBJECT, "tunnel"),
    ]),
    read("arp").short("ane"),
    read("ethtool").short("iSkacgTm").takes(Exactly(1)),
    read("sysctl").short("aneNX").long("all names values").takes(Checked(programs::no_assignment)),
    read("smartctl").short("aHiAxc").short_value("ld").long("all health info attributes xall scan json").takes(Devices),
    read("mdadm").short("DQE").long("detail query examine scan brief verbose").takes(Operands::DevicesChecked(programs::mdadm)),
    LVM,
    named(LVM, "vgs"),
    named(LVM, "pvs"),
    IPTABLES,
    named(IPTABLES, "ip6tables"),
    read("chronyc").short("n").subs(&[read("tracking"), read("sources").short("v"), read("sourcestats").short("v"), read("activity")]),
    read("zpool").subs(&[
        read("status").short("vxPLgDst").takes(Words),
        read("list").short("HpPLgv").short_value("oT").takes(Words),
        read("history").short("il").takes(Words),
    ]),
    read("zfs").subs(&[
        read("list").short("rHp").short_value("dotsS").takes(Words),
        read("get").short("rHp").short_value("dots").takes(Words),
    ]),
];
