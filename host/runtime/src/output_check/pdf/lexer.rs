//! The tokens of a PDF file (ISO 32000-1, 7.2 and 7.3), strictly: what is odd ends the reading.

/// A token. Numbers are whole and not negative; any other number is a word.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// Without its slash, `#xx` decoded.
    Name(String),
    /// A string, literal or hexadecimal.
    Text(Vec<u8>),
    Number(u64),
    Word(Vec<u8>),
    DictionaryBegin,
    DictionaryEnd,
    ListBegin,
    ListEnd,
}

pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    /// The next token; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Token>, String> {
        while let Some(byte) = self.peek(0) {
            if byte == b'%' {
                while self.peek(0).is_some_and(|b| !matches!(b, b'\r' | b'\n')) {
                    self.at += 1;
                }
            } else if is_space(byte) {
                self.at += 1;
            } else {
                break;
            }
        }
        let Some(byte) = self.peek(0) else { return Ok(None) };
        let two = (byte, self.peek(1));
        let (length, token) = match two {
            (b'<', Some(b'<')) => (2, Token::DictionaryBegin),
            (b'>', Some(b'>')) => (2, Token::DictionaryEnd),
            (b'[', _) => (1, Token::ListBegin),
            (b']', _) => (1, Token::ListEnd),
            (b'{' | b'}', _) => (1, Token::Word(vec![byte])),
            (b'(', _) => return self.literal().map(Some),
            (b'<', _) => return self.hexadecimal().map(Some),
            (b'/', _) => return self.name().map(Some),
            (b')' | b'>', _) => return Err("PDF with a bracket that closes nothing".into()),
            _ => return Ok(Some(self.word())),
        };
        self.at += length;
        Ok(Some(token))
    }

    /// The data of a stream, behind its keyword, up to `endstream`.
    pub(super) fn stream(&mut self, length: u64) -> Result<&'a [u8], String> {
        self.at += match (self.peek(0), self.peek(1)) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(b'\n'), _) => 1,
            _ => return Err("PDF with a stream that does not begin on a line of its own".into()),
        };
        let broken = || "PDF with a stream whose length is a lie".to_owned();
        let end = usize::try_from(length).ok().and_then(|l| self.at.checked_add(l)).ok_or_else(broken)?;
        let data = self.bytes.get(self.at..end).ok_or_else(broken)?;
        // A reader that does not trust lengths looks for the keyword itself.
        if data.windows(9).any(|window| window == b"endstream") {
            return Err(broken());
        }
        self.at = end;
        while self.peek(0).is_some_and(|b| matches!(b, b'\r' | b'\n')) {
            self.at += 1;
        }
        match self.bytes.get(self.at..self.at + 9) {
            Some(b"endstream") => {
                self.at += 9;
                Ok(data)
            }
            _ => Err(broken()),
        }
    }

    fn word(&mut self) -> Token {
        let begin = self.at;
        while self.peek(0).is_some_and(|b| !is_space(b) && !is_delimiter(b)) {
            self.at += 1;
        }
        let word = self.bytes.get(begin..self.at).unwrap_or_default();
        let number = std::str::from_utf8(word).ok().filter(|w| w.bytes().all(|b| b.is_ascii_digit()));
        number.and_then(|w| w.parse().ok()).map_or_else(|| Token::Word(word.to_vec()), Token::Number)
    }

    fn name(&mut self) -> Result<Token, String> {
        self.at += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek(0).filter(|b| !is_space(*b) && !is_delimiter(*b)) {
            self.at += 1;
            if byte == b'#' {
                let digits = [self.peek(0), self.peek(1)].map(|b| b.and_then(|b| char::from(b).to_digit(16)));
                let [Some(high), Some(low)] = digits else {
                    return Err("PDF with a name that is malformed".into());
                };
                name.push(u8::try_from(high * 16 + low).unwrap_or(0));
                self.at += 2;
            } else {
                name.push(byte);
            }
        }
        // Names that matter are ASCII; of others only that they differ from those counts.
        Ok(Token::Name(String::from_utf8_lossy(&name).into_owned()))
    }

    fn literal(&mut self) -> Result<Token, String> {
        let mut text = Vec::new();
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                b'(' => {
                    depth += 1;
                    if depth == 1 {
                        continue;
                    }
                }
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(Token::Text(text));
                    }
                }
                b'\\' => {
                    // Kept as written: a link never needs an escape, and what is compared must not be guessed.
                    text.push(byte);
                    if let Some(escaped) = self.peek(0) {
                        text.push(escaped);
                        self.at += 1;
                    }
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
        Err("PDF with a string that does not end".into())
    }

    fn hexadecimal(&mut self) -> Result<Token, String> {
        self.at += 1;
        let mut digits = Vec::new();
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match char::from(byte).to_digit(16) {
                Some(digit) => digits.push(digit),
                None if byte == b'>' => {
                    let byte = |pair: &[u32]| {
                        let (high, low) = (pair.first().unwrap_or(&0), pair.get(1).unwrap_or(&0));
                        u8::try_from(high * 16 + low).unwrap_or(0)
                    };
                    return Ok(Token::Text(digits.chunks(2).map(byte).collect()));
                }
                None if is_space(byte) => {}
                None => break,
            }
        }
        Err("PDF with a hexadecimal string that is malformed".into())
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}
