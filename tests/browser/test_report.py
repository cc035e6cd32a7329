"""The report page, in a real browser, over sessions that were held before."""

import asyncio
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import Page, expect

from coach.interview import session as interview
from coach.schema import Plan, Recording, Session
from coach.settings import Settings
from coach.wiring import Coach
from tests.browser.conftest import Server
from tests.browser.test_axe import serious
from tests.conftest import ROOT

HOSTILE = "<img src=http://evil.example/x.png> ![x](http://evil.example/y.png) </details><h1>mine</h1>"
SAID = f"It is linear in the parameters, $y = w^T x + b$. We use least squares. {HOSTILE}"


def held(data: Path) -> dict[str, Session]:
    """Sessions of this data folder: one that ended, an exam that goes on, and somebody else's."""
    coach = Coach(Settings(data_dir=data, content_dir=ROOT, model=None))
    name = "linear-models/why-linear"
    desk = replace(coach.interview, cards={name: coach.interview.cards[name]})

    async def talk(plan: Plan, person: str = "", *, end: bool = True) -> Session:
        state = await interview.start(desk, plan, person=person)
        spoken = (Recording(audio=None, seconds=9, voiced=((0.5, 4), (6, 8))),)
        state = await interview.submit(desk, state, SAID, source="spoken", recordings=spoken)
        state = await interview.advance(desk, state)
        return await interview.end(desk, state) if end else state

    async def all_of_them() -> dict[str, Session]:
        return {
            "other": await talk(Plan(lang="en", questions=1), "ada"),
            "exam": await talk(Plan(lang="en", questions=1, mode="exam"), end=False),
            "done": await talk(Plan(lang="en", questions=1)),
        }

    with ThreadPoolExecutor(1) as aside:  # Playwright's own loop runs in this thread
        found = aside.submit(asyncio.run, all_of_them()).result()
    coach.close()
    return found


def test_a_report_from_first_visit_to_second_grade(page: Page, serve: Callable[..., Server]) -> None:
    server = serve()
    page.goto(f"{server.url}report")
    page.locator("#report-head .report-callout").wait_for()
    expect(page.locator("#report-head")).to_contain_text("No interview yet")
    expect(page.locator("#report-head a")).to_have_attribute("href", "./")

    sessions = held(server.data)
    page.reload()
    page.locator("#report-transcript summary").wait_for()
    expect(page.locator("#report-head .report-number")).to_contain_text(re.compile(r"\d+ %"))
    expect(page.locator("#report-questions .report-fix")).to_be_visible()
    expect(page.locator("#report-page h1, #report-page img")).to_have_count(0)
    expect(page.locator("#report-delivery .delivery")).to_contain_text("0:09")
    page.locator("#report-transcript summary").click()
    expect(page.locator("#report-transcript mark.met").first).to_contain_text("linear in the parameters")
    expect(page.locator("#report-transcript .katex").first).to_be_visible()
    expect(page.locator("#report-transcript")).to_contain_text("![x](http://evil.example/y.png)")
    page.emulate_media(reduced_motion="reduce")
    for theme in ("light", "dark"):
        page.evaluate("(dark) => document.body.classList.toggle('dark', dark)", theme == "dark")
        assert serious(page) == []

    for button, begins in (("markdown", "# Interview report"), ("json", "{"), ("anki", "PK")):
        with page.expect_download() as saved:
            page.locator(f"#report-{button}").click()
        assert saved.value.suggested_filename.startswith("interview-")
        written = saved.value.path().read_bytes()
        assert written.startswith(begins.encode())
        if button == "json":
            assert json.loads(written.splitlines()[0])["session"] == sessions["done"].id

    page.evaluate("() => { window.printed = 0; window.print = () => { window.printed += 1; }; }")
    page.locator("#report-print").click()
    page.wait_for_function("window.printed")
    assert page.evaluate("window.printed") == 1
    page.evaluate("() => { dispatchEvent(new Event('beforeprint')); }")
    assert page.locator("#report-page details:not([open])").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#report-transcript details[open]").count() == 1
    assert page.locator("#report-questions details[open]").count() == 0

    page.locator("#report-regrade").click()
    page.locator("#report-questions .report-records").wait_for()
    expect(page.locator("#report-status")).to_contain_text(re.compile(r"Graded again by .*: (\d+ % \w+) → \1"))
    expect(page.locator("#report-questions .report-records")).to_contain_text("Graded again on")


def test_what_is_not_to_be_told_is_not(page: Page, serve: Callable[..., Server]) -> None:
    server = serve()
    sessions = held(server.data)
    for name in (sessions["other"].id, "0" * 32):
        page.goto(f"{server.url}report?session={name}")
        page.locator("#report-head .report-callout").wait_for()
        expect(page.locator("#report-head")).to_contain_text("This interview is not here")
        expect(page.locator("#report-page")).not_to_contain_text("%")
    page.goto(f"{server.url}report?session={sessions['exam'].id}")
    page.locator("#report-go-on").wait_for()
    expect(page.locator("#report-head")).to_contain_text("This exam goes on")
    expect(page.locator("#report-page")).not_to_contain_text("%")
    expect(page.locator("#report-markdown")).to_be_hidden()

    page.locator("#report-pick input").click()
    page.get_by_role("option").first.click()
    page.locator("#report-transcript summary").wait_for()
    expect(page.locator("#report-head .report-number")).to_be_visible()
    assert page.url.endswith(f"?session={sessions['done'].id}")

    page.goto(f"{server.url}report?session={sessions['exam'].id}")
    page.locator("#report-go-on").click()
    page.wait_for_url(server.url)
    page.get_by_text("linear in the parameters").wait_for()
    expect(page.locator("#chat")).to_contain_text("linear in the parameters")
