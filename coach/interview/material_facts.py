"""The numbers and names in a candidate's material, and the numbers in a text that nobody gave. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from coach.interview.material_text import Material
from coach.schema import Record

Measure = Literal["", "percent", "time", "bytes", "times"]
_UNITS: dict[str, tuple[Measure, float]] = {
    **dict.fromkeys(
        ("%", "％", "percent", "per cent", "percentage points", "percentage point", "pp"), ("percent", 1.0)
    ),
    **dict.fromkeys(("个百分点", "百分点", "个点"), ("percent", 1.0)),
    **dict.fromkeys(("ms", "毫秒", "milliseconds"), ("time", 1e-3)),
    **dict.fromkeys(("s", "sec", "second", "seconds", "秒"), ("time", 1.0)),
    **dict.fromkeys(("min", "minute", "minutes", "分钟"), ("time", 60.0)),
    **dict.fromkeys(("h", "hour", "hours", "小时"), ("time", 3600.0)),
    **dict.fromkeys(("day", "days", "天"), ("time", 86400.0)),
    **dict.fromkeys(("week", "weeks", "周"), ("time", 604800.0)),
    **dict.fromkeys(("month", "months", "个月"), ("time", 2629800.0)),
    **dict.fromkeys(("year", "years", "年"), ("time", 31557600.0)),
    **dict.fromkeys(("kb",), ("bytes", 1e3)),
    **dict.fromkeys(("mb",), ("bytes", 1e6)),
    **dict.fromkeys(("gb", "g"), ("bytes", 1e9)),
    **dict.fromkeys(("tb",), ("bytes", 1e12)),
    **dict.fromkeys(("x", "倍", "times"), ("times", 1.0)),
}
_SCALES = {
    **dict.fromkeys(("k", "thousand", "千"), 1e3),
    **dict.fromkeys(("m", "million", "百万"), 1e6),
    **dict.fromkeys(("b", "billion"), 1e9),
    "万": 1e4,
    "亿": 1e8,
}


def _choice(names: Sequence[str]) -> str:
    return "|".join(
        re.escape(name) + (r"(?![A-Za-z])" if name.isascii() and name != "%" else "")
        for name in sorted(names, key=len, reverse=True)
    )


_DIGITS = re.compile(
    r"(?<![A-Za-z0-9_.@])(?<![A-Za-z][-_])(?P<of>百分之\s*)?"
    r"(?P<value>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?P<power>[eE]-?\d{1,2})?"
    rf"(?:[ \t]*(?P<scale>{_choice(list(_SCALES))}))?"
    rf"(?:[ \t-]*(?P<unit>{_choice(list(_UNITS))}))?(?![A-Za-z0-9_]{{0,20}}[A-Za-z]\d)",
    re.IGNORECASE,
)
"""A number with its unit; digits within a name such as ResNet-50 or F1 are none."""
_NOUN = re.compile(
    r"[ \t]*(?:(?!(?:to|from|of|in|on|and|or|for|at|by|with|than|is|are|was|were|the|a|after|before|over|per)\b)"
    r"[A-Za-z][\w-]{1,30}"
    r"|[个条张份次笔位名台][\u4e00-\u9fff]{1,6}(?![\u4e00-\u9fff]))",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<![A-Za-z0-9_@+-])[A-Za-z][A-Za-z0-9_+@-]{1,60}")
_NAMED = re.compile(r"[A-Za-z].*[A-Z]|[A-Za-z].*\d")
"""A capital or a digit after the first letter: BERT, recall@50, ResNet-50, but not a word that opens a sentence."""
_LISTED = re.compile(r"(?:^|\n)[ \t]*(?:[-*#>]+[ \t]*)?\d{1,2}[.)、](?=\s)")
_SLIDE = re.compile(r"(?:slides?|pages?|第)\s*(\d{1,3})(?:\s*[页张])?", re.IGNORECASE)
_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ENGLISH = {word: n for n, word in enumerate(_ONES)} | {word: 10 * n for n, word in enumerate(_TENS, start=2)}
_ENGLISH_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_CHINESE = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_WORD = "|".join(sorted([*_ENGLISH, *_ENGLISH_SCALES], key=len, reverse=True))
_SPOKEN = re.compile(
    rf"\b(?:{_WORD})(?:[\s-]+(?:and\s+)?(?:{_WORD}))*(?:\s+point(?:\s+(?:{_WORD}))+)?\b", re.IGNORECASE
)
_SPOKEN_CJK = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?")


class Fact(Record):
    """A number or a name, word for word."""

    kind: Literal["number", "name"]
    text: str
    """A number comes with its unit, or with the noun behind it."""
    start: int
    end: int


@dataclass(frozen=True)
class _Number:
    value: float
    """In the base of its measure: seconds, bytes; percent as written."""
    raw: float
    """As written, its scale (k, 万) applied."""
    measure: Measure
    start: int
    end: int


def facts(material: Material) -> tuple[Fact, ...]:
    """The numbers and the names that a reader sees in the material, in order."""
    seen = material.seen
    found: list[Fact] = []
    heads = [match.span() for match in _SLIDE.finditer(seen)]
    for number in _numbers(seen):
        if any(low <= number.start < high for low, high in heads):
            continue
        noun = _NOUN.match(seen, number.end) if not number.measure else None
        end = noun.end() if noun is not None else number.end
        found.append(Fact(kind="number", text=material.text[number.start : end], start=number.start, end=end))
    taken = {offset for fact in found for offset in range(fact.start, fact.end)}
    for match in _NAME.finditer(seen):
        start, end = match.span()
        known = _NAMED.match(match.group()) and match.group()[-1].isalnum()
        if known and start not in taken and end - 1 not in taken:
            found.append(Fact(kind="name", text=material.text[start:end], start=start, end=end))
    return tuple(sorted(found, key=lambda fact: fact.start))


def unsupported(text: str, material: Material, said: Sequence[str] = ()) -> tuple[str, ...]:
    """The numbers in `text`, as written and each once, that neither the material nor the candidate's answers give.

    Equal are 92 % and 0.92, 400,000 and 400k and 40 万, 0.5 s and 500 ms; numbers in words count on the side of the
    candidate. List numbers and the numbers of existing slides are no claims. A rounded number is another number.
    """
    given = [number for source in (material.seen, *said) for number in (*_numbers(source), *_spoken(source))]
    slides = {part.number for part in material.parts if part.kind == "slide"}
    exempt = [match.span() for match in _LISTED.finditer(text)]
    exempt += [match.span() for match in _SLIDE.finditer(text) if int(match[1]) in slides]
    missing = [
        text[number.start : number.end]
        for number in _numbers(text)
        if not any(low <= number.start < high for low, high in exempt)
        and not any(_same(number, other) for other in given)
    ]
    return tuple(dict.fromkeys(missing))


def _same(one: _Number, other: _Number) -> bool:
    if one.measure and other.measure:
        return one.measure == other.measure and _equal(one.value, other.value)
    if _equal(one.raw, other.raw):
        return True
    share, bare = (one, other) if one.measure == "percent" else (other, one)
    return share.measure == "percent" and _equal(share.value / 100, bare.raw)


def _equal(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-9 * max(abs(one), abs(other))


def _numbers(text: str) -> Iterator[_Number]:
    for match in _DIGITS.finditer(text):
        raw = float(match["value"].replace(",", "") + (match["power"] or "")) * _SCALES.get(
            (match["scale"] or "").lower(), 1
        )
        measure, factor = _UNITS.get((match["unit"] or "").lower(), ("", 1.0))
        if match["of"]:
            measure = "percent"
        yield _Number(value=raw * factor, raw=raw, measure=measure, start=match.start(), end=match.end())


def _spoken(text: str) -> Iterator[_Number]:
    """Numbers in words: "five", "twenty-five thousand", "zero point four three", 三个, 四十万, 零点四三, 百分之八."""
    for match in _SPOKEN.finditer(text):
        value = _english(match.group().lower())
        yield _Number(value=value, raw=value, measure="", start=match.start(), end=match.end())
    for match in _SPOKEN_CJK.finditer(text):
        value = _chinese(match.group())
        yield _Number(value=value, raw=value, measure="", start=match.start(), end=match.end())


def _english(words: str) -> float:
    whole, _, part = words.partition("point")
    total, group = 0.0, 0.0
    for word in re.findall(r"[a-z]+", whole):
        if word == "hundred":
            group = max(group, 1.0) * 100.0
        elif word in _ENGLISH_SCALES:
            total, group = total + max(group, 1.0) * _ENGLISH_SCALES[word], 0.0
        else:
            group += _ENGLISH.get(word, 0)
    digits = "".join(str(_ENGLISH[word]) for word in part.split() if word in _ENGLISH)
    return total + group + (float(f"0.{digits}") if digits else 0)


def _chinese(words: str) -> float:
    whole, _, part = words.partition("点")
    total, group, digit = 0.0, 0.0, 0.0
    for char in whole:
        if char in _CHINESE:
            digit = _CHINESE[char]
        elif char in "万亿":
            total, group, digit = (total + group + digit) * _CHINESE_SCALES[char], 0.0, 0.0
        else:
            group, digit = group + (digit or 1.0) * _CHINESE_SCALES[char], 0.0
    digits = "".join(str(_CHINESE[char]) for char in part)
    return total + group + digit + (float(f"0.{digits}") if digits else 0)
