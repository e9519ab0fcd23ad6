//! CMaps: from the codes in a string to characters (`ToUnicode`) or to glyph numbers.
//!
//! Only the blocks that map are read; nothing of the PostScript around them is run.

use std::collections::HashMap;

/// Entries of one map. A font has at most 65,536 glyphs; more entries can only repeat codes.
const ENTRIES_MAX: usize = 200_000;
/// Bytes of text that one code may stand for.
const TEXT_BYTES_MAX: usize = 64;
/// Ranges of code lengths.
const CODE_SPACES_MAX: usize = 256;

/// A map from codes.
#[derive(Debug, Default)]
pub(super) struct CMap {
    /// Entries set so far, those that repeat a code included: what bounds the work.
    set: usize,
    texts: HashMap<u32, String>,
    cids: HashMap<u32, u32>,
    /// (bytes, first, last) of the codes of each length.
    spaces: Vec<(usize, u32, u32)>,
}

enum Token<'a> {
    Code(u32, Vec<u8>),
    Number(u32),
    Open,
    Close,
    Word(&'a [u8]),
}

impl CMap {
    /// Reads what can be read; a damaged rest is left out.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        let mut map = Self::default();
        let mut tokens = Tokens { rest: bytes };
        while let Some(token) = tokens.next() {
            let Token::Word(word) = token else { continue };
            match word {
                b"begincodespacerange" => map.code_spaces(&mut tokens),
                b"beginbfchar" | b"begincidchar" => map.singles(&mut tokens),
                b"beginbfrange" | b"begincidrange" => map.ranges(&mut tokens),
                _ => {}
            }
        }
        map
    }

    /// The text of a code.
    pub(super) fn text(&self, code: u32) -> Option<&str> {
        self.texts.get(&code).map(String::as_str)
    }

    /// The glyph number of a code; the code itself where no map says otherwise.
    pub(super) fn cid(&self, code: u32) -> u32 {
        if self.cids.is_empty() { code } else { self.cids.get(&code).copied().unwrap_or(0) }
    }

    /// Whether it tells how long codes are.
    pub(super) fn has_code_spaces(&self) -> bool {
        !self.spaces.is_empty()
    }

    /// Bytes of the code that `string` begins with.
    pub(super) fn code_length(&self, string: &[u8]) -> usize {
        let mut code = 0;
        for (index, byte) in string.iter().take(4).enumerate() {
            code = code << 8 | u32::from(*byte);
            if self.spaces.iter().any(|(bytes, first, last)| *bytes == index + 1 && (*first..=*last).contains(&code)) {
                return index + 1;
            }
        }
        self.spaces.iter().map(|(bytes, _, _)| *bytes).min().unwrap_or(1)
    }

    fn code_spaces(&mut self, tokens: &mut Tokens<'_>) {
        while let Some((first, bytes, last)) = tokens.range() {
            if self.spaces.len() < CODE_SPACES_MAX && (1..=4).contains(&bytes.len()) {
                self.spaces.push((bytes.len(), first, last));
            }
        }
    }

    fn singles(&mut self, tokens: &mut Tokens<'_>) {
        while let Some(Token::Code(code, _)) = tokens.next() {
            match tokens.next() {
                Some(Token::Code(_, text)) => self.set_text(code, &text, 0),
                Some(Token::Number(cid)) => self.set_cid(code, cid),
                _ => return,
            }
        }
    }

    fn ranges(&mut self, tokens: &mut Tokens<'_>) {
        while let Some((first, _, last)) = tokens.range() {
            let codes = (first..=last).take(ENTRIES_MAX.saturating_sub(self.set));
            match tokens.next() {
                Some(Token::Code(_, text)) => {
                    for (index, code) in (0..).zip(codes) {
                        self.set_text(code, &text, index);
                    }
                }
                Some(Token::Number(cid)) => {
                    for (index, code) in (0..).zip(codes) {
                        self.set_cid(code, cid.saturating_add(index));
                    }
                }
                Some(Token::Open) => {
                    let mut codes = codes;
                    while let Some(Token::Code(_, text)) = tokens.next() {
                        if let Some(code) = codes.next() {
                            self.set_text(code, &text, 0);
                        }
                    }
                }
                _ => return,
            }
        }
    }

    /// The text is UTF-16; within a range its last unit counts up.
    fn set_text(&mut self, code: u32, utf16: &[u8], index: u32) {
        self.set += 1;
        if self.set > ENTRIES_MAX || utf16.len() > TEXT_BYTES_MAX {
            return;
        }
        let mut units: Vec<u16> = match utf16 {
            [one] => vec![u16::from(*one)],
            _ => utf16.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect(),
        };
        if let Some(last) = units.last_mut() {
            *last = last.wrapping_add(u16::try_from(index).unwrap_or(0));
        }
        let text = String::from_utf16_lossy(&units);
        if !text.is_empty() {
            self.texts.insert(code, text);
        }
    }

    fn set_cid(&mut self, code: u32, cid: u32) {
        self.set += 1;
        if self.set <= ENTRIES_MAX {
            self.cids.insert(code, cid);
        }
    }
}

struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    /// The two codes that a range begins with; at a block's end only the word that ends it is taken.
    fn range(&mut self) -> Option<(u32, Vec<u8>, u32)> {
        let Some(Token::Code(first, bytes)) = self.next() else { return None };
        let Some(Token::Code(last, _)) = self.next() else { return None };
        Some((first, bytes, last))
    }

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let (first, after) = self.rest.split_first()?;
            match first {
                b'%' => {
                    let end = self.rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(self.rest.len());
                    self.rest = &self.rest[end..];
                }
                b'[' | b']' => {
                    self.rest = after;
                    return Some(if *first == b'[' { Token::Open } else { Token::Close });
                }
                b'<' if after.first() != Some(&b'<') => {
                    let end = after.iter().position(|b| *b == b'>').unwrap_or(after.len());
                    let (digits, rest) = after.split_at(end);
                    self.rest = rest.get(1..).unwrap_or_default();
                    let bytes = hex(digits);
                    let code = bytes.iter().take(4).fold(0, |code, byte| code << 8 | u32::from(*byte));
                    return Some(Token::Code(code, bytes));
                }
                b if b.is_ascii_whitespace() || b"\0<>(){}/".contains(b) => self.rest = after,
                _ => {
                    let ends = |b: &u8| b.is_ascii_whitespace() || b"\0<>[](){}/%".contains(b);
                    let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
                    let (word, rest) = self.rest.split_at(end);
                    self.rest = rest;
                    let number = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
                    return Some(number.map_or(Token::Word(word), Token::Number));
                }
            }
        }
    }
}

fn hex(digits: &[u8]) -> Vec<u8> {
    let values: Vec<u8> = digits
        .iter()
        .filter_map(|b| char::from(*b).to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .take(2 * TEXT_BYTES_MAX + 2)
        .collect();
    values.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).copied().unwrap_or(0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_ranges_and_lists_are_read() {
        let map = CMap::parse(
            b"/CIDInit /ProcSet findresource begin 1 begincodespacerange <0000> <ffff> endcodespacerange % c <00>\n\
              2 beginbfchar <0003> <0020> <0010> <D83DDE00> endbfchar\n\
              2 beginbfrange <0024> <0026> <0041> <0030> <0031> [<00660069> <0078>] endbfrange",
        );
        assert_eq!(map.text(3), Some(" "));
        assert_eq!(map.text(0x10), Some("😀"));
        assert_eq!(map.text(0x26), Some("C"));
        assert_eq!((map.text(0x30), map.text(0x31)), (Some("fi"), Some("x")));
        assert_eq!(map.text(0x27), None);
        assert_eq!(map.code_length(&[0, 3, 0]), 2);
    }

    #[test]
    fn glyph_numbers_and_mixed_lengths_are_read() {
        let map = CMap::parse(
            b"begincodespacerange <00> <80> <8140> <9ffc> endcodespacerange \
              begincidrange <20> <7e> 1 <8140> <8142> 633 endcidrange begincidchar <80> 97 endcidchar",
        );
        assert_eq!((map.code_length(b"a"), map.code_length(b"\x81\x40")), (1, 2));
        assert_eq!((map.cid(0x21), map.cid(0x8142), map.cid(0x80), map.cid(0x7f)), (2, 635, 97, 0));
    }

    #[test]
    fn a_range_over_all_codes_is_bounded() {
        let map = CMap::parse(b"beginbfrange <00000000> <ffffffff> <0041> <00000000> <ffffffff> <0041>");
        assert!(map.texts.len() <= ENTRIES_MAX);
        assert!(CMap::parse(b"beginbfchar <00> ").texts.is_empty());
    }
}
