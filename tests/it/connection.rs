//! A plugin's connection as the product sets it up: grants and secrets from the store, the guarded client, state, audit
//! rows, renewal of tokens, and its end when the user takes something back.

mod wiki;

use serde_json::{Value, json};

use wiki::{Desk, Server, TOKEN, reported, rows};

#[test]
fn what_was_granted_and_bound_works_and_is_in_the_trail() {
    let desk = Desk::new();
    let server = Server::start(|request, out| match request.path.as_str() {
        "/rest/me" => out.text(200, &format!("ada with {}", request.bearer())),
        _ => out.text(404, "nothing here"),
    });
    desk.grant_all();
    desk.bind("token", TOKEN);
    assert_eq!(desk.wiki(&server).whoami().unwrap(), "ada with [secret]");
    assert!(server.requests()[0].head.to_ascii_lowercase().contains(&format!("bearer {TOKEN}")));
    let rows = rows(&desk.app, "plugin_request");
    let told: Vec<&Value> = rows.iter().map(|row| &row["decision"]).collect();
    assert_eq!(told, ["allowed", "answered"]);
    for row in &rows {
        assert_eq!(
            (&row["method"], &row["host"], &row["path"]),
            (&json!("GET"), &json!("127.0.0.1"), &json!("/rest/me"))
        );
        assert_eq!((&row["secret_ids"], &row["connection"]), (&json!(["token"]), &json!("main")));
        assert!(row["duration_ms"].is_u64() && row["port"] == server.port);
    }
    assert_eq!((&rows[1]["status"], &rows[1]["request"], &rows[0]["request"]), (&json!(200), &json!(1), &json!(1)));
    assert!(!format!("{:?}", desk.app.audit_entries(1_000, None, None).unwrap()).contains(TOKEN));
}

#[test]
fn without_a_grant_nothing_leaves_and_the_denial_is_in_the_trail() {
    let desk = Desk::new();
    let server = Server::start(|_, out| out.text(200, "never"));
    desk.bind("token", TOKEN);
    desk.grant(|c| c.name() == "kv");
    assert_eq!(reported(desk.wiki(&server).whoami()).code, "denied");
    desk.grant(|c| c.name() != "http");
    assert_eq!(reported(desk.wiki(&server).whoami()).code, "denied");
    assert_eq!(server.connections(), 0);
    let denied = rows(&desk.app, "plugin_denied");
    assert_eq!(denied.len(), 1, "the first was denied its secret, before there was a request");
    assert_eq!((&denied[0]["decision"], &denied[0]["path"]), (&json!("denied"), &json!("/rest/me")));
    assert!(denied[0]["rule"].as_str().unwrap().contains("no grant"), "{denied:?}");
}
