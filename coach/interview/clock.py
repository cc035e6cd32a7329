"""How much time is left: a pure reading of a session. The clock runs while the candidate is expected to speak."""

from datetime import datetime
from typing import Literal

from coach.schema import Session


def used(session: Session, now: datetime) -> float:
    """Seconds that the candidate has used in the whole interview."""
    return session.used_s + _running(session, now)


def used_on_question(session: Session, now: datetime) -> float:
    """Seconds that the candidate has used on the current question, all attempts together."""
    earlier = sum(attempt.seconds for attempt in session.current.attempts)
    return earlier + session.current.seconds + _running(session, now)


def left(session: Session, now: datetime) -> float | None:
    """Seconds left in the interview, below 0 when it is over time; None without a clock."""
    minutes = session.plan.minutes
    return None if minutes is None else 60 * minutes - used(session, now)


def left_on_question(session: Session, now: datetime) -> float | None:
    """Seconds left on the current question; None without a clock for each."""
    minutes = session.plan.minutes_each
    return None if minutes is None else 60 * minutes - used_on_question(session, now)


def time_up(session: Session, now: datetime) -> Literal["interview", "question"] | None:
    """What has run out of time, if anything."""
    whole, one = left(session, now), left_on_question(session, now)
    if whole is not None and whole <= 0:
        return "interview"
    return "question" if one is not None and one <= 0 else None


def _running(session: Session, now: datetime) -> float:
    since = session.running_since
    return 0.0 if since is None else max((now - since).total_seconds(), 0.0)
