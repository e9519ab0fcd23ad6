//! The text on its way out: bounded, in pieces, without control characters.

/// Most bytes of text; the host's own limit (behaviour.md), held here as well so that its message is the right one.
pub const TEXT_BYTES_MAX: usize = 104_857_600;
/// Bytes at which a piece goes out; the longest is less than twice as long.
pub const PIECE_BYTES_MAX: usize = 64 << 10;

/// Why a document gives no text. None of them carries any of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtractError {
    /// It can't be opened without a password.
    Password,
    /// There is no text in it.
    NoText,
    /// It is broken; says in our words where.
    Damaged(&'static str),
    /// Its text, or what has to be unpacked for it, is more than the limit of so many bytes.
    TooLarge(usize),
    /// It is a file of another format: `zip`, `xlsx`, `pptx`.
    Other(&'static str),
    /// A format that is not read here.
    UnknownFormat,
    /// The host took no more.
    Refused,
}

/// Takes pieces of text.
pub type Sink<'o> = dyn FnMut(&[u8]) -> Result<(), ()> + 'o;

/// Gathers text into pieces.
pub(crate) struct Writer<'o> {
    sink: &'o mut Sink<'o>,
    piece: String,
    written: usize,
    has_text: bool,
}

impl<'o> Writer<'o> {
    pub(crate) fn new(sink: &'o mut Sink<'o>) -> Self {
        Self { sink, piece: String::with_capacity(PIECE_BYTES_MAX + 1024), written: 0, has_text: false }
    }

    /// Whether anything readable was written.
    pub(crate) fn has_text(&self) -> bool {
        self.has_text
    }

    /// Writes text; control characters but tab and line break are left out, ligatures taken apart.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), ExtractError> {
        if text.bytes().all(|b| (b' '..=b'~').contains(&b)) && text.len() <= PIECE_BYTES_MAX {
            self.written += text.len();
            if self.written > TEXT_BYTES_MAX {
                return Err(ExtractError::TooLarge(TEXT_BYTES_MAX));
            }
            self.has_text |= text.bytes().any(|b| b != b' ');
            self.piece.push_str(text);
            return if self.piece.len() >= PIECE_BYTES_MAX { self.flush() } else { Ok(()) };
        }
        for c in text.chars() {
            let before = self.piece.len();
            match c {
                '\n' | '\t' => self.piece.push(c),
                '\u{a0}' => self.piece.push(' '),
                '\u{ad}' => self.piece.push('-'),
                '\u{fb00}' => self.piece.push_str("ff"),
                '\u{fb01}' => self.piece.push_str("fi"),
                '\u{fb02}' => self.piece.push_str("fl"),
                '\u{fb03}' => self.piece.push_str("ffi"),
                '\u{fb04}' => self.piece.push_str("ffl"),
                c if c.is_control() => {}
                c => self.piece.push(c),
            }
            self.has_text |= !c.is_whitespace() && !c.is_control() && c != '\u{fffd}';
            self.written += self.piece.len() - before;
            if self.written > TEXT_BYTES_MAX {
                return Err(ExtractError::TooLarge(TEXT_BYTES_MAX));
            }
            if self.piece.len() >= PIECE_BYTES_MAX {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Writes text and ends the line.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), ExtractError> {
        self.text(text)?;
        self.text("\n")
    }

    /// Writes what is left.
    pub(crate) fn flush(&mut self) -> Result<(), ExtractError> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let taken = (self.sink)(self.piece.as_bytes());
        self.piece.clear();
        taken.map_err(|()| ExtractError::Refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_at_the_byte() {
        let mut taken = 0;
        let mut sink = |piece: &[u8]| {
            taken += piece.len();
            Ok(())
        };
        let mut writer = Writer::new(&mut sink);
        writer.written = TEXT_BYTES_MAX - 3;
        assert_eq!(writer.text("a\u{1}é"), Ok(()));
        assert_eq!(writer.text("x"), Err(ExtractError::TooLarge(TEXT_BYTES_MAX)));
    }

    #[test]
    fn text_leaves_clean_and_in_pieces() {
        let mut pieces: Vec<String> = Vec::new();
        let mut sink = |piece: &[u8]| {
            pieces.push(String::from_utf8_lossy(piece).into_owned());
            Ok(())
        };
        let mut writer = Writer::new(&mut sink);
        assert_eq!(writer.line("\u{1b}[31mo\u{fb03}ce\u{a0}x\u{9b}\u{7f}\r\t"), Ok(()));
        assert_eq!(writer.text(&"é".repeat(PIECE_BYTES_MAX)), Ok(()));
        assert_eq!(writer.flush(), Ok(()));
        assert!(pieces.iter().all(|piece| piece.len() < 2 * PIECE_BYTES_MAX));
        assert!(pieces.concat().starts_with("[31moffice x\t\né"));
    }
}
