"""Judges whose model is recorded, replayed, or not there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from coach.errors import ContentError, ModelNotConfigured
from coach.grading.judge import LLMJudge
from coach.llm.chat import connect
from coach.llm.mock import Recorded, append_recorded, read_recorded, recorder, replay_chat
from coach.llm.prompts import Template
from coach.schema import Card
from coach.settings import Settings
from coach.wiring import Coach
from evals import run
from evals.judges import bench_of
from evals.play import play
from evals.run import Options, run_suite
from tests.conftest import ROOT
from tests.evals.made import case
from tests.evals.test_play import reply
from tests.llm.stub import Stub, says

PROMPT = "p"


def completion(content: Any, model: str = "server-model") -> httpx2.Response:

    message = {"role": "assistant", "content": json.dumps(content)}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    return httpx2.Response(
        200,
        json={
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [choice],
            "usage": usage,
        },
    )


def judge_over(handle: Callable[[httpx2.Request], httpx2.Response], kept: list[Recorded]) -> LLMJudge:
    chat = connect(
        "openai:m",
        api_key="k",
        base_url="http://model.test/v1",
        budget_s=5.0,
        transport=recorder(PROMPT, kept.append, httpx2.MockTransport(handle)),
    )
    return LLMJudge(chat, Template.load(ROOT / "prompts" / "judge.md"))


def replayed(kept: list[Recorded], prompt: str = PROMPT) -> LLMJudge:
    chat = replay_chat(kept, prompt=prompt, method="json_schema")
    return LLMJudge(chat, Template.load(ROOT / "prompts" / "judge.md"))


async def test_a_replayed_case_gets_the_grade_it_got_live_repairs_and_faults_included(
    why_linear: Card, tmp_path: Path
) -> None:
    """The live model is busy once, then off its schema, then right; a recording holds what it said, not the weather."""
    answers = iter(
        [
            httpx2.Response(503, headers={"retry-after": "0"}, json={"error": {"message": "busy"}}),
            completion({"verdict": "good"}),
            completion(reply(why_linear, "least-squares")),
        ]
    )
    kept: list[Recorded] = []
    one = case(why_linear, "told", {"least-squares": "met"})
    live = await play(one, why_linear, judge_over(lambda _: next(answers), kept))
    assert live.grade is not None
    assert live.grade.judge.repaired
    assert [line.form for line in kept] == ["json_schema", "json_schema"]
    assert kept[0].request != kept[1].request

    path = tmp_path / "deep" / "recorded.jsonl"
    for line in kept:
        append_recorded(path, line)
    assert list(read_recorded(path)) == kept
    again = await play(one, why_linear, replayed(kept))
    assert again.grade is not None
    assert again.grade.verdicts == live.grade.verdicts
    assert again.grade.score == live.grade.score
    assert again.grade.judge.name == "server-model"


@pytest.mark.parametrize("missing", ["other words", "other prompt", "second time"])
async def test_a_missing_recording_fails_the_case_by_name_and_is_no_grade(why_linear: Card, missing: str) -> None:
    kept: list[Recorded] = []
    one = case(why_linear, "told")
    await play(one, why_linear, judge_over(lambda _: completion(reply(why_linear)), kept))
    judge = replayed(kept, prompt="another" if missing == "other prompt" else PROMPT)
    if missing == "second time":
        assert (await play(one, why_linear, judge)).failed is None
    if missing == "other words":
        one = case(why_linear, "told", answers=("It is linear in the parameters.",))
    played = await play(one, why_linear, judge)
    assert played.grade is None
    assert played.failed is not None
    assert played.failed.startswith("MissingRecording: no reply to request")


async def test_a_form_that_the_recorded_model_never_took_is_rejected_again(why_linear: Card) -> None:
    def handle(request: httpx2.Request) -> httpx2.Response:
        if b"json_schema" in request.content:
            return httpx2.Response(400, json={"error": {"message": "response_format is not supported"}})
        return completion(reply(why_linear, "least-squares"))

    kept: list[Recorded] = []
    chat = connect(
        "openai:m",
        api_key="k",
        base_url="http://model.test/v1",
        method="auto",
        transport=recorder(PROMPT, kept.append, httpx2.MockTransport(handle)),
    )
    template = Template.load(ROOT / "prompts" / "judge.md")
    one = case(why_linear, "told")
    live = await play(one, why_linear, LLMJudge(chat, template))
    assert {line.form for line in kept} == {"json_mode"}
    again = await play(one, why_linear, LLMJudge(replay_chat(kept, prompt=PROMPT, method="auto"), template))
    assert live.grade is not None
    assert again.grade is not None
    assert again.grade.verdicts == live.grade.verdicts


def test_a_live_run_can_be_recorded_and_replayed_without_a_model(
    why_linear: Card, coach: Coach, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("suites", "transcripts"):
        (tmp_path / name).mkdir()
    floors = "floors: {offline: {agreement: 1.0}}\nfloors_on: all\n"
    (tmp_path / "suites" / "s.yaml").write_text(f"id: s\nwhy: w\ntranscripts: [s.jsonl]\n{floors}", encoding="utf-8")
    cases = [
        case(why_linear, "one", {"least-squares": "met"}),
        case(why_linear, "two", answers=("Squared residuals.",)),
    ]
    told = "".join(one.model_dump_json() + "\n" for one in cases)
    (tmp_path / "transcripts" / "s.jsonl").write_text(told, encoding="utf-8")
    monkeypatch.setattr(run, "ROOT", tmp_path)
    path = tmp_path / "recorded.jsonl"
    with Stub(says(reply(why_linear, "least-squares"))) as stub:
        settings = Settings(
            data_dir=tmp_path / "data",
            content_dir=ROOT,
            model="openai:m",
            openai_base_url=stub.url,
            price_in=2.0,
            price_out=8.0,
        )
        options = Options(record=path, repeats=2, workers=1)
        _, (live,) = run_suite("s", coach=Coach(settings), judges=["live"], options=options)
        assert stub.calls == 4
    measured = live.measured
    assert (measured.calls, measured.tokens_in, measured.tokens_out) == (4, 40, 20)
    assert measured.cost_usd == pytest.approx((40 * 2 + 20 * 8) / 1e6)
    assert measured.parts["all"].consistency.value == 1
    assert (live.broken, live.fails) == (None, False), "the suite has floors for the offline judge alone"
    assert len(read_recorded(path)) == 4
    assert "key" not in path.read_text(encoding="utf-8")

    again = Options(recording=path, repeats=2, workers=1)
    _, (replay,) = run_suite("s", coach=coach, judges=["replay"], options=again)
    assert replay.run.info.work.prompt == live.run.info.work.prompt
    got = {one.key: one.grade.verdicts for one in replay.run.outcomes if one.grade}
    assert got == {one.key: one.grade.verdicts for one in live.run.outcomes if one.grade}
    _, (more,) = run_suite("s", coach=coach, judges=["replay"], options=Options(recording=path, repeats=3))
    assert [name for name, _ in more.measured.failed] == ["one", "two"]
    assert more.fails


def test_wrong_lines_of_a_recording_are_all_named(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text("{}\n\nnot json\n", encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        read_recorded(path)
    assert [problem.line for problem in caught.value.problems] == [1, 3]
    with pytest.raises(ContentError, match="cannot be read"):
        read_recorded(tmp_path / "gone.jsonl")


def test_a_live_judge_without_a_model_is_refused_not_replaced_by_the_offline_one(coach: Coach, tmp_path: Path) -> None:
    with pytest.raises(ModelNotConfigured, match="--model"):
        bench_of("live", [], coach)
    unusable = Coach(Settings(data_dir=tmp_path, content_dir=ROOT, model="openai:m", openai_api_key=None))
    with pytest.raises(ModelNotConfigured, match="No key"):
        bench_of("live", [], unusable)
    with pytest.raises(ContentError, match="--recording"):
        bench_of("replay", [], coach)


def test_the_replay_judge_says_what_it_replays(coach: Coach, tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    prompt = bench_of("replay", [], coach, recording=_empty(path)).prompt
    assert prompt is not None
    append_recorded(
        path, Recorded(prompt=prompt, request="0" * 64, form="text", model="gpt-x", body="", content_type="text/plain")
    )
    bench = bench_of("replay", [], coach, recording=path)
    assert bench.model == "replay of gpt-x"
    assert bench.recording is not None


def _empty(path: Path) -> Path:
    path.write_text("", encoding="utf-8")
    return path
