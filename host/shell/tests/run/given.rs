//! A place to run in, and plans made of words.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use trcaa_shell::plan::{Flow, Plan, Stage, Step, When};
use trcaa_shell::run::{
    Cage, Captured, Channel, For, Job, Leftovers, Limits, Ran, RunError, What, abilities, environment, run,
};

pub(crate) struct Given {
    place: PathBuf,
    /// Removed at the end.
    _folder: Option<tempfile::TempDir>,
    pub(crate) limits: Limits,
    pub(crate) hidden: Vec<PathBuf>,
    pub(crate) kubeconfig: Option<Vec<u8>>,
    pub(crate) leftovers: Leftovers,
    programs: Vec<PathBuf>,
    pub(crate) inherited: Vec<(OsString, OsString)>,
}

impl Given {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let given = Self::at(folder.path());
        Self { _folder: Some(folder), ..given }
    }

    /// In a folder of somebody else's.
    pub(crate) fn at(place: &Path) -> Self {
        std::fs::create_dir(place.join("work")).unwrap();
        Self {
            place: place.to_owned(),
            _folder: None,
            limits: Limits { wall: Duration::from_secs(20), ..Limits::CAGED },
            hidden: Vec::new(),
            kubeconfig: None,
            leftovers: Leftovers::End,
            programs: Vec::new(),
            inherited: Vec::new(),
        }
    }

    /// Where it runs.
    pub(crate) fn folder(&self) -> PathBuf {
        self.place.join("work")
    }

    pub(crate) fn private(&self) -> PathBuf {
        self.place.join("private")
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Makes a script that is found by this name, to stand for a program that has its rights.
    pub(crate) fn stub(&mut self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let folder = self.place.join("programs");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), script).unwrap();
        std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
        self.programs = vec![folder];
    }

    pub(crate) fn try_plan(&self, plan: &Plan) -> Result<Ran, RunError> {
        self.run(What::Argv(plan), &|| false)
    }

    /// Runs one pipeline; stages are separated by `|`, words by spaces.
    pub(crate) fn argv(&self, pipeline: &str) -> Ran {
        self.try_plan(&plan(&[(When::Always, pipeline)])).unwrap()
    }

    /// Runs one program in the cage with exactly these arguments.
    pub(crate) fn words(&self, words: &[&str]) -> Ran {
        let stage = Stage {
            argv: words.iter().map(|word| (*word).to_owned()).collect(),
            stdin: None,
            stdout: Flow::Output,
            stderr: Flow::Error,
        };
        self.try_plan(&Plan { steps: vec![Step { when: When::Always, stages: vec![stage] }] }).unwrap()
    }

    pub(crate) fn line(&self, line: &str) -> Ran {
        self.run(What::Line(line), &|| false).unwrap()
    }

    pub(crate) fn run(&self, what: What<'_>, stop: &dyn Fn() -> bool) -> Result<Ran, RunError> {
        let streamed = RefCell::new([Vec::new(), Vec::new()]);
        let mut sink = |channel, bytes: &[u8]| {
            assert!(bytes.len() <= 64 * 1024, "a piece is at most 64 KiB");
            let index = usize::from(channel == Channel::Error);
            streamed.borrow_mut()[index].extend_from_slice(bytes);
        };
        let ran = self.run_into(what, &mut sink, stop)?;
        let [out, error] = streamed.into_inner();
        assert_eq!((&out, &error), (&ran.stdout.bytes, &ran.stderr.bytes), "what is streamed is what is kept");
        let left = std::fs::read_dir(self.private()).map_or(0, |entries| {
            entries.filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with("run-")).count()
        });
        assert_eq!(left, 0, "no private folder is left");
        Ok(ran)
    }

    pub(crate) fn run_into(
        &self,
        what: What<'_>,
        sink: &mut dyn FnMut(Channel, &[u8]),
        stop: &dyn Fn() -> bool,
    ) -> Result<Ran, RunError> {
        let for_what = if matches!(what, What::Argv(_)) { For::Argv } else { For::Line };
        let job = Job {
            what,
            folder: &self.folder(),
            environment: environment(self.inherited.iter().cloned(), for_what),
            private: &self.private(),
            programs: &self.programs,
            kubeconfig: self.kubeconfig.as_deref(),
            hidden: self.hidden.clone(),
            limits: self.limits,
            cage: Cage::WhatThereIs,
            leftovers: self.leftovers,
        };
        run(&job, sink, stop)
    }
}

/// Steps of pipelines, as [`Given::argv`] reads them.
pub(crate) fn plan(steps: &[(When, &str)]) -> Plan {
    let stage = |text: &str| Stage {
        argv: text.split_whitespace().map(str::to_owned).collect(),
        stdin: None,
        stdout: Flow::Output,
        stderr: Flow::Error,
    };
    let steps = steps.iter().map(|(when, text)| Step { when: *when, stages: text.split('|').map(stage).collect() });
    Plan { steps: steps.collect() }
}

pub(crate) fn text(captured: &Captured) -> String {
    String::from_utf8(captured.bytes.clone()).unwrap()
}

/// Whether the kernel has a part of the cage; says so where it does not.
pub(crate) fn has(part: &str) -> bool {
    let ability = abilities().into_iter().find(|ability| ability.name == part).unwrap();
    if !ability.holds {
        eprintln!("NOT TESTED: this kernel has no {part}: {}", ability.detail);
    }
    ability.holds
}

/// Whether a program is installed here; says so where it is not.
pub(crate) fn installed(program: &str) -> bool {
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    let found = folders.iter().any(|folder| Path::new(folder).join(program).exists());
    if !found {
        eprintln!("NOT TESTED: {program} is not installed here");
    }
    found
}
