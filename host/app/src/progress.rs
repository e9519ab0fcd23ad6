//! What long work says of itself while it runs.

/// Gets told how far long work is. Called from the thread that does the work.
pub trait Progress: Send + Sync {
    /// A step begins; `bytes` is how much there is to do, where that is known.
    fn begin(&self, step: &str, bytes: Option<u64>);
    /// So many more bytes are done.
    fn advance(&self, bytes: u64);
    /// Something worth a glance while a step runs: text of a stranger, to be made visible. Shown by who has room.
    fn note(&self, _text: &str) {}
    /// The step ended.
    fn end(&self);
}

/// Says nothing.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn begin(&self, _step: &str, _bytes: Option<u64>) {}
    fn advance(&self, _bytes: u64) {}
    fn end(&self) {}
}
