//! The elements of a part, as they become lines.
//!
//! A paragraph is a line; a row of a table is a line with its cells between tabs, the paragraphs of a cell between
//! spaces; deleted and moved-away text, formatting and field codes are left out. Names are looked at without their
//! prefix: the prefix is the author's choice.

use quick_xml::events::{BytesStart, Event};

use crate::writer::ExtractError;

/// Elements that hold no text that a reader sees: formatting, deleted text, what an `AlternateContent` repeats for
/// older programs.
const SKIPPED: [&str; 14] = [
    "pPr",
    "rPr",
    "sectPr",
    "tblPr",
    "tblGrid",
    "trPr",
    "tcPr",
    "tblPrEx",
    "sdtPr",
    "del",
    "moveFrom",
    "Fallback",
    "instrText",
    "delText",
];
/// Bytes gathered before they are handed on.
const GATHERED_BYTES_MAX: usize = 64 << 10;

type Out<'o> = dyn FnMut(&str) -> Result<(), ExtractError> + 'o;

/// What was opened.
enum Open {
    Paragraph,
    Row,
    Cell,
    Text,
    Other,
}

pub(super) struct Body<'o> {
    out: &'o mut Out<'o>,
    open: Vec<Open>,
    /// Depth inside a skipped element; 0 outside.
    skipped: usize,
    /// Elements open that hold text.
    texts: usize,
    /// Cells open around here.
    cells: usize,
    /// Whether the row has a cell already.
    row_has_cell: bool,
    text: String,
    line_is_empty: bool,
    /// A space that comes before the next text, between paragraphs of a cell.
    gap: bool,
}

impl<'o> Body<'o> {
    pub(super) fn new(out: &'o mut Out<'o>) -> Self {
        Self {
            out,
            open: Vec::new(),
            skipped: 0,
            texts: 0,
            cells: 0,
            row_has_cell: false,
            text: String::new(),
            line_is_empty: true,
            gap: false,
        }
    }

    pub(super) fn event(&mut self, event: &Event<'_>) -> Result<(), ExtractError> {
        match event {
            Event::Start(_) if self.skipped > 0 => self.skipped += 1,
            Event::End(_) if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Event::Start(element) => self.start(element),
            Event::End(_) => self.end(),
            Event::Empty(element) => {
                self.start(element);
                if self.skipped > 0 {
                    self.skipped = 0;
                } else {
                    self.end();
                }
            }
            Event::Text(text) if self.texts > 0 => self.push(text),
            Event::CData(text) if self.texts > 0 => self.push(text),
            Event::GeneralRef(reference) if self.texts > 0 => {
                if let Some(c) = character(reference) {
                    self.push(c.encode_utf8(&mut [0; 4]));
                }
            }
            _ => {}
        }
        if self.text.len() >= GATHERED_BYTES_MAX {
            self.hand_on()?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<(), ExtractError> {
        self.end_line();
        self.hand_on()
    }

    fn hand_on(&mut self) -> Result<(), ExtractError> {
        let taken = (self.out)(&self.text);
        self.text.clear();
        taken
    }

    fn start(&mut self, element: &BytesStart<'_>) {
        let name = element.local_name();
        let name = name.as_ref();
        if SKIPPED.contains(&name) {
            self.skipped = 1;
            return;
        }
        let opened = match name {
            "p" => {
                // Inside another paragraph it is one of a text box, which begins a line of its own.
                if self.cells == 0 {
                    self.end_line();
                } else {
                    self.gap = !self.line_is_empty;
                }
                Open::Paragraph
            }
            "tr" => {
                if self.cells == 0 {
                    self.end_line();
                    self.row_has_cell = false;
                }
                Open::Row
            }
            "tc" => {
                if self.cells == 0 {
                    self.gap = false;
                    if self.row_has_cell {
                        self.text.push('\t');
                        self.line_is_empty = false;
                    }
                    self.row_has_cell = true;
                }
                // The first paragraph of a cell needs no space before it.
                self.cells += 1;
                Open::Cell
            }
            "t" => {
                self.texts += 1;
                Open::Text
            }
            "tab" | "ptab" => {
                self.push("\t");
                Open::Other
            }
            "br" | "cr" => {
                if self.cells == 0 {
                    self.text.push('\n');
                    self.line_is_empty = true;
                } else {
                    self.gap = true;
                }
                Open::Other
            }
            "noBreakHyphen" => {
                self.push("-");
                Open::Other
            }
            _ => Open::Other,
        };
        self.open.push(opened);
    }

    fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Paragraph) if self.cells == 0 => {
                self.text.push('\n');
                self.line_is_empty = true;
            }
            Some(Open::Paragraph) => self.gap = true,
            Some(Open::Row) if self.cells == 0 => self.end_line(),
            Some(Open::Cell) => {
                self.cells = self.cells.saturating_sub(1);
                self.gap = false;
            }
            Some(Open::Text) => self.texts = self.texts.saturating_sub(1),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.gap) && !self.line_is_empty && !self.text.ends_with(['\t', ' ', '\n']) {
            self.text.push(' ');
        }
        if self.cells > 0 {
            // A line of the output is a row of the table.
            self.text.extend(text.chars().map(|c| if matches!(c, '\n' | '\r') { ' ' } else { c }));
        } else {
            self.text.push_str(text);
        }
        self.line_is_empty = false;
    }

    fn end_line(&mut self) {
        if !self.line_is_empty {
            self.text.push('\n');
            self.line_is_empty = true;
        }
        self.gap = false;
    }
}

/// A character reference or one of the five that XML itself has.
fn character(reference: &str) -> Option<char> {
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = reference.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}
