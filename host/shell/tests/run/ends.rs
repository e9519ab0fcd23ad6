//! That everything ends: daemons, bombs, what holds a pipe open, what uses up too much, what a killed host leaves.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use trcaa_shell::plan::When;
use trcaa_shell::run::{Ended, Leftovers, Limits, What, clear_private};

use crate::given::{Given, has, installed, plan, text};

/// A daemon as they are made: two forks and a session of its own. It ignores what asks it to end.
const DAEMON: &str = "use POSIX; $SIG{TERM} = 'IGNORE'; fork and exit; POSIX::setsid(); fork and exit; \
                      open(my $f, '>', 'daemon.new'); print $f $$; close $f; rename('daemon.new', 'daemon'); sleep 1000";

/// Whether a process lives; one that only waits for its parent to look does not.
fn lives(number: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(" Z") && !rest.starts_with(" X"))
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(15), "{what}");
        std::thread::yield_now();
    }
}

fn number(given: &Given) -> String {
    fs::read_to_string(given.folder().join("daemon")).unwrap()
}

#[test]
fn a_daemon_that_hides_ends_with_its_line() {
    if !installed("perl") {
        return;
    }
    let mut given = Given::new();
    // At the limit (which a busy machine may reach before there is a daemon), at a stop, at the end.
    let made = given.folder().join("daemon");
    for wall_seconds in [1, 4, 16] {
        given.limits.wall = Duration::from_secs(wall_seconds);
        let line = format!("perl -e \"{}\"; sleep 1000", DAEMON.replace('$', "\\$"));
        assert_eq!(given.line(&line).ended, Ended::TimedOut);
        if made.exists() {
            break;
        }
    }
    assert!(!lives(&number(&given)));
    given.limits.wall = Duration::from_secs(20);
    let line = format!("perl -e \"{}\"; while ! test -e daemon; do sleep 0.01; done", DAEMON.replace('$', "\\$"));
    fs::remove_file(given.folder().join("daemon")).unwrap();
    let ran =
        given.run(What::Line(&format!("{line}; sleep 1000")), &|| given.folder().join("daemon").exists()).unwrap();
    assert_eq!(ran.ended, Ended::Stopped);
    assert!(!lives(&number(&given)));
    fs::remove_file(given.folder().join("daemon")).unwrap();
    let ran = given.line(&line);
    assert_eq!((ran.ended, ran.left), (Ended::Exited(0), 1));
    assert!(!lives(&number(&given)));
}

#[test]
fn what_may_go_on_goes_on_without_the_kubeconfig() {
    let mut given = Given::new();
    given.leftovers = Leftovers::Leave;
    given.kubeconfig = Some(b"SECRET".to_vec());
    let began = Instant::now();
    let ran = given.line("cat $KUBECONFIG; sleep 1000 & echo $!; ls -l $KUBECONFIG > /dev/null");
    assert!(began.elapsed() < Duration::from_secs(10), "who holds the pipe open holds up nobody");
    assert_eq!((ran.ended, ran.left), (Ended::Exited(0), 0));
    let said = text(&ran.stdout);
    let number = said.strip_prefix("SECRET").unwrap().trim();
    assert!(lives(number));
    let held: Vec<Vec<u8>> = fs::read_dir(format!("/proc/{number}/fd"))
        .unwrap()
        .filter(|entry| fs::read_link(entry.as_ref().unwrap().path()).unwrap().to_string_lossy().contains("memfd"))
        .map(|entry| fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(held, [b""], "it holds the file, which is empty");
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(number.parse().unwrap()).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
}

#[test]
fn a_pipe_that_is_held_open_holds_up_nobody() {
    let given = Given::new();
    let began = Instant::now();
    let ran = given.line("sleep 1000 & setsid sleep 1000 & echo done");
    assert_eq!((text(&ran.stdout).as_str(), ran.ended), ("done\n", Ended::Exited(0)));
    assert!(ran.left >= 2 && began.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_bomb_of_processes_ends() {
    if !installed("perl") {
        return;
    }
    let mut given = Given::new();
    given.limits = Limits { processes: 40, wall: Duration::from_secs(15), ..Limits::APPROVED };
    // Slowed down, so that a guard that is missing is a failed test and not a dead machine.
    let bomb = "for (1..12) { fork; select(undef, undef, undef, 0.02) } sleep 1000";
    let ran = given.line(&format!("perl -e '{bomb}'"));
    assert_eq!(ran.ended, Ended::TooManyProcesses);
    // Each in a session of its own.
    let bomb = "use POSIX; for (1..200) { if (!fork) { POSIX::setsid(); sleep 1000; } } sleep 1000";
    let ran = given.line(&format!("perl -e '{bomb}'; sleep 1000"));
    assert_eq!(ran.ended, Ended::TooManyProcesses);
    // In the cage: a program that needs no other starts none, one that needs some is counted.
    if has("seccomp") {
        let ran = given.words(&["perl", "-e", "print defined(fork) ? 'forked' : 'refused'"]);
        assert_eq!(text(&ran.stdout), "refused");
    }
    given.stub(
        "kubectl",
        &format!("#!/usr/bin/perl\n{}\n", "for (1..12) { fork; select(undef, undef, undef, 0.02) } sleep 1000"),
    );
    assert_eq!(given.argv("kubectl get pods").ended, Ended::TooManyProcesses);
}

#[test]
fn memory_is_limited_for_each_and_for_all() {
    if !installed("perl") {
        return;
    }
    let mut given = Given::new();
    given.limits.memory_bytes = 64 << 20;
    let ran = given.words(&["perl", "-e", "my $x = 'a' x (1 << 28); print length $x"]);
    assert_eq!(ran.stdout.total, 0, "{:?}", ran.ended);
    assert_ne!(ran.ended, Ended::Exited(0));
    given.limits = Limits { memory_bytes: 150 << 20, ..given.limits };
    let line = "for i in 1 2 3 4; do perl -e 'my $x = \"a\" x 60_000_000; sleep 1000' & done; wait";
    assert_eq!(given.line(line).ended, Ended::TooMuchMemory);
}

#[test]
fn time_of_the_processor_files_and_descriptors_are_limited() {
    if !installed("perl") {
        return;
    }
    let mut given = Given::new();
    given.limits = Limits { cpu_seconds: 1, file_bytes: 1_000, open_files: 20, ..given.limits };
    let ended = given.words(&["perl", "-e", "1 while 1"]).ended;
    assert!(matches!(ended, Ended::Signalled(9 | 24)), "{ended:?}");
    let write = |bytes: u32| {
        let script = format!("open(my $f, '>', \"$ENV{{TMPDIR}}/x\"); syswrite($f, 'a' x {bytes}); syswrite($f, 'b')");
        let mut given = Given::new();
        given.limits.file_bytes = 1_000;
        given.stub("sort", &format!("#!/usr/bin/perl\n{script}\n"));
        given.argv("sort").ended
    };
    assert_eq!((write(998), write(999)), (Ended::Exited(0), Ended::Exited(0)));
    assert_eq!(write(1_000), Ended::Signalled(25));
    let ran = given.words(&[
        "perl",
        "-e",
        "my @f; for (1..100) { open(my $f, '<', '/dev/null') or last; push @f, $f } print scalar @f",
    ]);
    assert_eq!(text(&ran.stdout), "17");
}

#[test]
fn the_watcher_that_is_killed_takes_the_commands_with_it() {
    let given = Given::new();
    let mut other = Command::new("sleep").arg("1000").spawn().unwrap();
    let line = "echo $$ > shell; sleep 1000 & echo $! > child; kill -9 $PPID; sleep 1000";
    assert!(given.run(What::Line(line), &|| false).is_err());
    for file in ["shell", "child"] {
        let number = fs::read_to_string(given.folder().join(file)).unwrap();
        until(file, || !lives(number.trim()));
    }
    let began = Instant::now();
    let ran = given
        .run(What::Line("kill -STOP $PPID; sleep 1000"), &|| began.elapsed() > Duration::from_millis(300))
        .unwrap();
    assert_eq!(ran.ended, Ended::Stopped, "one that is held is killed");
    assert_eq!(other.try_wait().unwrap(), None, "what else the host has started lives");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[test]
fn a_sink_that_waits_does_not_hold_up_the_wall() {
    let mut given = Given::new();
    given.limits.wall = Duration::from_secs(2);
    let stuck = Cell::new(false);
    // Whoever prints to a stopped terminal waits here; the command ends all the same.
    let mut sink = |_, bytes: &[u8]| {
        let number = String::from_utf8(bytes.to_vec()).unwrap();
        until("the command ends at the wall limit", || !lives(number.trim()));
        stuck.set(true);
    };
    let ran = given.run_into(What::Line("echo $$; sleep 1000"), &mut sink, &|| false).unwrap();
    assert_eq!((ran.ended, stuck.get()), (Ended::TimedOut, true));
}

/// Not a test of itself: the host that the test below kills.
#[test]
fn host_that_is_killed() {
    let Some(place) = std::env::var_os("TRCAA_TEST_KILLED_HOST") else { return };
    let mut given = Given::at(Path::new(&place));
    given.stub("kubectl", "#!/bin/sh\necho $$ > \"$TMPDIR/one\"; sleep 1000 & echo $$; echo $!; wait\n");
    given.kubeconfig = Some(b"SECRET".to_vec());
    given.limits.wall = Duration::from_secs(100);
    let print = |bytes: &[u8]| {
        use std::io::Write;
        let mut out = std::io::stdout();
        out.write_all(bytes).and_then(|()| out.flush()).unwrap();
    };
    let kind = std::env::var("TRCAA_TEST_KIND").unwrap();
    let daemon = format!(
        "perl -e \"{}\" ; while ! test -e daemon; do sleep 0.01; done; cat daemon; echo; sleep 1000 & echo $!; echo ready; wait",
        DAEMON.replace('$', "\\$")
    );
    let plan = plan(&[(When::Always, "kubectl get pods")]);
    let what = if kind == "line" { What::Line(&daemon) } else { What::Argv(&plan) };
    let _ = given.run_into(what, &mut |_, bytes| print(bytes), &|| false);
}

#[test]
fn a_host_that_is_killed_leaves_no_process_and_no_file() {
    if !installed("perl") {
        return;
    }
    for kind in ["line", "plan"] {
        let place = tempfile::tempdir().unwrap();
        let mut host = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ends::host_that_is_killed", "--nocapture"])
            .env("TRCAA_TEST_KILLED_HOST", place.path())
            .env("TRCAA_TEST_KIND", kind)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(host.stdout.take().unwrap()).lines();
        // Two processes in either case.
        let numbers: Vec<String> = lines
            .map(Result::unwrap)
            .filter(|line| line.bytes().all(|b| b.is_ascii_digit()) && !line.is_empty())
            .take(2)
            .collect();
        assert!(numbers.len() == 2 && numbers.iter().all(|number| lives(number)), "{numbers:?}");
        let private = place.path().join("private");
        let folders = || {
            fs::read_dir(&private).map_or(0, |entries| entries.filter(|e| e.as_ref().unwrap().path().is_dir()).count())
        };
        let made = usize::from(kind == "plan");
        assert_eq!((folders(), clear_private(&private).unwrap()), (made, 0), "a living host keeps its folder");
        host.kill().unwrap();
        host.wait().unwrap();
        for number in &numbers {
            until("the commands end with the host", || !lives(number));
        }
        until("the lock of the host is free", || clear_private(&private).unwrap() == made || folders() == 0);
        assert_eq!(folders(), 0);
    }
}
