//! How a plugin fails, told apart from how the host or its user fails.

use std::fmt;

use trcaa_model::hidden::is_hidden;

/// A call into a plugin that did not give a usable answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("plugin {plugin} {version}, function {function}: {fault}{next}", next = fault.next_step(plugin))]
pub struct PluginError {
    /// Id of the plugin.
    pub plugin: String,
    /// Its version.
    pub version: String,
    /// The exported function.
    pub function: &'static str,
    /// What happened.
    pub fault: Fault,
}

/// What happened in a call. Only `Reported` and `BadOutput` carry words of the plugin, cut and stripped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It trapped: a panic, an unreachable instruction, an access out of bounds, too deep a recursion.
    #[error("it crashed ({0})")]
    Trapped(String),
    /// It computed for too long.
    #[error("it used more than {limit_ms} ms of CPU and was stopped")]
    CpuLimit {
        /// The limit.
        limit_ms: u64,
    },
    /// It took too long, waiting included.
    #[error("it took more than {limit_ms} ms and was stopped")]
    WallLimit {
        /// The limit.
        limit_ms: u64,
    },
    /// It waited too long for something to arrive, or pushed nothing for too long.
    #[error("nothing came in or out of it for {limit_ms} ms and it was stopped")]
    IdleLimit {
        /// The limit.
        limit_ms: u64,
    },
    /// It held more resources at once than it may.
    #[error("it held more than {limit} resources at once")]
    HandleLimit {
        /// The limit.
        limit: usize,
    },
    /// It wanted more memory than it may have.
    #[error("it wanted more than {limit_bytes} bytes of memory")]
    MemoryLimit {
        /// The limit.
        limit_bytes: u64,
    },
    /// It returned, wrote or emitted too much.
    #[error("it gave more than {limit_bytes} bytes of output")]
    OutputLimit {
        /// The limit.
        limit_bytes: u64,
    },
    /// The host or the user ended the call.
    #[error("the call was cancelled")]
    Cancelled,
    /// It answered, and the answer is not to be believed.
    #[error("its answer was refused: {0}")]
    BadOutput(String),
    /// It answered with an error of its own.
    #[error("it reported: {0}")]
    Reported(GuestError),
    /// It failed three times within ten minutes.
    #[error("it is switched off after {failures} failures within ten minutes, the last: {last}")]
    CircuitOpen {
        /// How many.
        failures: usize,
        /// The last of them.
        last: String,
    },
    /// A panic in the host, during this call.
    #[error("the host failed during the call; this is a bug of the host")]
    HostPanic,
}

impl Fault {
    /// A stable word for it, without any word of the plugin: what is kept of a failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trapped(_) => "trapped",
            Self::CpuLimit { .. } => "cpu_limit",
            Self::WallLimit { .. } => "wall_limit",
            Self::IdleLimit { .. } => "idle_limit",
            Self::HandleLimit { .. } => "handle_limit",
            Self::MemoryLimit { .. } => "memory_limit",
            Self::OutputLimit { .. } => "output_limit",
            Self::Cancelled => "cancelled",
            Self::BadOutput(_) => "bad_output",
            Self::Reported(_) => "reported",
            Self::CircuitOpen { .. } => "circuit_open",
            Self::HostPanic => "host_panic",
        }
    }

    /// What the user can do about it, to be put behind the fault; empty where the fault says it.
    fn next_step(&self, plugin: &str) -> String {
        match self {
            Self::Reported(error) if error.retry_after_ms.is_some() => {
                format!("; try again in {} s", error.retry_after_ms.unwrap_or(0).div_ceil(1000))
            }
            Self::Reported(_) | Self::Cancelled => String::new(),
            Self::CircuitOpen { .. } => {
                format!("; once you know why, switch it on again: trcaa plugin enable {plugin}")
            }
            Self::HostPanic => "; please report it".into(),
            Self::CpuLimit { .. } | Self::WallLimit { .. } | Self::MemoryLimit { .. } | Self::OutputLimit { .. } => {
                "; try with less input, or tell its author".into()
            }
            Self::IdleLimit { .. } => "; try again, or look at the service that it talks to".into(),
            Self::Trapped(_) | Self::BadOutput(_) | Self::HandleLimit { .. } => {
                format!("; tell its author, or do without it: trcaa plugin disable {plugin}")
            }
        }
    }

    /// Whether it is a limit that a larger input reaches sooner.
    pub fn is_limit_of_input(&self) -> bool {
        matches!(
            self,
            Self::CpuLimit { .. } | Self::WallLimit { .. } | Self::MemoryLimit { .. } | Self::OutputLimit { .. }
        )
    }

    /// Whether it counts towards switching the plugin off: an error that a plugin reports in good order does not.
    pub fn is_misbehaviour(&self) -> bool {
        !matches!(self, Self::Reported(_) | Self::Cancelled | Self::CircuitOpen { .. } | Self::HostPanic)
    }
}

/// An error that a plugin reported: the cases of `trcaa:types/types.error`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuestError {
    /// Stable code, such as `rate-limited`.
    pub code: String,
    /// What it says, at most 300 characters, without control characters.
    pub message: String,
    /// When to try again, if the remote said so.
    pub retry_after_ms: Option<u64>,
}

impl fmt::Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.message.is_empty() { f.write_str(&self.code) } else { write!(f, "{}: {}", self.code, self.message) }
    }
}

/// A plugin that can't be loaded.
#[derive(Debug, Clone, thiserror::Error)]
#[error("loading plugin {name}: {problem}")]
pub struct LoadError {
    /// Its id or file name.
    pub name: String,
    /// What is wrong, in one sentence.
    pub problem: String,
}

/// Text of a stranger, fit for a message: one line, bounded, without characters that hide or turn what follows them.
pub(crate) fn plain(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).map(|c| if c.is_control() || is_hidden(c) { ' ' } else { c }).collect()
}
