"""Any OpenAI-compatible `/v1/audio/speech`: words -> sound as it is made, every fault typed."""

import asyncio
import struct
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack

from coach import errors
from coach.llm.address import Address
from coach.llm.faults import Fault, fault_of, vendor_errors

RATE = 24_000
"""Samples a second of the `pcm` format: 16 bits, one channel, without a header (OpenAI's guide to speech)."""
VOICE = "alloy"
BUDGET_S = 20.0
"""Seconds until the first sound of a sentence, retries included."""
STALL_S = 10.0
"""Seconds between two pieces of sound."""
_PIECE = 4096
_FORMATS = (b"RIFF", b"ID3", b"OggS", b"fLaC")
_NO_SOUND = ("text/", "application/json", "application/xml")


class VoiceEndpoint:
    """One speech model behind one address."""

    def __init__(self, model: str, *, api_key: str | None, base_url: str | None, voice: str | None = None) -> None:
        self._address = Address.of(
            model, api_key=api_key, base_url=base_url, doing="speaking", setting="COACH_SPEAKER_BASE_URL"
        )
        self._voice = voice or VOICE

    @property
    def name(self) -> str:
        """Model and host."""
        return self._address.label

    @property
    def host(self) -> str:
        """Where the interviewer's sentences are sent."""
        return self._address.host

    async def sound(self, words: str) -> AsyncGenerator[bytes, None]:
        """A sound file, piece by piece: WAV, or whatever format the server insists on. Raises ModelError.

        Asked again only while nothing was heard: a sentence is never begun twice.
        """
        until = time.monotonic() + BUDGET_S
        tries = 0
        while True:
            tries += 1
            async with AsyncExitStack() as stack:
                began = await self._begin(words, stack, until)
                if not isinstance(began, Fault):
                    first, rest = began
                    yield first
                    async for piece in self._rest(rest):
                        yield piece
                    return
            wait_s = began.pause_s(tries, left_s=until - time.monotonic(), base_s=0.25)
            if wait_s is None:
                raise began.error
            await asyncio.sleep(wait_s)

    async def _begin(
        self, words: str, stack: AsyncExitStack, until: float
    ) -> tuple[bytes, AsyncIterator[bytes]] | Fault:
        """The first piece and those that follow, or what went wrong before anything was heard."""
        await asyncio.to_thread(vendor_errors)
        import openai

        left_s = max(0.1, until - time.monotonic())
        try:
            client = await stack.enter_async_context(openai.AsyncOpenAI(**self._address.options, timeout=left_s))
            async with asyncio.timeout(left_s):
                reply = await stack.enter_async_context(
                    client.audio.speech.with_streaming_response.create(
                        model=self._address.name, voice=self._voice, input=words, response_format="pcm"
                    )
                )
                kind = str(reply.headers.get("content-type", "")).lower()
                rest = aiter(reply.iter_bytes(_PIECE))
                first = await anext(rest, b"")
        except vendor_errors() as error:
            return fault_of(error, self._address)
        if not first or kind.startswith(_NO_SOUND):
            return Fault(
                errors.ModelNotAnEndpoint(
                    f"{self._address} answered, but not with sound ({kind.partition(';')[0] or 'empty'}). Check that"
                    " the base URL is that of a server with /audio/speech; it mostly ends in /v1."
                )
            )
        has_header = kind.startswith("audio/mp") or first.startswith(_FORMATS)
        return (first if has_header else wav_header(RATE) + first), rest

    async def _rest(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(STALL_S):
                    piece = await anext(pieces, None)
            except vendor_errors() as error:
                broken = type(error).__name__
            else:
                if piece is None:
                    return
                yield piece
                continue
            raise errors.ModelUnreachable(
                f"{self._address} broke off in mid-sentence ({broken}). Press replay to hear it whole."
            )


def wav_header(rate: int, samples: int | None = None) -> bytes:
    """The header of 16-bit mono WAV; without `samples` of one whose length is not known yet.

    A length of 0x7FFFFFFF says that the data goes on to the end of the stream, as players take it.
    """
    size = 2 * samples if samples is not None else 0x7FFFFFFF - 36
    return b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack(
        "<IHHIIHH", 16, 1, 1, rate, 2 * rate, 2, 16
    ) + b"data" + struct.pack("<I", size)  # fmt: skip
