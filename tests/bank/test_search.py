from collections.abc import Iterator
from pathlib import Path

import pytest

from coach.bank.collection import Where
from coach.bank.embed import LexicalEmbedder
from coach.bank.glossary import Glossary
from coach.bank.index import Index, open_index
from coach.bank.lexical import Lexical
from coach.bank.search import RANK_OFFSET, search
from coach.schema import Card
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def lexical(cards: dict[str, Card], glossary: Glossary) -> Lexical:
    everyday = Glossary.load(ROOT / "knowledge" / "everyday.yaml")
    return Lexical(tuple(cards.values()), glossary, everyday=everyday)


@pytest.fixture(scope="module")
def index(cards: dict[str, Card], glossary: Glossary, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = Path(tmp_path_factory.mktemp("index"))
    index = open_index(folder, cards=tuple(cards.values()), embedder=LexicalEmbedder(glossary))
    yield index
    index.close()


@pytest.mark.parametrize(
    ("query", "card"),
    [
        ("过拟合", "generalisation/detect-overfitting"),
        ("bn inference?", "neural-networks/batch-norm"),
        ("gil", "parallel/python-gil"),
        ("arc face", "losses/arcface"),
        ("怎么跟面试官说不同意见", "behavioural/disagree-with-interviewer"),
        ("16 张卫星图怎么用", "vision/many-images-one-class"),
        ("image features 加入模型", "vision/adding-image-features"),
        ("拉普拉斯矩阵", "graphs/laplacian"),
        ("l1 稀疏", "regularisation/l1-and-l2"),
        ("support vector", "svm/where-support-vectors-come-from"),
    ],
)
def test_terse_mixed_and_misheard_words_find_their_card(index: Index, lexical: Lexical, query: str, card: str) -> None:
    assert card in search(index, lexical, query, k=3, where=Where()).cards


def test_every_question_finds_itself_in_both_languages(index: Index, lexical: Lexical, cards: dict[str, Card]) -> None:
    for card in cards.values():
        for question in (card.question.en, card.question.zh):
            assert card.id in search(index, lexical, question, k=2, where=Where()).cards, question


def test_filters_hold_in_both_rankings(index: Index, lexical: Lexical, cards: dict[str, Card]) -> None:
    found = search(index, lexical, "attention", k=50, where=Where(company="microsoft")).cards
    assert found
    assert all(any(origin.company == "microsoft" for origin in cards[name].source) for name in found)
    assert search(index, lexical, "attention", k=5, where=Where(topic="no-such-topic")).cards == ()


def test_a_card_first_in_both_rankings_comes_first(index: Index, lexical: Lexical) -> None:
    by_words = [card.id for card, _ in lexical.rank("purity of k-means")]
    by_vectors = [hit.card_id for hit in index.search("purity of k-means", k=5)]
    assert by_words[0] == by_vectors[0] == search(index, lexical, "purity of k-means", k=1, where=Where()).cards[0]
    assert RANK_OFFSET > 0


def test_rare_terms_weigh_more_than_common_ones(lexical: Lexical) -> None:
    scores = {card.id: score for card, score in lexical.rank("model GIL")}
    best = max(scores, key=lambda name: scores[name])
    assert best in {"parallel/python-gil", "parallel/processes-threads-asyncio"}


def test_nothing_shared_is_nothing_found(lexical: Lexical) -> None:
    assert lexical.rank("") == ()
    assert lexical.rank("the of and") == ()
    assert Lexical((), Glossary(())).rank("anything") == ()


@pytest.mark.parametrize(
    "text", ["best pancake recipe", "how to book a train to Berlin", "红烧肉怎么做好吃", "asdf qwer"]
)
def test_what_no_card_answers_is_refused_with_the_nearest_cards_at_hand(
    index: Index, lexical: Lexical, text: str
) -> None:
    assert not search(index, lexical, text, k=3, where=Where()).sure


@pytest.mark.parametrize("text", ["SVM", "attention", "过拟合", "batch norm", "dropout 是什么", "A/B test"])
def test_a_term_of_the_field_by_itself_is_answered(index: Index, lexical: Lexical, text: str) -> None:
    assert search(index, lexical, text, k=3, where=Where()).sure


def test_without_an_index_words_alone_rank_and_nothing_is_found_for_nothing(index: Index, lexical: Lexical) -> None:
    assert (
        search(None, lexical, "GIL", k=1, where=Where()).cards
        == search(index, lexical, "GIL", k=1, where=Where()).cards
    )
    empty = search(None, lexical, "", k=3, where=Where())
    assert (empty.cards, empty.sure) == ((), False)
