"""A real Chromium on the real page, in a process of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, ViewportSize, sync_playwright

from tests.conftest import ROOT
from tests.guard import is_local
from tests.warm import fill

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
CUT_OFF = re.compile(r"net::ERR_(CONNECTION_|INCOMPLETE_CHUNKED|EMPTY_RESPONSE|CONTENT_LENGTH|INTERNET_)")
"""What Chromium itself writes to the console when the page's process or the network goes."""
LEFT = re.compile(r"signal is aborted|Connection errored out")
"""What Gradio writes when a page is left while an event is under way: it ends its own stream."""


def chromium() -> str | None:
    """The path of a Chromium of this machine, or None."""
    named = [shutil.which(name) for name in NAMES]
    return next((path for path in (*named, *PLACES) if path and Path(path).exists()), None)


@dataclass
class Server:
    """The page's process."""

    port: int
    data: Path
    settings: dict[str, str]
    process: subprocess.Popen[str] | None = None
    log: Path = field(default=Path())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start the process and wait until the page answers."""
        self.log = self.data.parent / f"server-{time.monotonic_ns()}.log"
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))},
            "COACH_DATA_DIR": str(self.data),
            "COACH_PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
            **self.settings,
        }
        with self.log.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.guard", "app.py"], cwd=ROOT, env=environment, stdout=out, stderr=out
            )
        for _ in range(1200):
            if "Interview coach: http" in self.log.read_text():
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        pytest.fail(f"the page did not start:\n{self.log.read_text()}")

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
            self.process.wait()

    def stop(self) -> None:
        """End the process, and fail if it reached for the network or met an error it did not expect."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        said = self.log.read_text()
        assert "NETWORK GUARD" not in said, said
        assert "Traceback" not in said, said


def started(data: Path, settings: dict[str, str]) -> Server:
    fill(data)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Server(port=port, data=data, settings=settings)
    server.start()
    return server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One page for all tests that neither stop it nor set it up otherwise."""
    server = started(tmp_path_factory.mktemp("page") / "data", {})
    yield server
    server.stop()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a page of the test's own, with settings; stopped and checked after the test."""
    servers: list[Server] = []

    def start(**settings: str) -> Server:
        servers.append(started(tmp_path / "data", settings))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; without one the browser tests say so, or fail where one is required.

    Playwright keeps an event loop running in this thread, in which no other asynchronous test could start: it is
    closed after each module.
    """
    path = chromium()
    if path is None:
        message = "no Chromium found: the browser tests did not run (install Chromium or Chrome to run them)"
        if os.environ.get("COACH_REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield browser
        browser.close()


@dataclass
class Watched:
    """What the browser did besides showing the page."""

    foreign: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    aborted: dict[Page | None, list[str]] = field(default_factory=dict)
    """Streams that Gradio ended, by the page they belonged to; nothing is wrong when that page was being left."""
    leaving: set[Page | None] = field(default_factory=set)

    def asked(self, request: Request) -> None:
        """A request went out."""
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob", "about"} and not is_local(parts.hostname):
            self.foreign.append(request.url)
        if request.is_navigation_request() and request.frame.parent_frame is None:
            self.leaving.add(request.frame.page)
            self.aborted.pop(request.frame.page, None)

    def met(self, text: str, page: Page | None) -> None:
        """A script failed, or wrote an error."""
        if not LEFT.search(text):
            self.errors += [] if CUT_OFF.search(text) else [text]
        elif page not in self.leaving:
            self.aborted.setdefault(page, []).append(text)

    def opened(self, page: Page) -> None:
        """A tab was opened; every document in it may be left again once it is there."""
        page.on("domcontentloaded", lambda page: self.leaving.discard(page))


@contextmanager
def watching(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A browser profile that notes every request beyond this machine and every script error; both fail at its end."""
    watched = Watched()
    wide: ViewportSize = {"width": 1280, "height": 900}
    context = browser.new_context(**{"viewport": wide, "locale": "en-US", "accept_downloads": True, **options})
    context.set_default_timeout(30_000)
    context.on("page", watched.opened)
    context.on("request", watched.asked)
    context.on("weberror", lambda error: watched.met(str(error.error), error.page))
    context.on("console", lambda message: watched.met(message.text, message.page) if message.type == "error" else None)
    yield context
    context.close()
    assert watched.foreign == []
    assert watched.errors == []
    assert [text for texts in watched.aborted.values() for text in texts] == []


@pytest.fixture
def context(browser: Browser, serve: Callable[..., Server]) -> Iterator[BrowserContext]:
    """A watched profile. It is closed before the page's process is stopped: a stream that breaks off then is no fault
    of the page's."""
    with watching(browser) as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A fresh tab."""
    return context.new_page()
