//! Looks for destroyers in text that is not parsed: too long or too deep, of another language, or as a second look.
//!
//! Shares no code with the parser. Linear passes; places looked at are bounded.

use std::borrow::Cow;

use crate::destroy;
use crate::limits::{LINE_SEARCHED_BYTES_MAX, VISITS_MAX};
use crate::names::Names;

/// Gives the text, and once more without quotes and backslashes if it has any, so that `r''m` and `\rm` read as `rm`.
fn readings(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let quoting = |byte: u8| matches!(byte, b'\'' | b'"' | b'\\');
    let bare = text.bytes().any(quoting).then(|| {
        let kept: Vec<u8> = text.bytes().filter(|byte| !quoting(*byte)).collect();
        // Without single ASCII bytes, UTF-8 stays UTF-8.
        Cow::Owned(String::from_utf8(kept).unwrap_or_default())
    });
    std::iter::once(Cow::Borrowed(text)).chain(bare)
}

/// What a byte is to the search: part of a word, between words, or between commands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Blank,
    Separator,
}

const fn kinds() -> [Kind; 256] {
    let mut kinds = [Kind::Word; 256];
    let (blanks, separators) = (b" \t'\",=", b";|&()\n`{}<>\r");
    let mut at = 0;
    // Other control characters part no words in bash; a line that needs them is not an honest one.
    while at < b' ' as usize {
        kinds[at] = Kind::Separator;
        at += 1;
    }
    at = 0;
    while at < blanks.len() {
        kinds[blanks[at] as usize] = Kind::Blank;
        at += 1;
    }
    at = 0;
    while at < separators.len() {
        kinds[separators[at] as usize] = Kind::Separator;
        at += 1;
    }
    kinds
}

static KINDS: [Kind; 256] = kinds();

/// Finds a destroying command with its arguments anywhere a command could start.
pub(crate) fn destroys(text: &str) -> Option<&'static str> {
    let mut visits = 0;
    for reading in readings(text) {
        let reading: &str = &reading;
        let mut begin = 0;
        // The words of one command from the first notable one on, and which of them are notable.
        let (mut words, mut notable): (Vec<&str>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
        // The end counts as a separator.
        for (at, kind) in reading.bytes().map(|b| KINDS[usize::from(b)]).chain([Kind::Separator]).enumerate() {
            if kind == Kind::Word {
                continue;
            }
            if begin < at {
                let word = reading.get(begin..at).unwrap_or_default();
                let is = destroy::is_notable(word);
                if is {
                    notable.push((words.len(), begin));
                }
                if is || !words.is_empty() {
                    words.push(word);
                }
            }
            begin = at + 1;
            if kind == Kind::Separator && !words.is_empty() {
                for (start, offset) in notable.drain(..) {
                    let tail = words.get(start..).unwrap_or_default();
                    // Long words take their time too.
                    visits += tail.len() + at.saturating_sub(offset) / VISIT_BYTES;
                    if visits > VISITS_MAX {
                        return Some("names destroying commands more often than can be judged");
                    }
                    if let Some(reason) = destroy::judge(tail) {
                        return Some(reason);
                    }
                }
                words.clear();
            }
        }
    }
    None
}

/// Gives a text with what `$(echo …)` and its like print in their place; none if there is no such thing.
pub(crate) fn dissolved(text: &str) -> Option<String> {
    const PRINTS: &[&str] = &["$(echo ", "$(printf ", "`echo ", "`printf ", "$( echo ", "$(echo -n ", "$(printf %s "];
    if !PRINTS.iter().any(|begin| text.contains(begin)) {
        return None;
    }
    let plain = PRINTS.iter().rev().fold(text.to_owned(), |text, begin| text.replace(begin, ""));
    Some(plain.replace([')', '`'], ""))
}

/// Bytes of words that count as one more visit.
const VISIT_BYTES: usize = 256;

/// Finds a tier-3 word, whatever its arguments: for what cannot be read statically.
pub(crate) fn holds_word(text: &str) -> bool {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b'.');
    readings(text).any(|variant| {
        let mut begin = 0;
        variant.bytes().chain([b' ']).enumerate().any(|(at, byte)| {
            if part(byte) {
                return false;
            }
            let word = variant.get(begin..at).unwrap_or_default();
            begin = at + 1;
            is_word(word)
        })
    })
}

fn is_word(word: &str) -> bool {
    if word.len() < 2 {
        return false;
    }
    let name = destroy::base(word);
    destroy::by_name(name).is_some()
        || matches!(name, "rm" | "srm")
        || (name.as_bytes().contains(&b'.') && name.split('.').any(|name| CALLS.contains(name)))
        || CALLS.contains(name)
        || (word.len() >= SYSRQ.len() && word.contains(SYSRQ))
}

const SYSRQ: &str = "sysrq-trigger";

/// Names by which other languages remove trees.
static CALLS: Names = Names::new(&[
    "rmtree",
    "removedirs",
    "remove_tree",
    "rm_rf",
    "rm_r",
    "rmSync",
    "rmdirSync",
    "remove_dir_all",
    "RemoveAll",
    "unlinkSync",
    "lvremove",
    "luksErase",
    "rmtree_errorhandler",
    "remove_entry_secure",
    "remove_entry",
    "remove_dir",
    "rm_f",
]);

/// Finds what removes trees in code, where a name that is common elsewhere can only be a call.
pub(crate) fn code_destroys(code: &str) -> bool {
    let mut recursive = false;
    let mut removes = false;
    let (mut deletes, mut trees) = (false, false);
    let mut forks = false;
    let mut loops = false;
    for part in code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        match part {
            "rm" | "rmdir" => return true,
            "recursive" | "walk" | "glob" | "rglob" | "iterdir" | "listdir" | "readdir" | "scandir" | "Dir" => {
                recursive = true;
            }
            // Emacs, Vim and Tcl have flags for it.
            "directory" | "rf" | "force" => trees = true,
            "delete" => {
                removes = true;
                deletes = true;
            }
            "remove" | "removeSync" | "unlink" | "del" => removes = true,
            "fork" | "spawn" | "Process" => forks = true,
            "while" | "for" | "loop" | "until" | "forever" => loops = true,
            _ => {}
        }
    }
    (recursive && removes) || (deletes && trees) || (forks && loops && code.contains("fork"))
}

/// Finds `-rf` and its kin: a word of three to five letters after a dash, with `f` and `r`.
fn forced_flag(text: &str) -> bool {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\'' | b'"');
    text.as_bytes().split(blank).any(|word| {
        matches!(word, [b'-', rest @ ..] if (2..5).contains(&rest.len()) && rest.contains(&b'f') && rest.iter().any(|b| matches!(b, b'r' | b'R')))
    })
}

/// Judges text that is not parsed at all: the reason to hold it for tier 3, if any.
pub(crate) fn unparsed(text: &str) -> Option<&'static str> {
    if text.len() > LINE_SEARCHED_BYTES_MAX {
        return Some("longer than 1 MiB, so not judged at all");
    }
    if holds_word(text) {
        return Some("holds a tier-3 word and is not judged in full");
    }
    if text.contains("$'") || forced_flag(text) {
        return Some("may hide a tier-3 command and is not judged in full");
    }
    destroys(text)
}

#[cfg(test)]
mod tests {
    use super::{destroys, holds_word, unparsed};

    #[test]
    fn destroyers_are_found_behind_quotes_and_separators() {
        for text in [
            "a; rm -rf /",
            "x $(r''m -r y)",
            "os.system(\"rm -rf /\")",
            "a\n\\rm -f x",
            "FOO=1 rm -f y",
            "['rm','-rf','/']",
        ] {
            assert!(destroys(text).is_some(), "{text}");
        }
        assert!(destroys("rm x; echo -rf").is_none());
        assert!(destroys(&"find ".repeat(super::VISITS_MAX)).is_some());
    }

    #[test]
    fn words_count_whole() {
        assert!(holds_word("import shutil; shutil.rmtree('/')"));
        assert!(holds_word("/sbin/mkfs.ext4 $x"));
        assert!(!holds_word("alarm firm rmdir address"));
    }

    #[test]
    fn unparsed_text_is_held_for_what_could_hide_in_it() {
        assert!(unparsed("$'\\x72m' x").is_some());
        assert!(unparsed("$a -rf /").is_some());
        assert!(unparsed("((((ls").is_none());
    }
}
