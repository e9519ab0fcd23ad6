//! The printed table: what | measured | peer | ratio | limit | ok.

use std::fmt;

use crate::interleaved::Times;

/// What a row is held against.
pub(crate) enum Limit {
    /// Nothing: it is there to explain another row.
    None,
    /// At most so many nanoseconds.
    Nanoseconds(f64),
    /// At most so many nanoseconds, and so many times faster than the peer.
    AndFaster(f64, f64),
    /// At most so many nanoseconds on the machine that the limit comes from, where the peer took the second number: on a
    /// machine on which the peer takes longer, so many times longer.
    WherePeerTakes(f64, f64),
}

struct Row {
    what: String,
    median: String,
    best: String,
    peer: String,
    ratio: String,
    limit: String,
    ok: &'static str,
}

/// Rows in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    /// Adds a figure; RATIO is how many times longer the peer takes.
    pub(crate) fn add(&mut self, what: &str, ours: &Times, peer: Option<&Times>, limit: &Limit) {
        let ratio = peer.map(|peer| peer.median() / ours.median());
        let (limit, ok) = match limit {
            Limit::None => (String::new(), ""),
            Limit::Nanoseconds(most) => (time(*most), verdict(ours.median() <= *most)),
            Limit::AndFaster(most, times) => {
                let ok = ours.median() <= *most && ratio.is_some_and(|ratio| ratio >= *times);
                (format!("{}, {times:.0} x", time(*most)), verdict(ok))
            }
            Limit::WherePeerTakes(most, there) => {
                let slower = peer.map_or(1.0, |peer| (peer.median() / there).max(1.0));
                (format!("{} here", time(most * slower)), verdict(ours.median() <= most * slower))
            }
        };
        self.0.push(Row {
            what: what.to_owned(),
            median: time(ours.median()),
            best: time(ours.best()),
            peer: peer.map(|peer| time(peer.median())).unwrap_or_default(),
            ratio: ratio.map(|ratio| format!("{ratio:.1}")).unwrap_or_default(),
            limit,
            ok,
        });
    }

    /// Adds a line of counts.
    pub(crate) fn count(&mut self, what: &str, ours: &str, peer: &str, limit: &str, ok: bool) {
        self.0.push(Row {
            what: what.to_owned(),
            median: ours.to_owned(),
            best: String::new(),
            peer: peer.to_owned(),
            ratio: String::new(),
            limit: limit.to_owned(),
            ok: verdict(ok),
        });
    }
}

fn verdict(ok: bool) -> &'static str {
    if ok { "yes" } else { "NO" }
}

fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.2} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |cells: [&str; 7]| {
            let [what, median, best, peer, ratio, limit, ok] = cells;
            writeln!(f, "{what:58} {median:>11} {best:>11} {peer:>11} {ratio:>7} {limit:>15} {ok:>4}")
        };
        line(["WHAT", "MEASURED", "BEST", "PEER", "RATIO", "LIMIT", "OK"])?;
        for row in &self.0 {
            line([&row.what, &row.median, &row.best, &row.peer, &row.ratio, &row.limit, row.ok])?;
        }
        Ok(())
    }
}
