//! Spans: what is refused, and how those that overlap become one.
//!
//! Invariant: every byte of every span is in exactly one merged span.

use trcaa_model::pii::Span;

/// Why a detector's span is not believed. The text must then not leave: a detector that errs is a detector that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// The end is not behind the start.
    #[error("span {start}..{end} of detector {detector} is empty or inverted")]
    Inverted {
        /// First byte as given.
        start: u64,
        /// End as given.
        end: u64,
        /// Who gave it.
        detector: String,
    },
    /// The span leaves the text.
    #[error("span {start}..{end} of detector {detector} leaves the text of {text_len} bytes")]
    OutOfBounds {
        /// First byte as given.
        start: u64,
        /// End as given.
        end: u64,
        /// Bytes in the text.
        text_len: u64,
        /// Who gave it.
        detector: String,
    },
    /// An end of the span is inside a character.
    #[error("span {start}..{end} of detector {detector} cuts a character")]
    MidCharacter {
        /// First byte as given.
        start: u64,
        /// End as given.
        end: u64,
        /// Who gave it.
        detector: String,
    },
    /// The confidence is no number from 0 to 1.
    #[error("span {start}..{end} of detector {detector} has a confidence that is not within 0 to 1")]
    Confidence {
        /// First byte as given.
        start: u64,
        /// End as given.
        end: u64,
        /// Who gave it.
        detector: String,
    },
}

/// A stretch of text to replace: one span, or several that overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The label of the highest rank among the united spans; of equals, the most confident.
    pub label: String,
    /// The confidence of the span that gave the label.
    pub confidence: f32,
}

/// Checks spans against their text.
///
/// # Errors
/// The first span that is inverted, leaves the text, cuts a character or has a confidence outside 0 to 1.
pub fn check_spans(text: &str, spans: &[Span]) -> Result<(), SpanError> {
    for span in spans {
        check_range(span, text.len() as u64)?;
        let on_boundary = |at: u64| usize::try_from(at).is_ok_and(|at| text.is_char_boundary(at));
        if !on_boundary(span.start) || !on_boundary(span.end) {
            return Err(SpanError::MidCharacter { start: span.start, end: span.end, detector: span.detector.clone() });
        }
    }
    Ok(())
}

fn check_range(span: &Span, text_len: u64) -> Result<(), SpanError> {
    let (start, end, detector) = (span.start, span.end, || span.detector.clone());
    if start >= end {
        return Err(SpanError::Inverted { start, end, detector: detector() });
    }
    if end > text_len {
        return Err(SpanError::OutOfBounds { start, end, text_len, detector: detector() });
    }
    if !(0.0..=1.0).contains(&span.confidence) {
        return Err(SpanError::Confidence { start, end, detector: detector() });
    }
    Ok(())
}

/// Unites overlapping spans; sorted by start, disjoint. Spans that only touch stay apart.
///
/// # Errors
/// As [`check_spans`], but for characters: only the text can tell those.
pub fn merge(spans: &[Span], text_len: u64) -> Result<Vec<Merged>, SpanError> {
    let mut order: Vec<&Span> = Vec::with_capacity(spans.len());
    for span in spans {
        check_range(span, text_len)?;
        order.push(span);
    }
    order.sort_by(|a, b| {
        (a.start, std::cmp::Reverse(a.end), rank(&a.label), &a.label).cmp(&(
            b.start,
            std::cmp::Reverse(b.end),
            rank(&b.label),
            &b.label,
        ))
    });
    let mut merged: Vec<Merged> = Vec::new();
    for span in order {
        match merged.last_mut() {
            Some(last) if span.start < last.end => {
                last.end = last.end.max(span.end);
                if better(span, last) {
                    last.label.clone_from(&span.label);
                    last.confidence = span.confidence;
                }
            }
            _ => merged.push(Merged {
                start: span.start,
                end: span.end,
                label: span.label.clone(),
                confidence: span.confidence,
            }),
        }
    }
    Ok(merged)
}

fn better(span: &Span, than: &Merged) -> bool {
    let (new, old) = (rank(&span.label), rank(&than.label));
    new < old || (new == old && span.confidence > than.confidence)
}

/// The rank of a label, lowest first: what does most harm in the wrong hands names the union.
fn rank(label: &str) -> usize {
    const ORDER: [&str; 20] = [
        "PrivateKey",
        "UrlWithCredentials",
        "ConnectionString",
        "CloudToken",
        "VendorToken",
        "Jwt",
        "BasicAuth",
        "BearerToken",
        "ApiKey",
        "Password",
        "Cookie",
        "CreditCard",
        "Iban",
        "Ssn",
        "Email",
        "PhoneNumber",
        "MacAddress",
        "Ipv6",
        "Ipv4",
        "Hostname",
    ];
    ORDER.iter().position(|known| *known == label).unwrap_or(ORDER.len())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(start: u64, end: u64, label: &str) -> Span {
        Span { start, end, label: label.to_owned(), confidence: 0.5, detector: "test".to_owned() }
    }

    #[test]
    fn overlapping_spans_unite_and_touching_ones_stay_apart() {
        let merged = merge(&[span(4, 9, "Email"), span(0, 5, "Password"), span(9, 12, "Ipv4")], 20).unwrap();
        let ranges: Vec<_> = merged.iter().map(|m| (m.start, m.end, m.label.as_str())).collect();
        assert_eq!(ranges, [(0, 9, "Password"), (9, 12, "Ipv4")]);
    }

    #[test]
    fn of_equal_rank_the_most_confident_names_the_union() {
        let mut sure = span(2, 6, "Second");
        sure.confidence = 0.9;
        assert_eq!(merge(&[span(0, 4, "First"), sure], 9).unwrap()[0].label, "Second");
    }

    #[test]
    fn hostile_spans_are_refused_with_their_kind() {
        let text = "aé€b";
        assert!(matches!(check_spans(text, &[span(3, 3, "X")]), Err(SpanError::Inverted { .. })));
        assert!(matches!(check_spans(text, &[span(3, 1, "X")]), Err(SpanError::Inverted { .. })));
        assert!(matches!(check_spans(text, &[span(0, 8, "X")]), Err(SpanError::OutOfBounds { text_len: 7, .. })));
        assert!(matches!(check_spans(text, &[span(0, u64::MAX, "X")]), Err(SpanError::OutOfBounds { .. })));
        assert!(matches!(check_spans(text, &[span(0, 2, "X")]), Err(SpanError::MidCharacter { .. })));
        assert!(matches!(check_spans(text, &[span(2, 3, "X")]), Err(SpanError::MidCharacter { .. })));
        assert_eq!(check_spans(text, &[span(1, 7, "X"), span(0, 1, "X")]), Ok(()));
        for confidence in [f32::NAN, -0.1, 1.1, f32::INFINITY] {
            let odd = Span { confidence, ..span(0, 1, "X") };
            assert!(matches!(merge(&[odd], 7), Err(SpanError::Confidence { .. })));
        }
    }

    proptest! {
        #[test]
        fn a_merge_covers_the_union_and_nothing_else(ranges in prop::collection::vec((0u64..60, 1u64..20), 0..20)) {
            let spans: Vec<_> = ranges.iter().map(|(start, len)| span(*start, start + len, "Email")).collect();
            let merged = merge(&spans, 100).unwrap();
            for at in 0..100 {
                let wanted = spans.iter().any(|s| s.start <= at && at < s.end);
                prop_assert_eq!(merged.iter().filter(|m| m.start <= at && at < m.end).count(), usize::from(wanted));
            }
            prop_assert!(merged.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
