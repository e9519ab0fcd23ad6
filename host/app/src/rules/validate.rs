//! What a match has to be besides: check digits, and randomness.

/// A check of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Validator {
    /// None.
    Anything,
    /// The digits in it end in a Luhn check digit.
    Luhn,
    /// An IBAN: its remainder by 97 is 1.
    Iban,
    /// At least so many bits per character, by Shannon.
    Entropy(f64),
}

/// How validators are written, for errors.
pub(super) const FORMS: &str = "none, luhn, iban, or entropy N with N from 0 to 8";

impl Validator {
    /// Reads `luhn`, `entropy 3.5` and so on.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => Some(Self::Anything),
            "luhn" => Some(Self::Luhn),
            "iban" => Some(Self::Iban),
            other => {
                let bits: f64 = other.strip_prefix("entropy ")?.trim().parse().ok()?;
                (0.0..=8.0).contains(&bits).then_some(Self::Entropy(bits))
            }
        }
    }

    /// As it is written.
    pub(super) fn name(self) -> String {
        match self {
            Self::Anything => "none".to_owned(),
            Self::Luhn => "luhn".to_owned(),
            Self::Iban => "iban".to_owned(),
            Self::Entropy(bits) => format!("entropy {bits}"),
        }
    }

    pub(super) fn accepts(self, value: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Luhn => luhn(value),
            Self::Iban => iban(value),
            Self::Entropy(bits) => entropy(value) >= bits,
        }
    }
}

fn luhn(value: &str) -> bool {
    let digits: Vec<u32> = value.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    digits.len() >= 2 && sum.is_multiple_of(10)
}

fn iban(value: &str) -> bool {
    let signs: Vec<u32> = value.chars().filter(|c| !matches!(c, ' ' | '-')).filter_map(|c| c.to_digit(36)).collect();
    let all = value.chars().filter(|c| !matches!(c, ' ' | '-')).count();
    if signs.len() != all || !(15..=34).contains(&all) || signs.iter().take(2).any(|sign| *sign < 10) {
        return false;
    }
    let moved = signs.iter().skip(4).chain(signs.iter().take(4));
    moved.fold(0, |rest, sign| if *sign < 10 { (rest * 10 + sign) % 97 } else { (rest * 100 + sign) % 97 }) == 1
}

fn entropy(value: &str) -> f64 {
    let mut counts = std::collections::BTreeMap::<char, u32>::new();
    value.chars().for_each(|c| *counts.entry(c).or_default() += 1);
    let all = f64::from(counts.values().sum::<u32>());
    counts.values().map(|count| f64::from(*count) / all).map(|part| -part * part.log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_and_randomness() {
        for (value, luhn_is, iban_is) in [
            ("4111 1111 1111 1111", true, false),
            ("4111 1111 1111 1112", false, false),
            ("DE89 3704 0044 0532 0130 00", false, true),
            ("DE88 3704 0044 0532 0130 00", false, false),
            ("", false, false),
            ("0", false, false),
            ("\u{e4}\u{e4}", false, false),
        ] {
            assert_eq!(luhn(value), luhn_is, "{value}");
            assert_eq!(iban(value), iban_is, "{value}");
        }
        assert!(entropy("aaaaaaaa") < 0.1 && entropy("aB3$xY9!") > 2.9 && entropy("").abs() < 0.1);
    }

    #[test]
    fn forms_are_read_and_written() {
        for form in ["none", "luhn", "iban", "entropy 3.5", "entropy 0", "entropy 8"] {
            assert_eq!(Validator::parse(form).map(Validator::name).as_deref(), Some(form));
        }
        for wrong in ["", "Luhn", "entropy", "entropy x", "entropy 9", "entropy -1", "entropy NaN", "entropy inf"] {
            assert_eq!(Validator::parse(wrong), None, "{wrong}");
        }
    }
}
