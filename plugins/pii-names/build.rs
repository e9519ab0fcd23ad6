//! Makes the table that the plugin asks: a perfect hash of all words, with what is known of each.
//!
//! A word takes three bytes (a tag of 16 bits and the number of its meaning) and its share of the seeds. A word that is
//! not in the lists is taken for one that is at one in 65,536, and none of the lists' words for another.
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, missing_docs)]
#![allow(dead_code, reason = "of the shared files only part is needed here")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

#[path = "src/flags.rs"]
mod flags;
#[path = "src/fold.rs"]
mod fold;

use flags::*;

/// Words for each bucket of seeds, on average.
const BUCKET: usize = 4;
/// Slots for each hundred words.
const SLOTS_PERCENT: usize = 103;

fn main() {
    for file in ["build.rs", "src/fold.rs", "src/flags.rs", "data"] {
        println!("cargo::rerun-if-changed={file}");
    }
    let words = words();
    let (seeds, slots) = perfect(&words);
    let mut meanings: Vec<u16> = words.values().copied().collect();
    meanings.sort_unstable();
    meanings.dedup();
    assert!(meanings.len() < 255, "a meaning is numbered by one byte");
    let mut records = Vec::with_capacity(slots.len() * 3);
    for slot in &slots {
        let (tag, meaning) = slot
            .map_or((0, 0), |(tag, flags)| (tag, meanings.iter().position(|known| *known == flags).unwrap() as u8 + 1));
        records.extend(tag.to_le_bytes());
        records.push(meaning);
    }
    let out = std::env::var_os("OUT_DIR").unwrap();
    let out = Path::new(&out);
    std::fs::write(out.join("records.bin"), &records).unwrap();
    let seeds: Vec<u8> = seeds.iter().flat_map(|seed| seed.to_le_bytes()).collect();
    std::fs::write(out.join("seeds.bin"), &seeds).unwrap();
    let mut code = format!("static MEANINGS: [u16; {}] = [0", meanings.len() + 1);
    for meaning in meanings {
        write!(code, ", {meaning}").unwrap();
    }
    code.push_str("];\n");
    std::fs::write(out.join("meanings.rs"), code).unwrap();
}

/// All words of the lists with what each means, by hash.
fn words() -> BTreeMap<u64, u16> {
    let read = |name: &str| std::fs::read_to_string(Path::new("data").join(name)).unwrap();
    let mut words: BTreeMap<u64, u16> = BTreeMap::new();
    for line in read("names.txt").lines() {
        let (word, marks) = line.split_once(' ').unwrap();
        *words.entry(hash(word)).or_default() |= of_marks(marks);
    }
    for word in read("ordinary.txt").lines() {
        *words.entry(hash(word)).or_default() |= ORDINARY;
    }
    for line in read("context.txt").lines().filter(|line| !line.starts_with('#')) {
        let (meaning, list) = line.split_once(':').unwrap();
        let flag = NAMED.iter().find(|(name, _)| *name == meaning).unwrap_or_else(|| panic!("no meaning {meaning}")).1;
        for word in list.split_whitespace() {
            *words.entry(hash(word)).or_default() |= flag;
        }
    }
    for flags in words.values_mut() {
        if *flags & (GIVEN | SURNAME) != 0 {
            *flags &= !ORDINARY;
        }
    }
    words
}

fn of_marks(marks: &str) -> u16 {
    let mut flags = 0;
    let mut weak = 0;
    for mark in marks.chars() {
        let (flag, when_weak) = match mark {
            'g' => (GIVEN, WEAK_GIVEN),
            'G' => (GIVEN | COMMON_GIVEN, WEAK_GIVEN),
            's' => (SURNAME, WEAK_SURNAME),
            'S' => (SURNAME | COMMON_SURNAME, WEAK_SURNAME),
            '-' => (weak, weak),
            other => panic!("no mark {other}"),
        };
        flags |= flag;
        weak = when_weak;
    }
    flags
}

fn hash(word: &str) -> u64 {
    let bytes = word.as_bytes();
    let (mut hash, mut at) = (fold::HASH_START, 0);
    while at < bytes.len() {
        match fold::letter_at(bytes, at) {
            Some(letter) => {
                hash = fold::hash_letter(hash, letter);
                at += letter.len;
            }
            None => at += 1,
        }
    }
    hash
}

type Slot = Option<(u16, u16)>;

/// Finds a seed for each bucket under which all its words get slots of their own; the fullest buckets first.
fn perfect(words: &BTreeMap<u64, u16>) -> (Vec<u16>, Vec<Slot>) {
    let mut buckets: Vec<Vec<u64>> = vec![Vec::new(); words.len() / BUCKET + 1];
    let bucket_count = buckets.len() as u64;
    for hash in words.keys() {
        buckets[fold::bucket_of(*hash, bucket_count)].push(*hash);
    }
    let mut slots: Vec<Slot> = vec![None; words.len() * SLOTS_PERCENT / 100 + 1];
    let slot_count = slots.len() as u64;
    let mut seeds = vec![0; buckets.len()];
    let mut order: Vec<usize> = (0..buckets.len()).collect();
    order.sort_by_key(|bucket| std::cmp::Reverse(buckets[*bucket].len()));
    for bucket in order {
        let fits = |seed: &u16| {
            let mut taken: Vec<usize> = Vec::new();
            buckets[bucket].iter().all(|hash| {
                let (slot, _) = fold::slot_of(*hash, *seed, slot_count);
                let free = slots[slot].is_none() && !taken.contains(&slot);
                taken.push(slot);
                free
            })
        };
        let seed = (0..u16::MAX).find(fits).expect("more slots than words leave a seed for each bucket");
        for hash in &buckets[bucket] {
            let (slot, tag) = fold::slot_of(*hash, seed, slot_count);
            slots[slot] = Some((tag, words[hash]));
        }
        seeds[bucket] = seed;
    }
    (seeds, slots)
}
