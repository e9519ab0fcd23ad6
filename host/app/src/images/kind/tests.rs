use super::*;

fn png() -> Vec<u8> {
    [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\x0bIDAT"[..], &[0; 20]]
        .concat()
}

fn jpeg() -> Vec<u8> {
    b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xdb\0\x43\0".to_vec()
}

fn gif() -> Vec<u8> {
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,".to_vec()
}

fn webp() -> Vec<u8> {
    b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0".to_vec()
}

fn bmp() -> Vec<u8> {
    let mut bytes = b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0".to_vec();
    bytes.resize(58, 0);
    bytes
}

#[test]
fn each_format_is_told_and_no_head_of_it_passes() {
    for (bytes, kind, least) in [
        (png(), ImageKind::Png, 33),
        (jpeg(), ImageKind::Jpeg, 6),
        (gif(), ImageKind::Gif, 13),
        (webp(), ImageKind::Webp, 16),
        (bmp(), ImageKind::Bmp, 30),
    ] {
        assert_eq!(ImageKind::of(&bytes), Ok(kind));
        for length in 0..bytes.len() {
            assert_eq!(ImageKind::of(&bytes[..length]).is_ok(), length >= least, "{kind:?} cut to {length}");
        }
    }
}

#[test]
fn what_only_begins_like_an_image_is_none() {
    let with = |mut bytes: Vec<u8>, at: usize, value: u8| {
        bytes[at] = value;
        bytes
    };
    for bytes in [
        with(png(), 4, b'x'),
        with(png(), 19, 0),
        with(png(), 16, 0xff),
        with(jpeg(), 2, 0),
        with(jpeg(), 3, 0xd9),
        with(jpeg(), 5, 1),
        with(gif(), 4, b'8'),
        with(webp(), 8, b'A'),
        with(webp(), 4, 0x0b),
        with(webp(), 15, b'?'),
        with(bmp(), 14, 41),
        with(bmp(), 26, 2),
        with(bmp(), 28, 7),
        with(bmp(), 10, 0x35),
        b"BM is how this log begins, and it goes on for many lines\n".repeat(9),
        b"GIF8 is a format".to_vec(),
        b"<html><body><img src=x></body></html>".to_vec(),
        b"%PDF-1.7".to_vec(),
        b"just text".to_vec(),
    ] {
        assert!(ImageKind::of(&bytes).is_err(), "{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn an_svg_is_told_by_its_root() {
    let doctype =
        "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">";
    for text in [
        "<svg/>",
        "<svg>",
        "  \n<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
        "\u{feff}<?xml version=\"1.0\"?>\n<!-- made by > hand --><!-- twice --><svg width=\"1\">",
        &format!("<?xml version=\"1.0\"?>{doctype}<svg></svg>"),
        "<!DOCTYPE svg [ <!ENTITY a \"b\"> ]><svg></svg>",
        "<svg:svg xmlns:svg=\"http://www.w3.org/2000/svg\"></svg:svg>",
    ] {
        assert_eq!(ImageKind::of(text.as_bytes()), Ok(ImageKind::Svg), "{text}");
    }
    let late = format!("<!-- {} --><svg/>", "x".repeat(SVG_HEAD_BYTES));
    for text in [
        "",
        "svg",
        "<svg",
        "<svgx>",
        "<!-- <svg> -->",
        "<!-- <svg>",
        "<html><svg/></html>",
        "<!DOCTYPE html><svg/>",
        "text <svg/>",
        "<svg>\0</svg>",
        late.as_str(),
    ] {
        assert!(ImageKind::of(text.as_bytes()).is_err(), "{text}");
    }
    assert!(ImageKind::of(b"<svg>\xff\xfe</svg>").is_err(), "no text");
}

#[test]
fn stored_types_are_the_six_or_none() {
    assert_eq!(ImageKind::by_mime_type("IMAGE/JPG; q=1").map(ImageKind::mime_type), Some("image/jpeg"));
    for (kind, mime_type, extension) in ALL {
        assert_eq!(ImageKind::by_mime_type(mime_type), Some(kind));
        assert_eq!(kind.extension(), extension);
    }
    for other in ["text/html", "", "image/png\r\nx", "image/tiff"] {
        assert_eq!(ImageKind::by_mime_type(other), None, "{other}");
    }
}
