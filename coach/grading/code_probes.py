"""What a sandbox must withstand, as checks that run inside it: each returns when it was contained, else raises.

The self-test sends this file as the candidate's code; nothing here runs outside a sandbox.
"""

import errno
import os
import resource
import socket
from collections.abc import Sequence


def network(port: int) -> None:
    """A listener of the host cannot be reached, and there is no way to another machine."""
    for address in (("127.0.0.1", port), ("192.0.2.1", 80)):
        with socket.socket() as line:
            line.settimeout(1)
            try:
                line.connect(address)
            except OSError as error:
                if error.errno is None:
                    raise AssertionError(f"a connection to {address} was dropped, not refused") from error
            else:
                raise AssertionError(f"reached {address}")


def host_files(paths: Sequence[str]) -> None:
    """None of the host's files or folders can be read."""
    for path in paths:
        try:
            if os.path.isdir(path):
                os.listdir(path)
            else:
                os.close(os.open(path, os.O_RDONLY))
        except OSError:
            continue
        raise AssertionError(f"read {path}")


def environment(known: Sequence[str]) -> None:
    """No variable but those that were set on purpose, and no other process to ask."""
    strange = sorted(set(os.environ) - set(known))
    assert not strange, f"variables of the host: {strange}"
    assert not os.path.exists("/proc/self"), "/proc can be read"


def writing(folders: Sequence[str]) -> None:
    """Only the scratch folder takes files, and no more than a little."""
    for folder in ("/", "/usr/lib", *folders):
        try:
            os.close(os.open(f"{folder}/probe", os.O_CREAT | os.O_WRONLY))
        except OSError:
            continue
        raise AssertionError(f"wrote to {folder}")
    with open("/tmp/probe", "wb") as scratch:
        scratch.write(b"x")
    try:
        for number in range(64):
            with open(f"/tmp/probe{number}", "wb") as scratch:
                scratch.write(bytes(1_000_000))
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EFBIG, errno.EDQUOT}:
            raise
    else:
        raise AssertionError("64 MB fitted into the scratch folder")


def processes(most: int) -> None:
    """A fork bomb stops at the limit; it is not even tried where root would be exempt from it."""
    assert os.getuid() != 0, "running as root"
    for _ in range(most):
        try:
            child = os.fork()
        except OSError:
            return
        if child == 0:
            resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
            while True:
                pass
    raise AssertionError(f"{most} processes were started")


def privileges() -> None:
    """No way to another user."""
    try:
        os.setuid(0)
    except OSError:
        return
    raise AssertionError("became root")


def memory() -> None:
    """Ends in MemoryError."""
    _ = bytearray(8 << 30)


def spin() -> None:
    """Never ends."""
    while True:
        pass
