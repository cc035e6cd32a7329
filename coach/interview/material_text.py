"""What a candidate brings (slides, an abstract, a project summary, a CV) -> its parts and phrases to quote. Pure."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Literal

from coach.errors import InterviewError
from coach.grading.visible import addresses_the_judge, hidden_spans
from coach.schema import Lang, Record
from coach.text import lang_of, sentences

MAX_CHARS = 40_000
MAX_TAGS = 1_000
MAX_QUOTE_COLUMNS = 56
"""A Chinese character takes two columns."""

_SLIDE = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]*)?(?:(?:slide|page|幻灯片)[ \t]*(?P<a>\d{1,3})|第[ \t]*(?P<b>\d{1,3})[ \t]*[页張张頁])"
    r"[ \t]*(?:[:：.)–—-][ \t]*(?P<title>[^\n]*)|$)",
    re.IGNORECASE | re.MULTILINE,
)
_PARAGRAPH = re.compile(r"[^\s](?:[^\n]|\n(?![ \t]*\n))*")
_MARKUP = re.compile(
    r"</?[A-Za-z!][^<>\n]{0,500}>|!?\[[^\]\n]{0,200}\]\([^)\n]{0,500}\)|(?:https?://|www\.)\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]+"
    r"|&[a-z]{2,8};|&#\d{1,6};|\+?\d[\d ()-]{8,16}\d(?![\w%])",
    re.IGNORECASE,
)
"""Tags, links, mail addresses, entities and telephone numbers."""
_CUT = re.compile(
    r"[;；。!?！？()（）|<>{}\[\]`*~\"“”「」『』《》\\$#^=→\u2022\t]|[,，、](?!\d)|\.(?!\d)|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])"
)
"""Where a phrase ends, and signs that are left out of quotes."""
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
_EDGE = " \t-–—:：,，、.•·●▪◦‣/+"
_DANGLING = re.compile(
    r"\s+(?:an?|the|of|on|in|at|to|and|or|but|with|for|by|from|as|than|that|which|is|are|was|were|we|i|our|its?|into|so)$",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"\s+(?:and|or|but|which|that|while|with|from|for|by|on|in|at|over|using|because|so|then|to|behind|after|before)\s+|，|：",
    re.IGNORECASE,
)
"""Where a long phrase may begin or end. Chinese, written without blanks, is cut at its marks only."""
_LEADING = re.compile(
    r"(?:and|or|but|of|to|that|which|then|so|than|by|for|in|on|as|的|了|和|并|而)\s*(?=\S)", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?:\d{1,2}[.)、]\s+|Notes:\s*)")
_ORDER = re.compile(
    r"\b(?:system|assistant|user|developer|interviewer|grader|judge)\s*:|\bas an? (?:ai|assistant|language model)\b"
    r"|\b(?:system|your) prompt\b"
    r"|\byou (?:must|should|have to|are (?:an? )?(?:ai|assistant|interviewer))\b"
    r"|\b(?:please|do not|don't|never) (?:ask|say|tell|give|rate|praise|mention|reveal|repeat|print|output)\b"
    r"|\b(?:reveal|print|repeat|output) (?:the|your|all)\b|\bignore\b.{0,30}\b(?:above|previous|instructions?)\b"
    r"|请(?:直接|务必|你|您|给|告诉|判|夸|输出|忽略|不要)|面试官(?:请|必须|应该)|你(?:必须|应该|要)(?:给|说|问|输出|夸)|不要(?:问|提问|追问)"
    r"|系统提示词?|你的提示词",
    re.IGNORECASE,
)
"""Beyond what talks to the judge: sentences that tell an interviewer or a model what to do."""


_NEAR = 400
"""Characters looked at before and after a phrase for orders."""


class Part(Record):
    """One slide, or one paragraph."""

    number: int
    """As written on a slide; of paragraphs the 1-based place."""
    kind: Literal["slide", "paragraph"]
    title: str
    """Empty where it has none."""
    start: int
    end: int


class Span(Record):
    """A piece of the material, word for word."""

    text: str
    start: int
    end: int


class Material(Record):
    """What the candidate brought; every offset counts characters of `text`."""

    text: str
    lang: Lang
    parts: tuple[Part, ...]

    @cached_property
    def seen(self) -> str:
        """`text` with line breaks for all that is hidden, markup, a link or a personal address; the same length."""
        text = self.text
        for start, end in (*hidden_spans(text), *(match.span() for match in _MARKUP.finditer(text))):
            text = f"{text[:start]}{chr(10) * (end - start)}{text[end:]}"
        return text

    @cached_property
    def sentences(self) -> tuple[tuple[int, int], ...]:
        """Offsets of the sentences a reader sees, in order."""
        return sentences(self.seen)

    def part_at(self, offset: int) -> Part | None:
        """The slide or paragraph that holds this character; None between them."""
        return next((part for part in self.parts if part.start <= offset < part.end), None)


def read_material(text: str) -> Material:
    """The material in `text`, cut at its slides (`Slide 3: title`, `第 3 页：标题`) or else at empty lines.

    Raises InterviewError when it is empty, longer than 40,000 characters, or the source of a web page.
    """
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InterviewError(
            "your material is empty: paste a project summary, an abstract or the text of your slides", "no_material"
        )
    if len(text) > MAX_CHARS:
        raise InterviewError(
            f"your material has {len(text):,} characters; at most {MAX_CHARS:,} are read: "
            "leave out the parts that the interview is not about",
            "long_material",
            chars=len(text),
            most=MAX_CHARS,
        )
    if text.count("<") > MAX_TAGS:
        raise InterviewError(
            f"your material holds {text.count('<'):,} signs <, as the source of a web page does; at most {MAX_TAGS:,} "
            "are read: paste the text as one sees it",
            "web_page",
            signs=text.count("<"),
            most=MAX_TAGS,
        )
    slides = list(_SLIDE.finditer(text))
    first = slides[0].start() if slides else len(text)
    before = [
        Part(number=number, kind="paragraph", title="", start=match.start(), end=match.end())
        for number, match in enumerate(_PARAGRAPH.finditer(text, 0, first), start=1)
    ]
    ends = [*(match.start() for match in slides), len(text)][1:]
    cut = [
        Part(
            number=int(match["a"] or match["b"]),
            kind="slide",
            title=(match["title"] or "").strip(),
            start=match.start(),
            end=end,
        )
        for match, end in zip(slides, ends, strict=True)
    ]
    return Material(text=text, lang=lang_of(text), parts=(*before, *cut))


def quote(material: Material, start: int, end: int) -> Span | None:
    """The phrase around `start:end` as it stands in the material, short, cut at word boundaries, free of markup.

    None when there is no such phrase, or when it or a sentence beside it tells the reader what to do.
    """
    seen = material.seen
    low, high = _phrase(seen, start, end)
    if low > start or high < end or _commands(material, start, end):
        return None
    if high - low > MAX_QUOTE_COLUMNS or _columns(seen[low:high]) > MAX_QUOTE_COLUMNS:
        window = _window(seen, (low, high), (start, end))
        if window is None:
            return None
        low, high = window
    low, high = _trimmed(seen, (low, high), (start, end))
    text = material.text[low:high]
    if text != seen[low:high] or len(text) < 2 or addresses_the_judge(text):
        return None
    return Span(text=text, start=low, end=high)


def _phrase(seen: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of the phrase around `start:end`; beyond reach (low > start) when a sign stands inside it."""
    low = seen.rfind("\n", 0, start) + 1
    high = seen.find("\n", start)
    high = len(seen) if high < 0 else high
    slide = _SLIDE.match(seen, low)
    if slide is not None and slide["title"]:
        low = slide.start("title")
    for sign in _CUT.finditer(seen, max(low, start - _NEAR), min(high, end + _NEAR)):
        if sign.end() <= start:
            low = sign.end()
        elif sign.start() >= end:
            return low, sign.start()
        else:
            return end, end
    return low, high


def _commands(material: Material, start: int, end: int) -> bool:
    """Whether a sentence that holds the place, or the one before or after, gives orders."""
    near = [n for n, (low, high) in enumerate(material.sentences) if low < end and high > start]
    if not near:
        return True
    low, high = (
        material.sentences[max(near[0] - 1, 0)][0],
        material.sentences[min(near[-1] + 1, len(material.sentences) - 1)][1],
    )
    text = material.seen[max(low, start - _NEAR) : min(high, end + _NEAR)]
    return addresses_the_judge(text) or _ORDER.search(text) is not None


def _window(seen: str, phrase: tuple[int, int], kept: tuple[int, int]) -> tuple[int, int] | None:
    """The widest piece of `phrase` around `kept` that fits and begins and ends where a clause may; None without one."""
    low, high = max(phrase[0], kept[0] - MAX_QUOTE_COLUMNS), min(phrase[1], kept[1] + MAX_QUOTE_COLUMNS)
    starts = [
        *([phrase[0]] if low == phrase[0] else []),
        *(m.end() for m in _JOINT.finditer(seen, low, kept[0])),
        kept[0],
    ]
    ends = [
        *([phrase[1]] if high == phrase[1] else []),
        *(m.start() for m in _JOINT.finditer(seen, kept[1], high)),
        kept[1],
    ]
    fitting = [(a, b) for a in starts for b in ends if _columns(seen[a:b]) <= MAX_QUOTE_COLUMNS]
    return max(fitting, key=lambda piece: (_columns(seen[piece[0] : piece[1]]), -piece[0]), default=None)


def _trimmed(seen: str, piece: tuple[int, int], kept: tuple[int, int]) -> tuple[int, int]:
    low, high = piece
    changed = True
    while changed:
        before = (low, high)
        while low < kept[0] and seen[low] in _EDGE:
            low += 1
        while high > kept[1] and seen[high - 1] in _EDGE:
            high -= 1
        for lead in _leads(seen, low, kept[0]):
            low = lead
        tail = _DANGLING.search(seen[low:high])
        if tail is not None and low + tail.start() >= kept[1]:
            high = low + tail.start()
        changed = (low, high) != before
    return low, high


def _leads(seen: str, low: int, most: int) -> Iterator[int]:
    for pattern in (_NUMBERED, _LEADING):
        lead = pattern.match(seen, low)
        whole = lead is not None and (not lead.group().isascii() or lead.group()[-1].isspace())
        if lead is not None and whole and lead.end() <= most:
            yield lead.end()
            return


def _columns(text: str) -> int:
    return sum(2 if _CJK.match(char) else 1 for char in text)
