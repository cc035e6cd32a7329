"""A local server speaking OpenAI's `/v1/audio/speech`, over real HTTP on 127.0.0.1; it misbehaves as told."""

import math
import struct
import time
from collections.abc import Sequence

from tests.llm.stub import Answer, Exchange


def hum(seconds: float, rate: int = 24_000) -> bytes:
    """A tone as 16-bit mono samples."""
    count = int(seconds * rate)
    return struct.pack(f"<{count}h", *(int(8000 * math.sin(2 * math.pi * 220 * n / rate)) for n in range(count)))


def sound(data: bytes | None = None, *, kind: str = "audio/pcm", pieces: int = 4, pause_s: float = 0.0) -> Answer:
    """Sound in pieces, as a model makes it."""
    whole = hum(0.4) if data is None else data

    def answer(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Type", kind)
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        for piece in _parts(whole, pieces):
            exchange.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            exchange.wfile.flush()
            time.sleep(pause_s)
        exchange.wfile.write(b"0\r\n\r\n")

    return answer


def sound_cut(after: int = 4800) -> Answer:
    """Sound that ends in mid-sentence, with the connection reset."""

    def answer(exchange: Exchange) -> None:
        exchange.send_response(200)
        exchange.send_header("Content-Type", "audio/pcm")
        exchange.send_header("Transfer-Encoding", "chunked")
        exchange.end_headers()
        exchange.wfile.write(b"%x\r\n%s\r\n" % (after, bytes(after)))
        exchange.wfile.flush()
        time.sleep(0.2)
        exchange.reset()

    return answer


def _parts(whole: bytes, pieces: int) -> Sequence[bytes]:
    size = max(2, len(whole) // pieces)
    return [whole[start : start + size] for start in range(0, len(whole), size)]
