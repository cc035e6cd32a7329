"""The network guard guards."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import guard
from tests.conftest import ROOT


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8", None, ""])
def test_this_machine_is_local(host: str | None) -> None:
    assert guard.is_local(host)


@pytest.mark.parametrize(
    "host", ["203.0.113.9", "example.com", "10.0.0.1", "::ffff:203.0.113.9", "localhost.evil.example"]
)
def test_other_machines_are_not(host: str) -> None:
    assert not guard.is_local(host)


def test_a_call_beyond_this_machine_is_stopped_and_remembered() -> None:
    with socket.socket() as link, pytest.raises(guard.BeyondLoopback):
        link.connect(("203.0.113.9", 80))
    with pytest.raises(guard.BeyondLoopback):
        socket.getaddrinfo("example.com", 80)
    assert len(guard.violations) == 2
    guard.violations.clear()


def test_a_guarded_process_dies_loudly(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import socket\nsocket.create_connection(('203.0.113.9', 80))\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.guard", str(script)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "NETWORK GUARD" in done.stderr
