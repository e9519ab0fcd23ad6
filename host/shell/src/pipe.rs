//! What flows through pipes: downloads, printed text and the words of text tools, into interpreters and other readers.
//!
//! Must not know commands: they note on [`Walk`] what they print, run, read or hand on. Each command of a pipe is searched
//! at most once.

use brush_parser::ast::Pipeline;

use crate::feeds::Reader;
use crate::limits::PRINTED_BYTES_MAX;
use crate::tier::Tier;
use crate::walk::Walk;
use crate::{destroy_kube, text};

impl Walk {
    pub(crate) fn pipeline(&mut self, pipeline: &Pipeline, depth: usize) {
        if pipeline.timed.is_some() || pipeline.bang {
            self.irregular("needs a shell");
        }
        let mut fetched = false;
        let mut printed: Vec<String> = Vec::new();
        let (outer, earlier) = (self.wrote.fetched, self.printed.take());
        // What is noted inside counts for what flows into the whole, too.
        let (mut readers, mut hands) = (std::mem::take(&mut self.readers), std::mem::take(&mut self.hands));
        let (mut code, given) = (self.open_code, self.flowing.clone());
        // Up to where the commands were searched for what they may print.
        let (mut searched, mut named) = (0, 0);
        for (at, command) in pipeline.seq.iter().enumerate() {
            let (fetchers, open) = (self.fetchers, self.open_interpreters);
            self.open_code = false;
            self.wrote.fetched = outer || fetched;
            if at > 0 {
                self.flowing = (!printed.is_empty()).then(|| printed.join("\n"));
            }
            self.command(command, depth);
            if self.open_interpreters > open {
                for fed in pipeline.seq.iter().take(at).skip(searched) {
                    self.may_print(&fed.to_string(), depth);
                }
                searched = at;
            }
            if self.readers.contains(&Reader::Manifests) {
                for fed in pipeline.seq.iter().take(at).skip(named) {
                    if let Some(why) = destroy_kube::printed_by(&fed.to_string()) {
                        self.raise(Tier::Three, why);
                    }
                }
                named = at;
            }
            self.fed(&printed, fetched, open, depth);
            code |= self.open_code;
            for reader in std::mem::take(&mut self.readers) {
                if !readers.contains(&reader) {
                    readers.push(reader);
                }
            }
            hands.append(&mut self.hands);
            fetched |= self.fetchers > fetchers;
            printed.extend(self.printed.take());
        }
        (self.wrote.fetched, self.open_code, self.flowing) = (outer, code, given);
        (self.readers, self.printed) = (readers, earlier);
        for words in hands {
            self.hand(words);
        }
        for text in printed {
            self.prints(&text);
        }
    }

    /// Judges what flows into a command that was just looked at; `open` is how many interpreters there were before it.
    pub(crate) fn fed(&mut self, texts: &[String], fetched: bool, open: usize, depth: usize) {
        if self.open_interpreters > open {
            if fetched {
                self.raise(Tier::Three, "downloaded or decoded text given to an interpreter");
            }
            for script in texts {
                if self.open_code && text::code_destroys(script) {
                    self.raise(Tier::Three, "runs code that holds a tier-3 word");
                }
                self.perhaps(script, depth + 1);
            }
        }
        if texts.is_empty() {
            return;
        }
        for reader in self.readers.clone() {
            for why in texts.iter().filter_map(|text| reader.judge(text)) {
                self.raise(Tier::Three, why);
            }
        }
        for words in self.hands.clone() {
            for text in texts {
                self.handed(&words, text, depth);
            }
        }
    }

    /// Notes what is printed in this place of a pipe.
    pub(crate) fn prints(&mut self, text: &str) {
        match &mut self.printed {
            Some(printed) if printed.len() + text.len() < PRINTED_BYTES_MAX => {
                printed.push('\n');
                printed.push_str(text);
            }
            Some(_) => self.raise(Tier::Three, "prints more than can be judged"),
            None => self.printed = Some(text.to_owned()),
        }
    }

    /// Looks at a command whose output an interpreter runs: `sed 's/^/rm -rf /' | sh`. What comes out of a text tool may be
    /// made of its words.
    fn may_print(&mut self, command: &str, depth: usize) {
        if !self.may_scan(command, depth + 1) {
            return;
        }
        // A sign that parts a substitution, or a string, stands between words too.
        let loose = command.replace(['/', '|', '#', '@', '%', '"', '\''], " ");
        if text::holds_word(command) || text::destroys(command).is_some() || text::destroys(&loose).is_some() {
            self.raise(Tier::Three, "gives an interpreter text that holds a tier-3 word");
        }
    }

    /// Judges what xargs makes of its words and what it reads.
    pub(crate) fn handed(&mut self, words: &[String], text: &str, depth: usize) {
        let text = text.replace('\n', " ");
        let joined = words.join(" ");
        if joined.contains("{}") {
            self.perhaps(&joined.replace("'{}'", "{}").replace("{}", &text), depth + 1);
        }
        self.perhaps(&format!("{joined} {text}"), depth + 1);
    }
}
