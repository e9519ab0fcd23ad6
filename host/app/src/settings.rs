//! Settings: a closed list, each with its default and its check.

use serde::Serialize;
use trcaa_model::limits::{EXTRACTED_BYTES_MAX, LOG_BYTES_DEFAULT};

use crate::{App, AppError};

/// Raises or lowers the limit of a log's size.
pub(crate) const LOG_SIZE: &str = "log.size_bytes_max";

/// A setting with its present value.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    /// Its name.
    pub key: &'static str,
    /// In force.
    pub value: String,
    /// In force where nothing is set.
    pub default: String,
    /// What it does.
    pub meaning: &'static str,
}

impl App {
    /// Lists all settings.
    ///
    /// # Errors
    /// Those of the store.
    pub fn settings(&self) -> Result<Vec<Setting>, AppError> {
        Ok(vec![self.setting(LOG_SIZE)?])
    }

    /// Reads a setting.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn setting(&self, key: &str) -> Result<Setting, AppError> {
        if key != LOG_SIZE {
            return Err(AppError::usage("no_such_setting", format!("there is no setting {key:?}"))
                .hint("list them with: trcaa settings list"));
        }
        let default = LOG_BYTES_DEFAULT.to_string();
        let value = self.store.setting(key)?.unwrap_or_else(|| default.clone());
        Ok(Setting { key: LOG_SIZE, value, default, meaning: "largest log that is taken in, in bytes" })
    }

    /// Changes a setting.
    ///
    /// # Errors
    /// There is none of that name, or the value is not allowed.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<Setting, AppError> {
        self.setting(key)?;
        parse_log_size(value)?;
        self.store.write(|tx| tx.set_setting(key, value))?;
        self.setting(key)
    }

    /// Whether there is such a setting and it takes this value.
    pub(crate) fn takes_setting(&self, key: &str, value: &str) -> bool {
        key == LOG_SIZE && parse_log_size(value).is_ok()
    }

    pub(crate) fn log_size_max(&self) -> Result<u64, AppError> {
        parse_log_size(&self.setting(LOG_SIZE)?.value)
    }
}

fn parse_log_size(value: &str) -> Result<u64, AppError> {
    value.parse::<u64>().ok().filter(|bytes| (1..=EXTRACTED_BYTES_MAX).contains(bytes)).ok_or_else(|| {
        AppError::usage(
            "bad_setting",
            format!("{LOG_SIZE} is {value:?}; it must be a number from 1 to {EXTRACTED_BYTES_MAX}"),
        )
    })
}
