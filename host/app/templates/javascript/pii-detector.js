const badge = /badge-[0-9]{4}/g;

/** Bytes of UTF-8: what the host counts in, where JavaScript counts units of UTF-16. */
const utf8 = new TextEncoder();

export const detector = {
  describe: () => ({ id: "{{id}}", displayName: "{{id}}", version: "0.1.0", extra: [] }),
  labels: () => [{ label: "Badge", description: "The number of a badge", example: "badge-0042" }],
  detect: (texts, _options) =>
    texts.map((text) => {
      const spans = [];
      let at = 0, start = 0;
      for (const match of text.matchAll(badge)) {
        start += utf8.encode(text.slice(at, match.index)).length;
        spans.push({ start, end: start + match[0].length, label: "Badge", confidence: 0.9 });
        at = match.index;
      }
      return spans;
    }),
};
