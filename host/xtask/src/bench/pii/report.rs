//! The tables. Must not know: how anything was found.

use super::data::{Case, Data};
use super::run::{Found, scan, spans_of};
use super::score::{Recall, Score, score};

/// The kind of gold that a dictionary is for; all others have a form of their own.
const PERSON: &str = "PERSON";

/// Prints one column for each that looked.
pub(super) fn print(data: &Data, columns: &[Found]) {
    let scores: Vec<Score> = columns.iter().map(|found| score(&data.text, &data.gold, &found.spans)).collect();
    let Some(first) = scores.first() else { return };
    print!("{:22}", "");
    for found in columns {
        print!(" {:>14}", found.name);
    }
    println!("\nbytes covered % / spans covered in full %");
    for (kind, recall) in &first.recall {
        row(&format!("  {kind} ({})", recall.spans), &scores, |score| {
            shares(score.recall.get(kind).copied().unwrap_or_default())
        });
    }
    row("  structured", &scores, |score| shares(score.over(|kind| kind != PERSON)));
    row("  all", &scores, |score| shares(score.over(|_| true)));
    println!("what is flagged");
    row("  clean lines touched", &scores, |score| format!("{:.3} %", percent(score.lines_touched, score.lines_clean)));
    row("  precision, bytes", &scores, |score| format!("{:.2} %", percent(score.bytes_right, score.bytes_found)));
    row("  precision, spans", &scores, |score| format!("{:.2} %", percent(score.ranges_right, score.ranges_found)));
    print!("{:22}", "speed, MB/s");
    for found in columns {
        #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
        let speed = data.text.len() as f64 / 1e6 / found.seconds.max(1e-9);
        print!(" {speed:>14.3}");
    }
    println!("\n(trcaa: a whole process, its start with it, through the sandbox; Presidio without its dates)");
}

/// How many times as fast the product is as each of the others: over the log many times for us, over the sample for them.
pub(super) fn print_ratios(megabytes_per_s: f64, sample: &Data, others: &[Found]) {
    println!("trcaa, on all processors, without its start: {megabytes_per_s:.1} MB/s");
    for other in others {
        #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
        let theirs = sample.text.len() as f64 / 1e6 / other.seconds.max(1e-9);
        println!("  {:.0} times as fast as {}", megabytes_per_s / theirs, other.name);
    }
}

fn row(name: &str, scores: &[Score], cell: impl Fn(&Score) -> String) {
    print!("{name:22}");
    for score in scores {
        print!(" {:>14}", cell(score));
    }
    println!();
}

fn shares(recall: Recall) -> String {
    format!("{:.2}/{:.1}", percent(recall.bytes_covered, recall.bytes), percent(recall.spans_full, recall.spans))
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// Asks the product for each case and names those that fail.
pub(super) fn print_cases(data: &Data, binary: &std::path::Path) {
    let failed: Vec<String> = data.cases.iter().filter_map(|case| problem(case, binary)).collect();
    println!("\ncases: {} of {} pass", data.cases.len() - failed.len(), data.cases.len());
    for problem in failed {
        println!("  failed: {problem}");
    }
}

fn problem(case: &Case, binary: &std::path::Path) -> Option<String> {
    let spans = match scan(binary, case.text.as_bytes()) {
        Ok(answer) => spans_of(&answer),
        Err(problem) => return Some(problem),
    };
    let covered = |at: usize| spans.iter().any(|span| span.contains(&at));
    let places =
        |value: &String| case.text.match_indices(value.as_str()).map(|(at, v)| at..at + v.len()).collect::<Vec<_>>();
    let missed = case.must.iter().filter(|value| places(value).into_iter().flatten().any(|at| !covered(at)));
    let touched = case.must_not.iter().filter(|value| places(value).into_iter().flatten().any(covered));
    let (missed, touched): (Vec<_>, Vec<_>) = (missed.collect(), touched.collect());
    (!missed.is_empty() || !touched.is_empty())
        .then(|| format!("{:?}: missed {missed:?}, touched {touched:?}", case.text))
}
