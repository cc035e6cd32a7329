"""A PostgreSQL server of the tests' own: in a temporary folder, on a free port of this machine, gone afterwards."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROLE = "coach"
START_S = 60


@dataclass(frozen=True)
class Server:
    """A running server."""

    port: int
    password: str

    def url(self, database: str) -> str:
        """The address of one of its databases, as a person would write it."""
        return f"postgresql+psycopg://{ROLE}:{self.password}@127.0.0.1:{self.port}/{database}"

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """The rows of a statement, run outside of any transaction."""
        with psycopg.connect(self.url(database).replace("+psycopg", ""), autocommit=True) as link:
            done = link.execute(statement.encode())
            return done.fetchall() if done.description else []


def programs() -> Path | None:
    """The folder that holds the newest `initdb` and `postgres` of this machine, or None."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True)
    named = shutil.which("initdb")
    places = [*packaged, *([Path(named).resolve().parent] if named else [])]
    return next((path for path in places if (path / "initdb").exists() and (path / "postgres").exists()), None)


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server from the programs in `folder`; it refuses to run as root, so that root runs it as `postgres`."""
    home = Path(tempfile.mkdtemp(prefix="coach-postgres-"))
    server = Server(_free_port(), secrets.token_hex(16))
    secret = home / "password"
    secret.write_text(server.password, encoding="utf-8")
    other: dict[str, Any] = {}
    if sys.platform != "win32" and os.getuid() == 0:
        other = {"user": "postgres", "group": "postgres", "extra_groups": []}
        for path in (home, secret):
            shutil.chown(path, "postgres", "postgres")
    calls: dict[str, Any] = {"cwd": home, "stderr": subprocess.STDOUT, **other}
    try:
        data = str(home / "data")
        make = [str(folder / "initdb"), "-D", data, "-U", ROLE, "-A", "scram-sha-256", "--pwfile", str(secret)]
        made = subprocess.run(
            [*make, "-E", "UTF8", "--locale=C", "--no-sync"], stdout=subprocess.PIPE, text=True, check=False, **calls
        )
        assert made.returncode == 0, made.stdout
        # Nothing here outlives the machine, and a zone far from UTC shows whether times are told apart from it.
        options = {"port": server.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options |= {"fsync": "off", "timezone": "Asia/Shanghai", "synchronous_commit": "off"}
        start = [str(folder / "postgres"), "-D", data, *(f"--{name}={value}" for name, value in options.items())]
        with (home / "log").open("wb") as log, subprocess.Popen(start, stdout=log, **calls) as process:
            try:
                _wait(server, process, home / "log")
                yield server
            finally:
                process.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGINT)
                process.wait(START_S)
    finally:
        shutil.rmtree(home)


def _wait(server: Server, process: subprocess.Popen[Any], log: Path) -> None:
    until = time.monotonic() + START_S
    while True:
        try:
            server.run("SELECT 1")
        except psycopg.OperationalError:
            said = log.read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.05)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
