//! A strict reader of ZIP archives, for checking: one way to read the file, or none.
//!
//! Readers differ in whom they believe where an archive contradicts itself: its local headers or its directory. Here
//! entries lie one after the other from the first byte, the directory follows at once and agrees with every one, and
//! the end follows at once and is the end of the file.

use std::io::Read;

use flate2::read::DeflateDecoder;

/// Entries of one archive.
const ENTRIES_MAX: usize = 4_096;
/// Bytes of all entries together when unpacked: four times the most that a renderer may write.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Bytes of one name.
const NAME_BYTES_MAX: usize = 200;

/// A file in the archive.
pub(super) struct Entry {
    /// Checked: relative, plain ASCII, without `..`.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Unpacks the archive under the caps.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Entry>, String> {
    let mut at = 0_usize;
    // With where each begins, and what the directory has to repeat: from its flags to its sizes.
    let mut found: Vec<(Entry, usize, [u8; 20])> = Vec::new();
    let mut total = 0_u64;
    while part(bytes, at, 4)? == b"PK\x03\x04" {
        let head = part(bytes, at, 30)?;
        let (flags, method) = (u16_at(head, 6), u16_at(head, 8));
        // Bit 3: the sizes come later; bit 0 and others: it is encrypted or patched. Bit 11 (UTF-8) changes nothing.
        if flags & !0x0806 != 0 {
            return Err("an archive with sizes that come later, or encrypted".into());
        }
        let (packed, unpacked) = (u32_at(head, 18), u32_at(head, 22));
        let (name_length, extra_length) = (usize::from(u16_at(head, 26)), usize::from(u16_at(head, 28)));
        let name = name(part(bytes, at + 30, name_length)?)?;
        let data = part(bytes, at + 30 + name_length + extra_length, packed as usize)?;
        total += u64::from(unpacked);
        if total > UNPACKED_BYTES_MAX || found.len() >= ENTRIES_MAX {
            return Err("an archive that unpacks to too much".into());
        }
        if found.iter().any(|(entry, ..)| entry.name.eq_ignore_ascii_case(&name)) {
            return Err("an archive with two entries of one name".into());
        }
        let content = match method {
            0 if packed == unpacked => data.to_vec(),
            8 => inflated(data, unpacked)?,
            _ => return Err("an archive with a method other than stored or deflated".into()),
        };
        let mut same = [0; 20];
        same.copy_from_slice(part(head, 6, 20)?);
        found.push((Entry { name, bytes: content }, at, same));
        at += 30 + name_length + extra_length + packed as usize;
    }
    let directory = at;
    for (entry, local_at, same) in &found {
        let head = part(bytes, at, 46)?;
        let lengths = [u16_at(head, 28), u16_at(head, 30), u16_at(head, 32)].map(usize::from);
        let agrees = part(head, 0, 4)? == b"PK\x01\x02"
            && part(head, 8, 20)? == same.as_slice()
            && u32_at(head, 42) as usize == *local_at
            && part(bytes, at + 46, lengths[0])? == entry.name.as_bytes();
        if !agrees {
            return Err("an archive whose directory contradicts its entries".into());
        }
        at += 46 + lengths.iter().sum::<usize>();
    }
    let end = part(bytes, at, 22)?;
    let ends = part(end, 0, 4)? == b"PK\x05\x06"
        && bytes.len() == at + 22
        && usize::from(u16_at(end, 10)) == found.len()
        && u32_at(end, 16) as usize == directory;
    if ends {
        Ok(found.into_iter().map(|(entry, ..)| entry).collect())
    } else {
        Err("an archive without a clean end".into())
    }
}

fn name(bytes: &[u8]) -> Result<String, String> {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b'[' | b']');
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let parts_fine = text.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
    if (1..=NAME_BYTES_MAX).contains(&bytes.len()) && bytes.iter().all(plain) && parts_fine {
        Ok(text.to_owned())
    } else {
        Err("an archive with an entry whose name is absolute, climbs or is odd".into())
    }
}

/// Inflates to exactly `wanted` bytes.
fn inflated(data: &[u8], wanted: u32) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let mut decoder = DeflateDecoder::new(data);
    let read = Read::take(&mut decoder, u64::from(wanted) + 1).read_to_end(&mut content);
    if read.is_ok() && content.len() as u64 == u64::from(wanted) && decoder.total_in() == data.len() as u64 {
        Ok(content)
    } else {
        Err("an archive with an entry whose size is a lie".into())
    }
}

fn part(bytes: &[u8], at: usize, length: usize) -> Result<&[u8], String> {
    let end = at.checked_add(length).ok_or("an archive that breaks off")?;
    bytes.get(at..end).ok_or_else(|| "an archive that breaks off".into())
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
}
