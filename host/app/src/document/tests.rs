#![allow(clippy::unwrap_used, clippy::panic)]

use proptest::prelude::*;
use trcaa_model::document::{Node, NodeKind, RenderTree};
use trcaa_model::guard::Redacted;

use super::escape::{code_span, visible};
use super::timeline::TIMELINE_EVENTS_MAX;
use super::*;

#[expect(clippy::disallowed_methods, reason = "the tests' own words")]
fn redacted(text: &str) -> Redacted {
    let mut none = trcaa_redact::Pseudonyms::default();
    trcaa_redact::Guard::pass(text, trcaa_redact::Origin::Redacted, &[], &mut none, usize::MAX).unwrap()
}

fn try_parse(markdown: &str) -> Result<RenderTree, DocumentError> {
    parse_markdown(redacted("t"), &redacted(markdown), Vec::new())
}

/// The tree on one line: a node's kind, then its children in brackets.
fn check(markdown: &str, expected: &str) {
    assert_eq!(shown(&try_parse(markdown).unwrap().nodes, 0), format!("Root[{expected}]"), "{markdown}");
}

fn shown(nodes: &[Node], at: u32) -> String {
    let kind = format!("{:?}", nodes[at as usize].kind);
    let children: Vec<String> = nodes
        .iter()
        .zip(0..)
        .filter(|(node, _)| node.parent == Some(at))
        .map(|(_, child)| shown(nodes, child))
        .collect();
    if children.is_empty() { kind } else { format!("{kind}[{}]", children.join(" ")) }
}

/// What `markdown` holds, if that is one paragraph of one text.
fn only_text(markdown: &str) -> String {
    match try_parse(markdown).unwrap().nodes.as_slice() {
        [_, Node { kind: NodeKind::Paragraph, .. }, Node { parent: Some(1), kind: NodeKind::Text(text) }] => {
            text.clone()
        }
        other => panic!("{markdown:?} reads as {other:?}"),
    }
}

fn single_spaced(text: &str) -> String {
    visible(text).split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[test]
fn markdown_becomes_the_tree_it_says() {
    check("# A *b*", r#"Heading(1)[Text("A ") Emphasis[Text("b")]]"#);
    check("a\nb\\\nc ~~d~~", r#"Paragraph[Text("a b") LineBreak Text("c d")]"#);
    check("1. a\n   - b", r#"NumberedList[ListItem[Paragraph[Text("a")] BulletList[ListItem[Paragraph[Text("b")]]]]]"#);
    check("> **x** `y`\n***", r#"Quote[Paragraph[Strong[Text("x")] Text(" ") Code("y")]] Rule"#);
    check(
        "|a|b|\n|-|-|\n|c|",
        r#"Table[TableRow(true)[TableCell[Text("a")] TableCell[Text("b")]] TableRow(false)[TableCell[Text("c")] TableCell]]"#,
    );
    check("```log x\na\n\n```", r#"CodeBlock(Some("log"), "a\n")"#);
    check("    a", r#"CodeBlock(None, "a")"#);
    assert_eq!(try_parse("").unwrap().nodes.len(), 1);
}

#[test]
fn tasks_keep_their_marks_as_text() {
    check("- [x] **a**", r#"BulletList[ListItem[Paragraph[Text("[x] ") Strong[Text("a")]]]]"#);
    check("- [ ] a", r#"BulletList[ListItem[Paragraph[Text("[ ] a")]]]"#);
}

#[test]
fn raw_html_is_text() {
    check("a <b>c</b>", r#"Paragraph[Text("a <b>c</b>")]"#);
    check(
        "<script>\nalert(1)\n\n</script>",
        r#"Paragraph[Text("<script>") LineBreak Text("alert(1)") LineBreak Text("</script>")]"#,
    );
    check("<!-- x -->", r#"Paragraph[Text("<!-- x -->")]"#);
}

#[test]
fn links_that_may_not_be_and_images_are_their_text() {
    check("[a](https://b/c)", r#"Paragraph[Link("https://b/c")[Text("a")]]"#);
    check("<MAILTO:a@b.c>", r#"Paragraph[Link("MAILTO:a@b.c")[Text("MAILTO:a@b.c")]]"#);
    check("[](https://b)", r#"Paragraph[Link("https://b")[Text("https://b")]]"#);
    for url in
        ["javascript:alert(1)", "JaVaScript:x", "data:text/html,x", "file:///etc", "//b", "/b", "#b", "vbscript:x"]
    {
        check(&format!("[a]({url})"), r#"Paragraph[Text("a")]"#);
    }
    check("![a *b*](https://c/d.png)", r#"Paragraph[Text("a ") Emphasis[Text("b")]]"#);
    check("see https://b and www.b.c", r#"Paragraph[Text("see https://b and www.b.c")]"#);
}

#[test]
fn a_timeline_is_taken_for_one_only_if_it_is() {
    check(
        "```timeline\n[{\"type\":\"x\", \"text\":\"b\",\"time\":\"a\",\"more\":1}]\n```",
        r#"Other("timeline", "[{\"time\":\"a\",\"text\":\"b\",\"type\":\"x\"}]")"#,
    );
    for wrong in ["", "[]", "{}", "[{\"time\":\"a\"}]", "[1]"] {
        let nodes = try_parse(&format!("```timeline\n{wrong}\n```")).unwrap().nodes;
        assert_eq!(nodes[1].kind, NodeKind::CodeBlock(Some("timeline".to_owned()), wrong.to_owned()));
    }
}

#[test]
fn a_written_timeline_is_read_again() {
    let entry = TimelineEntry { time: "a".to_owned(), text: "```\n\u{1b}[0m".to_owned(), kind: String::new() };
    let nodes = try_parse(&timeline_fence(std::slice::from_ref(&entry))).unwrap().nodes;
    let json = "[{\"time\":\"a\",\"text\":\"```\\n␛[0m\",\"type\":\"\"}]";
    assert_eq!(nodes[1].kind, NodeKind::Other("timeline".to_owned(), json.to_owned()));
    let many = vec![entry; TIMELINE_EVENTS_MAX + 1];
    assert!(matches!(try_parse(&timeline_fence(&many)).unwrap().nodes[1].kind, NodeKind::Other(..)));
}

#[test]
fn bytes_nodes_and_depth_are_bounded() {
    assert!(try_parse(&"a".repeat(DOCUMENT_BYTES_MAX)).is_ok());
    let too_long: Result<(), _> = Err(DocumentError::Long { bytes: DOCUMENT_BYTES_MAX + 1 });
    assert_eq!(try_parse(&"a".repeat(DOCUMENT_BYTES_MAX + 1)).map(drop), too_long);
    // Root, and for each rule one.
    assert!(try_parse(&"***\n".repeat(DOCUMENT_NODES_MAX - 1)).is_ok());
    assert_eq!(try_parse(&"***\n".repeat(DOCUMENT_NODES_MAX)).map(drop), Err(DocumentError::ManyNodes));
    // Quotes, a paragraph, its text.
    assert!(try_parse(&format!("{}a", ">".repeat(DOCUMENT_DEPTH_MAX - 2))).is_ok());
    assert_eq!(try_parse(&format!("{}a", ">".repeat(DOCUMENT_DEPTH_MAX - 1))).map(drop), Err(DocumentError::Deep));
    assert_eq!(try_parse(&">".repeat(100_000)).map(drop), Err(DocumentError::Deep));
}

#[test]
fn what_is_invisible_is_shown() {
    assert_eq!(visible("\0a\u{1b}[31m\u{7f}\u{85}\u{202e}\tb\n"), "␀a␛[31m␡\\x85\\u{202e}\tb\n");
    assert_eq!(fenced("a\u{7}\r\n````\n"), "`````\na␇\n````\n`````\n");
    assert_eq!(fenced(""), "```\n```\n");
    assert_eq!(code_span("a`b | c"), "``a`b | c``");
    assert_eq!(table_code_span("a | b"), "`a \\| b`");
    assert_eq!(escape_markdown(" # a_b\n1. "), "\\# a_b 1.");
    assert_eq!(escape_markdown("1. a"), "1\\. a");
}

fn foreign() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-#+=.):_*`~|<>&!;/ \\\\\\[\\](){}$\"'^a1\n\t]{1,12}",
        prop::collection::vec(
            prop::sample::select(vec![
                "1. ",
                "2) ",
                "# ",
                "- ",
                "+ ",
                "---",
                "===",
                "```",
                "~~~",
                "<b>",
                "<!--",
                "&amp;",
                "&#35;",
                "[a]: /b",
                "| a |",
                ":-",
                "http://a.b",
                "www.a.b",
                "![",
                "](x)",
                "[x] ",
                "> ",
                "***",
                "\\",
                "\n",
                "\n\n",
                "\r",
                "    ",
                "\t",
                "_a",
                "a_",
                "**a**",
                "\u{feff}",
                "\u{a0}",
                "\u{85}",
                "\0",
                "\u{202e}",
                "é",
                "a",
            ]),
            1..7,
        )
        .prop_map(|parts| parts.concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn escaped_text_reads_as_itself(text in foreign()) {
        let expected = single_spaced(&text);
        if expected.is_empty() {
            prop_assert_eq!(escape_markdown(&text), "");
        } else {
            prop_assert_eq!(only_text(&escape_markdown(&text)), expected);
        }
    }

    #[test]
    fn escaped_text_stays_in_its_line(text in foreign()) {
        let text = format!("{text}x");
        let expected = single_spaced(&text);
        let escaped = escape_markdown(&text);
        check(&format!("- **Error:** {escaped}"), &format!("BulletList[ListItem[Paragraph[Strong[Text(\"Error:\")] Text({:?})]]]", format!(" {expected}")));
        check(&format!("## {escaped}"), &format!("Heading(2)[Text({expected:?})]"));
        let cell = format!("TableRow(true)[TableCell[Text({expected:?})] TableCell[Text(\"b\")]]");
        check(&format!("| {} | b |\n| - | - |", escape_table_cell(&text)), &format!("Table[{cell}]"));
    }

    #[test]
    fn code_reads_as_itself(text in foreign()) {
        let text = format!("{text}.");
        let expected = single_spaced(&text);
        check(&format!("x {}", code_span(&text)), &format!("Paragraph[Text(\"x \") Code({expected:?})]"));
        let kind = if expected.contains("\\|") { "Text" } else { "Code" };
        check(&format!("| {} |\n| - |", table_code_span(&text)), &format!("Table[TableRow(true)[TableCell[{kind}({expected:?})]]]"));
    }

    #[test]
    fn fenced_text_reads_as_itself(text in foreign()) {
        let nodes = try_parse(&format!("{}after\n", fenced(&text))).unwrap().nodes;
        let lines = visible(&text).replace("\r\n", "\n").replace('\r', "\n");
        let expected = lines.strip_suffix('\n').unwrap_or(&lines).to_owned();
        prop_assert_eq!(&nodes[1].kind, &NodeKind::CodeBlock(None, expected));
        prop_assert_eq!(nodes.len(), 4);
    }

    #[test]
    fn no_markdown_breaks_the_tree(markdown in foreign()) {
        let nodes = try_parse(&markdown).unwrap().nodes;
        prop_assert_eq!((nodes[0].parent, &nodes[0].kind), (None, &NodeKind::Root));
        for (node, at) in nodes.iter().zip(0u32..).skip(1) {
            prop_assert!(node.parent.is_some_and(|parent| parent < at));
        }
    }
}
