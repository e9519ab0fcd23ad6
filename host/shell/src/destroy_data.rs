//! Data bases: statements that drop, empty or flush them, as arguments of a client or as the text it reads.
//!
//! Works on text; must not know wrappers. Case never counts, comments and strings are not told from statements: a doubt is
//! a match.

use crate::destroy::base;

/// Clients that run statements of SQL or its kin.
const SQL: &[&str] = &[
    "psql",
    "pgcli",
    "mysql",
    "mariadb",
    "mycli",
    "sqlite3",
    "sqlite",
    "clickhouse",
    "clickhouse-client",
    "cqlsh",
    "influx",
    "sqlcmd",
    "isql",
    "sqlplus",
    "duckdb",
    "cockroach",
];

/// Clients that run other statements.
const OTHERS: &[&str] = &["mongo", "mongosh", "redis-cli", "valkey-cli", "keydb-cli"];

/// What may not be dropped, behind at most [`BETWEEN`] words such as `TEMPORARY`.
const WHOLE: &[&str] =
    &["database", "schema", "table", "tablespace", "keyspace", "owned", "measurement", "series", "bucket", "partition"];

/// Words between `DROP` and what is dropped.
const BETWEEN: usize = 3;

/// Tells whether a command is a client of a data base.
pub(crate) fn is_client(name: &str) -> bool {
    SQL.contains(&name) || OTHERS.contains(&name)
}

/// Why a command empties or drops data, if it does; `args` is without the name.
pub(crate) fn data(name: &str, args: &[&str]) -> Option<&'static str> {
    let has = |words: &[&str]| args.iter().any(|arg| words.contains(arg));
    let destroys = match name {
        "mysqladmin" | "mariadb-admin" => has(&["drop"]),
        "rabbitmqctl" => has(&["reset", "force_reset", "delete_vhost"]),
        _ if is_client(base(name)) => args.iter().any(|arg| statement(arg)),
        _ => false,
    };
    destroys.then_some(REASON)
}

/// Why a text empties or drops data when a client of a data base reads it.
pub(crate) fn read(text: &str) -> Option<&'static str> {
    statement(text).then_some(REASON)
}

const REASON: &str = "drops or empties a data base";

/// Tells whether a text holds a statement that empties or drops data.
fn statement(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for part in lower.split(';') {
        let words: Vec<&str> = part.split(|c| !word(c)).filter(|word| !word.is_empty()).collect();
        let mut rest = words.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let found = match *first {
                "flushall" | "flushdb" | "dropdatabase" => true,
                "drop" => after.iter().take(BETWEEN).any(|word| WHOLE.contains(word)),
                "delete" => after.first() == Some(&"from") && !after.contains(&"where"),
                "truncate" => {
                    // The function of that name has a bracket behind it.
                    part.split("truncate").skip(1).any(|rest| !rest.trim_start().starts_with('('))
                }
                _ => false,
            };
            if found {
                return true;
            }
            rest = after;
        }
    }
    // Of MongoDB: everything of a collection.
    let tight: String = lower.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    [".drop()", "deletemany({})", "remove({})", ".drop({"].iter().any(|call| tight.contains(call))
}

#[cfg(test)]
mod tests {
    use super::{OTHERS, SQL, statement};

    /// Three lists name these, for three ends: whoever adds a client here adds it there.
    #[test]
    fn every_client_is_looked_for_and_known_to_run_what_it_is_given() {
        for client in SQL.iter().chain(OTHERS) {
            assert!(crate::destroy::is_notable(client), "{client} is not looked for");
            assert!(crate::runners::may_run(client), "{client} would be covered whatever it runs");
        }
    }

    #[test]
    fn statements_that_empty_or_drop_are_found_in_any_case() {
        for text in [
            "DROP DATABASE x",
            "select 1; drop table if exists x",
            "Drop Temporary Table x",
            "truncate x",
            "TRUNCATE TABLE x",
            "delete from x;",
            "DELETE FROM x; SELECT 1 WHERE 1",
            "FLUSHALL",
            "db.dropDatabase()",
            "db.x.drop( )",
            "db.x.deleteMany({ })",
        ] {
            assert!(statement(text), "{text}");
        }
        for text in [
            "select 1",
            "delete from x where id = 1",
            "select truncate(1.5, 0)",
            "drop index x",
            "show tables",
            "info",
            "db.x.deleteMany({a:1})",
            "select * from dropped_table",
        ] {
            assert!(!statement(text), "{text}");
        }
    }
}
