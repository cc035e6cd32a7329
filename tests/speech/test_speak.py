"""Sentences -> sound: a speech model over HTTP, espeak-ng for real, and what may be fetched."""

import asyncio
import io
import wave
from collections.abc import AsyncGenerator, AsyncIterator

import pytest
from pydantic import SecretStr

from coach import errors
from coach.llm import voice as endpoint
from coach.llm.voice import VoiceEndpoint
from coach.schema import LANGS, Lang
from coach.settings import Settings
from coach.speech.speak import KEPT_BYTES, Sentence, Speaking, make_speaker, media_type, said
from coach.wiring import Coach
from tests.conftest import ROOT
from tests.llm.stub import Answer, Stub, fails, hangs, sends
from tests.speech.speech_stub import hum, sound, sound_cut


def speaks(stub: Stub, voice: str | None = None) -> VoiceEndpoint:
    return VoiceEndpoint("gpt-4o-mini-tts", api_key="sk-test-0123456789abcdef", base_url=stub.url, voice=voice)


async def heard(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def test_a_model_is_asked_for_plain_samples_and_gives_a_wav_stream() -> None:
    with Stub(sound(hum(0.4))) as stub:
        whole = await heard(speaks(stub, "coral").sound("Why is that?"))
    assert stub.requests == [
        {"model": "gpt-4o-mini-tts", "voice": "coral", "input": "Why is that?", "response_format": "pcm"}
    ]
    assert stub.headers[0]["authorization"] == "Bearer sk-test-0123456789abcdef"
    assert media_type(whole) == "audio/wav"
    assert whole[24:28] == (24_000).to_bytes(4, "little")
    assert whole[44:] == hum(0.4)


async def test_the_first_sound_comes_before_the_last_is_made() -> None:
    order: list[str] = []
    with Stub(sound(hum(0.4), pieces=8, pause_s=0.05)) as stub:
        async for _ in speaks(stub).sound("Why?"):
            order.append("heard")
    assert len(order) > 3


@pytest.mark.parametrize(
    ("data", "kind", "played_as"),
    [
        (b"ID3\x04rest", "audio/mpeg", "audio/mpeg"),
        (b"\xff\xfb\x90\x00rest", "audio/mpeg", "audio/mpeg"),
        (b"OggSrest", "application/ogg", "audio/ogg"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav", "audio/wav"),
        (b"\xff\xff\x00\x00" * 8, "audio/pcm", "audio/wav"),
    ],
)
async def test_a_server_that_insists_on_its_own_format_is_played_as_that(
    data: bytes, kind: str, played_as: str
) -> None:
    with Stub(sound(data, kind=kind, pieces=1)) as stub:
        whole = await heard(speaks(stub).sound("Why?"))
    assert media_type(whole) == played_as
    assert whole.endswith(data)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (fails(401, code="invalid_api_key"), errors.ModelKeyRejected),
        (fails(404), errors.ModelRequestRejected),
        (fails(429, code="insufficient_quota"), errors.ModelQuotaExhausted),
        (fails(500), errors.ModelServerFault),
        (sends("<html>hello</html>", "text/html"), errors.ModelNotAnEndpoint),
        (sends({"choices": []}), errors.ModelNotAnEndpoint),
        (sound(b"", pieces=1), errors.ModelNotAnEndpoint),
        (hangs, errors.ModelTimeout),
    ],
)
async def test_what_is_no_sound_is_a_typed_error_that_tells_no_key(
    answer: Answer, error: type[errors.ModelError], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "BUDGET_S", 1.5)
    with Stub(answer) as stub, pytest.raises(error) as raised:
        await heard(speaks(stub).sound("Why?"))
    assert "0123456789" not in str(raised.value)
    assert raised.value.__cause__ is None


async def test_a_passing_fault_is_tried_again_and_heard_once() -> None:
    with Stub(fails(503), sound(hum(0.2))) as stub:
        whole = await heard(speaks(stub).sound("Why?"))
    assert stub.calls == 2
    assert whole[44:] == hum(0.2)


async def test_a_sentence_that_breaks_off_is_not_begun_again() -> None:
    pieces: list[bytes] = []

    async def listen(stub: Stub) -> None:
        async for piece in speaks(stub).sound("Why?"):
            pieces.append(piece)

    with Stub(sound_cut()) as stub, pytest.raises(errors.ModelUnreachable):
        await listen(stub)
    assert stub.calls == 1
    assert pieces


def test_without_key_and_address_it_says_what_to_set() -> None:
    with pytest.raises(errors.ModelNotConfigured, match="COACH_SPEAKER_BASE_URL"):
        make_speaker("openai:gpt-4o-mini-tts", api_key=None, base_url=None, voice=None)


@pytest.mark.parametrize("setting", ["", "openai:", "google", "espeak:en", "Browser"])
def test_what_is_no_speaker_is_refused_with_the_value(setting: str) -> None:
    with pytest.raises(errors.SettingsError, match="COACH_SPEAKER is"):
        make_speaker(setting, api_key="k", base_url=None, voice=None)


@pytest.mark.parametrize("lang", LANGS)
async def test_espeak_speaks_both_languages(lang: Lang) -> None:
    speaker = make_speaker("espeak", api_key=None, base_url=None, voice=None)
    assert speaker is not None
    words = "Why is beta hat unbiased?" if lang == "en" else "为什么 beta hat 是无偏的？"
    whole = await heard(speaker.sound(words, lang))
    with wave.open(io.BytesIO(whole)) as file:
        seconds = file.getnframes() / file.getframerate()
        samples = memoryview(file.readframes(file.getnframes())).cast("h")
    assert 1 < seconds < 6
    assert max(samples) > 1000


async def test_espeak_speaks_to_several_people_at_once() -> None:
    speaker = make_speaker("espeak", api_key=None, base_url=None, voice=None)
    assert speaker is not None
    alone = await heard(speaker.sound("one two three", "en"))
    together = await asyncio.gather(*(heard(speaker.sound("one two three", "en")) for _ in range(4)))
    assert [len(one) for one in together] == pytest.approx([len(alone)] * 4, rel=0.1)


class Counting:
    """A speaker that counts how often it was asked."""

    name, host = "counting", "speech.example"

    def __init__(self, size: int = 10) -> None:
        self.asked: list[str] = []
        self.size = size

    async def sound(self, words: str, lang: Lang) -> AsyncGenerator[bytes, None]:
        self.asked.append(words)
        yield b"RIFF"
        yield bytes(self.size)


async def test_a_sentence_is_made_once_and_heard_again_from_memory() -> None:
    speaker = Counting()
    speaking = Speaking("server", speaker)
    key = speaking.key(Sentence(words="Why?", lang="en"))
    assert key == speaking.key(Sentence(words="Why?", lang="en"))
    first, second = await heard(speaking.sound(key)), await heard(speaking.sound(key))
    assert first == second == b"RIFF" + bytes(10)
    assert speaker.asked == ["Why?"]


async def test_memory_is_bounded() -> None:
    speaker = Counting(size=KEPT_BYTES // 2)
    speaking = Speaking("server", speaker)
    keys = [speaking.key(Sentence(words=f"Number {number}?", lang="en")) for number in range(3)]
    for key in (*keys, keys[0]):
        await heard(speaking.sound(key))
    assert speaker.asked.count("Number 0?") == 2


async def test_only_what_was_shown_can_be_fetched() -> None:
    speaker = Counting()
    mine, other = Speaking("server", speaker), Speaking("server", speaker)
    for key in ("", "0" * 40, other.key(Sentence(words="Why?", lang="en"))):
        with pytest.raises(errors.SpeakerMissing, match="reload"):
            await heard(mine.sound(key))
    assert speaker.asked == []


def test_what_is_said_comes_in_sentences_of_one_language_each() -> None:
    text = "Why is $\\beta$ biased? 为什么有偏？\n\n```python\nx\n```"
    assert said(text, "en", whole=True) == (
        Sentence(words="Why is beta biased?", lang="en"),
        Sentence(words="为什么有偏？", lang="zh"),
        Sentence(words="the code on the screen.", lang="en"),
    )
    assert said("Right. And wh", "en", whole=False) == (Sentence(words="Right.", lang="en"),)
    assert said("**—**", "en", whole=True) == ()


@pytest.mark.parametrize(
    ("chosen", "mode", "why", "host"),
    [
        ({}, "browser", None, None),
        ({"speaker": "off"}, "off", None, None),
        ({"speaker": "espeak"}, "server", None, None),
        ({"speaker": "openai:gpt-4o-mini-tts"}, "browser", "OPENAI_API_KEY", None),
        ({"speaker": "openai:tts-1", "openai_api_key": SecretStr("k")}, "server", None, "api.openai.com"),
        ({"speaker": "openai:x", "speaker_base_url": "http://u:p@here:1/v1"}, "server", None, "here:1"),
        ({"speaker": "loud"}, "browser", "COACH_SPEAKER", None),
    ],
)
def test_a_speaker_that_cannot_speak_leaves_it_to_the_browser_and_says_why(
    chosen: dict[str, object], mode: str, why: str | None, host: str | None
) -> None:
    speaking = Coach(Settings(content_dir=ROOT, **chosen)).speaking  # type: ignore[arg-type]
    assert (speaking.mode, speaking.host) == (mode, host)
    assert (why is None) == (speaking.why is None)
    assert why is None or why in str(speaking.why)
