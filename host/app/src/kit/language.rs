//! The languages that there are templates and builds for. Any other that makes components works with `check` and `test`.

use std::fmt;
use std::str::FromStr;

use crate::AppError;

/// What a project is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// cargo and `trcaa-sdk`.
    #[default]
    Rust,
    /// npm and componentize-js.
    JavaScript,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rust, Self::JavaScript];

    /// `rust` or `javascript`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::JavaScript => "javascript",
        }
    }

    /// The file of a project that tells it.
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Rust => "Cargo.toml",
            Self::JavaScript => "plugin.js",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Language {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        Self::ALL.into_iter().find(|language| language.as_str() == text).ok_or_else(|| {
            AppError::usage(
                "unknown_value",
                format!("{text:?} is no language of this kit; there are rust and javascript"),
            )
            .hint("any language that makes WebAssembly components works with plugin check and plugin test FILE.wasm")
        })
    }
}
