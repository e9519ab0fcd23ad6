//! The fenced block that holds the events which renderers draw.
//!
//! Must not know: what an issue is. Invariant: JSON that leaves here is an array of objects with the three texts
//! `time`, `text` and `type`, in this order.

use serde::{Deserialize, Serialize};

use super::escape::{fenced_as, visible};

/// The info string of the block, and the kind of the node.
pub(crate) const TIMELINE: &str = "timeline";
/// Most events of a timeline; renderers draw fewer, and say so.
pub(crate) const TIMELINE_EVENTS_MAX: usize = 10_000;

/// An event as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimelineEntry {
    /// Such as `2026-03-14 09:12:33 UTC`.
    pub(crate) time: String,
    /// One line.
    pub(crate) text: String,
    /// Such as `log_uploaded`; empty if there is none.
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
}

/// The block as it stands in Markdown, with what is invisible in the texts shown; no more than the first
/// [`TIMELINE_EVENTS_MAX`] events.
pub(crate) fn timeline_fence(entries: &[TimelineEntry]) -> String {
    let shown: Vec<TimelineEntry> = entries
        .iter()
        .take(TIMELINE_EVENTS_MAX)
        .map(|TimelineEntry { time, text, kind }| TimelineEntry {
            time: visible(time),
            text: visible(text),
            kind: visible(kind),
        })
        .collect();
    fenced_as(TIMELINE, &json(&shown))
}

/// The same events in the one form; `None` if it is no list of them.
pub(crate) fn canonical_timeline(source: &str) -> Option<String> {
    let entries: Vec<TimelineEntry> = serde_json::from_str(source).ok()?;
    (!entries.is_empty() && entries.len() <= TIMELINE_EVENTS_MAX).then(|| json(&entries))
}

fn json(entries: &[TimelineEntry]) -> String {
    serde_json::to_string(entries).expect("texts alone always make JSON")
}
