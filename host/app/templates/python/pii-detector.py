import re

from wit_world import exports
from wit_world.exports.detector import LabelInfo, Options, Span
from wit_world.imports.types import Descriptor

BADGE = re.compile(r"badge-[0-9]{4}")


class Detector(exports.Detector):
    def describe(self) -> Descriptor:
        return Descriptor("{{id}}", "{{id}}", "0.1.0", None, [])

    def labels(self) -> list[LabelInfo]:
        return [LabelInfo("Badge", "The number of a badge", "badge-0042")]

    def detect(self, texts: list[str], options: Options) -> list[list[Span]]:
        return [spans(text) for text in texts]


def spans(text: str) -> list[Span]:
    """Offsets are bytes of UTF-8, where Python counts characters."""
    found, at, start = [], 0, 0
    for match in BADGE.finditer(text):
        start += len(text[at : match.start()].encode())
        at = match.start()
        found.append(Span(start, start + len(match.group()), "Badge", 0.9))
    return found
