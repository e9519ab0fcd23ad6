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

/// Runs a script of perl's in the cage of a program that needs nothing; answers what it says.
fn taken_over(given: &Given, script: &str) -> String {
    let ran = given.words(&["perl", "-e", script]);
    assert_eq!(ran.ended, Ended::Exited(0), "{script}: {}", text(&ran.stderr));
    text(&ran.stdout)
}

/// The same in the cage of another program, which has more rights.
fn taken_over_as(program: &str, script: &str) -> String {
    let mut given = Given::new();
    given.stub(program, &format!("#!/usr/bin/perl\n{script}\n"));
    let ran = given.argv(program);
    assert_eq!(ran.ended, Ended::Exited(0), "{script}: {}", text(&ran.stderr));
    text(&ran.stdout)
}

#[test]
fn nothing_is_written_but_in_the_private_folder() {
    if !has("landlock") || !has("seccomp") || !installed("perl") {
        return;
    }
    let given = Given::new();
    given.file("there", "as it was");
    fs::create_dir(given.folder().join("folder")).unwrap();
    let before = fs::metadata(given.folder().join("there")).unwrap();
    let script = r##"
        my %tried = (
            create => sub { open(my $f, ">", "new") },
            append => sub { open(my $f, ">>", "there") },
            change => sub { open(my $f, "+<", "there") },
            truncate => sub { truncate("there", 0) },
            remove => sub { unlink("there") },
            rename => sub { rename("there", "new") },
            link => sub { link("there", "new") },
            symlink => sub { symlink("there", "new") },
            mkdir => sub { mkdir("new") },
            rmdir => sub { rmdir("folder") },
            mode => sub { chmod(0777, "there") },
            owner => sub { chown($<, $(, "there") },
            times => sub { utime(1, 1, "there") },
            fifo => sub { require POSIX; POSIX::mkfifo("new", 0600) },
            xattr => sub { my ($f, $n, $v) = ("there\0", "user.x\0", "y"); syscall(188, $f, $n, $v, 1, 0) == 0 },
            temporary => sub { open(my $f, ">", "/tmp/trcaa-test-cage") },
            shared => sub { open(my $f, ">", "/dev/shm/trcaa-test-cage") },
            own_process => sub { open(my $f, ">", "/proc/self/oom_score_adj") },
            kernel => sub { open(my $f, ">", "/proc/sys/kernel/domainname") },
        );
        for my $name (sort keys %tried) { print "$name " if $tried{$name}->(); }
        print "\n";
        my $f; print "private" if open($f, ">", "$ENV{TMPDIR}/x") and print($f "y") and close $f and -s "$ENV{TMPDIR}/x";
        print " home" if mkdir("$ENV{HOME}/x") and rename("$ENV{TMPDIR}/x", "$ENV{HOME}/x/y");
        my $n; print " null" if open($n, ">", "/dev/null") and print $n "y";
    "##;
    // The number of `setxattr` is that of x86-64; elsewhere it is another call, which fails on these arguments.
    assert_eq!(taken_over(&given, script), "\n null", "who needs no private folder writes nowhere at all");
    let mut given = given;
    given.stub("sort", &format!("#!/usr/bin/perl\n{script}\n"));
    assert_eq!(text(&given.argv("sort").stdout), "\nprivate home null");
    let after = fs::metadata(given.folder().join("there")).unwrap();
    assert_eq!(fs::read(given.folder().join("there")).unwrap(), b"as it was");
    assert_eq!((before.permissions(), before.modified().unwrap()), (after.permissions(), after.modified().unwrap()));
}

#[test]
fn what_was_written_is_not_started() {
    if !has("landlock") || !installed("perl") {
        return;
    }
    let script = r##"
        open(my $f, ">", "$ENV{TMPDIR}/x"); print $f "#!/bin/sh\necho started\n"; close $f;
        system("/bin/cp", "/bin/echo", "$ENV{TMPDIR}/echo");
        print "copied " if -s "$ENV{TMPDIR}/echo";
        exec("$ENV{TMPDIR}/echo", "started") or print "refused";
    "##;
    assert_eq!(taken_over_as("kubectl", script), "copied refused");
}

/// Tries sockets of every kind; says which could be made.
const SOCKETS: &str = r##"
    use Socket;
    my %kinds = (
        "tcp" => [AF_INET, SOCK_STREAM, 0], "udp" => [AF_INET, SOCK_DGRAM, 0], "raw" => [AF_INET, SOCK_RAW, 1],
        "tcp6" => [AF_INET6, SOCK_STREAM, 0], "udp6" => [AF_INET6, SOCK_DGRAM, 0], "packet" => [17, SOCK_RAW, 0],
        "vsock" => [40, SOCK_STREAM, 0], "unix" => [AF_UNIX, SOCK_STREAM, 0], "route" => [16, SOCK_RAW, 0],
        "audit" => [16, SOCK_RAW, 9], "alg" => [38, 5, 0], "bluetooth" => [31, SOCK_RAW, 1], "mptcp" => [AF_INET, SOCK_STREAM, 262],
    );
    for my $name (sort keys %kinds) { print "$name " if socket(my $s, $kinds{$name}[0], $kinds{$name}[1], $kinds{$name}[2]); }
"##;

#[test]
fn only_who_needs_the_network_has_one() {
    if !has("seccomp") || !installed("perl") {
        return;
    }
    assert_eq!(taken_over(&Given::new(), SOCKETS), "");
    assert_eq!(taken_over_as("systemctl", SOCKETS), "unix ");
    assert_eq!(taken_over_as("ip", SOCKETS), "route ");
    let all = taken_over_as("kubectl", SOCKETS);
    assert!(all.contains("tcp ") && all.contains("udp ") && !all.contains("unix"), "{all}");
    for kind in ["raw", "packet", "vsock", "audit", "alg", "bluetooth"] {
        assert!(!all.contains(kind), "{all}");
    }
}

#[test]
fn who_has_the_network_reaches_others_and_opens_nothing() {
    if !has("seccomp") || !has("landlock") || !installed("perl") {
        return;
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!(
        r##"use Socket;
        socket(my $s, AF_INET, SOCK_STREAM, 0); print "connected" if connect($s, pack_sockaddr_in({port}, inet_aton("127.0.0.1")));
        socket(my $l, AF_INET, SOCK_STREAM, 0); print " bound" if bind($l, pack_sockaddr_in(0, inet_aton("127.0.0.1")));"##
    );
    let bound = if landlock_version() >= 4 { "connected" } else { "connected bound" };
    assert_eq!(taken_over_as("kubectl", &script), bound);
}

/// The version that `doctor` tells.
fn landlock_version() -> u32 {
    let ability = trcaa_shell::run::abilities().into_iter().find(|ability| ability.name == "landlock").unwrap();
    let number: String = ability.detail.chars().filter(char::is_ascii_digit).take(1).collect();
    number.parse().unwrap_or(0)
}

#[test]
fn no_reader_reaches_a_service_of_this_machine() {
    if !has("seccomp") || !installed("perl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let stream = folder.path().join("stream");
    let datagrams = folder.path().join("datagrams");
    let _listener = std::os::unix::net::UnixListener::bind(&stream).unwrap();
    let _receiver = std::os::unix::net::UnixDatagram::bind(&datagrams).unwrap();
    let (stream, datagrams) = (stream.display(), datagrams.display());
    let script = format!(
        r##"use Socket; my ($s, $one, $other);
        print "connected " if socket($s, AF_UNIX, SOCK_STREAM, 0) and connect($s, pack_sockaddr_un("{stream}"));
        print "sent" if socketpair($one, $other, AF_UNIX, SOCK_DGRAM, 0) and send($one, "x", 0, pack_sockaddr_un("{datagrams}"));"##
    );
    assert_eq!(taken_over_as("systemctl", &script), "connected sent", "what is useless without");
    for reader in ["ls", "find", "stat", "tree", "ps", "w", "who", "journalctl", "lsof", "ss", "kubectl"] {
        assert_eq!(taken_over_as(reader, &script), "", "{reader}");
    }
}

#[test]
fn no_abstract_socket_of_others_is_reached() {
    if !has("landlock") || !installed("perl") || landlock_version() < 6 {
        return;
    }
    use std::os::linux::net::SocketAddrExt;
    let name = format!("trcaa-test-{}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
    let script = format!(
        r##"use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0);
        print connect($s, pack_sockaddr_un("\0{name}")) ? "connected" : "refused";"##
    );
    assert_eq!(taken_over_as("systemctl", &script), "refused");
}

#[test]
fn other_processes_are_neither_seen_into_nor_signalled() {
    if !has("seccomp") || !has("landlock") || !installed("perl") {
        return;
    }
    let host = std::process::id();
    let given = Given::new();
    let secret = fs::File::open(given.file("secret", "SECRET")).unwrap();
    fs::remove_file(given.folder().join("secret")).unwrap();
    let held = format!("fd/{}", std::os::fd::AsRawFd::as_raw_fd(&secret));
    for file in ["environ", "mem", "maps", &held, "auxv", "root/etc/passwd", "exe"] {
        let path = format!("/proc/{host}/{file}");
        assert!(fs::File::open(&path).is_ok(), "without the cage {file} can be opened");
        let ran = given.argv(&format!("head -c 10 {path}"));
        assert_eq!((ran.stdout.total, ran.ended), (0, Ended::Exited(1)), "{file}");
    }
    let script = format!(
        r##"print "signalled " if kill(0, {host}); print "traced " if syscall(101, 16, {host}, 0, 0) == 0;
        my $b = "x" x 16; my ($to, $from, $limit) = (pack("P8Q", $b, 8), pack("QQ", 0x1000, 8), pack("QQ", 0, 0));
        print "read " if syscall(310, {host}, $to, 1, $from, 1, 0) >= 0 || $! == 14;
        print "limited " if syscall(302, {host}, 7, 0, $limit) == 0;"##
    );
    // `PTRACE_ATTACH`, `process_vm_readv` and `prlimit64` by their numbers on x86-64.
    assert_eq!(taken_over(&given, &script), "");
    if landlock_version() >= 6 {
        assert_eq!(taken_over_as("kubectl", &script), "");
    }
}

#[test]
fn no_capability_shows_the_environment_or_memory_of_another_process() {
    if !has("landlock") || !installed("perl") {
        return;
    }
    let host = std::process::id();
    // Its own is no more to be seen where others' are not: `self` has its number.
    let script = format!(
        r##"for my $file ("/proc/{host}/environ", "/proc/{host}/maps", "/proc/" . getppid() . "/environ", "/proc/{host}/task/{host}/environ", "/proc/kcore") {{
            my ($f, $x);
            print "$file " if open($f, "<", $file) and sysread($f, $x, 1);
        }}
        print "machine" if open(my $f, "<", "/proc/meminfo") and open(my $v, "<", "/proc/sys/kernel/ostype");"##
    );
    for program in ["zpool", "zfs", "smartctl", "mdadm", "lvs", "vgs", "pvs", "qm", "iptables", "dmesg", "cat"] {
        assert_eq!(taken_over_as(program, &script), "machine", "{program}");
    }
}

/// Removes a file at the end.
struct Removed(String);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_right_to_write_is_no_right_to_the_folder_around() {
    if !has("landlock") || !installed("perl") {
        return;
    }
    let number = std::process::id();
    for folder in ["/run", "/run/lock", "/dev/shm"] {
        let there = Removed(format!("{folder}/trcaa-test-there-{number}"));
        let new = Removed(format!("{folder}/trcaa-test-new-{number}"));
        if fs::write(&there.0, "x").is_err() {
            eprintln!("NOT TESTED: {folder} can't be written here");
            continue;
        }
        let script = format!(
            r##"print "made " if open(my $f, ">", "{new}"); print "removed " if unlink("{there}");
            print "moved " if rename("{there}", "{new}"); print "folder" if mkdir("{new}");"##,
            new = new.0,
            there = there.0
        );
        for program in ["iptables", "ip6tables", "smartctl", "mdadm", "lvs", "zpool", "qm", "pvesh"] {
            assert_eq!(taken_over_as(program, &script), "", "{program} in {folder}");
        }
    }
}

#[test]
fn calls_that_no_reader_needs_are_refused() {
    if !has("seccomp") || !installed("perl") || !cfg!(target_arch = "x86_64") {
        return;
    }
    // unshare, mount, bpf, keyctl, io_uring_setup, userfaultfd, setns, chroot, perf_event_open, setsid, shmget, x32's getpid
    let script = r##"
        my ($zero, $x, $root) = ("\0" x 256, "x", "/\0");
        for my $call ([272, 0x10000000], [165, $zero, $zero, $zero, 0, $zero], [321, 0, $zero, 64], [250, 0, 0], [425, 1, $zero],
                      [323, 0], [308, 0, 0], [161, $root], [298, $zero, 0, -1, -1, 0], [112], [29, 0, 64, 01600]) {
            my ($number, @with) = @$call;
            my $answer = syscall($number, @with);
            print "$number: $answer $!\n" unless $answer == -1 && $! == 1;
        }
        print "x32\n" unless syscall(0x40000000 + 39) == -1 && $! == 38;
        print "forked\n" if defined fork();
        print "terminal\n" unless syscall(16, 0, 0x5412, $x) == -1 && $! == 1;
    "##;
    assert_eq!(taken_over(&Given::new(), script), "");
}

#[test]
fn nothing_is_gained_by_starting_a_program() {
    if !has("no_new_privs") || !has("seccomp") {
        return;
    }
    let status = text(&Given::new().argv("cat /proc/self/status").stdout);
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
    assert_eq!((field("NoNewPrivs:").as_str(), field("Seccomp:").as_str()), ("1", "2"));
    // Reading everything, if the host is root; for anybody else nothing.
    let most = 1_u64 << 2;
    for name in ["CapEff:", "CapPrm:", "CapInh:", "CapAmb:"] {
        let held = u64::from_str_radix(&field(name), 16).unwrap();
        assert_eq!(held & !most, 0, "{name}");
    }
    assert_eq!(
        (field("SigIgn:"), field("SigBlk:")),
        ("0".repeat(16), "0".repeat(16)),
        "signals mean what they usually mean"
    );
}

#[test]
fn no_terminal_is_reached() {
    let ran = Given::new().argv("cat /proc/self/stat");
    let stat = text(&ran.stdout);
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let own = fs::read_to_string("/proc/self/stat").unwrap();
    let ours: Vec<&str> = own.rsplit(')').next().unwrap().split_whitespace().collect();
    assert_ne!(fields[3], ours[3], "its session is its own");
    assert_ne!(fields[2], ours[2], "and so is its group");
    assert_eq!(fields[4], "0", "it has no terminal");
    let line = Given::new().line("cat /proc/self/stat; cat < /dev/tty");
    assert!(text(&line.stdout).contains(" 0 -1 ") && line.ended == Ended::Exited(1), "{}", text(&line.stdout));
}

#[test]
fn a_disk_is_not_read_past_its_files() {
    if !has("landlock") {
        return;
    }
    let given = Given::new();
    for entry in fs::read_dir("/dev").unwrap() {
        use std::os::unix::fs::FileTypeExt;
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_block_device() || entry.file_name().to_string_lossy().starts_with("tty") {
            let ran = given.words(&["head", "-c", "1", entry.path().to_str().unwrap()]);
            assert_eq!(ran.stdout.total, 0, "{}", entry.path().display());
            assert_eq!(ran.ended, Ended::Exited(1));
        }
    }
}

#[test]
fn who_asks_disks_gets_no_other_device() {
    if !has("landlock") || !installed("perl") {
        return;
    }
    use std::os::unix::fs::FileTypeExt;
    let disk = fs::read_dir("/dev")
        .unwrap()
        .map(|entry| entry.unwrap())
        .find(|entry| entry.file_type().unwrap().is_block_device() && fs::File::open(entry.path()).is_ok());
    let script = |path: &str| format!(r##"print "opened" if open(my $f, "<", "{path}");"##);
    for program in ["smartctl", "mdadm", "lvs"] {
        if let Some(disk) = &disk {
            assert_eq!(taken_over_as(program, &script(disk.path().to_str().unwrap())), "opened", "{program}");
        }
        for other in ["/dev/ptmx", "/dev/pts/ptmx", "/dev/mem", "/dev/kvm", "/dev/net/tun", "/dev/fuse", "/dev/tty1"] {
            assert_eq!(taken_over_as(program, &script(other)), "", "{program}: {other}");
        }
    }
}

#[test]
fn nothing_of_the_host_is_inherited() {
    let mut given = Given::new();
    let file = fs::File::open("/etc/passwd").unwrap();
    // Another crate might open without close-on-exec.
    rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::empty()).unwrap();
    let listing =
        |ran: trcaa_shell::run::Ran| text(&ran.stdout).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(listing(given.argv("ls /proc/self/fd")), ["0", "1", "2", "3"]);
    assert_eq!(listing(given.line("ls /proc/self/fd")), ["0", "1", "2", "3"]);
    given.inherited =
        [("SECRET_TOKEN", "x"), ("LANG", "C"), ("LD_PRELOAD", "/x")].map(|(n, v)| (n.into(), v.into())).into();
    let said = text(&given.argv("env").stdout);
    assert!(!said.contains("SECRET") && !said.contains("LD_PRELOAD") && said.contains("LANG=C\n"), "{said}");
    let private = given.private();
    assert!(said.contains(&format!("HOME={}", private.display())) && said.contains("KUBECONFIG=/dev/null"), "{said}");
}
