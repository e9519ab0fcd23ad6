//! Judges one simple command of the grammar: its words, assignments and redirections together.
//!
//! Owns what follows from unreadable words, and how a part is shown.

use std::collections::HashSet;

use brush_parser::ast::{CommandPrefixOrSuffixItem, SimpleCommand};

use crate::argv::{Effect, Streams};
use crate::cook::cook;
use crate::judge::judge;
use crate::limits::{CARRIED_MAX, PARTS_MAX, SHOWN_CHARS_MAX};
use crate::quote::{push_printable, quoted};
use crate::tier::{Part, Tier};
use crate::walk::Walk;
use crate::{destroy, destroy_kube, effect, paths, sources, table, text};

/// What was gathered of a command before it is judged.
#[derive(Default)]
struct Gathered {
    words: Vec<String>,
    raw: Vec<String>,
    fixed: bool,
    input: Vec<String>,
    read: Option<String>,
    tier: Option<(Tier, &'static str)>,
    streams: Streams,
    written: Vec<String>,
}

impl Gathered {
    fn raise(&mut self, tier: Tier, reason: &'static str) {
        if self.tier.is_none_or(|(now, _)| tier > now) {
            self.tier = Some((tier, reason));
        }
    }
}

impl Walk {
    /// Judges a simple command and lists it as a part.
    pub(crate) fn simple(&mut self, command: &SimpleCommand, depth: usize) {
        let fetchers = self.fetchers;
        let mut gathered = Gathered { fixed: true, ..Gathered::default() };
        for item in command.prefix.iter().flat_map(|prefix| &prefix.0) {
            if let CommandPrefixOrSuffixItem::AssignmentWord(_, word) = item {
                self.irregular = true;
                let before = self.fetchers;
                self.variable_text(&word.value, depth);
                self.fetched_variables |= self.fetchers > before;
                self.assigns(&word.value, depth);
                gathered.raise(Tier::Two, "sets a variable");
            } else {
                self.item(item, &mut gathered, depth);
            }
        }
        if let Some(word) = &command.word_or_name {
            self.word(&word.value, &mut gathered, depth);
        }
        for item in command.suffix.iter().flat_map(|suffix| &suffix.0) {
            self.item(item, &mut gathered, depth);
        }
        let args: Vec<&str> = gathered.words.iter().map(String::as_str).collect();
        let name = args.first().copied().unwrap_or_default();
        let called = self.note_call(name);
        let mut judged = judge(&args, gathered.fixed);
        let readings = if gathered.fixed { Vec::new() } else { self.readings(&gathered.raw) };
        for reading in &readings {
            let words: Vec<&str> = reading.iter().map(String::as_str).collect();
            judged.join(judge(&words, false));
        }
        let (mut tier, mut reason) = (judged.tier, judged.reason);
        let rules = self.rules.clone();
        // A rule lowers only what is nothing but fixed words.
        let plain = gathered.fixed && gathered.tier.is_none_or(|(more, _)| more == Tier::One);
        if let Some((less, why)) = rules.lowered(&args, tier).filter(|_| plain) {
            (tier, reason) = (less, why);
        }
        let raised = readings.iter().filter_map(|reading| {
            let words: Vec<&str> = reading.iter().map(String::as_str).collect();
            rules.raised(&words)
        });
        if let Some((more, why)) =
            raised.chain(rules.raised(&args)).max_by_key(|(more, _)| *more).filter(|(more, _)| *more > tier)
        {
            (tier, reason) = (more, why);
        }
        if let Some((more, why)) = gathered.tier.filter(|(more, _)| *more > tier || (args.is_empty() && *more == tier))
        {
            (tier, reason) = (more, why);
        }
        if !gathered.fixed {
            self.irregular = true;
            if let Some(why) = unreadable(&args, &gathered.raw, !readings.is_empty()) {
                (tier, reason) = (Tier::Three, why);
            }
        }
        // `$line` as the command: what was read becomes one.
        let unknown = !gathered.fixed && gathered.raw.first().is_some_and(|raw| raw.contains(['$', '`']));
        if ((judged.interpreter || unknown || called.open) && self.fetchers > fetchers)
            || ((judged.open || unknown) && self.fetched_variables)
        {
            (tier, reason) = (Tier::Three, "downloaded or decoded text given to an interpreter");
        }
        self.fetched_variables |= self.fetchers > fetchers && takes_variables(name);
        self.fetchers += usize::from(judged.fetches || called.fetches);
        self.open_interpreters += usize::from(judged.open || unknown || called.open);
        self.open_code |= judged.open && judged.code;
        if let Some(why) = self.in_system.then(|| below_system(&args)).flatten() {
            (tier, reason) = (Tier::Three, why);
        }
        self.changes_folder(&args);
        // An empty input leaves no rule and no job.
        let replaces = |word: &&str| {
            word.ends_with("tables-restore")
                || word.contains("tables-nft-restore")
                || *word == "crontab"
                || *word == "ipset"
        };
        if gathered.read.as_deref() == Some("/dev/null") && args.iter().any(replaces) {
            (tier, reason) = (Tier::Three, "replaces all rules or jobs by nothing");
        }
        if let Some(text) = sources::printed(name, args.get(1..).unwrap_or_default()) {
            self.prints(&text);
            for reading in &readings {
                self.prints(&reading.get(1..).unwrap_or_default().join(" "));
            }
        }
        self.calls(&args, depth);
        self.gives_by_command(&args, &gathered.input, depth);
        for input in &gathered.input {
            self.prints(input);
        }
        self.runs_written(&args, gathered.read.as_deref(), judged.reads, depth);
        self.note_written(&args, &gathered.written, judged.fetches);
        // Only a whole tier-1 line is planned, so what stays below tier 1 need not be exact.
        let stage =
            if tier == Tier::One { gathered.streams.clone().stage(gathered.words.clone(), false) } else { None };
        self.draft.stage(stage);
        self.commands += 1;
        if self.parts.len() < PARTS_MAX {
            self.parts.push(Part {
                command: shown(&gathered.raw, &args, gathered.fixed),
                tier,
                reason: reason.to_owned(),
                risk: effect::risk(name, tier, reason).to_owned(),
                touches: effect::touches(&args, gathered.fixed, tier, &gathered.written),
            });
        }
        self.raise(tier, reason);
        // What is certainly a script is often found once more as a text that may be one.
        let certain = judged.scripts.iter().filter(|script| script.certain);
        let mut judged_texts: HashSet<&str> = certain.map(|script| script.text.as_str()).collect();
        for script in &judged.scripts {
            if script.text.trim().is_empty() {
                continue;
            }
            if script.certain {
                self.irregular = true;
                self.script(&script.text, depth + 1);
            } else if judged_texts.insert(&script.text) {
                self.perhaps(&script.text, depth + 1);
            }
        }
        if let Some(reader) = judged.reads {
            for why in gathered.input.iter().filter_map(|input| reader.judge(input)) {
                self.raise(Tier::Three, why);
            }
            self.reads_as(reader);
        }
        for reader in called.readers {
            self.reads_as(reader);
        }
        if let Some(at) = args.iter().position(|word| matches!(destroy::base(word), "xargs" | "parallel")) {
            let words: Vec<String> = args.iter().skip(at).map(|word| quoted(word)).collect();
            for input in &gathered.input {
                self.handed(&words, input, depth);
            }
            self.hand(words);
        }
        if judged.interpreter || judged.open {
            for input in &gathered.input {
                if text::holds_word(input) || (judged.code && text::code_destroys(input)) {
                    self.raise(Tier::Three, "gives an interpreter text that holds a tier-3 word");
                }
                self.perhaps(input, depth + 1);
            }
        }
        if evaluates(name) {
            for word in &gathered.words {
                self.scripts_in(word, depth);
            }
        }
    }

    /// Notes into what kind of folder a command goes.
    fn changes_folder(&mut self, args: &[&str]) {
        let [name, rest @ ..] = args else { return };
        if !matches!(*name, "cd" | "pushd") {
            return;
        }
        if let Some(folder) = rest.iter().find(|arg| !arg.starts_with('-')) {
            self.in_system = paths::is_system_folder(folder) || (self.in_system && !folder.starts_with('/'));
        }
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem, gathered: &mut Gathered, depth: usize) {
        match item {
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                let redirected = self.redirect(redirect, depth);
                gathered.raise(redirected.tier, redirected.reason);
                gathered.input.extend(redirected.input);
                if let Effect::Input(path) = &redirected.effect {
                    gathered.read = Some(path.clone());
                }
                gathered.streams.apply(redirected.effect);
                gathered.written.extend(redirected.written);
            }
            CommandPrefixOrSuffixItem::Word(word) | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => {
                self.word(&word.value, gathered, depth);
            }
            CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => {
                gathered.fixed = false;
                gathered.raise(Tier::Two, "holds a substitution");
                self.irregular = true;
                self.list(&subshell.list, depth);
                // What it prints is what the command reads.
                gathered.input.extend(self.printed.take());
            }
        }
    }

    fn word(&mut self, raw: &str, gathered: &mut Gathered, depth: usize) {
        let cooked = cook(raw);
        if raw.contains("${") {
            self.defaults(raw, depth);
        }
        gathered.raw.push(raw.to_owned());
        if !cooked.fixed {
            gathered.fixed = false;
            gathered.raise(Tier::Two, "its words are not fixed");
        }
        gathered.words.extend(cooked.words);
        for script in cooked.scripts {
            self.substitution(&script, depth);
        }
    }
}

/// Commands that give what they are handed, or read, to variables.
fn takes_variables(name: &str) -> bool {
    matches!(
        name,
        "export" | "declare" | "typeset" | "local" | "readonly" | "read" | "mapfile" | "readarray" | "printf" | "set"
    )
}

/// Why a command changes a system folder that is the current one: `cd / && chmod -R 000 .`.
fn below_system(args: &[&str]) -> Option<&'static str> {
    let here = |arg: &&str| matches!(arg.trim_end_matches('/'), "." | "*" | "./*" | "..");
    let at = args
        .iter()
        .position(|word| matches!(destroy::base(word), "chmod" | "chown" | "chgrp" | "setfacl" | "chattr" | "mv"))?;
    let rest = args.get(at + 1..)?;
    let moves = args.get(at).is_some_and(|name| destroy::base(name) == "mv");
    let all = moves || destroy::flagged(rest, "R", &["recursive"]);
    (all && rest.iter().any(here)).then_some("changes a system folder recursively")
}

/// Commands that evaluate their arguments as arithmetic or subscripts, even quoted ones.
fn evaluates(name: &str) -> bool {
    matches!(
        name,
        "test"
            | "["
            | "printf"
            | "read"
            | "declare"
            | "typeset"
            | "local"
            | "readonly"
            | "export"
            | "let"
            | "unset"
            | "mapfile"
            | "readarray"
            | "wait"
            | "eval"
    )
}

/// Judges a command some of whose words are not known: the reason to hold it for tier 3, if any.
fn unreadable(args: &[&str], raw: &[String], read: bool) -> Option<&'static str> {
    if args.iter().any(|word| text::holds_word(word)) || raw.iter().any(|word| text::holds_word(word)) {
        return Some("cannot be read statically and holds a tier-3 word");
    }
    let kube = |word: &&str| matches!(destroy::base(word), "kubectl" | "oc" | "k");
    let spelled: Vec<&str> = raw.iter().map(String::as_str).collect();
    // Where the variables are known, their values were judged.
    if !read && args.iter().any(kube) && destroy_kube::kind_is_open(&spelled) {
        return Some("deletes a kind that is only known when it runs");
    }
    let name = args.first().copied().unwrap_or_default();
    let forced = |word: &&str| {
        word.starts_with('-')
            && !word.starts_with("--")
            && word.contains('f')
            && word.contains(['r', 'R'])
            && word.len() < 6
    };
    let known = table::knows(name) || table::carries_nothing(name);
    if !known && args.iter().any(forced) {
        return Some("a command that is not fixed, with the flags that remove trees");
    }
    // `/bin/r?`, `{r..r}m`, `"$x"m`.
    const NAMES: &[&str] = &[
        "rm",
        "find",
        "dd",
        "mkfs",
        "mke2fs",
        "fdisk",
        "sfdisk",
        "sgdisk",
        "parted",
        "wipefs",
        "blkdiscard",
        "shred",
        "shutdown",
        "reboot",
        "poweroff",
        "halt",
        "lvremove",
        "vgremove",
        "pvremove",
        "mkfs.ext4",
        "mkfs.xfs",
    ];
    let could_be = |word: &&str| {
        let pattern = destroy::base(word);
        let wild = pattern.contains(['*', '?', '[']) && pattern.contains(|c: char| c.is_ascii_alphanumeric());
        wild && NAMES.iter().any(|name| matches_glob(pattern, name))
    };
    let places = if known { 0 } else { CARRIED_MAX };
    args.iter().take(places).any(could_be).then_some("a command name that may expand to a tier-3 command")
}

/// Matches `*` and `?`; a bracket is read as any one character.
fn matches_glob(pattern: &str, name: &str) -> bool {
    let mut plain = String::new();
    let mut in_bracket = false;
    for c in pattern.chars() {
        match c {
            '[' if !in_bracket => in_bracket = true,
            ']' if in_bracket => {
                in_bracket = false;
                plain.push('?');
            }
            _ if in_bracket => {}
            other => plain.push(other),
        }
    }
    let pattern: Vec<char> = plain.chars().take(64).collect();
    let name: Vec<char> = name.chars().collect();
    // reachable[i]: the pattern so far can match the first i characters.
    let mut reachable = vec![false; name.len() + 1];
    reachable.first_mut().into_iter().for_each(|slot| *slot = true);
    for c in pattern {
        let mut next = vec![false; name.len() + 1];
        for (at, _) in reachable.iter().enumerate().filter(|(_, reached)| **reached) {
            if c == '*' {
                next.iter_mut().skip(at).for_each(|slot| *slot = true);
            } else if name.get(at).is_some_and(|other| c == '?' || c == *other) {
                next.iter_mut().skip(at + 1).take(1).for_each(|slot| *slot = true);
            }
        }
        reachable = next;
    }
    reachable.last().copied().unwrap_or(false)
}

/// Writes a command as printable ASCII: cooked words when they are known, the raw ones otherwise.
fn shown(raw: &[String], args: &[&str], fixed: bool) -> String {
    let mut text = String::new();
    let words = if fixed { args.to_vec() } else { raw.iter().map(String::as_str).collect() };
    for word in words {
        if text.len() > SHOWN_CHARS_MAX {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        // No more of a word than can be shown.
        let end = if word.len() > SHOWN_CHARS_MAX { word.char_indices().nth(SHOWN_CHARS_MAX) } else { None };
        let cut = end.map_or(word, |(at, _)| word.get(..at).unwrap_or(word));
        if fixed { text.push_str(&quoted(cut)) } else { text.push_str(cut) }
    }
    let mut out = String::new();
    push_printable(&mut out, &text, SHOWN_CHARS_MAX);
    out
}

#[cfg(test)]
mod tests {
    use super::matches_glob;

    #[test]
    fn globs_reach_the_names_they_could_stand_for() {
        for (pattern, name) in [("r?", "rm"), ("*m", "rm"), ("re[a-c]oo*", "reboot"), ("[r]m", "rm")] {
            assert!(matches_glob(pattern, name), "{pattern}");
        }
        assert!(!matches_glob("c?t", "rm"));
        assert!(!matches_glob("r??", "rm"));
    }
}
