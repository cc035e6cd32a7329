"""The person's own cards: over the shipped ones, never in their folder, never over somebody else's change."""

from pathlib import Path

import pytest

from coach.bank.draft import card_yaml
from coach.bank.own import OwnCards, version_of
from coach.errors import CardChanged, ContentError
from coach.schema import Card

NAME = "linear-models/why-linear"


@pytest.fixture
def own(tmp_path: Path, why_linear: Card) -> OwnCards:
    shipped = tmp_path / "shipped"
    path = shipped / f"{NAME}.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(card_yaml(why_linear), encoding="utf-8")
    return OwnCards(shipped, tmp_path / "own")


def changed(own: OwnCards) -> str:
    return own.text(NAME).replace("difficulty: 2", "difficulty: 5")


def save(own: OwnCards, text: str) -> Card:
    return own.save(text, opened=NAME, seen=version_of(own.text(NAME)))


def test_a_changed_card_stands_in_for_its_original_until_it_is_taken_back(own: OwnCards) -> None:
    original = (own.shipped / f"{NAME}.yaml").read_bytes()
    assert own.origin(NAME) == "shipped"
    save(own, "# mine\n" + changed(own))
    assert own.origin(NAME) == "changed"
    (card,) = own.read().cards
    assert card.difficulty == 5
    assert own.text(NAME).startswith("# mine\n")
    assert (own.shipped / f"{NAME}.yaml").read_bytes() == original
    assert own.remove(NAME, seen=version_of(own.text(NAME))) == "changed"
    assert own.read().cards[0].difficulty == 2
    with pytest.raises(ContentError, match="as it came"):
        own.remove(NAME, seen=version_of(own.text(NAME)))


def test_another_id_makes_a_new_card_and_never_takes_the_place_of_one(own: OwnCards) -> None:
    seen = version_of(own.text(NAME))
    text = own.text(NAME).replace(NAME, "linear-models/mine")
    assert own.save(text, opened=NAME, seen=seen).id == "linear-models/mine"
    assert own.origin("linear-models/mine") == "own"
    assert [card.id for card in own.read().cards] == [NAME, "linear-models/mine"]
    for taken in (text, own.text(NAME)):
        with pytest.raises(ContentError, match="in the bank already"):
            own.save(taken, opened=None, seen="")


def test_the_second_of_two_who_save_is_told_and_nothing_is_lost(own: OwnCards) -> None:
    seen = version_of(own.text(NAME))
    own.save(changed(own), opened=NAME, seen=seen)
    first = own.text(NAME)
    with pytest.raises(CardChanged, match="another tab"):
        own.save(first.replace("difficulty: 5", "difficulty: 4"), opened=NAME, seen=seen)
    with pytest.raises(CardChanged, match="another tab"):
        own.remove(NAME, seen=seen)
    assert own.text(NAME) == first


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("difficulty: 2", "difficulty: 9", "difficulty"),
        ("kind: concept", "kind: concept\ndraft: true", "draft: take this line away"),
        ("references:\n-", "references:\n- 'TODO: a source'\n-", "primary source"),
        (f"id: {NAME}", "id: ../../escape", "id:"),
    ],
)
def test_what_is_not_right_is_not_saved(own: OwnCards, old: str, new: str, says: str) -> None:
    text = own.text(NAME)
    assert old in text
    with pytest.raises(ContentError, match=says):
        save(own, text.replace(old, new))
    assert not own.own.exists()


@pytest.mark.parametrize("name", ["../escape", "../../etc/passwd", "/etc/passwd"])
def test_a_name_that_leads_out_of_the_folder_is_no_card(own: OwnCards, name: str) -> None:
    with pytest.raises(ContentError, match="no id of a card"):
        own.text(name)


def test_a_wrong_file_of_ones_own_is_named_and_the_original_stays(own: OwnCards) -> None:
    save(own, changed(own))
    path = own.own / f"{NAME}.yaml"
    path.write_text("id: [", encoding="utf-8")
    files = own.read()
    assert [card.difficulty for card in files.cards] == [2]
    assert [problem.path for problem in files.problems] == [str(path)]
    assert own.text(NAME) == "id: ["


def test_the_stamp_changes_with_every_write_and_only_then(own: OwnCards) -> None:
    stamps = [own.stamp(), own.stamp()]
    save(own, changed(own))
    stamps += [own.stamp(), own.stamp()]
    own.remove(NAME, seen=version_of(own.text(NAME)))
    assert stamps[0] == stamps[1] == own.stamp()
    assert stamps[2] == stamps[3] != stamps[0]


def test_a_folder_that_cannot_be_written_is_said(own: OwnCards) -> None:
    own.own.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(ContentError, match="cannot be written"):
        save(own, changed(own))
