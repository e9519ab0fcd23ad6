//! Ending what waits for the network, from another thread.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How often a wait looks whether it is to end.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Says whether a connection's requests are to end. Asked every 25 ms while one waits, from any thread.
#[derive(Clone, Default)]
pub struct Stop(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Stop {
    /// Ends requests once `asked` says so.
    pub fn when(asked: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(asked)))
    }

    /// Whether they are to end.
    pub(crate) fn is_asked(&self) -> bool {
        self.0.as_ref().is_some_and(|asked| asked())
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stop")
    }
}
