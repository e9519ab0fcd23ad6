//! What is fixed about MCP servers before one is spoken to: names of their tools, how they are started, and how a
//! list of tools is pinned.
//!
//! Pure: starts no process and opens no connection. Must not know: the store, the audit trail, who approves a call.
//!
//! Invariants: a tool key is ASCII, at most 64 characters, and unique in its list; a command is an absolute path with
//! arguments, and no shell ever reads it; no refused variable gets into a command's environment; the digest of a list
//! changes with every change of any of its tools, and with nothing else.

mod command;
mod key;
mod pin;

pub use command::{CommandError, StdioCommand, check_environment};
pub use key::{KEY_CHARS_MAX, ToolName, assign_keys, tool_key};
pub use pin::{TooDeep, tools_digest};
