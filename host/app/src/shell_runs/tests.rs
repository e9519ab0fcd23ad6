#![allow(clippy::unwrap_used)]
use std::cell::Cell;
use std::sync::Arc;

use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_store::{KeySource, NewKubeconfig};
use zeroize::Zeroizing;

use super::*;
use crate::{Cancel, NoProgress, Setup};

struct Case {
    dir: tempfile::TempDir,
    app: App,
    place: ShellPlace,
}

fn case() -> Case {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("here");
    std::fs::create_dir(&folder).unwrap();
    let setup = Setup {
        data_dir: dir.path().join("data"),
        key: KeySource::RawKey(Zeroizing::new([3; 32])),
        encryption_key: None,
        keyring: None,
        clock: Arc::new(FixedClock(1_763_769_600_000)),
        entropy: Arc::new(SeededEntropy::new(5)),
        plugin_log: None,
        cancel: Cancel::default(),
    };
    let app = App::open(setup, Box::new(NoProgress)).unwrap();
    let place = ShellPlace { folder, environment: vec![], home: None, session: "s1".to_owned() };
    Case { dir, app, place }
}

impl Case {
    fn propose<'a>(&'a self, line: &'a str, proposer: Proposer) -> Proposal<'a> {
        let place = &self.place;
        let request = ShellRequest { line, issue: None, proposer, place, time_limit: None, tier_min: 1 };
        self.app.propose(&request).unwrap()
    }

    fn settle(&self, proposal: &Proposal<'_>, answer: Option<Answer>) -> Result<Execution, AppError> {
        self.app.settle(proposal, answer, &mut |_, _| {}, &|| false).map(|(execution, _)| execution)
    }

    fn row(&self, id: &str) -> Execution {
        self.app.store.execution(id).unwrap()
    }
}

const LINE: &str = "touch made";

#[test]
#[cfg(target_os = "linux")]
fn a_yes_does_not_outlive_the_place_that_was_shown() {
    let case = case();
    let proposal = case.propose(LINE, Proposer::Person);
    let content = NewKubeconfig {
        name: "prod",
        content: b"{}",
        content_sha256: "aa",
        context: "c",
        cluster_url: None,
        contexts: &[],
    };
    // Somebody makes another cluster the active one while the question is on the screen.
    case.app
        .store
        .write(|tx| {
            let row = tx.insert_kubeconfig(&content)?;
            tx.activate_kubeconfig(&row.id, "c", None)
        })
        .unwrap();
    assert_eq!(case.settle(&proposal, Some(Answer::Session)).unwrap_err().code, "place_changed");
    assert_eq!(case.row(&proposal.id).approval_status, "denied");
    assert!(case.app.approvals(None).unwrap().is_empty(), "the yes is kept for later");
    assert!(!case.place.folder.join("made").exists());

    let proposal = case.propose(LINE, Proposer::Person);
    // The folder becomes another one.
    std::fs::rename(&case.place.folder, case.dir.path().join("gone")).unwrap();
    let elsewhere = case.dir.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &case.place.folder).unwrap();
    assert_eq!(case.settle(&proposal, Some(Answer::Once)).unwrap_err().code, "place_changed");
    assert!(!elsewhere.join("made").exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_proposal_is_settled_once() {
    let case = case();
    let proposal = case.propose(LINE, Proposer::Person);
    assert_eq!(case.settle(&proposal, Some(Answer::Once)).unwrap().approval_status, "approved");
    std::fs::remove_file(case.place.folder.join("made")).unwrap();
    assert!(case.settle(&proposal, Some(Answer::Once)).is_err());
    assert!(!case.place.folder.join("made").exists(), "a second run on one yes");
}

#[test]
fn a_time_limit_is_1_s_to_an_hour_and_a_wrong_one_leaves_no_row() {
    let case = case();
    for (seconds, is_taken) in [(0, false), (1, true), (3600, true), (3601, false)] {
        let time_limit = Some(Duration::from_secs(seconds));
        let (place, proposer) = (&case.place, Proposer::Person);
        let request = ShellRequest { line: LINE, issue: None, proposer, place, time_limit, tier_min: 1 };
        assert_eq!(case.app.propose(&request).is_ok(), is_taken, "{seconds}");
    }
    assert_eq!(case.app.store.executions(None, 9).unwrap().len(), 2);
}

#[test]
fn silence_and_nobody_to_ask_are_a_no() {
    let case = case();
    for (answer, status, code) in [(Some(Answer::Silence), "timed_out", "no_answer"), (None, "denied", "denied")] {
        let proposal = case.propose(LINE, Proposer::Model);
        assert_eq!(proposal.standing, Standing::Asks);
        assert_eq!(case.settle(&proposal, answer).unwrap_err().code, code);
        let row = case.row(&proposal.id);
        assert_eq!((row.approval_status.as_str(), row.ended, row.proposed_by.as_str()), (status, None, "model"));
    }
    assert!(!case.place.folder.join("made").exists());
    let entries = case.app.audit_entries(10, None, Some("shell_tool_call")).unwrap();
    assert_eq!(entries.len(), 2, "the same decisions for what a model proposes, under its own name");
}

#[test]
#[cfg(target_os = "linux")]
fn a_no_for_the_session_goes_before_a_yes_and_ends_with_it() {
    let mut case = case();
    let first = case.propose(LINE, Proposer::Person);
    case.settle(&first, Some(Answer::Session)).unwrap();
    let second = case.propose(LINE, Proposer::Model);
    assert_eq!(second.standing, Standing::AllowedBefore { pattern: LINE.to_owned() }, "for whoever proposes it");
    assert!(case.settle(&second, Some(Answer::DenySession)).is_err());
    let third = case.propose(LINE, Proposer::Person);
    assert_eq!(third.standing, Standing::DeniedBefore { pattern: LINE.to_owned() });
    assert_eq!(case.settle(&third, Some(Answer::Once)).unwrap_err().code, "denied");
    // Another session knows neither.
    case.place.session = "s2".to_owned();
    assert_eq!(case.propose(LINE, Proposer::Person).standing, Standing::Asks);
    case.place.session = "s1".to_owned();
    assert_eq!(case.app.clear_approvals().unwrap(), 2);
    assert_eq!(case.propose(LINE, Proposer::Person).standing, Standing::Asks);
}

#[test]
#[cfg(target_os = "linux")]
fn a_stop_ends_a_run_and_what_was_put_out_is_kept() {
    let case = case();
    let proposal = case.propose("sh -c 'echo begun; sleep 300'", Proposer::Person);
    let begun = Cell::new(false);
    let mut sink = |_: Channel, _: &[u8]| begun.set(true);
    let (row, output) = case.app.settle(&proposal, Some(Answer::Once), &mut sink, &|| begun.get()).unwrap();
    assert_eq!((row.ended.as_deref(), row.exit_code), (Some("stopped"), None));
    assert_eq!(output.stdout, "begun\n");
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_is_not_there_leaves_a_row_that_says_so() {
    let case = case();
    let proposal = case.propose("zpool status", Proposer::Person);
    if Path::new("/usr/sbin/zpool").exists() || Path::new("/sbin/zpool").exists() {
        return;
    }
    assert_eq!(case.settle(&proposal, None).unwrap_err().code, "not_started");
    let row = case.row(&proposal.id);
    assert_eq!((row.approval_status.as_str(), row.ended.as_deref()), ("auto", Some("not_started")));
    assert!(case.app.execution(&proposal.id).unwrap().1.stderr.contains("zpool"));
}

#[test]
fn every_difference_of_a_place_is_another_binding() {
    let case = case();
    let folder = case.place.folder.as_path();
    let kubeconfig = |context: &str, digest: &str| Kubeconfig {
        id: "k".into(),
        name: "n".into(),
        context: context.into(),
        cluster_url: None,
        is_active: true,
        uploaded_at: String::new(),
        contexts: vec![],
        content_sha256: Some(digest.into()),
    };
    let with = |pairs: &[(&str, &str)]| ShellPlace {
        environment: pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
        ..case.place.clone()
    };
    let of = |line: &str, folder: &Path, place: &ShellPlace, kubeconfig: Option<&Kubeconfig>| {
        let binding = binding::Binding::new(line, folder, place, kubeconfig);
        [binding.run().to_owned(), binding.place().to_owned()]
    };
    let plain = of("a", folder, &case.place, None);
    let others = [
        of("a", Path::new("/"), &case.place, None),
        of("a", folder, &with(&[("MODE", "x")]), None),
        of("a", folder, &with(&[("MODE", "y")]), None),
        of("a", folder, &with(&[("MOD", "Ex")]), None),
        of("a", folder, &case.place, Some(&kubeconfig("c", "d"))),
        of("a", folder, &case.place, Some(&kubeconfig("cd", ""))),
        of("a", folder, &case.place, Some(&kubeconfig("c", "e"))),
    ];
    let mut seen = std::collections::BTreeSet::from(plain.clone());
    for other in others {
        for hash in other {
            assert!(seen.insert(hash), "two places have one binding");
        }
    }
    let another = of("b", folder, &case.place, None);
    assert_ne!(another[0], plain[0]);
    assert_eq!(another[1], plain[1], "the place is the same whatever runs there");
    // What no command gets makes no other place.
    assert_eq!(of("a", folder, &with(&[("SHLVL", "3"), ("API_TOKEN", "x")]), None), plain);
}

#[test]
fn a_no_holds_however_the_line_is_spelled_and_whatever_stands_beside_it() {
    let case = case();
    let denied = case.propose("kubectl delete pod web-1", Proposer::Person);
    assert!(case.settle(&denied, Some(Answer::DenySession)).is_err());
    for line in [
        "kubectl delete  pod web-1",
        "kubectl 'delete' pod we\"b-1\"",
        "uptime; kubectl delete pod web-1",
        " kubectl\tdelete pod web-1",
    ] {
        let again = case.propose(line, Proposer::Model);
        assert!(matches!(again.standing, Standing::DeniedBefore { .. }), "{line}: {:?}", again.standing);
    }
    assert_eq!(case.propose("kubectl delete pod web-2", Proposer::Person).standing, Standing::Asks);
}

#[test]
fn no_word_of_a_line_is_in_the_trail() {
    let case = case();
    for line in ["ghp_0123456789abcdefghij0123456789abcdef", "hunter2 --x", "ls; s3cret_word"] {
        let proposal = case.propose(line, Proposer::Person);
        assert!(case.settle(&proposal, None).is_err());
    }
    let entries = case.app.audit_entries(10, None, None).unwrap();
    let all = entries.iter().map(|entry| entry.details.clone().unwrap_or_default()).collect::<String>();
    assert!(
        !all.contains("ghp_") && !all.contains("hunter2") && !all.contains("s3cret") && all.contains("\"ls\""),
        "{all}"
    );
}

#[test]
fn kubectl_is_seen_wherever_it_stands_in_a_part() {
    for line in [
        "timeout 5 kubectl get pods",
        "/usr/bin/kubectl get pods",
        "bash -c 'sleep 1; kubectl get pods'",
        "env A=b helm ls",
    ] {
        assert!(reads_kubeconfig(line), "{line}");
    }
    assert!(!reads_kubeconfig("cat my-kubectl-notes") && !reads_kubeconfig("ls"));
}

#[test]
#[cfg(unix)]
fn a_table_that_others_can_write_or_that_is_no_file_judges_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(SHELL_RULES_FILE);
    assert!(load_shell_rules(dir.path()).unwrap().is_empty());
    let text = "[[command]]\nprefix = [\"uptime\"]\ntier = 2\n";
    std::fs::write(&path, text).unwrap();
    for (mode, is_taken) in [(0o666, false), (0o620, false), (0o644, true), (0o600, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(load_shell_rules(dir.path()).is_ok(), is_taken, "{mode:o}");
    }
    let large = format!("{text}#{}", "x".repeat(300 << 10));
    std::fs::write(&path, large).unwrap();
    assert!(load_shell_rules(dir.path()).unwrap_err().message.contains("more than"));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert!(load_shell_rules(dir.path()).unwrap_err().message.contains("no plain file"));
    std::fs::remove_dir(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(load_shell_rules(dir.path()).unwrap_err().message.contains("no plain file"), "a pipe holds nobody up");
}

#[test]
fn a_kubeconfig_takes_no_key_of_ours_along() {
    let case = case();
    let home = case.dir.path().join("home");
    std::fs::create_dir_all(home.join(".ssh")).unwrap();
    std::fs::create_dir_all(home.join(".kube")).unwrap();
    std::fs::write(home.join(".ssh/id"), "k").unwrap();
    std::fs::write(home.join(".kube/token"), "t").unwrap();
    std::fs::write(case.dir.path().join("data/own"), "k").unwrap();
    let add = |name: &str, path: &Path| {
        let text = format!(
            "{{current-context: c, clusters: [{{name: k, cluster: {{server: 'https://k'}}}}], contexts: [{{name: c, context: {{cluster: k, user: u}}}}], users: [{{name: u, user: {{tokenFile: '{}'}}}}]}}",
            path.display()
        );
        case.app.add_kubeconfig(name, text.as_bytes(), &home, None, Some(&home))
    };
    let link = home.join(".kube/link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(case.dir.path().join("data/own"), &link).unwrap();
    for path in [home.join(".ssh/id"), case.dir.path().join("data/own"), PathBuf::from("/proc/self/environ"), link] {
        assert_eq!(add("bad", &path).unwrap_err().code, "kubeconfig_invalid", "{}", path.display());
    }
    let added = add("good", &home.join(".kube/token")).unwrap();
    assert_eq!((added.files_read.len(), added.warnings.len()), (1, 0));
}
