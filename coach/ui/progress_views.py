"""Figures of progress and past sessions -> what the progress page shows, as HTML. Pure.

Charts are drawn here as HTML and SVG: a few kilobytes, no script, and each says in words what it shows. HTML in which a
card's text stands is put in a Markdown component, for its formulas; it has no empty line, so no Markdown is seen in it.
"""

import html
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from coach.interview.rounds import FORMATS
from coach.progress.export import MARKS, word
from coach.progress.library import SessionInfo
from coach.progress.schedule import Attempt, Item, in_order
from coach.progress.stats import TREND_LEAST, TREND_MOST, AnswerTimes, Progress, SelfRating, TopicFigures
from coach.schema import Card, CardId, Disputed, Grade, Lang, Round, Session, Slug, State
from coach.ui.render import chat_messages
from coach.ui.words.progress import say

Cards = Mapping[CardId, Card]
History = tuple[tuple[datetime, State], ...]

SHOWN_DUE = 5
"""Due questions that are listed at once; the others unfold."""
SHOWN_TOPICS = 10
SHOWN_CARDS = 12
"""Questions of the heat map that are shown at once; the others unfold."""
MOST_CARDS = 60
"""Most questions in the heat map; a topic shows the others."""
SHORT = 40
"""Width of a title in the list, in Latin letters; a Chinese character is two wide."""
LAST = 6
"""Attempts of a point that are shown when its question is opened."""
DAYS = 56
"""Days of the calendar: whole weeks, so that a column is a day of the week."""
STEADY = 0.01
"""A slope nearer to 0 is called steady, in score per attempt."""


def esc(text: str) -> str:
    """The text as HTML shows it, on one line."""
    return html.escape(" ".join(text.split()))


def percent(value: float | None) -> str:
    """A share in whole percent; a dash when there is none."""
    return "–" if value is None else f"{round(100 * value)} %"


def clock(seconds: float | None) -> str:
    """Minutes and seconds; a dash when unknown."""
    return "–" if seconds is None else f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


def topic_name(topic: str) -> str:
    """A topic's id as words."""
    return esc(topic.replace("-", " "))


def form_name(name: str, lang: Lang) -> str:
    """The kind of interview in words; its own name where it is none of ours."""
    return next((form.title.text(lang) for key, form in FORMATS.items() if key == name), name)


def _section(title: str, body: str, *, kind: str, note: str = "") -> str:
    said = f'<p class="pg-note">{note}</p>' if note else ""
    return f'<section class="pg pg-{kind}"><h2>{title}</h2>{said}{body}</section>'


def _table(head: Iterable[str], rows: Iterable[str], *, kind: str) -> str:
    heads = "".join(f'<th scope="col">{one}</th>' for one in head)
    return (
        f'<div class="pg-wide"><table class="pg-table pg-{kind}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


# --- today ---------------------------------------------------------------------------------


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
    return _section(title, f"<ol>{''.join(rows[:SHOWN_DUE])}</ol>{rest}", kind="due")


def _due_row(item: Item, card: Card, lang: Lang, *, today: date, tz: tzinfo) -> str:
    late = (today - item.due.astimezone(tz).date()).days
    when = say("due_today", lang) if late < 1 else say("due_since_1" if late == 1 else "due_since", lang, n=late)
    what = f"{say('due_point', lang)}{'：' if lang == 'zh' else ': '}" if item.criterion is not None else ""
    return (
        f'<li><span class="pg-q">{esc(card.question.text(lang))}</span>'
        f'<span class="pg-meta">{topic_name(card.topics[0])} · {what}{esc(item.why.text(lang))} · {when}</span></li>'
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
    return _section(say("due", lang), f"<p>{' '.join(lines)}</p>", kind="due")


def _questions(n: int, lang: Lang) -> str:
    return str(n) if lang == "zh" else say("questions_1" if n == 1 else "questions_n", lang, n=n)


# --- figures -------------------------------------------------------------------------------


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
        (clock(times.median_s), say("time", lang), say("time_note", lang, n=times.n)),
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
    return _section(say("numbers", lang), f'<dl class="pg-tiles">{shown}</dl>{calendar}', kind="numbers")


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
        return _section(say("topics", lang), f"<p>{say('nothing_graded', lang)}</p>", kind="topics")
    values: dict[str, list[float]] = {}
    for one in in_order(attempts):
        for topic in dict.fromkeys(topics.get(one.card, ())) if one.value is not None else ():
            values.setdefault(topic, []).append(one.value or 0.0)
    ordered = sorted(figures.topics, key=lambda one: (one.mean is None, one.mean, one.topic))
    rows = [_topic_row(one, values.get(one.topic, [])[-TREND_MOST:], lang) for one in ordered]
    head = [say(name, lang) for name in ("topic", "trend", "last", "mean", "n")]
    table = _table(head, rows[:SHOWN_TOPICS], kind="trends")
    if more := rows[SHOWN_TOPICS:]:
        folded = _table(head, more, kind="trends")
        table += f"<details><summary>{say('more_topics', lang, n=len(more))}</summary>{folded}</details>"
    return _section(say("topics", lang), table, kind="topics", note=say("topics_note", lang, n=TREND_MOST))


def _topic_row(topic: TopicFigures, values: Sequence[float], lang: Lang) -> str:
    last = percent(values[-1] if values else None)
    trend = f"{sparkline(values, lang)}<span>{_trend(topic.slope, lang)}</span>" if values else say("ungraded", lang)
    return (
        f'<tr><th scope="row">{topic_name(topic.topic)}</th><td><div class="pg-trend">{trend}</div></td>'
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
        return _section(say("rating", lang), f"<p>{say('rating_none', lang)}</p>", kind="rating")
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
    table = _table(head, rows, kind="marks")
    return _section(say("rating", lang), f"<p>{('' if lang == 'zh' else ' ').join(said)}</p>{table}", kind="rating")


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
        return _section(say("times", lang), f"<p>{say('times_none', lang)}</p>", kind="times")
    rows = [
        f'<tr><th scope="row">{esc(form_name(one.format, lang))}</th><td>{clock(one.median_s)}</td>'
        f"<td>{one.n}</td></tr>"
        for one in times.by_format
    ]
    table = _table([say(name, lang) for name in ("kind", "median", "n")], rows, kind="kinds")
    return _section(say("times", lang), table, kind="times")


# --- point by point ------------------------------------------------------------------------


def histories(attempts: Iterable[Attempt]) -> Mapping[CardId, Mapping[Slug, History]]:
    """Card -> criterion -> when it was judged and how, oldest first; only graded attempts count."""
    found: dict[CardId, dict[Slug, list[tuple[datetime, State]]]] = {}
    for one in in_order(attempts):
        if one.value is None:
            continue
        for name, state in one.states.items():
            if state != "not_graded":
                found.setdefault(one.card, {}).setdefault(name, []).append((one.at, state))
    return {card: {name: tuple(states) for name, states in mine.items()} for card, mine in found.items()}


@dataclass(frozen=True)
class Heat:
    """One question of the heat map."""

    card: Card
    past: Mapping[Slug, History]

    @property
    def states(self) -> tuple[State, ...]:
        """How each of its points was judged last, in the card's order."""
        return tuple(self.past[one.id][-1][1] if one.id in self.past else "not_graded" for one in self.card.criteria)

    @property
    def open_points(self) -> int:
        """Weight of the points that are not met, half of it where they are partly met; doubled to stay whole."""
        worth = {"missed": 2, "contradicted": 2, "partly": 1}
        return sum(one.weight * worth.get(state, 0) for one, state in zip(self.card.criteria, self.states, strict=True))


def heat_of(attempts: Iterable[Attempt], cards: Cards, *, topic: str = "") -> tuple[Heat, ...]:
    """The graded questions that are in the bank, of one topic or of all, those with most open points first."""
    past = histories(attempts)
    found = [Heat(cards[name], past[name]) for name in past if name in cards]
    wanted = [one for one in found if not topic or topic in one.card.topics]
    return tuple(sorted(wanted, key=lambda one: (-one.open_points, one.card.id)))


def heat_html(rows: Sequence[Heat], lang: Lang, *, tz: tzinfo) -> str:
    """A row of squares for each question, one for each of its points; opened, the points over the last attempts."""
    if not rows:
        return f'<div class="pg pg-points"><p>{say("nothing_graded", lang)}</p></div>'
    legend = "".join(
        f"<li>{_square(state, lang)} {word(state, lang)}</li>" for state in ("met", "partly", "missed", "contradicted")
    )
    most = ""
    if len(rows) > MOST_CARDS:
        most = f'<p class="pg-note">{say("points_most", lang, shown=MOST_CARDS, all=len(rows))}</p>'
    drawn = [_heat_row(one, lang, tz=tz) for one in rows[:MOST_CARDS]]
    body = "".join(drawn[:SHOWN_CARDS])
    if more := drawn[SHOWN_CARDS:]:
        body += f"<details><summary>{say('due_more', lang, n=len(more))}</summary>{''.join(more)}</details>"
    return f'<div class="pg pg-points"><ul class="pg-legend">{legend}</ul>{body}{most}</div>'


def points_head_html(lang: Lang) -> str:
    """The heading of the heat map."""
    return _section(say("points", lang), "", kind="head", note=say("points_note", lang, n=LAST))


def _heat_row(one: Heat, lang: Lang, *, tz: tzinfo) -> str:
    states = one.states
    strip = "".join(_square(state, lang, quiet=True) for state in states)
    met = say("points_of", lang, met=states.count("met"), n=len(states))
    times = sorted({at for past in one.past.values() for at, _ in past})[-LAST:]
    heads = [say("point", lang), *(f"{at.astimezone(tz):%m-%d}" for at in times)]
    lines = []
    for criterion in one.card.criteria:
        extra = f' <em class="pg-meta">{say("required", lang)}</em>' if criterion.required else ""
        then = dict(one.past.get(criterion.id, ()))
        cells = "".join(f"<td>{_square(then.get(at, 'not_graded'), lang)}</td>" for at in times)
        lines.append(f'<tr><th scope="row">{esc(criterion.says.text(lang))}{extra}</th>{cells}</tr>')
    return (
        f'<details class="pg-card"><summary><span class="pg-q">{esc(one.card.question.text(lang))}</span>'
        f'<span class="pg-strip" aria-hidden="true">{strip}</span><span class="pg-meta">{met}</span></summary>'
        f"{_table(heads, lines, kind='history')}</details>"
    )


def _square(state: State, lang: Lang, *, quiet: bool = False) -> str:
    """A coloured square with the state's mark, so that it can be told without its colour."""
    name = say("absent", lang) if state == "not_graded" else word(state, lang)
    reads = "" if quiet else f' role="img" aria-label="{name}"'
    return f'<i class="pg-sq {state}" title="{name}"{reads}>{MARKS[state]}</i>'


# --- past interviews -----------------------------------------------------------------------


def session_line(info: SessionInfo, lang: Lang, *, tz: tzinfo) -> str:
    """One line of the list as plain text: the title, and below it when, what, how much and how it ended.

    The last score is told once the interview is over: before, it may be an exam.
    """
    over = info.ended_at is not None
    parts = [
        f"{info.updated_at.astimezone(tz):%Y-%m-%d %H:%M}",
        form_name(info.format, lang),
        say("questions_1" if info.questions == 1 else "questions_n", lang, n=info.questions),
        say("answers_1" if info.answers == 1 else "answers_n", lang, n=info.answers),
    ]
    parts += [say("score_last", lang, score=round(100 * info.score))] if over and info.score is not None else []
    parts += [] if over else [say("unfinished", lang)]
    return f"{short(info.title) or say('untitled', lang)}\n{' · '.join(parts)}"


def short(text: str, most: int = SHORT) -> str:
    """The text cut to a width, with an ellipsis where something is left out."""
    wide = 0
    for at, letter in enumerate(text):
        wide += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if wide > most:
            return f"{text[: at - 1].rstrip()}…"
    return text


def session_html(state: Session, title: str, lang: Lang, *, tz: tzinfo) -> str:
    """A past interview at a glance: when and how long, each question with its score, what was objected to."""
    facts = [f"{state.started_at.astimezone(tz):%Y-%m-%d %H:%M}", form_name(state.plan.format, lang)]
    facts += [say("exam", lang)] if state.exam else []
    facts += [say("minutes", lang, n=f"{state.used_s / 60:.0f}")] if state.used_s >= 30 else []
    facts += [say("unfinished", lang)] if state.ended is None else []
    head = f'<h3>{esc(title)}</h3><p class="pg-meta">{esc(" · ".join(facts))}</p>'
    if running_exam(state):
        return f'<section class="pg pg-session">{head}<p>{say("exam_on", lang)}</p></section>'
    rows = [
        f'<tr><td>{at}</td><th scope="row">{esc(one.question.splitlines()[0] if one.question else "")}</th>'
        f"<td>{_outcome(state, one, lang)}</td></tr>"
        for at, one in enumerate(state.rounds, start=1)
    ]
    table = _table(["#", say("question", lang), say("score", lang)], rows, kind="rounds")
    return f'<section class="pg pg-session">{head}{table}{_objections(state, lang)}</section>'


def answers_text(state: Session, lang: Lang) -> str:
    """How many answers were given, in words."""
    n = sum(len(one.answers) for one in state.rounds)
    return say("answers_1" if n == 1 else "answers_n", lang, n=n)


def running_exam(state: Session) -> bool:
    """Whether it is an exam that goes on, of which nothing may be told."""
    return state.exam and state.ended is None


def told_grade(state: Session, one: Round) -> Grade | None:
    """The grade of a question where it may be told: not while it is open, or waits for the candidate's own mark."""
    if running_exam(state) or (one is state.current and not state.tells):
        return None
    return one.grade


def _outcome(state: Session, one: Round, lang: Lang) -> str:
    grade = told_grade(state, one)
    if grade is not None:
        return percent(grade.score.value) if grade.score is not None else say("ungraded", lang)
    if one.skipped == "question":
        return say("skipped", lang)
    return say("open" if state.ended is None and one is state.current else "unanswered", lang)


def _objections(state: Session, lang: Lang) -> str:
    found: list[tuple[int, Disputed]] = [
        (at, each) for at, one in enumerate(state.rounds, start=1) for each in one.disputes
    ]
    if not found:
        return ""
    lines = "".join(
        f"<li>{esc(say('objection', lang, n=at, state=word(each.state, lang), reason=each.reason))}</li>"
        for at, each in found
    )
    return f"<h4>{say('objections', lang)}</h4><ul>{lines}</ul>"


Messages = list[dict[str, str]]


def steps_of(state: Session, lang: Lang) -> Messages:
    """The conversation as it can be replayed, message by message; after each question what it scored, where told."""
    out: Messages = []
    for at, one in enumerate(state.rounds):
        before = chat_messages(state.model_copy(update={"rounds": state.rounds[:at]}))
        out += chat_messages(state.model_copy(update={"rounds": state.rounds[: at + 1]}))[len(before) :]
        grade = told_grade(state, one)
        if grade is not None and grade.score is not None:
            score = say("replay_score", lang, score=round(100 * grade.score.value), band=word(grade.score.band, lang))
            out.append({"role": "assistant", "content": f"*{score}*"})
    return out


@dataclass(frozen=True)
class Regraded:
    """What grading one question again came to."""

    question: int
    """Counted from 0."""
    before: Grade | None
    after: Grade

    @property
    def changed(self) -> tuple[tuple[Slug, State | None, State], ...]:
        """The points that are judged otherwise now: before, and after."""
        then = {one.criterion: one.state for one in self.before.verdicts} if self.before is not None else {}
        pairs = ((one.criterion, then.get(one.criterion), one.state) for one in self.after.verdicts)
        return tuple((name, was, now) for name, was, now in pairs if was != now)


def regraded_html(state: Session, done: Sequence[Regraded], cards: Cards, lang: Lang) -> str:
    """Before and after, question by question."""
    if not done:
        return ""
    rows = [
        f'<tr><td>{one.question + 1}</td><th scope="row">{esc(state.rounds[one.question].question.splitlines()[0])}'
        f"</th><td>{_value(one.before, lang)}</td><td>{_value(one.after, lang)}</td>"
        f"<td>{_changes(one, cards.get(state.rounds[one.question].card), lang)}</td></tr>"
        for one in done
    ]
    head = ["#", *(say(name, lang) for name in ("question", "before", "after", "changed"))]
    return f'<section class="pg pg-regraded">{_table(head, rows, kind="regraded")}</section>'


def _value(grade: Grade | None, lang: Lang) -> str:
    return percent(grade.score.value) if grade is not None and grade.score is not None else say("ungraded", lang)


def _changes(one: Regraded, card: Card | None, lang: Lang) -> str:
    says = {each.id: each.says.text(lang) for each in card.criteria} if card is not None else {}
    lines = [
        f"<li>{_square(was, lang) if was is not None else ''} → {_square(now, lang)} {esc(says.get(name, name))}</li>"
        for name, was, now in one.changed
    ]
    return f"<ul>{''.join(lines)}</ul>" if lines else say("changed_none", lang)


def take_html(lang: Lang) -> str:
    """The heading of what is exported over all interviews."""
    return _section(say("take", lang), "", kind="head", note=say("take_note", lang))
