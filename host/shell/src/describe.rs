//! Writes the tables for people: what runs by itself with which flags, what asks, what never runs, and why.

use std::fmt::Write;

use crate::effect::RISKS;
use crate::flags::{Operands, Spec};
use crate::table;
use crate::tier::Tier;

const HEAD: &str = "# What the shell tables know\n\n\
Made from the data in `host/shell/src/table*.rs` by `trcaa_shell::describe_tables`; a test keeps this file equal to it.\n\n\
A command is tier 1 (runs by itself) only in the forms listed here: every flag must be listed, every word must be fixed,\n\
files with keys and devices are refused. Whatever is not listed is tier 2 (asks). A value after `=` or as the next word is\n\
written `--flag=`, one that can be left out `--flag[=]`.\n";

/// Gives the text of `host/shell/TABLES.md`.
#[must_use]
pub fn describe_tables() -> String {
    let mut out = HEAD.to_owned();
    out.push_str("\n## Runs by itself\n\n| command | flags | words after it |\n|---|---|---|\n");
    let mut entries: Vec<&'static Spec> = table::entries().collect();
    entries.sort_by_key(|spec| spec.name);
    let mut refused = Vec::new();
    for spec in entries {
        rows(spec, String::new(), &mut out, &mut refused);
    }
    out.push_str(
        "| `find` | tests and `-print`, `-print0`, `-ls`, `-printf`, `-quit`, `-prune` | folders and an expression |\n",
    );
    out.push_str("\n`--version` alone is tier 1 for each of them but those that bash has itself, and for: ");
    let versions: Vec<String> = table::version_names().map(|name| format!("`{name}`")).collect();
    let _ = writeln!(out, "{}.", versions.join(", "));
    out.push_str("\n## Asks, or never runs\n\n| command or flag | tier | why |\n|---|---|---|\n");
    for (what, tier, why) in refused {
        let _ = writeln!(out, "| {what} | {} | {why} |", tier.number());
    }
    for (names, why) in table::ASKS {
        let unlisted = names.split_whitespace().filter(|name| table::entry(name).is_none());
        let names: Vec<String> = unlisted.map(|name| format!("`{name}`")).collect();
        if names.is_empty() {
            continue;
        }
        let _ = writeln!(out, "| {} | 2 | {why} |", names.join(" "));
    }
    out.push_str("\n## Risks that are told before a decision\n\n| commands | risk |\n|---|---|\n");
    for (names, risk) in RISKS {
        let _ = writeln!(out, "| {} | {risk} |", names.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    out.push_str("\nThe families of tier 3 are code, not tables: `host/shell/src/destroy.rs`.\n");
    out
}

fn rows(spec: &'static Spec, before: String, out: &mut String, refused: &mut Vec<(String, Tier, &'static str)>) {
    let name = if before.is_empty() { spec.name.to_owned() } else { format!("{before} {}", spec.name) };
    if let Some((tier, reason)) = spec.refused {
        refused.push((format!("`{name}`"), tier, reason));
        return;
    }
    for (flags, reason) in spec.refused_flags {
        let flags: Vec<String> = flags
            .split(' ')
            .map(|flag| if flag.len() == 1 { format!("`-{flag}`") } else { format!("`--{flag}`") })
            .collect();
        refused.push((format!("`{name}` {}", flags.join(" ")), Tier::Two, reason));
    }
    let words = match spec.operands {
        _ if spec.has_subs() && !spec.bare => "a subcommand",
        _ if spec.has_subs() => "a subcommand, or nothing",
        Operands::None => "none",
        Operands::Words => "any",
        Operands::Files => "files",
        Operands::WordsThenFiles(_) => "words, then files",
        Operands::FilesMax(_) => "one file",
        Operands::Exactly(_) => "as many as it needs",
        Operands::Devices | Operands::DevicesChecked(_) => "devices",
        Operands::Checked(_) => "judged by code",
        Operands::Whole(_) => "all of it judged by code",
    };
    let mut flags: Vec<String> = Vec::new();
    flags.extend(spec.short.chars().map(|c| format!("-{c}")));
    flags.extend(spec.short_value.chars().map(|c| format!("-{c}=")));
    flags.extend(spec.short_maybe.chars().map(|c| format!("-{c}[=]")));
    let long = |list: &'static str| list.split(' ').filter(|flag| !flag.is_empty());
    flags.extend(long(spec.long).map(|flag| format!("--{flag}")));
    flags.extend(long(spec.long_value).map(|flag| format!("--{flag}=")));
    flags.extend(long(spec.long_maybe).map(|flag| format!("--{flag}[=]")));
    flags.extend(spec.count.then(|| "-NUMBER".to_owned()));
    let _ = writeln!(out, "| `{name}` | {} | {words} |", flags.join(" "));
    for sub in spec.subs {
        rows(sub, name.clone(), out, refused);
    }
}
