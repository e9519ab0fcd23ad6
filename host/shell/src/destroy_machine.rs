//! The machine: what stops it, or every process of it.
//!
//! Works on one argument list; must not know wrappers.

use crate::destroy::flagged;
use crate::{paths, table};

/// Verbs, targets and services that end the machine's work.
const STOPS: &[&str] = &[
    "poweroff",
    "reboot",
    "halt",
    "kexec",
    "shutdown",
    "emergency",
    "rescue",
    "soft-reboot",
    "suspend",
    "hibernate",
    "hybrid-sleep",
    "suspend-then-hibernate",
    "sleep",
    "exit",
    "ctrl-alt-del",
    "switch-root",
    "umount",
    "final",
    "runlevel0",
    "runlevel1",
    "runlevel6",
    "*",
];

/// Verbs of systemctl after which names are only looked up.
const LOOKS: &[&str] = &[
    "status",
    "show",
    "cat",
    "help",
    "is-active",
    "is-enabled",
    "is-failed",
    "list-dependencies",
    "list-units",
    "list-unit-files",
    "list-timers",
    "list-sockets",
    "list-jobs",
];

/// Why a command stops the machine or its processes, if it does; `args` is without the name.
pub(crate) fn machine(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    let operands = || args.iter().filter(|arg| !arg.starts_with('-'));
    let stops = match name {
        "systemctl" | "loginctl" => {
            // Where a flag comes first, its value could be taken for the verb: then the tables decide.
            let looks = args.first().is_some_and(|verb| LOOKS.contains(verb)) || table::check_reads(name, args).is_ok();
            !looks && operands().any(|arg| is_stop(arg))
        }
        "init" | "telinit" => operands()
            .any(|arg| matches!(*arg, "0" | "1" | "6" | "s" | "S" | "q" | "Q" | "u" | "U" | "2" | "3" | "4" | "5")),
        "busctl" | "dbus-send" | "gdbus" | "qdbus" => args.iter().any(|arg| calls_stop(arg)),
        "ipmitool" => {
            (has(&["power", "chassis"]) && has(&["off", "cycle", "reset", "soft", "diag"]))
                || (has(&["mc", "bmc"]) && has(&["reset"]))
        }
        "ipmipower" => flagged(args, "fcrs", &["off", "cycle", "reset", "soft"]),
        "racadm" => has(&["powerdown", "powercycle", "hardreset", "graceshutdown", "racreset", "racresetcfg"]),
        "pvesh" => args.iter().any(|arg| {
            let value = arg.rsplit('=').next().unwrap_or(arg);
            matches!(value, "reboot" | "shutdown") || arg.ends_with("/stopall") || arg.ends_with("/suspendall")
        }),
        "talosctl" => has(&["shutdown", "reboot"]),
        "rtcwake" => {
            !args.iter().any(|arg| matches!(*arg, "no" | "show" | "disable" | "-mno" | "-mshow" | "--list-modes"))
        }
        "salt" | "salt-call" => {
            args.iter().any(|arg| arg.starts_with("system.") && is_stop(arg.get(7..).unwrap_or_default()))
        }
        _ => false,
    };
    if stops {
        return Some("stops the machine");
    }
    if kills_all(name, args) {
        return Some("kills every process");
    }
    match name {
        "userdel" | "deluser" if args.contains(&"root") => Some("removes the root account"),
        "crontab" if flagged(args, "r", &[]) || args.contains(&"/dev/null") => Some("removes all cron jobs"),
        _ => None,
    }
}

/// Tells whether a word is a verb or unit that ends the machine's work.
fn is_stop(word: &str) -> bool {
    let unit = word.strip_suffix(".target").or_else(|| word.strip_suffix(".service")).unwrap_or(word);
    STOPS.contains(&unit.strip_prefix("systemd-").unwrap_or(unit))
}

/// Tells whether a word of a bus call names a method or unit that ends the machine's work.
fn calls_stop(word: &str) -> bool {
    word.split(['.', ':', '/', '"', '\'', ' ']).any(|part| {
        let part = part.to_ascii_lowercase();
        ["reboot", "poweroff", "halt", "kexec", "softreboot", "suspend", "hibernate", "powerdown", "shutdown"]
            .iter()
            .any(|stop| part.starts_with(stop))
            || is_stop(&part)
    })
}

fn kills_all(name: &str, args: &[&str]) -> bool {
    let operands = || args.iter().filter(|arg| !arg.starts_with('-'));
    let pair = |flags: &[&str], values: &[&str]| {
        args.windows(2).any(|two| matches!(two, [flag, value] if flags.contains(flag) && values.contains(value)))
            || args.iter().any(|arg| {
                flags.iter().any(|flag| {
                    arg.strip_prefix(flag).is_some_and(|value| values.contains(&value.trim_start_matches('=')))
                })
            })
    };
    match name {
        "kill" => {
            // The first argument is the signal, if it starts with a dash; a later -1 is every process.
            let all = args.iter().skip(1).any(|arg| *arg == "-1") || args.windows(2).any(|pair| pair == ["--", "-1"]);
            let init = operands().any(|arg| *arg == "1") && !args.iter().any(|arg| matches!(*arg, "-0" | "-l" | "-L"));
            all || init
        }
        "pkill" | "killall" | "skill" | "slay" => {
            operands().any(|pattern| matches_all(pattern) || matches!(*pattern, "systemd" | "init"))
                || args.contains(&"--inverse")
                || pair(&["-P", "--parent"], &["0", "1", "2"])
                || pair(&["-u", "-U", "--euid", "--uid", "--user"], &["root", "0"])
                || (name == "slay" && args.contains(&"root"))
        }
        "fuser" => {
            flagged(args, "k", &["kill"])
                && (flagged(args, "mMc", &["mount", "ismountpoint"])
                    || args.iter().any(|arg| paths::is_system_folder(arg) || paths::is_device(arg)))
        }
        _ => false,
    }
}

/// Tells whether a regular expression, or one of its branches, asks for no letter at all.
fn matches_all(pattern: &str) -> bool {
    pattern.split('|').any(|branch| {
        let mut letters = branch.chars().peekable();
        let mut bracket = false;
        while let Some(letter) = letters.next() {
            match letter {
                '\\' => drop(letters.next()),
                '[' => bracket = true,
                ']' => bracket = false,
                _ if bracket => {}
                _ if letter.is_alphanumeric() && !matches!(letters.peek(), Some('*' | '?' | '{')) => return false,
                // The count in `.{1,9}`.
                '{' => while letters.next_if(|c| *c != '}').is_some() {},
                _ => {}
            }
        }
        true
    })
}
