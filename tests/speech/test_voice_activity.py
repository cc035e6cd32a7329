"""Speech is found, and silence, noise, hum and clicks are not taken for it."""

import itertools

import numpy as np
import pytest

from coach.speech.hands_free import at_16k
from coach.speech.voice_activity import Ear, Frame, Samples, flatness, heard, spans
from tests.speech.voices import hum, noise, silent, spoken

EN = "The softmax turns scores into probabilities. It is used with the cross entropy loss."
ZH = "过拟合就是模型在训练集上表现好，在测试集上表现差。"


def frames(samples: Samples) -> tuple[Frame, ...]:
    return Ear().hear(samples)


def at_16k_spoken(text: str, lang: str) -> Samples:
    return at_16k(*spoken(text, lang))


@pytest.mark.parametrize(("text", "lang"), [(EN, "en"), (ZH, "zh")])
@pytest.mark.parametrize("loud", [1.0, 0.02])
def test_speech_is_voice_loud_or_quiet(text: str, lang: str, loud: float) -> None:
    samples = at_16k_spoken(text, lang)
    found = frames((samples * loud).astype(np.int16))
    voiced = sum(end - start for start, end in spans(found))
    assert heard(found, spans(found)) == "voice"
    assert voiced > 0.6 * len(samples) / 16_000


@pytest.mark.parametrize(
    ("samples", "what"),
    [
        (silent(3), "silence"),
        (noise(3, loud=5), "silence"),
        (noise(3), "noise"),
        (noise(3, loud=9000), "noise"),
        (hum(3), "noise"),
        (np.where(np.random.default_rng(1).random(48_000) < 0.0005, 12_000, 0).astype(np.int16), "noise"),
    ],
    ids=["silence", "hiss", "noise", "loud noise", "hum", "clicks"],
)
def test_what_is_no_voice_is_told_apart(samples: Samples, what: str) -> None:
    found = frames(samples)
    assert heard(found, spans(found)) == what


def test_speech_in_noise_is_still_found() -> None:
    samples = at_16k_spoken(EN, "en").astype(np.float64)
    loud = np.sqrt(np.mean(samples**2)) / 10 ** (15 / 20)
    mixed = samples + np.random.default_rng(2).normal(size=len(samples)) * loud
    found = frames(np.clip(mixed, -32768, 32767).astype(np.int16))
    assert heard(found, spans(found)) == "voice"


def test_a_pause_between_sentences_is_no_voice() -> None:
    one = at_16k_spoken("The first sentence.", "en")
    found = spans(frames(np.concatenate([silent(1), one, silent(2), one, silent(1)])))
    gaps = [later[0] - earlier[1] for earlier, later in itertools.pairwise(found)]
    assert max(gaps) == pytest.approx(2.0, abs=0.4)
    assert found[0][0] == pytest.approx(1.0, abs=0.2)


def test_spans_are_in_order_without_overlap() -> None:
    found = spans(frames(at_16k_spoken(EN, "en")))
    edges = [edge for span in found for edge in span]
    assert edges == sorted(edges)
    assert len(set(edges)) == len(edges)


def test_frames_do_not_depend_on_how_the_sound_is_cut() -> None:
    samples = at_16k_spoken("Cut me anywhere.", "en")
    ear = Ear()
    cut = [frame for at in range(0, len(samples), 777) for frame in ear.hear(samples[at : at + 777])]
    assert tuple(cut) == frames(samples)


def test_noise_is_flat_and_a_tone_is_not() -> None:
    tone = (5000 * np.sin(2 * np.pi * 440 * np.arange(480) / 16_000)).astype(np.int16)
    assert flatness(noise(0.03)) > 0.45 > flatness(tone)
