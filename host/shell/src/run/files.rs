//! Which files a program of tier 1 may read and write: a ruleset of Landlock.
//!
//! Landlock only knows what is allowed, and allows all that lies below. So what is hidden is left out by allowing
//! everything beside the way to it. Listing folders is the one right that can't be cut out that way without refusing
//! `ls /`: names in hidden folders are visible, contents are not.
//!
//! Invariants:
//! 1. A file is hidden by where it is, not by how it is named: links are resolved by the kernel before the rules are asked,
//!    and other mounts of it are found by `mounts`. (A hard link made elsewhere is another place.)
//! 2. Nothing is allowed through a symbolic link.
//! 3. A device is allowed by name only: whoever reads the disk reads every file.
//! 4. Who has a capability that opens other processes finds no process in `/proc`, not even itself, nor the kernel's memory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Component, Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    Scope,
};
use rustix::fs::{Mode, OFlags};

use super::mounts;
use super::needs::{Needs, Sockets};

/// Most files and folders that are allowed one by one, about 7 µs each. What is beyond can't be read.
const ENTRIES_MAX: usize = 20_000;

/// Devices that hold nothing.
const SINKS: &[&str] = &["/dev/null", "/dev/zero", "/dev/full"];
/// Devices that are only read: random numbers, and the kernel's log for `dmesg`.
const SOURCES: &[&str] = &["/dev/random", "/dev/urandom", "/dev/kmsg"];
/// Nothing is allowed here but what is named.
const DEVICES: &str = "/dev";

/// Beginnings of paths of devices that are no disks to the kernel but speak for some: NVMe, SCSI, RAID, device mapper.
const CONTROLLERS: &[&str] = &["/dev/nvme", "/dev/sg", "/dev/bsg/", "/dev/megaraid_sas", "/dev/mapper/control"];

const PROCESSES: &str = "/proc";
/// The kernel's memory, and with it everybody's; CAP_SYS_RAWIO opens it.
const MEMORY: &str = "kcore";

/// What is hidden, as a tree from the root.
#[derive(Clone, Default)]
pub(super) struct Hidden {
    below: BTreeMap<OsString, Hidden>,
    /// All of this is hidden.
    whole: bool,
}

impl Hidden {
    /// Finds every path of what is to be hidden. They need not exist.
    pub(super) fn new(paths: &[PathBuf]) -> io::Result<Self> {
        let mut resolved = vec![PathBuf::from(DEVICES)];
        for path in paths {
            resolved.push(resolve(&std::path::absolute(path)?));
        }
        let mut root = Self::default();
        for path in mounts::with_other_paths(resolved)? {
            root.hide(&path);
        }
        Ok(root)
    }

    /// The same, and all processes.
    fn with_processes(&self) -> io::Result<Self> {
        let mut more = self.clone();
        for place in mounts::of_processes()?.iter().map(PathBuf::as_path).chain([Path::new(PROCESSES)]) {
            more.hide(place);
        }
        Ok(more)
    }

    fn hide(&mut self, path: &Path) {
        let mut at = self;
        for part in path.components() {
            if let Component::Normal(name) = part {
                at = at.below.entry(name.to_owned()).or_default();
            }
        }
        at.whole = true;
    }
}

/// Resolves links as far as the path exists; what is missing may be made later, and is then hidden.
fn resolve(path: &Path) -> PathBuf {
    for ancestor in path.ancestors() {
        if let Ok(found) = fs::canonicalize(ancestor)
            && let Ok(rest) = path.strip_prefix(ancestor)
        {
            return if rest.as_os_str().is_empty() { found } else { found.join(rest) };
        }
    }
    path.to_owned()
}

/// Makes the ruleset for a program that may write in `own`. `None` where the kernel has no Landlock.
pub(super) fn ruleset(hidden: &Hidden, needs: &Needs, own: &[PathBuf]) -> io::Result<Option<OwnedFd>> {
    let refused = |error: landlock::RulesetError| io::Error::other(error);
    let mut network = BitFlags::from_flag(AccessNet::BindTcp);
    if !matches!(needs.sockets, Sockets::Network | Sockets::All) {
        network |= AccessNet::ConnectTcp;
    }
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI::V5))
        .and_then(|ruleset| ruleset.handle_access(network))
        // Abstract sockets and signals reach nobody outside.
        .and_then(|ruleset| ruleset.scope(Scope::from_all(ABI::V6)))
        .and_then(Ruleset::create)
        .map_err(refused)?;
    allow(&mut ruleset, Path::new("/"), AccessFs::ReadDir.into())?;
    let mut left = ENTRIES_MAX;
    if needs.sees_processes() {
        allow_beside(&mut ruleset, Path::new("/"), &hidden.with_processes()?, &mut left)?;
        allow_all_but_processes(&mut ruleset)?;
    } else {
        allow_beside(&mut ruleset, Path::new("/"), hidden, &mut left)?;
    }
    for device in SINKS {
        allow(&mut ruleset, Path::new(device), AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate)?;
    }
    for device in SOURCES {
        allow(&mut ruleset, Path::new(device), AccessFs::ReadFile.into())?;
    }
    for path in needs.reads {
        allow(&mut ruleset, Path::new(path), reading(Path::new(path)))?;
    }
    for device in needs.devices {
        allow(&mut ruleset, Path::new(device), AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev)?;
    }
    if needs.disks {
        allow_disks(&mut ruleset, Path::new(DEVICES), 1, &mut left)?;
    }
    // Nothing that was written is started, and no device is made.
    let writing = AccessFs::from_all(ABI::V4) & !(AccessFs::Execute | AccessFs::MakeChar | AccessFs::MakeBlock);
    for folder in own {
        allow(&mut ruleset, folder, if needs.temporary { writing } else { AccessFs::ReadFile | AccessFs::ReadDir })?;
    }
    for folder in needs.writes {
        allow(&mut ruleset, Path::new(folder), writing)?;
    }
    for path in needs.changes {
        allow(&mut ruleset, Path::new(path), AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate)?;
    }
    Ok(ruleset.into())
}

/// Allows reading everything in a folder that is not hidden, nor on the way to it.
fn allow_beside(ruleset: &mut RulesetCreated, folder: &Path, hidden: &Hidden, left: &mut usize) -> io::Result<()> {
    // What can't be listed can't be allowed; the user may not read it either.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let Ok(entry) = entry else { break };
        let Ok(kind) = entry.file_type() else { continue };
        match hidden.below.get(&entry.file_name()) {
            Some(hidden) if hidden.whole => {}
            Some(hidden) if kind.is_dir() => allow_beside(ruleset, &entry.path(), hidden, left)?,
            Some(_) => {}
            None if *left == 0 => return Ok(()),
            None if kind.is_dir() => {
                *left -= 1;
                allow(ruleset, &entry.path(), AccessFs::ReadFile | AccessFs::ReadDir | AccessFs::Execute)?;
            }
            None if kind.is_file() => {
                *left -= 1;
                allow(ruleset, &entry.path(), AccessFs::ReadFile | AccessFs::Execute)?;
            }
            // Links lead to what has its own place; devices, sockets and pipes are no files.
            None => {}
        }
    }
    Ok(())
}

/// Allows disks and their controllers, in a folder and those below it down to a depth: no terminals, no memory.
fn allow_disks(ruleset: &mut RulesetCreated, folder: &Path, depth: usize, left: &mut usize) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries.map_while(Result::ok) {
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        let controller =
            || CONTROLLERS.iter().any(|beginning| path.as_os_str().as_bytes().starts_with(beginning.as_bytes()));
        if kind.is_dir() && depth > 0 {
            allow_disks(ruleset, &path, depth - 1, left)?;
        } else if *left > 0 && (kind.is_block_device() || kind.is_char_device() && controller()) {
            *left -= 1;
            allow(ruleset, &path, AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::IoctlDev)?;
        }
    }
    Ok(())
}

/// Allows reading what `/proc` tells of the machine. Processes have numbers for names; `self` and the like are links.
fn allow_all_but_processes(ruleset: &mut RulesetCreated) -> io::Result<()> {
    for entry in fs::read_dir(PROCESSES)?.map_while(Result::ok) {
        let name = entry.file_name();
        let process = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        match entry.file_type() {
            Ok(kind) if !process && name != MEMORY && (kind.is_file() || kind.is_dir()) => {
                allow(ruleset, &entry.path(), reading(&entry.path()))?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Reading of a folder and what is below it, or of a file.
fn reading(path: &Path) -> BitFlags<AccessFs> {
    if path.is_dir() { AccessFs::ReadFile | AccessFs::ReadDir } else { AccessFs::ReadFile.into() }
}

/// Allows it, if it is there.
fn allow(ruleset: &mut RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> io::Result<()> {
    let Ok(opened) = rustix::fs::open(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty()) else {
        return Ok(());
    };
    ruleset.add_rule(PathBeneath::new(opened, access)).map_err(io::Error::other)?;
    Ok(())
}
