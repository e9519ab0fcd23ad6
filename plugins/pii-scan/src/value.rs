//! Where a value begins behind its name, and where it ends.
//!
//! Owns: separators (`=`, `:`, `=>`, `%3D`, `\u003d`, a flag's blank, an XML tag), quotes at any level of escaping,
//! the end of unquoted values, and the forms that only stand for a value (`***`, `${VAR}`, `null`).
//! Must not know: which names are secret.
//! Invariants: a value is as long as it is, to the end of the text; ends are remembered, so that keys inside a value
//! do not make reading it cost the square of its length.

use crate::next_hit;
use crate::text::{LETTER, NextHit, Text, Words, class, is_word};

/// The part of a value that is judged; a longer run without an end is no word of prose.
pub const JUDGED_BYTES: usize = 1024;
/// The longest form that only stands for a value.
const STAND_IN_MAX_BYTES: usize = 256;
/// Blanks allowed on each side of a separator.
const BLANKS_MAX: usize = 8;
/// Levels of JSON inside JSON: 7 backslashes stand before a quote three levels deep.
const BACKSLASHES_MAX: usize = 7;

/// What stood between a name and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    /// `=`, `=>`, `:=`
    Equals,
    /// `:`
    Colon,
    /// `--password X`
    Blank,
    /// `<password>X<`
    Tag,
}

/// A value and how it was written.
#[derive(Debug, Clone, Copy)]
pub struct Value {
    /// Its first byte, behind an opening quote.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What stood before it.
    pub separator: Separator,
    /// Whether it stood in quotes.
    pub quoted: bool,
}

/// The remembered searches for the ends of values.
pub struct ValueEnds {
    plain: NextHit,
    query: NextHit,
    line: NextHit,
    token: NextHit,
    cookie: NextHit,
    /// Where the first pair of the last list of cookies ended, and where the list did.
    cookies: (usize, usize),
    digit: NextHit,
    equals: NextHit,
    no_token_sign: NextHit,
}

impl Default for ValueEnds {
    fn default() -> Self {
        Self::new()
    }
}

impl ValueEnds {
    /// Nothing is known yet.
    pub const fn new() -> Self {
        Self {
            plain: next_hit!(|text, at| ends_plain(text, at)),
            query: next_hit!(|text, at| ends_query(text, at)),
            line: next_hit!(|text, at| ends_line(text, at)),
            token: next_hit!(|text, at| ends_token(text, at)),
            cookie: next_hit!(|text, at| ends_cookie(text, at)),
            cookies: (1, 0),
            digit: next_hit!(|text, at| text.at(at).is_ascii_digit()),
            equals: next_hit!(|text, at| text.at(at) == b'='),
            no_token_sign: next_hit!(|text, at| {
                let byte = text.at(at);
                !is_word(byte) && !matches!(byte, b'.' | b'-' | b'~' | b'+' | b'/')
            }),
        }
    }

    /// The end of the unquoted value that starts at `start`.
    pub fn plain(&mut self, text: Text<'_>, start: usize) -> usize {
        self.plain.from(text, start)
    }

    /// The end of the header value that starts at `start` and takes the rest of the line.
    pub fn line(&mut self, text: Text<'_>, start: usize) -> usize {
        self.line.from(text, start)
    }

    /// The end of the URL parameter that starts at `start`.
    pub fn query(&mut self, text: Text<'_>, start: usize) -> usize {
        self.query.from(text, start)
    }

    /// The end of the token of a header that starts at `start`.
    pub fn token(&mut self, text: Text<'_>, start: usize) -> usize {
        self.token.from(text, start)
    }

    /// The end of the first pair of cookies, which starts at `start`.
    pub fn cookie(&mut self, text: Text<'_>, start: usize) -> usize {
        self.cookie.from(text, start)
    }

    /// The end of the list of cookies whose first pair ends at `first_end`: what `find` answers, asked once.
    pub fn cookies(&mut self, first_end: usize, find: impl FnOnce() -> usize) -> usize {
        // The pairs of a list end where those of its rest do.
        if !(self.cookies.0..=self.cookies.1).contains(&first_end) {
            self.cookies = (first_end, find());
        }
        self.cookies.1
    }

    /// The first digit from `start`, the end of the text if there is none.
    pub fn digit(&mut self, text: Text<'_>, start: usize) -> usize {
        self.digit.from(text, start)
    }

    /// The first `=` from `start`, the end of the text if there is none.
    pub fn equals(&mut self, text: Text<'_>, start: usize) -> usize {
        self.equals.from(text, start)
    }

    /// The first byte from `start` that no token of a header holds, the end of the text if there is none.
    pub fn no_token_sign(&mut self, text: Text<'_>, start: usize) -> usize {
        self.no_token_sign.from(text, start)
    }
}

/// Ends a header that is not quoted, and takes the rest of its line.
fn ends_line(text: Text<'_>, at: usize) -> bool {
    let byte = text.at(at);
    byte < b' ' || matches!(byte, b'\'' | b'`' | b'\\')
}

/// Ends the token of a header (RFC 9110 token68 and what vendors put there).
fn ends_token(text: Text<'_>, at: usize) -> bool {
    let byte = text.at(at);
    byte <= b' '
        || byte >= 0x7f
        || matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'\\' | b'&' | b'}' | b']' | b')')
}

/// Ends a cookie.
pub fn ends_cookie(text: Text<'_>, at: usize) -> bool {
    let byte = text.at(at);
    byte <= b' ' || matches!(byte, b';' | b'"' | b'\'' | b'`' | b'\\')
}

/// What may end an unquoted value: the cheap question before [`ends_plain`]'s.
static MAY_END: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte <= b' ' as usize {
        table[byte] = true;
        byte += 1;
    }
    let signs = b"\"'`;<\x7f,&\\%";
    let mut sign = 0;
    while sign < signs.len() {
        table[signs[sign] as usize] = true;
        sign += 1;
    }
    table
};

/// Ends an unquoted value wherever it stands: these must depend on the place alone, or they could not be remembered.
#[inline]
fn ends_plain(text: Text<'_>, at: usize) -> bool {
    MAY_END[usize::from(text.at(at))] && ends_plain_there(text, at)
}

fn ends_plain_there(text: Text<'_>, at: usize) -> bool {
    match text.at(at) {
        byte if byte <= b' ' => true,
        b'"' | b'\'' | b'`' | b';' | b'<' | 0x7f => true,
        b',' => {
            let next = text.at(at + 1);
            next <= b' ' || matches!(next, b'"' | b'\'') || begins_pair(text, at + 1)
        }
        b'&' => begins_pair(text, at + 1),
        // Not a lone backslash: a password may hold one.
        b'\\' => {
            let next = text.at(at + 1);
            matches!(next, b'"' | b'\'' | b'\\')
                || (matches!(next, b'n' | b'r' | b't') && text.before(at, 1) != b'\\')
                || text.starts_with_ignoring_case(at + 1, b"u0026")
                || text.starts_with_ignoring_case(at + 1, b"u0022")
        }
        b'%' => text.starts_with_ignoring_case(at + 1, b"26") && begins_pair(text, at + 3),
        _ => false,
    }
}

fn ends_query(text: Text<'_>, at: usize) -> bool {
    matches!(text.at(at), b'&' | b'#' | b')' | b']' | b'}' | b'>' | b',') || ends_plain(text, at)
}

/// Tells whether `name=` or `name:` stands at `at`, as the next of several pairs.
fn begins_pair(text: Text<'_>, at: usize) -> bool {
    const NAME_MAX: usize = 32;
    if class(text.at(at)) & LETTER == 0 {
        return false;
    }
    let end = text.run(at, NAME_MAX, |byte| is_word(byte) || matches!(byte, b'-' | b'.'));
    text.at(end) == b'=' || text.starts_with_ignoring_case(end, b"%3D")
}

/// What a pair (`user=x`) directly behind a separator is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PairBehind {
    /// The next pair: the value before it is empty.
    Next,
    /// The value, as in a cookie header.
    Value,
}

/// Finds the value behind the name that begins at `name_start` and ends at `name_end`.
pub fn find_value(
    text: Text<'_>,
    ends: &mut ValueEnds,
    name_start: usize,
    name_end: usize,
    pair: PairBehind,
) -> Option<Value> {
    let dashed = text.at(name_start) == b'-';
    let flag = dashed && matches!(text.before(name_start, 1), b'-' | b' ' | b'\'' | b'"' | b',' | b'\n' | b'\t' | 0);
    let (start, separator) = skip_separator(text, name_start, name_end, flag, pair)?;
    let before = text.before(name_start, 1);
    if let Some((inside, backslashes)) = opening_quote(text, start) {
        let quote = text.before(inside, 1);
        let end = closing_quote(text, inside, quote, backslashes);
        return (inside < end).then_some(Value { start: inside, end, separator, quoted: true });
    }
    // `Option<Secret>, …` is a type of a program.
    let generic = separator == Separator::Tag && is_word(text.before(name_start, 2));
    if generic && matches!(text.at(start), b' ' | b',' | b';' | b')' | b'>' | b'{') {
        return None;
    }
    let in_query = matches!(before, b'?' | b'&')
        || text.before(name_start, 6) == b'\\' && text.starts_with(name_start - 6, b"\\u0026");
    let end = match separator {
        Separator::Tag => text.run(start, usize::MAX, |byte| byte != b'<' && byte != b'\n'),
        _ if in_query => ends.query(text, start),
        _ => ends.plain(text, start),
    };
    let end = trim_closers(text, name_start, start, end);
    (start < end).then_some(Value { start, end, separator, quoted: false })
}

/// Steps over the end of the name, the separator and the blanks around it.
fn skip_separator(
    text: Text<'_>,
    name_start: usize,
    name_end: usize,
    flag: bool,
    pair: PairBehind,
) -> Option<(usize, Separator)> {
    // The quote (perhaps escaped) or bracket that closes the name: `"password"`, `\"password\"`, `['password']`.
    let mut at = text.run(name_end, BACKSLASHES_MAX, |byte| byte == b'\\');
    let closed = matches!(text.at(at), b'"' | b'\'' | b'`');
    if closed {
        at += 1;
    } else {
        at = name_end;
    }
    if text.at(at) == b']' {
        at += 1;
    }
    let blanks_end = text.run(at, BLANKS_MAX, |byte| byte == b' ' || byte == b'\t');
    let spaced = blanks_end > at;
    let (after, separator) = match text.at(blanks_end) {
        b'=' => {
            let after = text.run(blanks_end, 2, |byte| byte == b'=');
            (if text.at(after) == b'>' { after + 1 } else { after }, Separator::Equals)
        }
        b':' => match text.at(blanks_end + 1) {
            b'=' => (blanks_end + 2, Separator::Equals),
            // A path of a program (`Token::new`) or a URL.
            b':' => return None,
            b'/' if text.at(blanks_end + 2) == b'/' => return None,
            _ => (blanks_end + 1, Separator::Colon),
        },
        b'>' if text.before(name_start, 1) == b'<' => (blanks_end + 1, Separator::Tag),
        b'%' if !spaced && text.starts_with_ignoring_case(blanks_end + 1, b"3D") => (blanks_end + 3, Separator::Equals),
        b'%' if !spaced && text.starts_with_ignoring_case(blanks_end + 1, b"3A") => (blanks_end + 3, Separator::Colon),
        b'\\' if text.starts_with_ignoring_case(blanks_end + 1, b"u003d") => (blanks_end + 6, Separator::Equals),
        // `["--password", "X"]` as well as `--password X`.
        b',' if flag && closed => (blanks_end + 1, Separator::Blank),
        next if flag && spaced && next > b' ' && next != b'-' => (blanks_end, Separator::Blank),
        // `<entry key="password">X<`
        b'>' if closed => (blanks_end + 1, Separator::Tag),
        _ if let Some(after) = named_value(text, at) => (after, Separator::Equals),
        _ => return None,
    };
    if separator == Separator::Tag {
        return Some((after, separator));
    }
    let start = text.run(after, BLANKS_MAX, |byte| byte == b' ' || byte == b'\t');
    // `password= user=x`: the value is empty, what follows is the next pair.
    if pair == PairBehind::Next && start > after && begins_pair_with_value(text, start) {
        return None;
    }
    // `password= rejected` is a sentence, `password = rejected` an assignment.
    if separator == Separator::Equals && start > after && !spaced && !looks_made_up(text.slice(start, start + 16)) {
        return None;
    }
    (text.at(start) > b' ').then_some((start, separator))
}

/// The place behind `value=` or `"value":`, where the name before it was itself a value: `key="ApiKey" value="X"`,
/// `{"name":"DB_PASSWORD","value":"X"}`, `name: DB_PASSWORD` with `value: X` in the next line.
fn named_value(text: Text<'_>, at: usize) -> Option<usize> {
    const GAP_MAX: usize = 48;
    let word = text.run(at, GAP_MAX, |byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',' | b'"' | b'\'' | b'\\'));
    if word == at || !text.starts_with_ignoring_case(word, b"value") {
        return None;
    }
    let sign = text.run(word + 5, 4, |byte| matches!(byte, b'"' | b'\'' | b'\\' | b' '));
    matches!(text.at(sign), b'=' | b':').then_some(sign + 1)
}

fn begins_pair_with_value(text: Text<'_>, at: usize) -> bool {
    const NAME_MAX: usize = 32;
    let end = text.run(at, NAME_MAX, |byte| is_word(byte) || matches!(byte, b'-' | b'.'));
    end > at && text.at(end) == b'=' && text.at(end + 1) > b' ' && text.at(end + 1) != b'='
}

/// Tells whether the first word of `bytes` holds a digit, a quote or a sign: more than a plain word.
fn looks_made_up(bytes: &[u8]) -> bool {
    bytes.iter().take_while(|byte| **byte > b' ').any(|byte| !byte.is_ascii_alphabetic())
}

/// The offset behind an opening quote at `at`, and how many backslashes escape it.
fn opening_quote(text: Text<'_>, at: usize) -> Option<(usize, usize)> {
    let quote_at = text.run(at, BACKSLASHES_MAX, |byte| byte == b'\\');
    if text.starts_with_ignoring_case(at, b"%22") {
        return None;
    }
    matches!(text.at(quote_at), b'"' | b'\'' | b'`').then_some((quote_at + 1, quote_at - at))
}

/// The end of a quoted value: its closing quote at the same level, else the end of the line.
pub fn closing_quote(text: Text<'_>, start: usize, quote: u8, backslashes: usize) -> usize {
    let limit = text.len();
    let mut at = start;
    let mut run = 0;
    while at < limit {
        let byte = text.at(at);
        if byte == b'\\' {
            run += 1;
        } else if byte == quote && closes(run, backslashes) {
            return at - run.min(backslashes).min(at - start);
        } else if byte == b'\n' {
            return at - usize::from(text.before(at, 1) == b'\r' && at > start);
        } else {
            run = 0;
        }
        at += 1;
    }
    limit
}

/// Tells whether `run` backslashes before a quote leave it unescaped at the level where `level` of them open one.
fn closes(mut run: usize, mut level: usize) -> bool {
    while level > 0 {
        if run.is_multiple_of(2) {
            // An outer string ends here, and everything in it.
            return true;
        }
        run /= 2;
        level /= 2;
    }
    run.is_multiple_of(2)
}

/// Leaves out brackets that close what was opened before the name: `{user=x, password=y}`.
///
/// A bracket without such an opener belongs to the value: passwords end with `)` as well.
fn trim_closers(text: Text<'_>, name_start: usize, start: usize, mut end: usize) -> usize {
    const LINE_MAX: usize = 128;
    // No more can be open in that much of a line; and the answer per kind of bracket is looked for once.
    let floor = end.saturating_sub(LINE_MAX).max(start + 1);
    let judged = text.slice(start, end.min(start + JUDGED_BYTES));
    let mut open = [None; 3];
    while end > floor {
        let (opener, closer, kind) = match text.before(end, 1) {
            b')' => (b'(', b')', 0),
            b'}' => (b'{', b'}', 1),
            b']' => (b'[', b']', 2),
            _ => break,
        };
        let depth = |bytes: &[u8]| {
            bytes.iter().fold(0usize, |depth, byte| {
                if *byte == opener { depth + 1 } else { depth.saturating_sub(usize::from(*byte == closer)) }
            })
        };
        let opened = || !judged.contains(&opener) && depth(text.line_before(name_start, LINE_MAX)) > 0;
        if !open.get_mut(kind).is_some_and(|known: &mut Option<bool>| *known.get_or_insert_with(opened)) {
            break;
        }
        end -= 1;
    }
    end
}

/// Tells whether a value only stands for one: masked, a variable, a format, nothing, or a placeholder of ours.
pub fn stands_for_value(value: &[u8]) -> bool {
    let Some((&first, rest)) = value.split_first() else { return true };
    // What is longer may go on with a secret, perhaps behind the end of the view.
    if value.len() > STAND_IN_MAX_BYTES {
        return false;
    }
    let last = value.last().copied().unwrap_or(first);
    let masked = |byte: &u8| matches!(byte, b'*' | b'.' | b'#' | b'?' | b'-' | b'_');
    if value.iter().all(masked) || (value.len() >= 3 && value.iter().all(|byte| matches!(byte, b'x' | b'X'))) {
        return true;
    }
    if value.starts_with("•".as_bytes()) {
        return true;
    }
    let upper_name = |bytes: &[u8]| {
        !bytes.is_empty()
            && bytes.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
    };
    match first {
        b'<' => return true,
        // The mark of a block with nothing below it.
        b'|' | b'>' => return matches!(rest, b"" | b"-" | b"+"),
        b'$' => return upper_name(rest) || (rest.first() == Some(&b'{') && last == b'}') || rest.starts_with(b"("),
        b'{' => return value.starts_with(b"{{"),
        b'[' => return placeholder(value),
        b'%' => return value.len() <= 3 && last.is_ascii_alphabetic(),
        b'(' => return value.eq_ignore_ascii_case(b"(null)") || value.eq_ignore_ascii_case(b"(none)"),
        _ => {}
    }
    static NOTHING: Words = Words::new(&[
        b"null",
        b"nil",
        b"none",
        b"true",
        b"false",
        b"undefined",
        b"yes",
        b"no",
        b"redacted",
        b"n/a",
        b"empty",
    ]);
    NOTHING.hold(value)
}

/// Tells whether a value is `[Password_1]`, `[REDACTED]` or the like, so that redacted text stays as it is.
fn placeholder(value: &[u8]) -> bool {
    let inner = value.strip_prefix(b"[").unwrap_or(value);
    let end = inner.iter().position(|byte| *byte == b']').unwrap_or(inner.len());
    let name = inner.get(..end).unwrap_or(&[]);
    let numbered = || {
        let cut = name.iter().rposition(|byte| *byte == b'_').unwrap_or(0);
        cut > 0
            && name.get(cut + 1..).is_some_and(|digits| !digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
            && name.get(..cut).is_some_and(|label| label.iter().all(u8::is_ascii_alphanumeric))
    };
    const MASKS: [&[u8]; 5] = [b"redacted", b"masked", b"filtered", b"hidden", b"removed"];
    end < inner.len() && (MASKS.iter().any(|mask| name.eq_ignore_ascii_case(mask)) || numbered())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn value_of(line: &str, name: &str) -> Option<String> {
        let at = line.find(name).unwrap();
        let mut ends = ValueEnds::new();
        let value = find_value(Text::new(line), &mut ends, at, at + name.len(), PairBehind::Next)?;
        Some(line[value.start..value.end].to_owned())
    }

    fn check(line: &str, expected: Option<&str>) {
        assert_eq!(value_of(line, "pw").as_deref(), expected, "{line}");
    }

    #[test]
    fn separators_and_quotes_are_stepped_over() {
        check("pw=abc x", Some("abc"));
        check("pw = abc", Some("abc"));
        check("pw: abc", Some("abc"));
        check("pw => 'a b'", Some("a b"));
        check(r#"{"pw":"abc","x":1}"#, Some("abc"));
        check(r#"{"pw" : "a\"b c"}"#, Some(r#"a\"b c"#));
        check(r#"{"m":"{\"pw\":\"a\\\"b\",\"x\":1}"}"#, Some(r#"a\\\"b"#));
        check("<pw>abc</pw>", Some("abc"));
        check("x%26pw%3Dabc%26y%3D1", Some("abc"));
        check(r"pw\u003dabc\u0026x", Some("abc"));
        check("$x['pw'] = 'abc'", Some("abc"));
    }

    #[test]
    fn empty_values_and_programs_have_no_value() {
        check("pw= user=x", None);
        check("pw=", None);
        check("pw=\"\"", None);
        check("pw::new()", None);
        check("pw://x", None);
        check("pw abc", None);
        check("pw= rejected", None);
    }

    #[test]
    fn unquoted_values_end_at_the_next_pair_and_keep_their_signs() {
        check("pw=a&b(c)*^x next", Some("a&b(c)*^x"));
        check("pw=ab&next=1", Some("ab"));
        check("?pw=ab&next#x", Some("ab"));
        check("pw=ab;host=x", Some("ab"));
        check("pw=a,b, next", Some("a,b"));
        check("{user=x, pw=ab}", Some("ab"));
        check("pw=ab}", Some("ab}"));
        check("pw=(ab)", Some("(ab)"));
    }

    #[test]
    fn an_unclosed_quote_ends_with_its_line() {
        check("pw=\"abc def\nnext\"", Some("abc def"));
    }

    #[test]
    fn forms_that_stand_for_a_value_are_known() {
        for value in
            ["****", "xxxx", "${PW}", "$PW", "<password>", "[Password_12]", "[REDACTED]", "null", "%s", "{{ pw }}"]
        {
            assert!(stands_for_value(value.as_bytes()), "{value}");
        }
        for value in ["x1", "$ecret", "[abc", "nullable1", "%sabc", "*a*"] {
            assert!(!stands_for_value(value.as_bytes()), "{value}");
        }
    }
}
