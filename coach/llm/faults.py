"""A vendor's error in our words: which ModelError it is, and whether trying again may help.

What a vendor says in an error may repeat the key or the candidate's words. So the messages made here carry only names,
codes and numbers, and chat.py raises them outside its `except` blocks, with no vendor error as cause or context.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from pydantic import SecretStr

from coach import errors

TRIES = 3
"""Requests that may fail for passing reasons within one call, the first included."""
CUT_TRIES = 2
"""The same for a connection cut in mid-answer: the model may have been paid for each."""
LONGEST_WAIT_S = 10.0
"""Between two requests for a transcript or for vectors, whatever the server asks for."""

_NO_CREDIT = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance"}
_FILTERED = {"content_filter", "content_policy_violation"}
_STATUS_OF_CODE = {"rate_limit_exceeded": 429, "invalid_api_key": 401, "context_length_exceeded": 400}
_FORM_STATUS = {400, 415, 422, 501}
_ABOUT_FORM = re.compile(
    r"response_?format|json_?(?:schema|object|mode)|structured|grammar|guided|schema|tool_?(?:s|choice)?\b|function",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z0-9_.\[\]-]{1,40}")


@dataclass(frozen=True)
class Endpoint:
    """Which model is asked, and where; prints without the key."""

    name: str
    host: str
    key: SecretStr | None

    def __str__(self) -> str:
        return f"{self.name} at {self.host}"

    @property
    def key_hint(self) -> str:
        """Enough of the key to recognise it: its last four characters, or that there is none."""
        key = self.key.get_secret_value() if self.key else ""
        return f"the key ending in …{key[-4:]}" if len(key) >= 16 else "the key" if key else "a call without a key"

    def word(self, value: object) -> str | None:
        """`value` when it is a plain code word or number, and not the key; else None."""
        text = str(value)
        if value is None or not _WORD.fullmatch(text):
            return None
        return None if self.key and (self.key.get_secret_value() in text) else text


@dataclass(frozen=True)
class Fault:
    """One error, with what may be done about it."""

    error: errors.ModelError
    tries: int = 1
    """Requests that may end like this before we give up."""
    wait_s: float | None = None
    """How long the server asked us to wait."""
    about_form: bool = False
    """The request may do in another form: the server names its structured output, or not what was wrong."""

    def pause_s(self, tries: int, *, left_s: float, base_s: float, longest_s: float = math.inf) -> float | None:
        """Seconds to wait before the next request; None when it is time to give up.

        `tries` requests have failed so far, this one included; `left_s` is what is left of the budget. The wait is what
        the server asked for, or else `base_s` doubled with every try, and never more than `longest_s`.
        """
        wait_s = min(base_s * 2**tries if self.wait_s is None else self.wait_s, longest_s)
        return None if tries >= self.tries or wait_s >= left_s else wait_s


@cache
def vendor_errors() -> tuple[type[Exception], ...]:
    """What a vendor call may raise: the SDK's errors, and what comes of reading an odd answer.

    The built-in ones stand for answers without the parts of a chat completion: openai 3.54 and langchain-openai 1.7
    read an HTML page as AttributeError, empty choices as IndexError, missing ones as KeyError or TypeError.
    """
    import httpx2
    import openai
    from langchain_core.exceptions import LangChainException

    odd_answer = (AttributeError, IndexError, KeyError, TypeError, ValueError)
    return (openai.OpenAIError, LangChainException, httpx2.HTTPError, OSError, *odd_answer)


def fault_of(error: Exception, endpoint: Endpoint) -> Fault:
    """The fault that `error` stands for."""
    import openai
    from langchain_core import exceptions as langchain

    if isinstance(error, (openai.APITimeoutError, langchain.ModelTimeoutError, TimeoutError)):
        return Fault(errors.ModelTimeout(f"{endpoint} timed out. Try again, or choose a faster model."))
    if isinstance(error, (openai.APIConnectionError, langchain.ModelConnectionError, OSError)):
        return _unreachable(error, endpoint)
    if isinstance(error, langchain.ContextOverflowError):
        return Fault(
            errors.ModelRequestRejected(
                f"{endpoint} cannot take a prompt this long. Shorten the answer, or choose a model with more context."
            )
        )
    body = _body(error)
    status = _status(error, body)
    if status is None:
        return Fault(
            errors.ModelNotAnEndpoint(
                f"{endpoint} answered, but not with a chat completion ({type(error).__name__}). "
                "Check that the base URL is that of an OpenAI-compatible API; it mostly ends in /v1."
            )
        )
    return _status_fault(status, body, _retry_after_s(error), endpoint)


def filtered(endpoint: Endpoint) -> errors.ModelFiltered:
    """The error for a reply that the provider's content filter stopped."""
    return errors.ModelFiltered(
        f"The content filter of {endpoint} stopped the reply. Rephrase, or choose another model."
    )


def _unreachable(error: Exception, endpoint: Endpoint) -> Fault:
    import httpx2

    before_sending = isinstance(error.__cause__, (httpx2.ConnectError, httpx2.ConnectTimeout))
    origin = error
    while origin.__cause__ is not None and not before_sending and isinstance(origin.__cause__, Exception):
        origin = origin.__cause__
        before_sending = isinstance(origin, (httpx2.ConnectError, httpx2.ConnectTimeout))
    what = "cannot be reached" if before_sending else "cut the connection before its reply was whole"
    return Fault(
        errors.ModelUnreachable(
            f"{endpoint} {what} ({type(origin).__name__}). Check the base URL and the network, then try again."
        ),
        tries=TRIES if before_sending else CUT_TRIES,
    )


def _body(error: Exception) -> Mapping[str, Any]:
    """The error record in the server's answer; empty when there is none."""
    body = getattr(error, "body", None)
    if body is None and (response := getattr(error, "response", None)) is not None:
        try:
            body = json.loads(response.content)
        except (ValueError, AttributeError):
            body = None
        if isinstance(body, Mapping) and "error" not in body:
            return {}
    if isinstance(body, Mapping) and "error" in body:
        body = body["error"] if isinstance(body["error"], Mapping) else {"code": "error"}
    return body if isinstance(body, Mapping) else {}


def _status(error: Exception, body: Mapping[str, Any]) -> int | None:
    """The HTTP status, also for errors that came inside a 200; None when there is no error record at all."""
    import openai
    from langchain_core import exceptions as langchain

    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status >= 400:
        return status
    for kind, stands_for in (
        (langchain.ModelAuthenticationError, 401),
        (langchain.ModelPermissionDeniedError, 403),
        (langchain.ModelNotFoundError, 404),
        (langchain.ModelInvalidRequestError, 400),
        (langchain.ModelRateLimitError, 429),
        (langchain.ModelAPIError, 500),
    ):
        if isinstance(error, kind):
            return stands_for
    if not body and type(error) is not openai.APIError:
        return None
    for code in (str(body.get("code")), str(body.get("type"))):
        if code.isdecimal() and 400 <= int(code) < 600:
            return int(code)
        if code in _STATUS_OF_CODE:
            return _STATUS_OF_CODE[code]
    return 500


def _status_fault(status: int, body: Mapping[str, Any], wait_s: float | None, endpoint: Endpoint) -> Fault:
    codes = {str(body.get("code")), str(body.get("type"))}
    words = (("code", endpoint.word(body.get("code"))), ("parameter", endpoint.word(body.get("param"))))
    said = ", ".join([f"HTTP {status}", *(f"{label} {word!r}" for label, word in words if word)])
    if codes & _FILTERED:
        return Fault(filtered(endpoint))
    if status == 402 or codes & _NO_CREDIT:
        return Fault(
            errors.ModelQuotaExhausted(
                f"The account behind {endpoint} has no credit left ({said}). Add credit, or choose another model."
            )
        )
    if status == 429:
        asked = "" if wait_s is None else f"; it asks to wait {wait_s:g} s"
        return Fault(
            errors.ModelRateLimited(f"{endpoint} has too many requests ({said}{asked}). Wait, then try again."),
            tries=TRIES,
            wait_s=wait_s,
        )
    if status in (401, 403):
        return Fault(
            errors.ModelKeyRejected(
                f"{endpoint} rejected {endpoint.key_hint} ({said}). Check the key, and that it may use this model."
            )
        )
    if status in _FORM_STATUS and _about_form(body):
        return Fault(_rejected(endpoint, said, status, body), about_form=True)
    if status >= 500 or status == 408:
        return Fault(
            errors.ModelServerFault(f"{endpoint} failed ({said}). Try again later, or choose another model."),
            tries=TRIES,
            wait_s=wait_s,
        )
    return Fault(_rejected(endpoint, said, status, body))


def _rejected(endpoint: Endpoint, said: str, status: int, body: Mapping[str, Any]) -> errors.ModelRequestRejected:
    return errors.ModelRequestRejected(f"{endpoint} did not accept the request ({said}). {_advice(status, body)}")


def _about_form(body: Mapping[str, Any]) -> bool:
    """Whether the error names the form of the reply that was asked for, or gives neither code nor parameter."""
    named = [str(body[key]) for key in ("param", "code", "message") if body.get(key)]
    return bool(_ABOUT_FORM.search(" ".join(named))) or not (body.get("param") or body.get("code"))


def _advice(status: int, body: Mapping[str, Any]) -> str:
    if status == 404:
        return "Check the model's name and the base URL."
    param = str(body.get("param"))
    if param.startswith(("response_format", "tools", "tool_choice")):
        return "This model may not know JSON schemas: set COACH_MODEL_METHOD to auto, json_mode or text."
    if param == "temperature":
        return "This model has its own temperature: connect with temperature=None."
    return "Check the model's name, and that it can hold a prompt of this length."


def _retry_after_s(error: Exception) -> float | None:
    """Seconds to wait by the answer's Retry-After, a number or a date (RFC 9110 §10.2.3); None when not given."""
    value = getattr(getattr(error, "response", None), "headers", {}).get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
