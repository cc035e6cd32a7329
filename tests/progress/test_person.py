"""People who share a server see, and are asked by, nobody's history but their own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coach.errors import InterviewError
from coach.interview import session as interview
from coach.schema import Plan
from coach.settings import Settings
from coach.wiring import Coach
from tests.progress.conftest import Place

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def coach(place: Place, tmp_path: Path) -> Iterator[Coach]:
    """A coach over an empty database of each kind."""
    settings = {"data_dir": tmp_path, "content_dir": ROOT, "model": None, "database_url": place.url}
    coach = Coach(Settings.model_validate(settings))
    yield coach
    coach.close()


async def left(coach: Coach, person: str, seed: int) -> str:
    """The card of a question that this person was asked and left, days ago."""
    then = datetime.now(UTC) - timedelta(days=5)
    desk = replace(coach.interview, now=lambda: then)
    state = await interview.start(desk, Plan(lang="en", questions=1, seed=seed), person=person)
    assert (await interview.load(desk, state.id)).person == person
    await interview.end(desk, await interview.skip(desk, state))
    return state.current.card


async def test_what_is_due_and_what_was_asked_are_a_persons_own(coach: Coach) -> None:
    ann, owner = await left(coach, "ann", 1), await left(coach, "", 2)
    assert ann != owner
    assert {one.card for one in coach.attempts("ann")} == {ann}
    assert {one.card for one in coach.attempts()} == {owner}
    assert coach.attempts("bo") == ()
    assert (coach.due_cards("ann"), coach.due_cards(), coach.due_cards("bo")) == ((ann,), (owner,), ())
    assert [state.person for _, state, _ in coach.sessions()] == ["", "ann"]
    assert [state.person for _, state, _ in coach.sessions("ann")] == ["ann"]
    review = Plan(lang="en", format="review")
    assert (await interview.start(coach.interview, review, person="ann")).current.card == ann
    with pytest.raises(InterviewError, match="nothing"):
        await interview.start(coach.interview, review, person="bo")


async def test_what_happened_counts_at_once_also_when_the_clock_stood_still(coach: Coach) -> None:
    then = datetime.now(UTC) - timedelta(days=5)
    desk = replace(coach.interview, now=lambda: then)
    state = await interview.start(desk, Plan(lang="en", questions=1, seed=1))
    assert coach.attempts() == ()
    await interview.end(desk, await interview.skip(desk, state))
    assert [one.card for one in coach.attempts()] == [state.current.card]


async def test_the_next_question_is_chosen_by_the_history_of_the_sessions_person(coach: Coach) -> None:
    seen: list[str] = []

    def due(person: str) -> tuple[str, ...]:
        seen.append(person)
        return ()

    desk = replace(coach.interview, due=due)
    state = await interview.start(desk, Plan(lang="en", format="breadth", questions=2), person="ann")
    assert not state.cards
    await interview.next_question(desk, state)
    assert seen == ["ann", "ann"]
