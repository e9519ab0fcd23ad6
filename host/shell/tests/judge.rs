//! Plans of tier-1 lines, and what a person's own rules do to whole lines.
#![allow(clippy::unwrap_used, missing_docs)]

use trcaa_shell::plan::{Flow, Plan, When};
use trcaa_shell::{Rules, judge, pattern_covers, pattern_of};

fn plan(line: &str) -> Option<Plan> {
    let judgement = judge(line, &Rules::default()).unwrap();
    assert_eq!(judgement.plan.is_some(), judgement.verdict.tier.number() == 1, "{line}");
    judgement.plan
}

fn tier(line: &str, rules: &Rules) -> u8 {
    let judgement = judge(line, rules).unwrap();
    assert_eq!(judgement.plan.is_some(), judgement.verdict.tier.number() == 1, "{line}");
    judgement.verdict.tier.number()
}

fn argvs(plan: &Plan) -> Vec<Vec<&str>> {
    let stages = plan.steps.iter().flat_map(|step| &step.stages);
    stages.map(|stage| stage.argv.iter().map(String::as_str).collect()).collect()
}

#[test]
fn the_plan_holds_the_cooked_words_in_their_order() {
    let plan = plan("gr'e'p -c \"a b\\$\" app.log 2>&1 | sort -rn && echo 'it''s'; wc -l < app.log || ls 2>/dev/null")
        .unwrap();
    assert_eq!(
        argvs(&plan),
        [vec!["grep", "-c", "a b$", "app.log"], vec!["sort", "-rn"], vec!["echo", "its"], vec!["wc", "-l"], vec!["ls"],]
    );
    let whens: Vec<When> = plan.steps.iter().map(|step| step.when).collect();
    assert_eq!(whens, [When::Always, When::Succeeded, When::Always, When::Failed]);
    assert_eq!(plan.steps[0].stages[0].stderr, Flow::Output);
    assert_eq!(plan.steps[2].stages[0].stdin.as_deref(), Some("app.log"));
    assert_eq!(plan.steps[3].stages[0].stderr, Flow::Null);
}

#[test]
fn what_has_no_exact_plan_is_never_tier_1() {
    for line in [
        "cat < a < b",
        "ls |& cat",
        "ls 2>&1x",
        "ls >&2",
        "cat < /dev/tcp/h/80",
        "cat < /proc/self/fd/0",
        "! ls",
        "time ls",
        "ls &",
        "printf '%(%F)T'",
        "printf '%n' x",
        "printf -v x y",
    ] {
        assert!(plan(line).is_none(), "{line}");
    }
}

#[test]
fn a_rule_lowers_a_command_of_fixed_words_only() {
    let rules =
        Rules::parse("[[command]]\nprefix = ['tool', 'show']\noperands = true\ntier = 1\nreason = 'reads'").unwrap();
    for line in ["tool show", "tool show a b", "tool show a | grep x 2>&1", "t'oo'l show a"] {
        assert_eq!(tier(line, &rules), 1, "{line}");
    }
    for line in [
        "tool del",
        "tool show $x",
        "tool show *",
        "tool show $(ls)",
        "tool show > f",
        "tool show >> f",
        "X=1 tool show",
        "(tool show)",
        "tool show &",
        "tool show <<< x",
        "/x/tool show",
        "sudo tool show",
        "tool show /etc/shadow",
        "tool show --flag",
        "tool show \u{e9}",
        "tool show < /etc/shadow",
        "env tool show",
        "if tool show; then ls; fi",
    ] {
        assert!(tier(line, &rules) >= 2, "{line}");
    }
    assert_eq!(tier("tool show; rm -rf /", &rules), 3);
    assert_eq!(tier("tool show $(rm -rf /)", &rules), 3);
    assert_eq!(tier("tool show", &Rules::default()), 2);
}

#[test]
fn a_rule_that_lowers_a_shell_gives_no_plan_for_its_script() {
    let rules = Rules::parse("[[command]]\nprefix = ['sh', '-c', 'ls']\ntier = 1\nreason = 'reads'").unwrap();
    assert_eq!(tier("sh -c ls", &rules), 2);
}

#[test]
fn a_rule_raises_a_command_anywhere_in_a_line() {
    let rules =
        Rules::parse("[[command]]\nprefix = ['kubectl', 'drain']\ntier = 3\n[[command]]\nprefix = ['df']\ntier = 2")
            .unwrap();
    for line in [
        "kubectl drain n",
        "kubectl --context a drain n",
        "sudo kubectl drain n",
        "sh -c 'kubectl drain n'",
        "ls; kubectl drain n",
        "echo $(kubectl drain n)",
    ] {
        assert_eq!(tier(line, &rules), 3, "{line}");
    }
    for line in [
        "x=drain; kubectl $x n",
        "k=kubectl; $k drain n",
        "f() { kubectl \"$@\"; }; f drain n",
        "echo drain n | xargs kubectl",
    ] {
        assert_eq!(tier(line, &rules), 3, "{line}");
    }
    assert_eq!(tier("df -h", &rules), 2);
    assert_eq!(tier("free -m", &rules), 1);
}

#[test]
fn a_destroyer_named_word_by_word_may_be_made_to_ask_and_nothing_more() {
    let rules = Rules::parse(
        "[[command]]\nprefix = ['rm', '-rf', '/var/cache/app']\ntier = 2\ntier3_override = true\nreason = 'rebuilt'",
    )
    .unwrap();
    assert_eq!(tier("rm -rf /var/cache/app", &rules), 2);
    assert_eq!(tier("rm -rf /var/cache/app; ls", &rules), 2);
    for line in [
        "rm -rf /var/cache/app /",
        "rm -rf /var/cache/app*",
        "X=1 rm -rf /var/cache/app",
        "rm -rf $(ls)",
        "sudo rm -rf /var/cache/app",
        "rm -rf /var/cache/app > x",
        "echo | xargs rm -rf /var/cache/app",
        "rm -rf /var/cache/app; rm -rf /",
    ] {
        assert_eq!(tier(line, &rules), 3, "{line}");
    }
}

#[test]
fn a_session_pattern_covers_names_of_objects_and_otherwise_the_very_words() {
    let rules = Rules::default();
    for (line, pattern) in [
        ("kubectl delete pod web-0 -n prod", "kubectl delete pod * -n prod"),
        ("kubectl  delete  'pod' web-0 --namespace=prod --now", "kubectl delete pod * --namespace=prod --now"),
        ("kubectl scale deploy/api --replicas=3", "kubectl scale deploy/* --replicas=3"),
        ("kubectl rollout restart deploy/api deploy/web", "kubectl rollout restart deploy/* deploy/*"),
        ("kubectl delete pod a --force", "kubectl delete pod a --force"),
        ("kubectl delete svc web", "kubectl delete svc web"),
        ("kubectl delete clusterrole/x", "kubectl delete clusterrole/x"),
        ("psql -c 'select 1'", "psql -c 'select 1'"),
        ("kubectl delete pod,svc a", "kubectl delete pod,svc a"),
        ("systemctl restart nginx", "systemctl restart nginx"),
        ("some-tool 'a b' '*'", "some-tool 'a b' '*'"),
        ("chmod 600 key.txt", "chmod 600 key.txt"),
    ] {
        assert_eq!(pattern_of(line, &rules).as_deref(), Some(pattern), "{line}");
    }
    for line in [
        "kubectl get pods",
        "rm -rf /",
        "ls > x",
        "ls >> x",
        "A=b tool",
        "tool; tool",
        "tool | tool",
        "tool && tool",
        "tool &",
        "(tool)",
        "tool $x",
        "tool *",
        "tool $(id)",
        "sudo tool",
        "sh -c tool",
        "ssh h ls",
        "kubectl exec w -- ls",
        "docker run x",
        "qm guest exec 1 id",
        "env tool",
        "python3 x.py",
        "tool < x",
        "tool 2>&1",
        "tool \u{e9}",
        "tool\ntool",
        "xargs tool",
        "curl x",
        &format!("tool {}", "x".repeat(500)),
        "! tool",
        "time tool",
        "eval tool",
        "./fix.sh",
        "/srv/fix.sh --now",
        "bin/fix",
        "kubectl apply -f x.yaml",
        // What they do is in files, which may be others by then.
        "kubectl delete -f x.yaml",
        "kubectl scale -f x.yaml --replicas=1",
        "psql -f x.sql",
        "psql -c '\\i x.sql'",
        "mysql -e 'source x.sql'",
        "nft -f x",
        "iptables-restore x",
        "ip -batch x",
        "sysctl -p x",
        "terraform apply",
        "ansible-playbook x.yml",
        "docker compose up -d",
        "docker-compose up -d",
        "npm run x",
        "git pull",
        "tmux new x",
        "setpriv x",
        "toybox x",
        "kubectl delete pod a; kubectl delete pod b",
        "",
    ] {
        assert_eq!(pattern_of(line, &rules), None, "{line}");
    }
}

#[test]
fn a_session_pattern_never_covers_another_scope_kind_flag_or_tier() {
    let rules = Rules::default();
    let pattern = pattern_of("kubectl delete pod web-0 -n prod", &rules).unwrap();
    assert_eq!(pattern, "kubectl delete pod * -n prod");
    for line in ["kubectl delete pod web-1 -n prod", "kubectl delete pod 'web-2' -n prod"] {
        assert!(pattern_covers(&pattern, line, &rules), "{line}");
    }
    for line in [
        "kubectl delete pod web-1",
        "kubectl delete pod web-1 -n other",
        "kubectl delete pod a b -n prod",
        "kubectl delete svc web-0 -n prod",
        "kubectl delete pod web-0 -n prod --force",
        "kubectl delete pod --all -n prod",
        "kubectl delete pod -l a=b -n prod",
        "kubectl delete pod '*' -n prod",
        "kubectl delete pod * -n prod",
        "kubectl delete pod web-0 -n prod; ls",
        "/x/kubectl delete pod a -n prod",
        "kubectl delete pod web-0 -n prod > x",
        "kubectl delete pod $x -n prod",
        "kubectl delete ns web-0 -n prod",
        "kubectl --context=x delete pod a -n prod",
        "sudo kubectl delete pod web-0 -n prod",
        "kubectl delete pod/web-0 -n prod",
        "kubectl delete pod a -n prod --kubeconfig=x",
    ] {
        assert!(!pattern_covers(&pattern, line, &rules), "{line}");
    }
    // A rule made later wins over what was allowed before.
    let never = Rules::parse("[[command]]\nprefix = ['kubectl', 'delete']\ntier = 3").unwrap();
    assert!(!pattern_covers(&pattern, "kubectl delete pod web-1 -n prod", &never));
    assert!(pattern_covers("tool '*'", "tool '*'", &rules) && !pattern_covers("tool '*'", "tool a", &rules));
}

#[test]
fn each_part_tells_its_risk_and_what_it_would_touch() {
    let verdict = judge("kubectl delete pod web-0 -n prod > /srv/x; ls", &Rules::default()).unwrap().verdict;
    assert_eq!(verdict.parts[0].touches, "pod, web-0, namespace prod, the file /srv/x");
    assert!(verdict.parts[0].risk.contains("cluster"));
    assert_eq!(verdict.parts[1].touches, "nothing");
}
