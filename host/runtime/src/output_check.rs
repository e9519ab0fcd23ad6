//! A renderer's bytes are believed only if they are what their media type says, and reach out to nothing.

mod html;

/// Checks `bytes` against `media_type`.
///
/// Text has to be UTF-8; HTML has to be of the strict form of [`html`]; other types have to begin with their magic
/// bytes. Unknown types are refused: a renderer for one needs a rule here first.
pub(crate) fn check_output(media_type: &str, bytes: &[u8]) -> Result<(), String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "text/markdown" | "text/plain" => utf8(bytes).map(|_| ()),
        "text/html" => html::check(utf8(bytes)?),
        "application/pdf" if bytes.starts_with(b"%PDF-") => Ok(()),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
            if bytes.starts_with(b"PK\x03\x04") =>
        {
            Ok(())
        }
        "application/pdf" | "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => {
            Err(format!("it wrote bytes that are no {essence}"))
        }
        _ => Err(format!("media type {essence:?} is not one that this host exports")),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|e| format!("its text is not UTF-8 at byte {}", e.valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::check_output;

    #[test]
    fn bytes_have_to_be_what_the_type_says() {
        assert!(check_output("application/pdf", b"%PDF-1.7").is_ok());
        assert!(check_output("application/pdf", b"<html>").is_err());
        assert!(check_output("text/markdown", b"\xff").is_err());
        assert!(check_output("application/x-sh", b"x").is_err());
    }
}
