import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.interview.session import fold
from coach.progress.schedule import (
    MAX_INTERVAL_DAYS,
    RATINGS,
    Attempt,
    Item,
    attempts_of,
    cards_done,
    criterion_rating,
    due,
    overdue,
    rating,
    schedule,
)
from coach.schema import (
    Answered,
    Aside,
    Asked,
    Bilingual,
    Body,
    Disputed,
    Ended,
    Event,
    FormatName,
    Grade,
    Graded,
    Hinted,
    JudgeInfo,
    NotGraded,
    Paused,
    Plan,
    Probed,
    Resumed,
    Retracted,
    Score,
    SelfRated,
    Skipped,
    Stage,
    Started,
    State,
    Verdict,
)

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
CARDS = ("a/b", "a/c", "d/e")
STATES: tuple[State, ...] = ("met", "partly", "missed", "contradicted", "not_graded")
FORMATS: tuple[FormatName, ...] = ("phone", "coding")
BETTER: tuple[State, ...] = ("missed", "partly", "met")


def tried(card: str = "a/b", *, day: float = 0, value: float | None = 1.0, **more: object) -> Attempt:
    return Attempt.model_validate({"card": card, "at": START + timedelta(days=day), "value": value, **more})


attempt_lists = st.lists(
    st.builds(
        Attempt,
        card=st.sampled_from(CARDS),
        at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
        value=st.none() | st.floats(0, 1),
        states=st.dictionaries(st.sampled_from(("one", "two", "three")), st.sampled_from(STATES)),
        capped=st.booleans(),
        skipped=st.just(False),
        hints=st.integers(0, 4),
        seconds=st.none() | st.floats(1, 900),
        rated=st.none() | st.integers(1, 5),
        mode=st.sampled_from(("practice", "exam")),
        format=st.just("free"),
    ),
    max_size=25,
)
zones = st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours)))


def by_key(items: Sequence[Item]) -> dict[str, Item]:
    return {item.key: item for item in items}


# --- ratings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "capped", "expected"),
    [
        (1.0, False, "easy"),
        (0.85, False, "easy"),
        (0.84, False, "good"),
        (0.65, False, "good"),
        (0.64, False, "hard"),
        (0.4, False, "hard"),
        (0.39, False, "again"),
        (0.0, False, "again"),
        (0.95, True, "hard"),
        (0.7, True, "hard"),
        (0.1, True, "again"),
        (None, False, None),
    ],
)
def test_a_card_is_rated_by_its_band(value: float | None, capped: bool, expected: str | None) -> None:
    assert rating(tried(value=value, capped=capped)) == expected


@pytest.mark.parametrize(("hints", "best"), [(0, "easy"), (1, "good"), (2, "hard"), (3, "again"), (7, "again")])
def test_hints_cap_the_best_rating(hints: int, best: str) -> None:
    assert rating(tried(value=1.0, hints=hints)) == best


@pytest.mark.parametrize(
    ("state", "hints", "expected"),
    [
        ("met", 0, "good"),
        ("met", 1, "good"),
        ("met", 2, "hard"),
        ("met", 3, "again"),
        ("partly", 0, "hard"),
        ("missed", 0, "again"),
        ("contradicted", 0, "again"),
        ("not_graded", 0, None),
    ],
)
def test_a_criterion_is_rated_by_its_state(state: State, hints: int, expected: str | None) -> None:
    assert criterion_rating(state, hints) == expected


def test_a_skipped_question_is_again_and_touches_no_criterion() -> None:
    items = schedule((tried(value=0.5, states={"one": "missed"}), tried(day=1, value=None, skipped=True)))
    card, criterion = by_key(items)["a/b"], by_key(items)["a/b#one"]
    assert (card.rating, card.reps, card.lapses) == ("again", 2, 1)
    assert criterion.reps == 1


@given(st.floats(0, 1), st.booleans(), st.integers(0, 5), st.integers(0, 5))
def test_more_hints_never_raise_the_rating(value: float, capped: bool, fewer: int, more: int) -> None:
    fewer, more = sorted((fewer, more))
    helped, alone = (rating(tried(value=value, capped=capped, hints=hints)) for hints in (more, fewer))
    assert helped is not None
    assert alone is not None
    assert RATINGS.index(helped) <= RATINGS.index(alone)


@given(st.floats(0, 1), st.floats(0, 1), st.booleans(), st.integers(0, 3))
def test_a_better_score_never_lowers_the_rating(one: float, two: float, capped: bool, hints: int) -> None:
    worse, better = (rating(tried(value=value, capped=capped, hints=hints)) for value in sorted((one, two)))
    assert worse is not None
    assert better is not None
    assert RATINGS.index(worse) <= RATINGS.index(better)


# --- dates ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("value", "days"), [(0.0, 1), (0.5, 1), (0.7, 2), (1.0, 8)])
def test_the_first_interval_is_that_of_fsrs_6(value: float, days: int) -> None:
    (item,) = schedule((tried(value=value),))
    assert item.interval_days == days
    assert item.due == datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=days)
    assert item.last == START


def test_stability_and_difficulty_are_those_of_the_published_parameters() -> None:
    # S0(good) = w2; D0(good) = w4 - e^(2 w5) + 1, from the FSRS-6 parameters 2.3065, 6.4133 and 0.8334
    (item,) = schedule((tried(value=0.7),))
    assert item.stability == pytest.approx(2.3065)
    assert item.difficulty == pytest.approx(6.4133 - 2.718281828459045 ** (2 * 0.8334) + 1)


def test_good_answers_on_the_due_day_stretch_the_interval() -> None:
    attempts = [tried(value=0.7)]
    intervals = []
    for _ in range(4):
        (item,) = schedule(attempts)
        intervals.append(item.interval_days)
        attempts.append(tried(day=(item.due - START).days + 1, value=0.7))
    assert intervals == sorted(set(intervals))


def test_an_interval_is_never_longer_than_the_longest() -> None:
    (item,) = schedule(tried(day=100 * number) for number in range(12))
    assert item.interval_days == MAX_INTERVAL_DAYS


def test_a_missed_criterion_comes_back_although_the_card_went_well() -> None:
    items = by_key(schedule((tried(value=0.9, states={"one": "met", "two": "missed"}),)))
    assert set(items) == {"a/b", "a/b#two"}
    assert items["a/b#two"].due < items["a/b"].due
    assert (items["a/b#two"].card, items["a/b#two"].criterion) == ("a/b", "two")


@pytest.mark.parametrize("state", ["partly", "missed", "contradicted"])
def test_a_criterion_is_an_item_once_it_was_not_met_and_then_follows_its_states(state: State) -> None:
    first, second, third = (
        tried(day=0, value=0.7, states={"one": "met"}),
        tried(day=2, value=0.7, states={"one": state}),
        tried(day=4, value=0.7, states={"one": "met"}),
    )
    assert set(by_key(schedule((first,)))) == {"a/b"}
    before = by_key(schedule((first, second)))["a/b#one"]
    after = by_key(schedule((first, second, third)))["a/b#one"]
    assert (before.reps, after.reps) == (1, 2)
    assert after.rating == "good"
    assert after.due > before.due


def test_not_graded_attempts_schedule_nothing() -> None:
    graded = (tried(value=0.7, states={"one": "missed"}),)
    failed = tried(day=1, value=None, states={"one": "missed", "two": "missed"})
    assert schedule((failed,)) == ()
    assert schedule((*graded, failed)) == schedule(graded)


def test_only_forgetting_what_was_known_is_a_lapse() -> None:
    values = (0.0, 0.0, 0.7, 0.0, 0.0, 0.9, 0.1)
    (item,) = schedule(tried(day=3 * number, value=value) for number, value in enumerate(values))
    assert (item.reps, item.lapses) == (7, 2)


def test_a_perfect_second_try_on_the_same_day_does_not_put_the_card_off() -> None:
    (item,) = schedule((tried(value=0.0), tried(day=0.01, value=1.0)))
    assert item.interval_days == 1


def test_evening_and_next_morning_are_a_day_apart_where_the_person_lives() -> None:
    shanghai = timezone(timedelta(hours=8))
    evening = datetime(2026, 11, 20, 22, tzinfo=shanghai)
    morning = datetime(2026, 11, 21, 7, tzinfo=shanghai)
    (item,) = schedule((Attempt(card="a/b", at=evening, value=0.5),), tz=shanghai)
    assert item.due == datetime(2026, 11, 21, tzinfo=shanghai)
    assert due((item,), morning) == (item,)
    (again,) = schedule(
        (Attempt(card="a/b", at=evening, value=0.5), Attempt(card="a/b", at=morning, value=0.7)), tz=shanghai
    )
    (same_day,) = schedule(
        (Attempt(card="a/b", at=evening, value=0.5), Attempt(card="a/b", at=morning, value=0.7)), tz=UTC
    )
    assert again.stability > 2 * same_day.stability


@given(attempt_lists, zones, st.randoms(use_true_random=False))
def test_the_order_of_attempts_does_not_matter_and_equal_input_gives_equal_output(
    attempts: list[Attempt], tz: timezone, shuffle: random.Random
) -> None:
    shuffled = list(attempts)
    shuffle.shuffle(shuffled)
    items = schedule(attempts, tz=tz)
    assert schedule(shuffled, tz=tz) == items == schedule(attempts, tz=tz)
    assert [item.key for item in items] == sorted(item.key for item in items)
    for item in items:
        assert item.due > item.last
        assert 1 <= item.interval_days <= MAX_INTERVAL_DAYS
        assert 1 <= item.difficulty <= 10
        assert item.stability > 0


@given(attempt_lists, st.floats(0, 1), st.floats(0, 1), st.floats(0, 400))
def test_a_good_answer_never_comes_back_before_a_bad_one_would(
    attempts: list[Attempt], one: float, two: float, days: float
) -> None:
    at = max((attempt.at for attempt in attempts), default=START) + timedelta(days=days, seconds=1)
    worse, better = (
        by_key(schedule((*attempts, Attempt(card="a/b", at=at, value=value))))["a/b"] for value in sorted((one, two))
    )
    assert worse.due <= better.due


@given(attempt_lists, st.integers(0, 2), st.integers(0, 2), st.floats(0, 400))
def test_a_better_state_never_brings_a_criterion_back_earlier(
    attempts: list[Attempt], one: int, two: int, days: float
) -> None:
    at = max((attempt.at for attempt in attempts), default=START) + timedelta(days=days, seconds=1)
    worse, better = (
        by_key(schedule((*attempts, Attempt(card="a/b", at=at, value=0.5, states={"one": BETTER[rank]}))))
        for rank in sorted((one, two))
    )
    if "a/b#one" in better:
        assert worse["a/b#one"].due <= better["a/b#one"].due
    else:
        assert BETTER[max(one, two)] == "met"


# --- why -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempt", "en", "zh"),
    [
        (
            tried(value=0.3, states={"one": "missed", "two": "contradicted", "three": "partly"}),
            "2 of 3 points missed on 2026-11-20",
            "2026-11-20：3 个要点中有 2 个没答到",
        ),
        (
            tried(value=0.7, states={"one": "partly", "two": "met"}, hints=1),
            "1 of 2 points only partly met with 1 hint on 2026-11-20",
            "2026-11-20：2 个要点中有 1 个只答到一部分（看了 1 个提示）",
        ),
        (
            tried(value=1.0, states={"one": "met"}, hints=2),
            "every point met with 2 hints on 2026-11-20",
            "2026-11-20：全部要点都答到（看了 2 个提示）",
        ),
        (tried(value=0.42), "scored 42 % on 2026-11-20", "2026-11-20：得分 42 %"),
        (tried(value=None, skipped=True), "skipped on 2026-11-20", "2026-11-20：跳过了"),
    ],
)
def test_a_card_says_why_it_comes_back(attempt: Attempt, en: str, zh: str) -> None:
    assert by_key(schedule((attempt,)))["a/b"].why == Bilingual(en=en, zh=zh)


def test_a_criterion_says_why_it_comes_back() -> None:
    items = by_key(schedule((tried(value=0.3, states={"one": "missed", "two": "contradicted"}),)))
    assert items["a/b#one"].why.en == "missed on 2026-11-20"
    assert items["a/b#two"].why.zh == "2026-11-20：说反了"


# --- the queue -----------------------------------------------------------------------------


def test_a_card_with_several_criteria_due_is_asked_once() -> None:
    items = schedule((tried(value=0.3, states={"one": "missed", "two": "missed"}), tried("d/e", value=0.1)))
    queue = due(items, START + timedelta(days=1))
    assert len(items) == 4
    assert [item.card for item in queue] == ["a/b", "d/e"]


def test_what_is_most_overdue_for_its_interval_comes_first() -> None:
    items = schedule((tried("a/b", day=-40, value=1.0), tried("a/c", day=-10, value=0.1)))
    late = by_key(items)
    assert START - late["a/b"].due > START - late["a/c"].due
    assert overdue(late["a/c"], START) > overdue(late["a/b"], START) > 0
    assert [item.card for item in due(items, START)] == ["a/c", "a/b"]


def test_nothing_is_due_before_its_day() -> None:
    items = schedule((tried(value=1.0),))
    assert due(items, items[0].due - timedelta(seconds=1)) == ()
    assert due(items, items[0].due) == items


@pytest.mark.parametrize(("most", "done", "left"), [(2, 0, 2), (2, 1, 1), (2, 2, 0), (2, 5, 0), (20, 0, 3)])
def test_what_was_done_today_counts_against_the_queue(most: int, done: int, left: int) -> None:
    items = schedule(tried(card, value=0.1) for card in CARDS)
    assert len(due(items, START + timedelta(days=2), most=most, done_today=done)) == left


def test_cards_done_counts_cards_of_the_persons_day_that_were_graded() -> None:
    attempts = (tried(), tried(day=0.1), tried("a/c", value=None), tried("d/e", day=-1), tried("d/e", day=0.49))
    assert cards_done(attempts, date(2026, 11, 20)) == 2
    assert cards_done(attempts, date(2026, 11, 20), tz=timezone(timedelta(hours=8))) == 1


@given(attempt_lists, st.integers(0, 5), st.integers(0, 5), st.integers(0, 900), st.randoms(use_true_random=False))
def test_the_queue_is_finite_due_and_the_same_in_whatever_order(
    attempts: list[Attempt], most: int, done: int, days: int, shuffle: random.Random
) -> None:
    items = list(schedule(attempts))
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=days)
    queue = due(items, now, most=most, done_today=done)
    shuffle.shuffle(items)
    assert due(items, now, most=most, done_today=done) == queue
    waiting = {item.card for item in items if item.due <= now}
    assert len(queue) == min(len(waiting), max(0, most - done))
    assert len({item.card for item in queue}) == len(queue)
    assert all(item.due <= now for item in queue)
    assert [overdue(item, now) for item in queue] == sorted((overdue(item, now) for item in queue), reverse=True)


# --- attempts of a session -----------------------------------------------------------------

ASKED = Asked(card="a/b", text="?")
WORDS = Answered(text="words", lang="en")
HINT = Hinted(rung=1, text="look")
SKIP = Skipped(what="question")
STOP = Ended(why="stopped")
PROBE = Probed(criterion="one", text="and?", wording="card")


def graded(value: float | None, *, hints: int = 0, capped: bool = False, question: int | None = None) -> Graded:
    score = None
    if value is not None:
        held = ("one",) if capped else ()
        score = Score(points=value, of=1, value=value, band="fair", lines=(), capped_by=held)
    grade = Grade(
        card="a/b",
        card_hash="",
        verdicts=(Verdict(criterion="one", state="met" if score else "not_graded"),),
        score=score,
        not_graded=None if score else NotGraded(code="timeout", message="no reply"),
        judge=JudgeInfo(judge="offline", name="test"),
        hints=hints,
    )
    return Graded(grade=grade, question=question)


def events(*bodies: Body, plan: Plan | None = None, stages: tuple[Stage, ...] = ()) -> tuple[Event, ...]:
    """A session with one event a minute."""
    started = Started(plan=plan or Plan(lang="en"), stages=stages)
    return tuple(
        Event(session="s", seq=seq, at=START + timedelta(minutes=seq), body=body)
        for seq, body in enumerate((started, *bodies))
    )


def attempted(happened: tuple[Event, ...]) -> tuple[Attempt, ...]:
    return attempts_of(fold(happened), happened)


def minute(number: int) -> datetime:
    return START + timedelta(minutes=number)


def test_an_attempt_holds_what_the_session_says_at_the_time_of_the_last_answer() -> None:
    bodies = (ASKED, WORDS, graded(0.5), HINT, WORDS, SelfRated(value=4), graded(0.75, hints=1, capped=True), STOP)
    assert attempted(events(*bodies, plan=Plan(lang="en", format="phone", mode="exam"))) == (
        Attempt(
            card="a/b",
            at=minute(5),
            value=0.75,
            states={"one": "met"},
            capped=True,
            hints=1,
            seconds=120,
            rated=4,
            mode="exam",
            format="phone",
        ),
    )


def test_a_regrade_replaces_the_grade_and_moves_no_date() -> None:
    first = (ASKED, WORDS, graded(0.2), ASKED)
    assert [(one.value, one.at) for one in attempted(events(*first))] == [(0.2, minute(2))]
    assert [(one.value, one.at) for one in attempted(events(*first, graded(0.9, question=0)))] == [(0.9, minute(2))]


def test_a_failed_grade_is_an_attempt_without_a_value() -> None:
    (attempt,) = attempted(events(ASKED, WORDS, graded(None)))
    assert (attempt.value, attempt.skipped) == (None, False)
    assert schedule((attempt,)) == ()


def test_a_skipped_question_is_an_attempt_and_words_without_a_grade_are_none() -> None:
    (attempt,) = attempted(events(ASKED, HINT, SKIP, ASKED, WORDS, ASKED))
    assert (attempt.skipped, attempt.value, attempt.hints, attempt.at) == (True, None, 1, minute(3))


@pytest.mark.parametrize("said", [(PROBE,), (PROBE, WORDS), (PROBE, HINT), (Retracted(),)])
def test_an_open_question_has_no_attempts_before_it_is_closed(said: tuple[Body, ...]) -> None:
    before = (ASKED, WORDS, graded(0.7), ASKED, WORDS, graded(0.2))
    assert [one.value for one in attempted(events(*before, *said))] == [0.7]
    assert [one.value for one in attempted(events(*before, *said, STOP))] == [0.7, 0.2]


def test_an_exam_has_no_attempts_before_its_end() -> None:
    bodies = (ASKED, WORDS, graded(0.7), ASKED, WORDS, graded(0.2))
    exam = Plan(lang="en", mode="exam")
    assert attempted(events(*bodies, plan=exam)) == ()
    assert len(attempted(events(*bodies, STOP, plan=exam))) == 2
    assert len(attempted(events(*bodies))) == 2


def test_a_session_in_which_nothing_was_asked_has_no_attempts() -> None:
    assert attempted(events()) == ()


def test_a_time_that_no_clock_measured_is_unknown() -> None:
    happened = events(ASKED, WORDS, graded(0.5))
    still = fold(happened).current.model_copy(update={"seconds": 0.0})
    (attempt,) = attempts_of(fold(happened).model_copy(update={"rounds": (still,)}), happened)
    assert attempt.seconds is None


def test_skipping_a_probe_keeps_the_grade_and_the_time_of_the_answer() -> None:
    (attempt,) = attempted(events(ASKED, WORDS, graded(0.5), PROBE, Skipped(what="probe")))
    assert (attempt.value, attempt.skipped, attempt.at) == (0.5, False, minute(2))


def test_hints_after_the_graded_answer_do_not_count_against_it() -> None:
    (attempt,) = attempted(events(ASKED, WORDS, graded(0.7), PROBE, HINT, Skipped(what="probe")))
    assert (attempt.hints, rating(attempt)) == (0, "good")


def test_beginning_anew_keeps_the_attempt_before() -> None:
    first, second = attempted(
        events(ASKED, WORDS, SelfRated(value=2), graded(0.2), Retracted(), WORDS, graded(0.9), ASKED)
    )
    assert (first.value, first.rated, first.at) == (0.2, 2, minute(2))
    assert (second.value, second.rated, second.at) == (0.9, None, minute(6))


def test_beginning_anew_before_anything_was_said_is_no_attempt() -> None:
    (attempt,) = attempted(events(ASKED, Retracted(), WORDS, graded(0.9)))
    assert attempt.at == minute(3)


def test_words_that_were_taken_back_and_then_skipped_are_one_skipped_attempt() -> None:
    (attempt,) = attempted(events(ASKED, WORDS, Retracted(), SKIP))
    assert (attempt.skipped, attempt.at) == (True, minute(4))


def test_pauses_requests_and_disputes_make_no_attempt() -> None:
    aside = Aside(what="repeat", said="again?", reply="?")
    dispute = Disputed(question=0, criterion="one", state="met", reason="it is there")
    happened = events(ASKED, Paused(), Resumed(), aside, WORDS, graded(0.9), dispute, Ended(why="time"))
    assert [one.value for one in attempted(happened)] == [0.9]


def test_in_a_loop_an_attempt_has_the_format_of_its_round() -> None:
    words = Bilingual(en="x", zh="x")
    stages = tuple(Stage(format=name, title=words, lead=words, questions=1, probes=0) for name in FORMATS)
    asked = ASKED.model_copy(update={"stage": 1})
    happened = events(asked, WORDS, graded(0.9), plan=Plan(lang="en", format="loop"), stages=stages)
    assert [one.format for one in attempted(happened)] == [FORMATS[1]]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ((ASKED, ASKED), r"'s' has 1 questions, but its events have 2"),
        ((ASKED, WORDS, Retracted(), WORDS, STOP), r"'a/b': 1 attempts, but 2 in its events"),
    ],
)
def test_events_of_another_session_are_refused(other: tuple[Body, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        attempts_of(fold(events(ASKED, WORDS, STOP)), events(*other))


def test_fsrs_is_imported_only_when_something_is_scheduled() -> None:
    script = (
        "import sys\n"
        "from coach.progress.schedule import due, schedule\n"
        "import coach.progress.stats\n"
        "assert schedule(()) == due((), None) == ()\n"
        "assert 'fsrs' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
