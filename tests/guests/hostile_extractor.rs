//! An extractor that does what the document tells it.
#![allow(missing_docs, clippy::panic)]

use trcaa_sdk::extract::{Extractor, Output, refusal};
use trcaa_sdk::host::log::{self, Level};
use trcaa_sdk::{Descriptor, Error};

/// The host's limit of a call's output.
const OUTPUT_BYTES_MAX: usize = 104_857_600;

struct Hostile;

impl Extractor for Hostile {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("hostile-extractor", "Hostile", "0.1.0")
    }

    fn formats() -> Vec<String> {
        vec!["pdf".into(), "docx".into(), "hostile".into()]
    }

    fn extract(_format: String, bytes: Vec<u8>, out: &Output) -> Result<(), Error> {
        let document = String::from_utf8_lossy(&bytes).into_owned();
        let order = document.strip_prefix("%PDF-").unwrap_or(&document);
        match order.split(' ').next().unwrap_or_default() {
            "trap" => panic!("the document was: {document}"),
            "loop" => loop {
                std::hint::black_box(0);
            },
            "allocate" => {
                let mut kept = Vec::new();
                loop {
                    kept.push(vec![1_u8; 1 << 20]);
                    std::hint::black_box(&kept);
                }
            }
            "at-limit" => write(out, OUTPUT_BYTES_MAX),
            "over-limit" => write(out, OUTPUT_BYTES_MAX + 1),
            "one-big-write" => out.write(&vec![b'x'; (4 << 20) + 1]),
            "not-utf8" => out.write(b"clear text \xff"),
            "half-character" => out.write("é".as_bytes().get(..1).unwrap_or_default()),
            "split-character" => "é😀".as_bytes().chunks(1).try_for_each(|byte| out.write(byte)),
            "nothing" => Ok(()),
            "half-then-error" => {
                out.write(b"half of the text")?;
                Err(Error::InvalidInput(document))
            }
            "talkative" => Err(Error::Other((document.clone(), document))),
            "password" => Err(refusal("password")),
            "log" => {
                log::emit(Level::Info, &document, &[]);
                out.write(b"logged")
            }
            _ => out.write(b"harmless"),
        }
    }
}

fn write(out: &Output, bytes: usize) -> Result<(), Error> {
    let piece = vec![b'x'; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        let count = left.min(piece.len());
        out.write(piece.get(..count).unwrap_or_default())?;
        left -= count;
    }
    Ok(())
}

const MANIFEST: &[u8] = br#"
id = "hostile-extractor"
version = "0.1.0"
kind = "text-extractor"
world = "trcaa:extract/text-extractor@0.1.0"
description = "Misbehaves on demand."
[limits]
cpu_ms_max = 2000
"#;

trcaa_sdk::register!(text_extractor: Hostile, manifest: MANIFEST);
