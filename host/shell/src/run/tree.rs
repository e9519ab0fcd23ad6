//! Which processes there are, read from `/proc` without asking for memory, so that the supervisor can do it.

use std::ffi::CStr;

use super::raw;

/// One process, as `/proc/N/stat` tells.
#[derive(Clone, Copy)]
pub(super) struct Process {
    pub(super) number: i32,
    pub(super) parent: i32,
    pub(super) group: i32,
    pub(super) session: i32,
    /// Whether it has ended and only waits for its parent to look.
    pub(super) dead: bool,
    /// Memory in use, in pages.
    pub(super) pages: u64,
}

/// Bytes of folder entries read at a time.
const ENTRIES_BYTES: usize = 8 * 1024;
/// `stat` is one line of some fifty numbers and a name of at most 64 bytes.
const STAT_BYTES: usize = 1024;
/// Most reads of `/proc`'s entries: some 250 processes each, and a kernel has at most 4 million.
const READS_MAX: usize = 20_000;

/// Calls `look` for each process there is.
pub(super) fn each_process(look: &mut dyn FnMut(Process)) {
    let Ok(folder) = raw::open(c"/proc", libc::O_DIRECTORY) else { return };
    let mut buffer = [0_u8; ENTRIES_BYTES];
    for _ in 0..READS_MAX {
        let read = match raw::entries(folder, &mut buffer) {
            Ok(read) if read > 0 => read,
            _ => break,
        };
        let mut rest = buffer.get(..read).unwrap_or_default();
        // A `dirent64`: inode 8 bytes, offset 8, length of the entry 2, type 1, name up to a 0.
        while let Some([low, high]) = rest.get(16..18).and_then(|bytes| <[u8; 2]>::try_from(bytes).ok()) {
            let length = usize::from(u16::from_ne_bytes([low, high]));
            let Some(entry) = rest.get(..length).filter(|_| length > 19) else { break };
            let name = entry.get(19..).unwrap_or_default();
            let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
            if let Some(process) = number(name).and_then(|_| process(name)) {
                look(process);
            }
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    raw::close(folder);
}

/// What a tree of processes uses.
#[derive(Clone, Copy, Default)]
pub(super) struct Use {
    pub(super) processes: u64,
    /// Memory in use, in pages.
    pub(super) pages: u64,
}

/// Counts the descendants of this process, which is also its session. `members` is where their numbers are noted; what
/// finds no room there is more than there may be, and is counted as one.
///
/// `/proc` lists by number, and children have higher numbers than their parents: one round finds all but those that were
/// made when numbers began anew, of which it finds those of the session.
pub(super) fn count(own: i32, members: &mut [i32]) -> Use {
    let mut used = Use::default();
    let mut noted = 0;
    each_process(&mut |process| {
        let is_member = process.session == own
            || process.parent == own
            || members.get(..noted).unwrap_or_default().contains(&process.parent);
        if process.number == own || process.dead || !is_member {
            return;
        }
        used.processes = used.processes.saturating_add(1);
        used.pages = used.pages.saturating_add(process.pages);
        if let Some(place) = members.get_mut(noted) {
            *place = process.number;
            noted += 1;
        }
    });
    used
}

/// Sends signals to all that is in `session`, and to the children of `parent`; by group where it can be, since no fork
/// escapes that. Answers how many live.
pub(super) fn signal_all(session: i32, parent: Option<i32>, signals: &[i32]) -> u32 {
    let mut living: u32 = 0;
    let mut last_group = 0;
    each_process(&mut |process| {
        let meant = process.session == session || parent == Some(process.parent);
        // Whoever leads the session watches it.
        if process.number == session || process.dead || !meant {
            return;
        }
        living = living.saturating_add(1);
        // A group lies in one session. Its own group may be that of who watches, which stays.
        let by_group = process.session == session && process.group != session;
        for signal in signals {
            if by_group && process.group != last_group {
                raw::signal(process.group.saturating_neg(), *signal);
            }
            if !by_group {
                raw::signal(process.number, *signal);
            }
        }
        last_group = if by_group { process.group } else { last_group };
    });
    living
}

fn process(name: &[u8]) -> Option<Process> {
    let mut path = [0_u8; 32];
    let (head, tail) = (b"/proc/".as_slice(), b"/stat\0".as_slice());
    let length = head.len() + name.len() + tail.len();
    for (to, from) in path.get_mut(..length)?.iter_mut().zip(head.iter().chain(name).chain(tail)) {
        *to = *from;
    }
    let file = raw::open(CStr::from_bytes_until_nul(&path).ok()?, 0).ok()?;
    let mut stat = [0_u8; STAT_BYTES];
    let read = raw::read(file, &mut stat);
    raw::close(file);
    parse(stat.get(..read.ok()?)?)
}

/// Reads one line of `stat`. The name stands in parentheses and may hold anything, so the last one counts.
fn parse(stat: &[u8]) -> Option<Process> {
    let close = stat.iter().rposition(|byte| *byte == b')')?;
    let mut own = stat.split(|byte| *byte == b' ');
    let mut fields = stat.get(close..)?.get(2..)?.split(|byte| *byte == b' ');
    let dead = matches!(fields.next()?, b"Z" | b"X");
    let mut small = || fields.next().and_then(signed);
    let (parent, group, session) = (small()?, small()?, small()?);
    // Field 24 of `proc_pid_stat(5)`; four of those from 3 on are read.
    let pages = fields.nth(24 - 3 - 4).and_then(number)?;
    Some(Process {
        number: own.next().and_then(number).and_then(|number| i32::try_from(number).ok())?,
        parent,
        group,
        session,
        dead,
        pages,
    })
}

fn signed(text: &[u8]) -> Option<i32> {
    match text.strip_prefix(b"-") {
        Some(digits) => number(digits).and_then(|number| i32::try_from(number).ok()).map(i32::saturating_neg),
        None => number(text).and_then(|number| i32::try_from(number).ok()),
    }
}

fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit().then(|| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_stat_is_read_whatever_the_name_holds() {
        let line =
            b"42 (a) b (c)) S 7 -1 9 0 -1 4194304 1 0 0 0 1 2 3 4 20 0 1 0 100 200 3000 18446744073709551615 1 1\n";
        let process = parse(line).expect("it is a line of stat");
        assert_eq!((process.number, process.parent, process.group, process.session), (42, 7, -1, 9));
        assert_eq!((process.dead, process.pages), (false, 3000));
        assert!(parse(b"").is_none() && parse(b"1 (x").is_none() && parse(b"1 (x) S 1").is_none());
    }

    #[test]
    fn this_process_is_found_with_its_parent() {
        let mut found = None;
        each_process(&mut |process| {
            if process.number == raw::own_number() {
                found = Some(process);
            }
        });
        let found = found.expect("this process is in /proc");
        assert_eq!(found.parent, raw::parent_number());
        assert!(found.pages > 0 && !found.dead);
    }
}
