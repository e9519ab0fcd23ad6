//! Evidence: which lines of which log show a claim.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Lines of one log that show a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// SHA-256 hex of the log's original bytes.
    pub digest: String,
    /// First line, counted from 1.
    pub first_line: u32,
    /// Last line, not before the first.
    pub last_line: u32,
    /// The first line's text, redacted, perhaps cut at its end.
    pub quote: String,
}

impl fmt::Display for Citation {
    /// `sha256:0123456789ab lines 7-9: text`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.digest.get(..12).unwrap_or(&self.digest);
        if self.first_line == self.last_line {
            write!(f, "sha256:{short} line {}: {}", self.first_line, self.quote)
        } else {
            write!(f, "sha256:{short} lines {}-{}: {}", self.first_line, self.last_line, self.quote)
        }
    }
}
