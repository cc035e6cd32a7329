"""Texts -> the units the offline judge compares: concepts, stems, Chinese bigrams, directions, formulas. Pure."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from coach.bank.glossary import Glossary
from coach.grading.statements import BREAK, claims, denying_opening, is_exclusive, negations
from coach.grading.visible import hidden_spans
from coach.schema import Utterance
from coach.text import CJK_STOP, STOP_STEMS, Token, normalise, sentences, stem, tokens

SPAN_FACTOR, SPAN_EXTRA = 2.5, 8
"""The units of a wording of n tokens must stand within 2.5 n + 8 tokens of an answer."""
BOND_REACH = 4
"""A direction word hangs on what stands within so many tokens of it."""

LETTER = 0.4
"""Weight of a single letter or digit: symbols are shared by all formulas."""

_GENERIC = frozenset(
    stem(word) for word in "model data value number point problem method way result case part work".split()
)
_UP = frozenset(
    stem(word)
    for word in """increase increases increasing grow grows rise rises high higher large larger big bigger more greater
    up""".split()
)
_DOWN = frozenset(
    stem(word)
    for word in """decrease decreases reduce reduces low lower small smaller few fewer less shrink drop drops fall falls
    down""".split()
)
_UP_CJK, _DOWN_CJK = frozenset("大高多增升"), frozenset("小低少减降")
_UP_CONCEPTS, _DOWN_CONCEPTS = frozenset({"increase", "larger"}), frozenset({"decrease", "smaller"})
"""Ids of the glossary."""
_NOT_DIRECTION = re.compile(
    "高斯|大小|多少|多数|大部|大概|大约|[最极][大小]|小批|多个|多层|多类|多头|多种|多项|增广|增强|高维|低维|低秩"
)
_NEGATING = frozenset(stem(word) for word in "not no never cannot without neither nor none".split())
_APART = re.compile(r"[,，、:：;；。.!?！？]")
_APART_WORDS = frozenset("and or but while whereas then 和 与 而 但 则 且".split())
_VERBATIM = re.compile(r'^"(.+)"$', re.DOTALL)
_FORMULA = re.compile(r"^\$\$?(.*?)\$?\$$", re.DOTALL)
_LATEX_NOISE = re.compile(
    r"\\(?:left|right|big|Big|bigg|mathrm|mathbf|mathbb|boldsymbol|text|operatorname|hat|bar|tilde|displaystyle|limits"
    r"|quad|qquad|[,;!: ])|[\s{}$`*]|\\cdot|\\times"
)


class Unit(NamedTuple):
    """One thing a text names."""

    key: str
    weight: float
    first: int
    last: int
    """Token range, `last` exclusive."""
    parts: tuple[str, ...]
    """The token forms it stands for."""
    direction: int
    """+1 up, -1 down, 0 neither."""


@dataclass(frozen=True)
class Wording:
    """An accepted wording or a misconception's, taken apart."""

    text: str
    units: tuple[Unit, ...]
    bonds: Mapping[int, frozenset[str]]
    """First token of a direction unit -> keys of the units it hangs on."""
    negative: bool
    exclusive: bool
    """Says that something is *only* so; "not only" is then its opposite."""
    formula: str | None
    verbatim: str | None
    """Must stand in the answer as it is, in this order; only case and spacing may differ."""
    span: int
    """Most tokens its units may be spread over in an answer."""
    folded: str
    """Its text in normal form."""


@dataclass(frozen=True)
class Heard:
    """One utterance, taken apart."""

    utterance: Utterance
    """What a reader sees of it; offsets are those of the whole."""
    tokens: tuple[Token, ...]
    units: tuple[Unit, ...]
    ends: Mapping[int, int]
    """First token of a unit -> the token after its last."""
    places: Mapping[str, tuple[int, ...]]
    """Unit key or token form -> token positions, in statements only."""
    bonds: Mapping[int, tuple[int, frozenset[str]]]
    """Token position of a direction word -> (direction, keys of the units it hangs on)."""
    sentence: tuple[int, ...]
    """Sentence number of each token; -1 where the words are not a statement of the candidate's."""
    bounds: tuple[tuple[int, int], ...]
    """Offsets of the sentences."""
    counts: tuple[bool, ...]
    """Whether each sentence is a statement of the candidate's."""
    breaks: tuple[bool, ...]
    """Whether a clause ends before each token."""
    denied: Mapping[int, int]
    """Sentences whose opening words deny the rest -> the offset at which these end."""
    folded: str
    """The whole text in normal form."""
    plain: str
    """The whole text as formulas are compared."""


def units_of(glossary: Glossary, text: str, parts: tuple[Token, ...]) -> tuple[Unit, ...]:
    """The units of a text with these tokens, in order. Concepts take the tokens they are made of."""
    found = {hit.first: hit for hit in glossary.find(text, parts)}
    units: list[Unit] = []
    at = 0
    while at < len(parts):
        hit = found.get(at)
        if hit is not None:
            direction = (hit.concept in _UP_CONCEPTS) - (hit.concept in _DOWN_CONCEPTS)
            forms = tuple(part.form for part in parts[at : hit.last])
            units.append(Unit(f"c:{hit.concept}", 0.6 if direction else 1.0, at, hit.last, forms, direction))
            at = hit.last
            continue
        unit = _chinese(parts, at, found) if parts[at].cjk else _english(parts[at], at)
        if unit is not None:
            units.append(unit)
        at += 1
    return tuple(units)


def _english(token: Token, at: int) -> Unit | None:
    direction = (token.form in _UP) - (token.form in _DOWN)
    if direction:
        return Unit(f"d:{direction}", 0.6, at, at + 1, (token.form,), direction)
    if token.form in STOP_STEMS or token.form in _NEGATING:
        return None
    weight = LETTER if len(token.form) == 1 else 0.5 if token.form in _GENERIC else 1.0
    return Unit(token.form, weight, at, at + 1, (token.form,), 0)


def _chinese(parts: tuple[Token, ...], at: int, found: Mapping[int, object]) -> Unit | None:
    token = parts[at]
    around = "".join(part.form for part in parts[max(at - 1, 0) : at + 2])
    named = _NOT_DIRECTION.search(around) is not None
    direction = 0 if named else (token.form in _UP_CJK) - (token.form in _DOWN_CJK)
    if direction:
        return Unit(f"d:{direction}", 0.6, at, at + 1, (token.form,), direction)
    if token.form in CJK_STOP or at + 1 >= len(parts) or at + 1 in found:
        return None
    after = parts[at + 1]
    if not after.cjk or after.start != token.end or after.form in CJK_STOP | _UP_CJK | _DOWN_CJK:
        return None
    return Unit(token.form + after.form, 0.5, at, at + 2, (token.form, after.form), 0)


def wording_of(glossary: Glossary, text: str) -> Wording:
    """A wording taken apart. `$…$` is a formula, `"…"` must stand as it is."""
    parts = tokens(text)
    units = units_of(glossary, text, parts)
    formula, quoted = _FORMULA.match(text.strip()), _VERBATIM.match(text.strip())
    verbatim = quoted.group(1) if quoted else text if _is_poor(units, parts) else None
    return Wording(
        text=text,
        units=units,
        bonds={first: keys for first, (_, keys) in _bonds(units, parts, text).items()},
        negative=negations(text) % 2 == 1,
        exclusive=is_exclusive(text),
        formula=plain_formula(formula.group(1)) if formula else None,
        verbatim=normalise(verbatim)[0] if verbatim else None,
        span=round(SPAN_FACTOR * len(parts)) + SPAN_EXTRA,
        folded=normalise(text)[0].strip(" .。"),
    )


def _is_poor(units: Sequence[Unit], parts: Sequence[Token]) -> bool:
    """Whether one word is all that a wording of several says by itself, as in "ask them what they like"."""
    return len(units) == 1 and len(parts) > 2 and not units[0].key.startswith("c:") and not parts[0].cjk


def hear(glossary: Glossary, utterance: Utterance, interviewer: Sequence[str]) -> Heard:
    """An utterance taken apart; sentences that claim nothing are left out of account."""
    text = seen(utterance.text)
    parts = tokens(text)
    said = [normalise(line)[0] for line in interviewer if line.strip()]
    bounds = sentences(text)
    counts = claims([text[start:end] for start, end in bounds], said)
    sentence: list[int] = []
    number = 0
    for token in parts:
        while number + 1 < len(bounds) and token.start >= bounds[number][1]:
            number += 1
        sentence.append(number if bounds and counts[number] else -1)
    units = units_of(glossary, text, parts)
    return Heard(
        utterance=Utterance(turn=utterance.turn, text=text),
        tokens=parts,
        units=units,
        ends={unit.first: unit.last for unit in units},
        places=_places(units, parts, sentence),
        bonds=_bonds(units, parts, text),
        sentence=tuple(sentence),
        bounds=bounds,
        counts=counts,
        breaks=_breaks(text, parts),
        denied={
            at: start + opening
            for at, (start, end) in enumerate(bounds)
            if (opening := denying_opening(text[start:end]))
        },
        folded=normalise(text)[0],
        plain=plain_formula(text),
    )


def _breaks(text: str, parts: Sequence[Token]) -> tuple[bool, ...]:
    """Where clauses end: at a mark between two tokens, and on both sides of a connective."""
    connective = [BREAK.fullmatch(token.raw) is not None for token in parts]
    return tuple(
        at > 0
        and (connective[at] or connective[at - 1] or BREAK.search(text[parts[at - 1].end : token.start]) is not None)
        for at, token in enumerate(parts)
    )


def seen(text: str) -> str:
    """The text with blanks in place of what a reader does not see, so that offsets stay."""
    for start, end in hidden_spans(text):
        if end - start > 1:
            text = text[:start] + " " * (end - start) + text[end:]
    return text


def _places(units: Sequence[Unit], parts: Sequence[Token], sentence: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Where each unit and each token stands. A letter inside a term (the k of k-means) is not a word of its own."""
    places: dict[str, set[int]] = defaultdict(set)
    letters: set[int] = set()
    for unit in units:
        if sentence[unit.first] >= 0:
            places[unit.key].add(unit.first)
        if unit.last - unit.first > 1:
            inside = range(unit.first, unit.last)
            letters |= {at for at in inside if len(parts[at].form) < 3 and not parts[at].cjk}
    for at, token in enumerate(parts):
        if at not in letters and sentence[at] >= 0:
            places[token.form].add(at)
    return {key: tuple(sorted(found)) for key, found in places.items()}


def _bonds(units: Sequence[Unit], parts: Sequence[Token], text: str) -> dict[int, tuple[int, frozenset[str]]]:
    """What each direction word hangs on: the units around it, up to another one, a break, or four words away."""
    apart = [
        at == 0 or token.raw in _APART_WORDS or bool(_APART.search(text[parts[at - 1].end : token.start]))
        for at, token in enumerate(parts)
    ]
    bonds: dict[int, tuple[int, frozenset[str]]] = {}
    for number, unit in enumerate(units):
        if not unit.direction:
            continue
        keys: set[str] = set()
        for near in reversed(units[:number]):
            if near.direction or unit.first - near.last > BOND_REACH or any(apart[near.last : unit.first + 1]):
                break
            keys.add(near.key)
        for near in units[number + 1 :]:
            if near.direction or near.first - unit.last > BOND_REACH or any(apart[unit.last : near.first + 1]):
                break
            keys.add(near.key)
        bonds[unit.first] = (unit.direction, frozenset(keys))
    return bonds


def plain_formula(text: str) -> str:
    """A formula without what only shapes it: spaces, braces, fonts, delimiters."""
    folded = normalise(text)[0].replace("\\top", "t").replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    return _LATEX_NOISE.sub("", folded).replace("\\", "")
