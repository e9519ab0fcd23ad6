//! The page is well formed, says what the tree says, and can do nothing, whatever the tree is.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use render_html::{Doc, Kind, Node, render};

const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "a",
    "header",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "dl",
    "div",
    "dt",
    "dd",
    "span",
    "nav",
    "ol",
    "ul",
    "li",
    "main",
    "p",
    "em",
    "strong",
    "code",
    "pre",
    "blockquote",
    "hr",
    "br",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "svg",
    "text",
    "tspan",
    "rect",
    "path",
    "circle",
];
const VOID: &[&str] = &["meta", "hr", "br"];
const ATTRIBUTES: &[&str] = &[
    "lang",
    "charset",
    "http-equiv",
    "content",
    "name",
    "class",
    "href",
    "id",
    "dir",
    "aria-labelledby",
    "aria-label",
    "role",
    "tabindex",
    "scope",
    "rel",
    "viewBox",
    "width",
    "height",
    "x",
    "y",
    "rx",
    "d",
    "cx",
    "cy",
    "r",
    "text-anchor",
    "direction",
];

fn page(doc: &Doc) -> String {
    let mut bytes = Vec::new();
    render(doc, &mut |piece| {
        assert!(piece.len() <= render_html::PIECE_BYTES_MAX);
        bytes.extend_from_slice(piece);
        Ok(())
    })
    .unwrap();
    String::from_utf8(bytes).unwrap()
}

/// Walks a page, checks every tag, and gives the text outside of `nav`, `figure` and `head`.
fn checked_text(page: &str) -> String {
    let mut stack: Vec<String> = Vec::new();
    let mut ids = BTreeSet::new();
    let mut targets = BTreeSet::new();
    let mut text = String::new();
    let mut rest = page.strip_prefix("<!doctype html>").unwrap();
    while !rest.is_empty() {
        let (before, after) = rest.split_once('<').unwrap_or((rest, ""));
        assert!(!before.contains('>') || stack.last().is_some_and(|last| last == "style"), "{before}");
        if !stack.iter().any(|open| ["nav", "figure", "head"].contains(&open.as_str())) {
            text.push_str(before);
        }
        if after.is_empty() {
            break;
        }
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(stack.pop().as_deref(), Some(name));
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(ELEMENTS.contains(&name), "{tag}");
        let has = |names: &[&str]| stack.iter().any(|open| names.contains(&open.as_str()));
        let phrasing = ["a", "em", "strong", "code", "br", "span"].contains(&name) || has(&["svg"]);
        assert!(
            phrasing
                || !has(&["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "a", "em", "strong"])
                || has(&["pre"]) && name == "code",
            "{name} in {stack:?}"
        );
        assert!(name != "a" || !has(&["a"]), "a link in a link");
        let mut parts = attributes.trim_end_matches('/').split('"');
        while let (Some(key), Some(value)) = (parts.next(), parts.next()) {
            let key = key.trim().trim_end_matches('=');
            assert!(ATTRIBUTES.contains(&key), "{tag}");
            match key {
                "id" => assert!(ids.insert(value.to_owned()), "{value} twice"),
                "href" if value.starts_with('#') => drop(targets.insert(value.get(1..).unwrap().to_owned())),
                "href" => assert!(
                    ["http://", "https://", "mailto:"]
                        .iter()
                        .any(|scheme| value.to_ascii_lowercase().starts_with(scheme)),
                    "{value}"
                ),
                _ => {}
            }
        }
        if !VOID.contains(&name) && !tag.ends_with('/') {
            stack.push(name.to_owned());
        }
    }
    assert!(stack.is_empty());
    assert!(targets.is_subset(&ids), "{targets:?} of {ids:?}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn node(parent: u32, kind: Kind) -> Node {
    Node { parent: Some(parent), kind }
}

fn text(text: &str) -> Kind {
    Kind::Text(text.to_owned())
}

fn doc(title: &str, nodes: Vec<Node>) -> Doc {
    let root = Node { parent: None, kind: Kind::Root };
    Doc { title: title.to_owned(), nodes: std::iter::once(root).chain(nodes).collect(), metadata: Vec::new() }
}

fn main_of(page: &str) -> &str {
    page.split_once("<main id=\"content\">\n").unwrap().1.split_once("</main>").unwrap().0
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let words = || prop_oneof!["[a-zA-Z ]{1,8}", "[<>&\"'/=;a-z#!-]{1,10}", "[\\u{85} \n\té😀عא]{1,4}"];
    let blocks = prop::sample::select(vec![
        Kind::Paragraph,
        Kind::BulletList,
        Kind::NumberedList,
        Kind::ListItem,
        Kind::Table,
        Kind::TableRow(true),
        Kind::TableRow(false),
        Kind::TableCell,
        Kind::Quote,
        Kind::Rule,
        Kind::LineBreak,
        Kind::Emphasis,
        Kind::Strong,
        Kind::Heading(1),
        Kind::Heading(3),
        Kind::Other((
            "timeline".to_owned(),
            "[{\"time\":\"2026-01-01 00:00\",\"text\":\"<b>\",\"type\":\"\\\"x\"}]".to_owned(),
        )),
    ]);
    prop_oneof![
        3 => blocks,
        2 => words().prop_map(Kind::Text),
        1 => words().prop_map(Kind::Code),
        1 => words().prop_map(|source| Kind::CodeBlock((Some("\"><x".to_owned()), source))),
        1 => prop::sample::select(vec!["https://a/\"><b>", "javascript:x", "MAILTO:a", "data:x", "https://a b"]).prop_map(|url| Kind::Link(url.to_owned())),
    ]
}

/// Any tree at all: each node under any before it.
fn any_doc() -> impl Strategy<Value = Doc> {
    let nodes = prop::collection::vec((any::<prop::sample::Index>(), any_kind()), 0..25);
    (nodes, "[<>&\"a-z ]{0,8}", prop::collection::vec(("[a-z_\"<]{1,8}", "[<>&\"a-z ]{0,8}"), 0..3)).prop_map(
        |(nodes, title, metadata)| {
            let nodes = nodes
                .into_iter()
                .enumerate()
                .map(|(at, (parent, kind))| node(u32::try_from(parent.index(at + 1)).unwrap(), kind))
                .collect();
            Doc { metadata, ..doc(&title, nodes) }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_tree_gives_a_well_formed_harmless_page(doc in any_doc()) {
        let page = page(&doc);
        checked_text(&page);
        prop_assert_eq!(&page, &self::page(&doc));
    }

    #[test]
    fn a_lawful_document_keeps_all_its_text(words in prop::collection::vec("[<>&\"'a-zé😀ع\\u{0}]{1,8}", 6)) {
        let kinds = [
            (0, Kind::Heading(2)), (1, text(&words[0])), (0, Kind::Paragraph), (3, Kind::Link("https://a".to_owned())), (4, text(&words[1])),
            (0, Kind::BulletList), (6, Kind::ListItem), (7, Kind::Paragraph), (8, text(&words[2])),
            (0, Kind::Table), (10, Kind::TableRow(true)), (11, Kind::TableCell), (12, Kind::Code(words[3].clone())),
            (0, Kind::CodeBlock((None, words[4].clone()))),
        ];
        let doc = doc(&words[5], kinds.into_iter().map(|(parent, kind)| node(parent, kind)).collect());
        let expected = format!("{}{}{}{}{}{}", words[5], words[0], words[1], words[2], words[3], words[4]).replace('\0', "␀");
        prop_assert_eq!(squeezed(&checked_text(&page(&doc))), squeezed(&expected));
    }
}

#[test]
fn the_page_states_its_policy_and_reaches_for_nothing() {
    let page = page(&doc("t", Vec::new()));
    assert!(page.starts_with("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"), "{page}");
    assert!(page.contains("default-src 'none'; style-src 'sha256-"));
    for reach in ["<script", "<link", "src=", "url(", "@import", "http://", "https://", "style=\"", "unsafe"] {
        assert!(!page.contains(reach), "{reach}");
    }
}

#[test]
fn the_header_has_title_and_metadata_with_badges() {
    let metadata = [("severity", "P2"), ("issue_id", "7"), ("lang", "de")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
    let nodes =
        vec![node(0, Kind::Heading(1)), node(1, text("Disk  full")), node(0, Kind::Paragraph), node(3, text("a"))];
    let page = page(&Doc { metadata, ..doc("Disk full", nodes) });
    assert!(page.contains("<html lang=\"de\">") && page.contains("<header class=\"level-high\">\n<h1>Disk full</h1>"));
    assert!(page.contains("<dd><span class=\"badge badge-high\">P2</span></dd>"));
    assert_eq!(squeezed(&checked_text(&page)), "DiskfullSeverity:P2IssueID:7a");
    assert_eq!(main_of(&page), "<p>a</p>\n");
}

#[test]
fn headings_get_unique_anchors_and_contents() {
    let mut nodes = Vec::new();
    for (level, words) in [(3, "Early"), (2, "A b!"), (2, "A b"), (3, "a-b-2"), (2, "Content"), (2, "ö 漢"), (2, "!?")]
    {
        let heading = u32::try_from(nodes.len()).unwrap() + 1;
        nodes.extend([node(0, Kind::Heading(level)), node(heading, text(words))]);
    }
    let page = page(&doc("t", nodes));
    checked_text(&page);
    for anchor in ["a-b", "a-b-2", "a-b-2-2", "content-2", "ö-漢", "section"] {
        assert!(
            page.contains(&format!("id=\"{anchor}\"")) && page.contains(&format!("href=\"#{anchor}\"")),
            "{anchor}: {page}"
        );
    }
}

#[test]
fn further_headings_of_the_first_level_go_below_the_title() {
    let nodes = vec![node(0, Kind::Heading(1)), node(1, text("x")), node(0, Kind::Heading(6)), node(3, text("y"))];
    assert_eq!(main_of(&page(&doc("t", nodes))), "<h2 id=\"x\">x</h2>\n<h6 id=\"y\">y</h6>\n");
}

#[test]
fn links_elsewhere_are_text() {
    for url in ["javascript:alert(1)", " javascript:x", "data:text/html,x", "//a", "file:///a", "https://a\nb"] {
        let nodes = vec![node(0, Kind::Paragraph), node(1, Kind::Link(url.to_owned())), node(2, text("see"))];
        assert_eq!(main_of(&page(&doc("", nodes))), "<p>see</p>\n");
    }
}

#[test]
fn a_timeline_is_drawn_or_shown_as_it_is() {
    let timeline = |json: &str| page(&doc("", vec![node(0, Kind::Other(("timeline".to_owned(), json.to_owned())))]));
    let events: Vec<String> = (0..500)
        .map(|at| format!("{{\"time\":\"2026-03-14 {:02}:{:02}:00\",\"text\":\"<e{at}>\"}}", at / 60, at % 60))
        .collect();
    let drawn = timeline(&format!("[{}]", events.join(",")));
    checked_text(&drawn);
    assert!(
        drawn.contains("<figcaption>Drawn are 200 of 500 events.")
            && drawn.contains("role=\"img\"")
            && drawn.contains("&lt;e499&gt;")
    );
    assert_eq!(drawn.matches("<circle").count(), 400, "each event twice, for wide and narrow");
    assert!(main_of(&timeline("[{}]")).contains("<code>[{}]</code>"));
}

#[test]
fn tables_scroll_and_name_their_columns() {
    let mut nodes =
        vec![node(0, Kind::Table), node(1, Kind::TableRow(true)), node(2, Kind::TableCell), node(3, text("n"))];
    for row in 0..5000u32 {
        nodes.extend([
            node(1, Kind::TableRow(false)),
            node(5 + 3 * row, Kind::TableCell),
            node(6 + 3 * row, text("1.5 GB")),
        ]);
    }
    let page = page(&doc("", nodes));
    checked_text(&page);
    assert!(
        page.contains("role=\"region\" aria-label=\"Table\" tabindex=\"0\"")
            && page.contains("<th scope=\"col\" class=\"number\">n</th>")
    );
    assert_eq!(page.matches("<td class=\"number\">1.5 GB</td>").count(), 5000);
}

#[test]
fn an_empty_document_is_a_page() {
    assert_eq!(checked_text(&page(&Doc::default())).trim(), "");
}
