"""What the library of sessions knows about each: a fold over the bodies of its events. Pure.

Bodies come as they are stored, as mappings, so that an event of a kind this module has not heard of changes nothing
but the time and the count.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime

from coach.schema import Lang, Record
from coach.text import normalise

TITLE_MOST = 60
"""Most characters of a title made from a question."""
NAMED_MOST = 200
"""Most characters of a title that a person gave."""
_SPOKEN = frozenset({"asked", "answered", "probed"})

Body = Mapping[str, Any]


class SessionInfo(Record):
    """One line of the library."""

    session: str
    title: str
    """The first question, shortened, unless the person gave another."""
    started_at: AwareDatetime
    updated_at: AwareDatetime
    """When its newest event happened; a new title does not count."""
    ended_at: AwareDatetime | None = None
    lang: Lang | None = None
    """What it began in; None when its first event cannot be read."""
    format: str = "free"
    person: str = ""
    """Who practises; empty on one's own machine."""
    questions: int = 0
    answers: int = 0
    score: float | None = None
    """What the newest grade says, in [0, 1]; None before the first, or when the newest failed."""
    events: int = 0
    """How many events there are. Where this is as before nothing happened, whatever the clock said meanwhile."""


def after(info: SessionInfo | None, session: str, happened: Iterable[tuple[datetime, Body]]) -> SessionInfo:
    """What is known of the session after these events, given what was known before; None before the first."""
    for at, body in happened:
        if info is None:
            info = SessionInfo(session=session, title="", started_at=at, updated_at=at)
        counted = {"updated_at": max(info.updated_at, at), "events": info.events + 1}
        info = info.model_copy(update={**counted, **_change(info, at, body)})
    if info is None:
        raise ValueError(f"session {session!r} has no events")
    return info


def _change(info: SessionInfo, at: datetime, body: Body) -> dict[str, object]:
    match body.get("kind"):
        case "started":
            plan = body["plan"]
            person = without_nul(body.get("person", ""))
            return {"lang": plan["lang"], "format": plan.get("format", info.format), "person": person}
        case "asked":
            return {"questions": info.questions + 1, "title": info.title or titled(body["text"])}
        case "answered":
            return {"answers": info.answers + 1}
        case "graded" if body.get("question") in {None, info.questions - 1}:
            score = body["grade"]["score"]
            return {"score": None if score is None else score["value"]}
        case "ended":
            return {"ended_at": at}
        case _:
            return {}


def body_of(text: str) -> Body:
    """The body of an event as it is stored; empty when it cannot be read, so that one bad row locks nobody out."""
    try:
        body = json.loads(text)["body"]
    except (ValueError, KeyError, TypeError):
        return {}
    return body if isinstance(body, dict) else {}


def titled(text: str, most: int = TITLE_MOST) -> str:
    """The text on one line, cut between words and marked with an ellipsis when it has more than `most` characters."""
    line = " ".join(without_nul(text).split())
    if len(line) <= most:
        return line
    head = line[: most - 1]
    if line[most - 1] != " " and " " in head[most // 2 :]:
        head = head.rpartition(" ")[0]
    return f"{head.rstrip()}…"


def without_nul(text: str) -> str:
    """The text without NUL characters, which PostgreSQL cannot keep."""
    return text.replace("\x00", "")


def folded(text: str) -> str:
    """The text as it is searched: case, compatibility forms and quotes unified, white space collapsed."""
    return without_nul(normalise(text)[0])


def words(body: Body) -> str | None:
    """What search looks at in an event: the words of questions, follow-ups and answers, folded."""
    return folded(body["text"]) if body.get("kind") in _SPOKEN else None


def card(body: Body) -> str | None:
    """The card that this event asks; None for every other event."""
    return str(body["card"]) if body.get("kind") == "asked" else None


def recordings(bodies: Iterable[Body]) -> tuple[str, ...]:
    """The files of audio that these events name, each once."""
    found = (one.get("audio") for body in bodies for one in body.get("recordings", ()))
    return tuple(dict.fromkeys(name for name in found if name))
