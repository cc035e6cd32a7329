"""Where a model is asked: OpenAI's own address, or any other, and nothing secret on paper."""

import pytest

from coach.errors import ModelNotConfigured
from coach.llm.address import OPENAI_URL, Address

KEY = "sk-0123456789abcdef"


def at(api_key: str | None, base_url: str | None) -> Address:
    return Address.of("m", api_key=api_key, base_url=base_url, doing="speaking", setting="COACH_SPEAKER_BASE_URL")


@pytest.mark.parametrize(
    ("api_key", "base_url", "label", "options"),
    [
        (KEY, None, "m@api.openai.com", {"api_key": KEY, "base_url": OPENAI_URL}),
        (KEY, "", "m@api.openai.com", {"api_key": KEY, "base_url": OPENAI_URL}),
        (None, "http://u:pw@h:8/v1", "m@h:8", {"api_key": "none", "base_url": "http://u:pw@h:8/v1"}),
    ],
    ids=["own", "empty", "server_without_key"],
)
def test_address_says_where_and_how(
    api_key: str | None, base_url: str | None, label: str, options: dict[str, str]
) -> None:
    address = at(api_key, base_url)
    assert (address.label, address.options) == (label, options | {"max_retries": 0})


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ModelNotConfigured, match="speaking with m needs OPENAI_API_KEY, or COACH_SPEAKER_BASE_URL of"):
        at(None, None)


def test_address_never_prints_a_secret() -> None:
    address = at(KEY, "http://user:hunter2@h/v1")
    printed = f"{address} {address!r} {address.label} {address.key_hint}"
    assert KEY not in printed
    assert "hunter2" not in printed
