"""The events of a session -> its course: what happened when, and how much time was used by then. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from coach.interview.session import states
from coach.schema import Body, Event


@dataclass(frozen=True)
class Moment:
    """One event, where it stands in the interview."""

    at: datetime
    body: Body
    question: int | None
    """Which question it belongs to, counted from 0; None before the first."""
    used_s: float
    """Time that the candidate had used on that question by then, earlier attempts included."""
    attempt: int
    """Which try at the question, counted from 0."""


def moments(events: Iterable[Event]) -> tuple[Moment, ...]:
    """Every event of a session in order. Raises InterviewError when they are not a session."""
    ordered = tuple(events)
    found: list[Moment] = []
    for event, state in zip(ordered, states(ordered), strict=True):
        at = getattr(event.body, "question", None)
        place = len(state.rounds) - 1 if at is None else at
        one = state.rounds[place] if state.rounds else None
        used = one.seconds + sum(attempt.seconds for attempt in one.attempts) if one is not None else 0.0
        found.append(
            Moment(
                at=event.at,
                body=event.body,
                question=place if one is not None else None,
                used_s=used,
                attempt=len(one.attempts) if one is not None else 0,
            )
        )
    return tuple(found)
