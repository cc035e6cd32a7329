"""One case through the very interview that the page holds."""

import asyncio
import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from coach.errors import CoachError, Conflict, UnknownSession
from coach.grading.grade import Judge
from coach.interview import session as interview
from coach.schema import Answered, Body, Card, Event, Grade, Plan, Probed, Session, Skipped
from coach.text import lang_of
from evals.cases import Case

T = TypeVar("T")
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

    def last_asked(self, *, person: str) -> Mapping[str, datetime]:
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
        aside=_at_once,
    )


async def _at_once(call: Callable[..., T], *given: object, **named: object) -> T:
    return call(*given, **named)


async def play(case: Case, card: Card, judge: Judge) -> Played:
    """The session that the case's answers lead to, and its last grade.

    A case that names its probes is graded once, after its last answer, whatever a judge would have said before.
    """
    log = MemoryLog()
    desk = parts(card, judge, log)
    plan = Plan(lang=case.lang, questions=1, probes=len(case.answers) - 1)
    state = await interview.start(desk, plan)
    try:
        for _ in range(case.hints):
            state = await interview.hint(desk, state)
        if case.probes:
            said = _conversation(case, card, state)
            log.append(said)
            state = await interview.regrade(desk, await interview.load(desk, state.id))
            return Played(case, state, state.current.grade, None)
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


def _conversation(case: Case, card: Card, state: Session) -> tuple[Event, ...]:
    """The case's answers with the card's own probes between them, as the interview would have written them down."""
    probes = {criterion.id: criterion.probe.text(case.lang) for criterion in card.criteria}
    bodies: list[Body] = []
    for number, text in enumerate(case.answers):
        if number:
            name = case.probes[number - 1]
            bodies.append(Probed(criterion=name, text=probes[name], wording="card"))
        bodies.append(Answered(text=text, lang=lang_of(text, case.lang)) if text.strip() else Skipped(what="probe"))
    return tuple(
        Event(session=state.id, seq=state.next_seq + at, at=_EPOCH + timedelta(minutes=at), body=body)
        for at, body in enumerate(bodies)
    )


async def play_all(
    cases: Sequence[Case], cards: Mapping[str, Card], judges: Mapping[str, Judge] | Judge, *, workers: int
) -> tuple[Played, ...]:
    """Every case played, at most `workers` at a time, in the order given. `judges` may differ by case id."""
    played: dict[int, Played] = {}

    def keep(number: int, one: Played) -> None:
        played[number] = one

    await play_each(list(enumerate(cases)), cards, judges, workers=workers, keep=keep)
    return tuple(played[number] for number in range(len(cases)))


async def play_each(
    work: Sequence[tuple[int, Case]],
    cards: Mapping[str, Card],
    judges: Mapping[str, Judge] | Judge,
    *,
    workers: int,
    keep: Callable[[int, Played], None],
) -> None:
    """Nothing, once every case was played, at most `workers` at a time; `keep` gets each as soon as it is done.

    Each case comes with a number of the caller's choice.
    """
    left = iter(work)

    async def worker() -> None:
        for number, case in left:
            judge = judges[case.id] if isinstance(judges, Mapping) else judges
            keep(number, await play(case, cards[case.card], judge))

    with _settled_memory():
        async with asyncio.TaskGroup() as group:
            for _ in range(min(workers, len(work))):
                group.create_task(worker())


@contextmanager
def _settled_memory() -> Iterator[None]:
    """What is there already (modules, cards, cases) is not searched for garbage again and again meanwhile."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
