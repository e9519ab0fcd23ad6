//! A job from begin to end: looks programs up, makes everything ready for each pipeline, and runs one after the other.

use std::ffi::{CString, OsStr, OsString};
use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI32;
use std::thread;
use std::time::{Duration, Instant};

use super::cage::{self, Cages};
use super::capture::{Kept, Over, Running};
use super::environment::PATH;
use super::prepared::{Input, Pipeline, Prepared};
use super::private::{self, Private};
use super::raw::Texts;
use super::{
    Cage, Captured, Channel, Ended, Job, Leftovers, Limits, Ran, RunError, What, needs, raw, report, supervisor,
};
use crate::plan::{Flow, Plan, Stage, When};

/// Address space of a process for each byte of memory that it may have: runtimes reserve more than they use.
const ADDRESSES: u64 = 4;
/// Longest time for a job; what is asked for beyond is cut to it.
const WALL_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);
/// Most processes whose children are found wherever they went.
const MEMBERS_MAX: usize = 16 * 1024;
/// Stack of the thread that starts the supervisor, which has its own.
const THREAD_BYTES: usize = 128 * 1024;
/// Shells for a line, the first that is there.
const SHELLS: &[&str] = &["/bin/bash", "/usr/bin/bash", "/bin/sh"];

pub(super) fn run(
    job: &Job<'_>,
    sink: &mut dyn FnMut(Channel, &[u8]),
    stop: &dyn Fn() -> bool,
) -> Result<Ran, RunError> {
    let began = Instant::now();
    let mut made = Made::new(job, path(job.programs)?, began)?;
    let empty = Captured::default;
    let mut kept = Kept { stdout: empty(), stderr: empty(), most: job.limits.output_bytes, sink };
    let mut over = Over { ended: Ended::Exited(0), left: 0 };
    match job.what {
        What::Line(line) => over = made.line(line, &mut kept, stop)?,
        What::Argv(plan) => {
            let programs = look_up_all(plan, &made.path)?;
            let mut programs = programs.into_iter();
            for step in &plan.steps {
                let programs: Vec<CString> = programs.by_ref().take(step.stages.len()).collect();
                let runs = match step.when {
                    When::Always => true,
                    When::Succeeded => over.ended == Ended::Exited(0),
                    When::Failed => over.ended != Ended::Exited(0),
                };
                if !runs {
                    continue;
                }
                let left = over.left;
                over = made.start(&step.stages, programs, true, &mut kept, stop)?;
                over.left = over.left.saturating_add(left);
                if !matches!(over.ended, Ended::Exited(_) | Ended::Signalled(_)) {
                    break;
                }
            }
        }
    }
    let without = made.without.clone();
    drop(made);
    Ok(Ran {
        ended: over.ended,
        stdout: kept.stdout,
        stderr: kept.stderr,
        took: began.elapsed(),
        left: over.left,
        without,
    })
}

/// What the steps of a job share.
struct Made<'a> {
    job: &'a Job<'a>,
    /// Folders with programs, separated by colons.
    path: OsString,
    deadline: Instant,
    folder: OwnedFd,
    null: OwnedFd,
    kubeconfig: Option<OwnedFd>,
    /// Where the kubeconfig is, as the program sees it.
    kubeconfig_path: Option<OsString>,
    without: Vec<&'static str>,
    cages: Option<Cages>,
    /// Removed when everything else is gone.
    private: Option<Private>,
}

impl<'a> Made<'a> {
    fn new(job: &'a Job<'a>, path: OsString, began: Instant) -> Result<Self, RunError> {
        let caged = matches!(job.what, What::Argv(_));
        let without = if caged { cage::missing() } else { Vec::new() };
        if job.cage == Cage::Whole && !without.is_empty() {
            return Err(RunError::Uncaged { missing: without });
        }
        let opened = |path: &Path| {
            let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC;
            raw::above_standard(rustix::fs::open(path, flags, rustix::fs::Mode::empty())?)
        };
        let folder = opened(job.folder).map_err(|source| RunError::Folder { folder: job.folder.to_owned(), source })?;
        let null = File::options().read(true).write(true).open("/dev/null");
        let null = null.and_then(|file| raw::above_standard(file.into()));
        let null = null.map_err(|source| RunError::System { doing: "opening /dev/null", source })?;
        let in_memory = job.kubeconfig.map(private::in_memory);
        let on_disk = matches!(in_memory, Some(Err(_)));
        let private = if caged || on_disk { Some(Private::new(job.private)?) } else { None };
        let kubeconfig = in_memory.and_then(Result::ok);
        let mut kubeconfig_path = kubeconfig.as_ref().map(|file| format!("/proc/self/fd/{}", file.as_raw_fd()).into());
        if let (Some(content), Some(private), true) = (job.kubeconfig, &private, on_disk) {
            kubeconfig_path = Some(private.keep("kubeconfig", content)?.into());
        }
        let cages = match &private {
            Some(private) if caged => {
                // The folders of other runs are none of its business, and what lies in its own is not to be started.
                let root = std::path::absolute(job.private)
                    .map_err(|source| RunError::Private { folder: job.private.to_owned(), source })?;
                let hidden: Vec<PathBuf> = job.hidden.iter().cloned().chain([root]).collect();
                Some(Cages::new(&hidden, vec![private.home(), private.temporary()], without.clone())?)
            }
            _ => None,
        };
        let deadline = began.checked_add(job.limits.wall.min(WALL_MAX)).unwrap_or(began);
        Ok(Self { job, path, deadline, folder, null, kubeconfig, kubeconfig_path, without, cages, private })
    }

    /// Starts the shell with an approved line.
    fn line(&mut self, line: &str, kept: &mut Kept<'_>, stop: &dyn Fn() -> bool) -> Result<Over, RunError> {
        let shell = SHELLS.iter().find(|path| is_program(Path::new(path)));
        let shell = *shell.ok_or(RunError::NotFound { program: "bash".to_owned(), path: "/bin".to_owned() })?;
        let bash = shell.ends_with("bash");
        // `--`: a line that begins with `-` is no option.
        let flags: &[&str] = if bash { &["--noprofile", "--norc", "-c", "--"] } else { &["-c", "--"] };
        let mut argv: Vec<String> = [shell].iter().chain(flags).map(|text| (*text).to_owned()).collect();
        argv.push(line.to_owned());
        let stage = Stage { argv, stdin: None, stdout: Flow::Output, stderr: Flow::Error };
        self.start(&[stage], vec![text(shell.as_bytes(), "the shell")?], false, kept, stop)
    }

    /// Runs one pipeline to its end.
    fn start(
        &mut self,
        stages: &[Stage],
        programs: Vec<CString>,
        caged: bool,
        kept_output: &mut Kept<'_>,
        stop: &dyn Fn() -> bool,
    ) -> Result<Over, RunError> {
        let system = |doing| move |source| RunError::System { doing, source };
        let pipe = || raw::pipe().map_err(system("making a pipe"));
        let (stdout, stdout_end) = pipe()?;
        let (stderr, stderr_end) = pipe()?;
        let (report, report_end) = pipe()?;
        let (leash_end, leash) = pipe()?;
        for end in [&stdout, &stderr] {
            raw::never_wait(end).map_err(system("making a pipe"))?;
        }
        let mut between = Vec::new();
        for _ in 1..stages.len() {
            between.push(pipe()?);
        }
        let mut prepared = Vec::with_capacity(stages.len());
        for (index, (stage, program)) in stages.iter().zip(programs).enumerate() {
            let before = index.checked_sub(1).and_then(|index| between.get(index)).map(|(read, _)| read.as_raw_fd());
            let output = between.get(index).map_or(stdout_end.as_raw_fd(), |(_, write)| write.as_raw_fd());
            let to = |flow: Flow| match flow {
                Flow::Output => output,
                Flow::Error => stderr_end.as_raw_fd(),
                Flow::Null => self.null.as_raw_fd(),
            };
            let stdin = match &stage.stdin {
                Some(path) => Input::File(text(path.as_bytes(), "the name of an input file")?),
                None => Input::From(before.unwrap_or(self.null.as_raw_fd())),
            };
            let (stdout, stderr) = (to(stage.stdout), to(stage.stderr));
            prepared.push(self.stage(stage, program, stdin, stdout, stderr, caged)?);
        }
        let own = [&self.folder, &self.null, &stdout_end, &stderr_end, &report_end, &leash_end];
        let mut kept: Vec<RawFd> = own.into_iter().chain(&self.kubeconfig).map(AsRawFd::as_raw_fd).collect();
        kept.extend(between.iter().flat_map(|(read, write)| [read.as_raw_fd(), write.as_raw_fd()]));
        kept.extend(self.cages.iter().flat_map(Cages::descriptors));
        kept.sort_unstable();
        let limits = &self.job.limits;
        // A pipeline whose programs start no others has as many processes as it has stages.
        let watched =
            !caged || stages.iter().any(|stage| stage.argv.first().is_some_and(|name| needs::of(name).processes));
        let limited = |most: u64| (most != u64::MAX && watched).then_some(most);
        let mut pipeline = Pipeline {
            numbers: vec![0; prepared.len()],
            over: false,
            members: vec![
                0;
                limited(limits.processes)
                    .map_or(0, |most| usize::try_from(most).unwrap_or(0))
                    .min(MEMBERS_MAX - 1)
                    + 1
            ],
            stages: prepared,
            status: 0,
            folder: self.folder.as_raw_fd(),
            null: self.null.as_raw_fd(),
            leash: leash_end.as_raw_fd(),
            report: report_end.as_raw_fd(),
            kubeconfig: self.kubeconfig.as_ref().map(AsRawFd::as_raw_fd),
            kept,
            wall_ms: milliseconds(self.deadline.saturating_duration_since(Instant::now())),
            processes_max: limited(limits.processes),
            pages_max: limited(limits.memory_bytes).map(|bytes| bytes / raw::page_bytes()),
            leave: !caged && self.job.leftovers == Leftovers::Leave,
            grace: !caged,
        };
        let mut ends = vec![stdout_end, stderr_end, leash_end];
        ends.extend(between.into_iter().flat_map(|(read, write)| [read, write]));
        let number = AtomicI32::new(0);
        let running = Running { supervisor: &number, ends, stdout, stderr, report, leash, deadline: self.deadline };
        let over = thread::scope(|scope| {
            // The thread sleeps in the kernel as long as the supervisor lives.
            let supervising = thread::Builder::new().stack_size(THREAD_BYTES).spawn_scoped(scope, || {
                if let Err(error) = supervisor::start(&mut pipeline, &number) {
                    report::write(report_end.as_raw_fd(), report::SETUP, 0, report::FORK, error);
                }
                // Whatever happened to the supervisor: the report has an end now.
                drop(report_end);
            });
            supervising.map_err(system("making a thread"))?;
            running.follow(kept_output, stop)
        });
        if !pipeline.over {
            // See `supervisor::start`: what is read there must stay where it is.
            std::mem::forget(pipeline);
        }
        over
    }

    fn stage(
        &mut self,
        stage: &Stage,
        program: CString,
        stdin: Input,
        stdout: RawFd,
        stderr: RawFd,
        caged: bool,
    ) -> Result<Prepared, RunError> {
        let name = stage.argv.first().ok_or(RunError::Empty)?;
        let arguments: Result<_, _> = stage.argv.iter().map(|word| text(word.as_bytes(), "an argument")).collect();
        let gets_kubeconfig = !caged || needs::of(name).kubeconfig;
        let cage = match &mut self.cages {
            Some(cages) if caged => Some(cages.cage(name)?),
            _ => None,
        };
        let said = if caged { name.as_str() } else { "the shell" };
        Ok(Prepared {
            program,
            arguments: Texts::new(arguments?),
            environment: Texts::new(self.environment(gets_kubeconfig)?),
            stdin,
            stdout,
            stderr,
            kubeconfig: self.kubeconfig.as_ref().filter(|_| gets_kubeconfig).map(AsRawFd::as_raw_fd),
            limits: resource_limits(&self.job.limits),
            cage,
            not_started: format!("trcaa: {said} could not be started (error ").into_bytes(),
            not_opened: format!("trcaa: the input of {said} could not be opened (error ").into_bytes(),
        })
    }

    /// The variables of one program: those of the job, and on top of them what belongs to this run.
    fn environment(&self, gets_kubeconfig: bool) -> Result<Vec<CString>, RunError> {
        let mut own: Vec<(&str, OsString)> = Vec::new();
        if let (Some(private), What::Argv(_)) = (&self.private, self.job.what) {
            own.push(("HOME", private.home().into()));
            own.push(("TMPDIR", private.temporary().into()));
            own.push(("KUBECACHEDIR", private.temporary().join("kube").into()));
        }
        own.push(("PATH", self.path.clone()));
        // Without one of ours, kubectl would take the user's own.
        let path = self.kubeconfig_path.clone().filter(|_| gets_kubeconfig).unwrap_or_else(|| "/dev/null".into());
        own.push(("KUBECONFIG", path));
        let inherited = self.job.environment.iter().filter(|(name, _)| own.iter().all(|(other, _)| name != other));
        let all = inherited.map(|(name, value)| (name.as_os_str(), value.as_os_str()));
        let all = all.chain(own.iter().map(|(name, value)| (OsStr::new(name), value.as_os_str())));
        all.map(|(name, value)| {
            let mut variable = name.to_owned();
            variable.push("=");
            variable.push(value);
            CString::new(variable.into_vec())
                .map_err(|_| RunError::Nul { what: format!("the variable {}", name.display()) })
        })
        .collect()
    }
}

fn text(bytes: &[u8], what: &str) -> Result<CString, RunError> {
    CString::new(bytes).map_err(|_| RunError::Nul { what: what.to_owned() })
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn resource_limits(limits: &Limits) -> Vec<(i64, u64)> {
    let all = [
        (libc::RLIMIT_CORE, 0),
        (libc::RLIMIT_CPU, limits.cpu_seconds),
        (libc::RLIMIT_FSIZE, limits.file_bytes),
        (libc::RLIMIT_NOFILE, limits.open_files),
        (libc::RLIMIT_DATA, limits.memory_bytes),
        (libc::RLIMIT_AS, limits.memory_bytes.saturating_mul(ADDRESSES)),
    ];
    all.into_iter().filter(|(_, most)| *most != u64::MAX).map(|(resource, most)| (i64::from(resource), most)).collect()
}

/// Where programs are looked up: the caller's folders, then the fixed ones.
fn path(more: &[PathBuf]) -> Result<OsString, RunError> {
    let mut path = OsString::new();
    for folder in more {
        if !folder.is_absolute() || folder.as_os_str().as_bytes().contains(&b':') {
            return Err(RunError::Programs(folder.clone()));
        }
        path.push(folder);
        path.push(":");
    }
    path.push(PATH);
    Ok(path)
}

/// Finds every program of a plan before any is started.
fn look_up_all(plan: &Plan, path: &OsStr) -> Result<Vec<CString>, RunError> {
    if plan.steps.is_empty() || plan.steps.iter().any(|step| step.stages.is_empty()) {
        return Err(RunError::Empty);
    }
    plan.steps.iter().flat_map(|step| &step.stages).map(|stage| look_up(stage, path)).collect()
}

fn look_up(stage: &Stage, path: &OsStr) -> Result<CString, RunError> {
    let name = stage.argv.first().ok_or(RunError::Empty)?;
    let not_found = || RunError::NotFound { program: name.clone(), path: path.to_string_lossy().into_owned() };
    if name.is_empty() || name.contains('/') || matches!(name.as_str(), "." | "..") {
        return Err(not_found());
    }
    let folders = path.as_bytes().split(|byte| *byte == b':').map(|folder| Path::new(OsStr::from_bytes(folder)));
    let found: Option<PathBuf> = folders.map(|folder| folder.join(name)).find(|path| is_program(path));
    text(found.ok_or_else(not_found)?.as_os_str().as_bytes(), "the name of a program")
}

/// Whether it is a file that this user may start.
fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
        && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}
