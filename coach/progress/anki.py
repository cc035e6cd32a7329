"""Points that were not made -> an Anki deck. Only user of genanki and markdown-it.

One note per point: the question and the card's own follow-up on the front, the point and what it rests on on the back.
Ids never vary, so that a second export updates the notes of the first one. Nothing in a note is fetched from anywhere.
"""

import hashlib
import html
import itertools
import json
import os
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coach.progress.export import word
from coach.progress.outcome import told
from coach.schema import Bilingual, Card, Criterion, Grade, Lang, Passage, Session, State
from coach.text import seamless

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

Passages = Callable[[Card, Lang], Mapping[str, Passage]]
"""The passage of the reference that each point of a card rests on, by the point's id."""

OPEN: frozenset[State] = frozenset({"partly", "missed", "contradicted"})
"""States that leave something to learn."""
MODEL_ID = 1_795_402_613
DECK_IDS: Mapping[Lang, int] = {"en": 1_418_660_937, "zh": 1_418_660_938}
"""As with the model's: another id would be another deck, and every note would be there twice."""
FIELDS = ("Key", "Question", "Probe", "Point", "Reference", "Said", "Sources")
"""The first one names the point; Anki sorts by it and looks for duplicates in it."""

_DECK = Bilingual(en="Interview coach (English)", zh="Interview coach（中文）")
_LAST = Bilingual(en="Last time", zh="上一次")
_NOTES = Bilingual(en="From the notes", zh="来自笔记")
_FRONT = '<div class="question">{{Question}}</div>\n<div class="probe">{{Probe}}</div>'
_BACK = '{{FrontSide}}\n<hr id="answer">\n<div class="point">{{Point}}</div>\n{{Reference}}\n{{Said}}\n{{Sources}}'
_CSS = """.card { font-family: sans-serif; font-size: 18px; line-height: 1.5; text-align: left; max-width: 40em;
        margin: 0 auto; }
.question { font-weight: bold; }
.probe { margin-top: 0.8em; }
.label { margin-top: 1em; font-size: 80%; opacity: 0.7; }
.said { font-family: inherit; margin: 0.3em 0; padding-left: 0.8em; border-left: 3px solid; white-space: pre-wrap; }
.sources { font-size: 80%; }
pre, code { font-size: 90%; }
table { border-collapse: collapse; } td, th { padding: 0.1em 0.6em; border: 1px solid; }"""

_UNSPEAKABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ue000\ue001]")
"""What a field cannot hold: control characters (Anki parts fields by one), lone surrogates, and our own marks."""
_CODE = re.compile(r"(```.*?(?:```|\Z)|`[^`\n]*`)", re.DOTALL)
_MATH = re.compile(
    r"(?<!\\)\$\$(?P<block>.+?)\$\$"
    r"|(?<!\\)\$(?!\s)(?P<line>[^$\n]+?)(?<!\s)\$(?!\d)"
    r"|\\\[(?P<tex_block>.+?)\\\]|\\\((?P<tex_line>.+?)\\\)",
    re.DOTALL,
)
"""Pandoc's rule keeps amounts apart: no blank inside the dollar signs, and no digit after the closing one."""
_MARK = re.compile("\ue000([0-9]+)\ue001")
_CODE_HTML = re.compile(r"(<code.*?</code>)", re.DOTALL)
_BOLD = re.compile(r"\*\*(?!\s)([^*<>]+?)(?<!\s)\*\*")
"""Bold print that CommonMark does not see: a closing mark between Chinese punctuation and a Chinese character."""
_ANKI = re.compile(r"\[(?=/?(?:sound:|anki:|latex\]|\${1,2}\]))", re.IGNORECASE)
"""How text in a field makes Anki play a file, speak, or run LaTeX."""


@dataclass(frozen=True)
class Gap:
    """A point that was not fully made the last time it was judged."""

    card: Card
    criterion: Criterion
    state: State
    said: tuple[str, ...]
    """The candidate's words that the judge pointed at; none for most missed points."""
    on: datetime
    """When that interview began."""


@dataclass(frozen=True)
class Exported:
    """What came of an export."""

    notes: int
    """0 when no point is open; then no file was written."""
    gone: tuple[str, ...] = ()
    """`card#criterion` of open points left out, as the bank has them no more."""


@dataclass(frozen=True)
class _Judged:
    """What was last said about one point."""

    state: State
    said: tuple[str, ...]
    on: datetime


def deck(
    sessions: Sequence[Session],
    cards: Mapping[str, Card],
    *,
    lang: Lang,
    path: Path,
    passages: Passages,
    now: datetime,
) -> Exported:
    """How many notes the file at `path` holds, which is replaced; it is left alone when there is nothing to write.

    `now` becomes the notes' time of change: Anki updates a note only when the imported one is newer. The same input
    gives the same file. Raises OSError when the file cannot be written.
    """
    found, gone = gaps(sessions, cards)
    if found:
        _write(path, _package(found, lang, passages), now)
    return Exported(notes=len(found), gone=gone)


def gaps(sessions: Sequence[Session], cards: Mapping[str, Card]) -> tuple[tuple[Gap, ...], tuple[str, ...]]:
    """Every open point by card and in the card's order, and `card#criterion` of those that the bank has no more.

    The newest verdict on a point decides, whatever the order of `sessions`; a failure to grade is no verdict. A
    question that is still open, and an exam before its end, count for nothing yet: a note would tell the answer.
    """
    newest: dict[tuple[str, str], _Judged] = {}
    for session in sorted(sessions, key=_order):
        for card_id, grade in _told(session):
            for verdict in grade.verdicts:
                if verdict.state != "not_graded":
                    said = _words_on(verdict.criterion, grade, cards.get(card_id))
                    newest[card_id, verdict.criterion] = _Judged(verdict.state, said, session.started_at)
    still = {key: judged for key, judged in newest.items() if judged.state in OPEN}
    found = [
        Gap(cards[card_id], criterion, still[key].state, still[key].said, still[key].on)
        for card_id in sorted({card_id for card_id, _ in still} & set(cards))
        for criterion in cards[card_id].criteria
        if (key := (card_id, criterion.id)) in still
    ]
    known = {(gap.card.id, gap.criterion.id) for gap in found}
    return tuple(found), tuple(f"{card_id}#{name}" for card_id, name in sorted(set(still) - known))


def newest(sessions: Iterable[Session]) -> list[Session]:
    """The sessions that hold the newest verdict on some point: a deck of these is a deck of all.

    So that it takes as much memory as the bank has points, and not as there are interviews.
    """
    found: dict[tuple[str, str], Session] = {}
    for session in sessions:
        for card, grade in _told(session):
            for verdict in grade.verdicts:
                other = found.get((card, verdict.criterion))
                if verdict.state != "not_graded" and (other is None or _order(session) >= _order(other)):
                    found[card, verdict.criterion] = session
    return list({session.id: session for session in found.values()}.values())


def _order(session: Session) -> tuple[datetime, str]:
    return session.started_at, session.id


def _told(session: Session) -> Iterator[tuple[str, Grade]]:
    """The grades that the candidate may see, oldest first, with the cards they are on."""
    for one in session.rounds:
        if not told(session, one):
            continue
        for grade in (*(attempt.grade for attempt in one.attempts), one.grade):
            if grade is not None:
                yield one.card, grade


def _words_on(criterion: str, grade: Grade, card: Card | None) -> tuple[str, ...]:
    """The candidate's words on a point: the evidence of its verdict, and of wrong claims that speak against it."""
    against = {one.id for one in card.misconceptions if one.contradicts == criterion} if card is not None else set()
    found = [one for verdict in grade.verdicts if verdict.criterion == criterion for one in verdict.evidence]
    found += [one for stated in grade.misconceptions if stated.misconception in against for one in stated.evidence]
    return tuple(dict.fromkeys(one.text for one in found if one.text.strip()))


# --- a note --------------------------------------------------------------------------------


def guid(card: str, criterion: str, lang: Lang) -> str:
    """The id of the note on a point; the same in every export."""
    return hashlib.sha256(f"{card}#{criterion}:{lang}".encode()).hexdigest()[:20]


def fields(gap: Gap, lang: Lang, passage: Passage | None) -> tuple[str, ...]:
    """The HTML of the note's fields, in the order of `FIELDS`."""
    card, criterion = gap.card, gap.criterion
    says = word("from_example" if card.personal else "from_reference", lang)
    said = "".join(f'<pre class="said tex2jax_ignore mathjax_ignore">{plain(one)}</pre>' for one in gap.said)
    last = f"{_LAST.text(lang)} ({gap.on:%Y-%m-%d}): {word(gap.state, lang)}"
    sources = [f"{word('sources', lang)}: {plain('; '.join(card.references))}"]
    if card.source:
        places = [" ".join(filter(None, (at.company, at.round, f"{at.note}:{at.line}"))) for at in card.source]
        sources.append(f"{_NOTES.text(lang)}: {plain('; '.join(places))}")
    return (
        plain(f"{card.id}#{criterion.id} ({lang})"),
        as_html(card.question.text(lang)),
        as_html(criterion.probe.text(lang)),
        as_html(criterion.says.text(lang)),
        _part(says, as_html(passage.text)) if passage is not None else "",
        _part(last, said),
        f'<div class="label sources">{"<br>".join(sources)}</div>',
    )


def tags(card: Card) -> tuple[str, ...]:
    """Topics, companies, kind, difficulty and card, each as `what::which`, which Anki shows as a tree."""
    companies = sorted({one.company for one in card.source if one.company is not None})
    return (
        *(f"topic::{topic}" for topic in card.topics),
        *(f"company::{company}" for company in companies),
        f"kind::{card.kind}",
        f"difficulty::{card.difficulty}",
        f"card::{card.id}",
    )


def _part(label: str, body: str) -> str:
    return f'<div class="label">{plain(label)}</div>\n{body}'


# --- text ----------------------------------------------------------------------------------


def plain(text: str) -> str:
    """Text as HTML that shows every character as it was written and does nothing else in Anki."""
    return _ANKI.sub("&#91;", html.escape(_UNSPEAKABLE.sub("", text)))


def as_html(markdown: str) -> str:
    """A card's Markdown as HTML: bold and italic print, lists, tables and code; tags are shown, not obeyed.

    Formulas between dollar signs come out between `\\(` and `\\)`, or `\\[` and `\\]`, where Anki looks for them.
    """
    formulas: list[str] = []

    def kept(match: re.Match[str]) -> str:
        inside = next(text for text in match.groups() if text is not None)
        opens, closes = (r"\[", r"\]") if match.lastgroup in {"block", "tex_block"} else (r"\(", r"\)")
        formulas.append(f"{opens}{html.escape(inside.strip(), quote=False)}{closes}")
        return f"\ue000{len(formulas) - 1}\ue001"

    pieces = _CODE.split(_UNSPEAKABLE.sub("", markdown))
    marked = "".join(piece if at % 2 else _MATH.sub(kept, piece) for at, piece in enumerate(pieces))
    marked = "".join(piece if at % 2 else seamless(piece) for at, piece in enumerate(_CODE.split(marked)))
    pieces = _CODE_HTML.split(_markdown().render(marked).strip())
    bold = "".join(piece if at % 2 else _BOLD.sub(r"<strong>\1</strong>", piece) for at, piece in enumerate(pieces))
    return _ANKI.sub("&#91;", _MARK.sub(lambda match: formulas[int(match.group(1))], bold))


@lru_cache(maxsize=1)
def _markdown() -> "MarkdownIt":
    """A reader of the few constructs that cards use: no links, no images, no HTML."""
    from markdown_it import MarkdownIt

    return MarkdownIt("zero", {"html": False}).enable(["backticks", "emphasis", "escape", "fence", "list", "table"])


# --- the file ------------------------------------------------------------------------------


def _package(found: Sequence[Gap], lang: Lang, passages: Passages) -> Any:
    import genanki  # type: ignore[import-untyped]

    model = genanki.Model(
        MODEL_ID,
        "Interview coach: one point",
        fields=[{"name": name} for name in FIELDS],
        templates=[{"name": "Point", "qfmt": _FRONT, "afmt": _BACK}],
        css=_CSS,
    )
    made = genanki.Deck(DECK_IDS[lang], _DECK.text(lang))
    for place, gap in enumerate(found):
        passage = passages(gap.card, lang).get(gap.criterion.id)
        name = guid(gap.card.id, gap.criterion.id, lang)
        note = genanki.Note(
            model, fields=list(fields(gap, lang, passage)), tags=list(tags(gap.card)), guid=name, due=place
        )
        made.add_note(note)
    return genanki.Package(made)


def _write(path: Path, package: Any, now: datetime) -> None:
    """The package in its place at once: genanki's own way would leave a copy of the notes among temporary files."""
    at = now.timestamp()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".anki-") as folder:
        collection, packed = Path(folder, "collection.anki2"), Path(folder, "packed.apkg")
        with closing(sqlite3.connect(collection)) as link:
            package.write_to_db(link.cursor(), at, itertools.count(int(at * 1000)))
            link.commit()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
            for name, held in (("collection.anki2", collection.read_bytes()), ("media", json.dumps({}).encode())):
                entry = zipfile.ZipInfo(name)
                entry.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(entry, held)
        os.replace(packed, path)
