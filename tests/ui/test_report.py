import asyncio
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from coach.errors import UnknownSession
from coach.interview import session as interview
from coach.interview.report import report
from coach.schema import Event, Lang, Plan, Session
from coach.settings import Settings
from coach.ui.markup import inline
from coach.ui.pieces import clock
from coach.ui.report import page_of
from coach.ui.report_course import timeline, transcript
from coach.ui.report_page import Page
from coach.ui.report_questions import questions
from coach.ui.report_verdict import head, review, topics
from coach.ui.shelf import Shelf
from coach.ui.words.report import CHINESE, ENGLISH
from coach.wiring import Coach
from tests.conftest import ROOT
from tests.ui.test_markup import PAYLOADS

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SAID = "It is linear in the parameters, $y = w^T x + b$. We use least squares."


@pytest.fixture(scope="module")
def coach(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coach]:
    """All live parts, for every test of this file: the bank is read once."""
    coach = Coach(Settings(data_dir=tmp_path_factory.mktemp("data"), content_dir=ROOT, model=None))
    yield coach
    coach.close()


class Watch:
    """A clock that moves on by itself, a second at a look."""

    def __init__(self) -> None:
        self.at = NOW - timedelta(days=1)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def over_one_card(coach: Coach) -> interview.Interview:
    name = "linear-models/why-linear"
    return replace(coach.interview, now=Watch(), cards={name: coach.interview.cards[name]})


def held(coach: Coach, *answers: str, plan: Plan | None = None, person: str = "", end: bool = True) -> Session:
    """A stored interview about the example card: a hint, the answers, and an objection to the first verdict."""
    desk = over_one_card(coach)

    async def talk() -> Session:
        state = await interview.start(desk, plan or Plan(lang="en", questions=1, probes=2), person=person)
        state = state if state.exam else await interview.hint(desk, state)
        for said in answers:
            state = await interview.answer(desk, state, said)
        if state.exam or not answers:
            return state
        first = state.current.grade
        assert first is not None
        verdict = first.verdicts[-1]
        state = await interview.dispute(
            desk, state, question=0, criterion=verdict.criterion, state="partly", reason="<b>I did</b> say so"
        )
        return await interview.end(desk, state) if end else state

    return asyncio.run(talk())


def page(coach: Coach, session: Session, lang: Lang = "en") -> Page:
    return page_of(coach, *Shelf(coach, session.person).read(session.id), lang, now=NOW)


def whole(told: Page) -> str:
    return "".join(part(told) for part in (head, topics, questions, review, timeline, transcript))


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    assert ENGLISH.keys() == CHINESE.keys()
    for name, text in ENGLISH.items():
        blanks = set(re.findall(r"\{\w+\}", text))
        assert set(re.findall(r"\{\w+\}", CHINESE[name])) == blanks, name


def test_the_page_says_the_figures_of_the_markdown_report(coach: Coach) -> None:
    state = held(coach, SAID, "Add $x^2$ as a feature.")
    written, shown = report(coach.interview, state), whole(page(coach, state))
    sums = re.findall(r"[\d./ +−]+ = [\d.]+ of \d+ = \d+ %", written)
    assert sums
    assert all(one.strip() in shown for one in sums)
    overall = re.search(r"\*\*Overall: (.+ %) · (\w+)\*\*", written)
    assert overall is not None
    assert f"<code>{overall[1]}</code>" in shown
    assert f">{overall[2]}</span></h2>" in shown
    assert state.current.grade is not None
    assert state.current.grade.judge.name in shown


def test_the_verdict_comes_first(coach: Coach) -> None:
    shown = head(page(coach, held(coach, SAID)))
    assert shown.index("report-verdict") < shown.index("report-sum") < shown.index("report-facts")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_was_said_becomes_a_tag(payload: str, coach: Coach) -> None:
    shown = whole(page(coach, held(coach, f"{payload} {SAID} {payload}")))
    assert not re.search(r"<(?:img|script|form|input|iframe|video|h1)\b", shown, re.IGNORECASE)
    assert "<b>I did" not in shown
    assert "&lt;b&gt;I did&lt;/b&gt; say so" in shown
    for tag in ("section", "details", "div", "article"):
        assert shown.count(f"<{tag}") == shown.count(f"</{tag}>")
    assert set(re.findall(r'href="([^"]*)"', shown)) <= {"./progress", "#report-q1"}


def test_the_transcript_has_times_and_marks_the_evidence_of_each_attempt(coach: Coach) -> None:
    desk = over_one_card(coach)

    async def talk() -> Session:
        state = await interview.start(desk, Plan(lang="en", questions=1, probes=0))
        state = await interview.answer(desk, state, "It is linear in the parameters.")
        state = await interview.retract(desk, state)
        state = await interview.answer(desk, state, "Nothing comes to mind. We use least squares.")
        return await interview.end(desk, state)

    shown = transcript(page(coach, asyncio.run(talk())))
    marked = [re.sub(r"<sup>.*?</sup>", "", one) for one in re.findall(r"<mark[^>]*>(.*?)</mark>", shown)]
    assert any("linear in the parameters" in one for one in marked)
    assert any("least squares" in one for one in marked)
    assert not any("Nothing comes to mind" in one for one in marked)
    times = re.findall(r">(\d+:\d\d)</time>", shown)
    assert times == sorted(times)
    assert "started over" in shown


def test_the_timeline_says_in_words_what_its_bars_show(coach: Coach) -> None:
    shown = timeline(page(coach, held(coach, SAID)))
    steps = re.findall(r"</time> ([^<]+)</li>", shown)
    ticks = re.findall(r'report-tick (\w+)" style', shown)
    assert steps == ["hint 1", "answer", "follow-up", "ended by you"]
    assert ticks == ["hinted", "answered", "probed"]
    assert re.search(r'<div class="report-lane" aria-hidden="true">', shown)


def test_review_names_the_day_of_the_card_and_of_each_open_point(coach: Coach) -> None:
    told = page(coach, held(coach, SAID))
    shown = review(told)
    days = {item.due.astimezone(told.tz).date().isoformat() for item in told.items}
    assert {item.criterion is None for item in told.items} == {True, False}
    assert set(re.findall(r'datetime="([\d-]+)"', shown)) == days
    assert shown.count("<time") == len(told.items)


def test_an_objection_and_a_second_grade_are_kept_in_sight(coach: Coach) -> None:
    state = held(coach, SAID)
    asyncio.run(interview.regrade_all(coach.interview, state))
    shown = questions(page(coach, state))
    assert "You disagree" in shown
    assert re.search(r"Graded again on .* by .*: (\d+ % \w+) → \1", shown)


def test_an_open_question_keeps_its_grade_its_reference_and_its_points_to_itself(coach: Coach) -> None:
    state = held(coach, SAID, end=False)
    assert state.phase == "answering"
    card = coach.interview.cards[state.current.card]
    shown = whole(page(coach, state))
    assert " %" not in shown
    assert "<mark" not in shown
    assert card.references[0] not in shown
    assert not any(inline(point.says.en) in shown for point in card.criteria)


def test_another_persons_session_is_as_unknown_as_one_that_never_was(coach: Coach) -> None:
    state = held(coach, SAID, person="ada")
    assert Shelf(coach, "ada").open(state.id).id == state.id
    told = set()
    for person, name in (("", state.id), ("bob", state.id), ("ada", "0" * 32)):
        with pytest.raises(UnknownSession) as refused:
            Shelf(coach, person).open(name)
        told.add(str(refused.value).replace(name, "…"))
    assert len(told) == 1


def test_files_say_what_they_are_and_hold_it(coach: Coach) -> None:
    state, shelf = held(coach, SAID), Shelf(coach, "")
    written, lines, deck = shelf.markdown(state.id), shelf.json(state.id), shelf.missed(state.id)
    assert [path.name for path in (written, lines)] == [
        "interview-report-20260301-1200.md",
        "interview-events-20260301-1200.jsonl",
    ]
    assert written.read_text(encoding="utf-8") == report(coach.interview, state)
    events = tuple(Event.model_validate_json(line) for line in lines.read_text(encoding="utf-8").splitlines())
    assert events == shelf.read(state.id)[1]
    assert deck is not None
    assert deck.name == "interview-missed-points-20260301-1200.apkg"
    assert deck.stat().st_size > 0
    assert all(path.is_relative_to(coach.settings.page_dir) for path in (written, lines, deck))


def test_without_an_open_point_there_is_no_deck(coach: Coach) -> None:
    state = held(coach, end=True)
    asyncio.run(interview.end(coach.interview, state))
    assert Shelf(coach, "").missed(state.id) is None


def test_a_card_that_left_the_bank_leaves_its_question_readable(coach: Coach) -> None:
    told = replace(page(coach, held(coach, SAID)), cards={}, items=())
    shown = whole(told)
    assert "only the sum is left" in shown
    assert "linear in the parameters" in shown


def test_a_chinese_page_is_chinese_around_what_was_said(coach: Coach) -> None:
    shown = whole(page(coach, held(coach, "它对参数是线性的。", plan=Plan(lang="zh", questions=1)), "zh"))
    words = re.sub(r"<[^>]*>|\\\(.*?\\\)|<code.*?</code>", " ", shown)
    assert not re.search(r"\b(question|answer|hint|point|today|used|missed|graded)s?\b", words, re.IGNORECASE)
    assert words.count("线性模型") == 2
    assert "linear-models" not in words


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0:00"),
        (59.4, "0:59"),
        (59.6, "1:00"),
        (None, "–"),
        (3599, "59:59"),
        (3600, "1:00:00"),
        (90_061, "1 d 1:01:01"),
        (-3, "0:00"),
    ],
)
def test_a_span_of_time_is_read_at_a_glance(seconds: float | None, shown: str) -> None:
    assert clock(seconds) == shown
