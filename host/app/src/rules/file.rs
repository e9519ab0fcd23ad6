//! The file: its form, its bounds, and the first thing that is wrong with each of its rules.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;
use serde::Deserialize;
use toml::Spanned;

use super::problem::RuleProblem;
use super::validate::{FORMS, Validator};
use super::{Rule, RuleTest};
use crate::AppError;

/// Bytes of a file.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// Rules of a file: each of them looks at every text.
const RULES_MAX: usize = 500;
/// Bytes of an expression as it is written.
const REGEX_BYTES_MAX: usize = 4 << 10;
/// Bytes of an expression's automaton.
const REGEX_SIZE_MAX: usize = 1 << 20;
/// Bytes of the automatons of all rules together.
const REGEX_SIZES_MAX: usize = 32 << 20;
/// Bytes of the states that are kept of one expression while it looks; it gets slower beyond, never larger.
const REGEX_CACHE_BYTES: usize = 128 << 10;
/// Characters of an id, and of a label as detectors may have it.
const ID_CHARS_MAX: usize = 64;
const LABEL_CHARS_MAX: usize = 32;
/// Words of a context, and bytes of one.
const CONTEXT_WORDS_MAX: usize = 50;
const CONTEXT_WORD_BYTES_MAX: usize = 64;
/// How far before a value its context is looked for, unless the rule says otherwise; and at most.
const CONTEXT_BYTES: usize = 64;
const CONTEXT_BYTES_MAX: usize = 1 << 10;
/// The name of the group that is the value.
const GROUP: &str = "value";
/// Problems that are told.
const PROBLEMS_MAX: usize = 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesFile {
    #[serde(default)]
    rule: Vec<Spanned<RuleEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleEntry {
    id: Spanned<String>,
    label: Spanned<String>,
    regex: Spanned<String>,
    validator: Option<Spanned<String>>,
    #[serde(default)]
    context: Vec<Spanned<String>>,
    context_bytes: Option<Spanned<u64>>,
    #[serde(default)]
    test: Vec<Spanned<TestEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestEntry {
    text: Spanned<String>,
    #[serde(default)]
    must: Vec<Spanned<String>>,
    #[serde(default)]
    must_not: Vec<Spanned<String>>,
}

/// Reads the file's text.
pub(super) fn read(path: &Path) -> Result<String, AppError> {
    let shown = path.display();
    let failed = |what: String, hint: &str| {
        AppError::failed("bad_rules", format!("reading your rules: {shown}: {what}; nothing was looked at")).hint(hint)
    };
    let unread = |e: std::io::Error| failed(e.to_string(), "check the path, and who may read it: ls -l");
    // Looked at first: a pipe would never end.
    if !path.metadata().map_err(unread)?.is_file() {
        return Err(failed("it is no regular file".into(), "rules are a TOML file"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(unread)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unread)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(failed(
            format!("it has more than {FILE_BYTES_MAX} bytes"),
            "rules are short; take their tests out",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|e| failed(format!("byte {} is no UTF-8", e.utf8_error().valid_up_to()), "save it as UTF-8"))
}

/// Reads all rules, or tells what is wrong with them.
pub(super) fn parse(text: &str) -> Result<Vec<Rule>, Vec<RuleProblem>> {
    parse_within(text, REGEX_SIZES_MAX)
}

pub(super) fn parse_within(text: &str, sizes_max: usize) -> Result<Vec<Rule>, Vec<RuleProblem>> {
    let file: RulesFile = toml::from_str(text).map_err(|error| {
        let byte = error.span().map_or(0, |span| span.start);
        let hint = "a rule is [[rule]] with id, label and regex, and perhaps validator, context, context_bytes and [[rule.test]]";
        vec![RuleProblem::at(text, byte, "", error.message().replace('\n', " "), hint)]
    })?;
    if let Some(first) = file.rule.get(RULES_MAX) {
        let message = format!("there are {} rules; at most {RULES_MAX} are taken", file.rule.len());
        return Err(vec![RuleProblem::at(text, first.span().start, "", message, "join some by | in one expression")]);
    }
    let (mut rules, mut problems) = (Vec::<Rule>::new(), Vec::new());
    let mut bytes = 0;
    for entry in file.rule {
        let byte = entry.span().start;
        match rule_of(text, byte, entry.into_inner(), &rules) {
            Ok(rule) => {
                bytes += rule.regex.memory_usage();
                if bytes > sizes_max {
                    let message = format!("the expressions up to this one need more than {sizes_max} bytes");
                    let hint = "make repetitions shorter, and write [0-9A-Za-z_] for \\w, which knows every script";
                    problems.push(RuleProblem::at(text, byte, &rule.id, message, hint));
                    break;
                }
                rules.push(rule);
            }
            Err(problem) => problems.push(problem),
        }
        if problems.len() >= PROBLEMS_MAX {
            break;
        }
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

fn rule_of(text: &str, byte: usize, entry: RuleEntry, before: &[Rule]) -> Result<Rule, RuleProblem> {
    let id = entry.id.get_ref().clone();
    let wrong = |at: std::ops::Range<usize>, message: String, hint: &str| {
        Err(RuleProblem::at(text, at.start, &id, message, hint))
    };
    let id_shaped = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if id.is_empty() || id.len() > ID_CHARS_MAX || !id_shaped {
        let message = format!("an id is 1 to {ID_CHARS_MAX} small letters, digits and dashes");
        return wrong(entry.id.span(), message, "such as: id = \"customer-number\"");
    }
    if let Some(first) = before.iter().find(|rule| rule.id == id) {
        return wrong(
            entry.id.span(),
            format!("line {} has a rule of that id", first.line),
            "give each an id of its own",
        );
    }
    let label = entry.label.get_ref();
    if label.is_empty() || label.len() > LABEL_CHARS_MAX || !label.bytes().all(|b| b.is_ascii_alphanumeric()) {
        let message = format!("a label is 1 to {LABEL_CHARS_MAX} letters and digits: it stands in placeholders");
        return wrong(entry.label.span(), message, "such as: label = \"CustomerNumber\", for [CustomerNumber_1]");
    }
    let regex = match regex_of(entry.regex.get_ref()) {
        Ok(regex) => regex,
        Err((message, hint)) => return wrong(entry.regex.span(), message, hint),
    };
    let validator = match &entry.validator {
        None => Validator::Anything,
        Some(form) => match Validator::parse(form.get_ref()) {
            Some(validator) => validator,
            None => return wrong(form.span(), format!("there is no validator {:?}", form.get_ref()), FORMS),
        },
    };
    if let Some(word) = entry.context.get(CONTEXT_WORDS_MAX) {
        return wrong(
            word.span(),
            format!("more than {CONTEXT_WORDS_MAX} words of context"),
            "leave the rarer ones out",
        );
    }
    let ill = |word: &&Spanned<String>| !(1..=CONTEXT_WORD_BYTES_MAX).contains(&word.get_ref().len());
    if let Some(word) = entry.context.iter().find(ill) {
        let message = format!("a word of context has 1 to {CONTEXT_WORD_BYTES_MAX} bytes");
        return wrong(word.span(), message, "one word of those that stand before the value");
    }
    let context_bytes = match &entry.context_bytes {
        None => CONTEXT_BYTES,
        Some(bytes) => match usize::try_from(*bytes.get_ref()) {
            Ok(within @ 1..=CONTEXT_BYTES_MAX) => within,
            _ => {
                let message = format!("context_bytes is 1 to {CONTEXT_BYTES_MAX}");
                return wrong(bytes.span(), message, "how far before the value a word of the context may stand");
            }
        },
    };
    let mut tests = Vec::with_capacity(entry.test.len());
    for test in entry.test {
        let span = test.span();
        let TestEntry { text: test_text, must, must_not } = test.into_inner();
        if must.is_empty() && must_not.is_empty() {
            return wrong(span, "a test that says nothing".into(), "give it must = [\"…\"], or must_not = [\"…\"]");
        }
        let absent = |part: &&Spanned<String>| {
            part.get_ref().is_empty() || !test_text.get_ref().contains(part.get_ref().as_str())
        };
        if let Some(part) = must.iter().chain(&must_not).find(absent) {
            return wrong(part.span(), "this is no part of the test's text".into(), "write it as it stands in text");
        }
        let line = RuleProblem::at(text, span.start, "", "", "").line;
        let plain = |parts: Vec<Spanned<String>>| parts.into_iter().map(Spanned::into_inner).collect();
        tests.push(RuleTest { text: test_text.into_inner(), must: plain(must), must_not: plain(must_not), line });
    }
    Ok(Rule {
        label: label.clone(),
        group: regex.group_info().to_index(regex_automata::PatternID::ZERO, GROUP),
        regex,
        validator,
        context: entry.context.iter().map(|word| word.get_ref().to_lowercase()).collect(),
        context_bytes,
        tests,
        line: RuleProblem::at(text, byte, "", "", "").line,
        id,
    })
}

/// Makes the expression, or says what is wrong and what to do.
fn regex_of(pattern: &str) -> Result<Regex, (String, &'static str)> {
    let hint = "the syntax is that of https://docs.rs/regex/latest/regex/#syntax, which has no look-around and no back references";
    if pattern.len() > REGEX_BYTES_MAX {
        return Err((format!("an expression has at most {REGEX_BYTES_MAX} bytes"), "make two rules of it"));
    }
    // `^` and `$` are the ends of a line, since lines are what a rule looks at.
    let syntax = syntax::Config::new().multi_line(true);
    let parsed = syntax::parse_with(pattern, &syntax).map_err(|e| {
        // The library draws the place below the expression; its last line says what is wrong.
        let told = e.to_string();
        let last = told.lines().last().unwrap_or_default();
        (format!("the expression can't be read: {}", last.trim_start_matches("error: ")), hint)
    })?;
    if parsed.properties().minimum_len().is_some_and(|bytes| bytes == 0) {
        return Err((
            "the expression also matches nothing at all, and so everywhere".into(),
            "use + for *, or {1,9} for {0,9}",
        ));
    }
    let config = Config::new().nfa_size_limit(Some(REGEX_SIZE_MAX)).hybrid_cache_capacity(REGEX_CACHE_BYTES);
    Regex::builder().configure(config).syntax(syntax).build(pattern).map_err(|e| match e.size_limit() {
        Some(_) => (
            format!("the expression needs more than {REGEX_SIZE_MAX} bytes"),
            "make repetitions shorter, and write [0-9A-Za-z_] for \\w, which knows every script",
        ),
        None => (format!("the expression can't be used: {e}"), hint),
    })
}
