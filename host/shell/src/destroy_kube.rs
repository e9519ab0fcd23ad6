//! What kubectl deletes: everything of a kind, or a kind that takes everything below along.
//!
//! Works on one argument list; must not know wrappers.

/// Kinds whose deletion takes everything below along, in every spelling kubectl knows.
const GREAT_KINDS: &[&str] = &[
    "ns",
    "namespace",
    "namespaces",
    "no",
    "node",
    "nodes",
    "pvc",
    "persistentvolumeclaim",
    "persistentvolumeclaims",
    "pv",
    "persistentvolume",
    "persistentvolumes",
    "crd",
    "crds",
    "customresourcedefinition",
    "customresourcedefinitions",
    "all",
    "project",
    "projects",
];

/// Flags of `kubectl delete` that take the next word.
const VALUED: &[&str] = &[
    "-n",
    "--namespace",
    "-l",
    "--selector",
    "--context",
    "--cluster",
    "--user",
    "--kubeconfig",
    "--server",
    "-s",
    "--token",
    "--as",
    "--as-group",
    "--as-uid",
    "--request-timeout",
    "--grace-period",
    "--timeout",
    "-f",
    "--filename",
    "-k",
    "--kustomize",
    "-o",
    "--output",
    "--field-selector",
    "--cache-dir",
    "--certificate-authority",
    "--client-certificate",
    "--client-key",
    "--tls-server-name",
    "--profile",
    "--profile-output",
    "-v",
    "--v",
    "--vmodule",
    "--username",
    "--password",
];

/// Flags that take none.
const BARE: &[&str] = &[
    "--now",
    "--force",
    "--wait",
    "--ignore-not-found",
    "--cascade",
    "--recursive",
    "-R",
    "-i",
    "--interactive",
    "--insecure-skip-tls-verify",
    "--match-server-version",
    "--warnings-as-errors",
    "--disable-compression",
];

/// Why what is deleted is too much to approve, if it is; `args` is without the name.
pub(crate) fn delete(args: &[&str]) -> Option<&'static str> {
    if args.contains(&"apply")
        && args.iter().any(|arg| arg.starts_with("--prune"))
        && args.iter().any(|arg| is_all(arg))
    {
        return Some("deletes everything of a kind");
    }
    // Everything after the verb counts, flags' values too: an unknown flag could hide which word is the kind.
    let verb = args.iter().position(|arg| *arg == "delete")?;
    let after = args.get(verb + 1..).unwrap_or_default();
    if args.iter().any(|arg| is_all(arg)) {
        return Some("deletes everything of a kind");
    }
    if args.iter().any(|arg| arg.starts_with("--raw")) {
        return Some("deletes what an address stands for");
    }
    let mut first = true;
    let mut last_flag = None;
    for arg in after {
        if arg.starts_with('-') {
            last_flag = Some(*arg);
            continue;
        }
        let flag = last_flag.take();
        if flag.is_some_and(|flag| VALUED.contains(&flag)) {
            continue;
        }
        let named = arg.split(',').filter_map(|item| item.split_once('/')).any(|(kind, _)| great(kind));
        if named || (first && arg.split(',').any(great)) {
            return Some(DELETES);
        }
        // Behind a flag that is not known, this may be its value, and the kind yet to come; a second `delete` may be
        // the verb itself.
        let a_value = flag.is_some_and(|flag| !flag.contains('=') && !BARE.contains(&flag) && !joined(flag));
        if !a_value && *arg != "delete" {
            first = false;
        }
    }
    None
}

fn great(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    GREAT_KINDS.contains(&kind.split('.').next().unwrap_or_default())
}

/// Tells whether a short flag has its value in the same word: `-nprod`.
fn joined(flag: &str) -> bool {
    matches!(flag.as_bytes(), [b'-', b'n' | b'l' | b'f' | b'k' | b'o' | b's' | b'v', _, ..])
}

/// Tells whether a flag asks for all objects or all namespaces, in any spelling of yes.
fn is_all(arg: &str) -> bool {
    let (flag, value) = arg.split_once('=').unwrap_or((arg, "true"));
    let short = !arg.starts_with("--")
        && flag.strip_prefix('-').is_some_and(|letters| {
            letters.chars().take_while(|letter| !"nlfkosv".contains(*letter)).any(|letter| letter == 'A')
        });
    (short || matches!(flag, "--all" | "--all-namespaces"))
        && !matches!(value, "false" | "False" | "FALSE" | "f" | "F" | "0")
}

/// Gives the place of the first word behind `delete` that is neither a flag nor the value of one.
fn first_operand(args: &[&str]) -> Option<usize> {
    let verb = args.iter().position(|arg| *arg == "delete")?;
    let mut at = verb + 1;
    while let Some(arg) = args.get(at) {
        if !arg.starts_with('-') {
            return Some(at);
        }
        at += if VALUED.contains(arg) { 2 } else { 1 };
    }
    None
}

/// Tells whether the kind of what is deleted is left to what xargs or parallel reads; `args` holds their own flags too.
pub(crate) fn deletes_handed(args: &[&str]) -> bool {
    let Some(verb) = args.iter().position(|arg| *arg == "delete") else { return false };
    let place = args.iter().take(verb).enumerate().find_map(|(at, arg)| match arg.strip_prefix("-I") {
        Some("") => args.get(at + 1).copied(),
        other => other,
    });
    match first_operand(args).and_then(|at| args.get(at)) {
        None | Some(&":::") => !args.iter().any(|arg| arg.starts_with("-f") || arg.starts_with("--filename")),
        Some(kind) => kind.contains('{') || place.is_some_and(|place| kind.contains(place)),
    }
}

/// Tells whether the kind of what is deleted is only known when it runs; `raw` are the words as they are spelled.
pub(crate) fn kind_is_open(raw: &[&str]) -> bool {
    first_operand(raw).and_then(|at| raw.get(at)).is_some_and(|kind| {
        let kind = kind.split('/').next().unwrap_or_default();
        kind.contains(['$', '`', '*', '?', '[', '{'])
    })
}

const DELETES: &str = "deletes namespaces, nodes, volumes or definitions";

/// Tells whether what is deleted is told by files, or by what is read.
pub(crate) fn deletes_by_file(args: &[&str]) -> bool {
    args.contains(&"delete") && args.iter().any(|arg| arg.starts_with("-f") || arg.starts_with("--filename"))
}

/// Why it is too much to delete what a text of objects names, if it is.
pub(crate) fn manifest(text: &str) -> Option<&'static str> {
    let kind = |line: &str| {
        let (key, value) = line.split_once(':')?;
        let plain = |text: &str| text.trim_matches([' ', '"', '\'', ',', '{', '}', '-']).to_owned();
        (plain(key) == "kind").then(|| plain(value))
    };
    text.split(['\n', ',']).filter_map(kind).any(|kind| great(&kind)).then_some(DELETES)
}

/// Why it is too much to delete what another command prints, if its words name such kinds.
pub(crate) fn printed_by(command: &str) -> Option<&'static str> {
    let mut words = command.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'));
    words.any(great).then_some(DELETES)
}
