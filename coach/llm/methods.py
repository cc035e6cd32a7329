"""The ways to ask a model for a record, and which each provider knows."""

from collections.abc import Mapping
from typing import Literal

from coach.llm.address import OPENAI_URL

Method = Literal["json_schema", "function_calling", "json_mode", "text"]
"""How a model is asked for a record; `text` needs nothing of the server but words."""
MethodChoice = Method | Literal["auto"]
WORDED: frozenset[Method] = frozenset({"json_mode", "text"})
"""Methods that put the schema into the words of the prompt."""

AUTO: Mapping[str, tuple[Method, ...]] = {
    "openai": ("json_schema", "json_mode", "text"),
    "azure_openai": ("json_schema", "json_mode", "text"),
    "deepseek": ("json_mode", "text"),
    "mistralai": ("function_calling", "json_mode", "text"),
    "ollama": ("json_schema", "json_mode", "text"),
    "xai": ("json_schema", "function_calling", "text"),
    "google_genai": ("json_schema", "function_calling", "text"),
}
"""What each provider is asked by. OpenAI, Azure, xAI, Gemini and Ollama hold a reply to a schema while it is written;
DeepSeek documents JSON mode only; tool calling is what every other LangChain package has, Anthropic's first of all."""
ANY_SERVER: tuple[Method, ...] = ("json_schema", "json_mode", "text")
"""For a server of which nothing is known but that it speaks OpenAI's protocol."""


def methods_of(provider: str, base_url: str | None) -> tuple[Method, ...]:
    """Ways to ask a provider for a record, the best first."""
    if provider == "openai" and base_url not in (None, OPENAI_URL):
        return ANY_SERVER
    return AUTO.get(provider, ("function_calling", "text"))
