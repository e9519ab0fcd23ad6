//! Sixty-four bytes at a time as bit masks, one for each kind of byte that tells something.
//!
//! Owns: which bytes are of which kind, by what the processor does with sixteen of them. Must not know: words, any rule.

/// Bytes looked at together.
pub(crate) const BLOCK: usize = 64;
/// Bytes of the text on each side of a block that are at hand with it.
pub(crate) const MARGIN: usize = 8;
pub(crate) const VIEW: usize = MARGIN + BLOCK + MARGIN;

/// One bit per byte of a block, the first byte's the lowest. From `colon` on they are for words that are joined only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Masks {
    /// `[A-Za-z0-9_]`
    pub(crate) word: u64,
    pub(crate) digit: u64,
    pub(crate) hyphen: u64,
    pub(crate) dot: u64,
    /// The escape character of terminals.
    pub(crate) escape: u64,
    /// `@ $ % & \ ~` and the first bytes of characters that are read as others: `C2 E2 EF`.
    pub(crate) mark: u64,
    pub(crate) colon: u64,
    /// `/` and `\`
    pub(crate) slash: u64,
    pub(crate) plus: u64,
    /// Blanks, `-`, `.`, `/` and `)`, which stand between the groups of a number.
    pub(crate) gap: u64,
    /// What may stand between a name and its value: blanks, `+`, ends of lines, what
    /// [`crate::words::Word::opens_value`] has and, since they are cheaper with them, a few more.
    pub(crate) value: u64,
}

/// A block and its margins where the text does not reach that far.
#[cold]
pub(crate) fn padded_view(bytes: &[u8], base: usize) -> [u8; VIEW] {
    let mut view = [0; VIEW];
    let from = base.saturating_sub(MARGIN);
    let skip = MARGIN.saturating_sub(base);
    let text = bytes.get(from..bytes.len().min(base + BLOCK + MARGIN)).unwrap_or(&[]);
    for (slot, byte) in view.iter_mut().skip(skip).zip(text) {
        *slot = *byte;
    }
    view
}

/// Four bytes of a view as a number.
#[inline]
pub(crate) fn four_at(view: &[u8; VIEW], at: usize) -> u32 {
    // Never cut: it tells the compiler that the four are there.
    let at = at.min(VIEW - 4);
    u32::from_le_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]])
}

#[cfg(target_arch = "wasm32")]
#[target_feature(enable = "simd128")]
#[inline]
pub(crate) fn masks_of<const JOINED: bool>(view: &[u8; VIEW]) -> Masks {
    use core::arch::wasm32::{i8x16_bitmask, u8x16_eq, u8x16_le, u8x16_splat, u8x16_sub, u64x2, v128, v128_or};
    let mut masks = Masks::default();
    for (index, sixteen) in view[MARGIN..MARGIN + BLOCK].as_chunks::<16>().0.iter().enumerate() {
        let (halves, _) = sixteen.as_chunks::<8>();
        let [low, high] = [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])];
        let bytes = u64x2(low, high);
        let is = |byte: u8| u8x16_eq(bytes, u8x16_splat(byte));
        let within = |bytes: v128, first: u8, last: u8| {
            u8x16_le(u8x16_sub(bytes, u8x16_splat(first)), u8x16_splat(last - first))
        };
        let shift = index * 16;
        let bits = |mask: v128| u64::from(i8x16_bitmask(mask)) << shift;
        let digit = within(bytes, b'0', b'9');
        let letter = within(v128_or(bytes, u8x16_splat(0x20)), b'a', b'z');
        let (backslash, colon) = (is(b'\\'), is(b':'));
        masks.digit |= bits(digit);
        masks.word |= bits(v128_or(v128_or(digit, letter), is(b'_')));
        let (hyphen, dot) = (is(b'-'), is(b'.'));
        masks.hyphen |= bits(hyphen);
        masks.dot |= bits(dot);
        masks.escape |= bits(is(0x1b));
        // `$`, `%` and `&` are 0x24 to 0x26.
        let marks = v128_or(v128_or(v128_or(is(b'@'), is(b'~')), backslash), within(bytes, b'$', b'&'));
        masks.mark |= bits(v128_or(marks, v128_or(is(0xc2), v128_or(is(0xe2), is(0xef)))));
        if JOINED {
            let slash = is(b'/');
            masks.colon |= bits(colon);
            let plus = is(b'+');
            masks.plus |= bits(plus);
            masks.gap |= bits(v128_or(v128_or(v128_or(hyphen, dot), v128_or(slash, is(b' '))), is(b')')));
            masks.slash |= bits(v128_or(slash, backslash));
            let low = v128_or(within(bytes, 0, b'\''), plus);
            let high = v128_or(within(bytes, b'<', b'>'), within(bytes, b'\\', b']'));
            masks.value |= bits(v128_or(v128_or(low, high), v128_or(colon, is(b'`'))));
        }
    }
    masks
}

#[cfg(target_arch = "x86_64")]
#[inline]
pub(crate) fn masks_of<const JOINED: bool>(view: &[u8; VIEW]) -> Masks {
    // SAFETY: SSE2 is a part of x86-64; there is no processor to run this on that lacks it.
    #[allow(unsafe_code)]
    unsafe {
        sse2_masks_of::<JOINED>(view)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn sse2_masks_of<const JOINED: bool>(view: &[u8; VIEW]) -> Masks {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
        _mm_sub_epi8,
    };
    let mut masks = Masks::default();
    for (index, sixteen) in view[MARGIN..MARGIN + BLOCK].as_chunks::<16>().0.iter().enumerate() {
        let (halves, _) = sixteen.as_chunks::<8>();
        let [low, high] = [i64::from_le_bytes(halves[0]), i64::from_le_bytes(halves[1])];
        let bytes = _mm_set_epi64x(high, low);
        let all = |byte: u8| _mm_set1_epi8(byte.cast_signed());
        let is = |byte: u8| _mm_cmpeq_epi8(bytes, all(byte));
        let within = |bytes: __m128i, first: u8, last: u8| {
            let from = _mm_sub_epi8(bytes, all(first));
            _mm_cmpeq_epi8(_mm_min_epu8(from, all(last - first)), from)
        };
        let shift = index * 16;
        let bits = |mask: __m128i| u64::from(_mm_movemask_epi8(mask).cast_unsigned()) << shift;
        let digit = within(bytes, b'0', b'9');
        let letter = within(_mm_or_si128(bytes, all(0x20)), b'a', b'z');
        let (backslash, colon) = (is(b'\\'), is(b':'));
        masks.digit |= bits(digit);
        masks.word |= bits(_mm_or_si128(_mm_or_si128(digit, letter), is(b'_')));
        let (hyphen, dot) = (is(b'-'), is(b'.'));
        masks.hyphen |= bits(hyphen);
        masks.dot |= bits(dot);
        masks.escape |= bits(is(0x1b));
        // `$`, `%` and `&` are 0x24 to 0x26.
        let marks = _mm_or_si128(_mm_or_si128(_mm_or_si128(is(b'@'), is(b'~')), backslash), within(bytes, b'$', b'&'));
        masks.mark |= bits(_mm_or_si128(marks, _mm_or_si128(is(0xc2), _mm_or_si128(is(0xe2), is(0xef)))));
        if JOINED {
            let slash = is(b'/');
            masks.colon |= bits(colon);
            let plus = is(b'+');
            masks.plus |= bits(plus);
            masks.gap |=
                bits(_mm_or_si128(_mm_or_si128(_mm_or_si128(hyphen, dot), _mm_or_si128(slash, is(b' '))), is(b')')));
            masks.slash |= bits(_mm_or_si128(slash, backslash));
            let low = _mm_or_si128(within(bytes, 0, b'\''), plus);
            let high = _mm_or_si128(within(bytes, b'<', b'>'), within(bytes, b'\\', b']'));
            masks.value |= bits(_mm_or_si128(_mm_or_si128(low, high), _mm_or_si128(colon, is(b'`'))));
        }
    }
    masks
}

#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
pub(crate) fn masks_of<const JOINED: bool>(view: &[u8; VIEW]) -> Masks {
    scalar_masks_of::<JOINED>(view)
}

/// The same byte by byte, for other processors and as what the fast forms are tested against.
#[cfg(any(test, not(any(target_arch = "wasm32", target_arch = "x86_64"))))]
fn scalar_masks_of<const JOINED: bool>(view: &[u8; VIEW]) -> Masks {
    let mask_of = |wanted: fn(u8) -> bool| {
        view[MARGIN..MARGIN + BLOCK]
            .iter()
            .enumerate()
            .fold(0, |mask, (index, byte)| mask | u64::from(wanted(*byte)) << index)
    };
    let joined = |wanted: fn(u8) -> bool| if JOINED { mask_of(wanted) } else { 0 };
    Masks {
        word: mask_of(crate::text::is_word),
        digit: mask_of(|byte| byte.is_ascii_digit()),
        hyphen: mask_of(|byte| byte == b'-'),
        dot: mask_of(|byte| byte == b'.'),
        escape: mask_of(|byte| byte == 0x1b),
        mark: mask_of(|byte| matches!(byte, b'@' | b'$' | b'%' | b'&' | b'~' | b'\\' | 0xc2 | 0xe2 | 0xef)),
        colon: joined(|byte| byte == b':'),
        slash: joined(|byte| matches!(byte, b'/' | b'\\')),
        plus: joined(|byte| byte == b'+'),
        gap: joined(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/' | b')')),
        value: joined(|byte| matches!(byte, 0..=b'\'' | b'+' | b'<'..=b'>' | b'\\'..=b']' | b':' | b'`')),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn fast_masks_are_the_plain_ones(block in prop::array::uniform32(any::<u8>())) {
            let mut bytes = [0; VIEW];
            let (first, second) = bytes[MARGIN..MARGIN + BLOCK].split_at_mut(BLOCK / 2);
            first.copy_from_slice(&block);
            second.copy_from_slice(&block);
            second.reverse();
            assert_eq!(masks_of::<true>(&bytes), scalar_masks_of::<true>(&bytes));
            assert_eq!(masks_of::<false>(&bytes), scalar_masks_of::<false>(&bytes));
        }
    }
}
