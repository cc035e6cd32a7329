"""Gradio's scripts and styles are read once, and nothing else is kept."""

import gzip

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

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
