//! Owns the facts that no single line shows: found by counting, pairing and comparing after the pass over the lines.
//! Invariants: every fact concluded here has lines; what they do not show goes into its caveat.

use crate::calendar::span;
use crate::level::Level;
use crate::phrase::{count, plural};
use crate::scan::Scan;

/// Failed logins of one source beyond which no person mistypes.
const GUESSES_MIN: u32 = 10;
/// Failed logins of a source before its success looks like a guess that hit.
const GUESSES_BEFORE_SUCCESS: u32 = 5;
/// FTP connections of one source that make a flood.
const FLOOD_MIN: u32 = 20;
/// Refused requests below which a refusal is everyday life.
const DENIED_MIN: u32 = 10;
/// Starts in a row that make a loop.
const LOOP_STARTS_MIN: u32 = 3;

/// Concludes everything that can be.
pub(crate) fn conclude(scan: &mut Scan<'_>) {
    logins(scan);
    noise(scan);
    write_ahead_log(scan);
    leaks(scan);
    loops(scan);
    exceptions(scan);
    unknown_errors(scan);
}

fn logins(scan: &mut Scan<'_>) {
    let Some(failed) = scan.seen("auth_failed") else { return };
    let sources = failed.top("sources");
    let guessing: Vec<_> = sources.iter().filter(|name| name.count >= GUESSES_MIN).collect();
    if guessing.is_empty() {
        return;
    }
    let tries: u32 = guessing.iter().map(|name| name.count).sum();
    let accounts = failed.top("accounts");
    let mut detail = format!(
        "{} of the {} come from {}, led by {}.",
        tries,
        count(failed.count, "line about failed logins"),
        plural(guessing.len(), "source"),
        guessing.iter().take(3).map(|name| format!("{} ({})", name.text, name.count)).collect::<Vec<_>>().join(", "),
    );
    if let Some(first) = accounts.first() {
        let others = accounts.len().saturating_sub(1);
        let more = if failed.more_names { " or more" } else { "" };
        detail += &format!(
            " Tried most: {} ({}){}.",
            first.text,
            first.count,
            if others > 0 {
                format!(", and {others}{more} other {}", if others == 1 { "name" } else { "names" })
            } else {
                String::new()
            }
        );
    }
    detail += &match scan.seen("login_ok") {
        None => " No line says “Accepted”; logins that are logged in other words were not looked for.".to_owned(),
        Some(accepted) => {
            let from_guessing =
                accepted.top("sources").iter().any(|name| guessing.iter().any(|other| other.text == name.text));
            let whose = if from_guessing {
                "at least one of them from a guessing source"
            } else {
                "none of them from a guessing source"
            };
            format!(" {}, {whose}.", count(accepted.count, "login succeeded"))
        }
    };
    let (first, last, lines, total) = (failed.first, failed.last, failed.kept.clone(), failed.count);
    let got_in: Vec<(String, u32)> = scan
        .seen("login_ok")
        .map(|accepted| {
            let hit =
                |name: &&&crate::sighting::Name| accepted.top("sources").iter().any(|other| other.text == name.text);
            sources
                .iter()
                .filter(|name| name.count >= GUESSES_BEFORE_SUCCESS)
                .filter(hit)
                .map(|name| (name.text.clone(), name.count))
                .collect()
        })
        .unwrap_or_default();
    let limit = scan.seen("max_auth").map(|seen| (seen.kept.first().copied(), seen.count));
    let bans = scan.miner.templates.iter().any(|template| scan.source.text(template.first.line).contains("Ban "));
    scan.conclude("brute_force", first, last, &lines, total, detail);
    let mut shown = lines.clone();
    let mut detail = format!(
        "It went on for {}",
        first.at.zip(last.at).map_or_else(|| "the whole log".to_owned(), |(first, last)| span(last - first))
    );
    if let Some((Some(line), times)) = limit {
        shown.insert(0, line);
        detail += &format!("; only the limit per connection stopped them ({})", count(times, "line"));
    }
    detail.push('.');
    if !bans && let Some(open) = scan.conclude("password_open", first, last, &shown, total, detail) {
        "no ban of sources (fail2ban, firewall) is at work, as no line shows one".clone_into(&mut open.caveat);
    }
    if let Some((source, failures)) = got_in.first()
        && let Some(accepted) = scan.seen("login_ok")
    {
        let detail = format!("{source} logged in and has {} as well.", count(*failures, "line about failed logins"));
        let found = accepted
            .kept
            .iter()
            .copied()
            .filter(|line| scan.source.text(*line).contains(source.as_str()))
            .collect::<Vec<_>>();
        let (first, last) = (accepted.first, accepted.last);
        if !found.is_empty() {
            scan.conclude("login_after_guessing", first, last, &found, 1, detail);
        }
    }
}

/// Takes back what is everyday life below a number.
fn noise(scan: &mut Scan<'_>) {
    let flood = scan
        .seen("ftp_flood")
        .is_some_and(|seen| seen.top("sources").first().is_some_and(|name| name.count >= FLOOD_MIN));
    let denied = scan.seen("http_denied").is_some_and(|seen| seen.count >= DENIED_MIN);
    for (id, keep) in [("ftp_flood", flood), ("http_denied", denied)] {
        if let Some(fact) = scan.signatures.position(id).filter(|_| !keep) {
            scan.sightings[fact] = None;
        }
    }
}

fn write_ahead_log(scan: &mut Scan<'_>) {
    let growth = scan.wal.growing().map(|growth| {
        let mib = growth.added.saturating_mul(16);
        let size = if mib >= 10_240 { format!("{} GiB", mib / 1024) } else { format!("{mib} MiB") };
        let detail = format!(
            "{} in a row added {} WAL files (about {size} at the usual 16 MiB each) and removed or recycled none.",
            plural(growth.checkpoints as usize, "checkpoint"),
            growth.added
        );
        (growth.first, growth.last, growth.kept.clone(), growth.checkpoints, detail)
    });
    let stale = scan
        .wal
        .slots
        .iter()
        .filter_map(|slot| Some((slot, slot.stopped?)))
        .min_by_key(|(_, stopped)| (stopped.at, stopped.line))
        .map(|(slot, stopped)| {
            let detail = format!("The consumer of slot {} went away, and no later line shows it back.", slot.name);
            (slot.started, stopped, detail)
        });
    if let Some((first, last, kept, checkpoints, detail)) = growth {
        scan.conclude("pg_wal_growth", first, last, &kept, checkpoints, detail);
    }
    if let Some((started, stopped, detail)) = stale {
        let lines = [started.line, stopped.line];
        let partial = scan.partial;
        if let Some(seen) = scan.conclude("pg_slot_stale", stopped, stopped, &lines, 1, detail)
            && partial
        {
            "the consumer did not come back in lines that are left out here".clone_into(&mut seen.caveat);
        }
    }
}

fn leaks(scan: &mut Scan<'_>) {
    let partial = scan.partial;
    let leak = scan.sessions.leak().map(|owner| {
        let detail = format!("{}: {} opened, {} closed.", owner.name, owner.opened, owner.closed);
        (owner.first, owner.last, owner.kept.clone(), owner.opened, detail)
    });
    if let Some((first, last, kept, opened, detail)) = leak
        && let Some(seen) = scan.conclude("conn_leak", first, last, &kept, opened, detail)
        && partial
    {
        "no closing lines are among those left out here".clone_into(&mut seen.caveat);
    }
    let memory = scan
        .sessions
        .growing()
        .find(|counter| ["rss", "heap", "mem"].iter().any(|part| counter.name.to_ascii_lowercase().contains(part)))
        .map(|counter| {
            let detail = format!(
                "{} went from {} to {} in {}.",
                counter.name,
                counter.start,
                counter.latest,
                plural(counter.rises as usize, "step")
            );
            (counter.first, counter.last, counter.kept.clone(), counter.rises, detail)
        });
    if let Some((first, last, kept, rises, detail)) = memory {
        scan.conclude("mem_growth", first, last, &kept, rises, detail);
    }
}

fn loops(scan: &mut Scan<'_>) {
    let worst = scan
        .starts
        .values()
        .filter(|starts| starts.longest >= LOOP_STARTS_MIN)
        .max_by_key(|starts| (starts.longest, std::cmp::Reverse(starts.first.line)));
    let Some(starts) = worst else { return };
    let length = starts.last.since(&starts.first).map_or_else(String::new, |ms| format!(" in {}", span(ms)));
    let detail = format!("{} in a row{length}.", plural(starts.longest as usize, "start"));
    let (first, last, kept, longest) = (starts.first, starts.last, starts.kept.clone(), starts.longest);
    scan.conclude("crash_loop", first, last, &kept, longest, detail);
}

fn exceptions(scan: &mut Scan<'_>) {
    let Some(group) = scan.traces.groups.iter().max_by_key(|group| (group.count, std::cmp::Reverse(group.first.line)))
    else {
        return;
    };
    let place = if group.frame.is_empty() { String::new() } else { format!(", thrown at {}", group.frame) };
    let detail = format!("{}: “{}”{place}.", count(group.count, "time"), group.root);
    let (first, last, kept, times) = (group.first, group.last, group.kept.clone(), group.count);
    scan.conclude("exception", first, last, &kept, times, detail);
}

fn unknown_errors(scan: &mut Scan<'_>) {
    let traced: Vec<_> = scan.traces.groups.iter().flat_map(|group| group.kept.iter().copied()).collect();
    let unknown = scan.miner.templates.iter().filter(|template| {
        template.level >= Some(Level::Error) && !template.known && !traced.contains(&template.first.line)
    });
    let Some(top) = unknown.clone().max_by_key(|template| (template.count, std::cmp::Reverse(template.first.line)))
    else {
        return;
    };
    let kinds = unknown.count();
    let others =
        if kinds > 1 { format!(" {} of unknown errors in all.", plural(kinds, "kind")) } else { String::new() };
    let detail = format!("{}: “{}”.{others}", count(top.count, "time"), top.render(scan.source.text(top.first.line)));
    let (first, last, times) = (top.first, top.last, top.count);
    let mut lines = vec![first.line];
    if last.line != first.line {
        lines.push(last.line);
    }
    scan.conclude("app_error", first, last, &lines, times, detail);
}
