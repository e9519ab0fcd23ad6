//! Numbers for text that only passes through: nothing is stored, and nothing has to be restored.
//!
//! Owns: the placeholders of a stream. Invariants: what is remembered is bounded, however long the stream; a number is
//! never given twice; a value keeps its placeholder at least until [`VALUES_MAX`] others, or [`BYTES_MAX`] bytes of
//! them, were seen behind it.

use std::collections::HashMap;

use crate::placeholder::{Placeholder, placeholder_name};
use crate::pseudonym::{Numbering, PseudonymError, key_of};

/// Values of one generation; two are remembered.
const VALUES_MAX: usize = 32 << 10;
/// Bytes of the values of one generation.
const BYTES_MAX: usize = 2 << 20;
/// A longer value gets a new number each time: it would push out all others.
const VALUE_BYTES_MAX: usize = 256 << 10;
/// Names of placeholders; detectors have at most so many labels together.
const NAMES_MAX: usize = 4_096;

/// Which placeholder stands for which of the values that were seen last.
#[derive(Default)]
pub struct PassingNames {
    names: Vec<(String, u32)>,
    /// Labels that were seen, and which of the names is theirs.
    labels: Vec<(String, usize)>,
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    by_key: HashMap<String, (usize, u32)>,
    bytes: usize,
}

impl PassingNames {
    fn name(&mut self, label: &str) -> Result<usize, PseudonymError> {
        if let Some((_, index)) = self.labels.iter().find(|(known, _)| known == label) {
            return Ok(*index);
        }
        let name = placeholder_name(label);
        let index = self.names.iter().position(|(known, _)| *known == name);
        if index.is_none() && self.names.len() >= NAMES_MAX {
            return Err(PseudonymError::Exhausted { label: name });
        }
        let index = index.unwrap_or_else(|| {
            self.names.push((name, 0));
            self.names.len() - 1
        });
        if self.labels.len() < NAMES_MAX {
            self.labels.push((label.to_owned(), index));
        }
        Ok(index)
    }

    fn remember(&mut self, key: String, given: (usize, u32)) {
        if self.young.by_key.len() >= VALUES_MAX || self.young.bytes + key.len() > BYTES_MAX {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.bytes += key.len();
        self.young.by_key.insert(key, given);
    }
}

impl Numbering for PassingNames {
    fn placeholder_for(&mut self, label: &str, value: &str) -> Result<Placeholder<'_>, PseudonymError> {
        let wanted = self.name(label)?;
        let (key, known) = {
            let key = key_of(&self.names[wanted].0, value);
            let young = self.young.by_key.get(&*key).copied();
            let known = young.or_else(|| self.old.by_key.get(&*key).copied());
            // Those of the young generation are the last seen already.
            ((young.is_none() && key.len() <= VALUE_BYTES_MAX).then(|| key.into_owned()), known)
        };
        let (index, ordinal) = match known {
            Some(given) => given,
            None => {
                let (name, last) = &mut self.names[wanted];
                *last = last.checked_add(1).ok_or_else(|| PseudonymError::Exhausted { label: name.clone() })?;
                (wanted, *last)
            }
        };
        if let Some(key) = key {
            self.remember(key, (index, ordinal));
        }
        Ok(Placeholder { name: &self.names[index].0, ordinal })
    }

    fn gave(&self, placeholder: Placeholder<'_>) -> bool {
        self.names.iter().any(|(name, last)| name == placeholder.name && placeholder.ordinal <= *last)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_placeholders_and_those_of_an_issue_are_given_in_the_same_order() {
        let mut passing = PassingNames::default();
        let mut all = crate::Pseudonyms::default();
        for (label, value) in [("Ipv4", "10.0.0.1"), ("Email", "A@b.co"), ("Email", "a@B.co"), ("ApiKey", "A@b.co")] {
            let wanted = all.placeholder_for(label, value).unwrap().to_string();
            assert_eq!(passing.placeholder_for(label, value).unwrap().to_string(), wanted, "{label} {value}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_no_number_is_given_twice() {
        let mut passing = PassingNames::default();
        let mut number = |value: &str| passing.placeholder_for("Email", value).unwrap().ordinal;
        assert_eq!(number("kept"), 1);
        for n in 0..VALUES_MAX * 3 {
            let ordinal = number(&format!("user{n}"));
            assert_eq!(ordinal as usize, n + 2);
            if n % (VALUES_MAX / 2) == 0 {
                assert_eq!(number("kept"), 1, "it is seen often enough to be remembered");
            }
        }
        assert_eq!(number("user0") as usize, VALUES_MAX * 3 + 2, "forgotten, and given a number of its own");
        assert!(passing.young.by_key.len() + passing.old.by_key.len() <= 2 * VALUES_MAX + 2);
        let long = "x".repeat(VALUE_BYTES_MAX + 1);
        let first = passing.placeholder_for("PrivateKey", &long).unwrap().ordinal;
        assert_eq!(passing.placeholder_for("PrivateKey", &long).unwrap().ordinal, first + 1);
    }
}
