//! UTF-16 in the midst of a log that is none: what programs write whose output is appended in another encoding.
//!
//! Every second byte of it is a NUL, so no detector can read a word of it: text that has a stretch of it is refused, and
//! not shown as if nothing were in it. NULs in a row are what a crash leaves, and no text.

/// Characters in a row by which UTF-16 is told from a stray NUL; a shorter stretch holds no secret worth the name.
const PAIRS_MAX: usize = 8;

/// Looks for it in chunks of any size.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NulPairs {
    pairs: usize,
    after_nul: bool,
}

impl NulPairs {
    /// Takes the next bytes; true once there was such a stretch.
    pub(crate) fn found_in(&mut self, chunk: &[u8]) -> bool {
        if memchr::memchr(0, chunk).is_none() && chunk.len() > 1 {
            *self = Self::default();
            return false;
        }
        for byte in chunk {
            let nul = *byte == 0;
            if nul == self.after_nul {
                self.pairs = 0;
            } else if nul {
                self.pairs += 1;
            }
            self.after_nul = nul;
            if self.pairs > PAIRS_MAX {
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::NulPairs;

    #[test]
    fn utf_16_is_told_from_stray_nuls_for_any_chunks() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let cases = [
            (b"plain text".to_vec(), false),
            ([&b"a line\n"[..], &[0; 4096], b"another\n"].concat(), false),
            (b"NAME=value\0PATH=/usr/bin\0".to_vec(), false),
            (wide("key=abc"), false),
            ([&b"ascii\n"[..], &wide("password=x"), b"\nmore"].concat(), true),
            ("\0p\0a\0s\0s\0w\0o\0r\0d\0=\0x".as_bytes().to_vec(), true),
        ];
        for (bytes, wanted) in cases {
            for size in 1..=bytes.len() {
                let mut pairs = NulPairs::default();
                let found = bytes.chunks(size).any(|chunk| pairs.found_in(chunk));
                assert_eq!(found, wanted, "{bytes:?} by {size}");
            }
        }
    }
}
