//! From raw findings to the list that is handed out.
//!
//! Owns: order, character boundaries, and leaving out what another finding covers whole.
//! Invariant: the answer for a finding depends only on findings that begin at most `HORIZON_BYTES` before it,
//! so that a window with its context gives the same list as the whole text.

use std::collections::VecDeque;

use crate::Span;

/// How far before a finding its cover may begin; half of the context that precedes a window's core.
const HORIZON_BYTES: usize = 2048;

/// A finding before it is settled.
#[derive(Debug, Clone, Copy)]
pub struct Finding {
    /// What was found.
    pub span: Span,
    /// Position of the kind in the ranking; the lower wins.
    pub rank: u8,
}

/// The findings in a text that was decoded out of another one, as they are: what covers what is decided once, in the
/// outermost text, or the reach of that decision would add up with every level.
pub fn unsettled(text: &str, mut found: Vec<Finding>) -> Vec<Span> {
    found.iter_mut().for_each(|finding| move_to_characters(text, &mut finding.span));
    found.into_iter().map(|finding| finding.span).collect()
}

fn move_to_characters(text: &str, span: &mut Span) {
    span.start = text.floor_char_boundary(span.start);
    span.end = text.ceil_char_boundary(span.end);
}

/// Sorts findings, moves their ends to character boundaries and leaves out those covered whole by another.
pub fn settle(text: &str, mut found: Vec<Finding>) -> Vec<Span> {
    found.iter_mut().for_each(|finding| move_to_characters(text, &mut finding.span));
    // A total order: of equal ranges the same one is kept however many findings there are.
    found.sort_unstable_by(|a, b| {
        let range = |finding: &Finding| (finding.span.start, std::cmp::Reverse(finding.span.end), finding.rank);
        range(a).cmp(&range(b)).then(b.span.confidence.total_cmp(&a.span.confidence))
    });
    // Findings in reach whose ends fall: the first reaches furthest.
    let mut reach: VecDeque<(usize, usize)> = VecDeque::new();
    let mut kept = Vec::with_capacity(found.len());
    for Finding { span, .. } in found {
        while reach.front().is_some_and(|(start, _)| start + HORIZON_BYTES < span.start) {
            reach.pop_front();
        }
        let covered = reach.front().is_some_and(|(_, end)| *end >= span.end);
        while reach.back().is_some_and(|(_, end)| *end <= span.end) {
            reach.pop_back();
        }
        reach.push_back((span.start, span.end));
        if !covered {
            kept.push(span);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(start: usize, end: usize, rank: u8, confidence: f32) -> Finding {
        Finding { span: Span { start, end, label: "X", confidence }, rank }
    }

    fn ranges(spans: &[Span]) -> Vec<(usize, usize)> {
        spans.iter().map(|span| (span.start, span.end)).collect()
    }

    #[test]
    fn what_another_finding_covers_is_left_out_and_what_sticks_out_stays() {
        let text = "x".repeat(40);
        let found =
            vec![finding(12, 20, 0, 0.5), finding(0, 10, 1, 0.5), finding(2, 8, 0, 0.5), finding(8, 12, 0, 0.5)];
        assert_eq!(ranges(&settle(&text, found)), [(0, 10), (8, 12), (12, 20)]);
    }

    #[test]
    fn of_equal_ranges_rank_and_then_confidence_decide_in_any_order() {
        let all = [finding(0, 4, 2, 0.99), finding(0, 4, 1, 0.5), finding(0, 4, 1, 0.75)];
        for turn in 0..all.len() {
            let mut found = all.to_vec();
            found.rotate_left(turn);
            let kept: Vec<_> = settle("abcdef", found).iter().map(|span| span.confidence).collect();
            assert_eq!(kept, [0.75]);
        }
    }

    #[test]
    fn a_cover_counts_only_within_the_horizon() {
        let text = "x".repeat(HORIZON_BYTES * 3);
        let near = finding(HORIZON_BYTES, HORIZON_BYTES + 1, 0, 0.5);
        let far = finding(HORIZON_BYTES + 1, HORIZON_BYTES + 2, 0, 0.5);
        let found = vec![finding(0, text.len(), 0, 0.5), near, far];
        assert_eq!(ranges(&settle(&text, found)), [(0, text.len()), (HORIZON_BYTES + 1, HORIZON_BYTES + 2)]);
    }

    #[test]
    fn ends_inside_characters_move_outwards() {
        assert_eq!(ranges(&settle("a€b", vec![finding(2, 3, 0, 0.5)])), [(1, 4)]);
    }
}
