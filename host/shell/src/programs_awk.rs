//! The check of awk programs: those that print what they read and do nothing else.
//!
//! Strings and regular expressions are told from the rest as gawk, mawk, busybox and the one true awk all do; where they
//! would differ, the program is refused. What is left without them is judged by its signs and names.

use crate::flags::Matched;

type Answer = Result<(), &'static str>;

const BAD: &str = "an awk program that is not known to only read";

/// What may stand before `(`, and what begins a statement. Whether a `/` divides behind such a name differs among awks.
const CALLS: &[&str] = &[
    "length", "substr", "index", "split", "sub", "gsub", "match", "tolower", "toupper", "int", "sprintf", "printf",
    "print", "if", "while", "for", "strftime", "systime", "mktime", "asort", "asorti", "gensub", "log", "exp", "sqrt",
    "sin", "cos", "atan2", "rand", "srand", "strtonum", "and", "or", "xor", "compl", "lshift", "rshift", "return",
    "else", "do", "in", "next", "nextfile", "exit", "delete", "break", "continue",
];

/// Names that reach files, commands, the environment or other names.
const REACHES: &[&str] = &[
    "getline", "system", "ENVIRON", "PROCINFO", "SYMTAB", "FUNCTAB", "ARGV", "ARGC", "close", "fflush", "function",
    "func",
];

/// awk: programs that print; no files, pipes, commands, environment, or dynamic calls.
pub(crate) fn awk(matched: &Matched<'_>) -> Answer {
    let program = matched.operands.first().ok_or(BAD)?;
    // gawk opens a connection for a file of this name.
    if matched.operands.iter().skip(1).any(|operand| operand.contains("/inet")) {
        return Err("may carry data out");
    }
    if reads(program) { Ok(()) } else { Err(BAD) }
}

fn reads(program: &str) -> bool {
    let Some(bare) = without_texts(program) else { return false };
    signs_compare(&bare) && names_read(&bare)
}

/// Puts `0` in the place of every string and regular expression, and `*` in that of every division; none where it is
/// doubtful where one of them begins or ends.
fn without_texts(program: &str) -> Option<String> {
    let bytes = program.as_bytes();
    let mut bare = String::with_capacity(program.len());
    // For each open parenthesis, whether it is that of a condition; behind its end a `/` is doubtful.
    let mut conditions: Vec<bool> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at + 1)?;
                bare.push_str(" 0 ");
                continue;
            }
            b'/' if divides(&bare)? => bare.push('*'),
            b'/' => {
                at = expression_end(bytes, at + 1)?;
                bare.push_str(" 0");
                bare.push(DOUBT);
                continue;
            }
            b'#' | b'\\' | b'\'' => return None,
            b'(' => {
                conditions.push(matches!(last_name(&bare), "if" | "while" | "for"));
                bare.push('(');
            }
            b')' => {
                bare.push(')');
                if conditions.pop()? {
                    bare.push(DOUBT);
                }
            }
            b' '..=b'~' => bare.push(char::from(*byte)),
            _ => return None,
        }
        at += 1;
    }
    conditions.is_empty().then(|| bare.replace(DOUBT, " "))
}

/// Stands where one awk would take a `/` for a division and another for the beginning of an expression: behind the
/// condition of an `if`, and behind an expression. No program that is read on holds it.
const DOUBT: char = '\u{1}';

/// Tells whether a `/` behind this text divides; none where awks differ, or where it makes no sense.
fn divides(bare: &str) -> Option<bool> {
    let before = bare.trim_end_matches(' ');
    match before.bytes().last() {
        None | Some(b'{' | b'}' | b'(' | b',' | b';' | b'!' | b'~' | b'&' | b'|') => Some(false),
        Some(b')' | b']') => Some(true),
        Some(byte) if byte.is_ascii_alphanumeric() || byte == b'_' => match last_name(before) {
            "print" | "return" => Some(false),
            name => (!CALLS.contains(&name)).then_some(true),
        },
        _ => None,
    }
}

/// Gives the name or number at the end of a text.
fn last_name(bare: &str) -> &str {
    let before = bare.trim_end_matches(' ');
    let start = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    before.get(start..).unwrap_or_default()
}

/// Gives the place behind a string whose text begins here.
fn string_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            b' '..=b'~' => at += 1,
            _ => return None,
        }
    }
}

/// Gives the place behind a regular expression whose text begins here. Whether a `/`, `]` or `[` within brackets is only
/// a letter differs among awks: such an expression is refused.
fn expression_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    // `/=` is a sign of its own in some.
    if bytes.get(at) == Some(&b'=') {
        return None;
    }
    loop {
        match bytes.get(at)? {
            b'/' => return Some(at + 1),
            b'\\' => at += 2,
            b'[' => {
                at += 1 + usize::from(bytes.get(at + 1) == Some(&b'^'));
                let begin = at;
                loop {
                    match bytes.get(at)? {
                        b']' if at > begin => break,
                        b'[' if bytes.get(at + 1) == Some(&b':') => {
                            at += 2;
                            while bytes.get(at)?.is_ascii_lowercase() {
                                at += 1;
                            }
                            if bytes.get(at..at + 2) != Some(b":]") {
                                return None;
                            }
                            at += 2;
                        }
                        b']' | b'[' | b'/' => return None,
                        b'\\' if !bytes.get(at + 1)?.is_ascii_alphanumeric() && bytes.get(at + 1) != Some(&b'.') => {
                            return None;
                        }
                        b' '..=b'~' => at += 1,
                        _ => return None,
                    }
                }
                at += 1;
            }
            b' '..=b'~' => at += 1,
            _ => return None,
        }
    }
}

/// Tells whether no sign calls, pipes or writes.
fn signs_compare(bare: &str) -> bool {
    if bare.contains(['@', '`']) || bare.replace("||", "").contains('|') {
        return false;
    }
    let bytes = bare.as_bytes();
    // `>` writes after print, and compares where none can have begun: before the first statement, and in an open `if (`.
    let (mut statement, mut condition) = (false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' => {
                let before = bytes.get(..at).unwrap_or_default();
                condition |= before.ends_with(b"if") || before.ends_with(b"if ");
            }
            b')' => condition = false,
            b'{' | b'}' | b';' => (statement, condition) = (true, false),
            b'>' if statement && !condition && bytes.get(at + 1) != Some(&b'=') => return false,
            _ => {}
        }
    }
    true
}

/// Tells whether no name reaches out of the program.
fn names_read(bare: &str) -> bool {
    let mut rest = bare;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let tail = rest.get(start..).unwrap_or_default();
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
        let (name, after) = tail.split_at(end);
        let called = after.trim_start().starts_with('(');
        if REACHES.contains(&name) || (called && !CALLS.contains(&name)) {
            return false;
        }
        rest = after;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::reads;

    #[test]
    fn programs_that_print_are_known_by_their_signs_and_names() {
        for program in [
            "{print $1 \"->\" $2}",
            "{print $1 \" | \" $2, \"system(x) > y\"}",
            "$3 == \"x\" && $4 > 5 {print $1}",
            "{if ($6 == \"a\" && $5+0 > 80) print $6}",
            "/Mem/ {printf \"%.2f%%\\n\", $3/$2 * 100}",
            "$3/$2 > 0.8",
            "(NF+1) / 2 > 3 {n++}",
            "$9 ~ /^5[0-9][0-9]$/ && !/health/ {a[$7]++} END {for (k in a) print a[k], k}",
            "{gsub(/\"/, \"\"); print $1}",
            "/a\\/b/ || /[[:space:]]x|y/ {print}",
            "{n += $1 / 1024} END {print n/NR, n / 2}",
            "{print > 5 ? 1 : 0}",
        ] {
            assert_eq!(reads(program), !program.contains("print >"), "{program}");
        }
    }

    #[test]
    fn what_one_awk_could_read_as_a_text_and_another_as_a_program_is_refused() {
        for program in [
            // `[]` and `/` within brackets, `\]`: where the expression ends differs.
            "/[]/ \"]/ {print > \"f\"}#\"/",
            "/[/]/ {print > \"f\"} /[/]/",
            "/[^]/ \"]/ {system(\"id\")}#\"/",
            "/[\\]/]/ {print}",
            "/[[:alpha/:]]/",
            // Behind a condition, an expression, a call without parentheses, a sign.
            "{if (x) /a\"/; print > \"/f\"}",
            "{while (x) /a/}",
            "/a/ /b/",
            "{print length /a\"/ > \"/f\"}",
            "{x = 1 + /a/}",
            "{n++ / 2}",
            "/=a/",
            "$1 ~ /a",
            "{print \"a}",
            "{print} # \" > ",
            "{print 'x'}",
            "{print $1)}",
            "{print if (a > \"x\"}",
            "{print a ||| \"id\"}",
            "{print > \"f\"}",
            "{print \"a\" > \"f\"}",
            "{if (\"a\") print > \"f\"}",
            "{if (a > 1) print > \"f\"}",
            "{print \"x\" | \"id\"}",
            "{\"id\" | getline}",
            "{x = \"system\"; @x(\"id\")}",
            "{getline < \"f\"}",
            "{foo(\"a\")}",
            "BEGIN {print ENVIRON[\"A\"]}",
        ] {
            assert!(!reads(program), "{program}");
        }
    }
}
