"""What the parts of the progress page share. Pure.

Charts are drawn as HTML and SVG: a few kilobytes, no script, and each says in words what it shows. HTML in which a
card's text stands is put in a Markdown component, for its formulas; it has no empty line, so no Markdown is seen in it.
"""

import html
from collections.abc import Iterable, Mapping

from coach.interview.rounds import FORMATS
from coach.progress.export import MARKS, word
from coach.schema import Card, CardId, Lang, State
from coach.ui.pieces import table
from coach.ui.words.progress import say

Cards = Mapping[CardId, Card]


def esc(text: str) -> str:
    """The text as HTML shows it, on one line; formulas in it are formulas."""
    return html.escape(" ".join(text.split()))


def form_name(name: str, lang: Lang) -> str:
    """The kind of interview in words; its own name where it is none of ours."""
    return next((form.title.text(lang) for key, form in FORMATS.items() if key == name), name)


def section(title: str, body: str, *, kind: str, note: str = "") -> str:
    """A part of the page under its own heading."""
    said = f'<p class="pg-note">{note}</p>' if note else ""
    return f'<section class="pg pg-{kind}"><h2>{title}</h2>{said}{body}</section>'


def pg_table(head: Iterable[str], rows: Iterable[str], *, kind: str) -> str:
    """A table in the page's looks; cells are HTML."""
    return table(head, rows, css=f"pg-table pg-{kind}", around="pg-wide")


def square(state: State, lang: Lang, *, quiet: bool = False) -> str:
    """A coloured square with the state's mark, so that it can be told without its colour."""
    name = say("absent", lang) if state == "not_graded" else word(state, lang)
    reads = "" if quiet else f' role="img" aria-label="{name}"'
    return f'<i class="pg-sq {state}" title="{name}"{reads}>{MARKS[state]}</i>'
