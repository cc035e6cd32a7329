"""Makes Gradio's events cheaper: what it does anew for every output of every event, though nothing can have changed.

For each new visitor Gradio 6.31 describes every component of every page. For each output that an event leaves alone it
builds the component anew, looks through all that its class has, asks `inspect` for the parameters, and describes the
component twice more for links into a session, which we do not give. For each other value it starts a piece of work in a
thread, also where that work is to hand on a string; and twice an event it looks for a matplotlib that is not there.
That is most of what an event costs, and that is what a crowd waits for (`bench/page.py`).
"""

import contextlib
import copy
import datetime
import functools
import inspect
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

MADE_FOR = "6.31."
CLOSED_S = 3600
"""Seconds for which what a closed page held is kept: Gradio's own figure."""


class _Inspect:
    """The module `inspect`, with the two functions that cost remembering what they found."""

    signature = staticmethod(functools.lru_cache(maxsize=4096)(inspect.signature))
    getfullargspec = staticmethod(functools.lru_cache(maxsize=4096)(inspect.getfullargspec))

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)


_CHEAP = frozenset(
    {
        *("BrowserState", "Button", "Chatbot", "Checkbox", "CheckboxGroup", "Code", "Dropdown", "HTML", "Markdown"),
        *("Number", "Radio", "Slider", "State", "Textbox", "Timer"),
    }
)
"""Components that take in and give out what is at hand; the others may read or write files."""


class _Threads:
    """`anyio.to_thread`, without a thread for what the cheap components do with a value."""

    def __init__(self, real: Any) -> None:
        self._real = real

    async def run_sync(self, work: Callable[..., Any], *given: Any, **how: Any) -> Any:
        """What `work` gives back."""
        owner, name = type(getattr(work, "__self__", None)), getattr(work, "__name__", "")
        if (
            name in {"preprocess", "postprocess"}
            and owner.__name__ in _CHEAP
            and owner.__module__.startswith("gradio.")
        ):
            return work(*given)
        return await self._real.run_sync(work, *given, **how)


class _Anyio:
    """The module `anyio`, with other threads."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.to_thread = _Threads(real.to_thread)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def install() -> None:
    """Let Gradio do once what it did for every output; a second call changes nothing.

    Another version than the one this was made for is left as it is: slower, and right.
    """
    if not version("gradio").startswith(MADE_FOR):
        return
    from gradio import blocks, component_meta, utils
    from gradio.components import base
    from gradio.state_holder import SessionState

    for module in (blocks, component_meta):
        if not isinstance(vars(module)["inspect"], _Inspect):
            vars(module)["inspect"] = _Inspect()
    if not isinstance(vars(blocks)["anyio"], _Anyio):
        vars(blocks)["anyio"] = _Anyio(vars(blocks)["anyio"])
    if find_spec("matplotlib") is None:
        vars(utils)["MatplotlibBackendMananger"] = contextlib.nullcontext
    vars(base)["dir"] = _server_functions
    for name, ours in (
        ("__init__", _opened),
        ("__setitem__", _kept),
        ("_update_config", _undescribed),
        ("_update_value_in_config", _undescribed),
    ):
        setattr(SessionState, name, ours)


@functools.cache
def _server_functions(cls: type) -> list[str]:
    """The names of a component's class that the browser may call: all that a new component looks through `dir` for."""
    return [name for name in dir(cls) if getattr(getattr(cls, name, None), "_is_server_fn", False)]


def _opened(self: Any, blocks: Any) -> None:
    """`SessionState.__init__` without the description of every component of every page."""
    self.blocks_config = copy.copy(blocks.default_config)
    self.config_values = {}
    self.state_data = {}
    self._state_ttl = {}
    self.is_closed = False
    self.STATE_TTL_WHEN_CLOSED = CLOSED_S


def _kept(self: Any, key: int, value: Any) -> None:
    """`SessionState.__setitem__` without its last lines, which describe the component."""
    from gradio.components import State

    block = self.blocks_config.blocks.get(key)
    if isinstance(block, State):
        self._state_ttl[key] = (block.time_to_live, datetime.datetime.now())
        self.state_data[key] = value
    else:
        self.blocks_config.blocks[key] = value


def _undescribed(self: Any, *_: Any) -> None:
    """Nothing: no link into a session is ever given."""
