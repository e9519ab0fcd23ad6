//! Commands: what was proposed, decided and run; ways into clusters; templates.

use trcaa_model::id::IssueId;
use trcaa_store::{ExecutionEnd, NewDecision, NewExecution, NewKubeconfig, Store, StoreError};

use crate::fixture::Home;

fn proposed(store: &Store, issue: Option<&IssueId>, command: &str) -> String {
    let new = NewExecution {
        issue_id: issue,
        command,
        tier: 2,
        approval_status: "denied",
        kubeconfig_id: None,
        proposed_by: "person",
        binding: "ab12",
    };
    store.write(|tx| tx.insert_execution(&new)).unwrap()
}

fn end(ended: &'static str) -> ExecutionEnd<'static> {
    ExecutionEnd {
        ended,
        exit_code: Some(3),
        stdout: "größer\n",
        stderr: "",
        output_cut: true,
        execution_time_ms: 1_250,
    }
}

#[test]
fn a_proposal_is_refused_until_it_is_decided_on_and_ends_once() {
    let home = Home::new();
    let store = home.open();
    let id = proposed(&store, None, "systemctl restart x");
    assert_eq!(store.execution(&id).unwrap().approval_status, "denied");
    store.write(|tx| tx.decide_execution(&id, "approved")).unwrap();
    let twice = store.write(|tx| tx.decide_execution(&id, "auto"));
    assert!(matches!(twice, Err(StoreError::NoSuch { .. })), "{twice:?}");
    store.write(|tx| tx.end_execution(&id, &end("exited"))).unwrap();
    let ended = store.execution(&id).unwrap();
    assert_eq!((ended.exit_code, ended.execution_time_ms, ended.stdout_bytes), (Some(3), Some(1_250), 9));
    assert_eq!((ended.ended.as_deref(), ended.output_cut), (Some("exited"), true));
    assert_eq!(store.execution_output(&id).unwrap(), ("größer\n".to_owned(), String::new()));
    assert!(store.write(|tx| tx.end_execution(&id, &end("stopped"))).is_err(), "the first end stays");
    assert_eq!(store.execution(&store.resolve_execution("last").unwrap()).unwrap().id, id);
}

#[test]
fn executions_are_listed_newest_first_and_by_issue() {
    let home = Home::new();
    let store = home.open();
    let ids: Vec<String> = (0..3).map(|n| proposed(&store, None, &format!("ls {n}"))).collect();
    let listed: Vec<String> = store.executions(None, 2).unwrap().into_iter().map(|e| e.id).collect();
    assert_eq!(listed, [ids[2].clone(), ids[1].clone()]);
    assert!(store.executions(Some(&IssueId::from_stored("none".to_owned())), 9).unwrap().is_empty());
}

#[test]
fn a_decision_holds_in_its_session_until_its_time_and_one_for_a_run_not_beyond_it() {
    let home = Home::new();
    let store = home.open();
    let new = |decision, session_id, lasts_ms, is_used| NewDecision {
        command_pattern: "ls *",
        decision,
        session_id,
        lasts_ms,
        binding: "cd34",
        is_used,
    };
    store.write(|tx| tx.insert_decision(&new("allow_session", "here", 60_000, false))).unwrap();
    store.write(|tx| tx.insert_decision(&new("deny", "there", 60_000, false))).unwrap();
    store.write(|tx| tx.insert_decision(&new("allow_once", "here", 60_000, true))).unwrap();
    store.write(|tx| tx.insert_decision(&new("allow_session", "here", 0, false))).unwrap();
    let here = store.decisions_in_force(Some("here")).unwrap();
    assert_eq!(here.len(), 1, "{here:?}");
    assert_eq!((here[0].decision.as_str(), here[0].binding.as_deref()), ("allow_session", Some("cd34")));
    assert_eq!(store.decisions_in_force(None).unwrap().len(), 2);
    assert!(store.write(|tx| tx.insert_decision(&new("maybe", "here", 1, false))).is_err());
    assert_eq!(store.write(|tx| tx.clear_decisions()).unwrap(), 2);
    assert!(store.decisions_in_force(None).unwrap().is_empty());
}

#[test]
fn a_session_has_a_bound_of_decisions() {
    let home = Home::new();
    let store = home.open();
    let new = NewDecision {
        command_pattern: "x",
        decision: "deny",
        session_id: "s",
        lasts_ms: 1_000_000_000,
        binding: "",
        is_used: false,
    };
    store.write(|tx| (0..1_000).try_for_each(|_| tx.insert_decision(&new).map(|_| ()))).unwrap();
    let refused = store.write(|tx| tx.insert_decision(&new));
    assert!(matches!(refused, Err(StoreError::Invalid { .. })), "{refused:?}");
    // A yes for one run takes no place among them.
    store.write(|tx| tx.insert_decision(&NewDecision { is_used: true, ..new })).unwrap();
}

fn kubeconfig(name: &str) -> NewKubeconfig<'_> {
    NewKubeconfig {
        name,
        content: b"apiVersion: v1 # canary-kube-77",
        content_sha256: "ff",
        context: "prod",
        cluster_url: Some("https://k8s.example"),
        contexts: &[],
    }
}

#[test]
fn at_most_one_kubeconfig_is_active_and_its_content_is_sealed() {
    let home = Home::new();
    let store = home.open();
    let one = store.write(|tx| tx.insert_kubeconfig(&kubeconfig("one"))).unwrap();
    let two = store.write(|tx| tx.insert_kubeconfig(&kubeconfig("two"))).unwrap();
    assert!(store.write(|tx| tx.insert_kubeconfig(&kubeconfig("one"))).is_err(), "the name is taken");
    assert!(store.write(|tx| tx.insert_kubeconfig(&kubeconfig(" "))).is_err());
    assert_eq!(store.active_kubeconfig().unwrap(), None);
    store.write(|tx| tx.activate_kubeconfig(&one.id, "prod", None)).unwrap();
    store.write(|tx| tx.activate_kubeconfig(&two.id, "test", Some("https://t"))).unwrap();
    let active = store.active_kubeconfig().unwrap().unwrap();
    assert_eq!((active.name.as_str(), active.context.as_str()), ("two", "test"));
    let unknown = store.write(|tx| tx.activate_kubeconfig("none", "x", None));
    assert!(matches!(unknown, Err(StoreError::NoSuch { .. })), "{unknown:?}");
    assert_eq!(store.active_kubeconfig().unwrap().unwrap().id, two.id, "nothing was changed");
    assert_eq!(store.find_kubeconfig(&one.id[28..]).unwrap().name, "one");
    assert!(String::from_utf8_lossy(&store.kubeconfig_content(&one.id).unwrap()).contains("canary-kube-77"));
    let sealed: String = home
        .raw()
        .query_row("SELECT encrypted_content FROM kubeconfig_files WHERE name = 'one'", [], |row| row.get(0))
        .unwrap();
    assert!(!sealed.contains("canary"), "{sealed}");
    store.write(|tx| tx.remove_kubeconfig(&two.id)).unwrap();
    assert_eq!(store.active_kubeconfig().unwrap(), None);
}

#[test]
fn the_templates_of_the_product_are_there() {
    let home = Home::new();
    let store = home.open();
    assert_eq!(store.shell_templates().unwrap().len(), 18);
    assert_eq!(store.shell_template("kubectl-logs").unwrap().tier, 1);
    assert!(matches!(store.shell_template("none"), Err(StoreError::NoSuch { .. })));
}
