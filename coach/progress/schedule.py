"""Past attempts -> what to practise again, and when. Pure: no clock, no database. Only user of fsrs.

A card is one item, and each criterion that was ever missed on it is one more (`card#criterion`), so that what was left
out comes back although the answer as a whole was good. The state of every item is folded from scratch through all
attempts, with FSRS-6 at its published parameters and without its random fuzz: equal attempts give equal dates.

FSRS wants one of four ratings, of which *again* alone means "not recalled". This is how they are given:

| Rating | A card | A criterion |
|---|---|---|
| again | band *weak*, or skipped | missed or contradicted |
| hard | band *fair*: about half recalled, or something required is not met | partly met |
| good | band *good* | met |
| easy | band *strong* | never: one state cannot tell easy from good |

Hints cap the rating, because FSRS forecasts recall without a cue. The first says where to look: at most *good*. The
second says which idea: at most *hard*. The third is nearly the answer, which was then recognised and not recalled:
*again*. Which criterion a hint helped is unknown, so the cap holds for all of them.

FSRS counts whole days, so attempts are placed on calendar days in the person's time zone: an answer in the evening and
one the next morning are a day apart, and what is due is due from midnight. A second attempt on the same day moves a
date little, however good it is: the reference was just read.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import AwareDatetime, Field

from coach.grading.score import BANDS, CAPPED, PASS_BANDS
from coach.schema import (
    Answered,
    Aside,
    Asked,
    Band,
    Bilingual,
    CardId,
    Event,
    FormatName,
    Hinted,
    Mode,
    Probed,
    Record,
    Retracted,
    Round,
    Session,
    Skipped,
    Slug,
    State,
)
from coach.schema import Attempt as Earlier

Rating = Literal["again", "hard", "good", "easy"]
RATINGS: tuple[Rating, ...] = get_args(Rating)
"""Worst first."""
BAND_RATINGS: Mapping[Band, Rating] = {"weak": "again", "fair": "hard", "good": "good", "strong": "easy"}
STATE_RATINGS: Mapping[State, Rating] = {"met": "good", "partly": "hard", "missed": "again", "contradicted": "again"}
HINT_CAPS: tuple[Rating, ...] = ("easy", "good", "hard", "again")
"""Best rating after so many hints; more hints than listed count as the last."""
RETENTION = 0.9
"""An item is due when FSRS thinks the chance to recall it has fallen to this."""
MAX_INTERVAL_DAYS = 180
"""Longest wait: an interview is months away, not years."""


class Attempt(Record):
    """One try at a question: when, how well, and with what help."""

    card: CardId
    at: AwareDatetime
    """When its last answer was given; a grade that comes later does not move it."""
    value: Annotated[float, Field(ge=0, le=1)] | None
    """The score; None when it is not graded, and when it was skipped."""
    states: Mapping[Slug, State] = {}
    """Criterion -> its state."""
    capped: bool = False
    """Whether something required is not met, which holds the band at *fair*."""
    skipped: bool = False
    """Whether the question was left without an answer."""
    hints: Annotated[int, Field(ge=0)] = 0
    """Hints shown before the grade."""
    seconds: Annotated[float, Field(gt=0)] | None = None
    """Time the candidate used; None when no clock ran."""
    rated: Annotated[int, Field(ge=1, le=5)] | None = None
    """The candidate's own mark, given before the score was shown."""
    mode: Mode = "practice"
    format: FormatName = "free"


class Item(Record):
    """Something to practise again: a card, or one criterion of it."""

    key: str
    """`card`, or `card#criterion`."""
    card: CardId
    criterion: Slug | None
    """None for the card as a whole."""
    due: AwareDatetime
    """Midnight at which its day begins in the time zone it was scheduled for, in UTC."""
    last: AwareDatetime
    """When it was last attempted."""
    interval_days: Annotated[int, Field(ge=1)]
    """Days from the last attempt to the day it is due."""
    stability: float
    """Days until the chance to recall it falls to 90 %, says FSRS."""
    difficulty: float
    """From 1 to 10, says FSRS."""
    reps: int
    """Attempts that were rated."""
    lapses: int
    """Times it was rated *again* right after something better."""
    rating: Rating
    """Of the last attempt."""
    why: Bilingual
    """What happened last, to show beside it."""


class _Review(NamedTuple):
    day: date
    rating: Rating
    at: datetime
    why: Bilingual


def attempts_of(session: Session, events: Iterable[Event]) -> tuple[Attempt, ...]:
    """The attempts of a session, oldest first: one for each grade, and one for each question that was skipped.

    `events` are all events of the session; they tell when, the session tells the rest. A question that was begun anew
    has several attempts. Of several grades the newest counts, so a regrade replaces the one before and moves no date.
    Words that were never graded are no attempt; a grade that failed is one without a value. A question that is still
    open has no attempts yet, and an exam has none before its end: what comes back would tell what was missed.
    Raises ValueError when the events are those of another session.
    """
    times = _times(events)
    if len(times) != len(session.rounds):
        raise ValueError(
            f"session {session.id!r} has {len(session.rounds)} questions, but its events have {len(times)}:"
            " give all events of that session"
        )
    if not times or (session.exam and session.ended is None):
        return ()
    closed = len(times) if session.ended is not None or session.phase == "graded" else len(times) - 1
    found: list[Attempt] = []
    for one, when in tuple(zip(session.rounds, times, strict=True))[:closed]:
        tries: tuple[Earlier | Round, ...] = (*(old for old in one.attempts if old.said), one)
        if len(when) != len(tries):
            raise ValueError(
                f"session {session.id!r}, card {one.card!r}: {len(tries)} attempts, but {len(when)} in its events"
            )
        for tried, at in zip(tries, when, strict=True):
            attempt = _attempt(session, one, tried=tried, at=at)
            found += [attempt] if attempt is not None else []
    return tuple(sorted(found, key=lambda attempt: attempt.at))


def _times(events: Iterable[Event]) -> list[list[datetime | None]]:
    """For each question and each attempt at it: when it was last answered, or skipped; None when neither happened.

    Beginning anew before anything was said begins no new attempt.
    """
    times: list[list[datetime | None]] = []
    begun = answered = False
    for event in sorted(events, key=lambda event: event.seq):
        match event.body:
            case Asked():
                times.append([None])
                begun = answered = False
            case Retracted():
                times[-1] += [None] if begun else []
                begun = answered = False
            case Answered():
                times[-1][-1] = event.at
                begun = answered = True
            case Skipped():
                times[-1][-1] = times[-1][-1] if answered else event.at
                begun = True
            case Probed() | Hinted() | Aside():
                begun = True
    return times


def _attempt(session: Session, one: Round, *, tried: Earlier | Round, at: datetime | None) -> Attempt | None:
    """The attempt, when it was graded or skipped; None when it was neither."""
    grade, said = tried.grade, tried.said
    skipped = any(isinstance(body, Skipped) for body in said) and not any(isinstance(body, Answered) for body in said)
    if at is None or (grade is None and not skipped):
        return None
    score = grade.score if grade is not None else None
    return Attempt(
        card=one.card,
        at=at,
        value=score.value if score is not None else None,
        states={verdict.criterion: verdict.state for verdict in grade.verdicts} if grade is not None else {},
        capped=score is not None and bool(score.capped_by),
        skipped=grade is None,
        hints=grade.hints if grade is not None else sum(isinstance(body, Hinted) for body in said),
        seconds=tried.seconds or None,
        rated=tried.rated,
        mode=session.plan.mode,
        format=session.stages[one.stage].format if session.stages else session.plan.format,
    )


def rating(attempt: Attempt) -> Rating | None:
    """How well the card was recalled; None when the attempt is not graded, so that it schedules nothing."""
    if attempt.skipped:
        return "again"
    if attempt.value is None:
        return None
    band = next(name for least, name in BANDS if attempt.value >= least)
    if attempt.capped and band in PASS_BANDS:
        band = CAPPED
    return _capped(BAND_RATINGS[band], attempt.hints)


def criterion_rating(state: State, hints: int) -> Rating | None:
    """How well one criterion was recalled; None when it is not graded."""
    return _capped(STATE_RATINGS[state], hints) if state != "not_graded" else None


def _capped(given: Rating, hints: int) -> Rating:
    return min(given, HINT_CAPS[min(hints, len(HINT_CAPS) - 1)], key=RATINGS.index)


def in_order(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Oldest first; those of one moment in an order of their own, so that it does not matter how they came."""
    return tuple(sorted(attempts, key=lambda one: (one.at, one.card, one.model_dump_json())))


def schedule(attempts: Iterable[Attempt], *, tz: tzinfo = UTC) -> tuple[Item, ...]:
    """All items with their dates, by key, whatever the order of the attempts.

    A criterion becomes an item when it is first missed, partly met or contradicted; from then on every graded attempt
    at its card counts for it. `tz` is the person's time zone, which says where a day ends.
    """
    reviews: dict[tuple[CardId, Slug | None], list[_Review]] = {}
    for attempt in in_order(attempts):
        given = rating(attempt)
        if given is None:
            continue
        day = attempt.at.astimezone(tz).date()
        reviews.setdefault((attempt.card, None), []).append(_Review(day, given, attempt.at, _card_why(attempt, day)))
        for name, state in attempt.states.items():
            got = criterion_rating(state, attempt.hints)
            if got is None or (state == "met" and (attempt.card, name) not in reviews):
                continue
            why = _criterion_why(state, attempt.hints, day)
            reviews.setdefault((attempt.card, name), []).append(_Review(day, got, attempt.at, why))
    items = (_item(card, criterion, given=given, tz=tz) for (card, criterion), given in reviews.items())
    return tuple(sorted(items, key=lambda item: item.key))


def _item(card: CardId, criterion: Slug | None, *, given: Sequence[_Review], tz: tzinfo) -> Item:
    """The item after these reviews, oldest first."""
    import fsrs

    scheduler = fsrs.Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=MAX_INTERVAL_DAYS,
        enable_fuzzing=False,
    )
    memory = fsrs.Card(card_id=0, due=_midnight(given[0].day, UTC))
    for review in given:
        grade = fsrs.Rating(1 + RATINGS.index(review.rating))
        memory, _ = scheduler.review_card(memory, grade, _midnight(review.day, UTC))
    assert memory.stability is not None
    assert memory.difficulty is not None
    last = given[-1]
    due_day = memory.due.date()
    return Item(
        key=card if criterion is None else f"{card}#{criterion}",
        card=card,
        criterion=criterion,
        due=_midnight(due_day, tz).astimezone(UTC),
        last=last.at,
        interval_days=(due_day - last.day).days,
        stability=memory.stability,
        difficulty=memory.difficulty,
        reps=len(given),
        lapses=sum(now.rating == "again" != before.rating for before, now in pairwise(given)),
        rating=last.rating,
        why=last.why,
    )


def _midnight(day: date, tz: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=tz)


def due(items: Iterable[Item], now: datetime, *, most: int = 20, done_today: int = 0) -> tuple[Item, ...]:
    """Today's queue: at most `most` cards less those `done_today`, what is most overdue for its interval first.

    One item for each card, the one that is most overdue: a card with several criteria due is asked once.
    """
    waiting = sorted((item for item in items if item.due <= now), key=lambda item: (-overdue(item, now), item.key))
    first: dict[CardId, Item] = {}
    for item in waiting:
        first.setdefault(item.card, item)
    return tuple(first.values())[: max(0, most - done_today)]


def overdue(item: Item, now: datetime) -> float:
    """How long an item has been due, in its own intervals: 1 after as long again; negative before it is due."""
    return (now - item.due) / timedelta(days=item.interval_days)


def cards_done(attempts: Iterable[Attempt], day: date, *, tz: tzinfo = UTC) -> int:
    """How many different cards were practised on `day`, a date in `tz`; attempts that are not graded do not count."""
    return len({one.card for one in attempts if rating(one) is not None and one.at.astimezone(tz).date() == day})


def _card_why(attempt: Attempt, day: date) -> Bilingual:
    if attempt.skipped:
        return Bilingual(en=f"skipped on {day}", zh=f"{day}：跳过了")
    states = tuple(attempt.states.values())
    missed = sum(state in {"missed", "contradicted"} for state in states)
    partly = states.count("partly")
    if missed:
        en, zh = f"{missed} of {len(states)} points missed", f"{len(states)} 个要点中有 {missed} 个没答到"
    elif partly:
        en, zh = (
            f"{partly} of {len(states)} points only partly met",
            f"{len(states)} 个要点中有 {partly} 个只答到一部分",
        )
    elif states:
        en, zh = "every point met", "全部要点都答到"
    else:
        percent = round(100 * (attempt.value or 0))
        en, zh = f"scored {percent} %", f"得分 {percent} %"
    return _dated(en, zh, attempt.hints, day)


CRITERION_WHY: Mapping[State, tuple[str, str]] = {
    "met": ("met", "答到"),
    "partly": ("only partly met", "只答到一部分"),
    "missed": ("missed", "没答到"),
    "contradicted": ("contradicted", "说反了"),
}


def _criterion_why(state: State, hints: int, day: date) -> Bilingual:
    return _dated(*CRITERION_WHY[state], hints, day)


def _dated(en: str, zh: str, hints: int, day: date) -> Bilingual:
    helped = f" with {hints} hint{'s' if hints > 1 else ''}" if hints else ""
    return Bilingual(en=f"{en}{helped} on {day}", zh=f"{day}：{zh}{f'（看了 {hints} 个提示）' if hints else ''}")
