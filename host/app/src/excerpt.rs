//! Choosing which lines of a long log a provider gets: its head, its tail, and what stands out between.
//!
//! Pure. Invariants: what is chosen is whole lines in their order, never more than the budget; a log within the
//! budget is chosen whole; the same log gives the same choice.

use std::ops::Range;

/// Lines of one block; a block is taken or left whole, so that a line keeps its neighbours.
const BLOCK_LINES: usize = 32;
/// Bytes after which a block ends, whatever its lines.
const BLOCK_BYTES: usize = 16 << 10;
/// Bytes of a single line that are looked at and sent; the rest of a longer one is left out.
const LINE_BYTES_MAX: usize = 64 << 10;

/// A run of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// Number of its first line, counted from 1.
    pub(crate) first_line: u32,
    /// Where the lines are, with their ends; on character boundaries.
    pub(crate) bytes: Range<usize>,
}

struct Block {
    bytes: Range<usize>,
    first_line: u32,
    score: u8,
}

/// Chooses at most `budget` bytes of `text`.
pub(crate) fn choose(text: &str, budget: usize) -> Vec<Excerpt> {
    if text.is_empty() || budget == 0 {
        return Vec::new();
    }
    if text.len() <= budget {
        return vec![Excerpt { first_line: 1, bytes: 0..text.len() }];
    }
    let blocks = blocks(text);
    let mut taken = vec![false; blocks.len()];
    let mut left = budget;
    let take = |index: usize, left: &mut usize, taken: &mut [bool]| -> bool {
        let size = blocks[index].bytes.len().min(LINE_BYTES_MAX);
        let fits = !taken[index] && size <= *left;
        if fits {
            taken[index] = true;
            *left -= size;
        }
        fits
    };
    // The first and last sixth of the budget: how it was before, and how it ended.
    for order in [(0..blocks.len()).collect::<Vec<_>>(), (0..blocks.len()).rev().collect()] {
        let stop = left.saturating_sub(budget / 6);
        for index in order {
            if left <= stop || !take(index, &mut left, &mut taken) {
                break;
            }
        }
    }
    // Then what stands out, the worst first, the earliest first among equals; then whatever is left, spread evenly.
    let mut ranked: Vec<usize> = (0..blocks.len()).filter(|&i| blocks[i].score > 0).collect();
    ranked.sort_by_key(|&i| (std::cmp::Reverse(blocks[i].score), i));
    let stride = (blocks.len() / 64).max(1);
    for index in ranked.into_iter().chain((0..blocks.len()).step_by(stride)) {
        take(index, &mut left, &mut taken);
    }
    join(text, &blocks, &taken)
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut start, mut at, mut line, mut first_line, mut score) = (0, 0, 1_u32, 1_u32, 0);
    for piece in text.split_inclusive('\n') {
        let lines_so_far = (line - first_line) as usize;
        if at > start && (lines_so_far >= BLOCK_LINES || at - start + piece.len() > BLOCK_BYTES) {
            blocks.push(Block { bytes: start..at, first_line, score });
            (start, first_line, score) = (at, line, 0);
        }
        score = score.max(weight(piece));
        at += piece.len();
        line = line.saturating_add(1);
    }
    blocks.push(Block { bytes: start..at, first_line, score });
    blocks
}

/// Neighbouring blocks become one excerpt; an overlong line is cut at a character.
fn join(text: &str, blocks: &[Block], taken: &[bool]) -> Vec<Excerpt> {
    let mut excerpts: Vec<(Range<usize>, u32)> = Vec::new();
    for (block, _) in blocks.iter().zip(taken).filter(|(_, taken)| **taken) {
        let mut end = block.bytes.end;
        if block.bytes.len() > LINE_BYTES_MAX {
            end = block.bytes.start + LINE_BYTES_MAX;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
        }
        match excerpts.last_mut() {
            Some((bytes, _)) if bytes.end == block.bytes.start => bytes.end = end,
            _ => excerpts.push((block.bytes.start..end, block.first_line)),
        }
    }
    excerpts.into_iter().map(|(bytes, first_line)| Excerpt { first_line, bytes }).collect()
}

/// How much a line stands out, by its words. Rough on purpose: the provider judges, this only saves it from missing
/// the one line that matters among millions.
fn weight(line: &str) -> u8 {
    const WORDS: [(&[u8], u8); 18] = [
        (b"panic", 4),
        (b"fatal", 4),
        (b"no space", 4),
        (b"out of memory", 4),
        (b"oom", 3),
        (b"emerg", 4),
        (b"crit", 4),
        (b"segfault", 4),
        (b"corrupt", 4),
        (b"exception", 3),
        (b"traceback", 3),
        (b"error", 3),
        (b"refused", 3),
        (b"fail", 2),
        (b"denied", 2),
        (b"timed out", 2),
        (b"warn", 1),
        (b"shut", 1),
    ];
    let bytes = &line.as_bytes()[..line.len().min(512)];
    let mut best = 0;
    for (at, byte) in bytes.iter().enumerate() {
        for (word, value) in WORDS {
            if value > best
                && byte.eq_ignore_ascii_case(&word[0])
                && bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
            {
                best = value;
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long_log() -> String {
        let mut log = String::new();
        for n in 1..=40_000 {
            let text = if n == 23_456 { "PANIC: No space left on device" } else { "all is well with request" };
            log.push_str(&format!("2026-01-01 00:00:00 {text} {n}\n"));
        }
        log
    }

    #[test]
    fn a_short_log_is_chosen_whole() {
        assert_eq!(choose("a\nb", 3), vec![Excerpt { first_line: 1, bytes: 0..3 }]);
        assert!(choose("", 10).is_empty());
    }

    #[test]
    fn a_long_log_keeps_head_tail_and_the_line_that_matters() {
        let log = long_log();
        let chosen = choose(&log, 64 << 10);
        let size: usize = chosen.iter().map(|e| e.bytes.len()).sum();
        assert!(size <= 64 << 10 && size > 32 << 10, "{size}");
        let lines: Vec<&str> = log.lines().collect();
        for excerpt in &chosen {
            for (offset, line) in log[excerpt.bytes.clone()].lines().enumerate() {
                assert_eq!(lines[excerpt.first_line as usize - 1 + offset], line);
            }
        }
        let has = |n: usize| chosen.iter().any(|e| log[e.bytes.clone()].contains(&format!(" {n}\n")));
        assert!(has(1) && has(40_000) && has(23_456) && has(23_455));
    }

    #[test]
    fn one_huge_line_is_cut_at_a_character() {
        let log = "é".repeat(1 << 20);
        let chosen = choose(&log, 100_000);
        assert_eq!(chosen.len(), 1);
        assert!(chosen[0].bytes.len() <= LINE_BYTES_MAX && chosen[0].first_line == 1);
    }
}
