//! Clock, randomness and keyring as ports: only the command line reads the machine's; tests pass stand-ins.

use crate::secret::Secret;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> u64;
}

/// Source of unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills `buffer` whole.
    fn fill(&self, buffer: &mut [u8]);
}

/// Keeps named secrets outside the data folder: the operating system's keyring.
///
/// Every call ends within seconds, and asks nobody anything: a keyring that is locked is an error.
pub trait Keyring: Send + Sync {
    /// Reads a secret; `None` where the keyring is open and has none of that name.
    ///
    /// # Errors
    /// A sentence for people: locked, missing, not answering.
    fn get(&self, name: &str) -> Result<Option<Secret>, String>;

    /// Stores a secret, replacing one of the same name.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    fn set(&self, name: &str, secret: &Secret) -> Result<(), String>;

    /// Removes a secret; none of that name is no error.
    ///
    /// # Errors
    /// As [`Keyring::get`].
    fn delete(&self, name: &str) -> Result<(), String>;
}

/// Stand-ins for tests: the same run gives the same ids and times.
pub mod fixed {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::{Clock, Entropy};

    /// A clock that stands still.
    #[derive(Clone, Copy, Debug)]
    pub struct FixedClock(pub u64);

    impl Clock for FixedClock {
        fn now_ms(&self) -> u64 {
            self.0
        }
    }

    /// A counter-mode SplitMix64: repeatable, and not for secrets.
    #[derive(Debug)]
    pub struct SeededEntropy(AtomicU64);

    impl SeededEntropy {
        /// Starts the sequence at `seed`.
        pub fn new(seed: u64) -> Self {
            Self(AtomicU64::new(seed))
        }
    }

    impl Entropy for SeededEntropy {
        fn fill(&self, buffer: &mut [u8]) {
            for chunk in buffer.chunks_mut(8) {
                let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
            }
        }
    }
}
