"""Events of a page that a button stops, and after which what the button shows stands."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import wraps
from typing import Any

import gradio as gr

from coach.ui.desk import PRIVATE, View

WAIT_S = 10
"""Seconds after which the button answers although something still runs: the browser's word to stop it was lost."""

Handler = Callable[..., AsyncIterator[View]]


class Stoppable:
    """The events that one button stops.

    The word to end them (`cancels=`) leaves the browser only when the button's own handler has answered, so what they
    showed last would come after "stopped", and stand there for good. Here it leaves at once, and the handler that
    follows waits for `over`.
    """

    def __init__(self) -> None:
        self._running: dict[str | None, set[asyncio.Event]] = {}

    def event(self, handler: Handler) -> Handler:
        """The same handler, noted while it runs; its last argument is the request.

        One that shows nothing changes nothing: Gradio would empty every output of it.
        """

        @wraps(handler)
        async def noted(*given: Any) -> AsyncIterator[View]:
            page, ended = given[-1].session_hash, asyncio.Event()
            self._running.setdefault(page, set()).add(ended)
            views, silent = handler(*given), True
            try:
                async for view in views:
                    silent = False
                    yield view
                if silent:
                    yield gr.skip()
            finally:
                await views.aclose()  # type: ignore[attr-defined]
                ended.set()
                left = self._running[page]
                left.remove(ended)
                if not left:
                    del self._running[page]

        return noted

    def stops(self, button: gr.Button, events: Sequence[Any]) -> Any:
        """Ends these Gradio events when the button is pressed; what is shown then is to follow with `.then`."""
        return button.click(None, cancels=list(events), **PRIVATE)

    async def over(self, request: gr.Request) -> None:
        """Wait until none of the events runs for the page that asks."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S):
                while running := self._running.get(request.session_hash):
                    await next(iter(running)).wait()
