"""How much of each wording of a card stands in each passage of an answer, as one matrix product. Pure.

Rows are passages (sentences, neighbouring sentences, windows of long ones), columns are wordings. Each wording is a
weighted set of units (see `units.py`); the product of hits and weights is the share of the wording that is said.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from coach.grading.units import Heard, Unit, Wording

Array = npt.NDArray[np.float32]

WINDOW, STRIDE = 36, 12
"""A longer sentence is cut into overlapping windows of so many tokens."""
JOINED = 56
"""Two neighbouring sentences of at most so many tokens are also read as one."""
CROSSING = 0.88
"""What a passage of two sentences counts for."""
LONELY = 0.5
"""One word of a wording of several is a coincidence more often than not."""
ASKED = 0.3
"""Weight of words that stand in the question."""
PART = 0.8
"""Share of a term's weight that its words earn where they stand apart."""
ROUNDED = 5
"""Decimals kept of a share: processors add up in different orders, and what ties on one must tie on all."""
SAID = 0.5
"""Least likeness at which a unit counts as said."""


@dataclass(frozen=True)
class Passage:
    """A range of an utterance's tokens that is read together."""

    heard: int
    """Which utterance."""
    first: int
    last: int
    """Token range, `last` exclusive."""
    sentences: int


@dataclass(frozen=True)
class Sheet:
    """The wordings of a card, ready to be looked for."""

    wordings: tuple[Wording, ...]
    columns: Mapping[str, tuple[tuple[int, float], ...]]
    """Unit key or token form -> the columns it stands for, and how well."""
    weights: Array
    """Shape (wordings, units); each row sums to 1, or to 0 where all its words are the question's."""
    present: Array
    """1 where `weights` is not 0."""
    several: npt.NDArray[np.bool_]
    """Whether a wording has more than one unit."""
    places: tuple[tuple[int, ...], ...]
    """Per wording, the column of each of its units."""


@dataclass(frozen=True)
class Reading:
    """An answer laid over a sheet."""

    passages: tuple[Passage, ...]
    units: npt.NDArray[np.intp]
    """The columns of the sheet that the answer says anything of, in order."""
    spots: tuple[Mapping[int, Sequence[int]], ...]
    """Per utterance: column -> the tokens that stand for it, in order."""
    said: Array
    """Shape (passages, `units`)."""
    share: Array
    """Shape (passages, wordings): how much of each wording is said."""
    best: Array
    """Per wording, the most of it that one passage says."""


def column_key(unit: Unit) -> str:
    """The key a unit is looked for under: direction words are alike whichever way they point."""
    return "d:" if unit.direction else unit.key


def sheet_of(wordings: Sequence[Wording], *, asked: frozenset[str]) -> Sheet:
    """The wordings as a matrix; units in `asked` stand in the question."""
    number: dict[str, int] = {}
    columns: dict[str, dict[int, float]] = defaultdict(dict)
    rows: list[dict[int, float]] = []
    places: list[tuple[int, ...]] = []
    for wording in wordings:
        row: dict[int, float] = {}
        at_of: list[int] = []
        for unit in wording.units:
            key = column_key(unit)
            at = number.setdefault(key, len(number))
            at_of.append(at)
            row[at] = max(row.get(at, 0.0), weight_of(unit, asked))
            _stand_for(columns, unit, at)
        if all(unit.key in asked for unit in wording.units):
            row = {}
        rows.append(row)
        places.append(tuple(at_of))
    weights = np.zeros((len(rows), max(len(number), 1)), dtype=np.float32)
    for index, row in enumerate(rows):
        total = sum(row.values())
        for at, weight in row.items():
            weights[index, at] = weight / total
    return Sheet(
        wordings=tuple(wordings),
        columns={key: tuple(found.items()) for key, found in columns.items()},
        weights=np.asfortranarray(weights),
        present=np.asfortranarray(weights > 0, dtype=np.float32),
        several=np.array([len(set(at)) > 1 for at in places], dtype=bool),
        places=tuple(places),
    )


def weight_of(unit: Unit, asked: frozenset[str]) -> float:
    """What a unit of a wording counts for: little where it stands in the question."""
    return unit.weight * (ASKED if unit.key in asked else 1.0)


def _stand_for(columns: dict[str, dict[int, float]], unit: Unit, at: int) -> None:
    """Note down what stands for a unit: itself, and in part the words a term is made of."""
    columns[column_key(unit)][at] = 1.0
    if unit.key.startswith("c:") and not unit.direction and len(unit.parts) > 1:
        for part in set(unit.parts):
            if len(part) > 1 or not part.isascii():
                columns[part][at] = max(columns[part].get(at, 0.0), PART / len(unit.parts))


def passages(heard: Sequence[Heard]) -> tuple[Passage, ...]:
    """What is read together: each sentence or its windows, and short pairs of neighbours; idle ones are left out."""
    found: list[Passage] = []
    for index, one in enumerate(heard):
        ranges: list[tuple[int, int]] = []
        start = 0
        for at in range(1, len(one.tokens) + 1):
            if at == len(one.tokens) or one.sentence[at] != one.sentence[start]:
                if one.sentence[start] >= 0:
                    ranges.append((start, at))
                start = at
        for first, last in ranges:
            if last - first <= WINDOW:
                found.append(Passage(index, first, last, 1))
            else:
                steps = range(first, last - WINDOW + STRIDE, STRIDE)
                found += [Passage(index, begin, min(begin + WINDOW, last), 1) for begin in steps]
        found += [
            Passage(index, first, last, 2)
            for (first, middle), (again, last) in pairwise(ranges)
            if middle == again and last - first <= JOINED
        ]
    return tuple(found)


def read(sheet: Sheet, heard: Sequence[Heard]) -> Reading:
    """The answer laid over the sheet."""
    found = passages(heard)
    hits = [_hits(sheet, one) for one in heard]
    units = sorted({column for one in hits for _, column in one})
    place = {column: at for at, column in enumerate(units)}
    per_token = [_table(one, place, len(spoken.tokens)) for one, spoken in zip(hits, heard, strict=True)]
    said = np.zeros((len(found), len(units)), dtype=np.float32)
    for row, passage in enumerate(found):
        piece = per_token[passage.heard][passage.first : passage.last]
        best = piece.max(axis=0)
        in_part = (best > 0) & (best < SAID)
        if in_part.any():
            best[in_part] = np.minimum(piece[:, in_part].sum(axis=0), PART)
        said[row] = best
    share = said @ sheet.weights[:, units].T
    whole = (said >= SAID).astype(np.float32) @ sheet.present[:, units].T
    share[(whole <= 1) & sheet.several] *= LONELY
    share *= np.array([CROSSING if passage.sentences > 1 else 1.0 for passage in found], dtype=np.float32)[:, None]
    share = np.round(share, ROUNDED)
    best = share.max(axis=0) if found else np.zeros(share.shape[1], dtype=np.float32)
    return Reading(found, np.array(units, dtype=np.intp), tuple(_spots(one) for one in hits), said, share, best)


_Hits = Mapping[tuple[int, int], float]
"""Token and column -> how well the one stands for the other."""


def _hits(sheet: Sheet, heard: Heard) -> _Hits:
    found: dict[tuple[int, int], float] = {}
    columns = sheet.columns
    for unit in heard.units:
        if heard.sentence[unit.first] >= 0:
            for at, share in columns.get(column_key(unit), ()):
                found[unit.first, at] = max(found.get((unit.first, at), 0.0), share)
    for position, token in enumerate(heard.tokens):
        if heard.sentence[position] >= 0:
            for at, share in columns.get(token.form, ()):
                found[position, at] = max(found.get((position, at), 0.0), share)
    return found


def _table(hits: _Hits, place: Mapping[int, int], tokens: int) -> Array:
    """Shape (tokens, columns that anything stands for)."""
    table = np.zeros((tokens, len(place)), dtype=np.float32)
    for (token, column), share in hits.items():
        table[token, place[column]] = share
    return table


def _spots(hits: _Hits) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for (token, column), share in sorted(hits.items()):
        if share >= SAID:
            found[column].append(token)
    return found
