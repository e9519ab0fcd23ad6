//! Operand checks that need more than counting: find's expression, and those of the tools of the system and of guests.
//!
//! Each answers whether the command then only reads; a check lists what is allowed, not what is forbidden, wherever the
//! language is small enough.

use crate::flags::Matched;
use crate::paths;

type Answer = Result<(), &'static str>;

/// find: expressions that only test and print.
pub(crate) fn find(args: &[&str]) -> Answer {
    const PLAIN: &[&str] = &[
        "-H",
        "-L",
        "-P",
        "-print",
        "-print0",
        "-ls",
        "-prune",
        "-not",
        "-a",
        "-and",
        "-o",
        "-or",
        "-empty",
        "-readable",
        "-writable",
        "-executable",
        "-nouser",
        "-nogroup",
        "-xdev",
        "-mount",
        "-depth",
        "-d",
        "-daystart",
        "-follow",
        "-true",
        "-false",
        "-quit",
        "!",
        "(",
        ")",
        ",",
        "-noleaf",
        "-ignore_readdir_race",
    ];
    const VALUED: &[&str] = &[
        "-name",
        "-iname",
        "-path",
        "-ipath",
        "-wholename",
        "-iwholename",
        "-regex",
        "-iregex",
        "-regextype",
        "-type",
        "-xtype",
        "-size",
        "-mtime",
        "-mmin",
        "-atime",
        "-amin",
        "-ctime",
        "-cmin",
        "-newer",
        "-anewer",
        "-cnewer",
        "-newermt",
        "-newerct",
        "-user",
        "-group",
        "-uid",
        "-gid",
        "-perm",
        "-maxdepth",
        "-mindepth",
        "-links",
        "-inum",
        "-samefile",
        "-fstype",
        "-lname",
        "-ilname",
        "-used",
        "-printf",
    ];
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if PLAIN.contains(arg) {
            continue;
        }
        let word = if VALUED.contains(arg) { *rest.next().ok_or("a test without its value")? } else { *arg };
        if !VALUED.contains(arg) && word.starts_with('-') {
            return Err("an expression that is not known to only read");
        }
        // What is looked for is a pattern and no file, and of what is found only the name and its like are told.
        let is_pattern = matches!(
            *arg,
            "-name"
                | "-iname"
                | "-path"
                | "-ipath"
                | "-wholename"
                | "-iwholename"
                | "-regex"
                | "-iregex"
                | "-lname"
                | "-ilname"
        );
        if !is_pattern && paths::is_key_file(word) {
            return Err("a file that holds keys or secrets");
        }
    }
    Ok(())
}

/// ps: process numbers and BSD letters, without the ones that show the environment.
///
/// What procps can't take as flags it takes for BSD letters, where `e` shows the environment: `-eu x` without a user `x`,
/// `-eHT` and `-efT -o pid`, which don't go together. So with `-e` only what always goes together is allowed.
pub(crate) fn ps(matched: &Matched<'_>) -> Answer {
    const ENVIRONMENT: &str = "may show the environment of processes";
    let letters = |word: &str| word.bytes().all(|b| b"auxwflvmTrsjhg0123456789,".contains(&b));
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b',');
    let every = matched.has(&["e"]);
    let threads = matched.has(&["T"]);
    for (name, value) in &matched.flags {
        let value = value.unwrap_or_default();
        let fine = match *name {
            "o" | "format" => !(every && matched.has(&["f", "F", "l", "j"])),
            "O" | "s" | "t" | "g" | "G" | "u" | "U" => !shows_environment(value) && (!every || number(value)),
            "C" => !shows_environment(value) && (!every || value.len() < 16),
            "H" | "forest" | "f" | "F" | "l" | "j" => !(every && threads),
            // `-ax` is no flag of procps: with `x` it takes all for BSD letters.
            "n" => !every && !shows_environment(value),
            "m" | "M" | "c" | "Z" | "a" | "d" | "N" | "x" => !every,
            _ => true,
        };
        if !fine || (matches!(*name, "o" | "O" | "format") && value.to_ascii_lowercase().contains("environ")) {
            return Err(ENVIRONMENT);
        }
    }
    let columns = |text: &str| {
        !text.to_ascii_lowercase().contains("environ")
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b',' | b'%' | b'_' | b'='))
    };
    let fine = |operand: &str| if every { number(operand) } else { letters(operand) };
    let fine = match matched.operands.as_slice() {
        // `axo pid,cmd`: the letter `o` takes the next word.
        [first, list] if !every && first.strip_suffix('o').is_some_and(letters) => columns(list),
        operands => operands.iter().all(|operand| fine(operand)),
    };
    if fine { Ok(()) } else { Err(ENVIRONMENT) }
}

/// Tells whether a word, read as BSD letters, shows the environment: `-auxe` is no user `xe` unless there is such a user,
/// and in `eocmd` the letter `o` takes the rest.
fn shows_environment(word: &str) -> bool {
    let mut shown = false;
    for letter in word.bytes() {
        match letter {
            b'e' | b'E' => shown = true,
            b'o' | b'O' | b'k' | b'p' | b'q' | b'U' | b'N' => return shown,
            b'0'..=b'9' | b',' | b'-' => {}
            _ if b"auxwflvmTrsjhgHtnScLVXZ".contains(&letter) => {}
            _ => return false,
        }
    }
    shown
}

/// ss: filters of states, ports and numeric addresses; a name would be looked up.
pub(crate) fn ss(matched: &Matched<'_>) -> Answer {
    const WORDS: &[&str] = &[
        "state",
        "exclude",
        "established",
        "listening",
        "listen",
        "connected",
        "synchronized",
        "bucket",
        "big",
        "all",
        "closed",
        "time-wait",
        "close-wait",
        "syn-sent",
        "syn-recv",
        "fin-wait-1",
        "fin-wait-2",
        "last-ack",
        "closing",
        "sport",
        "dport",
        "src",
        "dst",
        "and",
        "or",
        "not",
        "eq",
        "ne",
        "ge",
        "le",
        "gt",
        "lt",
        "=",
        "!=",
        "(",
        ")",
    ];
    addresses(matched, WORDS)
}

/// Operands that are known words or numeric addresses, so that no name is looked up.
fn addresses(matched: &Matched<'_>, words: &[&str]) -> Answer {
    let numeric = |word: &str| word.bytes().all(|b| b.is_ascii_digit() || b".:/*[]".contains(&b));
    // ss joins its words, so that `'sport = :80'` is the same as three.
    let fine = |operand: &&str| operand.split(' ').all(|word| words.contains(&word) || numeric(word));
    if matched.operands.iter().all(fine) {
        return Ok(());
    }
    Err("may carry a name out")
}

/// ip: `show` of something.
pub(crate) fn ip_show(matched: &Matched<'_>) -> Answer {
    match matched.operands.first() {
        None => Ok(()),
        Some(verb) if matches!(*verb, "show" | "list" | "ls" | "lst" | "sh" | "sho" | "get") => {
            let rest = matched.operands.get(1..).unwrap_or_default();
            let plain = |word: &&str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@:/".contains(&b));
            if rest.iter().all(plain) { Ok(()) } else { Err("an operand that is not known to only be read") }
        }
        Some(_) => Err("changes the network"),
    }
}

/// sysctl: reads, no assignment.
pub(crate) fn no_assignment(matched: &Matched<'_>) -> Answer {
    if matched.operands.iter().any(|operand| operand.contains('=')) { Err("sets a value") } else { Ok(()) }
}

/// getent: data bases of this host, not the ones that ask a name server or show password hashes.
pub(crate) fn getent(matched: &Matched<'_>) -> Answer {
    match matched.operands.first() {
        Some(&("passwd" | "group" | "services" | "protocols" | "rpc" | "shells")) => Ok(()),
        _ => Err("may carry a name out, or show secrets"),
    }
}

/// What `pvesh get` may be asked; `*` stands for one name. Accounts, tokens, keys and settings of guests are not among it.
const PVESH_PATHS: &[&str] = &[
    "cluster/resources",
    "cluster/status",
    "cluster/tasks",
    "cluster/config/nodes",
    "cluster/log",
    "cluster/nextid",
    "cluster/replication",
    "cluster/ha/resources",
    "cluster/ha/groups",
    "cluster/ha/status/current",
    "cluster/ha/status/manager_status",
    "cluster/ceph/status",
    "cluster/ceph/flags",
    "nodes",
    "nodes/*",
    "nodes/*/status",
    "nodes/*/version",
    "nodes/*/time",
    "nodes/*/rrddata",
    "nodes/*/netstat",
    "nodes/*/dns",
    "nodes/*/hosts",
    "nodes/*/network",
    "nodes/*/network/*",
    "nodes/*/replication",
    "nodes/*/services",
    "nodes/*/services/*/state",
    "nodes/*/tasks",
    "nodes/*/tasks/*/status",
    "nodes/*/tasks/*/log",
    "nodes/*/syslog",
    "nodes/*/journal",
    "nodes/*/apt/versions",
    "nodes/*/apt/update",
    "nodes/*/hardware/pci",
    "nodes/*/ceph/status",
    "nodes/*/ceph/osd",
    "nodes/*/ceph/mon",
    "nodes/*/disks/list",
    "nodes/*/disks/smart",
    "nodes/*/disks/lvm",
    "nodes/*/disks/lvmthin",
    "nodes/*/disks/directory",
    "nodes/*/disks/zfs",
    "nodes/*/disks/zfs/*",
    "nodes/*/storage",
    "nodes/*/storage/*/status",
    "nodes/*/storage/*/content",
    "nodes/*/storage/*/rrddata",
    "nodes/*/qemu",
    "nodes/*/qemu/*/status/current",
    "nodes/*/qemu/*/snapshot",
    "nodes/*/qemu/*/rrddata",
    "nodes/*/lxc",
    "nodes/*/lxc/*/status/current",
    "nodes/*/lxc/*/snapshot",
    "nodes/*/lxc/*/rrddata",
    "nodes/*/lxc/*/interfaces",
    "pools",
    "version",
];

/// pvesh: paths that list state, not the ones of accounts, tokens and settings.
pub(crate) fn pvesh(matched: &Matched<'_>) -> Answer {
    let name = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._:@-".contains(&b))
    };
    let listed = |path: &str| {
        PVESH_PATHS.iter().any(|known| {
            known.split('/').count() == path.split('/').count()
                && known
                    .split('/')
                    .zip(path.split('/'))
                    .all(|(known, part)| known == part || (known == "*" && name(part)))
        })
    };
    match matched.operands.as_slice() {
        [path] if path.strip_prefix('/').is_some_and(listed) => Ok(()),
        _ => Err("a path that may show secrets"),
    }
}

/// nft: names alone, since nft joins its words into one script, where `;` begins the next command.
pub(crate) fn nft(matched: &Matched<'_>) -> Answer {
    let name =
        |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    if matched.operands.iter().all(name) { Ok(()) } else { Err("may change the firewall") }
}

/// smartctl: logs that are read; `-l scterc,70,70` and `-l sataphy,reset` set the disk.
pub(crate) fn smartctl(matched: &Matched<'_>) -> Answer {
    const LOGS: &[&str] = &[
        "error",
        "xerror",
        "selftest",
        "xselftest",
        "selective",
        "directory",
        "background",
        "sasphy",
        "sataphy",
        "devstat",
        "defects",
        "ssd",
        "scttemp",
        "scttempsts",
        "scttemphist",
        "scterc",
        "envrep",
        "genstats",
        "farm",
        "tapealert",
    ];
    let log = |(name, value): &(&str, Option<&str>)| {
        !matches!(*name, "l" | "log") || value.is_some_and(|log| LOGS.contains(&log))
    };
    if matched.flags.iter().all(log) { Ok(()) } else { Err("changes the disk's settings") }
}

/// top: one batch of output, then an end.
pub(crate) fn top(matched: &Matched<'_>) -> Answer {
    if matched.has(&["b"]) && matched.has(&["n"]) { Ok(()) } else { Err("runs until it is stopped") }
}

/// mdadm: reports.
pub(crate) fn mdadm(matched: &Matched<'_>) -> Answer {
    if matched.has(&["detail", "D", "query", "Q", "examine", "E"]) { Ok(()) } else { Err("changes an array") }
}

/// iptables: lists, with numbers only (names would be looked up).
pub(crate) fn iptables(matched: &Matched<'_>) -> Answer {
    let list = matched.has(&["L", "list"]) && matched.has(&["n", "numeric"]);
    if list || matched.has(&["S", "list-rules"]) { Ok(()) } else { Err("may change the firewall") }
}

/// vmstat and its kin: without numbers, or with an interval and a count.
pub(crate) fn interval(matched: &Matched<'_>) -> Answer {
    let number = |word: &&&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    match matched.operands.iter().filter(number).count() {
        1 => Err("runs until it is stopped"),
        _ => Ok(()),
    }
}

/// sar: as [`interval`], with a time of day behind `-s` and `-e`.
pub(crate) fn sar(matched: &Matched<'_>) -> Answer {
    let time = |value: &str| value.contains(':') && value.bytes().all(|b| b.is_ascii_digit() || b == b':');
    let times = |(name, value): &(&str, Option<&str>)| !matches!(*name, "s" | "e") || value.is_some_and(time);
    if matched.flags.iter().all(times) { interval(matched) } else { Err("not known to only read") }
}

/// hdparm and its kin: what they tell of one disk, with a flag that asks for it.
pub(crate) fn of_one_disk(matched: &Matched<'_>) -> Answer {
    if matched.operands.len() == 1 { flagged(matched) } else { Err("not known to only read") }
}

/// With a flag, since without one it may do something else.
pub(crate) fn flagged(matched: &Matched<'_>) -> Answer {
    if matched.flags.is_empty() { Err("not known to only read") } else { Ok(()) }
}

/// ceph: without a subcommand it runs the commands that it reads.
pub(crate) fn ceph_alone(matched: &Matched<'_>) -> Answer {
    if matched.has(&["s", "status"]) { Ok(()) } else { Err("runs the commands that it reads") }
}

/// swapon and its kin: with a flag, and nothing else.
pub(crate) fn flagged_only(matched: &Matched<'_>) -> Answer {
    if matched.operands.is_empty() && !matched.flags.is_empty() { Ok(()) } else { Err("not known to only read") }
}

/// multipath: the list of paths.
pub(crate) fn multipath(matched: &Matched<'_>) -> Answer {
    if matched.has(&["l"]) && matched.operands.is_empty() { Ok(()) } else { Err("changes storage") }
}

/// conntrack: the list of connections.
pub(crate) fn conntrack(matched: &Matched<'_>) -> Answer {
    if matched.has(&["L", "dump", "S", "stats", "C", "count"]) { Ok(()) } else { Err("changes connections") }
}

/// lsof: files, processes and ports; a host name would be looked up.
pub(crate) fn lsof(matched: &Matched<'_>) -> Answer {
    let named = |word: &str| {
        word.split_once('@').is_some_and(|(_, host)| !host.bytes().all(|b| b.is_ascii_digit() || b".:[]".contains(&b)))
    };
    // `+r` repeats, `+m` takes a file; `+L1` asks for removed files, `+c0` for names in full.
    let plus = |word: &&str| {
        let number = word.strip_prefix("+L").or_else(|| word.strip_prefix("+c"));
        word.starts_with('+') && !number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
    };
    if matched.operands.iter().any(plus) {
        return Err("a flag that is not known to only read");
    }
    let values = matched.flags.iter().filter_map(|(_, value)| *value);
    if values.chain(matched.operands.iter().copied()).any(named) { Err("carries a name out") } else { Ok(()) }
}

/// journalctl: matches such as `_PID=1`; a path would be another program's or device's entries, read all the same.
pub(crate) fn journal(matched: &Matched<'_>) -> Answer {
    let field = |word: &&str| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        })
    };
    let boot = |word: &&str| matched.has(&["b", "boot"]) && word.bytes().all(|b| b.is_ascii_hexdigit());
    if matched.operands.iter().all(|word| *word == "+" || field(word) || boot(word)) {
        Ok(())
    } else {
        Err("an operand that is not known to only be read")
    }
}

/// systemctl show: named properties, without those that hold the environment.
pub(crate) fn systemctl_show(matched: &Matched<'_>) -> Answer {
    let mut named = matched.flags.iter().filter(|(name, _)| matches!(*name, "p" | "property")).peekable();
    let plain = |(_, value): &(&str, Option<&str>)| {
        value.is_some_and(|list| {
            list.split(',').all(|name| {
                !name.is_empty() && !name.contains("Environment") && name.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        })
    };
    if named.peek().is_some() && named.all(plain) {
        Ok(())
    } else {
        Err("shows the environment of services, where secrets are kept")
    }
}
