//! Batches of two or three sides in turn, forwards and backwards (A B B A …), so that what the machine does meanwhile
//! falls on all of them alike.

use std::time::Duration;

use crate::Outcome;

/// One side: a batch of this many calls, and how long it took.
pub(crate) type Batch<'a> = Box<dyn FnMut(u32) -> Outcome<Duration> + 'a>;

/// Times of one side's batches, nanoseconds a call, sorted.
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn of(mut nanoseconds: Vec<f64>) -> Self {
        nanoseconds.sort_by(f64::total_cmp);
        Self(nanoseconds)
    }

    /// The value below which this share of all lies; 0 where there is none.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let at = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    pub(crate) fn best(&self) -> f64 {
        self.quantile(0.0)
    }
}

/// Runs `rounds` batches of each side, of as many calls as the side says, after one that is not counted.
pub(crate) fn measure(rounds: u32, sides: &mut [(u32, Batch<'_>)]) -> Outcome<Vec<Times>> {
    let mut taken: Vec<Vec<f64>> = vec![Vec::new(); sides.len()];
    for (calls, batch) in sides.iter_mut() {
        batch(*calls)?;
    }
    for round in 0..rounds {
        for turn in 0..sides.len() {
            let side = if round % 2 == 0 { turn } else { sides.len() - 1 - turn };
            let (calls, batch) = &mut sides[side];
            let took = batch(*calls)?;
            taken[side].push(took.as_secs_f64() * 1e9 / f64::from(*calls));
        }
    }
    Ok(taken.into_iter().map(Times::of).collect())
}

/// Times `calls` calls.
pub(crate) fn timed(calls: u32, mut call: impl FnMut() -> Outcome) -> Outcome<Duration> {
    let begun = std::time::Instant::now();
    for _ in 0..calls {
        call()?;
    }
    Ok(begun.elapsed())
}
