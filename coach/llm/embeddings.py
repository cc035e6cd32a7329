"""Any OpenAI-compatible `/v1/embeddings`: texts -> vectors, in batches, within a time budget, every fault typed."""

import base64
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from coach import errors
from coach.llm.address import Address
from coach.llm.faults import LONGEST_WAIT_S, Fault, fault_of, vendor_errors

if TYPE_CHECKING:
    import openai

BATCH = 128
BUDGET_S = 120.0
"""Seconds one call may take in all, retries included."""
CALL_S = 30.0


class EmbeddingsEndpoint:
    """One embedding model behind one address; connects at the first call."""

    def __init__(self, model: str, *, api_key: str | None, base_url: str | None, budget_s: float = BUDGET_S) -> None:
        self._address = Address.of(
            model, api_key=api_key, base_url=base_url, doing="embedding", setting="OPENAI_BASE_URL"
        )
        self._budget_s = budget_s
        self._client: openai.OpenAI | None = None

    @property
    def name(self) -> str:
        """Model and host."""
        return self._address.label

    def vectors(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row per text. Raises ModelError."""
        until = time.monotonic() + self._budget_s
        rows = [self._batch(texts[start : start + BATCH], until) for start in range(0, len(texts), BATCH)]
        return np.concatenate(rows) if rows else np.zeros((0, 1), dtype=np.float32)

    def _batch(self, texts: Sequence[str], until: float) -> npt.NDArray[np.float32]:
        tries = 0
        while True:
            tries += 1
            result = self._try(texts, until)
            if not isinstance(result, Fault):
                return result
            left_s = until - time.monotonic()
            wait_s = result.pause_s(tries, left_s=left_s, base_s=0.5, longest_s=LONGEST_WAIT_S)
            if wait_s is None:
                raise result.error
            time.sleep(wait_s)

    def _try(self, texts: Sequence[str], until: float) -> npt.NDArray[np.float32] | Fault:
        try:
            reply = self._connected().embeddings.create(
                model=self._address.name, input=list(texts), timeout=max(0.1, min(CALL_S, until - time.monotonic()))
            )
            rows = [_row(one.embedding) for one in sorted(reply.data, key=lambda one: one.index)]
            whole = len(rows) == len(texts) and len({len(row) for row in rows}) == 1
        except vendor_errors() as error:
            return fault_of(error, self._address)
        if not whole:
            message = f"{self._address} gave {len(rows)} vectors for {len(texts)} texts, or of different lengths."
            return Fault(errors.ModelOffSchema(message))
        return np.array(rows, dtype=np.float32)

    def _connected(self) -> "openai.OpenAI":
        if self._client is None:
            import openai

            self._client = openai.OpenAI(**self._address.options)
        return self._client


def _row(embedding: Any) -> Any:
    """The numbers of one vector; some servers send them as base64 of little-endian float32 although not asked to."""
    return np.frombuffer(base64.b64decode(embedding), dtype="<f4") if isinstance(embedding, str) else embedding
