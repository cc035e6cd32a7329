"""espeak-ng on this machine, by the optional package espeakng-loader (it holds espeak-ng, GPL-3). Its only user."""

import asyncio
import ctypes
from collections.abc import AsyncGenerator
from functools import cache
from threading import Lock
from typing import Any

from coach.errors import SpeakerMissing
from coach.llm.voice import wav_header
from coach.schema import Lang

VOICES: dict[Lang, str] = {"en": "en-us", "zh": "cmn"}
_SYNCHRONOUS = 2
"""Sound comes by the callback, in the thread that asks; the other modes hand it over from one of their own."""
_UTF8 = 1
_ONE = Lock()
"""The library keeps its state in globals: one sentence at a time in the whole process."""
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Espeak:
    """A voice without a model or a network: plain, and always there."""

    name = "espeak-ng"
    host = None

    def __init__(self) -> None:
        try:
            import espeakng_loader
        except ImportError as error:
            raise SpeakerMissing(
                "COACH_SPEAKER=espeak needs espeak-ng: pip install 'interview-coach[espeak]' (GPL-3)", "not_installed"
            ) from error
        self._library, self._data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()

    async def sound(self, words: str, lang: Lang) -> AsyncGenerator[bytes, None]:
        """A WAV file in one piece. Raises SpeakerMissing when the library makes no sound."""
        yield await asyncio.to_thread(self.wav, words, lang)

    def wav(self, words: str, lang: Lang) -> bytes:
        """What `sound` gives, made in this thread."""
        pieces: list[bytes] = []

        def take(samples: Any, count: int, _: Any) -> int:
            if samples and count > 0:
                pieces.append(ctypes.string_at(samples, 2 * count))
            return 0

        with _ONE:
            library, rate = _loaded(str(self._library), str(self._data))
            callback = _CALLBACK(take)
            library.espeak_SetSynthCallback(callback)
            text = words.replace("\0", " ").encode()
            failed = library.espeak_SetVoiceByName(VOICES[lang].encode())
            failed = failed or library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
            library.espeak_Synchronize()
        data = b"".join(pieces)
        if failed or not data:
            raise SpeakerMissing(f"espeak-ng made no sound of {len(words)} characters ({lang})", "broken")
        return wav_header(rate, len(data) // 2) + data


@cache
def _loaded(path: str, data: str) -> tuple[Any, int]:
    """The library and the samples a second of its sound; it can be started once in a process."""
    try:
        library = ctypes.CDLL(path)
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), 0)
    except (OSError, AttributeError) as error:
        raise SpeakerMissing(f"espeak-ng cannot be loaded from {path}: {error}", "broken") from error
    if rate <= 0:
        raise SpeakerMissing(f"espeak-ng did not start with the data in {data}", "broken")
    return library, rate
