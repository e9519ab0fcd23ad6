//! Sets of three letters, as bits: one look-up tells whether a word may begin or end as a rule wants.
//!
//! Owns: the slots. Must not know: words, rules. Letters count without case, and different ones may share a slot.

/// A set of three letters each.
pub struct Grams([u64; 512]);

const fn slot(three: u32) -> usize {
    (three & 31 | (three >> 3 & 0x3e0) | (three >> 6 & 0x7c00)) as usize
}

impl Grams {
    /// A set of nothing.
    pub const fn empty() -> Self {
        Self([0; 512])
    }

    /// Adds three letters.
    #[must_use]
    pub const fn with(mut self, three: [u8; 3]) -> Self {
        let slot = slot(u32::from_le_bytes([three[0], three[1], three[2], 0]));
        self.0[slot / 64] |= 1 << (slot % 64);
        self
    }

    /// Adds the first three bytes of a word; of a shorter one, everything that may follow it.
    #[must_use]
    pub const fn with_head(mut self, word: &[u8]) -> Self {
        if word.len() >= 3 {
            return self.with([word[0], word[1], word[2]]);
        }
        let mut third = 0;
        while third < 32 {
            self = self.with([word[0], word[1], third]);
            third += 1;
        }
        self
    }

    /// Adds the last three bytes of a name, also with a separator before the last two; of a shorter one, everything
    /// that may stand before it.
    #[must_use]
    pub const fn with_tail(mut self, name: &[u8]) -> Self {
        let length = name.len();
        let (before_last, last) = (name[length - 2], name[length - 1]);
        if length >= 3 {
            return self
                .with([name[length - 3], before_last, last])
                .with([b'_', before_last, last])
                .with([b'-', before_last, last])
                .with([b'.', before_last, last])
                .with([b' ', before_last, last]);
        }
        let mut third = 0;
        while third < 32 {
            self = self.with([third, before_last, last]);
            third += 1;
        }
        self
    }

    /// Tells whether the three bytes that are the lowest of `four` may be in the set.
    #[inline]
    pub fn holds(&self, four: u32) -> bool {
        let slot = slot(four);
        self.0.get(slot / 64).is_some_and(|bits| bits >> (slot % 64) & 1 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_and_tails_are_found_whatever_their_case() {
        let holds = |set: &Grams, three: &[u8; 3]| set.holds(u32::from_le_bytes([three[0], three[1], three[2], b'!']));
        let set = Grams::empty().with_head(b"ghp_").with_head(b"sk").with_tail(b"sessid").with_tail(b"pw");
        for three in [b"ghp", b"GHP", b"sk-", b"skx", b"sid", b"_id", b"xpw", b"_PW"] {
            assert!(holds(&set, three), "{three:?}");
        }
        for three in [b"gho", b"abc", b"wpx"] {
            assert!(!holds(&set, three), "{three:?}");
        }
    }
}
