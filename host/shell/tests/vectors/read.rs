//! Reads files of vectors: `EXPECTED<TAB>COMMAND`, with escapes in the command.

/// Gives what is expected and the command, for every line but blank ones and those that begin with `# `.
pub(crate) fn vectors(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.lines().filter(|line| !line.starts_with("# ") && !line.is_empty());
    lines.filter_map(|line| line.split_once('\t').map(|(expected, command)| (expected.to_owned(), plain(command))))
}

/// Tells whether a tier (0 for a refused line) is what was expected.
pub(crate) fn holds(expected: &str, tier: u8) -> bool {
    match expected {
        "E" => tier == 0,
        "2+" => tier >= 2,
        exact => exact.parse() == Ok(tier),
    }
}

fn plain(command: &str) -> String {
    let mut out = String::new();
    let mut chars = command.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.clone().next() } else { None }) {
            ('\\', Some(escape)) => {
                chars.next();
                match escape {
                    'n' => out.push('\n'),
                    'r' => out.push('\r'),
                    't' => out.push('\t'),
                    '0' => out.push('\0'),
                    'e' => out.push('\u{1b}'),
                    '\\' => out.push('\\'),
                    other => out.extend(['\\', other]),
                }
            }
            _ => out.push(c),
        }
    }
    out
}
