"""What a reader sees of an answer, and what in it is hidden or talks to the judge. Pure.

Hidden text is never evidence and is not shown to a judge. A flag is shown to the person and changes no score: whoever
answers a question on prompt injection quotes such phrases rightly.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from coach.schema import Flag

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`", re.DOTALL)
_COMMENT = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(\w+)\b[^>]*(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|\bhidden\b)[^>]*>.*?(?:</\1\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
"""Comments, and elements that a browser would not show."""
_TAGS = range(0xE0000, 0xE1000)
"""Tag characters and the supplementary variation selectors; Unicode 15.1 §23.4 and §23.9."""
_NO_GLYPH = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10)}
)
"""Fillers, the blank braille pattern and variation selectors: letters, marks and symbols by category, yet not seen."""
_WHITE = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85")

_FLAG_TAGS = re.compile("\U0001f3f4[\U000e0020-\U000e007f]+")
_SMUGGLED = re.compile(
    "[\u202d\u202e]|[\U000e0000-\U000e007f]|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}|[\u200b-\u200f\u2060-\u2064\ufeff]{4,}"
)
_TO_THE_JUDGE = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b.{0,20}\b(?:previous|prior|above|earlier|preceding|other|your|system)\b"
    r".{0,20}\b(?:instructions?|rules?|prompts?|rubric|criteria)"
    r"|\b(?:give|award|assign|grant|grade|score|rate)\b.{0,25}\b(?:full|maximum|max|top|perfect|highest)\b.{0,10}"
    r"\b(?:marks?|scores?|points?|credits?|grades?)"
    r"|\b(?:mark|set|rate|grade|count|treat)\b.{0,20}\b(?:all|every|each)\b.{0,20}\b(?:criteri\w+|points?|states?)\b"
    r"|\b(?:note|message|instructions?)\s+(?:to|for)\s+(?:the\s+)?(?:\w+\s+)?(?:judge|grader|evaluator|examiner)\b"
    r"|\byou\s+are\s+(?:now\s+)?(?:the|a|an)\s+(?:\w+\s+)?(?:judge|grader|evaluator|examiner)\b"
    r"|</?(?:system|assistant|instructions?)>|<\|[a-z_]{2,20}\|>|\[/?inst\]|<</?sys>>"
    r"|</?(?:answer|candidate|grader|judge|rubric|grade|score)>|[\"']criteri(?:a|on)[\"']\s*:|\bstate\s*[=:]\s*[\"']?met\b"
    r"|\b(?:final|overall|total)?\s*(?:rating|grade|score)\s*[:=]\s*(?:10|100|5)(?:\.0+)?\s*(?:/|out of|points|%|$)"
    r"|(?:评分结果|最终得分|最终评分|总评)\s*[:：]|对每一条都(?:返回|判|给|打)|(?:得分|评分)\s*[:：]?\s*(?:10\s*/\s*10|100\s*分|满分)"
    r"|(?:忽略|无视|忘记|忘掉|不要理会|不用管).{0,8}(?:指令|指示|规则|提示词|要求|说明|标准)"
    r"|(?:给|打|评|判).{0,8}(?:满分|最高分|滿分)"
    r"|(?:全部|所有|每个|每一).{0,4}(?:评分点|得分点|要点|标准|criteri\w+).{0,6}(?:判|标|记|评|算).{0,4}(?:为|成|作|答到|met)"
    r"|(?:评分者|评分员|评委|阅卷|判卷|评分模型|评分系统).{0,10}(?:请|应|必须|务必|直接)",
    re.IGNORECASE,
)

_NEEDED = (
    *("instruction", "rule", "prompt", "rubric", "criteri", "mark", "score", "point", "credit", "grade", "state"),
    *("rating", "judge", "evaluator", "examiner", "<", "[/inst", "[inst"),
)
"""Without any of these no English alternative above can match; looking for them first is a hundred times as fast."""


@lru_cache(maxsize=64)
def visible(text: str) -> tuple[str, tuple[int, ...]]:
    """What a reader sees of `text`, and for each of its characters the offset it came from.

    An HTML comment outside code becomes one space; characters without a glyph are dropped.
    """
    if "<" not in text and not _any_unseen(text):
        return text, tuple(range(len(text)))
    hidden = dict(_comments(text))
    out: list[str] = []
    origin: list[int] = []
    offset = 0
    while offset < len(text):
        char, end = text[offset], hidden.get(offset)
        if end is not None or not _unseen(char):
            out.append(" " if end is not None else char)
            origin.append(offset)
        offset = end if end is not None else offset + 1
    return "".join(out), tuple(origin)


def hidden_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Offsets of everything in `text` that a reader does not see, in order, neighbours joined."""
    spans: list[tuple[int, int]] = []
    singles = [(offset, offset + 1) for offset, char in enumerate(text) if _unseen(char)]
    for start, end in sorted([*_comments(text), *singles]):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return tuple(spans)


def flags(texts: Iterable[str]) -> tuple[Flag, ...]:
    """What a person should look at in an answer: `hidden_text`, `addresses_the_judge`.

    Characters that come with emoji or by copying (one joiner, one variation selector, a soft hyphen) raise no flag.
    """
    found: list[Flag] = []
    whole = "\n".join(texts)
    comments = [whole[start + 4 : end].removesuffix("-->") for start, end in _comments(whole)]
    smuggled = not whole.isascii() and _SMUGGLED.search(_FLAG_TAGS.sub("", whole))
    if smuggled or any(any(char.isalnum() for char in comment) for comment in comments):
        found.append("hidden_text")
    tagged, seen = "", whole
    if _any_unseen(whole):
        tagged = "".join(chr(ord(char) - 0xE0000) for char in whole if 0xE0020 <= ord(char) < 0xE007F)
        seen = "".join(char for char in whole if not _unseen(char))
    if addresses_the_judge(f"{seen} {tagged}"):
        found.append("addresses_the_judge")
    return tuple(found)


def addresses_the_judge(text: str) -> bool:
    """Whether it tells whoever grades what to do."""
    folded = " ".join(unicodedata.normalize("NFKC", text).split())
    if folded.isascii() and not any(word in folded.lower() for word in _NEEDED):
        return False
    return _TO_THE_JUDGE.search(folded) is not None


def _comments(text: str) -> list[tuple[int, int]]:
    """HTML comments outside code; one without an end runs to the end of the text, as in HTML."""
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        comment = _COMMENT.search(text, at)
        if comment is None:
            break
        code = _CODE.search(text, at)
        if code is not None and code.start() < comment.start():
            at = code.end()
            continue
        found.append(comment.span())
        at = comment.end()
    return found


def _any_unseen(text: str) -> bool:
    return any(map(_unseen, set(text)))


@lru_cache(maxsize=8192)
def _unseen(char: str) -> bool:
    point = ord(char)
    if point < 0x80:
        return (point < 0x20 or point == 0x7F) and char not in _WHITE
    if point in _NO_GLYPH or point in _TAGS:
        return True
    return unicodedata.category(char) in ("Cf", "Cc") and char not in _WHITE
