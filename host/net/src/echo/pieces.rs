//! The search over pieces that are shown one by one, such as the fields of a log line.
//!
//! Invariants: nothing is held back; of a secret that lies over several pieces, each piece's part is replaced, a first
//! part of fewer than [`PART_BYTES_MIN`] bytes left out, which tells nothing.

use std::sync::Arc;

use super::MASK;
use super::needle::{End, Found, Needles};
use super::reading::Reading;

/// Fewest bytes at the end of a piece that are taken for the first part of a secret.
const PART_BYTES_MIN: usize = 4;

/// The search over pieces.
#[derive(Debug)]
pub struct Pieces {
    needles: Arc<Needles>,
    /// The end of what came before, as it came, from where a secret may begin.
    before: Vec<u8>,
    /// The room of the search.
    room: Option<Box<Reading>>,
}

impl Pieces {
    pub(super) fn new(needles: Arc<Needles>) -> Self {
        Self { needles, before: Vec::new(), room: None }
    }

    /// Takes a piece and gives it as it may be shown.
    pub fn push(&mut self, piece: &str) -> String {
        if self.needles.is_empty() {
            return piece.to_owned();
        }
        let mut text = std::mem::take(&mut self.before);
        let begin = text.len();
        text.extend_from_slice(piece.as_bytes());
        let (mut out, mut shown, mut open) = (Vec::with_capacity(piece.len()), begin, None);
        let mut places = self.needles.places(&text, End::Open, self.room.take());
        let mut at = places.next(0);
        while let Some(here) = text.get(at..).filter(|here| !here.is_empty()) {
            let (decided, undecided) = (self.needles.at(here, End::Final), self.needles.at(here, End::Open));
            let masked = match (decided, undecided) {
                (Found::Yes(len), _) => Some(at + len),
                (_, Found::Perhaps) if here.len() >= PART_BYTES_MIN => Some(text.len()),
                _ => None,
            };
            if undecided == Found::Perhaps {
                open.get_or_insert(at);
            }
            if let Some(end) = masked.filter(|end| *end > shown) {
                if at > shown || shown == begin {
                    out.extend_from_slice(text.get(shown..at).unwrap_or_default());
                    out.extend_from_slice(MASK);
                } else if at == shown {
                    out.extend_from_slice(MASK);
                }
                shown = end;
            }
            at = places.next(at + 1);
        }
        self.room = places.into_room();
        out.extend_from_slice(text.get(shown..).unwrap_or_default());
        self.before = open.and_then(|open| text.get(open..)).unwrap_or_default().to_vec();
        String::from_utf8_lossy(&out).into_owned()
    }
}
