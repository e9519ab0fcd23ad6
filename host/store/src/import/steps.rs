//! What a table needs beyond its columns' rules.

use std::io::{Read as _, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use rusqlite::params;
use rusqlite::types::Value;
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};
use trcaa_model::id::LogFileId;
use trcaa_model::limits::EXTRACTED_BYTES_MAX;

use super::Importer;
use super::cells::Found;
use super::placeholders::{self, PLACEHOLDER_BYTES_MAX};
use super::report::Outcome;
use super::rows::{Making, Stop};
use super::tables::IMAGE_BYTES_MAX;
use crate::{StoreError, fallback, row};

/// As for logs that are uploaded.
const GZIP_LEVEL: u32 = 4;
/// Bytes unpacked at a time.
const CHUNK_BYTES: usize = 64 << 10;
/// Bytes by which a packed or binary file is told from a text.
const SNIFF_BYTES: usize = 64 << 10;
/// Templates that the earlier product came with.
const EARLIER_SEEDS: [&str; 7] =
    ["kubectl_get", "kubectl_describe", "kubectl_logs", "kubectl_apply", "kubectl_delete", "pvecm_status", "qm_status"];

/// A log's text: checked where it is stored, taken in from its old place where it still is what it was.
pub(super) fn log_file(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let stored = match making.take("content_compressed") {
        Value::Blob(packed) => {
            let sound = unpacked_hash(&packed).is_some();
            if !sound {
                making.note("its stored text is damaged, or has more than 100 MiB, and is left out");
            }
            sound.then_some(packed)
        }
        _ => None,
    };
    if stored.is_none() {
        making.untold("content_compressed");
        making.untold("file_path");
    }
    let packed = match stored {
        Some(packed) => Some(packed),
        None => {
            let found = read_unchanged(making, "content_hash", EXTRACTED_BYTES_MAX);
            let packed = found.filter(|bytes| is_text(bytes)).and_then(|bytes| pack(&bytes));
            if packed.is_none() {
                making.note("its text is not stored, and not verifiably found at its file_path, which is left out");
                forget_path(making);
            }
            packed
        }
    };
    making.set("content_compressed", packed.map_or(Value::Null, Value::Blob));

    // A copy from elsewhere is a text that claims to be redacted: what it holds would leave as it is. Detected and applied
    // here it costs a minute.
    making.take("redacted_compressed");
    making.set("redacted_hash", Value::Null);
    if making.value("redacted") == Some(&Value::Integer(1)) {
        making.note(NOT_BELIEVED);
        if !placeholders::others(making.importer, &making.text("issue_id"))?.is_empty() {
            placeholders::strip(making.importer, making.text("id"));
        }
    }
    making.set("redacted", 0_i64);
    Ok(())
}

/// What becomes of the redacted copy of a log.
const NOT_BELIEVED: &str = "its redacted copy is not taken over: trcaa pii detect LOG, then pii apply LOG";

/// A span is not empty, and lies within its log's text, where that is stored.
pub(super) fn span(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let (Some(Value::Integer(start)), Some(Value::Integer(end))) =
        (making.value("start_offset"), making.value("end_offset"))
    else {
        return Err(Stop::refused("it has no offsets"));
    };
    let (start, end) = (row::unsigned(Some(*start)), row::unsigned(Some(*end)));
    if start >= end {
        return Err(Stop::refused("it ends before it begins"));
    }
    let length = text_length(making.importer, making.text("log_file_id"))?;
    if end > length.unwrap_or(EXTRACTED_BYTES_MAX) {
        return Err(Stop::refused("it reaches past the end of its log's text"));
    }
    Ok(())
}

/// Bytes of a log's stored text; each text is unpacked once. `None` where none is stored, or it is damaged.
fn text_length(importer: &Importer<'_>, log: String) -> Result<Option<u64>, StoreError> {
    if let Some(known) = importer.text_lengths.borrow().get(&log) {
        return Ok(*known);
    }
    let sql = "SELECT 1 FROM log_files WHERE id = ?1 AND content_compressed IS NOT NULL";
    let length = match row::first(&importer.tx.conn, sql, [&log], |_| Ok(()))? {
        Some(()) => {
            let mut text = importer.tx.open_text(&LogFileId::from_stored(log.as_str()))?;
            std::io::copy(&mut text, &mut std::io::sink()).ok()
        }
        None => None,
    };
    importer.text_lengths.borrow_mut().insert(log, length);
    Ok(length)
}

/// An image's bytes: known by their content; the same ones on one issue are one row.
pub(super) fn image(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let stored = match making.take("image_data") {
        Value::Blob(bytes) => Some(bytes),
        _ => None,
    };
    if stored.is_none() {
        for column in ["image_data", "file_path", "file_size", "mime_type", "upload_hash"] {
            making.untold(column);
        }
    }
    let bytes = stored.or_else(|| read_unchanged(making, "upload_hash", IMAGE_BYTES_MAX));
    match bytes.map(|bytes| (image_type(&bytes), bytes)) {
        Some((Some(mime_type), bytes)) => {
            let hash = hex::encode(Sha256::digest(&bytes));
            let given = making.text("upload_hash");
            if !given.is_empty() && !given.eq_ignore_ascii_case(&hash) {
                making.note("upload_hash was not that of its bytes, and is made anew");
            }
            making.set("mime_type", mime_type.to_owned());
            making.set("upload_hash", hash);
            making.set("file_size", i64::try_from(bytes.len()).unwrap_or(i64::MAX));
            making.set("image_data", Value::Blob(bytes));
        }
        Some((None, _)) => {
            making.note("its bytes are no image, and are left out with its file_path");
            forget_path(making);
        }
        None => {
            making.note("its bytes are not stored, and not verifiably found at its file_path, which is left out");
            forget_path(making);
        }
    }
    let (id, issue, hash) = (making.text("id"), making.text("issue_id"), making.text("upload_hash"));
    let same = "SELECT 1 FROM image_attachments WHERE issue_id = ?1 AND upload_hash = ?2 AND id <> ?3 LIMIT 1";
    if !hash.is_empty() && row::first(&making.importer.tx.conn, same, [&issue, &hash, &id], |_| Ok(()))?.is_some() {
        return Err(Stop::Row(Outcome::AlreadyThere, "the issue has this image under another id".into()));
    }
    Ok(())
}

/// Only what this version knows, with a value that it takes.
pub(super) fn setting(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    if (making.importer.accepts_setting)(&making.text("key"), &making.text("value")) {
        return Ok(());
    }
    Err(Stop::refused("this version has no such setting, or does not take its value"))
}

/// The hash is over the token; one that is missing is made.
pub(super) fn credential(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let given = making.incoming.get("token_hash").filled().unwrap_or_default();
    let is_hash = given.len() == 64 && given.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hash = if is_hash {
        given.to_ascii_lowercase()
    } else {
        hex::encode(Sha256::digest(making.secret("encrypted_token").unwrap_or_default()))
    };
    making.set("token_hash", hash);
    Ok(())
}

/// What acts by itself is switched on by a person, on this machine.
pub(super) fn integration(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    if making.value("auto_create_enabled") == Some(&Value::Integer(1)) {
        making.set("auto_create_enabled", 0);
        making.note("auto_create_enabled came over switched off: `trcaa integration set SERVICE --auto-create`");
    }
    Ok(())
}

/// As [`integration`]: an enabled stdio server is a program that is started.
pub(super) fn mcp_server(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    if making.value("enabled") == Some(&Value::Integer(1)) {
        making.set("enabled", 0);
        making.note("it came over switched off: `trcaa mcp enable`");
    }
    Ok(())
}

/// Version 018 had resources without a name.
pub(super) fn mcp_resource(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    if making.text("name").is_empty() {
        let uri = making.text("uri");
        making.set("name", uri);
    }
    Ok(())
}

/// A kind of provider becomes a plugin; columns of its own become options.
pub(super) fn provider(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let format = making.incoming.get("api_format").filled().unwrap_or_default().to_ascii_lowercase();
    let kind = making.text("plugin");
    let plugin = match kind.trim().to_ascii_lowercase().replace(['_', ' '], "-").as_str() {
        "custom" | "custom-rest" | "rest" if format.is_empty() || format == "openai" => {
            if kind.contains("rest") { "custom-rest" } else { "openai" }.to_owned()
        }
        "custom" | "custom-rest" | "rest" => "custom-rest".to_owned(),
        "openai" | "openai-compatible" | "azure" | "azure-openai" | "litellm" | "lmstudio" | "vllm" => {
            "openai".to_owned()
        }
        "gemini" | "google" | "google-gemini" => "gemini".to_owned(),
        "anthropic" | "claude" => "anthropic".to_owned(),
        "mistral" | "mistralai" => "mistral".to_owned(),
        other => other.to_owned(),
    };
    making.set("plugin", plugin);
    let mut options: Map<String, Json> = serde_json::from_str(&making.text("options")).unwrap_or_default();
    for name in making.table.reads {
        let value = match making.incoming.get(name) {
            Found::Integer(number) => Json::from(*number),
            other => match other.filled() {
                Some(text) => Json::from(text),
                None => continue,
            },
        };
        options.entry(*name).or_insert(value);
    }
    making.set("options", Json::Object(options).to_string());
    Ok(())
}

/// Templates that a product came with are no user's.
pub(super) fn shell_command(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let (id, template) = (making.text("id"), making.text("command_template"));
    if EARLIER_SEEDS.contains(&id.as_str()) {
        return Err(Stop::refused("it came with the earlier product; this one has templates of its own"));
    }
    let same = "SELECT 1 FROM shell_commands WHERE command_template = ?1 AND id <> ?2 LIMIT 1";
    if row::first(&making.importer.tx.conn, same, params![template, id], |_| Ok(()))?.is_some() {
        return Err(Stop::Row(Outcome::AlreadyThere, "the store has this template under another id".into()));
    }
    Ok(())
}

/// At most one is active, and ours wins.
pub(super) fn kubeconfig(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let taken = "SELECT 1 FROM kubeconfig_files WHERE is_active = 1 LIMIT 1";
    if making.value("is_active") == Some(&Value::Integer(1))
        && row::first(&making.importer.tx.conn, taken, [], |_| Ok(()))?.is_some()
    {
        making.set("is_active", 0);
        making.note("it came over inactive: another is active");
    }
    Ok(())
}

/// The source's chain is followed over the rows as they are there.
pub(super) fn audit(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    making.importer.chain.borrow_mut().follow(making.incoming);
    // It is marked when it is written, so the row here has another.
    making.untold("user_id");
    Ok(())
}

/// SHA-256 hex of what a gzip stream unpacks to; `None` for damage and for more than the limit.
fn unpacked_hash(packed: &[u8]) -> Option<String> {
    unpacked(packed, |_| {})
}

/// As [`unpacked_hash`]; shows the text in pieces, each of which begins with the end of the one before, so that every
/// placeholder is whole in one of them.
fn unpacked(packed: &[u8], mut show: impl FnMut(&[u8])) -> Option<String> {
    let mut text = MultiGzDecoder::new(packed).take(EXTRACTED_BYTES_MAX + 1);
    let (mut hash, mut bytes) = (Sha256::new(), 0u64);
    let mut chunk = vec![0u8; PLACEHOLDER_BYTES_MAX + CHUNK_BYTES];
    let mut kept = 0;
    loop {
        match text.read(chunk.get_mut(kept..)?).ok()? {
            0 => break,
            count => {
                let filled = kept + count;
                hash.update(chunk.get(kept..filled)?);
                bytes += count as u64;
                show(chunk.get(..filled)?);
                kept = filled.min(PLACEHOLDER_BYTES_MAX);
                chunk.copy_within(filled - kept..filled, 0);
            }
        }
    }
    (bytes <= EXTRACTED_BYTES_MAX).then(|| hex::encode(hash.finalize()))
}

fn pack(text: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
    encoder.write_all(text).ok()?;
    encoder.finish().ok()
}

/// Packed and binary files need the unpacking that uploading does.
fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..SNIFF_BYTES).unwrap_or(bytes);
    let packed = [&[0x1f, 0x8b][..], &[0x28, 0xb5, 0x2f, 0xfd], b"%PDF-", b"PK\x03\x04"];
    !head.contains(&0) && !packed.iter().any(|magic| head.starts_with(magic))
}

/// Reads a file that still has the hash that was stored. Without a hash nothing says that it is the same file, and a
/// database from elsewhere could name any file of this machine: so the hash has to be there, and has to fit.
fn read_unchanged(making: &Making<'_, '_>, hash_column: &str, bytes_max: u64) -> Option<Vec<u8>> {
    let (path, hash) = (making.text("file_path"), making.text(hash_column));
    if hash.len() != 64 || !Path::new(&path).is_absolute() {
        return None;
    }
    let file = fallback::open(&path, making.importer.tx.folder()).ok()?;
    if file.metadata().ok()?.len() > bytes_max {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).ok()?;
    let same = bytes.len() as u64 <= bytes_max && hex::encode(Sha256::digest(&bytes)).eq_ignore_ascii_case(&hash);
    same.then_some(bytes)
}

/// A path whose file was not taken in does not come over: what is not stored is read from its path later, and nothing
/// says that the file there is what was attached, or was ever meant to be read.
fn forget_path(making: &mut Making<'_, '_>) {
    making.set("file_path", String::new());
}

/// The media type of an image by its first bytes; an SVG is text that has its element.
fn image_type(bytes: &[u8]) -> Option<&'static str> {
    let at = |from: usize, magic: &[u8]| bytes.get(from..from + magic.len()) == Some(magic);
    if at(0, b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if at(0, b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    if at(0, b"GIF87a") || at(0, b"GIF89a") {
        return Some("image/gif");
    }
    if at(0, b"RIFF") && at(8, b"WEBP") {
        return Some("image/webp");
    }
    if at(0, b"BM") {
        return Some("image/bmp");
    }
    let head =
        std::str::from_utf8(bytes.get(..1024).unwrap_or(bytes)).ok()?.trim_start_matches('\u{feff}').trim_start();
    (head.starts_with('<') && head.contains("<svg")).then_some("image/svg+xml")
}
