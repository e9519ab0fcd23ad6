//! The document of the tables is what the tables say, and what the tables say is what is judged.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;

use trcaa_shell::{classify, describe_tables};

/// With `TRCAA_WRITE_TABLES=1` the document is written anew.
#[test]
fn the_document_of_the_tables_is_what_they_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/TABLES.md");
    if std::env::var_os("TRCAA_WRITE_TABLES").is_some() {
        fs::write(path, describe_tables()).unwrap();
    }
    let written = fs::read_to_string(path).unwrap();
    assert!(
        written == describe_tables(),
        "host/shell/TABLES.md is stale: TRCAA_WRITE_TABLES=1 cargo test -p trcaa-shell"
    );
}

#[test]
fn every_subcommand_and_flag_that_the_document_refuses_is_refused() {
    let text = describe_tables();
    let refused = text.split_once("## Asks, or never runs").unwrap().1;
    let mut checked = 0;
    for row in refused.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.split(" | ");
        let (what, tier) = (cells.next().unwrap().trim_start_matches("| "), cells.next().unwrap());
        let Ok(tier) = tier.parse::<u8>() else { continue };
        let names: Vec<&str> = what.split('`').map(str::trim).filter(|name| !name.is_empty()).collect();
        let lines: Vec<String> = match names.split_first() {
            Some((command, flags)) if flags.iter().all(|flag| flag.starts_with('-')) && !flags.is_empty() => {
                flags.iter().flat_map(|flag| [format!("{command} {flag}"), format!("{command} {flag} x")]).collect()
            }
            _ => names.iter().map(|name| (*name).to_owned()).collect(),
        };
        for line in lines {
            let found = classify(&line).unwrap().tier.number();
            assert!(found >= tier.min(2), "{line} is tier {found}, the document says {tier}");
            // Of what never runs some needs its object to be told from what asks.
            assert!(tier < 3 || found == 3 || classify(&format!("{line} x y")).unwrap().tier.number() >= 2, "{line}");
            checked += 1;
        }
    }
    assert!(checked > 400, "{checked}");
}
