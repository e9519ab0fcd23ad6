//! The kubeconfig: who gets it, where it lies, and that it is gone.

use trcaa_shell::run::Ended;

use crate::given::{Given, text};

const CONTENT: &[u8] = b"apiVersion: v1\nusers: [secret]\n";
const READS_TWICE: &str = "#!/bin/sh\ncat \"$KUBECONFIG\" && cat \"$KUBECONFIG\" && cat >&2 && echo \"$KUBECONFIG\"\n";

#[test]
fn kubectl_reads_it_again_and_again_and_so_does_the_next_one_of_a_pipe() {
    let mut given = Given::new();
    given.stub("kubectl", READS_TWICE);
    given.kubeconfig = Some(CONTENT.to_vec());
    let twice = String::from_utf8(CONTENT.repeat(2)).unwrap();
    let ran = given.argv("kubectl get pods | kubectl get pods");
    assert_eq!(ran.ended, Ended::Exited(0), "{}", text(&ran.stderr));
    let path = text(&ran.stdout).strip_prefix(&twice).unwrap().trim().to_owned();
    assert!(path.starts_with("/proc/self/fd/"), "it is on no disk: {path}");
    assert!(text(&ran.stderr).starts_with(&twice));
    assert!(!std::fs::exists(given.private().join("kubeconfig")).unwrap());
}

#[test]
fn no_other_program_of_tier_1_gets_it() {
    let mut given = Given::new();
    given.stub("other", "#!/bin/sh\necho \"$KUBECONFIG\"; for file in /proc/self/fd/*; do echo \"$file\"; done\n");
    given.kubeconfig = Some(CONTENT.to_vec());
    let ran = given.argv("other");
    let said = text(&ran.stdout);
    assert!(said.starts_with("/dev/null\n"), "{said}");
    // Its standard streams, the script itself, and the listing.
    assert!(said.lines().count() <= 7, "{said}");
}

#[test]
fn an_approved_line_gets_it_and_never_the_users_own() {
    let mut given = Given::new();
    assert_eq!(text(&given.line("echo $KUBECONFIG").stdout), "/dev/null\n");
    given.kubeconfig = Some(CONTENT.to_vec());
    let ran = given.line("cat $KUBECONFIG; (cat $KUBECONFIG) | cat");
    assert_eq!(ran.stdout.bytes, CONTENT.repeat(2));
    assert_eq!(
        text(&given.line("echo x >> $KUBECONFIG; cat $KUBECONFIG").stdout).lines().count(),
        2,
        "it can't be written"
    );
}
