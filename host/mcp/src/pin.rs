//! The pin of a list of tools: a hash that shows when a server changed one behind our back.
//!
//! The form that is hashed: tools sorted, members of objects sorted by name, every value with its kind and length in
//! front, so that no two lists share a form. Everything counts, unknown fields too: an injected sentence in a
//! description is as much of a change as a new parameter.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Deepest nesting: what serde_json reads.
const DEPTH_MAX: usize = 128;

/// A tool is nested deeper than 128 levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a tool is nested deeper than 128 levels")]
pub struct TooDeep;

/// Hashes a list of tools as the server sent it; the order of tools and of members does not matter. 64 lower-case
/// hex digits of SHA-256.
///
/// # Errors
/// [`TooDeep`] for a value that no parser of ours can have made.
pub fn tools_digest(tools: &[Value]) -> Result<String, TooDeep> {
    let mut forms = Vec::with_capacity(tools.len());
    for tool in tools {
        let mut form = Vec::new();
        write(tool, DEPTH_MAX, &mut form)?;
        forms.push(form);
    }
    forms.sort_unstable();
    let mut hash = Sha256::new();
    hash.update(b"trcaa mcp tools 1\n");
    for form in forms {
        hash.update((form.len() as u64).to_be_bytes());
        hash.update(&form);
    }
    Ok(hex::encode(hash.finalize()))
}

fn write(value: &Value, depth_left: usize, out: &mut Vec<u8>) -> Result<(), TooDeep> {
    let deeper = depth_left.checked_sub(1).ok_or(TooDeep)?;
    match value {
        Value::Null => out.push(b'n'),
        Value::Bool(true) => out.push(b't'),
        Value::Bool(false) => out.push(b'f'),
        Value::Number(number) => text(b'#', &number.to_string(), out),
        Value::String(string) => text(b's', string, out),
        Value::Array(items) => {
            count(b'a', items.len(), out);
            items.iter().try_for_each(|item| write(item, deeper, out))?;
        }
        Value::Object(members) => {
            count(b'o', members.len(), out);
            // Sorted here: whether the map sorts depends on a feature that any crate of the build can turn on.
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            for (name, member) in members {
                text(b's', name, out);
                write(member, deeper, out)?;
            }
        }
    }
    Ok(())
}

fn text(kind: u8, text: &str, out: &mut Vec<u8>) {
    count(kind, text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

fn count(kind: u8, count: usize, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend_from_slice(&(count as u64).to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn digest(tools: Value) -> String {
        tools_digest(tools.as_array().expect("the test gives a list")).expect("shallow")
    }

    #[test]
    fn order_does_not_matter() {
        let (a, b) = (r#"{"name":"a","inputSchema":{"x":1,"y":[1,2]}}"#, r#"{"name":"b"}"#);
        let turned = r#"{"inputSchema":{"y":[1,2],"x":1},"name":"a"}"#;
        let list = |texts: &[&str]| digest(serde_json::from_str(&format!("[{}]", texts.join(","))).expect("JSON"));
        assert_eq!(list(&[a, b]), list(&[b, turned]));
        assert_eq!(list(&[a]).len(), 64);
        // Pinned values are stored: a change of the form would ask for every approval again.
        assert_eq!(digest(json!([])), hex::encode(Sha256::digest(b"trcaa mcp tools 1\n")));
    }

    #[test]
    fn every_change_shows() {
        let lists = [
            json!([]),
            json!([{}]),
            json!([{}, {}]),
            json!([{"name": "a"}]),
            json!([{"name": "a"}, {"name": "a"}]),
            json!([{"name": "a", "description": ""}]),
            json!([{"name": "a", "description": "Reads."}]),
            json!([{"name": "a", "description": "Reads. "}]),
            json!([{"name": "a", "x": null}]),
            json!([{"name": "a", "x": false}]),
            json!([{"name": "a", "x": 0}]),
            json!([{"name": "a", "x": "0"}]),
            json!([{"name": "a", "x": []}]),
            json!([{"name": "a", "x": {}}]),
            json!([{"name": "a", "x": ["b", "c"]}]),
            json!([{"name": "a", "x": ["c", "b"]}]),
            json!([{"name": "a", "x": ["bc"]}]),
            json!([{"name": "a", "x": [["b"], "c"]}]),
            json!([{"name": "a", "x": ["b", ["c"]]}]),
        ];
        let digests: std::collections::HashSet<_> = lists.iter().map(|l| digest(l.clone())).collect();
        assert_eq!(digests.len(), lists.len());
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| (1..levels).fold(json!(0), |inner, _| json!([inner]));
        assert!(tools_digest(&[nested(DEPTH_MAX)]).is_ok());
        assert_eq!(tools_digest(&[nested(DEPTH_MAX + 1)]), Err(TooDeep));
    }
}
