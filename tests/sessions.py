"""Sessions made comparable."""

from typing import Any

from coach.schema import Session

TIMES = {"started_at", "used_s", "running_since"}


def timeless(session: Session) -> dict[str, Any]:
    """Everything of a session but when things happened and how long they took."""
    found = session.model_dump(exclude=TIMES)
    for one in found["rounds"]:
        del one["seconds"]
        for attempt in one["attempts"]:
            del attempt["seconds"]
    return found
