//! Reading a write-ahead log without SQLite, which would make files beside it: what was committed, page by page.
//!
//! The format is SQLite's own (sqlite.org/fileformat2.html, section 4). Checksums are over the bytes as they are in the
//! file, so an encrypted log is read the same way without its key.

/// Bytes of the log's header.
const HEADER_BYTES: usize = 32;
/// Bytes before each page.
const FRAME_BYTES: usize = 24;
/// The two magic numbers differ in the byte order of the checksums.
const MAGIC_LITTLE: u32 = 0x377f_0682;
const MAGIC_BIG: u32 = 0x377f_0683;
/// The only format there is.
const FORMAT: u32 = 3_007_000;

/// Puts the committed pages of `log` into `image`, the bytes of the database; says whether there were any.
///
/// Reading ends, as SQLite's does, at the first frame that is not whole or not of this log.
pub(super) fn merge(image: &mut Vec<u8>, log: &[u8]) -> bool {
    let Some((header, mut frames)) = log.split_at_checked(HEADER_BYTES) else { return false };
    let big = match word(header, 0) {
        Some(MAGIC_LITTLE) => false,
        Some(MAGIC_BIG) => true,
        _ => return false,
    };
    let page_bytes = word(header, 8).unwrap_or(0) as usize;
    if word(header, 4) != Some(FORMAT) || !(512..=65_536).contains(&page_bytes) || !page_bytes.is_power_of_two() {
        return false;
    }
    let mut sum = checksum(header.get(..24).unwrap_or_default(), (0, 0), big);
    if (word(header, 24), word(header, 28)) != (Some(sum.0), Some(sum.1)) {
        return false;
    }
    let salts = (word(header, 16), word(header, 20));
    let mut pending: Vec<(usize, &[u8])> = Vec::new();
    let mut merged = false;
    while let Some((frame, rest)) = frames.split_at_checked(FRAME_BYTES + page_bytes) {
        frames = rest;
        let (head, page) = frame.split_at(FRAME_BYTES);
        sum = checksum(page, checksum(head.get(..8).unwrap_or_default(), sum, big), big);
        let number = word(head, 0).unwrap_or(0) as usize;
        let whole = (word(head, 16), word(head, 20)) == (Some(sum.0), Some(sum.1));
        if (word(head, 8), word(head, 12)) != salts || !whole || number == 0 {
            break;
        }
        pending.push((number - 1, page));
        let pages = word(head, 4).unwrap_or(0) as usize;
        if pages > 0 {
            // A commit: only now do the pages since the last one count.
            let Some(bytes) = pages.checked_mul(page_bytes).filter(|bytes| *bytes <= image.len() + log.len()) else {
                break;
            };
            image.resize(bytes, 0);
            for (index, page) in pending.drain(..) {
                let at = index * page_bytes;
                if let Some(place) = image.get_mut(at..at + page_bytes) {
                    place.copy_from_slice(page);
                }
            }
            merged = true;
        }
    }
    merged
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// SQLite's running checksum over 8-byte steps.
fn checksum(bytes: &[u8], (mut a, mut b): (u32, u32), big: bool) -> (u32, u32) {
    let number = |word: &[u8]| -> u32 {
        let word = word.try_into().unwrap_or([0; 4]);
        if big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    for step in bytes.chunks_exact(8) {
        let (first, second) = step.split_at(4);
        a = a.wrapping_add(number(first)).wrapping_add(b);
        b = b.wrapping_add(number(second)).wrapping_add(a);
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A database of which some rows are in its log alone; both files' bytes.
    fn with_log(page_bytes: u32, encrypted: bool) -> (Vec<u8>, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let conn = rusqlite::Connection::open(&path).unwrap();
        if encrypted {
            conn.execute_batch(&format!("PRAGMA key = 'k'; PRAGMA cipher_page_size = {page_bytes};")).unwrap();
        } else {
            conn.execute_batch(&format!("PRAGMA page_size = {page_bytes};")).unwrap();
        }
        conn.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x); PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
        for n in 0..50 {
            conn.execute("INSERT INTO t VALUES (?1 || hex(randomblob(2000)))", [n]).unwrap();
        }
        (std::fs::read(&path).unwrap(), std::fs::read(dir.path().join("a.db-wal")).unwrap())
    }

    fn rows(image: &[u8], key: Option<&str>) -> rusqlite::Result<i64> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("merged.db");
        std::fs::write(&path, image).unwrap();
        let conn = rusqlite::Connection::open(&path)?;
        if let Some(key) = key {
            conn.execute_batch(&format!("PRAGMA key = '{key}'; PRAGMA cipher_page_size = 16384;"))?;
        }
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        assert_eq!(sound, "ok");
        conn.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
    }

    #[test]
    fn committed_rows_of_a_log_are_merged_plain_or_encrypted() {
        for page_bytes in [4096, 16_384] {
            let (mut image, log) = with_log(page_bytes, false);
            assert!(merge(&mut image, &log));
            assert_eq!(rows(&image, None).unwrap(), 50);
        }
        let (mut image, log) = with_log(16_384, true);
        assert!(merge(&mut image, &log));
        assert_eq!(rows(&image, Some("k")).unwrap(), 50);
    }

    #[test]
    fn a_log_that_was_cut_or_changed_gives_whole_transactions_only() {
        let (image, log) = with_log(4096, false);
        let mut before = 50;
        for cut in (0..log.len()).rev().step_by(3777) {
            let mut merged = image.clone();
            merge(&mut merged, &log[..cut]);
            let left = rows(&merged, None).unwrap();
            assert!(left <= before, "{cut}");
            before = left;
        }
        assert_eq!(before, 0);
        for at in [0, 9, 17, 25, 33, 50, 4000, 9000] {
            let mut changed = log.clone();
            changed[at] ^= 0x40;
            let mut merged = image.clone();
            merge(&mut merged, &changed);
            assert!(rows(&merged, None).unwrap() < 50, "{at}");
        }
    }
}
