"""Events are cheaper and do the same."""

import inspect
from collections.abc import Callable
from typing import Any

import anyio
import gradio as gr
import pytest
from gradio import blocks, component_meta, utils
from gradio.components import base
from gradio.state_holder import SessionState

from coach.ui import quick

REPLACED = ("__init__", "__setitem__", "_update_config", "_update_value_in_config")


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """`quick.install`, all that it replaces put back after the test."""
    for module in (blocks, component_meta):
        monkeypatch.setattr(module, "inspect", inspect)
    monkeypatch.setattr(blocks, "anyio", anyio)
    monkeypatch.setattr(utils, "MatplotlibBackendMananger", utils.MatplotlibBackendMananger)
    monkeypatch.setattr(base, "dir", dir, raising=False)
    for name in REPLACED:
        monkeypatch.setattr(SessionState, name, getattr(SessionState, name))
    return quick.install


async def test_what_is_replaced_is_still_there() -> None:
    assert {"inspect"} <= set(vars(blocks)) & set(vars(component_meta))
    assert set(REPLACED) <= set(vars(SessionState))


async def test_a_new_visitor_has_the_same_but_for_the_descriptions(install: Callable[[], None]) -> None:
    with gr.Blocks(analytics_enabled=False) as page:
        gr.Textbox("a")
        gr.State(0)
    plain = vars(SessionState(page))
    install()
    ours = vars(SessionState(page))
    assert ours.keys() == plain.keys()
    assert {name for name in plain if ours[name] != plain[name]} <= {"blocks_config", "config_values"}
    assert ours["config_values"] == {}
    assert ours["blocks_config"].blocks == plain["blocks_config"].blocks
    assert ours["blocks_config"].blocks is not page.default_config.blocks


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


async def test_an_event_does_the_same(install: Callable[[], None]) -> None:
    plain = await outcome()
    install()
    install()
    assert await outcome() == plain
    assert plain[1] == 2
    assert plain[2][-1] == "ls"
