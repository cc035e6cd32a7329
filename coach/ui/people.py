"""Who may sign in: names with salted hashes of their passwords, one `name:hash` on each line of a file."""

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from coach.errors import SettingsError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
LEAST_PASSWORD = 8
MOST_PASSWORD = 1024
"""Characters; longer ones are refused unread, so that nobody keeps the machine busy with them."""
_COST, _BLOCK, _LANES = 2**14, 8, 1
"""scrypt with 16 MB and some 50 ms for each try."""
_TRIES, _REST_S = 5, 30.0
"""After so many wrong passwords in a row a name is refused for so long."""
_AT_ONCE = 2


def hashed(password: str, *, salt: bytes | None = None) -> str:
    """The password as it is kept: `scrypt$cost$block$lanes$salt$key`, salt and key in base64.

    Source: RFC 7914; the cost is the one its section 2 gives for interactive sign-in.
    """
    salt = salt or secrets.token_bytes(16)
    key = _key(password, salt, _COST, _BLOCK, _LANES)
    return f"scrypt${_COST}${_BLOCK}${_LANES}${_coded(salt)}${_coded(key)}"


def line_of(name: str, password: str) -> str:
    """The line of the file for one person. Raises SettingsError for an impossible name or password."""
    if not NAME.fullmatch(name):
        raise SettingsError(f"{name!r} cannot be a name: letters, digits and . _ @ - , at most 64, no space")
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise SettingsError(f"a password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters, not {len(password)}")
    return f"{name}:{hashed(password)}"


def add(path: Path, name: str, *, password: str) -> bool:
    """Whether the file had a line for the person, which the new one now stands in place of. Raises SettingsError."""
    lines = _lines(path) if path.exists() else {}
    known = name in lines
    lines[name] = line_of(name, password).partition(":")[2]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.touch(mode=0o600)
    draft.write_text("".join(f"{one}:{key}\n" for one, key in lines.items()), encoding="utf-8")
    draft.replace(path)
    return known


class People:
    """Those who may sign in, and whether a name and password belong to one of them."""

    def __init__(self, hashes: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._hashes = dict(hashes)
        self._nobody = hashed(secrets.token_hex(16))
        self._clock = clock
        self._failed: dict[str, tuple[int, float]] = {}
        self._known: set[bytes] = set()
        self._pepper = secrets.token_bytes(32)
        self._turns = asyncio.Semaphore(_AT_ONCE)

    @classmethod
    def read(cls, path: Path) -> "People":
        """The people of a file. Raises SettingsError naming every line that is wrong."""
        found = _lines(path)
        if not found:
            raise SettingsError(f"{path} names nobody: coach serve --add-user NAME {path}")
        return cls(found)

    @classmethod
    def of(cls, pair: str) -> "People":
        """The one person of a `name:password`. Raises SettingsError."""
        name, colon, password = pair.partition(":")
        if not colon:
            raise SettingsError("COACH_AUTH is a name, a colon and a password")
        return cls({name: line_of(name, password).partition(":")[2]})

    def __len__(self) -> int:
        return len(self._hashes)

    async def check(self, name: str, password: str) -> bool:
        """Whether the password is that person's; takes as long for a name that nobody has."""
        name = name.strip()
        seen = hmac.digest(self._pepper, f"{name}\n{password}".encode(), "sha256")
        if seen in self._known:
            return True
        async with self._turns:
            count, until = self._failed.get(name, (0, 0.0))
            if len(password) > MOST_PASSWORD or (count >= _TRIES and self._clock() < until):
                return False
            right = await asyncio.to_thread(_matches, password, self._hashes.get(name, self._nobody))
        if name not in self._hashes:
            return False
        if right:
            self._failed.pop(name, None)
            self._known.add(seen)
        else:
            self._failed[name] = (count + 1, self._clock() + _REST_S)
        return right


def _lines(path: Path) -> dict[str, str]:
    try:
        written = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: the file of names cannot be read ({error})") from error
    found: dict[str, str] = {}
    wrong: list[str] = []
    for number, line in enumerate(written.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, key = line.strip().partition(":")
        if name in found:
            wrong.append(f"{path}:{number}: {name!r} stands here twice")
        elif not NAME.fullmatch(name) or _parts(key) is None:
            wrong.append(f"{path}:{number}: not a line of `coach serve --add-user NAME {path}`")
        found[name] = key
    if wrong:
        raise SettingsError("\n".join(wrong))
    return found


def _parts(written: str) -> tuple[int, int, int, bytes, bytes] | None:
    """Cost, block, lanes, salt and key; None when it is not what `hashed` writes, or would take too long."""
    kind, *rest = written.split("$")
    if kind != "scrypt" or len(rest) != 5 or not all(part.isdecimal() for part in rest[:3]):
        return None
    cost, block, lanes = (int(part) for part in rest[:3])
    try:
        salt, key = (base64.b64decode(part, validate=True) for part in rest[3:])
    except ValueError:
        return None
    usual = 2 <= cost <= 2**17 and cost & (cost - 1) == 0 and 1 <= block <= 16 and 1 <= lanes <= 4
    return (cost, block, lanes, salt, key) if usual and len(key) == 32 and len(salt) >= 8 else None


def _matches(password: str, written: str) -> bool:
    parts = _parts(written)
    if parts is None:
        return False
    cost, block, lanes, salt, key = parts
    return hmac.compare_digest(_key(password, salt, cost, block, lanes), key)


def _key(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    room = 256 * cost * block * lanes + 2**20
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=room, dklen=32)


def _coded(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
