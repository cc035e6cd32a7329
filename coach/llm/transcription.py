"""Any OpenAI-compatible `/v1/audio/transcriptions`: a recording -> its words, in a time budget, every fault typed."""

import asyncio
import math
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from coach import errors
from coach.llm.address import Address
from coach.llm.faults import LONGEST_WAIT_S, Fault, fault_of, vendor_errors
from coach.schema import Lang, Record

LONGEST_PROMPT = 600
"""Characters of terms that are sent; whisper-1 reads the last 224 tokens of a prompt (OpenAI's guide)."""


class Word(Record):
    """One word of a transcript, or one Chinese character."""

    start: int
    end: int
    """Its place in the transcript's text."""
    confidence: float | None = Field(default=None, ge=0, le=1)
    """Probability that the recogniser gave it; None where the recogniser does not say."""
    from_s: float | None = None
    to_s: float | None = None
    """When it is said."""


class Transcript(Record):
    """What a recogniser heard."""

    text: str
    lang: Lang
    """The language it was told to hear."""
    words: tuple[Word, ...] = ()
    """In order; none where the recogniser gives only the text."""
    model: str
    """Which recogniser, and where."""


Piece = tuple[str, float | None, float | None, float | None]
"""A word as a recogniser gives it: text, confidence, start and end in seconds."""


def aligned(text: str, pieces: Iterable[Piece]) -> tuple[Word, ...]:
    """The pieces that stand in `text`, in order, with their places; those that do not are left out."""
    found: list[Word] = []
    at = 0
    for piece, confidence, from_s, to_s in pieces:
        word = piece.strip()
        start = text.find(word, at) if word else -1
        if start < 0:
            continue
        at = start + len(word)
        sure = None if confidence is None else min(max(confidence, 0.0), 1.0)
        found.append(Word(start=start, end=at, confidence=sure, from_s=from_s, to_s=to_s))
    return tuple(found)


class TranscriptionEndpoint:
    """One transcription model behind one address."""

    def __init__(self, model: str, *, api_key: str | None, base_url: str | None, budget_s: float) -> None:
        self._address = Address.of(
            model, api_key=api_key, base_url=base_url, doing="transcribing", setting="COACH_TRANSCRIBER_BASE_URL"
        )
        self._budget_s = budget_s

    @property
    def name(self) -> str:
        """Model and host."""
        return self._address.label

    @property
    def host(self) -> str:
        """Where recordings are sent."""
        return self._address.host

    async def transcribe(self, path: Path, *, lang: Lang, terms: Sequence[str]) -> Transcript:
        """The words of a recording; its text may be empty. Raises ModelError."""
        until = time.monotonic() + self._budget_s
        plain, tries = False, 0
        while True:
            tries += 1
            result = await self._try(path, lang, terms, until, plain)
            if isinstance(result, Transcript):
                return result
            if result.about_form and not plain:
                plain = True
                continue
            left_s = until - time.monotonic()
            wait_s = result.pause_s(tries, left_s=left_s, base_s=0.25, longest_s=LONGEST_WAIT_S)
            if wait_s is None:
                raise result.error
            await asyncio.sleep(wait_s)

    async def _try(self, path: Path, lang: Lang, terms: Sequence[str], until: float, plain: bool) -> Transcript | Fault:
        await asyncio.to_thread(_import_vendor)
        import openai

        left_s = max(0.1, until - time.monotonic())
        try:
            with path.open("rb") as file:
                async with openai.AsyncOpenAI(**self._address.options) as client:
                    reply = await asyncio.wait_for(
                        client.audio.transcriptions.create(
                            file=(path.name, file, "audio/wav"),
                            model=self._address.name,
                            language=lang,
                            timeout=left_s,
                            **self._form(terms, plain=plain),
                        ),
                        left_s,
                    )
            text = reply.text.strip()
            pieces = tuple(_pieces(reply))
        except vendor_errors() as error:
            return self._fault(error)
        return Transcript(text=text, lang=lang, words=aligned(text, pieces), model=self.name)

    def _form(self, terms: Sequence[str], *, plain: bool) -> dict[str, Any]:
        """What is asked for besides the text: how sure each word is, as far as the model is known to say."""
        prompt = _prompt(terms)
        form: dict[str, Any] = {"prompt": prompt} if prompt else {}
        if plain:
            return form
        if "transcribe" in self._address.name and "diarize" not in self._address.name:
            return form | {"response_format": "json", "include": ["logprobs"]}
        if "whisper" in self._address.name:
            return form | {"response_format": "verbose_json", "timestamp_granularities": ["word", "segment"]}
        return form

    def _fault(self, error: Exception) -> Fault:
        fault = fault_of(error, self._address)
        if isinstance(fault.error, errors.ModelNotAnEndpoint):
            message = (
                f"{self._address} answered, but not with a transcript ({type(error).__name__}). "
                "Check that the base URL is that of an OpenAI-compatible API; it mostly ends in /v1."
            )
            return Fault(errors.ModelNotAnEndpoint(message))
        if fault.about_form or (
            isinstance(fault.error, errors.ModelRequestRejected) and getattr(error, "status_code", None) in {400, 422}
        ):
            return Fault(fault.error, about_form=True)
        return fault


def _import_vendor() -> None:
    """Loads what takes seconds to import; run in a thread, so that other sessions go on meanwhile."""
    import openai.resources.audio.transcriptions  # noqa: F401

    vendor_errors()


def _prompt(terms: Sequence[str]) -> str:
    """As many of the terms as fit, the first ones first."""
    prompt = ""
    for term in terms:
        longer = f"{prompt}, {term}" if prompt else term
        if len(longer) > LONGEST_PROMPT:
            break
        prompt = longer
    return prompt


def _pieces(reply: Any) -> Iterator[Piece]:
    """The words of a reply with what it says of them; none where it says nothing."""
    tokens = getattr(reply, "logprobs", None)
    if tokens and hasattr(tokens[0], "logprob"):
        yield from _of_tokens(tokens)
    elif getattr(reply, "words", None):
        for word in reply.words:
            yield word.word, _of_segment(reply, (word.start + word.end) / 2), word.start, word.end


def _of_segment(reply: Any, at_s: float) -> float | None:
    """The mean probability of the tokens of the segment around a moment: whisper-1 gives no closer one."""
    around = (one for one in getattr(reply, "segments", None) or () if one.start <= at_s <= one.end)
    return next((math.exp(one.avg_logprob) for one in around), None)


def _of_tokens(tokens: Sequence[Any]) -> Iterator[Piece]:
    """Words and Chinese characters of a list of tokens, each as sure as its least sure token."""
    data, sure = bytearray(), []
    for token in tokens:
        piece = bytes(int(one) for one in token.bytes) if token.bytes else (token.token or "").encode()
        data += piece
        sure += [token.logprob if token.logprob is not None else 0.0] * len(piece)
    text = data.decode("utf-8", errors="replace")
    offsets = [0]
    for char in text:
        offsets.append(offsets[-1] + len(char.encode()))
    for match in re.finditer(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+", text):
        least = sure[offsets[match.start()] : offsets[match.end()]]
        yield match.group(), math.exp(min(least, default=0.0)), None, None
