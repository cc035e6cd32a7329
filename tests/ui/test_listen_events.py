"""No recording is lost, mixed up with another answer's, or left behind, whatever else happens on the page meanwhile."""

import asyncio
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import numpy as np
import pytest

from coach.interview import session as interview
from coach.interview.rounds import plan_of
from coach.llm.transcription import Transcript
from coach.schema import Lang
from coach.ui.desk import Desk, View
from coach.ui.listen import Ears, Feed, build_listen
from coach.wiring import Coach
from tests.speech.voices import said

PAGE = cast("gr.Request", SimpleNamespace(session_hash="one", username=None, headers={}))
SILENT = (16_000, np.zeros(8_000, dtype=np.int16))


class Recogniser:
    """Gives the words of its recordings in the order in which it is asked, when it is let go."""

    name, host = "recogniser", None

    def __init__(self) -> None:
        self.asked: list[Path] = []
        self.at_work, self.go = asyncio.Event(), asyncio.Event()

    async def transcribe(self, path: Path, *, lang: Lang, terms: Sequence[str]) -> Transcript:
        self.asked.append(path)
        self.at_work.set()
        await self.go.wait()
        return Transcript(text=f"words {len(self.asked)}", lang=lang, model="m")


class Listening:
    """The part that listens, in an interview that has begun."""

    def __init__(self, coach: Coach, sid: str, sound: Path) -> None:
        self.coach, self.sid, self._sound = coach, sid, sound
        self.recogniser = Recogniser()
        vars(coach)["transcriber"] = self.recogniser
        with gr.Blocks(analytics_enabled=False) as self.blocks:
            box = gr.Textbox()
            part = build_listen(Desk(coach, self.blocks, "0" * 32), session_id=gr.BrowserState(""), box=box)
        handlers = (fn.fn for fn in self.blocks.fns.values())
        ears = next(owner for one in handlers if isinstance(owner := getattr(one, "__self__", None), Ears))
        self.part, self.ears = part, ears

    def upload(self, name: str) -> Path:
        """A recording as the page hands it over."""
        folder = self._sound.parent / name
        folder.mkdir()
        return Path(shutil.copy(self._sound, folder / "audio.wav"))

    def recorded(self, upload: Path) -> "asyncio.Task[list[View]]":
        """Everything that is shown for a recording."""

        async def views() -> list[View]:
            handler = self.ears.hearing.event(self.ears.on_recorded)
            return [view async for view in handler(self.sid, str(upload), PAGE)]

        return asyncio.ensure_future(views())

    def inserted(self, views: Sequence[View]) -> list[str]:
        """The words that these views put into the answer."""
        return [json.loads(view[self.part.op])["text"] for view in views if self.part.op in view]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return said(tmp_path_factory.mktemp("sound") / "answer.wav", "It is linear in the parameters.")


@pytest.fixture
async def page(coach: Coach, sound: Path, tmp_path: Path) -> Listening:
    state = await interview.start(coach.interview, plan_of({"lang": "en", "questions": 1, "seed": 1}))
    return Listening(coach, state.id, Path(shutil.copy(sound, tmp_path / "answer.wav")))


async def test_none_of_the_events_of_a_recording_is_left_out_while_another_one_runs(page: Listening) -> None:
    events = [(str(name), fn.trigger_mode) for fn in page.blocks.fns.values() for _, name in fn.targets]
    recording = sorted(one for one in events if one[0] in ("start_recording", "stop_recording", "upload"))
    modes = ["start_recording", "stop_recording", "stop_recording", "upload"]
    assert recording == [(name, "multiple") for name in modes]


async def test_two_recordings_at_once_are_added_in_their_order_and_no_other_view_touches_what_the_page_is_to_do(
    page: Listening,
) -> None:
    first = page.recorded(page.upload("first"))
    await page.recogniser.at_work.wait()
    second = page.recorded(page.upload("second"))
    while len(page.coach.recordings.pending(page.sid)) < 2:
        await asyncio.sleep(0.01)
    page.recogniser.go.set()
    views = await first, await second
    assert [page.inserted(one) for one in views] == [["words 1"], ["words 2"]]
    assert [page.part.op in view for view in views[0]] == [False] * (len(views[0]) - 1) + [True]
    assert [path.name for path in page.recogniser.asked] == [
        take.name for take in page.coach.recordings.pending(page.sid)
    ]


async def test_an_answer_sent_while_a_recording_is_put_into_words_goes_without_it(page: Listening) -> None:
    recording = page.recorded(page.upload("one"))
    await page.recogniser.at_work.wait()
    assert page.part.pending(page.sid) == ()
    state = await interview.load(page.coach.interview, page.sid)
    await interview.submit(page.coach.interview, state, "It is linear.", source="typed", recordings=())
    page.recogniser.go.set()
    assert page.inserted(await recording) == []
    assert page.coach.recordings.pending(page.sid) == ()
    assert list(page.coach.settings.recordings_dir.rglob("*.wav")) == []


async def test_a_recording_sent_with_its_words_can_be_heard_whatever_became_of_another_one(page: Listening) -> None:
    page.recogniser.go.set()
    await page.recorded(page.upload("first"))
    page.recogniser.go.clear()
    page.recogniser.at_work.clear()
    second = page.recorded(page.upload("second"))
    await page.recogniser.at_work.wait()
    (kept,) = page.part.pending(page.sid)
    state = await interview.load(page.coach.interview, page.sid)
    await interview.submit(page.coach.interview, state, "It is linear.", source="spoken", recordings=(kept,))
    page.part.clear(page.sid)
    page.recogniser.go.set()
    await second
    assert kept.audio is not None
    found = page.coach.settings.recordings_dir.rglob("*.wav")
    assert [path.relative_to(page.coach.settings.recordings_dir).as_posix() for path in found] == [kept.audio]


async def test_stop_ends_every_recording_that_is_put_into_words_and_keeps_it(page: Listening) -> None:
    first = page.recorded(page.upload("first"))
    await page.recogniser.at_work.wait()
    second = page.recorded(page.upload("second"))
    while len(page.coach.recordings.pending(page.sid)) < 2:
        await asyncio.sleep(0.01)
    await page.ears.on_cancel(page.sid, PAGE)
    assert first.done()
    assert second.done()
    assert len(page.recogniser.asked) == 1
    assert len(page.coach.recordings.open(page.sid)) == 2


async def test_an_upload_is_removed_when_its_event_is_dropped_at_any_view(page: Listening) -> None:
    for number, wanted in enumerate((1, 2)):
        upload = page.upload(str(number))
        views = cast("Any", page.ears.on_recorded(page.sid, str(upload), PAGE))
        for _ in range(wanted):
            await anext(views)
        await views.aclose()
        assert not upload.parent.exists()
    assert len(page.part.pending(page.sid)) == 1, "the recording that was checked is kept, and nobody makes its words"


async def test_a_hands_free_recording_is_removed_when_its_event_is_dropped(page: Listening) -> None:
    feed, _ = await page.ears.on_chunk(None, SILENT, 2.0, PAGE)
    assert feed is not None
    views = cast("Any", page.ears.on_turn(page.sid, feed, PAGE))
    await anext(views)
    await views.aclose()
    assert not feed.path.exists()


async def test_a_hands_free_recording_begins_with_nothing_of_the_one_before(page: Listening) -> None:
    feed, _ = await page.ears.on_chunk(None, SILENT, 2.0, PAGE)
    assert feed is not None
    feed.over = True
    assert await page.ears.on_begin(feed) == (None, "")
    assert not feed.path.exists()
    later, told = await page.ears.on_chunk(feed, SILENT, 2.0, PAGE)
    assert later is not None
    assert (later.path != feed.path, later.over) == (True, False)
    assert 'over"' not in told


def test_a_piece_of_sound_that_comes_after_the_end_is_no_fault(tmp_path: Path) -> None:
    feed = Feed.open(tmp_path, 2.0)
    size = feed.close().stat().st_size
    feed.hear(SILENT[1], SILENT[0])
    assert feed.path.stat().st_size == size


async def test_what_a_crash_left_of_hands_free_recordings_goes_when_the_page_is_built(
    coach: Coach, tmp_path: Path
) -> None:
    left = Feed.open(coach.settings.page_dir / "hands-free", 2.0).path
    Listening(coach, "none", tmp_path)
    assert not left.exists()
