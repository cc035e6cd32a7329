import json
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coach.errors import Conflict, StoreError, UnknownSession
from coach.progress import migrations
from coach.progress.library import SessionInfo
from coach.progress.store import Store
from coach.schema import (
    Answered,
    Asked,
    Body,
    Ended,
    Event,
    Grade,
    Graded,
    Hinted,
    JudgeInfo,
    Plan,
    Probed,
    Score,
    Started,
)
from coach.settings import Settings
from tests.progress.conftest import Place
from tests.progress.postgres import Server

ROOT = str(Path(__file__).resolve().parents[2])
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def event(session: str, seq: int, text: str = "words") -> Event:
    if seq == 0:
        return Event(session=session, seq=0, at=NOW, body=Started(plan=Plan(lang="en"), cards=("a/b",)))
    if seq == 1:
        return Event(session=session, seq=1, at=NOW, body=Asked(card="a/b", text="?"))
    return Event(session=session, seq=seq, at=NOW, body=Answered(text=text, lang="en"))


def keep(store: Store, session: str, *bodies: Body, at: datetime = NOW, person: str = "") -> None:
    """A session of these bodies, after its start."""
    started = Started(plan=Plan(lang="en"), cards=("a/b",), person=person)
    store.append([Event(session=session, seq=seq, at=at, body=body) for seq, body in enumerate((started, *bodies))])


def asked(text: str) -> Asked:
    return Asked(card="a/b", text=text)


def answered(text: str) -> Answered:
    return Answered(text=text, lang="en")


def graded(value: float | None) -> Graded:
    """A grade of so many points, or one that could not be given."""
    score = None if value is None else Score(points=4 * value, of=4, value=value, band="good", lines=())
    judge = JudgeInfo(judge="offline", name="written down")
    return Graded(grade=Grade(card="a/b", card_hash="x", verdicts=(), score=score, judge=judge))


def titles(found: Sequence[SessionInfo]) -> list[str]:
    return [one.title for one in found]


# --- events --------------------------------------------------------------------------------


def test_events_come_back_as_they_were(store: Store) -> None:
    events = tuple(event("s", seq) for seq in range(3))
    store.append(events)
    assert store.events("s") == events
    assert store.latest() == "s"
    assert store.last_asked() == {"a/b": NOW}


def test_a_card_was_last_asked_when_any_session_asked_it_last(store: Store) -> None:
    assert store.last_asked() == {}
    for days, card in ((2, "a/b"), (0, "a/b"), (1, "c/d")):
        keep(store, f"{card}{days}", Asked(card=card, text="?"), at=NOW + timedelta(days=days))
    assert store.last_asked() == {"a/b": NOW + timedelta(days=2), "c/d": NOW + timedelta(days=1)}


def test_times_come_back_in_utc_wherever_they_were_written(store: Store) -> None:
    chengdu = NOW.astimezone(timezone(timedelta(hours=8)))
    keep(store, "s", asked("?"), Ended(why="stopped"), at=chengdu)
    (info,) = store.list()
    times = (store.last_asked()["a/b"], info.started_at, info.updated_at, info.ended_at)
    assert times == (NOW,) * 4
    assert all(time is not None and time.utcoffset() == timedelta(0) for time in times)


def test_the_database_is_durable(file_store: Store) -> None:
    file_store.append((event("s", 0),))
    with file_store._engine.connect() as link:
        assert link.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert link.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        assert link.exec_driver_sql("PRAGMA secure_delete").scalar_one() == 1


def test_commits_wait_for_the_disk_where_the_server_is_set_up_not_to(database: Place) -> None:
    assert database.server is not None
    assert database.server.run("SHOW synchronous_commit", database.name) == [("off",)]
    store = Store.connect(database.url)
    with store._engine.connect() as link:
        assert link.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
    store.close()


def test_a_connection_that_the_server_closed_is_made_anew(database: Place) -> None:
    store = Store.connect(database.url)
    store.append((event("s", 0),))
    assert database.server is not None
    mine = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.name}'"
    assert database.server.run(mine) == [(True,)]
    store.append((event("s", 1),))
    assert len(store.events("s")) == 2
    store.close()


def test_a_taken_number_is_refused_and_nothing_of_the_batch_is_kept(store: Store) -> None:
    store.append((event("s", 0), event("s", 1)))
    before = store.list()
    with pytest.raises(Conflict, match="another tab"):
        store.append((event("s", 2), event("s", 1)))
    assert len(store.events("s")) == 2
    assert store.list() == before


def at_once(*writes: tuple[Store, Sequence[Event]]) -> list[bool]:
    """Which of these writers were not told of a conflict, all of them starting together."""
    gate = threading.Barrier(len(writes))
    won = [False] * len(writes)

    def write(number: int) -> None:
        gate.wait()
        store, events = writes[number]
        try:
            store.append(events)
        except Conflict:
            return
        won[number] = True

    threads = [threading.Thread(target=write, args=(number,)) for number in range(len(writes))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_of_two_writers_one_wins_every_time(store: Store) -> None:
    store.append((event("s", 0), event("s", 1)))
    winners: list[str] = []
    for seq in range(2, 42):
        won = at_once(*((store, (event("s", seq, name),)) for name in "ab"))
        assert sum(won) == 1
        winners.append("ab"[won.index(True)])
    assert [one.body.text for one in store.events("s") if isinstance(one.body, Answered)] == winners


STEP = st.tuples(st.sampled_from(["look", "write", "write with the other"]), st.integers(0, 1), st.integers(1, 3))
_sessions = count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=8))
def test_however_two_writers_take_turns_each_number_has_one_winner(
    store: Store, second: Store, steps: list[tuple[str, int, int]]
) -> None:
    session = f"s{next(_sessions)}"
    writers = (store, second)
    store.append((event(session, 0),))
    kept = ["start"]
    seen = [1, 1]

    def batch(who: int, size: int, step: int) -> list[Event]:
        said = ((seq, answered(f"{step} {who} {seq}")) for seq in range(seen[who], seen[who] + size))
        return [Event(session=session, seq=seq, at=NOW, body=body) for seq, body in said]

    for step, (what, who, size) in enumerate(steps):
        if what == "look":
            seen[who] = len(writers[who].events(session))
            continue
        together = (0, 1) if what == "write with the other" else (who,)
        batches = [batch(one, size, step) for one in together]
        free = [one for one in together if seen[one] == len(kept)]
        won = at_once(*((writers[one], events) for one, events in zip(together, batches, strict=True)))
        winners = [one for one, wins in zip(together, won, strict=True) if wins]
        assert len(winners) == min(1, len(free))
        for one in winners:
            assert one in free
            kept += [f"{step} {one} {seq}" for seq in range(seen[one], seen[one] + size)]
            seen[one] = len(kept)
    found = store.events(session)
    assert [one.seq for one in found] == list(range(len(kept)))
    assert [one.body.text for one in found if isinstance(one.body, Answered)] == kept[1:]


@pytest.fixture
def second(place: Place, store: Store) -> Iterator[Store]:
    """Another process's store on the same database."""
    second = Store.connect(place.url)
    yield second
    second.close()


def test_an_unknown_session_is_said(store: Store) -> None:
    with pytest.raises(UnknownSession, match="'nobody'"):
        store.events("nobody")


# --- drafts --------------------------------------------------------------------------------


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


def test_drafts_that_come_together_do_not_get_in_each_others_way(store: Store) -> None:
    store.append((event("s", 0), event("s", 1)))
    for turn in range(20):
        drafts = [f"{turn} {number}" for number in range(4)]
        with ThreadPoolExecutor(len(drafts)) as pool:
            for done in [pool.submit(store.save_draft, "s", 2, text) for text in drafts]:
                done.result()
        assert store.draft("s", 2) in drafts


def test_characters_that_a_database_cannot_keep_do_not_lose_the_rest(store: Store) -> None:
    keep(store, "s", asked("what\x00?"), answered("before\x00after"))
    store.save_draft("s", 3, "half\x00 an answer")
    store.rename("s", "my\x00 title")
    assert store.draft("s", 3) == "half an answer"
    assert titles(store.list(search="before\x00after")) == ["my title"]
    assert store.events("s")[2].body == answered("before\x00after")


# --- the library ---------------------------------------------------------------------------


def test_the_library_shows_what_the_events_say(store: Store) -> None:
    keep(store, "s", asked("Why is it\n linear?"), answered("In its parameters."), graded(0.75))
    (info,) = store.list()
    expected = SessionInfo(session="s", title="Why is it linear?", started_at=NOW, updated_at=NOW, lang="en")
    assert info == expected.model_copy(update={"questions": 1, "answers": 1, "score": 0.75, "events": 4})
    later = NOW + timedelta(hours=1)
    store.append([Event(session="s", seq=4, at=later, body=asked("And why not?"))])
    store.append([Event(session="s", seq=5, at=later, body=Ended(why="finished"))])
    then = {"questions": 2, "updated_at": later, "ended_at": later, "events": 6}
    assert store.list() == (info.model_copy(update=then),)


def test_sessions_come_page_by_page_the_one_written_last_first(store: Store) -> None:
    for number in range(7):
        keep(store, f"s{number}", asked(f"question {number}"), at=NOW + timedelta(hours=number // 2))
    shown: list[SessionInfo] = []
    while page := store.list(most=3, before=shown[-1] if shown else None):
        shown += page
    assert [one.session for one in shown] == ["s6", "s5", "s4", "s3", "s2", "s1", "s0"]
    store.append([Event(session="s0", seq=2, at=NOW + timedelta(days=1), body=answered("later"))])
    assert [one.session for one in store.list(most=1)] == ["s0"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["en", "zh"]),
        ("bias", ["en"]),
        ("BIAS  bagging", ["en"]),
        ("bias 方差", []),
        ("ＶＡＲＩＡＮＣＥ", ["en"]),
        ("vari", ["en"]),
        ("follow-up", ["en"]),
        ("a rung", []),
        ("100%", ["en"]),
        ("100_", []),
        ("1%0", []),
        ("snake_case", ["en"]),
        ('"stable"', ["en"]),
        ("“stable”", ["en"]),
        ("c:\\temp", ["en"]),
        ("/\\", []),
        ("方差", ["zh"]),
        ("偏差方差", []),
        ("偏差 方差", ["zh"]),
        ("kind", []),
        ("typed", []),
        ("a/b", []),
        ("my own", ["zh"]),
    ],
)
def test_search_finds_what_was_asked_and_said(store: Store, search: str, found: list[str]) -> None:
    probe = Probed(criterion="x", text="A follow-up on bagging?", wording="card")
    hint = Hinted(rung=1, text="a rung of the ladder")
    said = 'Bias and Variance: 100% "stable", snake_case in C:\\temp'
    keep(store, "en", asked("What is overfitting?"), answered(said), hint, probe)
    keep(store, "zh", asked("什么是过拟合？"), answered("偏差小，方差大。"))
    store.rename("zh", "My own words")
    assert sorted(one.session for one in store.list(search=search)) == found


def test_everybody_has_a_library_and_a_history_of_their_own(store: Store) -> None:
    for number, person in enumerate(("ann", "", "bo", "ann", "李雷\x00")):
        keep(store, f"s{number}", asked(f"{person}?"), at=NOW + timedelta(hours=number), person=person)
    keep(store, "s5", Asked(card="c/d", text="?"), at=NOW + timedelta(hours=5), person="ann")
    assert [one.session for one in store.list()] == ["s5", "s4", "s3", "s2", "s1", "s0"]
    assert [one.session for one in store.every(person="ann")] == ["s5", "s3", "s0"]
    assert [one.session for one in store.list(person="ann", most=1, before=store.list()[0])] == ["s3"]
    assert [one.session for one in store.list(person="")] == ["s1"]
    assert [one.session for one in store.list(person="李雷\x00")] == ["s4"]
    assert [one.session for one in store.list(person="ann", search="bo")] == []
    newest = {"ann": "s5", "bo": "s2", "": "s1", "nobody": None, None: "s5"}
    assert {person: store.latest(person=person) for person in newest} == newest
    assert store.last_asked(person="ann") == {"a/b": NOW + timedelta(hours=3), "c/d": NOW + timedelta(hours=5)}
    assert store.last_asked(person="bo") == {"a/b": NOW + timedelta(hours=2)}
    assert store.last_asked(person="nobody") == {}
    store.append([Event(session="s0", seq=2, at=NOW + timedelta(days=1), body=answered("later"))])
    assert (store.latest(person="ann"), store.list(person="ann")[0].person) == ("s0", "ann")


def test_a_title_is_the_persons_until_it_is_emptied(store: Store) -> None:
    keep(store, "s", asked("First question?"))
    store.rename("s", "  Before\nthe interview  ")
    assert titles(store.list()) == ["Before the interview"]
    store.append([Event(session="s", seq=2, at=NOW, body=asked("Second question?"))])
    assert titles(store.list(search="second")) == ["Before the interview"]
    store.rename("s", " ")
    assert titles(store.list()) == ["First question?"]
    with pytest.raises(UnknownSession, match="'nobody'"):
        store.rename("nobody", "x")


def test_a_deleted_session_is_gone_and_stays_gone(store: Store) -> None:
    keep(store, "mine", asked("?"))
    keep(store, "other", asked("??"))
    store.save_draft("mine", 2, "half an answer")
    assert store.delete("mine") == ()
    with pytest.raises(UnknownSession):
        store.events("mine")
    with pytest.raises(UnknownSession):
        store.delete("mine")
    with pytest.raises(UnknownSession):
        store.append([event("mine", 2)])
    assert store.draft("mine", 2) == ""
    store.save_draft("mine", 2, "typed in a tab that does not know")
    assert store.draft("mine", 2) == ""
    assert titles(store.list()) == ["??"]
    assert store.latest() == "other"
    assert store.last_asked() == {"a/b": NOW}


def test_deleting_names_the_recordings(store: Store) -> None:
    keep(store, "s", asked("?"), answered("spoken"))
    spoken = {"audio": "recordings/1.wav", "seconds": 1}
    body = {"kind": "answered", "text": "spoken", "lang": "en", "recordings": [spoken]}
    kept = json.dumps({"session": "s", "seq": 2, "at": NOW.isoformat(), "body": body})
    with store._engine.begin() as link:
        link.exec_driver_sql(f"UPDATE events SET body = '{kept}' WHERE seq = 2")
    assert store.delete("s") == ("recordings/1.wav",)


def bytes_of(path: Path) -> bytes:
    """Everything that SQLite keeps on disk for this database."""
    return b"".join(one.read_bytes() for one in sorted(path.parent.glob(f"{path.name}*")))


@pytest.mark.parametrize("seed", [9, 23])
def test_the_words_of_a_deleted_session_are_in_no_file(file_store: Store, path: Path, seed: int) -> None:
    draw = random.Random(seed)
    names = [f"s{number}" for number in range(8)]
    seqs = {name: count(2) for name in names}
    for name in names:
        file_store.append([event(name, 0), Event(session=name, seq=1, at=NOW, body=asked(f"secret {name}!"))])
    for _ in range(120):
        name = draw.choice(names)
        seq = next(seqs[name])
        file_store.save_draft(name, seq, f"secret {name}! " * draw.randint(1, 250))
        said = event(name, seq, f"secret {name}! " * draw.choice((1, 5, 30, 150, 900)))
        file_store.append([said], clear_draft=draw.random() < 0.5)
    draw.shuffle(names)
    for number, name in enumerate(names):
        file_store.rename(name, f"renamed: secret {name}!")
        assert f"secret {name}!".encode() in bytes_of(path)
        file_store.delete(name)
        left = bytes_of(path)
        assert [one for one in names if f"secret {one}!".encode() in left] == names[number + 1 :]


def test_words_typed_over_are_in_no_file_once_it_is_closed(file_store: Store, path: Path) -> None:
    keep(file_store, "s", asked("?"))
    file_store.save_draft("s", 2, "typed over " * 50)
    file_store.save_draft("s", 2, "kept")
    assert b"typed over" in bytes_of(path)
    file_store.close()
    assert b"typed over" not in bytes_of(path)
    assert b"kept" in bytes_of(path)


def test_a_reader_that_holds_the_file_is_told_of_and_the_next_deletion_cleans_up(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("coach.progress.store.WAIT_S", 0.05)
    store = Store.open(path)
    for name in ("one", "two"):
        keep(store, name, asked(f"secret {name}!"))
    reader = sqlite3.connect(path, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM events").fetchall()
    store.delete("one")
    assert "until the next deletion: another program is reading it" in caplog.text
    assert b"secret one!" in bytes_of(path)
    reader.close()
    store.delete("two")
    assert b"secret" not in bytes_of(path)
    store.close()


# --- files and servers that are not as they should be --------------------------------------


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is not a database at all, but a text" * 100)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(path)
    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_refused_and_left_alone(place: Place) -> None:
    store = Store.connect(place.url)
    keep(store, "s", asked("?"))
    with store._engine.begin() as link:
        link.exec_driver_sql("UPDATE coach_version SET version_num = '0999'")
        link.exec_driver_sql("ALTER TABLE sessions DROP COLUMN format")
    store.close()
    for _ in range(2):
        with pytest.raises(StoreError, match=r"newer version \(schema 0999\); update the coach"):
            Store.connect(place.url)


def test_a_file_of_a_version_with_more_steps_is_refused(path: Path) -> None:
    Store.open(path).close()
    link = sqlite3.connect(path)
    link.execute("PRAGMA user_version=99")
    link.close()
    before = bytes_of(path)
    with pytest.raises(StoreError, match=r"newer version \(schema 99\)"):
        Store.open(path)
    assert bytes_of(path) == before


def test_a_full_disk_is_said_and_what_was_saved_stays(file_store: Store) -> None:
    store = file_store
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
    assert store.list()[0].answers == len(kept) - 2


def limit_pages(store: Store, pages: int) -> None:
    """From now on the database may not grow: SQLite answers as it does on a full disk."""
    from sqlalchemy import event as hook

    store._engine.dispose()

    def limit(link: sqlite3.Connection, _record: object) -> None:
        link.execute(f"PRAGMA max_page_count={pages + 2}")

    hook.listen(store._engine, "connect", limit)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://coach:hunter2@127.0.0.1:1/coach", "check that the server runs"),
        ("postgres://coach:hunter2@127.0.0.1:1/coach", "check that the server runs"),
        ("mysql://coach:hunter2@127.0.0.1/coach", "no database for sessions"),
        ("sqlite://", "no database for sessions"),
        ("sqlite:///:memory:", "no database for sessions"),
        ("postgresql://coach:hunter2@127.0.0.1:port/coach", "cannot be read"),
        ("hunter2", "cannot be read"),
    ],
)
def test_a_database_that_cannot_be_used_is_said_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        Store.connect(url)
    assert "hunter2" not in str(caught.value)


def test_a_refused_password_is_said_and_not_shown(server: Server) -> None:
    url = server.url("postgres").replace(server.password, "hunter2")
    with pytest.raises(StoreError, match="authentication failed") as caught:
        Store.connect(url)
    assert "hunter2" not in str(caught.value)


def test_a_missing_driver_names_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"pip install 'interview-coach\[postgres\]'"):
        Store.connect("postgresql+psycopg://coach@127.0.0.1/coach")


def test_the_address_is_a_setting_that_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().database_url is None
    monkeypatch.setenv("COACH_DATABASE_URL", "postgresql://coach:hunter2@127.0.0.1/coach")
    assert Settings().database_url == "postgresql://coach:hunter2@127.0.0.1/coach"
    assert "hunter2" not in repr(Settings())


# --- migrations ----------------------------------------------------------------------------

OLD_TABLES = """
CREATE TABLE events (
    session VARCHAR(64) NOT NULL, seq INTEGER NOT NULL, at DATETIME NOT NULL, kind VARCHAR(32) NOT NULL,
    body TEXT NOT NULL, PRIMARY KEY (session, seq)
);
CREATE INDEX ix_events_at ON events (at);
CREATE TABLE drafts (
    session VARCHAR(64) NOT NULL, seq INTEGER NOT NULL, text TEXT NOT NULL, at DATETIME NOT NULL, PRIMARY KEY (session)
);
PRAGMA user_version=1;
"""
"""What the first release made."""
OLD_PLAN = {
    "lang": "zh", "company": None, "topic": None, "focus": "", "questions": 1, "probes": 2, "seed": 0
}  # fmt: skip
OLD_BODIES: tuple[dict[str, object], ...] = (
    {"kind": "started", "plan": OLD_PLAN, "cards": ["a/b"]},
    {"kind": "asked", "card": "a/b", "text": "什么是偏差？"},
    {"kind": "answered", "text": "It is not variance.", "source": "typed", "lang": "en"},
    {"kind": "ended", "why": "stopped"},
)


def old_file(path: Path, sessions: Sequence[str] = ("s",)) -> None:
    """A database as the first release left it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    link = sqlite3.connect(path)
    link.execute("PRAGMA journal_mode=WAL")
    link.executescript(OLD_TABLES)
    for session in sessions:
        for seq, body in enumerate(OLD_BODIES):
            at = f"2026-01-01T00:0{seq}:00Z"
            text = json.dumps({"session": session, "seq": seq, "at": at, "body": body}, ensure_ascii=False)
            row = (session, seq, f"2026-01-01 00:0{seq}:00.000000", str(body["kind"]), text)
            link.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", row)
        link.execute("INSERT INTO drafts VALUES (?, 4, 'half', '2026-01-01 00:05:00.000000')", (session,))
    link.commit()
    link.close()


def test_a_database_of_the_first_release_is_taken_over_without_loss(path: Path) -> None:
    old_file(path)
    store = Store.open(path)
    first, _, said, _ = store.events("s")
    assert isinstance(first.body, Started)
    assert first.body.plan == Plan(lang="zh", questions=1)
    assert said.body == answered("It is not variance.")
    assert store.draft("s", 4) == "half"
    assert store.last_asked() == {"a/b": NOW + timedelta(minutes=1)}
    (info,) = store.list(search="偏差 variance")
    assert info == SessionInfo(
        session="s",
        title="什么是偏差？",
        started_at=NOW,
        updated_at=NOW + timedelta(minutes=3),
        ended_at=NOW + timedelta(minutes=3),
        lang="zh",
        questions=1,
        answers=1,
        events=4,
    )
    store.append([Event(session="s", seq=4, at=NOW, body=answered("more"))])
    assert store.list(person="")[0].answers == 2
    store.close()


def test_one_unreadable_event_locks_nobody_out(path: Path) -> None:
    old_file(path, ["good", "bad"])
    link = sqlite3.connect(path)
    link.execute("UPDATE events SET body = '{' WHERE session = 'bad'")
    link.commit()
    link.close()
    store = Store.open(path)
    assert {one.session: one.title for one in store.list()} == {"good": "什么是偏差？", "bad": ""}
    assert store.delete("bad") == ()
    store.close()


def test_a_migration_that_fails_changes_nothing(path: Path) -> None:
    old_file(path)
    link = sqlite3.connect(path)
    link.execute("CREATE TABLE sessions (whose TEXT)")
    before = list(link.iterdump())
    with pytest.raises(StoreError, match=r"up to date; nothing was changed .*sessions already exists"):
        Store.open(path)
    assert list(link.iterdump()) == before
    assert link.execute("PRAGMA user_version").fetchone() == (1,)
    link.close()


def test_tables_of_another_program_are_left_alone(database: Place) -> None:
    assert database.server is not None
    database.server.run("CREATE TABLE events (whose TEXT)", database.name)
    with pytest.raises(StoreError, match=r"events.* already exists"):
        Store.connect(database.url)
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
    assert database.server.run(tables, database.name) == [("events",)]


def test_a_schema_of_its_own_keeps_it_apart_from_other_programs(database: Place) -> None:
    assert database.server is not None
    database.server.run("CREATE TABLE events (whose TEXT)", database.name)
    database.server.run("CREATE SCHEMA coach", database.name)
    url = f"{database.url}?options=-csearch_path%3Dcoach"
    for number in range(2):
        store = Store.connect(url)
        keep(store, f"s{number}", asked("?"))
        store.close()
    assert database.server.run("SELECT count(*) FROM coach.sessions", database.name) == [(2,)]
    assert database.server.run("SELECT count(*) FROM public.events", database.name) == [(0,)]


def test_every_step_ends_in_the_tables_that_the_store_uses(store: Store) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    from coach.progress.store import _meta

    config = Config()
    config.set_main_option("script_location", "coach.progress:migrations")
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert steps == list(reversed(migrations.REVISIONS))
    with store._engine.connect() as link:
        context = MigrationContext.configure(link, opts={"version_table": migrations.VERSION_TABLE})
        assert compare_metadata(context, _meta) == []


def test_the_steps_are_in_the_package() -> None:
    shipped = files("coach.progress.migrations")
    assert (shipped / "env.py").is_file()
    assert len([one for one in (shipped / "versions").iterdir() if one.name.startswith("r")]) == len(
        migrations.REVISIONS
    )


OPENER = """
import sys
sys.path.insert(0, sys.argv[2])
from coach.progress.store import Store
print("ready", flush=True)
sys.stdin.readline()
store = Store.connect(sys.argv[1])
print([(one.session, one.answers) for one in store.list()], "alembic" in sys.modules, flush=True)
store.close()
"""


def opened_at_once(url: str, times: int) -> list[str]:
    """What so many processes say that open the store together."""
    command = [sys.executable, "-c", OPENER, url, ROOT]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    children = [subprocess.Popen(command, text=True, **pipes) for _ in range(times)]  # type: ignore[call-overload]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    done = [child.communicate() for child in children]
    assert [error for _, error in done] == [""] * times
    return [said.strip() for said, _ in done]


def test_processes_that_open_a_new_database_at_once_all_succeed(place: Place) -> None:
    if place.server is None:
        Path(place.url.removeprefix("sqlite:///")).parent.mkdir()
    assert {one.partition("]")[0] for one in opened_at_once(place.url, 3)} == {"["}
    assert opened_at_once(place.url, 1) == ["[] False"], "nothing is owed, so Alembic is not imported"


def test_processes_that_open_an_old_database_at_once_all_succeed(path: Path) -> None:
    old_file(path, [f"s{number}" for number in range(20)])
    said = {one.rpartition(" ")[0] for one in opened_at_once(f"sqlite:///{path}", 3)}
    assert said == {str([(f"s{number}", 1) for number in sorted(range(20), key=str, reverse=True)])}
