"""A reference answer in plain words -> the separate points it makes. Pure; English and Chinese.

Curated cards list their points. Other people's questions come with one reference text, so its sentences, list entries
and enumerated items are taken as points, each worth the root of its content: a long point is worth more than a short
one, but not in proportion. What only repeats the question before a colon is no point.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

from coach.text import CJK_STOP, STOP_STEMS, Token, bigrams, lang_of, sentences, tokens

MOST_POINTS = 12
"""More are joined with their neighbours, the shortest first."""
ECHO = 0.75
"""A lead-in with at least this share of its content words in the question only repeats it."""
ITEM_WORDS, ITEM_CHARACTERS = 6, 14
"""Parts between commas no longer than this are items of an enumeration."""

_MARKER = re.compile(
    r"^\s*(?:[-*•●○▪◦·–—]+|\(?\d{1,2}[.)、:]|\(?[a-zA-Z][.)]|\(?(?:i{1,3}|iv|vi{0,3})[.)](?=\s*[a-zA-Z])|[(（]\d{1,2}[)）])\s*"
)
_INLINE_MARKER = re.compile(
    r"\s(?=(?:\(?\d{1,2}[.)]|[(（](?:\d{1,2}|[a-z]|i{1,3}|iv|v)[)）]|[•●○▪])\s+\S)|(?=[(（]\d{1,2}[)）])|(?=[①-⑳])"
)
_LEAD = re.compile(r"[:：]|\b(?:are|include|includes)\b|包括|包含|分为|分别[是为]|主要有|是指|有[:：]?")
_EDGES = " 。.;；,，"
_COLON = re.compile(r"[:：]")
_CHINESE_ITEMS = re.compile(r"[、；;]|[,，](?=\S)")
_CHINESE_LAST = re.compile(r"(?<=[\u4e00-\u9fff])\s*(?:以及|及|和|与)\s*(?=[\u4e00-\u9fff])")
_ENGLISH_ITEMS = re.compile(r"\s*[,;]\s*(?:and|or|&)?\s+|\s+/\s+")
_ENGLISH_LAST = re.compile(r"\s+(?:and|or|&)\s+")


@dataclass(frozen=True, slots=True)
class Point:
    """One thing the reference says."""

    text: str
    weight: float
    """Share of the whole, the weights of all points summing to 1."""


@lru_cache(maxsize=4096)
def content(text: str) -> tuple[str, ...]:
    """What a text names, with repeats: stems without stop words, numbers, Chinese characters and their pairs."""
    return content_of(tokens(text))


def content_of(parts: Sequence[Token]) -> tuple[str, ...]:
    """The same for a text whose tokens are known."""
    out: list[str] = []
    run: list[str] = []
    last = -1
    for token in parts:
        if token.cjk:
            if token.start != last:
                out += bigrams("".join(run)) if len(run) > 1 else ()
                run = []
            run.append(token.form)
            last = token.end
            if token.form not in CJK_STOP:
                out.append(token.form)
        elif token.form not in STOP_STEMS:
            out.append(token.form)
    return (*out, *(bigrams("".join(run)) if len(run) > 1 else ()))


def points(reference: str, question: str) -> tuple[Point, ...]:
    """The points of a reference, in order; the whole reference as one when it cannot be taken apart.

    Empty for a reference without words.
    """
    asked = frozenset(content(question))
    parts = [part for segment in _segments(reference) for part in _items(_told(segment, asked))]
    parts = [part for part in parts if content(part) and not part.endswith((":", "：")) and not _echoes(part, asked)]
    if not parts:
        parts = [reference.strip()] if tokens(reference) else []
    texts = _joined(parts)
    sizes = [sqrt(max(len(set(content(text))), 1)) for text in texts]
    total = sum(sizes)
    return tuple(Point(text, size / total) for text, size in zip(texts, sizes, strict=True))


def _segments(reference: str) -> list[str]:
    """Lines, list entries and sentences, without their markers."""
    lines = [piece for line in reference.splitlines() for piece in _INLINE_MARKER.split(line)]
    bare = [_MARKER.sub("", line).strip() for line in lines]
    return [line[start:end].strip() for line in bare for start, end in sentences(line)]


def _told(segment: str, asked: frozenset[str]) -> str:
    """The segment without a lead-in that repeats the question."""
    for mark in _LEAD.finditer(segment):
        head, rest = segment[: mark.start()], segment[mark.end() :]
        if content(rest) and _echoes(head, asked):
            return rest.strip(" :：")
    return segment


def _echoes(text: str, asked: frozenset[str]) -> bool:
    units = content(text)
    return bool(units) and sum(unit in asked for unit in units) >= ECHO * len(units)


def _items(segment: str) -> list[str]:
    """The items of an enumeration of at least two short ones, else the segment itself."""
    chinese = lang_of(segment) == "zh"
    cut, last = (_CHINESE_ITEMS, _CHINESE_LAST) if chinese else (_ENGLISH_ITEMS, _ENGLISH_LAST)
    colon = _COLON.search(segment)
    head, body = (segment[: colon.start()], segment[colon.end() :]) if colon else ("", segment)
    found = [piece.strip(_EDGES) for piece in cut.split(body) if content(piece)]
    if chinese and len(found) == 1:
        halves = [piece for piece in last.split(found[0]) if content(piece)]
        found = halves if len(halves) == 2 and min(map(len, halves)) > 1 else found
    if len(found) < (2 if chinese or head else 3) or not all(_short(piece, chinese=chinese) for piece in found):
        return [segment] if content(segment) else []
    *most, final = found
    tail = [piece for piece in last.split(final) if content(piece)]
    items = [*most, *(tail if len(tail) == 2 else [final])]
    return [head.strip(), *items] if content(head) else items


def _short(piece: str, *, chinese: bool) -> bool:
    return len(tokens(piece)) <= (ITEM_CHARACTERS if chinese else ITEM_WORDS)


def _joined(parts: Sequence[str]) -> list[str]:
    """At most `MOST_POINTS` texts: the shortest neighbours are joined until they fit; repeats are dropped."""
    texts = list(dict.fromkeys(part.strip(_EDGES) for part in parts))
    while len(texts) > MOST_POINTS:
        at = min(range(len(texts) - 1), key=lambda number: len(texts[number]) + len(texts[number + 1]))
        texts[at : at + 2] = [f"{texts[at]}; {texts[at + 1]}"]
    return texts
