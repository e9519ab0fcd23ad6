//! A second reader of lines, for nothing but what tier 1 may hold.
//!
//! Shares no code with the parser library or [`crate::cook`]: a line is tier 1 only if both read the same plan from it,
//! so that a mistake in one of them alone lets nothing through. Whatever is not plainly allowed ends the reading.

use crate::argv::{Draft, Effect, Streams};
use crate::plan::{Plan, When};

/// Words that bash takes for grammar where a command begins.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "select", "while", "until", "do", "done", "in",
    "function", "time", "coproc", "{", "}", "!", "[[", "]]",
];

/// Reads a line of simple commands with fixed words; none for any other line.
pub(crate) fn read(line: &str) -> Option<Plan> {
    read_as(line, false)
}

/// As [`read`], with command names that have a slash.
pub(crate) fn read_any(line: &str) -> Option<Plan> {
    read_as(line, true)
}

fn read_as(line: &str, slashes: bool) -> Option<Plan> {
    let mut reader = Reader { bytes: line.as_bytes(), at: 0, slashes };
    let mut draft = Draft::default();
    let mut commands = 0;
    let mut when = When::Always;
    draft.step(when);
    loop {
        // One command, then the sign that ends it.
        draft.stage(Some(reader.command()?));
        commands += 1;
        let (sign, next) = (reader.peek(0), reader.peek(1));
        match (sign, next) {
            (None | Some(b'#'), _) => return draft.plan(commands),
            (Some(b';'), _) => {
                reader.at += 1;
                reader.blanks();
                if matches!(reader.peek(0), None | Some(b'#')) {
                    return draft.plan(commands);
                }
                when = When::Always;
                draft.step(when);
            }
            (Some(b'&'), Some(b'&')) | (Some(b'|'), Some(b'|')) => {
                reader.at += 2;
                when = if sign == Some(b'&') { When::Succeeded } else { When::Failed };
                draft.step(when);
            }
            (Some(b'|'), Some(other)) if other != b'&' => reader.at += 1,
            _ => return None,
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    slashes: bool,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(0), Some(b' ')) {
            self.at += 1;
        }
    }

    fn command(&mut self) -> Option<crate::plan::Stage> {
        let mut argv: Vec<String> = Vec::new();
        let mut streams = Streams::default();
        loop {
            self.blanks();
            match self.peek(0) {
                None | Some(b';' | b'&' | b'|' | b'#') => break,
                Some(b'<') => {
                    self.at += 1;
                    streams.apply(Effect::Input(self.target()?));
                }
                Some(b'>') => streams.apply(self.output(1)?),
                Some(b'0'..=b'9') if matches!(self.peek(1), Some(b'<' | b'>')) => {
                    let fd = self.peek(0)?;
                    self.at += 1;
                    match (fd, self.peek(0)?) {
                        (b'0', b'<') => {
                            self.at += 1;
                            streams.apply(Effect::Input(self.target()?));
                        }
                        (b'1', b'>') => streams.apply(self.output(1)?),
                        (b'2', b'>') => streams.apply(self.output(2)?),
                        _ => return None,
                    }
                }
                Some(_) => {
                    let begin = self.at;
                    let word = self.word()?;
                    // `12>x`: digits that touch a redirection are no word.
                    let raw = self.bytes.get(begin..self.at)?;
                    if matches!(self.peek(0), Some(b'<' | b'>')) && raw.iter().all(u8::is_ascii_digit) {
                        return None;
                    }
                    if argv.is_empty() && (RESERVED.contains(&word.as_str()) || raw.contains(&b'=')) {
                        return None;
                    }
                    argv.push(word);
                }
            }
        }
        streams.stage(argv, self.slashes)
    }

    /// Reads `>/dev/null` or `>&1`, at the sign.
    fn output(&mut self, fd: u8) -> Option<Effect> {
        self.at += 1;
        if self.peek(0) == Some(b'&') {
            let ends = matches!(self.peek(2), None | Some(b' ' | b';' | b'&' | b'|'));
            if fd != 2 || self.peek(1) != Some(b'1') || !ends {
                return None;
            }
            self.at += 2;
            return Some(Effect::ErrorToOutput);
        }
        if self.target()? != "/dev/null" {
            return None;
        }
        Some(if fd == 2 { Effect::ErrorToNull } else { Effect::OutputToNull })
    }

    fn target(&mut self) -> Option<String> {
        self.blanks();
        match self.peek(0)? {
            b';' | b'&' | b'|' | b'#' | b'<' | b'>' => None,
            _ => {
                let begin = self.at;
                let word = self.word()?;
                // `< 1>x`: the number belongs to the next redirection, so that bash finds no file.
                let number = self.bytes.get(begin..self.at)?.iter().all(u8::is_ascii_digit);
                if number && matches!(self.peek(0), Some(b'<' | b'>')) { None } else { Some(word) }
            }
        }
    }

    /// Reads one word up to an unquoted blank or sign.
    fn word(&mut self) -> Option<String> {
        let begin = self.at;
        let mut word = String::new();
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b';' | b'&' | b'|' | b'<' | b'>' => break,
                b'\'' => {
                    self.at += 1;
                    while self.peek(0)? != b'\'' {
                        word.push(printable(self.peek(0)?)?);
                        self.at += 1;
                    }
                    self.at += 1;
                }
                b'"' => {
                    self.at += 1;
                    self.double(&mut word)?;
                }
                b'\\' => {
                    word.push(printable(self.peek(1)?)?);
                    self.at += 2;
                }
                b'$' if !self.plain_dollar(false) => return None,
                b'(' | b')' | b'`' | b'*' | b'?' | b'[' => return None,
                b'{' if self.peek(1) == Some(b'}')
                    && self.at == begin
                    && matches!(self.peek(2), None | Some(b' ' | b';' | b'&' | b'|')) =>
                {
                    self.at += 2;
                    return Some("{}".to_owned());
                }
                b'{' | b'}' => return None,
                b'~' if matches!(word.as_bytes().last(), None | Some(b'=' | b':')) => return None,
                _ => {
                    word.push(printable(byte)?);
                    self.at += 1;
                }
            }
        }
        Some(word)
    }

    fn double(&mut self, word: &mut String) -> Option<()> {
        loop {
            let byte = self.peek(0)?;
            match byte {
                b'"' => {
                    self.at += 1;
                    return Some(());
                }
                b'`' => return None,
                b'$' if !self.plain_dollar(true) => return None,
                b'\\' if matches!(self.peek(1)?, b'$' | b'`' | b'"' | b'\\') => {
                    word.push(char::from(self.peek(1)?));
                    self.at += 2;
                }
                _ => {
                    word.push(printable(byte)?);
                    self.at += 1;
                }
            }
        }
    }

    /// Tells whether the `$` here is only a sign: what follows it begins no expansion.
    fn plain_dollar(&self, double: bool) -> bool {
        match self.peek(1) {
            None | Some(b' ' | b';' | b'|' | b'&' | b'/' | b'.' | b',' | b'=' | b'%' | b'+' | b':' | b'^') => true,
            Some(b'"' | b'\\' | b')' | b']' | b'}') => double,
            _ => false,
        }
    }
}

fn printable(byte: u8) -> Option<char> {
    matches!(byte, b' '..=b'~').then(|| char::from(byte))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::read;
    use crate::plan::{Flow, When};

    fn argv(line: &str) -> Option<Vec<Vec<String>>> {
        let plan = read(line)?;
        Some(plan.steps.into_iter().flat_map(|step| step.stages).map(|stage| stage.argv).collect())
    }

    #[test]
    fn fixed_words_are_read_as_bash_reads_them() {
        for (line, words) in [
            (r#"a 'b c'"d e"f\ g"#, vec!["a", "b cd ef g"]),
            (r#"grep "a\$b\\c\d$" '' "" x#y {} 2"#, vec!["grep", "a$b\\c\\d$", "", "", "x#y", "{}", "2"]),
            ("awk '{print $1}' # c", vec!["awk", "{print $1}"]),
            ("a b=c d:e^f%g+h@i,j", vec!["a", "b=c", "d:e^f%g+h@i,j"]),
        ] {
            assert_eq!(argv(line).as_deref(), Some(&[words.into_iter().map(str::to_owned).collect()][..]), "{line}");
        }
    }

    #[test]
    fn pipes_conditions_and_streams_are_read() {
        let plan = read("a 2>&1 >/dev/null | b < f && c; d 2>/dev/null || e;").unwrap();
        let whens: Vec<When> = plan.steps.iter().map(|step| step.when).collect();
        assert_eq!(whens, [When::Always, When::Succeeded, When::Always, When::Failed]);
        assert_eq!((plan.steps[0].stages[0].stdout, plan.steps[0].stages[0].stderr), (Flow::Null, Flow::Output));
        assert_eq!(plan.steps[0].stages[1].stdin.as_deref(), Some("f"));
        assert_eq!(plan.steps[2].stages[0].stderr, Flow::Null);
    }

    #[test]
    fn whatever_needs_a_shell_is_not_read() {
        for line in [
            "",
            "a;;b",
            "a &",
            "a & b",
            "a |& b",
            "a &>/dev/null",
            "a > f",
            "a >> /dev/null",
            "a >| /dev/null",
            "a <<E",
            "a <<<b",
            "a <(b)",
            "a >&2",
            "a 1>&2",
            "a 2>&1x",
            "a 2>&12",
            "a 12>/dev/null",
            "a 3</x",
            "a < f < g",
            "a < 1>/dev/null",
            "a <2> /dev/null",
            "(a)",
            "{ a; }",
            "a=b c",
            "a+=b",
            "a[0]=b",
            "if a",
            "! a",
            "time a",
            "[[ a ]]",
            "a *",
            "a ?",
            "a [b]",
            "a {b,c}",
            "a {b}",
            "~/a",
            "a ~",
            "a b=~",
            "a $b",
            "a \"$b\"",
            "a $(b)",
            "a `b`",
            "a \"`b`\"",
            "a $'b'",
            "a $\"b\"",
            "a ${b}",
            "a $[1]",
            "'a",
            "\"a",
            "a \\",
            "a | | b",
            "a && ",
            "| a",
            "a |",
            "a ||",
            "/bin/a",
            "a \tb",
            "a\nb",
            "a !(b)",
            "a 'b\tc'",
            "\u{e9}",
        ] {
            assert!(argv(line).is_none(), "{line}");
        }
    }
}
