"""A transcriber's words come with how sure they are; every fault of it has a name and leaves the recording alone."""

import asyncio
import socket
from pathlib import Path

import pytest

from coach import errors
from coach.errors import NothingHeard, SettingsError, TranscriberMissing
from coach.llm.transcription import Transcript, TranscriptionEndpoint, aligned
from coach.speech.transcribe import Progress, Transcriber, fetched, listen, make_transcriber
from tests.llm.stub import Answer, cuts_body, fails, hangs, sends
from tests.speech.stub import AudioStub, asked_for, hears, hears_whisper
from tests.speech.voices import said

KEY = "sk-secret-0123456789"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return said(tmp_path_factory.mktemp("sound") / "answer.wav", "The softmax turns scores into probabilities.")


def make(setting: str | None, folder: Path, base_url: str | None = None, *, budget_s: float = 20) -> Transcriber:
    return make_transcriber(setting, models=folder, api_key=KEY, base_url=base_url, budget_s=budget_s)


def ask(stub: AudioStub, recording: Path, *, model: str = "gpt-4o-mini-transcribe", budget_s: float = 20) -> Transcript:
    transcriber = make(f"openai:{model}", recording.parent, stub.url, budget_s=budget_s)
    return asyncio.run(listen(transcriber, recording, lang="en", terms=("softmax", "cross-entropy")))


def test_the_sound_the_language_and_the_terms_are_sent(recording: Path) -> None:
    with AudioStub(hears("The soft max turns scores.")) as stub:
        ask(stub, recording)
    assert stub.requests[0]["file"] == recording.read_bytes()
    assert asked_for(stub.requests[0]) == {
        "model": "gpt-4o-mini-transcribe", "language": "en", "prompt": "softmax, cross-entropy",
        "response_format": "json", "include": ["logprobs"], "path": "/v1/audio/transcriptions",
    }  # fmt: skip
    assert stub.headers[0]["authorization"] == f"Bearer {KEY}"


def test_each_word_is_as_sure_as_its_least_sure_token(recording: Path) -> None:
    with AudioStub(hears("The soft max turns 分数 over.", max=-2.0, 分=-1.5)) as stub:
        transcript = ask(stub, recording)
    sure = {transcript.text[one.start : one.end]: one.confidence for one in transcript.words}
    assert list(sure) == ["The", "soft", "max", "turns", "分", "数", "over."]
    assert sure["max"] == pytest.approx(0.135, abs=0.001)
    assert sure["分"] == pytest.approx(0.223, abs=0.001)
    assert sure["soft"] == pytest.approx(0.99, abs=0.001)
    assert transcript.model.startswith("gpt-4o-mini-transcribe@127.0.0.1")


def test_whisper_gives_words_with_times(recording: Path) -> None:
    with AudioStub(hears_whisper("The soft max", avg_logprob=-0.7)) as stub:
        transcript = ask(stub, recording, model="whisper-1")
    assert asked_for(stub.requests[0])["timestamp_granularities"] == ["word", "segment"]
    last = transcript.words[-1]
    assert (transcript.text[last.start : last.end], last.from_s, last.to_s) == ("max", 2.0, 2.5)
    assert last.confidence == pytest.approx(0.4966, abs=0.001)


def test_a_server_that_knows_no_probabilities_is_asked_for_the_text_alone(recording: Path) -> None:
    refusal = fails(400, param="include", message="unknown field")
    with AudioStub(refusal, sends({"text": "The softmax."})) as stub:
        transcript = ask(stub, recording)
    assert (transcript.text, transcript.words) == ("The softmax.", ())
    assert "include" not in stub.requests[1]


@pytest.mark.parametrize(
    ("answer", "error", "calls"),
    [
        (fails(401), errors.ModelKeyRejected, 1),
        (fails(403), errors.ModelKeyRejected, 1),
        (fails(404), errors.ModelRequestRejected, 1),
        (fails(413), errors.ModelRequestRejected, 1),
        (fails(429, retry_after="0"), errors.ModelRateLimited, 3),
        (fails(429, "insufficient_quota"), errors.ModelQuotaExhausted, 1),
        (fails(500, retry_after="0"), errors.ModelServerFault, 3),
        (sends("<html>sign in</html>", "text/html"), errors.ModelNotAnEndpoint, 1),
        (sends({"error": {"message": "no"}}), errors.ModelError, 1),
        (sends("[]"), errors.ModelNotAnEndpoint, 1),
        (cuts_body, errors.ModelUnreachable, 2),
    ],
)
def test_every_fault_has_a_name_and_tells_no_secret(
    recording: Path, answer: Answer, error: type[errors.ModelError], calls: int
) -> None:
    with AudioStub(answer) as stub, pytest.raises(error) as fault:
        ask(stub, recording)
    assert stub.calls == calls
    assert KEY not in str(fault.value)
    assert recording.is_file()


def test_a_slow_server_is_given_up_in_time(recording: Path) -> None:
    with AudioStub(hangs) as stub, pytest.raises(errors.ModelTimeout):
        ask(stub, recording, budget_s=0.3)


def test_a_dead_port_is_unreachable(recording: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with pytest.raises(errors.ModelUnreachable):
        asyncio.run(make("openai:whisper-1", recording.parent, url).transcribe(recording, lang="en", terms=()))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "no_words"),
        (" … ", "no_words"),
        ("시청해 주셔서 감사합니다", "other_script"),
        ("Спасибо за просмотр", "other_script"),
    ],
)
def test_no_words_and_foreign_scripts_are_nothing_heard(recording: Path, text: str, code: str) -> None:
    with AudioStub(sends({"text": text})) as stub, pytest.raises(NothingHeard) as nothing:
        ask(stub, recording)
    assert nothing.value.code == code


@pytest.mark.parametrize("text", ["The α of PCA is über-small.", "方差 σ 变大", "L2"])
def test_formulas_and_loan_words_are_heard(recording: Path, text: str) -> None:
    with AudioStub(sends({"text": text})) as stub:
        assert ask(stub, recording).text == text


def test_whoever_stops_waiting_ends_the_request(recording: Path) -> None:
    async def impatient(stub: AudioStub) -> None:
        transcriber = make("openai:whisper-1", recording.parent, stub.url)
        task = asyncio.ensure_future(transcriber.transcribe(recording, lang="en", terms=()))
        while not stub.calls:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with AudioStub(hangs) as stub:
        asyncio.run(impatient(stub))


@pytest.mark.parametrize(
    ("setting", "error", "reason"),
    [
        (None, TranscriberMissing, "no transcriber is set"),
        ("", TranscriberMissing, "no transcriber is set"),
        ("folder:/no/such/place", TranscriberMissing, "holds no model.bin"),
        ("whisper", SettingsError, "it takes openai:"),
        ("whisper:../../etc", SettingsError, "it takes openai:"),
        ("vosk:small", SettingsError, "it takes openai:"),
    ],
)
def test_a_setting_that_names_no_transcriber_says_what_it_takes(
    tmp_path: Path, setting: str | None, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        make(setting, tmp_path)


def test_a_model_of_openai_needs_a_key_or_a_server(tmp_path: Path) -> None:
    with pytest.raises(errors.ModelNotConfigured, match="OPENAI_API_KEY"):
        make_transcriber("openai:whisper-1", models=tmp_path, api_key=None, base_url=None, budget_s=1)


def test_an_unknown_size_of_whisper_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(TranscriberMissing, match="small") as missing:
        fetched("enormous", tmp_path, lambda progress: None)
    assert missing.value.code == "no_model"


def test_a_model_that_cannot_be_fetched_says_what_to_do(tmp_path: Path) -> None:
    told: list[Progress] = []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(TranscriberMissing, match="COACH_TRANSCRIBER=folder:") as missing:
        fetched("tiny", tmp_path, told.append, endpoint=endpoint)
    assert missing.value.code == "not_fetched"
    assert told == [Progress("fetching", None)]


def test_a_model_that_was_fetched_is_not_fetched_again(tmp_path: Path) -> None:
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "complete").touch()
    assert fetched("tiny", tmp_path, lambda progress: pytest.fail("fetched")) == tmp_path / "tiny"


def test_pieces_that_are_not_in_the_text_are_left_out() -> None:
    words = aligned("one two", [("one", 0.5, None, None), ("three", 0.1, None, None), ("two", 1.2, None, None)])
    assert [(word.start, word.end, word.confidence) for word in words] == [(0, 3, 0.5), (4, 7, 1.0)]


def test_terms_are_cut_between_two_terms(recording: Path) -> None:
    endpoint = TranscriptionEndpoint("whisper-1", api_key=KEY, base_url="http://127.0.0.1:1/v1", budget_s=1)
    prompt = endpoint._form([f"term {number}" for number in range(200)], plain=True)["prompt"]
    assert len(prompt) <= 600
    assert prompt.split(", ")[-1].startswith("term ")
