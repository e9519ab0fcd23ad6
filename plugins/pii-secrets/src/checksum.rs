//! The check digits of tokens: GitHub and npm end theirs with six base-62 digits of the CRC-32 of what stands before.

/// Tells whether the last six bytes of `random` are the base-62 CRC-32 of the rest.
pub(crate) fn crc32_base62(body: &[u8]) -> bool {
    const DIGITS: usize = 6;
    let Some((random, check)) = body.split_last_chunk::<DIGITS>() else { return false };
    let mut wanted = [b'0'; DIGITS];
    let mut rest = crc32(random);
    for slot in wanted.iter_mut().rev() {
        *slot = base62(rest % 62);
        rest /= 62;
    }
    rest == 0 && wanted == *check
}

fn base62(digit: u32) -> u8 {
    let digit = u8::try_from(digit).unwrap_or(0);
    match digit {
        0..=9 => b'0' + digit,
        10..=35 => b'A' + digit - 10,
        _ => b'a' + digit - 36,
    }
}

/// CRC-32 as in IEEE 802.3; tokens are short, so bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| sum >> 1 ^ if sum & 1 != 0 { 0xedb8_8320 } else { 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_standard() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn six_digits_of_the_rest_are_right_or_wrong() {
        let mut token = b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ".to_vec();
        let mut rest = crc32(&token);
        let mut digits: Vec<u8> = (0..6)
            .map(|_| {
                let digit = base62(rest % 62);
                rest /= 62;
                digit
            })
            .collect();
        digits.reverse();
        token.extend(digits);
        assert!(crc32_base62(&token));
        token[0] = b'Z';
        assert!(!crc32_base62(&token));
        assert!(!crc32_base62(b"short"));
    }
}
