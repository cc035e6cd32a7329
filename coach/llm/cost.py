"""What a call costs: its requests, its tokens, and their price."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coach.errors import Spent
from coach.llm.message import Said


@dataclass(frozen=True)
class Prices:
    """US dollars per million tokens, as the person set them."""

    tokens_in: float
    tokens_out: float
    cached: float | None = None
    """None charges cached tokens like others: an upper bound."""

    def cost_usd(self, tokens_in: int, tokens_cached: int, tokens_out: int) -> float:
        """What these tokens cost; `tokens_cached` are part of `tokens_in`."""
        cached = self.tokens_in if self.cached is None else self.cached
        fresh = (tokens_in - tokens_cached) * self.tokens_in
        return (fresh + tokens_cached * cached + tokens_out * self.tokens_out) / 1e6


@dataclass
class Tally:
    """Requests and tokens of one call to `Chat`."""

    calls: int = 0
    failures: int = 0
    answered: int = 0
    tokens_in: int | None = 0
    tokens_cached: int | None = 0
    tokens_out: int | None = 0

    def add(self, said: Said) -> Said:
        """`said`, once its tokens are counted."""
        self.answered += 1
        details = (said.usage or {}).get("input_token_details")
        self.tokens_in = _plus(self.tokens_in, token_count(said.usage, "input_tokens"))
        self.tokens_cached = _plus(self.tokens_cached, token_count(details, "cache_read"))
        self.tokens_out = _plus(self.tokens_out, token_count(said.usage, "output_tokens"))
        return said

    def spent(self, prices: Prices | None) -> Spent:
        """What the call has cost so far."""
        if not self.answered:
            return Spent(calls=self.calls)
        cost = None
        if prices is not None and self.tokens_in is not None and self.tokens_out is not None:
            cost = prices.cost_usd(self.tokens_in, self.tokens_cached or 0, self.tokens_out)
        return Spent(self.calls, self.tokens_in, self.tokens_cached, self.tokens_out, cost)


def token_count(usage: Mapping[str, Any] | None, name: str) -> int | None:
    """A number of LangChain's usage record; None when the server did not say."""
    count = (usage or {}).get(name)
    return count if isinstance(count, int) else None


def _plus(sum_so_far: int | None, count: int | None) -> int | None:
    return None if sum_so_far is None or count is None else sum_so_far + count
