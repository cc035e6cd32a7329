"""Cards that a person changes are used at once, everywhere, and by nothing that measures."""

from threading import Thread

import pytest

from coach.errors import InterviewError
from coach.interview.session import start
from coach.schema import Plan
from coach.wiring import Coach, check_content

NAME = "linear-models/why-linear"
NEW = "linear-models/zyzzyva"


def add(coach: Coach) -> None:
    text = coach.own_cards.text(NAME).replace(NAME, NEW)
    text = text.replace("Tell me about linear", "Tell me about zyzzyva", 1)
    assert "zyzzyva regression" in text
    coach.own_cards.save(text, opened=None, seen="")


def test_a_new_card_is_found_and_asked_without_a_restart(coach: Coach) -> None:
    before, held = len(coach.cards), coach.interview
    assert NEW not in coach.find("zyzzyva", k=5).cards
    add(coach)
    assert coach.refresh()
    assert not coach.refresh()
    assert len(coach.cards) == before + 1
    assert coach.find("zyzzyva", k=5).cards[0] == NEW
    assert coach.index().report.embedded == (NEW,)
    assert NEW in coach.interview.cards
    assert NEW not in held.cards


def test_searches_go_on_while_the_cards_are_read_again(coach: Coach) -> None:
    coach.find("overfitting", k=3)
    found: list[bool] = []

    def look() -> None:
        for _ in range(6):
            found.append(coach.find("overfitting", k=3).sure)

    searching = [Thread(target=look) for _ in range(3)]
    for one in searching:
        one.start()
    for _ in range(3):
        coach.reload()
    for one in searching:
        one.join()
    assert found == [True] * 18


def test_what_measures_reads_the_shipped_cards_only(coach: Coach) -> None:
    add(coach)
    measuring = Coach(coach.settings, own=False)
    assert NEW not in {card.id for card in measuring.cards}
    assert not measuring.refresh()
    assert NEW in {card.id for card in coach.cards}


def test_a_wrong_card_of_ones_own_is_among_the_problems_of_the_check(coach: Coach) -> None:
    path = coach.settings.own_cards_dir / "trees" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("id: trees/mine\n", encoding="utf-8")
    problems, counts = check_content(coach.settings)
    assert {problem.path for problem in problems} == {str(path)}
    assert f"{len(coach.cards)} cards" in counts


async def test_a_plan_that_names_cards_asks_exactly_those(coach: Coach) -> None:
    names = ("trees/lightgbm-versus-xgboost", NAME)
    session = await start(coach.interview, Plan(lang="zh", only=names, questions=2, company="microsoft"))
    assert session.cards == names
    assert session.current.card == names[0]
    with pytest.raises(InterviewError, match="no card trees/none"):
        await start(coach.interview, Plan(lang="en", only=("trees/none",)))
