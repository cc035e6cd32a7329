"""faster-whisper's real code loads a model folder and decodes with it; a folder that is no model says so."""

import asyncio
import shutil
import threading
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
