"""How fast the page is, against a bare `gr.ChatInterface` in the same run.

    python bench/page.py                      everything (five minutes on two quiet cores)
    python bench/page.py --only browser       time to interactive and per turn, in Chromium
    python bench/page.py --only crowd         100 and 300 people who answer at once, and a full queue

Browser: each run opens both pages in a fresh profile, in turn; ratios are of medians. Goal: at most 1.5 times.
Crowd: N people over HTTP as a browser speaks it, each with a session, all answering at once; one mock model that takes
a second per call serves both sides. Goals at 100: p95 at most 1.3 times, no error; at 300 no answer lost; in a full
queue a refusal at once. The bare side calls the model and returns its text, with its limit raised. Nothing here is
asserted in the tests.
"""

import argparse
import asyncio
import json
import os
import secrets
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from startup import free_port

ROOT = Path(__file__).resolve().parents[1]
CARD = ROOT / "knowledge" / "cards" / "linear-models" / "why-linear.yaml"
FOCUS = "why is linear regression called linear"
ANSWER = (
    "Linear regression predicts a weighted sum of the features plus an intercept. It is called linear because it is "
    "linear in the parameters, not in the inputs."
)
BARE = """
import os, sys
import gradio as gr
import openai
model = openai.AsyncOpenAI(base_url=sys.argv[2], api_key="none") if sys.argv[2] else None
async def chat(message, history):
    if model is None:
        return message
    found = await model.chat.completions.create(model="mock", messages=[{"role": "user", "content": message}])
    return found.choices[0].message.content
page = gr.ChatInterface(chat, concurrency_limit=64, api_name="chat")
page.queue(max_size=4096).launch(server_port=int(sys.argv[1]), quiet=True)
"""
MODEL = """
import asyncio, json, sys
body, wait = sys.stdin.read().encode(), float(sys.argv[2])
async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            size = next(int(x.split(b":")[1]) for x in head.lower().split(b"\\r\\n") if x.startswith(b"content-length"))
            await reader.readexactly(size)
            await asyncio.sleep(wait)
            writer.write(b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\n")
            writer.write(b"content-length: %d\\r\\n\\r\\n" % len(body) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()
asyncio.run(main())
"""


@dataclass
class Side:
    """One server under test."""

    name: str
    url: str
    process: subprocess.Popen[bytes]

    def cpu_s(self) -> float:
        """CPU seconds of the process so far; 0 where that is not told."""
        try:
            parts = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory of the process; 0 where that is not told."""
        try:
            return (
                int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20
            )
        except OSError:
            return 0.0


@contextmanager
def running(name: str, command: list[str], port: int, environment: dict[str, str]) -> Iterator[Side]:
    """The server, once it answers."""
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(1200):
            try:
                if httpx.get(url, timeout=30).status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
            if process.poll() is not None:
                raise SystemExit(f"{name} did not start: {' '.join(command)[:200]}")
        yield Side(name, url, process)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def model(wait_s: float) -> Iterator[str]:
    """The base URL of a model that answers each call after so long with the same verdict."""
    card = yaml.safe_load(CARD.read_text(encoding="utf-8"))
    verdicts = [
        {
            "criterion": one["id"],
            "quotes": [{"turn": 0, "text": "linear in the parameters"}] if one.get("required") else [],
            "reason": "said" if one.get("required") else "not said",
            "state": "met" if one.get("required") else "missed",
        }
        for one in card["criteria"]
    ]
    text = json.dumps({"criteria": verdicts, "misconceptions": []})
    message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    body = {"id": "x", "object": "chat.completion", "created": 1, "model": "mock", "choices": [message], "usage": usage}
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", MODEL, str(port), str(wait_s)], stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(json.dumps(body).encode())
    process.stdin.close()
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def environment(data: Path, **given: str) -> dict[str, str]:
    """What both servers are started with."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))}
    quiet = {"GRADIO_ANALYTICS_ENABLED": "False", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    return {**kept, **quiet, "HF_HUB_OFFLINE": "1", "COACH_DATA_DIR": str(data), **given}


@contextmanager
def ours(data: Path, **given: str) -> Iterator[Side]:
    """The page, with its index built before."""
    settings = environment(data, **given)
    subprocess.run(
        [sys.executable, "-m", "coach.cli", "index"], cwd=ROOT, env=settings, check=True, stdout=subprocess.DEVNULL
    )
    port = free_port()
    with running("the page", [sys.executable, "app.py"], port, {**settings, "COACH_PORT": str(port)}) as side:
        yield side


@contextmanager
def bare(data: Path, model_url: str = "") -> Iterator[Side]:
    """A `gr.ChatInterface` that says what the model says, or what it was told."""
    port = free_port()
    with running("bare", [sys.executable, "-c", BARE, str(port), model_url], port, environment(data)) as side:
        yield side


# ---------------------------------------------------------------------------------------------------- in a browser


def browser(runs: int, chromium: str) -> None:
    """Time to interactive and per turn of both sides, alternating."""
    from playwright.sync_api import sync_playwright

    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, ours(Path(folder) / "a") as page, bare(Path(folder) / "b") as chat:
        with sync_playwright() as playwright:
            program = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for run in range(runs + 1):
                for name, value in (*_our_times(program, page), *_bare_times(program, chat)):
                    if run:
                        figures.setdefault(name, []).append(value)
            program.close()
        config = {side.name: len(httpx.get(f"{side.url}config").content) for side in (page, chat)}
        html = {side.name: len(httpx.get(side.url).content) for side in (page, chat)}
    for name, values in figures.items():
        print(f"{name:<34} min {min(values):6.2f}  median {statistics.median(values):6.2f}  max {max(values):6.2f} s")
    middle = {name: statistics.median(values) for name, values in figures.items()}
    for ours_name, bare_name in (
        ("the page, interactive", "bare, interactive"),
        ("the page, asked to repeat", "bare, turn"),
        ("the page, answer and grade", "bare, turn"),
    ):
        print(f"{ours_name} / {bare_name}: {middle[ours_name] / middle[bare_name]:.2f} (goal: at most 1.5)")
    print(f"page HTML {html}, whole config {config} bytes")


APPEARS = """(() => {
  const look = () => {
    const one = document.querySelector(%r);
    const there = one && one.offsetParent && !one.disabled && getComputedStyle(one).visibility === "visible";
    if (there) window.benchAppeared = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()"""
"""Notes the first frame in which something can be used; Playwright itself looks only every half second by then."""


def _interactive(page: Any, url: str, control: str) -> float:
    """Seconds from asking for a page to the first frame in which this control can be used; then it is used."""
    page.add_init_script(APPEARS % control)
    page.goto(url)
    page.locator(control).first.click()
    return float(page.evaluate("window.benchAppeared")) / 1000


def _our_times(program: Any, side: Side) -> Iterator[tuple[str, float]]:
    context = program.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    yield "the page, interactive", _interactive(page, side.url, "#start")
    box = page.locator("#answer textarea")
    box.wait_for(timeout=60_000)
    page.wait_for_timeout(1000)
    before = page.locator("#chat [data-testid=bot]").count()
    box.fill("Could you repeat the question, please?")
    began = time.perf_counter()
    page.locator("#send").click()
    page.locator("#chat [data-testid=bot]").nth(before).wait_for(timeout=60_000)
    yield "the page, asked to repeat", time.perf_counter() - began
    page.wait_for_timeout(1000)
    box.fill(ANSWER)
    began = time.perf_counter()
    page.locator("#send").click()
    page.locator("#scorecard .said").first.wait_for(timeout=60_000)
    yield "the page, answer and grade", time.perf_counter() - began
    context.close()


def _bare_times(program: Any, side: Side) -> Iterator[tuple[str, float]]:
    context = program.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    yield "bare, interactive", _interactive(page, side.url, "textarea")
    page.wait_for_timeout(1000)
    page.locator("textarea").first.fill(ANSWER)
    began = time.perf_counter()
    page.locator("textarea").first.press("Enter")
    page.locator("[data-testid=bot]").first.wait_for(timeout=60_000)
    yield "bare, turn", time.perf_counter() - began
    context.close()


# ------------------------------------------------------------------------------------------------------- in a crowd


class Busy(Exception):
    """The server said that it is busy."""


@dataclass
class Visitor:
    """One browser: the values of the components of a page, kept up to date with what its events return."""

    web: httpx.AsyncClient
    config: dict[str, Any]
    values: dict[int, Any] = field(default_factory=dict)
    hash: str = field(default_factory=lambda: secrets.token_hex(6))
    events: int = 0
    """Messages with output that came."""
    bytes: int = 0

    def __post_init__(self) -> None:
        self.values = {one["id"]: one["props"].get("value") for one in self.config["components"]}

    def named(self, elem_id: str) -> int:
        """The component of that id of the page."""
        return next(int(one["id"]) for one in self.config["components"] if one["props"].get("elem_id") == elem_id)

    def event(self, elem_id: str, trigger: str) -> dict[str, Any]:
        """The first event of that component that the server takes part in."""
        one = self.named(elem_id)
        return next(
            found
            for found in self.config["dependencies"]
            if [one, trigger] in [list(target) for target in found["targets"]] and found["backend_fn"]
        )

    async def does(self, event: dict[str, Any]) -> float:
        """Seconds from sending the event to its last message. Raises Busy, and RuntimeError when it failed."""
        began = time.perf_counter()
        body = {
            "data": [self.values.get(one) for one in event["inputs"]],
            "fn_index": event["id"],
            "session_hash": self.hash,
            "event_data": None,
        }
        joined = await self.web.post("gradio_api/queue/join", json=body)
        if joined.status_code == 503:
            raise Busy(f"{time.perf_counter() - began:.2f}")
        joined.raise_for_status()
        shown: list[Any] = []
        async with self.web.stream("GET", "gradio_api/queue/data", params={"session_hash": self.hash}) as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data:"):
                    continue
                message = json.loads(line[5:])
                kind = message["msg"]
                if kind in {"process_generating", "process_completed"}:
                    self.events += 1
                    self.bytes += len(line)
                    if not message["success"]:
                        raise RuntimeError(str(message["output"]))
                    shown = _patched(shown, message["output"].get("data", []), whole=kind == "process_completed")
                if kind == "process_completed":
                    break
        for one, value in zip(event["outputs"], shown, strict=False):
            if isinstance(value, dict) and value.get("__type__") == "update":
                if "value" in value:
                    self.values[one] = value["value"]
            else:
                self.values[one] = value
        return time.perf_counter() - began


def _patched(before: list[Any], data: list[Any], *, whole: bool) -> list[Any]:
    """The outputs after a message: a message after the first is a list of changes to each."""
    if whole or not before:
        return data if data or not before else before
    from gradio_client.utils import apply_diff

    return [apply_diff(old, new) for old, new in zip(before, data, strict=True)]


@dataclass
class Crowd:
    """What came of one crowd."""

    times: list[float]
    busy: list[float]
    failed: list[str]
    memory_mb: float
    """That the server grew by, per person."""
    cpu_s: float
    """That the server used, per answer."""
    events: float
    bytes: float

    def line(self, name: str) -> str:
        """The figures on one line."""
        times = sorted(self.times) or [0.0]
        p95 = times[min(int(0.95 * len(times)), len(times) - 1)]
        return (
            f"{name:<24} p50 {statistics.median(times):5.2f}  p95 {p95:5.2f}  max {times[-1]:5.2f} s  "
            f"done {len(self.times)}  busy {len(self.busy)}  failed {len(self.failed)}  "
            f"{1000 * self.cpu_s:.0f} ms CPU, {self.events:.1f} messages, {self.bytes / 1000:.1f} kB an answer; "
            f"{self.memory_mb:.2f} MB a person"
        )

    @property
    def p95(self) -> float:
        """Seconds within which 95 of 100 had their answer."""
        times = sorted(self.times)
        return times[min(int(0.95 * len(times)), len(times) - 1)]


async def crowd(side: Side, people: int, *, practise: bool) -> Crowd:
    """So many people, each already in an interview, who answer at the same moment."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=side.url, timeout=600, limits=limits) as web:
        config = (await web.get("config")).json()
        visitors = [Visitor(web, config) for _ in range(people)]
        before = side.memory_mb()
        if practise:
            await _begin(visitors)
        turn = _our_turn(visitors[0]) if practise else _bare_turn(visitors[0])
        for one in visitors:
            one.events = one.bytes = 0
            one.values[one.named("answer") if practise else turn["inputs"][0]] = ANSWER
        cpu = side.cpu_s()
        got = await asyncio.gather(*(one.does(turn) for one in visitors), return_exceptions=True)
        times = [one for one in got if isinstance(one, float)]
        busy = [float(str(one)) for one in got if isinstance(one, Busy)]
        failed = [repr(one)[:200] for one in got if isinstance(one, Exception) and not isinstance(one, Busy)]
        done = max(len(times), 1)
        return Crowd(
            times,
            busy,
            failed,
            (side.memory_mb() - before) / people,
            (side.cpu_s() - cpu) / done,
            sum(one.events for one in visitors) / done,
            sum(one.bytes for one in visitors) / done,
        )


async def _begin(visitors: list[Visitor]) -> None:
    """Everybody in an interview about the same card, a few at a time."""
    turns = asyncio.Semaphore(8)

    async def begin(one: Visitor) -> None:
        one.values[one.named("focus")] = FOCUS
        one.values[one.named("questions")] = 1
        async with turns:
            await one.does(one.event("start", "click"))

    await asyncio.gather(*(begin(one) for one in visitors))


def _our_turn(one: Visitor) -> dict[str, Any]:
    return one.event("send", "click")


def _bare_turn(one: Visitor) -> dict[str, Any]:
    return next(found for found in one.config["dependencies"] if found["api_name"] == "chat")


def crowds(people: tuple[int, ...]) -> None:
    """Each size of crowd on both sides, then a full queue."""
    cards_word = {"COACH_MODEL": "openai:mock", "OPENAI_API_KEY": "none", "COACH_PROBE_WORDING": "card"}
    with model(1.0) as url, tempfile.TemporaryDirectory() as folder:
        given = {**cards_word, "OPENAI_BASE_URL": url, "COACH_CRITIQUE": "card", "COACH_MODEL_BUDGET_S": "600"}
        data = Path(folder) / "ours"
        with ours(data, **given, COACH_QUEUE_MOST="4096") as page, bare(Path(folder) / "bare", url) as chat:
            asyncio.run(crowd(page, 4, practise=True))
            asyncio.run(crowd(chat, 4, practise=False))
            answered = _answers(data)
            for many in people:
                mine = asyncio.run(crowd(page, many, practise=True))
                floor = asyncio.run(crowd(chat, many, practise=False))
                print(mine.line(f"{many} people, the page"))
                print(floor.line(f"{many} people, bare"))
                print(f"p95 {mine.p95 / floor.p95:.2f} times (goal at 100: at most 1.3)")
                lost = many - (_answers(data) - answered)
                answered = _answers(data)
                print(f"answers lost: {lost}; {'; '.join({*mine.failed, *floor.failed}) or 'no error'}")
        with ours(Path(folder) / "full", **given, COACH_QUEUE_MOST="20") as page:
            full = asyncio.run(crowd(page, 200, practise=True))
            print(full.line("200 people, queue of 20"))
            print(f"refused after at most {max(full.busy, default=0.0):.2f} s (goal: at once, below 2 s)")


def _answers(data: Path) -> int:
    """Answers that are stored."""
    link = sqlite3.connect(data / "sessions.db")
    try:
        return int(link.execute("SELECT count(*) FROM events WHERE kind = 'answered'").fetchone()[0])
    finally:
        link.close()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["browser", "crowd"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--people", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
    given = parser.parse_args()
    if hasattr(os, "getloadavg"):
        print(f"load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    if given.only != "crowd":
        browser(given.runs, given.chromium)
    if given.only != "browser":
        crowds(tuple(given.people))


if __name__ == "__main__":
    main()
