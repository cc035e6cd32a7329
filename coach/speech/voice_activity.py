"""Where in a sound somebody speaks. Pure; only user of webrtcvad.

A frame counts as voice when WebRTC's detector says so and three plain facts do not speak against it: it is louder than
silence, clearly louder than the quiet of this very recording, and not as flat as noise. The detector alone takes any
steady noise and hum for voice; speech, however fast, is modulated by its syllables.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.int16]
Span = tuple[float, float]

RATE = 16_000
"""Samples per second of everything that is looked at here."""
FRAME_S = 0.03
FRAME = round(RATE * FRAME_S)
SILENCE_RMS = 20.0
"""Root mean square of 16-bit samples below which a frame is silence (-64 dB)."""
ABOVE_QUIET = 2.0
"""A voice is so many times as loud as the quiet of the recording (6 dB)."""
FLATTEST = 0.45
"""Most spectral flatness of a voiced frame; white noise has 0.56 (Dubnov 2004 for the measure)."""
LOUD_RMS = 3000.0
"""Quiet recordings are turned up to about this before WebRTC's detector hears them; it misses soft speech."""
BRIDGED_S = 0.21
"""Gaps up to this long are within a word."""
SHORTEST_S = 0.12
LEAST_S = 0.3
"""Less voice than this in a whole recording is nobody speaking."""


class Frame(NamedTuple):
    """30 ms of sound."""

    level: float
    """Root mean square of its samples."""
    voiced: bool
    """Whether the detector and its flatness say voice."""


class Ear:
    """Frames of a sound that comes in pieces of any length, at 16 kHz."""

    def __init__(self) -> None:
        import webrtcvad

        self._vad = webrtcvad.Vad(2)
        self._rest: Samples = np.zeros(0, dtype=np.int16)
        self._peak = SILENCE_RMS

    def hear(self, samples: Samples) -> tuple[Frame, ...]:
        """The frames that are whole now; what is left over waits for the next piece."""
        joined = np.concatenate([self._rest, samples])
        whole = len(joined) // FRAME
        self._rest = joined[whole * FRAME :]
        return tuple(self._frame(one) for one in joined[: whole * FRAME].reshape(whole, FRAME))

    def _frame(self, samples: Samples) -> Frame:
        level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
        if level < SILENCE_RMS:
            return Frame(level, voiced=False)
        self._peak = max(level, self._peak * 0.999)
        gain = max(1.0, LOUD_RMS / self._peak)
        turned_up = np.clip(samples * gain, -32768, 32767).astype("<i2")
        return Frame(level, voiced=flatness(samples) < FLATTEST and self._vad.is_speech(turned_up.tobytes(), RATE))


def flatness(samples: Samples) -> float:
    """Spectral flatness of a frame, in (0, 1]: geometric over arithmetic mean of its power spectrum."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))[2:] ** 2 + 1.0
    return float(np.exp(np.mean(np.log(power))) / np.mean(power))


def quiet(levels: Sequence[float]) -> float:
    """The level of the quiet of a recording: its lowest tenth."""
    return float(np.percentile(levels, 10)) if levels else 0.0


def spans(frames: Sequence[Frame]) -> tuple[Span, ...]:
    """Where somebody speaks: start and end in seconds, in order, without overlap."""
    floor = ABOVE_QUIET * quiet([frame.level for frame in frames])
    voiced = [frame.voiced and frame.level > floor for frame in frames]
    runs: list[list[int]] = []
    for at, here in enumerate(voiced):
        if here and runs and at - runs[-1][1] <= BRIDGED_S / FRAME_S:
            runs[-1][1] = at + 1
        elif here:
            runs.append([at, at + 1])
    shortest = SHORTEST_S / FRAME_S
    return tuple(
        (round(first * FRAME_S, 3), round(last * FRAME_S, 3)) for first, last in runs if last - first >= shortest
    )


def heard(frames: Sequence[Frame], found: Iterable[Span]) -> Literal["voice", "silence", "noise"]:
    """What a recording is: somebody speaks, nothing sounds, or something sounds that is no voice."""
    if sum(end - start for start, end in found) >= LEAST_S:
        return "voice"
    loudest = float(np.percentile([frame.level for frame in frames], 95)) if frames else 0.0
    return "noise" if loudest >= SILENCE_RMS else "silence"
