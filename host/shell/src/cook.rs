//! Turns a raw word of the grammar into what the program would receive.
//!
//! Owns quoting (`'…'`, `"…"`, `$'…'`, backslashes), brace expansion and the finding of substitutions. Must not know
//! commands. Invariant: `fixed` is true only if the word means the same whatever the environment, files and options are.

use crate::limits::BRACE_WORDS_MAX;

/// A cooked word.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cooked {
    /// The resulting words: one when fixed, else a best reading (an unquoted expansion splits, a quoted one is `*`).
    pub(crate) words: Vec<String>,
    /// Whether the word is static.
    pub(crate) fixed: bool,
    /// The scripts of command and process substitutions inside the word.
    pub(crate) scripts: Vec<String>,
}

// Unquoted brace signs, kept apart from quoted ones until the expansion; private-use code points, which a fixed word cannot hold.
const OPEN: char = '\u{E000}';
const COMMA: char = '\u{E001}';
const CLOSE: char = '\u{E002}';

/// Cooks one raw word.
pub(crate) fn cook(raw: &str) -> Cooked {
    if raw.bytes().all(|b| {
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'=' | b',' | b'+' | b':' | b'@' | b'%')
    }) {
        return Cooked { words: vec![raw.to_owned()], fixed: true, scripts: Vec::new() };
    }
    let mut cook = Cook {
        chars: raw.chars().collect(),
        at: 0,
        text: String::new(),
        fixed: true,
        braces: false,
        scripts: Vec::new(),
    };
    cook.run();
    let Cook { text, fixed, braces, scripts, .. } = cook;
    if fixed && !braces {
        return Cooked { words: vec![text], fixed, scripts };
    }
    let sign = |c: char| match c {
        OPEN => '{',
        COMMA => ',',
        CLOSE => '}',
        other => other,
    };
    let plain = |word: &str| word.chars().map(sign).collect::<String>();
    if text == format!("{OPEN}{CLOSE}") {
        return Cooked { words: vec!["{}".to_owned()], fixed, scripts };
    }
    let words = expand(&text).into_iter().flat_map(|w| plain(&w).split('\u{1}').map(str::to_owned).collect::<Vec<_>>());
    Cooked { words: words.filter(|w| !w.is_empty()).collect(), fixed: false, scripts }
}

struct Cook {
    chars: Vec<char>,
    at: usize,
    text: String,
    fixed: bool,
    braces: bool,
    scripts: Vec<String>,
}

impl Cook {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn run(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '\\' => match self.peek(0) {
                    Some('\n') => self.at += 1,
                    Some(next) => {
                        self.text.push(next);
                        self.at += 1;
                    }
                    None => self.text.push('\\'),
                },
                '\'' => self.single(),
                '"' => self.double(),
                '$' if self.peek(0) == Some('\'') => self.ansi(),
                '$' if self.peek(0) == Some('"') => {
                    // A locale may translate it.
                    self.fixed = false;
                }
                '$' => self.dollar('\u{1}'),
                '`' => self.backquote('\u{1}'),
                '<' | '>' if self.peek(0) == Some('(') => {
                    self.at += 1;
                    self.substitution('\u{1}');
                }
                '*' | '?' | '[' => {
                    self.fixed = false;
                    self.text.push(c);
                }
                '~' if matches!(self.text.chars().last(), None | Some('=' | ':')) => {
                    self.fixed = false;
                    self.text.push(c);
                }
                '{' => self.brace(OPEN),
                ',' => self.text.push(COMMA),
                '}' => self.brace(CLOSE),
                _ => self.text.push(c),
            }
        }
        if !self.braces {
            self.text = self.text.replace(COMMA, ",");
        }
    }

    fn brace(&mut self, mark: char) {
        self.braces = true;
        self.text.push(mark);
    }

    fn single(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            if c == '\'' {
                return;
            }
            self.text.push(c);
        }
        self.fixed = false;
    }

    fn double(&mut self) {
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '"' => return,
                '\\' => match self.peek(0) {
                    Some('\n') => self.at += 1,
                    Some(next @ ('$' | '`' | '"' | '\\')) => {
                        self.text.push(next);
                        self.at += 1;
                    }
                    _ => self.text.push('\\'),
                },
                '$' => self.dollar('*'),
                '`' => self.backquote('*'),
                _ => self.text.push(c),
            }
        }
        self.fixed = false;
    }

    /// Reads `$'…'`. The result is known, but such a spelling is never needed to read a log: it is not `fixed`.
    fn ansi(&mut self) {
        self.fixed = false;
        self.at += 1;
        let mut cut = false;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            let out = match c {
                '\'' => return,
                '\\' => self.escape(),
                other => Some(other),
            };
            // bash ends the string at a NUL.
            cut |= out == Some('\0');
            if let Some(out) = out.filter(|_| !cut) {
                self.text.push(out);
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        Some(match c {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' | 'E' => '\u{1b}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            'c' => {
                let control = self.peek(0)?;
                self.at += 1;
                char::from_u32(u32::from(control) & 0x1f)?
            }
            'x' => return self.number(16, 2, 0),
            'u' => return self.number(16, 4, 0),
            'U' => return self.number(16, 8, 0),
            '0'..='7' => return self.number(8, 2, c.to_digit(8).unwrap_or(0)),
            other => other,
        })
    }

    fn number(&mut self, radix: u32, digits_max: usize, start: u32) -> Option<char> {
        let mut value = start;
        for _ in 0..digits_max {
            let Some(digit) = self.peek(0).and_then(|c| c.to_digit(radix)) else { break };
            value = value.wrapping_mul(radix).wrapping_add(digit);
            self.at += 1;
        }
        char::from_u32(value)
    }

    /// Reads what follows a `$`; `mark` stands for the unknown result.
    fn dollar(&mut self, mark: char) {
        match self.peek(0) {
            Some('(') => {
                self.at += 1;
                self.substitution(mark);
            }
            Some('{') => {
                self.at += 1;
                self.fixed = false;
                self.text.push(mark);
                self.parameter();
                self.text.push(mark);
            }
            Some('[') => {
                self.fixed = false;
                self.text.push(mark);
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                self.fixed = false;
                self.text.push(mark);
                while self.peek(0).is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
                    self.at += 1;
                }
            }
            Some(c) if c.is_ascii_digit() || matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.fixed = false;
                self.text.push(mark);
                self.at += 1;
            }
            _ => self.text.push('$'),
        }
    }

    /// Reads the inside of `${…}` as text, so that a default such as `${x:-rm}` stays visible.
    fn parameter(&mut self) {
        let mut depth = 1_usize;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '}' => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                '{' => depth += 1,
                '$' if self.peek(0) == Some('(') => {
                    self.at += 1;
                    self.substitution('\u{1}');
                }
                '`' => self.backquote('\u{1}'),
                '\\' | '"' | '\'' => {}
                '$' | ':' | '-' | '+' | '=' | '?' | '#' | '%' | '/' | ',' | '^' | '@' | '!' | ' ' => {
                    self.text.push('\u{1}')
                }
                _ => self.text.push(c),
            }
        }
    }

    /// Reads a substitution whose `(` is already consumed. Of `$((…))` the inside is kept too: bash falls back to a
    /// subshell when it is no arithmetic, and arithmetic itself evaluates `a[$(…)]`.
    fn substitution(&mut self, mark: char) {
        self.fixed = false;
        self.text.push(mark);
        let start = self.at;
        let mut depth = 1_usize;
        let mut quote = None;
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match (quote, c) {
                (None | Some('"'), '\\') => self.at += 1,
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                (Some('\''), _) => {}
                (_, '(') => depth += 1,
                (_, ')') => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                _ => {}
            }
        }
        let end = self.at.min(self.chars.len());
        let inner = self.chars.get(start..end).unwrap_or_default();
        let inner = inner.strip_suffix(&[')']).unwrap_or(inner);
        self.scripts.push(inner.iter().collect());
    }

    fn backquote(&mut self, mark: char) {
        self.fixed = false;
        self.text.push(mark);
        let mut inner = String::new();
        while let Some(c) = self.peek(0) {
            self.at += 1;
            match c {
                '`' => break,
                '\\' if matches!(self.peek(0), Some('`' | '\\' | '$')) => {
                    inner.extend(self.peek(0));
                    self.at += 1;
                }
                _ => inner.push(c),
            }
        }
        self.scripts.push(inner);
    }
}

/// Expands marked braces, at most [`BRACE_WORDS_MAX`] words; a range becomes `*`.
fn expand(text: &str) -> Vec<String> {
    // Each sign costs a pass over the word.
    if text.matches(OPEN).count() > BRACE_WORDS_MAX {
        return vec![text.to_owned()];
    }
    let mut done: Vec<String> = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(word) = open.pop() {
        if done.len() + open.len() >= BRACE_WORDS_MAX {
            done.push(word);
            continue;
        }
        match split_brace(&word) {
            Some((head, members, tail)) => {
                open.extend(members.iter().rev().map(|member| format!("{head}{member}{tail}")));
            }
            None => done.push(word),
        }
    }
    done
}

/// Splits at the first brace expression that has members; signs of others are made plain.
fn split_brace(word: &str) -> Option<(String, Vec<String>, String)> {
    let start = word.find(OPEN)?;
    let (head, rest) = word.split_at(start);
    let mut members = vec![String::new()];
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            OPEN => depth += 1,
            CLOSE => depth = depth.saturating_sub(1),
            _ => {}
        }
        if c == CLOSE && depth == 0 {
            let tail = rest.get(at + c.len_utf8()..).unwrap_or_default().to_owned();
            if members.len() == 1 {
                let only = members.pop().unwrap_or_default();
                let only = if only.contains("..") { "*".to_owned() } else { format!("{{{only}}}") };
                return Some((head.to_owned(), vec![only], tail));
            }
            return Some((head.to_owned(), members, tail));
        }
        if c == COMMA && depth == 1 {
            members.push(String::new());
        } else if depth > 1 || (c != OPEN && depth == 1) {
            members.last_mut()?.push(c);
        }
    }
    // Unclosed: this sign is plain text.
    Some((format!("{head}{{"), vec![rest.chars().skip(1).collect()], String::new()))
}

#[cfg(test)]
mod tests {
    use super::cook;

    fn check(raw: &str, words: &[&str], fixed: bool) {
        let cooked = cook(raw);
        assert_eq!(cooked.words, words, "{raw}");
        assert_eq!(cooked.fixed, fixed, "{raw}");
    }

    #[test]
    fn quotes_and_backslashes_leave_what_the_program_receives() {
        check("r''m", &["rm"], true);
        check(r"-del\ete", &["-delete"], true);
        check(r#""a'b\$c\d"x"#, &[r"a'b$c\dx"], true);
        check("''", &[""], true);
        check("'{.items[*].name}'", &["{.items[*].name}"], true);
        check(r"\{a,b\}", &["{a,b}"], true);
        check("a$", &["a$"], true);
        check("{}", &["{}"], true);
        check("HEAD~1", &["HEAD~1"], true);
    }

    #[test]
    fn a_spelling_with_an_expansion_is_read_but_not_fixed() {
        check(r"$'\x72\155'", &["rm"], false);
        check(r"$'rm\0x'", &["rm"], false);
        check("{rm,-r,/}", &["rm", "-r", "/"], false);
        check("{r,}m", &["rm", "m"], false);
        check("x{a,{b,c}}", &["xa", "xb", "xc"], false);
        check("rm$IFS-rf$IFS/", &["rm", "-rf", "/"], false);
        check("\"$x\"y", &["*y"], false);
        check("${x:-rm}", &["x", "rm"], false);
        check("/bin/r?", &["/bin/r?"], false);
        check("~/x", &["~/x"], false);
        check("{r..r}m", &["*m"], false);
    }

    #[test]
    fn substitutions_hand_over_their_scripts() {
        assert_eq!(cook("\"a$(ls \"$(id)\")b\"").scripts, ["ls \"$(id)\""]);
        assert_eq!(cook("`a \\`b\\``").scripts, ["a `b`"]);
        assert_eq!(cook("${x:-$(id)}").scripts, ["id"]);
        assert_eq!(cook("$((1+2))").scripts, ["(1+2)"]);
        assert_eq!(cook("$(echo ')' x)").scripts, ["echo ')' x"]);
        assert!(cook("'$(id)'").scripts.is_empty());
    }

    #[test]
    fn brace_expansion_is_bounded() {
        assert!(cook(&"{a,b}".repeat(40)).words.len() <= 2 * super::BRACE_WORDS_MAX);
    }
}
