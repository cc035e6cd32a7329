"""Every error class a vendor ships, now or after an upgrade, lands on a ModelError."""

import httpx2
import openai
import pytest
from langchain_core import exceptions as langchain
from pydantic import SecretStr

from coach import errors
from coach.llm.faults import Endpoint, Fault, fault_of

HERE = Endpoint(name="m", host="h", key=SecretStr("sk-0123456789abcdef"))
REQUEST = httpx2.Request("POST", "http://h/v1/chat/completions")


def descendants(kind: type[Exception]) -> list[type[Exception]]:
    return [found for child in kind.__subclasses__() for found in (child, *descendants(child))]


def of_openai(status: int, code: str | None = None) -> openai.APIStatusError:
    response = httpx2.Response(status, request=REQUEST)
    return openai.APIStatusError("no", response=response, body={"code": code})


@pytest.mark.parametrize(
    ("status", "kind", "tries"),
    [
        (400, errors.ModelRequestRejected, 1),
        (401, errors.ModelKeyRejected, 1),
        (402, errors.ModelQuotaExhausted, 1),
        (403, errors.ModelKeyRejected, 1),
        (404, errors.ModelRequestRejected, 1),
        (408, errors.ModelServerFault, 3),
        (409, errors.ModelRequestRejected, 1),
        (413, errors.ModelRequestRejected, 1),
        (422, errors.ModelRequestRejected, 1),
        (429, errors.ModelRateLimited, 3),
        (500, errors.ModelServerFault, 3),
        (503, errors.ModelServerFault, 3),
        (529, errors.ModelServerFault, 3),
    ],
)
def test_http_status_has_one_meaning(status: int, kind: type[errors.ModelError], tries: int) -> None:
    fault = fault_of(of_openai(status), HERE)
    assert (type(fault.error), fault.tries) == (kind, tries)


@pytest.mark.parametrize(
    "kind", [kind for kind in descendants(langchain.ModelError) if "openai" not in kind.__module__]
)
def test_every_langchain_model_error_has_its_own_meaning(kind: type[Exception]) -> None:
    fault = fault_of(kind("no"), HERE)
    assert type(fault.error) not in (errors.ModelError, errors.ModelNotAnEndpoint)


@pytest.mark.parametrize("kind", [kind for kind in descendants(openai.APIStatusError) if hasattr(kind, "status_code")])
def test_every_openai_status_error_has_its_own_meaning(kind: type[openai.APIStatusError]) -> None:
    response = httpx2.Response(kind.status_code, request=REQUEST)
    error = kind.__new__(kind)
    openai.APIStatusError.__init__(error, "no", response=response, body=None)
    assert type(fault_of(error, HERE).error) not in (errors.ModelError, errors.ModelNotAnEndpoint)


@pytest.mark.parametrize("error", [openai.APITimeoutError(REQUEST), TimeoutError("x")])
def test_time_out_is_not_tried_again(error: Exception) -> None:
    fault = fault_of(error, HERE)
    assert (type(fault.error), fault.tries) == (errors.ModelTimeout, 1)


def test_retry_after_may_be_a_date() -> None:
    headers = {"retry-after": "Fri, 31 Dec 2100 23:59:59 GMT"}
    error = openai.APIStatusError("no", response=httpx2.Response(429, request=REQUEST, headers=headers), body=None)
    wait_s = fault_of(error, HERE).wait_s
    assert wait_s is not None
    assert wait_s > 1e8


@pytest.mark.parametrize("value", ["soon", "-5", "nan"])
def test_odd_retry_after_does_not_stop_a_retry(value: str) -> None:
    response = httpx2.Response(429, request=REQUEST, headers={"retry-after": value})
    assert fault_of(openai.APIStatusError("no", response=response, body=None), HERE).wait_s in (None, 0.0)


@pytest.mark.parametrize(
    ("tries", "asked_s", "left_s", "pause_s"),
    [
        (1, None, 9.0, 0.5),
        (2, None, 9.0, 1.0),
        (3, None, 9.0, None),
        (2, None, 1.0, None),
        (1, 0.0, 9.0, 0.0),
        (1, 3.0, 9.0, 3.0),
        (1, 60.0, 90.0, 4.0),
        (1, 60.0, 4.0, None),
    ],
    ids=["first", "doubled", "out_of_tries", "out_of_time", "at_once", "as_asked", "asked_too_long", "no_time_even_so"],
)
def test_a_request_is_made_again_while_tries_and_time_allow(
    tries: int, asked_s: float | None, left_s: float, pause_s: float | None
) -> None:
    fault = Fault(errors.ModelServerFault("failed"), tries=3, wait_s=asked_s)
    assert fault.pause_s(tries, left_s=left_s, base_s=0.25, longest_s=4.0) == pause_s


@pytest.mark.parametrize("key", ["short", "sk-0123456789abcdef"])
def test_endpoint_never_prints_its_key(key: str) -> None:
    endpoint = Endpoint(name="m", host="h", key=SecretStr(key))
    assert key not in f"{endpoint} {endpoint!r} {endpoint.key_hint} {endpoint.word(key)}"
