"""speak.js in a real Chromium, on a small page of its own: order, no repetition, mute, and silence on recording."""

import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from coach.llm.voice import wav_header
from coach.ui.words.speak import ENGLISH
from tests.conftest import ROOT
from tests.speech.speech_stub import hum

ASSETS = ROOT / "coach" / "ui" / "assets"
ON = """
if (!localStorage.getItem("interview-coach-voice")) localStorage.setItem("interview-coach-voice", '{"on": true}');
"""
FAKE = """
window.log = [];
class Utterance { constructor(text) { this.text = text; } }
window.SpeechSynthesisUtterance = Utterance;
const voices = (window.LANGS || ["en-US", "zh-CN"]).map((lang) => (
  { lang, name: "v-" + lang, localService: !window.REMOTE, default: true }));
const synth = {
  speaking: false, pending: false, now: null,
  getVoices: () => voices,
  speak(words) {
    this.speaking = true; this.now = words;
    log.push(["speak", words.text, words.lang, words.rate]);
    setTimeout(() => {
      if (this.now === words) { this.now = null; this.speaking = false; words.onend({}); }
    }, window.SLOW || 20);
  },
  cancel() { if (this.now) log.push(["cancel", this.now.text]); this.now = null; this.speaking = false; },
  resume() {},
};
Object.defineProperty(window, "speechSynthesis", { value: synth, configurable: true });
"""
PAGE = f"""<!doctype html><html lang="en"><head><title>voice</title><style>{(ASSETS / "speak.css").read_text()}</style>
</head><body><div id="speak-bar">{ENGLISH["speak_bar"]}</div><div id="speech"></div>
<button id="go">go</button><button class="record-button">Record</button>
<script>{(ASSETS / "speak.js").read_text()}</script></body></html>"""
TONE = 1.0


class Voice:
    """A page with speak.js, and a server that hums."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    async def page(self, _: Request) -> Response:
        return HTMLResponse(PAGE)

    async def sound(self, request: Request) -> Response:
        key = request.path_params["key"]
        self.fetched.append(key)
        if key == "bad":
            return Response("the key was rejected", status_code=502, media_type="text/plain")

        async def pieces() -> AsyncIterator[bytes]:
            yield wav_header(24_000)
            yield hum(TONE)

        return StreamingResponse(pieces(), media_type="audio/wav")


@pytest.fixture(scope="module")
def voice() -> Iterator[tuple[str, Voice]]:
    voice = Voice()
    icon = Route("/favicon.ico", lambda _: Response(status_code=204))
    app = Starlette(routes=[icon, Route("/", voice.page), Route("/gradio_api/speech/{key}", voice.sound)])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}/", voice
    server.should_exit = True
    thread.join()


@pytest.fixture
def opened(context: BrowserContext, voice: tuple[str, Voice]) -> Page:
    page = context.new_page()
    page.add_init_script(ON)
    page.add_init_script(FAKE)
    page.goto(voice[0])
    return page


def says(
    page: Page, turn: str, *lines: tuple[str, str], fresh: bool = True, lang: str = "en", sources: tuple[str, ...] = ()
) -> None:
    """What voice_html writes, put where Gradio puts it."""
    spans = "".join(
        f'<span data-line="{line}" lang="{lang}"{f" data-src=gradio_api/speech/{sources[n]}" if sources else ""}>'
        f"{words}</span>"
        for n, (line, words) in enumerate(lines)
    )
    mode = "server" if sources else "browser"
    inner = f'<div hidden data-turn="{turn}" data-mode="{mode}" data-fresh="{int(fresh)}">{spans}</div>'
    page.evaluate("(inner) => { document.querySelector('#speech').innerHTML = inner; }", inner)


def spoken(page: Page) -> list[str]:
    return [entry[1] for entry in page.evaluate("log") if entry[0] == "speak"]


def wait_for(page: Page, *words: str) -> None:
    page.wait_for_function(
        "(words) => JSON.stringify(log.filter((one) => one[0] === 'speak').map((one) => one[1])) === words",
        arg=json.dumps(words, separators=(",", ":"), ensure_ascii=False),
    )


def settle(page: Page) -> None:
    """Longer than speak.js waits, and than the fake voice speaks."""
    page.wait_for_function("!window.coachSpeech.speaking")
    page.wait_for_timeout(150)


def test_sentences_are_said_in_order_as_they_stream_and_each_once(opened: Page) -> None:
    says(opened, "t1", ("a", "One."))
    says(opened, "t1", ("a", "One."), ("a", "Two."))
    settle(opened)
    says(opened, "t1", ("a", "One."), ("a", "Two."), ("a", "Two."), ("b", "Three."))
    wait_for(opened, "One.", "Two.", "Two.", "Three.")
    says(opened, "t2", ("c", "One."))
    wait_for(opened, "One.", "Two.", "Two.", "Three.", "One.")
    says(opened, "t1", ("a", "One."))
    settle(opened)
    assert len(spoken(opened)) == 5


def test_nothing_is_said_again_when_the_page_is_loaded_anew(opened: Page) -> None:
    says(opened, "t1", ("a", "One."), fresh=False)
    opened.wait_for_selector("#speak-replay")
    says(opened, "t1", ("a", "One."), fresh=True)
    settle(opened)
    assert spoken(opened) == []
    opened.click("#speak-replay")
    wait_for(opened, "One.")


def test_each_language_is_said_by_a_voice_of_its_own_and_at_the_chosen_speed(opened: Page) -> None:
    says(opened, "t1", ("a", "One."))
    settle(opened)
    opened.select_option("#speak-speed", "1.5")
    says(opened, "t2", ("b", "为什么？"), lang="zh")
    wait_for(opened, "One.", "为什么？")
    assert [entry[2:] for entry in opened.evaluate("log")] == [["en-US", 1], ["zh-CN", 1.5]]


def test_recording_silences_at_once_and_the_rest_of_the_turn_stays_silent(opened: Page) -> None:
    opened.evaluate("window.SLOW = 20000")
    says(opened, "t1", ("a", "One."), ("a", "Two."))
    wait_for(opened, "One.")
    opened.dispatch_event(".record-button", "pointerdown")
    assert opened.evaluate("log.at(-1)") == ["cancel", "One."]
    says(opened, "t1", ("a", "One."), ("a", "Two."), ("a", "Three."))
    opened.evaluate("window.SLOW = 20")
    says(opened, "t2", ("b", "Four."))
    wait_for(opened, "One.", "Four.")


@pytest.mark.parametrize("how", ["Escape", "#speak-stop", "coach:recording"])
def test_the_stop_key_the_stop_button_and_a_recorder_silence_it(opened: Page, how: str) -> None:
    opened.evaluate("window.SLOW = 20000")
    says(opened, "t1", ("a", "One."), ("a", "Two."))
    wait_for(opened, "One.")
    if how == "Escape":
        opened.keyboard.press("Escape")
    elif how.startswith("#"):
        opened.click(how)
    else:
        opened.evaluate("document.dispatchEvent(new Event('coach:recording'))")
    opened.wait_for_function("log.at(-1)[0] === 'cancel' && !window.coachSpeech.speaking")
    assert opened.is_disabled("#speak-stop")


def test_mute_is_remembered_and_what_was_missed_is_not_said_later(opened: Page) -> None:
    says(opened, "t0")
    opened.click("#speak-mute")
    opened.reload()
    says(opened, "t1", ("a", "One."))
    opened.wait_for_selector('#speak-mute[aria-pressed="true"]')
    opened.click("#speak-mute")
    says(opened, "t1", ("a", "One."), ("a", "Two."))
    wait_for(opened, "Two.")


def test_the_buttons_show_only_while_there_is_a_voice(opened: Page) -> None:
    assert opened.is_hidden("#speak-replay")
    says(opened, "t1", ("a", "One."))
    opened.wait_for_selector("#speak-replay")
    opened.evaluate("document.querySelector('#speech').innerHTML = ''")
    opened.wait_for_selector("#speak-replay", state="hidden")


@pytest.mark.parametrize(("langs", "told"), [([], "no voice on this device"), (["zh-CN"], "no English voice")])
def test_a_device_without_a_voice_is_told_in_one_line(
    context: BrowserContext, voice: tuple[str, Voice], langs: list[str], told: str
) -> None:
    page = context.new_page()
    page.add_init_script(ON)
    page.add_init_script(f"window.LANGS = {json.dumps(langs)};{FAKE}")
    page.goto(voice[0])
    says(page, "t1", ("a", "One."))
    page.wait_for_function("(told) => document.querySelector('#speak-note').textContent.includes(told)", arg=told)
    assert spoken(page) == []


def test_a_voice_beyond_this_machine_is_not_used(context: BrowserContext, voice: tuple[str, Voice]) -> None:
    page = context.new_page()
    page.add_init_script(ON)
    page.add_init_script(f"window.REMOTE = true;{FAKE}")
    page.goto(voice[0])
    says(page, "t1", ("a", "One."))
    page.wait_for_function("document.querySelector('#speak-note').textContent.includes('no voice')")
    assert spoken(page) == []


def test_sound_from_the_server_is_played_in_order_and_stops_at_once(
    context: BrowserContext, voice: tuple[str, Voice]
) -> None:
    url, server = voice
    page = context.new_page()
    page.add_init_script(ON)
    page.add_init_script(
        """window.played = [];
        const { play, pause } = Audio.prototype, name = (one) => one.src.split("/").pop();
        Audio.prototype.play = function () {
          if (!this.src.startsWith("data:")) played.push(["play", name(this)]);
          this.addEventListener("ended", () => played.push(["ended", name(this)]));
          return play.call(this);
        };
        Audio.prototype.pause = function () { played.push(["pause", name(this)]); return pause.call(this); };"""
    )
    page.goto(url)
    page.click("#go")
    says(page, "t1", ("a", "One."), ("a", "Two."), sources=("one", "two"))
    page.wait_for_function("played.some((one) => one[0] === 'play' && one[1] === 'two')", timeout=10_000)
    assert page.evaluate("played.filter((one) => one[0] === 'play')") == [["play", "one"], ["play", "two"]]
    assert page.evaluate("played.some((one) => one[0] === 'ended' && one[1] === 'one')")
    assert page.evaluate("played.every((one) => one[0] !== 'pause')")
    page.keyboard.press("Escape")
    assert page.evaluate("played.at(-1)") == ["pause", "two"]
    assert [key for key in server.fetched if key in ("one", "two")] == ["one", "two"]


def test_a_speaker_that_fails_is_told_in_its_words_and_the_page_goes_on(
    browser: Browser, voice: tuple[str, Voice]
) -> None:
    page = browser.new_page()
    page.add_init_script(ON)
    page.goto(voice[0])
    page.click("#go")
    says(page, "t1", ("a", "One."), sources=("bad",))
    page.wait_for_function("document.querySelector('#speak-note').textContent.includes('the key was rejected')")
    says(page, "t2", ("b", "Two."), sources=("two",))
    page.wait_for_function("document.querySelector('#speak-note').textContent === ''")
    page.close()
