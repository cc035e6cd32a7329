"""Sessions that are copied to another database are there as they were; nothing is overwritten or taken away."""

import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coach.cli import app
from coach.errors import Conflict, UnknownSession
from coach.progress.copy import copied
from coach.progress.store import Store
from coach.schema import Event
from coach.settings import load_settings
from tests.progress.conftest import Place
from tests.progress.test_store import NOW, answered, asked, keep, old_file


def filled(store: Store) -> None:
    keep(store, "first", asked("What is bias?\x00"), answered("偏差\x00 and variance"))
    keep(store, "second", asked("And variance?"), person="ann")
    store.rename("second", "My own title")
    store.save_draft("second", 2, "half an answer")


@pytest.fixture
def source(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "from" / "sessions.db")


def test_everything_comes_over_as_it_was(source: Store, store: Store) -> None:
    filled(source)
    before = {name: source.kept(name) for name in ("first", "second")}
    assert dict(copied(source, store)) == {"first": True, "second": True}
    assert [store.events(name) for name in before] == [source.events(name) for name in before]
    assert store.list() == source.list()
    assert [one.session for one in store.list(search="variance 偏差")] == ["first"]
    assert [one.title for one in store.list(person="ann")] == ["My own title"]
    assert store.draft("second", 2) == "half an answer"
    assert store.last_asked() == source.last_asked()
    assert {name: source.kept(name) for name in before} == before
    store.append([Event(session="second", seq=2, at=NOW, body=answered("it goes on"))], clear_draft=True)
    assert len(store.events("second")) == 3
    source.close()


def test_what_is_there_already_is_left_alone(source: Store, store: Store) -> None:
    filled(source)
    assert dict(copied(source, store)) == {"first": True, "second": True}
    keep(source, "third", asked("One more?"))
    assert dict(copied(source, store)) == {"first": False, "second": False, "third": True}
    source.close()


@pytest.mark.parametrize("where", ["event", "title", "draft"])
def test_a_session_that_went_on_elsewhere_stops_all_before_anything_is_written(
    source: Store, store: Store, where: str
) -> None:
    filled(source)
    list(copied(source, store))
    keep(source, "third", asked("One more?"))
    if where == "event":
        store.append([Event(session="first", seq=3, at=NOW, body=answered("said over there"))])
    elif where == "title":
        store.rename("first", "named over there")
    else:
        store.save_draft("first", 3, "typed over there")
    before = store.kept("first")
    with pytest.raises(Conflict, match=r"1 of 3 sessions .* differ there: first\."):
        list(copied(source, store))
    assert store.kept("first") == before
    with pytest.raises(UnknownSession):
        store.kept("third")
    source.close()


def test_a_session_comes_whole_or_not_at_all(source: Store, store: Store) -> None:
    filled(source)
    kept = source.kept("first")
    store.append(source.events("first"))
    with pytest.raises(Conflict, match="is there already"):
        store.keep(kept)
    assert len(store.events("first")) == len(kept.events)
    source.close()


def test_an_event_that_cannot_be_read_comes_over_too(path: Path, database: Place) -> None:
    old_file(path, ["bad"])
    link = sqlite3.connect(path)
    link.execute("UPDATE events SET body = '{' WHERE session = 'bad'")
    link.commit()
    link.close()
    source, target = Store.open(path), Store.connect(database.url)
    assert list(copied(source, target)) == [("bad", True)]
    assert target.kept("bad") == source.kept("bad")
    source.close()
    target.close()


def test_the_command_copies_the_file_of_the_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: Place
) -> None:
    monkeypatch.setenv("COACH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("COACH_DATABASE_URL", database.url)
    load_settings.cache_clear()
    run = CliRunner()
    assert "there is no interview to copy" in str(run.invoke(app, ["sessions", "copy"]).exception)
    source = Store.open(tmp_path / "sessions.db")
    filled(source)
    source.close()
    done = run.invoke(app, ["sessions", "copy"], catch_exceptions=False)
    assert "copied 2 interviews, 0 were there already" in done.stdout
    assert "copied 0 interviews, 2 were there" in run.invoke(app, ["sessions", "copy", "--to", database.url]).stdout
    assert database.server is not None
    assert database.server.run("SELECT count(*) FROM sessions", database.name) == [(2,)]
    load_settings.cache_clear()
