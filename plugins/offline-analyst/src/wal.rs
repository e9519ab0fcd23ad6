//! Owns following PostgreSQL's write-ahead log: what checkpoints add and free, and which replication slot lost its consumer.
//! Invariants: at most [`SLOTS_MAX`] slots are followed.

use crate::clock::Event;
use crate::line::{LineRef, cut};

/// Replication slots followed; servers allow ten by default.
const SLOTS_MAX: usize = 64;
/// Files added without any freed before the log counts as growing.
const GROWTH_FILES_MIN: u64 = 4;

/// A replication slot and its consumer.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) name: String,
    process: Option<u64>,
    pub(crate) started: Event,
    /// The last line that shows the consumer leaving, if it has not come back.
    pub(crate) stopped: Option<Event>,
}

/// A run of checkpoints that freed nothing.
#[derive(Debug)]
pub(crate) struct Growth {
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) checkpoints: u32,
    pub(crate) added: u64,
    pub(crate) kept: Vec<LineRef>,
}

/// Reads lines one by one.
#[derive(Debug, Default)]
pub(crate) struct Wal {
    pub(crate) slots: Vec<Slot>,
    pub(crate) growth: Option<Growth>,
}

impl Wal {
    /// Looks at one line.
    pub(crate) fn feed(&mut self, text: &str, event: Event) {
        if let Some(counts) = checkpoint(text) {
            self.checkpoint(counts, event);
        } else if text.contains("START_REPLICATION")
            || text.contains("starting logical decoding for slot")
            || text.contains("acquired") && text.contains("replication slot")
        {
            if let Some(name) = slot_name(text) {
                self.started(&name, process(text), event);
            }
        } else if text.contains("disconnection: session time")
            || text.contains("terminating walsender")
            || text.contains("released") && text.contains("replication slot")
            || text.contains("unexpected EOF on standby connection")
        {
            self.stopped(text, event);
        } else if ["dropped replication slot", "DROP_REPLICATION_SLOT", "pg_drop_replication_slot"]
            .iter()
            .any(|word| text.contains(word))
            && let Some(name) = slot_name(text)
        {
            self.slots.retain(|slot| slot.name != name);
        }
    }

    fn started(&mut self, name: &str, process: Option<u64>, event: Event) {
        let room = self.slots.len() < SLOTS_MAX;
        match self.slots.iter_mut().find(|slot| slot.name == name) {
            Some(slot) => {
                slot.process = process;
                slot.started = event;
                slot.stopped = None;
            }
            None if room => {
                self.slots.push(Slot { name: name.to_owned(), process, started: event, stopped: None });
            }
            None => {}
        }
    }

    fn stopped(&mut self, text: &str, event: Event) {
        let process = process(text);
        let named = slot_name(text);
        for slot in self.slots.iter_mut().filter(|slot| slot.stopped.is_none() && slot.started.file == event.file) {
            if named.as_deref() == Some(&slot.name) || process.is_some() && process == slot.process {
                slot.stopped = Some(event);
            }
        }
    }

    fn checkpoint(&mut self, (added, freed): (u64, u64), event: Event) {
        if freed > 0 {
            self.growth = None;
            return;
        }
        if added == 0 {
            return;
        }
        let growth = self.growth.get_or_insert_with(|| Growth {
            first: event,
            last: event,
            checkpoints: 0,
            added: 0,
            kept: Vec::new(),
        });
        growth.last = event;
        growth.checkpoints = growth.checkpoints.saturating_add(1);
        growth.added = growth.added.saturating_add(added);
        // The first and the latest ones are the telling ones.
        if growth.kept.len() >= 3 {
            growth.kept.pop();
        }
        growth.kept.push(event.line);
    }

    /// The growth at the end of the lines, if it is worth the name.
    pub(crate) fn growing(&self) -> Option<&Growth> {
        self.growth.as_ref().filter(|growth| growth.added >= GROWTH_FILES_MIN && growth.checkpoints >= 2)
    }
}

/// Files added, and files removed or recycled, of a `checkpoint complete` line.
fn checkpoint(text: &str) -> Option<(u64, u64)> {
    let (_, rest) = text.split_once("checkpoint complete")?;
    let (before, after) =
        rest.split_once(" WAL file(s) added, ").or_else(|| rest.split_once(" transaction log file(s) added, "))?;
    let added: u64 = before.rsplit(' ').next()?.parse().ok()?;
    let (removed, recycled) = after.split_once(" removed, ")?;
    let recycled: u64 = recycled.split(' ').next()?.parse().ok()?;
    Some((added, removed.parse::<u64>().ok()?.saturating_add(recycled)))
}

/// The name behind the word slot, quoted or not.
fn slot_name(text: &str) -> Option<String> {
    let at = text
        .find("SLOT ")
        .or_else(|| text.find("slot "))
        .map(|at| at + 5)
        .or_else(|| text.find("slot('").map(|at| at + 6))?;
    let rest = text.get(at..)?.trim_start_matches(['"', '\'']);
    let end = rest.find(['"', '\'', ' ', ',', ')', ';']).unwrap_or(rest.len());
    (end > 0).then(|| cut(&rest[..end], 63).to_owned())
}

/// The process id that PostgreSQL's usual prefix writes in brackets.
pub(crate) fn process(text: &str) -> Option<u64> {
    cut(text, 160).split('[').skip(1).find_map(|part| {
        let end = part.find([']', '-'])?;
        part.get(..end)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::lines;

    fn read(text: &str) -> Wal {
        let mut wal = Wal::default();
        for line in lines(0, text) {
            wal.feed(
                &text[line.start as usize..line.end as usize],
                Event { at: None, group: 0, file: 0, line, dated: line },
            );
        }
        wal
    }

    const START: &str = "x UTC [41] user=repl,db=[unknown],app=standby1 LOG:  received replication command: START_REPLICATION SLOT \"standby1\" 0/3000000 TIMELINE 1\n";
    const STOP: &str = "x UTC [41] user=repl,db=[unknown],app=standby1 LOG:  disconnection: session time: 0:10:00.000 user=repl database= host=10.0.0.9\n";

    #[test]
    fn a_slot_is_stale_when_its_consumer_left_and_did_not_come_back() {
        let stale = |text: &str| read(text).slots.iter().filter(|slot| slot.stopped.is_some()).count();
        assert_eq!(stale(START), 0);
        assert_eq!(stale(&format!("{START}{STOP}")), 1);
        assert_eq!(stale(&format!("{START}{STOP}{}", START.replace("[41]", "[77]"))), 0);
        assert_eq!(stale(&format!("{START}{}", STOP.replace("[41]", "[99]"))), 0, "another session's end");
        assert_eq!(stale(&format!("{START}{STOP}x [1] LOG:  DROP_REPLICATION_SLOT \"standby1\"\n")), 0);
    }

    #[test]
    fn checkpoints_that_free_nothing_are_growth() {
        let line = |added: u32, removed: u32, recycled: u32| {
            format!(
                "LOG:  checkpoint complete: wrote 9 buffers (0.1%); {added} WAL file(s) added, {removed} removed, {recycled} recycled; write=1 s\n"
            )
        };
        let growing = read(&[line(0, 1, 2), line(30, 0, 0), line(33, 0, 0)].concat());
        assert_eq!(growing.growing().map(|growth| (growth.checkpoints, growth.added)), Some((2, 63)));
        assert!(read(&[line(30, 0, 0), line(33, 0, 0), line(0, 3, 0)].concat()).growing().is_none());
    }
}
