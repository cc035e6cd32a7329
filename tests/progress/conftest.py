"""The databases that sessions can be kept in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from coach.progress.store import Store
from tests.progress import postgres

_numbers = count()


@dataclass(frozen=True)
class Place:
    """An empty database for sessions."""

    url: str
    server: postgres.Server | None = None
    """None for a SQLite file."""

    @property
    def name(self) -> str:
        """What follows the last slash of the address."""
        return self.url.rpartition("/")[2]


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A PostgreSQL server; without the programs these tests say so, or fail where they are required."""
    programs = postgres.programs()
    if programs is None:
        message = "no PostgreSQL found: its tests did not run (install the package `postgresql` to run them)"
        if os.environ.get("COACH_REQUIRE_POSTGRES"):
            pytest.fail(message)
        pytest.skip(message)
    with postgres.serving(programs) as server:
        yield server


@pytest.fixture
def database(server: postgres.Server) -> Iterator[Place]:
    """An empty PostgreSQL database."""
    name = f"coach{next(_numbers)}"
    server.run(f"CREATE DATABASE {name}")
    yield Place(server.url(name), server)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a SQLite file may be made."""
    return tmp_path / "data" / "sessions.db"


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    """An empty database, in each of the two kinds."""
    if request.param == "sqlite":
        return Place(f"sqlite:///{request.getfixturevalue('path')}")
    found: Place = request.getfixturevalue("database")
    return found


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """An open store in each of the two kinds."""
    store = Store.connect(place.url)
    yield store
    store.close()


@pytest.fixture
def file_store(path: Path) -> Iterator[Store]:
    """An open store in a SQLite file."""
    store = Store.open(path)
    yield store
    store.close()
