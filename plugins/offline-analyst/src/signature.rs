//! Owns recognising the known failures in a line: one pass of the automaton over all anchors, then a check of each candidate.
//! Knows nothing about time or counts.

use memchr::memmem;

use crate::automaton::Automaton;
use crate::denial;
use crate::facts::{self, Fact};
use crate::level;

/// How much of a line is searched.
const LINE_BYTES: usize = 16 * 1024;
/// How many facts one line can show.
const HITS_MAX: usize = 12;
/// How many places of one phrase in a line are looked at for one that is not denied.
const PLACES_MAX: usize = 8;
/// Words that mean trouble where a line states no level; the flag is whether it is fatal.
const TROUBLE: &[(&str, bool)] = &[
    ("error", false),
    ("failed", false),
    ("failure", false),
    ("exception", false),
    ("segfault", true),
    ("fatal", true),
    ("panic", true),
    ("critical", true),
    ("unable to", false),
    ("cannot", false),
    ("traceback", false),
];

/// Words that send a line to the readers of [`crate::wal`] and [`crate::sessions`].
const WATCHED: &[(&str, Watch)] = &[
    ("checkpoint complete", Watch::Wal),
    ("slot", Watch::Wal),
    ("walsender", Watch::Wal),
    ("disconnection", Watch::Both),
    ("standby connection", Watch::Wal),
    ("connection", Watch::Sessions),
    ("session ", Watch::Sessions),
    ("client connected", Watch::Sessions),
    ("client disconnected", Watch::Sessions),
    ("active=", Watch::Figures),
    ("open=", Watch::Figures),
    ("in_use=", Watch::Figures),
    ("pending=", Watch::Figures),
    ("waiting=", Watch::Figures),
    ("backlog=", Watch::Figures),
    ("queue=", Watch::Figures),
    ("queue_size=", Watch::Figures),
    ("depth=", Watch::Figures),
    ("lag=", Watch::Figures),
    ("rss=", Watch::Figures),
    ("heap=", Watch::Figures),
    ("heap_used=", Watch::Figures),
    ("used_memory:", Watch::Figures),
    ("memory=", Watch::Figures),
    ("mem=", Watch::Figures),
    ("connections=", Watch::Figures),
    ("open_files=", Watch::Figures),
    ("fds=", Watch::Figures),
    ("goroutines=", Watch::Figures),
    ("threads=", Watch::Figures),
];

#[derive(Clone, Copy, Debug)]
enum Watch {
    Wal,
    Sessions,
    Both,
    Figures,
}

/// The compiled table of facts.
#[derive(Debug)]
pub(crate) struct Signatures {
    pub(crate) facts: Vec<&'static Fact>,
    automaton: Automaton,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    fact: usize,
    text: &'static str,
}

/// What a line shows.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    /// Positions in the table of facts, each once, in order of appearance.
    pub(crate) facts: Vec<usize>,
    /// Whether words report trouble: Some(true) for fatal ones.
    pub(crate) trouble: Option<bool>,
    /// Words of the write-ahead log, of sessions, and of figures that may grow.
    pub(crate) wal: bool,
    pub(crate) sessions: bool,
    pub(crate) figures: bool,
    /// The line in lower case; filled only when a candidate was checked.
    pub(crate) lower: Vec<u8>,
}

impl Hits {
    /// Takes in one of the words behind the patterns.
    fn word(&mut self, word: usize, end: usize) {
        if let Some((text, fatal)) = TROUBLE.get(word) {
            if self.trouble != Some(true) && level::means_trouble(&self.lower, end - text.len(), end) {
                self.trouble = Some(*fatal);
            }
            return;
        }
        match WATCHED.get(word - TROUBLE.len()) {
            Some((_, Watch::Wal)) => self.wal = true,
            Some((_, Watch::Sessions)) => self.sessions = true,
            Some((_, Watch::Both)) => (self.wal, self.sessions) = (true, true),
            Some((_, Watch::Figures)) => self.figures = true,
            None => {}
        }
    }
}

impl Signatures {
    /// Compiles the table.
    pub(crate) fn new() -> Self {
        let facts = facts::all();
        let mut patterns = Vec::new();
        let mut anchors = Vec::new();
        for (fact, row) in facts.iter().enumerate() {
            for &text in row.any {
                anchors.push(anchor(text));
                patterns.push(Pattern { fact, text });
            }
        }
        anchors.extend(TROUBLE.iter().map(|(word, _)| *word));
        anchors.extend(WATCHED.iter().map(|(word, _)| *word));
        let automaton = Automaton::new(&anchors);
        Self { facts, automaton, patterns }
    }

    /// The position of a fact by its id.
    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.facts.iter().position(|fact| fact.id == id)
    }

    /// Finds what a line shows; `hits` is reused between lines.
    pub(crate) fn find(&self, line: &[u8], hits: &mut Hits) {
        hits.facts.clear();
        hits.lower.clear();
        hits.trouble = None;
        (hits.wal, hits.sessions, hits.figures) = (false, false, false);
        let line = &line[..line.len().min(LINE_BYTES)];
        self.automaton.scan(line, |needle, end| {
            if hits.lower.is_empty() {
                hits.lower.extend_from_slice(line);
                hits.lower.make_ascii_lowercase();
            }
            match self.patterns.get(usize::from(needle)) {
                Some(pattern) => {
                    if hits.facts.len() < HITS_MAX
                        && !hits.facts.contains(&pattern.fact)
                        && self.holds(pattern, &hits.lower)
                    {
                        hits.facts.push(pattern.fact);
                    }
                }
                None => hits.word(usize::from(needle) - self.patterns.len(), end),
            }
        });
    }

    fn holds(&self, pattern: &Pattern, lower: &[u8]) -> bool {
        let fact = self.facts[pattern.fact];
        let mut from = 0;
        for _ in 0..PLACES_MAX {
            let Some((start, end)) = place(lower, from, pattern.text) else { return false };
            if !fact.claims_failure() || !denial::denied(lower, start, end) {
                return !fact.not.iter().any(|not| memmem::find(lower, not.as_bytes()).is_some());
            }
            from = start + 1;
        }
        false
    }

    /// Whether a line at DEBUG or INFO level only speaks of a fact instead of reporting it.
    pub(crate) fn only_mentioned(&self, fact: usize, lower: &[u8]) -> bool {
        let fact = self.facts[fact];
        fact.claims_failure() && !fact.genuine.iter().any(|mark| memmem::find(lower, mark.as_bytes()).is_some())
    }
}

/// Where a pattern stands at or behind an offset.
fn place(lower: &[u8], from: usize, pattern: &str) -> Option<(usize, usize)> {
    let (mut start, mut end) = (None, from);
    for part in pattern.split('*') {
        let at = end + memmem::find(lower.get(end..)?, part.as_bytes())?;
        start.get_or_insert(at);
        end = at + part.len();
    }
    Some((start?, end))
}

/// The longest part of a pattern between stars: the rarest to meet by chance.
fn anchor(text: &'static str) -> &'static str {
    text.split('*').max_by_key(|part| part.len()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(line: &str) -> Vec<&'static str> {
        let signatures = Signatures::new();
        let mut hits = Hits::default();
        signatures.find(line.as_bytes(), &mut hits);
        hits.facts.iter().map(|&fact| signatures.facts[fact].id).collect()
    }

    #[test]
    fn the_table_fits_the_automaton() {
        let facts = facts::all();
        let anchors: Vec<&str> = facts.iter().flat_map(|fact| fact.any).map(|text| anchor(text)).collect();
        let states = Automaton::new(&anchors).states();
        assert!(states < 16_000, "{states}");
    }

    #[test]
    fn every_pattern_finds_its_own_fact() {
        let signatures = Signatures::new();
        let mut hits = Hits::default();
        for pattern in &signatures.patterns {
            let line = format!("x {} y", pattern.text.replace('*', " 7 ").to_ascii_uppercase());
            signatures.find(line.as_bytes(), &mut hits);
            let fact = signatures.facts[pattern.fact];
            let excluded = fact.not.iter().any(|not| line.to_ascii_lowercase().contains(not));
            assert!(excluded || hits.facts.contains(&pattern.fact), "{}: {}", fact.id, pattern.text);
        }
    }

    #[test]
    fn typical_lines_show_what_they_should() {
        for (line, expected) in [
            (
                r#"PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device"#,
                &["pg_panic", "pg_could_not_write", "disk_full"][..],
            ),
            ("connect() failed (111: Connection refused) while connecting to upstream", &["nginx_refused"]),
            ("FATAL:  sorry, too many clients already", &["pg_too_many_clients"]),
            ("kernel: Out of memory: Killed process 12 (java) total-vm:1kB", &["oom_kill"]),
            ("x509: certificate has expired or is not yet valid", &["tls_expired"]),
            ("0/3 nodes are available: 3 Insufficient memory.", &["k8s_unschedulable"]),
            ("mod_jk child workerEnv in error state 6", &["modjk_error_state"]),
            ("panic: runtime error: index out of range", &[]),
            ("kernel: CPU0: Machine check exceptions enabled", &[]),
            ("GET /index.html ok", &[]),
            ("disk full: false, out of memory: kill never", &[]),
            ("disk full: no; write failed: disk full", &["disk_full"]),
            ("connection refused count 0", &[]),
        ] {
            let mut found = ids(line);
            for id in expected {
                assert!(found.contains(id), "{line}: {found:?}");
                found.retain(|other| other != id);
            }
            assert_eq!(found, Vec::<&str>::new(), "{line}");
        }
    }
}
