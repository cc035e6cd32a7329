"""Each question of a session with its grade, what to fix in it, and the grades and objections that came later. Pure."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coach.faults import ungraded_text
from coach.grading.score import arithmetic
from coach.interview.timeline import Moment
from coach.progress.export import MARKS, fix_of, grade_markdown, reference_markdown, word
from coach.progress.outcome import Outcome, card_of, told
from coach.schema import Card, Grade, Graded, Hinted, Lang, Round
from coach.ui.markup import inline, rich, typed
from coach.ui.pieces import clock, fold, percent
from coach.ui.report_page import Page, count, day, section
from coach.ui.words.topics import topic_word


def questions(page: Page) -> str:
    """Each question with its score, the sum, and the one thing to fix; the grade and the reference folded."""
    rows = "".join(_question(at, one, page) for at, one in enumerate(page.session.rounds))
    return section("questions", page, rows)


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
        return f'<span class="report-band {score.band}">{percent(score.value)} · {band}</span>'
    key = "not_graded" if one.grade is not None else "skipped" if one.skipped is not None else "unanswered"
    return f'<span class="report-band none">{html.escape(word(key, lang))}</span>'


def _judged(one: Round, card: Card | None, page: Page) -> list[str]:
    lang = page.session.lang
    parts: list[str] = []
    grade = one.grade
    if grade is not None and grade.not_graded is not None:
        parts.append(f"<p>{html.escape(ungraded_text(grade.not_graded, lang))}</p>")
    if grade is not None and grade.score is not None:
        parts.append(f'<p class="report-sum"><code>{html.escape(arithmetic(grade.score, page.lang))}</code></p>')
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
    facts += [count("hints", hints, page)] if hints else []
    facts += [count("attempts", len(one.attempts), page)] if one.attempts else []
    facts += [page.says("own", n=one.rated)] if one.rated is not None else []
    facts += [html.escape(topic_word(card.topics[0], page.lang))] if card is not None else []
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
        folds.append(fold(page.says("full"), rich(full)))
    folds.append(fold(html.escape(word("reference", page.lang)), rich(reference_markdown(card, lang))))
    return folds


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
    return f"{percent(found.value)} {word(found.band, lang)}"


def _grade_text(grade: Grade | None, lang: Lang) -> str:
    if grade is None or grade.score is None:
        return word("not_graded", lang)
    return f"{percent(grade.score.value)} {word(grade.score.band, lang)}"
