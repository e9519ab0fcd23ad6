//! Operand checks of cluster and container tools: kinds, output formats, reports that end.

use crate::flags::Matched;

type Answer = Result<(), &'static str>;

/// kubectl: output formats that name no file.
pub(crate) fn kube_output(matched: &Matched<'_>) -> Answer {
    let fine = match matched.value(&["o", "output"]) {
        None => true,
        Some(format) => {
            // pflag takes `-o=x` as the value `x`.
            let format = format.strip_prefix('=').unwrap_or(format);
            matches!(format, "wide" | "name" | "json" | "yaml")
                || ["jsonpath=", "jsonpath-as-json=", "custom-columns=", "go-template="]
                    .iter()
                    .any(|kind| format.starts_with(kind))
        }
    };
    if fine { Ok(()) } else { Err("an output format that may read a file") }
}

/// kubectl get and describe: kinds other than secrets, alone or in a list, by name or by slash.
pub(crate) fn kube_kinds(matched: &Matched<'_>) -> Answer {
    kube_output(matched)?;
    // `pods,secrets x`, `pod/a secret/b`: a kind is what stands before a slash, and the first operand without one.
    let secret = |kind: &str| kind.split(['.', ',']).any(|kind| kind.to_ascii_lowercase().starts_with("secret"));
    for (at, operand) in matched.operands.iter().enumerate() {
        let kinds = operand.split(',').filter_map(|item| item.split_once('/').map(|(kind, _)| kind));
        if kinds.chain((at == 0 || operand.contains(',')).then_some(*operand)).any(secret) {
            return Err("shows secrets");
        }
    }
    if matched.has(&["h", "help"]) {
        return Ok(());
    }
    if matched.operands.is_empty() {
        return Err("no kind is named");
    }
    if matched.operands.iter().any(|operand| operand.contains("://") || operand.starts_with('/')) {
        return Err("an operand that is not known to only be read");
    }
    Ok(())
}

/// kubectl config view: without `--raw`, which the table does not know, credentials are left out.
pub(crate) fn kube_no_operand(matched: &Matched<'_>) -> Answer {
    kube_output(matched)?;
    if matched.operands.is_empty() { Ok(()) } else { Err("an operand that is not known to only be read") }
}

/// kubectl rollout status: without `--watch=false` it waits.
pub(crate) fn kube_rollout_status(matched: &Matched<'_>) -> Answer {
    if matched.value(&["watch", "w"]) == Some("false") { kube_kinds(matched) } else { Err("waits for changes") }
}

/// docker: reports that end.
pub(crate) fn docker_stats(matched: &Matched<'_>) -> Answer {
    if matched.has(&["no-stream"]) { Ok(()) } else { Err("runs until it is stopped") }
}

/// docker top: the processes of one container, as `ps` shows them without the environment.
pub(crate) fn docker_top(matched: &Matched<'_>) -> Answer {
    match matched.operands.as_slice() {
        [_] | [_, "aux" | "axu" | "faux" | "auxf" | "auxww"] => Ok(()),
        _ => Err("may show the environment of processes"),
    }
}

/// kubectl config get-…: names of contexts.
pub(crate) fn kube_contexts(matched: &Matched<'_>) -> Answer {
    kube_output(matched)
}
