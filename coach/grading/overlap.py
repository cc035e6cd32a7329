"""How much of a plain reference answer another answer says, from 0 to 1, with no curated wordings. Pure and fast.

Per point of the reference (see `derive.py`): the share of its content that the answer names. Content is stems, numbers,
Chinese characters and their pairs; a term of the glossary counts as named in either language. Words of the question
count a fifth. Sentences of the answer that only repeat the question, or give up, count nothing; a point whose opposite
is stated costs half its worth; a bag of words earns less than a statement.

Nobody repeats a reference word by word. English paraphrase replaces whole words, so half the words are far more than
half the thought and coverage is bent upward twice: within a point, and over all of them, because a reference lists more
than one answer needs. Chinese synonyms share characters, so there it is nearly straight.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from coach.bank.glossary import Glossary
from coach.grading.derive import Point, content, content_of, points
from coach.grading.statements import is_idle, is_word_list, negations
from coach.schema import Lang
from coach.text import Token, clauses, lang_of, sentences, tokens

ASKED = 0.2
"""Weight of content that stands in the question."""
CHARACTER = 0.5
"""Weight of a Chinese character beside its pairs, so that order counts."""
WITHIN: Mapping[Lang, float] = {"en": 0.7, "zh": 1.0}
"""Exponent on the coverage of one point."""
OVER: Mapping[Lang, float] = {"en": 0.5, "zh": 0.8}
"""Exponent on the weighted mean of all points."""
PLACED = 0.8
"""Least coverage of a point by one passage at which its negation can be compared."""
VERBATIM = 0.9
"""From here on a passage repeats the point, and every negating word more or less is a change."""
SPREAD = 0.1
"""Where the whole sentence says so much more of a point than its best clause, the point is spread over clauses."""
NEGATABLE = 3
"""Shorter points are names, in which a negating syllable says nothing."""
BAG = 0.3
"""What a bag of the reference's words earns of its coverage."""
BAG_WORDS = 8
"""Least length of a bag, in tokens."""
SHARED, SIDE_BY_SIDE = 0.7, 0.2
"""A bag takes at least this share of its words from the reference, and keeps fewer of its neighbours together."""
JUDGED = 0.2
"""How much a judge's verdict says beside the overlap, where a criterion has no wordings but the reference's own."""
AGAINST = 0.5
"""What stating the opposite of a point takes off, as a share of its weight."""
NEW = 0.1
"""A sentence with no larger share of new content repeats the question."""
GIVING_UP = 16
"""A longer sentence, in tokens, that mentions not knowing still says something."""
LIST_ITEM = 4
"""A point of no more words is an item to be named; a list of such items is a proper answer."""

_SCAFFOLD = frozenset(
    content(
        """answer answers response student candidate mentions mentioned states stated explains explained identifies
        describes describing provides correctly correct clearly shows example"""
    )
    + content("回答 学生 提到 说明 指出 解释 正确 能够 描述 举例")
)
"""How rubrics speak of answers: not what an answer says. Counts like words of the question."""
_COMMA = re.compile(r"[、；;]")
_DENIED_LIST = re.compile(
    r"(?:不|没|并非|并不)\s*(?:包括|包含|分为|是|有|为)|\b(?:is|are|do|does|can|cannot|will)\s*(?:not|n't)\b",
    re.IGNORECASE,
)
"""A sentence that names items and says that they are not what was asked for."""
_CONTRAST = re.compile(r"\b(?:but|whereas|while|only|because)\b|[.;；]|而|但", re.IGNORECASE)
_PIECES = re.compile(r"[,，、;；/|\n。.•●*]|\s-\s")
_DISOWNED = re.compile(
    r"\b(?:all|everything|none|nothing)\b[^.]{0,40}\b(?:above|said|wrote|this|that|these)\b[^.]{0,40}"
    r"\b(?:false|wrong|incorrect|untrue|not true|is true|is right)\b"
    r"|(?:以上|上面|上述)[^。]{0,12}(?:都是错|全是错|是错的|均为错|不成立|不对|全错|都错)",
    re.IGNORECASE,
)
"""A sentence that takes everything back."""


@dataclass(frozen=True)
class Covered:
    """How much of one point an answer says."""

    text: str
    weight: float
    """Share of the whole reference."""
    share: float
    """0 to 1, after bending."""
    passage: tuple[int, int] | None
    """Offsets of the sentence that says most of it; None when no sentence says any."""
    opposed: bool
    """Whether that sentence says the opposite."""


@dataclass(frozen=True)
class Overlap:
    """How much of a reference an answer says."""

    points: tuple[Covered, ...]
    lang: Lang
    """Of the reference."""
    kept: float
    """1, less for a bag of words, 0 where nothing is said."""

    @property
    def score(self) -> float:
        """0 to 1."""
        mean = max(0.0, sum(point.weight * (point.share - AGAINST * point.opposed) for point in self.points))
        bent: float = min(1.0, mean * self.kept) ** OVER[self.lang]
        return self.kept * bent

    @property
    def expected(self) -> tuple[float, ...]:
        """What each point would score if it were the whole reference."""
        return tuple((self.kept * point.share) ** OVER[self.lang] for point in self.points)

    def judged(self, shares: Sequence[float]) -> "Overlap":
        """The same with a fifth of each point's share as a judge gave it; a point whose opposite is stated keeps 0.

        Raises ValueError when the numbers differ.
        """
        pairs = zip(self.points, shares, strict=True)
        return replace(
            self,
            points=tuple(
                replace(point, share=0.0 if point.opposed else (1 - JUDGED) * point.share + JUDGED * share)
                for point, share in pairs
            ),
        )


@dataclass(frozen=True)
class _Point:
    text: str
    weight: float
    units: Mapping[str, float]
    terms: Mapping[str, frozenset[str]]
    """Unit -> the concepts it is part of."""
    negations: int
    denied: bool
    """Whether the reference itself says what is *not* so."""
    words: float


@dataclass(frozen=True)
class _Reference:
    text: str
    forms: tuple[str, ...]
    asked: frozenset[str]
    """Content of the question; empty where the reference only takes up words of it, as in a choice."""
    lang: Lang
    points: tuple[_Point, ...]


@dataclass(frozen=True)
class _Said:
    """A sentence of the answer, or all that count."""

    bounds: tuple[int, int]
    tokens: tuple[Token, ...]
    units: frozenset[str]
    concepts: frozenset[str]


class Overlaps:
    """Compares answers with references; remembers the references it has taken apart."""

    def __init__(self, glossary: Glossary, *, remembered: int = 2048) -> None:
        self._glossary = glossary
        self._taken = lru_cache(maxsize=remembered)(self._taken_apart)
        self._listed = lru_cache(maxsize=remembered)(self._taken_apart_list)

    def best(self, answer: str, references: tuple[str, ...], question: str) -> tuple[str, Overlap]:
        """The reference the answer is nearest to, with its overlap. Raises ValueError without references."""
        found = ((one, self.overlap(answer, one, question)) for one in references)
        return max(found, key=lambda pair: pair[1].score)

    def overlap(self, answer: str, reference: str, question: str) -> Overlap:
        """How much of the reference the answer says; all 0 where the reference has no words."""
        return self._compared(answer, self._taken(reference, question))

    def of_points(self, answer: str, wanted: tuple[Point, ...], question: str) -> Overlap:
        """The same for points that somebody wrote down, such as the items of a rubric."""
        return self._compared(answer, self._listed(wanted, question))

    def _compared(self, answer: str, reference: _Reference) -> Overlap:
        parts = [] if _DISOWNED.search(answer) else [self._said(answer, *one) for one in _statements(answer, reference)]
        whole = _Said(
            (0, len(answer)),
            tuple(token for said in parts for token in said.tokens),
            frozenset(unit for said in parts for unit in said.units),
            frozenset(concept for said in parts for concept in said.concepts),
        )
        kept = 0.0 if not parts else BAG if _is_bag(whole, answer, reference) else 1.0
        covered = tuple(self._covered(point, whole, parts, answer, reference.lang) for point in reference.points)
        return Overlap(covered, reference.lang, kept)

    def _covered(self, point: _Point, whole: _Said, parts: Sequence[_Said], answer: str, lang: Lang) -> Covered:
        """One point: its coverage by the whole answer, and the sentence that says most of it."""
        share = _coverage(point, whole)
        best, said = max(((_coverage(point, one), one) for one in parts), key=itemgetter(0), default=(0.0, whole))
        opposed = best >= PLACED and self._opposes(answer[slice(*said.bounds)], point)
        passage = said.bounds if best else None
        return Covered(point.text, point.weight, 0.0 if opposed else share ** WITHIN[lang], passage, opposed)

    def _opposes(self, sentence: str, point: _Point) -> bool:
        """Whether the clause that says the point turns it: a negating word too many or one too few."""
        if point.words < NEGATABLE:
            named = sentence.lower().find(point.text.lower())
            denials = list(_DENIED_LIST.finditer(sentence, 0, max(named, 0)))
            return bool(denials) and not point.denied and not _CONTRAST.search(sentence, denials[-1].end(), named)
        if negations(sentence) == point.negations == 0:
            return False
        at = sentence.find(point.text)
        if at >= 0:
            opening = max((start for start, end in clauses(sentence, 0, len(sentence)) if start <= at), default=at)
            opening = max(opening, sentence.rfind("、", 0, at) + 1)
            return negations(sentence[opening : at + len(point.text)]) % 2 != point.negations % 2
        cuts = [
            part for start, end in clauses(sentence, 0, len(sentence)) for part in _COMMA.split(sentence[start:end])
        ]
        found = {cut: _coverage(point, self._said(cut, (0, len(cut)), tokens(cut))) for cut in (*cuts, sentence)}
        clause = max(cuts, key=lambda cut: found[cut])
        told = clause if found[clause] >= max(PLACED, found[sentence] - SPREAD) else sentence
        said = negations(told)
        return said != point.negations if found[told] >= VERBATIM else said % 2 != point.negations % 2

    def _said(self, text: str, bounds: tuple[int, int], parts: tuple[Token, ...]) -> _Said:
        concepts = frozenset(hit.concept for hit in self._glossary.find(text, parts))
        return _Said(bounds, parts, frozenset(content_of(parts)), concepts)

    def _taken_apart(self, reference: str, question: str) -> _Reference:
        return self._reference(reference, points(reference, question), question)

    def _taken_apart_list(self, wanted: tuple[Point, ...], question: str) -> _Reference:
        return self._reference("\n".join(point.text for point in wanted), wanted, question)

    def _reference(self, text: str, wanted: tuple[Point, ...], question: str) -> _Reference:
        asked, denied = frozenset(content(question)), _DENIED_LIST.search(text) is not None
        lang = lang_of(text, default=lang_of(question))
        taken = tuple(self._point(point, asked, denied) for point in wanted)
        chosen = asked.issuperset(content(text))
        forms = tuple(token.form for token in tokens(text))
        return _Reference(text, forms, frozenset() if chosen else asked, lang, taken)

    def _point(self, point: Point, asked: frozenset[str], denied: bool) -> _Point:
        text = point.text
        parts = tokens(text)
        terms: dict[str, frozenset[str]] = {}
        for hit in self._glossary.find(text, parts):
            forms = [part.form for part in parts[hit.first : hit.last]]
            for form in (*forms, *(one + other for one, other in pairwise(forms))):
                terms[form] = terms.get(form, frozenset()) | {hit.concept}
        units = dict.fromkeys(content(text), 1.0) or {part.form: 1.0 for part in parts}
        weights = {
            unit: (ASKED if unit in asked or unit in _SCAFFOLD else 1.0) * (CHARACTER if _is_character(unit) else 1.0)
            for unit in units
        }
        return _Point(text, point.weight, weights, terms, negations(text), denied, _length(parts))


def _coverage(point: _Point, said: _Said) -> float:
    total = sum(point.units.values())
    named = sum(
        weight
        for unit, weight in point.units.items()
        if unit in said.units or not said.concepts.isdisjoint(point.terms.get(unit, ()))
    )
    return named / total if total else 0.0


def _is_character(unit: str) -> bool:
    return len(unit) == 1 and not unit.isascii()


def _length(parts: tuple[Token, ...]) -> float:
    """Length in English words; two Chinese characters make one."""
    return sum(0.5 if part.cjk else 1.0 for part in parts)


def _statements(answer: str, reference: _Reference) -> Iterator[tuple[tuple[int, int], tuple[Token, ...]]]:
    """Bounds and tokens of the sentences that say something the question does not."""
    parts = tokens(answer)
    starts = [token.start for token in parts]
    for start, end in sentences(answer):
        said = parts[bisect_left(starts, start) : bisect_left(starts, end)]
        names = frozenset(content_of(said)) or frozenset(token.form for token in said)
        repeats = bool(reference.asked) and len(names - reference.asked) <= NEW * len(names)
        if names and not repeats and not _gives_up(answer[start:end], said):
            yield (start, end), said


def _gives_up(sentence: str, parts: Sequence[Token]) -> bool:
    return len(parts) <= GIVING_UP and is_idle(sentence, ()) and not is_word_list(sentence)


def _is_bag(said: _Said, answer: str, reference: _Reference) -> bool:
    """Whether an answer strings the reference's words together without saying anything.

    Either it has no function words where the reference speaks in sentences, or it uses the reference's words but
    hardly any two of them that stand side by side there.
    """
    mine, theirs = [token.form for token in said.tokens], reference.forms
    if len(mine) < BAG_WORDS or sum(point.weight for point in reference.points if point.words > LIST_ITEM) < 0.5:
        return False
    shared = (Counter(mine) & Counter(theirs)).total() / len(mine)
    if shared < SHARED:
        return False
    side_by_side = (Counter(pairwise(mine)) & Counter(pairwise(theirs))).total() / (len(mine) - 1)
    if side_by_side < SIDE_BY_SIDE * shared * shared:
        return True
    sizes = [len(found) for piece in _PIECES.split(answer) if (found := tokens(piece))]
    itemised = len(sizes) > 2 and 2 <= sum(sizes) / len(sizes) <= 8
    return not itemised and is_word_list(answer) and not is_word_list(reference.text)
