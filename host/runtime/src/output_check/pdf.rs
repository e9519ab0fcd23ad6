//! A PDF in which nothing runs, loads, submits or is embedded, and whose links are those of the document.
//!
//! Readers repair broken files by looking for `1 0 obj` anywhere, so objects may stand only where a strict reader finds
//! them: not within strings, comments or streams. Names are judged decoded (`/#55RI` is `/URI`). Streams are plain,
//! deflated, or JPEG images; object streams are unpacked under a cap and read like the file itself.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::Links;

mod lexer;
use lexer::{Lexer, Token};

/// Bytes of all unpacked object streams together.
const UNPACKED_BYTES_MAX: u64 = 64 << 20;
/// Names that run, load, submit, embed or open something, or hide it.
const NAMES: [&str; 27] = [
    "JavaScript",
    "JS",
    "Launch",
    "OpenAction",
    "AA",
    "GoToR",
    "GoToE",
    "SubmitForm",
    "ImportData",
    "ResetForm",
    "EmbeddedFile",
    "EmbeddedFiles",
    "Filespec",
    "RichMedia",
    "Rendition",
    "Movie",
    "Sound",
    "XFA",
    "AcroForm",
    "Encrypt",
    "FileAttachment",
    "Screen",
    "3D",
    "Trans3D",
    "Thread",
    "Hide",
    "JavaScriptActions",
];
/// Keys under which a stream's data would come from elsewhere.
const STREAM_NAMES: [&str; 4] = ["F", "FFilter", "FDecodeParms", "DecodeParms"];

/// Checks a whole file. The error names the first thing that is not allowed.
pub(super) fn check(bytes: &[u8], links: &Links<'_>) -> Result<(), String> {
    if !bytes.starts_with(b"%PDF-") {
        return Err("it wrote bytes that are no application/pdf".into());
    }
    let mut unpacked = 0_u64;
    let objects = read(bytes, links, Some(&mut unpacked))?;
    if objects == 0 || objects != object_marks(bytes) {
        return Err("PDF with an object where none may stand".into());
    }
    Ok(())
}

/// Reads tokens to the end; gives the number of objects. Streams are allowed where `unpacked` is given.
fn read(bytes: &[u8], links: &Links<'_>, mut unpacked: Option<&mut u64>) -> Result<usize, String> {
    let mut lexer = Lexer::new(bytes);
    // The tokens of the last dictionary that closed, for the stream that may follow.
    let mut open: Vec<Vec<Token>> = Vec::new();
    let mut last: Vec<Token> = Vec::new();
    let mut objects = 0;
    let mut after_uri = false;
    while let Some(token) = lexer.next()? {
        if std::mem::take(&mut after_uri) {
            match &token {
                Token::Text(text) if links.allow(&String::from_utf8_lossy(text)) => {}
                // `/S /URI`: the name is a value, and the dictionary goes on or ends.
                Token::Name(_) | Token::DictionaryEnd => {}
                _ => return Err("PDF with a link that the document does not have".into()),
            }
        }
        match &token {
            Token::Name(name) if NAMES.contains(&name.as_str()) => {
                return Err(format!("PDF with /{name}"));
            }
            Token::Name(name) if name == "URI" => after_uri = true,
            Token::DictionaryBegin => {
                open.push(Vec::new());
                if open.len() > 64 {
                    return Err("PDF with dictionaries that are too deep".into());
                }
                continue;
            }
            Token::DictionaryEnd => {
                last = open.pop().ok_or("PDF with a dictionary that ends before it begins")?;
                continue;
            }
            Token::Word(word) if word == b"obj" => objects += 1,
            Token::Word(word) if word == b"stream" => {
                let unpacked = unpacked.as_deref_mut().ok_or("PDF with a stream within an object stream")?;
                stream(&mut lexer, &last, links, unpacked)?;
            }
            _ => {}
        }
        if let Some(dictionary) = open.last_mut() {
            dictionary.push(token);
        }
    }
    if open.is_empty() { Ok(objects) } else { Err("PDF that ends within a dictionary".into()) }
}

fn stream(lexer: &mut Lexer<'_>, dictionary: &[Token], links: &Links<'_>, unpacked: &mut u64) -> Result<(), String> {
    let is = |token: &Token, wanted: &str| matches!(token, Token::Name(name) if name == wanted);
    let values = |key: &str| -> Vec<&Token> {
        let after = dictionary.iter().zip(dictionary.iter().skip(1)).filter(|(token, _)| is(token, key));
        after.map(|(_, value)| value).collect()
    };
    // Two lengths, or one that is another object's, would let another reader see another stream.
    let at = dictionary.iter().position(|token| is(token, "Length"));
    let length = match (values("Length").as_slice(), at.and_then(|at| dictionary.get(at + 2))) {
        (_, Some(Token::Number(_))) => None,
        ([Token::Number(length)], _) => Some(*length),
        _ => None,
    };
    let data = lexer.stream(length.ok_or("PDF with a stream without a length of its own")?)?;
    if let Some(name) = STREAM_NAMES.iter().find(|name| dictionary.iter().any(|token| is(token, name)))
        && !(*name == "DecodeParms" && values("Type").iter().any(|kind| is(kind, "XRef")))
    {
        return Err(format!("PDF with a stream with /{name}"));
    }
    let filters: Vec<&str> =
        ["FlateDecode", "DCTDecode"].into_iter().filter(|f| dictionary.iter().any(|t| is(t, f))).collect();
    let named = dictionary.iter().filter(|token| is(token, "Filter")).count();
    let known = match (filters.as_slice(), named) {
        ([], 0) => true,
        (["FlateDecode"] | ["DCTDecode"], 1) => {
            // `/Filter /X` or `/Filter [/X]`, and nothing else in it.
            let at = dictionary.iter().position(|t| is(t, "Filter")).unwrap_or_default();
            let list = matches!(dictionary.get(at + 1), Some(Token::ListBegin));
            let value = dictionary.get(at + if list { 2 } else { 1 });
            let ended = !list || matches!(dictionary.get(at + 3), Some(Token::ListEnd));
            ended && value.is_some_and(|value| filters.iter().any(|f| is(value, f)))
        }
        _ => false,
    };
    if !known {
        return Err("PDF with a stream that is packed in another way than by deflate or JPEG".into());
    }
    // What an object stream cannot be read without; its type may lie.
    let holds_objects = ["N", "First"].iter().all(|key| dictionary.iter().any(|token| is(token, key)))
        || values("Type").iter().any(|kind| is(kind, "ObjStm"));
    if !holds_objects {
        return Ok(());
    }
    let content = if filters.is_empty() { data.to_vec() } else { inflated(data, unpacked)? };
    read(&content, links, None).map(|_| ())
}

fn inflated(data: &[u8], unpacked: &mut u64) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    let left = UNPACKED_BYTES_MAX.saturating_sub(*unpacked);
    let read = ZlibDecoder::new(data).take(left + 1).read_to_end(&mut content);
    *unpacked += content.len() as u64;
    match read {
        Ok(_) if content.len() as u64 <= left => Ok(content),
        Ok(_) => Err("PDF with object streams that unpack to too much".into()),
        Err(_) => Err("PDF with an object stream that does not unpack".into()),
    }
}

/// Places that a repairing reader would take for the beginning of an object: digits, space, digits, space, `obj`.
fn object_marks(bytes: &[u8]) -> usize {
    let space = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0 | 0x0c);
    let mut count = 0;
    for at in 3..bytes.len().saturating_sub(2) {
        if bytes.get(at..at + 3) != Some(b"obj") {
            continue;
        }
        let before = bytes.get(..at).unwrap_or_default();
        let behind_digits = |text: &[u8]| text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let spaces = |text: &[u8]| text.iter().rev().take_while(|b| space(b)).count();
        let gap = spaces(before);
        let generation = before.get(..before.len() - gap).unwrap_or_default();
        let digits = behind_digits(generation);
        let between = generation.get(..generation.len() - digits).unwrap_or_default();
        let number = between.get(..between.len() - spaces(between)).unwrap_or_default();
        if digits > 0 && between.len() != number.len() && behind_digits(number) > 0 {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests;
