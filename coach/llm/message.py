"""What one answered request says, and how the model says it ended: LangChain's message in our words."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

Finish = Literal["complete", "length", "filtered", "refused"]

_WORDS: Mapping[Finish, tuple[str, ...]] = {
    "complete": (
        "stop",
        "end_turn",
        "stop_sequence",
        "tool_calls",
        "tool_use",
        "function_call",
        "completed",
        "complete",
    ),
    "length": ("length", "max_tokens", "max_output_tokens"),
    "filtered": ("content_filter", "safety", "recitation", "blocklist", "prohibited_content", "spii"),
    "refused": ("refusal",),
}
"""Each provider's word for it, lower case: OpenAI's two APIs, Anthropic, Google, Ollama."""
_FINISHES: Mapping[str, Finish] = {word: finish for finish, words in _WORDS.items() for word in words}


@dataclass(frozen=True)
class Said:
    """One answered request, whatever it says."""

    text: str
    finish: Finish | None
    model: str | None
    usage: Mapping[str, Any] | None
    """LangChain's usage record; None when the server did not say."""


def said_by(message: "AIMessage") -> Said:
    """What `message` says; the arguments of a tool call stand in place of text if there is one."""
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    args = calls[0]["args"] if calls else str(message.text)
    blocks = message.content if isinstance(message.content, list) else []
    declined = message.additional_kwargs.get("refusal") or any(
        isinstance(block, dict) and block.get("type") == "refusal" for block in blocks
    )
    names = (message.response_metadata.get("model_name"), message.response_metadata.get("model"))
    return Said(
        text=args if isinstance(args, str) else json.dumps(args),
        finish="refused" if declined else finish_of(message.response_metadata),
        model=next((name for name in names if isinstance(name, str) and name), None),
        usage=message.usage_metadata,
    )


def finish_of(metadata: Mapping[str, Any]) -> Finish | None:
    """How the model says it ended; None when it did not say, or said something we do not know."""
    details = metadata.get("incomplete_details")
    for reason in (
        details.get("reason") if isinstance(details, Mapping) else None,
        *(metadata.get(key) for key in ("finish_reason", "stop_reason", "done_reason", "status")),
    ):
        if finish := _FINISHES.get(str(reason).lower()):
            return finish
    return None
