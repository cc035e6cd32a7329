"""LangChain's chat models: which there are, and how one is opened and closed."""

from collections.abc import AsyncGenerator, Mapping
from typing import TYPE_CHECKING, Any

from coach.errors import ModelNotConfigured
from coach.llm.faults import vendor_errors

if TYPE_CHECKING:
    import httpx2
    from langchain_core.language_models import BaseChatModel

# fmt: off
PROVIDERS = frozenset({
    "anthropic", "anthropic_bedrock", "azure_ai", "azure_openai", "baseten", "bedrock", "bedrock_converse",
    "bedrock_mantle_anthropic", "bedrock_mantle_openai", "cohere", "deepseek", "fireworks",
    "google_anthropic_vertex", "google_genai", "google_vertexai", "groq", "huggingface", "ibm", "langsmith",
    "litellm", "meta", "mistralai", "nvidia", "ollama", "openai", "openrouter", "perplexity", "together", "upstage",
    "xai",
})
# fmt: on
"""What may stand before the colon of a model name. A test compares it with LangChain's own list."""


def check_provider(provider: str, model: str, options: Mapping[str, Any]) -> None:
    """Nothing, or ModelNotConfigured when the provider's package or its key is missing."""
    try:
        built(provider, model, options)
    except ImportError:
        lack = f"the package langchain-{provider.replace('_', '-')} (or the one LangChain names for it)"
    except vendor_errors() as error:
        lack = f"a setting: it did not start ({type(error).__name__}), mostly for want of its key"
    else:
        return
    raise ModelNotConfigured(f"{provider}:{model} lacks {lack}. See docs/models.md")


def import_vendors() -> None:
    """Loads what takes seconds to import; run in a thread, so that other sessions go on meanwhile."""
    import langchain.chat_models  # noqa: F401
    import langchain_openai  # noqa: F401

    vendor_errors()


def built(provider: str, model: str, options: Mapping[str, Any]) -> "BaseChatModel":
    """LangChain's model, with its own settings read from the environment where `options` leaves them out."""
    from langchain.chat_models import init_chat_model

    chat_model: BaseChatModel = init_chat_model(model, model_provider=provider, **options)
    return chat_model


async def opened(
    provider: str, model: str, options: Mapping[str, Any], transport: "httpx2.AsyncBaseTransport | None"
) -> AsyncGenerator["BaseChatModel", None]:
    """Yields the model once, and closes its connections when the event loop shuts its generators down."""
    if provider != "openai":
        yield built(provider, model, options)
        return
    import openai

    async with openai.DefaultAsyncHttpxClient(timeout=None, transport=transport) as client:
        yield built(provider, model, {**options, "http_async_client": client})
