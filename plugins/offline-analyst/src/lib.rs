//! The offline analyst: finds what happened in redacted logs, and why, from their lines alone.
//!
//! Owns the reasoning; knows nothing about hosts, networks, files or models. One call reads all documents once
//! ([`investigate`]), the rest is wording.
//!
//! Invariants: equal documents give equal answers; nothing is claimed without lines, and what lines do not show is
//! marked as assumed; every citation names an existing line and quotes a prefix of it; no input makes it panic; memory
//! beside the documents is bounded.
//!
//! The life of a line: `line` → `record` (`stamp`, `level`, `json_line`) → `clock` → `signature` (over `facts`) and the
//! readers `template`, `stack`, `wal`, `sessions` → `derive` → `chain` → `answer`, `analysis`.

mod analysis;
mod answer;
mod automaton;
mod calendar;
mod chain;
mod clock;
mod component;
mod denial;
mod derive;
mod facts;
mod histogram;
mod http;
mod json_line;
mod level;
mod line;
mod phrase;
mod record;
mod report;
mod scan;
mod sessions;
mod sighting;
mod signature;
mod stack;
mod stamp;
mod template;
mod wal;

pub use report::{Analysis, Citation, Doc, Finding, Moment, RootCause, Severity, Why};

/// What was found in a set of documents; borrows them.
#[derive(Debug)]
pub struct Investigation<'a> {
    scan: scan::Scan<'a>,
    chain: Vec<chain::Node>,
}

/// Reads all documents and finds what happened and why. Linear in the text; at most 4 GiB per document.
#[must_use]
pub fn investigate<'a>(docs: &'a [Doc<'a>]) -> Investigation<'a> {
    let mut scan = scan::scan(docs);
    derive::conclude(&mut scan);
    let chain = chain::chain(&scan);
    Investigation { scan, chain }
}

impl Investigation<'_> {
    /// Words the whole answer of `analyze`.
    #[must_use]
    pub fn analysis(&self) -> Analysis {
        analysis::analysis(&self.scan, &self.chain)
    }

    /// Words the five whys: at most five, fewer where the lines do not reach deeper, none where nothing failed.
    #[must_use]
    pub fn whys(&self) -> Vec<Why> {
        answer::whys(&self.scan, &self.chain)
    }

    /// The number of lines read, over all documents.
    #[must_use]
    pub fn lines(&self) -> u32 {
        self.scan.lines
    }
}
