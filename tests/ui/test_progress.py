"""The progress page: what it tells, what it keeps to itself, and whose interviews it shows."""

import asyncio
import html
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from coach.bank.glossary import Glossary
from coach.errors import InterviewError, UnknownSession
from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.progress.anki import gaps, newest
from coach.progress.erase import remove_files
from coach.progress.library import SessionInfo
from coach.progress.schedule import Attempt, schedule
from coach.progress.stats import progress, self_rating
from coach.schema import Answered, Card, Event, Lang, Opinion, Recording, Session
from coach.settings import Settings
from coach.ui.progress import topic_choices
from coach.ui.progress_figures import (
    SHOWN_DUE,
    due_html,
    not_due_html,
    numbers_html,
    rating_html,
    sparkline,
    times_html,
    topics_html,
)
from coach.ui.progress_points import MOST_CARDS, SHOWN_CARDS, heat_html, heat_of, histories
from coach.ui.progress_sessions import changed, regraded_html, session_html, session_line, short, steps_of
from coach.ui.shelf import PAGE, Figured, Shelf
from coach.ui.words.progress import CHINESE, ENGLISH, TEXT, say
from coach.wiring import Coach
from tests.browser.steps import one_card as only_card

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
LINEAR = "linear-models/why-linear"
NASTY = "<img src=http://evil.example/x.png>"


@pytest.fixture(scope="module")
def one_card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder with a single card, which is read in no time."""
    return only_card(tmp_path_factory.mktemp("content"))


@pytest.fixture
def coach(one_card: Path, tmp_path: Path, glossary: Glossary) -> Iterator[Coach]:
    """All live parts over that card, with no model."""
    coach = Coach(Settings(data_dir=tmp_path / "data", content_dir=one_card, model=None))
    vars(coach)["glossary"] = glossary
    yield coach
    coach.close()


def tried(card: str = LINEAR, *, ago: float = 0, value: float | None = 1.0, **more: object) -> Attempt:
    return Attempt.model_validate({"card": card, "at": NOW - timedelta(days=ago), "value": value, **more})


def seen(shown: str) -> str:
    """What a reader sees of it."""
    return html.unescape(re.sub(r"<[^>]+>", " ", shown))


# --- what is due ---------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_due_question_says_why_and_since_when_and_not_what_its_point_is(lang: Lang, cards: dict[str, Card]) -> None:
    missed = {one.id: "missed" for one in cards[LINEAR].criteria}
    items = schedule([tried(ago=4, value=0.0, states=missed)])
    point = next(item for item in items if item.criterion is not None)
    shown = seen(due_html([point], cards, lang, today=TODAY, tz=UTC))
    assert cards[LINEAR].question.text(lang) in shown
    assert point.why.text(lang) in shown
    late = (TODAY - point.due.date()).days
    assert say("due_since", lang, n=late) in shown
    assert not any(one.says.text(lang) in shown for one in cards[LINEAR].criteria)


@pytest.mark.parametrize(("late", "key"), [(0, "due_today"), (1, "due_since_1"), (2, "due_since")])
def test_how_long_a_question_has_been_due_is_counted_in_days(late: int, key: str, cards: dict[str, Card]) -> None:
    (item,) = schedule([tried(ago=30)])
    item = item.model_copy(update={"due": NOW.replace(hour=0) - timedelta(days=late)})
    assert say(key, "en", n=late) in seen(due_html([item], cards, "en", today=TODAY, tz=UTC))


def test_a_long_queue_is_folded_and_counted(cards: dict[str, Card]) -> None:
    items = schedule([tried(name, ago=30, value=0.1) for name in sorted(cards)[: SHOWN_DUE + 3]])
    before, _, folded = due_html(items, cards, "en", today=TODAY, tz=UTC).partition("<details>")
    assert (before.count("<li>"), folded.count("<li>")) == (SHOWN_DUE, 3)
    assert f"{SHOWN_DUE + 3} questions" in before


def test_with_nothing_due_the_next_day_is_named() -> None:
    items = schedule([tried(ago=0, value=1.0)])
    shown = seen(not_due_html(items, "en", today=TODAY, tz=UTC, done=1))
    assert "Nothing is due today" in shown
    assert f"1 question on {items[0].due.date()}" in shown


def test_a_queue_that_waits_because_enough_was_done_is_not_called_empty() -> None:
    items = schedule([tried(ago=30, value=0.1)])
    assert "20 practised today" in seen(not_due_html(items, "en", today=TODAY, tz=UTC, done=20))


# --- figures -------------------------------------------------------------------------------


def test_the_weakest_topic_comes_first_with_its_scores_in_words() -> None:
    attempts = [tried("a/b", ago=3 - at, value=value) for at, value in enumerate((0.2, 0.4, 0.6))]
    attempts.append(tried("c/d", value=0.9))
    topics = {"a/b": ("trees",), "c/d": ("loss-functions",)}
    shown = topics_html(progress(attempts, topics, now=NOW), attempts, topics, "en")
    assert shown.index("trees") < shown.index("loss functions")
    assert 'aria-label="Scores, oldest first: 20, 40, 60 %"' in shown
    assert "rising, +20 points each time" in shown
    assert "needs 3 answers" in shown


def test_topics_are_called_what_a_chinese_reader_calls_them(cards: dict[str, Card]) -> None:
    attempts = [tried(value=0.4)]
    topics = {LINEAR: cards[LINEAR].topics[:1]}
    shown = seen(topics_html(progress(attempts, topics, now=NOW), attempts, topics, "zh"))
    shown += seen(due_html(schedule([tried(ago=30)]), cards, "zh", today=TODAY, tz=UTC))
    assert shown.count("线性模型") == 2
    assert "linear" not in shown
    assert ("线性模型", "linear-models") in topic_choices(cards.values(), "zh")
    assert topic_choices([], "zh") == [("全部主题", "")]


def test_topics_without_a_grade_are_no_zero() -> None:
    attempts = [tried("a/b", value=None, skipped=True)]
    topics = {"a/b": ("trees",)}
    assert "0 %" not in topics_html(progress(attempts, topics, now=NOW), attempts, topics, "en")


def test_the_line_of_a_single_score_is_a_single_dot() -> None:
    assert sparkline([0.5], "en").count("<circle") == 1


@pytest.mark.parametrize(
    ("mark", "value", "says"),
    [
        (5, 0.5, "50 points above the scores"),
        (1, 0.5, "50 points below the scores"),
        (3, 0.5, "agree with the scores"),
    ],
)
def test_own_marks_are_called_high_low_or_right(mark: int, value: float, says: str) -> None:
    attempts = [tried(value=value, rated=mark)]
    shown = seen(rating_html(self_rating(attempts), attempts, "en"))
    assert says in shown
    assert re.search(rf"{mark}/5 +{25 * (mark - 1)} % +50 % +1\b", " ".join(shown.split()))


def test_without_own_marks_it_says_how_to_give_some() -> None:
    assert "Tick" in rating_html(self_rating([tried()]), [tried()], "en")


def test_time_hints_and_days_in_a_row_are_there() -> None:
    attempts = [tried(ago=ago, seconds=100.0, hints=1 if ago == 0 else 0) for ago in (0, 1, 2, 9)]
    figures = progress(attempts, {}, now=NOW)
    shown = " ".join(seen(numbers_html(figures, attempts, "en", cards=189, today=TODAY, tz=UTC)).split())
    assert "days in a row 3 longest 3, 4 days in all" in shown
    assert "1:40" in shown
    assert "25 %" in shown
    assert "on 1 of 189 questions" in shown
    assert 'aria-label="4 answers on 4 of them"' in numbers_html(
        figures, attempts, "en", cards=189, today=TODAY, tz=UTC
    )
    assert "1:40" in times_html(figures.times, "en")


# --- point by point ------------------------------------------------------------------------


def test_every_state_can_be_told_without_its_colour(cards: dict[str, Card]) -> None:
    names = [one.id for one in cards[LINEAR].criteria]
    states = dict(zip(names, ("met", "partly", "missed", "contradicted"), strict=False))
    shown = heat_html(heat_of([tried(value=0.4, states=states)], cards), "en", tz=UTC)
    for mark, name in (("✓", "met"), ("◐", "partly"), ("✗", "missed"), ("⚠", "contradicted")):
        assert f'role="img" aria-label="{name}">{mark}</i>' in shown
    assert f"1 of {len(names)} points met" in shown


def test_the_squares_show_the_newest_verdict_and_the_table_those_before(cards: dict[str, Card]) -> None:
    name = cards[LINEAR].criteria[0].id
    attempts = [tried(ago=2, value=0.1, states={name: "missed"}), tried(ago=1, value=0.9, states={name: "met"})]
    (row,) = heat_of(attempts, cards)
    assert row.states[0] == "met"
    assert [state for _, state in histories(attempts)[LINEAR][name]] == ["missed", "met"]
    table = heat_html([row], "en", tz=UTC).partition("<tbody>")[2]
    assert table.index("missed") < table.index('sq met"')


def test_questions_with_most_open_points_come_first_and_a_failed_grade_counts_for_nothing(
    cards: dict[str, Card],
) -> None:
    other = "trees/gini-or-entropy" if "trees/gini-or-entropy" in cards else sorted(cards)[0]
    good = tried(other, states={one.id: "met" for one in cards[other].criteria})
    bad = tried(LINEAR, value=0.0, states={one.id: "missed" for one in cards[LINEAR].criteria})
    failed = tried(LINEAR, ago=-1, value=None, states={one.id: "met" for one in cards[LINEAR].criteria})
    assert [one.card.id for one in heat_of([good, bad, failed], cards)] == [LINEAR, other]
    assert [one.card.id for one in heat_of([good, bad], cards, topic=cards[LINEAR].topics[0])] == [LINEAR]
    assert heat_of([tried("gone/card")], cards) == ()


def test_a_big_heat_map_is_folded_and_says_what_it_leaves_out(cards: dict[str, Card]) -> None:
    attempts = [tried(name, states={cards[name].criteria[0].id: "missed"}) for name in cards]
    shown = heat_html(heat_of(attempts, cards), "en", tz=UTC)
    assert shown.count('class="pg-card"') == MOST_CARDS
    assert f"{MOST_CARDS - SHOWN_CARDS} more" in shown
    assert f"{MOST_CARDS} of {len(cards)} questions are shown" in shown


# --- past interviews -----------------------------------------------------------------------


@pytest.mark.parametrize(("ended", "told"), [(None, False), (NOW, True)])
def test_a_score_is_listed_only_when_the_interview_is_over(ended: datetime | None, told: bool) -> None:
    info = SessionInfo(
        session="a" * 32,
        title="Why?",
        started_at=NOW,
        updated_at=NOW,
        ended_at=ended,
        questions=1,
        answers=2,
        score=0.7,
    )
    line = session_line(info, "en", tz=UTC)
    assert line.startswith("Why?\n2026-11-20 12:00 · Practice · 1 question · 2 answers")
    assert ("70 %" in line) == told
    assert ("not finished" in line) != told


@pytest.mark.parametrize(
    ("text", "cut"), [("a" * 40, "a" * 40), ("a" * 41, "a" * 39 + "…"), ("过" * 21, "过" * 19 + "…"), ("", "")]
)
def test_titles_are_cut_by_width(text: str, cut: str) -> None:
    assert short(text) == cut


ANSWER = "It predicts a weighted sum of the features, and it is linear in the parameters."


async def held(
    coach: Coach, *, answers: Sequence[str] = (ANSWER,), person: str = "", ends: bool = True, **plan: Any
) -> Session:
    """An interview of one question, as it is held on the page."""
    chosen = {"lang": "en", "questions": 1, "probes": 0}
    state = await interview.start(coach.interview, plan_of({**chosen, **plan}), person=person)
    for text in answers:
        state = await interview.answer(coach.interview, state, text)
    return await interview.end(coach.interview, state) if ends and state.ended is None else state


async def test_an_exam_that_goes_on_tells_nothing(coach: Coach) -> None:
    state = await held(coach, mode="exam", ends=False)
    shelf, shown = Shelf(coach, ""), seen(session_html(state, "title", "en", tz=UTC))
    assert state.current.grade is not None or state.phase == "grading"
    assert "nothing is told" in shown
    assert "%" not in shown
    assert not any("%" in one["content"] for one in steps_of(state, "en"))
    told: list[Callable[[str], object]] = [shelf.over, shelf.markdown, shelf.json, shelf.missed]
    for tells in told:
        with pytest.raises(InterviewError, match="not over"):
            tells(state.id)
    assert shelf.figures(coach.attempts(""), NOW).progress.n == 0
    over = await interview.end(coach.interview, state)
    assert "%" in seen(session_html(over, "title", "en", tz=UTC))


async def test_a_grade_that_waits_for_the_candidates_own_mark_is_not_told(coach: Coach) -> None:
    state = await held(coach, self_rate=True, ends=False)
    assert state.owes_rating
    assert "%" not in seen(session_html(state, "title", "en", tz=UTC))
    rated = await interview.rate(coach.interview, state, 3)
    assert "%" in seen(session_html(rated, "title", "en", tz=UTC))


async def test_a_grade_is_not_told_while_a_follow_up_is_open(coach: Coach) -> None:
    state = await held(coach, answers=("It is linear in the parameters.",), probes=2, ends=False)
    assert state.phase == "answering"
    assert state.current.grade is not None
    assert "%" not in seen(session_html(state, "title", "en", tz=UTC))
    assert not any("%" in one["content"] for one in steps_of(state, "en"))


async def test_a_replay_goes_through_the_conversation_and_ends_each_question_with_its_score(coach: Coach) -> None:
    state = await held(coach)
    said = steps_of(state, "en")
    assert [one["role"] for one in said] == ["assistant", "user", "assistant"]
    assert said[1]["content"] == ANSWER
    assert re.fullmatch(r"\*Score \d+ % · \w+\*", said[2]["content"])


async def test_what_a_person_wrote_is_shown_as_text(coach: Coach) -> None:
    state = await held(coach, ends=False)
    verdict = state.current.grade.verdicts[0]  # type: ignore[union-attr]
    state = await interview.dispute(
        coach.interview,
        state,
        question=0,
        criterion=verdict.criterion,
        state="missed" if verdict.state != "missed" else "met",
        reason=NASTY,
    )
    shown = session_html(state, NASTY, "en", tz=UTC)
    assert shown.count(html.escape(NASTY)) == 2
    assert "<img" not in shown
    assert "\n\n" not in shown


# --- whose they are ------------------------------------------------------------------------


async def test_an_interview_of_another_person_is_not_there_by_its_id_either(coach: Coach) -> None:
    theirs, mine = await held(coach, person="ann"), await held(coach, person="bo")
    shelf = Shelf(coach, "bo")
    assert [info.session for info in shelf.page()] == [mine.id]
    assert {one.card for one in coach.attempts("bo")} == {LINEAR}
    acts: list[Callable[[str], object]] = [
        shelf.read,
        shelf.open,
        shelf.delete,
        shelf.markdown,
        shelf.json,
        shelf.missed,
    ]
    for act in acts:
        with pytest.raises(UnknownSession):
            act(theirs.id)
    with pytest.raises(UnknownSession):
        shelf.rename(theirs.id, "mine now")
    assert coach.store.events(theirs.id)
    assert Shelf(coach, "ann").open(theirs.id).id == theirs.id
    assert shelf.anki("en", lambda _: None)[1].notes == len(gaps([mine], coach.interview.cards)[0])


async def test_the_list_is_read_a_page_at_a_time(coach: Coach) -> None:
    for _ in range(PAGE + 2):
        await held(coach, answers=())
    shelf = Shelf(coach, "")
    first = shelf.page()
    rest = shelf.page(before=first[PAGE - 1])
    assert len(first) == PAGE + 1
    assert len(rest) == 2
    assert rest[0] == first[PAGE]
    assert shelf.page(search="no such word anywhere") == ()


# --- deleting ------------------------------------------------------------------------------


async def test_deleting_takes_recordings_and_the_pages_own_files_along(coach: Coach) -> None:
    state, other = await held(coach, ends=False, answers=()), await held(coach)
    folder = coach.settings.data_dir / "recordings"
    for name in (state.id, other.id):
        (folder / name).mkdir(parents=True)
        (folder / name / "1.wav").write_bytes(b"sound")
    (folder / "loose.wav").write_bytes(b"sound")
    spoken = Answered(text="hm", lang="en", recordings=(Recording(audio="loose.wav", seconds=1.0),))
    coach.store.append((Event(session=state.id, seq=state.next_seq, at=NOW, body=spoken),))
    shelf = Shelf(coach, "")
    written = shelf.json(state.id)
    shelf.delete(state.id)
    assert sorted(path.name for path in folder.iterdir()) == [other.id]
    assert not written.exists()
    with pytest.raises(UnknownSession):
        coach.store.events(state.id)
    assert [info.session for info in shelf.page()] == [other.id]


@pytest.mark.parametrize("name", ["../keep.txt", "{root}/keep.txt", "sub/../../keep.txt", "missing.wav"])
def test_no_name_reaches_out_of_the_folder(name: str, tmp_path: Path) -> None:
    folder, keep = tmp_path / "recordings", tmp_path / "keep.txt"
    folder.mkdir()
    keep.write_text("kept")
    remove_files(folder, "..", [name.format(root=tmp_path)])
    remove_files(folder, ".", ())
    assert keep.read_text() == "kept"
    assert folder.is_dir()


# --- grading again -------------------------------------------------------------------------


async def test_grading_again_tells_before_and_after_and_stores_both(coach: Coach) -> None:
    state = await held(coach)
    asked = interview.regradable(coach.interview, state)
    (again,) = [one async for one in interview.regrades(coach.interview, state)]
    assert asked == (0,)
    stored, events = Shelf(coach, "").read(state.id)
    assert stored == again
    assert sum(event.body.kind == "graded" for event in events) == 2
    assert changed(state.rounds[0].grade, again.rounds[0].grade) == ()
    assert "none" in seen(regraded_html(state, again, asked, coach.interview.cards, "en"))


async def test_a_point_that_is_judged_otherwise_is_named(coach: Coach) -> None:
    state = await held(coach)
    grade = state.rounds[0].grade
    assert grade is not None
    first = grade.verdicts[0]
    other = first.model_copy(update={"state": "missed" if first.state != "missed" else "met", "evidence": ()})
    after = grade.model_copy(update={"verdicts": (other, *grade.verdicts[1:])})
    assert changed(grade, after) == ((first.criterion, first.state, other.state),)
    again = state.model_copy(update={"rounds": (state.rounds[0].model_copy(update={"grade": after}),)})
    says = coach.interview.cards[LINEAR].criterion(first.criterion).says.en
    assert says in seen(regraded_html(state, again, [0], coach.interview.cards, "en"))


async def test_whoever_stops_listening_stops_the_grading(coach: Coach) -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    class Slow:
        info = coach.offline_judge.info

        async def opinion(self, *_: object) -> Opinion:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
            raise AssertionError("nobody waits for this")

    vars(coach)["judge"] = Slow()
    state = await held(coach, answers=(), ends=False)
    spoken = Answered(text=ANSWER, lang="en")
    coach.store.append((Event(session=state.id, seq=state.next_seq, at=NOW, body=spoken),))
    state = await interview.load(coach.interview, state.id)
    work = interview.regrades(coach.interview, state)
    waiting = asyncio.ensure_future(anext(work))
    await asyncio.wait_for(begun.wait(), 5)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(cancelled.wait(), 5)


# --- taking along --------------------------------------------------------------------------


async def test_a_deck_needs_only_the_interviews_with_the_newest_verdicts(coach: Coach) -> None:
    old, new = await held(coach, answers=("I do not know.",)), await held(coach)
    kept = newest(iter((new, old)))
    assert [one.id for one in kept] == [new.id]
    assert gaps(kept, coach.interview.cards) == gaps([old, new], coach.interview.cards)
    running = await held(coach, answers=("I do not know.",), mode="exam", ends=False)
    assert newest(iter((running, new, old))) == kept


async def test_files_are_written_when_they_are_asked_for(coach: Coach) -> None:
    state, read = await held(coach), list[int]()
    shelf = Shelf(coach, "")
    assert shelf.markdown(state.id).read_text(encoding="utf-8").startswith("# Interview report")
    assert len(shelf.json(state.id).read_text(encoding="utf-8").splitlines()) == state.next_seq
    path, done = shelf.anki("zh", read.append)
    assert path.exists() == bool(done.notes)
    assert read == [1]
    path, count, gone = shelf.disputes(read.append)
    assert (path.read_text(encoding="utf-8"), count, gone) == ("", 0, ())


async def test_figures_are_worked_out_again_only_when_something_was_practised_or_the_day_changed(
    coach: Coach,
) -> None:
    await held(coach)
    figured, shelf, now = Figured(most=1), Shelf(coach, ""), datetime.now(UTC)
    first = figured.of(shelf, now)
    assert figured.of(shelf, now) is first
    assert figured.of(shelf, now + timedelta(days=1)) is not first
    again = figured.of(shelf, now)
    await held(coach)
    assert len(figured.of(shelf, now).attempts) == 2
    assert len(again.attempts) == 1
    assert figured.of(Shelf(coach, "ann"), now).attempts == ()


async def test_figures_are_worked_out_again_over_other_cards(coach: Coach) -> None:
    await held(coach, answers=("I do not know.",))
    figured, shelf, later = Figured(), Shelf(coach, ""), datetime.now(UTC) + timedelta(days=30)
    assert {one.card for one in figured.of(shelf, later).due} == {LINEAR}
    (coach.settings.cards_dir / f"{LINEAR}.yaml").unlink()
    coach.reload()
    assert figured.of(shelf, later).due == ()


# --- words ---------------------------------------------------------------------------------


def test_both_languages_have_every_word_with_the_same_values() -> None:
    assert set(ENGLISH) == set(CHINESE)
    assert all(name.startswith("progress_") for name in ENGLISH)
    for name, both in TEXT.items():
        fields = {lang: {field for _, field, _, _ in Formatter().parse(text) if field} for lang, text in both.items()}
        assert fields["en"] == fields["zh"], name
