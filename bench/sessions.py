"""What an interview costs of our own, and what a full store costs, against the least they could.

    python -m bench.sessions [--quick] [--url URL]

A turn is what the page does between an answer and the next line of the interviewer: read the session, hear the words,
grade, follow up, and compose the critique once the question is closed. Its CPU less the judge's is compared with a
bare fold of the same events. 10,000 sessions of 40 events (copies of one that was held) are listed, searched, opened
and opened again; memory is that of this process. `--quick`: a tenth of all. `--url`: turns in a PostgreSQL database;
the stored sessions stay in a file. Goals are printed beside the figures. Nothing here is asserted; `bench.chaos` is
about what must never be lost.
"""

import argparse
import asyncio
import itertools
import os
import random
import resource
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.progress.library import SessionInfo
from coach.progress.store import Store
from coach.schema import Card, Event, FormatName, JudgeInfo, Opinion, Plan, Utterance
from coach.settings import Settings
from coach.wiring import Coach
from evals.hold import Room
from evals.interviewer import room_of
from evals.simulate import Seat, act_of

ROOT = Path(__file__).resolve().parents[1]
FORMATS: tuple[FormatName, ...] = ("breadth", "phone", "problem", "behavioural")
EVENTS = 40


class Timed:
    """A judge that says how much CPU it used."""

    def __init__(self, inner: OfflineJudge) -> None:
        self._inner = inner
        self.info: JudgeInfo = inner.info
        self.cpu_s = 0.0

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """The opinion of the judge within."""
        began = time.process_time()
        found = await self._inner.opinion(card, utterances, interviewer)
        self.cpu_s += time.process_time() - began
        return found


def line(name: str, values: Sequence[float], unit: str, goal: float | None = None) -> str:
    """A row of the table: the median, the 95th percentile, the greatest, and the goal of the median."""
    ordered = sorted(values)
    p50, p95 = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
    told = "" if goal is None else f"{goal:>8g}  {'ok' if p50 <= goal else 'MISSED'}"
    return f"{name:<44}{len(ordered):>7}{p50:>10.2f}{p95:>10.2f}{ordered[-1]:>10.2f} {unit:<3}{told}"


async def held(
    coach: Coach, room: Room, store: Store, form: FormatName, seed: int
) -> tuple[str, list[float], list[float]]:
    """The id of an interview with a candidate who knows half, and per turn our CPU and that of a bare fold, in ms."""
    judge = Timed(coach.offline_judge)
    desk = replace(coach.interview, judge=judge, log=store, due=lambda _person: ())
    plan = Plan(lang="en" if seed % 2 else "zh", format=form, questions=5, probes=3, seed=seed)
    state = await interview.start(desk, plan)
    ours: list[float] = []
    bare: list[float] = []
    while state.phase != "ended":
        if state.phase == "graded":
            state = await interview.next_question(desk, state)
            continue
        seat = Seat(session=state, card=desk.cards[state.current.card], lines=room.lines, pieces=room.pieces, seed=seed)
        text = act_of("partial", seat).text
        judge.cpu_s, began = 0.0, time.process_time()
        state = await interview.hear(desk, await interview.load(desk, state.id), text)
        state = await interview.advance(desk, state)
        if state.phase == "graded":
            interview.critique_of(desk, state.current, state.lang)
        ours.append(1000 * (time.process_time() - began - judge.cpu_s))
        events = store.events(state.id)
        began = time.process_time()
        interview.fold(events)
        bare.append(1000 * (time.process_time() - began))
    return state.id, ours, bare


def turns(coach: Coach, room: Room, store: Store, sessions: int) -> list[str]:
    """Rows on what a turn costs, by format and over all."""
    rows, every, folds = [], [], []
    asyncio.run(held(coach, room, store, "breadth", 99))
    for form in FORMATS:
        mine: list[float] = []
        for seed in range(sessions):
            _, ours, bare = asyncio.run(held(coach, room, store, form, seed))
            mine += ours
            folds += bare
        rows.append(line(f"own CPU of a turn, {form}", mine, "ms"))
        every += mine
    return [
        *rows,
        line("own CPU of a turn, all", every, "ms", 25),
        line("bare fold of its events", folds, "ms"),
    ]


def template(coach: Coach, room: Room, store: Store) -> str:
    """The id of a stored session of 40 events, cut from one that was held."""
    for seed in itertools.count():
        name, _, _ = asyncio.run(held(coach, room, store, "breadth", seed))
        events = store.events(name)
        if len(events) >= EVENTS:
            mine = secrets.token_hex(16)
            store.append([one.model_copy(update={"session": mine}) for one in events[:EVENTS]])
            store.delete(name)
            return mine
        store.delete(name)
    raise AssertionError


def filled(path: Path, session: str, copies: int) -> list[str]:
    """The ids of so many copies of a session, written beside it; each of another person's and at another time."""
    link = sqlite3.connect(path)
    names = [secrets.token_hex(16) for _ in range(copies)]
    columns = [row[1] for row in link.execute("PRAGMA table_info(sessions)")]
    one = dict(
        zip(columns, link.execute("SELECT * FROM sessions WHERE session = ?", (session,)).fetchone(), strict=True)
    )
    now = datetime.now(UTC)
    for at, name in enumerate(names):
        link.execute(
            "INSERT INTO events (session, seq, at, kind, body, card, words) SELECT ?, seq, at, kind,"
            " replace(body, ?, ?), card, words FROM events WHERE session = ?",
            (name, session, name, session),
        )
        then = (now - timedelta(minutes=at)).strftime("%Y-%m-%d %H:%M:%S.%f")
        row = {**one, "session": name, "updated_at": then, "title": f"{one['title']} {at}", "person": f"p{at % 10}"}
        marks = ", ".join("?" * len(row))
        link.execute(f"INSERT INTO sessions ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    link.commit()
    link.close()
    return names


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Wall milliseconds of each of so many calls, after one that does not count."""
    work()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(1000 * (time.perf_counter() - began))
    return found


def resident_mb() -> float:
    """Memory of this process that is in use now; where the system does not tell, the most there ever was."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def stored(coach: Coach, room: Room, folder: Path, sessions: int) -> list[str]:
    """Rows on a store with so many sessions."""
    path = folder / "full.db"
    store = Store.open(path)
    first = template(coach, room, store)
    names = filled(path, first, sessions - 1)
    draw = random.Random(1)
    pages = list(itertools.islice(_pages(store), 20))
    deep = pages[-1][-1]
    word = deep.title[:4]

    def open_one() -> None:
        events: tuple[Event, ...] = store.events(draw.choice(names))
        interview.fold(events)

    rows = [
        f"{sessions:,} sessions of {EVENTS} events, {path.stat().st_size / 1e6:,.0f} MB",
        line("list: the first page", timed(store.list, 200), "ms", 50),
        line("list: the 21st page", timed(lambda: store.list(before=deep), 200), "ms", 50),
        line("list: one person's first page", timed(lambda: store.list(person="p3"), 200), "ms", 50),
        line("list: all, page by page", timed(lambda: list(store.every()), 3), "ms"),
        line("search: a word in every session", timed(lambda: store.list(search=word), 20), "ms"),
        line("search: a word in none", timed(lambda: store.list(search="xylophone"), 3), "ms"),
        line("history: when each card was asked", timed(lambda: store.last_asked(person="p3"), 20), "ms"),
        line("open: read and fold", timed(open_one, 300), "ms", 20),
    ]
    before = resident_mb()
    opens = 1000
    for _ in range(opens):
        open_one()
    grown = resident_mb() - before
    rows.append(f"{f'memory after {opens:,} more opens':<44}{before:>17.1f} -> {before + grown:.1f} MB ({grown:+.1f})")
    store.close()
    return rows


def _pages(store: Store) -> Iterator[tuple[SessionInfo, ...]]:
    before: SessionInfo | None = None
    while page := store.list(before=before):
        yield page
        before = page[-1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--url")
    chosen = parser.parse_args()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        coach = Coach(Settings.model_validate({"data_dir": folder, "content_dir": ROOT, "model": None}))
        room = room_of(coach)
        store = Store.connect(chosen.url) if chosen.url else coach.store
        print(f"{'':<44}{'times':>7}{'p50':>10}{'p95':>10}{'max':>10}    {'goal':>8}")
        print("\n".join(turns(coach, room, store, 1 if chosen.quick else 6)), flush=True)
        print("\n".join(stored(coach, room, folder, 1_000 if chosen.quick else 10_000)))
        store.close()
        coach.close()


if __name__ == "__main__":
    main()
