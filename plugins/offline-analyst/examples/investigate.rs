//! Investigates the files named on the command line and prints what a person reads; `--json` prints the data,
//! `--repeat-bytes N` repeats the text up to N bytes and prints the speed.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::time::Instant;

use offline_analyst::{Citation, Doc, investigate};

fn main() -> std::io::Result<()> {
    let mut files = Vec::new();
    let mut json = false;
    let mut repeat = None;
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--json" => json = true,
            "--repeat-bytes" => repeat = args.next().and_then(|number| number.parse::<usize>().ok()),
            _ => files.push(arg),
        }
    }
    let mut texts = Vec::new();
    for file in &files {
        let text = String::from_utf8_lossy(&std::fs::read(file)?).into_owned();
        let copies = repeat.map_or(1, |bytes| bytes.div_ceil(text.len().max(1)));
        texts.push(text.repeat(copies));
    }
    let docs: Vec<Doc<'_>> =
        files.iter().zip(&texts).map(|(name, text)| Doc { name, digest: name, first_line: 1, text }).collect();
    let started = Instant::now();
    let found = investigate(&docs);
    let (analysis, whys) = (found.analysis(), found.whys());
    let seconds = started.elapsed().as_secs_f64();
    if repeat.is_some() {
        let bytes: usize = texts.iter().map(String::len).sum();
        let megabytes = f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6;
        eprintln!("{megabytes:.1} MB in {:.0} ms: {:.0} MB/s", seconds * 1e3, megabytes / seconds);
        return Ok(());
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&(analysis, whys))?);
        return Ok(());
    }
    println!("[{}] {}\n", analysis.severity.as_str(), analysis.summary);
    for finding in &analysis.key_findings {
        println!("- {}{}", finding.text, if finding.assumed { " (assumed)" } else { "" });
        show(&finding.evidence);
    }
    for why in &whys {
        println!("\n{}. {}\n   {}{}", why.level, why.question, why.answer, if why.assumed { " (assumed)" } else { "" });
        show(&why.evidence);
    }
    if let Some(root) = &analysis.root_cause {
        println!("\nRoot cause ({:.0}%): {}", root.confidence * 100.0, root.text);
    }
    for (title, list) in
        [("Now", &analysis.immediate_actions), ("Later", &analysis.long_term_actions), ("Lessons", &analysis.lessons)]
    {
        println!("\n{title}:");
        list.iter().for_each(|text| println!("- {text}"));
    }
    println!("\nTimeline:");
    for moment in &analysis.timeline {
        println!("{} {} [line {}]", moment.time, moment.text, moment.citation.first_line);
    }
    Ok(())
}

fn show(evidence: &[Citation]) {
    for citation in evidence {
        println!("     {}: {}", citation.first_line, citation.quote.escape_debug());
    }
}
