"""Every fault of the LLM path has a typed outcome, shown over real HTTP against a server that misbehaves."""

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
import traceback
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from coach import errors
from coach.llm.chat import Chat, connect
from coach.llm.prompts import Prompt
from coach.llm.vendor import PROVIDERS
from tests.llm.stub import (
    Answer,
    Exchange,
    Stub,
    calls_tool,
    completes,
    cuts_body,
    fails,
    hangs,
    says,
    sends,
    streams,
)

KEY = "sk-canary-0123456789abcdef-wxyz"
WORDS = "the candidate said cross-entropy"
PROMPT = Prompt(id="judge", role="judge", system="You judge.", user=WORDS)
GOOD = {"state": "met", "score": 3, "quotes": ["a"]}
HTML = "<html><body>Sign in to the hotel network</body></html>"


class Verdict(BaseModel):
    state: Literal["met", "missed"]
    score: Annotated[int, Field(ge=0, le=5)]
    quotes: tuple[str, ...] = ()


def said(text: str | None, **options: object) -> Answer:
    return completes({"role": "assistant", "content": text}, **options)  # type: ignore[arg-type]


def to(stub: Stub, budget_s: float = 5.0, stall_s: float = 5.0, **options: object) -> Chat:
    return connect("stub-1", api_key=KEY, base_url=stub.url, budget_s=budget_s, stall_s=stall_s, **options)  # type: ignore[arg-type]


TYPED: dict[str, tuple[list[Answer], type[errors.ModelError], int]] = {
    "429_for_ever": ([fails(429, "rate_limit_exceeded", retry_after="0")], errors.ModelRateLimited, 3),
    "429_longer_than_the_budget": ([fails(429, retry_after="3600")], errors.ModelRateLimited, 1),
    "429_until_a_date_beyond_the_budget": (
        [fails(429, retry_after="Fri, 31 Dec 2100 23:59:59 GMT")],
        errors.ModelRateLimited,
        1,
    ),
    "no_credit": ([fails(429, "insufficient_quota", retry_after="0")], errors.ModelQuotaExhausted, 1),
    "payment_required": ([fails(402)], errors.ModelQuotaExhausted, 1),
    "500_always": ([fails(500, retry_after="0")], errors.ModelServerFault, 3),
    "wrong_key": ([fails(401, "invalid_api_key")], errors.ModelKeyRejected, 1),
    "forbidden": ([fails(403)], errors.ModelKeyRejected, 1),
    "bad_request": ([fails(400, "unsupported_value", param="temperature")], errors.ModelRequestRejected, 1),
    "no_such_model": ([fails(404, "model_not_found")], errors.ModelRequestRejected, 1),
    "unprocessable": ([fails(422)], errors.ModelRequestRejected, 1),
    "prompt_too_long": ([fails(400, "context_length_exceeded")], errors.ModelRequestRejected, 1),
    "filtered_prompt": ([fails(400, "content_filter")], errors.ModelFiltered, 1),
    "body_cut": ([cuts_body], errors.ModelUnreachable, 2),
    "connection_reset": ([Exchange.reset], errors.ModelUnreachable, 2),
    "html_page": ([sends(HTML, "text/html")], errors.ModelNotAnEndpoint, 1),
    "html_page_called_json": ([sends(HTML)], errors.ModelNotAnEndpoint, 1),
    "empty_body": ([sends("")], errors.ModelNotAnEndpoint, 1),
    "empty_choices": ([sends({"id": "x", "choices": []})], errors.ModelNotAnEndpoint, 1),
    "null_choices": ([sends({"id": "x", "choices": None})], errors.ModelNotAnEndpoint, 1),
    "choice_without_message": ([sends({"choices": [{}]})], errors.ModelNotAnEndpoint, 1),
    "json_of_another_kind": ([sends([1, 2])], errors.ModelNotAnEndpoint, 1),
    "error_inside_200": ([sends({"error": {"message": "x", "code": 401}})], errors.ModelKeyRejected, 1),
    "content_is_not_json": ([said('{"state": "met", "score"')], errors.ModelOffSchema, 2),
    "prose_around_json": ([said(f"Sure! {json.dumps(GOOD)}")], errors.ModelOffSchema, 2),
    "key_given_twice": ([said('{"state": "met", "state": "missed", "score": 1}')], errors.ModelOffSchema, 2),
    "not_a_number": ([said('{"state": "met", "score": NaN}')], errors.ModelOffSchema, 2),
    "schema_drift": ([says({"verdict": "met"})], errors.ModelOffSchema, 2),
    "score_9_of_5": ([says(GOOD | {"score": 9})], errors.ModelOffSchema, 2),
    "no_content": ([said(None)], errors.ModelOffSchema, 2),
    "refusal": ([says(None, refusal="I cannot help")], errors.ModelRefused, 1),
    "content_filter": ([said("{", finish="content_filter")], errors.ModelFiltered, 1),
    "length_twice": ([said("{", finish="length")], errors.ModelTruncated, 2),
    "larger_limit_not_allowed": ([said("{", finish="length"), fails(400)], errors.ModelTruncated, 2),
}


@pytest.mark.parametrize(("answers", "kind", "calls"), TYPED.values(), ids=TYPED)
async def test_fault_is_typed_after_so_many_calls(
    answers: list[Answer], kind: type[errors.ModelError], calls: int
) -> None:
    with Stub(*answers) as stub:
        with pytest.raises(errors.ModelError) as caught:
            await to(stub).reply(PROMPT, Verdict)
        assert type(caught.value) is kind
        assert stub.calls == calls
        if kind is not errors.ModelFiltered:
            assert str(caught.value).partition(" at ")[0].endswith("stub-1")
        assert stub.url.split("/")[2] in str(caught.value)


MENDED: dict[str, tuple[list[Answer], int, bool]] = {
    "429_then_good": ([fails(429, retry_after="0"), says(GOOD)], 2, False),
    "500_once": ([fails(500, retry_after="0"), says(GOOD)], 2, False),
    "cut_once": ([cuts_body, says(GOOD)], 2, False),
    "fenced": ([said(f"```json\n{json.dumps(GOOD)}\n```")], 1, False),
    "length_once": ([said("{", finish="length"), says(GOOD)], 2, False),
    "drift_once": ([says({"verdict": "met"}), says(GOOD)], 2, True),
    "no_content_once": ([said(None), says(GOOD)], 2, True),
}


@pytest.mark.parametrize(("answers", "calls", "repaired"), MENDED.values(), ids=MENDED)
async def test_passing_fault_ends_in_a_record(answers: list[Answer], calls: int, repaired: bool) -> None:
    with Stub(*answers) as stub:
        reply = await to(stub).reply(PROMPT, Verdict)
    assert reply.value == Verdict.model_validate(GOOD)
    assert (reply.calls, stub.calls, reply.repaired, reply.model) == (calls, calls, repaired, "stub-1")


async def test_hanging_server_ends_with_the_budget_after_one_call() -> None:
    with Stub(hangs) as stub:
        with pytest.raises(errors.ModelTimeout):
            await to(stub, budget_s=0.5).reply(PROMPT, Verdict)
        assert stub.calls == 1


async def test_dead_port_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(errors.ModelUnreachable, match="cannot be reached"):
            await connect("m", api_key=None, base_url=url).reply(PROMPT, Verdict)


async def test_three_faults_in_all_are_the_end_even_across_a_repair() -> None:
    broken = fails(500, retry_after="0")
    with Stub(broken, broken, says({"verdict": "met"}), broken, says(GOOD)) as stub:
        with pytest.raises(errors.ModelServerFault):
            await to(stub).reply(PROMPT, Verdict)
        assert stub.calls == 4


async def test_tokens_are_summed_over_every_answered_request() -> None:
    with Stub(says({"verdict": "met"}), says(GOOD)) as stub:
        reply = await to(stub).reply(PROMPT, Verdict)
    assert (reply.tokens_in, reply.tokens_out) == (20, 10)


async def test_tokens_are_unknown_when_one_answer_does_not_say() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "{}"}, "finish_reason": "stop"}
    with Stub(sends({"id": "x", "choices": [choice]}), says(GOOD)) as stub:
        reply = await to(stub).reply(PROMPT, Verdict)
    assert (reply.tokens_in, reply.tokens_out) == (None, None)


async def test_repair_shows_the_model_its_reply_and_what_was_wrong() -> None:
    with Stub(says(GOOD | {"score": 9}), says(GOOD)) as stub:
        await to(stub).reply(PROMPT, Verdict)
    system, user, first, repair = stub.requests[1]["messages"]
    assert [system["role"], user["role"], first["role"], repair["role"]] == ["system", "user", "assistant", "user"]
    assert json.loads(first["content"])["score"] == 9
    assert "score: Input should be less than or equal to 5" in repair["content"]


async def test_cut_reply_is_asked_for_again_with_four_times_the_room() -> None:
    with Stub(said("{", finish="length", tokens_out=700), says(GOOD)) as stub:
        await to(stub, max_tokens=500).reply(PROMPT, Verdict)
    assert [request["max_completion_tokens"] for request in stub.requests] == [500, 2800]


async def test_system_goes_first_and_the_candidates_words_last() -> None:
    with Stub(says(GOOD)) as stub:
        await to(stub).reply(PROMPT, Verdict)
    assert stub.requests[0]["messages"] == [
        {"role": "system", "content": "You judge."},
        {"role": "user", "content": WORDS},
    ]
    assert stub.requests[0]["temperature"] == 0
    assert stub.headers[0]["authorization"] == f"Bearer {KEY}"


async def test_schema_that_cannot_be_sent_is_our_fault_and_not_the_models() -> None:
    class Free(BaseModel):
        anything: dict[str, int]

    with Stub(says(GOOD)) as stub:
        with pytest.raises(TypeError, match=r"Free\.anything"):
            await to(stub).reply(PROMPT, Free)
        assert stub.calls == 0


async def test_reasoning_models_get_no_temperature() -> None:
    with Stub(says(GOOD)) as stub:
        await connect("o4-mini", api_key=KEY, base_url=stub.url).reply(PROMPT, Verdict)
    assert "temperature" not in stub.requests[0]


async def test_strict_schema_is_sent_without_ranges() -> None:
    with Stub(says(GOOD)) as stub:
        await to(stub).reply(PROMPT, Verdict)
    sent = stub.requests[0]["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["properties"]["score"] == {"type": "integer"}
    assert sent["schema"]["required"] == ["state", "score", "quotes"]
    assert sent["schema"]["additionalProperties"] is False


@pytest.mark.parametrize(
    "arguments", [json.dumps(GOOD), pytest.param("{oops", id="broken"), pytest.param('{"a": 1}', id="drift")]
)
async def test_tool_call_arguments_are_the_reply(arguments: str) -> None:
    with Stub(calls_tool(arguments), calls_tool(json.dumps(GOOD))) as stub:
        reply = await to(stub, method="function_calling").reply(PROMPT, Verdict)
    assert reply.value == Verdict.model_validate(GOOD)
    assert reply.repaired == (arguments != json.dumps(GOOD))
    assert stub.requests[0]["tool_choice"] == {"type": "function", "function": {"name": "Verdict"}}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (completes({"role": "assistant", "content": "{"}, finish="length"), errors.ModelTruncated),
        (completes({"role": "assistant", "content": "{"}, finish="content_filter"), errors.ModelFiltered),
        (says(None, refusal="no"), errors.ModelRefused),
        (sends(HTML, "text/html"), errors.ModelNotAnEndpoint),
        (sends({"choices": []}), errors.ModelNotAnEndpoint),
    ],
)
async def test_tool_calling_has_the_same_typed_outcomes(answer: Answer, kind: type[errors.ModelError]) -> None:
    with Stub(answer) as stub, pytest.raises(kind):
        await to(stub, method="function_calling").reply(PROMPT, Verdict)


async def test_json_mode_puts_the_schema_into_the_system_part() -> None:
    with Stub(says(GOOD)) as stub:
        await to(stub, method="json_mode").reply(PROMPT, Verdict)
    assert stub.requests[0]["response_format"] == {"type": "json_object"}
    assert '"missed"' in stub.requests[0]["messages"][0]["content"]


async def test_cancelling_the_task_hangs_up_on_the_server() -> None:
    arrived, left = threading.Event(), threading.Event()

    def waits_for_goodbye(exchange: Exchange) -> None:
        arrived.set()
        exchange.connection.settimeout(10)
        if exchange.connection.recv(1) == b"":
            left.set()

    with Stub(waits_for_goodbye) as stub:
        task = asyncio.create_task(to(stub, budget_s=60).reply(PROMPT, Verdict))
        assert await asyncio.to_thread(arrived.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(left.wait, 10)


def test_one_chat_serves_several_event_loops() -> None:
    with Stub(says(GOOD)) as stub:
        chat = to(stub)
        for _ in range(2):
            assert asyncio.run(chat.reply(PROMPT, Verdict)).value.state == "met"


async def test_many_calls_at_once_share_one_chat() -> None:
    with Stub(says(GOOD)) as stub:
        chat = to(stub, budget_s=30)
        replies = await asyncio.gather(*(chat.reply(PROMPT, Verdict) for _ in range(20)))
        assert len(replies) == stub.calls == 20


# --- streams


async def heard(chat: Chat) -> tuple[str, errors.ModelError | None]:
    pieces: list[str] = []
    try:
        async for piece in chat.stream(PROMPT):
            pieces.append(piece)
    except errors.ModelError as error:
        return "".join(pieces), error
    return "".join(pieces), None


STREAMS: dict[str, tuple[list[Answer], str, type[errors.ModelError] | None, int]] = {
    "whole": ([streams("Why ", "so?")], "Why so?", None, 1),
    "whole_without_done": ([streams("Why ", "so?", then="close")], "Why so?", None, 1),
    "500_once": ([fails(500, retry_after="0"), streams("Why?")], "Why?", None, 2),
    "cut_by_tcp": ([streams("Why ", finish=None, then="reset")], "Why ", errors.ModelStreamCut, 1),
    "closed_in_mid_body": ([streams("Why ", finish=None, then="close")], "Why ", errors.ModelStreamCut, 1),
    "clean_end_without_finish_reason": ([streams("Why ", finish=None)], "Why ", errors.ModelStreamCut, 1),
    "stall": ([streams("Why ", finish=None, then="hang")], "Why ", errors.ModelStreamCut, 1),
    "error_inside": (
        [streams("Why ", finish=None, then="error", error={"message": "overloaded", "type": "server_error"})],
        "Why ",
        errors.ModelServerFault,
        1,
    ),
    "rate_limit_inside": (
        [streams("Why ", finish=None, then="error", error={"message": "x", "code": "rate_limit_exceeded"})],
        "Why ",
        errors.ModelRateLimited,
        1,
    ),
    "error_inside_as_text": (
        [streams("Why ", finish=None, then="error", error="x")],
        "Why ",
        errors.ModelServerFault,
        1,
    ),
    "length": ([streams("Why ", finish="length")], "Why ", errors.ModelTruncated, 1),
    "content_filter": ([streams("Why ", finish="content_filter")], "Why ", errors.ModelFiltered, 1),
    "unknown_finish_reason": ([streams("Why ", finish="aborted")], "Why ", errors.ModelStreamCut, 1),
    "no_words": ([streams()], "", errors.ModelRefused, 1),
    "html_page": ([sends(HTML, "text/html")], "", errors.ModelNotAnEndpoint, 1),
    "broken_event": ([sends("data: {oops\n\n", "text/event-stream")], "", errors.ModelNotAnEndpoint, 1),
    "whole_json_instead": ([says("Why so?")], "", errors.ModelNotAnEndpoint, 1),
    "wrong_key": ([fails(401)], "", errors.ModelKeyRejected, 1),
    "no_credit": ([fails(429, "insufficient_quota")], "", errors.ModelQuotaExhausted, 1),
    "500_always": ([fails(500, retry_after="0")], "", errors.ModelServerFault, 3),
    "connection_reset": ([Exchange.reset], "", errors.ModelUnreachable, 2),
}


@pytest.mark.parametrize(("answers", "words", "kind", "calls"), STREAMS.values(), ids=STREAMS)
async def test_stream_is_complete_or_typed(
    answers: list[Answer], words: str, kind: type[errors.ModelError] | None, calls: int
) -> None:
    with Stub(*answers) as stub:
        pieces, error = await heard(to(stub, stall_s=1.0))
        assert pieces == words
        assert (type(error) if error else None) is kind
        assert stub.calls == calls
        if isinstance(error, errors.ModelStreamCut):
            assert error.partial == words


@pytest.mark.parametrize("then", ["hang", "reset"])
async def test_stream_that_said_it_was_done_is_whole_whatever_follows(then: Literal["hang", "reset"]) -> None:
    with Stub(streams("Why?", then=then)) as stub:
        assert await heard(to(stub, stall_s=1.0)) == ("Why?", None)


async def test_stream_that_never_starts_ends_with_the_budget() -> None:
    with Stub(hangs) as stub:
        pieces, error = await heard(to(stub, budget_s=0.5, stall_s=60))
        assert (pieces, type(error), stub.calls) == ("", errors.ModelTimeout, 1)


async def test_trickling_stream_ends_with_the_budget_and_keeps_what_came() -> None:
    with Stub(streams("Why ", finish=None, then="hang")) as stub:
        pieces, error = await heard(to(stub, budget_s=0.5, stall_s=60))
        assert isinstance(error, errors.ModelStreamCut)
        assert error.partial == pieces == "Why "
        assert "ran out of time" in str(error)


async def test_stream_asks_for_usage() -> None:
    with Stub(streams("Why?")) as stub:
        await heard(to(stub))
    assert stub.requests[0]["stream_options"] == {"include_usage": True}


# --- connecting, and what must not be said


def test_missing_key_is_not_configured_and_says_what_to_set() -> None:
    with pytest.raises(errors.ModelNotConfigured, match="OPENAI_API_KEY"):
        connect("openai:gpt-4o-mini", api_key=None, base_url=None)


def test_environment_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(errors.ModelNotConfigured):
        connect("gpt-4o-mini", api_key=None, base_url=None)


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://localhost/v1", "http://", ""])
def test_impossible_base_url_is_not_configured(url: str) -> None:
    with pytest.raises(errors.ModelNotConfigured, match="base URL"):
        connect("m", api_key=None, base_url=url)


@pytest.mark.parametrize("model", ["", " ", "openai:"])
def test_empty_model_name_is_not_configured(model: str) -> None:
    with pytest.raises(errors.ModelNotConfigured):
        connect(model, api_key=KEY, base_url=None)


@pytest.mark.parametrize("key", ["sk-one\nsk-two", "sk-–dash"])
def test_key_that_no_header_can_carry_is_not_configured(key: str) -> None:
    with pytest.raises(errors.ModelNotConfigured) as caught:
        connect("m", api_key=key, base_url=None)
    assert key not in str(caught.value)


def test_missing_provider_package_is_not_configured() -> None:
    with pytest.raises(errors.ModelNotConfigured, match="langchain-anthropic"):
        connect("anthropic:claude-sonnet", api_key=KEY, base_url=None)


def test_provider_that_does_not_start_is_not_configured_without_naming_the_key() -> None:
    with pytest.raises(errors.ModelNotConfigured) as caught:
        connect("azure_openai:gpt-4o", api_key=KEY, base_url=None)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_colon_in_a_bare_name_is_part_of_the_name() -> None:
    chat = connect("qwen3:8b", api_key=None, base_url="http://localhost:11434/v1")
    assert (chat.name, chat.endpoint.host) == ("qwen3:8b", "localhost:11434")


def test_providers_are_those_langchain_knows() -> None:
    from langchain.chat_models.base import _BUILTIN_PROVIDERS

    assert frozenset(_BUILTIN_PROVIDERS) == PROVIDERS


def test_importing_the_seam_loads_no_vendor() -> None:
    code = "import sys, coach.llm.chat, coach.llm.mock; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"langchain", "langchain_core", "langchain_openai", "openai", "httpx2"} & set(loaded.split())


LEAKY: dict[str, Answer] = {
    "wrong_key": fails(401, KEY, message=f"Incorrect API key provided: {KEY}. You wrote: {WORDS}"),
    "bad_request": fails(400, "bad", message=f"{WORDS} {KEY}", param=WORDS),
    "html_page": sends(f"<html>{WORDS} {KEY}</html>", "text/html"),
    "error_inside_200": sends({"error": {"message": f"{WORDS} {KEY}", "code": WORDS}}),
    "not_json": said(f"{WORDS} {KEY}"),
    "drift": says({"state": WORDS, WORDS: KEY}),
    "refusal": says(None, refusal=f"{WORDS} {KEY}"),
    "length": said(WORDS, finish="length"),
    "hang": hangs,
}


@pytest.mark.parametrize("answer", LEAKY.values(), ids=LEAKY)
async def test_neither_key_nor_answer_is_in_an_error(answer: Answer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with Stub(answer) as stub:
        chat = to(stub, budget_s=1.0)
        with pytest.raises(errors.ModelError) as caught:
            await chat.reply(PROMPT, Verdict)
    error = caught.value
    shown = [*traceback.format_exception(error), repr(error), repr(chat), str(vars(error)), caplog.text]
    assert error.__cause__ is None
    assert error.__context__ is None
    assert not [text for text in shown if KEY in text or WORDS in text]


async def test_rejected_key_is_recognisable_by_its_end() -> None:
    with Stub(fails(401)) as stub, pytest.raises(errors.ModelKeyRejected, match="ending in …wxyz"):
        await to(stub).reply(PROMPT, Verdict)
