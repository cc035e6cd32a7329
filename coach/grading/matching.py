"""A wording and a passage -> where it is said, how much of it, and whether the opposite is meant. Pure."""

from collections.abc import Mapping, Sequence
from itertools import combinations, islice
from typing import NamedTuple

from coach.grading.coverage import CROSSING, LONELY, Passage
from coach.grading.statements import is_denied_after, is_widened, negations
from coach.grading.units import Heard, Wording, plain_formula
from coach.text import clauses, normalise

NEGATION_REACH = 5
"""A negating word may stand so many tokens before what it negates."""


class Match(NamedTuple):
    """A place in an answer where a wording is said, or its opposite."""

    coverage: float
    """Share of the wording, by weight."""
    turn: int
    start: int
    end: int
    """Offsets of the clauses around it."""
    text: str
    opposed: bool
    wording: str
    order: float = 1.0
    """Share of the pairs of units that come in the wording's order; 1 for a single one."""
    tight: float = 1.0
    """How close the units stand, 1 as close as in the wording."""
    units: int = 8
    """How many units of the wording stand there."""
    telling: bool = True
    """Whether more than one word of it stands there, or a term of the field."""
    negated: bool = False
    """Whether the clauses around it hold a negation more or less than the wording."""

    @property
    def faithful(self) -> float:
        """Its coverage, less where the words come in another order."""
        return self.coverage * (0.4 + 0.6 * self.order)


_Hit = tuple[int, int, bool]
"""A token, the unit of the wording that it stands for, and whether it points the other way."""


def match(
    wording: Wording,
    weights: Sequence[float],
    places: Sequence[int],
    spots: Mapping[int, Sequence[int]],
    passage: Passage,
    heard: Heard,
) -> Match | None:
    """The densest place of a wording in a passage; None where nothing of it stands there.

    `weights` and `places` are the weights and columns of the wording's units, `spots` the tokens of each column.
    """
    found = _densest(wording, weights, _hits(wording, places, spots, passage, heard), heard)
    if found is None:
        return None
    coverage, first, last, turned, at = found
    text = heard.utterance.text
    reach = heard.ends.get(last, last + 1)
    start, end = clause_bounds(heard, first, reach)
    begin, stop = heard.tokens[start].start, heard.tokens[end - 1].end
    until = end if is_denied_after(text, heard.tokens[reach - 1].end, stop) else reach
    opening = heard.denied.get(heard.sentence[first], 0)
    around = text[max(heard.tokens[max(first - NEGATION_REACH, start)].start, opening) : heard.tokens[until - 1].end]
    negative = (negations(around) % 2 == 1) != bool(opening)
    widened = wording.exclusive and is_widened(text[begin:stop])
    opposed = turned or negative != wording.negative or widened
    as_it_is = coverage >= 1.0 and wording.folded in heard.folded
    return Match(
        coverage,
        heard.utterance.turn,
        begin,
        stop,
        text[begin:stop],
        opposed,
        wording.text,
        order=1.0 if as_it_is else _order(at),
        tight=1.0 if as_it_is else _tight(wording, at),
        units=len(at),
        telling=as_it_is or len(at) > 1 or wording.units[min(at)].key.startswith("c:"),
        negated=(negations(text[begin:stop]) % 2 == 1) != wording.negative,
    )


def _hits(
    wording: Wording, places: Sequence[int], spots: Mapping[int, Sequence[int]], passage: Passage, heard: Heard
) -> list[_Hit]:
    """Everywhere a unit of the wording stands in the passage, in order."""
    found: list[_Hit] = []
    for number, (unit, column) in enumerate(zip(wording.units, places, strict=True)):
        if unit.direction:
            wanted = wording.bonds.get(unit.first, frozenset())
            found += [
                (at, number, direction != unit.direction)
                for at, (direction, keys) in heard.bonds.items()
                if passage.first <= at < passage.last and heard.sentence[at] >= 0 and (not wanted or keys & wanted)
            ]
            continue
        known = spots.get(column) or (run(unit.parts, heard) if len(unit.parts) > 1 else ())
        found += [(at, number, False) for at in known if passage.first <= at < passage.last]
    return sorted(found)


def _densest(
    wording: Wording, weights: Sequence[float], hits: Sequence[_Hit], heard: Heard
) -> tuple[float, int, int, bool, dict[int, int]] | None:
    """Coverage, first and last token, whether a direction is turned, and where each unit stands, in the best run.

    More coverage is better, then one that is not turned, then the narrower.
    """
    total = sum(weights)
    best: tuple[float, int, int, bool, dict[int, int]] | None = None
    for low, (first, _, _) in enumerate(hits):
        seen: dict[int, bool] = {}
        places: dict[int, int] = {}
        weight, in_one_place = 0.0, True
        for at, unit, against in islice(hits, low, None):
            crossings = abs(heard.sentence[at] - heard.sentence[first])
            if at - first > wording.span or crossings > 1:
                break
            if unit in seen:
                seen[unit] &= against
            else:
                seen[unit] = against
                places[unit] = at
                weight += weights[unit]
                in_one_place &= at == first
            coverage = weight / total
            if crossings:
                coverage *= CROSSING
            if in_one_place and len(wording.units) > 1:
                coverage *= LONELY
            if best is not None and coverage < best[0]:
                continue
            turned = any(seen.values())
            if best is None or (coverage, not turned, first - at) > (best[0], not best[3], best[1] - best[2]):
                best = (coverage, first, at, turned, dict(places))
    return best


def _order(at: dict[int, int]) -> float:
    pairs = [(at[one], at[two]) for one, two in combinations(sorted(at), 2) if at[one] != at[two]]
    return sum(one < two for one, two in pairs) / len(pairs) if pairs else 1.0


def _tight(wording: Wording, at: dict[int, int]) -> float:
    if len(at) < 2:
        return 1.0
    own = max(wording.units[number].first for number in at) - min(wording.units[number].first for number in at)
    spread = max(at.values()) - min(at.values())
    return min(1.0, (own + 1) / (spread + 1))


def run(parts: tuple[str, ...], heard: Heard) -> tuple[int, ...]:
    """Places where all parts of a term stand within a few words of one another."""
    if any(part not in heard.places for part in parts):
        return ()
    return tuple(
        at
        for at in heard.places[parts[0]]
        if all(any(abs(other - at) <= len(parts) + 1 for other in heard.places[part]) for part in parts[1:])
    )


def literal_match(wording: Wording, heard: Heard) -> Match | None:
    """Where a formula or a verbatim wording stands, clause by clause, else sentence by sentence."""
    needle, fold = wording.formula or wording.verbatim, plain_formula if wording.formula else _folded
    text = heard.utterance.text
    if not needle or needle not in (heard.plain if wording.formula else heard.folded):
        return None
    for number, (low, high) in enumerate(heard.bounds):
        if not (heard.counts[number] and needle in fold(text[low:high])):
            continue
        for start, end in clauses(text, low, high):
            if needle in fold(text[start:end]):
                opening = heard.denied.get(number, 0)
                negative = (negations(text[max(start, opening) : end]) % 2 == 1) != bool(opening)
                opposed = negative != wording.negative
                return Match(1.0, heard.utterance.turn, start, end, text[start:end], opposed, wording.text)
        return Match(1.0, heard.utterance.turn, low, high, text[low:high], number in heard.denied, wording.text)
    return None


def match_at(wording: str, start: int, end: int, heard: Heard) -> Match | None:
    """The clause around a place that says a wording in another notation; None where nothing is claimed there."""
    text = heard.utterance.text
    for number, (low, high) in enumerate(heard.bounds):
        if not (low <= start < high and heard.counts[number]):
            continue
        first, last = next(((a, b) for a, b in clauses(text, low, high) if a <= start < b), (start, end))
        first, last = min(first, start), max(last, end)
        opening = heard.denied.get(number, 0)
        around = text[max(first, opening) : start] + text[end:last]
        opposed = (negations(around) % 2 == 1) != bool(opening)
        return Match(1.0, heard.utterance.turn, first, last, text[first:last], opposed, wording)
    return None


def _folded(text: str) -> str:
    return normalise(text)[0]


def clause_bounds(heard: Heard, first: int, last: int) -> tuple[int, int]:
    """Token range of the clauses that hold the tokens `first` to `last`."""
    start, end = first, last
    while start > 0 and heard.sentence[start - 1] == heard.sentence[first] and not heard.breaks[start]:
        start -= 1
    while end < len(heard.tokens) and heard.sentence[end] == heard.sentence[last - 1] and not heard.breaks[end]:
        end += 1
    return start, end


def sentence_around(heard: Sequence[Heard], found: Match) -> str:
    """The sentence a match stands in."""
    for one in heard:
        if one.utterance.turn == found.turn:
            for start, end in one.bounds:
                if start <= found.start < end:
                    return one.utterance.text[start:end]
    return found.text
