"""Interviews on the real page, in a real browser, with no key and no network."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from coach.schema import Card
from tests.browser.conftest import Server
from tests.llm.stub import Stub, fails, says, streams

GOOD = (
    "Linear regression predicts a weighted sum of the features plus an intercept, $y = w^T x + b$. "
    "It is called linear because it is linear in the parameters."
)
BOX = "#answer textarea"


def begin(
    page: Page, server: Server, *, focus: str = "why is linear regression called linear", lang: str = "en"
) -> None:
    page.goto(server.url)
    page.locator("#start").wait_for()
    if lang == "zh":
        page.get_by_label("中文").check()
    page.locator("#focus textarea, #focus input").fill(focus)
    page.locator("#questions input[type=number]").fill("2")
    page.locator("#start").click()
    page.locator(BOX).wait_for()


def begin_coding(page: Page, server: Server) -> Locator:
    """The editor of a coding question that has just been asked."""
    page.goto(server.url)
    page.locator("#start").wait_for()
    page.locator("#focus textarea, #focus input").fill("reservoir sampling of k items from a stream")
    page.locator("#format input").click()
    page.get_by_role("option", name="Coding").click()
    page.locator("#start").click()
    editor = page.locator("#code .cm-content")
    expect(editor).to_contain_text("def ")
    return editor


def send(page: Page, text: str) -> None:
    page.locator(BOX).fill(text)
    page.locator("#send").click()


def chat(page: Page) -> str:
    """What is said so far, without how long an event takes, which Gradio writes beside it unseen."""
    return "\n".join(page.locator("#chat .message-row").all_inner_texts())


def test_a_whole_interview_with_a_reload_in_the_middle(page: Page, server: Server, tmp_path: Path) -> None:
    begin(page, server)
    expect(page.locator("#notice")).to_contain_text("offline judge")
    expect(page.locator("#notice")).to_contain_text("nothing leaves this machine")
    expect(page.locator("#chat")).to_contain_text("Why is it called linear?")
    expect(page.locator("#scorecard")).not_to_contain_text("%")

    send(page, GOOD)
    expect(page.locator("#scorecard")).to_contain_text("%")
    expect(page.locator("#scorecard")).to_contain_text(re.compile(r"\d+ of \d+ = \d+ %"))
    expect(page.locator("#scorecard mark.met").first).to_contain_text(re.compile(r"weighted sum|w\^T x"))
    expect(page.locator("#chat .katex").first).to_be_visible()
    expect(page.locator(BOX)).to_have_value("")
    expect(page.locator("#scorecard")).to_contain_text("shown once the question is closed")
    expect(page.locator("#scorecard sup").first).to_be_visible()
    probe = page.locator("#chat .bot, #chat [data-testid=bot]").last.inner_text()
    assert "?" in probe

    page.locator(BOX).press_sequentially("half an answer about sq", delay=5)
    page.wait_for_timeout(700)
    page.reload()
    page.locator(BOX).wait_for()
    expect(page.locator(BOX)).to_have_value("half an answer about sq")
    expect(page.locator("#chat")).to_contain_text("Why is it called linear?")
    expect(page.locator("#scorecard")).to_contain_text("%")

    send(page, "Adding x squared as a feature keeps it linear. We minimise the sum of squared residuals.")
    expect(page.locator("#scorecard .said")).to_have_count(2)
    page.locator("#skip").click()
    expect(page.locator("#next")).to_be_visible()
    expect(page.locator("#scorecard .reference")).to_be_visible()

    page.locator("#next").click()
    expect(page.locator("#chat")).to_contain_text("2/2")
    page.locator("#hint").click()
    expect(page.locator("#chat")).to_contain_text("Hint 1/3")
    send(page, "I don't know")
    expect(page.locator("#next")).to_be_visible()
    page.locator("#next").click()

    expect(page.locator("#over")).to_contain_text("2 of 2 questions graded")
    page.get_by_role("link", name="Open the report").click()
    expect(page.locator("body")).to_contain_text("linear in the parameters")
    expect(page).to_have_url(re.compile(r"/report\?session=\w+"))
    page.get_by_role("link", name="Practice", exact=True).click()

    page.locator("#new").click()
    expect(page.locator("#start")).to_be_visible()


LOCKED = """async () => {
  const working = Object.assign(document.createElement("i"), { className: "working" });
  const locked = [];
  for (const change of [() => document.querySelector("#now").append(working), () => working.remove()]) {
    change();
    await new Promise(requestAnimationFrame);
    locked.push(document.querySelector("#answer textarea").readOnly);
  }
  return locked;
}"""
"""Whether the answer box is locked in the frame after work began, and in the one after it was over."""


SENT = """() => [coachSending, coachSent, coachSending, coachFocus].map((step) => {
  step();
  return document.querySelector("#answer textarea").readOnly;
})"""
"""Whether it is locked from the click on Send, until that failed or is over."""


def test_no_key_is_lost_before_and_after_a_step(page: Page, server: Server) -> None:
    begin(page, server)
    assert page.evaluate(LOCKED) == [True, False]
    assert page.evaluate(SENT) == [True, False, True, False]
    page.locator(BOX).press_sequentially("half an ans")
    with page.expect_response(re.compile("/gradio_api/run")):
        page.locator("#hint").click()
    expect(page.locator("#chat")).to_contain_text("Hint 1/3")
    page.reload()
    expect(page.locator(BOX)).to_have_value("half an ans")


def test_a_chinese_interview(page: Page, server: Server) -> None:
    begin(page, server, focus="为什么叫线性回归", lang="zh")
    expect(page.locator("#chat")).to_contain_text("线性回归")
    send(page, "线性回归就是特征的加权和，叫线性是因为它对参数是线性的。")
    expect(page.locator("#scorecard")).to_contain_text("答到")
    expect(page.locator("#scorecard mark.met").first).to_contain_text("加权和")
    page.locator("#skip").click()
    page.locator("#scorecard .reference summary").click()
    expect(page.locator("#scorecard .reference")).to_contain_text("参数")
    page.locator("#end").click()
    expect(page.locator("#over")).to_contain_text("面试结束")


def test_the_page_speaks_the_language_of_the_browser(browser: object, server: Server) -> None:
    from playwright.sync_api import Browser

    assert isinstance(browser, Browser)
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(server.url)
    expect(page.locator("#start")).to_have_text("开始面试")
    context.close()


def test_killed_and_started_again_the_interview_goes_on(page: Page, serve: Callable[..., Server]) -> None:
    server = serve()
    begin(page, server)
    send(page, GOOD)
    expect(page.locator("#scorecard")).to_contain_text("%")
    expect(page.locator("#chat .katex").first).to_be_visible()
    before = chat(page)
    page.locator(BOX).press_sequentially("my draft", delay=5)
    page.wait_for_timeout(700)
    server.kill()
    server.start()
    page.goto(server.url)
    page.locator(BOX).wait_for()
    expect(page.locator(BOX)).to_have_value("my draft")
    expect(page.locator("#chat .katex").first).to_be_visible()
    assert chat(page) == before
    send(page, "We minimise the sum of squared residuals.")
    expect(page.locator("#scorecard .said")).to_have_count(2)


def test_killed_before_the_follow_up_was_put_it_is_put_on_reload(page: Page, serve: Callable[..., Server]) -> None:
    server = serve()
    begin(page, server)
    send(page, GOOD)
    probe = "Suppose the scatter plot is clearly curved."
    expect(page.locator("#chat")).to_contain_text(probe)
    server.kill()
    with sqlite3.connect(server.data / "sessions.db") as link:
        assert link.execute("DELETE FROM events WHERE kind = 'probed'").rowcount == 1
    link.close()
    server.start()
    page.goto(server.url)
    expect(page.locator("#chat")).to_contain_text(probe)
    expect(page.locator("#send")).to_be_visible()


def test_a_second_tab_is_told_and_keeps_its_text(context: BrowserContext, server: Server) -> None:
    first = context.new_page()
    begin(first, server)
    second = context.new_page()
    second.goto(server.url)
    second.locator(BOX).wait_for()
    send(first, GOOD)
    expect(first.locator("#scorecard")).to_contain_text("%")
    send(second, "another answer from the second tab")
    expect(second.locator("#status")).to_contain_text("another tab")
    expect(second.locator(BOX)).to_have_value("another answer from the second tab")
    expect(second.locator("#chat")).to_contain_text("weighted sum")
    expect(second.locator("#chat")).not_to_contain_text("another answer")


def test_a_double_click_on_send_counts_once(page: Page, server: Server) -> None:
    begin(page, server)
    page.locator(BOX).fill(GOOD)
    page.locator("#send").dblclick()
    expect(page.locator("#scorecard")).to_contain_text("%")
    page.wait_for_timeout(500)
    assert chat(page).count("weighted sum of the features") == 1


def test_nothing_fitting_is_said_on_the_page(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator("#start").wait_for()
    for name, value in (("company", "microsoft"), ("topics", "trees")):
        page.locator(f"#{name} input").click()
        page.get_by_role("option", name=value, exact=True).click()
    page.keyboard.press("Escape")
    page.locator("#start").click()
    expect(page.locator("#status")).to_contain_text("no question for microsoft and trees")
    expect(page.locator("#start")).to_be_visible()


def test_a_failing_model_keeps_the_answer_and_is_asked_again(
    page: Page, serve: Callable[..., Server], why_linear: Card
) -> None:
    reply = {
        "criteria": [
            {
                "criterion": criterion.id,
                "quotes": [{"turn": 0, "text": "linear in the parameters"}] if criterion.required else [],
                "reason": "said" if criterion.required else "not said",
                "state": "met" if criterion.required else "missed",
            }
            for criterion in why_linear.criteria
        ],
        "misconceptions": [],
    }
    with Stub(fails(401), says(reply), streams("Suppose the plot", " bends a lot: what then?")) as stub:
        server = serve(COACH_MODEL="openai:stub-1", OPENAI_BASE_URL=stub.url, OPENAI_API_KEY="sk-secret-0123456789")
        begin(page, server)
        expect(page.locator("#notice")).to_contain_text("LLM judge")
        expect(page.locator("#notice")).to_contain_text("answers are sent to 127.0.0.1")
        send(page, GOOD)
        expect(page.locator("#scorecard")).to_contain_text("not graded")
        expect(page.locator("#scorecard")).not_to_contain_text("%")
        expect(page.locator("#chat")).to_contain_text("weighted sum of the features")
        assert "sk-secret-0123456789" not in page.content()

        page.locator("#again").click()
        expect(page.locator("#scorecard")).to_contain_text("= 27 %")
        expect(page.locator("#scorecard mark.met")).to_contain_text("linear in the parameters")
        expect(page.locator("#chat")).to_contain_text("Suppose the plot bends a lot: what then?")
        expect(page.locator("#scorecard")).to_contain_text("stub-1 (llm, 10 + 5 tokens)")


def test_a_model_without_a_key_is_said_and_the_offline_judge_works(page: Page, serve: Callable[..., Server]) -> None:
    server = serve(COACH_MODEL="openai:gpt-4.1-mini")
    begin(page, server)
    expect(page.locator("#notice")).to_contain_text("OPENAI_API_KEY")
    send(page, GOOD)
    expect(page.locator("#scorecard")).to_contain_text("%")


def test_asking_back_rating_oneself_objecting_and_starting_over(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator("#start").wait_for()
    page.get_by_text("More: clock").click()
    page.locator("#self-rate input").check()
    page.locator("#minutes input").fill("30")
    page.locator("#focus textarea, #focus input").fill("why is linear regression called linear")
    page.locator("#start").click()
    page.locator(BOX).wait_for()
    expect(page.locator("#clock")).to_contain_text("time left 29:")

    send(page, "Could you repeat the question, please?")
    expect(page.locator("#chat")).to_contain_text("Could you repeat")
    expect(page.locator(BOX)).to_have_value("")
    page.locator("#pause").click()
    expect(page.locator("#clock")).to_contain_text("paused")
    page.locator("#resume").click()
    expect(page.locator("#clock")).not_to_contain_text("paused")
    send(page, GOOD)
    expect(page.locator("#chat [data-testid=bot]")).to_have_count(3)
    expect(page.locator("#scorecard")).not_to_contain_text("%")
    page.locator("#skip").click()
    expect(page.locator("#rating")).to_be_visible()
    page.locator("#rating input").nth(3).check()
    expect(page.locator("#scorecard")).to_contain_text("%")

    page.get_by_text("This grade is wrong").click()
    page.locator("#wrong-point input").click()
    page.get_by_role("option").first.click()
    page.locator("#wrong-state input").click()
    page.get_by_role("option", name="contradicted").click()
    page.locator("#wrong-why textarea").fill("I never said that")
    page.locator("#wrong-send").click()
    expect(page.locator("#status")).to_contain_text("Kept with the session")

    page.locator("#redo").click()
    expect(page.locator(BOX)).to_be_visible()
    expect(page.locator("#chat")).to_contain_text("From the beginning, then.")


def test_an_exam_shows_no_grade_and_offers_no_hint_before_its_end(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator("#start").wait_for()
    page.get_by_label("Exam").check()
    page.locator("#questions input[type=number]").fill("1")
    page.locator("#start").click()
    page.locator(BOX).wait_for()
    expect(page.locator("#hint")).not_to_be_visible()
    send(page, GOOD)
    expect(page.locator("#chat [data-testid=bot]")).to_have_count(2)
    expect(page.locator("#scorecard")).not_to_contain_text("%")
    page.locator("#end").click()
    expect(page.locator("#over")).to_contain_text("%")


def test_code_is_run_while_it_is_written_and_handed_in_with_the_words(page: Page, server: Server) -> None:
    editor = begin_coding(page, server)
    page.locator("#run").click()
    expect(page.locator("#tests")).to_contain_text("NotImplementedError", timeout=60_000)
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("def reservoir_sample(stream, k, rng):\nreturn list(stream)[:k]")
    page.locator("#run").click()
    expect(page.locator("#tests")).to_contain_text("✓")
    page.wait_for_timeout(500)
    page.reload()
    expect(page.locator("#code .cm-content")).to_contain_text("[:k]")
    send(page, "It keeps the first k items, which is not uniform.")
    expect(page.locator("#scorecard")).to_contain_text("%")
    expect(page.locator("#chat pre").last).to_contain_text("return list(stream)[:k]")
    expect(page.locator("#chat .bot-row").last).to_be_in_viewport(ratio=0.9)


def test_a_formula_is_shown_while_it_is_typed_and_goes_into_the_answer(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator("#start").wait_for()
    page.locator("#format input").click()
    page.get_by_role("option", name="Phone screen").click()
    expect(page.locator("#questions input[type=number]")).to_have_value("3")
    page.locator("#start").click()
    formula = page.locator("#formula textarea, #formula input")
    formula.fill(r"\hat\beta = (X^\top X)^{-1} X^\top y <img src=x>")
    expect(page.locator("#formula-shown .katex").first).to_be_visible()
    assert page.locator("#formula-shown img").count() == 0
    formula.fill(r"\hat\beta = (X^\top X)^{-1} X^\top y")
    page.locator(BOX).fill("The minimiser is ")
    page.locator("#insert").click()
    expect(page.locator(BOX)).to_have_value(r"The minimiser is $\hat\beta = (X^\top X)^{-1} X^\top y$ ")
    expect(page.locator("#preview .katex").first).to_be_visible()
    page.locator(BOX).press("Control+Enter")
    expect(page.locator("#chat .user .katex, #chat [data-testid=user] .katex").first).to_be_visible()


def test_buttons_speak_for_the_candidate(page: Page, server: Server) -> None:
    begin(page, server)
    page.locator(BOX).fill("half an answer")
    page.locator("#repeat").click()
    expect(page.locator("#chat")).to_contain_text("Could you repeat the question?")
    expect(page.locator(BOX)).to_have_value("half an answer")
    page.locator("#unknown").click()
    expect(page.locator("#chat")).to_contain_text("I don't know.")
    expect(page.locator("#scorecard")).to_contain_text("0 %")
