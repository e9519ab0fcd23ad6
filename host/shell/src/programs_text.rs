//! Operand checks of text tools and git: the programs in an operand of sed, awk and jq, formats, what git converts.
//!
//! A check lists what is allowed, not what is forbidden, wherever the language is small enough.

use crate::flags::Matched;

type Answer = Result<(), &'static str>;

/// sed: scripts of addresses and `p`, `d`, `q`, `=`, `n`, and substitutions that neither write nor execute.
pub(crate) fn sed(matched: &Matched<'_>) -> Answer {
    const BAD: &str = "a sed script that is not known to only read";
    let given =
        matched.flags.iter().filter(|(name, _)| matches!(*name, "e" | "expression")).filter_map(|(_, value)| *value);
    let mut scripts: Vec<&str> = given.collect();
    if scripts.is_empty() {
        scripts.push(matched.operands.first().ok_or(BAD)?);
    }
    if scripts.into_iter().all(sed_script) { Ok(()) } else { Err(BAD) }
}

fn sed_script(script: &str) -> bool {
    let mut rest = script.trim();
    while !rest.is_empty() {
        let Some(after) = sed_addresses(rest) else { return false };
        let mut chars = after.chars();
        rest = match chars.next() {
            Some('p' | 'd' | 'q' | '=' | 'n' | 'N' | 'h' | 'H' | 'g' | 'G' | 'x' | 'D' | 'P') => chars.as_str(),
            Some('s') => match sed_substitution(chars.as_str()) {
                Some(after) => after,
                None => return false,
            },
            Some('y') => match sed_letters(chars.as_str()) {
                Some(after) => after,
                None => return false,
            },
            _ => return false,
        };
        let trimmed = rest.trim_start();
        rest = match trimmed.strip_prefix(';') {
            Some(next) => next.trim_start(),
            None if trimmed.is_empty() => trimmed,
            None => return false,
        };
    }
    true
}

/// Skips `1,20`, `$`, `/x/,/y/`, `!`.
fn sed_addresses(mut rest: &str) -> Option<&str> {
    loop {
        let first = rest.chars().next()?;
        rest = match first {
            '0'..='9' | ',' | '$' | '!' | ' ' | '+' | '~' => rest.get(1..)?,
            '/' => after_delimited(rest.get(1..)?, '/')?,
            _ => return Some(rest),
        };
    }
}

fn sed_substitution(rest: &str) -> Option<&str> {
    let delimiter = rest.chars().next().filter(|c| c.is_ascii_punctuation() && *c != '\\')?;
    let flags = after_delimited(after_delimited(rest.get(1..)?, delimiter)?, delimiter)?;
    let end = flags.find(|c: char| !matches!(c, 'g' | 'p' | 'i' | 'I' | '0'..='9')).unwrap_or(flags.len());
    flags.get(end..)
}

/// Skips `/ab/xy/`.
fn sed_letters(rest: &str) -> Option<&str> {
    let delimiter = rest.chars().next().filter(|c| c.is_ascii_punctuation() && *c != '\\')?;
    after_delimited(after_delimited(rest.get(1..)?, delimiter)?, delimiter)
}

/// Skips to behind the delimiter. Whether one within brackets ends the text differs among seds: such a text is refused.
fn after_delimited(text: &str, delimiter: char) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == delimiter && !escaped {
            let within = text.get(..at).unwrap_or_default();
            if within.matches('[').count() > within.matches(']').count() {
                return None;
            }
            return text.get(at + c.len_utf8()..);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// awk: programs that print; no files, pipes, commands, environment, or dynamic calls.
pub(crate) fn awk(matched: &Matched<'_>) -> Answer {
    const CALLS: &[&str] = &[
        "length", "substr", "index", "split", "sub", "gsub", "match", "tolower", "toupper", "int", "sprintf", "printf",
        "print", "if", "while", "for", "strftime", "systime", "asort", "asorti", "gensub", "log", "exp", "sqrt",
        "return",
    ];
    const BAD: &str = "an awk program that is not known to only read";
    let program = matched.operands.first().ok_or(BAD)?;
    // gawk opens a connection for a file of this name.
    if matched.operands.iter().skip(1).any(|operand| operand.contains("/inet")) {
        return Err("may carry data out");
    }
    let bytes = program.as_bytes();
    // Quotes and regular expressions are not told apart: a sign that could write counts wherever it stands.
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1);
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        let fine = match byte {
            b'@' | b'`' => false,
            b'|' => next == Some(&b'|') || before == Some(&b'|'),
            // `>` writes after print; in a condition it compares.
            b'>' => next == Some(&b'=') || compares(bytes.get(..at).unwrap_or_default()),
            _ => true,
        };
        if !fine {
            return Err(BAD);
        }
    }
    let mut rest = *program;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let tail = rest.get(start..).unwrap_or_default();
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
        let (name, after) = tail.split_at(end);
        let called = after.trim_start().starts_with('(');
        if matches!(
            name,
            "getline"
                | "system"
                | "ENVIRON"
                | "PROCINFO"
                | "SYMTAB"
                | "FUNCTAB"
                | "ARGV"
                | "ARGC"
                | "close"
                | "fflush"
                | "function"
                | "func"
        ) || (called && !CALLS.contains(&name))
        {
            return Err(BAD);
        }
        rest = after;
    }
    Ok(())
}

/// Tells whether a `>` after this text can only compare: no print can have begun, or an open `if (` holds it.
fn compares(before: &[u8]) -> bool {
    let plain = |text: &[u8]| !text.iter().any(|b| matches!(b, b'{' | b'}' | b'"' | b'/' | b';' | b'#' | b'\n'));
    let condition = before.windows(3).rposition(|window| window == b"if(").map(|at| at + 3);
    let condition = condition.max(before.windows(4).rposition(|window| window == b"if (").map(|at| at + 4));
    // Strings and expressions before the condition would make it doubtful what `if (` is.
    let tail = condition.and_then(|at| Some((before.get(..at)?, before.get(at..)?)));
    let held = tail.is_some_and(|(head, tail)| {
        plain(tail) && !tail.contains(&b')') && !head.iter().any(|b| matches!(b, b'"' | b'/' | b'#'))
    });
    plain(before) || held
}

/// jq: filters without environment, modules and files.
pub(crate) fn jq(matched: &Matched<'_>) -> Answer {
    let filter = matched.operands.first().ok_or("no filter")?;
    let mut at = 0;
    for word in filter.split(|c: char| !c.is_ascii_alphanumeric() && c != '_') {
        // `.env` is a field of the data, `env` the environment.
        let field = filter
            .get(..at)
            .and_then(|before| before.strip_suffix('.'))
            .is_some_and(|before| !before.ends_with(|c: char| c == '.' || c.is_ascii_digit()));
        // A separator that is no ASCII makes the line ask anyway, so that one byte is right.
        at += word.len() + 1;
        if field && word == "env" {
            continue;
        }
        if matches!(
            word,
            "env" | "ENV" | "import" | "include" | "input_filename" | "get_search_list" | "modulemeta" | "halt_error"
        ) {
            return Err("a jq filter that is not known to only read");
        }
    }
    Ok(())
}

/// date: only an output format.
pub(crate) fn date(matched: &Matched<'_>) -> Answer {
    if matched.operands.iter().all(|operand| operand.starts_with('+')) { Ok(()) } else { Err("sets the clock") }
}

/// printf: a format whose directives the program and the shell's own command print alike.
pub(crate) fn printf(matched: &Matched<'_>) -> Answer {
    const BAD: &str = "a printf format that is not known to only print";
    let mut rest = *matched.operands.first().ok_or("no format")?;
    while let Some((_, after)) = rest.split_once('%') {
        let after = after.trim_start_matches(|c: char| matches!(c, '-' | '+' | ' ' | '#' | '.' | '0'..='9'));
        let kind = after.chars().next().ok_or(BAD)?;
        if !matches!(
            kind,
            '%' | 'b' | 's' | 'c' | 'd' | 'i' | 'o' | 'u' | 'x' | 'X' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G'
        ) {
            return Err(BAD);
        }
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(())
}

/// uniq: one file; a second one would be written.
pub(crate) fn uniq(matched: &Matched<'_>) -> Answer {
    if matched.operands.len() > 1 { Err("writes its second file") } else { Ok(()) }
}

const GIT_RUNS: &str = "may run programs that the repository's settings name";

/// git log: history; contents only without the converters that the repository names, and no signatures (`%G`).
pub(crate) fn git_log(matched: &Matched<'_>) -> Answer {
    git_formats(matched)?;
    let contents = matched.has(&["p", "u", "patch"]);
    if contents && !matched.has(&["no-textconv"]) { Err(GIT_RUNS) } else { Ok(()) }
}

/// git show: contents without the converters that the repository names, or none.
pub(crate) fn git_show(matched: &Matched<'_>) -> Answer {
    git_formats(matched)?;
    let none = matched.has(&["s", "no-patch", "stat", "shortstat", "numstat", "name-only", "name-status"]);
    let asked = matched.has(&["p", "patch"]);
    // `show HEAD:file` converts too, whatever is said of patches.
    let blob = matched.operands.iter().any(|operand| operand.contains(':'));
    let plain = matched.has(&["no-textconv"]) || (none && !asked && !blob);
    if plain { Ok(()) } else { Err(GIT_RUNS) }
}

fn git_formats(matched: &Matched<'_>) -> Answer {
    let signs =
        |value: &str| value.contains("%G") || value.contains("%+G") || value.contains("%-G") || value.contains("% G");
    if matched.flags.iter().filter_map(|(_, value)| *value).any(signs) {
        return Err("runs the program that checks signatures");
    }
    Ok(())
}

/// git shortlog: of named history; alone it reads its input.
pub(crate) fn git_shortlog(matched: &Matched<'_>) -> Answer {
    if matched.operands.iter().all(|operand| !operand.contains(':')) { Ok(()) } else { Err(GIT_RUNS) }
}

#[cfg(test)]
mod tests {
    use super::sed_script;

    #[test]
    fn sed_scripts_that_write_or_execute_are_refused() {
        for script in ["1,20p", "$p", "/a/,/b/p", "/x/!d", "s/a/b/g", "s|a\\|b|c|p; 3q", "$=", "y/abc/xyz/; p"] {
            assert!(sed_script(script), "{script}");
        }
        for script in [
            "1e id",
            "w /x",
            "s/a/b/e",
            "s/a/b/w f",
            "r /etc/shadow",
            "e",
            "s/a",
            "p w",
            "1{p}",
            "a x",
            "R f",
            "y/a/b/e",
            "y/a/b/w f",
            "y/a",
            "\\,x,p",
        ] {
            assert!(!sed_script(script), "{script}");
        }
    }
}
