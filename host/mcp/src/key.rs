//! Keys that an AI calls tools by, made of what servers and tools call themselves.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

/// Longest key: what providers take as the name of a function.
pub const KEY_CHARS_MAX: usize = 64;
/// Hex digits of a suffix.
const SUFFIX_DIGITS: usize = 8;
/// Most rounds of telling clashing keys apart. One is the rule; a second is needed when someone named a tool after
/// another's suffix or searched for a collision of 32 bits; more means that SHA-256 is broken.
const ROUNDS_MAX: u32 = 8;

/// A tool as its server names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ToolName<'a> {
    /// The server's display name.
    pub server: &'a str,
    /// The tool's name.
    pub tool: &'a str,
}

/// Gives the key of a tool that clashes with no other: `mcp_<server>_<tool>` in lower-case ASCII letters, digits and
/// single underscores, at most 64 characters. Names that were cut or left nothing end with a hash of the whole.
pub fn tool_key(server: &str, tool: &str) -> String {
    let name = ToolName { server, tool };
    let (server, tool) = (slug(server), slug(tool));
    let key = format!("mcp_{server}_{tool}");
    if server.is_empty() || tool.is_empty() || key.len() > KEY_CHARS_MAX { suffixed(name, 0, 0) } else { key }
}

/// Gives the keys of a whole list, in its order, all different. Every tool whose key clashes gets a suffix, so that a
/// key never depends on the order of servers and no server can take the key of another's tool by coming first.
pub fn assign_keys(tools: &[ToolName<'_>]) -> Vec<String> {
    let mut keys: Vec<String> = tools.iter().map(|t| tool_key(t.server, t.tool)).collect();
    // A server that lists one name twice has two tools all the same.
    let mut times: HashMap<ToolName<'_>, u32> = HashMap::new();
    let nth: Vec<u32> = tools
        .iter()
        .map(|&t| {
            let seen = times.entry(t).or_default();
            *seen += 1;
            *seen - 1
        })
        .collect();
    for round in 0..ROUNDS_MAX {
        let mut uses: HashMap<&str, usize> = HashMap::new();
        keys.iter().for_each(|key| *uses.entry(key).or_default() += 1);
        let clashing: Vec<bool> = keys.iter().map(|key| uses.get(key.as_str()).is_some_and(|n| *n > 1)).collect();
        if !clashing.contains(&true) {
            break;
        }
        for (((key, clashing), &tool), &nth) in keys.iter_mut().zip(clashing).zip(tools).zip(&nth) {
            if clashing {
                *key = suffixed(tool, nth, round);
            }
        }
    }
    keys
}

/// ASCII letters in lower case and digits; each run of anything else as one `_`, none at the ends.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

fn suffixed(name: ToolName<'_>, nth: u32, round: u32) -> String {
    let mut hash = Sha256::new();
    // With its length in front, so that ("ab", "c") and ("a", "bc") differ.
    hash.update((name.server.len() as u64).to_be_bytes());
    hash.update(name.server);
    hash.update(name.tool);
    hash.update(nth.to_be_bytes());
    hash.update(round.to_be_bytes());
    let digits = hex::encode(hash.finalize());
    let parts = ["mcp".to_owned(), slug(name.server), slug(name.tool)];
    let mut key = parts.iter().filter(|p| !p.is_empty()).map(String::as_str).collect::<Vec<_>>().join("_");
    key.truncate(KEY_CHARS_MAX - SUFFIX_DIGITS - 1);
    format!("{}_{}", key.trim_end_matches('_'), digits.get(..SUFFIX_DIGITS).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use proptest::prelude::*;

    fn names<'a>(all: &[(&'a str, &'a str)]) -> Vec<ToolName<'a>> {
        all.iter().map(|&(server, tool)| ToolName { server, tool }).collect()
    }

    #[test]
    fn keys_are_readable() {
        for (server, tool, key) in [
            ("My Weather API", "get_forecast", "mcp_my_weather_api_get_forecast"),
            ("  --git/Hub--  ", "List.Issues!", "mcp_git_hub_list_issues"),
            ("a", "b__c", "mcp_a_b_c"),
            ("K\u{212a}", "tool", "mcp_k_tool"),
        ] {
            assert_eq!(tool_key(server, tool), key);
        }
    }

    #[test]
    fn a_key_is_cut_at_64_and_says_so_by_a_hash() {
        let fits = "t".repeat(KEY_CHARS_MAX - "mcp_s_".len());
        assert_eq!(tool_key("s", &fits), format!("mcp_s_{fits}"));
        let (one, two) = (tool_key("s", &format!("{fits}a")), tool_key("s", &format!("{fits}b")));
        assert_eq!((one.len(), two.len()), (KEY_CHARS_MAX, KEY_CHARS_MAX));
        assert_ne!(one, two);
        assert_ne!(tool_key("天气", "查"), tool_key("天气", "看"));
    }

    #[test]
    fn all_that_clash_get_a_suffix_whatever_the_order() {
        let tools = names(&[("my api", "get"), ("my-api", "get"), ("my", "api_get"), ("other", "get")]);
        let keys = assign_keys(&tools);
        assert_eq!(keys[3], "mcp_other_get");
        assert!(
            keys[..3].iter().all(|k| k.starts_with("mcp_my_api_get_") && k.len() == 15 + SUFFIX_DIGITS),
            "{keys:?}"
        );
        let reversed: Vec<_> = tools.iter().rev().copied().collect();
        assert_eq!(assign_keys(&reversed).into_iter().rev().collect::<Vec<_>>(), keys);
    }

    #[test]
    fn a_tool_named_after_anothers_suffix_takes_nothing() {
        let first = assign_keys(&names(&[("a b", "c"), ("a", "b c")]));
        let stolen = first[0].strip_prefix("mcp_a_").expect("made of its names");
        let keys = assign_keys(&names(&[("a b", "c"), ("a", "b c"), ("a", stolen)]));
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), 3, "{keys:?}");
        assert!(!keys.contains(&first[0]), "{keys:?}");
    }

    proptest! {
        #[test]
        fn keys_are_ascii_short_stable_and_distinct(
            tools in prop::collection::vec(("[aA _-]{0,3}|\\PC{0,70}", "[bB _.]{0,3}|\\PC{0,70}"), 0..30)
        ) {
            let tools: Vec<_> = tools.iter().map(|(s, t)| ToolName { server: s, tool: t }).collect();
            let keys = assign_keys(&tools);
            prop_assert_eq!(keys.len(), tools.len());
            prop_assert_eq!(keys.iter().collect::<HashSet<_>>().len(), tools.len());
            prop_assert_eq!(&assign_keys(&tools), &keys);
            for key in &keys {
                prop_assert!(key.starts_with("mcp_") && key.len() <= KEY_CHARS_MAX && !key.contains("__"), "{}", key);
                prop_assert!(key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{}", key);
            }
        }
    }
}
