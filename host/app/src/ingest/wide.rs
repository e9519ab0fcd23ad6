//! UTF-16 with a byte-order mark, as Windows writes it: becomes UTF-8.

/// Decodes in any chunks; what is no UTF-16 becomes U+FFFD and nothing is left out.
pub(crate) struct WideText {
    big_endian: bool,
    rest: Vec<u8>,
    high: Option<u16>,
}

impl WideText {
    /// Tells by the first bytes of the text.
    pub(crate) fn by_mark(head: &[u8]) -> Option<Self> {
        let big_endian = match head.get(..2)? {
            [0xff, 0xfe] => false,
            [0xfe, 0xff] => true,
            _ => return None,
        };
        Some(Self { big_endian, rest: Vec::new(), high: None })
    }

    pub(crate) fn decode(&mut self, chunk: &[u8]) -> String {
        self.rest.extend_from_slice(chunk);
        let whole = self.rest.len() / 2 * 2;
        let units = self.rest[..whole].chunks_exact(2).map(|pair| {
            if self.big_endian {
                u16::from_be_bytes([pair[0], pair[1]])
            } else {
                u16::from_le_bytes([pair[0], pair[1]])
            }
        });
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).filter(|u| *u != 0xfeff).collect();
        if let Some(last) = units.last().copied()
            && (0xd800..0xdc00).contains(&last)
        {
            self.high = units.pop();
        }
        self.rest.drain(..whole);
        String::from_utf16_lossy(&units)
    }

    /// What stands for half a character at the end.
    pub(crate) fn finish(self) -> &'static str {
        if self.high.is_some() || !self.rest.is_empty() { "\u{fffd}" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::WideText;

    #[test]
    fn any_chunks_give_the_same_text() {
        let text = "Gerät 😀 fällt aus\n";
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        for cut in 2..bytes.len() {
            let mut wide = WideText { big_endian: false, rest: Vec::new(), high: None };
            let (first, second) = bytes.split_at(cut);
            assert_eq!(wide.decode(first) + &wide.decode(second) + wide.finish(), text, "{cut}");
        }
    }

    #[test]
    fn half_a_character_at_the_end_is_shown() {
        for tail in [&b"\0"[..], b"\xd8\x3d", b"\xd8\x3d\xde"] {
            let mut wide = WideText { big_endian: true, rest: Vec::new(), high: None };
            assert_eq!(wide.decode(&[b"\0x", tail].concat()) + wide.finish(), "x\u{fffd}");
        }
    }
}
