//! Fonts, as far as text needs them: what a string's codes mean and how wide they are.

use std::collections::HashMap;

use hayro_syntax::object::{Array, Dict, Name, Object, Stream};

use super::cmap::CMap;
use super::encoding::{Encoding, glyph_text};

/// Widths read of one font, those that repeat a glyph included.
const WIDTHS_MAX: usize = 200_000;
/// What a code stands for that nothing explains.
const UNKNOWN: &str = "\u{fffd}";

/// Widths of ASCII from the space on, for the fonts that a document may use without describing them.
const SANS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584,
];
const SERIF: [u16; 95] = [
    250, 333, 408, 500, 500, 833, 778, 180, 333, 333, 500, 564, 250, 333, 250, 278, 500, 500, 500, 500, 500, 500, 500,
    500, 500, 500, 278, 278, 564, 564, 564, 444, 921, 722, 667, 667, 722, 611, 556, 722, 722, 333, 389, 722, 611, 889,
    722, 722, 556, 722, 667, 556, 611, 722, 722, 944, 722, 722, 611, 333, 278, 333, 469, 500, 333, 444, 500, 444, 500,
    444, 333, 500, 500, 278, 278, 500, 278, 778, 500, 500, 500, 500, 333, 389, 278, 500, 500, 722, 500, 500, 444, 480,
    200, 480, 541,
];

/// A font.
#[derive(Debug)]
pub(super) struct Font {
    to_unicode: Option<CMap>,
    codes: Codes,
    widths: HashMap<u32, f64>,
    default_width: f64,
    /// From the widths' unit to that of text space.
    scale: f64,
}

#[derive(Debug)]
enum Codes {
    /// One byte each, with text and width of each.
    Simple(Vec<(String, f64)>),
    /// By the font's own map; two bytes each where there is none.
    Composite { map: CMap, utf16: bool },
}

/// One glyph of a string.
pub(super) struct Glyph<'f> {
    pub(super) text: Text<'f>,
    /// In text space, for size 1.
    pub(super) width: f64,
    /// Whether word spacing applies.
    pub(super) is_space_code: bool,
}

pub(super) enum Text<'f> {
    Known(&'f str),
    Char(char),
}

impl Font {
    /// Reads a font's dictionary; whatever is missing or broken in it has a default.
    pub(super) fn new(dict: &Dict<'_>) -> Self {
        let to_unicode =
            dict.get::<Stream<'_>>("ToUnicode").and_then(|s| s.decoded_data().ok().map(|b| CMap::parse(&b)));
        if dict.get::<Name<'_>>("Subtype").is_some_and(|name| name.as_ref() == b"Type0") {
            return Self::composite(dict, to_unicode);
        }
        Self::simple(dict, to_unicode)
    }

    fn simple(dict: &Dict<'_>, to_unicode: Option<CMap>) -> Self {
        let base = dict.get::<Name<'_>>("BaseFont");
        let base = base.as_ref().map(|name| name.as_ref()).unwrap_or_default();
        let is_type3 = dict.get::<Name<'_>>("Subtype").is_some_and(|name| name.as_ref() == b"Type3");
        let scale = dict
            .get::<Array<'_>>("FontMatrix")
            .filter(|_| is_type3)
            .and_then(|matrix| matrix.iter::<f64>().next())
            .filter(|scale| scale.is_finite() && scale.abs() > 1e-9)
            .map_or(0.001, f64::abs);
        let mut widths = HashMap::new();
        let default_width = match dict.get::<Array<'_>>("Widths") {
            Some(list) => {
                let first = dict.get::<u32>("FirstChar").unwrap_or(0);
                widths.extend((first..=255).zip(list.iter::<f64>()));
                let described = dict.get::<Dict<'_>>("FontDescriptor").and_then(|d| d.get::<f64>("MissingWidth"));
                described.unwrap_or(0.0)
            }
            None => standard_widths(base, &mut widths),
        };
        let explain = |(code, text): (u32, Option<String>)| {
            let mapped = to_unicode.as_ref().and_then(|map| map.text(code)).map(str::to_owned);
            let text = mapped.or(text).unwrap_or_else(|| UNKNOWN.to_owned());
            (text, widths.get(&code).copied().unwrap_or(default_width) * scale)
        };
        let codes = Codes::Simple((0..).zip(simple_texts(dict, base)).map(explain).collect());
        Self { to_unicode: None, codes, widths: HashMap::new(), default_width, scale }
    }

    fn composite(dict: &Dict<'_>, to_unicode: Option<CMap>) -> Self {
        let name = dict.get::<Name<'_>>("Encoding");
        let utf16 =
            name.is_some_and(|name| name.windows(4).any(|w| w == b"UCS2") || name.windows(5).any(|w| w == b"UTF16"));
        let map = dict.get::<Stream<'_>>("Encoding").and_then(|s| s.decoded_data().ok().map(|b| CMap::parse(&b)));
        let descendant = dict.get::<Array<'_>>("DescendantFonts").and_then(|fonts| fonts.iter::<Dict<'_>>().next());
        let mut widths = HashMap::new();
        let mut default_width = 1000.0;
        if let Some(font) = descendant {
            default_width = font.get::<f64>("DW").unwrap_or(1000.0);
            if let Some(list) = font.get::<Array<'_>>("W") {
                composite_widths(&list, &mut widths);
            }
        }
        let codes = Codes::Composite { map: map.unwrap_or_default(), utf16 };
        Self { to_unicode, codes, widths, default_width, scale: 0.001 }
    }

    /// Hands the glyphs of `string` to `each`.
    pub(super) fn glyphs<'f>(&'f self, mut string: &[u8], mut each: impl FnMut(Glyph<'f>)) {
        let map = match &self.codes {
            Codes::Simple(table) => {
                for byte in string {
                    let (text, width) = table.get(usize::from(*byte)).map_or((UNKNOWN, 0.0), |(t, w)| (t.as_str(), *w));
                    each(Glyph { text: Text::Known(text), width, is_space_code: *byte == b' ' });
                }
                return;
            }
            Codes::Composite { map, .. } => map,
        };
        while !string.is_empty() {
            let length = if map.has_code_spaces() { map.code_length(string) } else { 2 };
            let (bytes, rest) = string.split_at(length.clamp(1, string.len()));
            string = rest;
            let code = bytes.iter().fold(0, |code, byte| code << 8 | u32::from(*byte));
            let width = self.widths.get(&map.cid(code)).copied().unwrap_or(self.default_width) * self.scale;
            each(Glyph { text: self.composite_text(code), width, is_space_code: bytes == b" " });
        }
    }

    fn composite_text(&self, code: u32) -> Text<'_> {
        if let Some(text) = self.to_unicode.as_ref().and_then(|map| map.text(code)) {
            return Text::Known(text);
        }
        let direct = matches!(self.codes, Codes::Composite { utf16: true, .. }).then(|| char::from_u32(code));
        direct.flatten().map_or(Text::Known(UNKNOWN), Text::Char)
    }
}

fn simple_texts(dict: &Dict<'_>, base: &[u8]) -> Vec<Option<String>> {
    let is_symbol = base.ends_with(b"Symbol");
    let implied = if is_symbol { Encoding::Symbol } else { Encoding::Standard };
    let described = dict.get::<Dict<'_>>("Encoding");
    let named = dict
        .get::<Name<'_>>("Encoding")
        .or_else(|| described.as_ref().and_then(|d| d.get::<Name<'_>>("BaseEncoding")))
        .and_then(|name| Encoding::by_name(&name));
    // A TrueType font without an encoding is mostly one whose codes are those of Windows.
    let is_true_type = dict.get::<Name<'_>>("Subtype").is_some_and(|name| name.as_ref() == b"TrueType");
    let fallback = if is_true_type && !is_symbol { Encoding::WinAnsi } else { implied };
    let table = named.unwrap_or(fallback).table();
    let mut texts: Vec<Option<String>> = table.into_iter().map(|c| c.map(String::from)).collect();
    if let Some(differences) = described.and_then(|d| d.get::<Array<'_>>("Differences")) {
        let mut code = 0_usize;
        for item in differences.iter::<Object<'_>>() {
            match item {
                Object::Number(number) => code = usize::try_from(number.as_i64()).unwrap_or(usize::MAX),
                Object::Name(name) => {
                    if let Some(place) = texts.get_mut(code) {
                        *place = glyph_text(name.as_str());
                    }
                    code = code.saturating_add(1);
                }
                _ => {}
            }
        }
    }
    texts
}

/// Fills in the widths of the fonts that need no description; gives that of all other codes.
fn standard_widths(base: &[u8], widths: &mut HashMap<u32, f64>) -> f64 {
    let named = |part: &[u8]| base.windows(part.len()).any(|w| w.eq_ignore_ascii_case(part));
    if named(b"Courier") || named(b"Mono") {
        return 600.0;
    }
    let table = if named(b"Times") || named(b"Serif") || named(b"Roman") { SERIF } else { SANS };
    widths.extend((0x20..).zip(table).map(|(code, width)| (code, f64::from(width))));
    550.0
}

/// `W`: `first [width …]` or `first last width`.
fn composite_widths(list: &Array<'_>, widths: &mut HashMap<u32, f64>) {
    let mut pending: Vec<f64> = Vec::new();
    let mut left = WIDTHS_MAX;
    for item in list.iter::<Object<'_>>() {
        match (item, pending.as_slice()) {
            (Object::Array(run), [first]) => {
                for (cid, width) in (cid(*first)..=65_535).zip(run.iter::<f64>()).take(left) {
                    widths.insert(cid, width);
                    left -= 1;
                }
                pending.clear();
            }
            (Object::Number(width), [first, last]) => {
                let width = width.as_f64();
                for cid in (cid(*first)..=cid(*last)).take(left) {
                    widths.insert(cid, width);
                    left -= 1;
                }
                pending.clear();
            }
            (Object::Number(value), _) => pending.push(value.as_f64()),
            _ => pending.clear(),
        }
    }
}

/// A glyph number; 0 for what can't be one.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was checked")]
fn cid(value: f64) -> u32 {
    if (0.0..=65_535.0).contains(&value) { value as u32 } else { 0 }
}
