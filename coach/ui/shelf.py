"""One person's past interviews: found, read, taken along, deleted. Nobody else's, by id either."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from operator import is_
from pathlib import Path
from typing import TypeVar

import gradio as gr

from coach.errors import InterviewError
from coach.interview.report import report
from coach.interview.session import owned
from coach.progress.anki import Exported
from coach.progress.disputes import line, of_session
from coach.progress.library import SessionInfo
from coach.progress.schedule import Attempt, Item, cards_done, due
from coach.progress.stats import Progress, progress
from coach.schema import Card, Event, Lang, Session
from coach.ui.desk import Desk, person_of
from coach.wiring import DAILY, Coach, local_zone

T = TypeVar("T")
PAGE = 12
"""Interviews in the list at once."""


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

    def read(self, session: str) -> tuple[Session, tuple[Event, ...]]:
        """An interview of this person and its events. Raises UnknownSession for another's as for none."""
        events = self.coach.store.events(session)
        return owned(events, self.person), events

    def open(self, session: str) -> Session:
        """An interview of this person. Raises UnknownSession."""
        return self.read(session)[0]

    def over(self, session: str) -> Session:
        """An interview of which everything may be told. Raises InterviewError for an exam that goes on."""
        state = self.open(session)
        if state.exam_on:
            raise InterviewError(
                "this exam is not over, so nothing is told yet: go on with it, or end it first", "exam_on"
            )
        return state

    def rename(self, session: str, title: str) -> None:
        """Give an interview another title; an empty one brings back the first question."""
        self.coach.store.rename(self.open(session).id, title)

    def delete(self, session: str) -> None:
        """Delete an interview for good, with its recordings and what the page wrote of it."""
        self.coach.delete(self.open(session).id)

    def figures(self, attempts: tuple[Attempt, ...], now: datetime) -> Figures:
        """The figures over these attempts, which are all of this person's. It blocks."""
        zone, items = local_zone(), self.coach.scheduled(attempts)
        done = cards_done(attempts, now.astimezone(zone).date(), tz=zone)
        queue = due(items, now, most=DAILY, done_today=done)
        topics = {card.id: card.topics[:1] for card in self.coach.cards}
        return Figures(
            attempts=attempts,
            progress=progress(attempts, topics, now=now, tz=zone),
            due=queue,
            coming=() if queue else items,
            done_today=done,
        )

    def markdown(self, session: str) -> Path:
        """The report of an interview as a file."""
        state = self.over(session)
        path = self._file(state.id, f"interview-report-{_when(state)}.md")
        path.write_text(report(self.coach.interview, state), encoding="utf-8")
        return path

    def json(self, session: str) -> Path:
        """All events of an interview as a file, one JSON line each, as `coach export --json` prints them."""
        state = self.over(session)
        path = self._file(state.id, f"interview-events-{_when(state)}.jsonl")
        path.write_text("".join(f"{one.model_dump_json()}\n" for one in self.read(session)[1]), encoding="utf-8")
        return path

    def missed(self, session: str) -> Path | None:
        """A deck of the points that were missed in one interview, in its language; None when there are none."""
        state = self.over(session)
        path = self._file(state.id, f"interview-missed-points-{_when(state)}.apkg")
        return path if self.coach.deck([state], lang=state.lang, path=path).notes else None

    def anki(self, lang: Lang, tell: Callable[[int], None]) -> tuple[Path, Exported]:
        """A deck of every point that was missed and not made since; `tell` is given how many interviews were read."""
        path = self._file(secrets.token_hex(8), "interview-missed-points.apkg")
        states = _counted((state for _, state, _ in self.coach.sessions(self.person)), tell)
        return path, self.coach.deck(states, lang=lang, path=path)

    def disputes(self, tell: Callable[[int], None]) -> tuple[Path, int, tuple[str, ...]]:
        """Every disputed question as a labelled case, in a file; how many; and cards that the bank has no more."""
        lines: list[str] = []
        gone: list[str] = []
        for _, state, events in _counted(self.coach.sessions(self.person), tell):
            made, missing = of_session(state, events, self.coach.interview.cards)
            lines += (f"{line(case)}\n" for case in made)
            gone += missing
        path = self._file(secrets.token_hex(8), "disputed-grades.jsonl")
        path.write_text("".join(lines), encoding="utf-8")
        return path, len(lines), tuple(dict.fromkeys(gone))

    def _file(self, folder: str, name: str) -> Path:
        path = self.coach.settings.page_dir / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def shelf_of(desk: Desk, request: gr.Request | None) -> Shelf:
    """The interviews of whoever looks at the page."""
    return Shelf(desk.coach, person_of(request))


class Figured:
    """The newest figures of each person: worked out once a day, after something was practised, and over new cards."""

    def __init__(self, *, most: int = 64) -> None:
        self._most = most
        self._kept: dict[str, tuple[date, tuple[Card, ...], Figures]] = {}

    def of(self, shelf: Shelf, now: datetime) -> Figures:
        """The figures of one person. Reads the interviews that changed, so it blocks."""
        attempts, today = shelf.coach.attempts(shelf.person), now.astimezone(local_zone()).date()
        cards, kept = shelf.coach.cards, self._kept.pop(shelf.person, None)
        if kept is None or kept[0] != today or kept[1] is not cards or not _same(kept[2].attempts, attempts):
            kept = (today, cards, shelf.figures(attempts, now))
        self._kept[shelf.person] = kept
        for oldest in tuple(self._kept)[: -self._most]:
            self._kept.pop(oldest, None)
        return kept[2]


def _same(left: tuple[Attempt, ...], right: tuple[Attempt, ...]) -> bool:
    """Whether both hold the very same records: `Coach.attempts` gives those of an unchanged interview again."""
    return len(left) == len(right) and all(map(is_, left, right))


def _when(state: Session) -> str:
    return f"{state.started_at:%Y%m%d-%H%M}"


def _counted(found: Iterator[T], tell: Callable[[int], None]) -> Iterator[T]:
    for number, one in enumerate(found, start=1):
        tell(number)
        yield one
