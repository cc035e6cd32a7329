"""What is worded while somebody listens: a step of the interview -> what is said so far, and at last the session."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from coach.interview.follow import Show
from coach.schema import Session

STREAM_S = 0.25
"""Seconds between two updates of a sentence that is being worded."""


async def spoken(
    work: Callable[[Show], Awaitable[Session]], *, after_s: float | None = None
) -> AsyncIterator[str | Session]:
    """What the interviewer says while it is worded, the whole of it each time, and at last the session.

    At most four times a second. When nothing came within `after_s` seconds, an empty text says that work is going on.
    Whoever stops listening stops the work: what is stored by then is a valid session, and what is owed is done when it
    is opened again.
    """
    said, news = [""], asyncio.Event()

    def show(text: str) -> None:
        said[0] = text
        news.set()

    task = asyncio.ensure_future(work(show))
    task.add_done_callback(lambda _: news.set())
    shown = ""
    try:
        if after_s is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), after_s)
            if not news.is_set():
                yield ""
        while not task.done() or said[0] != shown:
            await news.wait()
            news.clear()
            if said[0] != shown:
                shown = said[0]
                yield shown
                await asyncio.sleep(0 if task.done() else STREAM_S)
        yield await task
    finally:
        task.cancel()
