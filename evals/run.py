"""Run a suite: every case through the interview, under each judge of the suite, against its floors."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coach.errors import ContentError, Problem
from coach.grading.grade import Judge
from coach.grading.judge import LLMJudge
from coach.llm.mock import Fails, Hangs, MockReply, Raw, Says, mock_chat
from coach.llm.prompts import Template
from coach.wiring import Coach
from evals.cases import Case, JudgeName, Suite, load_cases, load_suite
from evals.measure import Measured, broken_floors, measure
from evals.play import play_all

ROOT = Path(__file__).resolve().parent
MOCK_BUDGET_S = 2.0
"""A hanging mock is given up after so long."""


@dataclass(frozen=True)
class Result:
    """One judge on one suite."""

    judge: JudgeName
    measured: Measured
    broken: tuple[str, ...]
    """Floors that do not hold; empty when all do."""


def suite_cases(suite: Suite, coach: Coach) -> tuple[Case, ...]:
    """The cases of a suite, checked. Raises ContentError."""
    if coach.problems:
        raise ContentError(coach.problems)
    cards = {card.id: card for card in coach.cards}
    return load_cases([ROOT / "transcripts" / name for name in suite.transcripts], cards)


def run_suite(
    name: str, *, coach: Coach, judges: Sequence[JudgeName] = (), workers: int = 8
) -> tuple[Suite, tuple[Result, ...]]:
    """The suite and a result per judge; all judges of the suite unless some are named. Raises ContentError."""
    suite = load_suite(ROOT / "suites" / f"{name}.yaml")
    unknown = [judge for judge in judges if judge not in suite.floors]
    if unknown:
        known = ", ".join(suite.floors)
        raise ContentError((Problem(f"{name}.yaml", 0, f"has no floors for {unknown}; it runs with {known}"),))
    cases = suite_cases(suite, coach)
    cards = {card.id: card for card in coach.cards}
    results: list[Result] = []
    for judge in judges or tuple(suite.floors):
        live: Mapping[str, Judge] | Judge = coach.offline_judge if judge == "offline" else mock_judges(cases, coach)
        measured = measure(asyncio.run(play_all(cases, cards, live, workers=workers)))
        results.append(Result(judge, measured, broken_floors(measured, suite.floors[judge])))
    return suite, tuple(results)


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
