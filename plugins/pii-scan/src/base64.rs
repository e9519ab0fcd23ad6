//! A look into base64: just enough to judge what is encoded.
//!
//! Owns: decoding of a bounded prefix, standard and URL-safe alphabets alike. Must not know: what the content means.

/// The bytes encoded by `text`, at most `N`; stops at the first byte outside the alphabet.
pub fn decode_prefix<const N: usize>(text: &[u8]) -> ([u8; N], usize) {
    let mut out = [0u8; N];
    let mut used = 0;
    let mut bits = 0u32;
    let mut held = 0u32;
    for byte in text {
        let Some(value) = value_of(*byte) else { break };
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            let Some(slot) = out.get_mut(used) else { break };
            *slot = u8::try_from(bits >> held & 0xff).unwrap_or(0);
            used += 1;
        }
    }
    (out, used)
}

/// Appends the bytes encoded by `text` up to the first byte outside the alphabet.
pub fn decode_value(text: &[u8], out: &mut Vec<u8>) {
    let mut bits = 0u32;
    let mut held = 0u32;
    let (groups, _) = text.as_chunks::<4>();
    let mut at = 0;
    for group in groups {
        let [a, b, c, d] = (*group).map(|byte| VALUES[usize::from(byte)]);
        if (a | b | c | d) & FOREIGN != 0 {
            break;
        }
        out.extend([a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d]);
        at += 4;
    }
    for value in text.get(at..).unwrap_or(&[]).iter().map_while(|byte| value_of(*byte)) {
        bits = (bits << 6 | u32::from(value)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or(0));
        }
    }
}

/// What stands in the table for a byte outside the alphabet.
const FOREIGN: u8 = 0x80;

/// What each byte stands for: six bits.
static VALUES: [u8; 256] = {
    let mut values = [FOREIGN; 256];
    let mut byte = 0u8;
    loop {
        values[byte as usize] = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => FOREIGN,
        };
        if byte == u8::MAX {
            break values;
        }
        byte += 1;
    }
};

#[inline]
fn value_of(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|value| *value != FOREIGN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_both_alphabets_and_stops_at_foreign_bytes() {
        let (bytes, used) = decode_prefix::<16>(b"YWRhOnB3!!");
        assert_eq!(bytes.get(..used), Some(&b"ada:pw"[..]));
        assert_eq!(decode_prefix::<4>(b"-_-_").0, decode_prefix::<4>(b"+/+/").0);
        assert_eq!(decode_prefix::<2>(b"YWRhOnB3").1, 2);
    }
}
