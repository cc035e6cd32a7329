"""What stands before every request: which names this server answers to, who may come in, what a page may do."""

import base64
import binascii
import hashlib
import ipaddress
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coach.ui.people import People

PERSON_HEADER = "x-coach-person"
"""Set by `Guarded` to the name a person signed in with, and to nothing else: what a client sends is dropped."""


def policy(scripts: Iterable[str] = ()) -> str:
    """The content security policy: nothing that is shown may fetch from, post to, or be framed by another site.

    Only the inline scripts with these hashes run, so a handler or script in somebody's words does not. `unsafe-eval`
    is for Gradio, which compiles the small scripts of events.
    """
    inline = "".join(f" 'sha256-{one}'" for one in scripts)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'unsafe-eval'{inline}",
            "script-src-attr 'none'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' blob:",
            "worker-src 'self' blob:",
            "frame-src 'none'",
            "object-src 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'self'",
        )
    )


HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "microphone=(self), camera=(), display-capture=(), geolocation=(), payment=(), usb=()",
}

_INLINE = re.compile(rb"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
_OPEN = ("startup-events", "login_check", "user", "app_id")
"""Of Gradio's own addresses, those that the sign-in page and the start of the server need."""


@dataclass(frozen=True)
class Door:
    """Who and what is let in."""

    names: frozenset[str] = frozenset()
    """Names of this server besides `localhost`; IP addresses are always right, for no name can be rebound to them."""
    people: People | None = None
    """Those who may sign in; None where nobody has to."""
    scripts: tuple[str, ...] = ()
    """Hashes of the inline scripts that Gradio adds to a page only once it runs: those of its `head`."""
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    """Name and password of an `Authorization` header -> the sign-in that stands for it."""

    def answers_to(self, host: str) -> bool:
        """Whether a `Host` header names this server; another name is somebody's DNS that points here."""
        name = _hostname(host)
        if name == "localhost" or name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def trusts(self, origin: str, host: str) -> bool:
        """Whether a page of this origin may call: the server's own, or one of its names behind a proxy."""
        parts = urlsplit(origin)
        return bool(parts.hostname) and (parts.netloc.lower() == host.lower() or parts.hostname in self.names)


class Guarded:
    """Refuses foreign hosts, foreign pages and strangers, and adds the security headers to every response."""

    def __init__(self, app: ASGIApp, door: Door | None = None) -> None:
        self._app = app
        self._door = door or Door()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and the guarded response back."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        guarded = _Guarding(send, self._door.scripts)
        refusal = self._refusal(Headers(scope=scope))
        if refusal is not None:
            await PlainTextResponse(refusal, status_code=403)(scope, receive, guarded)
            return
        scope, person = await self._who(scope)
        if self._door.people is not None and person is None and not _is_open(path_of(scope)):
            ask = {"www-authenticate": 'Basic realm="Interview coach"'} if "/mcp" in path_of(scope) else {}
            refused = PlainTextResponse("sign in first: docs/deploy.md\n", status_code=401, headers=ask)
            await refused(scope, receive, guarded)
            return
        await self._app(scope, receive, guarded)

    def _refusal(self, headers: Headers) -> str | None:
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self._door.answers_to(host):
            return f"this server does not answer to the name {_hostname(host)!r}: coach serve --allowed-host NAME\n"
        if origin is not None and not self._door.trusts(origin, host):
            return f"a page of {origin!r} may not call this server: coach serve --allowed-host NAME\n"
        return None

    async def _who(self, scope: Scope) -> tuple[Scope, str | None]:
        """The request with the person's name in a header of ours, and the name; None for a stranger.

        Besides Gradio's own cookie an `Authorization: Basic` counts, for programs; it is given a cookie, so that
        Gradio knows the person as well.
        """
        headers = [(key, value) for key, value in scope["headers"] if key != PERSON_HEADER.encode()]
        if self._door.people is None:
            return {**scope, "headers": headers}, None
        signed_in = scope["app"].tokens
        cookie = f"access-token-unsecure-{scope['app'].cookie_id}"
        token = _cookie(Headers(raw=headers), cookie, f"access-token-{scope['app'].cookie_id}", among=signed_in)
        if token is None:
            token = await self._by_password(Headers(raw=headers).get("authorization", ""), signed_in)
            if token is None:
                return {**scope, "headers": headers}, None
            headers = [(key, value) for key, value in headers if key != b"cookie"]
            headers.append((b"cookie", f"{cookie}={token}".encode()))
        person = str(signed_in[token])
        headers.append((PERSON_HEADER.encode(), person.encode("latin-1", "replace")))
        return {**scope, "headers": headers}, person

    async def _by_password(self, written: str, signed_in: dict[str, Any]) -> str | None:
        people, pair = self._door.people, _pair(written)
        if people is None or pair is None or not await people.check(*pair):
            return None
        token = self._door.tokens.setdefault(pair, secrets.token_urlsafe(24))
        signed_in[token] = pair[0]
        return token


class _Guarding:
    """Sends a response on with the headers; an HTML page is held until its inline scripts are counted."""

    def __init__(self, send: Send, scripts: tuple[str, ...]) -> None:
        self._send = send
        self._scripts = scripts
        self._held: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            kind = Headers(raw=message.get("headers", [])).get("content-type", "")
            if kind.startswith("text/html"):
                self._held = message
            else:
                await self._send(_with_headers(message, policy()))
        elif self._held is not None and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send(_with_headers(self._held, policy((*script_hashes(bytes(self._body)), *self._scripts))))
                await self._send({**message, "body": bytes(self._body)})
        else:
            await self._send(message)


def _with_headers(message: Message, csp: str) -> Message:
    ours = {**HEADERS, "content-security-policy": csp}
    kept = [(key, value) for key, value in message.get("headers", []) if key.lower().decode("latin-1") not in ours]
    return {**message, "headers": [*kept, *((key.encode(), value.encode()) for key, value in ours.items())]}


def script_hashes(page: bytes) -> tuple[str, ...]:
    """SHA-256 of each inline script of a page, in base64, as a content security policy names it."""
    found = (base64.b64encode(hashlib.sha256(_as_parsed(one)).digest()).decode() for one in _INLINE.findall(page))
    return tuple(dict.fromkeys(found))


def _as_parsed(script: bytes) -> bytes:
    """The script as a browser reads it: line ends are one character (HTML standard, 13.2.3.5)."""
    return script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def path_of(scope: Scope) -> str:
    """The address that is asked for, without the folder that the server is mounted at."""
    return str(scope["path"]).removeprefix(str(scope.get("root_path", "")))


def _is_open(path: str) -> bool:
    """Whether a stranger may see it: the shell of the pages, which asks to sign in, and its looks; nothing else."""
    first, _, rest = path.lstrip("/").partition("/")
    if first == "gradio_api":
        return rest.rstrip("/") in _OPEN
    return first not in {"config", "monitoring"}


def _hostname(host: str) -> str:
    """The name in a `Host` header, without the port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _cookie(headers: Headers, *names: str, among: dict[str, Any]) -> str | None:
    """The first of the cookies of these names that is a sign-in."""
    pairs = [part.strip().partition("=") for part in headers.get("cookie", "").split(";")]
    return next((value for name, _, value in pairs if name in names and among.get(value)), None)


def _pair(authorization: str) -> tuple[str, str] | None:
    """Name and password of an `Authorization: Basic` header."""
    kind, _, coded = authorization.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(coded, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None
