//! What a run in the cage costs beside a plain spawn: `true`, one after the other in turns, medians.
//!
//! Besides: with credential folders hidden, as the product does, and with a host that holds as much memory as it may. Every
//! file beside the way to a hidden one costs some 7 µs.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    linux::main();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use trcaa_shell::plan::{Flow, Plan, Stage, Step, When};
    use trcaa_shell::run::{Cage, For, Job, Leftovers, Limits, What, environment, run};

    const ROUNDS: usize = 300;
    /// The overhead that the cage may have.
    const LIMIT: Duration = Duration::from_millis(5);
    const MEMORY_BYTES: usize = 256 << 20;

    pub(super) fn main() {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let home = place.path().join("home");
        for folder in [".ssh", ".kube", ".aws", ".config/gcloud", ".local/share/trcaa"] {
            std::fs::create_dir_all(home.join(folder)).unwrap();
        }
        for other in 0..100 {
            std::fs::write(home.join(format!("file-{other}")), "x").unwrap();
        }
        let mut hidden: Vec<PathBuf> = [".ssh", ".kube", ".aws", ".config/gcloud", ".local/share/trcaa"]
            .iter()
            .map(|folder| home.join(folder))
            .collect();
        hidden.extend(["/etc/shadow", "/etc/gshadow", "/etc/ssl/private", "/root/.ssh"].map(PathBuf::from));
        let private = home.join(".local/share/trcaa/run");
        println!("{:40} {:>9} {:>9} {:>9} {:>9}", "", "plain ms", "ours ms", "over ms", "limit ms");
        row("tier 1", &private, &[], 1);
        row("tier 1, nine paths hidden", &private, &hidden, 1);
        row("tier 1, the same, three programs", &private, &hidden, 3);
        let memory = vec![1_u8; MEMORY_BYTES];
        row("tier 1, the same, host of 256 MiB", &private, &hidden, 1);
        drop(memory);
    }

    fn row(name: &str, private: &Path, hidden: &[PathBuf], stages: usize) {
        let (mut plain, mut ours) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            plain.push(timed(|| spawn(stages)));
            ours.push(timed(|| caged(private, hidden, stages)));
        }
        let [plain, ours] = [plain, ours].map(median);
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        println!("{name:40} {:>9.2} {:>9.2} {:>9.2} {:>9.2}", ms(plain), ms(ours), ms(ours) - ms(plain), ms(LIMIT));
    }

    fn timed(what: impl FnOnce()) -> Duration {
        let began = Instant::now();
        what();
        began.elapsed()
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }

    /// As the standard library starts programs, output read.
    fn spawn(stages: usize) {
        let children: Vec<_> = (0..stages)
            .map(|_| {
                Command::new("/bin/true")
                    .stdin(Stdio::null())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::piped())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for child in children {
            assert!(child.wait_with_output().unwrap().status.success());
        }
    }

    fn caged(private: &Path, hidden: &[PathBuf], stages: usize) {
        let stage = Stage { argv: vec!["true".into()], stdin: None, stdout: Flow::Output, stderr: Flow::Error };
        let plan = Plan { steps: vec![Step { when: When::Always, stages: vec![stage; stages] }] };
        let job = Job {
            what: What::Argv(&plan),
            folder: Path::new("/"),
            environment: environment([], For::Argv),
            private,
            programs: &[],
            kubeconfig: None,
            hidden: hidden.to_vec(),
            limits: Limits::CAGED,
            cage: Cage::WhatThereIs,
            leftovers: Leftovers::End,
        };
        run(&job, &mut |_, _| {}, &|| false).unwrap();
    }
}
