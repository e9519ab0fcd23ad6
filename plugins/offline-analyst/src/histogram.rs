//! Owns counting events over time in a fixed number of buckets whose width grows with the range.
//! Invariants: never more than [`BUCKETS`] buckets; the sum of all buckets is the number of events added.

/// Buckets per histogram: a day at three minutes, an hour at seven seconds.
pub(crate) const BUCKETS: usize = 512;
/// The width a histogram starts with.
const WIDTH_MS: i64 = 1_000;

/// Counts per stretch of time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    origin_ms: i64,
    width_ms: i64,
    counts: Vec<u32>,
}

impl Histogram {
    /// Counts one event at a moment in milliseconds.
    pub(crate) fn add(&mut self, ms: i64) {
        if self.width_ms == 0 {
            self.width_ms = WIDTH_MS;
            self.origin_ms = ms.div_euclid(WIDTH_MS) * WIDTH_MS;
        }
        if ms < self.origin_ms {
            self.make_room_before(ms);
        }
        let mut slot = self.slot(ms);
        while slot >= BUCKETS {
            self.double();
            slot = self.slot(ms);
        }
        if self.counts.len() <= slot {
            self.counts.resize(slot + 1, 0);
        }
        self.counts[slot] = self.counts[slot].saturating_add(1);
    }

    fn slot(&self, ms: i64) -> usize {
        usize::try_from(ms.saturating_sub(self.origin_ms) / self.width_ms).unwrap_or(usize::MAX)
    }

    fn double(&mut self) {
        self.width_ms = self.width_ms.saturating_mul(2);
        self.counts = self.counts.chunks(2).map(|pair| pair.iter().sum()).collect();
    }

    fn make_room_before(&mut self, ms: i64) {
        loop {
            let missing = self.origin_ms.saturating_sub(ms);
            let shift = usize::try_from(missing / self.width_ms + i64::from(missing % self.width_ms != 0))
                .unwrap_or(usize::MAX);
            if shift.saturating_add(self.counts.len()) <= BUCKETS {
                self.counts.splice(0..0, std::iter::repeat_n(0, shift));
                self.origin_ms =
                    self.origin_ms.saturating_sub(self.width_ms.saturating_mul(i64::try_from(shift).unwrap_or(0)));
                return;
            }
            self.double();
        }
    }

    /// How many events came at or after a moment, to the precision of a bucket.
    pub(crate) fn at_or_after(&self, ms: i64) -> u32 {
        if self.width_ms == 0 {
            return 0;
        }
        if ms <= self.origin_ms {
            return self.counts.iter().sum();
        }
        self.counts.get(self.slot(ms)..).unwrap_or(&[]).iter().sum()
    }

    /// Stretches in which far more happened than usual: start, end (exclusive) and count, the largest first.
    /// A stretch is a burst when it holds at least `least` events and five times the usual rate.
    pub(crate) fn bursts(&self, least: u32) -> Vec<(i64, i64, u32)> {
        let mut sorted: Vec<u32> = self.counts.clone();
        sorted.sort_unstable();
        let usual = sorted.get(sorted.len() / 2).copied().unwrap_or(0);
        let threshold = (usual + 1).saturating_mul(5);
        let mut found: Vec<(usize, usize, u32)> = Vec::new();
        for (slot, &count) in self.counts.iter().enumerate().filter(|(_, count)| **count >= threshold) {
            match found.last_mut() {
                Some(last) if last.1 == slot => {
                    last.1 = slot + 1;
                    last.2 = last.2.saturating_add(count);
                }
                _ => found.push((slot, slot + 1, count)),
            }
        }
        found.retain(|burst| burst.2 >= least && burst.1 - burst.0 < self.counts.len());
        found.sort_by_key(|burst| (std::cmp::Reverse(burst.2), burst.0));
        let at =
            |slot: usize| self.origin_ms.saturating_add(self.width_ms.saturating_mul(i64::try_from(slot).unwrap_or(0)));
        found.into_iter().map(|(from, to, count)| (at(from), at(to), count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_while_the_range_grows_both_ways() {
        let mut histogram = Histogram::default();
        for ms in [5_000, 9_000_000, 0, -7_000_000, 1 << 40, -(1 << 40), 6_000] {
            histogram.add(ms);
            assert!(histogram.counts.len() <= BUCKETS);
        }
        assert_eq!(histogram.at_or_after(i64::MIN), 7);
        assert_eq!(histogram.at_or_after(i64::MAX), 0);
    }

    #[test]
    fn extreme_moments_are_counted() {
        let mut histogram = Histogram::default();
        histogram.add(i64::MAX / 4);
        histogram.add(i64::MIN / 4);
        assert_eq!(histogram.counts.iter().sum::<u32>(), 2);
    }

    #[test]
    fn a_burst_stands_out_of_a_steady_rate() {
        let mut histogram = Histogram::default();
        for second in 0..300 {
            histogram.add(second * 1000);
        }
        assert_eq!(histogram.bursts(10), []);
        for _ in 0..50 {
            histogram.add(100_500);
        }
        assert_eq!(histogram.bursts(10), [(100_000, 101_000, 51)]);
        assert_eq!(histogram.bursts(52), []);
    }
}
