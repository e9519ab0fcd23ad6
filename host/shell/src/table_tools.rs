//! Readers of packages, certificates and versions. Data only.

use crate::flags::{Operands, Spec, asks, read};
use crate::programs_tools as programs;
use Operands::{Checked, Whole, Words};

const PACKAGES: &str = "changes packages";

pub(crate) const READERS: &[Spec] = &[
    read("openssl").takes(Whole(programs::openssl)),
    read("rpm")
        .short("qailfcdR")
        .long("query all info list whatprovides whatrequires changelog last requires provides")
        .long_value("queryformat qf")
        .refuses(&[
            ("e erase U upgrade F freshen i install import rebuilddb initdb restore setperms setugids", PACKAGES),
            ("D define E eval", "may run programs"),
            ("V verify", "runs the packages' scripts"),
            ("p package", "may fetch an address"),
        ])
        .takes(Checked(programs::rpm)),
    read("dpkg")
        .short("lLsSV")
        .long("list listfiles status search print-architecture get-selections verify audit")
        .refuses(&[
            ("i install r remove P purge unpack configure set-selections clear-selections", PACKAGES),
            ("root instdir admindir", "uses another system"),
        ])
        .takes(Checked(programs::flagged)),
    read("dpkg-query")
        .short("lLsSW")
        .short_value("f")
        .long("list listfiles status search show")
        .long_value("showformat")
        .takes(Checked(programs::flagged)),
    read("apt").short("a").subs(&[
        read("list").short("a").long("installed upgradable all-versions manual-installed").takes(Words),
        read("show").short("a").takes(Words),
        read("policy").takes(Words),
        read("search").short("n").long("names-only").takes(Words),
        read("depends").takes(Words),
        asks("install", PACKAGES),
        asks("remove", PACKAGES),
        asks("purge", PACKAGES),
        asks("update", "reaches out, and changes the lists of packages"),
        asks("upgrade", PACKAGES),
        asks("full-upgrade", PACKAGES),
        asks("autoremove", PACKAGES),
    ]),
    read("apt-cache").subs(&[
        read("policy").takes(Words),
        read("show").takes(Words),
        read("search").short("n").takes(Words),
        read("depends").takes(Words),
        read("rdepends").takes(Words),
        read("madison").takes(Words),
        read("stats"),
    ]),
    read("apt-mark").subs(&[
        read("showhold").takes(Words),
        read("showauto").takes(Words),
        read("showmanual").takes(Words),
        asks("hold", PACKAGES),
        asks("unhold", PACKAGES),
        asks("auto", PACKAGES),
        asks("manual", PACKAGES),
    ]),
    // Of a binary only its headers and names.
    read("readelf")
        .short("aehlSsdrnVW")
        .long("all file-header program-headers sections symbols dynamic notes wide")
        .takes(Operands::Files),
    read("unzip")
        .short("lv")
        .refuses(&[("p c", "shows what is in an archive"), ("o n d j u f t", "writes files")])
        .takes(Checked(programs::unzip)),
    read("snap").subs(&[
        read("list").long("all").takes(Words),
        read("version"),
        read("changes"),
        read("services").takes(Words),
        asks("install", PACKAGES),
        asks("remove", PACKAGES),
        asks("refresh", PACKAGES),
        asks("run", "runs a program"),
    ]),
    read("apk").subs(&[
        read("info").short("aedLRrs").takes(Words),
        read("version"),
        asks("add", PACKAGES),
        asks("del", PACKAGES),
    ]),
    read("update-alternatives").long("list display query").takes(Checked(programs::alternatives)),
    read("needs-restarting").short("r"),
];

/// Programs of which the version may be asked with `-v` alone.
pub(crate) const VERSIONS_BY_V: &[&str] = &["nginx", "apache2", "httpd", "haproxy", "node", "perl", "php"];

/// Programs that may run anything, of which only the version may be asked: with `--version`, and the first ones with `-V`.
pub(crate) const VERSIONS: [&[&str]; 2] = [
    &["python3", "python", "nginx", "ssh", "curl", "wget", "psql", "mysql", "apache2", "httpd"],
    &[
        "perl",
        "ruby",
        "node",
        "php",
        "java",
        "gcc",
        "make",
        "bash",
        "redis-server",
        "redis-cli",
        "mongod",
        "containerd",
        "runc",
        "kubelet",
        "etcd",
        "vault",
        "consul",
        "pip",
        "pip3",
        "npm",
        "rsync",
        "haproxy",
        "mysqld",
        "postgres",
    ],
];
