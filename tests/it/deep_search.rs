//! `search --deep` by the command line.

use tests::{Home, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

#[test]
fn everything_that_is_kept_is_found_and_told_where() {
    let home = Home::new(BINARY);
    let issue = home.issue("queue stuck");
    let log = home.log(&issue, "app.log", "start\nERROR Zählerstand kaputt\u{1b}[31m\nend\n");
    home.json(["why", &issue, "--question", "Why walrus?", "--answer", "x"]);
    let found = |query: &str| -> Vec<(String, String)> {
        let answer = home.json(["search", "--deep", query]);
        assert_eq!(list(&answer["unread"]).len(), 0);
        list(&answer["hits"]).iter().map(|hit| (text(&hit["field"]), text(&hit["snippet"]))).collect()
    };
    assert_eq!(
        found("zählerSTAND error"),
        [("log_text".into(), "app.log:2: ERROR Zählerstand kaputt\u{1b}[31m".into())]
    );
    assert_eq!(found("walrus")[0].0, "resolution_step");
    assert_eq!(found("queue")[0].0, "title");
    assert_eq!(found("app.log")[0].0, "log_name");
    assert!(found("nowhere at all").is_empty());
    let shown = home.run(["search", "--deep", "kaputt"]).ok().stdout;
    assert!(shown.contains("log_text") && !shown.contains('\u{1b}'), "{shown:?}");
    assert_eq!(list(&home.json(["search", "walrus"])["hits"]).len(), 0, "only --deep looks there");
    home.json(["log", "delete", &log]);
    assert!(found("kaputt").is_empty());
}
