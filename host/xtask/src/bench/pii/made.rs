//! A labelled log that is made up, for whoever has no other: the same bytes each time.
//!
//! Must not know: what the detectors look for. Names are put together from syllables or written down here, not taken from
//! a detector's lists; numbers that have check digits have right ones.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;

/// Lines of the log; of ten, nine are clean.
const LINES: usize = 12_000;
const SEED: u64 = 0x5eed_0f1a_6e11_ed00;

const GIVEN: [&str; 24] = [
    "Anneliese",
    "Tobiah",
    "Réginald",
    "Svetozar",
    "Ilsabil",
    "Chidinma",
    "Yevheniia",
    "Haruto",
    "Xochitl",
    "Aodhán",
    "Þórunn",
    "Małgosia",
    "Ginevra",
    "Bartholomew",
    "Noor-Fatima",
    "Jean-Yves",
    "Lakshmi",
    "Tamsin",
    "Ezequiel",
    "Mairéad",
    "Gunhild",
    "Kwabena",
    "Zsófia",
    "Otylia",
];
const ENDS: [&str; 14] =
    ["son", "ov", "ski", "berg", "ini", "ez", "dóttir", "wala", "mura", "stein", "escu", "nen", "oglu", "ton"];
const SYLLABLES: [&str; 20] = [
    "ka", "ro", "mi", "ler", "han", "vi", "da", "sto", "bre", "lin", "mar", "tho", "gri", "pel", "ö", "wes", "nu",
    "fa", "jor", "chu",
];
const CLEAN: [&str; 14] = [
    "GET /api/v2/carts/# HTTP/1.1 200 #",
    "pool exhausted: # of # connections in use",
    "reconcile done name=cart-# revision=#",
    "Successfully pulled image \"registry/cart:#\" in #ms",
    "java.lang.IllegalStateException: Page Fault Handler closed after # attempts",
    "at com.example.cart.CartService.load(CartService.java:#)",
    "Mark Sweep finished, # objects, Grace Period #s",
    "kernel: Out of Memory: Killed process # (java)",
    "systemd: Started Daily Cleanup of Temporary Directories.",
    "version #.#.# build #",
    "SELECT id FROM cart WHERE state = 'Open' LIMIT #",
    "User Agent: Mozilla/5.0 (Windows NT 10.0; Win64) Chrome/#",
    "[Parallel GC] Pause Young (Allocation Failure) #M",
    "Max Retries reached for Case Manager after # tries",
];
const LABELLED: [(&str, &str); 24] = [
    ("PERSON", "escalated to @ on call"),
    ("PERSON", "ticket assigned to @"),
    ("PERSON", "user @ logged in"),
    ("PERSON", "Author: @ <x#>"),
    ("PERSON", "customer_name=\"@\" order=#"),
    ("PERSON", "approved by @ at step #"),
    ("PERSON", "{\"full_name\":\"@\",\"id\":#}"),
    ("EMAIL_ADDRESS", "mail to @ bounced"),
    ("EMAIL_ADDRESS", "{\"email\":\"@\",\"ok\":true}"),
    ("IPV4", "connection refused from @ port #"),
    ("IPV6", "peer @ closed the stream"),
    ("MAC", "dhcp offer to @ on eth0"),
    ("CREDIT_CARD", "payment declined card=@ code=#"),
    ("IBAN", "payout to iban @ rejected"),
    ("US_SSN", "applicant ssn @ failed validation"),
    ("PHONE", "callback phone @ queued"),
    ("PASSWORD_KV", "retrying login password=@ attempt=#"),
    ("JWT", "Authorization: Bearer @"),
    ("AWS_KEY", "aws_access_key_id=@ region=eu-west-1"),
    ("GITHUB_PAT", "git clone with token @ failed"),
    ("SLACK", "slack post using @ returned 403"),
    ("URL_CRED", "dial @ failed"),
    ("EMAIL_ADDRESS", "<@> unsubscribed"),
    ("IPV4", "X-Forwarded-For: @"),
];

/// Writes `made.log`, `made.gold.jsonl` into a folder.
pub(super) fn write(folder: &Path) -> Result<(), String> {
    let (log, gold) = make();
    fs::create_dir_all(folder).map_err(|e| format!("making {}: {e}", folder.display()))?;
    for (name, text) in [("made.log", log), ("made.gold.jsonl", gold)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(|e| format!("writing {}: {e}", path.display()))?;
    }
    Ok(())
}

/// The log and its gold.
fn make() -> (String, String) {
    let (mut log, mut gold) = (String::new(), String::new());
    let mut dice = Dice(SEED);
    for line in 0..LINES {
        let _ = write!(
            log,
            "2026-03-0{}T{:02}:{:02}:{:02}Z {} cart-{} ",
            line % 9 + 1,
            line / 500 % 24,
            line / 9 % 60,
            line % 60,
            dice.pick(&["INFO", "WARN", "ERROR"]),
            dice.below(9)
        );
        if dice.below(10) > 0 {
            log.push_str(&filled(&mut dice, CLEAN[line % CLEAN.len()]));
        } else {
            let (kind, template) = *dice.pick(&LABELLED);
            let value = value(&mut dice, kind);
            let (before, behind) = template.split_once('@').unwrap_or((template, ""));
            log.push_str(&filled(&mut dice, before));
            let start = log.len();
            log.push_str(&value);
            let row = json!({ "start": start, "end": log.len(), "type": kind, "text": value });
            let _ = writeln!(gold, "{row}");
            log.push_str(&filled(&mut dice, behind));
        }
        log.push('\n');
    }
    (log, gold)
}

/// A template with a number for each `#`.
fn filled(dice: &mut Dice, template: &str) -> String {
    template.chars().map(|sign| if sign == '#' { dice.below(900).to_string() } else { sign.to_string() }).collect()
}

fn value(dice: &mut Dice, kind: &str) -> String {
    const LETTERS: &str = "abcdefghijklmnopqrstuvwxyz";
    const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    match kind {
        "PERSON" => person(dice),
        "EMAIL_ADDRESS" => {
            format!("{}.{}@{}.example", dice.word(LETTERS, 6), dice.word(LETTERS, 5), dice.word(LETTERS, 7))
        }
        "IPV4" => format!("10.{}.{}.{}", dice.below(250), dice.below(250), dice.below(250) + 1),
        "IPV6" => format!(
            "2001:db8:{}:{}::{}",
            dice.word("123456789abcdef", 4),
            dice.word("123456789abcdef", 3),
            dice.below(9)
        ),
        "MAC" => (0..6).map(|_| dice.word("0123456789abcdef", 2)).collect::<Vec<_>>().join(":"),
        "CREDIT_CARD" => {
            let body = format!("4{}", dice.word("0123456789", 14));
            format!("{body}{}", luhn_digit(&body))
        }
        "IBAN" => iban(&format!("NORD{}", dice.word("0123456789", 14))),
        "US_SSN" => format!("{}-{}-{}", 100 + dice.below(500), 10 + dice.below(80), 1000 + dice.below(8000)),
        "PHONE" => format!("+1-212-{}-{}", 200 + dice.below(700), 1000 + dice.below(8000)),
        "PASSWORD_KV" => format!("{}{}!", dice.word(ALL, 7), dice.word("0123456789", 3)),
        "JWT" => format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi{}.{}", dice.word(ALL, 30), dice.word(ALL, 43)),
        "AWS_KEY" => format!("AKIA{}", dice.word(UPPER, 16)),
        "GITHUB_PAT" => format!("ghp_{}", dice.word(ALL, 36)),
        "SLACK" => format!("xoxb-{}-{}-{}", dice.word("123456789", 12), dice.word("123456789", 12), dice.word(ALL, 24)),
        _ => format!(
            "postgres://{}:{}@{}.example:5432/cart",
            dice.word(LETTERS, 6),
            dice.word(ALL, 14),
            dice.word(LETTERS, 5)
        ),
    }
}

fn person(dice: &mut Dice) -> String {
    let mut surname: String = (0..2).map(|_| *dice.pick(&SYLLABLES)).collect();
    surname.push_str(dice.pick::<&str>(&ENDS));
    let mut letters = surname.chars();
    let surname: String = letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default();
    let given = dice.pick(&GIVEN);
    match dice.below(8) {
        0 => format!("Dr. {given} {surname}"),
        1 => format!("{given} van {surname}"),
        2 => format!("{given} {}. {surname}", dice.word("ABCDEFGHJKLM", 1)),
        _ => format!("{given} {surname}"),
    }
}

fn luhn_digit(body: &str) -> u32 {
    let sum: u32 = body
        .chars()
        .rev()
        .filter_map(|c| c.to_digit(10))
        .enumerate()
        .map(|(at, digit)| {
            let doubled = if at % 2 == 0 { digit * 2 } else { digit };
            if doubled > 9 { doubled - 9 } else { doubled }
        })
        .sum();
    (10 - sum % 10) % 10
}

/// A British account number with its check digits.
fn iban(body: &str) -> String {
    let moved = format!("{body}GB00");
    let rest = moved
        .chars()
        .filter_map(|c| c.to_digit(36))
        .fold(0, |rest, digit| if digit > 9 { (rest * 100 + digit) % 97 } else { (rest * 10 + digit) % 97 });
    format!("GB{:02}{body}", 98 - rest)
}

/// A small generator (xorshift): equal seeds, equal logs.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or_default() % limit
    }

    fn pick<'t, T>(&mut self, of: &'t [T]) -> &'t T {
        let at = self.below(of.len());
        &of[at]
    }

    fn word(&mut self, letters: &str, len: usize) -> String {
        (0..len).map(|_| char::from(*self.pick(letters.as_bytes()))).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn gold_is_where_it_says() {
        let (log, gold) = make();
        assert!(gold.lines().count() > LINES / 20);
        for row in gold.lines() {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            let bound = |name: &str| usize::try_from(row[name].as_u64().unwrap()).unwrap();
            assert_eq!(log.get(bound("start")..bound("end")), row["text"].as_str());
        }
        assert_eq!(make(), (log, gold));
    }

    #[test]
    fn check_digits_are_right() {
        assert_eq!(luhn_digit("411111111111111"), 1);
        assert_eq!(iban("NWBK60161331926819"), "GB29NWBK60161331926819");
    }
}
