"""What is due, and how it goes: days in a row, each topic, own marks, time. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta, tzinfo

from coach.progress.schedule import Attempt, Item, in_order
from coach.progress.stats import TREND_LEAST, TREND_MOST, AnswerTimes, Progress, SelfRating, TopicFigures
from coach.schema import Card, CardId, Lang
from coach.ui.pieces import clock, percent
from coach.ui.progress_html import Cards, esc, form_name, pg_table, section
from coach.ui.words.progress import say
from coach.ui.words.topics import topic_word

SHOWN_DUE = 5
"""Due questions that are listed at once; the others unfold."""
SHOWN_TOPICS = 10
DAYS = 56
"""Days of the calendar: whole weeks, so that a column is a day of the week."""
STEADY = 0.01
"""A slope nearer to 0 is called steady, in score per attempt."""


def first_visit_html(lang: Lang) -> str:
    """What to do, for somebody who has not practised yet."""
    return (
        f'<section class="pg pg-first"><h2>{say("first", lang)}</h2><p>{say("first_how", lang)}</p>'
        f'<p><a class="pg-button" href="./">{say("first_go", lang)}</a></p></section>'
    )


def due_html(queue: Sequence[Item], cards: Cards, lang: Lang, *, today: date, tz: tzinfo) -> str:
    """Today's questions, each with why it comes back. What the point of it is stays untold: it is to be recalled."""
    known = [item for item in queue if item.card in cards]
    count = say("due_1", lang) if len(known) == 1 else say("due_n", lang, n=len(known))
    rows = [_due_row(item, cards[item.card], lang, today=today, tz=tz) for item in known]
    more = rows[SHOWN_DUE:]
    rest = (
        f"<details><summary>{say('due_more', lang, n=len(more))}</summary><ol start={SHOWN_DUE + 1}>{''.join(more)}"
        "</ol></details>"
        if more
        else ""
    )
    title = f'{say("due", lang)} <span class="pg-count">{count}</span>'
    return section(title, f"<ol>{''.join(rows[:SHOWN_DUE])}</ol>{rest}", kind="due")


def _due_row(item: Item, card: Card, lang: Lang, *, today: date, tz: tzinfo) -> str:
    late = (today - item.due.astimezone(tz).date()).days
    when = say("due_today", lang) if late < 1 else say("due_since_1" if late == 1 else "due_since", lang, n=late)
    what = f"{say('due_point', lang)}{'：' if lang == 'zh' else ': '}" if item.criterion is not None else ""
    parts = (esc(topic_word(card.topics[0], lang)), f"{what}{esc(item.why.text(lang))}", when)
    return (
        f'<li><span class="pg-q">{esc(card.question.text(lang))}</span>'
        f'<span class="pg-meta">{" · ".join(parts)}</span></li>'
    )


def not_due_html(items: Iterable[Item], lang: Lang, *, today: date, tz: tzinfo, done: int) -> str:
    """That nothing is due now, and when the next questions are."""
    days = Counter[date]()
    for _, day in {(item.card, item.due.astimezone(tz).date()) for item in items}:
        days[day] += 1
    coming = sorted(day for day in days if day > today)
    lines = [say("due_none", lang)]
    if any(day <= today for day in days) and done:
        lines = [say("due_done", lang, n=done)]
    if coming:
        lines.append(say("due_next", lang, n=_questions(days[coming[0]], lang), day=coming[0]))
    return section(say("due", lang), f"<p>{' '.join(lines)}</p>", kind="due")


def _questions(n: int, lang: Lang) -> str:
    return str(n) if lang == "zh" else say("questions_1" if n == 1 else "questions_n", lang, n=n)


def numbers_html(
    figures: Progress, attempts: Sequence[Attempt], lang: Lang, *, cards: int, today: date, tz: tzinfo
) -> str:
    """Days in a row, answers, time and hints, with the last weeks as a calendar."""
    streak, times, hints = figures.streak, figures.times, figures.hints
    practised = len({one.card for one in attempts})
    tiles = (
        (
            str(streak.days),
            say("streak_1" if streak.days == 1 else "streak", lang),
            say("streak_note", lang, longest=streak.longest, practised=streak.practised),
        ),
        (str(hints.n), say("answers", lang), say("answers_note", lang, cards=practised, all=cards)),
        (
            clock(times.median_s),
            say("time", lang),
            say("time_note_1" if times.n == 1 else "time_note", lang, n=times.n),
        ),
        (
            percent(hints.helped / hints.n if hints.n else None),
            say("hints", lang),
            say("hints_note", lang, hints=hints.hints, n=hints.n),
        ),
    )
    shown = "".join(
        f'<div><dt>{what}</dt><dd><b>{figure}</b><span class="pg-meta">{note}</span></dd></div>'
        for figure, what, note in tiles
    )
    calendar = _calendar(attempts, lang, today=today, tz=tz)
    return section(say("numbers", lang), f'<dl class="pg-tiles">{shown}</dl>{calendar}', kind="numbers")


def _calendar(attempts: Sequence[Attempt], lang: Lang, *, today: date, tz: tzinfo) -> str:
    """A square for each of the last days, fuller the more was answered; the count stands in it."""
    count = Counter(one.at.astimezone(tz).date() for one in attempts if not one.skipped)
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    most = max((count[day] for day in days), default=0)
    squares = "".join(
        f'<i class="pg-day l{_level(count[day], most)}" title="{day}: {count[day]}">{count[day] or ""}</i>'
        for day in days
    )
    said = say("calendar_says", lang, total=sum(count[day] for day in days), days=sum(count[day] > 0 for day in days))
    return (
        f'<figure class="pg-calendar"><figcaption>{say("calendar", lang, n=DAYS)}</figcaption>'
        f'<div role="img" aria-label="{said}">{squares}</div></figure>'
    )


def _level(n: int, most: int) -> int:
    return 0 if n == 0 else 1 + min(3, 4 * n // (most + 1))


def topics_html(
    figures: Progress, attempts: Iterable[Attempt], topics: Mapping[CardId, Sequence[str]], lang: Lang
) -> str:
    """Each topic with the line of its last scores, its mean and where it is going; the weakest first."""
    if not any(topic.n for topic in figures.topics):
        return section(say("topics", lang), f"<p>{say('nothing_graded', lang)}</p>", kind="topics")
    values: dict[str, list[float]] = {}
    for one in in_order(attempts):
        for topic in dict.fromkeys(topics.get(one.card, ())) if one.value is not None else ():
            values.setdefault(topic, []).append(one.value or 0.0)
    ordered = sorted(figures.topics, key=lambda one: (one.mean is None, one.mean, one.topic))
    rows = [_topic_row(one, values.get(one.topic, [])[-TREND_MOST:], lang) for one in ordered]
    head = [say(name, lang) for name in ("topic", "trend", "last", "mean", "n")]
    table = pg_table(head, rows[:SHOWN_TOPICS], kind="trends")
    if more := rows[SHOWN_TOPICS:]:
        folded = pg_table(head, more, kind="trends")
        table += f"<details><summary>{say('more_topics', lang, n=len(more))}</summary>{folded}</details>"
    return section(say("topics", lang), table, kind="topics", note=say("topics_note", lang, n=TREND_MOST))


def _topic_row(topic: TopicFigures, values: Sequence[float], lang: Lang) -> str:
    last = percent(values[-1] if values else None)
    trend = f"{sparkline(values, lang)}<span>{_trend(topic.slope, lang)}</span>" if values else say("ungraded", lang)
    return (
        f'<tr><th scope="row">{esc(topic_word(topic.topic, lang))}</th><td><div class="pg-trend">{trend}</div></td>'
        f"<td>{last}</td><td>{percent(topic.mean)}</td><td>{topic.n}</td></tr>"
    )


def _trend(slope: float | None, lang: Lang) -> str:
    if slope is None:
        return say("too_few", lang, n=TREND_LEAST)
    if abs(slope) < STEADY:
        return say("steady", lang)
    by = f"{100 * slope:+.0f}".replace("-", "−")
    return say("rising" if slope > 0 else "falling", lang, by=by)


def sparkline(values: Sequence[float], lang: Lang) -> str:
    """The values as a line of dots, 0 at the foot and 1 at the top; a screen reader reads them out."""
    wide, high, edge = 112.0, 30.0, 4.0
    across = (wide - 2 * edge) / max(TREND_MOST - 1, 1)
    first = TREND_MOST - len(values)
    spots = [(edge + across * (first + at), edge + (high - 2 * edge) * (1 - value)) for at, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="1.6"/>' for x, y in spots[:-1])
    x, y = spots[-1]
    said = say("spark", lang, values=", ".join(str(round(100 * value)) for value in values))
    middle = high / 2
    return (
        f'<svg class="pg-spark" viewBox="0 0 {wide:g} {high:g}" width="{wide:g}" height="{high:g}" role="img"'
        f' aria-label="{said}"><line x1="0" y1="{middle:g}" x2="{wide:g}" y2="{middle:g}"/>'
        f'<polyline points="{line}"/>{dots}<circle class="now" cx="{x:.1f}" cy="{y:.1f}" r="3"/></svg>'
    )


def rating_html(rated: SelfRating, attempts: Iterable[Attempt], lang: Lang) -> str:
    """The candidate's own marks beside the scores they got, and whether they run high or low."""
    if rated.bias is None or rated.error is None:
        return section(say("rating", lang), f"<p>{say('rating_none', lang)}</p>", kind="rating")
    scores: dict[int, list[float]] = {}
    for one in attempts:
        if one.rated is not None and one.value is not None:
            scores.setdefault(one.rated, []).append(one.value)
    off = round(100 * rated.bias)
    key = "rating_even" if off == 0 else "rating_high" if off > 0 else "rating_low"
    said = [say(key, lang, by=abs(off), n=rated.n), say("rating_error", lang, by=round(100 * rated.error))]
    if rated.spearman is not None:
        said.append(say("rating_rank", lang, rho=f"{rated.spearman:.2f}"))
    rows = [_mark_row(mark, scores.get(mark, ())) for mark in range(1, 6)]
    head = [say(name, lang) for name in ("mark", "mark_means", "mark_scored", "n")]
    table = pg_table(head, rows, kind="marks")
    return section(say("rating", lang), f"<p>{('' if lang == 'zh' else ' ').join(said)}</p>{table}", kind="rating")


def _mark_row(mark: int, scores: Sequence[float]) -> str:
    means = (mark - 1) / 4
    mean = sum(scores) / len(scores) if scores else None
    bar = f'<i style="width:{100 * mean:.0f}%"></i>' if mean is not None else ""
    return (
        f'<tr><th scope="row">{mark}/5</th><td>{percent(means)}</td><td><div class="pg-bar">'
        f'<span aria-hidden="true">{bar}<b style="left:{100 * means:.0f}%"></b></span><em>{percent(mean)}</em></div>'
        f"</td><td>{len(scores)}</td></tr>"
    )


def times_html(times: AnswerTimes, lang: Lang) -> str:
    """How long answers take in each kind of interview."""
    if not times.n:
        return section(say("times", lang), f"<p>{say('times_none', lang)}</p>", kind="times")
    rows = [
        f'<tr><th scope="row">{esc(form_name(one.format, lang))}</th><td>{clock(one.median_s)}</td>'
        f"<td>{one.n}</td></tr>"
        for one in times.by_format
    ]
    table = pg_table([say(name, lang) for name in ("kind", "median", "n")], rows, kind="kinds")
    return section(say("times", lang), table, kind="times")


def take_html(lang: Lang) -> str:
    """The heading of what is exported over all interviews."""
    return section(say("take", lang), "", kind="head", note=say("take_note", lang))
