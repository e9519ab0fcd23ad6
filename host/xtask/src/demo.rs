//! The main job on the bundled incident, and a look at whether it found the true cause.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::{Outcome, build_product, product, root, say, setup};

/// The incident's logs.
pub(crate) const LOGS: [&str; 4] = ["postgresql.log", "app.log", "nginx-access.log", "nginx-error.log"];

/// Builds and runs the demo.
pub(crate) fn run() -> Outcome {
    setup::target()?;
    build_product()?;
    let incident = root().join("tests/fixtures/incident");
    let place = root().join("target/demo");
    if place.exists() {
        fs::remove_dir_all(&place).map_err(|e| format!("clearing {}: {e}", place.display()))?;
    }
    say("triage of a recorded incident: four logs of a web shop that went down (tests/fixtures/incident/README.md)");
    eprintln!("a new encrypted store is made in {}", place.join("data").display());
    let begun = Instant::now();
    let status = triage(&place, &incident).status().map_err(|e| format!("starting trcaa: {e}"))?;
    let took = begun.elapsed();
    if !status.success() {
        return Err(format!("trcaa triage failed ({status})"));
    }
    say(&format!("done in {:.2} s; comparing with what was really broken", took.as_secs_f64()));
    judge(&place, &incident)?;
    println!("\nRead it: {}", place.join("out").display());
    println!("Go on:   {} --data-dir {} issue show last", product().display(), place.join("data").display());
    Ok(())
}

/// The command of the demo, in a place of its own.
pub(crate) fn triage(place: &Path, incident: &Path) -> Command {
    let mut command = Command::new(product());
    command.arg("--data-dir").arg(place.join("data")).arg("triage").args(LOGS.map(|log| incident.join(log)));
    command
        .args(["--title", "Web shop down: checkout answers 502", "--domain", "databases", "--out"])
        .arg(place.join("out"));
    for name in ["TRCAA_DB_KEY", "TFTSR_DB_KEY", "TRCAA_ENCRYPTION_KEY", "TFTSR_ENCRYPTION_KEY"] {
        command.env_remove(name);
    }
    command
}

/// Compares the written RCA with the truth that was recorded beside the logs.
fn judge(place: &Path, incident: &Path) -> Outcome {
    let read = |path: &Path| fs::read_to_string(path).map_err(|e| format!("reading {}: {e}", path.display()));
    let truth: Value =
        serde_json::from_str(&read(&incident.join("truth.json"))?).map_err(|e| format!("truth.json: {e}"))?;
    let gold = read(&incident.join("gold.jsonl"))?;
    let mut documents = String::new();
    for entry in fs::read_dir(place.join("out")).map_err(|e| format!("reading the exports: {e}"))? {
        documents.push_str(&read(&entry.map_err(|e| e.to_string())?.path())?);
    }
    println!("The truth:  {}", truth["root_cause"].as_str().unwrap_or_default());
    for word in truth["must_mention"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !documents.contains(word) {
            return Err(format!("the RCA does not mention {word:?}"));
        }
        println!("  named:    {word}");
    }
    let mut values = 0;
    for line in gold.lines() {
        let value: Value = serde_json::from_str(line).map_err(|e| format!("gold.jsonl: {e}"))?;
        let text = value["text"].as_str().unwrap_or_default();
        if documents.contains(text) {
            return Err(format!("a {} of the gold file is in clear in an export", value["type"]));
        }
        values += 1;
    }
    println!("  hidden:   {values} woven-in values, none in clear in any export");
    Ok(())
}
