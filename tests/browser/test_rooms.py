"""Every kind of interview on the real page, in both languages; by keyboard alone, on a phone, through a network cut."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from coach.interview.rounds import FORMATS
from coach.schema import Card, FormatName, Lang
from coach.ui.words.practice import CHINESE, ENGLISH, STATUS
from coach.ui.words.practice import WORDS as SHOWN
from tests.browser.conftest import Server, watching
from tests.browser.steps import one_card
from tests.browser.test_page import BOX, GOOD, begin, begin_coding, chat, send
from tests.browser.test_progress import history
from tests.llm.stub import Exchange, Stub, hangs, says

LANGS: tuple[Lang, ...] = ("en", "zh")
LOCALES: dict[Lang, str] = {"en": "en-US", "zh": "zh-CN"}
LABELS: dict[Lang, dict[str, str]] = {"en": ENGLISH, "zh": CHINESE}
SHORT: dict[Lang, str] = {
    "en": "I measured the loss on held-out data, found overfitting, and fixed it with regularisation.",
    "zh": "我在验证集上看损失，发现过拟合，后来用正则化解决了。",
}
ROUNDS = [(name, LANGS[number % 2]) for number, name in enumerate(sorted(FORMATS, key=lambda name: name != "review"))]
"""Each kind of interview in one of the languages; what is due goes first, as the other rounds would ask it too."""
GRADED = re.compile(r"\d+ (?:of|/) \d+ = \d+ %")
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
FOCUS = """(wanted) => {
  const here = document.activeElement;
  const style = getComputedStyle(here);
  const drawn = style.outlineStyle !== "none" && !/, 0\\)$/.test(style.outlineColor);
  const seen = drawn && parseFloat(style.outlineWidth) >= 2;
  return { there: here.matches(wanted), seen: seen || here === document.body, what: here.outerHTML.slice(0, 160) };
}"""
expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def seats(browser: Browser, server: Server) -> Iterator[Callable[[Lang], Page]]:
    """A tab of each language on an empty setup card; the same tab from interview to interview."""
    history(server.data)
    tabs: dict[Lang, Page] = {}
    with ExitStack() as until_the_end:

        def seat(lang: Lang) -> Page:
            if lang not in tabs:
                tabs[lang] = until_the_end.enter_context(watching(browser, locale=LOCALES[lang])).new_page()
                tabs[lang].goto(server.url)
            page = tabs[lang]
            page.locator("#start:visible, #new:visible, #end:visible").wait_for()
            if page.locator("#end").is_visible():
                page.locator("#end").click()
            if not page.locator("#start").is_visible():
                page.locator("#new").click()
            page.locator("#start").wait_for()
            return page

        yield seat


def choose(page: Page, field: str, name: str) -> None:
    box = page.locator(f"#{field} input")
    if box.input_value() != name:
        box.click()
        page.get_by_role("option", name=name, exact=True).click()


@pytest.mark.parametrize(("format", "lang"), ROUNDS)
def test_every_round_is_held_from_setup_to_report(
    format: FormatName, lang: Lang, seats: Callable[[Lang], Page]
) -> None:
    page, labels = seats(lang), LABELS[lang]
    choose(page, "format", labels[format])
    choose(page, "company", "amazon" if format == "loop" else labels["any"])
    page.locator("#questions input[type=number]").fill("1")
    page.locator("#start").click()
    page.locator(BOX).wait_for()
    asked = page.locator("#chat [data-testid=bot]")
    if format not in {"free", "loop"}:
        expect(page.locator("#chat")).to_contain_text(FORMATS[format].lead.text(lang))
    expect(page.locator("#scorecard")).to_contain_text(SHOWN["before"][lang])
    before = asked.count()

    send(page, SHORT[lang])
    expect(page.locator("#chat")).to_contain_text(SHORT[lang])
    expect(page.locator("#scorecard")).to_contain_text(GRADED)
    expect(asked).to_have_count(before + 1)

    page.locator("#end").click()
    expect(page.locator("#over")).to_contain_text(SHOWN["over_title"][lang])
    link = page.get_by_role("link", name=SHOWN["to_report"][lang])
    expect(link).to_have_attribute("href", re.compile(r"^\./report\?session=[0-9a-f]{32}$"))
    expect(page.locator(BOX)).not_to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; everything on the way shows that it has it."""
    passed = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS, selector)
        assert focus["seen"], f"no visible focus on {focus['what']}"
        if focus["there"]:
            return
        passed.append(focus["what"])
    pytest.fail(f"{selector} is not reached with Tab: {passed}")


def test_an_interview_from_setup_to_report_without_a_mouse(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator("#start").wait_for()
    tab_to(page, "#questions input[type=number]")
    page.keyboard.press("Control+A")
    page.keyboard.type("1")
    tab_to(page, "#voice input")
    page.keyboard.press("Space")
    expect(page.locator("#voice input")).to_be_checked()
    page.keyboard.press("Space")
    tab_to(page, "#focus input, #focus textarea")
    page.keyboard.insert_text("why is linear regression called linear")
    tab_to(page, "#start")
    page.keyboard.press("Enter")
    expect(page.locator("#chat")).to_contain_text("Why is it called linear?")
    expect(page.locator(BOX)).to_be_focused()
    page.keyboard.insert_text(GOOD)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#scorecard")).to_contain_text(GRADED)
    expect(page.locator(BOX)).to_be_focused()
    tab_to(page, "#skip")
    page.keyboard.press("Space")
    expect(page.locator("#next")).to_be_visible()
    tab_to(page, "#next")
    page.keyboard.press("Enter")
    expect(page.locator("#over")).to_be_visible()
    tab_to(page, "#over a[href*=report]")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/report\?session=\w+"))
    expect(page.locator("#report-head")).to_contain_text("%")


def test_back_and_forward_keep_the_interview(browser: Browser, server: Server) -> None:
    with watching(browser) as context:
        page = context.new_page()
        begin(page, server)
        page.locator(BOX).press_sequentially("half an ")
        with page.expect_response(re.compile("/gradio_api/(run|queue/join)")):
            page.locator(BOX).press_sequentially("answer", delay=20)
        question = chat(page)
        page.get_by_role("link", name="Library", exact=True).click()
        expect(page.locator("#lib-list")).not_to_be_empty()
        page.go_back()
        expect(page.locator(BOX)).to_have_value("half an answer")
        assert chat(page) == question
        page.go_forward()
        expect(page.locator("#lib-list")).not_to_be_empty()
        page.go_back()
        expect(page.locator(BOX)).to_have_value("half an answer")
        send(page, GOOD)
        expect(page.locator("#scorecard")).to_contain_text(GRADED)
        expect(page.locator("[data-testid=toast-body]")).to_have_count(0)


def test_an_interview_that_is_started_before_the_page_is_filled_stays(page: Page, server: Server) -> None:
    early: list[Route] = []
    started: list[bool] = []
    page.route("**/gradio_api/queue/join*", lambda route: route.continue_() if started else early.append(route))
    page.goto(server.url)
    page.locator("#start").wait_for()
    page.wait_for_timeout(300)
    assert early
    started.append(True)
    page.locator("#start").click()
    expect(page.locator(BOX)).to_be_visible()
    for one in early:
        one.continue_()
    expect(page.locator("#notice")).to_contain_text("offline judge")
    expect(page.locator(BOX)).to_be_visible()


def test_words_written_while_the_network_was_cut_are_there_when_it_is_back(
    page: Page, context: BrowserContext, server: Server
) -> None:
    words = "A weighted sum of the features plus an intercept; it is linear in the parameters."
    begin(page, server)
    context.set_offline(True)
    page.locator(BOX).fill("A weighted sum of the features")
    page.locator("#send").click()
    expect(page.locator("[data-testid=toast-body]")).to_contain_text("Connection")
    page.locator(BOX).fill(words)
    with page.expect_event("load"):  # Gradio loads the page anew when the network is back
        context.set_offline(False)
    page.locator("#send").wait_for()
    expect(page.locator(BOX)).to_have_value(words)
    page.locator("#send").click()
    expect(page.locator("#scorecard")).to_contain_text(GRADED)
    assert chat(page).count("weighted sum of the features") == 1


def test_code_written_while_the_network_was_cut_is_there_when_it_is_back(
    page: Page, context: BrowserContext, server: Server
) -> None:
    editor = begin_coding(page, server)
    context.set_offline(True)
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.insert_text("\n# written in a tunnel")
    page.locator("#run").click()
    expect(page.locator("[data-testid=toast-body]")).to_contain_text("Connection")
    with page.expect_event("load"):
        context.set_offline(False)
    expect(editor).to_contain_text("# written in a tunnel")
    page.locator("#run").click()
    expect(page.locator("#tests")).to_contain_text("NotImplementedError", timeout=60_000)
    page.reload()
    expect(editor).to_contain_text("# written in a tunnel")


def test_the_clock_stands_still_while_paused_and_over_a_reload(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.get_by_text("More: clock").click()
    page.locator("#minutes input").fill("30")
    page.locator("#start").click()
    running = page.locator("#clock .left[data-left]")
    first = running.inner_text()
    expect(running).not_to_have_text(first)
    page.locator("#pause").click()
    expect(page.locator("#clock")).to_contain_text("paused")
    stood = page.locator("#clock").inner_text()
    page.reload()
    expect(page.locator("#resume")).to_be_visible()
    expect(page.locator("#clock")).to_have_text(stood)
    expect(running).to_have_count(0)
    page.locator("#resume").click()
    expect(page.locator("#clock")).not_to_contain_text("paused")
    expect(running).not_to_have_text(running.inner_text())


def test_on_a_phone_nothing_is_wider_than_the_screen_and_start_is_in_sight(browser: Browser, server: Server) -> None:
    small = {"width": 360, "height": 740}
    with watching(browser, viewport=small, has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        page.goto(server.url)
        page.locator("#start").wait_for()
        expect(page.locator("#start")).to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0
        assert page.evaluate(FITS)
        page.locator("#focus textarea, #focus input").fill("why is linear regression called linear")
        page.locator("#start").click()
        page.locator(BOX).wait_for()
        assert page.evaluate(FITS)
        send(page, GOOD + " $$" + "+".join(f"w_{{{n}}} x_{{{n}}}" for n in range(40)) + "$$ " + "long" * 40)
        expect(page.locator("#scorecard")).to_contain_text(GRADED)
        assert page.evaluate(FITS)
        page.locator("#end").click()
        expect(page.locator("#over")).to_be_visible()
        assert page.evaluate(FITS)


def test_what_was_stopped_while_a_slow_model_graded_is_graded_again(
    page: Page, serve: Callable[..., Server], why_linear: Card, tmp_path: Path
) -> None:
    asked = threading.Event()

    def slow(exchange: Exchange) -> None:
        asked.set()
        hangs(exchange)

    quotes = [{"turn": 0, "text": "linear in the parameters"}]
    points = [{"criterion": one.id, "quotes": quotes, "reason": "said", "state": "met"} for one in why_linear.criteria]
    with Stub(slow, says({"criteria": points, "misconceptions": []})) as stub:
        server = serve(
            COACH_CONTENT_DIR=str(one_card(tmp_path / "content")),
            COACH_MODEL="openai:stub-1",
            COACH_PROBE_WORDING="card",
            COACH_CRITIQUE="card",
            OPENAI_BASE_URL=stub.url,
            OPENAI_API_KEY="sk-secret-0123456789",
        )
        begin(page, server)
        send(page, GOOD)
        expect(page.locator("#status")).to_contain_text(STATUS["grading"]["en"])
        assert asked.wait(30)
        page.locator("#stop").click()
        expect(page.locator("#status")).to_contain_text("Stopped")
        expect(page.locator("#chat")).to_contain_text("weighted sum of the features")
        expect(page.locator("#scorecard")).not_to_contain_text("%")
        page.locator("#again").click()
        expect(page.locator("#scorecard")).to_contain_text("= 100 %")
    assert stub.calls == 2
