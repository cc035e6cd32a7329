"""A spoken answer for real: a voice in the fake microphone, a recogniser over HTTP, its mistakes, and what is made of
them on the page."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.steps import one_card, record, with_microphone
from tests.conftest import ROOT
from tests.llm.stub import fails, hangs
from tests.speech.stub import AudioStub, hears
from tests.speech.voices import noise, said, written

EN = "Linear regression is a weighted sum of the features. It is linear in the parameters."
ZH = "线性回归就是特征的加权和，对参数是线性的，不会过拟合。"
BOX = "#answer textarea"
Harness = Callable[..., str]
expect.set_options(timeout=20_000)


@pytest.fixture
def harness(tmp_path: Path) -> Iterator[Harness]:
    """Starts the page with these settings, and gives its address."""
    begun: list[subprocess.Popen[str]] = []
    log = tmp_path / "listening.log"

    def serve(lang: str = "en", **settings: str) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COACH_", "OPENAI_"))}
        ours = {"COACH_DATA_DIR": str(tmp_path / "data"), "COACH_CONTENT_DIR": str(one_card(tmp_path / "content"))}
        environment = kept | ours | {"PYTHONUNBUFFERED": "1"} | settings
        with log.open("a") as out:
            command = [sys.executable, "-m", "tests.guard", "tests/browser/listening.py", str(port), lang]
            begun.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, text=True))
        for _ in range(1200):
            if "listening" in log.read_text().splitlines():
                return f"http://127.0.0.1:{port}/"
            assert begun[-1].poll() is None, log.read_text()
            time.sleep(0.05)
        pytest.fail(log.read_text())

    yield serve
    for process in begun:
        process.terminate()
        process.wait()
    assert "NETWORK GUARD" not in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture
def microphone(driver: Playwright) -> Iterator[Callable[..., BrowserContext]]:
    """A browser whose microphone plays a file, or is denied without one."""
    with ExitStack() as until_the_end:

        def open_with(sound: Path | None, locale: str = "en-US") -> BrowserContext:
            browser = until_the_end.enter_context(with_microphone(driver, sound))
            context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 900})
            context.set_default_timeout(20_000)
            context.add_init_script(
                "localStorage.setItem('interview-coach-voice', JSON.stringify({ on: true, muted: true }))"
            )
            return context

        yield open_with


def begin(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    page.locator("#start").click()
    expect(page.locator("#out")).to_contain_text(re.compile(r"[?？]"))
    return page


def test_a_spoken_answer_is_repaired_edited_and_graded(
    harness: Harness, microphone: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    sound = said(tmp_path / "en.wav", EN, before_s=0.3, after_s=20)
    first = hears("Linear aggression is a weighted some of the features.", some=-2.0)
    with AudioStub(first, hears("It is linear in the para meters.")) as stub:
        url = harness(COACH_TRANSCRIBER="openai:gpt-4o-mini-transcribe", COACH_TRANSCRIBER_BASE_URL=stub.url)
        page = begin(microphone(sound), url)
        expect(page.locator("#listen-notice")).to_contain_text("sent to 127.0.0.1")
        page.locator(BOX).fill("First: Second.")
        page.locator(BOX).evaluate("box => { box.focus(); box.setSelectionRange(6, 6); }")
        record(page, 4)
        expect(page.locator(BOX)).to_have_value("First: Linear regression is a weighted some of the features. Second.")
        expect(page.locator("#listen-takes ins")).to_have_text("Linear regression")
        expect(page.locator("#listen-takes .unsure")).to_have_text("some")
        record(page, 2)
        both = "First: Linear regression is a weighted some of the features. It is linear in the parameters. Second."
        expect(page.locator(BOX)).to_have_value(both)
        expect(page.locator("#listen-takes audio")).to_have_count(2)

        page.locator("#listen-repairs input").first.uncheck()
        expect(page.locator(BOX)).to_have_value(both.replace("regression", "aggression"))
        page.locator("#listen-repairs input").first.check()
        expect(page.locator(BOX)).to_have_value(both)
        page.locator("#listen-undo").click()
        expect(page.locator(BOX)).to_have_value(both.replace(" It is linear in the parameters.", ""))
        expect(page.locator("#listen-takes audio")).to_have_count(1)

        page.reload()
        expect(page.locator("#listen-takes audio")).to_have_count(1)
        page.locator(BOX).fill("Linear regression is a weighted sum of the features. It is linear in the parameters.")
        page.locator("#send").click()
        expect(page.locator("#out")).to_contain_text(re.compile(r"spoken 1 \d\.\d s .*= \d+ %"))
        expect(page.locator("#listen-takes figure")).to_have_count(0)
    assert stub.calls == 2
    assert b"RIFF" in stub.requests[0]["file"]
    assert "linear regression" in stub.requests[0]["prompt"]
    assert len(list((tmp_path / "data" / "recordings").rglob("*.wav"))) == 1


def test_a_spoken_answer_in_chinese(
    harness: Harness, microphone: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    sound = said(tmp_path / "zh.wav", ZH, "zh", before_s=0.3, after_s=20)
    with AudioStub(hears("线性回规就是特征的加权和，对参数是线性的，不会过你和。")) as stub:
        url = harness(
            "zh", COACH_TRANSCRIBER="openai:whisper-1", COACH_TRANSCRIBER_BASE_URL=stub.url, COACH_KEEP_AUDIO="false"
        )
        page = begin(microphone(sound, "zh-CN"), url)
        expect(page.locator("#listen-notice")).to_contain_text("录音会发送到 127.0.0.1")
        record(page, 5)
        expect(page.locator(BOX)).to_have_value(ZH)
        expect(page.locator("#listen-takes ins")).to_have_text(["线性回归", "过拟合"])
        expect(page.locator("#listen-takes audio")).to_have_count(0)
        page.locator("#send").click()
        expect(page.locator("#out")).to_contain_text(re.compile(r"spoken 1 \d\.\d s .*= \d+ %"))
    assert stub.requests[0]["language"] == "zh"
    assert list((tmp_path / "data" / "recordings").rglob("*.wav")) == []


def test_hands_free_stops_by_itself_when_nobody_speaks_any_more(
    harness: Harness, microphone: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    sound = said(tmp_path / "en.wav", "It is linear in the parameters.", before_s=0.3, after_s=20)
    with AudioStub(hears("It is linear in the para meters.")) as stub:
        url = harness(COACH_TRANSCRIBER="openai:whisper-1", COACH_TRANSCRIBER_BASE_URL=stub.url)
        page = begin(microphone(sound), url)
        page.locator("#listen-free").get_by_role("button").first.click()
        page.locator("#listen-free-on input").check()
        page.locator("#listen-free-silence input[type=number]").fill("2")
        page.locator("#listen-free-mic").get_by_role("button", name="Record").click()
        expect(page.locator("#listen-free-status")).to_contain_text("Stops after")
        expect(page.locator(BOX)).to_have_value("It is linear in the parameters.")


def test_a_dying_transcriber_keeps_the_recording_and_is_asked_again(
    harness: Harness, microphone: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    sound = said(tmp_path / "en.wav", EN, before_s=0.3, after_s=20)
    with AudioStub(fails(401), hangs, hears("It is linear.")) as stub:
        url = harness(COACH_TRANSCRIBER="openai:whisper-1", COACH_TRANSCRIBER_BASE_URL=stub.url)
        page = begin(microphone(sound), url)
        record(page, 2)
        expect(page.locator("#listen-status")).to_contain_text("rejected the key")
        expect(page.locator("#listen-takes audio")).to_have_count(1)
        expect(page.locator(BOX)).to_have_value("")
        page.locator("#listen-again").click()
        expect(page.locator("#listen-status")).to_contain_text("Transcribing")
        page.locator("#listen-cancel").click()
        expect(page.locator("#listen-status")).to_contain_text("Stopped. The recording is kept")
        page.locator("#listen-again").click()
        expect(page.locator(BOX)).to_have_value("It is linear.")


def test_a_recording_warns_after_four_minutes_and_ends_by_itself_before_five(
    harness: Harness, microphone: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    url = harness()
    context = microphone(said(tmp_path / "en.wav", EN, before_s=0.3, after_s=20))
    context.clock.install()
    page = begin(context, url)
    listening = page.locator("#listen-notes").get_by_role("status")
    stop = page.locator("#listen-mic .stop-button:visible")
    page.locator("#listen-mic").get_by_role("button", name="Record", exact=True).click()
    expect(listening).to_have_text("Listening … press stop when you are done.", use_inner_text=True)
    page.wait_for_timeout(2000)
    context.clock.fast_forward("04:01")
    expect(listening).to_have_text(re.compile("^One more minute"), use_inner_text=True)
    expect(stop).to_be_visible()
    context.clock.fast_forward("01:00")
    expect(page.locator("#listen-status")).to_contain_text("The recording is kept")
    expect(page.locator("#listen-takes audio")).to_have_count(1)
    expect(page.locator("#listen-takes")).to_contain_text(re.compile(r"[1-9][0-9]?\.\d s"))
    expect(listening).to_be_hidden()
    record(page, 1)
    expect(page.locator("#listen-takes audio")).to_have_count(2)


def test_without_a_transcriber_the_recording_is_kept_and_noise_and_a_denied_microphone_are_told(
    harness: Harness, microphone: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    url = harness()
    page = begin(microphone(said(tmp_path / "en.wav", EN, before_s=0.3, after_s=20)), url)
    expect(page.locator("#listen-notice")).to_contain_text("No transcriber is set")
    record(page, 2)
    expect(page.locator("#listen-status")).to_contain_text("Type the words")
    expect(page.locator("#listen-takes")).to_contain_text("not transcribed")
    page.locator(BOX).fill("It is linear in the parameters.")
    page.locator("#send").click()
    expect(page.locator("#out")).to_contain_text("spoken 1")

    noisy = begin(microphone(written(tmp_path / "noise.wav", noise(30, rate=44_100), 44_100)), url)
    record(noisy, 2)
    expect(noisy.locator("#listen-status")).to_contain_text("Only noise was heard")
    expect(noisy.locator("#listen-takes figure")).to_have_count(0)

    denied = begin(microphone(None), url)
    denied.locator("#listen-mic").get_by_role("button", name="Record", exact=True).click()
    expect(denied.locator("#listen-notes [data-note=denied]")).to_be_visible()
