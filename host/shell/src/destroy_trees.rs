//! Trees and files: what removes, moves or empties more than one file, or one that the system needs.
//!
//! Works on one argument list; must not know wrappers.

use crate::destroy::{base, flagged};
use crate::{carry, paths, text};

/// Why a command destroys files, if it does; `args` is without the name.
pub(crate) fn trees(name: &str, args: &[&str]) -> Option<&'static str> {
    let system = || args.iter().any(|arg| paths::is_system_folder(arg));
    let last = args.last().copied().unwrap_or_default();
    match name {
        "rm" | "srm" if flagged(args, "rRf", &["recursive", "force", "no-preserve-root"]) => {
            Some("removes trees, or without asking")
        }
        "rm" | "srm" | "unlink" if args.iter().any(|arg| paths::is_system_file(arg) || paths::is_device(arg)) => {
            Some("removes system files")
        }
        "find" if args.contains(&"-delete") => Some("removes what it finds"),
        // The files it finds are not known, so that any removal of them is of a tree.
        "find"
            if args.iter().skip_while(|arg| !matches!(**arg, "-exec" | "-execdir" | "-ok" | "-okdir")).any(|arg| {
                removes_one(base(arg)) || matches!(*arg, "/dev/null" | "tee") || names_remover(arg) || empties(arg)
            }) =>
        {
            Some("removes what it finds")
        }
        "find"
            if args.iter().any(|arg| carry::program_file(arg) == Some(false))
                && args.iter().any(|arg| unlinks(arg)) =>
        {
            Some("removes what it finds")
        }
        "find" if changes_system(args) => Some("changes a system folder recursively"),
        "fd" | "fdfind"
            if args
                .iter()
                .skip_while(|arg| !(arg.starts_with("--exec") || (arg.starts_with('-') && arg.contains(['x', 'X']))))
                .any(|arg| removes_one(base(arg)) || names_remover(arg)) =>
        {
            Some("removes what it finds")
        }
        "rsync" if args.iter().any(|arg| arg.starts_with("--del") || arg.starts_with("--remove-")) => {
            Some("removes what is not in the source, or the source")
        }
        "tar" | "bsdtar" | "gtar" if flagged(args, "", &["remove-files", "recursive-unlink"]) => {
            Some("removes what it packs, or what is in its way")
        }
        "zip" if flagged(args, "m", &["move"]) => Some("removes what it packs"),
        "Remove-Item" | "ri" | "rd" | "del" | "erase"
            if args
                .iter()
                .any(|arg| matches!(arg.as_bytes(), [b'-', b'r' | b'R' | b'f' | b'F', ..] | [b'/', b's' | b'S'])) =>
        {
            Some("removes trees, or without asking")
        }
        "chmod" | "chown" | "chgrp" | "setfacl" | "chattr" if flagged(args, "R", &["recursive"]) && system() => {
            Some("changes a system folder recursively")
        }
        "mv" if moves_system(args, last) => Some("moves a system folder, or files into nothing"),
        "cp" | "tee" | "install" | "ln" | "truncate" => writes(name, args, last),
        "mv" if paths::is_device(last) => Some("writes to a device"),
        "sed" if flagged(args, "i", &["in-place"]) && deletes_all(args) => Some("overwrites system files"),
        "hash" if args.contains(&"-p") && args.iter().any(|arg| text::holds_word(arg)) => {
            Some("gives a tier-3 command another name")
        }
        "git" if args.contains(&"clean") && flagged(args, "f", &["force"]) => Some("removes what git does not know"),
        "git" if args.iter().any(|arg| aliases_force(arg, args)) => Some("overwrites or removes remote history"),
        "git" if args.contains(&"push") || args.contains(&"send-pack") => {
            let forced = flagged(args, "fd", &["force", "force-with-lease", "mirror", "delete", "prune"])
                // `:main` deletes, `+main` and `+a:main` overwrite.
                || args.iter().any(|a| a.starts_with(['+', ':']));
            forced.then_some("overwrites or removes remote history")
        }
        _ => None,
    }
}

fn moves_system(args: &[&str], last: &str) -> bool {
    let target_first = args.iter().any(|arg| arg.starts_with("-t") || arg.starts_with("--t"));
    let sources = if target_first { args.len() } else { args.len().saturating_sub(1) };
    last == "/dev/null" || args.iter().take(sources).any(|arg| paths::is_system_folder(arg))
}

/// Judges commands that write to files named as arguments.
fn writes(name: &str, args: &[&str], last: &str) -> Option<&'static str> {
    let targets: Vec<&str> = match name {
        "cp" | "install" | "ln" => vec![last],
        _ => args.to_vec(),
    };
    if targets.iter().any(|target| paths::is_device(target) || paths::is_sysrq(target)) {
        return Some("writes to a device");
    }
    let empties =
        name == "truncate" || (name == "tee" && !flagged(args, "a", &["append"])) || args.contains(&"/dev/null");
    (empties && targets.iter().any(|target| paths::is_system_file(target))).then_some("overwrites system files")
}

/// Tells whether find changes owners or modes below a system folder, without choosing by name: `find / -exec chmod 0 {} +`.
fn changes_system(args: &[&str]) -> bool {
    let changes = |arg: &&str| matches!(base(arg), "chmod" | "chown" | "chgrp" | "setfacl" | "chattr" | "mv");
    let at = args.iter().position(|arg| arg.starts_with("-exec") || arg.starts_with("-ok"));
    let Some((tests, run)) = at.and_then(|at| args.split_at_checked(at)) else { return false };
    let chosen = tests.iter().any(|arg| {
        ["-name", "-iname", "-path", "-ipath", "-regex", "-iregex", "-newer", "-samefile", "-inum"].contains(arg)
    });
    let starts = |folder: &&str| *folder == "/" || (!chosen && paths::is_system_folder(folder));
    run.iter().any(changes) && tests.iter().any(starts)
}

/// Tells whether a setting of git (`alias.p=push -f`) makes a forced push of a word.
fn aliases_force(setting: &str, args: &[&str]) -> bool {
    let Some(value) = setting.strip_prefix("alias.").and_then(|rest| rest.split_once('=')).map(|(_, value)| value)
    else {
        return false;
    };
    let words: Vec<&str> =
        value.split_whitespace().chain(args.iter().copied().filter(|arg| !arg.contains('='))).collect();
    value.starts_with("push") && flagged(&words, "fd", &["force", "force-with-lease", "mirror", "delete", "prune"])
}

/// Tells whether sed is left with nothing of a system file: `sed -i d /etc/x`.
fn deletes_all(args: &[&str]) -> bool {
    args.iter().any(|arg| paths::is_system_file(arg))
        && args
            .iter()
            .any(|arg| matches!(*arg, "d" | "1,$d" | "/./d" | "/.*/d" | "/^/d" | "/$/d" | "D" | "s/.*//" | "/./!d;d"))
}

/// Tells whether a script empties a file that is handed to it: `> "$1"`, `> {}`.
fn empties(script: &str) -> bool {
    script.match_indices('>').any(|(at, _)| {
        let appends = script.get(..at).unwrap_or_default().ends_with('>');
        let target = script.get(at + 1..).unwrap_or_default().trim_start_matches(['|', ' ', '"', '\'']);
        !appends && (target.starts_with("{}") || target.starts_with('$'))
    })
}

/// Tells whether code calls what removes a file.
fn unlinks(code: &str) -> bool {
    code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(|word| matches!(word, "remove" | "unlink" | "rmdir" | "delete" | "truncate" | "removeSync" | "unlinkSync"))
}

/// Tells whether a word of a script names what removes; a long one is only searched for the letters.
fn names_remover(word: &str) -> bool {
    if word.len() > SCRIPT_BYTES_READ { word.contains("rm") || word.contains("unlink") } else { text::holds_word(word) }
}

/// Longest script that is read word by word.
const SCRIPT_BYTES_READ: usize = 512;

/// Commands that remove or empty a file that is named to them.
pub(crate) fn removes_one(name: &str) -> bool {
    matches!(name, "rm" | "srm" | "unlink" | "truncate" | "shred" | "dd" | "rmtree" | "trash" | "trash-put")
}
