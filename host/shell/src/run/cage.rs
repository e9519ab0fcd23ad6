//! What confines a program of tier 1, put together for each program by what it needs.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use super::files::{self, Hidden};
use super::needs::{self, Needs};
use super::prepared::Caged;
use super::{Ability, RunError, calls, raw};

/// Names of the parts.
const LANDLOCK: &str = "landlock";
const SECCOMP: &str = "seccomp";
const NO_NEW_PRIVILEGES: &str = "no_new_privs";
const MEMFD: &str = "memfd";
const RLIMITS: &str = "rlimits";

/// The parts of the cage itself that this kernel lacks.
pub(super) fn missing() -> Vec<&'static str> {
    let parts = [
        (LANDLOCK, raw::landlock_version() > 0),
        (SECCOMP, has_filters()),
        (NO_NEW_PRIVILEGES, raw::knows_no_new_privileges()),
    ];
    parts.into_iter().filter(|(_, holds)| !holds).map(|(name, _)| name).collect()
}

fn has_filters() -> bool {
    calls::KNOWN && raw::knows_filters()
}

/// Makes the cages of one plan; a ruleset is made once for all programs of the same needs.
pub(super) struct Cages {
    hidden: Hidden,
    own: Vec<PathBuf>,
    without: Vec<&'static str>,
    rulesets: Vec<(Needs, OwnedFd)>,
}

impl Cages {
    /// `own` are the folders in which programs may write.
    pub(super) fn new(hidden: &[PathBuf], own: Vec<PathBuf>, without: Vec<&'static str>) -> Result<Self, RunError> {
        let hidden = Hidden::new(hidden)
            .map_err(|source| RunError::Cage { doing: "finding what has to stay hidden", source })?;
        Ok(Self { hidden, own, without, rulesets: Vec::new() })
    }

    /// The cage of one program.
    pub(super) fn cage(&mut self, program: &str) -> Result<Caged, RunError> {
        let needs = needs::of(program);
        let ruleset = match self.without.contains(&LANDLOCK) {
            true => None,
            false => Some(self.ruleset(needs)?),
        };
        let filter = match self.without.contains(&SECCOMP) {
            true => None,
            false => Some(calls::filter(&needs).ok_or(RunError::Cage {
                doing: "making the filter of system calls",
                source: io::Error::from(io::ErrorKind::Unsupported),
            })?),
        };
        let kept = needs::KEPT.iter().chain(needs.capabilities).fold(0_u64, |bits, number| bits | (1 << number));
        let no_new_privileges = !self.without.contains(&NO_NEW_PRIVILEGES);
        Ok(Caged { no_new_privileges, ruleset, filter, capabilities: kept })
    }

    fn ruleset(&mut self, needs: Needs) -> Result<i32, RunError> {
        let failed = |source| RunError::Cage { doing: "making the rules for its files", source };
        if let Some((_, ruleset)) = self.rulesets.iter().find(|(other, _)| *other == needs) {
            return Ok(ruleset.as_raw_fd());
        }
        let made = files::ruleset(&self.hidden, &needs, &self.own).map_err(failed)?;
        // The kernel was asked before: it has Landlock.
        let made = made.ok_or_else(|| failed(io::Error::from(io::ErrorKind::Unsupported)))?;
        let made = raw::above_standard(made).map_err(failed)?;
        let number = made.as_raw_fd();
        self.rulesets.push((needs, made));
        Ok(number)
    }

    /// The descriptors that cages name.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = i32> {
        self.rulesets.iter().map(|(_, ruleset)| ruleset.as_raw_fd())
    }
}

/// For `doctor`.
pub(super) fn abilities() -> Vec<Ability> {
    let version = raw::landlock_version();
    let landlock = match version {
        0 => "the kernel has no Landlock, or it is off: commands of tier 1 could write, and read keys".to_owned(),
        1..=3 => format!(
            "version {version}: files, but not TCP (kernel 6.7), devices (6.10), signals and abstract sockets (6.12)"
        ),
        4 => format!(
            "version {version}: files and TCP, but not devices (kernel 6.10), signals and abstract sockets (6.12)"
        ),
        5 => format!("version {version}: files, TCP and devices, but not signals and abstract sockets (kernel 6.12)"),
        _ => format!("version {version}: files, TCP, devices, signals and abstract sockets"),
    };
    let seccomp = match (calls::KNOWN, raw::knows_filters()) {
        (true, true) => {
            "no network but for kubectl, helm, pvesh, ceph and rbd, no tracing, no namespaces, no change of owners and modes"
        }
        (false, _) => "there is no filter for this processor: commands of tier 1 could use the network",
        (true, false) => "the kernel has no filters: commands of tier 1 could use the network",
    };
    let memfd = super::private::in_memory(b"").is_ok();
    let own = |name, holds, detail: &str| Ability { name, holds, detail: detail.to_owned() };
    vec![
        Ability { name: LANDLOCK, holds: version > 0, detail: landlock },
        own(SECCOMP, has_filters(), seccomp),
        own(
            NO_NEW_PRIVILEGES,
            raw::knows_no_new_privileges(),
            "set-uid programs gain nothing, and root's capabilities are given up",
        ),
        own(RLIMITS, true, "time, memory, processes, file size and open files are limited"),
        own(
            MEMFD,
            memfd,
            if memfd {
                "a kubeconfig is handed over in memory"
            } else {
                "a kubeconfig is handed over as a private file (0600)"
            },
        ),
    ]
}
