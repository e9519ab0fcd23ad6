//! What comes back: status, headers and body, all through the search for echoed secrets.
//!
//! Invariants: at most `bytes_max` bytes are taken from the network; a body that breaks off gives its error again and
//! again, and what was held back when it broke is never given out.

use crate::echo::Redactor;
use crate::error::NetError;
use crate::sse::{Decoder, Event, TooLong};
use crate::transport::Chunks;

/// A response whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: BodyReader,
}

impl Response {
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, body: BodyReader) -> Self {
        Self { status, headers, body }
    }

    /// The status code, 200 to 599.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Names in lower case with their values, in the order of the response; without those that set cookies.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first value of a header, its name in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Bytes of the body taken from the network so far.
    pub fn bytes_read(&self) -> u64 {
        self.body.taken
    }

    /// Reads the next 1 to `bytes_max` bytes; none at the end.
    ///
    /// # Errors
    /// [`NetError::TooLarge`], [`NetError::Idle`], [`NetError::Overtime`], [`NetError::Unreachable`].
    pub fn read(&mut self, bytes_max: usize) -> Result<Option<Vec<u8>>, NetError> {
        self.body.fill()?;
        let count = self.body.ready.len().min(bytes_max.max(1));
        let chunk: Vec<u8> = self.body.ready.drain(..count).collect();
        Ok(Some(chunk).filter(|c| !c.is_empty()))
    }

    /// Reads all that is left.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_all(&mut self) -> Result<Vec<u8>, NetError> {
        let mut all = Vec::new();
        while let Some(mut chunk) = self.read(usize::MAX)? {
            all.append(&mut chunk);
        }
        Ok(all)
    }

    /// Reads the next event of an event stream; none at the end. Not to be mixed with [`Self::read`].
    ///
    /// # Errors
    /// As [`Self::read`]; [`NetError::TooLarge`] also for an event of more than 1 MiB.
    pub fn next_event(&mut self) -> Result<Option<Event>, NetError> {
        loop {
            let too_long = |TooLong| NetError::TooLarge { what: "an event", bytes_max: TooLong::BYTES_MAX };
            if let Some(event) = self.body.decoder.next().map_err(too_long)? {
                return Ok(Some(event));
            }
            self.body.fill()?;
            if self.body.ready.is_empty() {
                return Ok(None);
            }
            self.body.decoder.push(&self.body.ready);
            self.body.ready.clear();
        }
    }
}

/// A body between the network and the plugin.
pub(crate) struct BodyReader {
    source: Source,
    redactor: Redactor,
    decoder: Decoder,
    bytes_max: u64,
    taken: u64,
    /// Searched, and not yet given out.
    ready: Vec<u8>,
}

enum Source {
    Open(Box<dyn Chunks + Send>),
    Done,
    Broken(NetError),
}

impl std::fmt::Debug for BodyReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "BodyReader({} of at most {} bytes)", self.taken, self.bytes_max)
    }
}

impl BodyReader {
    pub(crate) fn new(source: Box<dyn Chunks + Send>, redactor: Redactor, bytes_max: u64) -> Self {
        let (decoder, source) = (Decoder::default(), Source::Open(source));
        Self { source, redactor, decoder, bytes_max, taken: 0, ready: Vec::new() }
    }

    /// Makes `ready` hold something, unless the body ended.
    fn fill(&mut self) -> Result<(), NetError> {
        while self.ready.is_empty() {
            match &mut self.source {
                Source::Done => return Ok(()),
                Source::Broken(error) => return Err(error.clone()),
                Source::Open(source) => match source.next_chunk() {
                    Ok(Some(chunk)) => self.take(&chunk),
                    Ok(None) => {
                        self.redactor.finish(&mut self.ready);
                        self.source = Source::Done;
                    }
                    Err(error) => self.source = Source::Broken(error),
                },
            }
        }
        Ok(())
    }

    fn take(&mut self, chunk: &[u8]) {
        let left = usize::try_from(self.bytes_max - self.taken).unwrap_or(usize::MAX);
        let within = chunk.get(..left).unwrap_or(chunk);
        self.taken += within.len() as u64;
        self.redactor.push(within, &mut self.ready);
        if within.len() < chunk.len() {
            // Dropping the source closes the socket: the rest is never received.
            self.source = Source::Broken(NetError::TooLarge { what: "the response", bytes_max: self.bytes_max });
        }
    }
}

#[cfg(test)]
mod tests {
    use trcaa_model::secret::Secret;

    use super::*;
    use crate::echo::Known;

    impl Chunks for &[u8] {
        fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, NetError> {
            Ok(Some(std::mem::take(self).to_vec()).filter(|c| !c.is_empty()))
        }
    }

    fn response(body: &'static [u8], secret: &str, bytes_max: u64) -> Response {
        let known = Known::default();
        known.remember(&Secret::new(secret));
        Response::new(200, vec![], BodyReader::new(Box::new(body), known.redactor(), bytes_max))
    }

    #[test]
    fn a_cap_inside_an_echo_gives_away_none_of_it() {
        let mut cut = response(b"token=hunter2-and-more", "hunter2-and", 10);
        assert_eq!(cut.read(100), Ok(Some(b"token=".to_vec())));
        for _ in 0..2 {
            assert_eq!(cut.read(100), Err(NetError::TooLarge { what: "the response", bytes_max: 10 }));
        }
    }

    #[test]
    fn the_cap_counts_to_the_byte() {
        assert_eq!(response(b"0123456789", "hunter2", 10).read_all(), Ok(b"0123456789".to_vec()));
        assert!(response(b"0123456789", "hunter2", 9).read_all().is_err());
        assert_eq!(response(b"", "hunter2", 0).read_all(), Ok(vec![]));
    }

    #[test]
    fn small_reads_cannot_step_through_a_secret() {
        let mut body = response(b"a hunter2 b", "hunter2", 100);
        let mut all = vec![];
        while let Some(chunk) = body.read(1).expect("readable") {
            assert_eq!(chunk.len(), 1);
            all.extend(chunk);
        }
        assert_eq!(all, b"a [secret] b");
    }

    /// A body that breaks off after one piece.
    struct Torn(Option<Vec<u8>>);

    impl Chunks for Torn {
        fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, NetError> {
            self.0.take().map(Some).ok_or(NetError::Idle { after: std::time::Duration::from_secs(1) })
        }
    }

    #[test]
    fn a_break_inside_an_echo_gives_away_none_of_it() {
        let known = Known::default();
        known.remember(&Secret::new("hunter2-and-more"));
        let body = BodyReader::new(Box::new(Torn(Some(b"key hunter2-and".to_vec()))), known.redactor(), 100);
        let mut torn = Response::new(200, vec![], body);
        assert_eq!(torn.read(100), Ok(Some(b"key ".to_vec())));
        assert!(matches!(torn.read(100), Err(NetError::Idle { .. })));
        assert!(matches!(torn.read_all(), Err(NetError::Idle { .. })));
    }
}
