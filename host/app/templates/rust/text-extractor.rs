use trcaa_sdk::extract::{Descriptor, Error, Extractor, Output};

struct Plugin;

impl Extractor for Plugin {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("{{id}}", "{{id}}", "0.1.0")
    }

    fn formats() -> Vec<String> {
        vec!["csv".into()]
    }

    fn extract(format: String, bytes: Vec<u8>, out: &Output) -> Result<(), Error> {
        if format != "csv" {
            return Err(Error::Unsupported(format));
        }
        let text = String::from_utf8(bytes).map_err(|_| Error::InvalidInput("not UTF-8".into()))?;
        out.write_all(text.replace(',', "\t"))
    }
}

trcaa_sdk::register!(text_extractor: Plugin, manifest: include_bytes!("../trcaa-plugin.toml"));
