//! The plugin's side of the world `trcaa:pii/pii-detector`.

use trcaa_sdk::pii::{Detector, LabelInfo, Options, Span, label, span};
use trcaa_sdk::{Descriptor, Error};

struct PiiNames;

impl Detector for PiiNames {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("pii-names", "Names of persons", env!("CARGO_PKG_VERSION"))
    }

    fn labels() -> Vec<LabelInfo> {
        crate::labels().iter().map(|l| label(l.label, l.description, l.example)).collect()
    }

    fn detect(texts: Vec<String>, options: Options) -> Result<Vec<Vec<Span>>, Error> {
        let wanted = |found: &crate::Span| {
            found.confidence >= options.min_confidence
                && (options.labels.is_empty() || options.labels.iter().any(|l| l == found.label))
        };
        let spans = |text: &String| {
            let found = crate::detect(text).into_iter().filter(wanted);
            found.map(|f| span(f.start, f.end, f.label, f.confidence)).collect()
        };
        Ok(texts.iter().map(spans).collect())
    }
}

trcaa_sdk::register!(pii_detector: PiiNames, manifest: include_bytes!("../trcaa-plugin.toml"));
