//! The forms of secrets, and whether one of them is at a place of a text, under any mixture of escapes.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

use super::escape::{Escape, is_lead, unescape};
use super::filter::{Filter, spellings};
use super::places::Places;
use super::reading::Reading;

/// How bytes of a text are compared with those of a form.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fold {
    Exact,
    /// `-` and `_` of the URL alphabet count as `+` and `/`.
    Base64,
    /// Upper case counts as lower case.
    Hex,
}

impl Fold {
    pub(super) fn of(self, byte: u8) -> u8 {
        match (self, byte) {
            (Self::Base64, b'-') => b'+',
            (Self::Base64, b'_') => b'/',
            (Self::Hex, byte) => byte.to_ascii_lowercase(),
            (_, byte) => byte,
        }
    }
}

/// One form of a secret, folded; not empty.
pub(super) struct Needle {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) fold: Fold,
}

/// All forms of all secrets.
#[derive(Default)]
pub(super) struct Needles {
    all: Vec<Needle>,
    /// Those that begin with a byte of a text, by that byte; of tokens that begin alike, few others do.
    beginning: Vec<Vec<usize>>,
    /// Bytes of the shortest.
    shortest: usize,
    filter: Filter,
}

impl std::fmt::Debug for Needles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Needles({} forms)", self.all.len())
    }
}

impl Needles {
    pub(super) fn new<'s>(secrets: impl Iterator<Item = &'s Secret>) -> Self {
        let mut all = Vec::new();
        for secret in secrets {
            let bytes = secret.expose().as_bytes();
            all.push(Needle { bytes: Zeroizing::new(bytes.to_vec()), fold: Fold::Exact });
            let hex = bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|n| b"0123456789abcdef"[usize::from(n)]);
            all.push(Needle { bytes: Zeroizing::new(hex.collect()), fold: Fold::Hex });
            for before in 0..3 {
                all.push(Needle { bytes: base64_core(bytes, before), fold: Fold::Base64 });
            }
        }
        all.retain(|n| !n.bytes.is_empty());
        let mut beginning = vec![Vec::new(); 256];
        for (number, needle) in all.iter().enumerate() {
            for byte in needle.bytes.first().into_iter().flat_map(|&first| spellings(needle, first)) {
                beginning[usize::from(byte)].push(number);
            }
        }
        let filter = Filter::new(&all);
        let shortest = all.iter().map(|needle| needle.bytes.len()).min().unwrap_or_default();
        Self { all, beginning, shortest, filter }
    }

    #[cfg(test)]
    pub(super) fn on_any_processor(&mut self) {
        self.filter.on_any_processor();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Fewest bytes of a text that has a form: no escape is shorter than what it stands for.
    pub(super) fn shortest(&self) -> usize {
        self.shortest
    }

    /// Begins the search for the places of a text where a form may begin, and where more may come end after it; with the
    /// room of a search that is over, if there is one.
    pub(super) fn places<'a>(&'a self, text: &'a [u8], end: End, room: Option<Box<Reading>>) -> Places<'a> {
        Places::new(&self.filter, text, end, room)
    }

    /// The longest form that begins here.
    pub(super) fn at(&self, text: &[u8], end: End) -> Found {
        let cut = if end == End::Open { Found::Perhaps } else { Found::No };
        let Some(&byte) = text.first() else { return if self.is_empty() { Found::No } else { cut } };
        let escaped = match unescape(text) {
            Escape::None => None,
            Escape::Cut if end == End::Open && !self.is_empty() => return Found::Perhaps,
            Escape::Cut => None,
            Escape::Of { bytes: [means, ..], .. } => Some(means).filter(|means| *means != byte),
        };
        let mut longest = 0;
        for needle in [Some(byte), escaped].into_iter().flatten().flat_map(|byte| self.beginning_with(byte)) {
            match needle.at(text, end) {
                Found::Perhaps => return Found::Perhaps,
                Found::Yes(len) => longest = longest.max(len),
                Found::No => {}
            }
        }
        if longest == 0 { Found::No } else { Found::Yes(longest) }
    }

    fn beginning_with(&self, byte: u8) -> impl Iterator<Item = &Needle> {
        let numbers = self.beginning.get(usize::from(byte)).into_iter().flatten();
        numbers.filter_map(|&number| self.all.get(number))
    }

    /// The same, by all forms one after the other.
    #[cfg(test)]
    pub(super) fn slowly_at(&self, text: &[u8], end: End) -> Found {
        let found: Vec<Found> = self.all.iter().map(|needle| needle.at(text, end)).collect();
        let longest =
            found.iter().filter_map(|found| if let Found::Yes(len) = found { Some(*len) } else { None }).max();
        if found.contains(&Found::Perhaps) { Found::Perhaps } else { longest.map_or(Found::No, Found::Yes) }
    }
}

/// The base64 characters that `bytes` alone decide when `before` others stand before them.
fn base64_core(bytes: &[u8], before: usize) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(vec![0; before]);
    padded.extend_from_slice(bytes);
    let coded = Zeroizing::new(STANDARD_NO_PAD.encode(&padded[..]));
    let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    Zeroizing::new(coded.as_bytes().get(first..last).unwrap_or_default().to_vec())
}

/// Whether more of the text can come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Open,
    Final,
}

/// What is at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    No,
    /// The text ends before it is decided.
    Perhaps,
    /// A secret of so many bytes of text.
    Yes(usize),
}

impl Needle {
    /// Compares along every way to read the text, as an escape or as it stands. A state is (bytes read, bytes of the
    /// form matched). Only where both ways are open are states kept, each once, so that a form full of `%25` can't
    /// multiply them; nothing is allocated before that.
    fn at(&self, text: &[u8], end: End) -> Found {
        // Up to the first escape there is one way; most forms end there.
        let plain = text.iter().zip(&*self.bytes).take_while(|&(&byte, _)| !is_lead(byte) && byte != b'+');
        let mut same = 0;
        for (&byte, &wanted) in plain {
            if self.fold.of(byte) != wanted {
                return Found::No;
            }
            same += 1;
        }
        let (mut open, mut seen) = (Vec::new(), BTreeSet::new());
        let (mut longest, mut undecided) = (0, false);
        let mut state = Some((same, same));
        while let Some((read, matched)) = state.take().or_else(|| open.pop()) {
            let wanted = self.bytes.get(matched..).unwrap_or_default();
            let (first, byte) = match (wanted.first(), text.get(read)) {
                (None, _) => {
                    longest = longest.max(read);
                    continue;
                }
                (Some(_), None) => {
                    undecided = true;
                    continue;
                }
                (Some(&first), Some(&byte)) => (first, byte),
            };
            let plain = (self.fold.of(byte) == first).then_some((read + 1, matched + 1));
            if !is_lead(byte) && byte != b'+' {
                state = plain;
                continue;
            }
            let escaped = match unescape(text.get(read..).unwrap_or_default()) {
                Escape::None => None,
                Escape::Cut => {
                    undecided = true;
                    None
                }
                Escape::Of { bytes, len, taken } => {
                    let means = bytes.iter().take(len).map(|&b| self.fold.of(b));
                    let same = wanted.len() >= len && means.eq(wanted.iter().take(len).copied());
                    same.then_some((read + taken, matched + len))
                }
            };
            match (plain, escaped) {
                (Some(plain), Some(escaped)) => {
                    open.extend([plain, escaped].into_iter().filter(|next| seen.insert(*next)));
                }
                (one, other) => state = one.or(other),
            }
        }
        match longest {
            _ if undecided && end == End::Open => Found::Perhaps,
            0 => Found::No,
            longest => Found::Yes(longest),
        }
    }
}
