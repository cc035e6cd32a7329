"""The mock model that ships: scripted replies, recorded ones and faults behind the production client, at its transport.

Nothing of the client is replaced, so a script runs through the same requests, retries, repair and error mapping as a
real model: only the network is missing. A recording is keyed by the prompt's fingerprint and a hash of the messages.
"""

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from coach.errors import CoachError, ContentError, Problem
from coach.llm.chat import Chat, connect
from coach.llm.methods import Method, MethodChoice
from coach.schema import Record

if TYPE_CHECKING:
    import httpx2

PIECE = 8
"""Characters per streamed chunk."""


class MockExhausted(CoachError):
    """The model was asked more often than the script has replies."""


class MockBroken(CoachError):
    """The function that plays the model raised; its error is the cause."""


class MissingRecording(CoachError):
    """Nothing was recorded for this request."""


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
    method: MethodChoice = "json_schema",
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


class Recorded(Record):
    """One reply of a real model, as it came, under the request that it answers."""

    prompt: str
    """Fingerprint of the prompt and its reply schema."""
    request: str
    """SHA-256 of the messages that were sent."""
    form: Method
    """How the reply's shape was asked for."""
    model: str
    """As it was asked for."""
    body: str
    content_type: str


def request_key(asked: Mapping[str, Any]) -> str:
    """SHA-256 of a request's messages; the model's name and its settings do not matter."""
    messages = json.dumps(asked.get("messages"), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(messages.encode()).hexdigest()


def _form(asked: Mapping[str, Any]) -> Method:
    if asked.get("tools"):
        return "function_calling"
    kind = (asked.get("response_format") or {}).get("type")
    return "json_schema" if kind == "json_schema" else "json_mode" if kind == "json_object" else "text"


def recorder(
    prompt: str, keep: Callable[[Recorded], None], inner: "httpx2.AsyncBaseTransport | None" = None
) -> "httpx2.AsyncBaseTransport":
    """A transport for `connect` that hands every answered request to `keep`. Faults (4xx, 5xx) are not kept.

    `prompt` is the fingerprint to file replies under; `inner` sends them, the network unless given.
    """
    import httpx2

    sends = inner or httpx2.AsyncHTTPTransport()

    class Recorder(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await sends.handle_async_request(request)
            if response.status_code != 200:
                return response
            await response.aread()
            asked = json.loads(request.content)
            kind = response.headers.get("content-type", "application/json")
            kept = Recorded(
                prompt=prompt,
                request=request_key(asked),
                form=_form(asked),
                model=str(asked.get("model")),
                body=response.text,
                content_type=kind,
            )
            keep(kept)
            return httpx2.Response(200, headers={"content-type": kind}, text=kept.body)

        async def aclose(self) -> None:
            await sends.aclose()

    return Recorder()


def append_recorded(path: Path, one: Recorded) -> None:
    """One more line of a file of recordings, which is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8", newline="\n") as file:
        file.write(one.model_dump_json() + "\n")


def read_recorded(path: Path) -> tuple[Recorded, ...]:
    """The recordings of a file, in order. Raises ContentError naming every wrong line."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ContentError((Problem(str(path), 0, f"cannot be read: {error}"),)) from error
    found: list[Recorded] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found.append(Recorded.model_validate_json(line))
        except ValidationError as error:
            problems.append(Problem(str(path), number, f"not a recording: {error}"))
    if problems:
        raise ContentError(tuple(problems))
    return tuple(found)


def replay_chat(recorded: Sequence[Recorded], *, prompt: str, method: MethodChoice = "json_schema") -> Chat:
    """A Chat that answers with what was recorded for the very same messages under the same prompt.

    A request that was recorded several times gets its replies in order. One that was not, or not so often, raises
    MissingRecording out of `reply`. A form of asking that the model never answered to is rejected, as it was then.
    """
    waiting: dict[str, deque[Recorded]] = {}
    for one in recorded:
        if one.prompt == prompt:
            waiting.setdefault(one.request, deque()).append(one)
    models = sorted({one.model for one in recorded if one.prompt == prompt})
    forms = {one.form for one in recorded if one.prompt == prompt}

    def play(asked: dict[str, Any]) -> MockReply:
        key = request_key(asked)
        if not waiting.get(key) and forms and _form(asked) not in forms:
            return Fails(status=400, param="response_format")
        if not waiting.get(key):
            why = "the prompt was another then" if recorded and not models else "or not so often"
            raise MissingRecording(
                f"no reply to request {key[:16]} is recorded for prompt {prompt} ({why}): record it with a live model"
            )
        one = waiting[key].popleft()
        return Raw(body=one.body, content_type=one.content_type)

    return mock_chat(play, name=f"replay of {', '.join(models) or 'nothing'}", method=method)


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
