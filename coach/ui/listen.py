"""The part of the practice page that listens: recordings -> words in the answer box.

Nothing here is graded: the words go into the box at the cursor, and the box alone is what is sent.
"""

import asyncio
import json
import os
import secrets
import shutil
import tempfile
import wave
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any
from weakref import WeakValueDictionary

import gradio as gr
import numpy as np

from coach.errors import CoachError, NothingHeard
from coach.faults import fault_text
from coach.interview import session as interview
from coach.schema import Lang, Recording, Session
from coach.speech.hands_free import GENEROUS_S, LONGEST_S, SHORTEST_S, Turn, at_16k, still_thinking
from coach.speech.recording import Take
from coach.speech.terms import terms_for
from coach.speech.transcribe import Progress, Transcriber, Transcript, listen
from coach.speech.voice_activity import RATE
from coach.ui.desk import PRIVATE, Desk, View, lang_of, person_of
from coach.ui.listen_views import choices, chosen, rewritten, said, sentences, status_html, takes_html, without
from coach.ui.stopping import Stoppable
from coach.ui.words import I18N
from coach.wiring import Coach

LOOK_S = 0.5
"""Seconds between two looks at what a transcriber is doing."""
CHUNK_S = 0.5
"""Seconds of sound that the hands-free microphone sends at once."""
LAST_S = 290.0
"""Seconds after which a hands-free recording ends in any case."""
EACH: dict[str, Any] = {"trigger_mode": "multiple"}
"""For events of which none may be left out because an earlier one still runs."""
_RUN = "(op) => { window.coachListen && window.coachListen(op); return []; }"


@dataclass
class Feed:
    """A hands-free recording that is going on: the turn, and the file it is streamed to."""

    turn: Turn
    path: Path
    out: wave.Wave_write
    over: bool = False
    closed: bool = False
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def open(cls, folder: Path, silence_s: float) -> "Feed":
        """A new one, in a file of its own."""
        folder.mkdir(parents=True, exist_ok=True)
        handle, path = tempfile.mkstemp(suffix=".wav", prefix="hands-free-", dir=folder)
        os.close(handle)
        out = wave.open(path, "wb")  # noqa: SIM115
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        return cls(Turn(silence_s=silence_s), Path(path), out)

    def hear(self, samples: Any, rate: int) -> None:
        """Take a piece of sound in; one that comes after the end is too late."""
        with self._lock:
            if self.closed:
                return
            self.out.writeframes(at_16k(samples, rate).astype("<i2").tobytes())
            self.over = self.turn.hear(samples, rate=rate) or self.over

    def close(self) -> Path:
        """The whole recording."""
        with self._lock:
            self.closed = True
            self.out.close()
        return self.path


def _forgotten(feed: Feed | None) -> None:
    """Remove what a closed page, or a recording that was never stopped, left behind."""
    if feed is not None:
        feed.close().unlink(missing_ok=True)


@dataclass(frozen=True)
class Listen:
    """The listening part of the page."""

    coach: Coach
    group: gr.Column
    mic: gr.Audio
    status: gr.HTML
    takes: gr.HTML
    repairs: gr.CheckboxGroup
    buttons: dict[str, gr.Button]
    op: gr.Textbox
    notice: gr.HTML
    outputs: list[Any] = field(default_factory=list)
    """Every part that a step may change."""

    def pending(self, session_id: str) -> tuple[Recording, ...]:
        """What was recorded for the answer in the box, to be stored with it; empty when it was only typed."""
        return self.coach.recordings.of_answer(session_id) if session_id else ()

    def clear(self, session_id: str) -> None:
        """The answer was stored: its recordings are not pending any more."""
        if session_id:
            self.coach.recordings.sent(session_id)

    def view(self, session_id: str, lang: Lang, *, told: str = "", kind: str = "", busy: bool = False) -> View:
        """The part as it stands for a session, to be merged into what a step shows.

        It leaves `op` alone: the page may not yet have done what the event before this one asked it to do.
        """
        takes = self.coach.recordings.pending(session_id) if session_id else ()
        rows, made = choices(takes)
        open_takes = bool(self.coach.recordings.open(session_id)) if session_id else False
        hears = not isinstance(self.coach.transcriber, CoachError)
        return {
            self.status: status_html(told, kind=kind, working=busy),
            self.takes: takes_html(takes, self.coach.settings.recordings_dir, lang),
            self.repairs: gr.update(choices=rows, value=made, visible=bool(rows)),
            self.buttons["none"]: gr.update(visible=len(made) > 1 and not busy),
            self.buttons["undo"]: gr.update(visible=bool(takes) and not busy),
            self.buttons["again"]: gr.update(visible=open_takes and hears and not busy),
            self.buttons["cancel"]: gr.update(visible=busy),
            self.notice: status_html(_where(self.coach.transcriber, lang)),
        }


def _where(transcriber: Transcriber | CoachError, lang: Lang) -> str:
    """What becomes of recordings."""
    if isinstance(transcriber, CoachError):
        return sentences(fault_text(transcriber, lang, transcribing=True), said("type", lang), lang=lang)
    return said("sent", lang, host=transcriber.host) if transcriber.host else said("here", lang)


def build_listen(desk: Desk, *, session_id: gr.BrowserState, box: gr.Textbox) -> Listen:
    """The listening part, to stand beside the answer box; its events are wired, its first view comes with the page."""
    coach = desk.coach
    coach.settings.recordings_dir.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(_streamed(coach), ignore_errors=True)  # what a crash left
    gr.set_static_paths([coach.settings.recordings_dir])
    with gr.Column(elem_id="listen") as group:
        mic = gr.Audio(
            sources=["microphone", "upload"],
            type="filepath",
            label=I18N("listen_mic"),
            editable=False,
            buttons=[],
            waveform_options=gr.WaveformOptions(sample_rate=RATE),
            elem_id="listen-mic",
        )
        gr.HTML(I18N("listen_notes"), elem_id="listen-notes")
        status = gr.HTML("", elem_id="listen-status")
        with gr.Row(elem_id="listen-steps"):
            names = ("cancel", "again", "undo")
            buttons = {
                name: gr.Button(
                    I18N(f"listen_{name}"), size="sm", visible=False, scale=0, min_width=120, elem_id=f"listen-{name}"
                )
                for name in names
            }
        takes = gr.HTML("", elem_id="listen-takes")
        repairs = gr.CheckboxGroup([], label=I18N("listen_repairs"), visible=False, elem_id="listen-repairs")
        buttons["none"] = gr.Button(
            I18N("listen_repairs_none"), size="sm", visible=False, scale=0, elem_id="listen-repairs-none"
        )
        free = _build_free()
        notice = gr.HTML("", elem_id="listen-notice")
        op = gr.Textbox("", visible="hidden", label="op", elem_id="listen-op")
    shown = [status, takes, repairs, *buttons.values(), op, notice]
    part = Listen(coach, group, mic, status, takes, repairs, buttons, op, notice, [mic, *shown])
    ears = Ears(part, free)

    desk.blocks.load(ears.on_load, inputs=[session_id], outputs=part.outputs, **PRIVATE)
    hearing: list[Any] = [
        trigger(ears.hearing.event(ears.on_recorded), inputs=[session_id, mic], outputs=part.outputs, **PRIVATE | EACH)
        for trigger in (mic.stop_recording, mic.upload)
    ]
    hearing.append(
        buttons["again"].click(ears.hearing.event(ears.on_again), inputs=[session_id], outputs=part.outputs, **PRIVATE)
    )
    steps = [
        buttons["undo"].click(ears.on_undo, inputs=[session_id, box], outputs=part.outputs, **PRIVATE),
        repairs.input(ears.on_repairs, inputs=[session_id, box, repairs], outputs=part.outputs, **PRIVATE),
        buttons["none"].click(ears.on_none, inputs=[session_id, box], outputs=part.outputs, **PRIVATE),
    ]
    hearing.append(_wire_free(ears, session_id=session_id))
    for event in (*hearing, *steps):
        event.then(None, inputs=[op], js=_RUN)
    stopped = ears.hearing.stops(buttons["cancel"], hearing)
    stopped.then(ears.on_cancel, inputs=[session_id], outputs=part.outputs, **PRIVATE | {"queue": False})
    return part


@dataclass(frozen=True)
class Free:
    """The hands-free part."""

    on: gr.Checkbox
    silence: gr.Slider
    hold: gr.Button
    mic: gr.Audio
    row: gr.Column
    feed: gr.State
    said: gr.HTML


def _build_free() -> Free:
    with gr.Accordion(I18N("listen_free"), open=False, elem_id="listen-free"):
        on = gr.Checkbox(False, label=I18N("listen_free_on"), elem_id="listen-free-on")
        with gr.Column(visible=False, elem_id="listen-free-row") as row:
            silence = gr.Slider(
                SHORTEST_S,
                LONGEST_S,
                value=GENEROUS_S,
                step=1,
                label=I18N("listen_free_silence"),
                elem_id="listen-free-silence",
            )
            mic = gr.Audio(
                sources=["microphone"],
                type="numpy",
                streaming=True,
                label=I18N("listen_free_mic"),
                buttons=[],
                elem_id="listen-free-mic",
            )
            said_line = gr.HTML("", elem_id="listen-free-status")
            hold = gr.Button(I18N("listen_free_hold"), size="sm", scale=0, elem_id="listen-free-hold")
    return Free(on, silence, hold, mic, row, gr.State(None, delete_callback=_forgotten), said_line)


def _wire_free(ears: "Ears", *, session_id: gr.BrowserState) -> Any:
    """Its events; the one in which the words are heard is given back."""
    free = ears.free
    free.on.change(lambda on: gr.update(visible=on), inputs=[free.on], outputs=[free.row], **PRIVATE | {"queue": False})
    free.mic.stream(
        ears.on_chunk,
        inputs=[free.feed, free.mic, free.silence],
        outputs=[free.feed, free.said],
        stream_every=CHUNK_S,
        time_limit=330,
        **PRIVATE,
    )
    free.hold.click(ears.on_hold, inputs=[free.feed], outputs=[free.feed, free.said], **PRIVATE | {"queue": False})
    free.mic.start_recording(
        ears.on_begin, inputs=[free.feed], outputs=[free.feed, free.said], **PRIVATE | EACH | {"queue": False}
    )
    return free.mic.stop_recording(
        ears.hearing.event(ears.on_turn),
        inputs=[session_id, free.feed],
        outputs=[free.feed, free.said, free.mic, *ears.part.outputs],
        **PRIVATE | EACH,
    )


@dataclass(frozen=True)
class Ears:
    """What happens when something is recorded, repaired or taken back."""

    part: Listen
    free: Free
    hearing: Stoppable = field(default_factory=Stoppable)
    """What puts sound into words."""
    lines: WeakValueDictionary[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """Of each session: its recordings become words one after the other, in the order in which they were made."""
    stops: WeakValueDictionary[str, Event] = field(default_factory=WeakValueDictionary)
    """Of each page: set when what runs there is to end. The browser's word ends only the last run of an event."""

    async def shown(self, sid: str, lang: Lang, **given: Any) -> View:
        """The part's view, read off the event loop."""
        return await asyncio.to_thread(self.part.view, sid, lang, **given)

    async def owned(self, sid: str, request: gr.Request) -> str:
        """The session, when it is that of who asks; else none."""
        if not sid:
            return ""
        try:
            await interview.load(self.part.coach.interview, sid, person=person_of(request))
        except CoachError:
            return ""
        return sid

    async def on_load(self, sid: str, request: gr.Request) -> View:
        sid = await self.owned(sid, request)
        return await self.shown(sid, lang_of(request))

    async def on_recorded(self, sid: str, path: str | None, request: gr.Request) -> AsyncIterator[View]:
        lang, stop = lang_of(request), self.stop(request)
        if not path:
            return
        try:
            sid = await self.owned(sid, request)
            yield {self.part.mic: None, self.part.status: status_html(said("checking", lang), working=True)}
            async with aclosing(self.taken(sid, Path(path), lang, stop)) as views:
                async for view in views:
                    yield view
        finally:
            _discard(Path(path))

    async def taken(self, sid: str, path: Path, lang: Lang, stop: Event) -> AsyncGenerator[View, None]:
        """A new recording, kept and put into words."""
        if not sid:
            yield await self.shown("", lang, told=said("no_session", lang), kind="bad")
            return
        made = Event()
        try:
            before = await interview.load(self.part.coach.interview, sid)
            take = await _unbroken(partial(self.part.coach.recordings.add, sid, path, made=made))
            async with aclosing(self.words_of(sid, take, before, lang, made=made, stop=stop)) as views:
                async for view in views:
                    yield view
        except CoachError as error:
            yield await self.shown(sid, lang, told=fault_text(error, lang, transcribing=True), kind="bad")
        finally:
            made.set()

    async def words_of(
        self, sid: str, take: Take, before: Session, lang: Lang, *, made: Event, stop: Event
    ) -> AsyncGenerator[View, None]:
        """A recording that is put into words, and they into the answer; whatever goes wrong, it is kept.

        `made` is set as soon as its words are there, or will not come; `stop` ends it all.
        """
        transcriber = self.part.coach.transcriber
        if isinstance(transcriber, CoachError):
            made.set()
            told = sentences(said("kept", lang), said("type", lang), lang=lang)
            yield await self.shown(sid, lang, told=told, kind="ok")
            return
        async with self.line(sid):
            try:
                try:
                    async with aclosing(self.heard(transcriber, sid, take, before, stop)) as found:
                        async for one in found:
                            if isinstance(one, Take):
                                take = one
                                continue
                            done = "" if one.done is None else f"{one.done:.0%}"
                            yield await self.shown(sid, lang, told=said(one.stage, lang, done=done), busy=True)
                    if take.transcript is None:
                        return
                    view = await self.added(sid, take, before, lang)
                finally:
                    made.set()
            except NothingHeard as error:
                view = await self.shown(sid, lang, told=fault_text(error, lang, transcribing=True), kind="bad")
            except CoachError as error:
                why = fault_text(error, lang, transcribing=True)
                told = sentences(why, said("kept", lang), said("type", lang), lang=lang)
                view = await self.shown(sid, lang, told=told, kind="bad")
            yield view

    async def heard(
        self, transcriber: Transcriber, sid: str, take: Take, state: Session, stop: Event
    ) -> AsyncGenerator[Progress | Take, None]:
        """What is being done with a recording, and at last the recording with its words; nothing once it is stopped."""
        coach = self.part.coach
        terms = await asyncio.to_thread(self.terms, state)
        path = coach.recordings.folder / sid / take.name
        async with aclosing(_watched(transcriber, path, state, terms, stop)) as found:
            async for one in found:
                if isinstance(one, Progress):
                    yield one
                    continue
                repairs = await asyncio.to_thread(coach.misheard.repairs, one.text, context=state.current.question)
                yield take.model_copy(update={"transcript": one, "repairs": repairs})

    def line(self, sid: str) -> asyncio.Lock:
        """Where the recordings of a session wait for each other."""
        return self.lines.setdefault(sid, asyncio.Lock())

    def stop(self, request: gr.Request) -> Event:
        """What is set when all that runs for this page now is to end."""
        return self.stops.setdefault(str(request.session_hash), Event())

    def terms(self, state: Session) -> tuple[str, ...]:
        """What the recogniser is told to expect."""
        coach = self.part.coach
        card = coach.interview.cards.get(state.current.card)
        return terms_for(card, coach.cards, coach.glossary, state.lang) if card is not None else ()

    async def added(self, sid: str, take: Take, before: Session, lang: Lang) -> View:
        """The view after the words went to the cursor; they do not when the interview went on meanwhile."""
        coach = self.part.coach
        now = await interview.load(coach.interview, sid)
        if _turn(now) != _turn(before):
            await asyncio.to_thread(coach.recordings.drop, sid, take.name)
            return await self.shown(sid, lang, told=said("moved", lang), kind="bad")
        take = await asyncio.to_thread(coach.recordings.change, sid, take)
        waits = still_thinking(take.text)
        view = await self.shown(sid, lang, told=said("thinking" if waits else "done", lang), kind="ok")
        return view | {self.part.op: _op("insert", take.text)}

    async def on_again(self, sid: str, request: gr.Request) -> AsyncIterator[View]:
        lang, stop = lang_of(request), self.stop(request)
        sid = await self.owned(sid, request)
        if not sid:
            return
        before, made = await interview.load(self.part.coach.interview, sid), Event()
        try:
            for take in self.part.coach.recordings.open(sid)[:1]:
                self.part.coach.recordings.make(sid, take, made)
                async with aclosing(self.words_of(sid, take, before, lang, made=made, stop=stop)) as views:
                    async for view in views:
                        yield view
        finally:
            made.set()

    async def on_undo(self, sid: str, answer: str, request: gr.Request) -> View:
        lang = lang_of(request)
        sid = await self.owned(sid, request)
        takes = await asyncio.to_thread(self.part.coach.recordings.pending, sid) if sid else ()
        if not takes:
            return await self.shown(sid, lang)
        last = takes[-1]
        await asyncio.to_thread(self.part.coach.recordings.drop, sid, last.name)
        left = without(answer, last.text)
        told = "taken_back" if left is not None or not last.text else "edited"
        view = await self.shown(sid, lang, told=said(told, lang))
        return view | ({self.part.op: _op("set", left)} if left is not None else {})

    async def on_repairs(self, sid: str, answer: str, made: list[str], request: gr.Request) -> View:
        return await self.remade(await self.owned(sid, request), answer, made, lang_of(request))

    async def on_none(self, sid: str, answer: str, request: gr.Request) -> View:
        return await self.remade(await self.owned(sid, request), answer, [], lang_of(request))

    async def remade(self, sid: str, answer: str, made: Sequence[str], lang: Lang) -> View:
        """The view after exactly these repairs are made, in the recordings and in the answer."""
        recordings = self.part.coach.recordings
        text, lost = answer, False
        for take in await asyncio.to_thread(recordings.pending, sid) if sid else ():
            after = chosen(take, made)
            changed = rewritten(text, take, after)
            if changed is None:
                lost = True
                continue
            text = changed
            if after != take:
                await asyncio.to_thread(recordings.change, sid, after)
        view = await self.shown(sid, lang, told=said("repair_edited", lang) if lost else "", kind="bad" * lost)
        return view | ({self.part.op: _op("set", text)} if text != answer else {})

    async def on_cancel(self, sid: str, request: gr.Request) -> View:
        lang = lang_of(request)
        stop = self.stops.pop(str(request.session_hash), None)
        if stop is not None:
            stop.set()
        await self.hearing.over(request)
        return await self.shown(await self.owned(sid, request), lang, told=said("stopped", lang))

    async def on_chunk(
        self, feed: Feed | None, sound: tuple[int, Any] | None, silence_s: float, request: gr.Request
    ) -> tuple[Feed | None, str]:
        """A piece of sound was heard; the page presses stop when the status says that the turn is over."""
        lang = lang_of(request)
        if feed is not None and feed.closed:
            feed = None
        if sound is None or (feed is not None and feed.over):
            return feed, status_html("…", kind="over") if feed is not None else ""
        if feed is None:
            feed = await asyncio.to_thread(Feed.open, _streamed(self.part.coach), silence_s)
        await asyncio.to_thread(feed.hear, np.asarray(sound[1], dtype=np.int16), sound[0])
        if feed.closed:
            return None, ""
        over = feed.over or feed.turn.seconds > LAST_S
        return feed, status_html(_turn_text(feed.turn, lang), kind="over" if over else "")

    async def on_hold(self, feed: Feed | None, request: gr.Request) -> tuple[Feed | None, str]:
        lang = lang_of(request)
        if feed is not None:
            feed.turn.hold()
        return feed, status_html(said("held", lang))

    async def on_begin(self, feed: Feed | None) -> tuple[None, str]:
        """A new recording begins with nothing of the one before, however that one ended."""
        await asyncio.to_thread(_forgotten, feed)
        return None, ""

    async def on_turn(self, sid: str, feed: Feed | None, request: gr.Request) -> AsyncIterator[View]:
        lang, stop = lang_of(request), self.stop(request)
        if feed is None:
            return
        path = feed.close()
        try:
            sid = await self.owned(sid, request)
            checking = status_html(said("checking", lang), working=True)
            yield {self.free.feed: None, self.free.said: "", self.free.mic: None, self.part.status: checking}
            async with aclosing(self.taken(sid, path, lang, stop)) as views:
                async for view in views:
                    yield view
        finally:
            path.unlink(missing_ok=True)


async def _unbroken(work: Callable[[], Take]) -> Take:
    """What this gives in a thread; whoever is cancelled meanwhile waits for its end, as its files go after that."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    finally:
        await asyncio.wait([task])


def _streamed(coach: Coach) -> Path:
    """Where hands-free recordings are streamed to."""
    return coach.settings.page_dir / "hands-free"


def _turn_text(turn: Turn, lang: Lang) -> str:
    if turn.left_s is None:
        return said("waiting", lang)
    if turn.silent_s < 1:
        return said("hearing", lang)
    return said("held", lang) if turn.hold_s else said("ending", lang, left=f"{turn.left_s:.0f}")


async def _watched(
    transcriber: Transcriber, path: Path, state: Session, terms: Sequence[str], stop: Event
) -> AsyncGenerator[Progress | Transcript, None]:
    """What the transcriber is doing, whenever that changes, and at last its transcript; none once it is stopped.

    Whoever stops listening stops the work.
    """
    progress_of = getattr(transcriber, "progress_of", lambda _: Progress("transcribing"))
    task = asyncio.ensure_future(listen(transcriber, path, lang=state.lang, terms=terms))
    shown: Progress | None = None
    try:
        while not task.done():
            if stop.is_set():
                return
            now = progress_of(path)
            if now != shown:
                shown = now
                yield now
            await asyncio.wait([task], timeout=LOOK_S)
        yield await task
    finally:
        task.cancel()


def _turn(state: Session) -> tuple[int, int, int]:
    """Which answer is being given."""
    return len(state.rounds), len(state.current.answers), len(state.current.attempts)


def _op(what: str, text: str) -> str:
    """What the page is to do to the answer box."""
    return json.dumps({"id": secrets.token_hex(4), "op": what, "text": text})


def _discard(path: Path) -> None:
    """Remove an upload: it is kept as a recording, or not at all."""
    path.unlink(missing_ok=True)
    try:
        path.parent.rmdir()
    except OSError:
        return
