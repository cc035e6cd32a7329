"""The evals page: start a suite and watch it, see what came of a run, read its wrong verdicts, compare two runs."""

import asyncio
import html
import importlib.util
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import gradio as gr

from coach.errors import CoachError
from coach.faults import fault_text
from coach.schema import Card, Lang
from coach.ui import evals_reading as reading
from coach.ui import evals_views as views
from coach.ui.desk import PRIVATE, Desk, View, lang_of
from coach.ui.evals_parts import JUDGES, Bench, Room, make_bench, make_room, named
from coach.ui.evals_run import Job, OneRun
from coach.ui.words import I18N
from coach.wiring import Coach

GROWING_S = 15.0
"""A run of another process that was written to more recently is taken to go on."""
FIRST = ("smoke", "grading", "robustness", "bilingual", "breadth", "retrieval", "interviewer")


def data_folder(package: str = "evals") -> Path | None:
    """Where the evals and their data are installed; None where they are not."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    return folder if (folder / "suites").is_dir() and (folder / "transcripts").is_dir() else None


def suite_names(folder: Path) -> tuple[str, ...]:
    """The suites to choose from, the known ones first; nothing is read but the folder."""
    there = {path.stem for path in (folder / "suites").glob("*.yaml")} | {"retrieval", "interviewer"}
    return (*(name for name in FIRST if name in there), *sorted(there.difference(FIRST)))


def build(desk: Desk) -> None:
    """The content of the page, inside the page that `shell` opened."""
    folder = data_folder()
    intro = gr.HTML("", elem_id="evals-intro")
    if folder is None:
        desk.blocks.load(_missing, outputs=[intro], **PRIVATE)
        return
    run = OneRun(desk.coach.settings.data_dir, content=desk.coach.settings.content_dir)
    started = gr.State("")
    bench = make_bench(suite_names(folder))
    room = make_room()
    _wire(desk, _Page(desk.coach, run, intro, started, bench, room))


def _missing(request: gr.Request) -> str:
    return views.notice(lang_of(request), "missing", tone="part")


class _Page:
    """What the handlers share: the parts of the page, and the run that is under way."""

    def __init__(self, coach: Coach, run: OneRun, intro: gr.HTML, started: gr.State, bench: Bench, room: Room) -> None:
        self.coach, self.run, self.intro, self.started, self.bench, self.room = coach, run, intro, started, bench, room

    @property
    def cards(self) -> dict[str, Card]:
        """The bank as it is now, by id."""
        return {card.id: card for card in self.coach.cards}

    def watched(self, lang: Lang) -> View:
        """How far the run under way is."""
        status = self.run.look()
        running = status is not None and status.state == "running"
        return {
            self.bench.progress: views.progress_html(status, lang),
            self.bench.start: gr.update(visible=not running),
            self.bench.cancel: gr.update(visible=running),
            self.bench.ticker: gr.Timer(active=running),
        }

    def about(self, suite: str, judge: str, lang: Lang) -> View:
        """What is said of a suite before it is started."""
        from evals import board

        try:
            offer = next((one for one in board.offers() if one.id == suite), None)
        except CoachError as error:
            return self._damaged(error, lang)
        if offer is None:
            return {self.bench.about: ""}
        judges = offer.judges
        if judges and judge not in judges:
            judge = judges[0]
        past, _ = board.past_runs(self.run.runs)
        embedder = self.coach.settings.embedder
        told = views.about(offer, past, lang, judge=judge if judges else "", embedder=embedder)
        return {
            self.bench.about: told,
            self.bench.judge: gr.update(
                visible=len(judges) > 1, value=judge if judges else "offline", choices=self._judges(judges)
            ),
        }

    def _judges(self, judges: tuple[str, ...]) -> list[tuple[Any, str]]:
        return [named("evals_judge", name) for name in judges or JUDGES]

    def _damaged(self, error: CoachError, lang: Lang) -> View:
        lines = f"<pre>{html.escape(str(error))}</pre><p>{views.say(lang, 'damaged_do')}</p>"
        return {self.bench.about: views.notice(lang, "damaged", tone="bad", more=lines)}

    def listed(self, lang: Lang, *, wanted: str | None, fresh: bool = True) -> tuple[View, str]:
        """The lists of runs, and which one is looked at: the wanted one, else the newest."""
        from evals import board

        past, damaged = board.past_runs(self.run.runs)
        names = [one.name for one in past]
        looked = wanted if wanted in names else next(iter(names), "")
        every = [(views.run_label(one, lang), one.name) for one in past]
        graded = [one for one in past if one.graded and one.done]
        choices = [(views.run_label(one, lang), one.name) for one in graded]
        told = views.say(lang, "damaged_runs", names=("、" if lang == "zh" else ", ").join(damaged)) if damaged else ""
        shown: View = {
            self.room.runs: gr.update(choices=every, value=looked or None),
            self.room.told: f'<p class="ev-small">{told}</p>' if told else "",
            self.room.first: gr.update(choices=choices),
            self.room.second: gr.update(choices=choices),
        }
        pair = next(
            (
                (old.name, new.name)
                for new in graded
                for old in graded
                if old.started < new.started and _alike(old, new)
            ),
            None,
        )
        if fresh and pair is not None:
            shown[self.room.first] = gr.update(choices=choices, value=pair[0])
            shown[self.room.second] = gr.update(choices=choices, value=pair[1])
        return shown, looked

    def looked(self, name: str | None, lang: Lang) -> View:
        """Everything about the run that is looked at."""
        from evals import findings

        room = self.room
        shown: View = {room.resume: gr.update(visible=False), room.report: gr.update(visible=False)}
        shown[room.download] = gr.update(visible=False, value=None)
        shown |= {room.results: "", room.wrong: "", room.at: 0}
        shown |= {one: gr.update(visible=False) for one in (room.earlier, room.later)}
        if not name:
            shown[room.results] = views.notice(lang, "no_runs")
            shown[room.part] = gr.update(visible=False)
            return shown
        try:
            seen = findings.seen(self._folder(name))
            shown[room.report] = gr.update(visible=seen.past.graded and bool(seen.parts))
            shown[room.resume] = gr.update(visible=seen.past.resumes)
            first = seen.first if seen.first in seen.parts else next(iter(seen.parts), "all")
            shown[room.part] = gr.update(visible=len(seen.parts) > 1, value=first)
            shown[room.results] = views.results_html(seen, first, self.cards, lang)
            shown |= self.wrong(name, "calibrate", "", "", 0, lang)
            shown |= {room.split: gr.update(value="calibrate", visible=seen.past.suite != "interviewer")}
            shown |= {room.mistake: gr.update(value="", visible=seen.past.graded)}
            choices = self._cards_of(name) if seen.past.graded else []
            shown[room.card] = gr.update(
                choices=[(I18N("evals_any"), ""), *choices], value="", visible=seen.past.graded
            )
        except CoachError as error:
            shown[room.results] = _fault(error, lang)
        return shown

    def _folder(self, name: str) -> Path:
        """Of a run by its name; a name that is none of the list is no path of the visitor's choosing."""
        return self.run.runs / Path(name).name

    def _cards_of(self, name: str) -> list[tuple[str, str]]:
        from evals import findings

        return [(one, one) for one in sorted({answer.card for answer in findings.wrong_answers(self._folder(name))})]

    def part(self, name: str | None, part: str, lang: Lang) -> View:
        """The results of another part of the run."""
        from evals import findings

        if not name:
            return {self.room.results: views.notice(lang, "pick")}
        try:
            return {self.room.results: views.results_html(findings.seen(self._folder(name)), part, self.cards, lang)}
        except CoachError as error:
            return {self.room.results: _fault(error, lang)}

    def wrong(self, name: str | None, split: str, card: str, mistake: str, at: int, lang: Lang) -> View:
        """Wrong verdicts of a run, from the `at`th answer on."""
        from evals import board, findings

        room = self.room
        if not name:
            return {room.wrong: views.notice(lang, "pick")}
        try:
            past = board.past_run(self._folder(name))
            if not past.graded:
                found = reading.misses_html(past, findings.misses(self._folder(name)), lang, split=split)
                return {room.wrong: found, room.at: 0}
            every = reading.chosen(
                findings.wrong_answers(self._folder(name)), split=split, card=card or "", mistake=mistake or ""
            )
        except CoachError as error:
            return {room.wrong: _fault(error, lang)}
        at = max(0, min(at, len(every) - 1)) // reading.EACH_PAGE * reading.EACH_PAGE
        return {
            room.wrong: reading.wrong_html(every, self.cards, lang, split=split, at=at, mistake=mistake or ""),
            room.at: at,
            room.earlier: gr.update(visible=at > 0),
            room.later: gr.update(visible=at + reading.EACH_PAGE < len(every)),
        }

    def begin(self, suite: str, judge: str, lang: Lang) -> tuple[View, str]:
        """A suite started, unless one is under way; and the name of its run."""
        from evals import board

        try:
            offer = next((one for one in board.offers() if one.id == suite), None)
        except CoachError as error:
            return self._damaged(error, lang), ""
        if offer is None:
            return {}, ""
        judge = "" if not offer.judges else judge if judge in offer.judges else offer.judges[0]
        name = board.new_name(self.run.runs, suite, judge)
        return self._launched(Job(suite, judge, name, offer.samples, offer.seconds), lang)

    def again(self, name: str | None, lang: Lang) -> tuple[View, str]:
        """A run gone on with, unless one is under way or another process is at it."""
        from evals import board

        if not name:
            return {}, ""
        folder = self._folder(name)
        try:
            past = board.past_run(folder)
        except CoachError as error:
            return {self.room.told: _fault(error, lang)}, ""
        if not past.resumes:
            return {self.room.told: ""}, ""
        status = self.run.look()
        mine = status is not None and status.job.name == name
        if not mine and time.time() - (folder / "results.jsonl").stat().st_mtime < GROWING_S:
            return {self.room.told: views.notice(lang, "elsewhere", tone="part")}, ""
        seconds = board.guess_s(past.suite, past.total)
        judge = past.judge if past.graded else ""
        return self._launched(Job(past.suite, judge, name, past.total, seconds, past.repeats), lang)

    def _launched(self, job: Job, lang: Lang) -> tuple[View, str]:
        started = self.run.start(job)
        told = "" if started else views.notice(lang, "busy", tone="part")
        return {self.room.told: told, **self.watched(lang)}, job.name if started else ""

    def report(self, name: str | None, lang: Lang) -> View:
        """The report of a run, written into the page's own folder and offered as a file to keep."""
        from evals import findings

        room = self.room
        if not name:
            return {room.told: views.notice(lang, "pick")}
        folder = self._folder(name)
        target = self.coach.settings.page_dir / "evals" / folder.name / f"{folder.name}.html"
        try:
            findings.report_file(folder, self.coach.cards, to=target)
        except CoachError as error:
            return {room.told: _fault(error, lang)}
        return {
            room.report: gr.update(visible=False),
            room.download: gr.update(visible=True, value=str(target)),
            room.told: views.notice(lang, "report_ready", tone="ok"),
        }

    def compared(self, first: str | None, second: str | None, lang: Lang) -> View:
        """What changed from one run to another."""
        from evals import findings

        if not first or not second or first == second:
            return {self.room.comparison: views.notice(lang, "compare_pick", tone="part")}
        try:
            got = findings.compared(self._folder(first), self._folder(second))
        except CoachError as error:
            return {self.room.comparison: _fault(error, lang)}
        return {self.room.comparison: reading.comparison_html(got, (first, second), lang)}


def _alike(one: Any, other: Any) -> bool:
    return (one.suite, one.judge) == (other.suite, other.judge)


def _fault(error: CoachError, lang: Lang) -> str:
    return f'<div class="ev-note bad"><p>{html.escape(fault_text(error, lang))}</p></div>'


def _wire(desk: Desk, page: _Page) -> None:
    bench, room = page.bench, page.room
    watching = [bench.progress, bench.start, bench.cancel, bench.ticker]
    looking = [
        room.resume, room.report, room.download, room.part, room.results, room.split, room.card, room.mistake,
        room.wrong, room.at, room.earlier, room.later,
    ]  # fmt: skip
    lists = [room.runs, room.told, room.first, room.second]

    async def on_load(request: gr.Request) -> AsyncIterator[View]:
        lang = lang_of(request)
        yield {page.intro: f"<p>{views.say(lang, 'intro')}</p>", **page.watched(lang)}
        yield await asyncio.to_thread(page.about, str(bench.suite.value), "offline", lang)
        shown, name = await asyncio.to_thread(page.listed, lang, wanted=None)
        yield {**shown, **await asyncio.to_thread(page.looked, name, lang)}

    async def on_suite(suite: str, judge: str, request: gr.Request) -> View:
        return await asyncio.to_thread(page.about, suite, judge, lang_of(request))

    async def on_start(suite: str, judge: str, request: gr.Request) -> View:
        shown, name = await asyncio.to_thread(page.begin, suite, judge, lang_of(request))
        return {**shown, page.started: name}

    async def on_resume(name: str | None, request: gr.Request) -> View:
        shown, going = await asyncio.to_thread(page.again, name, lang_of(request))
        return {**shown, page.started: going, **({room.resume: gr.update(visible=False)} if going else {})}

    async def on_tick(name: str | None, mine: str, request: gr.Request) -> View:
        lang = lang_of(request)
        status = await asyncio.to_thread(page.run.look)
        if status is not None and status.state == "running":
            return {bench.progress: views.progress_html(status, lang)}
        return await ended(name, mine, lang)

    async def on_cancel(name: str | None, mine: str, request: gr.Request) -> View:
        await asyncio.to_thread(page.run.cancel)
        return await ended(name, mine, lang_of(request))

    async def ended(name: str | None, mine: str, lang: Lang) -> View:
        """The page once the run has ended: whoever started it sees its results, others stay where they are."""
        status = await asyncio.to_thread(page.run.look)
        ran = status.job.name if status is not None else ""
        own = bool(ran) and mine == ran
        shown, looked = await asyncio.to_thread(page.listed, lang, wanted=ran if own else name, fresh=own)
        shown = {**shown, **page.watched(lang)}
        if own or looked != name or looked == ran:
            shown |= await asyncio.to_thread(page.looked, looked, lang)
        return shown

    async def on_run(name: str | None, request: gr.Request) -> AsyncIterator[View]:
        lang = lang_of(request)
        yield {room.told: "", room.wrong: "", room.results: views.notice(lang, "reading")}
        yield await asyncio.to_thread(page.looked, name, lang)

    async def on_part(name: str | None, part: str, request: gr.Request) -> View:
        return await asyncio.to_thread(page.part, name, part, lang_of(request))

    async def on_wrong(name: str | None, split: str, card: str, mistake: str, request: gr.Request) -> View:
        return await asyncio.to_thread(page.wrong, name, split, card, mistake, 0, lang_of(request))

    async def on_turn(
        name: str | None, split: str, card: str, mistake: str, at: int, step: int, request: gr.Request
    ) -> View:
        return await asyncio.to_thread(page.wrong, name, split, card, mistake, at + step, lang_of(request))

    async def on_earlier(name: str | None, split: str, card: str, mistake: str, at: int, request: gr.Request) -> View:
        return await on_turn(name, split, card, mistake, at, -reading.EACH_PAGE, request)

    async def on_later(name: str | None, split: str, card: str, mistake: str, at: int, request: gr.Request) -> View:
        return await on_turn(name, split, card, mistake, at, reading.EACH_PAGE, request)

    async def on_report(name: str | None, request: gr.Request) -> View:
        return await asyncio.to_thread(page.report, name, lang_of(request))

    async def on_compare(first: str | None, second: str | None, request: gr.Request) -> AsyncIterator[View]:
        lang = lang_of(request)
        yield {room.comparison: views.notice(lang, "reading")}
        yield await asyncio.to_thread(page.compared, first, second, lang)

    shown = [page.intro, bench.about, bench.judge, *watching, *lists, *looking]
    desk.blocks.load(on_load, outputs=shown, **PRIVATE)
    last: dict[str, Any] = {"trigger_mode": "always_last", **PRIVATE}
    for trigger in (bench.suite.input, bench.judge.input):
        trigger(on_suite, inputs=[bench.suite, bench.judge], outputs=[bench.about, bench.judge], **last)
    going = [page.started, bench.about, room.told, room.resume, *watching]
    bench.start.click(on_start, inputs=[bench.suite, bench.judge], outputs=going, **PRIVATE)
    room.resume.click(on_resume, inputs=[room.runs], outputs=going, **PRIVATE)
    over: dict[str, Any] = {"inputs": [room.runs, page.started], "outputs": [*watching, *lists, *looking]}
    bench.ticker.tick(on_tick, **over, **PRIVATE)
    bench.cancel.click(on_cancel, **over, **PRIVATE)
    room.runs.input(on_run, inputs=[room.runs], outputs=[room.told, *looking], **last)
    room.part.input(on_part, inputs=[room.runs, room.part], outputs=[room.results], **last)
    filters = [room.runs, room.split, room.card, room.mistake]
    pages = [room.wrong, room.at, room.earlier, room.later]
    narrowed = [room.split.input, room.card.input, room.mistake.input]
    gr.on(narrowed, on_wrong, inputs=filters, outputs=pages, **last)
    room.earlier.click(on_earlier, inputs=[*filters, room.at], outputs=pages, **PRIVATE)
    room.later.click(on_later, inputs=[*filters, room.at], outputs=pages, **PRIVATE)
    room.report.click(on_report, inputs=[room.runs], outputs=[room.report, room.download, room.told], **PRIVATE)
    room.compare.click(on_compare, inputs=[room.first, room.second], outputs=[room.comparison], **PRIVATE)
