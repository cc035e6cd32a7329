"""The heat map: every graded question with its points, and how each was judged the last times. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from coach.progress.export import word
from coach.progress.schedule import Attempt, in_order
from coach.schema import Card, CardId, Lang, Slug, State
from coach.ui.progress_html import Cards, esc, pg_table, section, square
from coach.ui.words.progress import say

History = tuple[tuple[datetime, State], ...]

SHOWN_CARDS = 12
"""Questions of the heat map that are shown at once; the others unfold."""
MOST_CARDS = 60
"""Most questions in the heat map; a topic shows the others."""
LAST = 6
"""Attempts of a point that are shown when its question is opened."""


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
        f"<li>{square(state, lang)} {word(state, lang)}</li>" for state in ("met", "partly", "missed", "contradicted")
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
    return section(say("points", lang), "", kind="head", note=say("points_note", lang, n=LAST))


def _heat_row(one: Heat, lang: Lang, *, tz: tzinfo) -> str:
    states = one.states
    strip = "".join(square(state, lang, quiet=True) for state in states)
    met = say("points_of", lang, met=states.count("met"), n=len(states))
    times = sorted({at for past in one.past.values() for at, _ in past})[-LAST:]
    heads = [say("point", lang), *(f"{at.astimezone(tz):%m-%d}" for at in times)]
    lines = []
    for criterion in one.card.criteria:
        extra = f' <em class="pg-meta">{say("required", lang)}</em>' if criterion.required else ""
        then = dict(one.past.get(criterion.id, ()))
        cells = "".join(f"<td>{square(then.get(at, 'not_graded'), lang)}</td>" for at in times)
        lines.append(f'<tr><th scope="row">{esc(criterion.says.text(lang))}{extra}</th>{cells}</tr>')
    return (
        f'<details class="pg-card"><summary><span class="pg-q">{esc(one.card.question.text(lang))}</span>'
        f'<span class="pg-strip" aria-hidden="true">{strip}</span><span class="pg-meta">{met}</span></summary>'
        f"{pg_table(heads, lines, kind='history')}</details>"
    )
