"""The mock model that ships: scripted replies and faults behind the production client, at its HTTP transport.

Nothing of the client is replaced, so a script runs through the same requests, retries, repair and error mapping as a
real model: only the network is missing.
"""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coach.errors import CoachError
from coach.llm.chat import Chat, Method, connect

if TYPE_CHECKING:
    import httpx2

PIECE = 8
"""Characters per streamed chunk."""


class MockExhausted(CoachError):
    """The model was asked more often than the script has replies."""


class MockBroken(CoachError):
    """The function that plays the model raised; its error is the cause."""


@dataclass(frozen=True, kw_only=True)
class Says:
    """An answered request. Plain content can be given as it is: `{"score": 1}` stands for `Says(content=…)`."""

    content: Mapping[str, Any] | str = ""
    """A mapping is sent as JSON, a text as it stands, even when it is not JSON."""
    refusal: str | None = None
    finish_reason: str | None = "stop"
    """None in a stream: it ends without saying that it was complete."""
    tokens_in: int = 10
    tokens_out: int = 5


@dataclass(frozen=True, kw_only=True)
class Fails:
    """An HTTP error, as OpenAI words it."""

    status: int
    code: str | None = None
    param: str | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Raw:
    """A body of any kind with status 200."""

    body: str
    content_type: str = "application/json"


@dataclass(frozen=True)
class Hangs:
    """No answer at all."""


MockReply = Mapping[str, Any] | str | Says | Fails | Raw | Hangs
MockLog = list[dict[str, Any]]
"""The JSON body of every request, in order."""


def mock_chat(
    replies: Sequence[MockReply] | Callable[[dict[str, Any]], MockReply],
    name: str = "mock",
    *,
    log: MockLog | None = None,
    budget_s: float = 30.0,
    stall_s: float = 10.0,
    method: Method = "json_schema",
) -> Chat:
    """A Chat that answers with `replies` in order, or with what a function makes of each request's JSON body.

    Requests are added to `log`. Asking after the last reply raises MockExhausted out of `reply` and `stream`.
    """
    import httpx2

    answer = _careful(replies) if callable(replies) else _script(replies)

    async def handle(request: "httpx2.Request") -> "httpx2.Response":
        asked: dict[str, Any] = json.loads(request.content)
        if log is not None:
            log.append(asked)
        reply = answer(asked)
        if isinstance(reply, Hangs):
            await asyncio.Event().wait()
        return _response(reply, asked)

    return connect(
        f"openai:{name}",
        api_key="mock",
        base_url="http://mock/v1",
        budget_s=budget_s,
        stall_s=stall_s,
        method=method,
        transport=httpx2.MockTransport(handle),
    )


def _careful(play: Callable[[dict[str, Any]], MockReply]) -> Callable[[dict[str, Any]], MockReply]:
    """`play`, whose slips are not taken for an odd answer of a server."""

    def answer(asked: dict[str, Any]) -> MockReply:
        try:
            return play(asked)
        except (AttributeError, LookupError, TypeError, ValueError, OSError) as error:
            raise MockBroken(f"the mock model's function failed: {error!r}") from error

    return answer


def _script(replies: Sequence[MockReply]) -> Callable[[dict[str, Any]], MockReply]:
    left = iter(replies)

    def answer(_: dict[str, Any]) -> MockReply:
        for reply in left:
            return reply
        raise MockExhausted(f"request {len(replies) + 1} came, but the script has {len(replies)} replies: add one")

    return answer


def _response(reply: MockReply, asked: Mapping[str, Any]) -> "httpx2.Response":
    import httpx2

    if isinstance(reply, Fails):
        wait = {} if reply.retry_after_s is None else {"retry-after": str(reply.retry_after_s)}
        error = {"message": "mock", "type": "mock", "code": reply.code, "param": reply.param}
        return httpx2.Response(reply.status, headers=wait, json={"error": error})
    if isinstance(reply, Raw):
        return httpx2.Response(200, headers={"content-type": reply.content_type}, text=reply.body)
    says = reply if isinstance(reply, Says) else Says(content=reply)  # type: ignore[arg-type]
    if asked.get("stream"):
        events = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in _chunks(says, asked)) + "data: [DONE]\n\n"
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, text=events)
    choice = {"index": 0, "message": _message(says, asked), "finish_reason": says.finish_reason}
    return httpx2.Response(200, json=_envelope("chat.completion", asked, [choice]) | {"usage": _usage(says)})


def _text(says: Says) -> str:
    return says.content if isinstance(says.content, str) else json.dumps(says.content, ensure_ascii=False)


def _message(says: Says, asked: Mapping[str, Any]) -> dict[str, Any]:
    if says.refusal is not None:
        return {"role": "assistant", "content": None, "refusal": says.refusal}
    if not asked.get("tools"):
        return {"role": "assistant", "content": _text(says)}
    function = {"name": asked["tools"][0]["function"]["name"], "arguments": _text(says)}
    call = {"id": "call_1", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def _chunks(says: Says, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    text = _text(says)
    pieces = [text[at : at + PIECE] for at in range(0, len(text), PIECE)]
    for delta in [{"role": "assistant", "content": ""}, *({"content": piece} for piece in pieces)]:
        yield _envelope("chat.completion.chunk", asked, [{"index": 0, "delta": delta, "finish_reason": None}])
    if says.finish_reason is not None:
        last = {"index": 0, "delta": {}, "finish_reason": says.finish_reason}
        yield _envelope("chat.completion.chunk", asked, [last])
    yield _envelope("chat.completion.chunk", asked, []) | {"usage": _usage(says)}


def _envelope(kind: str, asked: Mapping[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": "mock", "object": kind, "created": 0, "model": asked.get("model"), "choices": choices}


def _usage(says: Says) -> dict[str, int]:
    return {
        "prompt_tokens": says.tokens_in,
        "completion_tokens": says.tokens_out,
        "total_tokens": says.tokens_in + says.tokens_out,
    }
