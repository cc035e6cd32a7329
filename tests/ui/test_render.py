import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import get_args

import pytest

from coach.bank.glossary import Glossary
from coach.errors import ModelNotConfigured
from coach.grading.critique import compose
from coach.grading.grade import settle
from coach.grading.offline import OfflineJudge
from coach.progress.export import grade_markdown, points_markdown, report_markdown, stronger_markdown
from coach.schema import (
    Answered,
    Card,
    Hinted,
    Maker,
    Plan,
    Probed,
    Round,
    Sentence,
    Session,
    Skipped,
    Stronger,
    Utterance,
)
from coach.ui.markup import rich
from coach.ui.render import chat_messages, defuse, marked_answer, notice_html, scorecard
from coach.wiring import JudgeNotice

OURS = {
    *(("div", name) for name in ("class", "aria-hidden")),
    *((tag, "class") for tag in ("span", "mark", "p")),
    ("i", "style"),
    *((tag, None) for tag in "b em strong code p ol ul li br h3 sup pre".split()),
}
"""The tags of the scorecard's own with their attributes."""


class Tags(HTMLParser):
    """What a browser would make of some HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[tuple[str, str | None]] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {(tag, name) for name, _ in attrs} or {(tag, None)}


PAYLOADS = [
    "![x](http://evil.example/x.png)",
    "<img src=http://evil.example/x.png>",
    "<div style='position:fixed;inset:0'>log in</div>",
    "<form action=http://evil.example><input name=key></form>",
    "<video src=http://evil.example/v.mp4 autoplay></video>",
    "<script>alert(1)</script>",
    "$a<img src=http://evil.example/x.png>$",
    "![x][ref]\n\n[ref]: http://evil.example/x.png",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_tags_and_images_of_an_answer_are_only_text(payload: str) -> None:
    shown = defuse(f"before {payload} after")
    assert not re.search(r"<[a-z/!]", shown, re.IGNORECASE)
    assert "![" not in shown


def test_formulas_and_code_keep_their_meaning() -> None:
    assert defuse("$a<b$ and $x_1$") == r"$a\lt b$ and $x_1$"
    assert defuse("`a<b` and ```\nif a<b: pass\n```") == "`a<b` and ```\nif a<b: pass\n```"


def test_overlapping_evidence_is_marked_with_both_numbers(why_linear: Card, offline: OfflineJudge) -> None:
    heard = (Utterance(turn=0, text="It is linear in the parameters. We use least squares. <b>x</b>"),)
    grade = settle(why_linear, offline.judge(why_linear, heard, ()), heard)
    shown = marked_answer(why_linear, grade, heard)
    assert "<sup>2</sup>" in shown
    assert "<sup>4</sup>" in shown
    assert "<b>" not in shown


def test_an_open_question_keeps_what_is_missing_to_itself(why_linear: Card, offline: OfflineJudge) -> None:
    heard = (Utterance(turn=0, text="We use least squares."),)
    grade = settle(why_linear, offline.judge(why_linear, heard, ()), heard)
    missing = why_linear.criterion("linear-in-parameters").says.en
    assert missing not in scorecard(why_linear, grade, "en", reveal=False)
    assert missing in scorecard(why_linear, grade, "en", reveal=True)
    assert why_linear.criterion("least-squares").says.en in scorecard(why_linear, grade, "en", reveal=False)


def session_of(one: Round) -> Session:
    return Session(
        id="s",
        plan=Plan(lang="en"),
        cards=(one.card,),
        rounds=(one,),
        started_at=datetime(2026, 1, 1, tzinfo=UTC),
        next_seq=2 + len(one.said),
        lang="en",
    )


def test_the_conversation_is_shown_in_the_order_it_was_held(why_linear: Card) -> None:
    said = (
        Hinted(rung=1, text="look closer"),
        Answered(text="I don't know", lang="en"),
        Hinted(rung=2, text="closer still"),
        Answered(text="a sum", lang="en"),
        Probed(criterion="weighted-sum", text="of what?", wording="card"),
        Answered(text="of features", lang="en"),
        Skipped(what="probe"),
    )
    one = Round(card=why_linear.id, question="why?", said=said)
    session = session_of(one)
    order = ["why?", "look closer", "I don't know", "closer still", "a sum", "of what?", "of features", "skipped"]
    shown = [message["content"] for message in chat_messages(session)]
    assert all(part in line for part, line in zip(order, shown, strict=True))
    report = report_markdown(session, {why_linear.id: why_linear})
    places = [report.index(part) for part in order]
    assert places == sorted(places)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_line_of_a_report_on_the_page_carries_a_tag_or_an_image(
    why_linear: Card, offline: OfflineJudge, payload: str
) -> None:
    text = f"It is linear in the parameters {payload}, and it can only fit straight lines {payload}."
    heard = (Utterance(turn=0, text=text),)
    grade = settle(why_linear, offline.judge(why_linear, heard, ()), heard)
    said = (
        Answered(text=text, lang="en"),
        Probed(criterion="weighted-sum", text=f"{payload} of what?", wording="model"),
    )
    one = Round(card=why_linear.id, question="why?", said=said, grade=grade, graded_answers=1)
    session = session_of(one)
    report = report_markdown(session, {why_linear.id: why_linear}, guard=defuse)
    assert not re.search(r"<[a-z/!]", report, re.IGNORECASE)
    assert "![" not in report


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize("made_by", ["card", "model"])
def test_no_critique_on_the_page_carries_a_tag_or_an_image(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary, payload: str, made_by: Maker
) -> None:
    text = f"It is linear in the parameters {payload}, and it can only fit straight lines {payload}."
    heard = (Utterance(turn=0, text=text),)
    grade = settle(why_linear, offline.judge(why_linear, heard, ()), heard)
    critique = compose(why_linear, grade, heard, glossary, "en")
    if made_by == "model":
        line = f"{payload} is kept"
        sources = get_args(Sentence.model_fields["source"].annotation)
        sentences = tuple(Sentence(text=line, source=source) for source in sources)
        changed = {"verdict": line, "fix": line, "fallback": line, "source": "model"}
        stronger = Stronger(sentences=sentences, made_by="model")
        critique = critique.model_copy(update={**changed, "stronger": stronger})
    for shown in (
        scorecard(why_linear, grade, "en", reveal=True, critique=critique),
        rich(stronger_markdown(critique)),
        rich(points_markdown(why_linear, critique)),
        marked_answer(why_linear, grade, heard),
    ):
        tags = Tags()
        tags.feed(shown)
        assert tags.found <= OURS
        assert "\n" not in shown
    written = grade_markdown(why_linear, grade, "en", guard=defuse, critique=critique)
    assert not re.search(r"<[a-z/!]", written, re.IGNORECASE)
    assert "![" not in written
    assert "kept" in stronger_markdown(critique, guard=defuse) or made_by == "card"


def test_a_critique_of_an_open_question_is_not_shown(
    why_linear: Card, offline: OfflineJudge, glossary: Glossary
) -> None:
    heard = (Utterance(turn=0, text="We use least squares."),)
    grade = settle(why_linear, offline.judge(why_linear, heard, ()), heard)
    critique = compose(why_linear, grade, heard, glossary, "en")
    for shown in (
        scorecard(why_linear, grade, "en", reveal=False, critique=critique),
        grade_markdown(why_linear, grade, "en", reveal=False, critique=critique),
    ):
        assert critique.verdict not in shown
        assert "stronger" not in shown
        assert why_linear.criterion("linear-in-parameters").says.en not in shown
        assert not any(one.passage.text in shown for one in critique.points if one.kind == "missing")
    assert critique.verdict in scorecard(why_linear, grade, "en", reveal=True, critique=critique)


def test_a_model_that_cannot_be_used_is_told_of_in_both_languages() -> None:
    notice = JudgeNotice("offline", False, None, ModelNotConfigured("No key for <m>"), None)
    assert notice_html(notice, "en").endswith("<br>No key for &lt;m&gt;")
    chinese = notice_html(notice, "zh")
    assert "模型没有设置好" in chinese
    assert "No key for &lt;m&gt;" in chinese
