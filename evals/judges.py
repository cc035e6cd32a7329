"""The judges that a suite can be run under: ours, and chat models that are live, recorded or written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from coach.errors import ContentError, ModelNotConfigured, Problem
from coach.grading.grade import Judge
from coach.grading.judge import LLMJudge
from coach.llm.chat import Chat, connect
from coach.llm.cost import Prices
from coach.llm.mock import (
    Fails,
    Hangs,
    MockReply,
    Raw,
    Says,
    append_recorded,
    mock_chat,
    read_recorded,
    recorder,
    replay_chat,
)
from coach.llm.prompts import Template
from coach.wiring import Coach
from evals.cases import Case, JudgeName
from evals.runs import file_fingerprint

MOCK_BUDGET_S = 2.0
"""A hanging mock is given up after so long."""


@dataclass(frozen=True)
class Bench:
    """A judge, or one per case, and what it must be called in the record of the run."""

    judges: Mapping[str, Judge] | Judge
    model: str
    method: str | None = None
    prompt: str | None = None
    recording: str | None = None


def bench_of(
    judge: JudgeName, cases: Sequence[Case], coach: Coach, *, recording: Path | None = None, record: Path | None = None
) -> Bench:
    """The judge of that name. Raises ContentError, and ModelNotConfigured where a live model is asked for."""
    if judge == "offline":
        return Bench(coach.offline_judge, coach.offline_judge.info.name)
    if judge == "mock":
        judges = mock_judges(cases, coach)
        prompt = next((one.info.prompt for one in judges.values()), None)
        return Bench(judges, "mock", prompt=prompt)
    settings = coach.settings
    if judge == "replay":
        return _replayed(coach, recording)
    if settings.model is None:
        raise ModelNotConfigured("no model to measure: give --model, such as openai:gpt-4.1-mini, or set COACH_MODEL")
    live = coach.judge if record is None else _recorded(coach, record)
    if live.info.judge != "llm":
        raise ModelNotConfigured(str(coach.notice().warning or f"{settings.model} cannot be used"))
    return Bench(live, settings.model, method=settings.model_method, prompt=live.info.prompt)


def _llm_judge(coach: Coach, chat: Chat) -> LLMJudge:
    """The judge that the coach would make of this chat model."""
    prompts = coach.settings.prompts_dir
    again = coach.settings.judge_second_look == "marginal"
    second = Template.load(prompts / "judge-second.md") if again else None
    return LLMJudge(chat, Template.load(prompts / "judge.md"), second=second)


def _prompt(coach: Coach) -> str:
    """Fingerprint of the prompts that the coach's judge would use."""
    return str(_llm_judge(coach, mock_chat([])).info.prompt)


def _replayed(coach: Coach, path: Path | None) -> Bench:
    if path is None:
        raise ContentError((Problem("--judge replay", 0, "needs --recording FILE, made with --judge live --record"),))
    prompt, method = _prompt(coach), coach.settings.model_method
    chat = replay_chat(read_recorded(path), prompt=prompt, method=method)
    judge = _llm_judge(coach, chat)
    return Bench(
        judge, chat.name.removeprefix("openai:"), method=method, prompt=prompt, recording=file_fingerprint(path)
    )


def _recorded(coach: Coach, path: Path) -> Judge:
    """The live judge, whose model's replies are added to a file. Only OpenAI-compatible models can be recorded."""
    settings = coach.settings
    prices = None
    if settings.price_in is not None and settings.price_out is not None:
        prices = Prices(settings.price_in, settings.price_out, settings.price_cached)
    chat = connect(
        str(settings.model),
        api_key=settings.openai_api_key.get_secret_value() if settings.openai_api_key else None,
        base_url=settings.openai_base_url,
        budget_s=settings.model_budget_s,
        stall_s=settings.model_stall_s,
        method=settings.model_method,
        prices=prices,
        transport=recorder(_prompt(coach), partial(append_recorded, path)),
    )
    return _llm_judge(coach, chat)


def mock_judges(cases: Sequence[Case], coach: Coach) -> dict[str, Judge]:
    """An LLM judge per case whose model plays that case's script through the production client.

    Raises ContentError when a case has no script.
    """
    template = Template.load(coach.settings.prompts_dir / "judge.md")
    silent = [case.id for case in cases if not case.mock and any(text.strip() for text in case.answers)]
    if silent:
        raise ContentError(tuple(Problem(name, 0, "has no `mock` replies to play") for name in silent))
    return {
        case.id: LLMJudge(
            mock_chat([mock_reply(reply) for reply in case.mock], name="mock", budget_s=MOCK_BUDGET_S), template
        )
        for case in cases
    }


def mock_reply(written: Mapping[str, Any]) -> MockReply:
    """The reply a transcript line writes down: `{"criteria": …}` as content, or a fault under `fault`.

    Faults: `refusal`, `content_filter`, `length`, `not_json`, `html`, `hang`, or an HTTP status as a number.
    Raises ContentError for another one.
    """
    fault = written.get("fault")
    if fault is None:
        return Says(content=dict(written))
    if isinstance(fault, int):
        return Fails(status=fault, code=written.get("code"))
    known: dict[str, MockReply] = {
        "refusal": Says(refusal="I cannot help with that."),
        "content_filter": Says(finish_reason="content_filter"),
        "length": Says(content='{"criteria": [', finish_reason="length"),
        "not_json": Says(content="The candidate did well."),
        "html": Raw(body="<html><body>Sign in to the network</body></html>", content_type="text/html"),
        "hang": Hangs(),
    }
    if fault not in known:
        raise ContentError((Problem("mock", 0, f"unknown fault {fault!r}; there are {', '.join(known)}"),))
    return known[fault]
