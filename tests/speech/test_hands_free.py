"""A turn ends after the silence that was asked for, and never before somebody spoke or while they still think."""

import numpy as np
import pytest

from coach.speech.hands_free import Turn, still_thinking
from coach.speech.voice_activity import Samples
from tests.speech.voices import hum, noise, silent, spoken

CHUNK = 4_800
RATE = 48_000


def at_48k(samples: Samples, rate: int) -> Samples:
    places = np.arange(0, len(samples), rate / RATE)
    return np.interp(places, np.arange(len(samples)), samples).astype(np.int16)


SPEECH = at_48k(*spoken("The softmax turns scores into probabilities."))


def feed(turn: Turn, samples: Samples) -> float | None:
    """Seconds into the sound at which the turn was over; None when it was not."""
    for at in range(0, len(samples), CHUNK):
        if turn.hear(samples[at : at + CHUNK], rate=RATE):
            return (at + CHUNK) / RATE
    return None


def quiet(seconds: float) -> Samples:
    return silent(seconds, rate=RATE)


@pytest.mark.parametrize("silence_s", [1.0, 3.0, 6.0])
def test_the_turn_ends_after_the_silence_that_was_asked_for(silence_s: float) -> None:
    ended = feed(Turn(silence_s=silence_s), np.concatenate([SPEECH, quiet(8)]))
    assert ended == pytest.approx(len(SPEECH) / RATE + silence_s, abs=0.5)


def test_a_shorter_pause_does_not_end_it() -> None:
    assert feed(Turn(silence_s=3), np.concatenate([SPEECH, quiet(2.3), SPEECH, quiet(2.3), SPEECH])) is None


@pytest.mark.parametrize(
    "samples", [quiet(12), noise(12, rate=RATE), hum(12, rate=RATE)], ids=["quiet", "noise", "hum"]
)
def test_thinking_before_the_first_word_ends_nothing(samples: Samples) -> None:
    turn = Turn(silence_s=1)
    assert feed(turn, samples) is None
    assert turn.left_s is None


def test_noise_after_speech_is_silence() -> None:
    room = noise(12, rate=RATE, loud=60)
    mixed = np.concatenate([room, SPEECH + room[: len(SPEECH)], room]).astype(np.int16)
    ended = feed(Turn(silence_s=3), mixed)
    assert ended == pytest.approx(12 + len(SPEECH) / RATE + 3, abs=0.6)


def test_still_thinking_holds_until_words_come_or_a_minute_is_over() -> None:
    turn = Turn(silence_s=1)
    feed(turn, np.concatenate([SPEECH, quiet(0.5)]))
    turn.hold()
    assert feed(turn, quiet(30)) is None
    assert feed(turn, np.concatenate([SPEECH, quiet(3)])) == pytest.approx(len(SPEECH) / RATE + 1, abs=0.5)
    held = Turn(silence_s=1)
    feed(held, np.concatenate([SPEECH, quiet(0.2)]))
    held.hold()
    assert feed(held, quiet(70)) == pytest.approx(60, abs=1.5)


@pytest.mark.parametrize("silence_s", [0.5, 0, -1, 21, float("nan")])
def test_only_1_to_20_seconds_of_silence_may_be_asked_for(silence_s: float) -> None:
    with pytest.raises(ValueError, match="takes 1 to 20"):
        Turn(silence_s=silence_s)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_stereo_and_any_rate_are_heard(rate: int) -> None:
    samples, own = spoken("Any rate will do.")
    places = np.arange(0, len(samples), own / rate)
    one = np.interp(places, np.arange(len(samples)), samples).astype(np.int16)
    turn = Turn(silence_s=1)
    turn.hear(np.stack([one, one], axis=1), rate=rate)
    assert turn.spoken
    assert turn.hear(silent(2, rate=rate), rate=rate)


@pytest.mark.parametrize(
    "text",
    [
        "The bias goes down, and, let me think", "It is the derivative of, hold on.", "First the gradient, um …",
        "偏差会变小，让我想想", "然后呢，等一下", "这个嘛，嗯……",
    ],
)  # fmt: skip
def test_words_of_somebody_who_goes_on_in_a_moment(text: str) -> None:
    assert still_thinking(text)


@pytest.mark.parametrize(
    "text",
    [
        "Let me think of it as a sum of squares.",
        "It holds on the training set.",
        "方差变大。",
        "我想一想就是偏差。",
        "",
        "column",
    ],
)
def test_words_of_somebody_who_is_done(text: str) -> None:
    assert not still_thinking(text)
