//! The background writer of events whose fact is no row of the store, and whose caller must not wait for a disk.
//!
//! A fact that is a row is written together with its event, in the transaction of its caller ([`crate::Tx::happened`]):
//! all three stand or fall together. This writer is for the rest, such as a document that was exported to a file.
//!
//! Invariants:
//! 1. What [`EventWriter::post`] took is written, or told as lost by [`EventWriter::flush`], [`EventWriter::close`] or
//!    [`PendingEvents::finish`]; nothing is dropped. A full queue makes the caller wait.
//! 2. An event and its audit row are one transaction; many events may share one (group commit).
//! 3. Events are written in the order in which they were posted.
//! 4. The connection is the writer's own, opened by its thread when the first event comes.
//! 5. Dropping the writer, also while a panic unwinds, waits until all is written, but no longer than [`DROP_WAIT`].
//!
//! Only `kill -9` and a power cut can take what was posted and not yet written; who cannot bear that calls `flush`.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use trcaa_model::audit::AuditRecord;
use trcaa_model::env::{Clock, Entropy};
use trcaa_model::id::IssueId;
use trcaa_model::timeline::Happening;

use crate::keys::{DatabaseKey, KeyKind, KeyMaterial};
use crate::lock::{FolderLock, Patience};
use crate::{Opened, Store, StoreError, open};

/// Events waiting; a burst of a long job fits, and it is 1 MB at the usual size.
pub const EVENT_QUEUE_MAX: usize = 4_096;
/// Events of one transaction: its cost is spread well by then, and other processes get their turn.
const BATCH_MAX: usize = 256;
/// How long a drop waits: longer than the 10 s for which a busy database is tried.
const DROP_WAIT: Duration = Duration::from_secs(15);
/// How long a flush waits: a full queue on a slow disk, with one wait for another process.
const FLUSH_WAIT: Duration = Duration::from_secs(30);

/// Something that happened, with its entry for the audit trail.
#[derive(Clone, Debug)]
pub struct Event {
    /// To which issue.
    pub issue: IssueId,
    /// What it was.
    pub what: Happening,
    /// For a person.
    pub description: String,
    /// Its audit row.
    pub audit: AuditRecord,
}

/// What the writer could not do.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// Some events could not be written.
    #[error("{lost} of the posted events could not be written, the first of type {event_type}")]
    Lost {
        /// How many.
        lost: usize,
        /// Type of the first.
        event_type: &'static str,
        /// Why the first could not.
        #[source]
        source: StoreError,
    },
    /// The wait was over before all were written.
    #[error("{pending} posted events are still not written")]
    Late {
        /// How many.
        pending: usize,
    },
    /// The process is ending, and takes no more.
    #[error("the process is ending, so the event was not taken")]
    Stopped,
    /// No thread could be started.
    #[error("no thread could be started to write events")]
    Thread(#[source] std::io::Error),
}

/// Takes events and writes them on a thread of its own.
#[derive(Debug)]
pub struct EventWriter {
    shared: Arc<Shared>,
    /// The thread; started by the first event.
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What is still to be written, seen from elsewhere, such as from where signals are handled.
#[derive(Clone, Debug)]
pub struct PendingEvents(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// The queue got shorter, or the thread ended.
    progress: Condvar,
    /// There is something to do.
    work: Condvar,
    door: Door,
}

#[derive(Debug, Default)]
struct State {
    queue: VecDeque<Event>,
    /// Taken from the queue and not yet written.
    writing: usize,
    /// The thread waits for work.
    idle: bool,
    /// No more events are taken.
    stopped: bool,
    /// The thread was started and has not ended.
    running: bool,
    loss: Option<Loss>,
}

/// What could not be written since it was last told.
#[derive(Debug)]
struct Loss {
    count: usize,
    /// Of the first.
    event_type: &'static str,
    /// Why the first could not.
    why: StoreError,
}

/// What it takes to open a further connection.
pub(crate) struct Door {
    path: PathBuf,
    key: DatabaseKey,
    page_bytes: u32,
    material: KeyMaterial,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    kind: KeyKind,
    replaced: bool,
    wait: Duration,
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Door {
    pub(crate) fn of(store: &Store) -> Self {
        Self {
            path: store.path.clone(),
            key: store.key.clone(),
            page_bytes: store.page_bytes,
            material: store.material.clone(),
            clock: Arc::clone(&store.clock),
            entropy: Arc::clone(&store.entropy),
            kind: store.kind,
            replaced: store.replaced,
            wait: store.wait,
        }
    }

    pub(crate) fn open(&self) -> Result<Store, StoreError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let _lock = FolderLock::shared(folder, &mut Patience::new(self.wait))?;
        let conn = open::connect_with(&self.path, &self.key, self.page_bytes)?;
        open::set_up(&conn)?;
        Ok(Store {
            conn,
            path: self.path.clone(),
            key: self.key.clone(),
            page_bytes: self.page_bytes,
            material: self.material.clone(),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            opened: Opened::Existing,
            kind: self.kind,
            keyring: None,
            keyring_name: None,
            replaced: self.replaced,
            wait: self.wait,
        })
    }
}

impl State {
    fn pending(&self) -> usize {
        self.queue.len() + self.writing
    }

    fn lose(&mut self, loss: Option<Loss>) {
        match (&mut self.loss, loss) {
            (Some(kept), Some(more)) => kept.count += more.count,
            (kept @ None, loss) => *kept = loss,
            (Some(_), None) => {}
        }
    }

    /// Tells what was lost, once.
    fn take_loss(&mut self) -> Result<(), EventError> {
        match self.loss.take() {
            None => Ok(()),
            Some(Loss { count, event_type, why }) => Err(EventError::Lost { lost: count, event_type, source: why }),
        }
    }
}

impl Shared {
    /// The state is consistent whenever the lock is free, so that of a thread that panicked is as good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nothing is left to write, or `limit` is over.
    fn drained(&self, limit: Duration) -> MutexGuard<'_, State> {
        let until = Instant::now() + limit;
        let mut state = self.lock();
        while state.pending() > 0 && state.running {
            let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) else { break };
            state = self.progress.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }

    fn finish(&self, limit: Duration) -> Result<(), EventError> {
        let mut state = self.drained(limit);
        match state.pending() {
            0 => state.take_loss(),
            pending => Err(EventError::Late { pending }),
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.work.notify_all();
        self.progress.notify_all();
    }

    /// The thread's part: takes what is queued, writes it in one transaction, until it is stopped and nothing is left.
    fn run(&self) {
        let _ended = Ended(self);
        let mut store = None;
        loop {
            let mut state = self.lock();
            while state.queue.is_empty() && !state.stopped {
                state.idle = true;
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            state.idle = false;
            let count = state.queue.len().min(BATCH_MAX);
            if count == 0 {
                return;
            }
            let batch: Vec<Event> = state.queue.drain(..count).collect();
            state.writing = count;
            drop(state);
            // Those who wait for room may fill the queue while this batch is written.
            self.progress.notify_all();
            let loss = self.write(&mut store, &batch);
            let mut state = self.lock();
            state.writing = 0;
            state.lose(loss);
            drop(state);
            self.progress.notify_all();
        }
    }

    fn write(&self, store: &mut Option<Store>, batch: &[Event]) -> Option<Loss> {
        let lose = |count: usize, event: &Event, why| Loss { count, event_type: event.what.event_type(), why };
        let first = batch.first()?;
        let opened = match store.take() {
            Some(opened) => opened,
            None => match self.door.open() {
                Ok(opened) => opened,
                Err(why) => return Some(lose(batch.len(), first, why)),
            },
        };
        let store = store.insert(opened);
        match store.write(|tx| batch.iter().try_for_each(|event| record(tx, event))) {
            Ok(()) => None,
            // One that cannot be written must not take the others with it. What is wrong with the database itself would
            // only be met again, and waited for again, once per event.
            Err(StoreError::NoSuch { .. } | StoreError::Invalid { .. }) => {
                let mut loss: Option<Loss> = None;
                for event in batch {
                    if let Err(why) = store.write(|tx| record(tx, event)) {
                        loss.get_or_insert_with(|| lose(0, event, why)).count += 1;
                    }
                }
                loss
            }
            Err(why) => Some(lose(batch.len(), first, why)),
        }
    }
}

fn record(tx: &crate::Tx<'_>, event: &Event) -> Result<(), StoreError> {
    tx.happened(&event.issue, &event.what, &event.description, &event.audit).map(|_| ())
}

/// Says that the thread is gone, also when a panic took it: nobody may wait for it then.
struct Ended<'s>(&'s Shared);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.running = false;
        state.stopped = true;
        drop(state);
        self.0.progress.notify_all();
    }
}

impl EventWriter {
    /// Makes a writer to the same database; opens nothing and starts nothing yet.
    pub fn new(store: &Store) -> Self {
        let shared =
            Shared { state: Mutex::default(), progress: Condvar::new(), work: Condvar::new(), door: Door::of(store) };
        Self { shared: Arc::new(shared), thread: Mutex::new(None) }
    }

    /// Takes an event over and returns at once; waits only while [`EVENT_QUEUE_MAX`] events are waiting.
    ///
    /// # Errors
    /// [`EventError::Stopped`] once the process is ending, [`EventError::Thread`]; the event was not taken then.
    pub fn post(&self, event: Event) -> Result<(), EventError> {
        let mut state = self.shared.lock();
        while state.queue.len() >= EVENT_QUEUE_MAX && !state.stopped {
            state = self.shared.progress.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return Err(EventError::Stopped);
        }
        if !state.running {
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name("events".to_owned()).spawn(move || shared.run());
            let thread = thread.map_err(EventError::Thread)?;
            *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
            state.running = true;
        }
        state.queue.push_back(event);
        // A thread that is at work looks again before it waits.
        let wake = std::mem::take(&mut state.idle);
        drop(state);
        if wake {
            self.shared.work.notify_one();
        }
        Ok(())
    }

    /// Waits until all that was posted before is written, at most 30 s.
    ///
    /// # Errors
    /// [`EventError::Lost`] (each loss is told once), [`EventError::Late`].
    pub fn flush(&self) -> Result<(), EventError> {
        self.shared.finish(FLUSH_WAIT)
    }

    /// Flushes and ends the thread.
    ///
    /// # Errors
    /// Those of [`EventWriter::flush`].
    pub fn close(self) -> Result<(), EventError> {
        self.flush()
    }

    /// What is still to be written, for where the process is ended.
    pub fn pending(&self) -> PendingEvents {
        PendingEvents(Arc::clone(&self.shared))
    }
}

impl Drop for EventWriter {
    fn drop(&mut self) {
        self.shared.stop();
        let ended = {
            let until = Instant::now() + DROP_WAIT;
            let mut state = self.shared.lock();
            while state.running {
                let Some(left) = until.checked_duration_since(Instant::now()).filter(|l| !l.is_zero()) else { break };
                state = self.shared.progress.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
            }
            !state.running
        };
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread.filter(|_| ended) {
            // A panic of the thread was told as events that are still pending.
            let _ = thread.join();
        }
    }
}

impl PendingEvents {
    /// Takes no more events from now on, and waits at most `limit` until those that were taken are written.
    ///
    /// # Errors
    /// [`EventError::Lost`], [`EventError::Late`].
    pub fn finish(&self, limit: Duration) -> Result<(), EventError> {
        self.0.stop();
        self.0.finish(limit)
    }
}
