"""One session -> the parts of its report page, as HTML. Pure; figures and words are those of the Markdown report.

Whatever a person or a model wrote is escaped (`markup.typed`) or read as Markdown without tags and links
(`markup.rich`).
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from coach.grading.score import arithmetic
from coach.interview.rounds import FORMATS
from coach.interview.timeline import Moment
from coach.progress.debrief import debrief
from coach.progress.export import MARKS, fix_of, grade_markdown, reference_markdown, word
from coach.progress.library import SessionInfo
from coach.progress.outcome import Outcome, by_topic, card_of, outcome, told
from coach.progress.schedule import Item
from coach.schema import (
    Answered,
    Aside,
    Asked,
    Card,
    Critique,
    Ended,
    Grade,
    Graded,
    Hinted,
    Lang,
    Paused,
    Probed,
    Resumed,
    Retracted,
    Round,
    Session,
    Skipped,
)
from coach.ui.markup import Span, inline, rich, spans_of, typed
from coach.ui.words.report import CHINESE, ENGLISH

SHOWN = (Asked, Answered, Probed, Hinted, Skipped, Aside, Retracted, Paused, Ended)
"""What stands on the timeline."""
TICKS = ("answered", "probed", "hinted", "skipped", "retracted", "paused")
"""What is marked on its bars."""


@dataclass(frozen=True)
class Page:
    """A session and what its report page draws on."""

    session: Session
    course: tuple[Moment, ...]
    cards: Mapping[str, Card]
    critique: Callable[[Round], Critique | None]
    items: tuple[Item, ...]
    """What of this session's cards comes back, and when."""
    now: datetime
    tz: tzinfo
    lang: Lang
    """Of the page; what the report itself says is in the session's."""

    def says(self, key: str, **filled: object) -> str:
        """A word of the page, escaped."""
        return says(key, self.lang, **filled)


def says(key: str, lang: Lang, **filled: object) -> str:
    """A word of the page in one language, with its blanks filled in, escaped."""
    return html.escape((CHINESE if lang == "zh" else ENGLISH)[f"report_{key}"].format(**filled))


def clock(seconds: float) -> str:
    """A span of time as `m:ss`, `h:mm:ss` from an hour on, and days before it from a day on."""
    whole = max(int(seconds), 0)
    days, rest = divmod(whole, 86_400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    shown = f"{hours}:{minutes:02d}:{rest % 60:02d}" if whole >= 3600 else f"{minutes}:{rest % 60:02d}"
    return f"{days} d {shown}" if days else shown


def day(at: date, lang: Lang) -> str:
    """A date as people write it."""
    return f"{at.year}年{at.month}月{at.day}日" if lang == "zh" else f"{at.day} {at:%b} {at.year}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{round(100 * value)} %"


def _count(key: str, n: int, told: Page) -> str:
    return told.says(f"{key}_1") if n == 1 else told.says(f"{key}_n", n=n)


def label(info: SessionInfo, lang: Lang, tz: tzinfo) -> str:
    """A line of the list of sessions; plain text."""
    at = info.started_at.astimezone(tz)
    return f"{day(at, lang)} {at:%H:%M} · {info.title}"


# --- the verdict ---------------------------------------------------------------------------


def head(page: Page) -> str:
    """What the session comes to, first; of a loop the debrief with its rule."""
    session, lang = page.session, page.lang
    at = session.started_at.astimezone(page.tz)
    when = page.says("of_day", date=day(at, lang), time=f"{at:%H:%M}")
    title = html.escape(FORMATS[session.plan.format].title.text(lang))
    ended = f" · {page.says(f'ended_{session.ended}')}" if session.ended is not None else ""
    closed = tuple(one for one in session.rounds if told(session, one))
    whole = outcome(closed)
    parts = [f'<p class="report-eyebrow">{title} · <time datetime="{at.isoformat()}">{when}</time>{ended}</p>']
    if session.ended is None:
        parts.append(_callout(page.says("running"), page.says("running_text")))
    loop = len(session.stages) > 1 and session.ended is not None
    if loop:
        parts.append(_debrief(page))
    parts.append(_score(page, whole, small=loop))
    parts.append(f'<p class="report-facts">{" · ".join(_facts(page, whole))}</p>')
    return f'<section class="report-head" aria-label="{html.escape(word("report", lang))}">{"".join(parts)}</section>'


def _score(page: Page, whole: Outcome, *, small: bool) -> str:
    lang = page.lang
    if whole.value is None or whole.band is None:
        return (
            "" if page.session.ended is None else f"<h2>{page.says('no_score')}</h2><p>{page.says('no_score_text')}</p>"
        )
    level = "h3" if small else "h2"
    verdict = f'<{level} class="report-verdict"><span class="report-number">{_percent(whole.value)}</span> '
    verdict += f'<span class="report-band {whole.band}">{html.escape(word(whole.band, lang))}</span></{level}>'
    terms = f"{whole.terms} = {_percent(whole.value)}"
    return f'{verdict}<p class="report-sum">{html.escape(word("overall", lang))}: <code>{html.escape(terms)}</code></p>'


def _facts(page: Page, whole: Outcome) -> list[str]:
    session, lang = page.session, page.lang
    facts = [html.escape(word("graded_of", lang).format(graded=len(whole.scores), all=len(session.rounds)))]
    skipped = sum(one.grade is None and one.skipped == "question" for one in session.rounds)
    facts += [page.says("skipped_n", n=skipped)] if skipped else []
    hints = sum(isinstance(one.body, Hinted) for one in page.course)
    facts += [_count("hints", hints, page)] if hints else []
    facts += [page.says("used", time=clock(session.used_s))] if session.used_s >= 1 else []
    shown = (one.grade for one in session.rounds if told(session, one))
    judges = dict.fromkeys(grade.judge.name for grade in shown if grade is not None)
    facts += [page.says("judge", judge=", ".join(judges))] if judges else []
    return facts


def _debrief(page: Page) -> str:
    session, lang = page.session, page.lang
    found = debrief(session)
    rows = "".join(
        f"<li><span>{html.escape(stage.title.text(lang))}</span> <strong>{html.escape(word(one.says, lang))}</strong>"
        f" <span>{'' if one.value is None else _percent(one.value)}</span></li>"
        for stage, one in zip(session.stages, found.rounds, strict=True)
    )
    verdict = f"{html.escape(word('debrief', lang))}: {html.escape(word(found.overall, lang))}"
    return (
        f'<h2 class="report-verdict">{verdict}</h2>'
        f'<ul class="report-rounds">{rows}</ul>'
        f'<p class="report-note">{html.escape(word("debrief_rule", lang))}</p>'
    )


def _callout(title: str, text: str, more: str = "") -> str:
    return f'<div class="report-callout"><h2>{title}</h2><p>{text}</p>{more}</div>'


def first_visit(lang: Lang) -> str:
    """What the page says before the first interview."""
    link = f'<p><a href="./">{says("first_link", lang)}</a></p>'
    return _callout(says("first", lang), says("first_text", lang), link)


def unknown(lang: Lang) -> str:
    """What the page says of an interview that is not there, or not this person's."""
    return _callout(says("unknown", lang), says("unknown_text", lang))


def exam_goes_on(lang: Lang) -> str:
    """What the page says of an exam before its end: nothing of it."""
    return _callout(says("exam", lang), says("exam_text", lang))


def fault(message: str, lang: Lang) -> str:
    """What the page says when the session cannot be read."""
    return _callout(says("fault", lang), html.escape(message))


# --- topics --------------------------------------------------------------------------------


def topics(page: Page) -> str:
    """A bar for each topic, with its sum in words; empty when no card is known any more."""
    session = page.session
    closed = tuple(one for one in session.rounds if told(session, one))
    rows = [_topic(name, one, page) for name, one in by_topic(closed, page.cards)]
    if not rows:
        return ""
    return _section("topics", page, f'<ul class="report-topics">{"".join(rows)}</ul>')


def _topic(name: str, found: Outcome, page: Page) -> str:
    filled = f'<i class="{found.band}" style="width:{100 * (found.value or 0):.1f}%"></i>'
    bar = f'<span class="report-bar" aria-hidden="true">{filled}</span>'
    if found.value is None:
        text = page.says("topic_none")
    else:
        text = f"{page.says('points_of', points=f'{found.points:g}', of=f'{found.of:g}')} · {_percent(found.value)}"
    return (
        f'<li><span class="report-topic">{html.escape(name)}</span>{bar}'
        f'<span class="report-figure">{text} · {_count("questions", found.asked, page)}</span></li>'
    )


def _section(key: str, page: Page, body: str) -> str:
    """A part of the report under its own heading."""
    title = page.says(f"section_{key}")
    return f'<section id="report-part-{key}" class="report-part"><h2>{title}</h2>{body}</section>'


# --- what to review ------------------------------------------------------------------------


def review(page: Page) -> str:
    """When each card and point of this session comes back, the soonest first."""
    if not page.items:
        return _section("review", page, f"<p>{page.says('due_none')}</p>")
    mine: dict[str, list[Item]] = {}
    for item in sorted(page.items, key=lambda one: (one.due, one.criterion is not None, one.key)):
        mine.setdefault(item.card, []).append(item)
    rows = "".join(_review_row(page.cards[card], items, page) for card, items in mine.items())
    link = f'<p><a href="./progress">{page.says("due_link")}</a></p>'
    text = f'<p class="report-note">{page.says("due_text")}</p>'
    return _section("review", page, f'{text}<ul class="report-review">{rows}</ul>{link}')


def _review_row(card: Card, items: Sequence[Item], page: Page) -> str:
    """A card with the day it comes back, and its points with theirs, folded."""
    points = [item for item in items if item.criterion is not None]
    first = _due(items[0], page)
    whole = next((item for item in items if item.criterion is None), None)
    why = f" <small>{html.escape(whole.why.text(page.lang))}</small>" if whole is not None else ""
    lines = "".join(_review_line(card, item, page) for item in points)
    fold = _fold(_count("points", len(points), page), f"<ul>{lines}</ul>") if points else ""
    asked = f'<div class="report-asked">{inline(_first(card.question.text(page.lang)))}</div>'
    return f'<li><div class="report-due">{first}{why}</div>{asked}{fold}</li>'


def _first(markdown: str) -> str:
    """The first paragraph."""
    return markdown.strip().partition("\n\n")[0]


def _review_line(card: Card, item: Item, page: Page) -> str:
    point = card.criterion(item.criterion).says.text(page.lang) if item.criterion is not None else ""
    return f"<li>{inline(point)} <small>{_due(item, page)} · {html.escape(item.why.text(page.lang))}</small></li>"


def _due(item: Item, page: Page) -> str:
    """The day an item comes back, and how far away that is."""
    on = item.due.astimezone(page.tz).date()
    left = (on - page.now.astimezone(page.tz).date()).days
    key = "due_today" if left <= 0 else "due_tomorrow" if left == 1 else "due_days"
    return f'<time datetime="{on.isoformat()}"><b>{page.says(key, n=left)}</b> ({day(on, page.lang)})</time>'


# --- the questions -------------------------------------------------------------------------


def questions(page: Page) -> str:
    """Each question with its score, the sum, and the one thing to fix; the grade and the reference folded."""
    rows = "".join(_question(at, one, page) for at, one in enumerate(page.session.rounds))
    return _section("questions", page, rows)


def _question(at: int, one: Round, page: Page) -> str:
    session = page.session
    shown = told(session, one)
    card = card_of(page.cards, one)
    stage = _stage(at, page)
    parts = [
        f"<header><h3>{page.says('question', n=at + 1)}</h3>{_badge(one, page) if shown else ''}</header>",
        f'<div class="report-asked">{inline(one.question)}</div>',
    ]
    if not shown:
        parts.append(f'<p class="report-note">{page.says("hidden")}</p>')
    else:
        parts += _judged(one, card, page)
    facts = _notes(at, one, card, page)
    parts += [f'<p class="report-facts">{" · ".join(facts)}</p>'] if facts else []
    if shown:
        parts += _records(at, one, card, page)
        parts += _folds(one, card, page)
    return f'{stage}<article class="report-question" id="report-q{at + 1}">{"".join(parts)}</article>'


def _stage(at: int, page: Page) -> str:
    session = page.session
    one = session.rounds[at]
    if len(session.stages) < 2 or (at and session.rounds[at - 1].stage == one.stage):
        return ""
    return f'<p class="report-stage">{html.escape(session.stages[one.stage].title.text(page.lang))}</p>'


def _badge(one: Round, page: Page) -> str:
    """The score of a question, or why it has none."""
    lang = page.lang
    if one.grade is not None and one.grade.score is not None:
        score = one.grade.score
        band = html.escape(word(score.band, lang))
        return f'<span class="report-band {score.band}">{_percent(score.value)} · {band}</span>'
    key = "not_graded" if one.grade is not None else "skipped" if one.skipped is not None else "unanswered"
    return f'<span class="report-band none">{html.escape(word(key, lang))}</span>'


def _judged(one: Round, card: Card | None, page: Page) -> list[str]:
    lang = page.session.lang
    parts: list[str] = []
    grade = one.grade
    if grade is not None and grade.not_graded is not None:
        parts.append(f"<p>{html.escape(grade.not_graded.message)}</p>")
    if grade is not None and grade.score is not None:
        parts.append(f'<p class="report-sum"><code>{html.escape(arithmetic(grade.score))}</code></p>')
    if card is None:
        return [*parts, f'<p class="report-note">{html.escape(word("card_gone", lang))}</p>']
    if grade is not None and grade.score is not None:
        advice = page.critique(one)
        fix = advice.fix if advice is not None else fix_of(page.cards, one, lang)
        text = f"<span>{inline(fix)}</span>" if fix is not None else html.escape(word("nothing", lang))
        parts.append(f'<div class="report-fix"><b>{html.escape(word("fix", lang))}</b> {text}</div>')
        parts.append(f'<p class="report-states">{_states(grade, page.lang)}</p>')
    return parts


def _states(grade: Grade, lang: Lang) -> str:
    """How many points came out in each state, each with its mark and its name."""
    found = [verdict.state for verdict in grade.verdicts]
    counted = {state: (str(found.count(state)), html.escape(word(state, lang))) for state in MARKS if state in found}
    return " ".join(
        f'<span class="{state}">{MARKS[state]} {" ".join(said if lang == "en" else reversed(said))}</span>'
        for state, said in counted.items()
    )


def _notes(at: int, one: Round, card: Card | None, page: Page) -> list[str]:
    """The time and the help a question took, and the candidate's own mark."""
    used = one.seconds + sum(attempt.seconds for attempt in one.attempts)
    facts = [page.says("used", time=clock(used))] if used >= 1 else []
    hints = sum(isinstance(each.body, Hinted) for each in page.course if each.question == at)
    facts += [_count("hints", hints, page)] if hints else []
    facts += [_count("attempts", len(one.attempts), page)] if one.attempts else []
    facts += [page.says("own", n=one.rated)] if one.rated is not None else []
    facts += [html.escape(card.topics[0])] if card is not None else []
    return facts


def _records(at: int, one: Round, card: Card | None, page: Page) -> list[str]:
    """Objections to the grade, and the grades that were given again later."""
    lang = page.lang
    given = {verdict.criterion: verdict.state for verdict in one.grade.verdicts} if one.grade is not None else {}
    lines = []
    for each in one.disputes:
        known = card is not None and each.criterion in given
        point = card.criterion(each.criterion).says.text(lang) if known and card is not None else each.criterion
        was = word(given.get(each.criterion, "not_graded"), lang)
        text = page.says("disputed", point="{}", given=was, wanted=word(each.state, lang))
        lines.append(f"{text.replace('{}', inline(point))} <q>{typed(each.reason)}</q>")
    lines += [
        page.says(
            "regraded",
            date=day(again.at.astimezone(page.tz), lang),
            judge=again.after.judge.name,
            before=_grade_text(again.before, lang),
            after=_grade_text(again.after, lang),
        )
        for again in regrades(page.course)
        if again.question == at
    ]
    return [f'<ul class="report-records">{"".join(f"<li>{line}</li>" for line in lines)}</ul>'] if lines else []


def _folds(one: Round, card: Card | None, page: Page) -> list[str]:
    if card is None:
        return []
    lang = page.session.lang
    folds = []
    if one.grade is not None:
        full = grade_markdown(card, one.grade, lang, critique=page.critique(one))
        folds.append(_fold(page.says("full"), rich(full)))
    folds.append(_fold(html.escape(word("reference", page.lang)), rich(reference_markdown(card, lang))))
    return folds


def _fold(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary><div>{body}</div></details>"


@dataclass(frozen=True)
class Again:
    """A question that was graded again after its interview had gone on."""

    question: int
    at: datetime
    before: Grade | None
    after: Grade


def regrades(course: Sequence[Moment]) -> tuple[Again, ...]:
    """Every grade that was given again, oldest first, with the one it replaced."""
    newest: dict[int, Grade] = {}
    found: list[Again] = []
    for one in course:
        if isinstance(one.body, Graded) and one.question is not None:
            if one.body.question is not None:
                found.append(Again(one.question, one.at, newest.get(one.question), one.body.grade))
            newest[one.question] = one.body.grade
    return tuple(found)


def outcome_text(found: Outcome, lang: Lang) -> str:
    """What a session comes to, on one line; plain text."""
    if found.value is None or found.band is None:
        return word("not_graded", lang)
    return f"{_percent(found.value)} {word(found.band, lang)}"


def _grade_text(grade: Grade | None, lang: Lang) -> str:
    if grade is None or grade.score is None:
        return word("not_graded", lang)
    return f"{_percent(grade.score.value)} {word(grade.score.band, lang)}"


# --- the course of the session -------------------------------------------------------------


def timeline(page: Page) -> str:
    """How the time was used: a bar for each question with marks on it, and the same in words."""
    rounds = page.session.rounds
    used = [one.seconds + sum(attempt.seconds for attempt in one.attempts) for one in rounds]
    rows, before = [], 0.0
    for at, seconds in enumerate(used):
        mine = tuple(one for one in page.course if one.question == at and isinstance(one.body, SHOWN))
        rows.append(_row(at, mine, page, before=before, seconds=seconds, whole=sum(used)))
        before += seconds
    columns = "".join(f'<th scope="col">{page.says(f"col_{key}")}</th>' for key in ("question", "time", "course"))
    table = f'<table class="report-course"><thead><tr>{columns}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    marks = "".join(f'<span><i class="report-tick {kind}"></i>{page.says(f"kind_{kind}")}</span>' for kind in TICKS)
    return _section("timeline", page, f'{table}<p class="report-legend" aria-hidden="true">{marks}</p>')


def _row(at: int, course: Sequence[Moment], page: Page, *, before: float, seconds: float, whole: float) -> str:
    bar = ""
    if whole > 0:
        ticks = "".join(
            f'<i class="report-tick {one.body.kind}" style="left:{100 * (before + one.used_s) / whole:.2f}%"></i>'
            for one in course
            if one.body.kind in TICKS
        )
        span = (
            f'<i class="report-span" style="left:{100 * before / whole:.2f}%;width:{100 * seconds / whole:.2f}%"></i>'
        )
        bar = f'<div class="report-lane" aria-hidden="true">{span}{ticks}</div>'
    steps = "".join(f"<li>{_step(one, page)}</li>" for one in course if not isinstance(one.body, Asked))
    return (
        f'<tr><th scope="row"><a href="#report-q{at + 1}">{page.says("question", n=at + 1)}</a></th>'
        f'<td>{clock(seconds)}</td><td>{bar}<ol class="report-steps">{steps}</ol></td></tr>'
    )


def _step(one: Moment, page: Page) -> str:
    """One thing that happened, after how much time on the question."""
    body, at = one.body, f"<time>{clock(one.used_s)}</time> "
    if isinstance(body, Paused):
        ends = next((each.at for each in page.course if each.at >= one.at and isinstance(each.body, Resumed)), None)
        return at + (
            page.says("paused_for", time=clock((ends - one.at).total_seconds())) if ends else page.says("kind_paused")
        )
    if isinstance(body, Ended):
        return at + page.says(f"ended_{body.why}")
    late = f" ({html.escape(word('late', page.lang))})" if isinstance(body, Skipped) and body.late else ""
    rung = f" {body.rung}" if isinstance(body, Hinted) else ""
    return f"{at}{page.says(f'kind_{body.kind}')}{rung}{late}"


def transcript(page: Page) -> str:
    """Everything that was said, with its time, the evidence of each verdict marked; a fold for each question."""
    folds = [_talk(at, one, page) for at, one in enumerate(page.session.rounds)]
    note = f'<p class="report-note">{page.says("since")}</p>'
    return _section("transcript", page, note + "".join(folds))


def _talk(at: int, one: Round, page: Page) -> str:
    card = card_of(page.cards, one)
    shown = told(page.session, one)
    lines: list[str] = []
    turn = attempt = 0
    for moment in (each for each in page.course if each.question == at):
        if moment.attempt != attempt:
            turn, attempt = 0, moment.attempt
        grade = one.attempts[attempt].grade if attempt < len(one.attempts) else one.grade
        marks = shown and card is not None and grade is not None and isinstance(moment.body, Answered)
        spans = spans_of(card, grade, turn) if marks and card is not None and grade is not None else ()
        lines += _lines(moment, page, spans)
        turn += isinstance(moment.body, Answered)
    points = _points(card, one.grade, page) if shown and card is not None and one.grade is not None else ""
    title = f"{page.says('question', n=at + 1)} · {html.escape(_brief(one.question))}"
    return _fold(title, f'<ol class="report-talk">{"".join(lines)}</ol>{points}')


def _brief(question: str, most: int = 90) -> str:
    line = " ".join(question.split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _points(card: Card, grade: Grade, page: Page) -> str:
    lang = page.session.lang
    rows = "".join(
        f'<li class="{verdict.state}">{MARKS[verdict.state]} <b>{html.escape(word(verdict.state, lang))}</b> '
        f"{inline(criterion.says.text(lang))}</li>"
        for criterion, verdict in zip(card.criteria, grade.verdicts, strict=True)
    )
    return f'<ol class="report-points">{rows}</ol>'


def _lines(one: Moment, page: Page, spans: Sequence[Span]) -> list[str]:
    """What one moment adds to the transcript: nothing, a line, or what was asked for and what was said to it."""
    body = one.body
    you, they = word("you", page.lang), word("interviewer", page.lang)
    match body:
        case Asked():
            lead = f"<p>{inline(body.lead)}</p>" if body.lead else ""
            return [_said(one, they, f"{lead}<div>{inline(body.text)}</div>", page)]
        case Answered():
            who = f"{you} ({page.says('spoken')})" if body.source == "spoken" else you
            looks = "report-typed report-code" if body.source == "code" else "report-typed"
            return [_said(one, who, f'<div class="{looks}">{typed(body.text, spans)}</div>', page)]
        case Probed():
            return [_said(one, they, f"<div>{inline(body.text)}</div>", page)]
        case Hinted():
            asked = [_said(one, you, f'<div class="report-typed">{typed(body.said)}</div>', page)] if body.said else []
            return [
                *asked,
                _said(one, f"{word('hint', page.lang)} {body.rung}", f"<div>{inline(body.text)}</div>", page),
            ]
        case Aside():
            return [
                _said(one, you, f'<div class="report-typed">{typed(body.said)}</div>', page),
                _said(one, they, f"<div>{inline(body.reply)}</div>", page),
            ]
        case Skipped() | Retracted() | Paused() | Ended():
            return [_said(one, "", f"<div><em>{_step_name(one, page)}</em></div>", page)]
        case _:
            return []


def _step_name(one: Moment, page: Page) -> str:
    return _step(one, page).partition("</time> ")[2]


def _said(one: Moment, who: str, text: str, page: Page) -> str:
    since = (one.at - page.session.started_at) / timedelta(seconds=1)
    at = f'<time datetime="{one.at.isoformat()}">{clock(since)}</time>'
    name = f"<b>{html.escape(who)}</b>" if who else ""
    side = f' class="{one.body.kind}"'
    return f"<li{side}>{at}<div>{name}{text}</div></li>"
