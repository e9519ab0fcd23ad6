//! Known values that stand in base64 or hex: the runs of a text that may hold one, decoded.
//!
//! Owns: what counts as a run, which runs are decoded, and the way back from bytes to places of the text. Must not know:
//! which values are searched for, beyond the first bytes of each.
//!
//! A value may begin at any byte of what was encoded, and a run at any of its characters (`id/aHVudGVy`: a slash is one).
//! So a run is read in every phase: of four characters of base64, of two of hex. Decoding all of a text six times would
//! take several times the search itself; instead each place is asked first whether the three bytes that it stands for
//! are three of the first five of some value, by a small table, and if so whether the six bytes around are the first of
//! one. Only a run in which they are is decoded, in the phases in which they are.
//!
//! Invariants: time is in proportion to the text, whatever it holds: each run is decoded at most twice per phase; memory
//! is in proportion to [`PIECE_SYMBOLS`] and the longest value. What is found covers all characters that have a bit of the
//! value, whole quanta, so that what is left of a run can be decoded as before.

use std::collections::HashSet;
use std::ops::Range;

/// Fewest bytes of a value that is searched for in runs: fewer are in the decoded bytes of any long run by chance.
pub(crate) const CODED_BYTES_MIN: usize = 6;
/// Symbols that are decoded at once, if no value is longer.
const PIECE_SYMBOLS: usize = 64 << 10;
/// Fewest symbols of a line behind which a run goes on in the next: lines have 64 or 76, of `xxd -p` 60.
const LINE_SYMBOLS_MIN: usize = 60;
/// Most spaces before a line that goes on: keys stand indented in YAML.
const INDENT_MAX: usize = 16;
/// Bytes of a gram: what four characters of base64 stand for, or six of hex.
const GRAM_BYTES: usize = 3;
/// Bits of a filter for each of its grams, so that few places of other text are taken for one.
const FILTER_BITS: usize = 128;
/// Most bits of a filter, as a power of two.
const FILTER_LOG_MAX: u32 = 22;
/// Bits of a gram.
const GRAM_BITS: usize = 8 * GRAM_BYTES;
/// Bits of the first bytes of a value.
const HEAD_BITS: usize = 8 * CODED_BYTES_MIN;
const HEAD_MASK: u64 = (1 << HEAD_BITS) - 1;
/// Set in every byte, so that letters are equal in both cases.
const CASE: u64 = 0x2020_2020_2020;

// A gram, the next one, and the two bytes before are looked at in one number.
const _: () = assert!(CODED_BYTES_MIN == 2 * GRAM_BYTES && HEAD_BITS + 8 * (GRAM_BYTES - 1) == 64);
/// What is no symbol.
const NONE: u8 = 0xff;

/// One of the two ways to write bytes.
struct Coding {
    /// What each byte of a text stands for as a symbol, or [`NONE`].
    symbols: [u8; 256],
    /// Bits of a symbol.
    bits: usize,
    /// Symbols of a quantum, which stands for whole bytes; so many phases has a run.
    quantum: usize,
}

/// Both alphabets at once: none has a character that is another symbol in the other.
static BASE64: Coding = Coding { symbols: base64_symbols(), bits: 6, quantum: 4 };
static HEX: Coding = Coding { symbols: hex_symbols(), bits: 4, quantum: 2 };

const fn base64_symbols() -> [u8; 256] {
    let alphabet = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_";
    let (mut symbols, mut at) = ([NONE; 256], 0_u8);
    while (at as usize) < alphabet.len() {
        symbols[alphabet[at as usize] as usize] = if at < 64 { at } else { at - 2 };
        at += 1;
    }
    symbols
}

const fn hex_symbols() -> [u8; 256] {
    let (mut symbols, mut at) = ([NONE; 256], 0_u8);
    while at < 16 {
        symbols[b"0123456789abcdef"[at as usize] as usize] = at;
        symbols[b"0123456789ABCDEF"[at as usize] as usize] = at;
        at += 1;
    }
    symbols
}

impl Coding {
    fn symbol(&self, byte: u8) -> Option<u8> {
        let symbol = self.symbols.get(usize::from(byte)).copied()?;
        (symbol != NONE).then_some(symbol)
    }

    /// Where the run begins whose first long part stands at a place, not before `from`: before it may be short parts
    /// behind which JSON escaped a slash.
    fn begin(&self, text: &[u8], mut at: usize, from: usize) -> usize {
        let byte = |at: usize| text.get(at).copied().unwrap_or_default();
        while at > from + 1 && byte(at) == b'/' && byte(at - 1) == b'\\' && self.symbol(byte(at - 2)).is_some() {
            at -= 2;
            while at > from && self.symbol(byte(at - 1)).is_some() {
                at -= 1;
            }
        }
        at
    }

    /// Symbols that so many bytes have at least.
    fn symbols_of(&self, bytes: usize) -> usize {
        bytes * 8 / self.bits
    }
}

impl std::fmt::Debug for Beginnings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} beginnings", self.heads.len())
    }
}

/// The beginnings of values.
#[derive(Clone, Default)]
pub(crate) struct Beginnings {
    /// Whether a gram may be of a value, by its hash.
    filter: Vec<u64>,
    /// The first bytes of each value.
    heads: HashSet<u64>,
    /// How far a hash is shifted to be the number of a bit.
    shift: u32,
    /// Bytes of the longest value.
    longest: usize,
}

impl Beginnings {
    /// Of the values that are long enough.
    pub(crate) fn new<'v>(values: impl Iterator<Item = &'v [u8]> + Clone) -> Self {
        let long = values.filter(|value| value.len() >= CODED_BYTES_MIN);
        let longest = long.clone().map(<[u8]>::len).max().unwrap_or_default();
        if longest == 0 {
            return Self::default();
        }
        let wanted = (long.clone().count() * GRAM_BYTES * FILTER_BITS).next_power_of_two();
        let log = wanted.trailing_zeros().clamp(12, FILTER_LOG_MAX);
        let mut all = Self { filter: vec![0; 1 << (log - 6)], heads: HashSet::new(), shift: u32::BITS - log, longest };
        for value in long {
            // Wherever a value begins in a quantum, one of these is a quantum.
            for gram in value.windows(GRAM_BYTES).take(GRAM_BYTES) {
                let (word, bit) = all.bit_of(number_of(gram));
                if let Some(word) = all.filter.get_mut(word) {
                    *word |= bit;
                }
            }
            all.heads.insert(number_of(value.get(..CODED_BYTES_MIN).unwrap_or_default()) | CASE);
        }
        all
    }

    #[inline]
    fn bit_of(&self, gram: u64) -> (usize, u64) {
        let [.., a, b, c] = (gram | CASE).to_be_bytes();
        let hash = u32::from_be_bytes([0, a, b, c]).wrapping_mul(0x9e37_79b1) >> self.shift;
        ((hash >> 6) as usize, 1 << (hash & 63))
    }

    /// Whether a value may begin in, or up to two bytes before, the gram that is followed by another at the end of `last`.
    #[inline]
    fn may_begin(&self, last: u64) -> bool {
        let (word, bit) = self.bit_of(last >> GRAM_BITS);
        self.filter.get(word).is_some_and(|word| word & bit != 0) && self.begins(last)
    }

    #[cold]
    fn begins(&self, last: u64) -> bool {
        (0..GRAM_BYTES).any(|before| self.heads.contains(&((last >> (8 * before)) & HEAD_MASK | CASE)))
    }

    /// Decodes every run that may hold a value, in each phase in which it may.
    pub(crate) fn each_run(&self, text: &str, mut found: impl FnMut(&Decoded)) {
        if self.longest == 0 {
            return;
        }
        let mut decoded = Decoded::default();
        for coding in [&BASE64, &HEX] {
            let shortest = coding.symbols_of(CODED_BYTES_MIN);
            let (mut at, mut read) = (0, 0);
            while let Some(next) = text.as_bytes().get(at..at + shortest) {
                // Looked at backwards: most words are shorter, and one look passes by.
                match next.iter().rposition(|&byte| coding.symbol(byte).is_none()) {
                    Some(odd) => at += odd + 1,
                    None => {
                        let begin = coding.begin(text.as_bytes(), at, read);
                        at = self.run(Run::new(coding, text.as_bytes(), begin), &mut decoded, &mut found);
                        read = at;
                    }
                }
            }
        }
    }

    /// Reads one run; gives its end.
    fn run(&self, mut run: Run<'_>, decoded: &mut Decoded, found: &mut impl FnMut(&Decoded)) -> usize {
        let coding = run.coding;
        // What begins in the last part of a piece is read with the next; a quantum more on either side for the words.
        let overlap = coding.symbols_of(self.longest + 6 * GRAM_BYTES).next_multiple_of(coding.quantum);
        let piece = PIECE_SYMBOLS.max(4 * overlap);
        let gram_symbols = coding.symbols_of(GRAM_BYTES);
        loop {
            let (begin, mut next) = (run.clone(), None);
            // The last eight bytes.
            let (mut last, mut count, mut phases) = (0_u64, 0, 0_u8);
            while let Some((_, symbol)) = run.next() {
                last = last << coding.bits | u64::from(symbol);
                count += 1;
                // Grams have whole quanta.
                if self.may_begin(last) {
                    phases |= 1 << (count % coding.quantum);
                }
                if count == piece - overlap {
                    next = Some(run.clone());
                }
                if count == piece {
                    break;
                }
            }
            // What is behind the last gram is its own.
            for behind in 1..=gram_symbols {
                last <<= coding.bits;
                if self.may_begin(last) {
                    phases |= 1 << ((count + behind) % coding.quantum);
                }
            }
            if phases != 0 {
                decoded.read(begin, count);
                for phase in (0..coding.quantum).filter(|phase| phases >> phase & 1 == 1) {
                    decoded.decode(coding, phase);
                    found(decoded);
                }
            }
            match next {
                Some(next) if count == piece => run = next,
                _ => return run.at,
            }
        }
    }
}

fn number_of(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The symbols of a run and their places, from one of them on.
#[derive(Clone)]
struct Run<'t> {
    coding: &'static Coding,
    text: &'t [u8],
    at: usize,
    /// Where the line of text begins.
    line: usize,
}

impl<'t> Run<'t> {
    fn new(coding: &'static Coding, text: &'t [u8], at: usize) -> Self {
        Self { coding, text, at, line: at }
    }

    /// Goes over what may stand between two symbols: the break of a full line, and the backslash that JSON may put before
    /// a slash.
    #[cold]
    fn skip(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        if let [b'\\', b'/', ..] = rest {
            self.at += 1;
            return self.coding.symbol(b'/').map(|_| ());
        }
        let breaks = match rest {
            [b'\n', ..] => 1,
            [b'\r', b'\n', ..] | [b'\\', b'n', ..] => 2,
            [b'\\', b'r', b'\\', b'n', ..] => 4,
            _ => return None,
        };
        if self.at - self.line < LINE_SYMBOLS_MIN {
            return None;
        }
        let behind = rest.get(breaks..)?;
        let indent = behind.iter().take(INDENT_MAX).take_while(|&&byte| byte == b' ').count();
        self.at += breaks + indent;
        self.line = self.at;
        Some(())
    }
}

impl Iterator for Run<'_> {
    type Item = (usize, u8);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(symbol) = self.coding.symbol(*self.text.get(self.at)?) {
                self.at += 1;
                return Some((self.at - 1, symbol));
            }
            self.skip()?;
        }
    }
}

/// A piece of a run, read in one phase.
#[derive(Default)]
pub(crate) struct Decoded {
    bytes: Vec<u8>,
    symbols: Vec<u8>,
    /// The place in the text of each symbol.
    places: Vec<usize>,
    /// The place behind the last one and its padding.
    end: usize,
    bits: usize,
    quantum: usize,
    phase: usize,
}

impl Decoded {
    /// What the symbols stand for.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes so many symbols.
    fn read(&mut self, run: Run<'_>, count: usize) {
        self.symbols.clear();
        self.places.clear();
        let text = run.text;
        for (place, symbol) in run.take(count) {
            self.symbols.push(symbol);
            self.places.push(place);
        }
        let end = self.places.last().map_or(0, |last| last + 1);
        let padding = text.get(end..).unwrap_or_default().iter().take(2).take_while(|&&byte| byte == b'=').count();
        self.end = end + padding;
    }

    fn decode(&mut self, coding: &Coding, phase: usize) {
        (self.bits, self.quantum, self.phase) = (coding.bits, coding.quantum, phase);
        self.bytes.clear();
        let (mut sum, mut have) = (0_u32, 0);
        for &symbol in self.symbols.iter().skip(phase) {
            (sum, have) = (sum << coding.bits | u32::from(symbol), have + coding.bits);
            if have >= 8 {
                have -= 8;
                let [.., byte] = (sum >> have).to_be_bytes();
                self.bytes.push(byte);
            }
        }
    }

    /// The place in the text of all quanta that have a bit of these bytes.
    pub(crate) fn place(&self, bytes: Range<usize>) -> Option<Range<usize>> {
        let quantum_of = |byte: usize| byte * 8 / self.bits / self.quantum;
        let first = self.phase + quantum_of(bytes.start) * self.quantum;
        let behind = self.phase + (quantum_of(bytes.end.checked_sub(1)?) + 1) * self.quantum;
        let end = if behind >= self.places.len() { self.end } else { self.places.get(behind - 1)? + 1 };
        Some(*self.places.get(first)?..end)
    }
}
