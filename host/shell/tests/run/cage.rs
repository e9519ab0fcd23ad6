//! The cage: each thing that a program of tier 1 must not do, tried by one that does it.
//!
//! `perl` stands for a reader that a hostile file has taken over: it has the rights of any program that needs none, and
//! makes any system call.

use std::fs;
use std::os::unix::fs::symlink;

use trcaa_shell::plan::{Flow, Plan, Stage, Step, When};
use trcaa_shell::run::Ended;

use crate::given::{Given, has, installed, text};

#[test]
fn what_is_hidden_is_read_by_no_way() {
    if !has("landlock") {
        return;
    }
    let mut given = Given::new();
    let keys = given.folder().join("keys");
    fs::create_dir(&keys).unwrap();
    given.file("keys/id", "SECRET");
    given.file("single", "SECRET");
    given.file("beside", "open");
    symlink("keys", given.folder().join("link")).unwrap();
    symlink(keys.join("id"), given.folder().join("deep")).unwrap();
    let place = given.folder();
    let place = place.display();
    // Without the cage each way leads there.
    let ways = [
        "keys/id".to_owned(),
        "single".to_owned(),
        "link/id".to_owned(),
        "deep".to_owned(),
        "../work/keys/../keys/id".to_owned(),
        format!("{place}/keys/id"),
        format!("/proc/self/root{place}/keys/id"),
        "/proc/self/cwd/keys/id".to_owned(),
        format!("/proc/self/task/../root{place}/single"),
    ];
    for way in &ways {
        assert_eq!(text(&given.argv(&format!("cat {way}")).stdout), "SECRET", "{way}");
    }
    // One by a link, one by itself.
    given.hidden = vec![given.folder().join("link"), given.folder().join("single")];
    for way in &ways {
        let ran = given.argv(&format!("cat {way}"));
        assert_eq!((text(&ran.stdout).as_str(), ran.ended), ("", Ended::Exited(1)), "{way}");
        assert!(text(&ran.stderr).contains("Permission denied"), "{way}: {}", text(&ran.stderr));
    }
    let input =
        Stage { argv: vec!["cat".into()], stdin: Some("keys/id".into()), stdout: Flow::Output, stderr: Flow::Error };
    let ran = given.try_plan(&Plan { steps: vec![Step { when: When::Always, stages: vec![input] }] }).unwrap();
    assert_eq!((text(&ran.stdout).as_str(), ran.ended), ("", Ended::Exited(1)), "as an input file");
    assert_eq!(text(&given.argv("cat beside").stdout), "open");
    assert!(text(&given.argv("ls").stdout).contains("beside"), "a folder with something hidden in it is still listed");
    // Moved or linked elsewhere from inside: nothing is written there.
    given.argv("ln keys/id /tmp/trcaa-test-hard-link");
    assert!(!fs::exists("/tmp/trcaa-test-hard-link").unwrap());
}

#[test]
fn what_does_not_exist_yet_is_hidden_when_it_does() {
    if !has("landlock") {
        return;
    }
    let mut given = Given::new();
    given.hidden = vec![given.folder().join("later/keys")];
    let path = given.folder().join("later/keys");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("id"), "SECRET").unwrap();
    assert_eq!(text(&given.argv("cat later/keys/id").stdout), "");
}

#[test]
fn programs_that_are_taken_over_have_perl() {
    let _ = installed("perl");
}
