//! A strict form of HTML that every browser reads alike, and in which nothing can run, load or submit.
//!
//! Stricter than HTML on purpose: where browsers have special rules (raw text, foreign content, odd white space,
//! unquoted values, entities in values) this form leaves out what would need them, so that a short reader suffices.
//!
//! Invariants: outside of a tag there is no `<`; a value stands in double quotes and holds neither `<` nor `>`; only
//! elements and attributes of the lists below occur; `style` stands before the body and any drawing; the text of
//! `title` and `style` holds no tag.

use super::{Links, drawing};
use crate::error::plain;

/// Elements of a static, self-contained document, beside those of a drawing.
const ELEMENTS: &[&str] = &[
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
];

/// Attributes that can neither run nor load anything, beside those of a drawing; `href`, `style` and those of `meta` are looked at further.
const ATTRIBUTES: &[&str] = &[
    "id",
    "class",
    "lang",
    "dir",
    "title",
    "role",
    "tabindex",
    "hidden",
    "scope",
    "colspan",
    "rowspan",
    "headers",
    "abbr",
    "start",
    "reversed",
    "open",
    "datetime",
    "charset",
    "name",
    "content",
    "http-equiv",
    "href",
    "rel",
    "style",
    "focusable",
];

/// Entities that may stand in a value: more forms would have to be decoded as a browser does.
const ENTITIES: [(&str, char); 5] = [("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\'')];

/// What was seen so far, as far as it decides what may follow.
#[derive(Default)]
struct Seen {
    body: bool,
    drawing: bool,
}

/// Checks a whole file. The error names the first thing that is not allowed.
pub(super) fn check(text: &str, links: &Links<'_>) -> Result<(), String> {
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t' | '\r')) {
        return Err("HTML with control characters".into());
    }
    let start = text.trim_start_matches([' ', '\n', '\t', '\r']);
    let doctype = start.get(..15).filter(|begin| begin.eq_ignore_ascii_case("<!doctype html>"));
    let mut rest = if doctype.is_some() { &start[15..] } else { start };
    let mut seen = Seen::default();
    while let Some(at) = rest.find('<') {
        rest = tag(&rest[at + 1..], &mut seen, links)?;
    }
    Ok(())
}

/// Reads one tag behind its `<`, and what special text follows it; gives what is left.
fn tag<'a>(text: &'a str, seen: &mut Seen, links: &Links<'_>) -> Result<&'a str, String> {
    let (closing, text) = text.strip_prefix('/').map_or((false, text), |rest| (true, rest));
    let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
    let name = text[..end].to_ascii_lowercase();
    if !(ELEMENTS.contains(&name.as_str()) || drawing::ELEMENTS.contains(&name.as_str())) {
        return Err(format!("HTML element <{}> is not allowed", plain(&name, 40)));
    }
    if closing {
        let rest = text[end..].trim_start_matches([' ', '\n', '\t', '\r']);
        return rest.strip_prefix('>').ok_or_else(|| "a closing HTML tag has more than a name".into());
    }
    let rest = attributes(&name, &text[end..], links)?;
    match name.as_str() {
        "body" => seen.body = true,
        "svg" => seen.drawing = true,
        // In a drawing these two are read otherwise than in a head; without a tag inside both readings agree.
        "title" => return only_text(rest, "</title").map(|(_, rest)| rest),
        "style" if seen.body || seen.drawing => return Err("a style element outside of the head".into()),
        "style" => {
            let (sheet, rest) = only_text(rest, "</style")?;
            css(sheet)?;
            return Ok(rest);
        }
        _ => {}
    }
    Ok(rest)
}

fn only_text<'a>(text: &'a str, end: &str) -> Result<(&'a str, &'a str), String> {
    let at = text.find('<').ok_or_else(|| format!("{end}> is missing"))?;
    let closes = text.get(at..at + end.len()).is_some_and(|found| found.eq_ignore_ascii_case(end));
    if closes { Ok((&text[..at], &text[at..])) } else { Err(format!("a tag where only text up to {end}> may stand")) }
}

fn attributes<'a>(element: &str, text: &'a str, links: &Links<'_>) -> Result<&'a str, String> {
    let mut rest = text;
    let mut pairs: Vec<(String, String)> = Vec::new();
    loop {
        let trimmed = rest.trim_start_matches([' ', '\n', '\t', '\r']);
        if let Some(after) = trimmed.strip_prefix("/>").or_else(|| trimmed.strip_prefix('>')) {
            judge(element, &pairs, links)?;
            return Ok(after);
        }
        if trimmed.len() == rest.len() {
            return Err(format!("the HTML tag <{element}> is malformed"));
        }
        let end = trimmed.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(trimmed.len());
        let name = trimmed[..end].to_ascii_lowercase();
        let of_drawing = drawing::ATTRIBUTES.iter().any(|known| known.eq_ignore_ascii_case(&name));
        if !(of_drawing || ATTRIBUTES.contains(&name.as_str()) || name.starts_with("aria-")) {
            return Err(format!("HTML attribute {:?} of <{element}> is not allowed", plain(&name, 40)));
        }
        rest = &trimmed[end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix('=') {
            let quoted = quoted.strip_prefix('"').ok_or("an HTML attribute is not in double quotes")?;
            let close = quoted.find('"').ok_or("an HTML attribute has no end")?;
            value = decode(&quoted[..close])?;
            rest = &quoted[close + 1..];
        }
        pairs.push((name, value));
    }
}

/// Decodes the few entities that are allowed; a bare `<`, `>` or another entity is refused.
fn decode(value: &str) -> Result<String, String> {
    if value.contains(['<', '>']) {
        return Err("an HTML attribute holds < or >".into());
    }
    let mut decoded = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        let (entity, character) = ENTITIES
            .iter()
            .find(|(entity, _)| rest[at..].starts_with(entity))
            .ok_or("an HTML attribute holds an entity other than amp, lt, gt, quot and #39")?;
        decoded.push(*character);
        rest = &rest[at + entity.len()..];
    }
    decoded.push_str(rest);
    Ok(decoded)
}

fn judge(element: &str, pairs: &[(String, String)], links: &Links<'_>) -> Result<(), String> {
    for (name, value) in pairs {
        let lower = value.to_ascii_lowercase();
        if name == "href" {
            if element != "a" || !(value.starts_with('#') || links.allow(value)) {
                return Err(format!("a link of <{element}> leads to something that the document does not link to"));
            }
        } else if name == "http-equiv" {
            if element != "meta" || lower != "content-security-policy" {
                return Err("a meta element can only set the content security policy".into());
            }
        } else if name == "style" {
            css(value)?;
        } else if lower.contains("url(") {
            return Err(format!("HTML attribute {name} refers to something"));
        }
    }
    Ok(())
}

/// A style may name no address, import nothing, and hold no escape that could spell either.
fn css(text: &str) -> Result<(), String> {
    let lower = text.to_ascii_lowercase();
    for word in
        ["url(", "@import", "@font-face", "@namespace", "expression(", "image-set(", "image(", "src(", "\\", "<", "&"]
    {
        if lower.contains(word) {
            return Err(format!("a style holds {word:?}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Links, check};

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
            "<a href=\"java&#115;cript:x\">",
            "<a href=\"https://x/?q=1\">",
            "<a href=\" https://x\">",
            "<a href='https://x'>",
            "<a href=https://x>",
            "<iframe>",
            "<!-- x -->",
            "<?xml?>",
            "<meta http-equiv=\"refresh\" content=\"0;url=https://x\">",
            "<style>@import 'x'</style>",
            "<p style=\"background:url(x)\">",
            "<p style=\"background:&#117;rl(https://evil)\">",
            "<style>a{background:u\\72l(x)}</style>",
            "<link rel=\"stylesheet\" href=\"x\">",
            "<base href=\"x\">",
            "<form action=\"x\">",
            "<object data=\"x\">",
            "<svg><image href=\"x\"></svg>",
            "<svg><use href=\"x\"></svg>",
            "<svg><a xlink:href=\"x\"></svg>",
            "<svg><style>@&#105;mport \"https://evil\"</style></svg>",
            "<body><style>p{}</style>",
            "<rect fill=\"url(https://x)\">",
            "<rect mask=\"url(#a),url(https://evil)\">",
            "<title><p a=\"</title><img src=https://evil onerror=alert(1)>\"></p></title>",
            "<svg><title><p id=\"x\"></title></svg>",
            "<!doctype html a=\"><img src=x onerror=alert(1)>\">",
            "<p\u{a0}a=\"><img src=x>\">",
            "<p\u{b}a=\"><img src=x>\">",
            "<p id=\"><img src=x>\">",
            "<p",
            "<p id=\"",
            "<p id=\"a\"class=\"b\">",
            "<style>",
            "</p onclick>",
            "<%",
            "<template>",
            "<math>",
            "<noscript>",
        ] {
            assert!(check(bad, &Links::from_iter(["https://x"])).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_plain_document_passes() {
        let good = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" \
            content=\"default-src 'none'\"><title>a &amp; b</title><style>p > a{color:red}</style></head><body>\
            <p id=\"a\">1 &lt; 2 &#8364;</p><a href=\"https://x.example/?a=1&amp;b=2\">x</a><a href=\"#a\">y</a>\
            <svg viewBox=\"0 0 1 1\"><title>t</title><rect fill=\"red\" /></svg><br></body></html>";
        assert_eq!(check(good, &Links::from_iter(["https://x.example/?a=1&b=2"])), Ok(()));
    }
}
