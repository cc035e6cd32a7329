"""Attempts -> figures of progress. Pure.

A figure that is not defined is None, beside the number of attempts it had to go by; it is never 0. Attempts that are
not graded and questions that were skipped have no value and are in no mean.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import StatisticsError, correlation, fmean, linear_regression, median

from pydantic import AwareDatetime

from coach.progress.schedule import Attempt, in_order
from coach.schema import CardId, FormatName, Record, Slug, State

TREND_LEAST = 3
"""Fewest graded attempts for a trend."""
TREND_MOST = 10
"""The newest so many graded attempts make the trend."""
SPEARMAN_LEAST = 5
"""Fewest pairs for a rank correlation."""


class TopicFigures(Record):
    """How one topic goes. A card of several topics counts in each."""

    topic: str
    n: int
    """Graded attempts."""
    mean: float | None
    """Of their values, in [0, 1]; None when n is 0."""
    slope: float | None
    """Change of the value from one attempt to the next, by least squares; None under three attempts."""
    slope_n: int
    """Attempts in the slope: the newest ten at most."""
    skipped: int
    not_graded: int
    last: AwareDatetime
    """When it was last practised, graded or not."""


class CriterionFigures(Record):
    """How often one criterion was met."""

    card: CardId
    criterion: Slug
    n: int
    """Graded attempts with a state for it: the sum of the next four."""
    met: int
    partly: int
    missed: int
    contradicted: int
    state: State
    """In the last of them."""
    last: AwareDatetime


class SelfRating(Record):
    """How well the candidate's own marks foretell the score; marks 1 to 5 are read as 0 to 1 in quarters."""

    n: int
    """Attempts with both a mark and a value."""
    bias: float | None
    """Mean of mark less value, in [-1, 1]: above 0 is over-confident. None when n is 0."""
    error: float | None
    """Mean distance of mark and value, in [0, 1]. None when n is 0."""
    spearman: float | None
    """Rank correlation, ties sharing their mean rank; None under five pairs, or when either side never changes."""


class FormatTime(Record):
    """How long answers take in one format."""

    format: FormatName
    n: int
    median_s: float


class AnswerTimes(Record):
    """How long answers take: the time a candidate used on a question, in seconds."""

    n: int
    """Answered attempts whose time is known."""
    median_s: float | None
    """None when n is 0."""
    by_format: tuple[FormatTime, ...]
    """By name; only formats with a known time."""


class HintFigures(Record):
    """How much help was taken."""

    n: int
    """Graded attempts."""
    helped: int
    """Those with at least one hint."""
    hints: int
    mean: float | None
    """Hints for each graded attempt; None when n is 0."""


class Streak(Record):
    """Days in a row on which something was answered."""

    days: int
    """Up to today, or to yesterday while today has no answer yet; 0 when both have none."""
    longest: int
    practised: int
    """All days with an answer."""
    last: date | None
    """The newest of them; None when there is none."""


class Progress(Record):
    """All figures."""

    n: int
    """Attempts, of whatever kind."""
    topics: tuple[TopicFigures, ...]
    """By name."""
    criteria: tuple[CriterionFigures, ...]
    """By card and name."""
    self_rating: SelfRating
    times: AnswerTimes
    hints: HintFigures
    streak: Streak


def progress(
    attempts: Iterable[Attempt], topics: Mapping[CardId, Sequence[str]], *, now: datetime, tz: tzinfo = UTC
) -> Progress:
    """All figures of these attempts, in whatever order they come.

    `topics` are those of each card; a card that is not in it is in no topic's figures. `tz` is the person's time zone.
    """
    ordered = in_order(attempts)
    return Progress(
        n=len(ordered),
        topics=by_topic(ordered, topics),
        criteria=by_criterion(ordered),
        self_rating=self_rating(ordered),
        times=answer_times(ordered),
        hints=hint_figures(ordered),
        streak=streak(ordered, now.astimezone(tz).date(), tz=tz),
    )


def by_topic(attempts: Iterable[Attempt], topics: Mapping[CardId, Sequence[str]]) -> tuple[TopicFigures, ...]:
    """The figures of each topic that was practised, by name."""
    mine: dict[str, list[Attempt]] = {}
    for attempt in in_order(attempts):
        for topic in dict.fromkeys(topics.get(attempt.card, ())):
            mine.setdefault(topic, []).append(attempt)
    return tuple(_topic(topic, mine[topic]) for topic in sorted(mine))


def _topic(topic: str, attempts: Sequence[Attempt]) -> TopicFigures:
    values = [one.value for one in attempts if one.value is not None]
    newest = values[-TREND_MOST:] if len(values) >= TREND_LEAST else []
    skipped = sum(one.skipped for one in attempts)
    return TopicFigures(
        topic=topic,
        n=len(values),
        mean=fmean(values) if values else None,
        slope=linear_regression(range(len(newest)), newest).slope if newest else None,
        slope_n=len(newest),
        skipped=skipped,
        not_graded=len(attempts) - len(values) - skipped,
        last=attempts[-1].at,
    )


def by_criterion(attempts: Iterable[Attempt]) -> tuple[CriterionFigures, ...]:
    """The figures of each criterion that was graded, by card and name."""
    mine: dict[tuple[CardId, Slug], list[tuple[State, datetime]]] = {}
    for attempt in in_order(attempts):
        if attempt.value is None:
            continue
        for name, state in attempt.states.items():
            if state != "not_graded":
                mine.setdefault((attempt.card, name), []).append((state, attempt.at))
    return tuple(_criterion(card, name, mine[card, name]) for card, name in sorted(mine))


def _criterion(card: CardId, name: Slug, found: Sequence[tuple[State, datetime]]) -> CriterionFigures:
    states = [state for state, _ in found]
    return CriterionFigures(
        card=card,
        criterion=name,
        n=len(states),
        met=states.count("met"),
        partly=states.count("partly"),
        missed=states.count("missed"),
        contradicted=states.count("contradicted"),
        state=states[-1],
        last=found[-1][1],
    )


def self_rating(attempts: Iterable[Attempt]) -> SelfRating:
    """How the candidate's own marks compare with the values, over all attempts that have both."""
    pairs = [((one.rated - 1) / 4, one.value) for one in attempts if one.rated is not None and one.value is not None]
    return SelfRating(
        n=len(pairs),
        bias=fmean(mark - value for mark, value in pairs) if pairs else None,
        error=fmean(abs(mark - value) for mark, value in pairs) if pairs else None,
        spearman=_spearman(pairs) if len(pairs) >= SPEARMAN_LEAST else None,
    )


def _spearman(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's rho: the correlation of ranks. None when one side never changes."""
    left, right = zip(*pairs, strict=True)
    try:
        return correlation(_ranks(left), _ranks(right))
    except StatisticsError:
        return None


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1; equal values share the mean of theirs."""
    ordered = sorted(values)
    return [ordered.index(value) + (ordered.count(value) + 1) / 2 for value in values]


def answer_times(attempts: Iterable[Attempt]) -> AnswerTimes:
    """Median times of the attempts that were answered, graded or not."""
    mine: dict[FormatName, list[float]] = {}
    for one in attempts:
        if one.seconds is not None and not one.skipped:
            mine.setdefault(one.format, []).append(one.seconds)
    known = [seconds for times in mine.values() for seconds in times]
    return AnswerTimes(
        n=len(known),
        median_s=median(known) if known else None,
        by_format=tuple(
            FormatTime(format=name, n=len(mine[name]), median_s=median(mine[name])) for name in sorted(mine)
        ),
    )


def hint_figures(attempts: Iterable[Attempt]) -> HintFigures:
    """Hints shown before the grades of graded attempts."""
    used = [one.hints for one in attempts if one.value is not None]
    return HintFigures(
        n=len(used),
        helped=sum(hints > 0 for hints in used),
        hints=sum(used),
        mean=fmean(used) if used else None,
    )


def streak(attempts: Iterable[Attempt], today: date, *, tz: tzinfo = UTC) -> Streak:
    """Days in a row with an answer; `today` and the days are dates in `tz`. A skipped question is no answer."""
    days = sorted({one.at.astimezone(tz).date() for one in attempts if not one.skipped})
    rows: list[list[date]] = []
    for day in days:
        if rows and day - rows[-1][-1] == timedelta(days=1):
            rows[-1].append(day)
        else:
            rows.append([day])
    runs_on = bool(days) and today - days[-1] <= timedelta(days=1)
    return Streak(
        days=len(rows[-1]) if runs_on else 0,
        longest=max(map(len, rows), default=0),
        practised=len(days),
        last=days[-1] if days else None,
    )
