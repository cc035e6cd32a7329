import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coach.bank.embed import Concepts, Embedder, LexicalEmbedder, Vectors
from coach.bank.glossary import Entry, Glossary

GLOSSARY = Glossary(
    (
        Entry(id="overfitting", en=("overfitting", "overfit"), zh=("过拟合",)),
        Entry(id="regularisation", en=("regularisation", "regularization"), zh=("正则化",)),
        Entry(id="knn", en=("k-nearest neighbours", "nearest neighbour"), zh=("最近邻",), abbr=("KNN", "kNN")),
    )
)
EMBEDDER = LexicalEmbedder(GLOSSARY, dim=256)


def similarity(one: str, other: str, embedder: Embedder = EMBEDDER) -> float:
    first, second = embedder.embed([one, other])
    return float(first @ second)


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_texts_give_one_finite_unit_row_each(texts: list[str]) -> None:
    rows = EMBEDDER.embed(texts)
    assert rows.shape == (len(texts), EMBEDDER.dim)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_a_batch_equals_its_texts_one_by_one(texts: list[str]) -> None:
    one_by_one = np.vstack([EMBEDDER.embed([text]) for text in texts])
    np.testing.assert_array_equal(EMBEDDER.embed(texts), one_by_one)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_a_text_without_features_takes_the_reserved_axis(text: str) -> None:
    row = EMBEDDER.embed([text])[0]
    assert row[0] == 1
    assert not row[1:].any()


@given(st.text(alphabet=st.characters(categories=("Ll", "Lo")), min_size=3, max_size=40))
def test_a_text_with_features_never_touches_the_reserved_axis(text: str) -> None:
    row = EMBEDDER.embed([text])[0]
    assert row[0] in (0, 1)


def test_vectors_are_the_same_in_another_process_with_another_hash_seed() -> None:
    program = (
        "import hashlib; from coach.bank.embed import LexicalEmbedder; from coach.bank.glossary import Entry, Glossary;"
        "e = LexicalEmbedder(Glossary((Entry(id='knn', en=('nearest neighbour',), zh=('最近邻',)),)), dim=64);"
        "print(e.name, hashlib.sha256(e.embed(['nearest neighbour 最近邻 search'])).hexdigest())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    ("query", "right", "wrong"),
    [
        ("怎么发现过拟合", "How do we detect overfitting?", "How do we parallelise a solver?"),
        ("what is overfitting", "模型过拟合了怎么办", "模型上线之后怎么监控"),
        ("explain kNN", "最近邻算法", "决策树算法"),
        ("regularized models", "regularising a model", "a model of ergodicity"),
        ("batchnorm", "batch normalisation", "graph laplacian"),
    ],
)
def test_the_right_text_is_nearer_in_either_language(query: str, right: str, wrong: str) -> None:
    assert similarity(query, right) > similarity(query, wrong) + 0.05


def test_words_that_carry_no_meaning_do_not_make_texts_alike() -> None:
    assert similarity("what is it", "what is that ergodicity") < 0.3


class NoConcepts:
    fingerprint = "none"

    def concepts(self, text: str) -> tuple[str, ...]:
        return ()


@pytest.mark.parametrize(
    "other",
    [
        LexicalEmbedder(GLOSSARY, dim=128),
        LexicalEmbedder(NoConcepts(), dim=256),
        LexicalEmbedder(Glossary(GLOSSARY.entries[:2]), dim=256),
    ],
    ids=["another length", "no glossary", "a shorter glossary"],
)
def test_the_name_changes_with_everything_that_changes_vectors(other: LexicalEmbedder) -> None:
    assert other.name != EMBEDDER.name


def test_the_name_stays_when_nothing_changes() -> None:
    again: Concepts = Glossary(GLOSSARY.entries)
    assert LexicalEmbedder(again, dim=256).name == EMBEDDER.name


def test_a_length_without_room_for_features_is_refused() -> None:
    with pytest.raises(ValueError, match="dim=1"):
        LexicalEmbedder(GLOSSARY, dim=1)


def test_the_built_in_embedder_satisfies_the_protocol() -> None:
    embedder: Embedder = EMBEDDER
    rows: Vectors = embedder.embed([])
    assert rows.shape == (0, 256)
