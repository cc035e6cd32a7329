"""Cards, notes and drafts -> what the library page shows. Pure; all of it HTML that obeys no tag of theirs.

What holds formulas is for `gr.Markdown` with `markup.DELIMITERS` and so is one line; see `markup`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from coach.bank.own import Origin
from coach.errors import Problem
from coach.schema import Bilingual, BilingualPhrases, Card, Criterion, Lang, Misconception, NoteQuestion, Provenance
from coach.ui.markup import inline, rich
from coach.ui.pieces import esc, fold, table, told_html
from coach.ui.words.library import KINDS, round_word, say
from coach.ui.words.topics import topic_word

MOST = 200
"""Questions in the list at once."""
UNKNOWN = "unknown"
"""Stands for the round where a note does not tell it."""


@dataclass(frozen=True)
class Marks:
    """What is known of a person and the cards."""

    due: frozenset[str] = frozenset()
    seen: Mapping[str, int | None] | None = None
    """Card -> percent of the newest grade, None when it has none; no entry for cards never practised."""
    own: Mapping[str, Origin] | None = None
    """The cards that the person wrote or changed."""

    @property
    def scores(self) -> Mapping[str, int | None]:
        """`seen`, empty when nothing is known."""
        return self.seen or {}


@dataclass(frozen=True)
class Line:
    """A question of a note with what is known of it."""

    question: NoteQuestion
    state: Literal["card", "draft", "deleted", "none", "unread"]
    name: str = ""
    """The card that answers it, or the file of its draft."""


def other(lang: Lang) -> Lang:
    """The other of our two languages."""
    return "en" if lang == "zh" else "zh"


def link(kind: Literal["card", "draft", "edit"], name: str, inside: str, *, css: str = "") -> str:
    """A link that opens something of the library; `inside` is HTML. The page's script opens it without a reload."""
    return f'<a class="lib-go {css}" href="./library?{kind}={quote(name, safe="/")}">{inside}</a>'


def results_html(cards: Sequence[Card], lang: Lang, marks: Marks, *, told: str, chosen: str = "") -> str:
    """The list of questions under a line that says what it is."""
    rows = "".join(f"<li>{_row(card, lang, marks, chosen == card.id)}</li>" for card in cards[:MOST])
    more = f'<p class="lib-note">{say("more", lang, n=MOST)}</p>' if len(cards) > MOST else ""
    return f'<div class="lib"><p class="lib-count">{esc(told)}</p><ol class="lib-list">{rows}</ol>{more}</div>'


def _row(card: Card, lang: Lang, marks: Marks, here: bool) -> str:
    parts = [topic_word(card.topics[0], lang), KINDS[card.kind][lang], say("difficulty", lang, n=card.difficulty)]
    parts += dict.fromkeys(origin.company.title() for origin in card.source if origin.company)
    meta = " · ".join(esc(part) for part in parts)
    badges = "".join(f'<span class="lib-badge {css}">{esc(text)}</span>' for css, text in _badges(card, lang, marks))
    inside = (
        f'<span class="lib-q">{inline(card.question.text(lang))}</span><span class="lib-meta">{meta}{badges}</span>'
    )
    shown = link("card", card.id, inside, css="lib-row")
    return shown.replace("<a ", '<a aria-current="true" ', 1) if here else shown


def _badges(card: Card, lang: Lang, marks: Marks) -> Iterable[tuple[str, str]]:
    if card.id in marks.due:
        yield "due", say("due", lang)
    if card.id in marks.scores:
        value = marks.scores[card.id]
        yield "seen", say("seen", lang, value=value) if value is not None else say("seen_plain", lang)
    whose = (marks.own or {}).get(card.id, "shipped")
    if whose != "shipped":
        yield "mine", say(whose, lang)


def empty_html(lang: Lang, folder: str) -> str:
    """What to do while there are no cards."""
    return (
        f'<div class="lib lib-empty"><h2>{say("empty_title", lang)}</h2>'
        f"<p>{esc(say('empty', lang, folder=folder))}</p></div>"
    )


def left_out_html(problems: Sequence[Problem], lang: Lang, *, own: Mapping[str, str]) -> str:
    """The card files that are wrong, folded; those in `own`, path -> id, can be opened."""
    if not problems:
        return ""
    count = len({problem.path for problem in problems})
    head = say("left_out_one", lang) if count == 1 else say("left_out", lang, n=count)
    rows = "".join(
        f"<li>{esc(problem)}"
        f"{' ' + link('edit', own[problem.path], say('fix', lang)) if problem.path in own else ''}</li>"
        for problem in problems
    )
    return f'<details class="lib lib-wrong"><summary>{esc(head)}</summary><ul>{rows}</ul></details>'


def question_html(card: Card, lang: Lang, marks: Marks) -> str:
    """The question of a card in both languages, with its tags, and for a coding card its task."""
    second = other(lang)
    tags = [topic_word(topic, lang) for topic in card.topics]
    tags += [KINDS[card.kind][lang], say("difficulty", lang, n=card.difficulty)]
    shown = "".join(f"<li>{esc(tag)}</li>" for tag in tags)
    shown += "".join(f'<li class="{css}">{esc(text)}</li>' for css, text in _badges(card, lang, marks))
    task = ""
    if card.coding is not None:
        task = f"<h3>{say('task', lang)}</h3>{rich(card.coding.task.text(lang))}{_code(card.coding.starter)}"
    return (
        f'<div class="lib lib-card"><h2>{inline(card.question.text(lang))}</h2>'
        f'<p class="lib-other" lang="{second}">{inline(card.question.text(second))}</p>'
        f'<ul class="lib-tags">{shown}</ul>{task}{_asked_at(card, lang)}</div>'
    )


def _asked_at(card: Card, lang: Lang) -> str:
    rows = "".join(f"<li>{_origin(origin, lang)}</li>" for origin in card.source)
    rows = rows or f"<li><span>{say('asked_nowhere', lang)}</span></li>"
    where = f'<p class="lib-label">{say("asked_at", lang)}</p><ul class="lib-asked">{rows}</ul>'
    return f'{where}<p class="lib-label"><code>{esc(card.id)}</code></p>'


def _origin(origin: Provenance, lang: Lang) -> str:
    asked = [origin.company.title()] if origin.company else []
    asked += [round_word(origin.round, lang)] if origin.round and origin.round != UNKNOWN else []
    where = f"{esc(origin.note)} {say('line', lang, n=origin.line)}"
    return f"{esc(' · '.join(asked))} <span>{where}</span>" if asked else where


def hidden_html(lang: Lang) -> str:
    """Stands where the answer will be."""
    return f'<p class="lib-hidden">{say("hidden", lang)}</p>'


def answer_html(card: Card, lang: Lang) -> str:
    """Everything that gives the answer away: reference, points, steps, hints, wrong claims, follow-ups, sources."""
    parts = [
        f"<h3>{say('reference', lang)}</h3>",
        f'<p class="lib-note">{say("personal", lang)}</p>' if card.personal else "",
        f'<div class="lib-reference">{rich(card.reference.text(lang))}</div>',
        fold(say("reference_other", lang), rich(card.reference.text(other(lang))), lang=other(lang)),
        _rubric(card, lang),
        _steps(card, lang),
        _solution(card, lang),
        fold(say("hints", lang), _items((hint.text(lang) for hint in card.hints), ordered=True)),
        _misconceptions(card, lang),
        _followups(card.followups, lang),
        f"<h3>{say('sources', lang)}</h3>{_items(card.references)}",
    ]
    return f'<div class="lib lib-answer">{"".join(parts)}</div>'


def _items(texts: Iterable[str], *, ordered: bool = False) -> str:
    rows = "".join(f"<li>{inline(text)}</li>" for text in texts)
    return f"<ol>{rows}</ol>" if ordered else f"<ul>{rows}</ul>"


def _both(phrases: BilingualPhrases) -> str:
    return f'<div lang="en">{_items(phrases.en)}</div><div lang="zh">{_items(phrases.zh)}</div>'


def _rubric(card: Card, lang: Lang) -> str:
    return f"<h3>{say('rubric', lang)}</h3><ol>{''.join(_point(one, lang) for one in card.criteria)}</ol>"


def _point(criterion: Criterion, lang: Lang) -> str:
    points = say("weight_one", lang) if criterion.weight == 1 else say("weight", lang, n=criterion.weight)
    required = f'<span class="lib-badge due">{say("required", lang)}</span>' if criterion.required else ""
    return (
        f"<li>{inline(criterion.says.text(lang))} "
        f'<span class="lib-weight">{points}</span>{required}'
        f"{fold(say('accepted', lang), _both(criterion.accept))}</li>"
    )


def _steps(card: Card, lang: Lang) -> str:
    if not card.steps:
        return ""
    rows = "".join(f"<li>{inline(step.why.text(lang))}{rich(f'$${step.latex}$$')}</li>" for step in card.steps)
    return fold(say("steps", lang), f"<ol>{rows}</ol>")


def _solution(card: Card, lang: Lang) -> str:
    if card.coding is None:
        return ""
    cost = f"<p><b>{say('cost', lang)}:</b> {inline(card.coding.cost.text(lang))}</p>"
    return fold(say("solution", lang), f"{_code(card.coding.solution)}{cost}")


def _code(text: str) -> str:
    return f"<pre><code>{esc(text.rstrip())}</code></pre>"


def _misconceptions(card: Card, lang: Lang) -> str:
    def row(one: Misconception) -> str:
        said = " / ".join(inline(text) for text in one.says.of(lang))
        return f"<li><q>{said}</q><br>{inline(one.correction.text(lang))}</li>"

    return fold(say("misconceptions", lang), f"<ul>{''.join(row(one) for one in card.misconceptions)}</ul>")


def _followups(questions: Sequence[Bilingual], lang: Lang) -> str:
    return fold(say("followups", lang), _items(one.text(lang) for one in questions)) if questions else ""


def found_html(lines: Sequence[Line], lang: Lang, *, done: bool) -> str:
    """The questions of notes as a table: where, what, and which card answers each."""
    if not lines:
        return f'<p class="lib-note">{say("none_in_notes", lang)}</p>' if done else ""
    rows = [_found_row(line, lang) for line in lines]
    head = [say(key, lang) for key in ("where", "question", "answered_by")]
    return table(head, rows, css="lib-found", around="lib lib-wide", of=say("question", lang))


def _found_row(line: Line, lang: Lang) -> str:
    one = line.question
    asked = [one.company.title()] if one.company else []
    asked += [round_word(one.round, lang)] if one.round and one.round != UNKNOWN else []
    asked.append("中文" if one.lang == "zh" else "English")
    by = {
        "card": lambda: link("card", line.name, esc(line.name)),
        "draft": lambda: f"{say('drafted', lang)} {link('draft', line.name, esc(line.name.removesuffix('.yaml')))}",
        "none": lambda: f'<span class="lib-badge due">{say("no_card", lang)}</span>',
        "deleted": lambda: f'<span class="lib-meta">{say("draft_deleted", lang)}</span>',
        "unread": lambda: f'<span class="lib-meta">{say("unread", lang)}</span>',
    }[line.state]()
    return (
        f'<tr><th scope="row"><code>{esc(one.path)}:{one.line}</code>'
        f'<span class="lib-meta">{esc(" · ".join(asked))}</span></th>'
        f'<td lang="{one.lang}">{esc(one.text)}</td><td>{by}</td></tr>'
    )


def summary_text(lines: Sequence[Line], lang: Lang) -> str:
    """How many of the questions of notes have a card, a draft, or neither."""
    counts = {state: sum(line.state == state for line in lines) for state in ("card", "draft", "none")}
    have, drafted, none = counts["card"], counts["draft"], counts["none"]
    return say("in_notes", lang, all=len(lines), have=have, drafted=drafted, none=none)


def progress_html(text: str, done: int, most: int) -> str:
    """How far a long piece of work is."""
    bar = f'<progress max="{most}" value="{done}" aria-label="{esc(text)}"></progress>' if most else ""
    return f'<div class="lib-progress">{bar}<span>{esc(text)}</span></div>'


def drafts_html(drafts: Sequence[tuple[str, str, int]], lang: Lang) -> str:
    """The drafts that wait: each with its file, its question where it can be read, and how many problems it has."""
    head = f"<h2>{say('drafts_head', lang)}</h2>"
    if not drafts:
        return f'<div class="lib">{head}<p class="lib-note">{say("drafts_none", lang)}</p></div>'
    rows = ""
    for name, question, problems in drafts:
        wrong = f'<span class="lib-badge due">{say("draft_wrong", lang, n=problems)}</span>' if problems else ""
        shown = esc(question or name)
        inside = f'<span class="lib-q">{shown}</span><span class="lib-meta"><code>{esc(name)}</code>{wrong}</span>'
        rows += f"<li>{link('draft', name, inside, css='lib-row')}</li>"
    how = f'<p class="lib-note">{say("drafts_how", lang)}</p>'
    return f'<div class="lib">{head}{how}<ol class="lib-list">{rows}</ol></div>'


def problems_html(problems: Sequence[Problem], lang: Lang, *, head: str) -> str:
    """What is wrong with the card in the editor, each with its line."""
    lines = (f"<b>{say('line', lang, n=problem.line)}</b> " if problem.line else "" for problem in problems)
    rows = "".join(f"<li>{line}{esc(one.message)}</li>" for line, one in zip(lines, problems, strict=True))
    return f'<div class="lib">{told_html(head, bad=True)}<ul class="lib-problems">{rows}</ul></div>'
