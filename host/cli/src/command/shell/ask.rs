//! Asking a person whether a command of tier 2 may run.
//!
//! Invariants: everything that a yes is bound to is on the screen; nothing of the line can pass for a word of ours; what was
//! typed before the question was there is no answer; no answer in [`WAIT`] is a no.

use std::io::{self, BufRead, IsTerminal, Write as _};
use std::sync::mpsc;
use std::time::Duration;

use trcaa_app::shell_runs::{Answer, Proposal};

use crate::output::{Output, visible};

/// How long somebody has to answer.
const WAIT: Duration = Duration::from_secs(60);
/// Lines that are not understood before that is a no.
const TRIES: usize = 5;

/// What is said where a line asks a cluster and there is no way into one.
pub(super) const NO_KUBECONFIG: &str =
    "no kubeconfig is active, and your own is not used: trcaa kubeconfig add, kubeconfig use";

/// Whether there is somebody to ask, and a place to show what is asked.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Shows the proposal and takes an answer.
pub(super) fn ask(proposal: &Proposal<'_>, output: &Output) -> Answer {
    for line in screen(proposal) {
        output.note(&line);
    }
    #[cfg(unix)]
    let _ = rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush);
    prompt();
    let (send, receive) = mpsc::sync_channel(1);
    // The read can't be given up; the process ends soon after, and this thread with it.
    let read = move || {
        for line in io::stdin().lock().lines().take(TRIES) {
            let Ok(line) = line else { break };
            if send.send(line).is_err() {
                return;
            }
        }
    };
    if std::thread::Builder::new().name("answer".into()).spawn(read).is_err() {
        return Answer::Silence;
    }
    let until = std::time::Instant::now() + WAIT;
    loop {
        let left = until.saturating_duration_since(std::time::Instant::now());
        match receive.recv_timeout(left) {
            Ok(line) => match understood(&line, proposal.pattern.is_some()) {
                Some(answer) => return answer,
                None => {
                    output.note(&keys(proposal));
                    prompt();
                }
            },
            Err(mpsc::RecvTimeoutError::Timeout) => {
                output.note("");
                return Answer::Silence;
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return Answer::Deny,
        }
    }
}

fn prompt() {
    let mut stderr = io::stderr();
    let _ = stderr.write_all(b"> ").and_then(|()| stderr.flush());
}

fn understood(line: &str, has_pattern: bool) -> Option<Answer> {
    match line.trim().to_ascii_lowercase().as_str() {
        "o" | "once" => Some(Answer::Once),
        "s" | "session" if has_pattern => Some(Answer::Session),
        "d" | "deny" | "n" | "no" => Some(Answer::Deny),
        "never" => Some(Answer::DenySession),
        _ => None,
    }
}

fn screen(proposal: &Proposal<'_>) -> Vec<String> {
    let mut lines = vec![String::new(), "This asks first (tier 2):".to_owned(), String::new()];
    lines.extend(super::super::stranger::quoted(&proposal.line));
    lines.push(String::new());
    for part in &proposal.verdict.parts {
        lines.push(format!("tier {}  {}", part.tier.number(), visible(&part.command)));
        lines.push(format!("        why: {}", visible(&part.reason)));
        for (what, text) in [("risk", &part.risk), ("touches", &part.touches)] {
            if !text.is_empty() && part.tier.number() > 1 {
                lines.push(format!("        {what}: {}", visible(text)));
            }
        }
    }
    for reason in &proposal.verdict.reasons {
        if !proposal.verdict.parts.iter().any(|part| part.reason == *reason) {
            lines.push(format!("the line: {}", visible(reason)));
        }
    }
    lines.push(String::new());
    lines.push(format!("folder      {}", visible(&proposal.folder.display().to_string())));
    if let Some(kubeconfig) = &proposal.kubeconfig {
        let url = kubeconfig.cluster_url.as_deref().unwrap_or("no address");
        lines.push(format!(
            "kubernetes  {}: {} ({})",
            visible(&kubeconfig.name),
            visible(&kubeconfig.context),
            visible(url)
        ));
    }
    if proposal.lacks_kubeconfig() {
        lines.push(format!("kubernetes  {NO_KUBECONFIG}"));
    }
    lines.push(format!("time limit  {} s", proposal.time_limit.as_secs()));
    lines.push(String::new());
    lines.push(keys(proposal));
    lines
}

fn keys(proposal: &Proposal<'_>) -> String {
    let mut lines = vec!["o = run it this once".to_owned()];
    match &proposal.pattern {
        None => lines.push("(this can only be allowed once)".to_owned()),
        Some(pattern) => lines.push(format!("s = here and for this session, all of: {}", visible(pattern))),
    }
    lines.push("d = no; never = no, and not asked again in this session".to_owned());
    lines.push(format!("(no answer in {} s is a no)", WAIT.as_secs()));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        assert_eq!(understood(" O\n", true), Some(Answer::Once));
        assert_eq!(understood("session", true), Some(Answer::Session));
        assert_eq!(understood("s", false), None, "there is nothing to allow");
        assert_eq!(understood("no", true), Some(Answer::Deny));
        assert_eq!(understood("never", true), Some(Answer::DenySession));
        for unclear in ["", "y", "yes", "ok", "oo", "1"] {
            assert_eq!(understood(unclear, true), None, "{unclear:?}");
        }
    }
}
