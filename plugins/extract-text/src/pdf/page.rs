//! Runs a page's content as far as text goes: matrices, fonts, strings, and the forms that it draws.

use std::collections::HashMap;
use std::rc::Rc;

use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Rect, Stream};
use hayro_syntax::page::{Page, Resources};

use super::font::{Font, Text};
use super::layout::{Lines, Placed};
use crate::writer::ExtractError;

/// Forms drawn inside forms: real documents nest two or three.
const FORM_DEPTH_MAX: usize = 12;
/// Graphics states kept at once (Annex C of the standard asks for 28).
const STATES_MAX: usize = 512;
/// Instructions over all pages: forms that draw forms multiply.
const OPS_MAX: u64 = 50_000_000;
/// Bytes of unpacked content over all pages, for the same reason.
const CONTENT_BYTES_MAX: usize = 1 << 30;
/// Marked-content sequences open at once.
const MARKS_MAX: usize = 512;
/// Annotations looked at on one page.
const ANNOTATIONS_MAX: usize = 10_000;
/// Fonts kept; a document beyond it reads some of them again.
const FONTS_MAX: usize = 2_000;

type Matrix = [f64; 6];
const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// What is kept from page to page.
#[derive(Default)]
pub(super) struct Document {
    /// By where their dictionary lies in the file.
    fonts: HashMap<(usize, usize), Rc<Font>>,
    ops: u64,
    content_bytes: usize,
}

impl Document {
    /// Reads one page into `lines`.
    pub(super) fn page(&mut self, page: &Page<'_>, lines: &mut Lines<'_, '_>) -> Result<(), ExtractError> {
        let content = self.contents(page.raw())?;
        self.run(&content, page.resources(), IDENTITY, 0, lines)?;
        let Some(annotations) = page.raw().get::<Array<'_>>("Annots") else { return Ok(()) };
        for annotation in annotations.iter::<Dict<'_>>().take(ANNOTATIONS_MAX) {
            self.annotation(&annotation, page, lines)?;
        }
        Ok(())
    }

    fn contents(&mut self, page: &Dict<'_>) -> Result<Vec<u8>, ExtractError> {
        let mut content = Vec::new();
        if let Some(stream) = page.get::<Stream<'_>>("Contents") {
            self.unpack(&stream, &mut content)?;
        } else if let Some(list) = page.get::<Array<'_>>("Contents") {
            for stream in list.iter::<Stream<'_>>() {
                self.unpack(&stream, &mut content)?;
                content.push(b'\n');
            }
        }
        Ok(content)
    }

    /// A stream that can't be unpacked has no text; the others still have.
    fn unpack(&mut self, stream: &Stream<'_>, into: &mut Vec<u8>) -> Result<(), ExtractError> {
        let Ok(bytes) = stream.decoded_data() else { return Ok(()) };
        self.content_bytes = self.content_bytes.saturating_add(bytes.len());
        if self.content_bytes > CONTENT_BYTES_MAX {
            return Err(ExtractError::TooLarge(CONTENT_BYTES_MAX));
        }
        into.extend_from_slice(&bytes);
        Ok(())
    }

    /// What a form's field or a note shows on the page.
    fn annotation(&mut self, dict: &Dict<'_>, page: &Page<'_>, lines: &mut Lines<'_, '_>) -> Result<(), ExtractError> {
        const HIDDEN: i32 = 2;
        if dict.get::<i32>("F").unwrap_or(0) & HIDDEN != 0 {
            return Ok(());
        }
        let Some(looks) = dict.get::<Dict<'_>>("AP") else { return Ok(()) };
        let state = dict.get::<Name<'_>>("AS");
        let normal = looks
            .get::<Stream<'_>>("N")
            .or_else(|| looks.get::<Dict<'_>>("N").and_then(|states| states.get::<Stream<'_>>(state?.as_ref())));
        let (Some(form), Some(place)) = (normal, dict.get::<Rect>("Rect")) else { return Ok(()) };
        let own = form.dict().get::<Rect>("BBox").map_or((0.0, 0.0), |b| (b.x0, b.y0));
        let matrix = [1.0, 0.0, 0.0, 1.0, place.x0 - own.0, place.y0 - own.1];
        self.form(&form, page.resources(), matrix, 0, lines)
    }

    fn form(
        &mut self,
        form: &Stream<'_>,
        outer: &Resources<'_>,
        ctm: Matrix,
        depth: usize,
        lines: &mut Lines<'_, '_>,
    ) -> Result<(), ExtractError> {
        let dict = form.dict();
        if depth >= FORM_DEPTH_MAX || dict.get::<Name<'_>>("Subtype").is_some_and(|name| name.as_ref() != b"Form") {
            return Ok(());
        }
        let mut content = Vec::new();
        self.unpack(form, &mut content)?;
        let ctm = dict.get::<[f64; 6]>("Matrix").map_or(ctm, |matrix| product(&matrix, &ctm));
        match dict.get::<Dict<'_>>("Resources") {
            Some(own) => self.run(&content, &Resources::new(own), ctm, depth + 1, lines),
            None => self.run(&content, outer, ctm, depth + 1, lines),
        }
    }

    fn font(&mut self, dict: &Dict<'_>) -> Rc<Font> {
        let data = dict.data();
        let place = (data.as_ptr() as usize, data.len());
        if let Some(font) = self.fonts.get(&place) {
            return Rc::clone(font);
        }
        if self.fonts.len() >= FONTS_MAX {
            self.fonts.clear();
        }
        let font = Rc::new(Font::new(dict));
        self.fonts.insert(place, Rc::clone(&font));
        font
    }

    fn run(
        &mut self,
        content: &[u8],
        resources: &Resources<'_>,
        ctm: Matrix,
        depth: usize,
        lines: &mut Lines<'_, '_>,
    ) -> Result<(), ExtractError> {
        let mut state = State { ctm, ..State::default() };
        let mut kept: Vec<State> = Vec::new();
        let mut marks = Marks::default();
        let mut ops = TypedIter::new(content);
        while let Some(op) = ops.next() {
            self.ops += 1;
            if self.ops > OPS_MAX {
                return Err(ExtractError::Damaged("it takes more drawing instructions than any real document"));
            }
            if lines.has_failed() {
                return Ok(());
            }
            match op {
                TypedInstruction::SaveState(_) if kept.len() < STATES_MAX => kept.push(state.clone()),
                TypedInstruction::RestoreState(_) => {
                    if let Some(last) = kept.pop() {
                        let (text, line) = (state.text, state.line);
                        state = State { text, line, ..last };
                    }
                }
                TypedInstruction::Transform(m) => {
                    state.ctm = product(&matrix([m.0, m.1, m.2, m.3, m.4, m.5]), &state.ctm);
                }
                TypedInstruction::BeginText(_) => state.set_text(IDENTITY),
                TypedInstruction::CharacterSpacing(n) => state.char_space = n.0.as_f64(),
                TypedInstruction::WordSpacing(n) => state.word_space = n.0.as_f64(),
                TypedInstruction::HorizontalScaling(n) => state.scaling = n.0.as_f64() / 100.0,
                TypedInstruction::TextLeading(n) => state.leading = n.0.as_f64(),
                TypedInstruction::TextRise(n) => state.rise = n.0.as_f64(),
                TypedInstruction::TextFont(font) => {
                    state.size = font.1.as_f64();
                    state.font = resources.get_font(font.0).map(|dict| self.font(&dict));
                }
                TypedInstruction::SetTextMatrix(m) => state.set_text(matrix([m.0, m.1, m.2, m.3, m.4, m.5])),
                TypedInstruction::NextLine(to) => state.next_line(to.0.as_f64(), to.1.as_f64()),
                TypedInstruction::NextLineAndSetLeading(to) => {
                    state.leading = -to.1.as_f64();
                    state.next_line(to.0.as_f64(), to.1.as_f64());
                }
                TypedInstruction::NextLineUsingLeading(_) => state.next_line(0.0, -state.leading),
                TypedInstruction::ShowText(shown) => state.show(shown.0, &mut marks, lines),
                TypedInstruction::NextLineAndShowText(shown) => {
                    state.next_line(0.0, -state.leading);
                    state.show(shown.0, &mut marks, lines);
                }
                TypedInstruction::ShowTextWithParameters(shown) => {
                    (state.word_space, state.char_space) = (shown.0.as_f64(), shown.1.as_f64());
                    state.next_line(0.0, -state.leading);
                    state.show(shown.2, &mut marks, lines);
                }
                TypedInstruction::ShowTexts(list) => {
                    for item in list.0.iter::<Object<'_>>() {
                        match item {
                            Object::String(shown) => state.show(&shown, &mut marks, lines),
                            Object::Number(n) => state.advance(-n.as_f64() / 1000.0 * state.size * state.scaling),
                            _ => {}
                        }
                    }
                }
                TypedInstruction::XObject(name) => {
                    if let Some(form) = resources.get_x_object(name.0) {
                        self.form(&form, resources, state.ctm, depth, lines)?;
                    }
                }
                TypedInstruction::BeginMarkedContent(_) => marks.begin(None),
                TypedInstruction::BeginMarkedContentWithProperties(mark) => {
                    let properties = match mark.1 {
                        Object::Dict(dict) => Some(dict.clone()),
                        Object::Name(name) => resources.properties.get::<Dict<'_>>(name.as_ref()),
                        _ => None,
                    };
                    let actual = properties.and_then(|p| p.get::<hayro_syntax::object::String<'_>>("ActualText"));
                    marks.begin(actual.map(|text| text_string(&text)));
                }
                TypedInstruction::EndMarkedContent(_) => marks.end(),
                _ => {}
            }
        }
        Ok(())
    }
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    text: Matrix,
    line: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    char_space: f64,
    word_space: f64,
    scaling: f64,
    leading: f64,
    rise: f64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            ctm: IDENTITY,
            text: IDENTITY,
            line: IDENTITY,
            font: None,
            size: 0.0,
            char_space: 0.0,
            word_space: 0.0,
            scaling: 1.0,
            leading: 0.0,
            rise: 0.0,
        }
    }
}

impl State {
    fn set_text(&mut self, matrix: Matrix) {
        (self.text, self.line) = (matrix, matrix);
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.set_text(product(&[1.0, 0.0, 0.0, 1.0, x, y], &self.line));
    }

    fn advance(&mut self, x: f64) {
        self.text[4] += x * self.text[0];
        self.text[5] += x * self.text[1];
    }

    fn show(&mut self, string: &[u8], marks: &mut Marks, lines: &mut Lines<'_, '_>) {
        let Some(font) = self.font.clone() else { return };
        let page = product(&self.text, &self.ctm);
        let length = page[0].hypot(page[1]);
        let sign = if self.size * self.scaling < 0.0 { -1.0 } else { 1.0 };
        let direction = if length > 0.0 { (sign * page[0] / length, sign * page[1] / length) } else { (1.0, 0.0) };
        let size = self.size.abs() * page[2].hypot(page[3]);
        let mut at = page;
        font.glyphs(string, |glyph| {
            let spaced = if glyph.is_space_code { self.word_space } else { 0.0 };
            let width = (glyph.width * self.size + self.char_space) * self.scaling;
            let mut one = [0_u8; 4];
            let text = match glyph.text {
                Text::Known(text) => text,
                Text::Char(c) => c.encode_utf8(&mut one),
            };
            let (x, y) = (at[4] + self.rise * at[2], at[5] + self.rise * at[3]);
            let (dx, dy) = (width * at[0], width * at[1]);
            marks.shown(text, |text| lines.push(&Placed { text, x, y, dx, dy, size, direction }));
            let step = width + spaced * self.scaling;
            self.advance(step);
            at[4] += step * page[0];
            at[5] += step * page[1];
        });
    }
}

/// Open marked-content sequences, and the text that one of them says its glyphs stand for.
#[derive(Default)]
struct Marks {
    depth: usize,
    /// Depth at which it began, and the text until the first glyph took it.
    actual: Option<(usize, Option<String>)>,
}

impl Marks {
    fn begin(&mut self, actual: Option<String>) {
        self.depth += 1;
        if self.actual.is_none() && self.depth < MARKS_MAX {
            self.actual = actual.map(|text| (self.depth, Some(text)));
        }
    }

    fn end(&mut self) {
        if self.actual.as_ref().is_some_and(|(depth, _)| *depth == self.depth) {
            self.actual = None;
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn shown(&mut self, text: &str, push: impl FnOnce(&str)) {
        match &mut self.actual {
            Some((_, actual)) => push(actual.take().as_deref().unwrap_or_default()),
            None => push(text),
        }
    }
}

/// A text string: UTF-16 or UTF-8 by its mark, else Latin.
fn text_string(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units: Vec<u16> = rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|b| char::from(*b)).collect(),
    }
}

fn matrix(numbers: [Number; 6]) -> Matrix {
    numbers.map(|n| n.as_f64())
}

/// First `a`, then `b`.
fn product(a: &Matrix, b: &Matrix) -> Matrix {
    [
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4],
        a[4] * b[1] + a[5] * b[3] + b[5],
    ]
}
