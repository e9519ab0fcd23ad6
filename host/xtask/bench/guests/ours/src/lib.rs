//! A detector for three components that differ in their manifests alone.

use bench_job::{CONFIDENCE, LABEL};
use trcaa_sdk::pii::{Detector, LabelInfo, Options, Span, label, span};
use trcaa_sdk::{Descriptor, Error};

/// Finds badges; a text that begins with `forever` or `spin N` keeps it busy instead.
pub struct Badges;

impl Detector for Badges {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("bench-detector", "Badges", "0.1.0")
    }

    fn labels() -> Vec<LabelInfo> {
        vec![label(LABEL, "A badge number", "badge-0042")]
    }

    fn detect(texts: Vec<String>, _options: Options) -> Result<Vec<Vec<Span>>, Error> {
        Ok(texts.iter().map(|text| spans(text)).collect())
    }
}

fn spans(text: &str) -> Vec<Span> {
    if let Some(rounds) = text.strip_prefix("spin ") {
        std::hint::black_box(bench_job::spin(rounds.parse().unwrap_or(0)));
    } else if text == "forever" {
        bench_job::forever();
    }
    bench_job::find(text).map(|f| span(f.start, f.end, LABEL, CONFIDENCE)).collect()
}
