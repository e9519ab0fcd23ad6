//! The answer of the classifier: tier, reasons and parts, and how they are written as JSON.

use serde::{Serialize, Serializer};

use crate::plan::Plan;

/// How freely a line may run; ordered, the higher the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Only reads: runs by itself.
    One,
    /// Asks a person first.
    Two,
    /// Never runs.
    Three,
}

impl Tier {
    /// Gives the tier as the number 1, 2 or 3.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}

impl Serialize for Tier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.number())
    }
}

/// One simple command found in a line, at any depth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The cooked words, quoted where needed and escaped to printable ASCII; at most [`crate::limits::SHOWN_CHARS_MAX`] characters.
    pub command: String,
    /// The tier of this part alone.
    pub tier: Tier,
    /// Why it has this tier.
    pub reason: String,
    /// What may go wrong if it runs, in a few words.
    pub risk: String,
    /// What it would touch, printable; at most [`crate::limits::TOUCHED_CHARS_MAX`] characters.
    pub touches: String,
}

/// What the classifier found out about a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The highest tier of any part or construct.
    pub tier: Tier,
    /// Why the line has this tier, without repetitions; at most [`crate::limits::REASONS_MAX`].
    pub reasons: Vec<String>,
    /// The commands in the order they were met; at most [`crate::limits::PARTS_MAX`]. Empty when the line was not parsed.
    pub parts: Vec<Part>,
}

/// A verdict, and how the line runs if nobody has to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// What the classifier found out.
    pub verdict: Verdict,
    /// The programs to run without a shell; there exactly if the verdict is tier 1.
    pub plan: Option<Plan>,
}

/// Why a line has no verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClassifyError {
    /// The line is empty or only blanks.
    #[error("there is no command to judge")]
    Empty,
}
