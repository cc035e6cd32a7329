"""Recordings: checked, kept in the session's folder, and waiting there until the answer is sent.

`<data folder>/recordings/<session>/001-1f2e3d4c.wav` is one of them, 16 kHz and mono; `pending.json` beside it lists
those of the answer that is being given, with their words, so that closing the page loses nothing.
"""

import os
import re
import secrets
import shutil
import wave
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Lock
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from coach.errors import NothingHeard, RecordingRefused
from coach.llm.transcription import Transcript
from coach.schema import Record, Recording
from coach.speech.heard import Repair, repaired
from coach.speech.sound import pieces
from coach.speech.voice_activity import RATE, Ear, Frame, Samples, heard, spans

LONGEST_S = 300.0
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Take(Record):
    """A recording of an answer that is not sent yet, and what became of it."""

    name: str
    """Its file, in the session's folder."""
    recording: Recording
    transcript: Transcript | None = None
    repairs: tuple[Repair, ...] = ()
    undone: tuple[Annotated[int, Field(ge=0)], ...] = ()
    """Which of the repairs were taken back."""

    @property
    def text(self) -> str:
        """Its words as they go into the answer; empty without a transcript."""
        if self.transcript is None:
            return ""
        wanted = [one for number, one in enumerate(self.repairs) if number not in self.undone]
        return repaired(self.transcript.text, wanted)


_TAKES = TypeAdapter(tuple[Take, ...])


def measured(source: Path, target: Path, *, longest_s: float = LONGEST_S) -> tuple[Recording, tuple[Frame, ...]]:
    """What a file of sound holds, after writing it to `target` as 16 kHz mono WAV. `audio` names nothing yet.

    The sound is streamed from disk to disk. Raises RecordingRefused, with `target` removed, when the file is empty,
    damaged, no sound, or longer than `longest_s` seconds.
    """
    ear, frames, samples = Ear(), list[Frame](), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with wave.open(str(target), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            for piece in _limited(source, longest_s):
                samples += len(piece)
                out.writeframes(piece.astype("<i2").tobytes())
                frames += ear.hear(piece)
    except RecordingRefused:
        target.unlink(missing_ok=True)
        raise
    return Recording(audio=None, seconds=round(samples / RATE, 3), voiced=spans(frames)), tuple(frames)


def _limited(source: Path, longest_s: float) -> Iterator[Samples]:
    """The sound of a file piece by piece. Raises RecordingRefused when there is none, or too much of it."""
    samples = 0
    for piece in pieces(source):
        samples += len(piece)
        if samples > longest_s * RATE:
            raise RecordingRefused(
                f"the recording is longer than {longest_s / 60:g} minutes: record the answer in parts", "too_long"
            )
        yield piece
    if not samples:
        raise RecordingRefused("the recording is empty: its header is there, but no sound", "empty")


class Recordings:
    """The folder of all recordings. Safe to use from several threads."""

    def __init__(self, folder: Path, *, keep_audio: bool = True, longest_s: float = LONGEST_S) -> None:
        self.folder = folder
        self.keep_audio = keep_audio
        self._longest_s = longest_s
        self._lock = Lock()
        self._making: dict[tuple[str, str], Event] = {}
        """Whose words are being made; the event says that this is over."""

    def add(self, session: str, source: Path, *, made: Event | None = None) -> Take:
        """A recording, checked and kept as the newest one of the answer being given.

        `made` is set when its words are there, or will not come: until then no answer takes it along. Raises
        RecordingRefused when it cannot be used, NothingHeard when nobody speaks in it; then nothing is kept.
        """
        home = self._home(session)
        with self._lock:
            number = 1 + max((int(path.name[:3]) for path in home.glob("[0-9][0-9][0-9]-*.wav")), default=0)
        name = f"{number:03d}-{secrets.token_hex(4)}.wav"
        found, frames = measured(source, home / name, longest_s=self._longest_s)
        what = heard(frames, found.voiced)
        if what != "voice":
            (home / name).unlink()
            raise NothingHeard(
                f"nobody speaks in these {found.seconds:.0f} seconds"
                f" ({'they are silent' if what == 'silence' else 'there is only noise'}): check the microphone",
                what,
            )
        take = Take(name=name, recording=found.model_copy(update={"audio": f"{session}/{name}"}))
        with self._lock:
            if made is not None:
                self._making[session, name] = made
            self._write(session, (*self._read(session), take))
        return take

    def make(self, session: str, take: Take, made: Event) -> None:
        """The words of a recording that has none are made now, until `made` is set."""
        with self._lock:
            self._making[session, take.name] = made

    def pending(self, session: str) -> tuple[Take, ...]:
        """The recordings of the answer being given, oldest first."""
        with self._lock:
            return self._read(session)

    def open(self, session: str) -> tuple[Take, ...]:
        """Those of them that have no words, and whose words nobody is making."""
        with self._lock:
            takes = self._read(session)
            return tuple(one for one in takes if one.transcript is None and not self._in_the_making(session, one))

    def change(self, session: str, take: Take) -> Take:
        """The take as it is stored now in the place of the one of its name; its audio goes if it is not to be kept.

        A take that was removed meanwhile stays away.
        """
        if take.transcript is not None and not self.keep_audio:
            (self._home(session) / take.name).unlink(missing_ok=True)
            take = take.model_copy(update={"recording": take.recording.model_copy(update={"audio": None})})
        with self._lock:
            takes = self._read(session)
            self._write(session, tuple(take if one.name == take.name else one for one in takes))
        return take

    def drop(self, session: str, name: str) -> None:
        """Remove a recording of the answer being given, and its file; one that was sent belongs to its answer."""
        with self._lock:
            takes = self._read(session)
            left = tuple(one for one in takes if one.name != name)
            if len(left) == len(takes):
                return
            self._write(session, left)
            self._making.pop((session, name), None)
            (self._home(session) / Path(name).name).unlink(missing_ok=True)

    def sent(self, session: str) -> None:
        """The answer was sent: its recordings belong to the session now, and audio that is not to be kept goes.

        Those whose words are being made are not part of it, and stay.
        """
        with self._lock:
            takes = self._read(session)
            stay = tuple(one for one in takes if self._in_the_making(session, one))
            self._write(session, stay)
        if not self.keep_audio:
            for take in (one for one in takes if one not in stay):
                (self._home(session) / take.name).unlink(missing_ok=True)

    def of_answer(self, session: str) -> tuple[Recording, ...]:
        """The recordings of the answer being given, as they are stored with it.

        Without those whose words are being made: nothing of them is in its text yet.
        """
        with self._lock:
            takes = [one for one in self._read(session) if not self._in_the_making(session, one)]
        kept = self.keep_audio
        return tuple(take.recording if kept else take.recording.model_copy(update={"audio": None}) for take in takes)

    def path(self, session: str, take: Take) -> Path | None:
        """The file of a take; None when its audio is gone."""
        path = self._home(session) / take.name
        return path if take.recording.audio is not None and path.is_file() else None

    def delete(self, session: str) -> None:
        """Remove every recording of a session."""
        with self._lock:
            shutil.rmtree(self._home(session), ignore_errors=True)

    def _in_the_making(self, session: str, take: Take) -> bool:
        """Whether somebody makes its words; who holds the lock asks."""
        made = self._making.get((session, take.name))
        if made is not None and (take.transcript is not None or made.is_set()):
            del self._making[session, take.name]
            return False
        return made is not None

    def _home(self, session: str) -> Path:
        if not _SESSION.fullmatch(session):
            raise RecordingRefused(f"{session!r} is no session", "foreign")
        return self.folder / session

    def _read(self, session: str) -> tuple[Take, ...]:
        try:
            return _TAKES.validate_json((self._home(session) / "pending.json").read_bytes())
        except (OSError, ValidationError):
            return ()

    def _write(self, session: str, takes: tuple[Take, ...]) -> None:
        path = self._home(session) / "pending.json"
        if not takes:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_bytes(_TAKES.dump_json(takes))
        os.replace(new, path)
