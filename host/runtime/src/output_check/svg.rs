//! A drawing that stands alone: lists of elements and attributes, and no value that refers to anything.

use super::drawing;
use super::xml::walk;
use crate::error::plain;

/// Attributes beside those of every drawing.
const ATTRIBUTES: [&str; 6] = ["id", "class", "lang", "role", "version", "xml:space"];
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// Checks a whole file. The error names the first thing that is not allowed.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut any = false;
    walk("SVG", text, None, |element, parent| {
        if parent.is_none() {
            if any || element.name != "svg" || element.attribute("xmlns") != Some(NAMESPACE) {
                return Err(format!("SVG whose one outermost element is not svg of {NAMESPACE}"));
            }
            any = true;
        }
        if element.name != "title" && !drawing::ELEMENTS.contains(&element.name.as_str()) {
            return Err(format!("SVG element <{}> is not allowed", plain(&element.name, 40)));
        }
        for (name, value) in &element.attributes {
            let listed = |list: &[&str]| list.contains(&name.as_str());
            let known = listed(&ATTRIBUTES) || listed(&drawing::ATTRIBUTES) || name.starts_with("aria-");
            if !(known || (name == "xmlns" && value == NAMESPACE)) {
                return Err(format!("SVG attribute {:?} is not allowed", plain(name, 40)));
            }
            // A backslash could spell a reference where a value is read as CSS.
            let lower = value.to_ascii_lowercase();
            if name != "xmlns" && ["url(", "\\", "javascript:", "://"].iter().any(|part| lower.contains(part)) {
                return Err(format!("SVG attribute {name} refers to something"));
            }
        }
        Ok(())
    })?;
    if any { Ok(()) } else { Err("it wrote bytes that are no SVG".into()) }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_drawing_stands_alone() {
        let within =
            |inner: &str| format!("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\">{inner}</svg>");
        assert_eq!(check(&within("<title>t &amp; u</title><rect x=\"1\" fill=\"#fff\"/>")), Ok(()));
        for bad in [
            "<script>x</script>",
            "<image href=\"https://evil.example/x.png\"/>",
            "<use href=\"#a\"/>",
            "<a href=\"https://evil.example\"/>",
            "<style>@import 'x'</style>",
            "<foreignObject/>",
            "<rect onload=\"x()\"/>",
            "<rect fill=\"url(https://evil.example)\"/>",
            "<rect fill=\"&#117;rl(https://evil.example)\"/>",
            "<rect fill=\"u\\72l(x)\"/>",
            "<rect xmlns=\"http://www.w3.org/1999/xhtml\"/>",
            "<rect xlink:href=\"x\"/>",
            "<animate/>",
            "<!-- x -->",
            "<?xml-stylesheet href=\"x\"?>",
            "<![CDATA[x]]>",
            "&evil;",
            "<g>",
        ] {
            assert!(check(&within(bad)).is_err(), "{bad}");
        }
        for bad in ["", "x", "<svg/>", "<!DOCTYPE svg [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><svg/>", "<p/>"] {
            assert!(check(bad).is_err(), "{bad}");
        }
        assert!(check(&within("").repeat(2)).is_err());
    }
}
