"""What a session comes to: the verdict first, a bar for each topic, and what is to be reviewed when. Pure."""

import html
from collections.abc import Sequence

from coach.interview.rounds import FORMATS
from coach.progress.debrief import debrief
from coach.progress.export import aside, label, word
from coach.progress.outcome import Outcome, by_topic, outcome, told
from coach.progress.schedule import Item
from coach.schema import Card, Hinted
from coach.ui.markup import inline
from coach.ui.pieces import clock, fold, percent
from coach.ui.report_page import Page, callout, count, day, section
from coach.ui.words.topics import topic_word


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
        parts.append(callout(page.says("running"), page.says("running_text")))
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
    verdict = f'<{level} class="report-verdict"><span class="report-number">{percent(whole.value)}</span> '
    verdict += f'<span class="report-band {whole.band}">{html.escape(word(whole.band, lang))}</span></{level}>'
    terms = f"{whole.terms} = {percent(whole.value)}"
    return f'{verdict}<p class="report-sum">{html.escape(label("overall", lang))}<code>{html.escape(terms)}</code></p>'


def _facts(page: Page, whole: Outcome) -> list[str]:
    session, lang = page.session, page.lang
    facts = [html.escape(word("graded_of", lang).format(graded=len(whole.scores), all=len(session.rounds)))]
    skipped = sum(one.grade is None and one.skipped == "question" for one in session.rounds)
    facts += [page.says("skipped_n", n=skipped)] if skipped else []
    hints = sum(isinstance(one.body, Hinted) for one in page.course)
    facts += [count("hints", hints, page)] if hints else []
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
        f" <span>{'' if one.value is None else percent(one.value)}</span></li>"
        for stage, one in zip(session.stages, found.rounds, strict=True)
    )
    verdict = f"{html.escape(label('debrief', lang))}{html.escape(word(found.overall, lang))}"
    return (
        f'<h2 class="report-verdict">{verdict}</h2>'
        f'<ul class="report-rounds">{rows}</ul>'
        f'<p class="report-note">{html.escape(word("debrief_rule", lang))}</p>'
    )


def topics(page: Page) -> str:
    """A bar for each topic, with its sum in words; empty when no card is known any more."""
    session = page.session
    closed = tuple(one for one in session.rounds if told(session, one))
    rows = [_topic(name, one, page) for name, one in by_topic(closed, page.cards)]
    if not rows:
        return ""
    return section("topics", page, f'<ul class="report-topics">{"".join(rows)}</ul>')


def _topic(name: str, found: Outcome, page: Page) -> str:
    filled = f'<i class="{found.band}" style="width:{100 * (found.value or 0):.1f}%"></i>'
    bar = f'<span class="report-bar" aria-hidden="true">{filled}</span>'
    if found.value is None:
        text = page.says("topic_none")
    else:
        text = f"{page.says('points_of', points=f'{found.points:g}', of=f'{found.of:g}')} · {percent(found.value)}"
    return (
        f'<li><span class="report-topic">{html.escape(topic_word(name, page.lang))}</span>{bar}'
        f'<span class="report-figure">{text} · {count("questions", found.asked, page)}</span></li>'
    )


def review(page: Page) -> str:
    """When each card and point of this session comes back, the soonest first."""
    if not page.items:
        return section("review", page, f"<p>{page.says('due_none')}</p>")
    mine: dict[str, list[Item]] = {}
    for item in sorted(page.items, key=lambda one: (one.due, one.criterion is not None, one.key)):
        mine.setdefault(item.card, []).append(item)
    rows = "".join(_review_row(page.cards[card], items, page) for card, items in mine.items())
    link = f'<p><a href="./progress">{page.says("due_link")}</a></p>'
    text = f'<p class="report-note">{page.says("due_text")}</p>'
    return section("review", page, f'{text}<ul class="report-review">{rows}</ul>{link}')


def _review_row(card: Card, items: Sequence[Item], page: Page) -> str:
    """A card with the day it comes back, and its points with theirs, folded."""
    points = [item for item in items if item.criterion is not None]
    first = _due(items[0], page)
    whole = next((item for item in items if item.criterion is None), None)
    why = f" <small>{html.escape(whole.why.text(page.lang))}</small>" if whole is not None else ""
    lines = "".join(_review_line(card, item, page) for item in points)
    folded = fold(count("points", len(points), page), f"<ul>{lines}</ul>") if points else ""
    asked = f'<div class="report-asked">{inline(_first(card.question.text(page.lang)))}</div>'
    return f'<li><div class="report-due">{first}{why}</div>{asked}{folded}</li>'


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
    then = aside(day(on, page.lang), page.lang)
    return f'<time datetime="{on.isoformat()}"><b>{page.says(key, n=left)}</b>{then}</time>'
