"""faster-whisper's real code loads a model folder and decodes with it; a folder that is no model says so."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coach.errors import ModelTimeout, TranscriberMissing
from coach.speech.transcribe import Progress, Transcriber, Whisper, make_transcriber
from tests.speech import tiny_whisper
from tests.speech.voices import said


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.make(tmp_path_factory.mktemp("models") / "tiny-random")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return said(tmp_path_factory.mktemp("sound") / "answer.wav", "The softmax turns scores into probabilities.")


def whisper(folder: Path, *, budget_s: float = 60) -> Transcriber:
    return make_transcriber(f"folder:{folder}", models=folder, api_key=None, base_url=None, budget_s=budget_s)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_model_folder_is_loaded_and_decodes_words_with_times(model: Path, recording: Path, lang: str) -> None:
    transcriber = whisper(model)
    assert transcriber.host is None
    transcript = asyncio.run(transcriber.transcribe(recording, lang=lang, terms=("softmax",)))  # type: ignore[arg-type]
    assert (transcript.lang, transcript.model) == (lang, "whisper-tiny-random")
    assert transcript.text
    assert transcript.words
    for word in transcript.words:
        assert word.confidence is not None
        assert 0 <= word.confidence <= 1
        assert word.from_s is not None
        assert word.to_s is not None
        assert 0 <= word.from_s <= word.to_s
        assert transcript.text[word.start : word.end].strip()


def test_the_same_recording_gives_the_same_words(model: Path, recording: Path) -> None:
    first, second = (asyncio.run(whisper(model).transcribe(recording, lang="en", terms=())) for _ in range(2))
    assert first == second


def test_it_is_loaded_once_and_tells_what_it_does(model: Path, recording: Path) -> None:
    transcriber = whisper(model)
    assert isinstance(transcriber, Whisper)
    told = [transcriber.progress]

    async def both() -> None:
        await transcriber.transcribe(recording, lang="en", terms=())
        told.append(transcriber.progress)
        loaded = transcriber._model
        await transcriber.transcribe(recording, lang="en", terms=())
        assert transcriber._model is loaded

    asyncio.run(both())
    assert told[0] == Progress("loading")
    assert told[1].stage == "transcribing"


@pytest.mark.parametrize(
    ("missing", "reason"), [("model.bin", "model.bin"), ("tokenizer.json", "tokenizer.json"), ("config.json", None)]
)
def test_a_folder_without_its_files_says_which(
    model: Path, recording: Path, tmp_path: Path, missing: str, reason: str | None
) -> None:
    folder = tmp_path / "half"
    shutil.copytree(model, folder)
    (folder / missing).unlink()
    if missing == "config.json":
        (folder / "model.bin").write_bytes(b"not a model")
    with pytest.raises(TranscriberMissing, match=reason) as fault:
        asyncio.run(whisper(folder).transcribe(recording, lang="en", terms=()))
    assert fault.value.code == "no_model"
    assert str(folder) in str(fault.value)


class Slow:
    """A model whose second sentence never comes by itself."""

    def __init__(self) -> None:
        self.asked_on, self.ended = threading.Event(), threading.Event()

    def transcribe(self, path: str, **_: object) -> tuple[object, object]:
        def segments() -> object:
            for number in range(1000):
                self.asked_on.wait(0.02)
                yield type("Segment", (), {"text": f" {number}", "words": (), "end": float(number)})
            pytest.fail("nobody stopped it")

        return self._until_closed(segments()), type("Info", (), {"duration": 1000.0})

    def _until_closed(self, segments: object) -> object:
        try:
            yield from segments  # type: ignore[misc]
        finally:
            self.ended.set()


def test_a_slow_model_is_given_up_in_time_and_stops_working(recording: Path) -> None:
    slow = Slow()
    transcriber = Whisper("slow", lambda tell: recording.parent, budget_s=0.2)
    transcriber._model = slow
    with pytest.raises(ModelTimeout, match="COACH_TRANSCRIBER_BUDGET_S"):
        asyncio.run(transcriber.transcribe(recording, lang="en", terms=()))
    assert slow.ended.wait(5)


class Gated:
    """A model that says one sentence of a recording when it is let go, and notes which were begun."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.at_work, self.go = threading.Event(), threading.Event()

    def transcribe(self, path: str, **_: object) -> tuple[Iterator[object], object]:
        self.begun.append(Path(path).stem)
        self.at_work.set()
        assert self.go.wait(20)
        return iter([type("Segment", (), {"text": path, "words": (), "end": 1.0})]), type("Info", (), {"duration": 1.0})


def gated(budget_s: float = 20) -> tuple[Whisper, Gated]:
    transcriber, model = Whisper("gated", lambda tell: Path(), budget_s=budget_s), Gated()
    transcriber._model = model
    return transcriber, model


def begun(transcriber: Whisper, name: str) -> "asyncio.Task[object]":
    return asyncio.ensure_future(transcriber.transcribe(Path(f"{name}.wav"), lang="en", terms=()))


async def test_those_who_wait_for_the_model_hold_no_thread_and_vanish_when_they_give_up() -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2))
    transcriber, model = gated()
    tasks = [begun(transcriber, name) for name in ("one", "two", "three")]
    try:
        assert await asyncio.to_thread(model.at_work.wait, 5)
        for _ in range(20):
            await asyncio.wait_for(asyncio.to_thread(str), 5)  # a thread is free for others
        assert transcriber.progress_of(Path("one.wav")) == Progress("transcribing", 0.0)
        assert transcriber.progress_of(Path("two.wav")) == Progress("transcribing")
        tasks[1].cancel()
        await asyncio.wait([tasks[1]])
    finally:
        model.go.set()
    await asyncio.gather(tasks[0], tasks[2])
    assert model.begun == ["one", "three"]


async def test_the_next_recording_waits_for_the_thread_of_one_that_was_given_up_and_keeps_its_own_time() -> None:
    transcriber, model = gated(budget_s=0.2)
    first, second = begun(transcriber, "one"), begun(transcriber, "two")
    try:
        with pytest.raises(ModelTimeout):
            await first
        assert not (await asyncio.wait([second], timeout=0.4))[0]
        assert model.begun == ["one"]
    finally:
        model.go.set()
    await second
    assert model.begun == ["one", "two"]


def test_a_transcriber_outlives_an_event_loop_in_which_somebody_waited() -> None:
    transcriber, model = gated()
    model.go.set()

    async def several() -> None:
        await asyncio.gather(*(begun(transcriber, name) for name in ("one", "two", "three")))

    asyncio.run(several())
    asyncio.run(several())
    assert len(model.begun) == 6
