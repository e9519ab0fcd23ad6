//! A renderer's bytes are believed only if they are what their media type says, and reach out to nothing.

/// Checks `bytes` against `media_type`.
///
/// Text has to be UTF-8; HTML must not hold scripts, handlers or references to anything outside the file; other types
/// have to begin with their magic bytes. Unknown types are refused: a renderer for one needs a rule here first.
pub(crate) fn check_output(media_type: &str, bytes: &[u8]) -> Result<(), String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "text/markdown" | "text/plain" => utf8(bytes).map(|_| ()),
        "text/html" => html(utf8(bytes)?),
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

/// Elements of a static, self-contained document. Whatever can load, run or submit is not among them.
const ELEMENTS: &[&str] = &[
    "!doctype",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "footer",
    "main",
    "nav",
    "section",
    "article",
    "aside",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "p",
    "div",
    "span",
    "ul",
    "ol",
    "li",
    "dl",
    "dt",
    "dd",
    "table",
    "caption",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "colgroup",
    "col",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "b",
    "i",
    "small",
    "hr",
    "br",
    "a",
    "figure",
    "figcaption",
    "details",
    "summary",
    "time",
    "abbr",
    "mark",
    "sub",
    "sup",
    "kbd",
    "samp",
    "del",
    "ins",
    "s",
    "u",
    "svg",
    "g",
    "line",
    "rect",
    "circle",
    "ellipse",
    "path",
    "polyline",
    "polygon",
    "text",
    "tspan",
    "desc",
    "defs",
    "clippath",
    "lineargradient",
    "stop",
];

/// A tokenizer's view of HTML: every `<` begins a tag of the list, a comment is refused, attributes are judged one by
/// one. It accepts less than a browser does; what a browser might read differently is refused.
fn html(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let tag = &rest[at + 1..];
        let name_end = tag.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '!' | '/'))).unwrap_or(tag.len());
        let name = tag[..name_end].trim_start_matches('/').to_ascii_lowercase();
        if !ELEMENTS.contains(&name.as_str()) {
            return Err(format!("HTML element <{}> is not allowed", crate::error::plain(&name, 40)));
        }
        let closing = tag.starts_with('/');
        rest = if closing { after_closing(&tag[name_end..])? } else { attributes(&name, &tag[name_end..])? };
        if name == "style" && !closing {
            let end = rest.find("</style").ok_or("HTML style without end")?;
            css(&rest[..end])?;
            rest = &rest[end..];
        }
    }
    Ok(())
}

fn after_closing(text: &str) -> Result<&str, String> {
    text.trim_start().strip_prefix('>').ok_or_else(|| "a closing HTML tag has more than a name".into())
}

fn attributes<'a>(element: &str, text: &'a str) -> Result<&'a str, String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>").or_else(|| rest.strip_prefix('>')) {
            return Ok(after);
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/' | '"' | '\'' | '<'))
            .unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        if name.is_empty() {
            return Err("an HTML tag is malformed".into());
        }
        rest = &rest[end..];
        let value = match rest.strip_prefix('=') {
            None => "",
            Some(quoted) => {
                let quoted = quoted.strip_prefix('"').ok_or("an HTML attribute is not in double quotes")?;
                let close = quoted.find('"').ok_or("an HTML attribute has no end")?;
                rest = &quoted[close + 1..];
                &quoted[..close]
            }
        };
        attribute(element, &name, value)?;
    }
}

fn attribute(element: &str, name: &str, value: &str) -> Result<(), String> {
    if name.starts_with("on") {
        return Err(format!("HTML attribute {name} can run a script"));
    }
    if element == "meta" && name == "http-equiv" && !value.eq_ignore_ascii_case("content-security-policy") {
        return Err("a meta element can only set the content security policy".into());
    }
    match name {
        "href" if element == "a" => {
            let lower = value.trim().to_ascii_lowercase();
            let allowed = ["#", "https://", "http://", "mailto:"].iter().any(|p| lower.starts_with(p));
            if allowed {
                Ok(())
            } else {
                Err("a link leads to something else than http, https, mailto or the page".into())
            }
        }
        "src" | "srcset" | "href" | "xlink:href" | "data" | "action" | "formaction" | "background" | "poster"
        | "ping" | "manifest" | "srcdoc" => {
            Err(format!("HTML attribute {name} of <{element}> refers to something outside"))
        }
        "style" => css(value),
        _ if value.to_ascii_lowercase().contains("url(") && !value.to_ascii_lowercase().contains("url(#") => {
            Err(format!("HTML attribute {name} refers to something outside"))
        }
        _ => Ok(()),
    }
}

fn css(text: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    for word in ["url(", "@import", "expression(", "image-set(", "\\", "<", "src("] {
        if lower.contains(word) {
            return Err(format!("a style holds {word:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_or_reaches_out_is_refused() {
        for bad in [
            "<script>alert(1)</script>",
            "<SCRIPT src=x>",
            "<img src=\"https://x/y.png\">",
            "<p onclick=\"x()\">",
            "<p ONload=\"x\">",
            "<a href=\"javascript:x\">",
            "<a href=\" jaVascript:x\">",
            "<a href='https://x'>",
            "<a href=https://x>",
            "<iframe>",
            "<!-- x -->",
            "<meta http-equiv=\"refresh\" content=\"0;url=https://x\">",
            "<style>@import 'x'</style>",
            "<p style=\"background:url(x)\">",
            "<style>a{background:u\\72l(x)}</style>",
            "<link rel=\"stylesheet\" href=\"x\">",
            "<base href=\"x\">",
            "<form action=\"x\">",
            "<object data=\"x\">",
            "<svg><image href=\"x\"></svg>",
            "<svg><use href=\"x\"></svg>",
            "<svg><a xlink:href=\"x\"></svg>",
            "<rect fill=\"url(https://x)\">",
            "<p",
            "<p a=\"",
            "<style>",
            "</p onclick>",
            "<%",
            "<template>",
        ] {
            assert!(check_output("text/html", bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_plain_document_passes() {
        let good = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
            content=\"default-src 'none'\"><style>p{color:red}</style></head><body><p id=\"a\">1 &lt; 2</p><a href=\"#a\">x</a>\
            <svg viewBox=\"0 0 1 1\"><rect fill=\"url(#g)\" /></svg><br></body></html>";
        assert_eq!(check_output("text/html; charset=utf-8", good.as_bytes()), Ok(()));
    }

    #[test]
    fn bytes_have_to_be_what_the_type_says() {
        assert!(check_output("application/pdf", b"%PDF-1.7").is_ok());
        assert!(check_output("application/pdf", b"<html>").is_err());
        assert!(check_output("text/markdown", b"\xff").is_err());
        assert!(check_output("application/x-sh", b"x").is_err());
    }
}
