//! Sizes that more than one crate holds to.

/// Most bytes of text that reading a stored log yields (behaviour.md): exactly so many pass, one more is refused.
pub const EXTRACTED_BYTES_MAX: u64 = 104_857_600;

/// Most bytes of an uploaded log, unless the setting `log.size_bytes_max` says otherwise.
pub const LOG_BYTES_DEFAULT: u64 = 52_428_800;

/// Most bytes of an uploaded image, unless a setting says otherwise (behaviour.md): 10 MiB.
pub const IMAGE_BYTES_DEFAULT: u64 = 10_485_760;
