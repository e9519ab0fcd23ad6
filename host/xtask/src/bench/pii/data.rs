//! The labelled log and the cases: from a folder, or made up.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::made;
use super::score::Gold;
use crate::{root, target};

/// Where labelled data lies beside a checkout.
const BESIDE: &str = "../shared/data/pii";

/// One labelled log, and texts with what must and what must not be found in them.
pub(super) struct Data {
    pub(super) log: PathBuf,
    pub(super) text: Vec<u8>,
    pub(super) gold: Vec<Gold>,
    pub(super) cases: Vec<Case>,
}

pub(super) struct Case {
    pub(super) text: String,
    pub(super) must: Vec<String>,
    pub(super) must_not: Vec<String>,
}

impl Data {
    /// Reads the folder that was named, or the one beside the checkout, or makes a log up.
    pub(super) fn load(folder: Option<PathBuf>) -> Result<Self, String> {
        let beside = root().join(BESIDE);
        match folder {
            Some(folder) => Self::read(&folder),
            None if beside.is_dir() => Self::read(&beside),
            None => {
                let folder = target().join("bench/pii");
                made::write(&folder)?;
                Self::read(&folder)
            }
        }
    }

    fn read(folder: &Path) -> Result<Self, String> {
        let entries = fs::read_dir(folder).map_err(|e| format!("reading {}: {e}", folder.display()))?;
        let mut logs: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| {
                path.extension().is_some_and(|end| end == "log") && path.with_extension("gold.jsonl").exists()
            })
            .collect();
        logs.sort();
        let log = logs.into_iter().next().ok_or_else(|| {
            format!(
                "{} holds no NAME.log with a NAME.gold.jsonl\n  hint: cargo xtask bench --pii --data DIR",
                folder.display()
            )
        })?;
        let text = fs::read(&log).map_err(|e| format!("reading {}: {e}", log.display()))?;
        let gold = rows(&log.with_extension("gold.jsonl"))?.iter().filter_map(gold).collect();
        let cases = folder.join("cases.jsonl");
        let cases = if cases.exists() { rows(&cases)?.iter().map(case).collect() } else { Vec::new() };
        Ok(Self { log, text, gold, cases })
    }
}

fn rows(path: &Path) -> Result<Vec<Value>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("reading {}: {e}", path.display()))?;
    let parsed = text.lines().map(|line| serde_json::from_str(line).map_err(|e| format!("{}: {e}", path.display())));
    parsed.collect()
}

fn gold(row: &Value) -> Option<Gold> {
    let bound = |name: &str| usize::try_from(row.get(name)?.as_u64()?).ok();
    Some(Gold { range: bound("start")?..bound("end")?, kind: row.get("type")?.as_str()?.to_owned() })
}

fn case(row: &Value) -> Case {
    let list = |name: &str| {
        let values = row.get(name).and_then(Value::as_array).into_iter().flatten();
        values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let text = row.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    Case { text, must: list("must"), must_not: list("must_not") }
}
