"""One person's past interviews: found, read, graded again, taken along, deleted. Nobody else's, by id either."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from operator import is_
from pathlib import Path
from typing import TypeVar

from coach.errors import InterviewError, UnknownSession
from coach.interview.report import report
from coach.interview.session import Log, fold, regrade_all
from coach.progress.anki import Exported, deck
from coach.progress.disputes import line, of_round
from coach.progress.library import SessionInfo
from coach.progress.schedule import Attempt, Item, cards_done, schedule
from coach.progress.stats import Progress, progress
from coach.schema import CardId, Event, Graded, Lang, Session, Slug
from coach.ui.progress_views import Regraded, running_exam
from coach.wiring import Coach, local_zone

T = TypeVar("T")
PAGE = 12
"""Interviews in the list at once."""
EXAM_ON = "this exam is not over, so nothing is told yet: go on with it, or end it first"


@dataclass(frozen=True)
class Figures:
    """What the figures of the page are drawn from."""

    attempts: tuple[Attempt, ...]
    progress: Progress
    due: tuple[Item, ...]
    """Today's queue."""
    coming: tuple[Item, ...]
    """Everything that is scheduled, when nothing is due; else empty."""
    done_today: int
    """Different cards practised today."""


@dataclass(frozen=True)
class Shelf:
    """The interviews of one person."""

    coach: Coach
    person: str

    def page(self, *, search: str = "", before: SessionInfo | None = None) -> tuple[SessionInfo, ...]:
        """One page of the list and one interview more, where there is one: the sign that there is another page."""
        return self.coach.store.list(search=search, most=PAGE + 1, before=before, person=self.person)

    def events(self, session: str) -> tuple[Event, ...]:
        """All events of an interview of this person. Raises UnknownSession for another's as for none."""
        events = self.coach.store.events(session)
        if fold(events[:1]).person != self.person:
            raise UnknownSession(f"no session {session!r}: it may have been deleted; start a new interview")
        return events

    def open(self, session: str) -> Session:
        """An interview of this person. Raises UnknownSession."""
        return fold(self.events(session))

    def over(self, session: str) -> Session:
        """An interview of which everything may be told. Raises InterviewError for an exam that goes on."""
        state = self.open(session)
        if running_exam(state):
            raise InterviewError(EXAM_ON)
        return state

    def rename(self, session: str, title: str) -> None:
        """Give an interview another title; an empty one brings back the first question."""
        self.coach.store.rename(self.open(session).id, title)

    def delete(self, session: str) -> None:
        """Delete an interview for good, with its recordings and what the page wrote of it."""
        self.coach.delete(self.open(session).id)

    def figures(self, attempts: tuple[Attempt, ...], now: datetime) -> Figures:
        """The figures over these attempts, which are all of this person's. It blocks."""
        zone = local_zone()
        queue = self.coach.due(person=self.person)
        known = {card.id for card in self.coach.cards}
        coming = () if queue else tuple(item for item in schedule(attempts, tz=zone) if item.card in known)
        topics = {card.id: card.topics[:1] for card in self.coach.cards}
        return Figures(
            attempts=attempts,
            progress=progress(attempts, topics, now=now, tz=zone),
            due=queue,
            coming=coming,
            done_today=cards_done(attempts, now.astimezone(zone).date(), tz=zone),
        )

    def markdown(self, session: str) -> Path:
        """The report of an interview as a file."""
        state = self.over(session)
        path = self._file(session, f"interview-{state.started_at:%Y%m%d-%H%M}.md")
        path.write_text(report(self.coach.interview, state), encoding="utf-8")
        return path

    def json(self, session: str) -> Path:
        """All events of an interview as a file, one JSON line each."""
        state = self.over(session)
        path = self._file(session, f"interview-{state.started_at:%Y%m%d-%H%M}.jsonl")
        path.write_text("".join(f"{one.model_dump_json()}\n" for one in self.events(session)), encoding="utf-8")
        return path

    def anki(self, lang: Lang, tell: Callable[[int], None]) -> tuple[Path, Exported]:
        """A deck of every point that was missed and not made since; `tell` is given how many interviews were read."""
        from coach.grading.passage import passages

        sessions = newest_judgements(_counted((state for _, state, _ in self.coach.sessions(self.person)), tell))
        path = self._file(secrets.token_hex(8), "interview-coach.apkg")
        cards = {card.id: card for card in self.coach.cards}
        quoting = partial(passages, glossary=self.coach.glossary)
        return path, deck(sessions, cards, lang=lang, path=path, passages=quoting, now=datetime.now(UTC))

    def disputes(self, tell: Callable[[int], None]) -> tuple[Path, int, tuple[str, ...]]:
        """Every disputed question as a labelled case, in a file; how many; and cards that the bank has no more."""
        cards = {card.id: card for card in self.coach.cards}
        lines: list[str] = []
        gone: list[str] = []
        for _, state, events in _counted(self.coach.sessions(self.person), tell):
            for at, one in enumerate(() if running_exam(state) else state.rounds):
                if not one.disputes:
                    continue
                if one.card not in cards:
                    gone.append(one.card)
                    continue
                when = max(event.at for event in events if event.body.kind == "disputed")
                case = of_round(one, cards[one.card], lang=state.lang, session=state.id, question=at, at=when)
                lines.append(f"{line(case)}\n")
        path = self._file(secrets.token_hex(8), "disputed-grades.jsonl")
        path.write_text("".join(lines), encoding="utf-8")
        return path, len(lines), tuple(dict.fromkeys(gone))

    async def regrade(self, state: Session) -> AsyncIterator[Regraded]:
        """Each answered question graded again by the judge that is set now, as it is done.

        Whoever stops listening stops the work; what was graded by then is stored. Raises CoachError.
        """
        if running_exam(state):
            raise InterviewError(EXAM_ON)
        news: asyncio.Queue[Event | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        log = _Overheard(self.coach.store, lambda event: loop.call_soon_threadsafe(news.put_nowait, event))
        task = asyncio.ensure_future(regrade_all(replace(self.coach.interview, log=log), state))
        task.add_done_callback(lambda _: news.put_nowait(None))
        before = {at: one.grade for at, one in enumerate(state.rounds)}
        try:
            while (event := await news.get()) is not None:
                if isinstance(event.body, Graded):
                    at = len(state.rounds) - 1 if event.body.question is None else event.body.question
                    yield Regraded(question=at, before=before[at], after=event.body.grade)
            await task
        finally:
            task.cancel()

    def _file(self, folder: str, name: str) -> Path:
        path = self.coach.settings.page_dir / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class Figured:
    """The newest figures of each person, so that they are worked out once a day and after something was practised."""

    def __init__(self, *, most: int = 64) -> None:
        self._most = most
        self._kept: dict[str, tuple[date, Figures]] = {}

    def of(self, shelf: Shelf, now: datetime) -> Figures:
        """The figures of one person. Reads the interviews that changed, so it blocks."""
        attempts, today = shelf.coach.attempts(shelf.person), now.astimezone(local_zone()).date()
        kept = self._kept.pop(shelf.person, None)
        if kept is None or kept[0] != today or not _same(kept[1].attempts, attempts):
            kept = (today, shelf.figures(attempts, now))
        self._kept[shelf.person] = kept
        for oldest in tuple(self._kept)[: -self._most]:
            self._kept.pop(oldest, None)
        return kept[1]


def _same(left: tuple[Attempt, ...], right: tuple[Attempt, ...]) -> bool:
    """Whether both hold the very same records: `Coach.attempts` gives those of an unchanged interview again."""
    return len(left) == len(right) and all(map(is_, left, right))


@dataclass(frozen=True)
class _Overheard:
    """A log that passes on what is written to it, once it is on disk."""

    log: Log
    told: Callable[[Event], object]

    def append(self, events: Sequence[Event], *, clear_draft: bool = False) -> None:
        self.log.append(events, clear_draft=clear_draft)
        for event in events:
            self.told(event)

    def events(self, session: str) -> tuple[Event, ...]:
        return self.log.events(session)

    def last_asked(self, *, person: str) -> Mapping[str, datetime]:
        return self.log.last_asked(person=person)


def newest_judgements(sessions: Iterator[Session]) -> list[Session]:
    """The sessions that hold the newest verdict on some point, in which alone a deck of open points is interested.

    So that it takes as much memory as the bank has points, and not as there are interviews.
    """
    newest: dict[tuple[CardId, Slug], Session] = {}
    for session in sessions:
        if running_exam(session):
            continue
        for one in session.rounds:
            grades = (*(attempt.grade for attempt in one.attempts), one.grade)
            if session.ended is None and one is session.current and one.open:
                continue
            for grade in grades:
                for verdict in grade.verdicts if grade is not None else ():
                    key = (one.card, verdict.criterion)
                    if verdict.state != "not_graded" and _later(session, newest.get(key)):
                        newest[key] = session
    return list({session.id: session for session in newest.values()}.values())


def _later(session: Session, other: Session | None) -> bool:
    return other is None or (session.started_at, session.id) >= (other.started_at, other.id)


def _counted(found: Iterator[T], tell: Callable[[int], None]) -> Iterator[T]:
    for number, one in enumerate(found, start=1):
        tell(number)
        yield one
