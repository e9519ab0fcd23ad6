//! Operand checks of text tools and git: the programs in an operand of sed and jq, formats, what git converts.
//!
//! A check lists what is allowed, not what is forbidden, wherever the language is small enough.

use crate::flags::Matched;

type Answer = Result<(), &'static str>;

/// sed: scripts of groups, addresses and `p`, `d`, `q`, `=`, `n`, and substitutions that neither write nor execute.
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
    let mut open = 0_usize;
    while !rest.is_empty() {
        let Some(after) = sed_addresses(rest) else { return false };
        let mut chars = after.chars();
        rest = match chars.next() {
            Some('{') => {
                open += 1;
                rest = chars.as_str().trim_start();
                continue;
            }
            // A group ends without an address.
            Some('}') if after.len() == rest.len() && open > 0 => {
                open -= 1;
                chars.as_str()
            }
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
            None if trimmed.is_empty() || (open > 0 && trimmed.starts_with('}')) => trimmed,
            None => return false,
        };
    }
    open == 0
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

/// git branch: lists; a name makes a branch, but behind `--list` it is a pattern, and behind `--merged` a commit.
pub(crate) fn git_branch(matched: &Matched<'_>) -> Answer {
    let merged = matched.flags.iter().any(|(name, value)| matches!(*name, "merged" | "no-merged") && value.is_none());
    let fine = matched.operands.is_empty() || matched.has(&["list"]) || (merged && matched.operands.len() == 1);
    if fine { no_signatures(matched) } else { Err("makes or changes branches") }
}

/// git tag: lists; a name makes a tag, but behind `--list` it is a pattern.
pub(crate) fn git_tag(matched: &Matched<'_>) -> Answer {
    let fine = matched.operands.is_empty() || matched.has(&["l", "list"]);
    if fine { no_signatures(matched) } else { Err("makes or changes tags") }
}

/// git for-each-ref: in the form that it has.
pub(crate) fn git_refs(matched: &Matched<'_>) -> Answer {
    no_signatures(matched)
}

/// git cat-file: kind or size of one object.
pub(crate) fn git_object(matched: &Matched<'_>) -> Answer {
    let one = matched.has(&["t", "s", "e"]) && matched.operands.len() == 1;
    if one { Ok(()) } else { Err("shows what is in an object, where secrets may be") }
}

/// A list that shows signatures, or is sorted by them, has them checked.
fn no_signatures(matched: &Matched<'_>) -> Answer {
    let signs = |(name, value): &(&str, Option<&str>)| {
        matches!(*name, "sort" | "format") && value.is_some_and(|key| key.contains("sign"))
    };
    if matched.flags.iter().any(signs) { Err("runs the program that checks signatures") } else { Ok(()) }
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
        for script in [
            "1,20p",
            "$p",
            "/a/,/b/p",
            "/x/!d",
            "s/a/b/g",
            "s|a\\|b|c|p; 3q",
            "$=",
            "y/abc/xyz/; p",
            "/x/{p;q}",
            "1,5{/a/!{s/b/c/p};d}; $p",
        ] {
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
            "1{p",
            "p}",
            "1{w f}",
            "1{p;e id}",
            "1{e}",
            "/x/{s/a/b/w f}",
            "1{p} w f",
            "1{p}w f",
            "{}{r f}",
            "1}",
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
