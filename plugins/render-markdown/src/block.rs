//! Blocks: headings, lists, tables, quotes, code.
//!
//! Must not know: how text is escaped. Invariant: between two blocks stands an empty line, save in tight lists.

use crate::escape::{is_space, longest_run, picture};
use crate::inline::{Line, inline_markdown, plain_markdown, plain_text};
use crate::writer::Writer;
use trcaa_sdk::render::{Doc, Kind, RenderError, Tree};

/// The kind of `other` that holds a timeline as JSON.
const TIMELINE: &str = "timeline";

/// A block that has something to show.
enum Block {
    Text(String),
    Node(u32),
}

/// Writes title, metadata and tree.
pub(crate) fn write_document(doc: &Doc, tree: &Tree<'_>, writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let mut blocks = blocks_of(tree, 0);
    let title = plain_markdown(&doc.title, Line::Heading);
    let mut written = false;
    if !title.is_empty() {
        writer.line(&format!("# {title}"))?;
        written = true;
        let own = doc.title.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        if let Some(Block::Node(first)) = blocks.first()
            && *tree.kind(*first) == Kind::Heading(1)
            && plain_text(tree, *first) == own
        {
            blocks.remove(0);
        }
    }
    // The language is for formats that can say it unseen.
    let metadata: Vec<_> = doc.metadata.iter().filter(|(name, _)| name != "lang").collect();
    if !metadata.is_empty() {
        separate(writer, written)?;
        written = true;
    }
    for (name, value) in &metadata {
        let value = plain_markdown(value, Line::Cell);
        let name = plain_markdown(&label(name), Line::Cell);
        let item = match (name.is_empty(), value.is_empty()) {
            (true, _) => format!("- {value}"),
            (false, true) => format!("- **{name}:**"),
            (false, false) => format!("- **{name}:** {value}"),
        };
        writer.line(item.trim_end())?;
    }
    if !blocks.is_empty() {
        separate(writer, written)?;
    }
    write_blocks(tree, &blocks, writer, (!metadata.is_empty()).then_some(ListMark::FIRST))
}

/// What the name of a metadatum reads as: `issue_id` as `Issue ID`.
fn label(name: &str) -> String {
    let words: Vec<&str> = name.split(['_', ' ', '-']).filter(|word| !word.is_empty()).collect();
    let mut label = String::new();
    for (at, word) in words.into_iter().enumerate() {
        if at > 0 {
            label.push(' ');
        }
        if word.eq_ignore_ascii_case("id") {
            label.push_str("ID");
        } else if let (0, Some(first)) = (at, word.chars().next()) {
            label.extend(first.to_uppercase());
            label.push_str(word.get(first.len_utf8()..).unwrap_or_default());
        } else {
            label.push_str(word);
        }
    }
    label
}

fn separate(writer: &mut Writer<'_>, written: bool) -> Result<(), RenderError> {
    if written { writer.line("") } else { Ok(()) }
}

/// The blocks in a container; inline nodes that stand there bare are a paragraph.
fn blocks_of(tree: &Tree<'_>, container: u32) -> Vec<Block> {
    gather(tree, tree.children(container))
}

fn gather(tree: &Tree<'_>, nodes: impl Iterator<Item = u32>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut bare: Vec<u32> = Vec::new();
    let close = |bare: &mut Vec<u32>, blocks: &mut Vec<Block>| {
        let text = inline_markdown(tree, bare.drain(..), Line::Paragraph);
        if !text.is_empty() {
            blocks.push(Block::Text(text));
        }
    };
    for child in nodes {
        let kind = tree.kind(child);
        if kind.is_inline() {
            bare.push(child);
            continue;
        }
        close(&mut bare, &mut blocks);
        match kind {
            Kind::Paragraph | Kind::TableCell => {
                let text = inline_markdown(tree, tree.children(child), Line::Paragraph);
                if !text.is_empty() {
                    blocks.push(Block::Text(text));
                }
            }
            // Out of place, so no more than what is in them.
            Kind::ListItem | Kind::TableRow(_) => blocks.extend(blocks_of(tree, child)),
            Kind::BulletList | Kind::NumberedList | Kind::Table if tree.children(child).next().is_none() => {}
            Kind::Other((kind, _)) if kind != TIMELINE => {}
            _ => blocks.push(Block::Node(child)),
        }
    }
    close(&mut bare, &mut blocks);
    blocks
}

/// How the items of a list are marked. Two lists in a row differ in it, or they would be one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ListMark {
    numbered: bool,
    /// The second of the two marks that Markdown has for the kind of list.
    second: bool,
}

impl ListMark {
    const FIRST: Self = Self { numbered: false, second: false };

    fn after(before: Option<Self>, numbered: bool) -> Self {
        Self { numbered, second: before == Some(Self { numbered, second: false }) }
    }

    fn text(self, number: usize) -> String {
        match (self.numbered, self.second) {
            (false, false) => "- ".to_owned(),
            (false, true) => "+ ".to_owned(),
            (true, false) => format!("{number}. "),
            (true, true) => format!("{number}) "),
        }
    }
}

/// `list_before`: the mark of the list that stands just before, or of the one whose item begins here: of marks of
/// one kind in a row readers make a rule.
fn write_blocks(
    tree: &Tree<'_>,
    blocks: &[Block],
    writer: &mut Writer<'_>,
    mut list_before: Option<ListMark>,
) -> Result<(), RenderError> {
    for (at, block) in blocks.iter().enumerate() {
        separate(writer, at > 0)?;
        let mut list = None;
        match block {
            Block::Text(text) => text.split('\n').try_for_each(|line| writer.line(line))?,
            Block::Node(node) => match tree.kind(*node) {
                kind @ (Kind::BulletList | Kind::NumberedList) => {
                    let mark = ListMark::after(list_before, *kind == Kind::NumberedList);
                    write_list(tree, *node, mark, writer)?;
                    list = Some(mark);
                }
                Kind::Heading(level) => {
                    let text = inline_markdown(tree, tree.children(*node), Line::Heading);
                    let marks = "#".repeat(usize::from((*level).clamp(1, 6)));
                    writer.line(format!("{marks} {text}").trim_end_matches(' '))?;
                }
                Kind::CodeBlock((language, source)) => write_code(language.as_deref().unwrap_or(""), source, writer)?,
                Kind::Other((kind, json)) => write_code(kind, json, writer)?,
                Kind::Table => write_table(tree, *node, writer)?,
                Kind::Rule => writer.line("***")?,
                _ => {
                    let before = writer.enter("> ", "> ");
                    write_blocks(tree, &blocks_of(tree, *node), writer, None)?;
                    writer.leave(before)?;
                }
            },
        }
        list_before = list;
    }
    Ok(())
}

fn write_list(tree: &Tree<'_>, list: u32, mark: ListMark, writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let tight = is_tight(tree, list);
    for (at, item) in tree.children(list).enumerate() {
        separate(writer, at > 0 && !tight)?;
        let text = mark.text(at + 1);
        let before = writer.enter(&text, &" ".repeat(text.len()));
        let blocks = if *tree.kind(item) == Kind::ListItem {
            blocks_of(tree, item)
        } else {
            gather(tree, std::iter::once(item))
        };
        if let (true, [Block::Text(text), Block::Node(nested)]) = (tight, blocks.as_slice()) {
            text.split('\n').try_for_each(|line| writer.line(line))?;
            write_list(tree, *nested, ListMark::after(None, *tree.kind(*nested) == Kind::NumberedList), writer)?;
        } else {
            write_blocks(tree, &blocks, writer, Some(mark))?;
        }
        writer.leave(before)?;
    }
    Ok(())
}

/// Whether every item is a paragraph, or one and a list that begins with words: no list without may follow a line.
fn is_tight(tree: &Tree<'_>, list: u32) -> bool {
    let begins_with_words = |item| tree.children(item).next().is_some_and(|first| is_worded(tree, first));
    tree.children(list).all(|item| {
        let mut children = tree.children(item);
        let paragraph = children.next().is_some_and(|first| is_worded(tree, first));
        let nested = children.next();
        *tree.kind(item) == Kind::ListItem
            && paragraph
            && children.next().is_none()
            && nested.is_none_or(|nested| {
                matches!(tree.kind(nested), Kind::BulletList | Kind::NumberedList)
                    && tree.children(nested).next().is_some_and(begins_with_words)
            })
    })
}

fn is_worded(tree: &Tree<'_>, paragraph: u32) -> bool {
    *tree.kind(paragraph) == Kind::Paragraph && plain_text(tree, paragraph).chars().any(char::is_alphanumeric)
}

fn write_code(language: &str, source: &str, writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let fence = "`".repeat(std::cmp::max(3, longest_run(source, '`') + 1));
    let language: String = language.chars().filter(|c| c.is_ascii_alphanumeric() || "+-_.#".contains(*c)).collect();
    writer.line(&format!("{fence}{language}"))?;
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    if !source.is_empty() {
        for line in source.split('\n') {
            let line: String = line.chars().map(|c| if c == '\t' { c } else { picture(c) }).collect();
            writer.line(&line)?;
        }
    }
    writer.line(&fence)
}

fn write_table(tree: &Tree<'_>, table: u32, writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let rows: Vec<u32> = tree.children(table).collect();
    let columns = rows.iter().map(|row| cells(tree, *row).len()).max().unwrap_or(0).max(1);
    let (head, body) = match rows.split_first() {
        Some((head, body)) if *tree.kind(*head) == Kind::TableRow(true) => (Some(*head), body),
        _ => (None, rows.as_slice()),
    };
    writer.line(&row(tree, head, columns))?;
    writer.line(&format!("|{}", " --- |".repeat(columns)))?;
    // Rows may be shorter than the head, so a wide row does not make the others long.
    body.iter().try_for_each(|body| writer.line(&row(tree, Some(*body), 1)))
}

fn row(tree: &Tree<'_>, row: Option<u32>, columns: usize) -> String {
    let mut line = "|".to_owned();
    let cells = row.map_or_else(Vec::new, |row| cells(tree, row));
    for cell in &cells {
        line.push_str(&format!(" {} |", inline_markdown(tree, std::iter::once(*cell), Line::Cell)));
    }
    line.push_str(&"  |".repeat(columns.saturating_sub(cells.len())));
    line
}

/// The cells of a row; what is no row is one of a single cell.
fn cells(tree: &Tree<'_>, row: u32) -> Vec<u32> {
    match tree.kind(row) {
        Kind::TableRow(_) => tree.children(row).collect(),
        _ => vec![row],
    }
}
