"""Markdown of the bank, and words as they were typed -> HTML that renders formulas and obeys no tag. Pure.

What comes out is one line without a blank one, so that `gr.Markdown` takes the whole of it for HTML and its own reader
changes nothing; formulas stand between `\\(` and `\\)` or `\\[` and `\\]`, which are to be its only delimiters.
"""

import html
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from coach.progress.anki import as_html
from coach.schema import Card, Grade, State

DELIMITERS: list[dict[str, str | bool]] = [
    {"left": "\\[", "right": "\\]", "display": True},
    {"left": "\\(", "right": "\\)", "display": False},
]
"""For `gr.Markdown` of HTML that was made here: dollar signs are amounts of money by now."""
LATEX: list[dict[str, str | bool]] = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
    *DELIMITERS,
]
"""For Markdown as it was written, where formulas stand between dollar signs too."""

_CODE = re.compile(r"(<code.*?</code>)", re.DOTALL)
_SET = re.compile(r"\\(\(.+?\\\)|\[.+?\\\])", re.DOTALL)
"""A formula in HTML."""
_INSIDE = re.compile(r"\\([(\[\])])")
_TYPED = re.compile(
    r"\$\$(?P<block>.+?)\$\$"
    r"|\$(?!\s)(?P<line>[^$\n]+?)(?<!\s)\$(?!\d)"
    r"|\\\[(?P<tex_block>.+?)\\\]|\\\((?P<tex_line>.+?)\\\)",
    re.DOTALL,
)
_WEIGHT: Mapping[State, int] = {"contradicted": 3, "met": 2, "partly": 1, "missed": 0, "not_graded": 0}


class Span(NamedTuple):
    """A piece of an answer that a verdict rests on."""

    start: int
    end: int
    label: str
    """The number of its point, or `!` for a wrong claim."""
    state: State


@lru_cache(maxsize=4096)
def rich(markdown: str) -> str:
    """Markdown as HTML on one line: bold print, lists, tables, code and formulas; tags and links are only shown."""
    pieces = _CODE.split(as_html(markdown))
    shown = (_inert(piece) if at % 2 else _SET.sub(_formula_again, piece) for at, piece in enumerate(pieces))
    return "".join(shown).replace("\n", "&#10;")


def inline(markdown: str) -> str:
    """Markdown as HTML for the inside of a line; one paragraph loses its tags."""
    shown = rich(markdown)
    single = shown.startswith("<p>") and shown.endswith("</p>") and shown.count("<p>") == 1
    return shown[3:-4] if single else shown


def _inert(piece: str) -> str:
    return piece.replace("\\", "&#92;")


def _formula_again(match: re.Match[str]) -> str:
    whole = match[0]
    return f"{whole[:2]}{_formula_body(whole[2:-2])}{whole[-2:]}"


def _formula_body(inside: str) -> str:
    """A formula's escaped inside, where nothing looks like another formula's beginning or end."""
    return _INSIDE.sub(lambda match: f"\\&#{ord(match[1])};", inside)


def typed(text: str, spans: Sequence[Span] = ()) -> str:
    """Words exactly as they were typed, formulas rendered, each span marked with the numbers of its points.

    A span that begins or ends inside a formula takes in the whole of it.
    """
    formulas = tuple(_TYPED.finditer(text))
    snapped = [_whole(span, formulas) for span in spans]
    cuts = sorted({0, len(text), *(cut for span in snapped for cut in (span.start, span.end))})
    out: list[str] = []
    for start, end in itertools.pairwise(cuts):
        piece = "".join(_pieces(text, formulas, start, end))
        over = [span for span in snapped if span.start <= start and end <= span.end]
        if over:
            state = max((span.state for span in over), key=lambda one: _WEIGHT[one])
            ending = sorted({span.label for span in over if span.end == end})
            note = f"<sup>{','.join(ending)}</sup>" if ending else ""
            piece = f'<mark class="{state}">{piece}{note}</mark>'
        out.append(piece)
    return "".join(out)


def _whole(span: Span, formulas: Sequence[re.Match[str]]) -> Span:
    start = next((one.start() for one in formulas if one.start() < span.start < one.end()), span.start)
    end = next((one.end() for one in formulas if one.start() < span.end < one.end()), span.end)
    return span._replace(start=start, end=end)


def _pieces(text: str, formulas: Sequence[re.Match[str]], start: int, end: int) -> Iterator[str]:
    at = start
    for one in formulas:
        if start <= one.start() and one.end() <= end:
            yield _plain(text[at : one.start()])
            inside = next(group for group in one.groups() if group is not None)
            block = one.lastgroup in {"block", "tex_block"}
            body = _formula_body(html.escape(" ".join(inside.split()), quote=False))
            yield f"\\[{body}\\]" if block else f"\\({body}\\)"
            at = one.end()
    yield _plain(text[at:end])


def _plain(text: str) -> str:
    return _inert(html.escape(text)).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "&#10;")


def spans_of(card: Card, grade: Grade, turn: int) -> tuple[Span, ...]:
    """What of the candidate's message `turn` the verdicts of a grade rest on; points are numbered as on the card."""
    numbers = {criterion.id: str(n) for n, criterion in enumerate(card.criteria, start=1)}
    judged = [
        Span(found.start, found.end, numbers[verdict.criterion], verdict.state)
        for verdict in grade.verdicts
        for found in verdict.evidence
        if found.turn == turn
    ]
    wrong = [
        Span(found.start, found.end, "!", "contradicted")
        for stated in grade.misconceptions
        for found in stated.evidence
        if found.turn == turn
    ]
    return (*judged, *wrong)
