use trcaa_sdk::pii::{Descriptor, Detector, Error, LabelInfo, Options, Span, label, span};

struct Plugin;

impl Detector for Plugin {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("{{id}}", "{{id}}", "0.1.0")
    }

    fn labels() -> Vec<LabelInfo> {
        vec![label("Badge", "The number of a badge", "badge-0042")]
    }

    fn detect(texts: Vec<String>, _options: Options) -> Result<Vec<Vec<Span>>, Error> {
        Ok(texts.iter().map(|text| badges(text)).collect())
    }
}

/// Offsets are bytes of UTF-8, on the boundaries of characters.
fn badges(text: &str) -> Vec<Span> {
    let numbers = text.match_indices("badge-").filter(|(at, word)| {
        let number = text.as_bytes().get(at + word.len()..at + word.len() + 4);
        number.is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
    });
    numbers.map(|(at, word)| span(at, at + word.len() + 4, "Badge", 0.9)).collect()
}

trcaa_sdk::register!(pii_detector: Plugin, manifest: include_bytes!("../trcaa-plugin.toml"));
