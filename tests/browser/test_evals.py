"""The evals page in a real browser: a suite started, cancelled, gone on with, looked at, read and compared."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Server

LONG = 180_000
"""Milliseconds for a suite of 184 answers on a busy machine."""


def opened(page: Page, server: Server) -> None:
    page.goto(f"{server.url}evals")
    expect(page.locator("#evals-about")).to_contain_text("184", timeout=LONG)


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_a_suite_is_started_seen_by_a_second_visitor_cancelled_and_gone_on_with(
    page: Page, context: BrowserContext, serve: Callable[..., Server], tmp_path: Path
) -> None:
    server = serve()
    opened(page, server)
    expect(page.locator("#evals-results")).to_contain_text("No run yet")
    page.locator("#evals-start").click()
    expect(page.locator("#evals-progress progress")).to_be_visible()

    second = context.new_page()
    opened(second, server)
    expect(second.locator("#evals-progress")).to_contain_text("smoke · offline")
    expect(second.locator("#evals-start")).to_be_hidden()
    second.close()

    expect(page.locator("#evals-progress progress[value]:not([value='0'])")).to_be_visible(timeout=LONG)
    page.locator("#evals-cancel").click()
    expect(page.locator("#evals-progress")).to_contain_text(re.compile(r"Cancelled at \d+ of 184"))
    expect(page.locator("#evals-results")).to_contain_text("Unfinished")
    page.locator("#evals-resume").click()
    expect(page.locator("#evals-progress")).to_contain_text("All floors hold", timeout=LONG)
    expect(page.locator("#evals-results")).to_contain_text("All floors hold")
    expect(page.locator("#evals-results .ev-confusion td.ok")).to_have_count(4)
    kept = [path.name for path in (server.data / "runs").iterdir()]
    assert len(kept) == 1
    assert len((server.data / "runs" / kept[0] / "results.jsonl").read_text(encoding="utf-8").splitlines()) == 184

    tab(page, "Wrong verdicts")
    expect(page.locator("#evals-wrong article")).to_have_count(10)
    page.locator("#evals-later").click()
    expect(page.locator("#evals-wrong")).to_contain_text("11 to 20 shown")
    page.locator("#evals-mistake input").click()
    page.locator("#evals-mistake ul[role=listbox] li", has_text="Worthless, judged met").click()
    expect(page.locator("#evals-wrong article").first).to_contain_text("worthless, judged met")
    expect(page.locator("#evals-wrong article mark").first).to_be_visible()
    page.get_by_label("Cards held back").check()
    expect(page.locator("#evals-wrong")).to_contain_text("no longer measured by them")
    tab(page, "Compare two runs")
    page.locator("#evals-compare").click()
    expect(page.locator("#evals-comparison")).to_contain_text("Choose two different runs")

    page.locator("#evals-report").click()
    with page.expect_download() as download:
        page.locator("#evals-download").click()
    saved = tmp_path / "report.html"
    download.value.save_as(saved)
    written = saved.read_text(encoding="utf-8")
    assert "default-src 'none'" in written
    assert "All floors hold." in written


def test_the_page_fits_a_phone_and_speaks_chinese(context: BrowserContext, server: Server) -> None:
    assert context.browser is not None
    phone = context.browser.new_context(locale="zh-CN", viewport={"width": 360, "height": 740})
    page = phone.new_page()
    opened(page, server)
    expect(page.locator("#evals-about")).to_contain_text("184 份回答")
    page.get_by_label("面试官：模拟候选人").check()
    expect(page.locator("#evals-about")).to_contain_text(re.compile(r"\d+ 场面试"))
    expect(page.locator("#evals-judge")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    phone.close()
