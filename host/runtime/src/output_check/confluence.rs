//! Confluence's storage format: XHTML with `ac:` macros. Only macros that show what they hold, and no resource
//! identifiers (`ri:`), which would make the wiki fetch or link something by itself.

use super::Links;
use super::xml::walk;
use crate::error::plain;

const ELEMENTS: [&str; 36] = [
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
    "table",
    "colgroup",
    "col",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "u",
    "s",
    "del",
    "sub",
    "sup",
    "hr",
    "br",
    "a",
    "ac:structured-macro",
    "ac:parameter",
    "ac:plain-text-body",
];
const ATTRIBUTES: [&str; 9] =
    ["href", "title", "colspan", "rowspan", "scope", "start", "ac:name", "ac:schema-version", "ac:macro-id"];
/// Macros that show text of the page itself; `html`, `include`, `widget` and the like fetch or run.
const MACROS: [&str; 8] = ["code", "info", "note", "warning", "tip", "panel", "expand", "toc"];
/// `ac:rich-text-body` stands beside the list for its length's sake: it is the body of all macros but `code`.
const RICH_BODY: &str = "ac:rich-text-body";

/// Checks a whole body. The error names the first thing that is not allowed.
pub(super) fn check(text: &str, links: &Links<'_>) -> Result<(), String> {
    // A body has no element of its own around it and no declarations; the wiki declares the prefixes.
    let whole = format!("<body>{text}</body>");
    let mut begun = false;
    walk("storage format", &whole, Some("ac:plain-text-body"), |element, parent| {
        if parent.is_none() {
            let first = !std::mem::replace(&mut begun, true);
            return if first { Ok(()) } else { Err("storage format with more than one body".into()) };
        }
        if !ELEMENTS.contains(&element.name.as_str()) && element.name != RICH_BODY {
            return Err(format!("storage format element <{}> is not allowed", plain(&element.name, 40)));
        }
        if element.name == "ac:structured-macro" {
            let name = element.attribute("ac:name").unwrap_or_default();
            if !MACROS.contains(&name) {
                return Err(format!("the macro {:?} is not allowed", plain(name, 40)));
            }
        }
        for (name, value) in &element.attributes {
            if !ATTRIBUTES.contains(&name.as_str()) {
                return Err(format!("storage format attribute {:?} is not allowed", plain(name, 40)));
            }
            if name == "href" && !(element.name == "a" && links.allow(value)) {
                return Err("a link leads to something that the document does not link to".into());
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::{Links, check};

    #[test]
    fn only_macros_that_show_what_they_hold() {
        let links = Links::from_iter(["https://wiki.example/a?b=1&c=2"]);
        let good = "<h1>RCA &amp; more</h1><p><a href=\"https://wiki.example/a?b=1&amp;c=2\">x</a></p>\
            <ac:structured-macro ac:name=\"code\"><ac:parameter ac:name=\"language\">sh</ac:parameter>\
            <ac:plain-text-body><![CDATA[ls <dir>]]></ac:plain-text-body></ac:structured-macro>";
        assert_eq!(check(good, &links), Ok(()));
        for bad in [
            "<script>x</script>",
            "<p onclick=\"x\"/>",
            "<a href=\"https://evil.example/?q=1\">x</a>",
            "<a href=\"javascript:x\">x</a>",
            "<ac:image><ri:url ri:value=\"https://evil.example/x.png\"/></ac:image>",
            "<ac:structured-macro ac:name=\"html\"/>",
            "<ac:structured-macro ac:name=\"include\"/>",
            "<ac:structured-macro/>",
            "<ac:link><ri:user ri:username=\"x\"/></ac:link>",
            "<p><![CDATA[x]]></p>",
            "</body><script/><body>",
            "</body><body>",
            "&nbsp;",
            "<!-- x -->",
            "<p>",
            "a < b",
        ] {
            assert!(check(bad, &links).is_err(), "{bad}");
        }
    }
}
