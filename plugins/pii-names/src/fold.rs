//! Letters as the dictionary knows them: without case, accents, and ways of writing.
//!
//! Owns: reading one letter of UTF-8 or of a JSON escape, and the hash of a word's letters. The build script has this
//! file too, so that the table is asked with the same hash that it was made with.
//! Must not know: which words are names.

/// One letter of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Bytes that it takes in the text.
    pub(crate) len: usize,
    /// What is hashed: one or two code points, zero for none (a combining accent).
    pub(crate) folded: [u32; 2],
    pub(crate) case: Case,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Upper,
    Lower,
    /// An accent that belongs to the letter before it.
    Mark,
}

/// The hash before the first letter.
pub(crate) const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

/// Takes one code point into a hash.
#[inline]
pub(crate) const fn hash_step(hash: u64, folded: u32) -> u64 {
    (hash ^ folded as u64).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Takes a letter into a hash.
#[inline]
pub(crate) fn hash_letter(hash: u64, letter: Letter) -> u64 {
    match letter.folded {
        [0, _] => hash,
        [one, 0] => hash_step(hash, one),
        [one, two] => hash_step(hash_step(hash, one), two),
    }
}

/// Where a word lies in a table of `buckets` and `slots`: its bucket, and then, by the bucket's seed, its slot and tag.
pub(crate) fn bucket_of(hash: u64, buckets: u64) -> usize {
    scaled(mixed(hash, 0), buckets)
}

/// The slot of a word under its bucket's seed, and the tag that tells it from others.
pub(crate) fn slot_of(hash: u64, seed: u16, slots: u64) -> (usize, u16) {
    let mixed = mixed(hash, u64::from(seed) + 1);
    #[expect(clippy::cast_possible_truncation, reason = "the low bits are the tag")]
    (scaled(mixed, slots), mixed as u16)
}

fn mixed(hash: u64, seed: u64) -> u64 {
    let mut x = hash ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    x ^ (x >> 29)
}

#[allow(clippy::cast_possible_truncation, reason = "below `size`, a number of bytes in memory")]
fn scaled(hash: u64, size: u64) -> usize {
    (((hash >> 32) * size) >> 32) as usize
}

/// Reads the letter that begins at a place; `None` where none does.
#[inline]
pub(crate) fn letter_at(bytes: &[u8], at: usize) -> Option<Letter> {
    let byte = *bytes.get(at)?;
    match byte {
        b'a'..=b'z' => Some(Letter { len: 1, folded: [u32::from(byte), 0], case: Case::Lower }),
        b'A'..=b'Z' => Some(Letter { len: 1, folded: [u32::from(byte | 0x20), 0], case: Case::Upper }),
        b'\\' => escaped(bytes, at),
        0xc3..=0xe1 => beyond_ascii(bytes, at),
        _ => None,
    }
}

/// A letter as JSON writes it in ASCII: `\u00e9`.
fn escaped(bytes: &[u8], at: usize) -> Option<Letter> {
    let digits = bytes.get(at + 2..at + 6)?;
    if bytes.get(at + 1) != Some(&b'u') {
        return None;
    }
    let mut code = 0;
    for digit in digits {
        code = code * 16 + char::from(*digit).to_digit(16)?;
    }
    of_char(char::from_u32(code)?, 6).filter(|_| code >= 0xc0)
}

fn beyond_ascii(bytes: &[u8], at: usize) -> Option<Letter> {
    let len = if bytes.get(at)? < &0xe0 { 2 } else { 3 };
    let character = std::str::from_utf8(bytes.get(at..at + len)?).ok()?.chars().next()?;
    of_char(character, len)
}

fn of_char(character: char, len: usize) -> Option<Letter> {
    let code = u32::from(character);
    if (0x300..0x370).contains(&code) {
        return Some(Letter { len, folded: [0, 0], case: Case::Mark });
    }
    let folded = match code {
        0xc0..0x250 => latin(*LATIN.as_bytes().get(code as usize - 0xc0)?, character)?,
        0x1e00..0x1f00 => latin(*LATIN_MORE.as_bytes().get(code as usize - 0x1e00)?, character)?,
        0x259 => [u32::from(b'e'), 0],
        0x370..0x590 | 0x1f00..0x2000 if character.is_alphabetic() => [unaccented(character), 0],
        _ => return None,
    };
    Some(Letter { len, folded, case: if character.is_uppercase() { Case::Upper } else { Case::Lower } })
}

/// What a sign of the tables stands for; digits are the letters that are written as two.
fn latin(base: u8, character: char) -> Option<[u32; 2]> {
    let pair = |a: u8, b: u8| Some([u32::from(a), u32::from(b)]);
    match base {
        b'.' => None,
        b'1' => pair(b's', b's'),
        b'2' => pair(b'a', b'e'),
        b'3' => pair(b'o', b'e'),
        b'4' => pair(b't', b'h'),
        b'?' => Some([lower(character), 0]),
        letter => Some([u32::from(letter), 0]),
    }
}

fn lower(character: char) -> u32 {
    character.to_lowercase().next().map_or(u32::from(character), u32::from)
}

/// Greek, Cyrillic and Armenian without the accents that people leave out.
fn unaccented(character: char) -> u32 {
    let bare = match char::from_u32(lower(character)).unwrap_or(character) {
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        'й' => 'и',
        'ё' => 'е',
        'ї' => 'і',
        'ў' => 'у',
        other => other,
    };
    u32::from(bare)
}

/// The letter under the accents, for U+00C0 to U+024F.
const LATIN: &str = concat!(
    "aaaaaa2ceeeeiiiidnooooo.ouuuuy41aaaaaa2ceeeeiiiidnooooo.ouuuuy4yaaaaaaccccccccdd",
    "ddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkkllllll??llnnnnnn?nnoooooo33rrrrrrssssss",
    "ssttttttuuuuuuuuuuuuwwyyyzzzzzzs?b????????d???ee?ff????ikk??????oo?????????????u",
    "u??yy????????????????????????aaiioouuuuuuuuuueaaaa22??ggkkoooo??j???gg??nnaa22oo",
    "aaaaeeeeiiiioooorrrruuuusstt??hh??????aaeeooooooooyy???j????????????????????????",
);

/// The same for U+1E00 to U+1EFF.
const LATIN_MORE: &str = concat!(
    "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooo",
    "oooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy?s??1?",
    "aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuu",
    "uuyyyyyyyy??????",
);
