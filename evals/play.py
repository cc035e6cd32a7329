"""One case through the very interview that the page holds."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from coach.errors import CoachError, Conflict, UnknownSession
from coach.grading.grade import Judge
from coach.interview import session as interview
from coach.schema import Card, Event, Grade, Plan, Session
from evals.cases import Case

_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryLog:
    """Events in memory, with the rule of the store: the first writer of a number wins."""

    def __init__(self) -> None:
        self._events: dict[str, list[Event]] = {}

    def append(self, events: Sequence[Event], *, clear_draft: bool = False) -> None:
        """All events kept, or Conflict."""
        for event in events:
            kept = self._events.setdefault(event.session, [])
            if event.seq != len(kept):
                raise Conflict(f"event {event.seq} of session {event.session!r} is taken")
            kept.append(event)

    def events(self, session: str) -> tuple[Event, ...]:
        """All events of a session, in order."""
        if session not in self._events:
            raise UnknownSession(f"no session {session!r}")
        return tuple(self._events[session])

    def last_asked(self) -> Mapping[str, datetime]:
        """Nothing was asked before."""
        return {}


@dataclass(frozen=True)
class Played:
    """What came of a case."""

    case: Case
    session: Session
    grade: Grade | None
    failed: str | None
    """Why the case could not be played to its end; a failed case is never counted as a zero."""


def parts(card: Card, judge: Judge, log: interview.Log) -> interview.Interview:
    """An interview over one card with a clock and ids that never vary."""
    ticks = iter(range(10_000))
    return interview.Interview(
        cards={card.id: card},
        judge=judge,
        log=log,
        search=lambda plan: (),
        wording=None,
        now=lambda: _EPOCH + timedelta(seconds=next(ticks)),
        new_id=lambda: "eval",
    )


async def play(case: Case, card: Card, judge: Judge) -> Played:
    """The session that the case's answers lead to, and its last grade."""
    desk = parts(card, judge, MemoryLog())
    plan = Plan(lang=case.lang, questions=1, probes=len(case.answers) - 1)
    state = await interview.start(desk, plan)
    try:
        for number, text in enumerate(case.answers):
            if not text.strip():
                state = await interview.skip(desk, state)
                continue
            if state.phase != "answering":
                return Played(case, state, None, f"no follow-up was put, so answer {number + 1} was not heard")
            state = await interview.answer(desk, state, text)
    except CoachError as error:
        return Played(case, state, None, f"{type(error).__name__}: {error}")
    return Played(case, state, state.current.grade, None)


async def play_all(
    cases: Sequence[Case], cards: Mapping[str, Card], judges: Mapping[str, Judge] | Judge, *, workers: int
) -> tuple[Played, ...]:
    """Every case played, at most `workers` at a time, in the order given. `judges` may differ by case id."""
    gate = asyncio.Semaphore(workers)

    async def one(case: Case) -> Played:
        async with gate:
            judge = judges[case.id] if isinstance(judges, Mapping) else judges
            return await play(case, cards[case.card], judge)

    return tuple(await asyncio.gather(*(one(case) for case in cases)))
