"""The seam against a server nobody here wrote: llama.cpp, with a tiny model made in the test."""

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, StringConstraints

from coach.errors import ModelTruncated
from coach.grading.grade import grade
from coach.grading.judge import LLMJudge
from coach.llm.chat import connect
from coach.llm.prompts import Prompt, Template
from coach.schema import Card, Utterance
from tests.conftest import ROOT
from tests.llm.tiny_gguf import write_tiny_gguf

xllamacpp = pytest.importorskip("xllamacpp")

PROMPT = Prompt(id="judge", role="judge", system="You judge answers.", user="为什么用交叉熵？")


class Finding(BaseModel):
    state: Literal["met", "partly", "missed"]
    note: Annotated[str, StringConstraints(max_length=200)]
    tags: Annotated[tuple[Literal["maths", "code"], ...], Field(max_length=20)]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    params = xllamacpp.CommonParams()
    params.model.path = str(write_tiny_gguf(tmp_path_factory.mktemp("gguf") / Path("tiny.gguf")))
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 65536
    params.n_parallel = 2
    params.n_gpu_layers = 0
    params.warmup = params.ui = False
    params.offline = True
    params.verbosity = 0
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server
    gc.collect()


@pytest.mark.parametrize("turn", range(5))
async def test_a_real_server_fills_in_the_schema(url: str, turn: int) -> None:
    chat = connect("tiny", api_key=None, base_url=url, temperature=1.0, max_tokens=600)
    reply = await chat.reply(PROMPT, Finding)
    assert reply.value.state in ("met", "partly", "missed")
    assert reply.tokens_in
    assert reply.tokens_out


async def test_a_real_server_streams_to_a_stated_end(url: str) -> None:
    chat = connect("tiny", api_key=None, base_url=url)
    assert "".join([piece async for piece in chat.stream(PROMPT)]) == "ok"


async def test_a_real_server_that_runs_into_the_limit_is_truncated(url: str) -> None:
    chat = connect("tiny", api_key=None, base_url=url, max_tokens=1)
    stream = chat.stream(PROMPT)
    assert await anext(stream) == "o"
    with pytest.raises(ModelTruncated):
        await anext(stream)


async def test_an_interview_answer_judged_by_a_real_server_earns_nothing_it_cannot_quote(
    url: str, why_linear: Card
) -> None:
    """Random weights fill in the real judge's schema or run out of room; either way no point is given away."""
    chat = connect("tiny", api_key=None, base_url=url, budget_s=60, max_tokens=2000)
    judge = LLMJudge(chat, Template.load(ROOT / "prompts" / "judge.md"))
    answer = (Utterance(turn=0, text="It is linear in the parameters."),)
    result = await grade(judge, why_linear, answer, interviewer=(why_linear.question.en,))
    assert chat.endpoint.host.startswith("127.0.0.1")
    if result.not_graded is None:
        assert result.score is not None
        assert result.score.points == 0
    else:
        assert result.score is None
        assert result.not_graded.code in {"off_schema", "truncated", "incomplete"}
