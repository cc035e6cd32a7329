"""The evals, the command line's functions and the page hold the same interview."""

from pathlib import Path

from coach.interview import session as interview
from coach.schema import Card, Plan
from coach.settings import Settings
from coach.wiring import Coach
from evals.cases import Case
from evals.play import play
from tests.conftest import ROOT
from tests.sessions import timeless

ANSWERS = ("It is a weighted sum of the features.", "It is linear in the parameters.")


async def test_an_eval_case_gives_the_session_that_the_live_interview_gives(
    tmp_path: Path, why_linear: Card, coach: Coach
) -> None:
    case = Case(
        id="x",
        card=why_linear.id,
        lang="en",
        family="multi-turn",
        split="test",
        answers=ANSWERS,
        labels={criterion.id: "missed" for criterion in why_linear.criteria},
    )
    played = await play(case, why_linear, coach.offline_judge)

    live = coach.interview
    state = await interview.start(
        live, Plan(lang="en", focus="why is it called linear regression", questions=1, probes=1)
    )
    for text in ANSWERS:
        state = await interview.answer(live, state, text)
    assert state.current.card == why_linear.id
    assert timeless(state)["rounds"] == timeless(played.session)["rounds"]
    assert state.current.grade == played.grade


def test_the_wired_parts_are_the_shipped_ones(tmp_path: Path) -> None:
    coach = Coach(Settings(data_dir=tmp_path, content_dir=ROOT, model=None))
    assert coach.interview.judge is coach.offline_judge
    assert coach.interview.wording is None
    assert coach.notice().sends_to is None
