//! Evidence: which lines of which log show a claim.

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

impl Citation {
    /// `sha256:0123456789ab lines 7-9 of app.log: text`; without a name where the log is not known.
    pub fn shown(&self, log_name: Option<&str>) -> String {
        let digest = self.digest.get(..12).unwrap_or(&self.digest);
        let lines = if self.first_line == self.last_line {
            format!("line {}", self.first_line)
        } else {
            format!("lines {}-{}", self.first_line, self.last_line)
        };
        let of = log_name.map_or_else(String::new, |name| format!(" of {name}"));
        format!("sha256:{digest} {lines}{of}: {}", self.quote)
    }
}

#[cfg(test)]
mod tests {
    use super::Citation;

    #[test]
    fn a_citation_names_digest_lines_log_and_text() {
        let mut citation =
            Citation { digest: "0123456789abcdef".into(), first_line: 7, last_line: 7, quote: "x".into() };
        assert_eq!(citation.shown(Some("a.log")), "sha256:0123456789ab line 7 of a.log: x");
        citation.last_line = 9;
        assert_eq!(citation.shown(None), "sha256:0123456789ab lines 7-9: x");
    }
}
