//! Files that an earlier part of the line wrote, and later parts that run them.
//!
//! Knows names by their last component alone: a doubt is a match. Bounded in files.

use crate::carry;
use crate::destroy::base;
use crate::feeds::Reader;
use crate::limits::{PRINTED_BYTES_MAX, WRITTEN_MAX};
use crate::text;
use crate::tier::Tier;
use crate::walk::Walk;

/// A file that the line wrote.
struct File {
    name: String,
    /// What was written; none stands for what was downloaded or decoded.
    text: Option<String>,
    /// Whether the text was judged as a script.
    judged: bool,
}

/// The files of a line so far.
#[derive(Default)]
pub(crate) struct Wrote {
    files: Vec<File>,
    full: bool,
    /// What was printed last.
    pub(crate) printed: Option<String>,
    /// Whether downloaded or decoded data flows into the command that is looked at.
    pub(crate) fetched: bool,
}

impl Wrote {
    fn note(&mut self, path: &str, text: Option<String>) {
        if self.files.len() >= WRITTEN_MAX {
            self.full = true;
        } else {
            // Whether it appends is not asked: what was there before may still be.
            let before = self.files.iter().rev().find(|file| file.name == base(path)).map(|file| file.text.clone());
            let text = match (before, text) {
                (Some(None), _) | (_, None) => None,
                (Some(Some(before)), Some(text)) if before.len() < PRINTED_BYTES_MAX => {
                    Some(format!("{before}\n{text}"))
                }
                (Some(Some(_)), _) => None,
                (None, text) => text,
            };
            self.files.push(File { name: base(path).to_owned(), text, judged: false });
        }
    }

    /// Gives the text of a file to be judged as a script, once.
    fn take(&mut self, path: &str) -> Option<Option<String>> {
        let name = base(path);
        let file = self.files.iter_mut().rev().find(|file| file.name == name)?;
        let text = file.text.clone().map(|text| if file.judged { String::new() } else { text });
        file.judged = true;
        Some(text)
    }

    fn find(&self, path: &str) -> Option<&Option<String>> {
        let name = base(path);
        self.files.iter().rev().find(|file| file.name == name).map(|file| &file.text)
    }
}

impl Walk {
    /// Judges whether a command runs a file that the line wrote; `input` is what it is given to read.
    pub(crate) fn runs_written(&mut self, args: &[&str], input: Option<&str>, reader: Option<Reader>, depth: usize) {
        if self.wrote.files.is_empty() {
            return;
        }
        let Some((name, rest)) = args.split_first() else { return };
        let operands = |words: &[&'_ str]| -> Vec<String> {
            words.iter().filter(|word| !word.starts_with('-')).map(|word| (*word).to_owned()).collect()
        };
        let mut run: Vec<String> = Vec::new();
        if let Some((at, all)) = args.iter().enumerate().find_map(|(at, word)| Some((at, carry::program_file(word)?))) {
            let mut files = operands(args.get(at + 1..).unwrap_or_default());
            files.truncate(if all { usize::MAX } else { 1 });
            run.extend(files);
            run.extend(input.map(str::to_owned));
        } else if name.contains('/') {
            run.push((*name).to_owned());
        } else if matches!(
            *name,
            "sudo" | "doas" | "env" | "nice" | "timeout" | "nohup" | "exec" | "setsid" | "command"
        ) {
            run.extend(operands(rest).into_iter().take(2).filter(|word| word.contains('/')));
        } else if matches!(*name, "crontab" | "at" | "batch") {
            run.extend(operands(rest));
            run.extend(input.map(str::to_owned));
        }
        if let Some(reader) = reader {
            let read = operands(rest).into_iter().chain(input.map(str::to_owned)).take(WRITTEN_MAX);
            let read: Vec<&'static str> = read
                .filter_map(|path| self.wrote.find(&path).and_then(|text| reader.judge(text.as_deref()?)))
                .collect();
            for why in read {
                self.raise(Tier::Three, why);
            }
        }
        if self.wrote.full && !run.is_empty() {
            self.raise(Tier::Three, "writes more files than can be followed, and runs one");
            return;
        }
        for path in run {
            match self.wrote.take(&path) {
                Some(None) => self.raise(Tier::Three, "downloaded or decoded text given to an interpreter"),
                Some(Some(text)) => {
                    // `$0 & $0`: it starts itself, more than once.
                    if text.contains("$0") && text.contains(['&', '|']) {
                        self.raise(Tier::Three, "starts processes without end: a fork bomb");
                        return;
                    }
                    if text::holds_word(&text) {
                        self.raise(Tier::Three, "runs a file that it gives a tier-3 word");
                        return;
                    }
                    self.perhaps(&text, depth + 1);
                    // Pieces without an end of line are one.
                    if let Some(why) = text::destroys(&text.replace('\n', " ")) {
                        self.raise(Tier::Three, why);
                    }
                }
                None => {}
            }
        }
    }

    /// Notes the files that a command writes: by redirection, by `tee`, or because it downloads or decodes.
    pub(crate) fn note_written(&mut self, args: &[&str], written: &[String], fetches: bool) {
        if let Some(printed) = &self.printed {
            self.wrote.printed = Some(printed.clone());
        }
        if self.wrote.full {
            return;
        }
        let name = args.first().map(|name| base(name)).unwrap_or_default();
        let fetched = fetches || self.wrote.fetched;
        let text = || {
            let printed = self.wrote.printed.clone();
            printed.or_else(|| Some(args.join(" ")))
        };
        let rest = args.get(1..).unwrap_or_default();
        let mut noted: Vec<(&str, Option<String>)> = Vec::new();
        for path in written {
            noted.push((path, if fetched { None } else { text() }));
        }
        if fetches && !matches!(name, "echo" | "printf" | "tr") {
            // `-of` names the file `f`.
            let glued = |word: &&'_ str| word.starts_with('-') && !word.starts_with("--");
            // Of `h:/x/f` it is `f` too.
            fn last(word: &str) -> &str {
                word.rsplit([':', '=']).next().unwrap_or(word)
            }
            let name = |word| last(if glued(&word) { word.get(2..).unwrap_or(word) } else { word });
            noted.extend(rest.iter().take(WRITTEN_MAX + 1).map(|word| (name(word), None)));
        } else if let Some(tee) = args.iter().position(|word| base(word) == "tee") {
            let files = args.get(tee + 1..).unwrap_or_default().iter().take(WRITTEN_MAX + 1);
            noted.extend(files.map(|word| (*word, if fetched { None } else { text() })));
        }
        // Copies and other names.
        if matches!(name, "cp" | "mv" | "ln" | "install")
            && let [from @ .., to] = rest
            && let Some(text) = from.iter().find_map(|word| self.wrote.find(word)).cloned()
        {
            noted.push((to, text));
        }
        // What reads such a file puts it out again.
        if self.wrote.files.iter().any(|file| file.text.is_none())
            && rest.iter().any(|word| matches!(self.wrote.find(word), Some(None)))
        {
            self.fetchers += 1;
        }
        // A reader of a file that the line wrote prints it.
        if self.wrote.files.iter().any(|file| file.text.is_some()) {
            let texts: Vec<String> =
                rest.iter().take(WRITTEN_MAX).filter_map(|word| self.wrote.find(word).cloned().flatten()).collect();
            for text in texts.iter().filter(|text| !text.is_empty()) {
                self.prints(text);
            }
        }
        for (path, text) in noted {
            self.wrote.note(path, text);
        }
    }
}
