//! From glyphs with places to lines of text: where a line ends, where a space was meant.
//!
//! The order is that of the page's content, which is the reading order in what word processors, browsers and
//! typesetters write; only within one line do glyphs go by their place.

use crate::writer::{ExtractError, Writer};

/// Gap, in parts of the font's size, from which on two glyphs belong to two words.
const WORD_GAP: f64 = 0.18;
/// Gap from which on they stand in two columns of a table.
const COLUMN_GAP: f64 = 1.5;
/// Step across the line from which on a glyph is on another line; what is less is raised or lowered.
const LINE_STEP: f64 = 0.5;
/// Two equal glyphs nearer than this are one, printed twice to look bold.
const OVERPRINT_GAP: f64 = 0.2;
/// Step back along the line that begins another stretch; what is less is kerning or an accent.
const STEP_BACK: f64 = 0.5;
/// Glyphs held for one line; a longer one is cut there.
const LINE_GLYPHS_MAX: usize = 100_000;

/// A glyph on the page: `x`, `y` are where it begins, `dx`, `dy` how far it goes.
pub(super) struct Placed<'t> {
    pub(super) text: &'t str,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) dx: f64,
    pub(super) dy: f64,
    /// Height of the font on the page.
    pub(super) size: f64,
    /// Direction of the writing: cosine and sine.
    pub(super) direction: (f64, f64),
}

struct Piece {
    start: f64,
    end: f64,
    size: f64,
    from: usize,
    to: usize,
}

/// The line that is being gathered.
pub(super) struct Lines<'w, 'o> {
    writer: &'w mut Writer<'o>,
    text: String,
    pieces: Vec<Piece>,
    direction: (f64, f64),
    across: f64,
    size: f64,
    failed: Option<ExtractError>,
}

impl<'w, 'o> Lines<'w, 'o> {
    pub(super) fn new(writer: &'w mut Writer<'o>) -> Self {
        Self {
            writer,
            text: String::new(),
            pieces: Vec::new(),
            direction: (1.0, 0.0),
            across: 0.0,
            size: 0.0,
            failed: None,
        }
    }

    /// Takes the next glyph. A place that is no number (from a broken matrix) puts it behind the one before.
    pub(super) fn push(&mut self, glyph: &Placed<'_>) {
        let (cos, sin) = glyph.direction;
        let along = glyph.x * cos + glyph.y * sin;
        let across = glyph.y * cos - glyph.x * sin;
        let length = glyph.dx * cos + glyph.dy * sin;
        let size = glyph.size.max(0.01);
        let turned = (cos * self.direction.0 + sin * self.direction.1) < 0.98;
        let step = LINE_STEP * size.max(self.size.min(size * 2.0));
        let elsewhere = turned || (across - self.across).abs() > step || !across.is_finite();
        if !self.pieces.is_empty() && (elsewhere || self.pieces.len() >= LINE_GLYPHS_MAX) {
            self.end_line();
        }
        if self.pieces.is_empty() {
            self.direction = glyph.direction;
            self.across = across;
            self.size = size;
        }
        let from = self.text.len();
        self.text.push_str(glyph.text);
        let piece = Piece { start: along, end: along + length, size, from, to: self.text.len() };
        self.pieces.push(piece);
    }

    /// Writes the line out.
    pub(super) fn end_line(&mut self) {
        let pieces = std::mem::take(&mut self.pieces);
        let text = std::mem::take(&mut self.text);
        let shown = |piece: &Piece| text.get(piece.from..piece.to).unwrap_or_default();
        // Where the writing went back, another stretch begins; stretches go by their place, glyphs stay in theirs.
        let mut stretches: Vec<&[Piece]> =
            pieces.chunk_by(|last, next| next.start >= last.end - STEP_BACK * last.size.max(next.size)).collect();
        stretches.sort_by(|a, b| start(a).total_cmp(&start(b)));
        let mut line = String::with_capacity(text.len() + 16);
        let mut last: Option<&Piece> = None;
        let mut last_stretch: &[Piece] = &[];
        for stretch in stretches {
            let is_same = stretch.len() == last_stretch.len()
                && stretch
                    .iter()
                    .zip(last_stretch)
                    .all(|(a, b)| shown(a) == shown(b) && (a.start - b.start).abs() < OVERPRINT_GAP * a.size);
            if is_same {
                continue;
            }
            for piece in stretch {
                let word = shown(piece);
                if let Some(last) = last.filter(|_| !word.is_empty()) {
                    let size = piece.size.max(last.size);
                    if word == shown(last)
                        && (piece.start - last.start).abs() < OVERPRINT_GAP * size
                        && last.end > last.start
                    {
                        continue;
                    }
                    separate(&mut line, (piece.start - last.end) / size, word);
                }
                line.push_str(word);
                last = Some(piece);
            }
            last_stretch = stretch;
        }
        let line = line.trim_end();
        if !line.trim_start().is_empty() && self.failed.is_none() {
            self.failed = self.writer.line(line).err();
        }
    }

    /// Ends the page.
    pub(super) fn finish(mut self) -> Result<(), ExtractError> {
        self.end_line();
        self.failed.map_or(Ok(()), Err)
    }

    /// Whether the output took no more: the rest of the page is not worth reading.
    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }
}

fn start(stretch: &[Piece]) -> f64 {
    stretch.first().map_or(0.0, |piece| piece.start)
}

/// Puts what a gap means, in parts of the font's size, before the next glyph.
fn separate(line: &mut String, gap: f64, next: &str) {
    if gap > COLUMN_GAP {
        if line.ends_with(' ') {
            line.pop();
        }
        line.push('\t');
    } else if gap > WORD_GAP && !line.ends_with([' ', '\t']) && !next.starts_with(' ') {
        line.push(' ');
    }
}
