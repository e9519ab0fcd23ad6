//! Reading what was rendered gives the tree again, whatever its text says. Both sides are brought to one plain
//! form that shares no code with the renderer: blocks, and characters with their marks.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use comrak::nodes::{ListType, Node as AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use render_markdown::{Doc, Kind, Node, render};

#[derive(Clone, Debug)]
enum Inline {
    Text(String),
    Code(String),
    Break,
    Emphasis(Vec<Inline>),
    Strong(Vec<Inline>),
    Link(String, Vec<Inline>),
}

#[derive(Clone, Debug)]
enum Block {
    Heading(u8, Vec<Inline>),
    Paragraph(Vec<Inline>),
    Code(Option<String>, String),
    List(bool, Vec<Vec<Block>>),
    Table(Vec<Vec<Vec<Inline>>>),
    Quote(Vec<Block>),
    Rule,
    Timeline(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
struct Char {
    c: char,
    emphasis: bool,
    strong: bool,
    code: bool,
    link: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Heading(u8, Vec<Char>),
    Paragraph(Vec<Char>),
    Code(String, String),
    List(bool, Vec<Vec<Plain>>),
    Table(Vec<Vec<Vec<Char>>>),
    Quote(Vec<Plain>),
    Rule,
}

fn picture(c: char) -> char {
    match u32::from(c) {
        c @ 0..=31 => char::from_u32(0x2400 + c).unwrap(),
        127 => '\u{2421}',
        128..=159 => '\u{fffd}',
        _ => c,
    }
}

fn is_space(c: char) -> bool {
    " \t\n\r\x0b\x0c".contains(c)
}

/// Single spaces, none beside a break or at the ends; a space has no marks unless it is code.
fn tidy(chars: Vec<Char>, breaks: bool) -> Vec<Char> {
    let mut tidied: Vec<Char> = Vec::new();
    for mut char in chars {
        if char.c == '\n' && !breaks {
            char.c = ' ';
        }
        if char.c == '\n' {
            while tidied.last().is_some_and(|last| last.c == ' ' && !last.code) {
                tidied.pop();
            }
            if !tidied.is_empty() {
                tidied.push(Char { c: '\n', ..Char::default() });
            }
        } else if char.c == ' ' && !char.code {
            if tidied.last().is_some_and(|last| last.code || (last.c != ' ' && last.c != '\n')) {
                tidied.push(Char { c: ' ', ..Char::default() });
            }
        } else {
            tidied.push(char);
        }
    }
    while tidied.last().is_some_and(|last| !last.code && (last.c == ' ' || last.c == '\n')) {
        tidied.pop();
    }
    tidied
}

fn flatten(inlines: &[Inline], marks: &Char, out: &mut Vec<Char>) {
    for inline in inlines {
        let mut inner = marks.clone();
        match inline {
            Inline::Text(text) => {
                out.extend(
                    text.chars().map(|c| Char { c: if is_space(c) { ' ' } else { picture(c) }, ..marks.clone() }),
                );
            }
            Inline::Code(code) => {
                let text: String = code.chars().map(|c| if is_space(c) { ' ' } else { picture(c) }).collect();
                out.extend(text.chars().map(|c| Char { c, code: true, ..marks.clone() }));
            }
            Inline::Break => out.push(Char { c: '\n', ..Char::default() }),
            Inline::Emphasis(children) => {
                inner.emphasis = true;
                flatten(children, &inner, out);
            }
            Inline::Strong(children) => {
                inner.strong = true;
                flatten(children, &inner, out);
            }
            Inline::Link(url, children) => {
                inner.link = inner.link.or(Some(url.clone()));
                flatten(children, &inner, out);
            }
        }
    }
}

fn plain_line(inlines: &[Inline], breaks: bool, cell: bool) -> Vec<Char> {
    let mut chars = Vec::new();
    flatten(inlines, &Char::default(), &mut chars);
    for code in chars.chunk_by_mut(|a, b| Char { c: b.c, ..a.clone() } == *b) {
        let text: String = code.iter().map(|char| char.c).collect();
        let link = code[0].link.is_some();
        if text.trim_matches(' ').is_empty() || (cell && text.contains("\\|")) || (link && text.contains("]:")) {
            code.iter_mut().for_each(|char| char.code = false);
        }
    }
    tidy(chars, breaks)
}

fn plain(blocks: &[Block]) -> Vec<Plain> {
    blocks
        .iter()
        .filter_map(|block| {
            Some(match block {
                Block::Heading(level, text) => Plain::Heading(*level, plain_line(text, false, false)),
                Block::Paragraph(text) => {
                    let line = plain_line(text, true, false);
                    if line.is_empty() {
                        return None;
                    }
                    Plain::Paragraph(line)
                }
                Block::Code(language, source) => Plain::Code(
                    language.clone().unwrap_or_default(),
                    source.chars().map(|c| if matches!(c, '\t' | '\n') { c } else { picture(c) }).collect(),
                ),
                Block::Timeline(json) => Plain::Code("timeline".to_owned(), json.clone()),
                Block::List(_, items) if items.is_empty() => return None,
                Block::List(numbered, items) => Plain::List(*numbered, items.iter().map(|item| plain(item)).collect()),
                Block::Table(rows) => {
                    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
                    let row = |row: &Vec<Vec<Inline>>| {
                        let mut cells: Vec<_> = row.iter().map(|cell| plain_line(cell, false, true)).collect();
                        cells.resize(width, Vec::new());
                        cells
                    };
                    Plain::Table(rows.iter().map(row).collect())
                }
                Block::Quote(inner) => Plain::Quote(plain(inner)),
                Block::Rule => Plain::Rule,
            })
        })
        .collect()
}

struct Builder(Vec<Node>);

impl Builder {
    fn add(&mut self, parent: u32, kind: Kind) -> u32 {
        self.0.push(Node { parent: Some(parent), kind });
        u32::try_from(self.0.len() - 1).unwrap()
    }

    fn inlines(&mut self, parent: u32, inlines: &[Inline]) {
        for inline in inlines {
            let (kind, children) = match inline {
                Inline::Text(text) => (Kind::Text(text.clone()), None),
                Inline::Code(text) => (Kind::Code(text.clone()), None),
                Inline::Break => (Kind::LineBreak, None),
                Inline::Emphasis(children) => (Kind::Emphasis, Some(children)),
                Inline::Strong(children) => (Kind::Strong, Some(children)),
                Inline::Link(url, children) => (Kind::Link(url.clone()), Some(children)),
            };
            let node = self.add(parent, kind);
            self.inlines(node, children.map_or(&[], Vec::as_slice));
        }
    }

    fn blocks(&mut self, parent: u32, blocks: &[Block]) {
        for block in blocks {
            match block {
                Block::Heading(level, text) => {
                    let node = self.add(parent, Kind::Heading(*level));
                    self.inlines(node, text);
                }
                Block::Paragraph(text) => {
                    let node = self.add(parent, Kind::Paragraph);
                    self.inlines(node, text);
                }
                Block::Code(language, source) => {
                    self.add(parent, Kind::CodeBlock((language.clone(), source.clone())));
                }
                Block::Timeline(json) => {
                    self.add(parent, Kind::Other(("timeline".to_owned(), json.clone())));
                }
                Block::List(numbered, items) => {
                    let list = self.add(parent, if *numbered { Kind::NumberedList } else { Kind::BulletList });
                    for item in items {
                        let node = self.add(list, Kind::ListItem);
                        self.blocks(node, item);
                    }
                }
                Block::Table(rows) => {
                    let table = self.add(parent, Kind::Table);
                    for (at, row) in rows.iter().enumerate() {
                        let node = self.add(table, Kind::TableRow(at == 0));
                        for cell in row {
                            let cell_node = self.add(node, Kind::TableCell);
                            self.inlines(cell_node, cell);
                        }
                    }
                }
                Block::Quote(inner) => {
                    let node = self.add(parent, Kind::Quote);
                    self.blocks(node, inner);
                }
                Block::Rule => {
                    self.add(parent, Kind::Rule);
                }
            }
        }
    }
}

fn rendered(title: &str, metadata: &[(&str, &str)], blocks: &[Block]) -> String {
    let mut builder = Builder(vec![Node { parent: None, kind: Kind::Root }]);
    builder.blocks(0, blocks);
    let metadata = metadata.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let doc = Doc { title: title.to_owned(), nodes: builder.0, metadata };
    let mut bytes = Vec::new();
    render(&doc, &mut |piece| {
        assert!(piece.len() <= render_markdown::PIECE_BYTES_MAX);
        bytes.extend_from_slice(piece);
        Ok(())
    })
    .unwrap();
    String::from_utf8(bytes).unwrap()
}

fn ast_inlines<'a>(node: AstNode<'a>, marks: &Char, out: &mut Vec<Char>) {
    for child in node.children() {
        let mut inner = marks.clone();
        let value = child.data().value.clone();
        match value {
            NodeValue::Text(text) => out.extend(text.chars().map(|c| Char { c, ..marks.clone() })),
            NodeValue::Code(code) => out.extend(code.literal.chars().map(|c| Char { c, code: true, ..marks.clone() })),
            NodeValue::LineBreak => out.push(Char { c: '\n', ..Char::default() }),
            NodeValue::Emph => {
                inner.emphasis = true;
                ast_inlines(child, &inner, out);
            }
            NodeValue::Strong => {
                inner.strong = true;
                ast_inlines(child, &inner, out);
            }
            NodeValue::Link(link) => {
                inner.link = Some(link.url);
                ast_inlines(child, &inner, out);
            }
            other => panic!("markup out of text: {other:?}"),
        }
    }
}

fn ast_line(node: AstNode<'_>, breaks: bool) -> Vec<Char> {
    let mut chars = Vec::new();
    ast_inlines(node, &Char::default(), &mut chars);
    tidy(chars, breaks)
}

fn ast_blocks<'a>(node: AstNode<'a>) -> Vec<Plain> {
    node.children()
        .map(|child| match child.data().value.clone() {
            NodeValue::Heading(heading) => Plain::Heading(heading.level, ast_line(child, false)),
            NodeValue::Paragraph => Plain::Paragraph(ast_line(child, true)),
            NodeValue::CodeBlock(code) => {
                Plain::Code(code.info.clone(), code.literal.strip_suffix('\n').unwrap_or(&code.literal).to_owned())
            }
            NodeValue::List(list) => Plain::List(
                list.list_type == ListType::Ordered,
                child.children().map(|item| ast_blocks(item)).collect(),
            ),
            NodeValue::Table(_) => Plain::Table(
                child.children().map(|row| row.children().map(|cell| ast_line(cell, false)).collect()).collect(),
            ),
            NodeValue::BlockQuote => Plain::Quote(ast_blocks(child)),
            NodeValue::ThematicBreak => Plain::Rule,
            other => panic!("markup out of text: {other:?}"),
        })
        .collect()
}

/// Every extension that gives a character of text a meaning is on.
fn parsed(markdown: &str) -> Vec<Plain> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.autolink = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.math_code = true;
    options.extension.alerts = true;
    options.extension.description_lists = true;
    let arena = Arena::new();
    ast_blocks(parse_document(&arena, markdown, &options))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9 ]{1,6}",
        4 => "[-#+=.):_*`~|<>&!;/ \\\\\\[\\](){}$\"'^a1]{1,8}",
        1 => "[ \t\n\r\u{0}\u{1b}\u{7f}\u{85}\u{a0}\u{feff}\u{2028}é€😀ع]{1,4}",
        1 => prop::sample::select(vec![
            "1. a", "2) b", "# h", "- x", "---", "===", "```", "~~~", "<b>", "<!-- x", "&amp;", "&#35;", "[a]: /b",
            "[^1]", "| a | b |", ":-", "http://a.b", "https://a", "www.a.b", "![", "[x] ", "> q", "***", "a\\", "$x$",
        ]).prop_map(str::to_owned),
    ]
}

fn inlines() -> impl Strategy<Value = Vec<Inline>> {
    let leaf = prop_oneof![
        4 => text().prop_map(Inline::Text),
        1 => prop_oneof![text(), "`{1,4}[a |\\\\]{0,3}`{0,3}"].prop_map(Inline::Code),
        1 => Just(Inline::Break),
    ];
    let url = prop::sample::select(vec!["https://a.b/c?d=1&amp;e=(2)", "mailto:a@b.c", "HTTP://x_y_z/*a*"]);
    let tree = leaf.prop_recursive(4, 12, 3, move |inner| {
        let some = prop::collection::vec(inner, 0..3);
        prop_oneof![
            some.clone().prop_map(Inline::Emphasis),
            some.clone().prop_map(Inline::Strong),
            (url.clone(), some).prop_map(|(url, some)| Inline::Link(url.to_owned(), some)),
        ]
    });
    prop::collection::vec(tree, 0..5)
}

fn blocks() -> impl Strategy<Value = Vec<Block>> {
    let table = (1usize..4).prop_flat_map(|width| {
        (
            prop::collection::vec(inlines(), width),
            prop::collection::vec(prop::collection::vec(inlines(), 1..=width), 0..3),
        )
    });
    let leaf = prop_oneof![
        1 => (1u8..7, inlines()).prop_map(|(level, text)| Block::Heading(level, text)),
        4 => inlines().prop_map(Block::Paragraph),
        1 => (prop::option::of("[a-z+#]{1,4}"), "([`~a>\t# -]{0,5}\n?){0,3}").prop_map(|(l, s)| Block::Code(l, s)),
        1 => table.prop_map(|(head, mut rows)| {
            rows.insert(0, head);
            Block::Table(rows)
        }),
        1 => Just(Block::Rule),
        1 => Just(Block::Timeline("[{\"time\":\"```\"}]".to_owned())),
    ];
    let tree = leaf.prop_recursive(4, 16, 3, |inner| {
        let some = prop::collection::vec(inner, 0..3);
        prop_oneof![
            (any::<bool>(), prop::collection::vec(some.clone(), 0..4)).prop_map(|(n, items)| Block::List(n, items)),
            some.prop_map(Block::Quote),
        ]
    });
    prop::collection::vec(tree, 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_line_reads_as_it_was(line in inlines()) {
        let blocks = vec![Block::Paragraph(line)];
        let markdown = rendered("", &[], &blocks);
        prop_assert_eq!(parsed(&markdown), plain(&blocks), "{}", markdown);
    }

    #[test]
    fn a_document_reads_as_it_was(blocks in blocks()) {
        let markdown = rendered("", &[], &blocks);
        prop_assert_eq!(parsed(&markdown), plain(&blocks), "{}", markdown);
    }

    #[test]
    fn title_and_metadata_are_text(title in text(), name in "[a-z]{1,5}", value in text()) {
        let markdown = rendered(&title, &[(&name, &value)], &[Block::List(false, vec![vec![Block::Rule]])]);
        let read = parsed(&markdown);
        let kinds: Vec<_> = read.iter().filter(|block| !matches!(block, Plain::Heading(1, _))).collect();
        prop_assert!(matches!(kinds.as_slice(), [Plain::List(false, a), Plain::List(false, b)] if a.len() == 1 && b.len() == 1), "{markdown}");
    }
}

fn words(text: &str) -> Vec<Inline> {
    vec![Inline::Text(text.to_owned())]
}

#[test]
fn a_report_reads_well_as_plain_text() {
    let item = |text: &str| vec![Block::Paragraph(words(text))];
    let blocks = [
        Block::Heading(1, words("Disk full on db-1")),
        Block::Heading(2, words("Issue Summary")),
        Block::Paragraph(vec![
            Inline::Text("The log_writer wrote ".to_owned()),
            Inline::Strong(words("40 GB")),
            Inline::Text(" in 3 min.".to_owned()),
        ]),
        Block::List(
            false,
            vec![item("first"), vec![Block::Paragraph(words("second")), Block::List(true, vec![item("a"), item("b")])]],
        ),
        Block::Table(vec![vec![words("name"), words("value")], vec![words("a|b"), words("1")]]),
        Block::Quote(vec![Block::Paragraph(words("# not a heading"))]),
        Block::Code(Some("log".to_owned()), "a\n```\nb".to_owned()),
    ];
    let expected = "# Disk full on db-1

- **Severity:** high
- **Issue ID:** 018f

## Issue Summary

The log_writer wrote **40 GB** in 3 min.

- first
- second
  1. a
  2. b

| name | value |
| --- | --- |
| a\\|b | 1 |

> \\# not a heading

````log
a
```
b
````
";
    assert_eq!(rendered("Disk  full on db-1", &[("severity", "high"), ("issue_id", "018f")], &blocks), expected);
}

#[test]
fn links_that_run_code_are_text() {
    let link = |url: &str| vec![Block::Paragraph(vec![Inline::Link(url.to_owned(), words("see"))])];
    assert_eq!(rendered("", &[], &link("javascript:alert(1)")), "see\n");
    assert_eq!(rendered("", &[], &link("data:text/html,x")), "see\n");
    assert_eq!(rendered("", &[], &link("https://a/b c")), "[see](https://a/b%20c)\n");
}

#[test]
fn an_empty_document_is_empty() {
    assert_eq!(rendered("", &[], &[]), "");
}

#[test]
fn an_unbroken_line_and_a_long_table_are_written_whole() {
    let long = "x".repeat(200_000);
    assert_eq!(rendered("", &[], &[Block::Paragraph(words(&long))]), format!("{long}\n"));
    let rows = (0..5000).map(|row| vec![words(&format!("row {row}")), words("b")]).collect();
    assert_eq!(rendered("", &[], &[Block::Table(rows)]).lines().count(), 5001);
}
