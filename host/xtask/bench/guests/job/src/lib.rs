//! The work that is measured: one crate for the native code and for both sides' guests, so that all do the same.

/// One finding: bytes `start..end` of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// What [`find`] finds.
pub const LABEL: &str = "Badge";
/// How sure it is.
pub const CONFIDENCE: f32 = 0.9;
/// What a badge begins with.
const PREFIX: &str = "badge-";
/// Digits behind it.
const DIGITS: usize = 4;

/// Finds badge numbers such as `badge-0042`.
pub fn find(text: &str) -> impl Iterator<Item = Found> {
    text.match_indices(PREFIX).filter_map(|(start, _)| {
        let digits = text.as_bytes().get(start + PREFIX.len()..)?.get(..DIGITS)?;
        let all = digits.iter().all(u8::is_ascii_digit);
        all.then_some(Found { start, end: start + PREFIX.len() + DIGITS })
    })
}

/// 1,020 bytes with 20 badges.
pub fn text() -> String {
    (0..20).map(|n| format!("worker {:02} let badge-{n:04} through the 3rd gate at 9\n", 99 - n)).collect()
}

/// Keeps a processor busy: some 20 ms, by the number of rounds.
pub fn spin(rounds: u64) -> u64 {
    (0..rounds).fold(1, |state: u64, n| std::hint::black_box(state.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n))
}

/// Never ends.
pub fn forever() -> ! {
    loop {
        std::hint::black_box(spin(1_000));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_holds_what_the_row_says() {
        let text = text();
        assert_eq!((text.len(), find(&text).count()), (1_020, 20));
        assert!(find(&text).all(|f| text[f.start..f.end].starts_with(PREFIX)));
        assert_eq!(find("badge-12 badge-123x badge-").count(), 0);
    }
}
