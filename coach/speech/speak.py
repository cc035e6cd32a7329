"""What the interviewer says -> sound, by whatever `COACH_SPEAKER` names; the browser's own voice unless set.

Sound that is made here is fetched by a key that only somebody who was shown the sentence can know.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal, Protocol

from coach.errors import CoachError, SettingsError, SpeakerMissing
from coach.llm.voice import VoiceEndpoint
from coach.schema import Lang, Record
from coach.speech.sentences import sentences
from coach.speech.spoken import spoken
from coach.text import lang_of

KEPT_BYTES = 24_000_000
"""Sound that is kept to be heard again: about eight minutes."""
KNOWN = 4096
"""Sentences that can still be fetched."""


class Sentence(Record):
    """One sentence as it is said aloud."""

    words: str
    lang: Lang


class Speaker(Protocol):
    """Whatever turns words into sound on the side of the server."""

    @property
    def name(self) -> str:
        """Which voice, and where."""

    @property
    def host(self) -> str | None:
        """Where the sentences are sent; None when they stay on this machine."""

    def sound(self, words: str, lang: Lang) -> AsyncGenerator[bytes, None]:
        """A sound file, piece by piece. Raises ModelError or SpeakerMissing."""


@dataclass(frozen=True)
class _Remote:
    """A speech model that hears the language from the words."""

    endpoint: VoiceEndpoint

    @property
    def name(self) -> str:
        return self.endpoint.name

    @property
    def host(self) -> str:
        return self.endpoint.host

    def sound(self, words: str, lang: Lang) -> AsyncGenerator[bytes, None]:
        return self.endpoint.sound(words)


def make_speaker(setting: str, *, api_key: str | None, base_url: str | None, voice: str | None) -> Speaker | None:
    """The speaker that `COACH_SPEAKER` names; None for `browser` and `off`, which need none here.

    Raises ModelNotConfigured without a key, SpeakerMissing without the package, SettingsError for what is no speaker.
    """
    if setting in ("browser", "off"):
        return None
    kind, _, model = setting.partition(":")
    if kind == "openai" and model:
        return _Remote(VoiceEndpoint(model, api_key=api_key, base_url=base_url, voice=voice))
    if setting == "espeak":
        from coach.speech.espeak import Espeak

        return Espeak()
    raise SettingsError(
        f"COACH_SPEAKER is {setting!r}; it takes browser, espeak, off, "
        "or openai:<model> such as openai:gpt-4o-mini-tts",
        "speaker",
        value=setting,
    )


def said(text: str, lang: Lang, *, whole: bool) -> tuple[Sentence, ...]:
    """The sentences of what is said so far (Markdown), as words; with `whole` all of them.

    A sentence is spoken in the language most of it is written in, `lang` where it cannot be told.
    """
    found = ((spoken(one, lang_of(one, lang)), lang_of(one, lang)) for one in sentences(text, whole=whole))
    return tuple(Sentence(words=words, lang=tongue) for words, tongue in found if any(map(str.isalnum, words)))


@dataclass
class Speaking:
    """The voice of one process: who speaks, what may be fetched, and what was said already."""

    mode: Literal["browser", "server", "off"]
    speaker: Speaker | None = None
    voice: str | None = None
    """The name of a voice of the browser's."""
    why: CoachError | None = None
    """Why the speaker that was asked for does not speak."""
    _secret: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    _known: OrderedDict[str, Sentence] = field(default_factory=OrderedDict)
    _kept: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def host(self) -> str | None:
        """Where the interviewer's sentences are sent; None when nothing leaves this machine."""
        return self.speaker.host if self.speaker is not None else None

    def key(self, sentence: Sentence) -> str:
        """The key under which the sound of a sentence can be fetched; the same for the same sentence."""
        key = hmac.new(self._secret, f"{sentence.lang} {sentence.words}".encode(), hashlib.sha256).hexdigest()[:40]
        with self._lock:
            self._known[key] = sentence
            self._known.move_to_end(key)
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)
        return key

    async def sound(self, key: str) -> AsyncGenerator[bytes, None]:
        """The sound of a sentence, kept for when it is heard again. Raises SpeakerMissing, ModelError."""
        with self._lock:
            sentence, kept = self._known.get(key), self._kept.get(key)
        if sentence is None or self.speaker is None:
            raise SpeakerMissing("this sentence cannot be heard any more: reload the page", "unknown")
        if kept is not None:
            yield kept
            return
        pieces: list[bytes] = []
        async with aclosing(self.speaker.sound(sentence.words, sentence.lang)) as made:
            async for piece in made:
                pieces.append(piece)
                yield piece
        with self._lock:
            self._kept[key] = b"".join(pieces)
            while sum(map(len, self._kept.values())) > KEPT_BYTES:
                self._kept.popitem(last=False)


def media_type(first: bytes) -> str:
    """What a sound file is, by its first bytes."""
    marks = ((b"RIFF", "audio/wav"), (b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"))
    return next((kind for mark, kind in marks if first.startswith(mark)), "audio/mpeg")
