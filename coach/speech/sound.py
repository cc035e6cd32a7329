"""A file of sound -> 16 kHz mono samples, piece by piece. What a file is, its content says, never its name.

WAV is read here. MP3, Ogg, FLAC, WebM and MP4 need the optional package av (it comes with `interview-coach[voice]`);
only user of av.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from coach.errors import RecordingRefused
from coach.speech.voice_activity import RATE, Samples

Floats = npt.NDArray[np.float32]

BLOCK = 1 << 16
"""Samples that are read at once: no recording is ever in memory as a whole."""
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_RATES = range(4_000, 384_001)
_CONTAINERS = (
    (0, b"ID3", "MP3", "mp3"),
    (0, b"OggS", "Ogg", "ogg"),
    (0, b"fLaC", "FLAC", "flac"),
    (0, b"\x1aE\xdf\xa3", "WebM", "matroska"),
    (4, b"ftyp", "MP4", "mov"),
)
_OTHERS = (
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"\x89PNG", "PNG"),
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"GIF8", "GIF"),
    (0, b"MZ", "EXE"),
    (8, b"AVI ", "AVI"),
    (8, b"WEBP", "WebP"),
)


@dataclass(frozen=True)
class Format:
    """How the samples of a WAV file are written, and where."""

    rate: int
    channels: int
    dtype: str
    """As numpy names it; `i3` for 24 bits, which numpy does not know."""
    start: int
    size: int
    """Place and number of its bytes."""

    @property
    def frame(self) -> int:
        """Bytes of one moment over all channels."""
        return int(self.dtype[-1]) * self.channels


def pieces(path: Path) -> Iterator[Samples]:
    """The sound of a file at 16 kHz in one channel, piece by piece. Raises RecordingRefused with the reason."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
            if not head:
                raise RecordingRefused("the recording is empty: the file has no bytes", "empty")
            if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
                found = _format(file, path.stat().st_size)
                yield from resampled(_blocks(file, found), found.rate)
                return
    except OSError as error:
        raise RecordingRefused(f"the recording cannot be read: {error.strerror or error}", "corrupt") from error
    yield from _decoded(path, *_named(head))


def _named(head: bytes) -> tuple[str, str]:
    """The name of a foreign format and what FFmpeg calls it. Raises RecordingRefused for anything but sound."""
    for at, magic, name, ffmpeg in _CONTAINERS:
        if head[at : at + len(magic)] == magic:
            return name, ffmpeg
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2:
        return "MP3", "mp3"
    other = next((name for at, magic, name in _OTHERS if head[at : at + len(magic)] == magic), None)
    what = f"a {other} file" if other else "no sound file that is known here"
    raise RecordingRefused(f"this is {what}: record with the microphone, or choose a WAV file", "foreign")


def _format(file: IO[bytes], length: int) -> Format:
    """How the samples of an open WAV file are written. Raises RecordingRefused."""
    at, kind = 12, None
    while at + 8 <= length:
        file.seek(at)
        name, size = struct.unpack("<4sI", file.read(8))
        at += 8
        if name == b"fmt " and size >= 16:
            kind = file.read(min(size, 40))
        elif name == b"data":
            if kind is None:
                break
            return _checked(kind, at, min(size, length - at) or length - at)
        at += size + size % 2
    raise RecordingRefused("the recording is damaged: its WAV header breaks off before any sound", "corrupt")


def _checked(kind: bytes, start: int, size: int) -> Format:
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", kind[:16])
    if tag == _EXTENSIBLE and len(kind) >= 26:
        tag = struct.unpack("<H", kind[24:26])[0]
    dtype = {
        (_PCM, 8): "u1",
        (_PCM, 16): "<i2",
        (_PCM, 24): "i3",
        (_PCM, 32): "<i4",
        (_FLOAT, 32): "<f4",
        (_FLOAT, 64): "<f8",
    }.get((tag, bits))
    if dtype is None or not 1 <= channels <= 8 or rate not in _RATES:
        raise RecordingRefused(
            f"this WAV file holds no plain samples (kind {tag}, {bits} bits, {channels} channels, {rate} Hz):"
            " save it as 16-bit PCM",
            "corrupt",
        )
    found = Format(rate, channels, dtype, start, size)
    if size < found.frame:
        raise RecordingRefused("the recording is empty: its header is there, but no sound", "empty")
    return found


def _blocks(file: IO[bytes], found: Format) -> Iterator[Floats]:
    """Samples in [-1, 1], the channels averaged."""
    file.seek(found.start)
    left = found.size - found.size % found.frame
    while left > 0:
        data = file.read(min(left, BLOCK * found.frame))
        data = data[: len(data) - len(data) % found.frame]
        if not data:
            return
        left -= len(data)
        yield np.asarray(_floats(data, found.dtype).reshape(-1, found.channels).mean(axis=1), dtype=np.float32)


def _floats(data: bytes, dtype: str) -> Floats:
    if dtype == "i3":
        wide = np.zeros((len(data) // 3, 4), dtype=np.uint8)
        wide[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        return np.asarray(wide.view("<i4")[:, 0] / 2.0**31, dtype=np.float32)
    values = np.frombuffer(data, dtype=dtype)
    if dtype == "u1":
        return np.asarray((values.astype(np.float32) - 128.0) / 128.0, dtype=np.float32)
    if dtype.startswith("<f"):
        return np.asarray(np.clip(np.nan_to_num(values), -1.0, 1.0), dtype=np.float32)
    return np.asarray(values / 2.0 ** (8 * values.itemsize - 1), dtype=np.float32)


def resampled(blocks: Iterator[Floats], rate: int) -> Iterator[Samples]:
    """16-bit samples at 16 kHz of samples in [-1, 1] at `rate`, block by block.

    A windowed-sinc low-pass below half the new rate, then linear interpolation: more than speech needs.
    """
    taps = _low_pass(rate)
    reach = len(taps) // 2
    step = rate / RATE
    kept: Floats = np.zeros(reach, dtype=np.float32)
    begin, at = 0, 0.0  # position of the first filtered sample that is known, and of the next one wanted
    smooth: Floats = np.zeros(0, dtype=np.float32)
    for block in _ended(blocks, reach):
        kept = np.concatenate([kept, block])
        if len(kept) < len(taps):
            continue
        smooth = np.concatenate([smooth, np.convolve(kept, taps, mode="valid").astype(np.float32)])
        kept = kept[len(kept) - len(taps) + 1 :]
        wanted = int((begin + len(smooth) - 1 - at) // step) + 1
        if wanted <= 0:
            continue
        places = at + step * np.arange(wanted) - begin
        values = np.interp(places, np.arange(len(smooth)), smooth)
        yield np.clip(np.round(values * 32767.0), -32768, 32767).astype(np.int16)
        at += step * wanted
        drop = min(int(at) - begin, len(smooth) - 1)
        smooth, begin = smooth[drop:], begin + drop


def _ended(blocks: Iterator[Floats], reach: int) -> Iterator[Floats]:
    yield from blocks
    yield np.zeros(reach, dtype=np.float32)


def _low_pass(rate: int) -> Floats:
    """Taps of a low-pass at 45 % of the new rate; one tap of 1 where nothing is above it."""
    if rate <= RATE:
        return np.ones(1, dtype=np.float32)
    cut = 0.45 * RATE / rate
    places = np.arange(-32, 33)
    taps: Floats = 2 * cut * np.sinc(2 * cut * places) * np.hamming(len(places))
    return np.asarray(taps / taps.sum(), dtype=np.float32)


def _decoded(path: Path, name: str, ffmpeg: str) -> Iterator[Samples]:
    """The sound of a file in a foreign format, through FFmpeg."""
    try:
        import av
    except ImportError as error:
        raise RecordingRefused(
            f"this is {name}, and only WAV can be read: save it as WAV, or install interview-coach[voice]", "foreign"
        ) from error
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    any_sound = False
    try:
        with av.open(str(path), format=ffmpeg, metadata_errors="ignore") as container:
            for frame in container.decode(audio=0):
                for piece in _resampled_frames(resampler, frame):
                    any_sound = True
                    yield piece
            yield from _resampled_frames(resampler, None)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise RecordingRefused(f"the {name} file is damaged, or holds no sound", "corrupt") from error
    if not any_sound:
        raise RecordingRefused(f"the {name} file holds no sound", "empty")


def _resampled_frames(resampler: Any, frame: Any) -> Iterator[Samples]:
    for piece in resampler.resample(frame):
        yield np.asarray(piece.to_ndarray()[0], dtype=np.int16)
