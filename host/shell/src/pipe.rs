//! What flows through pipes: downloads, printed text and the words of text tools, into interpreters and other readers.
//!
//! Must not know commands: they note on [`Walk`] what they print, run, read or hand on. Each command of a pipe is searched
//! at most once.

use brush_parser::ast::Pipeline;

use crate::limits::PRINTED_BYTES_MAX;
use crate::text;
use crate::tier::Tier;
use crate::walk::Walk;

impl Walk {
    pub(crate) fn pipeline(&mut self, pipeline: &Pipeline, depth: usize) {
        if pipeline.timed.is_some() || pipeline.bang {
            self.irregular("needs a shell");
        }
        let mut fetched = false;
        let mut printed: Vec<String> = Vec::new();
        let (outer, earlier) = (self.wrote.fetched, self.printed.take());
        // Up to where the commands were searched for what they may print.
        let mut searched = 0;
        for (at, command) in pipeline.seq.iter().enumerate() {
            let (fetchers, open) = (self.fetchers, self.open_interpreters);
            (self.readers, self.hands, self.open_code) = (Vec::new(), None, false);
            self.wrote.fetched = outer || fetched;
            self.command(command, depth);
            if self.open_interpreters > open {
                if fetched {
                    self.raise(Tier::Three, "downloaded or decoded text given to an interpreter");
                }
                for fed in pipeline.seq.iter().take(at).skip(searched) {
                    self.may_print(&fed.to_string(), depth);
                }
                searched = at;
                for script in &printed {
                    if self.open_code && text::code_destroys(script) {
                        self.raise(Tier::Three, "runs code that holds a tier-3 word");
                    }
                    self.perhaps(script, depth + 1);
                }
            }
            for reader in std::mem::take(&mut self.readers) {
                for why in printed.iter().filter_map(|text| reader(text)) {
                    self.raise(Tier::Three, why);
                }
            }
            if let Some(words) = self.hands.take() {
                for text in &printed {
                    self.handed(&words, text, depth);
                }
            }
            fetched |= self.fetchers > fetchers;
            printed.extend(self.printed.take());
        }
        self.wrote.fetched = outer;
        self.printed = earlier;
        for text in printed {
            self.prints(&text);
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
