"""The mock stands at the network: what it cannot reach, the real model's path does."""

import asyncio
import json
from contextlib import suppress
from typing import Annotated, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from coach import errors
from coach.llm.methods import Method
from coach.llm.mock import Fails, Hangs, MockBroken, MockExhausted, MockLog, MockReply, Raw, Says, mock_chat
from coach.llm.prompts import Prompt

PROMPT = Prompt(id="judge", role="judge", system="You judge.", user="My answer: 交叉熵")


class Verdict(BaseModel):
    score: Annotated[int, Field(ge=0, le=5)]


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
async def test_script_answers_in_order_and_requests_are_kept(method: Method) -> None:
    log: MockLog = []
    chat = mock_chat([{"score": 1}, '{"score": 2}'], log=log, method=method)
    assert [(await chat.reply(PROMPT, Verdict)).value.score for _ in range(2)] == [1, 2]
    assert [request["messages"][-1]["content"] for request in log] == [PROMPT.user] * 2
    assert chat.name.endswith("mock")


async def test_function_answers_by_what_was_asked() -> None:
    def by_length(request: dict[str, Any]) -> MockReply:
        return {"score": len(request["messages"])}

    assert (await mock_chat(by_length).reply(PROMPT, Verdict)).value.score == 2


async def test_usage_and_name_are_those_of_the_script() -> None:
    reply = await mock_chat([Says(content={"score": 1}, tokens_in=7, tokens_out=3)], "tiny").reply(PROMPT, Verdict)
    assert (reply.model, reply.calls, reply.tokens_in, reply.tokens_out) == ("tiny", 1, 7, 3)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Fails(status=401), errors.ModelKeyRejected),
        (Fails(status=429, code="insufficient_quota"), errors.ModelQuotaExhausted),
        (Fails(status=429, retry_after_s=3600), errors.ModelRateLimited),
        (Says(refusal="no"), errors.ModelRefused),
        (Says(content="{", finish_reason="content_filter"), errors.ModelFiltered),
        (Raw(body="<html>", content_type="text/html"), errors.ModelNotAnEndpoint),
        (Hangs(), errors.ModelTimeout),
    ],
)
async def test_scripted_fault_is_the_typed_error(reply: MockReply, kind: type[errors.ModelError]) -> None:
    log: MockLog = []
    with pytest.raises(kind):
        await mock_chat([reply], log=log, budget_s=0.5).reply(PROMPT, Verdict)
    assert len(log) == 1


async def test_fault_then_reply_is_a_retry() -> None:
    reply = await mock_chat([Fails(status=500, retry_after_s=0), {"score": 9}, {"score": 5}]).reply(PROMPT, Verdict)
    assert (reply.value.score, reply.calls, reply.repaired) == (5, 3, True)


async def test_exhausted_script_surfaces_from_a_reply() -> None:
    with pytest.raises(MockExhausted, match="request 2 came"):
        await mock_chat([{"score": 9}]).reply(PROMPT, Verdict)


async def test_exhausted_script_surfaces_from_a_stream() -> None:
    with pytest.raises(MockExhausted):
        await anext(mock_chat([]).stream(PROMPT))


async def test_slip_in_a_playing_function_surfaces() -> None:
    with pytest.raises(MockBroken, match="no_such_key"):
        await mock_chat(lambda request: request["no_such_key"]).reply(PROMPT, Verdict)


async def test_stream_comes_in_pieces_and_whole() -> None:
    text = "Why does it overfit? 为什么会过拟合？"
    pieces = [piece async for piece in mock_chat([text]).stream(PROMPT)]
    assert len(pieces) > 1
    assert "".join(pieces) == text


@pytest.mark.parametrize(
    ("finish_reason", "kind"),
    [(None, errors.ModelStreamCut), ("length", errors.ModelTruncated), ("content_filter", errors.ModelFiltered)],
)
async def test_stream_without_a_good_end_is_typed(finish_reason: str | None, kind: type[errors.ModelError]) -> None:
    with pytest.raises(kind):
        [piece async for piece in mock_chat([Says(content="Why", finish_reason=finish_reason)]).stream(PROMPT)]


async def test_leaving_a_stream_early_is_no_error() -> None:
    stream = mock_chat(["a long enough text"]).stream(PROMPT)
    assert await anext(stream)
    await stream.aclose()


def test_chat_outlives_its_event_loop() -> None:
    chat = mock_chat(lambda _: {"score": 1})
    assert [asyncio.run(chat.reply(PROMPT, Verdict)).value.score for _ in range(3)] == [1, 1, 1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    "id",
    "choices",
    "usage",
    "model",
    "error",
    "index",
    "message",
    "delta",
    "finish_reason",
    "content",
    "refusal",
)
ODD = st.recursive(
    JSON,
    lambda inner: st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4) | st.lists(inner, max_size=2),
    max_leaves=8,
)
ODD_COMPLETION = st.builds(
    lambda message, finish, usage, total: {
        "id": "x",
        "choices": [{"index": 0, "message": message, "delta": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": usage, "completion_tokens": usage, "total_tokens": total},
        "model": total,
    },
    ODD,
    ODD,
    JSON,
    JSON,
)
OPENAI_WARNS = pytest.mark.filterwarnings("ignore:Pydantic serializer warnings:UserWarning")
"""openai 3.54 dumps the odd answer through its own models, and pydantic warns; no words of ours are involved."""
fuzz = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@OPENAI_WARNS
@fuzz
@given(body=ODD | ODD_COMPLETION, method=st.sampled_from(["json_schema", "function_calling", "json_mode"]))
def test_no_answer_body_raises_anything_untyped(body: Any, method: Method) -> None:
    chat = mock_chat(lambda _: Raw(body=json.dumps(body)), method=method, budget_s=0.2)
    with suppress(errors.ModelError):
        asyncio.run(chat.reply(PROMPT, Verdict))


@OPENAI_WARNS
@fuzz
@given(events=st.lists(ODD | ODD_COMPLETION, max_size=3))
def test_no_stream_raises_anything_untyped(events: list[Any]) -> None:
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
    chat = mock_chat(lambda _: Raw(body=body, content_type="text/event-stream"), budget_s=0.2)

    async def listen() -> None:
        async for _ in chat.stream(PROMPT):
            pass

    with suppress(errors.ModelError):
        asyncio.run(listen())
