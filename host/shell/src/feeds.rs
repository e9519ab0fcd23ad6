//! Commands that take commands, statements or rules from what they read: what of it would destroy.
//!
//! Works on one argument list and on text; must not know the grammar. What is read is judged only where the line tells it
//! (`echo … |`, here-documents, files that the line wrote).

use crate::destroy::{self, base, flagged};
use crate::limits::FED_LINES_MAX;
use crate::{destroy_data, destroy_kube};

/// What a command takes what it reads for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Statements of a data base.
    Statements,
    /// Rules of nft.
    Rules,
    /// Tables of rules, which replace the ones that are there.
    Tables,
    /// Jobs, which replace the ones that are there.
    Jobs,
    /// Objects of a cluster, which it deletes.
    Manifests,
    /// Lines of arguments of the command of this name; without a name, commands.
    Lines(&'static str),
}

impl Reader {
    /// Tells why a text destroys when it is read.
    pub(crate) fn judge(self, text: &str) -> Option<&'static str> {
        match self {
            Self::Statements => destroy_data::read(text),
            Self::Rules => destroy::judge(&["nft", text]),
            // The tables are emptied before the rules that are read are set.
            Self::Tables => {
                let sets = text.lines().any(|line| line.trim_start().starts_with(['-', '[']));
                (!sets).then_some(NOTHING)
            }
            Self::Jobs => text.trim().is_empty().then_some(NOTHING),
            Self::Manifests => destroy_kube::manifest(text),
            Self::Lines(name) => lines(name, text),
        }
    }
}

const NOTHING: &str = "replaces all rules or jobs by nothing";

/// Gives what a command takes what it reads for, if it acts upon it; `args` holds the command name first.
pub(crate) fn reader(args: &[&str]) -> Option<Reader> {
    let (name, rest) = args.split_first()?;
    let name = base(name);
    let alone = || rest.iter().all(|arg| arg.starts_with('-'));
    let batch = || rest.iter().any(|arg| arg.starts_with("-b") || arg.starts_with("-B"));
    match name {
        "nft" if flagged(rest, "fi", &["file", "interactive"]) => Some(Reader::Rules),
        "crontab" if rest.iter().all(|arg| matches!(*arg, "-" | "/dev/stdin")) => Some(Reader::Jobs),
        "ceph" if alone() => Some(Reader::Lines("ceph")),
        "kubectl" | "oc" | "k" if destroy_kube::deletes_by_file(rest) => Some(Reader::Manifests),
        "virsh" if alone() => Some(Reader::Lines("virsh")),
        "ipset" => Some(Reader::Lines("ipset")),
        "ip" if batch() => Some(Reader::Lines("ip")),
        "lvm" if alone() => Some(Reader::Lines("")),
        _ if destroy_data::is_client(name) => Some(Reader::Statements),
        _ if name.contains("tables") && name.ends_with("-restore") && !flagged(rest, "n", &["noflush"]) => {
            Some(Reader::Tables)
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

#[cfg(test)]
mod tests {
    use super::reader;

    #[test]
    fn what_is_read_is_judged_as_the_command_would_take_it() {
        let destroys = |line: &str, text: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            reader(&words).is_some_and(|reader| reader.judge(text).is_some())
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
