"""What stands before every request: hosts, origins, strangers, headers."""

import base64
import hashlib
import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from typer.testing import CliRunner

from coach.cli import app as command_line
from coach.errors import SettingsError
from coach.settings import Settings
from coach.ui.guarded import PERSON_HEADER, Door, Guarded, script_hashes
from coach.ui.launch import check_open, people_of
from coach.ui.people import People, add, hashed, line_of

HTML = b"<p>hello</p>"


class Asked:
    """A request to a guarded server that answers with `body`, and what came of it."""

    def __init__(self, door: Door | None = None, *, body: tuple[bytes, ...] = (HTML,), kind: str = "text/html") -> None:
        self._door = door or Door()
        self._body, self._kind = body, kind
        self.sent: list[Message] = []
        self.seen: dict[str, str] | None = None
        self.app = SimpleNamespace(tokens={"good-cookie": "ada"}, cookie_id="x")

    async def get(self, path: str = "/", **headers: str) -> "Asked":
        written = {"host": "localhost:7860"} | {name.replace("_", "-"): value for name, value in headers.items()}
        raw = [(name.encode(), value.encode()) for name, value in written.items()]
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "headers": raw, "app": self.app}

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            self.sent.append(message)

        await Guarded(self._inner, self._door)(scope, receive, send)
        return self

    async def _inner(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen = {name.decode(): value.decode() for name, value in scope["headers"]}
        headers = [(b"content-type", self._kind.encode()), (b"Content-Security-Policy", b"default-src *")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, part in enumerate(self._body, start=1):
            await send({"type": "http.response.body", "body": part, "more_body": number < len(self._body)})

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        found = [(name.decode().lower(), value.decode()) for name, value in self.sent[0]["headers"]]
        assert len(found) == len(dict(found)), "a header stands there twice"
        return dict(found)


@pytest.fixture(scope="module")
def people() -> People:
    return People({"ada": hashed("correct horse"), "bob": hashed("battery staple")})


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("host", "let_in"),
    [
        ("localhost:7860", True),
        ("LOCALHOST", True),
        ("127.0.0.1:7860", True),
        ("[::1]:7860", True),
        ("192.168.1.20:7860", True),
        ("coach.example", True),
        ("coach.example.:443", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("evil.example@coach.example", True),
        ("coach.example@evil.example", False),
        ("", False),
        ("[::1", False),
    ],
)
async def test_only_names_of_this_server_are_answered_to(host: str, let_in: bool) -> None:
    asked = await Asked(Door(names=frozenset({"coach.example"}))).get(host=host)
    assert (asked.status, asked.seen is not None) == ((200, True) if let_in else (403, False))


@pytest.mark.parametrize(
    ("host", "origin", "let_in"),
    [
        ("localhost:7860", "http://localhost:7860", True),
        ("localhost:7860", "http://localhost:3000", False),
        ("localhost:7860", "http://127.0.0.1:7860", False),
        ("localhost:7860", "https://evil.example", False),
        ("localhost:7860", "null", False),
        ("localhost:7860", "", False),
        ("coach.example", "https://coach.example", True),
        ("127.0.0.1:7860", "https://coach.example", True),
        ("coach.example", "https://coach.example.evil.example", False),
    ],
)
async def test_only_pages_of_this_server_may_call_it(host: str, origin: str, let_in: bool) -> None:
    asked = await Asked(Door(names=frozenset({"coach.example"}))).get(host=host, origin=origin)
    assert asked.status == (200 if let_in else 403)


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/json", "text/event-stream"])
async def test_every_response_carries_the_headers_once(kind: str) -> None:
    headers = (await Asked(kind=kind).get()).headers
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "microphone=(self)" in headers["permissions-policy"]
    assert "connect-src 'self'" in headers["content-security-policy"]
    assert "*" not in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"].partition("style-src")[0]


async def test_a_refusal_carries_them_too() -> None:
    assert "content-security-policy" in (await Asked().get(host="evil.example")).headers


async def test_of_a_page_only_its_own_inline_scripts_may_run() -> None:
    page = (b"<script>let a = 1;\r\n", b"</script><SCRIPT src='a.js'></SCRIPT><script type='module'>b()</script>")
    asked = await Asked(Door(scripts=("head",)), body=page).get()
    allowed = asked.headers["content-security-policy"].partition("script-src ")[2].partition(";")[0].split()
    hashes = [base64.b64encode(hashlib.sha256(one).digest()).decode() for one in (b"let a = 1;\n", b"b()")]
    assert allowed == ["'self'", "'unsafe-eval'", *(f"'sha256-{one}'" for one in (*hashes, "head"))]
    assert b"".join(message.get("body", b"") for message in asked.sent) == b"".join(page)


async def test_a_stream_is_not_held_back() -> None:
    asked = await Asked(body=(b"data: 1\n\n", b"data: 2\n\n"), kind="text/event-stream").get()
    assert [message["body"] for message in asked.sent[1:]] == [b"data: 1\n\n", b"data: 2\n\n"]


def test_no_script_no_hash() -> None:
    assert script_hashes(b"<p onclick='x()'>a script</p><script src=a.js></script>") == ()


@pytest.mark.parametrize(
    "path",
    [
        "/config",
        "/config/",
        "//config",
        "/gradio_api/mcp/",
        "/gradio_api/mcp/sse",
        "/gradio_api/run/grade",
        "/gradio_api/cancel",
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/queue/data",
        "/gradio_api/info",
        "/monitoring",
    ],
)
async def test_a_stranger_is_asked_to_sign_in(path: str, people: People) -> None:
    asked = await Asked(Door(people=people)).get(path)
    assert (asked.status, asked.seen) == (401, None)


@pytest.mark.parametrize("path", ["/", "/login", "/assets/index.js", "/gradio_api/startup-events", "/theme.css"])
async def test_a_stranger_sees_the_sign_in_page(path: str, people: People) -> None:
    assert (await Asked(Door(people=people)).get(path)).status == 200


@pytest.mark.parametrize(
    ("headers", "person"),
    [
        ({"cookie": "a=b; access-token-unsecure-x=good-cookie"}, "ada"),
        ({"cookie": "access-token-x=good-cookie"}, "ada"),
        ({"authorization": basic("bob", "battery staple")}, "bob"),
        ({"cookie": "access-token-unsecure-x=good-cookie", "x_coach_person": "bob"}, "ada"),
        ({"cookie": "access-token-x=other"}, None),
        ({"cookie": "access-token-y=good-cookie"}, None),
        ({"authorization": basic("bob", "correct horse")}, None),
        ({"authorization": "Basic !"}, None),
        ({"authorization": "Bearer good-cookie"}, None),
        ({"x_coach_person": "ada"}, None),
    ],
)
async def test_who_calls_is_known_by_cookie_or_password_and_by_nothing_else(
    headers: dict[str, str], person: str | None, people: People
) -> None:
    asked = await Asked(Door(people=people)).get("/gradio_api/run/due", **headers)
    assert asked.status == (200 if person else 401)
    if person is not None:
        assert asked.seen is not None
        assert asked.seen[PERSON_HEADER] == person
        cookie = asked.seen["cookie"].rpartition("=")[2]
        assert asked.app.tokens[cookie] == person


async def test_where_nobody_signs_in_nobody_can_claim_a_name() -> None:
    asked = await Asked().get(x_coach_person="ada")
    assert asked.seen is not None
    assert PERSON_HEADER not in asked.seen


async def test_five_wrong_passwords_close_a_name_for_a_while() -> None:
    now = [0.0]
    people = People({"ada": hashed("correct horse"), "bob": hashed("battery staple")}, clock=lambda: now[0])
    assert [await people.check("ada", f"wrong {n}") for n in range(5)] == [False] * 5
    assert not await people.check("ada", "correct horse")
    assert await people.check("bob", "battery staple")
    now[0] = 31.0
    assert await people.check(" ada ", "correct horse")


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "correct horse "), ("Ada", "correct horse"), ("eve", "x"), ("ada", "x" * 2000)]
)
async def test_a_wrong_pair_is_refused(name: str, password: str, people: People) -> None:
    assert not await people.check(name, password)


def test_a_file_of_people_is_made_changed_and_read(tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    assert not add(path, "ada", password="correct horse")
    assert not add(path, "bob", password="battery staple")
    before = path.read_text()
    assert add(path, "ada", password="another horse")
    assert [line.partition(":")[0] for line in path.read_text().splitlines()] == ["ada", "bob"]
    assert path.read_text().splitlines()[1] == before.splitlines()[1]
    assert "horse" not in path.read_text()
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert len(People.read(path)) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names nobody"),
        ("ada:secret\n", ":1: not a line of"),
        ("# people\n\nada\n", ":3: not a line of"),
        (f"{line_of('ada', 'correct horse')}\n" * 2, ":2: 'ada' stands here twice"),
        ("ada:scrypt$1048576$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAA\n", ":1: not a line of"),
    ],
)
def test_a_wrong_file_of_people_says_where(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        People.read(path)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("name", "password"), [("a:b", "long enough"), ("", "long enough"), ("a b", "long enough"), ("ada", "short")]
)
def test_an_impossible_name_or_password_is_refused(name: str, password: str) -> None:
    with pytest.raises(SettingsError):
        line_of(name, password)


NEVER: dict[str, Any] = {}
PAIR: dict[str, Any] = {"auth": "ada:correct horse"}
OPEN: dict[str, Any] = {"open": True}


@pytest.mark.parametrize(
    ("host", "given", "served"),
    [
        ("127.0.0.1", NEVER, True),
        ("localhost", NEVER, True),
        ("::1", NEVER, True),
        ("0.0.0.0", NEVER, False),
        ("192.168.1.20", NEVER, False),
        ("coach.example", NEVER, False),
        ("0.0.0.0", PAIR, True),
        ("0.0.0.0", OPEN, True),
    ],
)
def test_beyond_this_machine_only_with_people_or_on_purpose(host: str, given: dict[str, Any], served: bool) -> None:
    settings = Settings(host=host, **given)
    if served:
        check_open(settings, people_of(settings))
    else:
        with pytest.raises(SettingsError, match="--open"):
            check_open(settings, people_of(settings))


@pytest.mark.parametrize(
    "given", [{"auth": "nobody"}, {"auth": "a:short"}, {"auth": "a:long enough", "auth_file": "x"}]
)
def test_settings_of_people_that_cannot_be_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(SettingsError):
        people_of(Settings(**given))


def test_the_password_of_the_settings_is_not_shown() -> None:
    assert "correct horse" not in repr(Settings(**PAIR))


@pytest.mark.parametrize("text", ["coach.example, other.example", " coach.example ,,other.example"])
def test_allowed_hosts_are_parted_by_commas(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COACH_ALLOWED_HOSTS", text)
    assert Settings().allowed_hosts == ("coach.example", "other.example")


def test_add_user_asks_for_the_password_and_writes_the_line(tmp_path: Path) -> None:
    path = tmp_path / "people.txt"
    done = CliRunner().invoke(
        command_line, ["serve", "--add-user", "ada", str(path)], input="correct horse\ncorrect horse\n"
    )
    assert done.exit_code == 0, done.output
    assert f"coach serve --auth {path}" in done.output
    assert "correct horse" not in done.output
    assert path.read_text().startswith("ada:scrypt$")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--auth", "ada:correct horse"], "every program of this machine"),
        (["--add-user", "ada"], "say which file"),
        (["people.txt"], "--add-user"),
        (["--host", "0.0.0.0"], "--open"),
    ],
)
def test_what_serve_refuses_before_it_starts(arguments: list[str], said: str) -> None:
    error = CliRunner().invoke(command_line, ["serve", *arguments]).exception
    assert isinstance(error, SettingsError)
    assert said in str(error)
