const badge = /badge-[0-9]{4}/g;

/** Bytes of UTF-8: what the host counts in, where JavaScript counts units of UTF-16. */
function utf8Length(text, from, to) {
  let bytes = 0;
  for (let i = from; i < to; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}

export const detector = {
  describe: () => ({ id: "{{id}}", displayName: "{{id}}", version: "0.1.0", extra: [] }),
  labels: () => [{ label: "Badge", description: "The number of a badge", example: "badge-0042" }],
  detect: (texts, _options) =>
    texts.map((text) => {
      const spans = [];
      let at = 0, start = 0;
      for (const match of text.matchAll(badge)) {
        start += utf8Length(text, at, match.index);
        spans.push({ start, end: start + match[0].length, label: "Badge", confidence: 0.9 });
        at = match.index;
      }
      return spans;
    }),
};
