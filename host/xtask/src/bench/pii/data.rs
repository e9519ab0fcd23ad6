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

    /// Lines of it, taken evenly, of some `bytes` together, with their gold, in a file of its own: what looks at a few KB a
    /// second would take hours for all of it. A value of several lines is taken whole or not at all.
    pub(super) fn sample(&self, bytes: usize, folder: &Path) -> Result<Self, String> {
        let every = self.text.len().div_ceil(bytes.max(1));
        let (mut text, mut gold) = (Vec::new(), Vec::new());
        for unit in units(&self.text, &self.gold).into_iter().step_by(every) {
            let at = text.len();
            let of_it = self.gold.iter().filter(|gold| unit.start <= gold.range.start && gold.range.end <= unit.end);
            gold.extend(of_it.map(|gold| Gold {
                range: gold.range.start - unit.start + at..gold.range.end - unit.start + at,
                kind: gold.kind.clone(),
            }));
            text.extend_from_slice(self.text.get(unit).unwrap_or_default());
        }
        let log = folder.join("sample.log");
        fs::create_dir_all(folder).map_err(|e| format!("making {}: {e}", folder.display()))?;
        fs::write(&log, &text).map_err(|e| format!("writing {}: {e}", log.display()))?;
        Ok(Self { log, text, gold, cases: Vec::new() })
    }

    /// Logs without labels, in the folder `logs` beside that of the data.
    pub(super) fn logs_beside(&self) -> Vec<PathBuf> {
        let Some(folder) = self.log.ancestors().nth(2).map(|above| above.join("logs")) else { return Vec::new() };
        let entries = fs::read_dir(folder).into_iter().flatten();
        let is_log = |path: &PathBuf| path.extension().is_some_and(|end| end == "log");
        let mut logs: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_log).collect();
        logs.sort();
        logs
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

/// Ranges of whole lines, those that a value runs over together.
fn units(text: &[u8], gold: &[Gold]) -> Vec<std::ops::Range<usize>> {
    let mut units = Vec::new();
    let (mut begin, mut at) = (0, 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if !gold.iter().any(|gold| gold.range.start < at && at < gold.range.end) {
            units.push(begin..at);
            begin = at;
        }
    }
    if begin < at {
        units.push(begin..at);
    }
    units
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_keeps_values_whole_and_their_places_right() {
        let text = b"a SECRET\nbegin\nmiddle\nend\nplain\nmore TOKEN\n".to_vec();
        let range = |needle: &str| {
            let at = std::str::from_utf8(&text).unwrap().find(needle).unwrap();
            Gold { range: at..at + needle.len(), kind: "X".into() }
        };
        let gold = vec![range("SECRET"), range("begin\nmiddle\nend"), range("TOKEN")];
        assert_eq!(units(&text, &gold).len(), 4);
        let dir = std::env::temp_dir().join(format!("trcaa-sample-{}", std::process::id()));
        let data = Data { log: PathBuf::new(), text: text.clone(), gold, cases: Vec::new() };
        let sample = data.sample(text.len().div_ceil(2), &dir).unwrap();
        assert_eq!(sample.text, b"a SECRET\nplain\n");
        assert_eq!(sample.gold, [Gold { range: 2..8, kind: "X".into() }]);
        let whole = data.sample(text.len(), &dir).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        assert_eq!((whole.text, whole.gold), (text, data.gold));
    }
}
