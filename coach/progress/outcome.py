"""What the graded questions of a session come to, as a whole and by topic, and what of it may be told. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coach.grading.score import BANDS
from coach.schema import Band, Card, Round, Score, Session


@dataclass(frozen=True)
class Outcome:
    """The points of some questions, added up."""

    scores: tuple[Score, ...]
    """Of the graded questions, in order; what is not graded or skipped adds nothing to either side of the sum."""
    asked: int
    """All questions, graded or not."""

    @property
    def points(self) -> float:
        """Points earned."""
        return sum(one.points for one in self.scores)

    @property
    def of(self) -> float:
        """Points there were."""
        return sum(one.of for one in self.scores)

    @property
    def value(self) -> float | None:
        """Points earned over points there were, in [0, 1]; None when nothing is graded."""
        return self.points / self.of if self.scores else None

    @property
    def band(self) -> Band | None:
        """The band of the value, by the thresholds of a single answer; None when nothing is graded."""
        value = self.value
        return None if value is None else next(name for least, name in BANDS if value >= least)

    @property
    def terms(self) -> str:
        """The sum as it is added up: `3/7 + 5/6 = 8 / 13`, of a single answer `3/7`; empty when nothing is graded."""
        each = " + ".join(f"{one.points:g}/{one.of:g}" for one in self.scores)
        return f"{each} = {self.points:g} / {self.of:g}" if len(self.scores) > 1 else each


def outcome(rounds: Iterable[Round]) -> Outcome:
    """What these questions come to."""
    asked = tuple(rounds)
    scores = tuple(one.grade.score for one in asked if one.grade is not None and one.grade.score is not None)
    return Outcome(scores=scores, asked=len(asked))


def by_topic(rounds: Iterable[Round], cards: Mapping[str, Card]) -> tuple[tuple[str, Outcome], ...]:
    """The questions of each topic, by name; a card counts in its first topic, one that is gone in none."""
    mine: dict[str, list[Round]] = {}
    for one in rounds:
        if one.card in cards:
            mine.setdefault(cards[one.card].topics[0], []).append(one)
    return tuple((topic, outcome(mine[topic])) for topic in sorted(mine))


def told(session: Session, one: Round) -> bool:
    """Whether what this question was worth, and its reference answer, may be shown: not while it is open."""
    if session.ended is not None:
        return True
    if session.exam_on:
        return False
    return one is not session.current or (session.phase == "graded" and session.tells)


def card_of(cards: Mapping[str, Card], one: Round) -> Card | None:
    """The card of a question; None when the bank has it no more, or has other points in it than were graded."""
    card = cards.get(one.card)
    if card is None or one.grade is None:
        return card
    points = tuple(verdict.criterion for verdict in one.grade.verdicts)
    wrong = {stated.misconception for stated in one.grade.misconceptions}
    known = points == tuple(point.id for point in card.criteria) and wrong <= {each.id for each in card.misconceptions}
    return card if known else None
