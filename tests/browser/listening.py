"""A page with nothing but an answer box, the part that listens, and a button that sends."""

import os
import sys
from typing import Any

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["GRADIO_TEMP_DIR"] = str(os.path.join(os.environ["COACH_DATA_DIR"], "page"))

import gradio as gr
from starlette.middleware import Middleware

from coach.grading.score import arithmetic
from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.ui.desk import Desk
from coach.ui.guarded import Door, Guarded, script_hashes
from coach.ui.listen import build_listen
from coach.ui.theme import HEAD, theme
from coach.ui.words import I18N
from coach.wiring import Coach


def build(coach: Coach, lang: str) -> gr.Blocks:
    """The page; the interview begins with a click on `#start`."""
    with gr.Blocks(title="Listening", analytics_enabled=False) as blocks:
        session_id = Desk(coach, blocks, "0" * 32).remembered()
        start = gr.Button("start", elem_id="start")
        box = gr.Textbox(label="Your answer", lines=5, elem_id="answer")
        part = build_listen(Desk(coach, blocks, "0" * 32), session_id=session_id, box=box)
        send = gr.Button("send", elem_id="send")
        out = gr.HTML("", elem_id="out")

        async def on_start() -> tuple[str, str]:
            plan = plan_of({"lang": lang, "questions": 1, "seed": 1})
            state = await interview.start(coach.interview, plan)
            return state.id, state.current.question

        async def on_send(sid: str, text: str) -> dict[Any, Any]:
            recordings = part.pending(sid)
            state = await interview.load(coach.interview, sid)
            source = "spoken" if recordings else "typed"
            state = await interview.submit(coach.interview, state, text, source=source, recordings=recordings)
            part.clear(sid)
            state = await interview.advance(coach.interview, state)
            grade, answer = state.current.grade, state.current.answers[-1]
            assert grade is not None
            assert grade.score is not None
            spoken = sum(one.seconds for one in answer.recordings)
            told = f"{answer.source} {len(answer.recordings)} {spoken:.1f} s {arithmetic(grade.score)}"
            return {box: "", out: told, **part.view(sid, "en")}

        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        start.click(on_start, outputs=[session_id, out], **private)
        send.click(on_send, inputs=[session_id, box], outputs=[box, out, *part.outputs], **private)
    return blocks


def main(port: int, lang: str) -> None:
    """Serve the page until the process is stopped."""
    coach = Coach()
    blocks = build(coach, lang)
    _ = coach.interview, coach.misheard
    door = Door(scripts=script_hashes(HEAD.encode()))
    blocks.queue(default_concurrency_limit=64, api_open=False)
    blocks.launch(
        server_name="127.0.0.1", server_port=port, quiet=True, run_history=False, footer_links=[], ssr_mode=False,
        theme=theme(), head=HEAD, i18n=I18N, max_file_size="64mb", prevent_thread_lock=True,
        app_kwargs={"middleware": [Middleware(Guarded, door=door)]},
    )  # fmt: skip
    print("listening", flush=True)
    blocks.block_thread()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
