"""Events are cheaper and do the same."""

import inspect
from typing import Any

import gradio as gr
import pytest
from gradio import blocks, component_meta
from gradio.blocks import Blocks
from gradio.components import base
from gradio.state_holder import SessionState

from coach.ui import quick


async def test_what_is_replaced_is_still_there() -> None:
    assert {"inspect"} <= set(vars(blocks)) & set(vars(component_meta))
    fields = {"_state_ttl", "state_data", "blocks_config", "config_values"}
    assert fields <= set(vars(SessionState(Blocks(analytics_enabled=False))))
    assert {"__setitem__", "_update_config", "_update_value_in_config"} <= set(vars(SessionState))


async def outcome() -> tuple[list[Any], Any, list[str]]:
    """What an event with each kind of output returns, what its state holds, and what its components became."""
    with gr.Blocks(analytics_enabled=False) as page:
        box, button, text = gr.Textbox("a"), gr.Button("b"), gr.Markdown("c")
        files = gr.FileExplorer(root_dir="docs")
        count, choice = gr.State(0), gr.Dropdown(["x"], value="x")

        def change(n: int) -> dict[Any, Any]:
            return {box: gr.update(value="new", interactive=False), count: n + 1, choice: gr.update(choices=["y", "z"])}

        button.click(change, [count], [box, button, text, count, choice])
    state = SessionState(page)
    found: list[Any] = []
    for _ in range(2):
        found.append((await page.process_api(block_fn=0, inputs=[None], state=state))["data"])
    return (
        found,
        state[count._id],
        [
            *(str(state[one._id].get_config()) for one in (box, button, text, choice)),
            *(one.__name__ for one in files.server_fns),
        ],
    )


async def test_an_event_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = await outcome()
    for module in (blocks, component_meta):
        monkeypatch.setattr(module, "inspect", inspect)
    monkeypatch.setattr(base, "dir", dir, raising=False)
    for name in ("__setitem__", "_update_config", "_update_value_in_config"):
        monkeypatch.setattr(SessionState, name, getattr(SessionState, name))
    quick.install()
    quick.install()
    assert await outcome() == plain
    assert plain[1] == 2
    assert plain[2][-1] == "ls"
