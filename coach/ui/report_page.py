"""What every part of the report page is drawn from, and what those parts share. Pure.

The figures and words are those of the Markdown report. Whatever a person or a model wrote is escaped (`markup.typed`)
or read as Markdown without tags and links (`markup.rich`).
"""

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from coach.interview.timeline import Moment
from coach.progress.library import SessionInfo
from coach.progress.schedule import Item
from coach.schema import Card, Critique, Lang, Round, Session
from coach.ui.words.report import CHINESE, ENGLISH


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


def day(at: date, lang: Lang) -> str:
    """A date as people write it."""
    return f"{at.year}年{at.month}月{at.day}日" if lang == "zh" else f"{at.day} {at:%b} {at.year}"


def count(key: str, n: int, page: Page) -> str:
    """So many of something, in words."""
    return page.says(f"{key}_1") if n == 1 else page.says(f"{key}_n", n=n)


def label(info: SessionInfo, lang: Lang, tz: tzinfo) -> str:
    """A line of the list of sessions; plain text."""
    at = info.started_at.astimezone(tz)
    return f"{day(at, lang)} {at:%H:%M} · {info.title}"


def section(key: str, page: Page, body: str) -> str:
    """A part of the report under its own heading."""
    title = page.says(f"section_{key}")
    return f'<section id="report-part-{key}" class="report-part"><h2>{title}</h2>{body}</section>'


def callout(title: str, text: str, more: str = "") -> str:
    """Something that is said instead of a report, or over it; all of it is HTML."""
    return f'<div class="report-callout"><h2>{title}</h2><p>{text}</p>{more}</div>'


def first_visit(lang: Lang) -> str:
    """What the page says before the first interview."""
    link = f'<p><a href="./">{says("first_link", lang)}</a></p>'
    return callout(says("first", lang), says("first_text", lang), link)


def unknown(lang: Lang) -> str:
    """What the page says of an interview that is not there, or not this person's."""
    return callout(says("unknown", lang), says("unknown_text", lang))


def exam_goes_on(lang: Lang) -> str:
    """What the page says of an exam before its end: nothing of it."""
    return callout(says("exam", lang), says("exam_text", lang))


def fault(message: str, lang: Lang) -> str:
    """What the page says when the session cannot be read."""
    return callout(says("fault", lang), html.escape(message))
