"""Whether words of the candidate's only repeat the interviewer. Pure.

Saying the question, a probe or a hint again proves nothing. An echo is a run of the interviewer's own words in their
own order; one word of content beside it makes it the candidate's statement. A statement that answers a yes/no or a
choice question takes its words from it, so such a question is echoed only together with the word that asks.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz

from coach.grading.fold import latin
from coach.grading.visible import visible
from coach.schema import Utterance
from coach.text import CJK_STOP, STOP_STEMS, form_of, raw_tokens, sentences, stem, tokens

RUN = 4
"""Least weight of a run that counts as repeated: two English words of content or four Chinese characters."""
WHOLE = 6
"""Least weight repeated in all; fewer words in common are chance."""
SLIP = 10
"""From this much repeated weight on, one stray Chinese character is a slip and no statement."""
_TYPO = 85.0
"""Least similarity (0 to 100, rapidfuzz ratio) of two words of five letters or more taken for the same."""

_AUX = frozenset(
    "is are was were be been being am do does did can could should would will shall has have had may might".split()
)
_LINKS = frozenset(stem(word) for word in (*_AUX, "a", "an", "the", "that", "of", "it", "its"))
_LINKS_CJK = frozenset("的了是被做作为也就呢啊吧")
"""Left out on both sides: the same statement with another article or auxiliary is the same statement."""
_OWN = frozenset({"not", "no", "nor", "onli", "yes", "never", "none", "不", "没", "非", "无", "对", "否"})
"""Words of content although they are short: they turn or affirm what is repeated."""
_ABOUT_ASKING = frozenset(
    stem(word)
    for word in """question asked ask asking asks said saying says mention mentioned hint hinted interviewer repeat
    repeating quote prompt topic answer okay ok hmm um uh oh right please tell told explain described""".split()
) | frozenset("题目问提示说答复重刚才官面试您请好嗯因所什么怎何")
_CHOICE = re.compile(r"\bor\b|\bwhich\b|\bwhether\b|还是|哪|或者|是否", re.IGNORECASE)
_YES_NO = re.compile(
    rf"^\W*(?:and |but |so )?(?:{'|'.join(sorted(_AUX))})\b|吗\W*$|是不是|有没有|能不能|会不会", re.IGNORECASE
)


@dataclass(frozen=True)
class Line:
    """Something the interviewer said."""

    text: str
    before: int = 0
    """The first turn of the candidate's that came after it."""


class _Part(NamedTuple):
    """A word, a number or one Chinese character."""

    form: str
    cjk: bool
    link: bool
    own: bool
    """Whether it makes what it stands in the candidate's statement."""
    weight: int


@dataclass(frozen=True)
class _Sentence:
    forms: tuple[str, ...]
    marks: frozenset[int]
    """Places of the words that ask; empty when repeating any part is repeating."""


def repeats(words: str, turn: int, lines: Sequence[Line], said: Sequence[Utterance] = ()) -> bool:
    """Whether `words`, said at `turn`, hold nothing but what an earlier line had said.

    `said` are all of the candidate's messages: what the candidate said before the interviewer took it up stays theirs.
    """
    parts = _parts(words)
    unlinked = [at for at, part in enumerate(parts) if not part.link]
    covered: set[int] = set()
    wholes = 0
    for line in lines:
        for sentence in _sentences(line.text) if line.before <= turn else ():
            run = _runs(parts, unlinked, sentence)
            if run:
                run -= _said_first(parts, unlinked, line, said)
            covered |= run
            wholes += len(run) >= len(sentence.forms) > 1
    repeated = sum(parts[at].weight for at in covered)
    if repeated < WHOLE and not wholes:
        return False
    own = [parts[at] for at in range(len(parts)) if at not in covered and parts[at].own]
    slip = len(own) == 1 and own[0].cjk and own[0].form not in _OWN and repeated >= SLIP
    return not own or slip


def weight(words: str) -> int:
    """How much content `words` hold: 2 for an English word, 1 for a Chinese character, letter or number."""
    return sum(part.weight for part in _parts(words))


def _said_first(parts: Sequence[_Part], unlinked: Sequence[int], line: Line, said: Sequence[Utterance]) -> set[int]:
    """Places of `parts` that the candidate had said before the line was."""
    earlier = [one.text for one in said if one.turn < line.before]
    return {at for text in earlier for sentence in _sentences(text) for at in _runs(parts, unlinked, sentence)}


def _runs(parts: Sequence[_Part], unlinked: Sequence[int], sentence: _Sentence) -> set[int]:
    """Places of `parts` that lie in a run also found in the sentence: one of at least RUN, or all of the sentence."""
    places = range(len(parts)) if sentence.marks else unlinked
    mine, theirs = [parts[at].form for at in places], sentence.forms
    found: set[int] = set()
    where = [_places(form, theirs) for form in mine]
    if not any(where):
        return found
    for first in range(len(mine)):
        for other in where[first]:
            if first and other - 1 in where[first - 1]:
                continue
            length = 1
            while first + length < len(mine) and other + length in where[first + length]:
                length += 1
            asks = not sentence.marks or any(other <= mark < other + length for mark in sentence.marks)
            run = places[first : first + length]
            whole = length == len(theirs) > 1
            if asks and (whole or sum(parts[at].weight for at in run) >= RUN):
                found.update(run)
    return found


@lru_cache(maxsize=65536)
def _places(form: str, forms: tuple[str, ...]) -> frozenset[int]:
    """Where a form stands among others."""
    return frozenset(at for at, other in enumerate(forms) if form == other or _typo(form, other))


def _typo(one: str, other: str) -> bool:
    return min(len(one), len(other)) >= 5 and fuzz.ratio(one, other) >= _TYPO


@lru_cache(maxsize=256)
def _sentences(text: str) -> tuple[_Sentence, ...]:
    seen = latin(visible(text)[0])
    found = []
    for start, end in sentences(seen):
        sentence = seen[start:end]
        asking = sentence.rstrip().endswith(("?", "？"))
        patterns = [_CHOICE, _YES_NO] if asking or re.search("whether|是否", sentence, re.IGNORECASE) else []
        spans = [match.span() for pattern in patterns for match in pattern.finditer(sentence)]
        parts = [token for token in tokens(sentence) if spans or not _part(token.raw).link]
        marks = frozenset(at for at, token in enumerate(parts) if any(low <= token.start < high for low, high in spans))
        found.append(_Sentence(tuple(token.form for token in parts), marks))
    return tuple(found)


@lru_cache(maxsize=1024)
def _parts(words: str) -> tuple[_Part, ...]:
    return tuple(map(_part, raw_tokens(latin(visible(words)[0]))))


@lru_cache(maxsize=65536)
def _part(raw: str) -> _Part:
    form, cjk = form_of(raw)
    link = form in (_LINKS_CJK if cjk else _LINKS)
    stop = form in CJK_STOP if cjk else form in STOP_STEMS
    own = form in _OWN or not (stop or link or form in _ABOUT_ASKING)
    letter = cjk or len(form) == 1 or form[0].isdigit()
    return _Part(form, cjk, link, own, 0 if stop else 1 if letter else 2)
