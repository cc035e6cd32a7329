import json
from pathlib import Path

import pytest

from coach.bank.glossary import Entry, Glossary
from coach.bank.lexical import Lexical
from coach.schema import BilingualPhrases, Card

EVERYDAY = Glossary((Entry(id="colleague", en=("colleague", "coworker"), zh=("同事",)),))


@pytest.fixture(scope="module")
def few(cards: dict[str, Card]) -> tuple[Card, ...]:
    names = ("linear-models/why-linear", "parallel/python-gil", "losses/arcface", "coding/knn-with-heap")
    return tuple(cards[name] for name in names)


def first(lexical: Lexical, text: str) -> str | None:
    ranked = lexical.rank(lexical.corrected(text))
    return ranked[0][0].id if ranked else None


@pytest.mark.parametrize(
    ("query", "card"),
    [
        ("global interpretr lock", "parallel/python-gil"),
        ("全局解是器锁", "parallel/python-gil"),
        ("线形回归", "linear-models/why-linear"),
        ("手写最近领分类", "coding/knn-with-heap"),
        ("gil", "parallel/python-gil"),
        ("knn", "coding/knn-with-heap"),
    ],
)
def test_slips_homophones_and_small_letters_find_their_card(
    few: tuple[Card, ...], glossary: Glossary, query: str, card: str
) -> None:
    assert first(Lexical(few, glossary), query) == card


def test_the_kind_that_is_wanted_decides_between_cards_of_one_subject(
    cards: dict[str, Card], glossary: Glossary
) -> None:
    both = (cards["neighbours/knn-explain"], cards["coding/knn-with-heap"])
    lexical = Lexical(both, glossary)
    assert first(lexical, "implement k nearest neighbours in python") == "coding/knn-with-heap"
    assert first(lexical, "手写 KNN 代码") == "coding/knn-with-heap"


def test_another_way_of_asking_and_an_everyday_synonym_are_found(few: tuple[Card, ...]) -> None:
    plain = few[0].model_copy(update={"asked_as": None})
    asked = BilingualPhrases(en=("a colleague wants one straight line",), zh=("同事想画一条直线",))
    card = few[1].model_copy(update={"asked_as": asked})
    lexical = Lexical((plain, card), Glossary(()), everyday=EVERYDAY)
    assert first(lexical, "my coworker asks") == card.id
    assert first(lexical, "同事问我") == card.id
    assert first(Lexical((plain, card), Glossary(())), "coworker") is None


def test_only_one_languages_text_is_searched_when_asked_for(few: tuple[Card, ...]) -> None:
    lexical = Lexical(few, Glossary(()))
    assert lexical.rank("interpreter lock", lang="en")[0][0].id == "parallel/python-gil"
    assert lexical.rank("解释器锁", lang="zh")[0][0].id == "parallel/python-gil"
    assert lexical.rank("解释器锁", lang="en") == ()


def test_how_well_a_card_fits_is_between_nothing_and_all(few: tuple[Card, ...], glossary: Glossary) -> None:
    lexical = Lexical(few, glossary)
    whole = lexical.fit("GIL", "parallel/python-gil")
    assert (whole.held, whole.term) == (1.0, True)
    none = lexical.fit("zebra crossing", "parallel/python-gil")
    assert (none.score, none.held, none.term) == (0.0, 0.0, False)
    assert lexical.fit("", "parallel/python-gil").held == 0.0


def test_kept_terms_rank_the_same_and_damaged_ones_are_counted_anew(
    few: tuple[Card, ...], glossary: Glossary, tmp_path: Path
) -> None:
    cache = tmp_path / "data" / "terms.json"
    query = "why does python not run threads in parallel"
    fresh = Lexical(few, glossary, cache=cache).rank(query)
    assert Lexical(few, glossary, cache=cache).rank(query) == fresh
    kept = json.loads(cache.read_text(encoding="utf-8"))
    for text in ("", "[]", "{", json.dumps(kept | {"cards": {few[1].fingerprint: {"en": 3}}})):
        cache.write_text(text, encoding="utf-8")
        assert Lexical(few, glossary, cache=cache).rank(query) == fresh
    changed = few[1].model_copy(update={"difficulty": 5})
    assert Lexical((few[0], changed), glossary, cache=cache).rank(query)
    assert set(json.loads(cache.read_text(encoding="utf-8"))["cards"]) == {few[0].fingerprint, changed.fingerprint}
    Lexical(few, glossary, everyday=EVERYDAY, cache=cache)
    assert json.loads(cache.read_text(encoding="utf-8"))["identity"] != kept["identity"]
