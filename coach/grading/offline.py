"""The judge that needs no model and no download: English, Chinese and mixed. Same input, same opinion.

Each accepted wording is a small set of *units* (glossary concepts, stemmed words, Chinese character bigrams, formulas).
A wording is found where most of its units stand close together in one statement of the candidate's; the share found,
by weight, is its coverage. Words of the question count little, direction words must hang on the same thing, and a
statement of the opposite polarity contradicts. Two thresholds on the best coverage give *met* and *partly*.

`statements.py` says what a passage asserts, `units.py` takes texts apart; here they are matched.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import yaml
from pydantic import ValidationError

from coach.bank.glossary import Glossary
from coach.errors import ContentError, Problem
from coach.grading.statements import BREAK, is_denied_after, is_reported, is_widened, negations
from coach.grading.units import Heard, Wording, hear, plain_formula, units_of, wording_of
from coach.schema import Card, Claim, JudgeInfo, MisconceptionClaim, Opinion, Quote, Record, State, Utterance
from coach.text import clauses, normalise, tokens

VERSION = "offline-1"


class Calibration(Record):
    """The thresholds of the offline judge and the numbers that made them."""

    met: float
    """Least coverage that is *met*."""
    partly: float
    """Least coverage that is *partly*."""
    misconception: float
    """Least coverage at which a misconception counts as stated."""
    measured: Mapping[str, float | int | str]
    """What the thresholds gave on the labelled answers they were chosen on."""

    @classmethod
    def load(cls, path: Path) -> "Calibration":
        """The calibration in a YAML file. Raises ContentError."""
        try:
            return cls.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ContentError((Problem(str(path), 0, f"not a calibration: {error}"),)) from error


CROSSING = 0.88
"""A match that runs over a sentence end counts for so much less."""
LONELY = 0.5
"""One word of a wording of several is a coincidence more often than not."""
ASKED = 0.3
"""Weight of words that stand in the question."""
NEGATION_REACH = 5
"""A negating word may stand so many tokens before what it negates."""


@dataclass(frozen=True)
class _Match:
    coverage: float
    turn: int
    start: int
    end: int
    text: str
    opposed: bool
    wording: str


class OfflineJudge:
    """Opinions on answers from the card alone."""

    def __init__(self, glossary: Glossary, calibration: Calibration) -> None:
        self._glossary = glossary
        self.calibration = calibration
        self._wording = lru_cache(maxsize=16384)(partial(wording_of, glossary))

    @property
    def info(self) -> JudgeInfo:
        """Which judge this is."""
        return JudgeInfo(judge="offline", name=VERSION)

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """What the candidate's words amount to, criterion by criterion; others are served meanwhile."""
        return await asyncio.to_thread(self.judge, card, utterances, interviewer)

    def judge(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """The same without waiting; `interviewer` holds what was said to the candidate, which earns nothing."""
        asked = frozenset(
            unit.key
            for text in (card.question.en, card.question.zh)
            for unit in units_of(self._glossary, text, tokens(text))
        )
        heard = tuple(hear(self._glossary, utterance, interviewer) for utterance in utterances)
        found = {
            criterion.id: self._best((*criterion.accept.all(), criterion.says.en, criterion.says.zh), heard, asked)
            for criterion in card.criteria
        }
        stated: list[MisconceptionClaim] = []
        ruled_out: dict[str, _Match] = {}
        for misconception in card.misconceptions:
            best = self._best(misconception.says.all(), heard, asked)
            if best is None or best.opposed or best.coverage < self.calibration.misconception:
                continue
            if is_reported(_sentence_around(heard, best)):
                continue
            rival = found.get(misconception.contradicts or "")
            if rival is not None and self._takes_back(rival, best):
                continue
            stated.append(MisconceptionClaim(misconception=misconception.id, quotes=(_quote(best),)))
            if misconception.contradicts:
                ruled_out[misconception.contradicts] = best
        claims = tuple(self._claim(name, best, ruled_out.get(name)) for name, best in found.items())
        return Opinion(claims=claims, misconceptions=tuple(stated), judge=self.info)

    def _takes_back(self, later: _Match, earlier: _Match) -> bool:
        """Whether a candidate who first said something wrong says the right thing in a later turn."""
        return later.turn > earlier.turn and not later.opposed and later.coverage >= self.calibration.met

    def _claim(self, criterion: str, best: _Match | None, denial: _Match | None) -> Claim:
        coverage = best.coverage if best is not None else 0.0
        if denial is not None:
            return Claim(
                criterion=criterion,
                state="contradicted",
                quotes=(_quote(denial),),
                reason=f"states a misconception that rules this out: “{denial.wording}”",
            )
        if best is None or coverage < self.calibration.partly:
            return Claim(criterion=criterion, state="missed", reason=f"best wording covered {coverage:.0%}")
        if best.opposed:
            state: State = "contradicted" if coverage >= self.calibration.met else "missed"
            reason = f"says the opposite of “{best.wording}”"
            return Claim(
                criterion=criterion,
                state=state,
                quotes=(_quote(best),) if state == "contradicted" else (),
                reason=reason,
            )
        state = "met" if coverage >= self.calibration.met else "partly"
        return Claim(
            criterion=criterion,
            state=state,
            quotes=(_quote(best),),
            reason=f"covers {coverage:.0%} of “{best.wording}”",
        )

    def _best(self, wordings: Iterable[str], heard: Sequence[Heard], asked: frozenset[str]) -> _Match | None:
        agreeing: _Match | None = None
        opposed: _Match | None = None
        for text in wordings:
            wording = self._wording(text)
            for one in heard:
                literal = wording.formula is not None or wording.verbatim is not None
                match = _literal_match(wording, one) if literal else _match(wording, one, asked)
                if match is None:
                    continue
                if match.opposed:
                    opposed = match if opposed is None or match.coverage > opposed.coverage else opposed
                elif agreeing is None or match.coverage > agreeing.coverage:
                    agreeing = match
        if agreeing is not None and (agreeing.coverage >= self.calibration.met or opposed is None):
            return agreeing
        if opposed is not None and (agreeing is None or opposed.coverage > agreeing.coverage):
            return opposed
        return agreeing


@dataclass(frozen=True, slots=True)
class _Hit:
    at: int
    """Token position."""
    unit: int
    """Position of the unit in the wording."""
    against: bool
    """A direction word that points the other way."""


def _match(wording: Wording, heard: Heard, asked: frozenset[str]) -> _Match | None:
    """The densest place of a wording in an utterance, with the clauses around it and whether they oppose it."""
    if all(unit.key in asked for unit in wording.units):
        return None
    found = _densest(wording, _hits(wording, heard), heard, asked)
    if found is None:
        return None
    coverage, first, last, turned = found
    text = heard.utterance.text
    reach = max((unit.last for unit in heard.units if unit.first == last), default=last + 1)
    start, end = _clause_bounds(heard, first, reach)
    begin, stop = heard.tokens[start].start, heard.tokens[end - 1].end
    until = end if is_denied_after(text, heard.tokens[reach - 1].end, stop) else reach
    around = text[heard.tokens[max(first - NEGATION_REACH, start)].start : heard.tokens[until - 1].end]
    negative = negations(around) % 2 == 1
    widened = wording.exclusive and is_widened(text[begin:stop])
    opposed = turned or negative != wording.negative or widened
    return _Match(coverage, heard.utterance.turn, begin, stop, text[begin:stop], opposed, wording.text)


def _hits(wording: Wording, heard: Heard) -> list[_Hit]:
    """Everywhere a unit of the wording stands in the utterance, in order."""
    hits: list[_Hit] = []
    for number, unit in enumerate(wording.units):
        if unit.direction:
            wanted = wording.bonds.get(unit.first, frozenset())
            hits += [
                _Hit(at, number, direction != unit.direction)
                for at, (direction, keys) in heard.bonds.items()
                if heard.sentence[at] >= 0 and (not wanted or keys & wanted)
            ]
            continue
        places = heard.places.get(unit.key) or (_run(unit.parts, heard) if len(unit.parts) > 1 else ())
        hits += [_Hit(at, number, against=False) for at in places]
    return sorted(hits, key=lambda hit: (hit.at, hit.unit, hit.against))


def _densest(
    wording: Wording, hits: Sequence[_Hit], heard: Heard, asked: frozenset[str]
) -> tuple[float, int, int, bool] | None:
    """Coverage, first and last token, and whether a direction is turned, of the best run of hits; None without hits.

    More coverage is better, then one that is not turned, then the narrower.
    """
    weights = [unit.weight * (ASKED if unit.key in asked else 1.0) for unit in wording.units]
    total = sum(weights)
    best: tuple[float, int, int, bool] | None = None
    for low, opening in enumerate(hits):
        seen: dict[int, bool] = {}
        spots: set[int] = set()
        for hit in hits[low:]:
            crossings = abs(heard.sentence[hit.at] - heard.sentence[opening.at])
            if hit.at - opening.at > wording.span or crossings > 1:
                break
            seen[hit.unit] = seen.get(hit.unit, True) and hit.against
            spots.add(hit.at)
            coverage = sum(weights[number] for number in seen) / total
            if crossings:
                coverage *= CROSSING
            if len(spots) == 1 and len(wording.units) > 1:
                coverage *= LONELY
            turned = any(seen.values())
            if best is None or (coverage, not turned, opening.at - hit.at) > (best[0], not best[3], best[1] - best[2]):
                best = (coverage, opening.at, hit.at, turned)
    return best


def _run(parts: tuple[str, ...], heard: Heard) -> tuple[int, ...]:
    """Places where all parts of a term stand within a few words of one another."""
    if any(part not in heard.places for part in parts):
        return ()
    return tuple(
        at
        for at in heard.places[parts[0]]
        if all(any(abs(other - at) <= len(parts) + 1 for other in heard.places[part]) for part in parts[1:])
    )


def _literal_match(wording: Wording, heard: Heard) -> _Match | None:
    """Where a formula or a verbatim wording stands, clause by clause, else sentence by sentence."""
    needle, fold = wording.formula or wording.verbatim, plain_formula if wording.formula else _folded
    text = heard.utterance.text
    for number, (low, high) in enumerate(heard.bounds):
        if not (needle and heard.counts[number] and needle in fold(text[low:high])):
            continue
        for start, end in clauses(text, low, high):
            if needle in fold(text[start:end]):
                opposed = (negations(text[start:end]) % 2 == 1) != wording.negative
                return _Match(1.0, heard.utterance.turn, start, end, text[start:end], opposed, wording.text)
        return _Match(1.0, heard.utterance.turn, low, high, text[low:high], False, wording.text)
    return None


def _folded(text: str) -> str:
    return normalise(text)[0]


def _clause_bounds(heard: Heard, first: int, last: int) -> tuple[int, int]:
    """Token range of the clauses that hold the tokens `first` to `last`."""
    text = heard.utterance.text
    start, end = first, last
    while start > 0 and heard.sentence[start - 1] == heard.sentence[first]:
        if BREAK.search(text[heard.tokens[start - 1].end : heard.tokens[start].start]) or BREAK.fullmatch(
            text[heard.tokens[start - 1].start : heard.tokens[start - 1].end]
        ):
            break
        start -= 1
    while end < len(heard.tokens) and heard.sentence[end] == heard.sentence[last - 1]:
        if BREAK.search(text[heard.tokens[end - 1].end : heard.tokens[end].start]) or BREAK.fullmatch(
            text[heard.tokens[end].start : heard.tokens[end].end]
        ):
            break
        end += 1
    return start, end


def _sentence_around(heard: Sequence[Heard], match: _Match) -> str:
    for one in heard:
        if one.utterance.turn == match.turn:
            for start, end in one.bounds:
                if start <= match.start < end:
                    return one.utterance.text[start:end]
    return match.text


def _quote(match: _Match) -> Quote:
    return Quote(turn=match.turn, text=match.text)
