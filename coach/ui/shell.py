"""The pages, what they share, and the links between them."""

from collections.abc import Callable

import gradio as gr
from gradio.components import Navbar

from coach.ui import evals, library, practice, progress, report
from coach.ui.desk import Desk
from coach.ui.words import I18N
from coach.ui.words.shell import ADDRESSES
from coach.wiring import Coach

BUILDERS: dict[str, Callable[[Desk], None]] = {
    "practice": practice.build,
    "report": report.build,
    "progress": progress.build,
    "library": library.build,
    "evals": evals.build,
}


def build(coach: Coach, *, secret: str) -> gr.Blocks:
    """All pages over the coach's live parts. `secret` encrypts what the browser remembers, the session's id."""
    opened = gr.Blocks(title="Interview coach", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400))
    with opened as blocks:
        desk = Desk(coach, blocks, secret)
        _page(desk, "practice")
    for name, address in ADDRESSES.items():
        if address:
            with blocks.route(name.title(), address):
                _page(desk, name)
    return opened


def _page(desk: Desk, name: str) -> None:
    Navbar(visible=False)
    with gr.Row(elem_id="bar"):
        gr.HTML(I18N("app"), elem_id="title")
        gr.HTML(I18N(f"nav_{name}"), elem_id="nav")
    BUILDERS[name](desk)
