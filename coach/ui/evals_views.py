"""What the evals know -> HTML of the page, in the language of whoever looks. Pure; every word of a file is escaped."""

from collections.abc import Mapping, Sequence
from html import escape
from math import isnan
from typing import TYPE_CHECKING

from coach.progress.export import aside
from coach.schema import Card, Lang
from coach.ui.words.evals import BARS, TEXT
from coach.ui.words.practice import CHINESE
from coach.ui.words.topics import topic_word

if TYPE_CHECKING:
    from coach.ui.evals_run import Status
    from evals.board import Offer, Past
    from evals.findings import Bin, Chart, Figure, Head, Look, Seen

MOST_CRITERIA = 30
STATES = ("met", "partly", "missed", "contradicted")
COUNTED = {"retrieval": "retrieval", "interviewer": "interviewer"}
NUMBERS = frozenset({"kappa", "score_error"})
"""Figures that are no shares."""


def say(lang: Lang, key: str, **given: object) -> str:
    """The words of that key with what is given filled in, as HTML; what is given is escaped."""
    return TEXT[lang][key].format(**{name: escape(str(one)) for name, one in given.items()})


def time_text(seconds: float, lang: Lang) -> str:
    """Such as `1 min 40 s`, to the second."""
    whole = max(1, round(seconds))
    if whole < 60:
        return say(lang, "seconds", n=whole)
    return say(lang, "minutes", m=whole // 60, s=whole % 60)


def notice(lang: Lang, key: str, *, tone: str = "", more: str = "") -> str:
    """A line that says what is going on; `more` is HTML."""
    return f'<div class="ev-note {tone}"><p>{say(lang, key)}</p>{more}</div>'


def about(offer: "Offer", past: "Sequence[Past]", lang: Lang, *, judge: str = "", embedder: str = "") -> str:
    """What a suite measures, how many samples, and how long it takes: as it was timed here, where it was."""
    key = f"about_{offer.id}"
    told = say(lang, key) if key in TEXT[lang] else escape(offer.why)
    if offer.id == "retrieval" and embedder != "lexical":
        told += " " + say(lang, "about_retrieval_sends", embedder=embedder)
    alike = [one for one in past if one.suite == offer.id and one.total == offer.samples and judge in {"", one.judge}]
    timed = [one.seconds for one in alike if one.seconds is not None]
    parts = [
        say(lang, f"samples_{COUNTED.get(offer.id, 'case')}", n=offer.samples),
        say(lang, "about_time", time=time_text(timed[0] if timed else offer.seconds, lang)),
        say(lang, "floors_note"),
    ]
    return f'<p>{told}</p><p class="ev-small">{" · ".join(parts)}{say(lang, "stop")}{say(lang, "keeps")}</p>'


def progress_html(status: "Status | None", lang: Lang) -> str:
    """How far the run is, or how it ended; empty before the first."""
    if status is None:
        return ""
    job = status.job
    title = escape(" · ".join(filter(None, (job.suite, job.judge))))
    if status.state != "running":
        return _ended(status, title, lang)
    value = f' value="{status.done}"' if status.done is not None else ""
    parts = [
        say(lang, "starting") if status.done is None else say(lang, "counted", done=status.done, total=job.total),
        say(lang, "ran", time=time_text(status.seconds, lang)),
    ]
    if status.left_s is not None:
        parts.append(say(lang, "left", time=time_text(status.left_s, lang)))
    bar = f'<progress max="{job.total}"{value} aria-label="{say(lang, "progress")}: {title}"></progress>'
    return f'<div class="ev-run"><b>{title}</b>{bar}<span class="ev-small">{" · ".join(parts)}</span></div>'


def _ended(status: "Status", title: str, lang: Lang) -> str:
    job, state = status.job, status.state
    tone = {"done": "ok", "broken": "bad", "died": "bad"}.get(state, "part")
    if state == "cancelled":
        told = say(lang, "cancelled" if status.done else "cancelled_none", done=status.done or 0, total=job.total)
    elif state == "died":
        command = escape(" ".join(("python", *job.command)))
        told = say(lang, "died", code=status.code)
        told += f"</p><p>{say(lang, 'died_do')} <code>{command}</code></p><pre>{escape(status.said)}</pre><p>"
    else:
        told = say(lang, state, time=time_text(status.seconds, lang))
    return f'<div class="ev-note {tone}" role="status"><p><b>{title}</b> {told}</p></div>'


def run_label(past: "Past", lang: Lang) -> str:
    """How a run is called in a list; plain text."""
    when = f"{past.started.astimezone():%Y-%m-%d %H:%M}"
    state = TEXT[lang][f"state_{past.floors}"]
    if not past.complete:
        state = TEXT[lang]["unfinished"].format(done=past.done, total=past.total)
    return " · ".join(filter(None, (past.suite, past.judge, when, state)))


def results_html(seen: "Seen", part: str, cards: Mapping[str, Card], lang: Lang) -> str:
    """Floors, figures, plots and tables of one part of a run."""
    look = seen.parts.get(part) or seen.parts.get(seen.first)
    blocks = [_banner(seen, lang)]
    if look is None:
        return "".join([*blocks, notice(lang, "banner_empty")])
    kind = {"retrieval": "queries", "interviewer": "interviews"}.get(seen.past.suite, "answers")
    counted = say(lang, kind, answers=f"{look.answers:,}", verdicts=f"{look.verdicts:,}")
    interval = "interval" if seen.past.graded else "interval_plain"
    blocks.append(f'<p class="ev-small">{counted}{say(lang, "stop")}{say(lang, interval)}</p>')
    blocks.append(f'<ul class="ev-heads">{"".join(_head(one, lang) for one in look.heads)}</ul>')
    pictures = [_confusion(look, lang), _curve(look.curve, lang), *(_chart(one, lang) for one in look.charts)]
    blocks.append(f'<div class="ev-plots">{"".join(pictures)}</div>')
    blocks += [_criteria(look, cards, lang), _all_figures(seen, lang), _left_out(seen, lang), _facts(seen, lang)]
    return "".join(blocks)


def _banner(seen: "Seen", lang: Lang) -> str:
    past, broken = seen.past, seen.broken
    if not past.complete:
        told = say(lang, "banner_unfinished", done=past.done, total=past.total)
        return f'<div class="ev-note part"><p>{told}</p></div>'
    if broken is None:
        return notice(lang, "banner_none")
    if not broken:
        return notice(lang, "banner_kept", tone="ok")
    lines = "".join(f"<li>{escape(one)}</li>" for one in broken)
    return notice(lang, "banner_broken", tone="bad", more=f"<ul>{lines}</ul>")


def number(value: float, name: str) -> str:
    """A share as a percentage, another figure with two digits; a dash where it is not defined."""
    if isnan(value):
        return "–"
    return f"{value:.2f}" if name in NUMBERS else f"{100 * value:.1f} %"


def span(figure: "Figure", name: str) -> str:
    """The interval in brackets; empty where there is none."""
    if isnan(figure.low) or isnan(figure.value):
        return ""
    low, high = (f"{one:.2f}" if name in NUMBERS else f"{100 * one:.1f}" for one in (figure.low, figure.high))
    return f"({low}–{high})"


def _head(head: "Head", lang: Lang) -> str:
    floor = ""
    if head.floor is not None:
        told = say(lang, "least" if head.least else "most", floor=f"{100 * head.floor:.3g} %")
        tone, word = ("ok", "kept") if head.kept else ("bad", "unkept")
        floor = f'<span class="ev-floor {tone}">{told}{say(lang, word)}</span>'
    way = say(lang, "more" if head.least else "less")
    return (
        f'<li><span class="ev-name">{say(lang, f"head_{head.id}")}</span>'
        f"<b>{number(head.figure.value, head.id)}</b>"
        f'<span class="ev-small">{span(head.figure, head.id)}</span><span class="ev-small">{way}</span>{floor}</li>'
    )


def _section(title: str, body: str, *, note: str = "", wide: bool = False) -> str:
    under = f'<p class="ev-small">{note}</p>' if note else ""
    return f'<section class="ev-plot{" wide" if wide else ""}"><h2>{title}</h2>{under}{body}</section>'


def table(head: Sequence[str], rows: str, *, of: str, css: str = "") -> str:
    """A table that a keyboard can scroll; cells of `head` and `rows` are HTML."""
    columns = "".join(f'<th scope="col">{one}</th>' for one in head)
    return (
        f'<div class="ev-scroll" tabindex="0" role="region" aria-label="{of}"><table class="ev-table {css}">'
        f"<thead><tr>{columns}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def bar_name(name: str, lang: Lang) -> str:
    """A bar's name as HTML: the words of a state, such as `met:recall`, or the name as it is in the files."""
    words = TEXT[lang]
    state, _, what = name.partition(":")
    if what in words and state in words:
        return f"{words[state]}{'：' if lang == 'zh' else ', '}{words[what]}"
    if lang == "zh":
        return escape(BARS.get(name) or CHINESE.get(name) or topic_word(name, lang))
    return escape(name)


def _chart(chart: "Chart", lang: Lang) -> str:
    rows = "".join(_bar(name, figure, chart.marks, lang) for name, figure in chart.bars)
    title = say(lang, f"chart_{chart.id}")
    head = (say(lang, "col_name"), say(lang, "col_share"), say(lang, "col_value"))
    return _section(title, table(head, rows, of=title, css="ev-bars"), wide=len(chart.bars) > 12)


def _bar(name: str, figure: "Figure", marks: Sequence[float], lang: Lang) -> str:
    value = 0.0 if isnan(figure.value) else max(0.0, min(1.0, figure.value))
    parts = [f'<rect class="ev-fill" x="0" y="3" width="{100 * value:.1f}" height="8" rx="1"/>']
    if not isnan(figure.low):
        low, high = 100 * max(0.0, figure.low), 100 * min(1.0, figure.high)
        parts.append(f'<path class="ev-span" d="M{low:.1f} 7H{high:.1f}M{low:.1f} 4V10M{high:.1f} 4V10"/>')
    parts += [f'<path class="ev-mark" d="M{100 * one:.1f} 0V14"/>' for one in marks]
    drawn = f'<svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    told = f"{number(figure.value, '')} <small>{span(figure, '')} n={figure.n:,}</small>"
    return f'<tr><th scope="row">{bar_name(name, lang)}</th><td>{drawn}</td><td class="n">{told}</td></tr>'


def _confusion(look: "Look", lang: Lang) -> str:
    if not look.confusion:
        return ""
    rows = ""
    for at, counts in enumerate(look.confusion):
        of = sum(counts)
        cells = "".join(_cell(n, of, right=at == column) for column, n in enumerate(counts))
        rows += f'<tr><th scope="row">{say(lang, STATES[at])}</th>{cells}</tr>'
    head = (f"{say(lang, 'label')} ↓ {say(lang, 'judged')} →", *(say(lang, state) for state in STATES))
    title = say(lang, "confusion")
    return _section(title, table(head, rows, of=title, css="ev-confusion"), note=say(lang, "confusion_note"))


def _cell(n: int, of: int, *, right: bool) -> str:
    share = n / of if of else 0.0
    tone = "ok" if right else "bad"
    told = f"{n:,}<small>{100 * share:.0f} %</small>" if of else "–"
    return f'<td class="{tone}" style="--share:{share:.2f}">{told}</td>'


def _curve(bins: "Sequence[Bin]", lang: Lang) -> str:
    if not bins:
        return ""
    most = max(one.n for one in bins)
    points = [(54 + 256 * one.said, 290 - 270 * one.true, 3 + 8 * (one.n / most) ** 0.5) for one in bins]
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>' for x, y, r in points)
    ticks = "".join(
        f'<text x="{54 + 256 * at:.0f}" y="306" text-anchor="middle">{at:g}</text>'
        f'<text x="46" y="{294 - 270 * at:.0f}" text-anchor="end">{at:g}</text>'
        for at in (0, 0.5, 1)
    )
    drawn = (
        f'<svg class="ev-curve" viewBox="0 0 330 332" role="img" aria-label="{say(lang, "curve_alt", n=len(bins))}">'
        '<path class="ev-axis" d="M54 290H310M54 290V20"/><path class="ev-ideal" d="M54 290L310 20"/>'
        f'<polyline points="{joined}"/>{dots}{ticks}'
        f'<text x="182" y="326" text-anchor="middle">{say(lang, "curve_x")}</text>'
        f'<text x="12" y="155" transform="rotate(-90 12 155)" text-anchor="middle">{say(lang, "curve_y")}</text></svg>'
    )
    rows = "".join(
        f'<tr><td class="n">{one.said:.2f}</td><td class="n">{one.true:.2f}</td><td class="n">{one.n:,}</td></tr>'
        for one in bins
    )
    head = (say(lang, "said"), say(lang, "true"), say(lang, "count"))
    listed = fold(say(lang, "curve_table"), table(head, rows, of=say(lang, "curve")))
    return _section(say(lang, "curve"), drawn + listed, note=say(lang, "curve_note"))


def fold(summary: str, body: str) -> str:
    """Something that opens when asked to; both are HTML."""
    return f'<details class="ev-fold"><summary>{summary}</summary>{body}</details>'


def _criteria(look: "Look", cards: Mapping[str, Card], lang: Lang) -> str:
    if not look.criteria:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(card)}<small>{says(cards.get(card), criterion, lang)}</small></th>'
        f'<td class="n">{equal} / {n}</td><td class="n">{number(equal / n, "")}</td></tr>'
        for card, criterion, equal, n in look.criteria[:MOST_CRITERIA]
    )
    head = (say(lang, "criterion"), say(lang, "right"), say(lang, "col_share"))
    note = say(lang, "criteria_note", n=min(MOST_CRITERIA, len(look.criteria)), of=len(look.criteria))
    title = say(lang, "criteria")
    return fold(title, f'<p class="ev-small">{note}</p>{table(head, rows, of=title)}')


def says(card: Card | None, criterion: str, lang: Lang) -> str:
    """What a criterion of a card says, as HTML; its id when the card or the criterion is gone."""
    found = next((one for one in card.criteria if one.id == criterion), None) if card is not None else None
    return escape(found.says.text(lang) if found is not None else criterion)


def _all_figures(seen: "Seen", lang: Lang) -> str:
    if not seen.table:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td class=n>{escape(one)}</td>" for one in cells)}</tr>'
        for name, cells in seen.table
    )
    title = say(lang, "all_figures")
    return fold(title, table((say(lang, "measure"), *(say(lang, f"part_{one}") for one in seen.parts)), rows, of=title))


def _left_out(seen: "Seen", lang: Lang) -> str:
    lists = (("not_graded", seen.not_graded), ("failed", seen.failed))
    return "".join(
        fold(
            f"{say(lang, key)}{aside(str(len(found)), lang)}",
            f"<ul>{''.join(f'<li>{escape(case)}: {escape(why)}</li>' for case, why in found)}</ul>",
        )
        for key, found in lists
        if found
    )


def _facts(seen: "Seen", lang: Lang) -> str:
    rows = "".join(
        f'<tr><th scope="row">{TEXT[lang].get(f"fact_{name}") or escape(name)}</th><td>{escape(told)}</td></tr>'
        for name, told in (*seen.facts, ("run", seen.past.name))
    )
    return fold(say(lang, "facts"), f'<table class="ev-table"><tbody>{rows}</tbody></table>')


def pill(state: str, lang: Lang) -> str:
    """A state as a word in its colour."""
    tone = {"met": "ok", "partly": "part"}.get(state, "bad")
    key = "not_graded_state" if state == "not_graded" else state
    return f'<span class="ev-pill {tone}">{say(lang, key)}</span>'
