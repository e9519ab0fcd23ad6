//! Small made-up incidents from end to end: what went in as lines must come out as the right chain, with evidence.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use offline_analyst::{Analysis, Citation, Doc, Severity, Why, investigate};

fn doc<'a>(name: &'a str, text: &'a str) -> Doc<'a> {
    Doc { name, digest: name, first_line: 1, text }
}

/// The only place that touches the API: investigates, and checks what holds for every answer.
#[track_caller]
fn check(docs: &[Doc<'_>]) -> (Analysis, Vec<Why>) {
    let found = investigate(docs);
    let (analysis, whys) = (found.analysis(), found.whys());
    assert!(whys.len() <= 5);
    for (why, level) in whys.iter().zip(1..) {
        assert_eq!(why.level, level);
        assert!((1..=4).contains(&why.evidence.len()), "{why:?}");
        assert_eq!(why.assumed, why.answer.contains("Assumed:"), "{}", why.answer);
    }
    let evidence = whys
        .iter()
        .flat_map(|why| &why.evidence)
        .chain(analysis.key_findings.iter().flat_map(|finding| &finding.evidence));
    for citation in evidence.chain(analysis.timeline.iter().map(|moment| &moment.citation)) {
        assert!(exists(docs, citation), "{citation:?}");
    }
    if let Some(root) = &analysis.root_cause {
        assert!((0.0..=1.0).contains(&root.confidence) && !root.evidence.is_empty());
    }
    (analysis, whys)
}

fn exists(docs: &[Doc<'_>], citation: &Citation) -> bool {
    docs.iter().filter(|doc| doc.digest == citation.digest && citation.first_line >= doc.first_line).any(|doc| {
        let line = doc.text.split('\n').nth((citation.first_line - doc.first_line) as usize);
        line.is_some_and(|line| line.starts_with(&citation.quote))
    })
}

/// Asserts that each answer holds the words given for it.
#[track_caller]
fn assert_answers(whys: &[Why], words: &[&[&str]]) {
    assert_eq!(whys.len(), words.len(), "{whys:#?}");
    for (why, words) in whys.iter().zip(words) {
        for word in *words {
            assert!(why.answer.contains(word), "level {} lacks {word:?}: {}", why.level, why.answer);
        }
    }
}

fn stale_slot_postgres() -> String {
    let mut text = String::from(
        "2026-01-02 01:00:00.000 UTC [41] user=repl,db=[unknown],app=standby1 LOG:  received replication command: START_REPLICATION SLOT \"standby1\" 0/3000000 TIMELINE 1\n\
         2026-01-02 01:20:00.000 UTC [9] LOG:  checkpoint complete: wrote 90 buffers (0.5%); 0 WAL file(s) added, 1 removed, 3 recycled; write=9.1 s\n\
         2026-01-02 01:31:07.000 UTC [41] user=repl,db=[unknown],app=standby1 LOG:  disconnection: session time: 0:31:07.000 user=repl database= host=[IPv4_9] port=5000\n",
    );
    for n in 0..6 {
        text += &format!(
            "2026-01-02 0{}:{}0:00.000 UTC [9] LOG:  checkpoint complete: wrote 9000 buffers (50%); 40 WAL file(s) added, 0 removed, 0 recycled; write=200.0 s\n",
            2 + n / 3,
            (n % 3) * 2
        );
    }
    text + "2026-01-02 04:00:00.100 UTC [12] PANIC:  could not write to file \"pg_wal/xlogtemp.12\": No space left on device\n\
            2026-01-02 04:00:00.200 UTC [1] LOG:  server process (PID 12) was terminated by signal 6: Aborted\n\
            2026-01-02 04:00:00.300 UTC [77] user=app,db=shop,app=web FATAL:  the database system is in recovery mode\n"
}

const STALE_SLOT_APP: &str = "2026-01-02T03:59:58Z INFO order 17 stored\n\
    2026-01-02T04:00:01Z ERROR order 18 failed: could not connect to server: Connection refused\n\
    2026-01-02T04:00:02Z ERROR order 19 failed: could not connect to server: Connection refused\n";

const STALE_SLOT_NGINX: &str = "[IPv4_1] - - [02/Jan/2026:03:59:57 +0000] \"GET /orders HTTP/1.1\" 200 512 \"-\" \"-\"\n\
    [IPv4_1] - - [02/Jan/2026:04:00:01 +0000] \"POST /orders HTTP/1.1\" 502 157 \"-\" \"-\"\n\
    [IPv4_2] - - [02/Jan/2026:04:00:02 +0000] \"POST /orders HTTP/1.1\" 502 157 \"-\" \"-\"\n";

#[test]
fn a_full_disk_is_traced_to_the_stale_replication_slot() {
    let postgres = stale_slot_postgres();
    let docs =
        [doc("nginx/access.log", STALE_SLOT_NGINX), doc("app.log", STALE_SLOT_APP), doc("postgres.log", &postgres)];
    let (analysis, whys) = check(&docs);
    assert_eq!(whys[0].question, "Why did callers get 502 Bad Gateway?");
    assert_answers(
        &whys,
        &[
            &["lost its database", "2 lines", "04:00:01", "Assumed:"],
            &["PANIC", "pg_wal/xlogtemp.12"],
            &["No space left on device"],
            &["6 checkpoints in a row added 240 WAL files", "3840 MiB"],
            &["slot standby1 went away", "2026-01-02 01:31:07.000 UTC"],
        ],
    );
    // The write failed in pg_wal, and on one line with the PANIC; what no line ties is marked.
    assert_eq!(whys.iter().map(|why| why.assumed).collect::<Vec<_>>(), [true, true, false, false, true], "{whys:#?}");
    assert_eq!(analysis.severity, Severity::Critical);
    let root = analysis.root_cause.unwrap();
    assert!(root.text.contains("replication slot"), "{root:?}");
    // Three of its five links are assumed.
    assert!((0.5..=0.6).contains(&root.confidence), "{root:?}");
    assert!(analysis.immediate_actions[0].contains("pg_drop_replication_slot"));
    assert!(analysis.long_term_actions[0].contains("max_slot_wal_keep_size"));
    let times: Vec<&str> = analysis.timeline.iter().map(|moment| moment.text.as_str()).collect();
    assert!(times[0].contains("standby1 connected"), "{times:?}");
}

#[test]
fn a_consumer_that_came_back_is_no_cause() {
    let postgres = stale_slot_postgres()
        + "2026-01-02 03:00:00.000 UTC [50] user=repl,db=[unknown],app=standby1 LOG:  received replication command: START_REPLICATION SLOT \"standby1\" 0/3000000 TIMELINE 1\n";
    let (analysis, whys) = check(&[doc("postgres.log", &postgres)]);
    assert!(whys.iter().all(|why| !why.answer.contains("slot standby1")), "{whys:#?}");
    assert!(analysis.root_cause.is_some_and(|root| root.text.contains("deepest cause that the lines show")));
}

#[test]
fn excerpts_leave_room_for_a_consumer_that_came_back_unseen() {
    let postgres = stale_slot_postgres();
    let excerpt = Doc { first_line: 1_000, ..doc("postgres.log", &postgres) };
    let (_, whys) = check(&[excerpt]);
    let last = whys.last().unwrap();
    assert!(last.assumed && last.answer.contains("left out"), "{last:?}");
}

#[test]
fn a_cause_later_than_its_effect_is_no_cause() {
    let app = STALE_SLOT_APP.replace("T04:", "T02:").replace("T03:", "T02:");
    let text = "2026-01-02 04:00:00.100 UTC [12] PANIC:  could not write to file \"pg_wal/xlogtemp.12\": No space left on device\n";
    let (_, whys) = check(&[doc("app.log", &app), doc("postgres.log", text)]);
    assert!(whys.iter().all(|why| !why.question.contains("application")), "{whys:#?}");
}

#[test]
fn exhausted_connections_are_traced_to_the_job_that_does_not_close_them() {
    let mut postgres = String::new();
    for n in 0..40 {
        postgres += &format!(
            "2026-01-02 02:{n:02}:00.000 UTC [{}] user=app,db=shop,app=nightly-report LOG:  connection authorized: user=app database=shop application_name=nightly-report\n",
            500 + n
        );
        postgres += &format!(
            "2026-01-02 02:{n:02}:10.000 UTC [{}] user=app,db=shop,app=web LOG:  connection authorized: user=app database=shop application_name=web\n",
            900 + n
        );
        postgres += &format!(
            "2026-01-02 02:{n:02}:20.000 UTC [{}] user=app,db=shop,app=web LOG:  disconnection: session time: 0:00:10.000 user=app database=shop host=[IPv4_2]\n",
            900 + n
        );
    }
    postgres += "2026-01-02 02:41:00.000 UTC [990] user=app,db=shop,app=web FATAL:  sorry, too many clients already\n";
    let app =
        "2026-01-02T02:41:01Z ERROR HikariPool-1 - Connection is not available, request timed out after 30000ms.\n";
    let access = "[IPv4_1] - - [02/Jan/2026:02:41:02 +0000] \"GET /cart HTTP/1.1\" 503 1 \"-\" \"-\"\n";
    let (analysis, whys) = check(&[doc("access.log", access), doc("app.log", app), doc("postgres.log", &postgres)]);
    assert_answers(
        &whys,
        &[&["pool"], &["slots of PostgreSQL were taken", "web"], &["application nightly-report: 40 opened, 0 closed"]],
    );
    assert!(analysis.immediate_actions[0].contains("pg_terminate_backend"));
    assert_eq!(analysis.severity, Severity::High);
}

#[test]
fn an_expired_certificate_is_traced_to_the_failed_renewal() {
    let text = "2026-01-01T03:00:00Z ERROR certbot: Failed to renew certificate shop.example with error: connection timed out\n\
        2026-01-02T00:00:01Z INFO request 17 done\n\
        2026-01-02T00:00:02Z ERROR payment call failed: x509: certificate has expired or is not yet valid\n\
        2026-01-02T00:00:03Z ERROR payment call failed: x509: certificate has expired or is not yet valid\n";
    let (analysis, whys) = check(&[doc("app.log", text)]);
    assert!(
        whys.iter()
            .any(|why| why.answer.contains("renewal had been tried and had failed")
                && why.answer.contains("shop.example")),
        "{whys:#?}"
    );
    assert!(analysis.long_term_actions.iter().any(|action| action.contains("30 and 7 days")));
    assert!(analysis.severity >= Severity::High);
}

#[test]
fn a_killed_process_is_traced_to_growing_memory() {
    let mut app: String =
        (0..8).map(|n| format!("Jan  2 03:0{n}:00 host app[7]: stats rss={} requests=10\n", 500 + n * 200)).collect();
    app += "Jan  2 03:09:00 host kernel: [ 99.1] Out of memory: Killed process 7 (app) total-vm:4000kB\n\
            Jan  2 03:09:01 host systemd[1]: app.service: Main process exited, code=killed, status=9/KILL\n";
    let (analysis, whys) = check(&[doc("syslog", &app)]);
    assert_answers(&whys, &[&["OOM killer", "7 (app)"], &["rss went from 500 to 1900"]]);
    assert_eq!(analysis.severity, Severity::Critical);
}

#[test]
fn an_exception_after_a_deploy_points_at_the_deploy_and_says_what_is_assumed() {
    let mut text = String::new();
    for n in 0..60 {
        text += &format!("2026-01-02 03:{n:02}:00,000 INFO [http-{n}] shop.Cart - cart {n} priced\n");
    }
    text += "2026-01-02 04:00:00,000 INFO [deploy] ops.Deploy - deployed version 2.4.1\n";
    for n in 1..5 {
        text += &format!(
            "2026-01-02 04:0{n}:00,000 ERROR [http-{n}] shop.Cart - cart {n} failed\njava.lang.NullPointerException: discount is null\n\tat shop.Cart.total(Cart.java:42)\n\tat shop.Api.get(Api.java:7)\n"
        );
    }
    let access: String = (1..5)
        .map(|n| format!("[IPv4_1] - - [02/Jan/2026:04:0{n}:00 +0000] \"GET /cart HTTP/1.1\" 500 1 \"-\" \"-\"\n"))
        .collect();
    let (analysis, whys) = check(&[doc("app.log", &text), doc("access.log", &access)]);
    assert_answers(
        &whys,
        &[
            &["4 times", "NullPointerException: discount is null", "shop.Cart.total(Cart.java:42)"],
            &["2.4.1", "Assumed:", "60 s before"],
        ],
    );
    let root = analysis.root_cause.unwrap();
    assert!(root.confidence < 0.75, "an order in time is no proof: {}", root.confidence);
    assert!(analysis.immediate_actions[0].contains("Roll back"));
}

#[test]
fn password_guessing_is_told_by_source_and_account() {
    let mut text = String::new();
    for n in 0..40 {
        text += &format!(
            "Dec 10 06:5{}:0{} host sshd[2{n:03}]: Failed password for root from [IPv4_3] port 4{n} ssh2\n",
            n / 10,
            n % 10
        );
    }
    text += "Dec 10 07:00:00 host sshd[3000]: Failed password for alice from [IPv4_4] port 1 ssh2\n";
    let (analysis, whys) = check(&[doc("auth.log", &text)]);
    assert_answers(
        &whys,
        &[&["40 of the 41 lines", "[IPv4_3] (40)", "root (40)"], &["password after password", "Assumed: no ban"]],
    );
    assert_eq!(analysis.severity, Severity::Medium);
    let broken_in = text + "Dec 10 07:01:00 host sshd[3001]: Accepted password for root from [IPv4_3] port 9 ssh2\n";
    let (analysis, _) = check(&[doc("auth.log", &broken_in)]);
    assert_eq!(analysis.severity, Severity::Critical);
    assert!(analysis.immediate_actions[0].contains("taken over"), "{:?}", analysis.immediate_actions);
}

#[test]
fn nine_failures_of_a_person_are_no_attack() {
    let text: String = (0..9)
        .map(|n| format!("Dec 10 06:55:0{n} host sshd[24]: Failed password for bob from [IPv4_3] port 4 ssh2\n"))
        .collect();
    let (_, whys) = check(&[doc("auth.log", &text)]);
    assert!(whys.iter().all(|why| !why.answer.contains("by program")));
}

#[test]
fn a_healthy_log_has_no_cause() {
    let mut text = String::new();
    for n in 0..50 {
        text += &format!("2026-01-02T03:{n:02}:00Z INFO batch {n} done, 0 errors, failed=0\n");
    }
    let (analysis, whys) = check(&[doc("app.log", &text)]);
    assert!(analysis.summary.starts_with("No failure found in 50 lines"), "{}", analysis.summary);
    assert_eq!((analysis.severity, whys.len(), analysis.root_cause), (Severity::Low, 0, None));
    assert_eq!(analysis.key_findings, []);
}

#[test]
fn unknown_errors_get_no_invented_cause() {
    let text = "2026-01-02T03:00:00Z INFO fine\n2026-01-02T03:00:01Z ERROR widget 7 is purple\n2026-01-02T03:00:02Z ERROR widget 8 is purple\n";
    let (analysis, whys) = check(&[doc("app.log", text)]);
    assert_answers(&whys, &[&["2 times", "is purple", "No line shows what led to it"]]);
    assert_eq!(analysis.severity, Severity::Medium);
}

#[test]
fn what_was_new_before_an_unknown_error_is_offered_as_assumed() {
    let mut text: String = (0..60).map(|n| format!("2026-01-02T03:{n:02}:00Z INFO tick {n}\n")).collect();
    text += "2026-01-02T03:59:30Z INFO switching pump over to spare\n2026-01-02T03:59:40Z ERROR widget 7 is purple\n";
    let (_, whys) = check(&[doc("app.log", &text)]);
    assert_answers(&whys, &[&["is purple"], &["10 s before it", "switching pump over to spare", "Assumed:"]]);
}

#[test]
fn a_crash_loop_is_told_from_single_restarts() {
    let start = |minute: u32| {
        format!("2026-01-02 03:{minute:02}:00.000 UTC [1] LOG:  database system is ready to accept connections\n")
    };
    let twice = [start(0), start(5)].concat();
    let (analysis, _) = check(&[doc("pg.log", &twice)]);
    assert!(analysis.summary.starts_with("No failure"), "{}", analysis.summary);
    let loops = [start(0), start(5), start(10)].concat();
    let (analysis, _) = check(&[doc("pg.log", &loops)]);
    assert!(analysis.summary.contains("3 starts in a row in 10 min"), "{}", analysis.summary);
}

#[test]
fn documents_without_lines_or_times_are_answered() {
    let (analysis, whys) = check(&[]);
    assert_eq!((analysis.summary.as_str(), whys.len()), ("The documents hold no lines.", 0));
    let (analysis, _) = check(&[doc("empty.log", "")]);
    assert_eq!(analysis.severity, Severity::Low);
    let (_, whys) = check(&[doc("bare.log", "all good\nwrite failed: No space left on device\n")]);
    assert!(whys[0].answer.contains("from line 2 on"), "{}", whys[0].answer);
}

#[test]
fn a_burst_of_errors_is_told_apart_from_a_steady_trickle() {
    let line = |second: u32, n: u32| {
        format!("2026-01-02T03:{:02}:{:02}Z ERROR widget {n} is purple\n", second / 60, second % 60)
    };
    let trickle: String = (0..20).map(|n| line(n * 60, n)).collect();
    let told = |text: &str| {
        check(&[doc("app.log", text)]).0.key_findings.iter().any(|finding| finding.text.contains("came in a burst"))
    };
    assert!(!told(&trickle));
    let burst: String = (0..40).map(|n| line(1_200 + n / 10, n)).collect();
    assert!(told(&format!("{trickle}{burst}")));
}

#[test]
fn silence_is_told_within_a_document_and_never_between_excerpts() {
    let minute =
        |hour: u32| (0..60).map(|n| format!("2026-01-02T{hour:02}:{n:02}:00Z INFO tick {n}\n")).collect::<String>();
    let (before, after) = (minute(3), minute(9));
    let told = |docs: &[Doc<'_>]| {
        check(docs).0.key_findings.iter().any(|finding| finding.text.contains("logged nothing for 5 h 01 min"))
    };
    assert!(told(&[doc("app.log", &format!("{before}{after}"))]));
    let excerpts = [doc("app.log", &before), Doc { first_line: 900, ..doc("app.log", &after) }];
    assert!(!told(&excerpts));
}

#[test]
fn effect_lines_right_behind_their_cause_are_counted() {
    let mut text = String::new();
    for n in 0..5 {
        text += &format!(
            "[Sun Dec 04 04:4{n}:00 2005] [notice] workerEnv.init() ok /etc/workers2.properties\n[Sun Dec 04 04:4{n}:01 2005] [error] mod_jk child workerEnv in error state 6\n"
        );
    }
    let (_, whys) = check(&[doc("error_log", &text)]);
    assert_answers(&whys, &[&["5 of 5 came within 10 s", "Assumed:"]]);
}

#[test]
fn requests_that_fail_are_counted_against_all() {
    let line = |n: u32, status: u32| {
        format!("[IPv4_1] - - [02/Jan/2026:03:00:{n:02} +0000] \"GET /a HTTP/1.1\" {status} 1 \"-\" \"-\"\n")
    };
    let text: String = (0..20).map(|n| line(n, if n < 15 { 200 } else { 504 })).collect();
    let (analysis, whys) = check(&[doc("access.log", &text)]);
    assert!(
        analysis
            .key_findings
            .iter()
            .any(|finding| finding.text == "5 of 20 requests failed with a server error (25.0%)."),
        "{:?}",
        analysis.key_findings
    );
    assert_eq!(whys[0].question, "Why did callers get 504 Gateway Timeout?");
    assert_eq!(analysis.root_cause, None, "a symptom is no cause");
}

#[test]
fn quotes_keep_control_characters() {
    let (analysis, _) = check(&[doc("a.log", "ERROR \u{1b}[31mNo space left on device\u{1b}[0m\n")]);
    assert_eq!(analysis.key_findings[0].evidence[0].quote, "ERROR \u{1b}[31mNo space left on device\u{1b}[0m");
}

#[test]
fn a_chain_crosses_documents_with_and_without_a_year() {
    let kernel = "Jan  2 03:59:59 db1 kernel: Out of memory: Killed process 12 (postgres) total-vm:4kB\n";
    let postgres = "2026-01-02 04:00:00.200 UTC [1] LOG:  server process (PID 12) was terminated by signal 9: Killed\n";
    let (_, whys) = check(&[doc("postgres.log", postgres), doc("syslog", kernel)]);
    assert_answers(&whys, &[&["OOM killer", "12 (postgres)"]]);
    let later = kernel.replace("03:59:59", "09:00:00");
    let (_, whys) = check(&[doc("postgres.log", postgres), doc("syslog", &later)]);
    assert!(whys.iter().all(|why| !why.answer.contains("OOM killer")), "{whys:#?}");
}

#[test]
fn more_than_five_causes_are_folded_at_the_top_and_keep_their_root() {
    let postgres = stale_slot_postgres();
    let nginx = "2026/01/02 04:00:01 [error] 7#7: *18 connect() failed (111: Connection refused) while connecting to upstream, client: [IPv4_1], server: shop, request: \"POST /orders HTTP/1.1\", upstream: \"http://[IPv4_5]:8080/orders\", host: \"shop\"\n";
    let docs = [
        doc("access.log", STALE_SLOT_NGINX),
        doc("error.log", nginx),
        doc("app.log", STALE_SLOT_APP),
        doc("postgres.log", &postgres),
    ];
    let (_, whys) = check(&docs);
    assert_answers(
        &whys,
        &[
            &["upstreams: http://[IPv4_5]:8080/orders", "Behind that: The application lost its database"],
            &["PANIC"],
            &["No space left on device"],
            &["240 WAL files"],
            &["slot standby1"],
        ],
    );
}

#[test]
fn a_failure_beside_an_impact_is_offered_as_assumed() {
    let text = "2026-01-02T02:59:00Z INFO gateway: configuration reloaded from /etc/gw.yaml\n\
        2026-01-02T03:00:00Z ERROR gateway: GET pay.example failed: getaddrinfo ENOTFOUND pay.example\n\
        2026-01-02T03:00:02Z WARN gateway: returning 503 Service Unavailable for /checkout\n";
    let (_, whys) = check(&[doc("gw.log", text)]);
    assert_answers(&whys, &[&["pay.example", "Assumed:"], &["configuration", "Assumed:", "60 s before"]]);
    let apart = text.replace("03:00:02", "03:59:02");
    let (_, whys) = check(&[doc("gw.log", &apart)]);
    assert!(whys.iter().all(|why| !why.question.contains("503") || !why.answer.contains("pay.example")), "{whys:#?}");
}

#[test]
fn container_trouble_is_read_from_kubelet_lines() {
    let text = "W0102 03:04:05.000000    1234 oomparser.go:1] memory cgroup out of memory: Killed process 4711 (java), UID 1000\n\
        E0102 03:04:07.000000    1234 pod_workers.go:951] \"Error syncing pod\" err=\"CrashLoopBackOff: back-off 10s restarting failed container=api pod=api-7d9_shop\"\n\
        W0102 03:04:47.000000    1234 prober.go:1] \"Probe failed\" pod=\"shop/api-7d9\" output=\"Readiness probe failed: statuscode: 503\"\n";
    let (_, whys) = check(&[doc("kubelet.log", text)]);
    assert_answers(&whys, &[&["waits longer before every new try", "api-7d9_shop"], &["OOM killer", "4711 (java)"]]);
}

#[test]
fn an_expired_certificate_behind_nginx_is_shown_by_its_own_line() {
    let error = "2026/01/02 00:00:05 [error] 31#31: *7 SSL_do_handshake() failed (SSL: error:0A000086:SSL routines::certificate verify failed:certificate has expired) while SSL handshaking to upstream, client: [IPv4_1], server: shop.example, upstream: \"https://[IPv4_9]:443/pay\"\n";
    let access = "[IPv4_1] - - [02/Jan/2026:00:00:05 +0000] \"GET /pay HTTP/1.1\" 502 157 \"-\" \"-\"\n";
    let (analysis, whys) = check(&[doc("error.log", error), doc("access.log", access)]);
    assert_answers(&whys, &[&["secure connection"], &["past its last day", "shop.example"]]);
    assert!(whys.iter().all(|why| !why.assumed));
    assert!(analysis.root_cause.is_some_and(|root| root.confidence > 0.7));
}

#[test]
fn a_known_mechanism_without_a_tying_line_is_marked_as_assumed() {
    let text = |unit: &str| {
        format!(
            "Jan  2 03:09:00 host kernel: Out of memory: Killed process 7 (worker) total-vm:4kB\n\
             Jan  2 03:09:01 host systemd[1]: {unit}.service: Main process exited, code=killed, status=9/KILL\n"
        )
    };
    let (_, whys) = check(&[doc("syslog", &text("mail"))]);
    assert!(whys[0].answer.contains("OOM killer") && whys[0].assumed, "{whys:#?}");
    let tied = text("worker").replace("7 (worker)", "worker.service");
    let (_, whys) = check(&[doc("syslog", &tied)]);
    assert!(whys[0].answer.contains("OOM killer") && !whys[0].assumed, "{whys:#?}");
}

#[test]
fn what_lines_deny_or_only_speak_of_is_no_failure() {
    for line in [
        "INFO health: disk full: false, out of memory: never",
        "INFO health: no space left on device: no",
        "INFO ticket 17: customer wrote \"pods were OOMKilled, then no space left on device\"",
        "DEBUG http: errors such as certificate has expired or connection refused are retriable",
        "TRACE http: too many open files",
        "[info] alert 'OOMKilled' resolved",
        "level=info msg=\"alert OOMKilled fires at 90%\"",
        "probe: alert 'OOMKilled' resolved",
        "stats: Connection refused count 0",
        r#"{"level":"info","msg":"pod was OOMKilled last week"}"#,
        "WARN disk full: false",
        "NOTICE no longer disk full",
    ] {
        let text: String = (0..60).map(|n| format!("2026-01-02T03:{n:02}:00Z {line}\n")).collect();
        let (analysis, whys) = check(&[doc("app.log", &text)]);
        assert_eq!((analysis.severity, whys.len(), &analysis.root_cause), (Severity::Low, 0, &None), "{line}");
        assert!(analysis.summary.starts_with("No failure found"), "{line}: {}", analysis.summary);
    }
}

#[test]
fn what_is_only_spoken_of_is_noted_and_does_not_join_the_chain() {
    let mut text: String = (0..30)
        .map(|n| format!("2026-01-02T03:00:{n:02}Z INFO doc: no space left on device means the disk is full\n"))
        .collect();
    text += "2026-01-02T03:01:00Z ERROR could not write to file \"a\": broken\n";
    let (analysis, whys) = check(&[doc("app.log", &text)]);
    assert!(whys.iter().all(|why| !why.answer.contains("free space")), "{whys:#?}");
    assert_eq!(analysis.severity, Severity::High);
    let noted = analysis.key_findings.iter().find(|finding| finding.text.contains("do not report"));
    assert!(
        noted.is_some_and(|finding| finding.text.contains("“A disk is full” (30)")),
        "{:#?}",
        analysis.key_findings
    );
}

#[test]
fn what_programs_report_at_a_low_level_is_kept() {
    for (line, word) in [
        (
            "2026-01-02 03:00:00.000 UTC [1] LOG:  server process (PID 12) was terminated by signal 9: Killed",
            "PostgreSQL",
        ),
        ("I0102 03:00:00.000000    1234 prober.go:1] \"Probe failed\" pod=\"shop/api-7d9\"", "probe"),
        ("Jan  2 03:00:00 host kernel: INFO: task java:12 blocked for more than 120 seconds.", "hung"),
        ("Jan  2 03:00:00 host kernel: [ 99.1] Out of memory: Killed process 7 (app) total-vm:4000kB", "memory"),
        ("Jan  2 03:00:00 host systemd[1]: app.service: Main process exited, code=killed, status=9/KILL", "service"),
        ("[Fri Jan 02 03:00:00 2026] [notice] child pid 12 exit signal Segmentation fault (11)", "crash"),
        ("INFO [03:00:00] nothing\nNo space left on device", "disk"),
    ] {
        let (analysis, whys) = check(&[doc("a.log", line)]);
        assert!(analysis.severity > Severity::Low && !whys.is_empty(), "{line}: {word}: {}", analysis.summary);
    }
}

#[test]
fn a_failure_hours_before_is_no_cause_unless_a_name_ties_it() {
    let log = |hour: u32, name: &str| {
        format!(
            "Jan  2 03:00:00 host kernel: Out of memory: Killed process 12 ({name}) total-vm:4kB\n\
             Jan  2 {hour:02}:00:00 host systemd[1]: mail.service: Main process exited, code=killed, status=9/KILL\n"
        )
    };
    let linked = |hour: u32, name: &str| {
        let text = log(hour, name);
        let (_, whys) = check(&[doc("syslog", &text)]);
        whys.iter().any(|why| why.question.contains("service") && why.answer.contains("OOM killer"))
    };
    assert!(linked(4, "backup-tool"), "within two hours");
    assert!(!linked(8, "backup-tool"), "five hours later");
    let text = log(8, "x").replace("12 (x)", "mail.service");
    let (_, whys) = check(&[doc("syslog", &text)]);
    assert!(whys.iter().any(|why| why.answer.contains("OOM killer") && why.question.contains("service")), "{whys:#?}");
}

#[test]
fn a_kill_of_another_program_does_not_explain_a_502_five_hours_later() {
    let kernel = "Jan  2 03:00:00 host kernel: Out of memory: Killed process 12 (backup-tool) total-vm:4kB\n";
    let blip = "[IPv4_1] - - [02/Jan/2026:02:10:00 +0000] \"GET /a HTTP/1.1\" 502 1 \"-\" \"-\"\n";
    let late: String = (0..9)
        .map(|n| format!("[IPv4_1] - - [02/Jan/2026:08:00:0{n} +0000] \"GET /a HTTP/1.1\" 502 1 \"-\" \"-\"\n"))
        .collect();
    let nginx = "2026/01/02 08:00:01 [error] 7#7: *18 connect() failed (111: Connection refused) while connecting to upstream, client: [IPv4_1], upstream: \"http://[IPv4_5]:8080/a\"\n";
    for access in [late.clone(), format!("{blip}{late}")] {
        let (_, whys) = check(&[doc("access.log", &access), doc("error.log", nginx), doc("syslog", kernel)]);
        assert!(whys.iter().all(|why| !why.answer.contains("OOM killer")), "{whys:#?}");
    }
}

#[test]
fn assumed_links_bound_the_confidence() {
    // Two shown links lead down to the full disk; what filled it is assumed.
    let slot = stale_slot_postgres();
    let one: String = slot.lines().filter(|line| !line.contains("recovery mode") && !line.contains("signal 6")).fold(
        String::new(),
        |mut text, line| {
            text += line;
            text.push('\n');
            text
        },
    );
    for (text, links, most) in [(one, 1, 0.75), (slot, 3, 0.6)] {
        let (analysis, whys) = check(&[doc("postgres.log", &text)]);
        let assumed = whys.iter().filter(|why| why.assumed).count();
        assert_eq!((assumed, whys.last().unwrap().assumed), (links, true), "{whys:#?}");
        let root = analysis.root_cause.unwrap();
        assert!(root.confidence <= most && root.confidence > most - 0.16, "{root:?}");
    }
}

#[test]
fn placeholders_are_worded_whole() {
    let text: String = (1..4)
        .map(|n| {
            format!(
                "[Sun Dec 04 05:15:0{n} 2005] [error] [client [IPv4_{n}]] Directory index forbidden by rule: /www/\n"
            )
        })
        .collect();
    let (analysis, _) = check(&[doc("error_log", &text)]);
    let told = |words: &str| analysis.key_findings.iter().any(|finding| finding.text.contains(words));
    assert!(told("clients: [IPv4_1], [IPv4_2], [IPv4_3]"), "{:#?}", analysis.key_findings);
    let text = "Dec 10 06:55:46 host sshd[2]: reverse mapping checking getaddrinfo for [Hostname_6] [[IPv4_1]] failed - POSSIBLE BREAK-IN ATTEMPT!\n".repeat(3);
    let (analysis, _) = check(&[doc("auth.log", &text)]);
    let told = |words: &str| analysis.key_findings.iter().any(|finding| finding.text.contains(words));
    assert!(told("addresses: [IPv4_1] (3)"), "{:#?}", analysis.key_findings);
}
