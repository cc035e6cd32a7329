"""One chat model behind a closed set of outcomes: a checked record, a complete stream, or a typed ModelError.

Nothing outside this folder knows LangChain or the openai SDK. They are imported at the first call, not with a module.
"""

import asyncio
import hashlib
import json
import random
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from pydantic import BaseModel, SecretStr

from coach import errors
from coach.llm.address import OPENAI_URL, host_of
from coach.llm.cost import Prices, Tally, token_count
from coach.llm.faults import Endpoint, fault_of, filtered, vendor_errors
from coach.llm.message import Finish, Said, finish_of, said_by
from coach.llm.methods import WORDED, Method, MethodChoice, methods_of
from coach.llm.prompts import Prompt, Template
from coach.llm.shape import Misfit, read, wire_schema
from coach.llm.vendor import PROVIDERS, check_provider, import_vendors, opened

if TYPE_CHECKING:
    import httpx2
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

T = TypeVar("T", bound=BaseModel)
R = TypeVar("R")


@dataclass(frozen=True)
class Reply(Generic[T]):
    """A record that fits its schema, and what it cost."""

    value: T
    model: str
    """As the server names it."""
    calls: int
    """Requests sent, failed ones included."""
    tokens_in: int | None
    """Over all answered requests; None when one of them did not say."""
    tokens_out: int | None
    repaired: bool
    """The first reply did not fit, the second did."""
    tokens_cached: int | None = None
    """The part of `tokens_in` that the provider read from its cache; None when it did not say."""
    cost_usd: float | None = None
    """None without prices or tokens, never 0."""

    @property
    def spent(self) -> errors.Spent:
        """What the call has cost."""
        return errors.Spent(self.calls, self.tokens_in, self.tokens_cached, self.tokens_out, self.cost_usd)


class _WrongForm(Exception):
    """The server does not take requests in this form; another may do."""

    def __init__(self, error: errors.ModelError) -> None:
        self.error = error


@dataclass(frozen=True, kw_only=True)
class Chat:
    """One chat model: ask it for a record, or let it talk. Usable from any event loop."""

    endpoint: Endpoint
    budget_s: float
    stall_s: float
    methods: tuple[Method, ...]
    """Ways to ask for a record, the best first; the next is tried when the server rejects one."""
    prices: Prices | None = None
    _strict: bool = field(repr=False)
    _cache_key: bool = field(repr=False)
    _works: list[Method] = field(default_factory=list, repr=False, compare=False)
    """The way that this server turned out to take; empty before that is known."""
    _open: Callable[[], AsyncGenerator["BaseChatModel", None]] = field(repr=False, compare=False)
    _held: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple["BaseChatModel", object]] = field(
        default_factory=WeakKeyDictionary, repr=False, compare=False
    )
    _asks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[Method, str], tuple["BaseChatModel", Any]]] = field(
        default_factory=WeakKeyDictionary, repr=False, compare=False
    )

    @property
    def name(self) -> str:
        """The model as the person set it, such as `openai:gpt-4o-mini`."""
        return self.endpoint.name

    async def reply(self, prompt: Prompt, schema: type[T]) -> Reply[T]:
        """The model's reply as a `schema` record, after one repair if need be, within `budget_s` seconds.

        Raises ModelError, never anything else of a vendor's. Cancelling the task cancels the request.
        """
        model = await self._model()
        deadline = asyncio.get_running_loop().time() + self.budget_s
        tally = Tally()
        failed: errors.ModelError
        try:
            async with asyncio.timeout_at(deadline):
                return await self._reply(model, prompt, schema, tally, deadline)
        except TimeoutError:
            failed = self._late()
        except errors.ModelError as error:
            failed = error
        failed.spent = tally.spent(self.prices)
        raise failed from None

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str, None]:
        """The model's words as they come; ends normally only when the model said that it was done.

        `stall_s` bounds each wait after the first piece, `budget_s` the whole. Passing faults are tried again before
        the first piece, never after it. Raises ModelStreamCut with what came when the rest is lost.
        """
        model = await self._model()
        deadline = asyncio.get_running_loop().time() + self.budget_s
        chunks, chunk = await self._first(model, prompt, deadline)
        partial, finish = "", None
        async with aclosing(chunks):
            while chunk is not None:
                finish = finish_of(chunk.response_metadata) or finish
                if text := str(chunk.text):
                    partial += text
                    yield text
                chunk = await self._next(chunks, deadline, partial, finish)
        if finish is None:
            raise self._cut("ended without saying that it was complete", partial)
        self._refuse(finish)
        if finish == "length":
            raise self._truncated()
        if not partial:
            raise errors.ModelRefused(
                f"{self.endpoint} ended its reply without a word. Rephrase, or choose another model."
            )

    async def _model(self) -> "BaseChatModel":
        """The LangChain model of the running loop; its connections close when the loop shuts down."""
        if not self._held:
            await asyncio.to_thread(import_vendors)
        loop = asyncio.get_running_loop()
        if loop not in self._held:
            keeper = self._open()
            self._held[loop] = (await anext(keeper), keeper)
        return self._held[loop][0]

    async def _reply(
        self, model: "BaseChatModel", prompt: Prompt, schema: type[T], tally: Tally, deadline: float
    ) -> Reply[T]:
        """The reply by the first method that the server takes."""
        rejected: errors.ModelError | None = None
        known = self._works[0] if self._works else self.methods[0]
        for method in self.methods[self.methods.index(known) :]:
            try:
                reply = await self._reply_by(method, model, prompt, schema, tally, deadline)
            except _WrongForm as wrong:
                rejected = wrong.error
                continue
            if not self._works or method not in (known, *self._works):
                self._works[:] = [method]
            return reply
        raise rejected or self._late()

    async def _reply_by(
        self, method: Method, model: "BaseChatModel", prompt: Prompt, schema: type[T], tally: Tally, deadline: float
    ) -> Reply[T]:
        messages = _messages(prompt, schema if method in WORDED else None)
        if self._cache_key:
            model = _with_cache_key(model, prompt)
        lenient = method == "text" or len(self.methods) > 1
        said = await self._whole(model, messages, schema, method, tally, deadline)
        value, repaired = read(said.text, schema, in_prose=lenient), False
        if isinstance(value, Misfit):
            problems = value.for_model
            if lenient and method not in WORDED and not value.is_json:
                self._works[:] = [next((one for one in self.methods if one in WORDED), method)]
                problems = f"{problems}\n\n{_schema_in_words(schema)}"
            messages += [("ai", said.text)] if said.text else []
            messages += [("human", _template("repair").render({"problems": problems}).user)]
            said = await self._whole(model, messages, schema, method, tally, deadline)
            value, repaired = read(said.text, schema, in_prose=lenient), True
        if isinstance(value, Misfit):
            raise errors.ModelOffSchema(
                f"{self.endpoint} did not fill in {schema.__name__}, even after one repair: {value.for_person}. "
                "Try again, or choose a model that follows JSON schemas."
            )
        spent = tally.spent(self.prices)
        return Reply(
            value=value,
            model=said.model or self.name,
            calls=spent.calls,
            tokens_in=spent.tokens_in,
            tokens_out=spent.tokens_out,
            repaired=repaired,
            tokens_cached=spent.tokens_cached,
            cost_usd=spent.cost_usd,
        )

    async def _whole(
        self,
        model: "BaseChatModel",
        messages: list[tuple[str, str]],
        schema: type[T],
        method: Method,
        tally: Tally,
        deadline: float,
    ) -> Said:
        """A reply that was not cut short; a cut one is asked for once more with four times the room."""
        said = await self._try(self._asking(model, messages, schema, method), tally, deadline)
        self._refuse(tally.add(said).finish)
        if said.finish != "length":
            return said
        if "max_tokens" in type(model).model_fields:
            limit = max(token_count(said.usage, "output_tokens") or 0, vars(model)["max_tokens"] or 1024)
            roomier = model.model_copy(update={"max_tokens": 4 * limit})
            try:
                said = await self._try(self._asking(roomier, messages, schema, method), tally, deadline)
            except (errors.ModelRequestRejected, _WrongForm):
                raise self._truncated() from None
            self._refuse(tally.add(said).finish)
        if said.finish == "length":
            raise self._truncated()
        return said

    def _asking(
        self, model: "BaseChatModel", messages: list[tuple[str, str]], schema: type[T], method: Method
    ) -> Callable[[], Awaitable[Said]]:
        """A function that sends one request. A schema that cannot be sent raises TypeError here, not when called."""
        import openai

        wire = _wire(schema)
        asked: Any = model if method == "text" else self._asked(model, wire, method)

        async def ask() -> Said:
            try:
                answer: Any = await asked.ainvoke(messages)
            except openai.LengthFinishReasonError as error:
                usage = error.completion.usage
                spent: dict[str, Any] = (
                    {}
                    if usage is None
                    else {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens}
                )
                return Said(text="", finish="length", model=error.completion.model, usage=spent)
            except openai.ContentFilterFinishReasonError:
                return Said(text="", finish="filtered", model=None, usage=None)
            return said_by(answer["raw"] if isinstance(answer, dict) else answer)

        return ask

    def _asked(self, model: "BaseChatModel", wire: str, method: Method) -> Any:
        """What sends a request of that form; kept as long as the loop's own model, for making it takes milliseconds.

        LangChain's parsing of the reply is left out where it can be: a reply is read and checked here.
        """
        mine = self._asks.setdefault(asyncio.get_running_loop(), {})
        if (method, wire) in mine and mine[method, wire][0] is model:
            return mine[method, wire][1]
        options: dict[str, Any] = {"strict": True} if self._strict and method == "json_schema" else {}
        whole: Any = model.with_structured_output(json.loads(wire), method=method, include_raw=True, **options)
        sends = getattr(getattr(whole, "first", None), "steps__", {}).get("raw", whole)
        mine[method, wire] = (model, sends)
        return sends

    async def _try(self, ask: Callable[[], Awaitable[R]], tally: Tally, deadline: float) -> R:
        """What `ask` returns, asked again after passing faults while tries and time allow."""
        while True:
            tally.calls += 1
            try:
                return await ask()
            except vendor_errors() as error:
                fault = fault_of(error, self.endpoint)
            if fault.about_form and len(self.methods) > 1:
                raise _WrongForm(fault.error)
            tally.failures += 1
            left_s = deadline - asyncio.get_running_loop().time()
            wait_s = fault.pause_s(tally.failures, left_s=left_s, base_s=random.uniform(0.125, 0.25))
            if wait_s is None:
                raise fault.error
            await asyncio.sleep(wait_s)

    async def _first(
        self, model: "BaseChatModel", prompt: Prompt, deadline: float
    ) -> tuple[AsyncGenerator["AIMessageChunk", None], "AIMessageChunk | None"]:
        """The opened stream and its first chunk."""

        async def start() -> tuple[AsyncGenerator["AIMessageChunk", None], "AIMessageChunk | None"]:
            chunks = cast("AsyncGenerator[AIMessageChunk, None]", model.astream(_messages(prompt, None)))
            return chunks, await anext(chunks, None)

        try:
            async with asyncio.timeout_at(deadline):
                return await self._try(start, Tally(), deadline)
        except TimeoutError:
            pass
        raise self._late()

    async def _next(
        self, chunks: AsyncGenerator["AIMessageChunk", None], deadline: float, partial: str, finish: Finish | None
    ) -> "AIMessageChunk | None":
        """The next chunk; None at the end. Once the model said it was done, a lost connection is an end too."""
        trouble: errors.ModelError
        now = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout_at(min(deadline, now + self.stall_s)):
                return await anext(chunks, None)
        except TimeoutError:
            why = "ran out of time" if now + self.stall_s >= deadline else f"stalled for {self.stall_s:g} s"
            trouble = self._cut(why, partial) if partial else self._late()
        except vendor_errors() as error:
            trouble = fault_of(error, self.endpoint).error
            if isinstance(trouble, (errors.ModelUnreachable, errors.ModelNotAnEndpoint, errors.ModelTimeout)):
                trouble = self._cut(f"broke off ({type(error).__name__})", partial)
        if finish is None:
            raise trouble
        return None

    def _refuse(self, finish: Finish | None) -> None:
        if finish == "filtered":
            raise filtered(self.endpoint)
        if finish == "refused":
            raise errors.ModelRefused(f"{self.endpoint} declined to answer. Rephrase, or choose another model.")

    def _late(self) -> errors.ModelTimeout:
        return errors.ModelTimeout(
            f"{self.endpoint} gave no whole reply within {self.budget_s:g} s. Try again, allow more time, "
            "or choose a faster model."
        )

    def _truncated(self) -> errors.ModelTruncated:
        return errors.ModelTruncated(
            f"{self.endpoint} reached its length limit before the reply was whole. Shorten the answer, "
            "or choose a model with more room."
        )

    def _cut(self, why: str, partial: str) -> errors.ModelStreamCut:
        return errors.ModelStreamCut(
            f"The stream from {self.endpoint} {why} after {len(partial)} characters. Ask again for the whole.", partial
        )


def connect(
    model: str,
    *,
    api_key: str | None,
    base_url: str | None,
    budget_s: float = 30.0,
    stall_s: float = 10.0,
    method: MethodChoice = "json_schema",
    prices: Prices | None = None,
    temperature: float | None = 0.0,
    max_tokens: int | None = None,
    transport: "httpx2.AsyncBaseTransport | None" = None,
) -> Chat:
    """The chat model of that name, as LangChain's `init_chat_model` writes it; a bare name is an OpenAI one.

    `api_key` is the key for this very provider; None lets providers other than OpenAI read their own variable.
    With `base_url` set, a missing key is fine: local servers want none. Nothing is sent before the first call.
    `method` *auto* takes what the provider is known for, and the next one where the server rejects that.
    Raises ModelNotConfigured.
    """
    prefix, colon, rest = model.strip().partition(":")
    provider, bare = (prefix, rest) if colon and prefix in PROVIDERS else ("openai", model.strip())
    if not bare:
        raise errors.ModelNotConfigured(f"model {model!r} names no model: write it like 'openai:gpt-4o-mini'")
    key = (api_key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise errors.ModelNotConfigured(f"The key for {model} has characters no key has: copy it again, one line only")
    if provider == "openai" and not key and base_url is None:
        raise errors.ModelNotConfigured(
            f"No key for {model}. Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs no key"
        )
    url = urlsplit(base_url or "")
    if base_url is not None and (url.scheme not in ("http", "https") or not url.hostname):
        raise errors.ModelNotConfigured(f"The base URL for {model} must look like 'http://localhost:8080/v1'")
    options: dict[str, Any] = {"max_retries": 0, "temperature": temperature, "max_tokens": max_tokens}
    if provider == "openai":
        options |= {
            "api_key": key or "none",
            "base_url": base_url or OPENAI_URL,
            "temperature": None if re.match(r"o\d", bare) else temperature,
            "timeout": None,
            "stream_usage": True,
            "stream_chunk_timeout": None,
            "http_socket_options": (),
            "openai_proxy": None,
        }
    else:
        given = {"api_key": key or None, "base_url": base_url}
        options = {name: value for name, value in (options | given).items() if value is not None}
        check_provider(provider, bare, options)
    host = host_of(base_url or OPENAI_URL) if base_url or provider == "openai" else provider
    return Chat(
        endpoint=Endpoint(name=model.strip(), host=host, key=SecretStr(key) if key else None),
        budget_s=budget_s,
        stall_s=stall_s,
        methods=methods_of(provider, base_url) if method == "auto" else (method,),
        prices=prices,
        _strict=provider == "openai",
        _cache_key=provider == "openai" and base_url in (None, OPENAI_URL),
        _open=partial(opened, provider, bare, options, transport),
    )


def _messages(prompt: Prompt, schema: type[BaseModel] | None) -> list[tuple[str, str]]:
    """System first, then user; with `schema`, the system part ends with it."""
    system = [prompt.system] if prompt.system else []
    if schema is not None:
        system.append(_schema_in_words(schema))
    return [*([("system", "\n\n".join(system))] if system else []), ("human", prompt.user)]


def _schema_in_words(schema: type[BaseModel]) -> str:
    return _template("json_mode").render({"schema": _wire(schema)}).user


@lru_cache(maxsize=256)
def _wire(schema: type[BaseModel]) -> str:
    """The schema as JSON; making it takes milliseconds, and a schema is sent with every answer."""
    return json.dumps(wire_schema(schema))


def _with_cache_key(model: "BaseChatModel", prompt: Prompt) -> "BaseChatModel":
    """The model, which tells the provider that prompts with this system part belong to one cache."""
    key = hashlib.sha256(f"{prompt.id}\0{prompt.system}".encode()).hexdigest()[:32]
    return model.model_copy(update={"model_kwargs": {"prompt_cache_key": key}})


@cache
def _template(name: str) -> Template:
    return Template.load(Path(__file__).with_name(f"{name}.md"))
