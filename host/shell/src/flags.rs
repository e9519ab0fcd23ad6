//! The shape of the command tables and the matching of an argument list against one entry.
//!
//! Owns getopt-style matching. Must not know any command. Invariant: an argument that is not accounted for by the
//! entry — unknown flag, missing value, surplus operand — makes the match fail; nothing is skipped.

use crate::paths;
use crate::tier::Tier;

/// What operands a command takes in tier 1.
#[derive(Clone, Copy)]
pub(crate) enum Operands {
    /// None at all.
    None,
    /// Any number of words that name no file.
    Words,
    /// Any number of files; key files are refused.
    Files,
    /// The given number of words, then files.
    WordsThenFiles(usize),
    /// At most the given number of files.
    FilesMax(usize),
    /// Exactly the given number of words.
    Exactly(usize),
    /// Devices such as `/dev/md0` beside words: for commands that report on them.
    Devices,
    /// As `Devices`, and judged by a function of [`crate::programs`].
    DevicesChecked(fn(&Matched<'_>) -> Result<(), &'static str>),
    /// Judged by a function of [`crate::programs`].
    Checked(fn(&Matched<'_>) -> Result<(), &'static str>),
    /// The whole argument list is judged by a function of [`crate::programs`], since its flags are not getopt's.
    Whole(fn(&[&str]) -> Result<(), &'static str>),
}

/// One command, or subcommand: what of it only reads, and what is known of the rest.
#[derive(Clone, Copy)]
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    /// Why it is not tier 1 whatever its flags are, and its tier; none for one that can be.
    pub(crate) refused: Option<(Tier, &'static str)>,
    /// Flags that are known and not allowed, with the reason; names without dashes, blank-separated.
    pub(crate) refused_flags: &'static [(&'static str, &'static str)],
    /// Short flags without a value.
    pub(crate) short: &'static str,
    /// Short flags with a value, attached or next.
    pub(crate) short_value: &'static str,
    /// Short flags whose value, if any, is attached.
    pub(crate) short_maybe: &'static str,
    /// Long flags without a value, blank-separated, without dashes.
    pub(crate) long: &'static str,
    /// Long flags with a value, after `=` or next.
    pub(crate) long_value: &'static str,
    /// Long flags whose value, if any, follows `=`.
    pub(crate) long_maybe: &'static str,
    /// Whether `-20` is a flag.
    pub(crate) count: bool,
    pub(crate) operands: Operands,
    /// Subcommands; when there are any, one must be named.
    pub(crate) subs: &'static [Spec],
    /// Whether leaving the subcommand out is harmless.
    pub(crate) bare: bool,
}

/// Starts an entry with no flags and no operands.
pub(crate) const fn read(name: &'static str) -> Spec {
    Spec {
        name,
        refused: None,
        refused_flags: &[],
        short: "",
        short_value: "",
        short_maybe: "",
        long: "",
        long_value: "",
        long_maybe: "",
        count: false,
        operands: Operands::None,
        subs: &[],
        bare: false,
    }
}

/// Starts an entry that always asks.
pub(crate) const fn asks(name: &'static str, reason: &'static str) -> Spec {
    let mut spec = read(name);
    spec.refused = Some((Tier::Two, reason));
    spec
}

/// Starts an entry that never runs; [`crate::destroy`] sees to that, this only tells.
pub(crate) const fn never(name: &'static str, reason: &'static str) -> Spec {
    let mut spec = read(name);
    spec.refused = Some((Tier::Three, reason));
    spec
}

impl Spec {
    /// Gives the entry another name.
    pub(crate) const fn called(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }
    pub(crate) const fn refuses(mut self, flags: &'static [(&'static str, &'static str)]) -> Self {
        self.refused_flags = flags;
        self
    }
    pub(crate) const fn short(mut self, flags: &'static str) -> Self {
        self.short = flags;
        self
    }
    pub(crate) const fn short_value(mut self, flags: &'static str) -> Self {
        self.short_value = flags;
        self
    }
    pub(crate) const fn short_maybe(mut self, flags: &'static str) -> Self {
        self.short_maybe = flags;
        self
    }
    pub(crate) const fn long(mut self, flags: &'static str) -> Self {
        self.long = flags;
        self
    }
    pub(crate) const fn long_value(mut self, flags: &'static str) -> Self {
        self.long_value = flags;
        self
    }
    pub(crate) const fn long_maybe(mut self, flags: &'static str) -> Self {
        self.long_maybe = flags;
        self
    }
    pub(crate) const fn count(mut self) -> Self {
        self.count = true;
        self
    }
    pub(crate) const fn takes(mut self, operands: Operands) -> Self {
        self.operands = operands;
        self
    }
    pub(crate) const fn subs(mut self, subs: &'static [Spec]) -> Self {
        self.subs = subs;
        self
    }
    pub(crate) const fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// Finds a subcommand.
    pub(crate) fn sub(&self, name: &str) -> Option<&'static Self> {
        self.subs.iter().find(|sub| sub.name == name)
    }

    /// Tells whether there are subcommands.
    pub(crate) const fn has_subs(&self) -> bool {
        !self.subs.is_empty()
    }
}

/// An argument list that an entry accounts for.
#[derive(Default)]
pub(crate) struct Matched<'a> {
    /// Flags with their value, dashes left off.
    pub(crate) flags: Vec<(&'a str, Option<&'a str>)>,
    /// Operands, subcommand names left off.
    pub(crate) operands: Vec<&'a str>,
}

impl<'a> Matched<'a> {
    /// Gives the value of the first of the named flags that is set.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&'a str> {
        self.flags.iter().find(|(name, _)| names.contains(name)).and_then(|(_, value)| *value)
    }

    /// Tells whether one of the named flags is set.
    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.flags.iter().any(|(name, _)| names.contains(name))
    }
}

/// Checks an argument list (command name left off) against an entry.
///
/// # Errors
///
/// The reason why it is not known to only read.
pub(crate) fn check(spec: &'static Spec, args: &[&str]) -> Result<(), &'static str> {
    if let Operands::Whole(judge) = spec.operands {
        return judge(args);
    }
    let mut matched = Matched::default();
    // Global flags may precede the subcommand, and are still known after it.
    let mut known: Vec<&'static Spec> = vec![spec];
    let mut current = spec;
    let mut rest = args.iter().copied();
    let mut only_operands = false;
    while let Some(arg) = rest.next() {
        if !only_operands && arg.len() > 1 && arg.starts_with('-') {
            if arg == "--" {
                only_operands = true;
            } else if let Some(long) = arg.strip_prefix("--") {
                long_flag(&known, long, &mut rest, &mut matched)?;
            } else {
                short_flags(&known, arg, &mut rest, &mut matched)?;
            }
        } else if let Some(sub) = current.subs.iter().find(|sub| sub.name == arg) {
            if let Some((_, reason)) = sub.refused {
                return Err(reason);
            }
            current = sub;
            known.push(sub);
            if let Operands::Whole(judge) = sub.operands {
                let left: Vec<&str> = rest.collect();
                return judge(&left);
            }
        } else if current.subs.is_empty() {
            matched.operands.push(arg);
        } else {
            return Err("a subcommand that is not known to only read");
        }
    }
    if !current.subs.is_empty() && !current.bare {
        return Err("no subcommand that is known to only read");
    }
    operands(current, &matched)
}

fn listed(list: &'static str, flag: &str) -> bool {
    list.split(' ').any(|known| known == flag)
}

/// Gives the reason to refuse a flag.
fn refused(known: &[&'static Spec], flag: &str) -> &'static str {
    let mut listed_flags = known.iter().rev().flat_map(|spec| spec.refused_flags);
    listed_flags.find(|(names, _)| listed(names, flag)).map_or(UNKNOWN_FLAG, |(_, reason)| reason)
}

const UNKNOWN_FLAG: &str = "a flag that is not known to only read";

fn long_flag<'a>(
    known: &[&'static Spec],
    flag: &'a str,
    rest: &mut impl Iterator<Item = &'a str>,
    matched: &mut Matched<'a>,
) -> Result<(), &'static str> {
    let (name, value) = match flag.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (flag, None),
    };
    if name.is_empty() {
        return Err(UNKNOWN_FLAG);
    }
    let value = if known.iter().any(|spec| listed(spec.long_value, name)) {
        Some(match value {
            Some(value) => value,
            None => next_value(rest)?,
        })
    } else if known.iter().any(|spec| listed(spec.long_maybe, name)) {
        value
    } else if known.iter().any(|spec| listed(spec.long, name)) && value.is_none_or(|v| matches!(v, "true" | "false")) {
        None
    } else {
        return Err(refused(known, name));
    };
    matched.flags.push((name, value));
    Ok(())
}

/// Takes the next word as a value. One that looks like a flag is refused: a tool for which the value may be left out, or
/// that reads its flags in a way of its own, would take it for one.
fn next_value<'a>(rest: &mut impl Iterator<Item = &'a str>) -> Result<&'a str, &'static str> {
    let value = rest.next().ok_or("a flag without its value")?;
    let number = value.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if value.len() > 1 && value.starts_with('-') && !number {
        return Err("a flag whose value looks like a flag");
    }
    Ok(value)
}

fn short_flags<'a>(
    known: &[&'static Spec],
    arg: &'a str,
    rest: &mut impl Iterator<Item = &'a str>,
    matched: &mut Matched<'a>,
) -> Result<(), &'static str> {
    let cluster = arg.get(1..).unwrap_or_default();
    if known.iter().any(|spec| spec.count) && cluster.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    for (at, c) in cluster.char_indices() {
        let next = at + c.len_utf8();
        let (Some(name), Some(after)) = (cluster.get(at..next), cluster.get(next..)) else { return Err(UNKNOWN_FLAG) };
        if known.iter().any(|spec| spec.short.contains(c)) {
            matched.flags.push((name, None));
        } else if known.iter().any(|spec| spec.short_value.contains(c)) {
            let value = if after.is_empty() { next_value(rest)? } else { after };
            matched.flags.push((name, Some(value)));
            return Ok(());
        } else if known.iter().any(|spec| spec.short_maybe.contains(c)) {
            matched.flags.push((name, Some(after).filter(|v| !v.is_empty())));
            return Ok(());
        } else {
            return Err(refused(known, name));
        }
    }
    Ok(())
}

const KEYS: &str = "a file that holds keys or secrets";

/// Tells whether the first operand is a program or pattern, and so no file. (What a program may name is checked with it.)
fn first_is_pattern(name: &str, matched: &Matched<'_>) -> bool {
    match name {
        "jq" | "awk" | "gawk" | "mawk" => true,
        "sed" => !matched.has(&["e", "expression"]),
        "grep" | "egrep" | "fgrep" => !matched.has(&["e", "regexp", "f", "file"]),
        "rg" => !matched.has(&["e", "regexp", "files"]),
        _ => false,
    }
}

/// Tells whether the value of a flag is a program or pattern.
fn value_is_pattern(name: &str, flag: &str) -> bool {
    match name {
        "grep" | "egrep" | "fgrep" | "rg" => matches!(flag, "e" | "regexp"),
        "sed" => matches!(flag, "e" | "expression"),
        _ => false,
    }
}

/// Tells whether every operand is a file whose contents are shown; a pattern is left off.
fn shows_contents(name: &str) -> bool {
    matches!(
        name,
        "cat"
            | "tac"
            | "head"
            | "tail"
            | "sort"
            | "uniq"
            | "cut"
            | "nl"
            | "rev"
            | "fold"
            | "expand"
            | "unexpand"
            | "column"
            | "paste"
            | "join"
            | "comm"
            | "diff"
            | "cmp"
            | "od"
            | "hexdump"
            | "strings"
            | "xxd"
            | "base64"
            | "fmt"
            | "pr"
            | "iconv"
            | "jq"
            | "sed"
            | "awk"
            | "gawk"
            | "mawk"
            | "grep"
            | "egrep"
            | "fgrep"
            | "rg"
    )
}

/// Tells whether whole trees are read.
fn searches(name: &str, matched: &Matched<'_>) -> bool {
    match name {
        "rg" => true,
        "grep" | "egrep" | "fgrep" | "diff" => {
            matched.has(&["r", "R", "recursive", "dereference-recursive"])
                || matches!(matched.value(&["d", "directories"]), Some(value) if value != "skip" && value != "read")
        }
        _ => false,
    }
}

const SURPLUS: &str = "an operand that is not known to only be read";

fn operands(spec: &'static Spec, matched: &Matched<'_>) -> Result<(), &'static str> {
    // A value may be a file (`grep -f`), so every one is looked at, and the same goes for words.
    let values = matched.flags.iter().filter(|(flag, _)| !value_is_pattern(spec.name, flag));
    let values = values.filter_map(|(_, value)| *value);
    let pattern = usize::from(first_is_pattern(spec.name, matched));
    for text in values.chain(matched.operands.iter().skip(pattern).copied()) {
        if paths::is_key_file(text) {
            return Err(KEYS);
        }
        if paths::is_stream(text) {
            return Err("a terminal, or a stream that is emptied by reading it");
        }
        let device = matches!(spec.operands, Operands::Devices | Operands::DevicesChecked(_));
        if !device && text.starts_with('/') && paths::is_device(text) {
            return Err("a device");
        }
    }
    if shows_contents(spec.name) && matched.operands.iter().skip(pattern).any(|file| paths::is_key_name(file)) {
        return Err(KEYS);
    }
    if searches(spec.name, matched) && matched.operands.iter().skip(pattern).any(|tree| paths::is_kernel_tree(tree)) {
        return Err("searches files of the kernel, where secrets of processes are");
    }
    let count = matched.operands.len();
    match spec.operands {
        Operands::None if count > 0 => Err(SURPLUS),
        Operands::FilesMax(max) if count > max => Err(SURPLUS),
        Operands::Exactly(exact) if count != exact => Err(SURPLUS),
        Operands::WordsThenFiles(words) if count < words => Err("too few operands"),
        Operands::Checked(check) | Operands::DevicesChecked(check) => check(matched),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Operands, Spec, check, read};

    static SORT: Spec =
        read("sort").short("nr").short_value("k").long("reverse").long_value("key").takes(Operands::Files);
    static GIT: Spec = read("git")
        .short_value("C")
        .subs(&[read("log").long("oneline").count().takes(Operands::Words), read("branch").short("a")]);

    fn ok(spec: &'static Spec, args: &[&str]) -> bool {
        check(spec, args).is_ok()
    }

    #[test]
    fn every_argument_must_be_accounted_for() {
        assert!(ok(&SORT, &["-rn", "-k2", "--key", "1", "--key=1", "f", "-", "--", "-o"]));
        for args in [&["-o"][..], &["-rno"], &["--rev"], &["--output=x"], &["-k"], &["--"], &["--reverse=x"], &["--=x"]]
        {
            assert_eq!(ok(&SORT, args), args == ["--"], "{args:?}");
        }
    }

    #[test]
    fn subcommands_bring_their_own_flags() {
        assert!(ok(&GIT, &["log", "--oneline", "-5", "main"]));
        assert!(ok(&GIT, &["-C", "x", "log"]));
        assert!(!ok(&GIT, &["branch", "--oneline"]));
        assert!(!ok(&GIT, &["branch", "main"]));
        assert!(!ok(&GIT, &["--oneline", "log"]));
        assert!(!ok(&SORT, &["-k", "-o", "x"]));
        assert!(!ok(&SORT, &["--key", "-o", "x"]));
        assert!(ok(&SORT, &["-k", "-2", "x"]) && ok(&SORT, &["--key=-o", "x"]));
        assert!(!ok(&GIT, &["push"]));
        assert!(!ok(&GIT, &[]));
    }
}
