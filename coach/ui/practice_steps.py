"""What happens on the practice page when something is pressed, sent or due. Every step is one of the interview's."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import gradio as gr

from coach.errors import CoachError, CodeNotRun, Conflict, UnknownSession
from coach.faults import fault_text
from coach.interview import session as interview
from coach.interview.clock import time_up
from coach.interview.follow import Show
from coach.interview.material_text import MAX_CHARS
from coach.schema import Recording, Session, State
from coach.ui.desk import View, lang_of, person_of
from coach.ui.practice_view import Page, status_line
from coach.ui.render import clock_html, defuse, notice_html
from coach.ui.room import first_code, handed_in, new_code, run_markdown, taken_apart, visible_checks
from coach.ui.stopping import Handler, Stoppable
from coach.ui.streaming import spoken
from coach.ui.words.practice import SAID, STATUS
from coach.wiring import Coach

PATIENCE_S = 0.3
"""Work that takes longer than this is told of."""

_log = logging.getLogger(__name__)
Step = Callable[[Session, Show], Awaitable[Session]]


@dataclass(frozen=True)
class Steps:
    """The handlers of the page's events."""

    page: Page
    going: Stoppable = field(default_factory=Stoppable)
    """What the stop button stops."""

    @property
    def coach(self) -> Coach:
        """The live parts."""
        return self.page.coach

    @property
    def parts(self) -> interview.Interview:
        """What the interview needs."""
        return self.page.coach.interview

    async def loaded(self, sid: str, request: gr.Request) -> Session:
        """The session, of whoever asks. Raises UnknownSession."""
        return await interview.load(self.parts, sid, person=person_of(request))

    async def current(self, sid: str, request: gr.Request, *, told: str | CoachError = "") -> View:
        """The page as the session stands, with what is to be told, an error in the session's language."""
        try:
            state = await self.loaded(sid, request)
        except UnknownSession:
            return self.page.view(None, told=STATUS["lost"][lang_of(request)])
        except CoachError as error:
            return self.refused(error, request)
        return self.page.view(state, told=told if isinstance(told, str) else fault_text(told, state.lang))

    def refused(self, error: CoachError, request: gr.Request) -> View:
        """Only the line that says what went wrong."""
        return {self.page.status: status_line(fault_text(error, lang_of(request)))}

    async def act(
        self, sid: str, seq: int, request: gr.Request, step: Step, *, clears: bool = False
    ) -> AsyncIterator[View]:
        """One step and what it owes; whatever goes wrong is said, and the text stays in the box.

        Where a step `clears` the box, that is shown as soon as its text is stored and never again: the last view of an
        event reaches the page twice, and by then the person may be typing.
        """
        page = self.page
        try:
            before = await self.loaded(sid, request)
            if before.next_seq != seq:
                yield page.view(before, told=STATUS["moved"][before.lang])
                return
            state = before
            async for found in self.watched(before, step):
                if isinstance(found, Session):
                    state = found
                else:
                    yield found
            if clears:
                grading = page.working_on(state) if state.phase == "grading" else {}
                yield grading | {page.room.box: ""}
            async for found in self.watched(state, self.owed, after_s=None if clears else PATIENCE_S):
                if isinstance(found, Session):
                    state = found
                else:
                    yield found
            anew = _anew(before, state)
            code = first_code(page.card(state), state, "") if anew else None
            if interview.owes_critique(self.parts, state):
                yield page.view(state, code=code, told=STATUS["critique"][state.lang])
                closed = await self.criticised(state, request)
                if closed is None:
                    return  # the person went on meanwhile, and that step shows the page
                state = closed
            yield page.view(state, code=code) | (page.panel.closed() if anew else {})
        except CoachError as error:
            _log.info("step refused: %s", type(error).__name__)
            yield await self.current(sid, request, told=error)

    async def criticised(self, graded: Session, request: gr.Request) -> Session | None:
        """The session with the critique it owes; None when the person went on meanwhile.

        Who only objects to the grade while the critique is written still gets it.
        """
        try:
            return await interview.advance(self.parts, graded)
        except Conflict:
            now = await self.loaded(graded.id, request)
            if _anew(graded, now) or not interview.owes_critique(self.parts, now):
                return None
            return await interview.advance(self.parts, now)

    async def watched(
        self, before: Session, step: Step, *, after_s: float | None = PATIENCE_S
    ) -> AsyncIterator[View | Session]:
        """What the page shows while a step is taken, which is told of after so long, and at last the session."""
        async for found in spoken(lambda show: step(before, show), after_s=after_s):
            if isinstance(found, Session):
                yield found
            else:
                yield self.page.said_so_far(before, found) if found else self.page.working_on(before)

    async def owed(self, state: Session, show: Show) -> Session:
        """The session after what the interviewer owes, but for the critique."""
        return await interview.advance(self.parts, state, critique=False, show=show)

    def pressed(self, step: Callable[[interview.Interview, Session], Awaitable[Session]]) -> Handler:
        """The handler of a button that takes this step."""

        async def take(state: Session, _: Show) -> Session:
            return await step(self.parts, state)

        return self._handler(take)

    def passing(self, step: Callable[[interview.Interview, Session], Awaitable[Session]]) -> Handler:
        """The handler of a button that leaves the question."""

        async def take(state: Session, _: Show, __: tuple[Recording, ...]) -> Session:
            return await step(self.parts, state)

        async def handler(sid: str, seq: int, request: gr.Request) -> AsyncIterator[View]:
            async for shown in self.leaving(sid, seq, request, take):
                yield shown

        return handler

    def saying(self, name: str) -> Handler:
        """The handler of a button that says something for the person."""

        async def say(state: Session, show: Show) -> Session:
            return await interview.hear(self.parts, state, SAID[name][state.lang], show=show)

        return self._handler(say)

    def _handler(self, step: Step) -> Handler:
        async def handler(sid: str, seq: int, request: gr.Request) -> AsyncIterator[View]:
            async for shown in self.act(sid, seq, request, step):
                yield shown

        return handler

    async def on_start(self, request: gr.Request, *values: Any) -> View:
        try:
            plan = self.page.setup.plan(values)
            state = await interview.start(self.parts, plan, person=person_of(request))
            return self.page.begun(state, draft="", code=first_code(self.page.card(state), state, ""))
        except CoachError as error:
            return self.page.view(None, told=fault_text(error, lang_of(request)))

    async def on_bring(self, file: str, request: gr.Request) -> View:
        field = self.page.setup.fields["material"]
        try:
            text = await asyncio.to_thread(self.coach.read_material, Path(file))
        except CoachError as error:
            return self.refused(error, request)
        told = STATUS["material"][lang_of(request)] if len(text) > MAX_CHARS else ""
        return {field: text[:MAX_CHARS], self.page.status: status_line(told)}

    async def on_load(self, sid: str, request: gr.Request) -> View:
        lang, setup = lang_of(request), self.page.setup
        shown = {self.page.notice: notice_html(self.coach.notice(), lang), **setup.choices(self.coach.cards, lang)}
        shown |= {setup.fields["lang"]: lang} if lang != "en" else {}
        empty = "" if self.coach.cards else STATUS["empty"][lang]
        if not sid:
            # Nothing of the room: whoever was quick has pressed Start by now.
            return {**shown, **({self.page.status: status_line(empty)} if empty else {})}
        try:
            return {**shown, **await self.resumed(sid, request)}
        except UnknownSession:
            return {
                **shown,
                self.page.session_id: "",
                **self.page.begun(None, draft="", told=empty or STATUS["lost"][lang]),
            }
        except CoachError as error:
            return {**shown, **self.page.begun(None, told=fault_text(error, lang))}

    async def on_owed(self, sid: str, seq: int, request: gr.Request) -> AsyncIterator[View]:
        """What an interview that was found again still owes: a grade, a follow-up, a critique."""
        try:
            state = await self.loaded(sid, request) if sid else None
        except CoachError:
            return  # the page says so already
        if state is None or not interview.owes(self.parts, state):
            return

        async def nothing(found: Session, _: Show) -> Session:
            return found

        async for shown in self.act(sid, seq, request, nothing):
            yield shown

    async def resumed(self, sid: str, request: gr.Request) -> View:
        """The page on which an interview is found again, with what was being written. Raises CoachError."""
        state = await self.loaded(sid, request)
        draft = await asyncio.to_thread(self.coach.store.draft, sid, state.next_seq)
        told = STATUS["resumed"][state.lang] if state.phase != "ended" else ""
        card = self.page.card(state)
        words = taken_apart(draft)[0] if card is not None and card.coding is not None else draft
        return self.page.begun(state, draft=words, code=first_code(card, state, draft), told=told, fresh=False)

    def on_fresh(self) -> View:
        return {self.page.session_id: "", **self.page.begun(None, draft="")}

    async def on_send(self, sid: str, seq: int, text: str, code: str, request: gr.Request) -> AsyncIterator[View]:
        async def hear(state: Session, said: str, show: Show, **how: Any) -> Session:
            return await interview.hear(self.parts, state, said, show=show, **how)

        async for shown in self.handing_in(sid, seq, text, code, request, hear):
            yield shown

    async def handing_in(
        self, sid: str, seq: int, text: str, code: str, request: gr.Request, take: Callable[..., Awaitable[Session]]
    ) -> AsyncIterator[View]:
        """A step that takes what is in the box and in the editor, with what was recorded of it."""

        async def step(state: Session, show: Show, recorded: tuple[Recording, ...]) -> Session:
            added = new_code(self.page.card(state), state.current, code or "")
            source = "code" if added else "spoken" if recorded else "typed"
            return await take(state, handed_in(text or "", added), show, source=source, recordings=recorded)

        async for shown in self.leaving(sid, seq, request, step, clears=True):
            yield shown

    async def leaving(
        self,
        sid: str,
        seq: int,
        request: gr.Request,
        take: Callable[[Session, Show, tuple[Recording, ...]], Awaitable[Session]],
        *,
        clears: bool = False,
    ) -> AsyncIterator[View]:
        """A step after which what was recorded, which it is given, is not the next answer's."""
        listening, left = self.page.room.listening, list[int]()

        async def step(state: Session, show: Show) -> Session:
            recorded = await asyncio.to_thread(listening.pending, sid)
            after = await take(state, show, recorded)
            if recorded:
                await asyncio.to_thread(listening.clear, sid)
                left.append(after.next_seq)
            return after

        async for shown in self.act(sid, seq, request, step, clears=clears):
            yield shown | {self.page.room.heard: str(left[0])} if left else shown

    async def on_heard(self, sid: str, request: gr.Request) -> View:
        await self.loaded(sid, request)
        return await asyncio.to_thread(self.page.room.listening.view, sid, lang_of(request))

    async def on_rate(self, sid: str, seq: int, value: float | None, request: gr.Request) -> AsyncIterator[View]:
        async def step(state: Session, _: Show) -> Session:
            return await interview.rate(self.parts, state, int(value or 0))

        async for shown in self.act(sid, seq, request, step):
            yield shown | {self.page.panel.rating: None}

    async def on_object(self, sid: str, request: gr.Request) -> View:
        try:
            return self.page.panel.objection(self.parts, await self.loaded(sid, request))
        except CoachError as error:
            return self.refused(error, request)

    async def on_wrong(
        self, sid: str, seq: int, point: str | None, deserved: str | None, why: str, request: gr.Request
    ) -> View:
        page = self.page
        try:
            state = await self.loaded(sid, request)
            if state.next_seq != seq:
                return page.view(state, told=STATUS["moved"][state.lang])
            state = await interview.dispute(
                self.parts,
                state,
                question=len(state.rounds) - 1,
                criterion=point or "",
                state=cast(State, deserved or "not_graded"),
                reason=why or "",
            )
            return page.view(state, told=STATUS["kept"][state.lang]) | {page.panel.wrong: gr.update(open=False)}
        except CoachError as error:
            return await self.current(sid, request, told=error)

    async def on_tick(self, sid: str, seq: int, text: str, code: str, request: gr.Request) -> AsyncIterator[View]:
        try:
            state = await self.loaded(sid, request)
            if state.next_seq != seq or time_up(state, self.parts.now()) is None:
                yield {self.page.room.clock: clock_html(state, self.parts.now())}
                return
        except CoachError as error:
            yield await self.current(sid, request, told=error)
            return

        async def cut(state: Session, said: str, _: Show, **how: Any) -> Session:
            return await interview.cut_short(self.parts, state, said, **how)

        async for shown in self.handing_in(sid, seq, text, code, request, cut):
            yield shown

    async def on_stop(self, sid: str, request: gr.Request) -> View:
        await self.going.over(request)
        return await self.current(sid, request, told=STATUS["stopped"][lang_of(request)])

    async def on_run(self, sid: str, code: str, request: gr.Request) -> AsyncIterator[View]:
        tests = self.page.room.tests
        try:
            state = await self.loaded(sid, request)
            card = self.page.card(state)
            task = visible_checks(card) if card is not None else None
            if task is None:
                return
            yield {tests: f"*{STATUS['running'][state.lang]}*"}
            run = await self.coach.sandbox.run(task, code or "")
            if not _anew(state, await self.loaded(sid, request)):
                yield {tests: run_markdown(run, state.lang)}
        except CodeNotRun as error:
            yield {tests: defuse(fault_text(error, lang_of(request)))}
        except CoachError as error:
            yield self.refused(error, request)

    async def on_draft(self, sid: str, seq: int, text: str, code: str, request: gr.Request) -> None:
        if not sid or not seq:
            return
        draft = text
        if code or person_of(request):
            state = await self.loaded(sid, request)
            draft = handed_in(text, new_code(self.page.card(state), state.current, code or ""))
        await asyncio.to_thread(self.coach.store.save_draft, sid, seq, draft)


def _anew(before: Session, after: Session) -> bool:
    """Whether another question, or the same one again, is open now."""
    if not after.rounds or len(before.rounds) != len(after.rounds):
        return True
    return len(before.current.attempts) != len(after.current.attempts)
