"""The progress page with interviews of last week on it: from what is due to deleting one of them."""

import asyncio
import sqlite3
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.settings import Settings
from coach.wiring import Coach
from tests.browser.conftest import Server
from tests.browser.test_axe import serious
from tests.conftest import ROOT
from tests.llm.stub import Stub, hangs

LINEAR, FORMULA = "linear-models/why-linear", "attention/scaling"


async def _hold(coach: Coach, card: str, *, days_ago: float, answer: str, ends: bool = True, **plan: Any) -> str:
    then = datetime.now(UTC) - timedelta(days=days_ago)
    room = replace(coach.interview, now=lambda: then, search=lambda _: (card,))
    chosen = plan_of({"lang": "en", "questions": 1, "probes": 0, "focus": "this card", **plan})
    state = await interview.answer(room, await interview.start(room, chosen), answer)
    return (await interview.end(room, state)).id if ends else state.id


async def _history(data: Path) -> str:
    """A past weak answer, a good one, and an exam that goes on; the id of the weak one."""
    coach = Coach(Settings(data_dir=data, content_dir=ROOT, model=None))
    try:
        said = "A weighted sum of the features plus an intercept; it is linear in the parameters."
        weak = await _hold(coach, FORMULA, days_ago=9, answer="I am not sure why.")
        await _hold(coach, LINEAR, days_ago=8, answer=said)
        await _hold(coach, LINEAR, days_ago=0, answer="A secret answer.", mode="exam", ends=False)
    finally:
        coach.close()
    return weak


def history(data: Path) -> str:
    """The same, made in a thread: Playwright keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(lambda: asyncio.run(_history(data))).result()


def line(page: Page, words: str) -> Any:
    return page.locator("#pg-sessions label", has_text=words)


def first_visit(browser: Browser, server: Server) -> None:
    """What a Chinese reader sees who has not practised yet."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{server.url}progress")
    expect(page.locator("#pg-first")).to_contain_text("还没有练习记录", timeout=60_000)
    expect(page.locator("#pg-first a")).to_have_attribute("href", "./")
    assert serious(page) == []
    context.close()


def test_past_interviews_from_the_first_visit_to_deleting_one(
    page: Page, browser: Browser, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve()
    first_visit(browser, server)
    weak = history(tmp_path / "data")
    recording = tmp_path / "data" / "recordings" / weak / "1.wav"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"sound")
    page.goto(f"{server.url}progress")
    expect(page.locator("#pg-due")).to_contain_text("due for", timeout=60_000)
    expect(page.locator("#pg-points .pg-card")).to_have_count(2)
    expect(page.locator("#pg-points .katex").first).to_be_attached()
    expect(page.locator("#pg-topics svg[aria-label]").first).to_be_visible()
    page.locator("#pg-topic input").click()
    page.get_by_role("option", name="linear models").click()
    expect(page.locator("#pg-points .pg-card")).to_have_count(1)

    line(page, "not finished").click()
    expect(page.locator("#pg-session")).to_contain_text("nothing is told")
    expect(page.locator("#pg-one")).not_to_contain_text("%")
    expect(page.locator("#pg-regrade")).to_be_hidden()

    line(page, "attention scores").click()
    expect(page.locator("#pg-session")).to_contain_text("%")
    page.locator("#pg-replay").click()
    expect(page.locator("#pg-where")).to_contain_text("Step 1 of 3")
    page.locator("#pg-step").click()
    expect(page.locator("#pg-chat")).to_contain_text("I am not sure why.")
    assert serious(page) == []
    page.locator("#pg-regrade").click()
    expect(page.locator("#pg-result tbody tr")).to_have_count(1)
    expect(page.locator("#pg-status")).to_contain_text("Graded again")
    with page.expect_download() as saved:
        page.locator("#pg-markdown").click()
    assert "I am not sure why." in Path(saved.value.path()).read_text(encoding="utf-8")

    page.locator("#pg-rename").click()
    page.locator("#pg-title textarea, #pg-title input").fill("My Monday")
    page.locator("#pg-save").click()
    line(page, "My Monday").click()
    page.locator("#pg-delete").click()
    expect(page.locator("#pg-sure")).to_contain_text("cannot be brought back")
    page.locator("#pg-delete-yes").click()
    expect(page.locator("#pg-status")).to_contain_text("Deleted")
    expect(page.locator("#pg-sessions label")).to_have_count(2)
    assert not recording.parent.exists()
    page.reload()
    expect(page.locator("#pg-due")).to_contain_text("1 question", timeout=60_000)
    page.locator("#pg-practise").click()
    expect(page.locator("#chat")).to_contain_text("These are the questions that are due.", timeout=60_000)
    assert page.url == server.url


COPIES = 20_000
"""So many interviews take seconds to read, on any machine."""


def copied(database: Path, session: str) -> None:
    """The beginning of the interview again and again."""
    with closing(sqlite3.connect(database)) as link, link:
        for table, part in (("events", "AND seq = 0"), ("sessions", "")):
            names = [str(row[1]) for row in link.execute(f"PRAGMA table_info({table})")]
            kept = ", ".join(name for name in names if name != "session")
            link.execute(
                f"WITH RECURSIVE copy(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n < {COPIES})"
                f" INSERT INTO {table} (session, {kept}) SELECT 'copy-' || n, {kept} FROM {table}, copy"
                f" WHERE session = ? {part}",
                (session,),
            )


def uncopied(database: Path) -> None:
    """Only what was there before."""
    with closing(sqlite3.connect(database)) as link, link:
        for table in ("events", "sessions"):
            link.execute(f"DELETE FROM {table} WHERE session LIKE 'copy-%'")


def test_a_long_export_is_cancelled_and_the_next_one_is_saved(
    page: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve()
    weak, database = history(tmp_path / "data"), tmp_path / "data" / "sessions.db"
    page.goto(f"{server.url}progress")
    expect(page.locator("#pg-due")).to_contain_text("due for", timeout=60_000)
    copied(database, weak)
    result, cancel = page.locator("#pg-take-result"), page.locator("#pg-cancel")
    page.locator("#pg-anki").click()
    expect(result).to_contain_text("Reading interview")
    cancel.click()
    expect(result).to_contain_text("Cancelled; nothing was written.")
    expect(cancel).to_be_hidden()
    assert list((tmp_path / "data").rglob("*.apkg")) == []
    uncopied(database)
    with page.expect_download() as saved:
        page.locator("#pg-anki").click()
    expect(cancel).to_be_hidden()
    assert "collection.anki2" in zipfile.ZipFile(saved.value.path()).namelist()


QUICK = "([one, other]) => { one.click(); requestAnimationFrame(() => other.click()); }"
"""The second choice comes while the first one is still looked up."""


def test_the_panel_follows_quick_choices_and_leaves_what_is_graded_again_behind(
    page: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    history(tmp_path / "data")
    with Stub(hangs) as stub:
        server = serve(COACH_MODEL="openai:stub-1", OPENAI_BASE_URL=stub.url, OPENAI_API_KEY="sk-test")
        page.goto(f"{server.url}progress")
        expect(page.locator("#pg-due")).to_contain_text("due for", timeout=60_000)
        linear, scores = line(page, "linear").last, line(page, "attention scores")
        page.evaluate(QUICK, [one.locator("input").element_handle() for one in (linear, scores)])
        expect(page.locator("#pg-session")).to_contain_text("attention scores")
        page.locator("#pg-delete").click()
        expect(page.locator("#pg-sure")).to_contain_text("attention scores")

        status, stop = page.locator("#pg-status"), page.locator("#pg-stop")
        page.locator("#pg-regrade").click()
        expect(status).to_contain_text("0 of 1")
        linear.click()
        expect(page.locator("#pg-session")).not_to_contain_text("attention scores")
        expect(stop).to_be_hidden()
        expect(status).to_be_empty()
        page.locator("#pg-regrade").click()
        expect(status).to_contain_text("0 of 1")
        stop.click()
        expect(status).to_contain_text("Stopped")
        expect(page.locator("#pg-session")).not_to_contain_text("attention scores")
