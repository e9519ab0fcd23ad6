//! Owns finding many needles in one pass over a line, without regard to ASCII case (Aho–Corasick as a flat table).
//! Built anew in every call of the sandboxed plugin, so building must stay far below a millisecond per thousand states.
//! Invariants: needles are lower case and not empty; fewer than 32,768 states (a test over the real table holds that).

use std::collections::VecDeque;

/// Marks a transition into a state at which a needle ends.
const ENDS: u16 = 0x8000;
/// No needle.
const NONE: u16 = u16::MAX;

/// A table of needles.
#[derive(Debug)]
pub(crate) struct Automaton {
    class: [u8; 256],
    shift: u32,
    next: Vec<u16>,
    /// Per state: the first needle that ends there.
    first: Vec<u16>,
    /// Per state: the next shorter state at which a needle ends, 0 for none.
    shorter: Vec<u16>,
    /// Per needle: another needle with the same text.
    same: Vec<u16>,
}

impl Automaton {
    /// Builds the table. Needles beyond what 32,767 states hold are left out.
    pub(crate) fn new(needles: &[&str]) -> Self {
        let mut class = [0_u8; 256];
        let mut classes = 1_u8;
        for byte in needles.iter().flat_map(|needle| needle.bytes()) {
            if class[usize::from(byte)] == 0 {
                class[usize::from(byte)] = classes;
                class[usize::from(byte.to_ascii_uppercase())] = classes;
                classes = classes.saturating_add(1);
            }
        }
        let shift = usize::from(classes).next_power_of_two().trailing_zeros();
        let mut table = Self {
            class,
            shift,
            next: vec![0; 1 << shift],
            first: vec![NONE],
            shorter: vec![0],
            same: vec![NONE; needles.len()],
        };
        for (id, needle) in needles.iter().enumerate() {
            table.insert(u16::try_from(id).unwrap_or(NONE), needle.as_bytes());
        }
        table.link(usize::from(classes));
        table
    }

    fn insert(&mut self, id: u16, needle: &[u8]) {
        let mut state = 0_usize;
        for &byte in needle {
            let slot = (state << self.shift) | usize::from(self.class[usize::from(byte)]);
            if self.next[slot] == 0 {
                let made = u16::try_from(self.first.len()).unwrap_or(ENDS);
                if made >= ENDS {
                    return;
                }
                self.next[slot] = made;
                self.next.resize(self.next.len() + (1 << self.shift), 0);
                self.first.push(NONE);
                self.shorter.push(0);
            }
            state = usize::from(self.next[slot]);
        }
        if let Some(slot) = self.same.get_mut(usize::from(id)) {
            *slot = self.first[state];
            self.first[state] = id;
        }
    }

    /// Turns the tree into a table without failures: every state gets a transition for every class.
    fn link(&mut self, classes: usize) {
        let mut fallback = vec![0_u16; self.first.len()];
        let mut queue = VecDeque::new();
        for class in 0..classes {
            if self.next[class] != 0 {
                queue.push_back(self.next[class]);
            }
        }
        while let Some(state) = queue.pop_front() {
            let fall = usize::from(fallback[usize::from(state)]);
            self.shorter[usize::from(state)] =
                if self.first[fall] == NONE { self.shorter[fall] } else { u16::try_from(fall).unwrap_or(0) };
            for class in 0..classes {
                let slot = (usize::from(state) << self.shift) | class;
                let inherited = self.next[(fall << self.shift) | class];
                if self.next[slot] == 0 {
                    self.next[slot] = inherited;
                } else {
                    fallback[usize::from(self.next[slot])] = inherited;
                    queue.push_back(self.next[slot]);
                }
            }
        }
        for transition in &mut self.next {
            let state = usize::from(*transition);
            if self.first[state] != NONE || self.shorter[state] != 0 {
                *transition |= ENDS;
            }
        }
    }

    /// Calls `found` with needle and end offset for every occurrence, in order of the ends.
    pub(crate) fn scan(&self, text: &[u8], mut found: impl FnMut(u16, usize)) {
        let mut state = 0_usize;
        for (at, &byte) in text.iter().enumerate() {
            let transition = self.next[(state << self.shift) | usize::from(self.class[usize::from(byte)])];
            state = usize::from(transition & !ENDS);
            if transition & ENDS != 0 {
                let mut ending = state;
                while ending != 0 {
                    let mut needle = self.first[ending];
                    while needle != NONE {
                        found(needle, at + 1);
                        needle = self.same[usize::from(needle)];
                    }
                    ending = usize::from(self.shorter[ending]);
                }
            }
        }
    }

    /// How many states the table has.
    #[cfg(test)]
    pub(crate) fn states(&self) -> usize {
        self.first.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(needles: &[&str], text: &str) -> Vec<(u16, usize)> {
        let mut all = Vec::new();
        Automaton::new(needles).scan(text.as_bytes(), |needle, end| all.push((needle, end)));
        all.sort_unstable();
        all
    }

    #[test]
    fn overlapping_nested_and_equal_needles_are_all_found() {
        assert_eq!(found(&["he", "she", "hers", "he"], "usHErs"), [(0, 4), (1, 4), (2, 6), (3, 4)]);
    }

    proptest! {
        #[test]
        fn agrees_with_searching_one_by_one(needles in proptest::collection::vec("[a-c]{1,4}", 1..8), text in "[a-cA-C]{0,60}") {
            let borrowed: Vec<&str> = needles.iter().map(String::as_str).collect();
            let lower = text.to_ascii_lowercase();
            let mut expected = Vec::new();
            for (id, needle) in borrowed.iter().enumerate() {
                for end in needle.len()..=lower.len() {
                    if lower[..end].ends_with(needle) {
                        expected.push((u16::try_from(id).expect("few"), end));
                    }
                }
            }
            expected.sort_unstable();
            prop_assert_eq!(found(&borrowed, &text), expected);
        }
    }
}
