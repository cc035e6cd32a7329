"""The library in a real browser: found, read, practised; notes read; a card edited in two tabs."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from coach.schema import Card
from tests.bank.test_draft import reply
from tests.browser.conftest import Server
from tests.llm.stub import Stub, hangs, says

NAME = "linear-models/why-linear"
COLD_MS = 60_000
"""The first search of a process waits for the index, as do saves."""
WORDS = "#lib-words textarea, #lib-words input"


def opened(page: Page, server: Server) -> None:
    page.goto(f"{server.url}library")
    page.locator("#lib-list a").first.wait_for()
    page.wait_for_timeout(500)


def test_a_question_is_found_read_and_practised(page: Page, server: Server) -> None:
    opened(page, server)
    everything = page.locator(".lib-count").inner_text()
    page.locator("#lib-topic input").click()
    page.get_by_role("option", name="linear models", exact=True).click()
    expect(page.locator(".lib-count")).not_to_have_text(everything)
    expect(page.locator("#lib-list a", has_text="linear models").first).to_be_visible()
    page.locator("#lib-topic input").click()
    page.get_by_role("option", name="any", exact=True).click()
    page.locator(WORDS).fill("how do I bake bread")
    page.locator(WORDS).press("Enter")
    expect(page.locator(".lib-count")).to_contain_text("Nothing in the bank", timeout=COLD_MS)
    page.locator(WORDS).fill("为什么叫线性回归")
    page.locator("#lib-find").click()
    first = page.locator("#lib-list a").first
    expect(first).to_contain_text("Why is it called linear?")
    first.press("Enter")
    expect(page.locator("#lib-question h2")).to_contain_text("Why is it called linear?")
    expect(page.locator("#lib-answer")).to_contain_text("practise first")
    expect(page.locator("#lib-answer")).not_to_contain_text("Reference answer")
    assert page.url.endswith(f"library?card={NAME}")
    page.locator("#lib-show input").check()
    expect(page.locator("#lib-answer")).to_contain_text("Reference answer")
    expect(page.locator("#lib-answer .katex").first).to_be_visible()
    page.reload()
    expect(page.locator("#lib-question h2")).to_contain_text("Why is it called linear?")
    page.locator("#lib-practise").click()
    page.locator("#chat").wait_for()
    expect(page.locator("#chat")).to_contain_text("Why is it called linear?")
    expect(page.locator("#chat")).to_contain_text("1/1")


def test_notes_are_read_and_what_has_no_card_is_named(page: Page, server: Server, tmp_path: Path) -> None:
    note, scan = tmp_path / "mine.md", tmp_path / "scan.pdf"
    note.write_text(
        "# Amazon phone\n- Why is linear regression called linear?\n- How does Raft elect a leader?"
        " <img src=http://203.0.113.9/b.png>\n",
        encoding="utf-8",
    )
    scan.write_bytes(b"not a pdf")
    opened(page, server)
    page.get_by_role("tab", name="Notes and drafts").click()
    page.locator("#lib-upload input[type=file]").set_input_files([note, scan])
    told = page.locator("#lib-notes-told")
    expect(told).to_contain_text("2 questions found: 1 with a card", timeout=COLD_MS)
    expect(told).to_contain_text("COACH_MODEL")
    expect(told).to_contain_text("scan.pdf")
    expect(page.locator("#lib-found")).to_contain_text("no card yet")
    assert page.locator("#lib-found img").count() == 0
    page.locator("#lib-found a", has_text=NAME).click()
    expect(page.locator("#lib-question h2")).to_contain_text("Why is it called linear?")


def test_drafts_are_written_stopped_midway_corrected_accepted_and_found(
    page: Page, serve: Callable[..., Server], why_linear: Card, tmp_path: Path
) -> None:
    note = tmp_path / "mine.md"
    note.write_text("- How does Raft elect a leader?\n- What does a Bloom filter forget?\n", encoding="utf-8")
    asked = {"en": "How does Raft elect a leader?", "zh": "Raft 怎么选出 leader？"}
    first = reply(why_linear, topic="system-design", slug="raft-election", question=asked)
    with Stub(says(first), hangs) as stub:
        server = serve(COACH_MODEL="openai:stub-1", OPENAI_BASE_URL=stub.url, OPENAI_API_KEY="sk-test")
        opened(page, server)
        page.get_by_role("tab", name="Notes and drafts").click()
        page.locator("#lib-upload input[type=file]").set_input_files(note)
        told, found = page.locator("#lib-notes-told"), page.locator("#lib-found")
        expect(told).to_contain_text("2 questions found", timeout=COLD_MS)
        expect(told).to_contain_text("sent to 127.0.0.1")
        expect(found.get_by_text("no card yet")).to_have_count(2)
        page.locator("#lib-write").click()
        expect(told).to_contain_text("Drafting 2 of 2: What does a Bloom")
        page.locator("#lib-stop").click()
        expect(told).to_contain_text("Stopped.")
        expect(page.locator("#lib-stop")).to_be_hidden()
        expect(page.locator("#lib-write")).to_be_visible()
        expect(found.get_by_text("no card yet")).to_have_count(1)
        expect(page.locator("#lib-drafts a")).to_have_count(1)
        assert stub.calls == 2
    page.locator("#lib-drafts a", has_text="How does Raft elect a leader?").click()
    code = page.locator("#lib-yaml .cm-content")
    expect(code).to_contain_text("system-design/raft-election")
    page.locator("#lib-accept").click()
    edited = page.locator("#lib-edit-told")
    expect(edited).to_contain_text("primary source")
    draft = server.data / "drafts" / "system-design" / "raft-election.yaml"
    code.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(draft.read_text(encoding="utf-8").replace("TODO: a person adds", "Ongaro 2014;"))
    page.locator("#lib-accept").click()
    expect(edited).to_contain_text("Accepted: system-design/raft-election is in the bank", timeout=COLD_MS)
    assert not draft.exists()
    page.get_by_role("tab", name="Notes and drafts").click()
    expect(page.locator("#lib-drafts")).to_contain_text("No drafts")
    page.get_by_role("tab", name="Questions", exact=True).click()
    page.locator(WORDS).fill("raft leader election")
    page.locator("#lib-find").click()
    expect(page.locator("#lib-list a").first).to_contain_text("How does Raft elect a leader?", timeout=COLD_MS)


def edit(page: Page, server: Server, line: str) -> None:
    page.goto(f"{server.url}library?edit={NAME}")
    expect(page.locator("#lib-yaml .cm-content")).to_contain_text(NAME, timeout=COLD_MS)
    page.locator("#lib-yaml .cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type(line)
    page.keyboard.press("Enter")


def test_of_two_tabs_the_second_to_save_is_told_and_the_original_comes_back(
    context: BrowserContext, serve: Callable[..., Server]
) -> None:
    server = serve()
    first, second = context.new_page(), context.new_page()
    edit(first, server, "# by the first")
    edit(second, server, "oops: 1")
    second.locator("#lib-check").click()
    told = second.locator("#lib-edit-told")
    expect(told).to_contain_text("line 1 oops")
    second.keyboard.press("Control+z")
    first.locator("#lib-save").click()
    expect(first.locator("#lib-edit-told")).to_contain_text("is in the bank as you wrote it", timeout=COLD_MS)
    own = server.data / "cards" / f"{NAME}.yaml"
    assert own.read_text(encoding="utf-8").startswith("# by the first\n")
    second.locator("#lib-yaml .cm-content").click()
    second.keyboard.press("Control+a")
    second.keyboard.insert_text(own.read_text(encoding="utf-8").replace("# by the first", "# by the second"))
    second.locator("#lib-save").click()
    expect(told).to_contain_text("another tab")
    assert own.read_text(encoding="utf-8").startswith("# by the first\n")
    first.locator("#lib-revert").click()
    first.locator("#lib-yes").click()
    expect(first.locator("#lib-edit-told")).to_contain_text("the original again", timeout=COLD_MS)
    assert not own.exists()
    expect(first.locator("#lib-revert")).to_be_hidden()
