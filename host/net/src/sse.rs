//! Decodes `text/event-stream` (WHATWG HTML, section 9.2.6). Pure.
//!
//! Invariants: events are the same for any chunking; a line and an event are at most [`EVENT_BYTES_MAX`] long; an
//! event that the stream ends within is not given out, since half a message looks like a whole one.

use memchr::memchr2;

/// Longest event: four times what the longest answers of providers have been seen to need.
const EVENT_BYTES_MAX: usize = 1 << 20;

/// One event of an event stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The last id that the stream set, in this event or before.
    pub id: Option<String>,
    /// The type; none for the usual `message`.
    pub event: Option<String>,
    /// Lines of data, joined by `\n`.
    pub data: String,
}

/// A line or event is longer than [`EVENT_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl TooLong {
    /// The limit.
    pub(crate) const BYTES_MAX: u64 = EVENT_BYTES_MAX as u64;
}

/// The state between two chunks.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pending: Vec<u8>,
    /// Begin of the current line in `pending`.
    at: usize,
    /// Up to here the current line is known to hold no line end.
    searched: usize,
    /// Whether the last line ended with CR, so that a LF would belong to it.
    after_cr: bool,
    past_first_line: bool,
    id: Option<String>,
    event: Option<String>,
    data: Option<String>,
}

impl Decoder {
    /// Takes the next bytes.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.pending.drain(..self.at);
        self.searched = self.searched.saturating_sub(self.at);
        self.at = 0;
        self.pending.extend_from_slice(chunk);
    }

    /// Gives the next event that is complete; none when more bytes are needed.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, TooLong> {
        loop {
            if self.after_cr {
                match self.pending.get(self.at) {
                    None => return Ok(None),
                    Some(b'\n') => self.at += 1,
                    Some(_) => {}
                }
                self.after_cr = false;
            }
            let from = self.searched.max(self.at);
            let Some(found) = memchr2(b'\r', b'\n', self.pending.get(from..).unwrap_or_default()) else {
                self.searched = self.pending.len();
                return if self.pending.len() - self.at > EVENT_BYTES_MAX { Err(TooLong) } else { Ok(None) };
            };
            let end = from + found;
            let mut line = self.pending.get(self.at..end).unwrap_or_default();
            if !self.past_first_line {
                line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
                self.past_first_line = true;
            }
            if line.len() > EVENT_BYTES_MAX {
                return Err(TooLong);
            }
            let line = String::from_utf8_lossy(line).into_owned();
            self.after_cr = self.pending.get(end) == Some(&b'\r');
            self.at = end + 1;
            if let Some(event) = self.line(&line)? {
                return Ok(Some(event));
            }
        }
    }

    fn line(&mut self, line: &str) -> Result<Option<Event>, TooLong> {
        if line.is_empty() {
            let event = self.event.take();
            return Ok(self.data.take().map(|data| Event { id: self.id.clone(), event, data }));
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event = Some(value.to_owned()).filter(|v| !v.is_empty()),
            "id" if !value.contains('\0') => self.id = Some(value.to_owned()).filter(|v| !v.is_empty()),
            "data" => match &mut self.data {
                Some(data) if data.len() + value.len() >= EVENT_BYTES_MAX => return Err(TooLong),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            // `retry` is advice for a client that reconnects, which a plugin does with a new request; the rest are
            // comments and fields to come.
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(text: &[u8], cuts: &[usize]) -> Result<Vec<Event>, TooLong> {
        let (mut decoder, mut events, mut rest) = (Decoder::default(), Vec::new(), text);
        for cut in cuts.iter().copied().chain([usize::MAX]) {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            decoder.push(chunk);
            while let Some(event) = decoder.next()? {
                events.push(event);
            }
            rest = after;
        }
        Ok(events)
    }

    /// The same by another way: the whole text, line ends unified, blocks split at empty lines.
    fn by_the_book(text: &[u8]) -> Vec<Event> {
        let text = String::from_utf8_lossy(text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)).into_owned();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let Some(end) = text.rfind('\n') else { return vec![] };
        let (mut id, mut events) = (String::new(), vec![]);
        let (mut event, mut data) = (String::new(), String::new());
        for line in text[..end].split('\n') {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match (line, field) {
                ("", _) => {
                    let some = |s: &str| (!s.is_empty()).then(|| s.to_owned());
                    if let Some(data) = data.strip_suffix('\n') {
                        events.push(Event { id: some(&id), event: some(&event), data: data.to_owned() });
                    }
                    (event, data) = Default::default();
                }
                (_, "event") => event = value.to_owned(),
                (_, "data") => data = format!("{data}{value}\n"),
                (_, "id") if !value.contains('\0') => id = value.to_owned(),
                _ => {}
            }
        }
        events
    }

    fn event(id: Option<&str>, event: Option<&str>, data: &str) -> Event {
        Event { id: id.map(Into::into), event: event.map(Into::into), data: data.into() }
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        let text = "\u{feff}: hello\nid: 1\nevent: delta\ndata: a\ndata:b\ndata:  c\n\ndata\n\nid\nevent: x\n\n\
                    retry: 5\ndata: [DONE]\r\n\r\ndata: cr\r\rdata: half";
        assert_eq!(
            decode(text.as_bytes(), &[]),
            Ok(vec![
                event(Some("1"), Some("delta"), "a\nb\n c"),
                event(Some("1"), None, ""),
                event(None, None, "[DONE]"),
                event(None, None, "cr"),
            ])
        );
    }

    #[test]
    fn a_character_split_over_chunks_stays_whole() {
        let text = "data: grüße 😀\n\n".as_bytes();
        for cut in 0..text.len() {
            assert_eq!(decode(text, &[cut]), Ok(vec![event(None, None, "grüße 😀")]), "cut at {cut}");
        }
    }

    #[test]
    fn lines_and_events_are_bounded_at_the_byte() {
        let line = |n: usize| format!("data:{}\n\n", "x".repeat(n - 5)).into_bytes();
        assert!(decode(&line(EVENT_BYTES_MAX), &[]).is_ok());
        assert_eq!(decode(&line(EVENT_BYTES_MAX + 1), &[]), Err(TooLong));
        assert_eq!(decode(&vec![b'x'; EVENT_BYTES_MAX + 1], &[4096; 300]), Err(TooLong));
        let half = format!("data:{}\n", "x".repeat(EVENT_BYTES_MAX / 2));
        assert_eq!(decode(format!("{half}{half}").as_bytes(), &[]), Err(TooLong));
        assert!(decode(format!("{half}\n{half}\n").as_bytes(), &[]).is_ok());
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_events(
            parts in prop::collection::vec(
                prop_oneof![
                    Just(b"\n".to_vec()), Just(b"\r".to_vec()), Just(b"\r\n".to_vec()), Just(b"\n\n".to_vec()),
                    Just(b"data: ".to_vec()), Just(b"event:".to_vec()), Just(b"id: ".to_vec()), Just(b":".to_vec()),
                    Just("ä😀".as_bytes().to_vec()), Just(b"\xef\xbb\xbf".to_vec()),
                    prop::collection::vec(any::<u8>(), 0..6),
                ],
                0..30,
            ),
            cuts in prop::collection::vec(0..7usize, 0..60),
        ) {
            let text = parts.concat();
            let expected = Ok(by_the_book(&text));
            prop_assert_eq!(decode(&text, &[]), expected.clone());
            prop_assert_eq!(decode(&text, &cuts), expected.clone());
            prop_assert_eq!(decode(&text, &vec![1; text.len()]), expected);
        }
    }
}
