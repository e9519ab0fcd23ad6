//! Sets of command names that are asked for every word of a line.
//!
//! A lookup costs a few nanoseconds, whatever the word is: the tables are made when this is compiled.

/// A fixed set of at most 254 ASCII names.
pub(crate) struct Names {
    list: &'static [&'static str],
    /// For each hash, the first name with it, counted from 1.
    heads: [u8; 256],
    /// For each name, the next one of the same hash, counted from 1.
    next: [u8; 255],
}

impl Names {
    pub(crate) const fn new(list: &'static [&'static str]) -> Self {
        assert!(list.len() < 255, "a name has a number of one byte");
        let (mut heads, mut next) = ([0_u8; 256], [0_u8; 255]);
        let (mut at, mut number) = (0, 1_u8);
        while at < list.len() {
            let hash = hash(list[at].as_bytes());
            next[at] = heads[hash];
            heads[hash] = number;
            at += 1;
            number += 1;
        }
        Self { list, heads, next }
    }

    /// Tells whether the word is one of the names.
    pub(crate) fn contains(&self, word: &str) -> bool {
        let mut number = self.heads.get(hash(word.as_bytes())).copied().unwrap_or_default();
        while let Some(at) = usize::from(number).checked_sub(1) {
            if self.list.get(at) == Some(&word) {
                return true;
            }
            number = self.next.get(at).copied().unwrap_or_default();
        }
        false
    }
}

/// Mixes first and last letter and length into 0 to 255.
const fn hash(word: &[u8]) -> usize {
    match word {
        [] => 0,
        [first, .., last] => (*first as usize * 7 + *last as usize * 31 + word.len() * 67) & 255,
        [only] => *only as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn only_the_names_are_in_the_set() {
        static SET: Names = Names::new(&["rm", "mkfs", "mv"]);
        for (word, is) in
            [("rm", true), ("mv", true), ("mkfs", true), ("rx", false), ("", false), ("mkf", false), ("ém", false)]
        {
            assert_eq!(SET.contains(word), is, "{word}");
        }
        assert!(!SET.contains(&"r".repeat(70)));
        // More names than hashes would hold without chains.
        static LONG: Names = Names::new(&["a", "aa", "aba", "abba", "axa", "aya", "aza", "b", "", "ab"]);
        assert!(["aba", "axa", "aya", "aza", "", "b", "abba"].iter().all(|word| LONG.contains(word)));
        assert!(!LONG.contains("ava") && !LONG.contains("c"));
    }
}
