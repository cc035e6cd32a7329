"""A loop's rounds -> hire or no hire. Pure arithmetic on the scores, by the rule that the report prints."""

from dataclasses import dataclass
from typing import Literal

from coach.schema import Session

Decision = Literal["strong hire", "hire", "leaning no hire", "no hire", "no verdict"]
LEAST: tuple[tuple[float, Decision], ...] = ((0.85, "strong hire"), (0.65, "hire"), (0.4, "leaning no hire"))
"""Least value of each decision; below them all it is *no hire*."""


@dataclass(frozen=True)
class RoundSays:
    """What one round comes to."""

    value: float | None
    """Points over all points of its graded questions, in [0, 1]; skipped questions earn nothing. None ungraded."""
    says: Decision


@dataclass(frozen=True)
class Debrief:
    """What the interviewers would say when they meet."""

    rounds: tuple[RoundSays, ...]
    overall: Decision


def decision(value: float | None) -> Decision:
    """The decision for a value in [0, 1]."""
    if value is None:
        return "no verdict"
    return next((says for least, says in LEAST if value >= least), "no hire")


def debrief(session: Session) -> Debrief:
    """Each stage's decision, and that of the mean of the graded ones, which one *no hire* holds down."""
    rounds = tuple(_stage(session, at) for at in range(len(session.stages)))
    values = [one.value for one in rounds if one.value is not None]
    overall = decision(sum(values) / len(values) if values else None)
    held = any(one.says == "no hire" for one in rounds) and overall in {"strong hire", "hire"}
    return Debrief(rounds, "leaning no hire" if held else overall)


def _stage(session: Session, at: int) -> RoundSays:
    shares: list[float] = []
    for one in session.rounds:
        if one.stage != at:
            continue
        if one.grade is not None and one.grade.score is not None:
            shares.append(one.grade.score.value)
        elif one.grade is None and one.skipped == "question":
            shares.append(0.0)
    value = sum(shares) / len(shares) if shares else None
    return RoundSays(value, decision(value))
