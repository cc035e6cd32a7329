"""Pieces of HTML that several pages are made of. Pure."""

import html
from collections.abc import Iterable

from coach.schema import Lang


def esc(text: object) -> str:
    """Text inside HTML, on one line and with its line breaks; nothing in it is a formula."""
    return html.escape(str(text)).replace("\r", "").replace("\n", "&#10;").replace("\\", "&#92;").replace("$", "&#36;")


def told_html(text: str, *, bad: bool = False) -> str:
    """A message to the person, for a place that a screen reader speaks (`fields.says`); empty for none."""
    return f'<p class="told{" bad" if bad else ""}">{esc(text)}</p>' if text else ""


def percent(value: float | None) -> str:
    """A share in whole percent; a dash when there is none."""
    return "–" if value is None else f"{round(100 * value)} %"


def fold(title: str, body: str, *, lang: Lang | None = None) -> str:
    """What is read once it is unfolded; both are HTML, the body in another language where `lang` is given."""
    spoken = f' lang="{lang}"' if lang is not None else ""
    return f"<details><summary>{title}</summary><div{spoken}>{body}</div></details>"


def table(head: Iterable[str], rows: Iterable[str], *, css: str, around: str, of: str = "") -> str:
    """A table that is scrolled sideways where it is too wide, by keyboard where `of` names it; cells are HTML."""
    heads = "".join(f'<th scope="col">{one}</th>' for one in head)
    named = f' tabindex="0" role="region" aria-label="{of}"' if of else ""
    return (
        f'<div class="{around}"{named}><table class="{css}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def clock(seconds: float | None) -> str:
    """A span of time as `m:ss`, `h:mm:ss` from an hour on, and days before it from a day on; a dash when unknown."""
    if seconds is None:
        return "–"
    whole = max(round(seconds), 0)
    days, rest = divmod(whole, 86_400)
    hours, minutes = rest // 3600, rest % 3600 // 60
    shown = f"{hours}:{minutes:02d}:{rest % 60:02d}" if whole >= 3600 else f"{minutes}:{rest % 60:02d}"
    return f"{days} d {shown}" if days else shown
