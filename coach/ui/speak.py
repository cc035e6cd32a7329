"""The interviewer's voice on the page: what is said goes into one hidden element, and speak.js says it.

`build` places the buttons and gives the element; a view fills it with `voice_html`. `routes` serves sound that is made
on this side (COACH_SPEAKER is a speech model or espeak); with the browser's own voice nothing is fetched.
"""

import html
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import gradio as gr

from coach.errors import ModelError, SpeechError
from coach.faults import fault_text
from coach.schema import Answered, Aside, Hinted, Lang, Probed, Session, Skipped
from coach.speech.speak import Speaking, media_type, said
from coach.ui.desk import lang_in
from coach.ui.words import I18N

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

ADDRESS = "gradio_api/speech"
"""Where sound is fetched, beside Gradio's own addresses and as well guarded as they are."""


@dataclass(frozen=True)
class Line:
    """One thing the interviewer says; it keeps its id from the first streamed word to the end."""

    id: str
    text: str
    lang: Lang
    whole: bool = True


@dataclass(frozen=True)
class Turn:
    """What the interviewer has said since the candidate last did something."""

    id: str
    lines: tuple[Line, ...] = ()


def build() -> gr.HTML:
    """The buttons, which show themselves once there is a voice, and the element that `voice_html` fills."""
    gr.HTML(I18N("speak_bar"), elem_id="speak-bar", padding=False)
    return gr.HTML("", elem_id="speech", padding=False)


def turn_of(session: Session, *, saying: str = "") -> Turn:
    """What the interviewer says now; `saying` is what is being worded, and not yet in the session.

    A turn is named by its first line, so that it keeps its name when what was being worded is stored.
    """
    now = session.current
    place = f"{session.id[:12]}.{len(session.rounds)}.{len(now.attempts)}"
    texts = [text for text in (now.lead, now.question) if text]
    first = 0
    for body in now.said:
        if isinstance(body, Answered | Skipped | Hinted | Aside):
            first = len(texts)
        if isinstance(body, Probed | Hinted):
            texts.append(body.text)
        elif isinstance(body, Aside):
            texts.append(body.reply)
    lines = [Line(f"{place}.{number}", text, session.lang) for number, text in enumerate(texts)][first:]
    if saying:
        first = len(texts)
        lines = [Line(f"{place}.{first}", saying, session.lang, whole=False)]
    return Turn(f"{place}.{first}", tuple(lines))


def voice_html(speaking: Speaking, session: Session | None, *, saying: str = "", fresh: bool = True) -> str:
    """The sentences to say, for the element of `build`; empty when nobody speaks.

    `fresh` is false when the page was just loaded: what stands there then is not said again.
    """
    if session is None or speaking.mode == "off":
        return ""
    turn = turn_of(session, saying=saying)
    spans: list[str] = []
    for line in turn.lines:
        for sentence in said(line.text, line.lang, whole=line.whole):
            source = f' data-src="{ADDRESS}/{speaking.key(sentence)}"' if speaking.mode == "server" else ""
            words = html.escape(sentence.words)
            spans.append(f'<span data-line="{html.escape(line.id)}" lang="{sentence.lang}"{source}>{words}</span>')
    told = f' data-why="{html.escape(fault_text(speaking.why, session.lang))}"' if speaking.why else ""
    voice = f' data-voice="{html.escape(speaking.voice)}"' if speaking.voice else ""
    return (
        f'<div hidden data-turn="{html.escape(turn.id)}" data-mode="{speaking.mode}"'
        f' data-fresh="{int(fresh)}"{voice}{told}>{"".join(spans)}</div>'
    )


def routes(speaking: Speaking) -> "list[Route]":
    """The address under which speak.js fetches the sound of a sentence; none when nothing is made here."""
    from starlette.routing import Route

    async def fetched(request: "Request") -> "Response":
        wanted = lang_in(request.headers.get("accept-language", ""))
        return await sound_reply(speaking, request.path_params["key"], lang=wanted)

    return [Route(f"/{ADDRESS}/{{key}}", fetched)] if speaking.mode == "server" else []


async def sound_reply(speaking: Speaking, key: str, *, lang: Lang) -> "Response":
    """The sound of a sentence while it is made; 502 with the reason in words when there is none.

    No browser keeps it: one that broke off would be heard again as it is. Whole ones are kept on this side.
    """
    from starlette.responses import PlainTextResponse, StreamingResponse

    pieces = speaking.sound(key)
    try:
        first = await anext(pieces)
    except SpeechError as error:
        return PlainTextResponse(fault_text(error, lang), status_code=404 if error.code == "unknown" else 502)
    except ModelError as error:
        return PlainTextResponse(fault_text(error, lang), status_code=502)

    async def whole() -> AsyncIterator[bytes]:
        try:
            yield first
            async for piece in pieces:
                yield piece
        except ModelError:
            return  # what was heard so far stands; the words are in the chat
        finally:
            await pieces.aclose()

    return StreamingResponse(whole(), media_type=media_type(first), headers={"cache-control": "no-store"})
