"""Every way of asking for a record, over real HTTP, against servers that know it, reject it, or ignore it."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from coach import errors
from coach.llm.chat import Chat, connect
from coach.llm.cost import Prices
from coach.llm.methods import AUTO, Method, MethodChoice
from coach.llm.prompts import Prompt
from coach.llm.shape import Misfit, read
from coach.llm.vendor import PROVIDERS
from tests.llm.stub import Answer, Exchange, Stub, calls_tool, completes, fails, says, sends

PROMPT = Prompt(id="judge", role="judge", system="You judge.", user="the candidate said cross-entropy")
GOOD = {"state": "met"}
PROSE = f"Let me think. Here it is:\n```json\n{json.dumps(GOOD)}\n```\nHope that helps."
REJECTS: dict[str, Answer] = {
    "openai_style": fails(400, "unsupported_parameter", param="response_format"),
    "message_only": fails(400, message="'response_format' is not supported by this model"),
    "unprocessable": fails(422),
    "not_implemented": fails(501),
    "fastapi_style": lambda exchange: exchange.send(422, b'{"detail": [{"loc": ["body", "response_format"]}]}', {}),
    "plain_words": lambda exchange: exchange.send(400, b"Bad Request", {"Content-Type": "text/plain"}),
}


class Verdict(BaseModel):
    state: Literal["met", "missed"]


def to(stub: Stub, method: MethodChoice, **options: Any) -> Chat:
    return connect("stub-1", api_key="sk-0123456789abcdef", base_url=stub.url, budget_s=10, method=method, **options)


def form_of(request: dict[str, Any]) -> str:
    """What a request asks for, as the server sees it."""
    if request.get("tools"):
        return "function_calling"
    if "response_format" in request:
        return {"json_object": "json_mode"}.get(request["response_format"]["type"], "json_schema")
    return "text"


def takes(*methods: str, rejects: Answer = REJECTS["openai_style"], answer: Answer | None = None) -> Answer:
    """A server that takes requests in some forms only."""

    def play(exchange: Exchange) -> None:
        form = form_of(exchange.server.requests[-1])
        reply = calls_tool(json.dumps(GOOD)) if form == "function_calling" else says(GOOD)
        (answer or reply if form in methods else rejects)(exchange)

    return play


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode", "text"])
async def test_each_method_is_asked_for_in_its_own_form(method: Method) -> None:
    with Stub(takes(method)) as stub:
        reply = await to(stub, method).reply(PROMPT, Verdict)
    assert reply.value.state == "met"
    assert [form_of(request) for request in stub.requests] == [method]
    in_words = '"missed"' in stub.requests[0]["messages"][0]["content"]
    assert in_words == (method in ("json_mode", "text"))
    assert stub.requests[0]["messages"][-1]["content"] == PROMPT.user


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
async def test_a_method_set_by_hand_is_not_replaced(method: Method) -> None:
    with Stub(takes("text")) as stub, pytest.raises(errors.ModelRequestRejected, match="COACH_MODEL_METHOD"):
        await to(stub, method).reply(PROMPT, Verdict)
    assert stub.calls == 1


@pytest.mark.parametrize("rejects", REJECTS.values(), ids=REJECTS)
@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("json_schema", ["json_schema"]),
        ("json_mode", ["json_schema", "json_mode"]),
        ("text", ["json_schema", "json_mode", "text"]),
    ],
)
async def test_auto_finds_what_a_server_takes_and_remembers_it(known: str, asked: list[str], rejects: Answer) -> None:
    with Stub(takes(known, rejects=rejects)) as stub:
        chat = to(stub, "auto")
        first = await chat.reply(PROMPT, Verdict)
        second = await chat.reply(PROMPT, Verdict)
    assert [form_of(request) for request in stub.requests] == [*asked, asked[-1]]
    assert (first.value, second.value) == (Verdict(state="met"), Verdict(state="met"))
    assert (first.calls, second.calls) == (len(asked), 1)


async def test_auto_gives_up_when_nothing_is_taken() -> None:
    with Stub(takes()) as stub, pytest.raises(errors.ModelRequestRejected):
        await to(stub, "auto").reply(PROMPT, Verdict)
    assert [form_of(request) for request in stub.requests] == ["json_schema", "json_mode", "text"]


@pytest.mark.parametrize(
    "fault",
    [
        fails(400, "context_length_exceeded"),
        fails(404, "model_not_found"),
        fails(401),
        fails(400, "unsupported_value", param="temperature"),
        fails(400, "content_filter"),
    ],
)
async def test_a_fault_that_is_not_about_the_form_ends_the_call(fault: Answer) -> None:
    with Stub(fault) as stub, pytest.raises(errors.ModelError):
        await to(stub, "auto").reply(PROMPT, Verdict)
    assert stub.calls == 1


@pytest.mark.parametrize("method", ["text", "auto"])
async def test_json_among_words_is_read(method: MethodChoice) -> None:
    with Stub(says(PROSE)) as stub:
        reply = await to(stub, method).reply(PROMPT, Verdict)
    assert (reply.value.state, reply.calls, reply.repaired) == ("met", 1, False)


async def test_a_server_that_ignores_the_schema_is_told_it_in_words_and_from_then_on() -> None:
    with Stub(says("I would say it is met."), says(GOOD)) as stub:
        chat = to(stub, "auto")
        first = await chat.reply(PROMPT, Verdict)
        await chat.reply(PROMPT, Verdict)
    assert first.repaired
    assert '"missed"' in stub.requests[1]["messages"][-1]["content"]
    assert [form_of(request) for request in stub.requests] == ["json_schema", "json_schema", "json_mode"]


async def test_text_replies_have_the_same_typed_outcomes() -> None:
    cases: list[tuple[Answer, type[errors.ModelError]]] = [
        (completes({"role": "assistant", "content": "{"}, finish="length"), errors.ModelTruncated),
        (completes({"role": "assistant", "content": ""}, finish="content_filter"), errors.ModelFiltered),
        (says(None, refusal="no"), errors.ModelRefused),
        (says("no idea"), errors.ModelOffSchema),
        (sends("<html>", "text/html"), errors.ModelNotAnEndpoint),
    ]
    for answer, kind in cases:
        with Stub(answer) as stub, pytest.raises(kind):
            await to(stub, "text").reply(PROMPT, Verdict)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        (PROSE, True),
        (json.dumps(GOOD), True),
        (f"<think>maybe {json.dumps({'state': 'missed'})}</think>{json.dumps(GOOD)}", True),
        (f"In the form {{x}}: {json.dumps(GOOD)}", True),
        (f"{json.dumps(GOOD)} or rather {json.dumps({'state': 'missed'})}", False),
        ('{"state": "met"', False),
        ("no JSON", False),
        ('{"state": "met", "state": "missed"}', False),
        ("{" * 5000, False),
    ],
)
def test_the_only_object_among_words_is_the_reply(text: str, fits: bool) -> None:
    value = read(text, Verdict, in_prose=True)
    assert isinstance(value, Misfit) != fits
    assert not fits or value == Verdict(state="met")


def test_every_provider_of_the_table_is_one_of_langchains() -> None:
    assert set(AUTO) <= PROVIDERS
    assert all(methods[-1] == "text" for methods in AUTO.values())


# --- what it costs


def usage(tokens_in: int, tokens_out: int, cached: int | None) -> Answer:
    body = {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out}
    details = {} if cached is None else {"prompt_tokens_details": {"cached_tokens": cached}}
    choice = {"index": 0, "message": {"role": "assistant", "content": json.dumps(GOOD)}, "finish_reason": "stop"}
    return sends({"id": "x", "model": "stub-1", "choices": [choice], "usage": {**body, **details}})


@pytest.mark.parametrize(
    ("prices", "cached", "cost"),
    [
        (None, 800, None),
        (Prices(2.0, 8.0), None, 1000 * 2e-6 + 50 * 8e-6),
        (Prices(2.0, 8.0), 800, 1000 * 2e-6 + 50 * 8e-6),
        (Prices(2.0, 8.0, 0.5), 800, 200 * 2e-6 + 800 * 0.5e-6 + 50 * 8e-6),
        (Prices(0.0, 0.0), 800, 0.0),
    ],
)
async def test_cost_is_by_the_persons_prices_or_unknown(
    prices: Prices | None, cached: int | None, cost: float | None
) -> None:
    with Stub(usage(1000, 50, cached)) as stub:
        reply = await to(stub, "json_schema", prices=prices).reply(PROMPT, Verdict)
    assert (reply.tokens_in, reply.tokens_out, reply.tokens_cached) == (1000, 50, cached)
    assert reply.cost_usd == (None if cost is None else pytest.approx(cost))


async def test_cost_is_unknown_when_the_server_counts_no_tokens() -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": json.dumps(GOOD)}, "finish_reason": "stop"}
    with Stub(sends({"id": "x", "choices": [choice]})) as stub:
        reply = await to(stub, "json_schema", prices=Prices(1, 1)).reply(PROMPT, Verdict)
    assert (reply.tokens_in, reply.cost_usd) == (None, None)


async def test_a_failed_call_says_what_it_cost() -> None:
    with Stub(usage(1000, 50, 0), says("nonsense")) as stub:
        chat = to(stub, "json_schema", prices=Prices(2.0, 8.0))
        await chat.reply(PROMPT, Verdict)
        with pytest.raises(errors.ModelOffSchema) as caught:
            await chat.reply(PROMPT, Verdict)
    assert (caught.value.spent.calls, caught.value.spent.tokens_in, caught.value.spent.tokens_out) == (2, 20, 10)
    assert caught.value.spent.cost_usd == pytest.approx(20 * 2e-6 + 10 * 8e-6)


async def test_a_call_that_nobody_answered_has_no_token_count() -> None:
    with Stub(fails(401)) as stub, pytest.raises(errors.ModelKeyRejected) as caught:
        await to(stub, "json_schema", prices=Prices(2.0, 8.0)).reply(PROMPT, Verdict)
    assert caught.value.spent == errors.Spent(calls=1)


# --- OpenAI's own endpoint and others


async def test_only_openai_itself_gets_a_cache_key_and_it_follows_the_system_part() -> None:
    import httpx2

    asked: list[dict[str, Any]] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(json.loads(request.content))
        choice = {"index": 0, "message": {"role": "assistant", "content": json.dumps(GOOD)}, "finish_reason": "stop"}
        return httpx2.Response(200, json={"id": "x", "choices": [choice]})

    transport = httpx2.MockTransport(handle)
    chat = connect("gpt-x", api_key="sk-0123456789abcdef", base_url=None, method="auto", transport=transport)
    for system, user in (("same", "a"), ("same", "b"), ("other", "a")):
        await chat.reply(Prompt(id="judge", role="judge", system=system, user=user), Verdict)
    keys = [request["prompt_cache_key"] for request in asked]
    assert keys[0] == keys[1] != keys[2]
    with Stub(says(GOOD)) as stub:
        await to(stub, "auto").reply(PROMPT, Verdict)
    assert "prompt_cache_key" not in stub.requests[0]
