"""What was practised, from the command line."""

import asyncio
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from coach.cli import app
from coach.errors import CoachError, UnknownSession
from coach.interview import session as interview
from coach.schema import Card, Plan, Session
from coach.settings import load_settings
from coach.wiring import Coach

GOOD = "We predict a weighted sum of the features plus an intercept, linear in the parameters."


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    made: list[Coach] = []
    build = Coach.__init__

    def tracked(self: Coach) -> None:
        build(self)
        made.append(self)

    load_settings.cache_clear()
    monkeypatch.setattr(Coach, "__init__", tracked)
    yield CliRunner()
    for one in made:
        one.close()
    load_settings.cache_clear()


def said(run: CliRunner, *words: str, code: int = 0) -> str:
    done = run.invoke(app, words, catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.stdout


PLAN = Plan(lang="en", questions=1, probes=0)


def hold(run: CliRunner, card: Card, plan: Plan = PLAN, *, end: bool = False) -> Session:
    """A stored interview over one card, with one answer and one objection."""
    desk = replace(Coach().interview, cards={card.id: card})

    async def held() -> Session:
        state = await interview.start(desk, plan)
        state = await interview.answer(desk, state, GOOD)
        criterion = card.criteria[-1].id
        state = await interview.dispute(desk, state, question=0, criterion=criterion, state="met", reason="I meant it")
        return await interview.end(desk, state) if end else state

    return asyncio.run(held())


def test_an_interview_is_listed_found_renamed_shown_and_deleted(run: CliRunner, why_linear: Card) -> None:
    state = hold(run, why_linear)
    assert state.id[:8] in said(run, "sessions", "list", "intercept")
    assert said(run, "sessions", "list", "no such words") == ""
    said(run, "sessions", "rename", state.id[:6], "first try")
    assert "first try" in said(run, "sessions", "list")
    assert "Interview report" in said(run, "sessions", "show")
    case = json.loads(said(run, "export", "--disputes"))
    assert case["labels"][why_linear.criteria[-1].id] == "met"
    assert "I meant it" in case["why"]
    events = [json.loads(line) for line in said(run, "export", "--json").splitlines()]
    assert [event["seq"] for event in events] == list(range(len(events)))
    assert "0 %" not in said(run, "sessions", "regrade", state.id).split("->")[0]
    assert run.invoke(app, ["sessions", "delete", state.id], input="n\n").exit_code == 1
    assert "deleted" in said(run, "sessions", "delete", state.id, "--yes")
    assert said(run, "sessions", "list") == ""
    assert GOOD.encode() not in (Path(os.environ["COACH_DATA_DIR"]) / "sessions.db").read_bytes()


def test_what_was_missed_becomes_an_anki_deck_and_figures(run: CliRunner, why_linear: Card, tmp_path: Path) -> None:
    assert "no point is open" in said(run, "export", "--anki", str(tmp_path / "none.apkg"))
    assert not (tmp_path / "none.apkg").exists()
    hold(run, why_linear, end=True)
    told = said(run, "export", "--anki", str(tmp_path / "points.apkg"))
    assert "notes in" in told
    assert zipfile.is_zipfile(tmp_path / "points.apkg")
    figures = json.loads(said(run, "progress", "--json"))
    assert figures["n"] == 1
    assert "linear-models: 1 attempts" in said(run, "progress")
    assert said(run, "due") == ""


def test_an_exam_that_goes_on_tells_nothing(run: CliRunner, why_linear: Card) -> None:
    state = hold(run, why_linear, PLAN.model_copy(update={"mode": "exam", "questions": 2}))
    for words in (("sessions", "show"), ("export",), ("sessions", "regrade", state.id)):
        with pytest.raises(CoachError, match="exam is not over"):
            said(run, *words)


def test_an_interview_that_is_not_there_is_said(run: CliRunner) -> None:
    with pytest.raises(UnknownSession, match="no interview yet"):
        said(run, "sessions", "show")
    with pytest.raises(CoachError, match="it takes en or zh"):
        said(run, "export", "--anki", "x.apkg", "--lang", "fr")
