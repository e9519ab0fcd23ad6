//! Owns telling whether the words around a phrase take it back: `disk full: false`, `no longer`, `count 0`, `resolved`.
//! Knows nothing about facts or levels. Invariants: looks at no more than [`NEAR_BYTES`] on either side, and never past
//! the end of the clause, so a negation elsewhere in the line takes nothing back.

/// How far from the phrase a word still belongs to it.
const NEAR_BYTES: usize = 40;
/// Words between a phrase and what is said of it.
const BETWEEN_MAX: usize = 4;

/// Whether the lower-cased line takes back what it says at `start..end`.
pub(crate) fn denied(lower: &[u8], start: usize, end: usize) -> bool {
    before(lower.get(start.saturating_sub(NEAR_BYTES)..start).unwrap_or(&[]))
        || after(lower.get(end..lower.len().min(end.saturating_add(NEAR_BYTES))).unwrap_or(&[]))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'\'' | b'_' | b'-') || !byte.is_ascii()
}

fn words(text: &[u8]) -> impl DoubleEndedIterator<Item = &[u8]> {
    text.split(|byte| !is_word(*byte)).map(unquoted).filter(|word| !word.is_empty())
}

/// `not …`, `no sign of …`, `no longer …`, `0 …`, `resolved: …`.
fn before(near: &[u8]) -> bool {
    // A head such as `[RESOLVED]` or `resolved:` speaks of all that follows.
    let mut back = words(near).rev();
    if matches!(back.next(), Some(b"resolved" | b"cleared")) {
        return !matches!(back.next(), Some(b"be" | b"not" | b"cannot" | b"never"));
    }
    let clause = near.iter().rposition(|byte| matches!(byte, b',' | b';' | b':' | b'.' | b'(' | b'|' | b'=' | b'['));
    let mut back = words(near.get(clause.map_or(0, |at| at + 1)..).unwrap_or(&[])).rev();
    let filler = |word: &&[u8]| {
        matches!(
            *word,
            b"a" | b"an"
                | b"any"
                | b"the"
                | b"more"
                | b"longer"
                | b"sign"
                | b"signs"
                | b"of"
                | b"due"
                | b"to"
                | b"because"
                | b"seen"
                | b"single"
                | b"new"
                | b"further"
        )
    };
    match back.by_ref().find(|word| !filler(word)) {
        Some(b"no" | b"not" | b"without" | b"never" | b"zero" | b"isn't" | b"wasn't" | b"if" | b"unless") => true,
        // A bare 0 before a phrase is a count only where nothing else claims it, such as `errno 0`.
        Some(b"0") => {
            matches!(
                back.next(),
                None | Some(b"had" | b"has" | b"saw" | b"with" | b"found" | b"was" | b"were" | b"and")
            )
        }
        _ => false,
    }
}

fn unquoted(word: &[u8]) -> &[u8] {
    let word = word.strip_prefix(b"'").unwrap_or(word);
    word.strip_suffix(b"'").unwrap_or(word)
}

/// `…: false`, `… = 0`, `… count 0`, `… is resolved`, `… no longer …`, `… not seen`.
fn after(near: &[u8]) -> bool {
    let mut rest = skip(near, |byte| matches!(byte, b'"' | b'\'' | b'`' | b')' | b']' | b'\\'));
    // The phrase may end within a word: `disk full` of `disk fullness` says something else.
    if rest.first().is_some_and(|byte| is_word(*byte)) && !rest.starts_with(b"s") {
        return false;
    }
    rest = rest.strip_prefix(b"s").unwrap_or(rest);
    for _ in 0..BETWEEN_MAX {
        let behind = skip(rest, |byte| matches!(byte, b' ' | b'\t' | b'"' | b'\'' | b'[' | b']'));
        let (sign, behind) = match behind.split_first() {
            Some((sign @ (b':' | b'='), behind)) => {
                (Some(*sign), skip(behind, |byte| matches!(byte, b' ' | b'"' | b'\'')))
            }
            _ => (None, behind),
        };
        let length = behind.iter().position(|byte| !is_word(*byte)).unwrap_or(behind.len());
        let (word, next) = behind.split_at(length);
        match unquoted(word) {
            b"false" | b"none" | b"nil" | b"null" | b"never" => return sign.is_some() || ends(next),
            // "connection refused: no further information" reports a failure, and so does "disk full: 0 bytes left".
            b"no" if ends(next) => return true,
            b"0" => {
                let counted = matches!(words(next).next(), Some(b"times" | b"occurrences" | b"errors" | b"events"));
                let figure = next.starts_with(b".") && next.get(1).is_some_and(u8::is_ascii_digit);
                return !figure && (ends(next) || counted || sign == Some(b'=') && next.starts_with(b" "));
            }
            b"no" => return sign.is_none() && matches!(words(next).next(), Some(b"longer" | b"more")),
            b"not" => {
                return sign.is_none()
                    && matches!(
                        words(next).next(),
                        Some(b"seen" | b"found" | b"detected" | b"observed" | b"reached" | b"present" | b"active")
                    );
            }
            b"resolved" | b"cleared" | b"recovered" => return true,
            b"is" | b"was" | b"has" | b"been" | b"have" | b"are" | b"were" | b"now" | b"alert" | b"alarm"
            | b"condition" | b"state" | b"incident" | b"count" | b"total" | b"error" | b"errors" | b"event"
            | b"events" => rest = next,
            _ => return false,
        }
    }
    false
}

fn skip(text: &[u8], drop: impl Fn(u8) -> bool) -> &[u8] {
    let from = text.iter().position(|byte| !drop(*byte)).unwrap_or(text.len());
    text.get(from..).unwrap_or(&[])
}

/// Whether a value is complete: nothing follows that belongs to it.
fn ends(next: &[u8]) -> bool {
    let next = next.trim_ascii_start();
    match next.first() {
        None => true,
        Some(b'.') => !next.get(1).is_some_and(u8::is_ascii_digit),
        Some(byte) => matches!(byte, b',' | b';' | b')' | b'}' | b']' | b'|' | b'"' | b'\'' | b'!'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn taken_back(line: &str, phrase: &str) -> bool {
        let lower = line.to_ascii_lowercase();
        let start = lower.find(phrase).expect("the phrase");
        denied(lower.as_bytes(), start, start + phrase.len())
    }

    #[test]
    fn values_and_verdicts_behind_a_phrase_take_it_back() {
        for (line, phrase) in [
            ("disk full: false, out of memory: never", "disk full"),
            ("disk full: false, out of memory: never", "out of memory"),
            ("no space left on device: no", "no space left on device"),
            ("connection refused=0 reset=0", "connection refused"),
            ("Connection refused count 0", "connection refused"),
            ("connection refused: 0 times", "connection refused"),
            ("alert 'OOMKilled' resolved", "oomkilled"),
            ("alert OOMKilled has been cleared", "oomkilled"),
            ("{\"OOMKilled\": false, \"x\": 1}", "oomkilled"),
            ("disk full is no longer true", "disk full"),
            ("disk full alarm not active", "disk full"),
        ] {
            assert!(taken_back(line, phrase), "{line}");
        }
    }

    #[test]
    fn negations_before_a_phrase_take_it_back() {
        for (line, phrase) in [
            ("ended, but not due to disk full", "disk full"),
            ("no longer disk full", "disk full"),
            ("there was no sign of a 'disk full'", "disk full"),
            ("ran without connection refused", "connection refused"),
            ("had 0 connection refused", "connection refused"),
            ("[RESOLVED] disk full on db1", "disk full"),
            ("retries if connection refused", "connection refused"),
        ] {
            assert!(taken_back(line, phrase), "{line}");
        }
    }

    #[test]
    fn genuine_reports_stand() {
        for (line, phrase) in [
            ("Connection refused: no further information: /[IPv4_1]:80", "connection refused"),
            ("disk full: 0 bytes left", "disk full"),
            ("disk full: 0.5% free", "disk full"),
            ("no flush, disk full", "disk full"),
            ("could not be resolved: name or service not known", "name or service not known"),
            ("db1 could not be resolved (110: connection timed out)", "connection timed out"),
            ("connection timed out: the server is no longer there", "connection timed out"),
            ("not started. disk full", "disk full"),
            ("write failed: No space left on device", "no space left on device"),
            ("errno 0 connection refused", "connection refused"),
            ("connection refused, giving up; last alert resolved", "connection refused"),
        ] {
            assert!(!taken_back(line, phrase), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_and_any_range_are_judged(line in proptest::collection::vec(any::<u8>(), 0..120), a in 0_usize..130, b in 0_usize..130) {
            let judged = denied(&line, a.min(b), a.max(b));
            // Far words change nothing.
            let mut long = vec![b'x'; NEAR_BYTES];
            long.extend_from_slice(b" disk full");
            let end = long.len();
            long.extend(std::iter::repeat_n(b'y', NEAR_BYTES));
            long.extend_from_slice(&line);
            prop_assert!(!denied(&long, end - 9, end));
            let _ = judged;
        }
    }
}
