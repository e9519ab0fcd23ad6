//! Walks the parsed line: every construct of the grammar down to its simple commands.
//!
//! Owns the parser call and its bounds, assignments and what flows through pipes. Invariant: a construct
//! that this file does not account for does not compile (the matches have no wildcard), so none is skipped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use brush_parser::ast::{AndOr, AndOrList, Command, CompoundList, RedirectList, SeparatorOperator, Word};
use brush_parser::{Parser, ParserOptions};

use crate::argv::Draft;
use crate::cook::cook;
use crate::feeds::Reader;
use crate::limits::{
    DEPTH_MAX, FUNCTIONS_MAX, HANDS_MAX, PARSED_BYTES_MAX, SCANNED_BYTES_MAX, SCRIPTS_MAX, TOKENS_MAX,
};
use crate::plan::When;
use crate::prescan::prescan;
use crate::rules::Rules;
use crate::text;
use crate::tier::{Part, Tier};
use crate::variables::Variables;
use crate::wrote::Wrote;

/// The state of one judgement.
pub(crate) struct Walk {
    pub(crate) tier: Tier,
    pub(crate) reasons: Vec<(Tier, String)>,
    pub(crate) parts: Vec<Part>,
    /// Whether anything but simple commands with fixed words was met.
    pub(crate) irregular: bool,
    /// Whether some text did not parse.
    pub(crate) unparsable: bool,
    /// How many commands so far put out downloaded or decoded data.
    pub(crate) fetchers: usize,
    /// How many commands so far run what they read.
    pub(crate) open_interpreters: usize,
    /// Whether one of those runs code of a language other than the shell's.
    pub(crate) open_code: bool,
    /// Whether a variable may hold downloaded or decoded data.
    pub(crate) fetched_variables: bool,
    /// Whether a system folder is the current one.
    pub(crate) in_system: bool,
    /// What judges the text that flows into the command that is looked at.
    pub(crate) readers: Vec<Reader>,
    /// The words that it gives what it reads to (`xargs`).
    pub(crate) hands: Vec<Vec<String>>,
    /// The text that flows into it, as far as that is known.
    pub(crate) flowing: Option<String>,
    /// What the variables of the line hold.
    pub(crate) variables: Variables,
    /// What was printed in this place of a pipe, as far as that is known.
    pub(crate) printed: Option<String>,
    /// What would run without a shell, as far as it was met.
    pub(crate) draft: Draft,
    /// How many simple commands were met.
    pub(crate) commands: usize,
    /// The files that the line wrote so far.
    pub(crate) wrote: Wrote,
    /// The person's own rules.
    pub(crate) rules: Rules,
    tokens_left: usize,
    bytes_left: usize,
    scripts_left: usize,
    scanned_left: usize,
    /// Functions of the line, with the names their bodies call.
    functions: Vec<(String, Vec<String>)>,
    /// What any of their bodies does.
    called: Called,
    inside: Vec<usize>,
    pub(crate) endless: usize,
}

/// What a call of a function does with data: whatever any function of the line does.
#[derive(Clone, Default)]
pub(crate) struct Called {
    /// Runs what it reads or is handed.
    pub(crate) open: bool,
    /// Puts out downloaded or decoded data.
    pub(crate) fetches: bool,
    /// What it takes what it reads for.
    pub(crate) readers: Vec<Reader>,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            tier: Tier::One,
            reasons: Vec::new(),
            parts: Vec::new(),
            irregular: false,
            unparsable: false,
            fetchers: 0,
            open_interpreters: 0,
            open_code: false,
            fetched_variables: false,
            in_system: false,
            readers: Vec::new(),
            hands: Vec::new(),
            flowing: None,
            variables: Variables::default(),
            printed: None,
            draft: Draft::default(),
            commands: 0,
            wrote: Wrote::default(),
            rules: Rules::default(),
            tokens_left: TOKENS_MAX,
            bytes_left: PARSED_BYTES_MAX,
            scripts_left: SCRIPTS_MAX,
            scanned_left: SCANNED_BYTES_MAX,
            functions: Vec::new(),
            called: Called::default(),
            inside: Vec::new(),
            endless: 0,
        }
    }
}

impl Walk {
    /// Raises the tier of the line, never lowers it, and notes why.
    pub(crate) fn raise(&mut self, tier: Tier, reason: &str) {
        self.tier = self.tier.max(tier);
        if tier == self.tier {
            self.reasons.push((tier, reason.to_owned()));
        }
    }

    pub(crate) fn irregular(&mut self, reason: &str) {
        self.irregular = true;
        self.draft.breaks();
        self.raise(Tier::Two, reason);
    }

    /// Parses and judges a text as a script; `depth` counts scripts in scripts.
    pub(crate) fn script(&mut self, script: &str, depth: usize) {
        let scan = prescan(script);
        if depth > 0 {
            self.draft.breaks();
        }
        let refused = if depth > DEPTH_MAX {
            Some("scripts nested too deeply to be judged in full")
        } else if self.scripts_left == 0
            || scan.tokens > self.tokens_left
            || (depth > 0 && script.len() > self.bytes_left)
        {
            Some("too much to be judged in full")
        } else {
            scan.refused
        };
        if let Some(reason) = refused {
            self.raise(Tier::Two, reason);
            if self.may_scan(script, depth)
                && let Some(reason) = text::unparsed(script)
            {
                self.raise(Tier::Three, reason);
            }
            return;
        }
        self.scripts_left -= 1;
        self.tokens_left -= scan.tokens;
        self.bytes_left = self.bytes_left.saturating_sub(script.len());
        // Extended globs are off, as they are in a bash that runs a script: `!(x)` is then a negated subshell.
        let options = ParserOptions { enable_extended_globbing: false, ..ParserOptions::default() };
        // The parser unwraps in places; its known panics are kept away by the prescan, unknown ones count as "does not parse".
        let parsed = catch_unwind(AssertUnwindSafe(|| Parser::new(script.as_bytes(), &options).parse_program()));
        let Ok(Ok(program)) = parsed else {
            self.unparsable = true;
            self.raise(Tier::Three, "does not parse as a shell line");
            return;
        };
        if program.complete_commands.is_empty() {
            self.irregular("holds no command");
        }
        if program.complete_commands.len() > 1 {
            self.irregular("more than one line");
        }
        for list in &program.complete_commands {
            self.list(list, depth);
        }
        // A word that starts with `#` outside quotes begins a comment; a shell may be set to run it instead.
        if script.starts_with('#')
            || [" #", "\t#", ";#", "&#", "|#", "(#", ")#", "\n#"].iter().any(|sign| script.contains(sign))
        {
            self.irregular = true;
        }
    }

    /// Takes a text from the budget of what is searched unparsed; the line itself is searched whatever its length.
    pub(crate) fn may_scan(&mut self, text: &str, depth: usize) -> bool {
        if depth > 0 {
            if self.tier == Tier::Three {
                return false;
            }
            let Some(left) = self.scanned_left.checked_sub(text.len()) else {
                self.raise(Tier::Three, "holds more nested commands than can be judged");
                return false;
            };
            self.scanned_left = left;
        }
        true
    }

    /// Judges a text that may be a script: only what makes it tier 3 counts.
    pub(crate) fn perhaps(&mut self, script: &str, depth: usize) {
        // Only tier 3 would count, and there is nothing above it.
        if script.trim().is_empty() || self.tier == Tier::Three {
            return;
        }
        let mut inner = Walk {
            rules: self.rules.clone(),
            tokens_left: self.tokens_left,
            bytes_left: self.bytes_left,
            scripts_left: self.scripts_left,
            scanned_left: self.scanned_left,
            // What the line's variables hold counts inside too.
            variables: std::mem::take(&mut self.variables),
            ..Walk::default()
        };
        inner.script(script, depth);
        inner.finish();
        self.tokens_left = inner.tokens_left;
        self.bytes_left = inner.bytes_left;
        self.scripts_left = inner.scripts_left;
        self.scanned_left = inner.scanned_left;
        self.variables = std::mem::take(&mut inner.variables);
        if inner.unparsable {
            if self.may_scan(script, depth)
                && let Some(reason) = text::destroys(script)
            {
                self.raise(Tier::Three, reason);
            }
        } else if inner.tier == Tier::Three {
            self.parts.extend(inner.parts.into_iter().filter(|part| part.tier == Tier::Three));
            for (_, reason) in inner.reasons.iter().filter(|(tier, _)| *tier == Tier::Three) {
                self.raise(Tier::Three, reason);
            }
        }
    }

    /// Ends the judgement with what only the whole line tells: functions that call themselves without end.
    pub(crate) fn finish(&mut self) {
        for start in 0..self.functions.len() {
            let mut reached = vec![start];
            let mut next = 0;
            while let Some(&at) = reached.get(next) {
                next += 1;
                let calls = self.functions.get(at).map(|(_, calls)| calls.as_slice()).unwrap_or_default();
                for (index, (name, _)) in self.functions.iter().enumerate() {
                    if calls.contains(name) {
                        if index == start {
                            self.raise(Tier::Three, "a function that calls itself: a fork bomb");
                            return;
                        }
                        if !reached.contains(&index) {
                            reached.push(index);
                        }
                    }
                }
            }
        }
    }

    /// Notes a command inside a function, and tells what it does if it is a call of one.
    pub(crate) fn note_call(&mut self, name: &str) -> Called {
        if let Some((_, calls)) = self.inside.last().and_then(|at| self.functions.get_mut(*at)) {
            calls.push(name.to_owned());
        }
        let known = self.functions.iter().any(|(function, _)| function == name);
        if known { self.called.clone() } else { Called::default() }
    }

    /// Notes what a command takes what it reads for.
    pub(crate) fn reads_as(&mut self, reader: Reader) {
        if !self.readers.contains(&reader) {
            self.readers.push(reader);
        }
    }

    /// Notes the words to which a command gives what it reads.
    pub(crate) fn hand(&mut self, words: Vec<String>) {
        if self.hands.len() >= HANDS_MAX {
            self.raise(Tier::Three, "hands more on than can be judged");
        } else {
            self.hands.push(words);
        }
    }

    pub(crate) fn list(&mut self, list: &CompoundList, depth: usize) {
        for item in &list.0 {
            if matches!(item.1, SeparatorOperator::Async) {
                self.irregular("runs in the background");
                if self.endless > 0 {
                    self.raise(Tier::Three, "starts processes without end: a fork bomb");
                }
            }
            self.and_or(&item.0, depth);
        }
    }

    fn and_or(&mut self, list: &AndOrList, depth: usize) {
        self.draft.step(When::Always);
        self.pipeline(&list.first, depth);
        for next in &list.additional {
            let (when, pipeline) = match next {
                AndOr::And(pipeline) => (When::Succeeded, pipeline),
                AndOr::Or(pipeline) => (When::Failed, pipeline),
            };
            self.draft.step(when);
            self.pipeline(pipeline, depth);
        }
    }

    pub(crate) fn command(&mut self, command: &Command, depth: usize) {
        match command {
            Command::Simple(simple) => self.simple(simple, depth),
            Command::Compound(compound, redirects) => {
                let (fetchers, open) = (self.fetchers, self.open_interpreters);
                // What it is given to read is known before it reads.
                let (given, written) = self.redirects(redirects.as_ref(), depth);
                let outer = self.flowing.take();
                self.flowing = if given.is_empty() { outer.clone() } else { Some(given.join("\n")) };
                let before = self.fetchers > fetchers;
                self.compound(compound, depth);
                self.flowing = outer;
                self.fed(&given, before, open, depth);
                self.note_written(&[], &written, self.fetchers > 0);
            }
            Command::Function(function) => {
                self.irregular("defines a function");
                let name = cook(&function.fname.value).words.concat();
                if self.functions.len() >= FUNCTIONS_MAX {
                    self.raise(Tier::Three, "defines more functions than can be followed");
                    return;
                }
                self.inside.push(self.functions.len());
                self.functions.push((name.clone(), Vec::new()));
                let (open, fetchers, outer) =
                    (self.open_interpreters, self.fetchers, std::mem::take(&mut self.readers));
                self.compound(&function.body.0, depth);
                let (_, written) = self.redirects(function.body.1.as_ref(), depth);
                self.note_written(&[], &written, self.fetchers > 0);
                self.inside.pop();
                self.called.open |= self.open_interpreters > open;
                self.called.fetches |= self.fetchers > fetchers;
                for reader in std::mem::replace(&mut self.readers, outer) {
                    if !self.called.readers.contains(&reader) {
                        self.called.readers.push(reader);
                    }
                }
                self.defines(&name, &function.body.0.to_string());
            }
            Command::ExtendedTest(test, redirects) => {
                self.irregular("needs a shell");
                self.test(&test.expr, depth);
                let (_, written) = self.redirects(redirects.as_ref(), depth);
                self.note_written(&[], &written, self.fetchers > 0);
            }
        }
    }

    /// Looks at a text that becomes the value of a variable, from where it may become a command.
    pub(crate) fn variable_text(&mut self, raw: &str, depth: usize) {
        let cooked = cook(raw);
        if text::holds_word(raw) || cooked.words.iter().any(|word| text::holds_word(word)) {
            self.raise(Tier::Three, "puts a tier-3 word into a variable");
        }
        for script in cooked.scripts {
            self.substitution(&script, depth);
        }
    }

    pub(crate) fn words(&mut self, word: &Word, depth: usize) {
        self.scripts_in(&word.value, depth);
    }

    /// Judges the substitutions in a raw text.
    pub(crate) fn scripts_in(&mut self, raw: &str, depth: usize) {
        if raw.contains(['$', '`']) {
            for script in cook(raw).scripts {
                self.substitution(&script, depth);
            }
        }
    }

    /// Judges the inside of a command substitution, or of an arithmetic one, which looks the same from outside.
    pub(crate) fn substitution(&mut self, script: &str, depth: usize) {
        self.irregular("holds a substitution");
        let arithmetic = script.strip_prefix('(').and_then(|inner| inner.strip_suffix(')'));
        match arithmetic {
            Some(expr) if !text::holds_word(expr) => {
                self.scripts_in(expr, depth);
                self.perhaps(expr, depth + 1);
            }
            _ => self.script(script, depth + 1),
        }
    }

    /// Judges the redirections of a compound command, and gives the texts that it is given to read and the files that it
    /// writes.
    fn redirects(&mut self, list: Option<&RedirectList>, depth: usize) -> (Vec<String>, Vec<String>) {
        let (mut given, mut written) = (Vec::new(), Vec::new());
        for redirect in list.into_iter().flat_map(|list| &list.0) {
            let redirected = self.redirect(redirect, depth);
            self.raise(redirected.tier, redirected.reason);
            given.extend(redirected.input);
            written.extend(redirected.written);
        }
        (given, written)
    }
}
