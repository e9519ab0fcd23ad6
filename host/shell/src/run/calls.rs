//! Which system calls a program of tier 1 may make: a filter of the kernel's (seccomp), made here as instructions.
//!
//! It says no to what no reader needs and Landlock does not cover; all else is allowed. Why not `seccompiler`: it has one
//! answer for all refusals and lets calls of the x32 interface through where it says yes by default. Why no list of what
//! is allowed: the C library's calls change by version, and a reader that breaks is a reader that is run uncaged.
//!
//! Invariants: another instruction set, x32 and 32-bit calls end the process or are refused; a check looks at numbers in
//! registers alone, since memory can change behind it.

use libc::sock_filter;

use super::needs::{Needs, Sockets};

/// Whether there is a filter for this processor.
pub(super) const KNOWN: bool = ARCHITECTURE.is_some();

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: Option<u32> = Some(0xc000_003e);
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: Option<u32> = Some(0xc000_00b7);
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const ARCHITECTURE: Option<u32> = None;

/// From here on, calls on x86-64 are those of x32.
const X32: u32 = 0x4000_0000;

/// `struct seccomp_data`: where number, architecture and arguments (low words, little endian) lie.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + 8 * index
}

/// Flags of `clone` that make a namespace: mount, cgroup, uts, ipc, user, pid, net, time.
const NAMESPACES: u32 = 0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000;
const THREAD: u32 = 0x0001_0000;

/// `ioctl`s that put input into a terminal.
const TIOCSTI: u32 = 0x5412;
const TIOCLINUX: u32 = 0x541c;

/// Kinds of `ioctl`s (second byte) that change files through a descriptor for reading: attributes, clones, subvolumes. They
/// are those of ext4 and all file systems, of btrfs, and of XFS.
const FILE_SYSTEMS: &[u32] = &[0x6600, 0x9400, 0x5800];

/// What `syslog` is asked by who only reads: open, close, all of it, how much there is. The rest consumes or clears.
const LOG_READS: &[u32] = &[0, 1, 3, 9, 10];

/// Refused to all, with EPERM.
#[rustfmt::skip]
const REFUSED: &[libc::c_long] = &[
    // other processes
    libc::SYS_ptrace, libc::SYS_process_vm_readv, libc::SYS_process_vm_writev, libc::SYS_process_madvise, libc::SYS_kcmp,
    libc::SYS_pidfd_getfd, libc::SYS_perf_event_open, libc::SYS_migrate_pages, libc::SYS_move_pages, libc::SYS_setpriority,
    libc::SYS_sched_setscheduler, libc::SYS_sched_setparam, libc::SYS_sched_setattr, libc::SYS_ioprio_set,
    // leaving the group, so that nothing escapes its end
    libc::SYS_setsid, libc::SYS_setpgid,
    // the kernel
    libc::SYS_bpf, libc::SYS_userfaultfd, libc::SYS_kexec_load, libc::SYS_init_module, libc::SYS_finit_module,
    libc::SYS_delete_module, libc::SYS_reboot, libc::SYS_swapon, libc::SYS_swapoff, libc::SYS_acct, libc::SYS_quotactl,
    SYS_QUOTACTL_FD, libc::SYS_vhangup, libc::SYS_fanotify_init,
    // keys
    libc::SYS_add_key, libc::SYS_request_key, libc::SYS_keyctl,
    // names and clock of the machine
    libc::SYS_sethostname, libc::SYS_setdomainname, libc::SYS_settimeofday, libc::SYS_clock_settime, libc::SYS_clock_adjtime,
    // other views of the file system
    libc::SYS_mount, libc::SYS_umount2, libc::SYS_pivot_root, libc::SYS_chroot, libc::SYS_unshare, libc::SYS_setns,
    libc::SYS_open_tree, libc::SYS_move_mount, libc::SYS_fsopen, libc::SYS_fsconfig, libc::SYS_fsmount, libc::SYS_fspick,
    libc::SYS_mount_setattr, SYS_OPEN_TREE_ATTR, libc::SYS_name_to_handle_at, libc::SYS_open_by_handle_at,
    // what Landlock does not cover of writing: owners, modes, times, attributes
    libc::SYS_fchmod, libc::SYS_fchmodat, SYS_FCHMODAT2, libc::SYS_fchown, libc::SYS_fchownat, libc::SYS_utimensat,
    libc::SYS_setxattr, libc::SYS_lsetxattr, libc::SYS_fsetxattr, libc::SYS_removexattr, libc::SYS_lremovexattr,
    libc::SYS_fremovexattr, SYS_SETXATTRAT, SYS_REMOVEXATTRAT, SYS_FILE_SETATTR, libc::SYS_truncate,
    // memory and queues that are shared with other programs of this user
    libc::SYS_shmget, libc::SYS_shmat, libc::SYS_shmctl, libc::SYS_semget, libc::SYS_semctl, libc::SYS_semop,
    libc::SYS_semtimedop, libc::SYS_msgget, libc::SYS_msgctl, libc::SYS_msgsnd, libc::SYS_msgrcv, libc::SYS_mq_open,
    libc::SYS_mq_unlink,
    // makes sockets that no check here sees
    libc::SYS_io_uring_setup, libc::SYS_io_uring_enter, libc::SYS_io_uring_register,
];

/// Refused to all where they exist.
#[cfg(target_arch = "x86_64")]
#[rustfmt::skip]
const REFUSED_HERE: &[libc::c_long] = &[
    libc::SYS_kexec_file_load, libc::SYS_iopl, libc::SYS_ioperm, libc::SYS_modify_ldt, libc::SYS_uselib,
    libc::SYS_chmod, libc::SYS_chown, libc::SYS_lchown, libc::SYS_utime, libc::SYS_utimes, libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[libc::c_long] = &[libc::SYS_kexec_file_load];

/// What starts processes besides `clone`.
#[cfg(target_arch = "x86_64")]
const FORKS: &[libc::c_long] = &[libc::SYS_fork, libc::SYS_vfork];
#[cfg(not(target_arch = "x86_64"))]
const FORKS: &[libc::c_long] = &[];

/// What reaches other processes; a program without processes of its own has nobody to signal.
const SIGNALS: &[libc::c_long] = &[
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
];

/// What sends, or begins to.
const SENDS: &[libc::c_long] =
    &[libc::SYS_connect, libc::SYS_bind, libc::SYS_sendto, libc::SYS_sendmsg, libc::SYS_sendmmsg];

// Calls that are newer than the table of the `libc` crate; the numbers are the same on both processors.
const SYS_QUOTACTL_FD: libc::c_long = 443;
const SYS_FCHMODAT2: libc::c_long = 452;
const SYS_SETXATTRAT: libc::c_long = 463;
const SYS_REMOVEXATTRAT: libc::c_long = 466;
const SYS_OPEN_TREE_ATTR: libc::c_long = 467;
const SYS_FILE_SETATTR: libc::c_long = 469;

/// Makes the filter for a program; `None` on a processor that there is none for.
pub(super) fn filter(needs: &Needs) -> Option<Vec<sock_filter>> {
    let mut program = Program { made: Vec::with_capacity(512) };
    program.load(ARCH);
    program.unless_equal(ARCHITECTURE?, &[answer(libc::SECCOMP_RET_KILL_PROCESS)]);
    program.load(NUMBER);
    if cfg!(target_arch = "x86_64") {
        program.if_at_least(X32, answer(refuse(libc::ENOSYS)));
    }
    for call in REFUSED.iter().chain(REFUSED_HERE) {
        program.if_equal(number(*call), &[answer(refuse(libc::EPERM))]);
    }
    if !needs.processes {
        for call in FORKS.iter().chain(SIGNALS) {
            program.if_equal(number(*call), &[answer(refuse(libc::EPERM))]);
        }
    }
    // The flags of `clone3` are in memory; without it, the C library takes `clone`.
    program.if_equal(number(libc::SYS_clone3), &[answer(refuse(libc::ENOSYS))]);
    let mut clone = vec![load(argument(0)), jump(JUMP_SET, NAMESPACES, 0, 1), answer(refuse(libc::EPERM))];
    if !needs.processes {
        clone.extend([jump(JUMP_SET, THREAD, 1, 0), answer(refuse(libc::EPERM))]);
    }
    clone.push(answer(libc::SECCOMP_RET_ALLOW));
    program.if_equal(number(libc::SYS_clone), &clone);
    let mut ioctl = vec![load(argument(1))];
    for request in [TIOCSTI, TIOCLINUX] {
        ioctl.extend([jump(JUMP_EQUAL, request, 0, 1), answer(refuse(libc::EPERM))]);
    }
    ioctl.push(sock_filter { code: AND, jt: 0, jf: 0, k: 0xff00 });
    for kind in FILE_SYSTEMS {
        ioctl.extend([jump(JUMP_EQUAL, *kind, 0, 1), answer(refuse(libc::EPERM))]);
    }
    ioctl.push(answer(libc::SECCOMP_RET_ALLOW));
    program.if_equal(number(libc::SYS_ioctl), &ioctl);
    // Of itself only: limits and processors of the host are its life.
    for call in [libc::SYS_prlimit64, libc::SYS_sched_setaffinity] {
        program.if_equal(number(call), &among(0, &[0], libc::EPERM));
    }
    program.if_equal(number(libc::SYS_syslog), &among(0, LOG_READS, libc::EPERM));
    program.if_equal(number(libc::SYS_socket), &sockets(needs.sockets));
    if !matches!(needs.sockets, Sockets::Local | Sockets::Ask | Sockets::All) {
        // One of a pair of datagrams sends to any path; a pair of streams stays a pair.
        let mut pair = vec![load(argument(1)), sock_filter { code: AND, jt: 0, jf: 0, k: 0xf }];
        pair.extend([jump(JUMP_EQUAL, libc::SOCK_STREAM.unsigned_abs(), 0, 1), answer(libc::SECCOMP_RET_ALLOW)]);
        pair.push(answer(refuse(libc::EACCES)));
        program.if_equal(number(libc::SYS_socketpair), &pair);
    }
    if needs.sockets == Sockets::Ask {
        for call in SENDS {
            program.if_equal(number(*call), &[answer(refuse(libc::EACCES))]);
        }
    }
    program.made.push(answer(libc::SECCOMP_RET_ALLOW));
    Some(program.made)
}

/// Allows a call if an argument is one of `allowed`.
fn among(index: u32, allowed: &[u32], error: i32) -> Vec<sock_filter> {
    let mut made = vec![load(argument(index))];
    for value in allowed {
        made.extend([jump(JUMP_EQUAL, *value, 0, 1), answer(libc::SECCOMP_RET_ALLOW)]);
    }
    made.push(answer(refuse(error)));
    made
}

/// The part about `socket(domain, kind, protocol)`.
fn sockets(sockets: Sockets) -> Vec<sock_filter> {
    /// Routes and addresses, sockets, and the families behind `ethtool`.
    const NETLINK: &[i32] = &[libc::NETLINK_ROUTE, libc::NETLINK_SOCK_DIAG, libc::NETLINK_GENERIC];
    const ALL_NETLINK: &[i32] =
        &[libc::NETLINK_ROUTE, libc::NETLINK_SOCK_DIAG, libc::NETLINK_GENERIC, libc::NETLINK_NETFILTER];
    let (local, netlink, internet): (bool, &[i32], &[i32]) = match sockets {
        Sockets::None => (false, &[], &[]),
        Sockets::Local => (true, &[], &[]),
        Sockets::Netlink => (false, NETLINK, &[]),
        Sockets::Ask => (true, &[], &[libc::SOCK_DGRAM]),
        Sockets::Filter => (false, ALL_NETLINK, &[libc::SOCK_RAW]),
        // DNS is datagrams; which addresses an interface has is netlink.
        Sockets::Network => (false, NETLINK, &[libc::SOCK_STREAM, libc::SOCK_DGRAM]),
        Sockets::All => (true, NETLINK, &[libc::SOCK_STREAM, libc::SOCK_DGRAM]),
    };
    let mut made = vec![load(argument(0))];
    if local {
        made.extend([jump(JUMP_EQUAL, libc::AF_UNIX.unsigned_abs(), 0, 1), answer(libc::SECCOMP_RET_ALLOW)]);
    }
    let mut family = |domain: i32, rest: Vec<sock_filter>| {
        if let Ok(past) = u8::try_from(rest.len()) {
            made.push(jump(JUMP_EQUAL, domain.unsigned_abs(), 0, past));
            made.extend(rest);
        }
    };
    if !netlink.is_empty() {
        let mut rest = vec![load(argument(2))];
        for protocol in netlink {
            rest.extend([jump(JUMP_EQUAL, protocol.unsigned_abs(), 0, 1), answer(libc::SECCOMP_RET_ALLOW)]);
        }
        rest.push(answer(refuse(libc::EACCES)));
        family(libc::AF_NETLINK, rest);
    }
    for domain in [libc::AF_INET, libc::AF_INET6] {
        if internet.is_empty() {
            continue;
        }
        // The kind is the low half byte; above it are flags.
        let mut rest = vec![load(argument(1)), sock_filter { code: AND, jt: 0, jf: 0, k: 0xf }];
        for kind in internet {
            rest.extend([jump(JUMP_EQUAL, kind.unsigned_abs(), 0, 1), answer(libc::SECCOMP_RET_ALLOW)]);
        }
        rest.push(answer(refuse(libc::EACCES)));
        family(domain, rest);
    }
    made.push(answer(refuse(libc::EACCES)));
    made
}

/// Instructions of the kernel's filter machine (`linux/bpf_common.h`), as far as they are used.
const LOAD: u16 = 0x20;
const AND: u16 = 0x54;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_AT_LEAST: u16 = 0x35;
const JUMP_SET: u16 = 0x45;
const RETURN: u16 = 0x06;

const fn load(offset: u32) -> sock_filter {
    sock_filter { code: LOAD, jt: 0, jf: 0, k: offset }
}

const fn jump(code: u16, operand: u32, yes: u8, no: u8) -> sock_filter {
    sock_filter { code, jt: yes, jf: no, k: operand }
}

const fn answer(action: u32) -> sock_filter {
    sock_filter { code: RETURN, jt: 0, jf: 0, k: action }
}

const fn refuse(error: i32) -> u32 {
    libc::SECCOMP_RET_ERRNO | error.unsigned_abs()
}

fn number(call: libc::c_long) -> u32 {
    u32::try_from(call).unwrap_or(u32::MAX)
}

struct Program {
    made: Vec<sock_filter>,
}

impl Program {
    fn load(&mut self, offset: u32) {
        self.made.push(load(offset));
    }

    /// Does `then`, which ends with an answer, if what is loaded equals `operand`.
    fn if_equal(&mut self, operand: u32, then: &[sock_filter]) {
        let past = u8::try_from(then.len()).expect("the longest part has some thirty instructions");
        self.made.push(jump(JUMP_EQUAL, operand, 0, past));
        self.made.extend_from_slice(then);
    }

    fn unless_equal(&mut self, operand: u32, then: &[sock_filter]) {
        let past = u8::try_from(then.len()).expect("it is one instruction");
        self.made.push(jump(JUMP_EQUAL, operand, past, 0));
        self.made.extend_from_slice(then);
    }

    fn if_at_least(&mut self, operand: u32, then: sock_filter) {
        self.made.extend([jump(JUMP_AT_LEAST, operand, 0, 1), then]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::super::needs;
    use super::*;

    /// What the kernel would answer.
    fn judged(program: &[sock_filter], arch: u32, call: libc::c_long, arguments: [u32; 3]) -> u32 {
        let (mut at, mut loaded) = (0, 0);
        loop {
            let step = program.get(at).expect("every way ends with an answer");
            at += 1;
            let jumps = match step.code {
                LOAD => {
                    loaded = match step.k {
                        NUMBER => number(call),
                        ARCH => arch,
                        other => arguments[usize::try_from((other - 16) / 8).unwrap()],
                    };
                    continue;
                }
                AND => {
                    loaded &= step.k;
                    continue;
                }
                RETURN => return step.k,
                JUMP_EQUAL => loaded == step.k,
                JUMP_AT_LEAST => loaded >= step.k,
                JUMP_SET => loaded & step.k != 0,
                other => panic!("{other} is no instruction of ours"),
            };
            at += usize::from(if jumps { step.jt } else { step.jf });
        }
    }

    fn allowed(program: &str, call: libc::c_long, arguments: [i32; 3]) -> bool {
        let filter = filter(&needs::of(program)).unwrap();
        judged(&filter, ARCHITECTURE.unwrap(), call, arguments.map(i32::cast_unsigned)) == libc::SECCOMP_RET_ALLOW
    }

    #[test]
    fn sockets_are_by_program() {
        let socket = |program, domain, kind, protocol| allowed(program, libc::SYS_socket, [domain, kind, protocol]);
        let stream = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
        assert!(socket("kubectl", libc::AF_INET, stream, 0) && socket("kubectl", libc::AF_INET6, libc::SOCK_DGRAM, 0));
        for raw in [libc::SOCK_RAW, 10] {
            assert!(!socket("kubectl", libc::AF_INET, raw, 0));
        }
        assert!(
            !socket("kubectl", libc::AF_PACKET, libc::SOCK_RAW, 0) && !socket("kubectl", libc::AF_VSOCK, stream, 0)
        );
        for program in ["cat", "ls", "systemctl", "ip", "docker", "iptables"] {
            assert!(
                !socket(program, libc::AF_INET, stream, 0) && !socket(program, libc::AF_INET6, stream, 0),
                "{program}"
            );
        }
        assert!(!socket("cat", libc::AF_UNIX, stream, 0) && !socket("file", libc::AF_UNIX, stream, 0));
        let readers = ["ls", "stat", "find", "tree", "ps", "pgrep", "pstree", "top", "w", "who", "last", "journalctl"];
        for program in readers.into_iter().chain(["lsof", "ip", "ss", "lsusb", "smartctl", "kubectl", "helm", "ceph"]) {
            assert!(!socket(program, libc::AF_UNIX, stream, 0), "{program}");
            let pair = |kind| allowed(program, libc::SYS_socketpair, [libc::AF_UNIX, kind, 0]);
            assert!(pair(stream) && !pair(libc::SOCK_DGRAM | libc::SOCK_CLOEXEC), "{program}");
        }
        for program in ["systemctl", "docker", "id", "getent", "pvesh", "qm"] {
            assert!(socket(program, libc::AF_UNIX, stream, 0), "{program}");
        }
        assert!(socket("ip", libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE));
        assert!(!socket("ip", libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_NETFILTER));
        assert!(!socket("cat", libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE));
        assert!(
            socket("netstat", libc::AF_INET, libc::SOCK_DGRAM, 0) && !allowed("netstat", libc::SYS_connect, [0; 3])
        );
    }

    #[test]
    fn only_who_needs_processes_starts_some() {
        let fork = [libc::SIGCHLD, 0, 0];
        let thread = [libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND, 0, 0];
        assert!(!allowed("cat", libc::SYS_clone, fork) && allowed("cat", libc::SYS_clone, thread));
        assert!(allowed("kubectl", libc::SYS_clone, fork) && !allowed("kubectl", libc::SYS_clone3, [0; 3]));
        assert!(!allowed("kubectl", libc::SYS_clone, [libc::CLONE_NEWUSER | libc::SIGCHLD, 0, 0]));
        assert!(!allowed("cat", libc::SYS_kill, [1, 9, 0]));
    }

    #[test]
    fn what_no_reader_needs_is_refused() {
        for call in REFUSED.iter().chain(REFUSED_HERE) {
            assert!(!allowed("kubectl", *call, [0; 3]), "{call}");
        }
        assert!(!allowed("cat", libc::SYS_ioctl, [0, TIOCSTI.cast_signed(), 0]));
        assert!(allowed("cat", libc::SYS_ioctl, [0, 0x5401, 0]));
        for call in [libc::SYS_prlimit64, libc::SYS_sched_setaffinity] {
            assert!(allowed("cat", call, [0; 3]) && !allowed("cat", call, [7, 0, 0]));
        }
        // FS_IOC_SETFLAGS, FICLONE, BTRFS_IOC_SUBVOL_CREATE, FITRIM
        for request in [0x4008_6602, 0x4004_9409, 0x5000_940e, 0xc018_5879_u32] {
            assert!(!allowed("cat", libc::SYS_ioctl, [0, request.cast_signed(), 0]), "{request:x}");
        }
        for (kind, reads) in [(2, false), (3, true), (4, false), (5, false), (6, false), (8, false), (10, true)] {
            assert_eq!(allowed("dmesg", libc::SYS_syslog, [kind, 0, 0]), reads, "{kind}");
        }
        for call in [libc::SYS_read, libc::SYS_openat, libc::SYS_execve, libc::SYS_exit_group] {
            assert!(allowed("cat", call, [0; 3]), "{call}");
        }
    }

    #[test]
    fn nothing_about_a_file_is_changed_by_a_call_that_landlock_does_not_see() {
        // By their numbers, which are the same on both processors from 424 on.
        let newer = [443, 452, 463, 466, 467, 469];
        let named = [
            libc::SYS_fchmod,
            libc::SYS_fchmodat,
            libc::SYS_fchown,
            libc::SYS_fchownat,
            libc::SYS_utimensat,
            libc::SYS_setxattr,
            libc::SYS_lsetxattr,
            libc::SYS_fsetxattr,
            libc::SYS_removexattr,
            libc::SYS_lremovexattr,
            libc::SYS_fremovexattr,
            libc::SYS_truncate,
            libc::SYS_open_by_handle_at,
        ];
        for call in named.into_iter().chain(newer) {
            assert!(!allowed("kubectl", call, [0; 3]), "{call}");
        }
    }

    #[test]
    fn other_interfaces_of_the_processor_are_no_way_around() {
        let filter = filter(&needs::of("kubectl")).unwrap();
        assert_eq!(judged(&filter, 0x4000_0003, 1, [0; 3]), libc::SECCOMP_RET_KILL_PROCESS);
        if cfg!(target_arch = "x86_64") {
            let x32 = libc::c_long::from(X32) + libc::SYS_read;
            assert_eq!(judged(&filter, ARCHITECTURE.unwrap(), x32, [0; 3]), refuse(libc::ENOSYS));
        }
    }
}
