"""A local server that speaks the OpenAI audio API, and makes the mistakes of a recogniser."""

import json
import re
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.llm.stub import Answer, Exchange, Stub, sends


def parts(body: bytes, content_type: str) -> dict[str, Any]:
    """The fields of a multipart request; those that come twice are lists, a file is its bytes."""
    mark = re.search("boundary=([^;]+)", content_type)
    assert mark is not None
    found: dict[str, Any] = {}
    for part in body.split(b"--" + mark[1].strip('"').encode())[1:-1]:
        head, _, value = part.partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]+)"', head)
        assert name is not None
        value = value.removesuffix(b"\r\n")
        data = value if b"filename=" in head else value.decode()
        key = name[1].decode()
        if key.endswith("[]"):
            found.setdefault(key.removesuffix("[]"), []).append(data)
        else:
            found[key] = data
    return found


class AudioExchange(Exchange):
    """One upload of sound and its answer."""

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["content-length"]))
        self.close_connection = True
        fields = parts(body, self.headers["content-type"]) | {"path": self.path}
        self.server.take(fields, {name.lower(): value for name, value in self.headers.items()})(self)


class AudioStub(Stub):
    """Serves the given answers in order, the last one for ever, to uploads of sound."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__(*answers)
        handler: type[BaseHTTPRequestHandler] = AudioExchange
        self.RequestHandlerClass = handler


def hears(text: str, **unsure: float) -> Answer:
    """What a gpt-4o transcriber says: the text, with the log probability of every token; `unsure` names words."""
    tokens = re.findall(r"\s*[^\s\u3400-\u9fff]+|\s*[\u3400-\u9fff]", text)
    logprobs = [
        {"token": token, "bytes": list(token.encode()), "logprob": unsure.get(token.strip(), -0.01)} for token in tokens
    ]
    return sends({"text": text, "logprobs": logprobs})


def hears_whisper(text: str, *, avg_logprob: float = -0.1) -> Answer:
    """What whisper-1 says in its verbose form: words with times, and how sure the segment is."""
    words = [{"word": word, "start": float(at), "end": at + 0.5} for at, word in enumerate(text.split())]
    segment = {
        "id": 0, "seek": 0, "start": 0.0, "end": float(len(words)), "text": text, "tokens": [], "temperature": 0.0,
        "avg_logprob": avg_logprob, "compression_ratio": 1.0, "no_speech_prob": 0.01,
    }  # fmt: skip
    return sends({"text": text, "language": "english", "duration": 3.0, "words": words, "segments": [segment]})


def asked_for(request: dict[str, Any]) -> dict[str, Any]:
    """What a request asks for, besides its sound."""
    return json.loads(json.dumps({name: value for name, value in request.items() if name != "file"}))
