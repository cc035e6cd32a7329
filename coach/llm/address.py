"""Where one model is asked that any OpenAI-compatible server may have: for transcripts, sound and vectors."""

from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import SecretStr

from coach.errors import ModelNotConfigured
from coach.llm.faults import Endpoint

OPENAI_URL = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Address(Endpoint):
    """The endpoint with its base URL."""

    base_url: str = field(repr=False)
    """May hold a user's name and password."""

    @classmethod
    def of(cls, model: str, *, api_key: str | None, base_url: str | None, doing: str, setting: str) -> Self:
        """OpenAI's own without a base URL. Raises ModelNotConfigured, naming `setting`, when there is no key either."""
        if base_url is None and not api_key:
            raise ModelNotConfigured(f"{doing} with {model} needs OPENAI_API_KEY, or {setting} of a server")
        url = base_url or OPENAI_URL
        return cls(model, host_of(url), SecretStr(api_key) if api_key else None, url)

    @property
    def label(self) -> str:
        """Model and host."""
        return f"{self.name}@{self.host}"

    @property
    def options(self) -> dict[str, Any]:
        """What opens a client of the openai SDK; it wants a key even where none is needed. Retries are ours."""
        key = self.key.get_secret_value() if self.key else "none"
        return {"api_key": key, "base_url": self.base_url, "max_retries": 0}


def host_of(url: str) -> str:
    """Host and port, without a user's name and password."""
    return urlsplit(url).netloc.rpartition("@")[2]
