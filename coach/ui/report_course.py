"""The course of a session: how its time was used, and every word that was said, the evidence marked. Pure."""

import html
from collections.abc import Sequence
from datetime import timedelta

from coach.interview.timeline import Moment
from coach.progress.export import MARKS, aside, word
from coach.progress.outcome import card_of, told
from coach.schema import (
    Answered,
    Aside,
    Asked,
    Card,
    Ended,
    Grade,
    Hinted,
    Paused,
    Probed,
    Resumed,
    Retracted,
    Round,
    Skipped,
)
from coach.ui.markup import Span, inline, spans_of, typed
from coach.ui.pieces import clock, fold
from coach.ui.report_page import Page, section

SHOWN = (Asked, Answered, Probed, Hinted, Skipped, Aside, Retracted, Paused, Ended)
"""What stands on the timeline."""
TICKS = ("answered", "probed", "hinted", "skipped", "retracted", "paused")
"""What is marked on its bars."""


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
    return section("timeline", page, f'{table}<p class="report-legend" aria-hidden="true">{marks}</p>')


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
    late = html.escape(aside(word("late", page.lang), page.lang)) if isinstance(body, Skipped) and body.late else ""
    rung = f" {body.rung}" if isinstance(body, Hinted) else ""
    return f"{at}{page.says(f'kind_{body.kind}')}{rung}{late}"


def transcript(page: Page) -> str:
    """Everything that was said, with its time, the evidence of each verdict marked; a fold for each question."""
    folds = [_talk(at, one, page) for at, one in enumerate(page.session.rounds)]
    note = f'<p class="report-note">{page.says("since")}</p>'
    return section("transcript", page, note + "".join(folds))


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
    return fold(title, f'<ol class="report-talk">{"".join(lines)}</ol>{points}')


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
            who = f"{you}{aside(page.says('spoken'), page.lang)}" if body.source == "spoken" else you
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
