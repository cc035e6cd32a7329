"""The whole spoken path on the real page: a voice in the fake microphone, a recogniser over HTTP that mishears, what is
repaired and edited, the grade, the delivery in the report, and the sound deleted with its interview."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright, expect, sync_playwright

from coach.progress.store import Store
from coach.schema import Answered, Lang
from coach.ui.words.practice import CHINESE, ENGLISH
from coach.ui.words.practice import WORDS as SHOWN
from tests.browser.conftest import Server, started, watching
from tests.browser.steps import one_card, record, with_microphone
from tests.browser.test_page import BOX
from tests.llm.stub import Answer, Exchange
from tests.speech.stub import AudioStub, hears
from tests.speech.voices import said

LOCALES: dict[Lang, str] = {"en": "en-US", "zh": "zh-CN"}
LABELS: dict[Lang, dict[str, str]] = {"en": ENGLISH, "zh": CHINESE}
SPOKEN: dict[Lang, str] = {
    "en": "Linear regression is a weighted sum of the features. It is linear in the parameters.",
    "zh": "线性回归就是特征的加权和，对参数是线性的，不会过拟合。",
}
HEARD: dict[Lang, Answer] = {
    "en": hears("Linear aggression is a weighted some of the features. It is linear in the para meters.", some=-2.0),
    "zh": hears("线性回规就是特征的加权和，对参数是线性的，不会过你和。"),
}
REPAIRED: dict[Lang, tuple[str, list[str]]] = {
    "en": (SPOKEN["en"].replace("sum", "some"), ["Linear regression", "parameters"]),
    "zh": (SPOKEN["zh"], ["线性回归", "过拟合"]),
}
UNDONE: dict[Lang, str] = {
    "en": REPAIRED["en"][0].replace("regression", "aggression"),
    "zh": SPOKEN["zh"].replace("回归", "回规"),
}
expect.set_options(timeout=20_000)


def in_its_language(exchange: Exchange) -> None:
    lang: Lang = "zh" if exchange.server.requests[-1].get("language") == "zh" else "en"
    HEARD[lang](exchange)


@pytest.fixture(scope="module")
def listener() -> Iterator[AudioStub]:
    with AudioStub(in_its_language) as stub:
        yield stub


@pytest.fixture(scope="module")
def coach(listener: AudioStub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page with a single card, and a transcriber that listens at the local server."""
    folder = tmp_path_factory.mktemp("spoken")
    settings = {
        "COACH_CONTENT_DIR": str(one_card(folder / "content")),
        "COACH_TRANSCRIBER": "openai:gpt-4o-mini-transcribe",
        "COACH_TRANSCRIBER_BASE_URL": listener.url,
    }
    server = started(folder / "data", settings)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


def begin(page: Page, coach: Server, lang: Lang, *, voice: bool) -> None:
    page.goto(coach.url)
    page.locator("#start").wait_for()
    if voice:
        page.get_by_label(LABELS[lang]["voice"]).check()
    page.locator("#questions input[type=number]").fill("1")
    page.locator("#start").click()
    page.locator(BOX).wait_for()


def answer_of(coach: Server, session: str) -> Answered:
    with closing(Store.open(coach.data / "sessions.db")) as store:
        return next(one.body for one in store.events(session) if isinstance(one.body, Answered))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_spoken_answer_from_the_microphone_to_the_report_and_out_of_the_data_folder(
    lang: Lang, coach: Server, listener: AudioStub, driver: Playwright, tmp_path: Path
) -> None:
    sound = said(tmp_path / "answer.wav", SPOKEN[lang], lang, before_s=0.3, after_s=20)
    with with_microphone(driver, sound) as browser, watching(browser, locale=LOCALES[lang]) as context:
        page = context.new_page()
        begin(page, coach, lang, voice=True)
        expect(page.locator("#listen-notice")).to_contain_text("127.0.0.1")
        record(page, 5)
        text, repaired = REPAIRED[lang]
        expect(page.locator(BOX)).to_have_value(text)
        expect(page.locator("#listen-takes ins")).to_have_text(repaired)
        expect(page.locator("#scorecard")).to_contain_text(SHOWN["before"][lang])
        page.locator("#listen-repairs input").first.uncheck()
        expect(page.locator(BOX)).to_have_value(UNDONE[lang])
        page.locator(BOX).fill(SPOKEN[lang])

        page.locator("#send").click()
        expect(page.locator("#scorecard")).to_contain_text(re.compile(r"\d+ (?:of|/) \d+ = [1-9]\d* %"))
        expect(page.locator("#scorecard .delivery")).to_have_count(1)
        expect(page.locator("#listen-takes figure")).to_have_count(0)
        page.locator("#end").click()
        page.get_by_role("link", name=SHOWN["to_report"][lang]).click()
        expect(page.locator("#report-delivery .delivery-picture rect.delivery-speech").first).to_be_visible()

        session = page.url.partition("session=")[2]
        answer = answer_of(coach, session)
        assert (answer.source, answer.text) == ("spoken", SPOKEN[lang])
        (recording,) = answer.recordings
        assert recording.seconds > 3
        assert recording.voiced
        assert sum(end - start for start, end in recording.voiced) > 1
        assert b"RIFF" in listener.requests[-1]["file"]
        sounds = coach.data / "recordings" / session
        assert [path.suffix for path in sounds.iterdir() if path.suffix == ".wav"] == [".wav"]

        page.goto(f"{coach.url}progress")
        past = page.locator("#pg-sessions label")
        past.first.click()
        before = past.count()
        page.locator("#pg-delete").click()
        page.locator("#pg-delete-yes").click()
        expect(past).to_have_count(before - 1)
        assert not sounds.exists()


def test_without_voice_there_is_no_microphone(coach: Server, driver: Playwright) -> None:
    with with_microphone(driver, None) as browser, watching(browser) as context:
        page = context.new_page()
        begin(page, coach, "en", voice=False)
        expect(page.get_by_label(ENGLISH["voice"])).not_to_be_checked()
        expect(page.locator("#listen, #speak-bar").filter(visible=True)).to_have_count(0)
        expect(page.get_by_role("button", name="Record")).to_have_count(0)
        page.locator("#voice-toggle").click()
        expect(page.get_by_role("button", name="Record", exact=True)).to_be_visible()
