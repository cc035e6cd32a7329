"""Sounds for the tests: espeak-ng's voices through espeakng-loader, noise, and files of every kind."""

import io
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coach.schema import Lang
from coach.speech.espeak import Espeak

Samples = npt.NDArray[np.int16]


def spoken(text: str, lang: Lang = "en") -> tuple[Samples, int]:
    """The sentence as espeak-ng says it, and its samples per second."""
    with wave.open(io.BytesIO(Espeak().wav(text, lang))) as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2"), file.getframerate()


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


def said(path: Path, text: str, lang: Lang = "en", *, before_s: float = 0.0, after_s: float = 0.0) -> Path:
    """A WAV file in which somebody says the sentence, with silence around it."""
    samples, rate = spoken(text, lang)
    parts = (silent(before_s, rate=rate), samples, silent(after_s, rate=rate))
    return written(path, np.concatenate(parts), rate)
