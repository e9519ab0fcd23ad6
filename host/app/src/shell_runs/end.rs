//! From a decision to the end of a run.

use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use trcaa_shell::run::{Cage, Captured, Channel, Ended, For, Job, Leftovers, Limits, Ran, RunError, What, environment};
use trcaa_store::{Execution, ExecutionEnd};

use super::approvals::{Decided, decide};
use super::binding::Binding;
use super::{Answer, ExecutionOutput, Proposal, Standing, real_folder, record};
use crate::{App, AppError};

/// The folder below the data folder where runs have their private folders.
const PRIVATE_FOLDER: &str = "run";
/// Folders and files below the home folder that hold credentials: nothing that runs by itself reads them.
const HIDDEN_AT_HOME: &[&str] = &[
    ".ssh",
    ".gnupg",
    ".aws",
    ".azure",
    ".config/gcloud",
    ".kube",
    ".docker",
    ".netrc",
    ".pgpass",
    ".my.cnf",
    ".git-credentials",
    ".config/git/credentials",
    ".config/gh",
    ".config/hub",
    ".config/helm",
    ".vault-token",
    ".npmrc",
    ".pypirc",
    ".cargo/credentials",
    ".cargo/credentials.toml",
    ".password-store",
    ".local/share/keyrings",
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
    ".terraform.d",
    ".oci",
    ".boto",
    ".s3cfg",
    ".rclone.conf",
    ".config/rclone",
    ".bash_history",
    ".zsh_history",
    ".psql_history",
    ".mysql_history",
    ".python_history",
];
/// The same of the system.
const HIDDEN_OF_SYSTEM: &[&str] = &[
    "/etc/shadow",
    "/etc/shadow-",
    "/etc/gshadow",
    "/etc/gshadow-",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/ssl/private",
    "/etc/pki/tls/private",
    "/etc/letsencrypt",
    "/etc/kubernetes",
    "/etc/pve/priv",
    "/etc/ceph",
    "/etc/krb5.keytab",
    "/etc/wireguard",
    "/etc/openvpn",
    "/etc/docker/key.json",
    "/var/lib/kubelet",
    "/var/lib/docker",
    "/var/lib/etcd",
    "/var/run/secrets",
    "/run/secrets",
    "/run/credentials",
    "/root/.ssh",
];

/// What holds files for clusters all the same.
const FOR_CLUSTERS: &[&str] = &[".kube", "/etc/kubernetes", "/var/lib/kubelet", "/var/run/secrets", "/run/secrets"];
/// What holds no files, or those of processes.
const NO_FILES: &[&str] = &["/proc", "/sys", "/dev"];

/// What no kubeconfig may have taken in: others' credentials, our own folder, and what is no file.
pub(crate) fn hidden_from_kubeconfigs(home: Option<&Path>, data: &Path) -> impl Iterator<Item = PathBuf> {
    let at_home = HIDDEN_AT_HOME.iter().filter(|name| !FOR_CLUSTERS.contains(name));
    let at_home: Vec<PathBuf> = home.iter().flat_map(|home| at_home.clone().map(|name| home.join(name))).collect();
    let system = HIDDEN_OF_SYSTEM.iter().filter(|path| !FOR_CLUSTERS.contains(path)).chain(NO_FILES).map(PathBuf::from);
    let all = at_home.into_iter().chain(system).chain([data.to_path_buf()]);
    // As they are reached: what is asked about has its links resolved.
    all.map(|path| path.canonicalize().unwrap_or(path))
}

/// Gets what a command puts out, as it comes.
pub type RunSink<'a> = dyn FnMut(Channel, &[u8]) + 'a;

impl App {
    /// Decides on a proposal and, if it may, runs it to its end.
    ///
    /// `stop` is asked many times a second whether the run is to end now. Returned is the row as it is then, with what was
    /// kept of the output; a command that ended with another status than 0 is no error.
    ///
    /// # Errors
    /// `denied` (tier 3, denied, or nobody could be asked) and `no_answer`, both with the row's id; `place_changed` where
    /// folder, environment or kube context are no longer those that were shown; `not_started` where the program is not there
    /// or the cage can't be made. The row tells of each.
    pub fn settle(
        &self,
        proposal: &Proposal<'_>,
        answer: Option<Answer>,
        sink: &mut RunSink<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<(Execution, ExecutionOutput), AppError> {
        let place_holds = self.place_of(proposal).is_ok_and(|now| now == proposal.binding);
        let session_ms = self.session_ms()?;
        let decided = self.store.write(|tx| {
            // An answer to what is no longer so allows nothing, neither now nor later in the session.
            let decided = match place_holds {
                true => decide(tx, proposal, answer, session_ms)?,
                false => Decided { status: "denied", runs: false, by: "its place changed" },
            };
            tx.decide_execution(&proposal.id, decided.status)?;
            let details = json!({"approval_status": decided.status, "by": decided.by, "programs": programs(proposal)});
            tx.audit(&record(proposal, proposal.proposer.action(), details))?;
            Ok(decided)
        })?;
        if !decided.runs {
            return Err(if place_holds { refused(proposal, answer) } else { place_changed(proposal) });
        }
        let ran = self.started(proposal, sink, stop);
        let (end, error) = match ran {
            Ok(ran) => (Ending::of(ran), None),
            Err(error) => (Ending::not_started(&error), Some(error)),
        };
        self.store.write(|tx| {
            tx.end_execution(&proposal.id, &end.row())?;
            let digest = |text: &str| hex::encode(Sha256::digest(text.as_bytes()));
            let details = json!({
                "ended": end.ended, "exit_code": end.exit_code, "execution_time_ms": end.execution_time_ms,
                "stdout_sha256": digest(&end.output.stdout), "stderr_sha256": digest(&end.output.stderr),
            });
            tx.audit(&record(proposal, "shell_command_ended", details))
        })?;
        match error {
            Some(error) => Err(with_row(error, proposal)),
            None => Ok((self.store.execution(&proposal.id)?, end.output)),
        }
    }

    /// The binding of a proposal as things are now.
    fn place_of(&self, proposal: &Proposal<'_>) -> Result<Binding, AppError> {
        let folder = real_folder(&proposal.place.folder)?;
        let kubeconfig = self.store.active_kubeconfig()?;
        Ok(Binding::new(&proposal.line, &folder, proposal.place, kubeconfig.as_ref()))
    }

    fn started(
        &self,
        proposal: &Proposal<'_>,
        sink: &mut RunSink<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Ran, AppError> {
        let kubeconfig = match &proposal.kubeconfig {
            Some(kubeconfig) if proposal.verdict.parts.iter().any(|part| super::reads_kubeconfig(&part.command)) => {
                Some(self.kubeconfig_for(kubeconfig)?)
            }
            _ => None,
        };
        let (what, of, limits) = match &proposal.plan {
            Some(plan) => (What::Argv(plan), For::Argv, Limits::CAGED),
            None => (What::Line(&proposal.line), For::Line, Limits::APPROVED),
        };
        let private = self.private_folder()?;
        let programs = self.shell_programs()?;
        let job = Job {
            what,
            folder: &proposal.folder,
            environment: environment(proposal.place.environment.iter().cloned(), of),
            private: &private,
            programs: &programs,
            kubeconfig: kubeconfig.as_ref().map(|active| active.content.as_slice()),
            hidden: self.hidden(proposal),
            limits: Limits { wall: proposal.time_limit, ..limits },
            // What the kernel lacks is told by `doctor`; a part that it has and that fails refuses the run.
            cage: Cage::WhatThereIs,
            // Nothing goes on unseen.
            leftovers: Leftovers::End,
        };
        trcaa_shell::run::run(&job, sink, stop).map_err(|error| unstarted(&error))
    }

    /// Where runs have their private folders; what a killed host left there is removed.
    pub(crate) fn private_folder(&self) -> Result<PathBuf, AppError> {
        let folder = self.data_folder().join(PRIVATE_FOLDER);
        trcaa_shell::run::clear_private(&folder)
            .map_err(|e| AppError::failed("private_folder", format!("getting {} ready: {e}", folder.display())))?;
        Ok(folder)
    }

    fn hidden(&self, proposal: &Proposal<'_>) -> Vec<PathBuf> {
        let home = proposal.place.home.iter().flat_map(|home| HIDDEN_AT_HOME.iter().map(|name| home.join(name)));
        let system = HIDDEN_OF_SYSTEM.iter().map(PathBuf::from);
        home.chain(system).chain([self.data_folder().to_path_buf()]).collect()
    }
}

/// Why nothing was started, with its cause.
fn unstarted(error: &RunError) -> AppError {
    let cause = std::error::Error::source(error).map_or_else(String::new, |cause| format!(": {cause}"));
    AppError::failed("not_started", format!("{error}{cause}"))
}

/// What is written down of an end.
struct Ending {
    ended: &'static str,
    exit_code: Option<i32>,
    output: ExecutionOutput,
    output_cut: bool,
    execution_time_ms: u64,
}

impl Ending {
    fn of(ran: Ran) -> Self {
        let (ended, exit_code) = match ran.ended {
            Ended::Exited(code) => ("exited", Some(code)),
            // As a shell tells it.
            Ended::Signalled(signal) => ("signalled", Some(128 + signal)),
            Ended::TimedOut => ("timed_out", None),
            Ended::Stopped => ("stopped", None),
            Ended::TooManyProcesses | Ended::TooMuchMemory => ("over_limit", None),
        };
        let text = |captured: &Captured| String::from_utf8_lossy(&captured.bytes).into_owned();
        Self {
            ended,
            exit_code,
            output_cut: ran.stdout.cut || ran.stderr.cut,
            output: ExecutionOutput { stdout: text(&ran.stdout), stderr: text(&ran.stderr) },
            execution_time_ms: u64::try_from(ran.took.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn not_started(error: &AppError) -> Self {
        let output = ExecutionOutput { stdout: String::new(), stderr: error.message.clone() };
        Self { ended: "not_started", exit_code: None, output, output_cut: false, execution_time_ms: 0 }
    }

    fn row(&self) -> ExecutionEnd<'_> {
        ExecutionEnd {
            ended: self.ended,
            exit_code: self.exit_code,
            stdout: &self.output.stdout,
            stderr: &self.output.stderr,
            output_cut: self.output_cut,
            execution_time_ms: self.execution_time_ms,
        }
    }
}

/// Where programs are; a name that none of these folders has is no program's, and may be a secret that slipped into it.
const PROGRAM_FOLDERS: [&str; 6] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// Names of the programs of a line, for the trail.
fn programs(proposal: &Proposal<'_>) -> Vec<String> {
    let name = |command: &str| {
        let first = command.split_whitespace().next().unwrap_or_default();
        let is_name = !first.is_empty() && first.chars().all(|c| c.is_ascii_alphanumeric() || "._-[".contains(c));
        let is_there = is_name && PROGRAM_FOLDERS.iter().any(|folder| Path::new(folder).join(first).is_file());
        if is_there { first.to_owned() } else { "other".to_owned() }
    };
    proposal.verdict.parts.iter().take(16).map(|part| name(&part.command)).collect()
}

fn with_row(error: AppError, proposal: &Proposal<'_>) -> AppError {
    error.field("execution_id", json!(proposal.id)).field("tier", json!(proposal.tier.number()))
}

fn refused(proposal: &Proposal<'_>, answer: Option<Answer>) -> AppError {
    let why = proposal.verdict.reasons.join("; ");
    let error = match (&proposal.standing, answer) {
        (Standing::Never, _) if why.contains("does not parse") => {
            AppError::failed("denied", format!("tier 3, which never runs: {why}"))
                .hint("mend the line: a quote, bracket or command is missing")
        }
        (Standing::Never, _) => AppError::failed("denied", format!("tier 3, which never runs: {why}"))
            .hint("do it by hand if it has to be done")
            .hint(format!("your own {} can let a command through, with a reason", super::SHELL_RULES_FILE)),
        (Standing::DeniedBefore { .. }, _) => {
            AppError::failed("denied", "this line was denied in this session; a deny goes before every yes")
                .hint("take it back: trcaa shell approvals --clear")
        }
        (_, Some(Answer::Silence)) => {
            AppError::failed("no_answer", "nobody answered in time, which is a no: nothing ran")
        }
        (_, Some(_)) => AppError::failed("denied", "denied: nothing ran"),
        (_, None) => AppError::failed("denied", format!("tier 2, which asks first, and nobody can be asked: {why}"))
            .hint("run it on a terminal, or allow it: --approve once (or session)"),
    };
    with_row(error, proposal)
}

fn place_changed(proposal: &Proposal<'_>) -> AppError {
    let message = "folder, environment or kube context are no longer those that were shown: nothing ran";
    with_row(AppError::failed("place_changed", message).hint("run it again, and look at what is shown"), proposal)
}
