//! Commands that take commands, statements or rules from what they read: what of it would destroy.
//!
//! Works on one argument list and on text; must not know the grammar. What is read is judged only where the line tells it
//! (`echo … |`, here-documents, files that the line wrote).

use crate::destroy::{self, base, flagged};
use crate::destroy_data;
use crate::limits::FED_LINES_MAX;

/// Tells why a text destroys when a certain command reads it.
pub(crate) type Reader = fn(&str) -> Option<&'static str>;

/// Gives what judges the text that a command reads, if it acts upon it; `args` holds the command name first.
pub(crate) fn reader(args: &[&str]) -> Option<Reader> {
    let (name, rest) = args.split_first()?;
    let name = base(name);
    let alone = || rest.iter().all(|arg| arg.starts_with('-'));
    let batch = || rest.iter().any(|arg| arg.starts_with("-b") || arg.starts_with("-B"));
    match name {
        "nft" if flagged(rest, "fi", &["file", "interactive"]) => Some(rules),
        "crontab" if rest.iter().all(|arg| matches!(*arg, "-" | "/dev/stdin")) => Some(jobs),
        "ceph" if alone() => Some(|text| lines("ceph", text)),
        "virsh" if alone() => Some(|text| lines("virsh", text)),
        "ipset" => Some(|text| lines("ipset", text)),
        "ip" if batch() => Some(|text| lines("ip", text)),
        "lvm" if alone() => Some(|text| lines("", text)),
        _ if destroy_data::is_client(name) => Some(destroy_data::read),
        _ if name.contains("tables") && name.ends_with("-restore") && !flagged(rest, "n", &["noflush"]) => {
            Some(restores)
        }
        _ => None,
    }
}

/// Judges each line as the arguments of a command, or as one where there is no name.
fn lines(name: &'static str, text: &str) -> Option<&'static str> {
    if text.lines().nth(FED_LINES_MAX).is_some() {
        return Some("gives a command more lines than can be judged");
    }
    text.lines().find_map(|line| {
        let words: Vec<&str> =
            std::iter::once(name).filter(|name| !name.is_empty()).chain(line.split_whitespace()).collect();
        destroy::judge(&words)
    })
}

fn rules(text: &str) -> Option<&'static str> {
    destroy::judge(&["nft", text])
}

/// The tables are emptied before the rules that are read are set.
fn restores(text: &str) -> Option<&'static str> {
    let sets = text.lines().any(|line| line.trim_start().starts_with(['-', '[']));
    (!sets).then_some("replaces all rules or jobs by nothing")
}

fn jobs(text: &str) -> Option<&'static str> {
    text.trim().is_empty().then_some("replaces all rules or jobs by nothing")
}

#[cfg(test)]
mod tests {
    use super::reader;

    #[test]
    fn what_is_read_is_judged_as_the_command_would_take_it() {
        let destroys = |line: &str, text: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            reader(&words).is_some_and(|judge| judge(text).is_some())
        };
        for (line, text) in [
            ("nft -f -", "flush ruleset"),
            ("ceph", "status\nosd pool delete a a"),
            ("virsh -q", "undefine x"),
            ("psql prod", "drop table x;"),
            ("redis-cli -n 1", "flushdb"),
            ("iptables-restore", "*filter\nCOMMIT"),
            ("crontab -", "\n"),
            ("lvm", "vgremove x"),
            ("ip -batch -", "route flush table main"),
        ] {
            assert!(destroys(line, text), "{line}: {text}");
        }
        for (line, text) in [
            ("nft list ruleset", "flush ruleset"),
            ("ceph status", "osd pool delete a a"),
            ("iptables-restore -n", "*filter"),
            ("iptables-restore", "*filter\n-A INPUT -j ACCEPT\nCOMMIT"),
            ("psql", "select 1"),
            ("cat", "flush ruleset"),
        ] {
            assert!(!destroys(line, text), "{line}: {text}");
        }
        assert!(destroys("ceph", &"\n".repeat(9_999)));
    }
}
