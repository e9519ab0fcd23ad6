//! Counts, in one pass over raw text, what would make the parser slow, deep or panic.
//!
//! Knows nothing of quoting on purpose: counting too much only makes a line tier 2, counting too little would be a hole.

use crate::limits::{
    BRACE_COMMA_TOKENS, BRACE_TOKENS, CASES_MAX, FD_DIGITS_MAX, HEREDOCS_MAX, LINE_BYTES_MAX, OPENERS_MAX, PARENS_MAX,
};

/// What a text will cost the parser.
pub(crate) struct Prescan {
    /// Upper estimate of the number of tokens, and of the words that brace expressions stand for.
    pub(crate) tokens: usize,
    /// Why the text must not be parsed, if so.
    pub(crate) refused: Option<&'static str>,
}

/// Measures a text before it is parsed.
pub(crate) fn prescan(text: &str) -> Prescan {
    if text.len() > LINE_BYTES_MAX {
        return Prescan { tokens: 0, refused: Some("longer than 16 KiB, so not judged in full") };
    }
    let bytes = text.as_bytes();
    let (mut tokens, mut parens, mut openers, mut cases, mut heredocs, mut digits) = (1, 0, 0, 0, 0, 0);
    let mut overlong_fd = false;
    // Whether a `{` was met, and whether its members are still to be counted.
    let (mut brace, mut uncounted) = (false, false);
    let mut before = b' ';
    let mut word_start = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let ends_word = matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>');
        if ends_word {
            tokens += if matches!(byte, b' ' | b'\t') { usize::from(word_start < at) } else { 2 };
            match bytes.get(word_start..at).unwrap_or_default() {
                b"case" => cases += 1,
                b"if" | b"elif" | b"while" | b"until" | b"for" | b"do" | b"function" | b"coproc" | b"select" | b"{"
                | b"[[" | b"!" => openers += 1,
                _ => {}
            }
            word_start = at + 1;
        }
        match byte {
            b'(' => parens += 1,
            b'{' => {
                openers += usize::from(before == b'$');
                (brace, uncounted) = (true, true);
            }
            // `{a,b}{a,b}{a,b}` is eight words.
            b',' if brace => {
                tokens += BRACE_COMMA_TOKENS + if uncounted { BRACE_TOKENS } else { 0 };
                uncounted = false;
            }
            // The parser tries every word as an assignment, `a[b[c]]=`, and recurses for each bracket.
            b'[' | b'`' => openers += 1,
            b'<' if before == b'<' => heredocs += 1,
            _ => {}
        }
        if matches!(byte, b'<' | b'>') && digits > FD_DIGITS_MAX {
            overlong_fd = true;
        }
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        before = byte;
    }
    let last = bytes.get(word_start..).unwrap_or_default();
    if matches!(last, b"{" | b"!" | b"if" | b"do") {
        openers += 1;
    }
    let refused = if parens > PARENS_MAX || openers + parens > OPENERS_MAX || cases > CASES_MAX {
        Some("nested too deeply to be judged in full")
    } else if heredocs > HEREDOCS_MAX {
        Some("too many here-documents to be judged in full")
    } else if overlong_fd {
        Some("a file descriptor number out of range")
    } else {
        None
    };
    Prescan { tokens, refused }
}

#[cfg(test)]
mod tests {
    use super::prescan;
    use crate::limits::{CASES_MAX, LINE_BYTES_MAX, PARENS_MAX};

    fn refused(text: &str) -> bool {
        prescan(text).refused.is_some()
    }

    #[test]
    fn each_limit_holds_at_and_above() {
        assert!(!refused(&"(".repeat(PARENS_MAX)));
        assert!(refused(&"(".repeat(PARENS_MAX + 1)));
        assert!(!refused(&"case x ".repeat(CASES_MAX)));
        assert!(refused(&"case x ".repeat(CASES_MAX + 1)));
        assert!(!refused(&"a".repeat(LINE_BYTES_MAX)));
        assert!(refused(&"a".repeat(LINE_BYTES_MAX + 1)));
        assert!(!refused("ls 999999999>x"));
        assert!(refused("ls 9999999999>x"));
    }

    #[test]
    fn tokens_are_never_estimated_below_the_words() {
        assert!(prescan("a b c").tokens >= 3);
        assert!(prescan("a|b;c&&d").tokens >= 7);
    }

    #[test]
    fn the_words_that_braces_stand_for_are_never_estimated_below_their_number() {
        for (word, words) in [
            ("{a,b}".repeat(6), 64),
            ("{a,b,c,d,e,f,g,h}".repeat(2), 64),
            ("{a,b,c,d}".repeat(3), 64),
            ("{{a,b},c}".repeat(3), 27),
            ("{a'}',b}".repeat(6), 64),
            ("{a,' '}".repeat(6), 64),
            (format!("{{{}a}}", "a,".repeat(63)), 64),
        ] {
            assert!(prescan(&word).tokens >= words, "{word}");
        }
        assert!(prescan("{print $1}{{.A}}").tokens < 5);
    }
}
