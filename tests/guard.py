"""No test, and no process a test starts, may talk to anything beyond this machine.

`python -m tests.guard SCRIPT [ARG …]` runs a script under the same rule.
"""

import ipaddress
import runpy
import sys
from typing import Any

violations: list[str] = []


class BeyondLoopback(BaseException):
    """Not an Exception on purpose: retry code in SDKs must not swallow it."""


def is_local(host: object) -> bool:
    """Whether a host of a socket call is this machine."""
    if host in (None, "", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = args[0]
    elif event in {"socket.connect", "socket.sendto"}:
        address = args[-1]
        if not isinstance(address, tuple):
            return
        host = address[0]
    else:
        return
    if not is_local(host):
        violations.append(f"{event} {host!r}")
        raise BeyondLoopback(f"network guard: {event} to {host!r}")


def install() -> None:
    """Watch every socket of this process from now on."""
    sys.addaudithook(_watch)


if __name__ == "__main__":
    install()
    sys.argv = sys.argv[1:]
    sys.path.insert(0, "")
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    finally:
        for violation in violations:
            print(f"NETWORK GUARD: {violation}", file=sys.stderr, flush=True)
