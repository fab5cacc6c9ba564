"""Sentence boundaries by punctuation, with the exceptions that make the difference: abbreviations, initials, decimals."""

from __future__ import annotations

import re
from typing import Iterator, List, Tuple

_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof sr jr st vs etc eg ie al approx dept est fig figs inc ltd no nos op pp vol ed eds cf ca resp "
    "jan feb mar apr jun jul aug sep sept oct nov dec bzw usw vgl nr str evtl ggf inkl dh zb env ex av m mme".split()
)

# An end: one or more closing marks, quotes and brackets after them, then white space; or an ideographic full stop;
# or an empty line, which ends a sentence without any mark, as in headings and lists.
_END = re.compile(r"(?P<mark>[.!?…]+)[\"'”’)\]]*(?=\s|$)|(?P<wide>[。！？])|(?P<gap>\n\s*\n)")
_LAST_WORD = re.compile(r"([^\W\d_]+(?:\.[^\W\d_]+)*)$")


def split_sentences(text: str) -> List[str]:
    return [text[start:end] for start, end in iterate_sentences(text)]


def iterate_sentences(text: str) -> Iterator[Tuple[int, int]]:
    """Start and end offsets of every sentence, without the white space around it."""
    start = 0
    for match in _END.finditer(text):
        if match["mark"] and not _ends_sentence(text, start, match):
            continue
        end = match.start() if match["gap"] else match.end()
        yield from _trimmed(text, start, end)
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _ends_sentence(text: str, start: int, match: "re.Match[str]") -> bool:
    following = text[match.end() : match.end() + 2].lstrip()
    if match["mark"] == ".":
        word = _LAST_WORD.search(text, max(start, match.start() - 24), match.start())
        if word is not None:
            plain = word.group(1).replace(".", "").lower()
            if plain in _ABBREVIATIONS or (len(word.group(1)) == 1 and word.group(1).isupper()) or "." in word.group(1):
                return False
    # An ellipsis or an unknown abbreviation goes on in lower case.
    return not following[:1].islower()


def _trimmed(text: str, start: int, end: int) -> Iterator[Tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(character.isalnum() for character in text[start : min(end, start + 200)]):
        yield start, end
