//! What a drawing may be made of, in a page and alone: shapes and text, and nothing that refers to anything.

/// Elements beside `title`, which a page has as well.
pub(super) const ELEMENTS: [&str; 12] =
    ["svg", "g", "line", "rect", "circle", "ellipse", "path", "polyline", "polygon", "text", "tspan", "desc"];

/// Attributes, as SVG spells them; HTML takes them in any case. Values are looked at further.
pub(super) const ATTRIBUTES: [&str; 35] = [
    "width",
    "height",
    "viewBox",
    "preserveAspectRatio",
    "x",
    "y",
    "x1",
    "x2",
    "y1",
    "y2",
    "cx",
    "cy",
    "r",
    "rx",
    "ry",
    "d",
    "dx",
    "dy",
    "points",
    "fill",
    "fill-opacity",
    "stroke",
    "stroke-width",
    "stroke-dasharray",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-opacity",
    "opacity",
    "transform",
    "direction",
    "font-size",
    "font-weight",
    "font-family",
    "text-anchor",
    "dominant-baseline",
];
