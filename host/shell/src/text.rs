//! Looks for destroyers in text that is not parsed: too long or too deep, of another language, or as a second look.
//!
//! Shares no code with the parser. Linear passes; places looked at are bounded.

// A slice of characters is searched one by one, which was measured to be slower than a `match`.
#![allow(clippy::manual_pattern_char_comparison)]

use std::borrow::Cow;

use crate::destroy;
use crate::limits::{LINE_SEARCHED_BYTES_MAX, VISITS_MAX};

/// Gives the text, and once more without quotes and backslashes if it has any, so that `r''m` and `\rm` read as `rm`.
fn readings(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let bare = text.contains(QUOTING).then(|| Cow::Owned(text.replace(QUOTING, "")));
    std::iter::once(Cow::Borrowed(text)).chain(bare)
}

const QUOTING: [char; 3] = ['\'', '"', '\\'];

/// Finds a destroying command with its arguments anywhere a command could start.
pub(crate) fn destroys(text: &str) -> Option<&'static str> {
    let mut visits = 0;
    for reading in readings(text) {
        for segment in
            reading.split(|c| matches!(c, ';' | '|' | '&' | '(' | ')' | '\n' | '`' | '{' | '}' | '<' | '>' | '\r'))
        {
            let words =
                || segment.split(|c| matches!(c, ' ' | '\t' | '\'' | '"' | ',' | '=')).filter(|word| !word.is_empty());
            let Some(first) = words().position(destroy::is_notable) else { continue };
            let words: Vec<&str> = words().skip(first).collect();
            for (at, _) in words.iter().enumerate().filter(|(_, word)| destroy::is_notable(word)) {
                let tail = words.get(at..).unwrap_or_default();
                visits += tail.len();
                if visits > VISITS_MAX {
                    return Some("names destroying commands more often than can be judged");
                }
                if let Some(reason) = destroy::judge(tail) {
                    return Some(reason);
                }
            }
        }
    }
    None
}

/// Finds a tier-3 word, whatever its arguments: for what cannot be read statically.
pub(crate) fn holds_word(text: &str) -> bool {
    let signs = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.'));
    readings(text).any(|variant| variant.split(signs).any(is_word))
}

fn is_word(word: &str) -> bool {
    if word.len() < 2 {
        return false;
    }
    let name = destroy::base(word);
    destroy::by_name(name).is_some()
        || matches!(name, "rm" | "srm")
        || name.split('.').any(is_call)
        || paths_sysrq(word)
}

/// Names by which other languages remove trees.
fn is_call(name: &str) -> bool {
    matches!(
        name,
        "rmtree"
            | "removedirs"
            | "remove_tree"
            | "rm_rf"
            | "rm_r"
            | "rmSync"
            | "rmdirSync"
            | "remove_dir_all"
            | "RemoveAll"
            | "unlinkSync"
            | "lvremove"
            | "luksErase"
            | "rmtree_errorhandler"
            | "remove_entry_secure"
    )
}

fn paths_sysrq(word: &str) -> bool {
    word.contains("sysrq-trigger")
}

/// Judges text that is not parsed at all: the reason to hold it for tier 3, if any.
pub(crate) fn unparsed(text: &str) -> Option<&'static str> {
    if text.len() > LINE_SEARCHED_BYTES_MAX {
        return Some("longer than 1 MiB, so not judged at all");
    }
    if holds_word(text) {
        return Some("holds a tier-3 word and is not judged in full");
    }
    let forced = |word: &str| {
        word.len() > 2 && word.starts_with('-') && word.contains('f') && word.contains(['r', 'R']) && word.len() < 6
    };
    if text.contains("$'") || text.split(|c| matches!(c, ' ' | '\t' | '\n' | '\'' | '"')).any(forced) {
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
