//! The commands that may be tier 1, and what is known of the ones that ask.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::flags::{Spec, check};
use crate::{programs, respell, table_cluster, table_files, table_guests, table_system, table_tools};

/// Finds the entry of a command; a name with a slash has none, since it may be any program.
pub(crate) fn entry(name: &str) -> Option<&'static Spec> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static Spec>> =
        LazyLock::new(|| entries().map(|spec| (spec.name, spec)).collect());
    BY_NAME.get(name).copied()
}

/// Gives every entry.
pub(crate) fn entries() -> impl Iterator<Item = &'static Spec> {
    [table_files::READERS, table_system::READERS, table_cluster::READERS, table_guests::READERS, table_tools::READERS]
        .into_iter()
        .flatten()
}

/// Tells whether a command has a table of its own.
pub(crate) fn knows(name: &str) -> bool {
    name == "find" || entry(name).is_some()
}

/// Tells whether a command, with these words after it, still has subcommands to choose from.
pub(crate) fn wants_subcommand(name: &str, rest: &[String]) -> bool {
    let Some(mut spec) = entry(name) else { return false };
    for word in rest {
        match spec.sub(word) {
            Some(sub) => spec = sub,
            None => return false,
        }
    }
    spec.has_subs()
}

/// Gives the entry of a command and those of the subcommands that are named behind it.
fn chain(name: &str, rest: &[String]) -> Vec<&'static Spec> {
    let mut chain: Vec<&'static Spec> = entry(name).into_iter().collect();
    for word in rest {
        chain.extend(chain.last().and_then(|spec| spec.sub(word)));
    }
    chain
}

/// Tells whether the tables refuse a flag of a command, with these words after its name; dashes are part of the flag.
pub(crate) fn refuses_flag(name: &str, rest: &[String], flag: &str) -> bool {
    let plain = flag.trim_start_matches('-');
    let plain = plain.split_once('=').map_or(plain, |(name, _)| name);
    let cluster = !flag.starts_with("--");
    chain(name, rest)
        .into_iter()
        .flat_map(|spec| spec.refused_flags)
        .flat_map(|(names, _)| names.split(' '))
        .any(|known| known == plain || (cluster && known.len() == 1 && plain.contains(known)))
}

/// Tells whether a command, with these words after its name, reads by what the tables say, so that a refusal is of its
/// flags or operands.
pub(crate) fn is_reader(name: &str, rest: &[String]) -> bool {
    let chain = chain(name, rest);
    !chain.is_empty() && chain.iter().all(|spec| spec.refused.is_none())
}

/// Tells whether only the version of a program is asked that may otherwise run anything.
pub(crate) fn asks_version(args: &[&str]) -> bool {
    let [short, long] = table_tools::VERSIONS;
    match args {
        [name, "--version"] => short.contains(name) || long.contains(name),
        [name, "-V"] => short.contains(name),
        [name, "-v"] => table_tools::VERSIONS_BY_V.contains(name),
        ["java", "-version"] => true,
        _ => false,
    }
}

const UNKNOWN: &str = "a command that is not known to only read";

/// Checks a command of the tables.
///
/// # Errors
///
/// The reason why it is not known to only read.
pub(crate) fn check_reads(name: &str, args: &[&str]) -> Result<(), &'static str> {
    if name == "find" {
        return programs::find(args);
    }
    // The version of a known program; those that bash has itself print it as a text.
    if matches!(args, ["--version"]) && !matches!(name, "echo" | "printf" | "pwd" | "true" | "false") {
        return Ok(());
    }
    let spec = entry(name).ok_or(UNKNOWN)?;
    let respelled = respell::respelled(name, args);
    check(spec, respelled.as_deref().unwrap_or(args))
}

/// Commands that are known to ask whatever their flags are, and why.
pub(crate) const ASKS: &[(&str, &str)] = &[
    (
        "dig nslookup host ping ping6 traceroute tracepath mtr curl wget nc ncat netcat telnet whois drill socat nmap",
        "carries a name or data out",
    ),
    ("env printenv history set export declare compgen", "may show secrets of the environment"),
    ("ssh scp sftp rsync", "reaches another machine"),
    ("chmod chown chgrp setfacl chattr", "changes permissions"),
    ("cp mv ln tee touch mkdir rmdir install truncate split rm unlink", "changes files"),
    ("kill pkill killall service", "controls processes or services"),
    ("apt apt-get yum dnf zypper apk snap pip npm rpm dpkg", "changes packages"),
    (
        "cd pushd popd alias unalias trap read test [ mapfile readarray ulimit umask unset shift type hash let local typeset readonly return exit wait jobs",
        "needs a shell",
    ),
    ("zcat zgrep zless gzip gunzip xzcat tar unzip", "unpacks, and may run programs or write files"),
    ("crontab at batch", "changes or shows what runs later"),
    ("sudo su doas pkexec", "acts as someone else"),
    ("less more man vi vim nano emacs htop watch", "works on a terminal until it is left"),
    ("mount umount swapoff losetup", "changes what is mounted"),
    ("useradd usermod userdel groupadd passwd chage visudo", "changes accounts"),
    ("modprobe insmod rmmod", "changes the kernel"),
    ("tcpdump tshark strace ltrace perf gdb", "shows traffic or memory, where secrets are"),
];

/// Gives the reason for a command that is known to ask.
pub(crate) fn asks(name: &str) -> Option<&'static str> {
    static BY_NAME: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
        ASKS.iter().flat_map(|(names, reason)| names.split_whitespace().map(move |name| (name, *reason))).collect()
    });
    BY_NAME.get(name).copied()
}

/// Gives the programs of which the version may be asked, beside those of the tables.
pub(crate) fn version_names() -> impl Iterator<Item = &'static str> {
    table_tools::VERSIONS.into_iter().flatten().copied()
}

/// Tells whether a command that asks runs nothing of its arguments, so that a word such as `rm` in them is only a word.
pub(crate) fn carries_nothing(name: &str) -> bool {
    matches!(
        name,
        "dig"
            | "nslookup"
            | "host"
            | "ping"
            | "ping6"
            | "traceroute"
            | "tracepath"
            | "whois"
            | "printenv"
            | "chmod"
            | "chown"
            | "chgrp"
            | "cp"
            | "mv"
            | "ln"
            | "tee"
            | "touch"
            | "mkdir"
            | "rmdir"
            | "truncate"
            | "split"
            | "rm"
            | "unlink"
            | "kill"
            | "apt"
            | "man"
            | "info"
            | "whatis"
            | "apropos"
            | "help"
            | "less"
            | "more"
            | "apt-get"
            | "yum"
            | "dnf"
            | "pip"
            | "npm"
            | "dpkg"
            | "cd"
            | "test"
            | "["
            | "type"
            | "curl"
            | "wget"
            | "virsh"
    )
}
