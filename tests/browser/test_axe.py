"""axe-core finds nothing serious on any page, in either theme and language, on a desktop and on a phone."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import Server

BOX = "#answer textarea"
ADDRESSES = ("", "report", "progress", "library", "evals")
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LOOKS = [("en-US", "light", "desktop"), ("zh-CN", "dark", "phone")]
OPTIONS = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


@pytest.fixture(params=LOOKS, ids=["-".join(look) for look in LOOKS])
def look(request: pytest.FixtureRequest) -> tuple[str, str, str]:
    """Language, theme and size."""
    language, theme, size = request.param
    return language, theme, size


@pytest.fixture
def tab(browser: Browser, look: tuple[str, str, str]) -> Iterator[Page]:
    """A tab of that look."""
    language, theme, size = look
    context = browser.new_context(
        locale=language, viewport=SIZES[size], color_scheme="dark" if theme == "dark" else "light"
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


AT_REST = """document.getAnimations().forEach((one) => {
  if (Number.isFinite(one.effect?.getComputedTiming().endTime)) one.finish();
})"""


def serious(page: Page) -> list[str]:
    """Each serious or critical finding on the page as it comes to rest: rule, selector, what it says."""
    page.evaluate(AT_REST)
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}) {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for rule in found
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def opened(page: Page, server: Server, address: str, theme: str) -> None:
    page.goto(f"{server.url}{address}?__theme={theme}")
    page.locator("#bar h1").wait_for()
    page.locator("main, .contain").first.wait_for()
    page.wait_for_timeout(1000)


def begin(page: Page, server: Server, theme: str) -> None:
    opened(page, server, "", theme)
    page.locator("#start").wait_for()
    page.locator("#focus textarea, #focus input").fill("why is linear regression called linear")
    page.locator("#start").click()
    page.locator(BOX).wait_for(timeout=90_000)


def send(page: Page, text: str) -> None:
    page.locator(BOX).fill(text)
    page.locator("#send").click()
    expect(page.locator("#scorecard .said").first).to_be_visible(timeout=60_000)


def test_no_page_has_a_serious_finding(tab: Page, look: tuple[str, str, str], server: Server) -> None:
    found: dict[str, list[str]] = {}
    for address in ADDRESSES:
        opened(tab, server, address, look[1])
        found[address] = serious(tab)
    assert {address: some for address, some in found.items() if some} == {}


def test_no_state_of_an_interview_has_one(tab: Page, look: tuple[str, str, str], server: Server) -> None:
    states: dict[str, list[str]] = {}

    def look_at(state: str, ready: Callable[[], None]) -> None:
        ready()
        tab.wait_for_timeout(500)
        states[state] = serious(tab)

    look_at("answering", lambda: begin(tab, server, look[1]))
    look_at("followed up", lambda: send(tab, "It is linear in the parameters; we minimise squared residuals."))
    tab.locator("#skip").click()
    look_at("graded", lambda: expect(tab.locator("#next")).to_be_visible())
    tab.locator("#end").click()
    look_at("over", lambda: expect(tab.locator(BOX)).not_to_be_visible())
    for address in ("report", "progress", "library"):
        look_at(address, lambda address=address: opened(tab, server, address, look[1]))  # type: ignore[misc]
    assert {state: some for state, some in states.items() if some} == {}
