"""One person's past interviews: found, read, taken along, deleted. Nobody else's, by id either."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from operator import is_
from pathlib import Path
from typing import TypeVar

import gradio as gr

from coach.errors import InterviewError
from coach.interview.report import report
from coach.interview.session import owned
from coach.progress.anki import Exported, deck
from coach.progress.disputes import line, of_round
from coach.progress.library import SessionInfo
from coach.progress.schedule import Attempt, Item, cards_done, due
from coach.progress.stats import Progress, progress
from coach.schema import CardId, Event, Lang, Session, Slug
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
        return path if self._deck([state], state.lang, path).notes else None

    def anki(self, lang: Lang, tell: Callable[[int], None]) -> tuple[Path, Exported]:
        """A deck of every point that was missed and not made since; `tell` is given how many interviews were read."""
        sessions = newest_judgements(_counted((state for _, state, _ in self.coach.sessions(self.person)), tell))
        path = self._file(secrets.token_hex(8), "interview-missed-points.apkg")
        return path, self._deck(sessions, lang, path)

    def _deck(self, sessions: Sequence[Session], lang: Lang, path: Path) -> Exported:
        from coach.grading.passage import passages

        quoting = partial(passages, glossary=self.coach.glossary)
        cards = self.coach.interview.cards
        return deck(sessions, cards, lang=lang, path=path, passages=quoting, now=datetime.now(UTC))

    def disputes(self, tell: Callable[[int], None]) -> tuple[Path, int, tuple[str, ...]]:
        """Every disputed question as a labelled case, in a file; how many; and cards that the bank has no more."""
        cards = self.coach.interview.cards
        lines: list[str] = []
        gone: list[str] = []
        for _, state, events in _counted(self.coach.sessions(self.person), tell):
            for at, one in enumerate(() if state.exam_on else state.rounds):
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

    def _file(self, folder: str, name: str) -> Path:
        path = self.coach.settings.page_dir / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def shelf_of(desk: Desk, request: gr.Request | None) -> Shelf:
    """The interviews of whoever looks at the page."""
    return Shelf(desk.coach, person_of(request))


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


def newest_judgements(sessions: Iterator[Session]) -> list[Session]:
    """The sessions that hold the newest verdict on some point, in which alone a deck of open points is interested.

    So that it takes as much memory as the bank has points, and not as there are interviews.
    """
    newest: dict[tuple[CardId, Slug], Session] = {}
    for session in sessions:
        if session.exam_on:
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


def _when(state: Session) -> str:
    return f"{state.started_at:%Y%m%d-%H%M}"


def _later(session: Session, other: Session | None) -> bool:
    return other is None or (session.started_at, session.id) >= (other.started_at, other.id)


def _counted(found: Iterator[T], tell: Callable[[int], None]) -> Iterator[T]:
    for number, one in enumerate(found, start=1):
        tell(number)
        yield one
