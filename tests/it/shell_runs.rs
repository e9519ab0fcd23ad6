//! Commands from a proposal to their row: by themselves, after a yes, never; and the way into a cluster.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tests::{Home, Run, list, text};

use crate::cluster::Cluster;

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// Runs a line in the home's folder.
fn run(home: &Home, args: &[&str]) -> Run {
    let all = ["shell", "run"].iter().chain(args).chain(&["--json"]).copied();
    Run::of(home.command(all).current_dir(home.path(".")).stdin(Stdio::null()).output().unwrap())
}

fn ran(home: &Home, args: &[&str]) -> Value {
    run(home, args).answer()["execution"].clone()
}

fn history(home: &Home) -> Vec<Value> {
    list(&home.json(["shell", "history"])["executions"])
}

fn audit(home: &Home, action: &str) -> Vec<Value> {
    let entries = list(&home.json(["audit", "list"])["audit_log"]);
    entries.into_iter().filter(|entry| entry["action"] == action).collect()
}

/// A program of our own among those that commands find.
fn program(home: &Home, name: &str, script: &str) -> PathBuf {
    let folder = home.path("programs");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    home.json(["settings", "set", "shell.programs", folder.to_str().unwrap()]);
    file
}

#[test]
fn what_only_reads_runs_by_itself_and_leaves_its_row() {
    let home = Home::new(BINARY);
    let issue = home.issue("the disk is full");
    home.file("app.log", "a\nERROR one\nb\nERROR two\n");
    let execution = ran(&home, &["grep ERROR app.log | wc -l", "--issue", &issue]);
    assert_eq!((&execution["tier"], &execution["approval_status"]), (&1.into(), &"auto".into()), "{execution:#}");
    assert_eq!((&execution["exit_code"], &execution["ended"]), (&0.into(), &"exited".into()));
    assert_eq!(execution["stdout"], "2\n");
    assert_eq!(execution["issue_id"], issue.as_str());
    let shown = home.json(["shell", "show", "last"])["execution"].clone();
    assert_eq!(shown, execution);
    let rows = history(&home);
    assert_eq!((rows.len(), &rows[0]["command"]), (1, &"grep ERROR app.log | wc -l".into()));
    // Before and after, and no word of the line in either.
    let (before, after) = (audit(&home, "shell_command_execution"), audit(&home, "shell_command_ended"));
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_eq!(before[0]["entity_id"], execution["id"]);
    for entry in before.iter().chain(&after) {
        assert!(!text(&entry["details"]).contains("ERROR"), "{entry:#}");
    }
    assert!(text(&before[0]["details"]).contains("\"grep\""));
    home.expect_sound();
}

#[test]
fn a_status_other_than_0_is_told_by_ours_and_by_the_row() {
    let home = Home::new(BINARY);
    home.file("app.log", "nothing\n");
    let run = run(&home, &["grep ERROR app.log"]).fails(1);
    assert_eq!(run.answer()["execution"]["exit_code"], 1);
    assert_eq!(history(&home)[0]["approval_status"], "auto");
}

#[test]
fn what_asks_does_not_run_where_nobody_can_be_asked() {
    let home = Home::new(BINARY);
    let refused = run(&home, &["touch made"]).fails(1);
    assert_eq!(refused.error_code(), "denied");
    assert!(!home.path("made").exists());
    let rows = history(&home);
    assert_eq!(
        (&rows[0]["tier"], &rows[0]["approval_status"], &rows[0]["ended"]),
        (&2.into(), &"denied".into(), &Value::Null)
    );
    assert_eq!(ran(&home, &["touch made", "--approve", "once"])["approval_status"], "approved");
    assert!(home.path("made").exists());
    fs::remove_file(home.path("made")).unwrap();
    assert_eq!(run(&home, &["touch made"]).fails(1).error_code(), "denied", "a yes for one run is used up");
    assert!(!home.path("made").exists());
}

#[test]
fn what_destroys_never_runs_whatever_is_approved() {
    let home = Home::new(BINARY);
    fs::create_dir(home.path("tree")).unwrap();
    home.file("tree/kept", "x");
    for line in ["rm -rf tree", "touch a; rm -r'f' tree", "$(echo rm) -rf tree", "find tree -delete"] {
        for approve in ["once", "session"] {
            assert_eq!(run(&home, &[line, "--approve", approve]).fails(1).error_code(), "denied", "{line}");
        }
    }
    assert!(home.path("tree/kept").exists());
    assert!(!home.path("a").exists());
    let rows = history(&home);
    assert!(rows.iter().all(|row| row["tier"] == 3 && row["approval_status"] == "denied"), "{rows:#?}");
    assert!(
        list(&home.json(["shell", "approvals"])["approvals"]).is_empty(),
        "a yes for what never runs is kept nowhere"
    );
}

#[test]
fn a_yes_for_the_session_holds_in_its_folder_and_until_it_is_taken_back() {
    let home = Home::new(BINARY);
    fs::create_dir(home.path("other")).unwrap();
    ran(&home, &["touch made", "--approve", "session"]);
    assert_eq!(ran(&home, &["touch made"])["approval_status"], "approved");
    let elsewhere = home.command(["shell", "run", "touch made", "--json"]).current_dir(home.path("other")).output();
    assert_eq!(Run::of(elsewhere.unwrap()).fails(1).error_code(), "denied");
    // Another environment is another place.
    let other =
        home.command(["shell", "run", "touch made", "--json"]).current_dir(home.path(".")).env("MODE", "x").output();
    assert_eq!(Run::of(other.unwrap()).fails(1).error_code(), "denied");
    assert_eq!(run(&home, &["touch made more"]).fails(1).error_code(), "denied", "another line");
    assert_eq!(list(&home.json(["shell", "approvals"])["approvals"]).len(), 1);
    assert_eq!(home.json(["shell", "approvals", "--clear"])["cleared"], 1);
    assert_eq!(run(&home, &["touch made"]).fails(1).error_code(), "denied");
}

#[test]
fn the_time_limit_ends_all_of_it() {
    let home = Home::new(BINARY);
    let began = Instant::now();
    let execution = ran(&home, &["sh -c 'sleep 300 & sleep 300'", "--approve", "once", "--timeout", "1"]);
    assert_eq!(execution["ended"], "timed_out", "{execution:#}");
    assert!(execution["exit_code"].is_null());
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(!is_running("sleep 300", &home), "it still runs");
}

/// Whether a process of this home runs a program with these words.
fn is_running(words: &str, home: &Home) -> bool {
    let wanted = words.replace(' ', "\0");
    let here = fs::canonicalize(home.path(".")).unwrap();
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    entries.map(|entry| entry.path()).any(|process| {
        fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&here))
            && fs::read(process.join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(&wanted))
    })
}

#[test]
fn a_signal_ends_the_run_and_the_row_tells() {
    let home = Home::new(BINARY);
    let mut command = home.command(["shell", "run", "sleep 300", "--approve", "once"]);
    let mut child = command.current_dir(home.path(".")).stderr(Stdio::piped()).spawn().unwrap();
    wait_until(|| is_running("sleep 300", &home));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!is_running("sleep 300", &home));
    assert_eq!(history(&home)[0]["ended"], "stopped");
}

fn wait_until(done: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < until, "it did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_host_that_is_killed_takes_its_commands_along_and_leaves_a_row_without_an_end() {
    let home = Home::new(BINARY);
    let cluster = Cluster::start();
    program(&home, "kubectl", "sleep 300");
    let file = home.file("config", cluster.kubeconfig());
    home.json(["kubeconfig", "add", "test", file.to_str().unwrap()]);
    home.json(["kubeconfig", "use", "test"]);
    let mut command = home.command(["shell", "run", "kubectl get pods"]);
    let mut child = command.current_dir(home.path(".")).stderr(Stdio::null()).spawn().unwrap();
    wait_until(|| is_running("sleep 300", &home));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until(|| !is_running("sleep 300", &home));
    let row = history(&home)[0].clone();
    assert_eq!((&row["approval_status"], &row["ended"]), (&"auto".into(), &Value::Null), "{row:#}");
    run(&home, &["uptime"]);
    // Nothing of the kubeconfig is in a file outside the database, and what the run left is cleared away.
    assert!(!anywhere(&home.data(), b"canary-token"), "the token is in a file");
    let left: Vec<_> = fs::read_dir(home.data().join("run")).unwrap().filter_map(Result::ok).collect();
    assert!(left.iter().all(|entry| entry.path().is_file()), "folders of runs are left: {left:?}");
}

fn anywhere(folder: &Path, needle: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().filter_map(Result::ok).any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            anywhere(&path, needle)
        } else {
            memchr::memmem::find(&fs::read(&path).unwrap_or_default(), needle).is_some()
        }
    })
}

#[test]
fn what_runs_by_itself_sees_no_secret_of_the_environment_and_no_folder_of_ours() {
    let home = Home::new(BINARY);
    program(&home, "kubectl", "env; echo end");
    let output = home
        .command(["shell", "run", "kubectl get pods", "--json"])
        .current_dir(home.path("."))
        .env("API_TOKEN", "canary-env-1")
        .env("LD_PRELOAD", "/canary-env-2.so")
        .env("BASH_ENV", "/canary-env-3")
        .output()
        .unwrap();
    let put_out = text(&Run::of(output).ok().answer()["execution"]["stdout"]);
    assert!(put_out.ends_with("end\n") && !put_out.contains("canary"), "{put_out}");
    assert!(!put_out.contains("TRCAA_"), "{put_out}");
    let database = home.data().join("tftsr.db");
    program(&home, "kubectl", &format!("cat {} | head -c 4; echo end", database.display()));
    let execution = ran(&home, &["kubectl get pods"]);
    assert_eq!(execution["stdout"], "end\n", "our own database was read: {execution:#}");
}

#[test]
fn a_template_is_filled_in_and_judged_like_any_line() {
    let home = Home::new(BINARY);
    assert_eq!(list(&home.json(["shell", "templates"])["templates"]).len(), 18);
    let execution = ran(&home, &["--template", "general-disk-space"]);
    assert_eq!((&execution["command"], &execution["tier"]), (&"df -h".into(), &1.into()));
    let asks = run(&home, &["--template", "general-service-restart", "--set", "unit=nginx"]).fails(1);
    assert_eq!(asks.error_code(), "denied");
    assert_eq!(history(&home)[0]["command"], "systemctl restart nginx");
    for set in ["unit=a;b", "unit=-f", "unit="] {
        let args = ["--template", "general-service-status", "--set", set];
        assert_eq!(run(&home, &args).fails(2).error_code(), "template", "{set}");
    }
    assert_eq!(run(&home, &["--template", "none"]).fails(1).error_code(), "not_found");
}

#[test]
fn the_users_own_table_raises_a_line_and_a_broken_one_judges_nothing() {
    let home = Home::new(BINARY);
    home.json(["issue", "list"]);
    let rules = home.data().join("shell-rules.toml");
    fs::write(&rules, "[[command]]\nprefix = [\"uptime\"]\ntier = 2\nreason = \"we ask\"\n").unwrap();
    assert_eq!(run(&home, &["uptime"]).fails(1).error_code(), "denied");
    assert_eq!(home.json(["shell", "classify", "uptime"])["tier"], 2);
    fs::write(&rules, "[[command]]\nprefix = 7\n").unwrap();
    assert_eq!(run(&home, &["uptime"]).fails(2).error_code(), "shell_rules");
    assert_eq!(home.refused(["shell", "classify", "uptime"], 2), "shell_rules");
}

#[test]
fn what_a_model_would_see_of_an_output_is_redacted() {
    let home = Home::new(BINARY);
    let issue = home.issue("mail is late");
    home.file("mail.log", "from anna.berg@example.com via 192.0.2.17\n");
    ran(&home, &["cat mail.log", "--issue", &issue]);
    let clear = home.json(["shell", "show", "last"]);
    assert!(text(&clear["execution"]["stdout"]).contains("anna.berg@example.com"));
    let redacted = text(&home.json(["shell", "show", "last", "--redacted"])["execution"]["stdout"]);
    assert_eq!(redacted, "from [Email_1] via [IPv4_1]\n");
    ran(&home, &["uptime"]);
    assert_eq!(home.refused(["shell", "show", "last", "--redacted"], 1), "no_issue");
}

/// The kubectl that `cargo xtask peers` brings.
fn real_kubectl(home: &Home) {
    let builds = Path::new(BINARY).ancestors();
    let found = builds.map(|folder| folder.join("peers/kubectl/bin")).find(|folder| folder.join("kubectl").exists());
    let folder = found.expect("kubectl is missing; run: cargo xtask peers");
    home.json(["settings", "set", "shell.programs", folder.to_str().unwrap()]);
}

#[test]
fn kubectl_gets_the_active_context_alone_and_only_for_the_run() {
    let home = Home::new(BINARY);
    let cluster = Cluster::start();
    real_kubectl(&home);
    let file = home.file("config", cluster.kubeconfig());
    home.json(["kubeconfig", "add", "test", file.to_str().unwrap()]);
    let without = run(&home, &["kubectl get pods"]).fails(1);
    assert!(cluster.seen().is_empty(), "no kubeconfig is active: {}", without.answer());
    let active = home.json(["kubeconfig", "use", "test"])["kubeconfig"].clone();
    assert_eq!((&active["context"], &active["cluster_url"]), (&"shop".into(), &cluster.url.as_str().into()));

    let execution = ran(&home, &["kubectl get pods | grep web"]);
    assert_eq!(execution["exit_code"], 0, "{execution:#}");
    assert!(text(&execution["stdout"]).contains("CrashLoopBackOff"), "{execution:#}");
    assert_eq!(execution["kubeconfig_id"], active["id"]);
    let seen = cluster.seen();
    assert!(seen.contains(&"GET /api/v1/namespaces/shop/pods".to_owned()), "{seen:#?}");

    // Another context is another place: a yes for the one is none for the other.
    let delete = "kubectl delete pod web-0 --wait=false";
    assert_eq!(run(&home, &[delete]).fails(1).error_code(), "denied");
    ran(&home, &[delete, "--approve", "session"]);
    assert!(cluster.seen().contains(&"DELETE /api/v1/namespaces/shop/pods/web-0".to_owned()));
    home.json(["kubeconfig", "use", "test", "--context", "bank"]);
    assert_eq!(run(&home, &[delete]).fails(1).error_code(), "denied");
    ran(&home, &["kubectl get pods"]);
    assert!(cluster.seen().contains(&"GET /api/v1/namespaces/bank/pods".to_owned()));
    // What it reads is that context alone, and the same each time that it is opened.
    program(&home, "kubectl", "cat \"$KUBECONFIG\"; cat \"$KUBECONFIG\"");
    let content = text(&ran(&home, &["kubectl get pods"])["stdout"]);
    assert_eq!(content.matches("canary-token-teller").count(), 2, "{content}");
    assert!(!content.contains("canary-token-reader"), "{content}");
    program(&home, "helm", "cat \"$KUBECONFIG\"");
    assert!(
        text(&ran(&home, &["helm list -A"])["stdout"]).contains("canary-token-teller"),
        "helm asks the same cluster"
    );
    let found = ran(&home, &["kubectl get pods | grep -c canary"]);
    assert_eq!(found["stdout"], "1\n", "{found:#}");
    home.json(["shell", "history"]);

    home.json(["kubeconfig", "delete", "test"]);
    assert_eq!(history(&home)[0]["kubeconfig_id"], Value::Null, "the row stays without it");
    assert!(!anywhere(&home.data(), b"canary-token"), "a token is in a file");
    home.expect_sound();
}

#[test]
fn activating_what_is_not_there_changes_nothing() {
    let home = Home::new(BINARY);
    let cluster = Cluster::start();
    let file = home.file("config", cluster.kubeconfig());
    home.json(["kubeconfig", "add", "one", file.to_str().unwrap()]);
    home.json(["kubeconfig", "use", "one"]);
    home.refused(["kubeconfig", "use", "nothing-of-the-kind"], 1);
    home.refused(["kubeconfig", "use", "one", "--context", "none"], 1);
    home.refused(["kubeconfig", "add", "one", file.to_str().unwrap()], 1);
    home.refused(["kubeconfig", "add", "bad", home.file("bad", "x: [").to_str().unwrap()], 1);
    let all = list(&home.json(["kubeconfig", "list"])["kubeconfigs"]);
    assert_eq!((all.len(), &all[0]["is_active"], &all[0]["context"]), (1, &true.into(), &"shop".into()));
    assert!(!serde_json::to_string(&all).unwrap().contains("canary"), "{all:#?}");
}

#[test]
fn a_kubeconfig_that_starts_a_program_makes_every_kubectl_ask() {
    let home = Home::new(BINARY);
    program(&home, "kubectl", "echo ran");
    let config = "current-context: c\nclusters: [{name: k, cluster: {server: 'https://k'}}]\n\
                  contexts: [{name: c, context: {cluster: k, user: u}}]\n\
                  users: [{name: u, user: {exec: {command: steal, apiVersion: client.authentication.k8s.io/v1}}}]\n";
    let file = home.file("config", config);
    home.json(["kubeconfig", "add", "cloud", file.to_str().unwrap()]);
    assert_eq!(ran(&home, &["kubectl get pods"])["tier"], 1);
    home.json(["kubeconfig", "use", "cloud"]);
    let refused = run(&home, &["kubectl get pods"]).fails(1);
    assert_eq!(refused.error_code(), "denied");
    assert!(text(&refused.answer()["error"]["message"]).contains("starts steal"), "{}", refused.answer());
}

/// A run on a terminal of its own (by `script` of util-linux), with a person who types.
struct Person {
    child: std::process::Child,
    typed: std::process::ChildStdin,
    screen: std::process::ChildStdout,
    seen: String,
}

impl Person {
    fn runs(home: &Home, line: &str) -> Self {
        let ours = home.command(["shell", "run", line]);
        let quoted: Vec<String> = ours.get_args().map(|arg| format!("'{}'", arg.to_str().unwrap())).collect();
        let mut command = std::process::Command::new("script");
        command.args(["-qefc", &format!("{BINARY} {}", quoted.join(" ")), "/dev/null"]).env_clear();
        command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("SHELL", "/bin/sh");
        command.current_dir(home.path(".")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (typed, screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, typed, screen, seen: String::new() }
    }

    fn types(&mut self, text: &str) {
        self.typed.write_all(text.as_bytes()).unwrap();
    }

    /// Reads until these words are on the screen.
    fn reads(&mut self, words: &str) {
        let mut piece = [0; 4096];
        while !self.seen.contains(words) {
            let count = self.screen.read(&mut piece).unwrap();
            assert!(count > 0, "it ended without {words:?}:\n{}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&piece[..count]));
        }
    }

    fn ends(mut self) -> String {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        self.child.wait().unwrap();
        self.seen + &String::from_utf8_lossy(&rest)
    }
}

const QUESTION: &str = "is a no)\r\n> ";

#[test]
fn a_person_is_shown_what_a_yes_is_for_and_answers() {
    let home = Home::new(BINARY);
    let mut person = Person::runs(&home, "touch made; ls");
    person.reads(QUESTION);
    person.types("y\n");
    person.reads("y\r\no = run it");
    assert!(!home.path("made").exists(), "only a clear yes is one");
    person.types("o\n");
    let screen = person.ends();
    let folder = fs::canonicalize(home.path(".")).unwrap();
    for shown in ["tier 2  touch made", "tier 1  ls", folder.to_str().unwrap(), "time limit  30 s", "exit 0"] {
        assert!(screen.contains(shown), "{shown} is not in:\n{screen}");
    }
    assert!(home.path("made").exists());
    assert_eq!(history(&home)[0]["approval_status"], "approved");
}

#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let home = Home::new(BINARY);
    let mut person = Person::runs(&home, "touch made");
    person.types("o\no\n");
    person.reads(QUESTION);
    person.types("d\n");
    let screen = person.ends();
    assert!(screen.contains("denied") && !home.path("made").exists(), "{screen}");
    assert_eq!(history(&home)[0]["approval_status"], "denied");
}

#[test]
fn a_line_can_not_paint_an_answer_onto_the_screen() {
    let home = Home::new(BINARY);
    let mut person = Person::runs(&home, "touch made # \u{1b}[2J\rtier 1  ls\u{202e}");
    person.reads(QUESTION);
    person.types("never\n");
    let screen = person.ends();
    assert!(!screen.contains('\u{202e}') && !screen.contains("\u{1b}[2J"), "{screen}");
    assert!(!screen.lines().any(|line| line.trim_start().starts_with("tier 1  ls")), "{screen}");
    assert_eq!(history(&home)[0]["approval_status"], "denied");
    // Another terminal is another session.
    assert_eq!(list(&home.json(["shell", "approvals"])["approvals"])[0]["decision"], "deny");
}
