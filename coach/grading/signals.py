"""A card and an answer -> for each criterion the signals that tell whether it was said. Pure.

Signals are numbers between 0 and 1 (margins between -1 and 1); the calibration weighs them. What each one is stands at
its name in `NAMES`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from coach.bank.glossary import Glossary
from coach.grading.coverage import SAID, Array, Passage, Reading, Sheet, read, sheet_of, weight_of
from coach.grading.formula import compare_all, formulas_in
from coach.grading.matching import Match, literal_match, match, match_at
from coach.grading.units import Heard, Wording, units_of, wording_of
from coach.schema import Card
from coach.text import tokens

NAMES: tuple[str, ...] = (
    "agree",  # share of the best wording that is asserted in one place
    "opposed",  # share of the best wording whose opposite is asserted
    "literal",  # a wording that must stand as it is does
    "denied",  # such a wording stands there, denied
    "formula",  # a formula of the criterion stands there
    "best",  # share of the best wording in one passage, wherever its words stand
    "second",  # mean share of the two best wordings
    "third",
    "sixth",
    "together",  # mean share of the three best wordings in the best passage
    "vocabulary",  # how much of the criterion's own vocabulary one passage holds
    "there",  # the same in the best passage
    "margin",  # best share less the best of another criterion in that passage
    "ahead",  # vocabulary less that of another criterion in that passage
    "dense",  # share of the passage's tokens that the card knows
    "order",  # whether the words come in the wording's order
    "tight",  # whether they stand as close as in the wording
    "wrong",  # share of the best wrong statement
    "doubt",  # how far the best wrong statement is ahead of the best right one
    "faithful",  # share of the best wording, less where its words come in another order
    "clash",  # how far the best denial is ahead of the best assertion
    "negated",  # the clauses around the best wording hold a negation more or less than it
    "wide",  # how many units of the best wording are said, five or more being 1
    "sour",  # share of the other criteria that are denied rather than asserted
    "meaning",  # cosine of the nearest passage and wording, where an embedder that knows meanings is at work; else 0
)
SOUR = 0.6
"""Least share of a wording whose denial counts against the rest of the answer."""
WHOLE, IN_ORDER = 0.99, 0.8
"""Least coverage, and least order and closeness, of a wording that stands in the answer nearly as it is."""
TELLING = 5
"""A formula of fewer characters, fonts and spaces apart, stands in too many places to tell anything."""
CANDIDATES = 4
"""So many of the best wordings of each criterion are looked at word by word."""


@dataclass(frozen=True)
class Key:
    """A card made ready for grading."""

    card: Card
    owners: tuple[str, ...]
    """The criteria, then the misconceptions, these as `?` and their id."""
    sheet: Sheet
    weights: tuple[tuple[float, ...], ...]
    """Per wording of the sheet, the weight of each of its units."""
    rows: Mapping[str, tuple[int, ...]]
    """Owner -> rows of the sheet; under `!` and an owner, those of statements that speak against it."""
    literal: Mapping[str, tuple[Wording, ...]]
    """Owner -> wordings that must stand as they are, formulas among them."""
    formulas: tuple[str, ...]
    """The formulas among them that say enough to be compared as formulas."""
    own: Array
    """Shape (owners, units): how much a unit tells of each owner among those of the card."""
    full: Array
    """Per owner, what a whole wording comes to in `own`."""
    meanings: Array | None
    """Unit vectors of the wordings; None without an embedder that knows meanings."""


@dataclass(frozen=True)
class Found:
    """What was heard of one criterion or misconception."""

    signals: tuple[float, ...]
    """In the order of NAMES."""
    said: Match | None
    """The best place that asserts it."""
    denied: Match | None
    """The best place that asserts the opposite."""

    @property
    def verbatim(self) -> bool:
        """Whether a wording of the card stands in the answer nearly as it is, and is not denied."""
        best = self.said
        if best is None or best.negated or not best.telling:
            return False
        return best.coverage >= WHOLE and best.order >= IN_ORDER and best.tight >= IN_ORDER


Embed = Callable[[Sequence[str]], Array]
"""Texts -> unit vectors, one row each, near where the meanings are."""


def key_of(glossary: Glossary, card: Card, embed: Embed | None = None) -> Key:
    """The card made ready: its wordings taken apart and laid out as a matrix."""
    asked = frozenset(
        unit.key for text in (card.question.en, card.question.zh) for unit in units_of(glossary, text, tokens(text))
    )
    wordings: list[Wording] = []
    rows: dict[str, list[int]] = {}
    literal: dict[str, list[Wording]] = {}
    for owner, text in _texts(card):
        wording = wording_of(glossary, text)
        if wording.formula is not None or wording.verbatim is not None:
            literal.setdefault(owner, []).append(wording)
        elif wording.units:
            rows.setdefault(owner, []).append(len(wordings))
            wordings.append(wording)
    sheet = sheet_of(wordings, asked=asked)
    criteria = tuple(one.id for one in card.criteria)
    owners = (*criteria, *(f"?{one.id}" for one in card.misconceptions))
    mass = np.stack([_mean(sheet.weights, rows.get(owner, ())) for owner in owners])
    own = (np.sqrt(mass) * (mass / np.maximum(mass.sum(axis=0), 1e-9))).astype(np.float32)
    full = [
        float(np.quantile([float(own[at][sheet.weights[row] > 0].sum()) for row in rows[owner]], 0.75))
        if owner in rows
        else 1.0
        for at, owner in enumerate(owners)
    ]
    return Key(
        card=card,
        owners=owners,
        sheet=sheet,
        weights=tuple(tuple(weight_of(unit, asked) for unit in wording.units) for wording in wordings),
        rows={owner: tuple(found) for owner, found in _against(card, rows).items()},
        literal={owner: tuple(found) for owner, found in literal.items()},
        formulas=tuple(
            dict.fromkeys(
                one.text
                for owner, found in literal.items()
                for one in found
                if owner in criteria and one.formula is not None and len(one.formula) >= TELLING
            )
        ),
        own=own,
        full=np.maximum(np.array(full, dtype=np.float32), 1e-6),
        meanings=embed([wording.text for wording in wordings]) if embed is not None else None,
    )


def _texts(card: Card) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for criterion in card.criteria:
        right = (*criterion.accept.all(), criterion.says.en, criterion.says.zh)
        found += [(criterion.id, text) for text in (*right, *(criterion.said_as.all() if criterion.said_as else ()))]
        found += [(f"!{criterion.id}", text) for text in (criterion.wrong_as.all() if criterion.wrong_as else ())]
    for one in card.misconceptions:
        found += [(f"?{one.id}", text) for text in (*one.says.all(), *(one.said_as.all() if one.said_as else ()))]
    return found


def _against(card: Card, rows: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """The rows with those that speak against each owner: a misconception against its criterion, and the reverse."""
    found = {owner: list(mine) for owner, mine in rows.items()}
    for one in card.misconceptions:
        if one.contradicts:
            found.setdefault(f"!{one.contradicts}", []).extend(rows.get(f"?{one.id}", ()))
            found.setdefault(f"!?{one.id}", []).extend(rows.get(one.contradicts, ()))
    return found


def _mean(weights: Array, rows: Sequence[int]) -> Array:
    picked = weights[list(rows)] if rows else np.zeros((1, weights.shape[1]), dtype=np.float32)
    return np.asarray(picked.mean(axis=0), dtype=np.float32)


def listen(key: Key, heard: Sequence[Heard], embed: Embed | None = None) -> dict[str, Found]:
    """What was heard of each criterion, and of each misconception under `?` and its id.

    `embed` is the one that the key was made with. Raises ModelError when it cannot be asked.
    """
    reading = read(key.sheet, heard)
    if not reading.passages:
        return dict.fromkeys(key.owners, Found((0.0,) * len(NAMES), None, None))
    best = np.stack([_best(reading.share, key.rows.get(owner, ())) for owner in key.owners], axis=1)
    vocabulary = np.minimum((reading.said @ key.own[:, reading.units].T) / key.full, 2.0)
    same = _same_formulas(key, heard)
    known: dict[int, Match | None] = {}
    shares, words = (best, _others(best)), (vocabulary, _others(vocabulary))
    found = {owner: _listen(key, reading, heard, same, known, at, shares, words) for at, owner in enumerate(key.owners)}
    if embed is not None and key.meanings is not None:
        near = embed([_text(heard, passage) for passage in reading.passages]) @ key.meanings.T
        found = {
            owner: _with(one, "meaning", max(0.0, float(_best(near, key.rows.get(owner, ())).max())))
            for owner, one in found.items()
        }
    return _soured(found, [one.id for one in key.card.criteria])


def _text(heard: Sequence[Heard], passage: Passage) -> str:
    one = heard[passage.heard]
    return one.utterance.text[one.tokens[passage.first].start : one.tokens[passage.last - 1].end]


def _with(found: Found, name: str, value: float) -> Found:
    at = NAMES.index(name)
    return replace(found, signals=(*found.signals[:at], value, *found.signals[at + 1 :]))


def _soured(found: Mapping[str, Found], criteria: Sequence[str]) -> dict[str, Found]:
    """The same with the signal that tells how the other criteria fare."""
    denied = {
        name
        for name in criteria
        if (against := found[name].denied) is not None and against.coverage >= max(SOUR, found[name].signals[0])
    }
    others = max(len(criteria) - 1, 1)
    return {name: _with(one, "sour", len(denied - {name}) / others) for name, one in found.items()}


def _best(share: Array, rows: Sequence[int]) -> Array:
    return share[:, list(rows)].max(axis=1) if rows else np.zeros(len(share), dtype=np.float32)


def _same_formulas(key: Key, heard: Sequence[Heard]) -> dict[str, Match]:
    """Wording -> where a formula stands that says the same, in whatever notation."""
    if not key.formulas:
        return {}
    said = [(one, formula) for one in heard for formula in formulas_in(one.utterance.text)]
    said = [(one, formula) for one, formula in said if len(formula.latex) >= TELLING]
    if not said:
        return {}
    table = compare_all([formula for _, formula in said], key.formulas)
    return {
        wanted: found
        for number, wanted in enumerate(key.formulas)
        for (one, formula), row in zip(said, table, strict=True)
        if row[number].equal and (found := match_at(wanted, formula.start, formula.end, one)) is not None
    }


def _listen(
    key: Key,
    reading: Reading,
    heard: Sequence[Heard],
    same: Mapping[str, Match],
    known: dict[int, Match | None],
    at: int,
    shares: tuple[Array, Array],
    words: tuple[Array, Array],
) -> Found:
    """What was heard of one owner; of shares and words the second array says what the best of the others has."""
    (best, rivals), (vocabulary, rival_words) = shares, words
    owner = key.owners[at]
    rows = list(key.rows.get(owner, ()))
    said, denied = _matches(key, reading, heard, known, rows)
    wrong, _ = _matches(key, reading, heard, known, key.rows.get(f"!{owner}", ()))
    literal, literal_denied, formula = _literal(key, heard, same, owner)
    top = sorted(reading.best[rows].tolist(), reverse=True) if rows else [0.0]
    where = int(best[:, at].argmax())
    inside = sorted(reading.share[where, rows].tolist(), reverse=True) if rows else [0.0]
    fullest = int(vocabulary[:, at].argmax())
    passage = reading.passages[where]
    agree, faithful = (said.coverage, said.faithful) if said else (0.0, 0.0)
    against = denied.coverage if denied else 0.0
    signals = {
        "agree": agree,
        "opposed": against,
        "literal": float(literal is not None),
        "denied": float(literal_denied is not None),
        "formula": float(formula),
        "best": top[0],
        "second": fmean(top[:2]),
        "third": fmean(top[:3]),
        "sixth": fmean(top[:6]),
        "together": fmean(inside[:3]),
        "vocabulary": float(vocabulary[fullest, at]),
        "there": float(vocabulary[where, at]),
        "margin": float(best[where, at] - rivals[where, at]),
        "ahead": float(vocabulary[fullest, at] - rival_words[fullest, at]),
        "dense": float((reading.said[where] >= SAID).sum() / max(passage.last - passage.first, 1)),
        "order": said.order if said else 0.0,
        "tight": said.tight if said else 0.0,
        "wrong": wrong.coverage if wrong else 0.0,
        "doubt": max(0.0, (wrong.faithful if wrong else 0.0) - faithful),
        "faithful": faithful,
        "clash": max(0.0, against - agree),
        "negated": float(said is not None and said.negated),
        "wide": min(said.units / 5, 1.0) if said else 0.0,
        "sour": 0.0,
        "meaning": 0.0,
    }
    return Found(tuple(signals[one] for one in NAMES), literal or said, literal_denied or denied)


def _others(table: Array) -> Array:
    """For each entry the largest of the others in its row, at least 0."""
    two = np.sort(np.pad(table, ((0, 0), (0, 1))), axis=1)[:, -2:]
    return np.where(table == two[:, 1:], two[:, :1], two[:, 1:])


def _match(key: Key, reading: Reading, heard: Sequence[Heard], row: int) -> Match | None:
    passage = reading.passages[int(reading.share[:, row].argmax())]
    return match(
        key.sheet.wordings[row],
        key.weights[row],
        key.sheet.places[row],
        reading.spots[passage.heard],
        passage,
        heard[passage.heard],
    )


def _matches(
    key: Key, reading: Reading, heard: Sequence[Heard], known: dict[int, Match | None], rows: Sequence[int]
) -> tuple[Match | None, Match | None]:
    """The best place that asserts one of the wordings, and the best that asserts its opposite.

    `known` keeps what was found of each row of the sheet.
    """
    if not rows:
        return None, None
    best = reading.best[list(rows)]
    said: Match | None = None
    denied: Match | None = None
    for number in np.argsort(-best, kind="stable")[:CANDIDATES].tolist():
        row = rows[number]
        if best[number] <= 0:
            break
        if row not in known:
            known[row] = _match(key, reading, heard, row)
        found = known[row]
        if found is None:
            continue
        if found.opposed:
            denied = found if denied is None or found.coverage > denied.coverage else denied
        elif said is None or _rank(found) > _rank(said):
            said = found
    return said, denied


def _rank(found: Match) -> tuple[float, float]:
    return round(found.coverage, 3), found.order + found.tight


def _literal(
    key: Key, heard: Sequence[Heard], same: Mapping[str, Match], owner: str
) -> tuple[Match | None, Match | None, bool]:
    """A literal wording that is asserted, one that is denied, and whether a formula is among those asserted."""
    said: Match | None = None
    denied: Match | None = None
    formula = False
    for wording in key.literal.get(owner, ()):
        if wording.formula is not None and owner.startswith("?"):
            continue
        spots = [same[wording.text]] if wording.text in same else [literal_match(wording, one) for one in heard]
        for found in spots:
            if found is None:
                continue
            if found.opposed:
                denied = denied or found
            else:
                said = said or found
                formula = formula or wording.formula is not None
    return said, denied, formula
