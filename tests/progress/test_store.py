import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coach.errors import Conflict, StoreError, UnknownSession
from coach.progress.store import Store
from coach.schema import Answered, Asked, Event, Plan, Started

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(session: str, seq: int, text: str = "words") -> Event:
    if seq == 0:
        return Event(session=session, seq=0, at=NOW, body=Started(plan=Plan(lang="en"), cards=("a/b",)))
    if seq == 1:
        return Event(session=session, seq=1, at=NOW, body=Asked(card="a/b", text="?"))
    return Event(session=session, seq=seq, at=NOW, body=Answered(text=text, lang="en"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "sessions.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = Store.open(path)
    yield store
    store.close()


def test_events_come_back_as_they_were(store: Store) -> None:
    events = tuple(event("s", seq) for seq in range(3))
    store.append(events)
    assert store.events("s") == events
    assert store.latest() == "s"
    assert store.last_asked() == {"a/b": NOW}


def test_the_database_is_durable(store: Store, path: Path) -> None:
    store.append((event("s", 0),))
    with store._engine.connect() as link:
        assert link.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert link.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2


def test_a_taken_number_is_refused_and_nothing_of_the_batch_is_kept(store: Store) -> None:
    store.append((event("s", 0), event("s", 1)))
    with pytest.raises(Conflict, match="another tab"):
        store.append((event("s", 2), event("s", 1)))
    assert len(store.events("s")) == 2


def test_of_two_writers_one_wins_every_time(store: Store) -> None:
    store.append((event("s", 0), event("s", 1)))
    outcomes: list[str] = []
    for seq in range(2, 42):
        gate = threading.Barrier(2)

        def write(name: str, seq: int = seq, gate: threading.Barrier = gate) -> None:
            gate.wait()
            try:
                store.append((event("s", seq, name),))
                outcomes.append(f"{seq}:{name}")
            except Conflict:
                outcomes.append("told")

        threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    stored = [f"{one.seq}:{one.body.text}" for one in store.events("s") if isinstance(one.body, Answered)]
    assert outcomes.count("told") == 40
    assert sorted(set(outcomes) - {"told"}) == sorted(stored)


def test_a_draft_belongs_to_the_event_it_will_become(store: Store) -> None:
    store.append((event("s", 0), event("s", 1)))
    store.save_draft("s", 2, "half an ans")
    store.save_draft("s", 2, "half an answer")
    assert store.draft("s", 2) == "half an answer"
    assert store.draft("s", 3) == ""
    store.append((event("s", 2),), clear_draft=True)
    assert store.draft("s", 2) == ""


def test_a_late_draft_of_an_answer_already_sent_does_not_come_back(store: Store) -> None:
    store.append((event("s", 0), event("s", 1), event("s", 2)), clear_draft=True)
    store.save_draft("s", 2, "typed before sending, saved after")
    assert store.draft("s", 3) == ""


def test_an_unknown_session_is_said(store: Store) -> None:
    with pytest.raises(UnknownSession, match="'nobody'"):
        store.events("nobody")


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is not a database at all, but a text" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_refused(path: Path) -> None:
    Store.open(path).close()
    link = sqlite3.connect(path)
    link.execute("PRAGMA user_version=99")
    link.close()
    with pytest.raises(StoreError, match="newer version"):
        Store.open(path)


def test_a_full_disk_is_said_and_what_was_saved_stays(store: Store) -> None:
    store.append((event("s", 0), event("s", 1)))
    with store._engine.connect() as link:
        pages = link.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit_pages(store, pages)

    def fill() -> None:
        for seq in range(2, 2000):
            store.append((event("s", seq, "x" * 4000),))

    with pytest.raises(StoreError, match="could not be saved"):
        fill()
    kept = store.events("s")
    assert [one.seq for one in kept] == list(range(len(kept)))


def limit_pages(store: Store, pages: int) -> None:
    """From now on the database may not grow: SQLite answers as it does on a full disk."""
    from sqlalchemy import event as hook

    store._engine.dispose()

    def limit(link: sqlite3.Connection, _record: object) -> None:
        link.execute(f"PRAGMA max_page_count={pages + 2}")

    hook.listen(store._engine, "connect", limit)


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.progress.test_store import event
from coach.progress.store import Store
store = Store.open(Path(sys.argv[1]))
print("ready", flush=True)
for seq in range(100000):
    store.append((event("s", seq),))
    store.save_draft("s", seq + 1, f"draft {seq + 1}")
    print(seq, flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("after", [1, 2, 3, 5, 17, 60])
def test_what_was_acknowledged_survives_sigkill(path: Path, after: int) -> None:
    root = str(Path(__file__).resolve().parents[2])
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), root], stdout=subprocess.PIPE, text=True, env={**os.environ}
    ) as child:
        assert child.stdout is not None
        acknowledged = -1
        for line in child.stdout:
            if line.strip() == "ready":
                continue
            acknowledged = int(line)
            if acknowledged >= after:
                break
        child.send_signal(signal.SIGKILL)
        rest = [int(line) for line in child.stdout.read().splitlines() if line.strip().isdigit()]
    acknowledged = max([acknowledged, *rest])
    store = Store.open(path)
    events = store.events("s")
    assert [one.seq for one in events] == list(range(len(events)))
    assert len(events) > acknowledged
    assert store.draft("s", acknowledged + 1) or len(events) > acknowledged + 1
    store.close()
