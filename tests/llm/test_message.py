"""Messages as LangChain's provider packages give them, read in our words."""

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from coach.llm.message import said_by

USAGE = {
    "input_tokens": 1200,
    "output_tokens": 80,
    "total_tokens": 1280,
    "input_token_details": {"cache_read": 1000, "cache_creation": 0},
}
REPLY = {"state": "met"}


@pytest.mark.parametrize(
    ("message", "text", "finish", "model"),
    [
        (
            AIMessage(
                content=[{"type": "text", "text": "Here: "}, {"type": "text", "text": json.dumps(REPLY)}],
                response_metadata={"stop_reason": "end_turn", "model": "claude-x"},
            ),
            "Here: " + json.dumps(REPLY),
            "complete",
            "claude-x",
        ),
        (
            AIMessage(
                content=[
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "tool_use", "id": "t", "name": "Verdict", "input": REPLY},
                ],
                tool_calls=[{"name": "Verdict", "args": REPLY, "id": "t"}],
                response_metadata={"stop_reason": "tool_use", "model_name": "claude-x"},
            ),
            json.dumps(REPLY),
            "complete",
            "claude-x",
        ),
        (AIMessage(content="", response_metadata={"stop_reason": "refusal"}), "", "refused", None),
        (AIMessage(content="{", response_metadata={"stop_reason": "max_tokens"}), "{", "length", None),
        (AIMessage(content="", response_metadata={"finish_reason": "SAFETY"}), "", "filtered", None),
        (AIMessage(content="x", response_metadata={"done_reason": "stop", "model": "q"}), "x", "complete", "q"),
        (AIMessage(content="x"), "x", None, None),
    ],
    ids=["anthropic_text", "anthropic_tool", "anthropic_refusal", "anthropic_cut", "gemini_filter", "ollama", "mute"],
)
def test_message_in_our_words(message: AIMessage, text: str, finish: str | None, model: str | None) -> None:
    said = said_by(message)
    assert (said.text, said.finish, said.model) == (text, finish, model)


def test_tokens_from_the_cache_are_counted_as_langchain_reports_them() -> None:
    from coach.llm.cost import Prices, Tally

    usage: Any = USAGE
    tally = Tally(calls=1)
    tally.add(said_by(AIMessage(content="x", usage_metadata=usage)))
    spent = tally.spent(Prices(3.0, 15.0, 0.3))
    assert (spent.tokens_in, spent.tokens_cached, spent.tokens_out) == (1200, 1000, 80)
    assert spent.cost_usd == pytest.approx((200 * 3 + 1000 * 0.3 + 80 * 15) / 1e6)
