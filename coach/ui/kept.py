"""Gradio's own scripts and styles, read once: a page asks for a hundred, and Gradio packs each anew each time."""

import asyncio
import gzip
import ipaddress
from dataclasses import dataclass
from functools import cached_property
from posixpath import normpath

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coach.ui.guarded import path_of

FOLDER = "/assets/"
"""What lies there has a hash of its content in its name, so it never changes under that name."""
NEVER_CHANGES = "public, max-age=31536000, immutable"
PACKED_FROM = 512
"""Bytes from which packing is worth it."""


@dataclass(frozen=True)
class _File:
    plain: bytes
    kind: str
    etag: str

    @cached_property
    def packed(self) -> bytes:
        """The content for a slow line."""
        return gzip.compress(self.plain, 6)


class Kept:
    """Answers for the files of `FOLDER` from memory once they were asked for; they are finitely many, 21 MB in all.

    Packed with gzip for another machine, and plain for this one, where packing only costs time.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._files: dict[str, _File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The file, or what the app says."""
        path = path_of(scope) if scope["type"] == "http" and scope["method"] == "GET" else ""
        if not path.startswith(FOLDER) or normpath(path) != path:
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        file = self._files.get(scope["path"]) or await self._read(scope)
        if file is None or "range" in headers:
            await self._app(scope, receive, send)
            return
        self._files[scope["path"]] = file
        shown = {"cache-control": NEVER_CHANGES, "etag": file.etag, "vary": "Accept-Encoding"}
        if file.etag and headers.get("if-none-match") == file.etag:
            await Response(status_code=304, headers=shown)(scope, receive, send)
            return
        accepts = len(file.plain) >= PACKED_FROM and "gzip" in headers.get("accept-encoding", "")
        packs = accepts and not _from_here(scope, headers)
        shown["content-encoding"] = "gzip" if packs else "identity"  # told in either case, or Gradio packs it again
        body = await asyncio.to_thread(getattr, file, "packed") if packs else file.plain
        await Response(body, media_type=file.kind, headers=shown)(scope, receive, send)

    async def _read(self, scope: Scope) -> _File | None:
        """What the app has under this address; None when that is no whole file.

        It is read for everybody who comes after: the app is not told when whoever asked first goes away, as it would
        stop in the middle of the file.
        """
        start: list[Message] = []
        body, over = bytearray(), [False]
        asked: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def stays() -> Message:
            return asked.pop() if asked else await asyncio.Future()

        async def take(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.append(message)
            else:
                body.extend(message.get("body", b""))
                over[0] = not message.get("more_body", False)

        host = Headers(scope=scope).get("host", "").encode("latin-1")
        await self._app({**scope, "headers": [(b"host", host)]}, stays, take)
        if not start or start[0]["status"] != 200 or not over[0]:
            return None
        headers = Headers(raw=start[0]["headers"])
        if headers.get("content-length", str(len(body))) != str(len(body)):
            return None
        return _File(bytes(body), headers.get("content-type", ""), headers.get("etag", ""))


def _from_here(scope: Scope, headers: Headers) -> bool:
    """Whether this machine asks, and not a proxy on it for somebody else."""
    if "x-forwarded-for" in headers or "forwarded" in headers or not scope.get("client"):
        return False
    try:
        return ipaddress.ip_address(scope["client"][0]).is_loopback
    except ValueError:
        return False
