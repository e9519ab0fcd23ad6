//! The plugin's side of the world `trcaa:extract/text-extractor`.

use trcaa_sdk::extract as host;
use trcaa_sdk::{Descriptor, Error};

use crate::ExtractError;

struct ExtractText;

impl host::Extractor for ExtractText {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("extract-text", "Text of documents", env!("CARGO_PKG_VERSION"))
    }

    fn formats() -> Vec<String> {
        crate::FORMATS.map(str::to_owned).to_vec()
    }

    fn extract(format: String, bytes: Vec<u8>, out: &host::Output) -> Result<(), Error> {
        let mut refused = None;
        let extracted =
            crate::extract(&format, bytes, &mut |piece| out.write(piece).map_err(|error| refused = Some(error)));
        match (refused, extracted) {
            (Some(error), _) => Err(error),
            (None, Ok(())) => Ok(()),
            (None, Err(error)) => Err(match error {
                ExtractError::Password => host::refusal("password"),
                ExtractError::NoText => host::refusal("no-text"),
                ExtractError::Other(format) => host::refusal(format),
                ExtractError::Damaged(where_) => Error::InvalidInput(where_.to_owned()),
                ExtractError::TooLarge(limit) => Error::TooLarge(limit as u64),
                ExtractError::UnknownFormat => Error::Unsupported(format),
                ExtractError::Refused => Error::Cancelled,
            }),
        }
    }
}

trcaa_sdk::register!(text_extractor: ExtractText, manifest: include_bytes!("../trcaa-plugin.toml"));
