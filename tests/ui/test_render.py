import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.grading.grade import settle
from coach.grading.offline import OfflineJudge
from coach.progress.export import report_markdown
from coach.schema import Answered, Card, Hinted, Plan, Probed, Round, Session, Skipped, Utterance
from coach.ui.render import _mark, chat_messages, defuse, marked_answer, scorecard

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


@given(st.text())
def test_marking_changes_nothing_but_escapes(text: str) -> None:
    import html

    half = len(text) // 2
    marked = _mark(text, [(0, half, "1", "met"), (half // 2, len(text), "2", "partly")] if text else [])
    plain = html.unescape(re.sub(r"</?mark[^>]*>|<sup>[^<]*</sup>", "", marked).replace("<br>", "\n"))
    assert plain == text


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
