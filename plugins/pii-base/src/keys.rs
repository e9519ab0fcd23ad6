//! Which names announce a secret: `DB_PASSWORD`, `clientSecret`, `X-Api-Key`, `"access_token"`.
//!
//! Owns: the table of names and how a name is folded before it is looked up.
//! Must not know: what stands after the name.
//! Invariant: reads at most `KEY_MAX_BYTES` before the end of the name.

use crate::kind::Kind;
use pii_scan::grams::Grams;
use pii_scan::text::{DIGIT, LETTER, LOWER, Text, UNDERSCORE, UPPER, class};
use pii_scan::words::NUMBER_MAX_BYTES;

/// The longest name looked at; of a longer one only the end counts.
const KEY_MAX_BYTES: usize = 40;
/// One bit for each.
const _: () = assert!(KEY_MAX_BYTES <= u64::BITS as usize);

/// How much a name says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Nearly any value is the secret.
    Strong,
    /// The value must look like a secret.
    Weak,
    /// Counts only as a parameter of a URL.
    Query,
}

/// What is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Secret(Kind, Strength),
    /// A short number: one-time password or card check value.
    Digits(Kind),
    /// An HTTP `Authorization` header.
    Authorization,
    /// The header with all cookies, or the one that sets one.
    CookieHeader,
    Host,
    /// The address of a network interface.
    Hardware,
}

/// A name found in front of a separator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pub(crate) start: usize,
    pub(crate) meaning: Meaning,
}

struct Rule {
    /// The end of the folded name: lower case, without `_ - .` and blanks.
    tail: &'static str,
    /// The tail must begin where a part of the name begins (`bypass` is no `pass`).
    whole: bool,
    meaning: Meaning,
}

const fn any(tail: &'static str, kind: Kind) -> Rule {
    Rule { tail, whole: false, meaning: Meaning::Secret(kind, Strength::Strong) }
}
const fn part(tail: &'static str, kind: Kind, strength: Strength) -> Rule {
    Rule { tail, whole: true, meaning: Meaning::Secret(kind, strength) }
}
const fn special(tail: &'static str, meaning: Meaning) -> Rule {
    Rule { tail, whole: true, meaning }
}

/// The first match counts.
static RULES: &[Rule] = &[
    any("password", Kind::Password),
    any("passwd", Kind::Password),
    any("passphrase", Kind::Password),
    any("passcode", Kind::Password),
    any("passwort", Kind::Password),
    any("kennwort", Kind::Password),
    any("pswd", Kind::Password),
    any("pwd", Kind::Password),
    any("passwordhash", Kind::Password),
    any("dbpass", Kind::Password),
    any("userpass", Kind::Password),
    any("rootpass", Kind::Password),
    any("smtppass", Kind::Password),
    any("mysqlpass", Kind::Password),
    part("pass", Kind::Password, Strength::Weak),
    part("pw", Kind::Password, Strength::Weak),
    part("pincode", Kind::Password, Strength::Strong),
    special("otp", Meaning::Digits(Kind::Password)),
    special("totp", Meaning::Digits(Kind::Password)),
    special("mfacode", Meaning::Digits(Kind::Password)),
    special("verificationcode", Meaning::Digits(Kind::Password)),
    special("pin", Meaning::Digits(Kind::Password)),
    special("cvv", Meaning::Digits(Kind::CreditCard)),
    special("cvc", Meaning::Digits(Kind::CreditCard)),
    any("sharedaccesskey", Kind::ConnectionString),
    any("accountkey", Kind::ConnectionString),
    any("secret", Kind::ApiKey),
    any("secretvalue", Kind::ApiKey),
    any("apikey", Kind::ApiKey),
    any("secretkey", Kind::ApiKey),
    any("accesskey", Kind::ApiKey),
    any("privatekey", Kind::ApiKey),
    any("encryptionkey", Kind::ApiKey),
    any("signingkey", Kind::ApiKey),
    any("sharedkey", Kind::ApiKey),
    any("masterkey", Kind::ApiKey),
    any("authkey", Kind::ApiKey),
    any("licensekey", Kind::ApiKey),
    any("subscriptionkey", Kind::ApiKey),
    any("storagekey", Kind::ApiKey),
    any("servicekey", Kind::ApiKey),
    any("hmackey", Kind::ApiKey),
    any("deploykey", Kind::ApiKey),
    any("functionskey", Kind::ApiKey),
    any("applicationkey", Kind::ApiKey),
    part("appkey", Kind::ApiKey, Strength::Strong),
    part("pagetoken", Kind::ApiKey, Strength::Query),
    part("nexttoken", Kind::ApiKey, Strength::Query),
    part("continuationtoken", Kind::ApiKey, Strength::Query),
    any("accesstoken", Kind::ApiKey),
    any("refreshtoken", Kind::ApiKey),
    any("authtoken", Kind::ApiKey),
    any("idtoken", Kind::ApiKey),
    any("sessiontoken", Kind::ApiKey),
    any("apitoken", Kind::ApiKey),
    any("bearertoken", Kind::ApiKey),
    any("securitytoken", Kind::ApiKey),
    any("privatetoken", Kind::ApiKey),
    any("secrettoken", Kind::ApiKey),
    any("csrftoken", Kind::ApiKey),
    any("xsrftoken", Kind::ApiKey),
    any("jobtoken", Kind::ApiKey),
    any("bottoken", Kind::ApiKey),
    Rule { tail: "token", whole: false, meaning: Meaning::Secret(Kind::ApiKey, Strength::Weak) },
    part("jwt", Kind::ApiKey, Strength::Weak),
    part("auth", Kind::ApiKey, Strength::Weak),
    part("credential", Kind::ApiKey, Strength::Weak),
    part("credentials", Kind::ApiKey, Strength::Weak),
    part("sig", Kind::ApiKey, Strength::Query),
    part("signature", Kind::ApiKey, Strength::Query),
    part("key", Kind::ApiKey, Strength::Query),
    special("authorization", Meaning::Authorization),
    special("cookie", Meaning::CookieHeader),
    any("jsessionid", Kind::Cookie),
    any("phpsessid", Kind::Cookie),
    any("sessid", Kind::Cookie),
    part("sessionid", Kind::Cookie, Strength::Weak),
    part("session", Kind::Cookie, Strength::Weak),
    part("sid", Kind::Cookie, Strength::Weak),
    any("aspnetcorecookies", Kind::Cookie),
    any("aspxauth", Kind::Cookie),
    any("remembertoken", Kind::Cookie),
    any("cfclearance", Kind::Cookie),
    any("privatekeyid", Kind::ApiKey),
    any("secretkeybase", Kind::ApiKey),
    any("identifiedby", Kind::Password),
    any("identifiedwith", Kind::Password),
    special("mac", Meaning::Hardware),
    special("macaddress", Meaning::Hardware),
    special("macaddr", Meaning::Hardware),
    special("hwaddr", Meaning::Hardware),
    special("bssid", Meaning::Hardware),
    special("host", Meaning::Host),
    special("hostname", Meaning::Host),
    special("rhost", Meaning::Host),
    special("fqdn", Meaning::Host),
    special("server", Meaning::Host),
    special("servername", Meaning::Host),
    special("node", Meaning::Host),
    special("nodename", Meaning::Host),
    special("dnsname", Meaning::Host),
    special("workstation", Meaning::Host),
];

/// The last three letters of every tail: the cheap question before the dear one.
pub(crate) const TAILS: Grams = {
    let mut set = Grams::empty();
    let mut index = 0;
    while index < RULES.len() {
        set = set.with_tail(RULES[index].tail.as_bytes());
        index += 1;
    }
    set
};

/// Slots of the chains by ending, a power of two.
const CHAINS: usize = 64;
/// Ends a chain.
const NONE: u8 = u8::MAX;

/// The rules chained by their last two letters, in their order: a name is compared with a handful of them.
#[allow(clippy::cast_possible_truncation, reason = "an index is below NONE, which the assertion checks")]
static CHAIN: ([u8; CHAINS], [u8; RULES.len()]) = {
    assert!(RULES.len() < NONE as usize);
    let mut heads = [NONE; CHAINS];
    let mut next = [NONE; RULES.len()];
    let mut index = RULES.len();
    while index > 0 {
        index -= 1;
        let tail = RULES[index].tail.as_bytes();
        let slot = chain_of(tail[tail.len() - 2], tail[tail.len() - 1]);
        next[index] = heads[slot];
        heads[slot] = index as u8;
    }
    (heads, next)
};

const fn chain_of(before_last: u8, last: u8) -> usize {
    (before_last as usize * 5 + last as usize) % CHAINS
}

/// The last four letters of every tail, hashed; of three and fewer letters nothing is known.
static LONG_TAILS: [u64; 64] = {
    let mut set = [0u64; 64];
    let mut index = 0;
    while index < RULES.len() {
        let tail = RULES[index].tail.as_bytes();
        let mut fourth = 0;
        while fourth < 32 {
            let length = tail.len();
            if length < 4 || tail[length - 4] & 31 == fourth {
                let third = if length < 3 { 0 } else { tail[length - 3] };
                let slot = four_slot([fourth, third, tail[length - 2], tail[length - 1]]);
                set[slot / 64] |= 1 << (slot % 64);
            }
            fourth += 1;
        }
        index += 1;
    }
    set
};

const fn four_slot(letters: [u8; 4]) -> usize {
    let folded = u32::from_le_bytes(letters) & 0x1f1f_1f1f;
    (folded.wrapping_mul(0x9e37_79b1) >> 20) as usize
}

/// Tells whether a rule may end as the name that ends at `end` does.
#[inline]
fn may_match(text: Text<'_>, end: usize) -> bool {
    let [fourth, third, before_last, last] =
        [text.before(end, 4), text.before(end, 3), text.before(end, 2), text.before(end, 1)];
    if !ENDINGS.holds(u32::from_le_bytes([third, before_last, last, 0])) {
        return false;
    }
    let letter = |byte: u8| class(byte) & LETTER != 0;
    if !(letter(third) && letter(before_last) && letter(last)) {
        return true;
    }
    let fourth = if matches!(fourth, b'_' | b'-' | b'.' | b' ') { text.before(end, 5) } else { fourth };
    let holds = |letters| {
        let slot = four_slot(letters);
        LONG_TAILS.get(slot / 64).is_some_and(|bits| bits >> (slot % 64) & 1 != 0)
    };
    // A tail of two letters is entered without a third.
    holds([fourth, third, before_last, last]) || holds([fourth, 0, before_last, last])
}

static ENDINGS: Grams = TAILS;

/// The first rule from `index` of its chain on whose tail ends the folded name; `starts` has a bit for each of its
/// letters that begins a part, the last letter's being that of `KEY_MAX_BYTES - 1`.
fn find_rule(mut index: u8, name: &[u8], starts: u64) -> Option<&'static Rule> {
    while let Some(rule) = RULES.get(usize::from(index)) {
        if name.ends_with(rule.tail.as_bytes()) && (!rule.whole || starts >> (KEY_MAX_BYTES - rule.tail.len()) & 1 != 0)
        {
            return Some(rule);
        }
        index = *CHAIN.1.get(usize::from(index))?;
    }
    None
}

/// The last eight letters of every tail, the last one lowest, and which bits of them there are.
static LAST_EIGHT: [(u64, u64); RULES.len()] = {
    let mut all = [(0, 0); RULES.len()];
    let mut index = 0;
    while index < RULES.len() {
        let tail = RULES[index].tail.as_bytes();
        let mut back = 1;
        while back <= 8 && back <= tail.len() {
            all[index].0 |= (tail[tail.len() - back] as u64) << (8 * (back - 1));
            all[index].1 |= 0xff << (8 * (back - 1));
            back += 1;
        }
        index += 1;
    }
    all
};

/// The first rule that the name that ends at `end` may fold to, found at little cost.
#[inline]
fn first_rule(text: Text<'_>, end: usize) -> Option<u8> {
    let slowly = || rules_of(last_letters(text, end), u64::MAX).next();
    let eight = end.checked_sub(8).and_then(|from| text.slice(from, end).first_chunk::<8>());
    let Some(eight) = eight.map(|eight| u64::from_be_bytes(*eight)) else { return slowly() };
    // What is no letter folds to none, so that eight bytes without a separator need not be told apart.
    let name = eight | (EACH * 0x20);
    let behind_separator = separators(eight).trailing_zeros() & !7;
    if behind_separator < 16 {
        return slowly();
    }
    if behind_separator < u64::BITS {
        // The letters behind the last separator decide most names: `logname` ends as no rule does.
        let known = (1 << behind_separator) - 1;
        return rules_of(name, known).next().and_then(|_| slowly());
    }
    // A tail that begins in the middle of a word of small letters is none: `preauth`.
    let small = |back: usize| eight.to_le_bytes().get(back).is_some_and(u8::is_ascii_lowercase);
    let in_word = |rule: &Rule| rule.whole && small(rule.tail.len()) && small(rule.tail.len() - 1);
    rules_of(name, u64::MAX).find(|index| RULES.get(usize::from(*index)).is_some_and(|rule| !in_word(rule)))
}

/// The rules whose last eight letters are these, as far as the letters are known.
#[inline]
fn rules_of(name: u64, known: u64) -> impl Iterator<Item = u8> {
    let [last, before_last, ..] = name.to_le_bytes();
    let mut next = CHAIN.0.get(chain_of(before_last, last)).copied().unwrap_or(NONE);
    std::iter::from_fn(move || {
        while let Some((tail, mask)) = LAST_EIGHT.get(usize::from(next)) {
            let index = next;
            next = CHAIN.1.get(usize::from(index)).copied().unwrap_or(NONE);
            if (name ^ tail) & mask & known == 0 {
                return Some(index);
            }
        }
        None
    })
}

/// One in each byte.
const EACH: u64 = u64::MAX / 0xff;

/// The highest bit of each of eight bytes that is left out of a folded name; of those above the lowest, perhaps of others.
const fn separators(eight: u64) -> u64 {
    const fn zeros(bytes: u64) -> u64 {
        bytes.wrapping_sub(EACH) & !bytes
    }
    (zeros(eight ^ (EACH * b'_' as u64))
        | zeros(eight ^ (EACH * b'-' as u64))
        | zeros(eight ^ (EACH * b'.' as u64))
        | zeros(eight ^ (EACH * b' ' as u64)))
        & (EACH * 0x80)
}

/// The last eight letters and digits of the name that ends at `end`, the last one lowest, separators left out.
fn last_letters(text: Text<'_>, end: usize) -> u64 {
    let (mut name, mut letters) = (0, 0);
    for byte in text.slice(end.saturating_sub(KEY_MAX_BYTES), end).iter().rev() {
        if letters == 64 {
            break;
        }
        match byte {
            b'_' | b'-' | b'.' | b' ' => {}
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                name |= u64::from(byte | 0x20) << letters;
                letters += 8;
            }
            _ => break,
        }
    }
    name
}

/// The names that end like a rule but mean something else.
const NOT_SECRET: [&str; 6] = ["tokenizer", "oldpwd", "keyboardinteractiveauth", "smtpauth", "noauth", "maxtoken"];

/// Reads the name that ends at `end`; before a blank a number behind the name makes it another word.
#[inline]
pub(crate) fn parse_key(text: Text<'_>, end: usize, blank: bool) -> Option<Key> {
    let mut letters_end = end;
    if class(text.before(end, 1)) & (DIGIT | UNDERSCORE) != 0 {
        if blank {
            return None;
        }
        // `password2`, `API_KEY_1`: a number behind the name changes nothing.
        letters_end = text.run_back(end, NUMBER_MAX_BYTES, |byte| class(byte) & (DIGIT | UNDERSCORE) != 0);
    }
    if may_match(text, letters_end) { read_key(text, letters_end) } else { None }
}

fn read_key(text: Text<'_>, letters_end: usize) -> Option<Key> {
    read_key_from(first_rule(text, letters_end)?, text, letters_end)
}

/// Reads the name that ends at `letters_end` by the rules of a chain, from the `first` on.
fn read_key_from(first: u8, text: Text<'_>, letters_end: usize) -> Option<Key> {
    let mut folded = [0u8; KEY_MAX_BYTES];
    let mut starts = 0u64;
    let mut used = KEY_MAX_BYTES;
    let floor = letters_end.saturating_sub(KEY_MAX_BYTES);
    // With one byte more, so that each has one before it.
    let mut window = text.slice(floor.saturating_sub(1), letters_end);
    let mut at = letters_end;
    let mut blanks = 0;
    let mut ahead = class(text.at(letters_end));
    let mut here = class(text.before(letters_end, 1));
    // Backwards into the end of `folded`, separators left out, part beginnings marked.
    while at > floor
        && let [before @ .., byte] = window
    {
        let previous = before.last().map_or(0, |byte| class(*byte));
        if here & (LETTER | DIGIT) != 0 {
            used -= 1;
            let part_begins = previous & LETTER == 0
                || (here & UPPER != 0 && previous & LOWER != 0)
                || (here & UPPER != 0 && ahead & LOWER != 0 && at < letters_end);
            if let Some(slot) = folded.get_mut(used) {
                *slot = byte.to_ascii_lowercase();
                starts |= u64::from(part_begins) << used;
            }
        } else if *byte == b' ' && blanks == 0 && ahead & LETTER != 0 && previous & LETTER != 0 {
            // `secret key: …`, `API key = …`: one blank inside a name.
            blanks += 1;
        } else if !matches!(byte, b'_' | b'-' | b'.') || ahead & (LETTER | DIGIT) == 0 {
            break;
        }
        (ahead, here) = (here, previous);
        window = before;
        at -= 1;
    }
    let name = folded.get(used..)?;
    let rule = find_rule(first, name, starts)?;
    if NOT_SECRET.iter().any(|other| name.ends_with(other.as_bytes())) {
        return None;
    }
    Some(Key { start: at, meaning: rule.meaning })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_rule_is_found_by_its_own_name() {
        for rule in RULES {
            for name in [rule.tail.to_owned(), format!("my_app_{}", rule.tail), rule.tail.to_uppercase()] {
                assert!(read_key(Text::new(&name), name.len()).is_some(), "{name}");
            }
        }
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_find_what_one_by_one_do(
            lead in "[ -~\n\x1b]{0,12}",
            tail in prop::sample::select(RULES.iter().map(|rule| rule.tail).collect::<Vec<_>>()),
            cut in 0..20usize,
            sign in prop::sample::select(vec!["", "_", "-", ".", " ", "=", "@", "\x0f", "é"]),
        ) {
            let cut = cut.min(tail.len());
            let name = format!("{lead}{}{sign}{}", &tail[..cut], &tail[cut..]);
            let text = Text::new(&name);
            let read = |first: Option<u8>| first.and_then(|first| read_key_from(first, text, name.len()));
            let slowly = read(rules_of(last_letters(text, name.len()), u64::MAX).next());
            let told = |key: Option<Key>| key.map(|key| (key.start, key.meaning));
            prop_assert_eq!(told(read(first_rule(text, name.len()))), told(slowly));
        }
    }
}
