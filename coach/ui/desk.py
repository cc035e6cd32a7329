"""What every page is built over, and what a request says of the person who looks at it."""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from coach.schema import Lang
from coach.wiring import Coach

STORAGE_KEY = "interview-coach-session"
"""Under which the browser remembers the session, on every page."""
View = dict[Any, Any]
"""What an event shows: component -> its value, or a `gr.update`."""
PRIVATE: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": 64, "show_progress": "hidden"}
"""How a page's events are set up: not part of the API; Gradio's own default is one handler of an event at a time."""


@dataclass(frozen=True)
class Desk:
    """What every page is built over."""

    coach: Coach
    blocks: gr.Blocks
    """The app that holds all pages; a page's `load` event is the app's while the page is being built."""
    secret: str
    """The key of what the browser remembers."""

    def remembered(self) -> gr.BrowserState:
        """The id of the session this browser is in; empty before the first. One of these on each page."""
        return gr.BrowserState("", storage_key=STORAGE_KEY, secret=self.secret)


def lang_of(request: gr.Request | None) -> Lang:
    """The first of our languages that the browser asks for, for what is written on the server; else English."""
    return lang_in(request.headers.get("accept-language", "") if request is not None else "")


def lang_in(accepted: str) -> Lang:
    """The first of our languages in an Accept-Language header; else English."""
    for one in accepted.split(","):
        name = one.partition(";")[0].strip().lower()
        if name.startswith("zh"):
            return "zh"
        if name.startswith("en"):
            return "en"
    return "en"


def person_of(request: gr.Request | None) -> str:
    """The name a person signed in with; empty where nobody signs in."""
    return str(request.username or "") if request is not None else ""
