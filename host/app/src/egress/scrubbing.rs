//! The search for a connection's secrets in what its plugin says: the runtime's scrub port over `net`'s redactor.

use trcaa_net::{Pieces, Redactor};
use trcaa_runtime::ports::{ScrubPort, TextScrub};

use super::Egress;

impl ScrubPort for Egress {
    fn text(&self, text: &str) -> String {
        self.scrub(text)
    }

    fn stream(&self) -> Box<dyn TextScrub> {
        Box::new(Stream(self.connection.redactor()))
    }

    fn pieces(&self) -> Box<dyn TextScrub> {
        Box::new(Shown(self.connection.pieces()))
    }
}

/// Holds back what may be the beginning of a secret.
struct Stream(Redactor);

impl TextScrub for Stream {
    fn push(&mut self, piece: &str) -> String {
        let mut out = Vec::with_capacity(piece.len());
        self.0.push(piece.as_bytes(), &mut out);
        // A form begins with a whole character, so that what is held back never splits one.
        String::from_utf8_lossy(&out).into_owned()
    }

    fn finish(&mut self) -> String {
        let mut out = Vec::new();
        self.0.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Holds nothing back.
struct Shown(Pieces);

impl TextScrub for Shown {
    fn push(&mut self, piece: &str) -> String {
        self.0.push(piece)
    }

    fn finish(&mut self) -> String {
        String::new()
    }
}
