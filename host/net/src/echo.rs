//! Finds secrets that a server sends back, and writes `[secret]` in their place.
//!
//! Searched are the secret itself, its base64 (three alignments, both alphabets, padded or not) and its hex (any
//! case), and each of these under any mixture of percent, JSON and HTML escapes. Escapes are undone while comparing
//! instead of listing escaped forms: each encoder escapes another set of characters.
//!
//! Invariants: the output is the same for any chunking of the input; bytes that may be the beginning of a secret are
//! held back until it is known that they are not; overlapping finds are one replacement, and nothing of any of them
//! stays. At most [`escape::ESCAPED_BYTES_MAX`] bytes per byte of the longest form are held.

#[cfg(test)]
mod differential;
mod escape;
mod filter;
mod lanes;
mod needle;
mod pieces;
mod places;
mod reading;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use trcaa_model::secret::Secret;

use needle::{End, Found, Needles};
pub use pieces::Pieces;
use reading::Reading;

/// What stands where a secret was.
const MASK: &[u8] = b"[secret]";
/// Most secrets that one connection remembers: twice as many as a manifest can name. Of more, the oldest (tokens that
/// were refreshed long ago) are forgotten.
const SECRETS_MAX: usize = 128;
/// Fewest bytes of a secret that is searched for: a shorter one is in every text. None shorter is ever used.
pub(crate) const SECRET_BYTES_MIN: usize = 4;
/// Fewest bytes of a secret that is searched for in what leaves: servers without accounts are given words such as
/// `ollama` for a key, and requests hold such words.
const LEAVING_BYTES_MIN: usize = 12;

/// The secrets that a connection used.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    secrets: Vec<Secret>,
    /// Made when they are first searched for.
    needles: Option<Arc<Needles>>,
    /// Of the long ones alone.
    leaving: Option<Arc<Needles>>,
    /// The room of the last search through what leaves: a decision takes less time than making one.
    room: Option<Box<Reading>>,
}

impl Known {
    /// Remembers a secret from now on.
    pub(crate) fn remember(&self, secret: &Secret) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { secrets, needles, leaving, .. } = &mut *known;
        if secret.expose().len() >= SECRET_BYTES_MIN && !secrets.contains(secret) {
            if secrets.len() == SECRETS_MAX {
                secrets.remove(0);
            }
            secrets.push(secret.clone());
            (*needles, *leaving) = (None, None);
        }
    }

    fn needles(&self) -> Arc<Needles> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { secrets, needles, .. } = &mut *known;
        Arc::clone(needles.get_or_insert_with(|| Arc::new(Needles::new(secrets.iter()))))
    }

    /// Starts the search through texts that leave.
    pub(crate) fn leaving(&self) -> Leaving<'_> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { secrets, leaving, room, .. } = &mut *known;
        let long = secrets.iter().filter(|secret| secret.expose().len() >= LEAVING_BYTES_MIN);
        let needles = Arc::clone(leaving.get_or_insert_with(|| Arc::new(Needles::new(long))));
        Leaving { known: self, needles, room: room.take() }
    }

    /// Starts the search through one text or stream.
    pub(crate) fn redactor(&self) -> Redactor {
        Redactor::new(self.needles())
    }

    /// Starts the search over pieces that are shown one by one.
    pub(crate) fn pieces(&self) -> Pieces {
        Pieces::new(self.needles())
    }

    /// Searches whole bytes.
    pub(crate) fn scrub_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut redactor = self.redactor();
        let mut out = Vec::with_capacity(bytes.len());
        redactor.push(bytes, &mut out);
        redactor.finish(&mut out);
        out
    }

    /// Searches a whole text.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let out = self.scrub_bytes(text.as_bytes());
        String::from_utf8(out).unwrap_or_else(|odd| String::from_utf8_lossy(odd.as_bytes()).into_owned())
    }
}

/// The secrets that are searched for in what leaves.
pub(crate) struct Leaving<'k> {
    known: &'k Known,
    needles: Arc<Needles>,
    room: Option<Box<Reading>>,
}

impl Leaving<'_> {
    /// Whether one of some texts holds any form of a secret that is too long to be a word.
    pub(crate) fn finds_in_any<'t>(mut self, texts: impl Iterator<Item = &'t str>) -> bool {
        let needles = &self.needles;
        if needles.is_empty() {
            return false;
        }
        for text in texts.map(str::as_bytes).filter(|text| text.len() >= needles.shortest()) {
            let mut places = needles.places(text, End::Final, self.room.take());
            let mut at = places.next(0);
            while let Some(here) = text.get(at..).filter(|here| !here.is_empty()) {
                if matches!(needles.at(here, End::Final), Found::Yes(_)) {
                    return true;
                }
                at = places.next(at + 1);
            }
            self.room = places.into_room();
        }
        // What was found in goes with its room, which is wiped.
        self.known.0.lock().unwrap_or_else(PoisonError::into_inner).room = self.room;
        false
    }
}

/// The search through one stream of bytes.
#[derive(Debug)]
pub struct Redactor {
    needles: Arc<Needles>,
    held: Vec<u8>,
    /// So many bytes at the beginning of `held` belong to a find whose mask is written already.
    covered: usize,
    /// The room of the search, so that a stream of many short chunks makes it once.
    room: Option<Box<Reading>>,
}

impl Redactor {
    fn new(needles: Arc<Needles>) -> Self {
        Self { needles, held: Vec::new(), covered: 0, room: None }
    }

    /// Takes the next bytes, and appends to `out` what is decided.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        if self.needles.is_empty() {
            out.extend_from_slice(chunk);
            return;
        }
        if self.held.is_empty() {
            // Most chunks hold no beginning of a secret at their end, and are copied once.
            let decided = self.advance(chunk, End::Open, out);
            self.held.extend_from_slice(chunk.get(decided..).unwrap_or_default());
        } else {
            self.held.extend_from_slice(chunk);
            self.advance_held(End::Open, out);
        }
    }

    /// Appends the rest, for a stream that ended where its sender meant it to end. One that was cut must not be
    /// finished: what is held can be the larger part of a secret.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.advance_held(End::Final, out);
    }

    fn advance_held(&mut self, end: End, out: &mut Vec<u8>) {
        let mut held = std::mem::take(&mut self.held);
        let decided = self.advance(&held, end, out);
        held.drain(..decided);
        self.held = held;
    }

    /// Appends what is decided of a text; gives how much that is.
    fn advance(&mut self, text: &[u8], end: End, out: &mut Vec<u8>) -> usize {
        let needles = Arc::clone(&self.needles);
        let mut places = needles.places(text, end, self.room.take());
        let mut at = 0;
        while at < text.len() {
            let next = places.next(at);
            out.extend_from_slice(text.get(at.max(self.covered.min(next))..next).unwrap_or_default());
            at = next;
            let Some((&byte, here)) = text.get(at).zip(text.get(at..)) else { break };
            match needles.at(here, end) {
                Found::Perhaps => break,
                Found::No if at >= self.covered => out.push(byte),
                Found::No => {}
                Found::Yes(len) => {
                    if at >= self.covered {
                        out.extend_from_slice(MASK);
                    }
                    self.covered = self.covered.max(at + len);
                }
            }
            at += 1;
        }
        self.room = places.into_room();
        self.covered = self.covered.saturating_sub(at);
        at
    }
}
