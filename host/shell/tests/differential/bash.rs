//! Runs lines in one real bash in which every command is a stand-in, and tells what it ran.
//!
//! Nothing real can start: PATH is an empty folder of our own, every builtin is shadowed by a function that only notes its
//! words, and the lines hold no paths of programs. bash calls `command_not_found_handle` with the cooked words of every
//! other command. A stand-in notes its words and where its streams go, and ends with a status that follows from its words,
//! so that `&&` and `||` are seen too.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use trcaa_shell::plan::{Flow, Plan, Stage, When};

/// One command that ran: where its streams went (`OEN`: output, error, nowhere; `<` and a file for a read input), and its words.
pub(crate) type Ran = (String, Vec<String>);

/// Names that bash runs itself.
const BUILTINS: &str = ". : [ alias bg bind break builtin caller cd command compgen complete compopt continue declare dirs \
    disown echo enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd \
    printf pushd pwd read readarray readonly return set shift shopt source suspend test times trap true type typeset ulimit \
    umask unalias unset wait";

/// Makes the driver: reads lines ended by NUL, runs each in a subshell, and ends its notes with an empty record.
fn driver() -> String {
    let mut text = String::from(
        "note() {\n\
         local said=\"$*\" flow out err word all\n\
         if [[ /proc/self/fd/1 -ef /dev/null ]]; then out=N; else out=O; fi\n\
         if [[ /proc/self/fd/2 -ef /dev/null ]]; then err=N; elif [[ /proc/self/fd/2 -ef ./.err ]]; then err=E; else err=O; fi\n\
         flow=$out$err\n\
         for word in f g; do if [[ /proc/self/fd/0 -ef ./$word ]]; then flow+='<'$word; fi; done\n\
         builtin printf -v all '%s\\x1f' \"$flow\" \"$@\"\n\
         builtin printf '%s\\x1e' \"$all\" >&9\n\
         builtin return $(( ${#said} % 2 ))\n\
         }\n\
         command_not_found_handle() { note \"$@\"; }\n",
    );
    // `local`, `return` and `printf` above are called as builtins, or stand in a body that was read before.
    text = text.replace("local said", "builtin local said");
    for name in BUILTINS.split_whitespace().filter(|name| *name != "builtin") {
        text.push_str(&format!("function {name} {{ note {name} \"$@\"; }}\n"));
    }
    text.push_str(
        "while IFS= builtin read -r -d '' -u 8 line; do\n\
         ( builtin eval \"$line\" ) 1>.out 2>.err </dev/null 8<&-\n\
         builtin printf '\\x1d' >&9\n\
         done\n",
    );
    text
}

/// Gives what bash ran of each line, in the order of its notes; within one pipeline the order is chance.
pub(crate) fn run(folder: &Path, lines: &[String]) -> Vec<Vec<Ran>> {
    fs::create_dir_all(folder.join("empty")).expect("the folder is ours");
    for file in ["f", "g", ".out", ".err"] {
        fs::write(folder.join(file), "").expect("the folder is ours");
    }
    fs::write(folder.join(".driver"), driver()).expect("the folder is ours");
    let mut all = fs::File::create(folder.join(".lines")).expect("the folder is ours");
    for line in lines {
        all.write_all(line.as_bytes()).and_then(|()| all.write_all(b"\0")).expect("the folder is ours");
    }
    // The limits bound what a mistake could do: processor time, file sizes, processes.
    let start = "ulimit -t 600 -f 200000 -c 0; exec 8<.lines 9>>.notes; . ./.driver";
    let bash = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash"].into_iter().find(|path| Path::new(path).exists());
    let bash = bash.expect("bash is installed");
    let status = Command::new(bash)
        .args(["--noprofile", "--norc", "-c", start])
        .current_dir(folder)
        .env_clear()
        .env("PATH", folder.join("empty"))
        .env("HOME", folder)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join(".bash")).expect("the folder is ours"))
        .status()
        .expect("bash starts");
    let notes = fs::read(folder.join(".notes")).expect("bash wrote its notes");
    let said = fs::read_to_string(folder.join(".bash")).unwrap_or_default();
    let notes = String::from_utf8_lossy(&notes).into_owned();
    let mut ran: Vec<Vec<Ran>> = notes.split('\u{1d}').map(commands).collect();
    ran.pop();
    assert_eq!(ran.len(), lines.len(), "bash ended early: {status}: {said}");
    fs::remove_file(folder.join(".notes")).expect("the folder is ours");
    ran
}

fn commands(notes: &str) -> Vec<Ran> {
    let one = |record: &str| {
        let mut words = record.strip_suffix('\u{1f}')?.split('\u{1f}').map(str::to_owned);
        Some((words.next()?, words.collect()))
    };
    notes.split_terminator('\u{1e}').filter_map(one).collect()
}

/// Tells whether the input of a command is there; without it bash does not start the command.
fn reads(stage: &Stage) -> bool {
    matches!(stage.stdin.as_deref(), None | Some("/dev/null" | "f" | "g" | "./f"))
}

/// Gives what a plan would run, step by step, with the statuses that the stand-ins have.
pub(crate) fn expected(plan: &Plan) -> Vec<Vec<Ran>> {
    let mut ran = Vec::new();
    let mut succeeded = true;
    for step in &plan.steps {
        let runs = match step.when {
            When::Always => true,
            When::Succeeded => succeeded,
            When::Failed => !succeeded,
        };
        if !runs {
            continue;
        }
        let sign = |flow: Flow| match flow {
            Flow::Output => 'O',
            Flow::Error => 'E',
            Flow::Null => 'N',
        };
        ran.push(
            step.stages
                .iter()
                .filter(|stage| reads(stage))
                .map(|stage| {
                    let mut flow: String = [sign(stage.stdout), sign(stage.stderr)].iter().collect();
                    if let Some(file) = stage.stdin.as_deref().filter(|file| *file != "/dev/null") {
                        flow.push('<');
                        flow.push_str(file.trim_start_matches("./"));
                    }
                    (flow, stage.argv.clone())
                })
                .collect(),
        );
        succeeded = step.stages.last().is_some_and(|stage| reads(stage) && stage.argv.join(" ").len() % 2 == 0);
    }
    ran
}

/// Tells whether bash ran exactly what was expected: steps in their order, within a step in any.
pub(crate) fn same(ran: &[Ran], expected: &[Vec<Ran>]) -> bool {
    let mut rest = ran;
    for step in expected {
        let Some((now, later)) = rest.split_at_checked(step.len()) else { return false };
        let (mut now, mut step) = (now.to_vec(), step.clone());
        now.sort();
        step.sort();
        if now != step {
            return false;
        }
        rest = later;
    }
    rest.is_empty()
}
