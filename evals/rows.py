"""Played cases as plain rows: one for each answer, with what every criterion deserved and got. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Literal

from coach.errors import ContentError, Problem
from coach.grading.score import PASS_BANDS, score
from coach.schema import Band, Card, Evidence, Grade, Lang, Record, Score, Stated, Verdict
from evals.cases import Case, Split
from evals.play import Played

Kind = Literal["met", "partly", "none"]
"""The three states that earn different points; missed and contradicted both earn none."""


class Outcome(Record):
    """What came of one case: a line of a run's results, from which everything can be computed again."""

    case: Case
    repeat: int = 0
    """Which of several gradings of the same answer, from 0."""
    interviewer: tuple[str, ...] = ()
    """Everything said to the candidate."""
    grade: Grade | None = None
    """None when nothing was said, which earns 0, or when the case failed."""
    deserved: Score | None = None
    """The score of the labels; None when the case failed."""
    failed: str | None = None
    """Why the case could not be played to its end."""

    @property
    def key(self) -> tuple[str, int]:
        """Used by no other outcome of the run."""
        return (self.case.id, self.repeat)


@dataclass(frozen=True, slots=True)
class Mark:
    """One criterion of one answer."""

    criterion: str
    label: str
    state: str
    claimed: str
    """What the judge said before its quotes were checked."""
    reason: str
    likelihood: tuple[float, float, float] | None
    """For met, partly and neither; None from a judge that does not say how sure it is."""


@dataclass(frozen=True, slots=True)
class Row:
    """One graded answer."""

    case: str
    repeat: int
    card: str
    split: Split
    lang: Lang
    family: str
    attack: str | None
    base: str | None
    pair: str | None
    marks: tuple[Mark, ...]
    value: float
    points: float
    band: Band
    deserved: float
    deserved_band: Band
    stated: frozenset[str]
    """Misconceptions that the answer states by its labels."""
    found: frozenset[str]
    """Misconceptions that the judge found."""

    @property
    def passes(self) -> bool:
        """Whether the answer would pass."""
        return self.band in PASS_BANDS


def kind(state: str) -> Kind:
    """What a state earns."""
    if state == "met":
        return "met"
    return "partly" if state == "partly" else "none"


def deserved(case: Case, card: Card) -> Score:
    """The score that the labels of a case add up to, by the same arithmetic as every grade.

    Raises ContentError when a criterion of the card has no label.
    """
    verdicts = tuple(Verdict(criterion=name, state=state) for name, state in case.labels.items())
    words = Evidence(turn=0, start=0, end=0, text="", match="exact")
    stated = tuple(Stated(misconception=name, evidence=(words,)) for name in case.misconceptions)
    result = score(card, verdicts, stated)
    if result is None:
        raise ContentError((Problem(case.id, 0, f"does not label every criterion of {card.id}"),))
    return result


def outcome(played: Played, card: Card, *, repeat: int = 0) -> Outcome:
    """The line that is kept of a played case."""
    return Outcome(
        case=played.case,
        repeat=repeat,
        interviewer=played.session.current.interviewer,
        grade=played.grade,
        deserved=None if played.failed is not None else deserved(played.case, card),
        failed=played.failed,
    )


def is_graded(one: Outcome) -> bool:
    """Whether there is a score: a grade with one, or silence, which earns 0."""
    return one.failed is None and (one.grade is None or one.grade.score is not None)


def rows(outcomes: Iterable[Outcome]) -> tuple[Row, ...]:
    """A row for each graded answer; failed and ungraded ones have none."""
    return tuple(row_of(one) for one in outcomes if is_graded(one))


def row_of(one: Outcome) -> Row:
    """The row of a graded answer."""
    case, grade, due = one.case, one.grade, one.deserved
    if due is None:
        raise ValueError(f"{case.id}: a graded outcome must say what was deserved")
    got = grade.score if grade is not None else None
    return Row(
        case=case.id,
        repeat=one.repeat,
        card=intern(case.card),
        split=case.split,
        lang=case.lang,
        family=case.family,
        attack=case.attack,
        base=case.base,
        pair=case.pair,
        marks=_marks(case, grade),
        value=got.value if got else 0.0,
        points=got.points if got else 0.0,
        band=got.band if got else "weak",
        deserved=due.value,
        deserved_band=due.band,
        stated=frozenset(case.misconceptions),
        found=frozenset(found.misconception for found in grade.misconceptions) if grade else frozenset(),
    )


def _marks(case: Case, grade: Grade | None) -> tuple[Mark, ...]:
    if grade is None:
        return tuple(
            Mark(name, label, "missed", "missed", "nothing was said", None) for name, label in case.labels.items()
        )
    return tuple(_mark(verdict, case.labels) for verdict in grade.verdicts)


def _mark(verdict: Verdict, labels: Mapping[str, str]) -> Mark:
    sure = verdict.likelihood
    return Mark(
        criterion=intern(verdict.criterion),
        label=labels[verdict.criterion],
        state=verdict.state,
        claimed=verdict.downgraded_from or verdict.state,
        reason=verdict.reason,
        likelihood=None if sure is None else (sure.met, sure.partly, max(0.0, 1 - sure.met - sure.partly)),
    )
