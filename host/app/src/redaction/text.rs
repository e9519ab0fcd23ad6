//! The text of a log as detectors see it.
//!
//! Invariant: as many bytes as are stored, so that offsets into it are offsets into what the analyst has.

use std::io::Read;

use trcaa_model::id::LogFileId;

use crate::{App, AppError};

/// What stands for a byte that is no UTF-8 while text is looked at: one byte, so that offsets stay.
const STAND_IN: u8 = b'?';

/// A log's text, fit for detectors: same length as the stored bytes, every byte that is no UTF-8 a `?`.
pub(crate) fn masked(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let mut bytes = error.into_bytes();
            let mut at = 0;
            while let Err(bad) = std::str::from_utf8(&bytes[at..]) {
                let start = at + bad.valid_up_to();
                let end = bad.error_len().map_or(bytes.len(), |length| start + length);
                bytes[start..end].fill(STAND_IN);
                at = end;
            }
            String::from_utf8(bytes).expect("every invalid sequence was overwritten with ASCII")
        }
    }
}

impl App {
    pub(crate) fn log_text(&self, log: &LogFileId) -> Result<String, AppError> {
        let mut bytes = Vec::new();
        let mut text = self.store.open_text(log)?;
        text.read_to_end(&mut bytes).map_err(|e| AppError::failed("unreadable", format!("reading log {log}: {e}")))?;
        Ok(masked(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn masking_keeps_every_offset() {
        for bytes in [&b"a\xffb"[..], b"\xe2\x82", b"\xf0\x9f\x98 x\xc3(", "añb😀".as_bytes(), b""] {
            let text = masked(bytes.to_vec());
            assert_eq!(text.len(), bytes.len());
            assert_eq!(
                text.bytes().filter(u8::is_ascii_alphabetic).count(),
                bytes.iter().filter(|b| b.is_ascii_alphabetic()).count()
            );
        }
        assert_eq!(masked(b"caf\xe9 x".to_vec()), "caf? x");
    }
}
