//! Readers of the machine: processes, services, network state, disks. Data only.

use crate::flags::{Operands, Spec, asks, never, read};
use crate::programs;
use Operands::{Checked, Devices, Exactly, Words};

const IP_OBJECT: Spec = read("address").takes(Checked(programs::ip_show));

const SERVICES: &str = "controls services";
const STOPS: &str = "stops the machine";
const NETWORK: &str = "changes the network";
const OUT: &str = "carries a name out";
const SETS: &str = "changes settings of the machine";

const UNITS: Spec = read("status")
    .short("alqr")
    .short_value("ntop")
    .long("all full no-pager no-legend quiet plain failed user system recursive reverse after before")
    .long_value("lines output type state property")
    .takes(Words);

const NM_DEVICE: Spec = read("device").bare().subs(&[
    read("status"),
    read("show").takes(Words),
    asks("wifi", "may show passwords"),
    asks("connect", NETWORK),
    asks("disconnect", NETWORK),
    asks("set", NETWORK),
    asks("delete", NETWORK),
    asks("reapply", NETWORK),
]);

// The list of connections; what is in one may be a password.
const NM_CONNECTION: Spec = read("connection").bare().subs(&[
    read("show").long("active"),
    asks("up", NETWORK),
    asks("down", NETWORK),
    asks("add", NETWORK),
    asks("modify", NETWORK),
    asks("delete", NETWORK),
    asks("reload", NETWORK),
]);

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
        .short("AaefFHjlLMmTNwxyZcd")
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
    read("vmstat").short("afmnsdtw").short_value("S").takes(Checked(programs::interval)),
    read("iostat").short("cdhkmNtxyz").short_maybe("p").takes(Checked(programs::interval)),
    read("mpstat").short("Au").short_value("P").takes(Checked(programs::interval)),
    read("pidstat").short("dhlrstuvwRIH").short_value("pCGTU").refuses(&[("e", "runs a program")]).takes(Checked(programs::interval)),
    read("sar").short("AbBdDFhHpqrtuSvwWyz").short_value("efimnPs").refuses(&[("o", "writes a file")]).takes(Checked(programs::sar)),
    read("uname").short("asnrvmpio").long("all kernel-name nodename kernel-release kernel-version machine operating-system"),
    read("hostname").refuses(&[("F file b boot", SETS)]).short("fsiIdA").long("fqdn short ip-address all-ip-addresses domain"),
    read("hostnamectl").bare().subs(&[read("status"), read("hostname").long("static transient pretty"), asks("set-hostname", SETS), asks("chassis", SETS), asks("deployment", SETS), asks("location", SETS), asks("icon-name", SETS)]),
    read("timedatectl").bare().subs(&[read("status"), read("show"), read("timesync-status"), read("show-timesync"), read("list-timezones"), asks("set-time", SETS), asks("set-timezone", SETS), asks("set-ntp", SETS), asks("set-local-rtc", SETS), asks("ntp-servers", SETS), asks("revert", SETS)]),
    read("localectl").bare().subs(&[read("status"), read("list-locales"), read("list-keymaps"), asks("set-locale", SETS), asks("set-keymap", SETS), asks("set-x11-keymap", SETS)]),
    read("loginctl").bare().long("no-pager").subs(&[read("list-sessions").long("no-pager"), read("list-users").long("no-pager"), read("list-seats"), read("session-status").long("no-pager").takes(Words), read("show-session").short_value("p").long("value no-pager all").long_value("property").takes(Words), read("show-user").short_value("p").long("value no-pager all").long_value("property").takes(Words), read("user-status").long("no-pager").takes(Words), asks("lock-session", SETS), asks("unlock-session", SETS), asks("terminate-session", "ends a session"), asks("kill-session", "ends a session"), asks("terminate-user", "ends a session"), asks("kill-user", "ends a session"), asks("enable-linger", SETS), asks("disable-linger", SETS), never("poweroff", STOPS), never("reboot", STOPS)]),
    read("who").short("abdHlmpqrstTu"),
    read("w").short("hsfi"),
    read("users"),
    read("pwdx").takes(Words),
    read("ipcs").short("amqslptcubh").short_value("i").long("all human bytes limits summary pid time creator queues shmems semaphores").long_value("id"),
    read("getconf").short("a").refuses(&[("v", "runs a program")]).takes(Words),
    read("locale").short("akcm").long("all-locales category-name charmaps keyword-name verbose").takes(Words),
    read("sensors").short("Aufj").refuses(&[("s set", SETS), ("c config-file", "uses a file")]).long("no-adapter fahrenheit").takes(Words),
    read("last").short("adFiwx").short_value("nst").count().takes(Words),
    read("swapon").short("s").long("show summary noheadings bytes raw").takes(Checked(programs::flagged_only)),
    read("lsns").short("JlnrupTW").short_value("opt").takes(Words),
    read("lslocks").short("bJinru").short_value("op"),
    read("lsipc").short("abceJlmnpqrstuPgiy").short_value("o"),
    read("lslogins").short("abcefgLGnrstuzZ").short_value("o").refuses(&[("p", "shows password fields")]).takes(Words),
    read("lsfd").short("lJnrui").short_value("pQo"),
    read("lsscsi").short("cdgHiklLpstuvw"),
    read("lshw").short("q").short_value("C").long("short businfo numeric sanitize quiet json").long_value("class").refuses(&[("dump", "writes a file")]),
    read("dmidecode").short("q").short_value("ts").long("quiet").long_value("type string").refuses(&[("dump-bin from-dump d", "uses a file")]),
    read("numactl").short("Hs").long("hardware show").takes(Checked(programs::flagged_only)),
    read("numastat").short("cmnpsvz").takes(Words),
    read("nfsstat").short("acmnrs").short_value("o"),
    read("sestatus").short("bv"),
    read("getenforce"),
    read("aa-status").long("json pretty-json enabled profiled enforced complaining"),
    read("lastlog").short_value("but").refuses(&[("C S clear set", "changes the records")]),
    read("runlevel"),
    read("tuptime").short("clts"),
    read("modinfo").short("n0adlp").short_value("Fk").takes(Words),
    read("pmap").short("xXdqp").takes(Words),
    read("prtstat").short("r").takes(Words),
    read("fuser").short("avm").refuses(&[("k K", "ends processes"), ("i", "asks on the terminal")]).long("all verbose mount").takes(Devices),
    read("route").short("neF").refuses(&[("A", "not known to only read")]),
    read("bridge").short("sdj").subs(&[IP_OBJECT.called("link"), IP_OBJECT.called("fdb"), IP_OBJECT.called("vlan"), IP_OBJECT.called("mdb")]),
    read("tc").short("sdj").subs(&[IP_OBJECT.called("qdisc"), IP_OBJECT.called("class"), IP_OBJECT.called("filter")]),
    read("nft").short("naj").long("numeric handle json").subs(&[read("list").takes(Checked(programs::nft)), asks("add", "changes the firewall"), asks("insert", "changes the firewall"), asks("replace", "changes the firewall"), never("flush", "flushes firewall rules"), never("delete", "flushes firewall rules")]),
    read("ufw").subs(&[read("status").takes(Words), read("version"), asks("allow", "changes the firewall"), asks("deny", "changes the firewall"), asks("enable", "changes the firewall"), asks("delete", "changes the firewall"), never("reset", "flushes firewall rules"), never("disable", "flushes firewall rules")]),
    read("firewall-cmd").long("state get-zones get-active-zones get-default-zone list-all list-all-zones list-services list-ports list-rich-rules").long_value("zone"),
    read("conntrack").short("LSC").long("dump stats count").short_value("ps").long_value("proto").refuses(&[("D F U I E delete flush update create event", "changes connections")]).takes(Checked(programs::conntrack)),
    read("iptables-save").short("c").short_value("t"),
    read("ip6tables-save").short("c").short_value("t"),
    read("nmcli").short("pto").short_value("fgmc").long("pretty terse overview").long_value("fields get-values mode colors").bare().subs(&[
        read("general").bare().subs(&[read("status"), asks("hostname", SETS), asks("permissions", "not known to only read"), asks("logging", SETS)]),
        NM_DEVICE,
        NM_DEVICE.called("dev"),
        NM_CONNECTION,
        NM_CONNECTION.called("con"),
        asks("networking", NETWORK),
        asks("radio", NETWORK),
    ]),
    read("getent").takes(Checked(programs::getent)),
    read("lscpu").short("aeJ"),
    read("lsmem").short("abJ"),
    read("lspci").short("vknmtD").short_value("sd"),
    read("lsusb").short("vt"),
    read("lsmod"),
    read("lsblk").short("abdDfiJlmnOpPrStz").short_value("oexI").long("all fs json list paths bytes noheadings topology").long_value("output").takes(Devices),
    read("findmnt").short("aAbDfJlnrRu").short_value("oStT").long("all json list raw df real").long_value("output types").takes(Devices),
    read("mount").short("l").short_value("t"),
    read("lsof").short("nPltUabR").short_value("pucd").short_maybe("iTs").refuses(&[("r", "runs until it is stopped"), ("D k m", "uses other files")]).takes(Operands::DevicesChecked(programs::lsof)),
    read("dmesg").refuses(&[("C clear c read-clear", "clears the messages"), ("D E n console-off console-on console-level", "changes what the console shows"), ("w W follow follow-new", "waits for new entries until it is stopped"), ("F file K kmsg-file", "reads a file of messages")]).short("HTtxdekruP").short_value("fl").long("human ctime kernel decode reltime notime nopager show-delta").long_value("level facility since until").long_maybe("color"),
    read("journalctl")
        .short("aeklmqrxN")
        .short_value("gopStuUnF")
        .short_maybe("b")
        // `-b -1` is the boot before.
        .count()
        .long("no-pager no-hostname no-full full all reverse catalog quiet dmesg system user utc list-boots disk-usage merge pager-end no-tail verify fields header truncate-newline")
        .long_value("unit user-unit since until priority grep output identifier facility output-fields lines field")
        .long_maybe("boot case-sensitive")
        .refuses(&[
            ("f follow", "waits for new entries until it is stopped"),
            ("vacuum-size vacuum-time vacuum-files rotate flush sync relinquish-var smart-relinquish-var", "removes or moves entries"),
            ("setup-keys update-catalog cursor-file", "writes files"),
            ("D directory file root image M machine namespace i", "reads other journals"),
        ])
        .takes(Checked(programs::journal)),
    read("systemctl")
        .short("alq")
        .short_value("tpn")
        .long("all full no-pager no-legend quiet plain failed user system")
        .long_value("type state")
        .refuses(&[("root image", "changes another system"), ("H host M machine", "reaches another machine")])
        .bare()
        .subs(&[
            UNITS,
            UNITS.called("is-active"),
            UNITS.called("is-enabled"),
            UNITS.called("is-failed"),
            UNITS.called("list-units"),
            UNITS.called("list-unit-files"),
            UNITS.called("list-timers"),
            UNITS.called("list-sockets"),
            UNITS.called("list-dependencies"),
            UNITS.called("list-jobs"),
            UNITS.called("list-machines"),
            UNITS.called("list-paths"),
            UNITS.called("list-automounts"),
            asks("cat", "shows the environment of services, where secrets are kept"),
            read("show").short_value("p").long("value no-pager").long_value("property").takes(Checked(programs::systemctl_show)),
            read("get-default"),
            read("is-system-running"),
            asks("show-environment", "shows environment variables, where secrets are kept"),
            asks("set-environment", SERVICES),
            asks("unset-environment", SERVICES),
            asks("start", SERVICES),
            asks("stop", SERVICES),
            asks("restart", SERVICES),
            asks("reload", SERVICES),
            asks("try-restart", SERVICES),
            asks("reload-or-restart", SERVICES),
            asks("enable", SERVICES),
            asks("disable", SERVICES),
            asks("mask", SERVICES),
            asks("unmask", SERVICES),
            asks("edit", SERVICES),
            asks("revert", SERVICES),
            asks("link", SERVICES),
            asks("preset", SERVICES),
            asks("kill", SERVICES),
            asks("freeze", SERVICES),
            asks("thaw", SERVICES),
            asks("clean", "removes a service's files"),
            asks("set-property", SERVICES),
            asks("set-default", SERVICES),
            asks("reset-failed", SERVICES),
            asks("daemon-reload", SERVICES),
            asks("daemon-reexec", SERVICES),
            asks("isolate", "stops every other service"),
            asks("switch-root", "changes the system"),
            never("poweroff", STOPS),
            never("reboot", STOPS),
            never("halt", STOPS),
            never("kexec", STOPS),
            never("suspend", STOPS),
            never("hibernate", STOPS),
            never("rescue", STOPS),
            never("emergency", STOPS),
        ]),
    read("systemd-analyze").bare().subs(&[read("time"), read("blame").long("no-pager"), read("critical-chain").long("no-pager").takes(Words), asks("set-log-level", SERVICES), asks("dump", "not known to only read")]),
    read("systemd-cgls").short("alk").long("no-pager all full").takes(Words),
    read("systemd-detect-virt").short("cvrq").long("container vm"),
    read("networkctl").bare().subs(&[read("status").long("no-pager").takes(Words), read("list").long("no-pager no-legend").takes(Words), asks("up", NETWORK), asks("down", NETWORK), asks("reload", NETWORK), asks("reconfigure", NETWORK), asks("delete", NETWORK), asks("renew", NETWORK)]),
    read("resolvectl").bare().subs(&[read("status").long("no-pager").takes(Words), read("statistics"), asks("query", OUT), asks("service", OUT), read("dns").long("no-pager"), read("domain").long("no-pager"), asks("flush-caches", NETWORK), asks("revert", NETWORK)]),
    read("coredumpctl").subs(&[read("list").long("no-pager no-legend reverse").short_value("nSU").long_value("since until").takes(Words), asks("info", "shows memory of a process"), asks("dump", "shows memory of a process"), asks("gdb", "runs a debugger"), asks("debug", "runs a debugger")]),
    read("machinectl").bare().subs(&[read("list").long("no-legend no-pager"), asks("shell", "runs a command in a machine"), asks("terminate", "ends a machine")]),
    read("bootctl").bare().subs(&[read("status").long("no-pager"), read("list").long("no-pager"), asks("install", "changes how the machine starts"), asks("update", "changes how the machine starts"), asks("remove", "changes how the machine starts")]),
    read("ss").refuses(&[("K kill", "ends connections"), ("r resolve", OUT), ("E events", "waits for changes until it is stopped"), ("D diag F filter N net", "reads or writes files, or goes elsewhere")]).short("nlaotuwxpimsehH046OSzdbMZT").short_value("fA").long("numeric listening all tcp udp raw unix processes info memory options extended summary no-header ipv4 ipv6 oneline").long_value("family query").takes(Checked(programs::ss)),
    read("netstat").short("natulpsrWeogixw").long("numeric listening all tcp udp programs statistics route interfaces"),
    read("ip").short("46sdojph0").short_maybe("c").long("json pretty brief details stats statistics oneline human").refuses(&[("b batch B force", "reads commands from a file"), ("n netns a all", "goes to another namespace"), ("r resolve", OUT)]).subs(&[
        IP_OBJECT,
        IP_OBJECT.called("addr"),
        IP_OBJECT.called("a"),
        IP_OBJECT.called("link"),
        IP_OBJECT.called("l"),
        IP_OBJECT.called("route"),
        IP_OBJECT.called("r"),
        IP_OBJECT.called("rule"),
        IP_OBJECT.called("neigh"),
        IP_OBJECT.called("n"),
        IP_OBJECT.called("neighbour"),
        IP_OBJECT.called("maddr"),
        IP_OBJECT.called("tunnel"),
        IP_OBJECT.called("ro"),
        IP_OBJECT.called("ru"),
        IP_OBJECT.called("ne"),
        IP_OBJECT.called("neighbor"),
        IP_OBJECT.called("nei"),
        IP_OBJECT.called("maddress"),
        read("netns").bare().subs(&[
            read("list"),
            asks("add", NETWORK),
            asks("delete", NETWORK),
            asks("del", NETWORK),
            asks("set", NETWORK),
            asks("attach", NETWORK),
            asks("exec", "runs a command in a namespace"),
            asks("monitor", "waits for changes until it is stopped"),
            asks("identify", "not known to only read"),
            asks("pids", "not known to only read"),
        ]),
        asks("monitor", "waits for changes until it is stopped"),
        read("xfrm").subs(&[IP_OBJECT.called("policy"), asks("state", "shows keys"), asks("monitor", "shows keys until it is stopped")]),
    ]),
    read("brctl").subs(&[read("show").takes(Words), read("showmacs").takes(Exactly(1)), read("showstp").takes(Exactly(1)), asks("addbr", NETWORK), asks("delbr", NETWORK), asks("addif", NETWORK), asks("delif", NETWORK)]),
    read("arp").short("ane").refuses(&[("d s f delete set file", NETWORK)]),
    read("ethtool").short("iSkacgTm").takes(Exactly(1)),
    read("sysctl").refuses(&[("w write p load system f", "sets values")]).short("aneNX").long("all names values").takes(Checked(programs::no_assignment)),
    IPTABLES,
    IPTABLES.called("ip6tables"),
    read("chronyc").short("n").subs(&[read("tracking"), read("sources").short("v"), read("sourcestats").short("v"), read("activity"), read("ntpdata").takes(Words), read("serverstats"), read("selectdata").short("v"), read("rtcdata")]),
];
