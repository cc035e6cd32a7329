"""Processes that die at random moments and race for a turn lose nothing; the whole measure is `bench/chaos.py`."""

import json
import os
import subprocess
import sys

import pytest

from bench.chaos import judged, wrong_after_death
from coach.progress.store import Store
from tests.conftest import ROOT
from tests.progress.conftest import Place
from tests.progress.test_store import event


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_nothing_acknowledged_is_lost_and_every_loser_is_told(place: Place) -> None:
    command = [sys.executable, "-m", "bench.chaos", "--kills", "12", "--races", "20", "--json", "--url", place.url]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    found = json.loads(done.stdout) if done.stdout else {}
    assert done.returncode == 0, (found, done.stderr)
    assert found["SIGKILL"]["answers acknowledged"] > 12
    for name in ("two processes", "two tabs"):
        got = found[name]
        assert (got["races"], got["acknowledged"], got["stored"], got["told"]) == (20, 20, 20, 20)


@pytest.mark.parametrize(
    ("acknowledged", "said"),
    [
        ({"session": "s", "events": 3, "answer": "kept"}, None),
        ({"session": "s", "events": 3, "draft": "half"}, None),
        ({"session": "s", "events": 3, "answer": "never stored"}, "lost or doubled"),
        ({"session": "s", "events": 4}, "3 of 4 acknowledged"),
        ({"session": "s", "events": 3, "draft": "another"}, "draft 'another' is lost"),
        ({"session": "gone", "events": 2}, "no session 'gone'"),
        ({"session": "half", "events": 1}, "half a step"),
    ],
)
def test_what_is_lost_is_found(file_store: Store, acknowledged: dict[str, object], said: str | None) -> None:
    file_store.append([event("s", 0), event("s", 1), event("s", 2, "kept")])
    file_store.append([event("half", 0)])
    file_store.save_draft("s", 3, "half")
    found = wrong_after_death(file_store, [acknowledged])
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_a_library_that_shows_something_else_is_found(file_store: Store) -> None:
    file_store.append([event("s", 0), event("s", 1)])
    file_store.rename("s", "not what the events say")
    assert "the library shows" in wrong_after_death(file_store, [{"session": "s", "events": 2}])[0]


@pytest.mark.parametrize(
    ("told", "wrong"),
    [(["lost", None], 0), ([None, None], 2), (["lost", "lost"], 2), ([None, "lost"], 1)],
)
def test_a_race_with_a_false_winner_is_found(file_store: Store, told: list[str | None], wrong: int) -> None:
    file_store.append([event("s", 0), event("s", 1), event("s", 2, "b")])
    found = judged(file_store, "s", [list(zip("ab", told, strict=True))])
    assert len(found["wrong"]) == wrong
