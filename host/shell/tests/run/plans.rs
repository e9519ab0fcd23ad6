//! Plans and lines: order, pipes, statuses, streams, limits of time and output.

use std::time::{Duration, Instant};

use trcaa_shell::plan::{Flow, Plan, Stage, Step, When};
use trcaa_shell::run::{Ended, RunError, What};

use crate::given::{Given, plan, text};

#[test]
fn a_pipeline_is_connected_and_ends_with_the_status_of_its_last_program() {
    let given = Given::new();
    given.file("log", "b\na\nERROR x\nERROR y\n");
    let ran = given.argv("cat log | grep ERROR | wc -l");
    assert_eq!((text(&ran.stdout).trim(), ran.ended), ("2", Ended::Exited(0)));
    let ran = given.argv("cat log | grep nothing");
    assert_eq!(ran.ended, Ended::Exited(1));
    assert_eq!(given.argv("false | true").ended, Ended::Exited(0));
}

#[test]
fn steps_run_by_how_the_last_one_ended() {
    let given = Given::new();
    let steps = [
        (When::Always, "false"),
        (When::Succeeded, "echo 1"),
        (When::Failed, "echo 2"),
        (When::Succeeded, "echo 3"),
        (When::Failed, "echo 4"),
        (When::Always, "echo 5"),
        (When::Always, "false"),
        (When::Succeeded, "echo 6"),
    ];
    let ran = given.try_plan(&plan(&steps)).unwrap();
    assert_eq!(text(&ran.stdout), "2\n3\n5\n");
    assert_eq!(ran.ended, Ended::Exited(1));
}

#[test]
fn streams_go_where_the_plan_says() {
    let given = Given::new();
    given.file("in", "from the file\n");
    let stage = |argv: &[&str], stdin: Option<&str>, stdout, stderr| Stage {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        stdin: stdin.map(str::to_owned),
        stdout,
        stderr,
    };
    let run = |stages: Vec<Stage>| given.try_plan(&Plan { steps: vec![Step { when: When::Always, stages }] }).unwrap();
    let ran = run(vec![stage(&["cat"], Some("in"), Flow::Output, Flow::Error)]);
    assert_eq!(text(&ran.stdout), "from the file\n");
    let ran = run(vec![stage(&["cat"], None, Flow::Output, Flow::Error)]);
    assert_eq!((text(&ran.stdout).as_str(), ran.ended), ("", Ended::Exited(0)), "without an input there is none");
    let ran = run(vec![
        stage(&["ls", "/missing"], None, Flow::Output, Flow::Output),
        stage(&["wc", "-l"], None, Flow::Output, Flow::Error),
    ]);
    assert_eq!(text(&ran.stdout).trim(), "1", "2>&1 goes into the pipe");
    let ran = run(vec![stage(&["ls", "/missing", "/"], None, Flow::Error, Flow::Null)]);
    assert!(
        text(&ran.stdout).is_empty() && text(&ran.stderr).contains("proc") && !text(&ran.stderr).contains("missing")
    );
    let ran = run(vec![stage(&["cat"], Some("missing"), Flow::Output, Flow::Error)]);
    assert_eq!(ran.ended, Ended::Exited(1));
    assert_eq!(text(&ran.stderr), "trcaa: the input of cat could not be opened (error 2)\n");
}

#[test]
fn who_writes_into_a_closed_pipe_ends_as_in_a_shell() {
    let given = Given::new();
    let began = Instant::now();
    let ran = given.argv("seq 1 99999999999 | head -n 1");
    assert_eq!((text(&ran.stdout).as_str(), ran.ended), ("1\n", Ended::Exited(0)));
    assert!(text(&ran.stderr).is_empty(), "{}", text(&ran.stderr));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(given.line("kill -PIPE $$").ended, Ended::Signalled(13));
}

#[test]
fn no_shell_sees_the_words_of_a_plan() {
    let given = Given::new();
    let ran = given.words(&["echo", "$(id)", "*", "`id`", ";", "a  b"]);
    assert_eq!(text(&ran.stdout), "$(id) * `id` ; a  b\n");
}

#[test]
fn what_can_not_be_run_is_told_before_anything_runs() {
    let given = Given::new();
    let missing = plan(&[(When::Always, "echo x"), (When::Always, "no-such-program-here")]);
    assert!(
        matches!(given.try_plan(&missing), Err(RunError::NotFound { program, .. }) if program == "no-such-program-here")
    );
    for name in ["./x", "/bin/ls", "", ".."] {
        let stage = Stage { argv: vec![name.into()], stdin: None, stdout: Flow::Output, stderr: Flow::Error };
        let plan = Plan { steps: vec![Step { when: When::Always, stages: vec![stage] }] };
        assert!(matches!(given.try_plan(&plan), Err(RunError::NotFound { .. })), "{name:?}");
    }
    assert!(matches!(given.try_plan(&Plan { steps: vec![] }), Err(RunError::Empty)));
    assert!(matches!(given.run(What::Line("echo \0"), &|| false), Err(RunError::Nul { .. })));
}

#[test]
fn an_approved_line_runs_as_a_shell_reads_it() {
    let given = Given::new();
    let ran = given.line("for i in 1 2; do echo $i > f$i; done; cat f* | sort -r; echo e >&2; exit 7");
    assert_eq!((text(&ran.stdout).as_str(), text(&ran.stderr).as_str()), ("2\n1\n", "e\n"));
    assert_eq!(ran.ended, Ended::Exited(7));
    assert_eq!(text(&given.line("-i; echo no option").stdout), "no option\n");
}

#[test]
fn output_is_kept_up_to_its_limit_and_the_rest_is_counted() {
    let mut given = Given::new();
    for (limit, cut) in [(999_999, true), (1_000_000, false), (1_000_001, false)] {
        given.limits.output_bytes = limit;
        let ran = given.argv("head -c 1000000 /dev/zero");
        assert_eq!((ran.stdout.bytes.len(), ran.stdout.total, ran.stdout.cut), (limit.min(1_000_000), 1_000_000, cut));
    }
    given.limits.output_bytes = 10;
    let ran = given.line("head -c 50000000 /dev/zero; head -c 50000000 /dev/zero >&2");
    assert_eq!((ran.stdout.total, ran.stderr.total, ran.ended), (50_000_000, 50_000_000, Ended::Exited(0)));
    assert_eq!((ran.stdout.bytes.len(), ran.stderr.bytes.len()), (10, 10));
}

#[test]
fn the_wall_limit_ends_it() {
    let mut given = Given::new();
    given.limits.wall = Duration::from_millis(200);
    let began = Instant::now();
    assert_eq!(given.argv("sleep 1000 | sleep 1000").ended, Ended::TimedOut);
    let ran = given.line("trap '' TERM; while true; do sleep 1000; done");
    assert_eq!(ran.ended, Ended::TimedOut, "one that does not listen is killed");
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}

#[test]
fn a_stop_ends_it() {
    let given = Given::new();
    let began = Instant::now();
    let ran =
        given.run(What::Argv(&plan(&[(When::Always, "sleep 1000"), (When::Always, "echo no")])), &|| true).unwrap();
    assert_eq!((ran.ended, text(&ran.stdout).as_str()), (Ended::Stopped, ""));
    assert!(began.elapsed() < Duration::from_secs(15));
}
