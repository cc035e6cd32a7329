"""Recordings -> words, by whatever `COACH_TRANSCRIBER` names. Only user of faster_whisper and huggingface_hub."""

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

from coach.errors import ModelTimeout, NothingHeard, SettingsError, TranscriberMissing
from coach.llm.faults import vendor_errors
from coach.llm.transcription import Piece, Transcript, TranscriptionEndpoint, Word, aligned
from coach.schema import Lang

__all__ = ["Progress", "Transcriber", "Transcript", "Word", "listen", "make_transcriber"]

_FILES = ["config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*"]
_MODEL = re.compile(r"[\w.-]+(?:/[\w.-]+)?")
_LETTER = re.compile(r"[^\W\d_]")
_OURS = re.compile(r"[A-Za-z\u00c0-\u024f\u0370-\u03ff\u3400-\u9fff]")
"""Latin, Greek (formulas) and Chinese letters."""


class Progress(NamedTuple):
    """What a transcriber is doing."""

    stage: str
    """`fetching` its model, `loading` it, or `transcribing`."""
    done: float | None = None
    """Share done, in [0, 1]; None when unknown."""


Tell = Callable[[Progress], None]
_Run = Callable[..., Awaitable[Any]]


class Transcriber(Protocol):
    """Whatever turns a recording into words."""

    @property
    def name(self) -> str:
        """Which recogniser, and where."""

    @property
    def host(self) -> str | None:
        """Where recordings are sent; None when they stay on this machine."""

    async def transcribe(self, path: Path, *, lang: Lang, terms: Sequence[str]) -> Transcript:
        """The words of a recording. Raises ModelError or TranscriberMissing."""


def make_transcriber(
    setting: str | None, *, models: Path, api_key: str | None, base_url: str | None, budget_s: float
) -> Transcriber:
    """The transcriber that `COACH_TRANSCRIBER` names; nothing is loaded or fetched yet.

    `models` is the folder for models that are fetched. Raises TranscriberMissing when none is set or its folder holds
    no model, ModelNotConfigured without a key, SettingsError for anything that is no transcriber.
    """
    if not setting:
        raise TranscriberMissing("no transcriber is set (COACH_TRANSCRIBER; see docs/voice.md)", "not_configured")
    kind, _, rest = setting.partition(":")
    if kind == "openai" and rest:
        return TranscriptionEndpoint(rest, api_key=api_key, base_url=base_url, budget_s=budget_s)
    if kind == "folder" and rest:
        folder = Path(rest).expanduser()
        if not (folder / "model.bin").is_file():
            raise TranscriberMissing(
                f"COACH_TRANSCRIBER names the folder {folder}, which holds no model.bin of a CTranslate2 Whisper model",
                "no_model",
            )
        return Whisper(folder.name, lambda tell: folder, budget_s=budget_s)
    if kind == "whisper" and _MODEL.fullmatch(rest):
        return Whisper(rest, lambda tell: fetched(rest, models, tell), budget_s=budget_s)
    raise SettingsError(
        f"COACH_TRANSCRIBER is {setting!r}; it takes openai:<model> such as openai:gpt-4o-mini-transcribe, "
        "whisper:<size> such as whisper:small, or folder:<path of a faster-whisper model>",
        "transcriber",
        value=setting,
    )


async def listen(transcriber: Transcriber, path: Path, *, lang: Lang, terms: Sequence[str]) -> Transcript:
    """The words of a recording, at least one. Raises NothingHeard, ModelError or TranscriberMissing."""
    transcript = await transcriber.transcribe(path, lang=lang, terms=terms)
    letters = _LETTER.findall(transcript.text)
    if not re.search(r"\w", transcript.text):
        raise NothingHeard(f"{transcript.model} heard no words in this recording", "no_words")
    if letters and len([one for one in letters if _OURS.match(one)]) < 0.7 * len(letters):
        raise NothingHeard(
            f"{transcript.model} wrote another script than English or Chinese, as recognisers do on sounds that are"
            " no speech",
            "other_script",
        )
    return transcript


def fetched(name: str, models: Path, tell: Tell, *, endpoint: str | None = None) -> Path:
    """The folder of a Whisper model, fetched from the Hugging Face hub when it is not there yet.

    `name` is a size such as `small`, or the id of a CTranslate2 model on the hub. Raises TranscriberMissing when it
    is unknown, or cannot be fetched.
    """
    folder = models / name.replace("/", "--")
    if (folder / "complete").is_file():
        return folder
    try:
        import huggingface_hub
        from faster_whisper.utils import _MODELS
        from huggingface_hub import constants
    except ImportError as error:
        raise _not_installed() from error
    repo = name if "/" in name else _MODELS.get(name)
    if repo is None:
        raise TranscriberMissing(f"whisper:{name} is no model; it takes one of {', '.join(_MODELS)}", "no_model")
    tell(Progress("fetching", None))
    constants.HF_HUB_DISABLE_TELEMETRY = True  # else it asks the hub for one thing more before it fetches
    faults = _fetch_faults()
    try:
        huggingface_hub.snapshot_download(
            repo, local_dir=folder, allow_patterns=_FILES, tqdm_class=_bar(tell), endpoint=endpoint
        )
    except faults as error:
        raise TranscriberMissing(
            f"the model {repo} could not be fetched ({type(error).__name__}): is this machine offline? Fetch it on"
            " another one, and set COACH_TRANSCRIBER=folder:<its folder>",
            "not_fetched",
        ) from error
    (folder / "complete").touch()
    return folder


def _fetch_faults() -> tuple[type[Exception], ...]:
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    return (LocalEntryNotFoundError, HfHubHTTPError, *vendor_errors())


def _bar(tell: Tell) -> Any:
    """A progress bar class for the hub that tells us of every byte, and draws nothing."""
    from tqdm.asyncio import tqdm_asyncio

    class Bar(tqdm_asyncio):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            self._bytes = options.get("unit") == "B"
            options.pop("name", None)
            super().__init__(*args, **(options | {"disable": True}))
            self._seen = float(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> bool | None:
            self._seen += n or 0
            if self._bytes and self.total:
                tell(Progress("fetching", min(self._seen / self.total, 1.0)))
            return None

    return Bar


def _not_installed() -> TranscriberMissing:
    return TranscriberMissing(
        "a Whisper model on this machine needs faster-whisper: pip install 'interview-coach[voice]'", "not_installed"
    )


class Whisper:
    """faster-whisper on this machine's processor. The model is found and loaded at the first recording."""

    host = None

    def __init__(self, name: str, find: Callable[[Tell], Path], *, budget_s: float) -> None:
        self.name = f"whisper-{name}"
        self.progress = Progress("loading")
        """What it is doing just now."""
        self._hears: Path | None = None
        """The recording that it transcribes just now."""
        self._find = find
        self._budget_s = budget_s
        self._model: Any = None
        self._one = threading.Lock()
        """One recording at a time: a second would only make both slower."""
        self._lines: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
        """Where those of an event loop wait in line, so that only one thread waits for `_one`."""

    async def transcribe(self, path: Path, *, lang: Lang, terms: Sequence[str]) -> Transcript:
        """The words of a recording. Raises TranscriberMissing without the package or the model, ModelTimeout.

        Waiting for other recordings and fetching the model do not count against the time budget. Whoever stops waiting
        stops the work at the next sentence.
        """
        over = threading.Event()
        async with self._turn() as run:
            try:
                await run(self._ready)
                async with asyncio.timeout(self._budget_s):
                    transcript: Transcript = await run(self._transcribe, path, lang, terms, over)
            except TimeoutError:
                raise ModelTimeout(
                    f"{self.name} was not done after {self._budget_s:g} s: choose a smaller model, or raise"
                    " COACH_TRANSCRIBER_BUDGET_S"
                ) from None
            finally:
                over.set()
        return transcript

    def progress_of(self, path: Path) -> Progress:
        """What whoever waits for this recording is told: not how far another one is."""
        now = self.progress
        return now if now.stage != "transcribing" or self._hears == path else Progress("transcribing")

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[_Run]:
        """The one that may work, and what runs its work in a thread; the next one comes when that thread has ended.

        Who waits here holds no thread: the event loop's threads are few, and all of the server needs them.
        """
        line = self._lines.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        await line.acquire()
        last: asyncio.Future[Any] | None = None

        def run(work: Callable[..., Any], *given: Any) -> Awaitable[Any]:
            nonlocal last
            last = asyncio.ensure_future(asyncio.to_thread(work, *given))
            return asyncio.shield(last)

        try:
            yield run
        finally:
            if last is None or last.done():
                line.release()
            else:
                last.add_done_callback(lambda _: line.release())

    def _tell(self, progress: Progress) -> None:
        self.progress = progress

    def _ready(self) -> None:
        with self._one:
            if self._model is not None:
                return
            try:
                from faster_whisper import WhisperModel
            except ImportError as error:
                raise _not_installed() from error
            folder = self._find(self._tell)
            if not (folder / "tokenizer.json").is_file():
                raise TranscriberMissing(f"the model in {folder} lacks tokenizer.json", "no_model")
            self._tell(Progress("loading"))
            try:
                self._model = WhisperModel(str(folder), device="cpu", compute_type="int8", local_files_only=True)
            except (RuntimeError, ValueError, OSError) as error:
                raise TranscriberMissing(
                    f"the model in {folder} cannot be loaded: {str(error)[:200]}", "no_model"
                ) from error

    def _transcribe(self, path: Path, lang: Lang, terms: Sequence[str], over: threading.Event) -> Transcript:
        with self._one:
            self._tell(Progress("transcribing", 0.0))
            self._hears = path
            segments, info = self._model.transcribe(
                str(path),
                language=lang,
                initial_prompt=", ".join(terms[:60]) or None,
                word_timestamps=True,
                condition_on_previous_text=False,
            )
            said: list[str] = []
            pieces: list[Piece] = []
            for segment in segments:
                if over.is_set():
                    break
                said.append(segment.text)
                pieces += _pieces(segment)
                self._tell(Progress("transcribing", min(segment.end / max(info.duration, 0.1), 1.0)))
        text = "".join(said).strip()
        return Transcript(text=text, lang=lang, words=aligned(text, pieces), model=self.name)


def _pieces(segment: Any) -> Iterator[Piece]:
    for word in segment.words or ():
        yield word.word, float(word.probability), float(word.start), float(word.end)
