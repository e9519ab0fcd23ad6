//! Firewalls and routes: what removes them all.
//!
//! Works on one argument list; must not know wrappers.

use crate::destroy::flagged;

/// Why a command flushes rules or routes, if it does; `args` is without the name.
pub(crate) fn network(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    let flushes = match name {
        "iptables" => flagged(args, "FX", &["flush", "delete-chain", "init-table"]),
        "iptables-restore" => has(&["/dev/null"]),
        // It joins its words into one script, so that a word may hold many.
        "nft" => args.iter().any(|arg| {
            arg.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| matches!(word, "flush" | "delete" | "destroy"))
        }),
        "ip" => args.iter().any(|arg| arg.len() >= 2 && "flush".starts_with(arg)) || args.get(1) == Some(&"f"),
        "ipset" => has(&["destroy", "flush", "x", "-X", "-x", "-F", "--destroy", "--flush"]),
        "ipvsadm" => flagged(args, "C", &["clear"]),
        "conntrack" | "pfctl" => flagged(args, "F", &["flush"]),
        "route" => has(&["flush"]),
        "ufw" => has(&["reset", "disable"]),
        "firewall-cmd" => has(&["--panic-on"]),
        _ => false,
    };
    flushes.then_some("flushes firewall rules or routes")
}
