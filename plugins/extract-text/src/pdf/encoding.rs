//! Which character a code of a simple font means: the standard encodings and the names of glyphs.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Codes 0x80 to 0xff of each encoding; `\0` where there is none. Below 0x80 they are ASCII, but for two quotes.
const STANDARD: &str = "\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ\0–†‡·\0¶•‚„”»…‰\0¿\
    \0`´ˆ˜¯˘˙¨\0˚¸\0˝˛ˇ—\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    \0Æ\0ª\0\0\0\0ŁØŒº\0\0\0\0\0æ\0\0\0ı\0\0łøœß\0\0\0\0";
const WIN_ANSI: &str = "\
    €•‚ƒ„…†‡ˆ‰Š‹Œ•Ž••‘’“”•–—˜™š›œ•žŸ\
    \u{a0}¡¢£¤¥¦§¨©ª«¬\u{ad}®¯°±²³´µ¶·¸¹º»¼½¾¿\
    ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×ØÙÚÛÜÝÞß\
    àáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";
const MAC_ROMAN: &str = "\
    ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü\
    †°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø\
    ¿¡¬√ƒ≈∆«»…\u{a0}ÀÃÕŒœ–—“”‘’÷◊ÿŸ⁄€‹›ﬁﬂ\
    ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";
/// Codes 0x20 to 0xff of the font Symbol.
const SYMBOL: &str = "\
    \u{20}!∀#∃%&∋()∗+,−./0123456789:;<=>?\
    ≅ΑΒΧ∆ΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_\
    \0αβχδεφγηιϕκλµνοπθρστυϖωξψζ{|}∼\0\
    \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\
    €ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…\0\0↵\
    ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇\0\0\0∏√⋅¬∧∨⇔⇐⇑⇒⇓\
    ◊〈\0\0\0∑\0\0\0\0\0\0\0\0\0\0\0〉∫⌠\0⌡\0\0\0\0\0\0\0\0\0\0";

/// One of the encodings that the format names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Standard,
    WinAnsi,
    MacRoman,
    Symbol,
}

impl Encoding {
    /// By its name in a font's dictionary.
    pub(super) fn by_name(name: &[u8]) -> Option<Self> {
        match name {
            b"StandardEncoding" => Some(Self::Standard),
            b"WinAnsiEncoding" | b"PDFDocEncoding" => Some(Self::WinAnsi),
            b"MacRomanEncoding" => Some(Self::MacRoman),
            _ => None,
        }
    }

    /// The characters of all codes.
    pub(super) fn table(self) -> Vec<Option<char>> {
        let mut table: Vec<Option<char>> = (0..=0x7f_u8).map(|b| (b >= 0x20).then_some(char::from(b))).collect();
        let upper = match self {
            Self::Standard => STANDARD,
            Self::WinAnsi => WIN_ANSI,
            Self::MacRoman => MAC_ROMAN,
            Self::Symbol => {
                table.truncate(0x20);
                SYMBOL
            }
        };
        if self == Self::Standard {
            table[0x27] = Some('\u{2019}');
            table[0x60] = Some('\u{2018}');
        }
        table.extend(upper.chars().map(|c| (c != '\0').then_some(c)));
        table
    }
}

/// Names of glyphs of Latin, Greek and Cyrillic text, each before its character.
const NAMES: &str = "\
    ff ﬀ fi ﬁ fl ﬂ ffi ﬃ ffl ﬄ \
    AE Æ Aacute Á Abreve Ă Acircumflex Â Adieresis Ä Agrave À Alpha Α Alphatonos Ά Amacron Ā Aogonek Ą Aring Å \
    Atilde Ã Beta Β Cacute Ć Ccaron Č Ccedilla Ç Ccircumflex Ĉ Cdotaccent Ċ Chi Χ Dcaron Ď Dcroat Đ Delta ∆ \
    Eacute É Ebreve Ĕ Ecaron Ě Ecircumflex Ê Edieresis Ë Edotaccent Ė Egrave È Emacron Ē Eng Ŋ Eogonek Ę \
    Epsilon Ε Epsilontonos Έ Eta Η Etatonos Ή Eth Ð Euro € Gamma Γ Gbreve Ğ Gcircumflex Ĝ Gdotaccent Ġ H18533 ● \
    H22073 □ Hbar Ħ Hcircumflex Ĥ IJ Ĳ Iacute Í Ibreve Ĭ Icircumflex Î Idieresis Ï Idotaccent İ Igrave Ì \
    Imacron Ī Iogonek Į Iota Ι Iotadieresis Ϊ Iotatonos Ί Itilde Ĩ Jcircumflex Ĵ Kappa Κ Lacute Ĺ Lambda Λ \
    Lcaron Ľ Ldot Ŀ Lslash Ł Mu Μ Nacute Ń Ncaron Ň Ntilde Ñ Nu Ν OE Œ Oacute Ó Obreve Ŏ Ocircumflex Ô \
    Odieresis Ö Ograve Ò Ohungarumlaut Ő Omacron Ō Omega Ω Omegatonos Ώ Omicron Ο Omicrontonos Ό Oslash Ø \
    Otilde Õ Phi Φ Pi Π Psi Ψ Racute Ŕ Rcaron Ř Rho Ρ Sacute Ś Scaron Š Scedilla Ş Scircumflex Ŝ Sigma Σ Tau Τ \
    Tbar Ŧ Tcaron Ť Theta Θ Thorn Þ Uacute Ú Ubreve Ŭ Ucircumflex Û Udieresis Ü Ugrave Ù Uhungarumlaut Ű \
    Umacron Ū Uogonek Ų Upsilon Υ Upsilon1 ϒ Upsilondieresis Ϋ Upsilontonos Ύ Uring Ů Utilde Ũ Wcircumflex Ŵ \
    Xi Ξ Yacute Ý Ycircumflex Ŷ Ydieresis Ÿ Zacute Ź Zcaron Ž Zdotaccent Ż Zeta Ζ aacute á abreve ă \
    acircumflex â acute ´ adieresis ä ae æ agrave à alpha α alphatonos ά amacron ā ampersand & angle ∠ \
    anoteleia · aogonek ą approxequal ≈ aring å arrowboth ↔ arrowdblboth ⇔ arrowdbldown ⇓ arrowdblleft ⇐ \
    arrowdblright ⇒ arrowdblup ⇑ arrowdown ↓ arrowleft ← arrowright → arrowup ↑ arrowupdn ↕ asciicircum ^ \
    asciitilde ~ asterisk * asteriskmath ∗ at @ atilde ã backslash \\ bar | beta β braceleft { braceright } \
    bracketleft [ bracketright ] breve ˘ brokenbar ¦ bullet • cacute ć caron ˇ ccaron č ccedilla ç \
    ccircumflex ĉ cdotaccent ċ cedilla ¸ cent ¢ chi χ circle ○ circlemultiply ⊗ circleplus ⊕ circumflex ˆ \
    colon : comma , congruent ≅ copyright © currency ¤ dagger † daggerdbl ‡ dcaron ď dcroat đ degree ° delta δ \
    dieresis ¨ divide ÷ dollar $ dotaccent ˙ dotlessi ı dotmath ⋅ eacute é ebreve ĕ ecaron ě ecircumflex ê \
    edieresis ë edotaccent ė egrave è eight 8 element ∈ ellipsis … emacron ē emdash — emptyset ∅ endash – eng ŋ \
    eogonek ę epsilon ε epsilontonos έ equal = equivalence ≡ eta η etatonos ή eth ð exclam ! exclamdown ¡ \
    existential ∃ figuredash ‒ filledbox ■ five 5 florin ƒ four 4 fraction ⁄ gamma γ gbreve ğ gcircumflex ĝ \
    gdotaccent ġ germandbls ß gradient ∇ grave ` greater > greaterequal ≥ guillemotleft « guillemotright » \
    guilsinglleft ‹ guilsinglright › hbar ħ hcircumflex ĥ hungarumlaut ˝ hyphen - iacute í ibreve ĭ \
    icircumflex î idieresis ï igrave ì ij ĳ imacron ī infinity ∞ integral ∫ intersection ∩ iogonek į iota ι \
    iotadieresis ϊ iotadieresistonos ΐ iotatonos ί itilde ĩ jcircumflex ĵ kappa κ kgreenlandic ĸ lacute ĺ \
    lambda λ lcaron ľ ldot ŀ less < lessequal ≤ logicaland ∧ logicalnot ¬ logicalor ∨ longs ſ lozenge ◊ \
    lslash ł macron ¯ minus − minute ′ mu µ multiply × nacute ń napostrophe ŉ ncaron ň nine 9 notelement ∉ \
    notequal ≠ notsubset ⊄ ntilde ñ nu ν numbersign # oacute ó obreve ŏ ocircumflex ô odieresis ö oe œ ogonek ˛ \
    ograve ò ohungarumlaut ő omacron ō omega ω omega1 ϖ omegatonos ώ omicron ο omicrontonos ό one 1 \
    onedotenleader ․ onehalf ½ onequarter ¼ ordfeminine ª ordmasculine º orthogonal ∟ oslash ø otilde õ \
    paragraph ¶ parenleft ( parenright ) partialdiff ∂ percent % period . periodcentered · perpendicular ⊥ \
    perthousand ‰ phi φ phi1 ϕ pi π plus + plusminus ± product ∏ propersubset ⊂ propersuperset ⊃ proportional ∝ \
    psi ψ question ? questiondown ¿ quotedbl \" quotedblbase „ quotedblleft “ quotedblright ” quoteleft ‘ \
    quotereversed ‛ quoteright ’ quotesinglbase ‚ quotesingle ' racute ŕ radical √ rcaron ř reflexsubset ⊆ \
    reflexsuperset ⊇ registered ® rho ρ ring ˚ sacute ś scaron š scedilla ş scircumflex ŝ second ″ section § \
    semicolon ; seven 7 sigma σ sigma1 ς similar ∼ six 6 slash / sterling £ suchthat ∋ summation ∑ tau τ tbar ŧ \
    tcaron ť therefore ∴ theta θ theta1 ϑ thorn þ three 3 threequarters ¾ tilde ˜ trademark ™ two 2 \
    twodotenleader ‥ uacute ú ubreve ŭ ucircumflex û udieresis ü ugrave ù uhungarumlaut ű umacron ū \
    underscore _ underscoredbl ‗ union ∪ universal ∀ uogonek ų upsilon υ upsilondieresis ϋ \
    upsilondieresistonos ΰ upsilontonos ύ uring ů utilde ũ wcircumflex ŵ xi ξ yacute ý ycircumflex ŷ \
    ydieresis ÿ yen ¥ zacute ź zcaron ž zdotaccent ż zero 0 zeta ζ ";

/// What a glyph's name stands for; names such as `uni20AC`, `u1F600`, `A.sc` and `f_i` are read by their rules.
pub(super) fn glyph_text(name: &str) -> Option<String> {
    static TABLE: OnceLock<HashMap<&str, &str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut words = NAMES.split_ascii_whitespace();
        std::iter::from_fn(|| Some((words.next()?, words.next()?))).collect()
    });
    let base = name.split('.').next().unwrap_or_default();
    if base.is_empty() || base.len() > 200 {
        return None;
    }
    base.split('_').map(|part| component(table, part)).collect()
}

fn component(table: &HashMap<&str, &str>, name: &str) -> Option<String> {
    if let Some(text) = table.get(name) {
        return Some((*text).to_owned());
    }
    let mut chars = name.chars();
    if let (Some(only), None) = (chars.next(), chars.next()) {
        return Some(only.to_string());
    }
    if name == "space" {
        return Some(" ".into());
    }
    let hex = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
    if let Some(digits) = name.strip_prefix("uni").filter(|d| d.len() >= 4 && d.len() % 4 == 0 && d.is_ascii()) {
        return (0..digits.len()).step_by(4).map(|at| hex(digits.get(at..at + 4)?)).collect();
    }
    name.strip_prefix('u').filter(|d| (4..=6).contains(&d.len())).and_then(hex).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_all_codes() {
        for (encoding, code, expected) in [
            (Encoding::Standard, 0xae, Some('ﬁ')),
            (Encoding::Standard, 0x27, Some('\u{2019}')),
            (Encoding::WinAnsi, 0x80, Some('€')),
            (Encoding::WinAnsi, 0xff, Some('ÿ')),
            (Encoding::MacRoman, 0x80, Some('Ä')),
            (Encoding::MacRoman, 0x41, Some('A')),
            (Encoding::Symbol, 0x61, Some('α')),
            (Encoding::Symbol, 0xb7, Some('•')),
            (Encoding::Symbol, 0x20, Some(' ')),
            (Encoding::WinAnsi, 0x01, None),
        ] {
            let table = encoding.table();
            assert_eq!(table.len(), 256, "{encoding:?}");
            assert_eq!(table[code], expected, "{encoding:?} {code:#x}");
        }
    }

    #[test]
    fn names_of_glyphs_are_read_by_table_and_by_rule() {
        for (name, text) in [
            ("Euro", Some("€")),
            ("eacute", Some("é")),
            ("quotedbl", Some("\"")),
            ("backslash", Some("\\")),
            ("a", Some("a")),
            ("space", Some(" ")),
            ("uni0041", Some("A")),
            ("uni00410042", Some("AB")),
            ("u1F600", Some("😀")),
            ("f_i", Some("fi")),
            ("a.sc", Some("a")),
            ("g123", None),
            (".notdef", None),
            ("uniD800", None),
        ] {
            assert_eq!(glyph_text(name).as_deref(), text, "{name}");
        }
    }
}
