"""A local OpenAI-compatible server that misbehaves as told, over real HTTP on 127.0.0.1."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

Json = dict[str, Any]
Answer = Callable[["Exchange"], None]


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer."""

    protocol_version = "HTTP/1.1"
    server: "Stub"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.close_connection = True
        self.server.take(body, {name.lower(): value for name, value in self.headers.items()})(self)

    def log_message(self, *_: object) -> None:
        """Nothing: the tests speak."""

    def send(self, status: int, body: bytes, headers: dict[str, str], *, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "application/json", "Connection": "close"} | headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def send_event(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.flush()

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def wait_for_the_end(self) -> None:
        self.server.over.wait()


class Stub(ThreadingHTTPServer):
    """Serves the given answers in order, the last one for ever; `with` starts and ends it, hanging requests too."""

    daemon_threads = False

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.answers: Sequence[Answer] = answers
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def calls(self) -> int:
        return len(self.requests)

    def take(self, body: Json, headers: dict[str, str]) -> Answer:
        with self._lock:
            self.requests.append(body)
            self.headers.append(headers)
            return self.answers[min(len(self.requests), len(self.answers)) - 1]

    def handle_error(self, *_: object) -> None:
        """Nothing: a client that hangs up is part of the tests."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


def says(content: object, **message: object) -> Answer:
    """A normal completion; anything but a text is sent as JSON."""
    text = content if isinstance(content, str) or content is None else json.dumps(content, ensure_ascii=False)
    return completes({"role": "assistant", "content": text, **message})


def calls_tool(arguments: str) -> Answer:
    function = {"name": "Verdict", "arguments": arguments}
    call = {"id": "call_1", "type": "function", "function": function}
    return completes({"role": "assistant", "content": None, "tool_calls": [call]}, finish="tool_calls")


def completes(message: Json, *, finish: str | None = "stop", tokens_out: int = 5) -> Answer:
    usage = {"prompt_tokens": 10, "completion_tokens": tokens_out, "total_tokens": 10 + tokens_out}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return sends({**_ENVELOPE, "object": "chat.completion", "choices": [choice], "usage": usage})


def sends(body: object, content_type: str = "application/json") -> Answer:
    """Status 200 with any body; anything but a text is sent as JSON."""
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda exchange: exchange.send(200, text.encode(), {"Content-Type": content_type})


def fails(
    status: int, code: str | None = None, *, message: str = "no", param: str | None = None, **headers: str
) -> Answer:
    error = {"message": message, "type": "stub", "code": code, "param": param}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.send(status, json.dumps({"error": error}).encode(), named)


def hangs(exchange: Exchange) -> None:
    exchange.wait_for_the_end()


def cuts_body(exchange: Exchange) -> None:
    """Says how long its body is, and sends less."""
    exchange.send(200, b'{"id": "x", "choices": [', {}, length=4000)


def streams(
    *pieces: str,
    finish: str | None = "stop",
    then: Literal["done", "close", "reset", "hang", "error"] = "done",
    error: object = None,
) -> Answer:
    """Server-sent events: the pieces, the finish reason if any, then a clean end or a fault."""

    def answer(exchange: Exchange) -> None:
        exchange.send_response(200)
        for name, value in (("Content-Type", "text/event-stream"), ("Transfer-Encoding", "chunked")):
            exchange.send_header(name, value)
        exchange.end_headers()
        for piece in pieces:
            exchange.send_event(json.dumps(_delta({"role": "assistant", "content": piece}, None)))
        if finish is not None:
            exchange.send_event(json.dumps(_delta({}, finish)))
        if then == "hang":
            exchange.wait_for_the_end()
        elif then == "reset":
            exchange.reset()
            return
        elif then == "close":
            return
        elif then == "error":
            exchange.send_event(json.dumps({"error": error}))
        if finish is not None:
            exchange.send_event("[DONE]")
        exchange.wfile.write(b"0\r\n\r\n")

    return answer


_ENVELOPE: Json = {"id": "stub", "created": 0, "model": "stub-1"}


def _delta(delta: Json, finish: str | None) -> Json:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {**_ENVELOPE, "object": "chat.completion.chunk", "choices": [choice]}
