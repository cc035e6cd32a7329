"""People sign in, and nobody opens another's interview; a page that is busy says so."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from coach.ui.people import add
from tests.browser.conftest import Server

ADA, BOB = ("ada", "correct horse"), ("bob", "battery staple")
BOX = "#answer textarea"


def sign_in(page: Page, server: Server, pair: tuple[str, str]) -> None:
    page.goto(server.url)
    page.locator("input[type=text], textarea").first.fill(pair[0])
    page.locator("input[type=password]").fill(pair[1])
    page.locator("input[type=password]").press("Enter")


def test_nobody_opens_the_interview_of_another(browser: Browser, serve: Callable[..., Server], tmp_path: Path) -> None:
    for name, password in (ADA, BOB):
        add(tmp_path / "people.txt", name, password=password)
    server = serve(COACH_AUTH_FILE=str(tmp_path / "people.txt"))
    with browser.new_context(locale="en-US") as hers:
        page = hers.new_page()
        sign_in(page, server, ("ada", "wrong horse"))
        expect(page.locator("body")).to_contain_text("Incorrect", ignore_case=True)
        expect(page.locator("#start")).to_have_count(0)
        sign_in(page, server, ADA)
        page.locator("#start").click(timeout=60_000)
        page.locator(BOX).wait_for(timeout=60_000)
        question = page.locator("#chat [data-testid=bot]").first.inner_text()
        page.reload()
        expect(page.locator("#chat [data-testid=bot]").first).to_have_text(question, timeout=60_000)
        stored = hers.storage_state()
    stored["cookies"] = []
    with browser.new_context(locale="en-US", storage_state=stored) as his:
        page = his.new_page()
        sign_in(page, server, BOB)
        expect(page.locator("#start")).to_be_visible(timeout=60_000)
        expect(page.locator(BOX)).not_to_be_visible()
        assert question[-40:] not in page.content()
        page.goto(f"{server.url}progress")
        page.locator("#bar h1").wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        assert question[-40:] not in page.content()


@pytest.mark.parametrize(("language", "said"), [("en-US", "busy"), ("zh-CN", "忙")])
def test_a_full_queue_is_said_at_once_and_the_text_stays(
    browser: Browser, server: Server, language: str, said: str
) -> None:
    def full(route: Route) -> None:
        route.fulfill(status=503, json={"detail": "Queue is full. Max size is 512 and size is 512."})

    with browser.new_context(locale=language) as context:
        page = context.new_page()
        page.goto(server.url)
        page.locator("#start").click(timeout=60_000)
        page.locator(BOX).fill("my answer", timeout=60_000)
        page.route("**/queue/join*", full)
        page.locator("#send").click()
        expect(page.locator("#busy")).to_contain_text(said)
        expect(page.locator(BOX)).to_have_value("my answer")
        page.unroute("**/queue/join*")
        page.wait_for_timeout(300)
        page.locator("#send").click()
        expect(page.locator("#chat")).to_contain_text("my answer", timeout=60_000)
