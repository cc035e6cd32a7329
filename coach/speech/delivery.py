"""How an answer was spoken, as far as it can be counted: length, pace, pauses, fillers, hedges. Pure.

It stands beside the score and never enters it. Nothing is said here about feelings, confidence or accent.
"""

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from coach.schema import Record, Recording
from coach.speech.delivery_words import CHINESE, ENGLISH, Kind, Mark
from coach.speech.spoken import spoken
from coach.text import lang_of

PAUSE_S = 0.5
"""Seconds of silence between two stretches of speech that count as a pause. Studies use 0.1 to 1 s (De Jong & Bosker
2013, DiSS, 17–20); shorter gaps belong to the speaking itself."""
LONG_S = 2.0
"""Seconds from which a pause is called long here; only a way to find it in the picture."""
SHORTEST_S = 5.0
"""Seconds of speech below which a pace would say nothing."""
MIXED = 0.1
"""Share of the other language from which a text is called mixed."""

Unit = Literal["words", "characters", "mixed"]
_HAN = r"\u3400-\u4dbf\u4e00-\u9fff"
_UNIT = re.compile(rf"(?P<han>[{_HAN}])|[A-Za-z]+(?:['’][a-z]+)?|\d+(?:\.\d+)?")
_BEFORE = re.compile(r"(?:\A|[,，、。.!?！？;；:：…—\n])[\s\"'“”‘’（(]*\Z")
_AFTER = re.compile(r"[\s\"'“”‘’）)]*(?:\Z|[,，、。.!?！？;；:：…—\n])")


class Pause(Record):
    """A silence between two stretches of speech."""

    recording: int
    """0 for the first recording."""
    start_s: float
    end_s: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


class Counted(Record):
    """A filler or a hedge, and how often it was said."""

    phrase: str
    kind: Kind
    times: int


class Strip(Record):
    """One recording as it is drawn."""

    seconds: float
    voiced: tuple[tuple[float, float], ...]


class Delivery(Record):
    """What can be counted of one answer, or of several."""

    seconds: float
    """All recordings together."""
    speaking_s: float
    """Speech, with the gaps within it that are shorter than `PAUSE_S`."""
    words: int
    """English words and numbers."""
    characters: int
    """Chinese characters."""
    pauses: tuple[Pause, ...]
    counted: tuple[Counted, ...]
    strips: tuple[Strip, ...]

    @property
    def unit(self) -> Unit:
        """What a pace counts: words, characters, or both where neither is less than a tenth."""
        share = self.characters / max(1, self.words + self.characters)
        return "characters" if share >= 1 - MIXED else "words" if share <= MIXED else "mixed"

    @property
    def pace(self) -> float | None:
        """Units per minute of speaking, pauses excluded; None for less than `SHORTEST_S` of speech or no words.

        This is the articulation rate: tempo without pauses (Jacewicz, Fox & Wei 2010, J. Acoust. Soc. Am. 128(2),
        839–850), in words and characters, since a text does not say the syllables.
        """
        units = self.words + self.characters
        return 60 * units / self.speaking_s if self.speaking_s >= SHORTEST_S and units else None

    @property
    def paused_s(self) -> float:
        """All pauses together."""
        return sum(pause.seconds for pause in self.pauses)

    @property
    def longest(self) -> Pause | None:
        """The longest pause."""
        return max(self.pauses, key=lambda pause: pause.seconds, default=None)

    def of_kind(self, kind: Kind) -> tuple[Counted, ...]:
        """The fillers, or the hedges, the most frequent first."""
        return tuple(sorted((one for one in self.counted if one.kind == kind), key=lambda one: -one.times))


def delivery(recordings: Sequence[Recording], text: str) -> Delivery | None:
    """What can be counted of an answer: from the sound, and from its `text` as it was sent. None without a recording.

    Fillers and hedges are a lower bound: recognisers leave many of them out (Wagner, Thallinger & Zusag 2024,
    arXiv:2408.16589), and ambiguous ones are counted only where their place gives them away.
    """
    if not recordings:
        return None
    strips = tuple(_strip(one) for one in recordings)
    gaps = [
        Pause(recording=number, start_s=end, end_s=start)
        for number, strip in enumerate(strips)
        for (_, end), (start, _) in itertools.pairwise(strip.voiced)
    ]
    pauses = tuple(gap for gap in gaps if gap.seconds >= PAUSE_S)
    speech = sum(end - start for strip in strips for start, end in strip.voiced)
    units = list(_UNIT.finditer(spoken(text, lang_of(text))))
    characters = sum(unit["han"] is not None for unit in units)
    return Delivery(
        seconds=sum(strip.seconds for strip in strips),
        speaking_s=speech + sum(gap.seconds for gap in gaps if gap.seconds < PAUSE_S),
        words=len(units) - characters,
        characters=characters,
        pauses=pauses,
        counted=counted(text),
        strips=strips,
    )


def together(parts: Sequence[Delivery]) -> Delivery | None:
    """Several answers as one, in order; None when there are none."""
    if not parts:
        return None
    times: Counter[tuple[str, Kind]] = Counter()
    pauses: list[Pause] = []
    offset = 0
    for part in parts:
        times.update({(one.phrase, one.kind): one.times for one in part.counted})
        pauses += [pause.model_copy(update={"recording": pause.recording + offset}) for pause in part.pauses]
        offset += len(part.strips)
    return Delivery(
        seconds=sum(part.seconds for part in parts),
        speaking_s=sum(part.speaking_s for part in parts),
        words=sum(part.words for part in parts),
        characters=sum(part.characters for part in parts),
        pauses=tuple(pauses),
        counted=tuple(Counted(phrase=phrase, kind=kind, times=count) for (phrase, kind), count in times.items()),
        strips=tuple(strip for part in parts for strip in part.strips),
    )


def _strip(recording: Recording) -> Strip:
    """The recording with its stretches of speech within its length, in order; those that touch are one."""
    voiced: list[tuple[float, float]] = []
    for start, end in sorted(recording.voiced):
        start, end = max(0.0, start), min(end, recording.seconds)
        if start >= end:
            continue
        if voiced and start <= voiced[-1][1]:
            voiced[-1] = (voiced[-1][0], max(end, voiced[-1][1]))
        else:
            voiced.append((start, end))
    return Strip(seconds=recording.seconds, voiced=tuple(voiced))


class _Place(NamedTuple):
    start: int
    end: int
    mark: Mark


def counted(text: str) -> tuple[Counted, ...]:
    """The fillers and hedges of a text by the rules of `delivery_words`, in the order of their first place."""
    times: Counter[tuple[str, Kind]] = Counter()
    for place in places(text):
        times[place.mark.phrase, place.mark.kind] += 1
    return tuple(Counted(phrase=phrase, kind=kind, times=count) for (phrase, kind), count in times.items())


def places(text: str) -> tuple[_Place, ...]:
    """Where fillers and hedges stand; of two that overlap the longer one."""
    found = [
        _Place(match.start(), match.end(), mark)
        for mark, pattern in _PATTERNS
        for match in pattern.finditer(text)
        if not _excluded(text, match, mark)
    ]
    found.sort(key=lambda place: (place.start, -place.end))
    apart: list[_Place] = []
    for place in found:
        if not apart or place.start >= apart[-1].end:
            apart.append(place)
    return tuple(place for number, place in enumerate(apart) if _stands(text, apart, number))


def _pattern(mark: Mark) -> re.Pattern[str]:
    english = mark.phrase[0].isascii()
    return re.compile(rf"\b(?:{mark.forms})(?!['’\w])" if english else rf"(?:{mark.forms})", re.IGNORECASE)


_PATTERNS = tuple((mark, _pattern(mark)) for mark in (*ENGLISH, *CHINESE))


def _excluded(text: str, match: re.Match[str], mark: Mark) -> bool:
    before = text[max(0, match.start() - 20) : match.start()]
    if mark.not_after and re.search(mark.not_after, before, re.IGNORECASE):
        return True
    return bool(mark.not_at and re.match(mark.not_at, text[match.start() :], re.IGNORECASE))


def _stands(text: str, among: Sequence[_Place], number: int) -> bool:
    """Whether its place lets it count: fillers that follow each other share their commas."""
    rule = among[number].mark.rule
    if rule in ("always", "not_noun", "not_term"):
        return True
    first = last = number
    while first > 0 and not text[among[first - 1].end : among[first].start].strip():
        first -= 1
    while last + 1 < len(among) and not text[among[last].end : among[last + 1].start].strip():
        last += 1
    opens = _BEFORE.search(text[: among[first].start]) is not None
    if rule == "opens":
        return opens
    return opens and _AFTER.match(text, among[last].end) is not None
