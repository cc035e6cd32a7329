"""What a store keeps when processes die and race: `python -m bench.chaos [--kills N] [--races N] [--url URL] [--json]`.

Kills: a process holds interviews on the real store and acknowledges every step down a pipe; it gets SIGKILL at a random
moment, and another goes on where it was. After each death all that was acknowledged must be stored, in whole steps,
and the library's line must be what the events say. Races: two processes, and two tasks of one process as two tabs are,
submit an answer to the same session at one barrier; what is stored must be what was acknowledged, and every loser must
have been told. Ends with status 1 and says where when any of that does not hold. Needs `fork` (not on Windows).
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from coach.bank.cards import read_cards
from coach.errors import Conflict, UnknownSession
from coach.interview import session as interview
from coach.progress import library
from coach.progress.store import Store
from coach.schema import Answered, Card, Claim, Event, JudgeInfo, Opinion, Plan, Session, Utterance
from evals.play import MemoryLog, parts

ROOT = Path(__file__).resolve().parents[1]
LONGEST_S = 0.25
"""Longest life of a process after its first step."""
PLAN = Plan(lang="en", format="breadth", questions=50, probes=5)


class Stern:
    """A judge that finds nothing, at once: every question is followed up as often as may be."""

    info = JudgeInfo(judge="offline", name="stern")

    async def opinion(self, card: Card, utterances: Sequence[Utterance], interviewer: Sequence[str]) -> Opinion:
        """Every point missed."""
        return Opinion(claims=tuple(Claim(criterion=one.id, state="missed") for one in card.criteria), judge=self.info)


def desk_over(store: Store, cards: dict[str, Card]) -> interview.Interview:
    """An interview whose answers are graded at once."""
    ids = iter(lambda: os.urandom(16).hex(), "")
    made = parts(next(iter(cards.values())), Stern(), MemoryLog())
    return replace(made, cards=cards, log=store, now=lambda: datetime.now(UTC), new_id=lambda: next(ids))


# --- sudden death --------------------------------------------------------------------------


async def hold(desk: interview.Interview, store: Store, name: str, told: int) -> None:
    """Interviews without end, from the newest stored one on; every step is acknowledged on the descriptor `told`."""

    def acknowledge(state: Session, **more: object) -> None:
        line = json.dumps({"session": state.id, "events": state.next_seq, **more})
        os.write(told, f"{line}\n".encode())

    newest = store.latest()
    state = await interview.load(desk, newest) if newest is not None else None
    number = 0
    while True:
        if state is None or state.phase == "ended":
            state = await interview.start(desk, PLAN)
            acknowledge(state)
        state = await interview.advance(desk, state)
        acknowledge(state)
        if state.phase == "graded":
            state = await interview.next_question(desk, state)
            acknowledge(state)
            continue
        number += 1
        text = f"answer {name}-{number}"
        store.save_draft(state.id, state.next_seq, text)
        acknowledge(state, draft=text)
        state = await interview.submit(desk, state, text)
        acknowledge(state, answer=text)


def killed(url: str, cards: dict[str, Card], name: str, draw: random.Random) -> list[dict[str, Any]]:
    """What a process acknowledged before it was killed."""
    heard, told = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(heard)
            store = Store.connect(url)
            asyncio.run(hold(desk_over(store, cards), store, name, told))
        finally:
            os._exit(status)
    os.close(told)
    ready, _, _ = select.select([heard], [], [], 30)
    time.sleep(draw.uniform(0, LONGEST_S))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not ready or os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise SystemExit(f"process {name} could not go on, or died by itself: see above")
    with os.fdopen(heard, "rb") as pipe:
        return [json.loads(line) for line in pipe.read().splitlines()]


def wrong_after_death(store: Store, acknowledged: Sequence[dict[str, Any]]) -> list[str]:
    """What was acknowledged and is not there, and what is there and is no whole step."""
    found = []
    for session in dict.fromkeys(one["session"] for one in acknowledged):
        mine = [one for one in acknowledged if one["session"] == session]
        try:
            events = store.events(session)
        except UnknownSession as error:
            found.append(str(error))
            continue
        said = [one.body.text for one in events if isinstance(one.body, Answered)]
        lost = [one["answer"] for one in mine if "answer" in one and said.count(one["answer"]) != 1]
        most = max(one["events"] for one in mine)
        if lost or len(events) < most:
            found.append(f"{session}: {len(events)} of {most} acknowledged events; lost or doubled: {lost}")
        if len(events) < 2 or interview.fold(events).next_seq != len(events):
            found.append(f"{session}: half a step is stored")
        draft, last = mine[-1].get("draft"), mine[-1]["events"]
        if draft is not None and len(events) == last and store.draft(session, last) != draft:
            found.append(f"{session}: the draft {draft!r} is lost")
        if (half := half_shown(store, session, events)) is not None:
            found.append(half)
    return found


def half_shown(store: Store, session: str, events: Sequence[Event]) -> str | None:
    """How the library's line differs from what the events say."""
    bodies = [(one.at, library.body_of(one.model_dump_json())) for one in events]
    shown = next((info for info in store.every() if info.session == session), None)
    told = library.after(None, session, bodies)
    return None if shown == told else f"{session}: the library shows {shown}, the events say {told}"


def kills(url: str, cards: dict[str, Card], times: int, seed: int) -> dict[str, Any]:
    """What came of so many deaths."""
    draw = random.Random(seed)
    found: list[str] = []
    steps = answers = 0
    every: list[dict[str, Any]] = []
    for number in range(times):
        acknowledged = killed(url, cards, str(number), draw)
        steps += len(acknowledged)
        answers += sum("answer" in one for one in acknowledged)
        every = [*(one for one in every if "answer" in one), *acknowledged]
        store = Store.connect(url)
        found += [f"death {number + 1}: {one}" for one in wrong_after_death(store, every)]
        store.close()
    return {"deaths": times, "steps acknowledged": steps, "answers acknowledged": answers, "wrong": found}


# --- races ---------------------------------------------------------------------------------


async def race_once(desk: interview.Interview, session: str, texts: Sequence[str]) -> list[str | None]:
    """For each text, submitted in one breath: None when it was acknowledged, else what its sender was told."""
    states = [await interview.load(desk, session) for _ in texts]

    async def send(state: Session, text: str) -> str | None:
        try:
            await interview.submit(desk, state, text)
        except Conflict as error:
            return str(error)
        return None

    return list(await asyncio.gather(*(send(state, text) for state, text in zip(states, texts, strict=True))))


def racer(url: str, cards: dict[str, Card], session: str, times: int, gate: Barrier, back: Connection) -> None:
    """One of two processes: submits at the barrier, `times` times, and says what came of each."""
    store = Store.connect(url)
    desk = desk_over(store, cards)
    name = str(os.getpid())

    async def run() -> None:
        for number in range(times):
            state = await interview.load(desk, session)
            gate.wait()
            try:
                await interview.submit(desk, state, f"answer {name}-{number}")
                back.send((f"answer {name}-{number}", None))
            except Conflict as error:
                back.send((f"answer {name}-{number}", str(error)))
            gate.wait()
            gate.wait()  # the parent has gone on to the next open line

    asyncio.run(run())
    store.close()


async def go_on(desk: interview.Interview, session: str) -> None:
    """Do what is owed, and go on to where an answer is expected."""
    state = await interview.advance(desk, await interview.load(desk, session))
    if state.phase == "graded":
        await interview.next_question(desk, state)


def judged(store: Store, session: str, results: Sequence[Sequence[tuple[str, str | None]]]) -> dict[str, Any]:
    """What came of races, each with the texts sent and what their senders were told."""
    said = [one.body.text for one in store.events(session) if isinstance(one.body, Answered)]
    kept = [text for race in results for text, told in race if told is None]
    wrong = [f"race {at + 1}: {race}" for at, race in enumerate(results) if sum(not told for _, told in race) != 1]
    wrong += [] if said == kept else [f"stored {len(said)} turns, acknowledged {len(kept)}: {set(said) ^ set(kept)}"]
    losers = sum(told is not None for race in results for _, told in race)
    return {"races": len(results), "acknowledged": len(kept), "stored": len(said), "told": losers, "wrong": wrong}


def races_of_processes(url: str, cards: dict[str, Card], times: int) -> dict[str, Any]:
    """What came of so many races between two processes."""
    store = Store.connect(url)
    desk = desk_over(store, cards)
    session = asyncio.run(interview.start(desk, PLAN)).id
    context = multiprocessing.get_context("spawn")
    gate = context.Barrier(3)
    ends = [context.Pipe(duplex=False) for _ in range(2)]
    work = [
        context.Process(target=racer, args=(url, cards, session, times, gate, back), daemon=True) for _, back in ends
    ]
    for one in work:
        one.start()
    results = []
    for _ in range(times):
        gate.wait(60)
        gate.wait(60)
        results.append([heard.recv() for heard, _ in ends])
        asyncio.run(go_on(desk, session))
        gate.wait(60)
    for one in work:
        one.join(60)
    found = judged(store, session, results)
    store.close()
    return found


def races_of_tabs(url: str, cards: dict[str, Card], times: int) -> dict[str, Any]:
    """What came of so many races between two tasks of one process."""
    store = Store.connect(url)
    desk = desk_over(store, cards)

    async def run() -> tuple[str, list[list[tuple[str, str | None]]]]:
        session = (await interview.start(desk, PLAN)).id
        results = []
        for number in range(times):
            texts = [f"answer {tab}-{number}" for tab in "ab"]
            results.append(list(zip(texts, await race_once(desk, session, texts), strict=True)))
            await go_on(desk, session)
        return session, results

    found = judged(store, *asyncio.run(run()))
    store.close()
    return found


def main() -> int:
    """Do it all, print what came of it; 1 when anything was lost, doubled, half there or not told."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--races", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--url")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    cards = {card.id: card for card in read_cards(ROOT / "knowledge" / "cards").cards if card.kind != "coding"}
    with tempfile.TemporaryDirectory() as folder:
        url = chosen.url or f"sqlite:///{folder}/sessions.db"
        Store.connect(url).close()
        work: dict[str, Callable[[], dict[str, Any]]] = {
            "SIGKILL": lambda: kills(url, cards, chosen.kills, chosen.seed),
            "two processes": lambda: races_of_processes(url, cards, chosen.races),
            "two tabs": lambda: races_of_tabs(url, cards, chosen.races),
        }
        found = {}
        for name, run in work.items():
            began = time.perf_counter()
            found[name] = {**run(), "seconds": round(time.perf_counter() - began, 1)}
    if chosen.json:
        print(json.dumps(found))
    else:
        for name, got in found.items():
            told = ", ".join(f"{value} {what}" for what, value in got.items() if what != "wrong")
            print(f"{name}: {told}; wrong: {len(got['wrong'])}", *got["wrong"], sep="\n  ")
    return int(any(got["wrong"] for got in found.values()))


if __name__ == "__main__":
    sys.exit(main())
