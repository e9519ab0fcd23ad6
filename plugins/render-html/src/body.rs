//! The nodes of the tree as elements.
//!
//! Must not know: the page around them. Invariant: elements nest as HTML wants it, whatever the tree looks like: no
//! block stands in a paragraph and no link in a link.

use crate::escape::{escaped, has_right_to_left, is_allowed_link};
use crate::outline::{Outline, text_of};
use crate::timeline::Timeline;
use crate::writer::Writer;
use trcaa_sdk::render::{Kind, RenderError, Tree};

/// A word longer than this must be broken for a table to keep its shape.
const WORD_CHARS_MAX: usize = 32;

/// Most characters of a word that stays unbroken even at its hyphens.
const SHORT_CHARS_MAX: usize = 16;
/// Most lines of code that are kept on one sheet.
const SHORT_LINES_MAX: usize = 24;
/// Most rows of a table that is kept on one sheet.
const SHORT_ROWS_MAX: usize = 10;
/// Most columns that fit on a sheet without breaking words.
const COLUMNS_MAX: usize = 6;

/// What writing the body needs.
pub(crate) struct Body<'a, 'w> {
    pub(crate) tree: &'a Tree<'a>,
    pub(crate) outline: &'a Outline,
    pub(crate) writer: &'a mut Writer<'w>,
    /// The heading last written, by which tables are called.
    pub(crate) section: String,
}

impl Body<'_, '_> {
    /// Writes the blocks in a container; inline nodes that stand there bare are a paragraph.
    pub(crate) fn blocks(&mut self, nodes: &[u32]) -> Result<(), RenderError> {
        for group in nodes.chunk_by(|a, b| self.tree.kind(*a).is_inline() && self.tree.kind(*b).is_inline()) {
            match group {
                [node] if !self.tree.kind(*node).is_inline() => self.block(*node)?,
                bare => self.paragraph(bare)?,
            }
        }
        Ok(())
    }

    fn children(&self, node: u32) -> Vec<u32> {
        self.tree.children(node).collect()
    }

    fn paragraph(&mut self, nodes: &[u32]) -> Result<(), RenderError> {
        let text: String = nodes.iter().map(|node| self.text_of(*node)).collect();
        if text.trim().is_empty() && !nodes.iter().any(|node| self.has_image(*node)) {
            return Ok(());
        }
        self.open("p", &text)?;
        self.inlines(nodes, false)?;
        self.writer.markup("</p>\n")
    }

    fn text_of(&self, node: u32) -> String {
        text_of(self.tree, node)
    }

    fn has_image(&self, node: u32) -> bool {
        matches!(self.tree.kind(node), Kind::Image(_)) || self.tree.children(node).any(|child| self.has_image(child))
    }

    /// An opening tag that lets text from right to left run so.
    fn open(&mut self, tag: &str, text: &str) -> Result<(), RenderError> {
        let direction = if has_right_to_left(text) { " dir=\"auto\"" } else { "" };
        self.writer.markup(&format!("<{tag}{direction}>"))
    }

    fn block(&mut self, node: u32) -> Result<(), RenderError> {
        let children = self.children(node);
        match self.tree.kind(node) {
            Kind::Heading(_) => self.heading(node, &children),
            Kind::Paragraph if children.iter().all(|child| self.tree.kind(*child).is_inline()) => {
                self.paragraph(&children)
            }
            Kind::CodeBlock((_, source)) => self.code(source),
            Kind::BulletList => self.list("ul", &children),
            Kind::NumberedList => self.list("ol", &children),
            Kind::Table => self.table(&children),
            Kind::Quote => {
                self.writer.markup("<blockquote>\n")?;
                self.blocks(&children)?;
                self.writer.markup("</blockquote>\n")
            }
            Kind::Rule => self.writer.markup("<hr>\n"),
            Kind::Other((kind, payload)) if kind == "timeline" => match Timeline::parse(payload) {
                Some(timeline) => timeline.write(self.writer),
                // Better read as it is than lost.
                None => self.code(payload),
            },
            Kind::Other(_) => Ok(()),
            _ => self.blocks(&children),
        }
    }

    fn heading(&mut self, node: u32, children: &[u32]) -> Result<(), RenderError> {
        let Some(heading) = self.outline.heading(node) else { return Ok(()) };
        let direction = if has_right_to_left(&heading.text) { " dir=\"auto\"" } else { "" };
        let level = heading.level;
        self.writer.markup(&format!("<h{level} id=\"{}\"{direction}>", escaped(&heading.anchor)))?;
        self.section.clone_from(&heading.text);
        self.inlines(children, false)?;
        self.writer.markup(&format!("</h{level}>\n"))
    }

    fn code(&mut self, source: &str) -> Result<(), RenderError> {
        // On paper a short one stays together.
        let class = if source.lines().nth(SHORT_LINES_MAX).is_none() { " class=\"short\"" } else { "" };
        self.writer.markup(&format!("<pre tabindex=\"0\"{class}><code>"))?;
        self.writer.text(&source.replace("\r\n", "\n"))?;
        self.writer.markup("</code></pre>\n")
    }

    fn list(&mut self, tag: &str, items: &[u32]) -> Result<(), RenderError> {
        if items.is_empty() {
            return Ok(());
        }
        let is_list = |node: &u32| matches!(self.tree.kind(*node), Kind::BulletList | Kind::NumberedList);
        let tight = items.iter().all(|item| {
            matches!(self.children(*item).as_slice(), [first, rest @ ..]
                if *self.tree.kind(*first) == Kind::Paragraph && rest.iter().all(is_list))
        });
        self.writer.markup(&format!("<{tag}>\n"))?;
        for item in items {
            let children = if *self.tree.kind(*item) == Kind::ListItem { self.children(*item) } else { vec![*item] };
            let text: String = children.first().map(|first| self.text_of(*first)).unwrap_or_default();
            self.open("li", &text)?;
            match children.as_slice() {
                [first, rest @ ..] if tight => {
                    self.inlines(&self.children(*first), false)?;
                    self.blocks(rest)?;
                }
                children => self.blocks(children)?,
            }
            self.writer.markup("</li>\n")?;
        }
        self.writer.markup(&format!("</{tag}>\n"))
    }

    fn cells(&self, row: u32) -> Vec<u32> {
        if matches!(self.tree.kind(row), Kind::TableRow(_)) { self.children(row) } else { vec![row] }
    }

    fn table(&mut self, rows: &[u32]) -> Result<(), RenderError> {
        let heads = rows.iter().take_while(|row| *self.tree.kind(**row) == Kind::TableRow(true)).count();
        let (heads, body) = rows.split_at_checked(heads).unwrap_or((rows, &[]));
        if rows.is_empty() {
            return Ok(());
        }
        let numeric = self.numeric_columns(body);
        let columns = rows.iter().map(|row| self.cells(*row).len()).max().unwrap_or(0);
        let many = if columns > COLUMNS_MAX { " class=\"many\"" } else { "" };
        let short = if rows.len() <= SHORT_ROWS_MAX { " short" } else { "" };
        let name = if self.section.is_empty() { "Table".to_owned() } else { format!("Table: {}", self.section) };
        self.writer.markup(&format!(
            "<div class=\"table{short}\" role=\"region\" aria-label=\"{}\" tabindex=\"0\">\n<table{many}>\n",
            escaped(&name)
        ))?;
        if !heads.is_empty() {
            self.writer.markup("<thead>\n")?;
            heads.iter().try_for_each(|row| self.row(*row, "th scope=\"col\"", &numeric))?;
            self.writer.markup("</thead>\n")?;
        }
        self.writer.markup("<tbody>\n")?;
        body.iter().try_for_each(|row| self.row(*row, "td", &numeric))?;
        self.writer.markup("</tbody>\n</table>\n</div>\n")
    }

    /// Which columns hold numbers alone, to be set flush right.
    fn numeric_columns(&self, rows: &[u32]) -> Vec<bool> {
        let mut numeric: Vec<bool> = Vec::new();
        let mut filled: Vec<bool> = Vec::new();
        for row in rows {
            let cells = self.cells(*row);
            numeric.resize(std::cmp::max(numeric.len(), cells.len()), true);
            filled.resize(numeric.len(), false);
            for ((numeric, filled), cell) in numeric.iter_mut().zip(&mut filled).zip(&cells) {
                let text = self.text_of(*cell);
                let text = text.trim();
                *filled |= !text.is_empty();
                *numeric &= text.is_empty() || is_number(text);
            }
        }
        numeric.into_iter().zip(filled).map(|(numeric, filled)| numeric && filled).collect()
    }

    fn row(&mut self, row: u32, tag: &str, numeric: &[bool]) -> Result<(), RenderError> {
        self.writer.markup("<tr>")?;
        for (at, cell) in self.cells(row).into_iter().enumerate() {
            let text = self.text_of(cell);
            let class = if numeric.get(at) == Some(&true) {
                " class=\"number\""
            } else if text.split_whitespace().any(|word| word.chars().nth(WORD_CHARS_MAX).is_some()) {
                " class=\"long\""
            } else if is_word(&text) {
                " class=\"word\""
            } else {
                ""
            };
            self.open(&format!("{tag}{class}"), &text)?;
            let children = if *self.tree.kind(cell) == Kind::TableCell { self.children(cell) } else { vec![cell] };
            if children.iter().all(|child| self.tree.kind(*child).is_inline()) {
                self.inlines(&children, false)?;
            } else {
                self.blocks(&children)?;
            }
            self.writer.markup(if tag == "td" { "</td>" } else { "</th>" })?;
        }
        self.writer.markup("</tr>\n")
    }

    fn inlines(&mut self, nodes: &[u32], in_link: bool) -> Result<(), RenderError> {
        nodes.iter().try_for_each(|node| self.inline(*node, in_link))
    }

    fn inline(&mut self, node: u32, in_link: bool) -> Result<(), RenderError> {
        let children = self.children(node);
        match self.tree.kind(node) {
            Kind::Text(text) => self.writer.text(text),
            Kind::Emphasis => self.wrapped("<em>", &children, "</em>", in_link),
            Kind::Strong => self.wrapped("<strong>", &children, "</strong>", in_link),
            Kind::Code(code) | Kind::CodeBlock((_, code)) => {
                self.writer.markup("<code>")?;
                self.writer.text(code)?;
                self.writer.markup("</code>")
            }
            Kind::Link(url) if !in_link && is_allowed_link(url) => {
                // On paper the target is shown, unless the text is it.
                let own = if children.is_empty() || self.text_of(node).trim() == url { " class=\"bare\"" } else { "" };
                self.writer.markup(&format!("<a href=\"{}\"{own} rel=\"noopener noreferrer\">", escaped(url)))?;
                self.inlines(&children, true)?;
                self.writer.markup("</a>")
            }
            Kind::LineBreak => self.writer.markup("<br>\n"),
            Kind::Image(name) if children.is_empty() => self.writer.text(&format!("[image: {name}]")),
            Kind::Other(_) => Ok(()),
            kind if kind.is_inline() => self.inlines(&children, in_link),
            // A block in a line of text is text with a gap around it.
            _ => self.wrapped(" ", &children, " ", in_link),
        }
    }

    fn wrapped(&mut self, open: &str, children: &[u32], close: &str, in_link: bool) -> Result<(), RenderError> {
        self.writer.markup(open)?;
        self.inlines(children, in_link)?;
        self.writer.markup(close)
    }
}

/// Whether a cell holds one short word, such as a date, that hyphens must not break.
fn is_word(text: &str) -> bool {
    let text = text.trim();
    text.contains('-') && !text.contains(char::is_whitespace) && text.chars().nth(SHORT_CHARS_MAX).is_none()
}

/// Whether a cell holds an amount: digits with marks and at most a short unit.
fn is_number(text: &str) -> bool {
    let amount = text.trim_start_matches(['+', '-', '±', '~', '−']);
    let unit = amount.trim_start_matches(|c: char| c.is_ascii_digit() || "., ".contains(c));
    amount.starts_with(|c: char| c.is_ascii_digit())
        && (unit.is_empty()
            || matches!(
                unit,
                "%" | "ms"
                    | "s"
                    | "min"
                    | "h"
                    | "d"
                    | "B"
                    | "kB"
                    | "KB"
                    | "MB"
                    | "GB"
                    | "KiB"
                    | "MiB"
                    | "GiB"
                    | "/s"
                    | "x"
            ))
}
