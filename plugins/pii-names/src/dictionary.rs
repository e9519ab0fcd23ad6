//! The table of known words.
//!
//! Owns: asking it. Made by `build.rs` from `data/`. Must not know: text.
//! Invariant: static; asking allocates nothing and reads two places.

use crate::fold::{HASH_START, bucket_of, hash_letter, hash_step, letter_at, slot_of};

include!(concat!(env!("OUT_DIR"), "/meanings.rs"));

static RECORDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/records.bin"));
static SEEDS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/seeds.bin"));

/// What is known of a word, by the hash of its letters: flags of [`crate::flags`], 0 for an unknown word.
#[inline]
pub(crate) fn look_up(hash: u64) -> u16 {
    let bucket = bucket_of(hash, (SEEDS.len() / 2) as u64);
    let Some([low, high]) = SEEDS.get(bucket * 2..bucket * 2 + 2) else { return 0 };
    let (slot, tag) = slot_of(hash, u16::from_le_bytes([*low, *high]), (RECORDS.len() / 3) as u64);
    match RECORDS.get(slot * 3..slot * 3 + 3) {
        Some([low, high, meaning]) if u16::from_le_bytes([*low, *high]) == tag => {
            MEANINGS.get(usize::from(*meaning)).copied().unwrap_or(0)
        }
        _ => 0,
    }
}

/// What is known of a piece of text, its signs left out (`first_name` is asked as `firstname`).
pub(crate) fn look_up_text(bytes: &[u8]) -> u16 {
    let (mut hash, mut at) = (HASH_START, 0);
    while at < bytes.len() {
        while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_alphabetic()) {
            hash = hash_step(hash, u32::from(byte | 0x20));
            at += 1;
        }
        match letter_at(bytes, at) {
            Some(letter) => {
                hash = hash_letter(hash, letter);
                at += letter.len;
            }
            None => at += 1,
        }
    }
    look_up(hash)
}
