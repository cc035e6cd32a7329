"""A process killed between any two events of a real interview, on the real store."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coach.grading.offline import OfflineJudge
from coach.interview import session as interview
from coach.progress.store import Store
from coach.schema import Card, Plan
from evals.play import MemoryLog, parts
from tests.conftest import ROOT
from tests.interview.test_session import begin, drive
from tests.sessions import timeless

CHILD = """
import asyncio, os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from coach.interview import session as interview
from coach.progress.store import Store
from coach.schema import Plan
from coach.settings import Settings
from coach.wiring import Coach
from evals.play import parts
from tests.interview.test_session import drive

class Killing(Store):
    left = int(sys.argv[3])
    def append(self, events, *, clear_draft=False):
        Killing.left -= 1
        if Killing.left == 0 and sys.argv[4] == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        super().append(events, clear_draft=clear_draft)
        if Killing.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

coach = Coach(Settings(content_dir=Path(sys.argv[1]), data_dir=Path(sys.argv[2])))
card = {card.id: card for card in coach.cards}["linear-models/why-linear"]
store = Killing.open(Path(sys.argv[2]) / "sessions.db")
desk = parts(card, coach.offline_judge, store)

async def main():
    state = await interview.start(desk, Plan(lang="en", questions=1, probes=2))
    store.save_draft(state.id, state.next_seq, "half an answer")
    await drive(desk, state)

asyncio.run(main())
print("finished")
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("write", range(2, 8))
async def test_the_interview_goes_on_where_it_was(
    tmp_path: Path, why_linear: Card, offline: OfflineJudge, write: int, moment: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(ROOT), str(tmp_path), str(write), moment],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert done.returncode == -signal.SIGKILL, (done.stdout, done.stderr)
    whole = parts(why_linear, offline, MemoryLog())
    expected = await drive(whole, await begin(whole))

    store = Store.open(tmp_path / "sessions.db")
    session_id = store.latest()
    assert session_id is not None
    desk = parts(why_linear, offline, store)
    state = await interview.load(desk, session_id)
    if write == 2 and moment == "before":
        assert store.draft(session_id, state.next_seq) == "half an answer"
    ended = await drive(desk, state)
    assert {**timeless(ended), "id": ""} == {**timeless(expected), "id": ""}
    store.close()


def test_a_plan_is_stored_with_the_session(tmp_path: Path, why_linear: Card, offline: OfflineJudge) -> None:
    import asyncio

    store = Store.open(tmp_path / "sessions.db")
    desk = parts(why_linear, offline, store)
    plan = Plan(lang="zh", questions=1, probes=0, seed=7)
    state = asyncio.run(interview.start(desk, plan))
    assert asyncio.run(interview.load(desk, state.id)).plan == plan
    store.close()
