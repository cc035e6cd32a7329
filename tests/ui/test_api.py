"""The named endpoints over real HTTP: by hand, by gradio_client, by an MCP client, and as docs/api.md shows them."""

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client  # type: ignore[import-untyped]
from gradio_client.exceptions import AppError  # type: ignore[import-untyped]
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from coach import single
from coach.interview import session as interview
from coach.schema import Plan
from coach.settings import Settings
from coach.ui.people import add
from coach.wiring import Coach
from tests.browser.conftest import Server, started
from tests.conftest import ROOT

ADA, BOB = ("ada", "correct horse"), ("bob", "battery staple")
CARD = "linear-models/why-linear"
ANSWER = "It is linear in the parameters, not in the inputs."


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """gradio_client asks a site for a list of programs when it can; the server does not."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server where nobody signs in."""
    server = started(tmp_path_factory.mktemp("api") / "data", {})
    yield server
    server.stop()


@dataclass(frozen=True)
class Shared:
    """A server of two people."""

    server: Server
    due: str
    """The card that ada is to practise again."""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """A server of two people; ada has a question that is due, bob is new."""
    folder = tmp_path_factory.mktemp("shared")
    practised = asyncio.run(_practised(folder / "data", "ada"))
    for name, password in (ADA, BOB):
        add(folder / "people.txt", name, password=password)
    server = started(folder / "data", {"COACH_AUTH_FILE": str(folder / "people.txt")})
    yield Shared(server, practised)
    server.stop()


async def _practised(data: Path, person: str) -> str:
    """The card of an interview that this person had ten days ago, with one poor answer."""
    coach = Coach(Settings(data_dir=data, content_dir=ROOT, model=None))
    parts = coach.interview
    ago = datetime.now(UTC) - timedelta(days=10)
    then = type(parts)(**{**vars(parts), "now": lambda: ago})
    state = await interview.start(then, Plan(lang="en", topics=("trees",), questions=1), person=person)
    state = await interview.answer(then, state, "It is a straight line.")
    await interview.end(then, state)
    coach.close()
    return state.current.card


def call(server: Server, name: str, *data: Any, **headers: str) -> tuple[int, Any]:
    """Status and reply of one endpoint."""
    request = urllib.request.Request(
        f"{server.url}gradio_api/run/{name}",
        data=json.dumps({"data": data}).encode(),
        headers={"content-type": "application/json", **headers},
    )
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)["data"][0]
    except urllib.error.HTTPError as error:
        with error:
            body = error.read()
            return error.code, json.loads(body)["error"] if body.startswith(b"{") else body.decode()


def basic(pair: tuple[str, str]) -> str:
    return "Basic " + base64.b64encode(":".join(pair).encode()).decode()


def test_only_the_named_endpoints_are_public(server: Server) -> None:
    with urllib.request.urlopen(f"{server.url}gradio_api/info") as reply:
        assert set(json.load(reply)["named_endpoints"]) == {"/ask", "/grade", "/search", "/due"}


def test_a_grade_is_what_the_command_line_gives(server: Server, coach: Coach) -> None:
    status, reply = call(server, "grade", CARD, ANSWER)
    _, grade, critique, _ = asyncio.run(single.graded(coach, single.Grading(card=CARD, answer=ANSWER)))
    assert status == 200
    assert reply == json.loads(json.dumps(single.grade_json(grade, critique)))
    met = next(one for one in reply["verdicts"] if one["state"] == "met")
    assert met["evidence"][0]["text"] in ANSWER


def test_a_question_tells_nothing_of_its_answer(server: Server, coach: Coach) -> None:
    _, reply = call(server, "ask", CARD, "", "", "", "zh")
    card = single.card_of(coach, CARD)
    assert reply["question"] == card.asks("zh")
    told = json.dumps(reply, ensure_ascii=False)
    for criterion in card.criteria:
        assert criterion.says.zh not in told
        assert criterion.says.en not in told
    assert card.reference.zh[:20] not in told


@pytest.mark.parametrize("topic", ["trees", ""])
def test_without_words_the_next_question_is_asked(topic: str, server: Server) -> None:
    status, reply = call(server, "ask", "", "", "", topic, "en")
    assert (status, reply["why"]) == (200, "next in the bank")
    assert not topic or topic in reply["topics"]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("grade", ["linear-models/why-liner", "x"], "did you mean linear-models/why-linear"),
        ("grade", [CARD, "  "], "empty"),
        ("grade", [CARD, "x" * 20_001], "at most 20,000"),
        ("grade", [CARD, 7], "answer: Input should be a valid string"),
        ("grade", [{"path": "/etc/passwd"}, "x"], "card"),
        ("ask", ["", "", "", "", "fr"], "lang: Input should be 'en' or 'zh'"),
        ("ask", ["", "zebra crossing paint", "", "", "en"], "nothing in the bank"),
        ("ask", ["", "", "no-such-company", "", "en"], "no-such-company"),
        ("search", ["", "", "", "", "", 1, 5, "", 5], "words"),
        ("search", ["trees", "", "", "", "poem", 1, 5, "", 5], "kind"),
        ("search", ["trees", "", "", "", "", 0, 5, "", 500], "easiest"),
        ("due", [0, "en"], "most"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(name: str, data: list[Any], said: str, server: Server) -> None:
    status, error = call(server, name, *data)
    assert status == 500
    assert said in error


def test_by_name_and_with_defaults(server: Server) -> None:
    client = Client(server.url, verbose=False)
    found = client.predict(words="为什么叫线性回归", many=2, api_name="/search")
    assert found["sure"]
    assert found["cards"][0]["card"] == CARD
    assert len(found["cards"]) == 2
    with pytest.raises(AppError, match="no card"):
        client.predict(card="nothing/here", answer="x", api_name="/grade")
    client.close()


async def tools(server: Server, pair: tuple[str, str] | None = None) -> dict[str, Any]:
    """What the tools of a server are, and what some of them say, to an MCP client."""
    headers = {"authorization": basic(pair)} if pair else None
    async with (
        create_mcp_http_client(headers=headers) as http,
        streamable_http_client(f"{server.url}gradio_api/mcp/", http_client=http) as (reading, writing, _),
        ClientSession(reading, writing) as session,
    ):
        await session.initialize()
        listed = (await session.list_tools()).tools
        graded = await session.call_tool("grade", {"card": CARD, "answer": ANSWER})
        wrong = await session.call_tool("grade", {"card": "nothing/here", "answer": ANSWER})
        due = await session.call_tool("due", {})
    return {"tools": listed, "graded": graded, "wrong": wrong, "due": json.loads(due.content[0].text)}  # type: ignore[union-attr]


async def test_an_assistant_gets_the_same_tools_and_grades(server: Server) -> None:
    got = await tools(server)
    assert {tool.name for tool in got["tools"]} == {"ask", "grade", "search", "due"}
    for tool in got["tools"]:
        assert tool.description
        assert "request" not in tool.inputSchema["properties"]
        assert all(one["description"] for one in tool.inputSchema["properties"].values()), tool.name
    grade = json.loads(got["graded"].content[0].text)
    assert [one["state"] for one in grade["verdicts"]] == [
        one["state"] for one in call(server, "grade", CARD, ANSWER)[1]["verdicts"]
    ]
    assert got["wrong"].isError
    assert "no card" in got["wrong"].content[0].text
    assert got["due"] == {"questions": 0, "items": []}


def test_what_is_due_is_the_persons_own(shared: Shared) -> None:
    _, ada = call(shared.server, "due", 20, "en", authorization=basic(ADA))
    _, bob = call(shared.server, "due", 20, "en", authorization=basic(BOB))
    assert {item["card"] for item in ada["items"]} == {shared.due}
    assert bob == {"questions": 0, "items": []}
    assert call(shared.server, "ask", "", "", "", "", "en", authorization=basic(ADA))[1]["why"] == "due for review"
    assert call(shared.server, "ask", "", "", "", "", "en", authorization=basic(BOB))[1]["why"] == "next in the bank"
    claimed = {"authorization": basic(BOB), "x-coach-person": "ada"}
    assert call(shared.server, "due", 20, "en", **claimed)[1] == bob


async def test_an_assistant_sees_what_is_due_to_its_person(shared: Shared) -> None:
    assert {item["card"] for item in (await tools(shared.server, ADA))["due"]["items"]} == {shared.due}
    assert (await tools(shared.server, BOB))["due"]["items"] == []


def test_the_client_signs_in(shared: Shared) -> None:
    client = Client(shared.server.url, verbose=False, auth=ADA)
    assert {item["card"] for item in client.predict(api_name="/due")["items"]} == {shared.due}
    client.close()
    with pytest.raises(Exception, match="login"):
        Client(shared.server.url, verbose=False, auth=("ada", "wrong horse"))


@pytest.mark.parametrize("headers", [{}, {"authorization": basic(("ada", "wrong"))}, {"cookie": "access-token-x=y"}])
@pytest.mark.parametrize("address", ["gradio_api/run/due", "gradio_api/mcp/", "gradio_api/queue/join", "config"])
def test_a_stranger_gets_nothing(address: str, headers: dict[str, str], shared: Shared) -> None:
    for method in ("GET", "POST"):
        reply = httpx.request(method, f"{shared.server.url}{address}", headers=headers, json={"data": [1, "en"]})
        assert reply.status_code == 401
        assert "content-security-policy" in reply.headers


def test_the_sign_in_page_holds_nothing_of_the_bank(shared: Shared) -> None:
    page = httpx.get(shared.server.url)
    assert page.status_code == 200
    assert '"auth_required":true' in page.text.replace(" ", "")
    assert "linear-models" not in page.text


BLOCKS = re.findall(r"```(bash|python)\n(.*?)```", (ROOT / "docs" / "api.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_documentation_has_examples_of_every_kind() -> None:
    assert [kind for kind, _ in BLOCKS].count("bash") >= 3
    assert [kind for kind, _ in BLOCKS].count("python") >= 2


@pytest.mark.parametrize(("kind", "text"), BLOCKS)
def test_the_documented_commands_work(kind: str, text: str, server: Server) -> None:
    here = text.replace("http://127.0.0.1:7860/", server.url)
    assert here != text
    command = ["bash", "-c", here] if kind == "bash" else [sys.executable, "-c", here]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert '"error"' not in done.stdout
