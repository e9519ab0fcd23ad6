//! What an image is, by its bytes: the mark of its format and the header behind it, never its name.
//!
//! This tells formats apart, it does not decode: a file that passes may be cut, and is evidence all the same. One that is an image and
//! something else at once (a polyglot) passes as the image, since it is stored and handed out as nothing else.

/// The six formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageKind {
    Png,
    Jpeg,
    Gif,
    Webp,
    Svg,
    Bmp,
}

/// Bytes within which the root of an SVG begins.
const SVG_HEAD_BYTES: usize = 1024;

const ALL: [(ImageKind, &str, &str); 6] = [
    (ImageKind::Png, "image/png", "png"),
    (ImageKind::Jpeg, "image/jpeg", "jpg"),
    (ImageKind::Gif, "image/gif", "gif"),
    (ImageKind::Webp, "image/webp", "webp"),
    (ImageKind::Svg, "image/svg+xml", "svg"),
    (ImageKind::Bmp, "image/bmp", "bmp"),
];

impl ImageKind {
    /// Tells the format. The error says why it is none, to follow a file's name.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, String> {
        let checked = |kind: Self, whole: bool| {
            if whole { Ok(kind) } else { Err(format!("it begins like {} and does not go on as one", kind.mime_type())) }
        };
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => checked(Self::Png, is_png(bytes)),
            [0xff, 0xd8, ..] => checked(Self::Jpeg, is_jpeg(bytes)),
            [b'G', b'I', b'F', b'8', ..] => checked(Self::Gif, is_gif(bytes)),
            [b'R', b'I', b'F', b'F', ..] => checked(Self::Webp, is_webp(bytes)),
            [b'B', b'M', ..] => checked(Self::Bmp, is_bmp(bytes)),
            _ if is_svg(bytes) => Ok(Self::Svg),
            _ => Err("its content is no image of a known format".to_owned()),
        }
    }

    /// Of a stored row; case and parameters do not count.
    pub(super) fn by_mime_type(text: &str) -> Option<Self> {
        let plain = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let plain = if plain == "image/jpg" { "image/jpeg" } else { plain.as_str() };
        ALL.iter().find(|(_, mime_type, _)| *mime_type == plain).map(|(kind, _, _)| *kind)
    }

    pub(super) fn mime_type(self) -> &'static str {
        self.row().1
    }

    /// Of a file's name.
    pub(super) fn extension(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        ALL.into_iter().find(|(kind, _, _)| *kind == self).unwrap_or(ALL[0])
    }
}

fn at<const N: usize>(bytes: &[u8], from: usize) -> Option<[u8; N]> {
    bytes.get(from..from + N)?.try_into().ok()
}

fn u32_le(bytes: &[u8], from: usize) -> Option<u64> {
    Some(u64::from(u32::from_le_bytes(at(bytes, from)?)))
}

/// Signature, then a whole IHDR chunk with a size.
fn is_png(bytes: &[u8]) -> bool {
    let side =
        |from| at::<4>(bytes, from).map(u32::from_be_bytes).is_some_and(|n| i32::try_from(n).is_ok_and(|n| n > 0));
    let checksum = at::<4>(bytes, 29).is_some();
    bytes.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") && side(16) && side(20) && checksum
}

/// Start of image, then the marker of a segment (frame, tables, application data, comment) with its length.
fn is_jpeg(bytes: &[u8]) -> bool {
    let marker = at::<2>(bytes, 2);
    let length = at::<2>(bytes, 4).map(u16::from_be_bytes);
    marker.is_some_and(|[mark, kind]| mark == 0xff && matches!(kind, 0xc0..=0xcf | 0xda..=0xfe))
        && length.is_some_and(|length| length >= 2)
}

/// Version, then a screen.
fn is_gif(bytes: &[u8]) -> bool {
    (bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a")) && at::<7>(bytes, 6).is_some()
}

/// A RIFF of form WEBP whose first chunk is an image's.
fn is_webp(bytes: &[u8]) -> bool {
    let length = u32_le(bytes, 4).is_some_and(|length| length >= 12);
    let chunk = at::<4>(bytes, 12).is_some_and(|name| matches!(&name, b"VP8 " | b"VP8L" | b"VP8X"));
    length && at::<4>(bytes, 8) == Some(*b"WEBP") && chunk
}

/// A header of a known size, one plane, a known depth, and pixels that begin behind it.
fn is_bmp(bytes: &[u8]) -> bool {
    let (Some(pixels), Some(header)) = (u32_le(bytes, 10), u32_le(bytes, 14)) else { return false };
    // The oldest header has two bytes for each side instead of four.
    let planes = if header == 12 { 22 } else { 26 };
    let word = |from| at::<2>(bytes, from).map(u16::from_le_bytes);
    matches!(header, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124)
        && word(planes) == Some(1)
        && matches!(word(planes + 2), Some(0 | 1 | 2 | 4 | 8 | 16 | 24 | 32))
        && pixels >= 14 + header
}

/// Text without NUL whose first element is `svg`, behind at most a mark, a declaration, comments and a document type.
fn is_svg(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if bytes.contains(&0) || std::str::from_utf8(text).is_err() {
        return false;
    }
    let mut head = text.get(..SVG_HEAD_BYTES).unwrap_or(text).trim_ascii_start();
    // Each turn takes something away, so that the head's length bounds them.
    loop {
        let rest = if head.starts_with(b"<!--") {
            behind(head, b"-->")
        } else if head.starts_with(b"<?") {
            behind(head, b"?>")
        } else if head.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype")) {
            behind_doctype(head)
        } else {
            break;
        };
        let Some(rest) = rest else { return false };
        head = rest.trim_ascii_start();
    }
    let Some(name) = head.strip_prefix(b"<") else { return false };
    // A prefix, as in <svg:svg, is allowed by XML and written by some editors.
    let end = name.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/')).unwrap_or(0);
    let name = name.get(..end).unwrap_or_default();
    name == b"svg" || name.ends_with(b":svg")
}

fn behind<'b>(bytes: &'b [u8], end: &[u8]) -> Option<&'b [u8]> {
    let from = bytes.windows(end.len()).position(|window| window == end)?;
    bytes.get(from + end.len()..)
}

/// The end of a document type that names `svg`, past a subset in brackets.
fn behind_doctype(bytes: &[u8]) -> Option<&[u8]> {
    let name = bytes.get(9..)?.trim_ascii_start();
    if !name.starts_with(b"svg") {
        return None;
    }
    let first = bytes.iter().position(|b| matches!(b, b'>' | b'['))?;
    let rest = bytes.get(first..)?;
    let rest = if rest.starts_with(b"[") { behind(rest, b"]")? } else { rest };
    behind(rest, b">")
}

#[cfg(test)]
mod tests;
