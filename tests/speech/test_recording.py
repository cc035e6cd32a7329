"""A recording is what its content says; what cannot be used is refused with the reason, and nothing of it stays."""

import io
import struct
import threading
from pathlib import Path

import numpy as np
import pytest

from coach.errors import NothingHeard, RecordingRefused
from coach.llm.transcription import Transcript
from coach.speech.recording import Recordings, measured
from coach.speech.sound import pieces
from coach.speech.voice_activity import Samples
from tests.speech.voices import hum, noise, said, silent, spoken, written

SENTENCE = "Overfitting means that the model fits the noise."


@pytest.fixture
def store(tmp_path: Path) -> Recordings:
    return Recordings(tmp_path / "recordings", longest_s=20)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return said(tmp_path / "upload.wav", SENTENCE)


def loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))


def riff(kind: bytes, data: bytes) -> bytes:
    body = b"WAVEfmt " + struct.pack("<I", len(kind)) + kind + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def plain(tag: int, bits: int, data: bytes, *, rate: int = 16_000, channels: int = 1) -> bytes:
    block = bits // 8 * channels
    return riff(struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits), data)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_channels_keep_length_and_loudness(tmp_path: Path, rate: int, channels: int) -> None:
    at = np.arange(rate * 2) / rate
    tone = (8000 * np.sin(2 * np.pi * 300 * at)).astype(np.int16)
    both = tone if channels == 1 else np.stack([tone, tone], axis=1)
    heard = np.concatenate(list(pieces(written(tmp_path / "tone.wav", both, rate))))
    assert len(heard) == pytest.approx(32_000, abs=80)
    assert loudness(heard) == pytest.approx(loudness(tone), rel=0.02)


def test_what_16_khz_cannot_hold_does_not_fold_down_into_speech(tmp_path: Path) -> None:
    at = np.arange(96_000) / 48_000
    whistle = (8000 * np.sin(2 * np.pi * 13_000 * at)).astype(np.int16)
    heard = np.concatenate(list(pieces(written(tmp_path / "whistle.wav", whistle, 48_000))))
    assert loudness(heard) < 0.02 * loudness(whistle)


@pytest.mark.parametrize(
    ("tag", "bits", "make"),
    [
        (1, 8, lambda tone: ((tone / 256) + 128).astype(np.uint8).tobytes()),
        (1, 24, lambda tone: b"".join((int(one) * 256).to_bytes(3, "little", signed=True) for one in tone)),
        (1, 32, lambda tone: (tone.astype(np.int64) * 65536).astype("<i4").tobytes()),
        (3, 32, lambda tone: (tone / 32768).astype("<f4").tobytes()),
        (3, 64, lambda tone: (tone / 32768).astype("<f8").tobytes()),
    ],
)
def test_every_way_to_write_plain_samples_is_read(tmp_path: Path, tag: int, bits: int, make: object) -> None:
    tone = (8000 * np.sin(2 * np.pi * 300 * np.arange(16_000) / 16_000)).astype(np.int16)
    path = tmp_path / "tone.wav"
    path.write_bytes(plain(tag, bits, make(tone)))  # type: ignore[operator]
    assert loudness(np.concatenate(list(pieces(path)))) == pytest.approx(loudness(tone), rel=0.02)


def test_the_extensible_header_of_browsers_is_read(tmp_path: Path) -> None:
    tone = hum(1)
    kind = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16_000, 32_000, 2, 16, 22, 16, 4) + struct.pack("<H", 1) + b"\0" * 14
    path = tmp_path / "extensible.wav"
    path.write_bytes(riff(kind, tone.tobytes()))
    assert len(np.concatenate(list(pieces(path)))) == len(tone)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_header_that_was_written_before_the_sound_was_known_is_read(tmp_path: Path, size: int) -> None:
    data = bytearray(plain(1, 16, hum(1).tobytes()))
    data[40:44] = struct.pack("<I", size)
    path = tmp_path / "streamed.wav"
    path.write_bytes(data)
    assert sum(len(piece) for piece in pieces(path)) == 16_000


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        (b"", "empty", "no bytes"),
        (plain(1, 16, b""), "empty", "no sound"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "corrupt", "breaks off"),
        (b"RIFF\x24\0\0\0WAVEdata\x04\0\0\0abcd", "corrupt", "breaks off"),
        (plain(85, 16, b"\0" * 400), "corrupt", "kind 85"),
        (plain(1, 16, b"\0" * 400, rate=3), "corrupt", "3 Hz"),
        (plain(1, 16, b"\0" * 400, channels=0), "corrupt", "0 channels"),
        (b"%PDF-1.7 and so on", "foreign", "PDF"),
        (b"PK\x03\x04 a document", "foreign", "ZIP"),
        (b"\x89PNG\r\n\x1a\n0000", "foreign", "PNG"),
        (b"just some words in a file", "foreign", "no sound file"),
        (b"#EXTM3U\nhttp://203.0.113.9/list", "foreign", "no sound file"),
        (b"OggS" + b"\0" * 200, "corrupt", "Ogg"),
        (b"ID3\x04" + b"\0" * 200, "corrupt", "MP3"),
        (b"\x1aE\xdf\xa3" + b"\0" * 200, "corrupt", "WebM"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_recording_is_refused_with_the_reason(
    store: Recordings, tmp_path: Path, content: bytes, code: str, reason: str
) -> None:
    path = tmp_path / "holiday.wav"
    path.write_bytes(content)
    with pytest.raises(RecordingRefused, match=reason) as refused:
        store.add("s1", path)
    assert refused.value.code == code
    assert list(store.folder.rglob("*.wav")) == []
    assert store.pending("s1") == ()


@pytest.mark.parametrize(("name", "codec", "rate"), [("mp3", "mp3", 44_100), ("ogg", "libopus", 48_000),
                                                     ("flac", "flac", 16_000), ("mp4", "aac", 44_100)])  # fmt: skip
def test_other_formats_are_read_whatever_their_name_says(
    tmp_path: Path, store: Recordings, name: str, codec: str, rate: int
) -> None:
    import av

    samples, speed = spoken(SENTENCE)
    places = np.arange(0, len(samples), speed / rate)
    sound = np.interp(places, np.arange(len(samples)), samples).astype(np.int16)
    memory = io.BytesIO()
    with av.open(memory, "w", format=name) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        fifo = av.AudioResampler(format=stream.format, layout="mono", rate=rate, frame_size=stream.frame_size or 1152)
        for piece in (*fifo.resample(frame), *fifo.resample(None)):
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    path = tmp_path / "voice.wav"
    path.write_bytes(memory.getvalue())
    assert store.add("s1", path).recording.seconds == pytest.approx(len(samples) / speed, abs=0.2)


def test_a_recording_is_kept_with_its_length_and_where_somebody_speaks(store: Recordings, source: Path) -> None:
    take = store.add("s1", source)
    assert take.recording.audio == f"s1/{take.name}"
    assert (store.folder / take.recording.audio).is_file()
    start, end = take.recording.voiced[0][0], take.recording.voiced[-1][1]
    assert 0 <= start < 0.5 < end <= take.recording.seconds


def test_a_recording_over_the_cap_is_refused_while_it_is_read(store: Recordings, tmp_path: Path) -> None:
    with pytest.raises(RecordingRefused, match="longer than") as refused:
        store.add("s1", written(tmp_path / "long.wav", hum(21), 16_000))
    assert refused.value.code == "too_long"
    assert list(store.folder.rglob("*.wav")) == []


@pytest.mark.parametrize(("samples", "code"), [(silent(2), "silence"), (noise(2), "noise"), (hum(2), "noise")])
def test_silence_and_noise_are_told_and_not_kept(
    store: Recordings, tmp_path: Path, samples: Samples, code: str
) -> None:
    with pytest.raises(NothingHeard) as nothing:
        store.add("s1", written(tmp_path / "quiet.wav", samples, 16_000))
    assert nothing.value.code == code
    assert list(store.folder.rglob("*.wav")) == []
    assert store.pending("s1") == ()


def test_several_recordings_wait_in_order_through_a_restart(store: Recordings, source: Path) -> None:
    first, second = store.add("s1", source), store.add("s1", source)
    store.add("s2", source)
    again = Recordings(store.folder)
    assert again.pending("s1") == (first, second)
    assert [one.audio for one in again.of_answer("s1")] == [first.recording.audio, second.recording.audio]


def test_dropping_one_leaves_the_others(store: Recordings, source: Path) -> None:
    first, second = store.add("s1", source), store.add("s1", source)
    store.drop("s1", second.name)
    assert store.pending("s1") == (first,)
    assert [path.name for path in store.folder.rglob("*.wav")] == [first.name]


def test_after_sending_nothing_is_pending_and_the_audio_stays(store: Recordings, source: Path) -> None:
    take = store.add("s1", source)
    store.sent("s1")
    assert store.pending("s1") == ()
    assert store.path("s1", take) is not None
    later = store.add("s1", source)
    assert later.name[:3] == "002"


def test_a_recording_whose_words_are_being_made_is_left_out_of_an_answer(store: Recordings, source: Path) -> None:
    made = threading.Event()
    first, second = store.add("s1", source), store.add("s1", source, made=made)
    assert [one.audio for one in store.of_answer("s1")] == [first.recording.audio]
    assert store.open("s1") == (first,)
    store.sent("s1")
    assert store.pending("s1") == (second,)
    made.set()
    assert store.of_answer("s1") == (second.recording,)
    assert store.open("s1") == (second,)


def test_a_recording_goes_with_the_answer_once_its_words_are_there(store: Recordings, source: Path) -> None:
    take = store.add("s1", source)
    store.make("s1", take, threading.Event())
    assert store.of_answer("s1") == ()
    store.change("s1", take.model_copy(update={"transcript": Transcript(text="words", lang="en", model="m")}))
    assert store.of_answer("s1") == (take.recording,)


def test_the_sound_of_an_answer_that_was_sent_is_not_dropped(store: Recordings, source: Path) -> None:
    take = store.add("s1", source)
    store.sent("s1")
    store.drop("s1", take.name)
    assert store.path("s1", take) is not None


def test_deleting_a_session_removes_its_folder_and_no_other(store: Recordings, source: Path) -> None:
    store.add("s1", source)
    other = store.add("s2", source)
    store.delete("s1")
    assert [path.name for path in store.folder.rglob("*.wav")] == [other.name]
    assert not (store.folder / "s1").exists()


@pytest.mark.parametrize("session", ["", "../s2", "a/b", "..", "s1\0"])
def test_a_session_is_no_path(store: Recordings, source: Path, session: str) -> None:
    with pytest.raises(RecordingRefused):
        store.add(session, source)


def test_audio_that_is_not_to_be_kept_goes_once_its_words_are_there(tmp_path: Path, source: Path) -> None:
    store = Recordings(tmp_path / "recordings", keep_audio=False)
    take = store.add("s1", source)
    assert store.path("s1", take) is not None, "it can be transcribed, and again when that fails"
    heard = take.model_copy(update={"transcript": Transcript(text="words", lang="en", model="m")})
    assert store.change("s1", heard).recording.audio is None
    assert list(store.folder.rglob("*.wav")) == []
    assert [one.audio for one in store.of_answer("s1")] == [None]
    assert store.of_answer("s1")[0].seconds > 1


def test_audio_that_is_not_to_be_kept_goes_when_the_answer_is_sent(tmp_path: Path, source: Path) -> None:
    store = Recordings(tmp_path / "recordings", keep_audio=False)
    store.add("s1", source)
    assert [one.audio for one in store.of_answer("s1")] == [None]
    store.sent("s1")
    assert list(store.folder.rglob("*.wav")) == []


def test_a_damaged_list_of_pending_recordings_is_no_fault(store: Recordings, source: Path) -> None:
    store.add("s1", source)
    (store.folder / "s1" / "pending.json").write_text("{", encoding="utf-8")
    assert store.pending("s1") == ()


def test_two_pages_that_record_at_once_lose_nothing(store: Recordings, source: Path) -> None:
    threads = [threading.Thread(target=store.add, args=("s1", source)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({take.name for take in store.pending("s1")}) == 4


def test_the_sound_is_read_in_pieces(tmp_path: Path) -> None:
    path = written(tmp_path / "long.wav", np.tile(hum(10), 30), 16_000)
    assert max(len(piece) for piece in pieces(path)) <= 1 << 17
    assert measured(path, tmp_path / "out.wav", longest_s=301)[0].seconds == pytest.approx(300, abs=0.1)
