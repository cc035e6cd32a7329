"""Makes Gradio's events cheaper: what it does anew for every output of every event, though nothing can have changed.

For each output that an event updates, or leaves alone, Gradio 6.31 builds the component anew, looks through all that
its class has, asks `inspect` for the parameters, and describes the component twice more for links into a session, which
we do not give. That is most of the CPU of an event, and CPU is what a crowd waits for (`bench/page.py`).
"""

import datetime
import functools
import inspect
from importlib.metadata import version
from typing import Any

MADE_FOR = "6.31."


class _Inspect:
    """The module `inspect`, with the two functions that cost remembering what they found."""

    signature = staticmethod(functools.lru_cache(maxsize=4096)(inspect.signature))
    getfullargspec = staticmethod(functools.lru_cache(maxsize=4096)(inspect.getfullargspec))

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)


def install() -> None:
    """Let Gradio remember signatures and describe no component for deep links; a second call changes nothing.

    Another version than the one this was made for is left as it is: slower, and right.
    """
    if not version("gradio").startswith(MADE_FOR):
        return
    from gradio import blocks, component_meta
    from gradio.components import base
    from gradio.state_holder import SessionState

    for module in (blocks, component_meta):
        if not isinstance(vars(module)["inspect"], _Inspect):
            vars(module)["inspect"] = _Inspect()
    vars(base)["dir"] = _server_functions
    for name, ours in (
        ("__setitem__", _kept),
        ("_update_config", _undescribed),
        ("_update_value_in_config", _undescribed),
    ):
        setattr(SessionState, name, ours)


@functools.cache
def _server_functions(cls: type) -> list[str]:
    """The names of a component's class that the browser may call: all that a new component looks through `dir` for."""
    return [name for name in dir(cls) if getattr(getattr(cls, name, None), "_is_server_fn", False)]


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
