//! Known values: what was hidden once in an issue is found again in everything of that issue, whether or not a detector
//! would find it there.
//!
//! Owns: which values are searched for, and what counts as finding one. Must not know: where values come from, or what
//! becomes of the spans. Invariants: a value is found wherever it stands as a word of its own, alone, in JSON, in an
//! address, and (from [`CODED_BYTES_MIN`] bytes on) any of these in base64 or hex; values that overlap are all found; one
//! pass over the text, whatever their number.
//!
//! Values are compared as [`Pseudonyms`] compares them: those of e-mail addresses and host names without ASCII case, all
//! others byte by byte. Of values below [`WHOLE_WORD_BYTES`] only whole words are found: `10.0.0.1` is not in
//! `10.0.0.12`. Not searched for, unless a person marked them by hand: values below [`CHARS_MIN`] characters, numbers
//! below [`DIGITS_MIN`] digits, and the words of [`ORDINARY`], which are values of some setting in nearly every log. What
//! such a value hid stays hidden where it was found.

use std::borrow::Cow;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use trcaa_model::pii::Span;

use crate::coded::{Beginnings, CODED_BYTES_MIN, Decoded};
use crate::placeholder::{Placeholder, label_of_name};
use crate::pseudonym::{Pseudonym, Pseudonyms, folds};

/// What a span of a known value has in place of a detector's id.
pub const KNOWN_VALUE: &str = "known-value";
/// Fewest characters of a value that is searched for.
const CHARS_MIN: usize = 4;
/// Fewest characters of one that a person marked by hand.
const BY_HAND_CHARS_MIN: usize = 3;
/// Fewest digits of a value that is digits alone.
const DIGITS_MIN: usize = 6;
/// From this length on a value is found within words too: tokens stand in addresses and between other letters.
const WHOLE_WORD_BYTES: usize = 16;
/// Bytes of the values of one automaton, which takes some ten times that while it is built.
const SHARD_BYTES: usize = 2 << 20;
/// Most bytes of values of one issue, encoded forms among them.
const VALUES_BYTES_MAX: usize = 32 << 20;
/// Values that are words of every log, in lower case: `password=expired` must not hide `expired` everywhere.
const ORDINARY: [&str; 64] = [
    "access",
    "account",
    "admin",
    "administrator",
    "anonymous",
    "auth",
    "authorization",
    "backup",
    "basic",
    "bearer",
    "client",
    "closed",
    "config",
    "connection",
    "database",
    "default",
    "denied",
    "deny",
    "disabled",
    "empty",
    "enabled",
    "error",
    "example",
    "expired",
    "failed",
    "false",
    "file",
    "guest",
    "hidden",
    "host",
    "info",
    "invalid",
    "localhost",
    "login",
    "master",
    "missing",
    "mysql",
    "name",
    "none",
    "null",
    "oracle",
    "passwd",
    "password",
    "postgres",
    "public",
    "redacted",
    "redis",
    "required",
    "root",
    "secret",
    "server",
    "service",
    "session",
    "success",
    "system",
    "test",
    "token",
    "true",
    "undefined",
    "unknown",
    "user",
    "username",
    "value",
    "yes",
];

/// How a value stands in its issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A detector found it somewhere.
    Found,
    /// A person marked it.
    ByHand,
    /// Everywhere it was found a person said that it is none: it is not searched for.
    Rejected,
}

/// The values of an issue are more than can be searched for; a text in which they were not looked for must not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the hidden values of the issue have more than {VALUES_BYTES_MAX} bytes")]
pub struct TooManyValues;

/// The values of one issue, ready to be looked for in any number of texts.
#[derive(Debug, Default)]
pub struct KnownValues {
    shards: Vec<Shard>,
    /// Of all forms of all values.
    beginnings: Beginnings,
}

struct Shard {
    automaton: AhoCorasick,
    /// By the automaton's pattern numbers.
    patterns: Vec<Pattern>,
}

impl std::fmt::Debug for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} values", self.patterns.len())
    }
}

struct Pattern {
    label: String,
    whole_word: bool,
    /// Long enough to be searched for in base64 and hex.
    coded: bool,
}

impl KnownValues {
    /// Takes the values that are to be searched for; `standing` tells how each stands.
    ///
    /// # Errors
    /// [`TooManyValues`]
    pub fn new(pseudonyms: &Pseudonyms, standing: impl Fn(&Pseudonym) -> Standing) -> Result<Self, TooManyValues> {
        Self::within(pseudonyms, standing, SHARD_BYTES, VALUES_BYTES_MAX)
    }

    fn within(
        pseudonyms: &Pseudonyms,
        standing: impl Fn(&Pseudonym) -> Standing,
        shard_bytes: usize,
        bytes_max: usize,
    ) -> Result<Self, TooManyValues> {
        let mut texts: [Vec<(Cow<'_, str>, &str)>; 2] = [Vec::new(), Vec::new()];
        let mut bytes = 0;
        for row in pseudonyms.rows().iter().filter(|row| is_searched(row, standing(row))) {
            let value = row.value.as_str();
            let forms = [Some(Cow::Borrowed(value)), in_json(value), in_address(value)];
            for form in forms.into_iter().flatten() {
                bytes += form.len();
                texts[usize::from(folds(&row.label))].push((form, label_of_name(&row.label)));
            }
            if bytes > bytes_max {
                return Err(TooManyValues);
            }
        }
        let mut shards = Vec::new();
        for (texts, folded) in texts.iter().zip([false, true]) {
            let mut rest = texts.as_slice();
            while !rest.is_empty() {
                let mut size = 0;
                let fits = |(text, _): &&(Cow<'_, str>, &str)| {
                    size += text.len();
                    size <= shard_bytes
                };
                // A value that is longer than a whole shard has one of its own.
                let count = rest.iter().take_while(fits).count().max(1);
                let (now, later) = rest.split_at(count);
                shards.push(Shard::new(now, folded)?);
                rest = later;
            }
        }
        let beginnings = Beginnings::new(texts.iter().flatten().map(|(text, _)| text.as_bytes()));
        Ok(Self { shards, beginnings })
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.shards.is_empty()
    }

    /// Finds every value in a text, also within base64 and hex; spans overlap where values do.
    pub fn find(&self, text: &str) -> Vec<Span> {
        let mut spans = Vec::new();
        for shard in &self.shards {
            shard.find(text, &mut spans);
        }
        self.beginnings.each_run(text, |decoded| {
            for shard in &self.shards {
                shard.find_decoded(decoded, &mut spans);
            }
        });
        spans.sort_by(|one, other| (one.start, one.end, &one.label).cmp(&(other.start, other.end, &other.label)));
        // What begins where two pieces of a run overlap is found in both.
        spans.dedup_by(|one, other| (one.start, one.end, &one.label) == (other.start, other.end, &other.label));
        spans
    }

    /// As [`KnownValues::find`], in text that went through redaction: a value that is but a part of one of the issue's
    /// placeholders (`mail` in `[mail_1]`) is no finding.
    pub fn find_in_redacted(&self, text: &str, pseudonyms: &Pseudonyms) -> Vec<Span> {
        let mut spans = self.find(text);
        if spans.is_empty() {
            return spans;
        }
        let mut own = Vec::new();
        for (at, _) in text.match_indices('[') {
            if let Some((placeholder, length)) = Placeholder::parse_prefix(&text[at..])
                && pseudonyms.find(placeholder).is_some()
            {
                own.push((at as u64, (at + length) as u64));
            }
        }
        spans.retain(|span| {
            // Placeholders hold no bracket but their first, so they are disjoint and sorted.
            let after = own.partition_point(|(start, _)| *start <= span.start);
            after.checked_sub(1).and_then(|at| own.get(at)).is_none_or(|(_, end)| span.end > *end)
        });
        spans
    }
}

impl Shard {
    fn new(texts: &[(Cow<'_, str>, &str)], folded: bool) -> Result<Self, TooManyValues> {
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(folded)
            .build(texts.iter().map(|(text, _)| text.as_bytes()))
            .map_err(|_| TooManyValues)?;
        let pattern = |(text, label): &(Cow<'_, str>, &str)| Pattern {
            label: (*label).to_owned(),
            whole_word: text.len() < WHOLE_WORD_BYTES,
            coded: text.len() >= CODED_BYTES_MIN,
        };
        Ok(Self { automaton, patterns: texts.iter().map(pattern).collect() })
    }

    fn find(&self, text: &str, spans: &mut Vec<Span>) {
        // Those that end at one place come longest first, and the longest covers the others.
        let mut covered_until = None;
        for found in self.automaton.find_overlapping_iter(text) {
            let (start, end) = (found.start(), found.end());
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()) else { continue };
            if covered_until == Some(end) || (pattern.whole_word && !is_whole(text, start, end)) {
                continue;
            }
            covered_until = Some(end);
            spans.push(pattern.span(start, end));
        }
    }

    fn find_decoded(&self, decoded: &Decoded, spans: &mut Vec<Span>) {
        let mut covered_until = None;
        for found in self.automaton.find_overlapping_iter(decoded.bytes()) {
            let (start, end) = (found.start(), found.end());
            let Some(pattern) = self.patterns.get(found.pattern().as_usize()).filter(|pattern| pattern.coded) else {
                continue;
            };
            if covered_until == Some(end) || (pattern.whole_word && !is_whole_of(decoded.bytes(), start, end)) {
                continue;
            }
            covered_until = Some(end);
            spans.extend(
                decoded
                    .place(start..end)
                    .map(|place| Span { label: coded_label(&pattern.label), ..pattern.span(place.start, place.end) }),
            );
        }
    }
}

impl Pattern {
    fn span(&self, start: usize, end: usize) -> Span {
        Span {
            start: start as u64,
            end: end as u64,
            label: self.label.clone(),
            confidence: 1.0,
            detector: KNOWN_VALUE.to_owned(),
        }
    }
}

/// Whether no word goes on over either end.
fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let within = |at: usize| {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at..)) else { return false };
        before.chars().next_back().is_some_and(is_word) && after.chars().next().is_some_and(is_word)
    };
    !within(start) && !within(end)
}

/// The label of what has a value in it, encoded: in base64 an upper-case letter is another one.
fn coded_label(label: &str) -> String {
    if folds(label) { format!("Encoded{label}") } else { label.to_owned() }
}

/// The same in bytes that need not be text: only letters and digits of ASCII go on.
fn is_whole_of(bytes: &[u8], start: usize, end: usize) -> bool {
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let byte = |at: Option<usize>| at.and_then(|at| bytes.get(at));
    let before = is_word(byte(start.checked_sub(1))) && is_word(byte(Some(start)));
    let after = is_word(byte(end.checked_sub(1))) && is_word(byte(Some(end)));
    !before && !after
}

fn is_searched(row: &Pseudonym, standing: Standing) -> bool {
    let chars_min = match standing {
        Standing::Rejected => return false,
        Standing::ByHand => BY_HAND_CHARS_MIN,
        Standing::Found => CHARS_MIN,
    };
    let value = row.value.as_str();
    // A text that only looks like a placeholder is found by its form.
    if value.chars().take(chars_min).count() < chars_min || value.trim().is_empty() || row.label == "Literal" {
        return false;
    }
    let few_digits = value.len() < DIGITS_MIN && value.bytes().all(|byte| byte.is_ascii_digit());
    let ordinary = || ORDINARY.contains(&value.to_ascii_lowercase().as_str());
    standing == Standing::ByHand || !(few_digits || ordinary())
}

/// The value as it stands within a JSON string, where that is another text.
fn in_json(value: &str) -> Option<Cow<'_, str>> {
    if !value.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return None;
    }
    let mut out = String::with_capacity(value.len() + 8);
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    Some(Cow::Owned(out))
}

/// The value as it stands within a query, where that is another text.
fn in_address(value: &str) -> Option<Cow<'_, str>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if value.bytes().all(plain) {
        return None;
    }
    let mut out = String::with_capacity(value.len() + 16);
    for byte in value.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(Cow::Owned(out))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::apply::{Origin, apply};
    use crate::restore;

    fn table(values: &[(&str, &str)]) -> Pseudonyms {
        let mut all = Pseudonyms::default();
        for (label, value) in values {
            all.placeholder_for(label, value).unwrap();
        }
        all
    }

    fn found<'t>(values: &[(&str, &str)], standing: Standing, text: &'t str) -> Vec<&'t str> {
        let known = KnownValues::new(&table(values), |_| standing).unwrap();
        let at = |n: u64| usize::try_from(n).unwrap();
        known.find(text).iter().map(|span| &text[at(span.start)..at(span.end)]).collect()
    }

    #[test]
    fn values_are_found_as_words_and_long_ones_anywhere() {
        let ip = [("Ipv4", "10.0.0.1")];
        assert_eq!(found(&ip, Standing::Found, "from 10.0.0.1, 10.0.0.12, 110.0.0.1 and (10.0.0.1)").len(), 2);
        let token = [("ApiKey", "tok_0123456789abcdef")];
        assert_eq!(found(&token, Standing::Found, "xtok_0123456789abcdefy").len(), 1);
        let name = [("Person", "Jörg")];
        assert_eq!(found(&name, Standing::Found, "Jörg, Jörgs and xJörg; jörg").len(), 1);
    }

    #[test]
    fn addresses_and_hosts_are_found_in_any_case_and_passwords_only_as_they_are() {
        let values = [("Email", "Ada@Example.org"), ("Hostname", "db1.corp.lan"), ("Password", "Hunter2x")];
        let text = "ada@example.ORG DB1.CORP.LAN hunter2x Hunter2x";
        assert_eq!(found(&values, Standing::Found, text), ["ada@example.ORG", "DB1.CORP.LAN", "Hunter2x"]);
    }

    #[test]
    fn what_is_short_or_an_ordinary_word_is_found_only_where_a_person_marked_it() {
        for value in ["abc", "1234", "12345", "root", "Expired", "NULL"] {
            assert!(found(&[("Password", value)], Standing::Found, value).is_empty(), "{value}");
            assert_eq!(found(&[("Password", value)], Standing::ByHand, value), [value]);
        }
        for value in ["ab", "ä", " ", "    "] {
            assert!(found(&[("Password", value)], Standing::ByHand, value).is_empty(), "{value:?}");
        }
        for value in ["1234567", "KX-4711", "jdoe"] {
            assert_eq!(found(&[("Password", value)], Standing::Found, value), [value]);
            assert!(found(&[("Password", value)], Standing::Rejected, value).is_empty());
        }
        assert!(ORDINARY.is_sorted());
    }

    #[test]
    fn encoded_values_are_found_too() {
        let values = [("Password", "p\"w\\ord\n1"), ("Email", "ada@x.org")];
        let text = r#"{"a":"p\"w\\ord\n1"} ?m=ada%40X.org"#;
        assert_eq!(found(&values, Standing::Found, text), [r#"p\"w\\ord\n1"#, "ada%40X.org"]);
    }

    #[test]
    fn values_that_overlap_leave_nothing() {
        let values = table(&[("Person", "Anna Berg"), ("Person", "Berg Lane"), ("Person", "Berg")]);
        let known = KnownValues::new(&values, |_| Standing::Found).unwrap();
        let text = "of Anna Berg Lane.";
        let mut all = values.clone();
        assert_eq!(apply(text, &known.find(text), Origin::Raw, &mut all).unwrap(), "of [Person_4].");
    }

    #[test]
    fn the_same_value_gets_the_same_placeholder_whatever_its_label_is_called() {
        let mut all = table(&[("Ipv4", "10.0.0.1"), ("UrlWithCredentials", "ftp://a:b@host")]);
        let known = KnownValues::new(&all, |_| Standing::Found).unwrap();
        let text = "10.0.0.1 ftp://a:b@host";
        let spans = known.find(text);
        assert_eq!(spans.iter().map(|span| span.label.as_str()).collect::<Vec<_>>(), ["Ipv4", "UrlWithCredentials"]);
        assert_eq!(apply(text, &spans, Origin::Raw, &mut all).unwrap(), "[IPv4_1] [URL_1]");
    }

    #[test]
    fn our_own_placeholders_are_not_searched_for_values() {
        let all = table(&[("Project", "Project"), ("Email", "a@b.co")]);
        let known = KnownValues::new(&all, |_| Standing::ByHand).unwrap();
        assert!(known.find_in_redacted("see [Project-1]", &all).len() == 1);
        // A foreign placeholder is a stranger's text, ours is none; a value around one is found.
        let all = table(&[("Mail", "Mail_1"), ("Odd", "by [Mail_1] now")]);
        let known = KnownValues::new(&all, |_| Standing::ByHand).unwrap();
        assert!(known.find_in_redacted("to [Mail_1]", &all).is_empty());
        assert_eq!(known.find_in_redacted("to [Mail_2], Mail_1", &all).len(), 1);
        assert_eq!(known.find_in_redacted("sent by [Mail_1] now", &all).len(), 1);
    }

    #[test]
    fn literals_are_no_values_and_debug_shows_none() {
        let mut all = Pseudonyms::default();
        apply("[Email_7] is odd", &[], Origin::Raw, &mut all).unwrap();
        let known = KnownValues::new(&all, |_| Standing::ByHand).unwrap();
        assert!(known.is_empty());
        let known = KnownValues::new(&table(&[("Password", "canary-1")]), |_| Standing::Found).unwrap();
        assert!(!format!("{known:?}").contains("canary"));
    }

    #[test]
    fn many_values_are_spread_over_automata_and_too_many_are_refused() {
        let mut all = Pseudonyms::default();
        let long = "x".repeat(100);
        for n in 0..5 {
            all.placeholder_for("ApiKey", &format!("{n}{long}")).unwrap();
        }
        let known = KnownValues::within(&all, |_| Standing::Found, 250, 505).unwrap();
        assert_eq!(known.shards.len(), 3);
        assert_eq!(known.find(&format!("a 4{long} b")).len(), 1);
        let refused = KnownValues::within(&all, |_| Standing::Found, 250, 504);
        assert_eq!(refused.unwrap_err(), TooManyValues);
    }

    proptest! {
        /// Whatever stands around them: no value stays, and what was hidden comes back as it was.
        #[test]
        fn no_value_survives_and_restoring_is_exact(
            values in prop::collection::vec("[a-zA-Z0-9äß@. /\"\\\\]{4,20}", 1..8),
            order in prop::collection::vec((0usize..8, "[ ,;:()=\n\\[\\]]{1,3}"), 0..20),
        ) {
            let values: Vec<String> = values.iter().map(|v| v.trim().to_owned()).filter(|v| v.chars().count() > 3).collect();
            let mut all = Pseudonyms::default();
            for value in &values {
                all.placeholder_for("Password", value).unwrap();
            }
            let known = KnownValues::new(&all, |_| Standing::ByHand).unwrap();
            let mut text = String::from("(");
            for (which, between) in &order {
                if let Some(value) = values.get(which % values.len().max(1)) {
                    text.push_str(value);
                }
                text.push_str(between);
            }
            let redacted = apply(&text, &known.find(&text), Origin::Raw, &mut all).unwrap();
            let again = KnownValues::new(&all, |_| Standing::ByHand).unwrap();
            prop_assert!(again.find_in_redacted(&redacted, &all).is_empty(), "{redacted}");
            prop_assert_eq!(restore(&redacted, &all), text);
        }
    }
}
