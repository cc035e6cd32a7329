"""Gradio's scripts and styles are read once, and nothing else is kept."""

import asyncio
import gzip

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from coach.ui.kept import NEVER_CHANGES, Kept

SCRIPT = "let a = 1;\n" * 200
HERE, THERE = ("127.0.0.1", 50_000), ("192.0.2.7", 50_000)


class Served:
    """An app behind `Kept`, and the addresses that reached it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._answer)], middleware=[Middleware(Kept)])

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if request.url.path.endswith("gone.js"):
            return PlainTextResponse("no such file", status_code=404)
        return Response(SCRIPT, media_type="text/javascript", headers={"etag": '"one"'})

    def client(self, host: tuple[str, int] = THERE) -> TestClient:
        return TestClient(self.app, client=host)


@pytest.fixture
def served() -> Served:
    return Served()


def test_a_script_is_read_once_and_may_be_kept_by_the_browser(served: Served) -> None:
    client = served.client()
    first, second = client.get("/assets/a-1.js"), client.get("/assets/a-1.js")
    assert first.text == second.text == SCRIPT
    assert served.asked == ["/assets/a-1.js"]
    assert second.headers["cache-control"] == NEVER_CHANGES
    assert second.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("host", "headers", "encoding"),
    [
        (THERE, {}, "gzip"),
        (THERE, {"accept-encoding": "br"}, "identity"),
        (HERE, {}, "identity"),
        (HERE, {"x-forwarded-for": "192.0.2.7"}, "gzip"),
    ],
)
def test_it_is_packed_for_another_machine_only(
    served: Served, host: tuple[str, int], headers: dict[str, str], encoding: str
) -> None:
    with served.client(host).stream("GET", "/assets/a-1.js", headers=headers) as reply:
        raw = b"".join(reply.iter_raw())
    assert reply.headers["content-encoding"] == encoding
    assert (gzip.decompress(raw) if encoding == "gzip" else raw).decode() == SCRIPT


def test_a_browser_that_has_it_is_told_so(served: Served) -> None:
    reply = served.client().get("/assets/a-1.js", headers={"if-none-match": '"one"'})
    assert (reply.status_code, reply.content) == (304, b"")
    assert reply.headers["cache-control"] == NEVER_CHANGES


def test_one_file_is_kept_under_one_address() -> None:
    kept = Kept(heeding)
    for path in ("/assets/./a-1.js", "/assets/b/../a-1.js", "/assets//a-1.js"):
        assert lifted(kept, path=path).decode() == SCRIPT
    assert vars(kept)["_files"] == {}


@pytest.mark.parametrize("path", ["/", "/gradio_api/file=/assets/mine.wav", "/gradio_api/assets/a-1.js", "/theme.css"])
def test_nothing_else_is_kept(served: Served, path: str) -> None:
    client = served.client()
    assert [client.get(path).text for _ in range(2)] == [SCRIPT, SCRIPT]
    assert served.asked == [path, path]
    assert "cache-control" not in client.get(path).headers


def test_what_is_not_there_is_asked_for_again(served: Served) -> None:
    client = served.client()
    assert [client.get("/assets/gone.js").status_code for _ in range(2)] == [404, 404]
    assert "cache-control" not in client.get("/assets/gone.js").headers


def test_a_part_of_a_file_and_what_is_posted_go_to_the_app(served: Served) -> None:
    client = served.client()
    client.get("/assets/a-1.js")
    client.get("/assets/a-1.js", headers={"range": "bytes=0-1"})
    client.head("/assets/a-1.js")
    assert len(served.asked) == 3


def lifted(kept: Kept, *, leaves: bool = False, path: str = "/assets/a-1.js") -> bytes:
    """What a browser gets for a script; one that leaves has gone before anything is sent."""
    coming: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]
    got = bytearray()

    async def receive() -> Message:
        if coming:
            return coming.pop()
        return {"type": "http.disconnect"} if leaves else await asyncio.Future()

    async def send(message: Message) -> None:
        got.extend(message.get("body", b""))

    scope: Scope = {"type": "http", "method": "GET", "path": path, "headers": [], "client": HERE}
    asyncio.run(kept(scope, receive, send))
    return bytes(got)


async def heeding(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that stops in the middle when it is told that nobody listens."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": SCRIPT[:100].encode(), "more_body": True})
    gone = asyncio.ensure_future(receive())
    done, _ = await asyncio.wait([gone], timeout=0.01)
    gone.cancel()
    rest = b"" if done else SCRIPT[100:].encode()
    await send({"type": "http.response.body", "body": rest, "more_body": False})


def test_a_browser_that_leaves_at_once_spoils_the_file_for_nobody() -> None:
    kept = Kept(heeding)
    lifted(kept, leaves=True)
    assert lifted(kept).decode() == SCRIPT


@pytest.mark.parametrize("said", [{"more_body": True}, {"more_body": False, "length": 5000}])
def test_half_a_file_is_not_kept(said: dict[str, int]) -> None:
    asked: list[str] = []

    async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
        asked.append(scope["path"])
        length = [(b"content-length", str(said["length"]).encode())] if "length" in said else []
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"let", "more_body": said["more_body"]})

    kept = Kept(breaking)
    for _ in range(2):
        lifted(kept)
    assert len(asked) == 4
