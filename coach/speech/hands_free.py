"""When a person who speaks hands-free has finished. A pure state machine over pieces of sound."""

import re
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from coach.speech.sound import Floats, resampled
from coach.speech.voice_activity import ABOVE_QUIET, FRAME_S, RATE, Ear, Samples, quiet

SHORTEST_S, GENEROUS_S, LONGEST_S = 1.0, 6.0, 20.0
"""Silence that ends a turn: what may be set, and the default. People who were cut off ask for 10 to 20 s."""
HELD_S = 60.0
"""How long "still thinking" holds a turn that stays silent."""
_KNOWN_S = 10.0
"""The quiet of the room is the lowest tenth of the last so many seconds."""
_SPOKEN_S = 0.12
"""So much voice in a row is speech; less may be a click."""
_THINKING = re.compile(
    r"(?:(?:let me|i(?:'m| am)|still) think(?:ing)?(?: about (?:it|that|this))?|(?:give me|just|wait) (?:a|one)"
    r" (?:moment|minute|second|sec)|hold on|one moment|bear with me|\bum+|\buh+|\bhmm+"
    r"|让我想一?想|我想一?想|我再想想|稍等(?:一下|一会儿?)?|等一?下|等我想想|给我(?:一点|点)时间|嗯+|呃+|那个)[\s,.…，。、!?！？]*$",
    re.IGNORECASE,
)


def still_thinking(text: str) -> bool:
    """Whether the words end as people do who go on in a moment; a pause after them is no end."""
    return bool(_THINKING.search(text))


@dataclass
class Turn:
    """One spoken turn, heard as it comes in."""

    silence_s: float = GENEROUS_S
    """Silence after speech that ends it, in seconds, 1 to 20."""
    spoken: bool = False
    """Whether anything was said yet: silence before that is thinking, and ends nothing."""
    silent_s: float = 0.0
    """Since when nobody speaks."""
    seconds: float = 0.0
    """Sound heard so far."""
    hold_s: float = 0.0
    """How much more silence is waited for because the person said so."""
    _ears: Ear = field(default_factory=Ear)
    _levels: deque[float] = field(default_factory=lambda: deque(maxlen=round(_KNOWN_S / FRAME_S)))
    _run: int = 0

    def __post_init__(self) -> None:
        if not SHORTEST_S <= self.silence_s <= LONGEST_S:
            raise ValueError(f"silence_s is {self.silence_s!r}; it takes {SHORTEST_S:g} to {LONGEST_S:g} seconds")

    def hear(self, samples: Samples, *, rate: int) -> bool:
        """Whether the turn is over after these 16-bit samples (several channels: one column each)."""
        for frame in self._ears.hear(at_16k(samples, rate)):
            self._levels.append(frame.level)
            voiced = frame.voiced and frame.level > ABOVE_QUIET * quiet(tuple(self._levels))
            self._run = self._run + 1 if voiced else 0
            if self._run * FRAME_S >= _SPOKEN_S:
                self.spoken, self.silent_s, self.hold_s = True, 0.0, 0.0
            else:
                self.silent_s += FRAME_S
            self.seconds += FRAME_S
        return self.over

    @property
    def over(self) -> bool:
        """Whether something was said, and then nothing for long enough."""
        return self.spoken and self.silent_s >= max(self.silence_s, self.hold_s)

    @property
    def left_s(self) -> float | None:
        """Seconds of silence until the turn ends; None before anything was said."""
        return max(0.0, max(self.silence_s, self.hold_s) - self.silent_s) if self.spoken else None

    def hold(self) -> None:
        """The person is still thinking: wait a minute more, or until they speak."""
        self.hold_s = self.silent_s + HELD_S


def at_16k(samples: Samples, rate: int) -> Samples:
    """The samples in one channel at 16 kHz."""
    mono: Floats = (samples if samples.ndim == 1 else samples.mean(axis=1)).astype(np.float32) / np.float32(32768.0)
    if rate == RATE:
        return np.asarray(mono * 32768.0, dtype=np.int16)
    pieces = list(resampled(iter([mono]), rate))
    return np.concatenate(pieces) if pieces else np.zeros(0, dtype=np.int16)
