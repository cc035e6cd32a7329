"""Sounds for the tests: espeak-ng's voices through espeakng-loader, noise, and files of every kind."""

import ctypes
import threading
import wave
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
VOICES = {"en": "en-us", "zh": "cmn"}
_ONE = threading.Lock()
"""espeak-ng speaks one sentence at a time."""


@cache
def _espeak() -> tuple[Any, int, list[Samples], Any]:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(1, 0, espeakng_loader.get_data_path().encode(), 0x8000)
    pieces: list[Samples] = []
    kind = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)

    @kind
    def take(sound: Any, length: int, _: Any) -> int:
        if sound and length > 0:
            pieces.append(np.ctypeslib.as_array(sound, (length,)).copy())
        return 0

    library.espeak_SetSynthCallback(take)
    return library, rate, pieces, take


def spoken(text: str, lang: str = "en") -> tuple[Samples, int]:
    """The sentence as espeak-ng says it, and its samples per second."""
    with _ONE:
        library, rate, pieces, _ = _espeak()
        pieces.clear()
        assert library.espeak_SetVoiceByName(VOICES[lang].encode()) == 0
        data = text.encode()
        library.espeak_Synth(data, len(data) + 1, 0, 0, 0, 1, None, None)
        library.espeak_Synchronize()
        return np.concatenate(pieces), rate


def noise(seconds: float, *, rate: int = 16_000, loud: float = 2000.0) -> Samples:
    """White noise, always the same."""
    return (np.random.default_rng(0).normal(size=round(seconds * rate)) * loud).astype(np.int16)


def hum(seconds: float, *, rate: int = 16_000) -> Samples:
    """A mains hum with its first overtone."""
    at = np.arange(round(seconds * rate)) / rate
    return (4000 * np.sin(2 * np.pi * 50 * at) + 2000 * np.sin(2 * np.pi * 100 * at)).astype(np.int16)


def silent(seconds: float, *, rate: int = 16_000) -> Samples:
    """Nothing."""
    return np.zeros(round(seconds * rate), dtype=np.int16)


def written(path: Path, samples: Samples, rate: int) -> Path:
    """The samples as a WAV file, one channel or several (columns)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return path


def said(path: Path, text: str, lang: str = "en", *, before_s: float = 0.0, after_s: float = 0.0) -> Path:
    """A WAV file in which somebody says the sentence, with silence around it."""
    samples, rate = spoken(text, lang)
    parts = (silent(before_s, rate=rate), samples, silent(after_s, rate=rate))
    return written(path, np.concatenate(parts), rate)
