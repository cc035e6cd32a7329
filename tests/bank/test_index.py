import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from coach.bank.collection import IndexReport, Where, document
from coach.bank.embed import LexicalEmbedder, Vectors
from coach.bank.glossary import Entry, Glossary
from coach.bank.index import Hit, Index, open_index
from coach.errors import IndexFault
from coach.schema import Card

GLOSSARY = Glossary(
    (
        Entry(id="overfitting", en=("overfitting", "overfit"), zh=("过拟合",)),
        Entry(id="knn", en=("k-nearest neighbours", "nearest neighbour"), zh=("最近邻",), abbr=("KNN", "kNN")),
        Entry(id="batch-norm", en=("batch normalisation", "batch norm"), zh=("批归一化",), abbr=("BN",)),
        Entry(id="modularity", en=("modularity",), zh=("模块度",)),
    )
)


class Counting:
    """A lexical embedder that remembers what it was given."""

    def __init__(self, *, dim: int = 256, glossary: Glossary = GLOSSARY) -> None:
        self._inner = LexicalEmbedder(glossary, dim=dim)
        self.texts: list[str] = []

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dim(self) -> int:
        return self._inner.dim

    @property
    def trust(self) -> float:
        return self._inner.trust

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        return self._inner.embed(texts)


class Shuffled(Counting):
    """Vectors of the same length as those of `Counting`, in which they would find nonsense."""

    @property
    def name(self) -> str:
        return f"shuffled-{self._inner.name}"

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.roll(super().embed(texts), 7, axis=1)


def card(
    card_id: str,
    en: str,
    zh: str,
    *,
    kind: str = "concept",
    companies: Sequence[str] = (),
    topics: Sequence[str] = (),
    rounds: Sequence[str | None] = (),
    difficulty: int = 2,
) -> Card:
    both = {"en": en, "zh": zh}
    criterion = {
        "weight": 2,
        "says": both,
        "accept": {"en": ["an accepted wording"], "zh": ["一种说法"]},
        "probe": {"en": "And then?", "zh": "然后呢？"},
    }
    return Card.model_validate(
        {
            "id": card_id,
            "kind": kind,
            "topics": [card_id.split("/")[0], *topics],
            "difficulty": difficulty,
            "source": [
                {"note": "n.txt", "line": 1, "company": company, "round": name}
                for company, name in zip_longest(companies, rounds)
            ],
            "question": both,
            "reference": both,
            "criteria": [{"id": f"point-{number}", **criterion} for number in range(4)],
            "hints": [both] * 3,
            "misconceptions": [
                {"id": "wrong", "says": {"en": ["wrong"], "zh": ["错"]}, "correction": {"en": "right", "zh": "对"}}
            ],
            "references": ["a book"],
        }
    )


OVERFITTING = card(
    "training/overfitting", "How do we detect overfitting?", "怎么发现模型过拟合？", companies=["amazon", "other"]
)
KNN = card(
    "coding/knn",
    "Write k-nearest neighbours by hand.",
    "手写一个最近邻算法。",
    kind="coding",
    companies=["amazon"],
    rounds=["coding"],
)
BATCH_NORM = card(
    "networks/batch-norm",
    "What does batch normalisation do at inference?",
    "批归一化在推理时怎么做？",
    companies=["microsoft", "google"],
    rounds=["phone", None],
    topics=["training"],
    difficulty=3,
)
MODULARITY = card("graphs/modularity", "Write down the modularity of a partition.", "写出模块度的表达式。")
CARDS = (OVERFITTING, KNN, BATCH_NORM, MODULARITY)
IDS = tuple(card.id for card in CARDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


@pytest.fixture
def built(folder: Path) -> Path:
    """A folder in which an index of CARDS was made and closed."""
    with open_index(folder, cards=CARDS, embedder=Counting()):
        pass
    return folder


@pytest.fixture(params=["chroma", "memory"])
def index(request: pytest.FixtureRequest, folder: Path) -> Iterator[Index]:
    """An open index over CARDS, in either store."""
    if request.param == "memory":
        folder.write_text("a file where the folder should be", encoding="utf-8")
    with open_index(folder, cards=CARDS, embedder=Counting()) as opened:
        yield opened
        assert opened.report.store == request.param


def found(hits: Sequence[Hit]) -> list[str]:
    return [hit.card_id for hit in hits]


def reopened(folder: Path, cards: Sequence[Card] = CARDS, embedder: Counting | None = None) -> IndexReport:
    """The report of opening `folder`, after checking that a search works."""
    with open_index(folder, cards=cards, embedder=embedder or Counting()) as index:
        report = index.report
        assert found(index.search("过拟合 overfitting", k=1)) == [OVERFITTING.id]
        assert index.report == report
        return report


# --- finding -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("how would you notice that a model overfits", OVERFITTING),
        ("过拟合怎么判断", OVERFITTING),
        ("手写 KNN", KNN),
        ("implement nearest neighbours from scratch", KNN),
        ("BN 推理的时候用什么均值", BATCH_NORM),
        ("batch norm at test time", BATCH_NORM),
        ("模块度", MODULARITY),
        ("modularity expression", MODULARITY),
    ],
)
def test_the_right_card_comes_first_in_either_language(index: Index, query: str, expected: Card) -> None:
    assert index.search(query, k=2)[0].card_id == expected.id


def test_each_card_is_found_once_although_it_has_two_documents(index: Index) -> None:
    hits = index.search("overfitting 过拟合", k=10)
    assert sorted(found(hits)) == sorted(IDS)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_cards_own_text_scores_one(index: Index) -> None:
    hit = index.search(document(KNN, "zh"), k=1)[0]
    assert hit.card_id == KNN.id
    assert hit.score == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Where(), CARDS),
        (Where(company="amazon"), (OVERFITTING, KNN)),
        (Where(company="other"), (OVERFITTING,)),
        (Where(topic="training"), (OVERFITTING, BATCH_NORM)),
        (Where(kind="coding"), (KNN,)),
        (Where(company="amazon", kind="concept"), (OVERFITTING,)),
        (Where(company="microsoft", topic="training", kind="concept"), (BATCH_NORM,)),
        (Where(company="google"), (BATCH_NORM,)),
        (Where(company="google", round="phone"), ()),
        (Where(round="phone"), (BATCH_NORM,)),
        (Where(company="amaz"), ()),
        (Where(company="meta"), ()),
        (Where(round="coding"), (KNN,)),
        (Where(company="amazon", round="coding"), (KNN,)),
        (Where(easiest=3), (BATCH_NORM,)),
        (Where(hardest=2), (OVERFITTING, KNN, MODULARITY)),
        (Where(easiest=2, hardest=3), CARDS),
        (Where(easiest=3, kind="coding"), ()),
        (Where(lang="en"), CARDS),
        (Where(lang="zh"), CARDS),
    ],
)
def test_filters_let_through_only_what_they_name(index: Index, where: Where, expected: Sequence[Card]) -> None:
    assert sorted(found(index.search("question", k=10, where=where))) == sorted(card.id for card in expected)


def test_at_most_k_cards_are_found(index: Index) -> None:
    assert [len(index.search("model", k=k)) for k in (1, 2, 3, 50)] == [1, 2, 3, 4]


@pytest.mark.parametrize("query", ["", "   ", "\u200b", "🙂"])
def test_a_query_without_features_is_no_error(index: Index, query: str) -> None:
    assert len(index.search(query, k=2)) == 2


def test_both_stores_give_the_same_answer(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    queries = ("过拟合", "nearest neighbours", "batch norm 推理", "graph")
    with (
        open_index(tmp_path / "index", cards=CARDS, embedder=Counting()) as chroma,
        open_index(tmp_path / "file", cards=CARDS, embedder=Counting()) as memory,
    ):
        for query in queries:
            ours, theirs = chroma.search(query, k=4), memory.search(query, k=4)
            assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], abs=1e-5)
            assert found(ours) == found(theirs)


def test_fewer_than_one_card_is_refused(index: Index) -> None:
    with pytest.raises(ValueError, match="k=0"):
        index.search("x", k=0)


def test_an_empty_bank_finds_nothing(folder: Path) -> None:
    with open_index(folder, cards=(), embedder=Counting()) as index:
        assert index.search("anything", k=3) == ()
    assert reopened(folder).embedded == IDS


# --- what is kept and what is embedded again ----------------------------------------------


def test_the_first_opening_embeds_every_card_in_both_languages(folder: Path) -> None:
    embedder = Counting()
    with open_index(folder, cards=CARDS, embedder=embedder) as index:
        assert index.report == IndexReport(embedded=IDS, rebuilt=True, why="there was no index yet")
    assert embedder.texts == [document(card, lang) for card in CARDS for lang in ("en", "zh")]


def test_reopening_without_changes_embeds_nothing(built: Path) -> None:
    embedder = Counting()
    for _ in range(3):
        with open_index(built, cards=CARDS, embedder=embedder) as index:
            assert index.report == IndexReport(why="unchanged")
    assert embedder.texts == []


def test_searching_does_not_spoil_the_next_opening(built: Path) -> None:
    assert [reopened(built).why for _ in range(3)] == ["unchanged"] * 3


def test_the_order_of_cards_does_not_matter(built: Path) -> None:
    assert reopened(built, CARDS[::-1]).why == "unchanged"


REOPEN = """
import os
import sys
from pathlib import Path
from coach.bank.embed import LexicalEmbedder
from coach.bank.glossary import Entry, Glossary
from coach.bank.index import open_index
from coach.schema import Card

folder, glossary, *cards = sys.argv[1:]
glossary = Glossary(tuple(Entry.model_validate_json(line) for line in glossary.splitlines()))
cards = [Card.model_validate_json(card) for card in cards]
with open_index(Path(folder), cards=cards, embedder=LexicalEmbedder(glossary, dim=256)) as index:
    print(index.report.store, index.report.why, "chromadb" in sys.modules)
    hits = index.search("overfitting", k=1)
    print(hits[0].card_id, index.report.why, "chromadb" in sys.modules)
"""


def run(program: str, folder: Path) -> list[str]:
    glossary = "\n".join(entry.model_dump_json() for entry in GLOSSARY.entries)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, str(folder), glossary, *(c.model_dump_json() for c in CARDS)],
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


def test_chromadb_is_imported_by_the_first_search_and_not_before(built: Path) -> None:
    assert run(REOPEN, built) == ["chroma unchanged False", f"{OVERFITTING.id} unchanged True"]


def test_only_a_changed_card_is_embedded_again(built: Path) -> None:
    changed = card(KNN.id, "Sketch Dijkstra's algorithm.", "讲讲最短路径。", companies=["stripe"])
    cards = (OVERFITTING, changed, BATCH_NORM, MODULARITY)
    embedder = Counting()
    with open_index(built, cards=cards, embedder=embedder) as index:
        assert index.report.embedded == (KNN.id,)
        assert not index.report.rebuilt
        assert embedder.texts == [document(changed, "en"), document(changed, "zh")]
        assert found(index.search("最短路径", k=1)) == [KNN.id]
        assert index.search("手写最近邻", k=4)[0].score < 0.5
        assert found(index.search("x", k=9, where=Where(company="stripe"))) == [KNN.id]
        assert found(index.search("x", k=9, where=Where(kind="coding"))) == []
    assert reopened(built, cards).why == "unchanged"


def test_a_field_that_a_changed_card_lost_is_gone_from_the_filters(built: Path) -> None:
    lost = KNN.model_copy(update={"source": ()})
    with open_index(built, cards=(OVERFITTING, lost), embedder=Counting()) as index:
        assert found(index.search("x", k=9, where=Where(company="amazon"))) == [OVERFITTING.id]


def test_added_and_removed_cards_are_followed(built: Path) -> None:
    embedder = Counting()
    added = card("graphs/page-rank", "When does PageRank converge?", "PageRank 什么时候收敛？")
    with open_index(built, cards=(OVERFITTING, KNN, added), embedder=embedder) as index:
        assert index.report.embedded == (added.id,)
        assert index.report.removed == (BATCH_NORM.id, MODULARITY.id)
        assert len(embedder.texts) == 2
        assert sorted(found(index.search("PageRank", k=9))) == sorted((OVERFITTING.id, KNN.id, added.id))


def test_an_embedder_of_the_same_length_never_meets_old_vectors(built: Path) -> None:
    embedder = Shuffled()
    assert (embedder.dim, embedder.name != Counting().name) == (Counting().dim, True)
    with open_index(built, cards=CARDS, embedder=embedder) as index:
        assert index.report.rebuilt
        assert index.report.embedded == IDS
        assert "embedder" in index.report.why
        assert index.search(document(KNN, "en"), k=1)[0].score == pytest.approx(1, abs=1e-5)
    assert len(list(built.glob("store-*"))) == 1
    assert reopened(built).rebuilt


def test_an_embedder_of_another_length_rebuilds(built: Path) -> None:
    assert reopened(built, embedder=Counting(dim=128)).rebuilt
    assert reopened(built, embedder=Counting(dim=128)).why == "unchanged"


@pytest.mark.parametrize(("field", "value"), [("format", 0), ("chromadb", "1.0.0")])
def test_another_format_or_chroma_version_rebuilds(built: Path, field: str, value: object) -> None:
    manifest = json.loads((built / "manifest.json").read_text(encoding="utf-8"))
    manifest["identity"][field] = value
    (built / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    report = reopened(built)
    assert report.rebuilt
    assert field in report.why


# --- damage --------------------------------------------------------------------------------


def delete_folder(folder: Path) -> None:
    shutil.rmtree(folder)


def delete_store(folder: Path) -> None:
    shutil.rmtree(next(folder.glob("store-*")))


def delete_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def truncate_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes()[:-20])


def fill_manifest_with_noise(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(bytes(range(256)))


def empty_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"")


def make_manifest_a_folder(folder: Path) -> None:
    delete_manifest(folder)
    (folder / "manifest.json").mkdir()


def point_manifest_elsewhere(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, "store": "../elsewhere"}), encoding="utf-8")


def truncate_database(folder: Path) -> None:
    path = next(folder.glob("store-*/chroma.sqlite3"))
    path.write_bytes(path.read_bytes()[:5000])


def fill_database_with_noise(folder: Path) -> None:
    next(folder.glob("store-*/chroma.sqlite3")).write_bytes(np.random.default_rng(0).bytes(50_000))


def flip_one_byte(folder: Path) -> None:
    path = next(folder.glob("store-*/chroma.sqlite3"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def add_a_file(folder: Path) -> None:
    (next(folder.glob("store-*")) / "chroma.sqlite3-journal").write_bytes(b"left over by a crash")


DAMAGES = [
    delete_folder,
    delete_store,
    delete_manifest,
    truncate_manifest,
    fill_manifest_with_noise,
    empty_manifest,
    point_manifest_elsewhere,
    truncate_database,
    fill_database_with_noise,
    flip_one_byte,
    add_a_file,
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_before_opening_is_rebuilt(built: Path, damage: Callable[[Path], None]) -> None:
    damage(built)
    report = reopened(built)
    assert (report.rebuilt, report.embedded, report.store) == (True, IDS, "chroma")
    assert reopened(built).why == "unchanged"
    assert len(list(built.glob("store-*"))) == 1


@pytest.mark.parametrize("damage", [*DAMAGES, make_manifest_a_folder])
def test_damage_between_opening_and_the_first_search_still_gives_the_right_card(
    built: Path, damage: Callable[[Path], None]
) -> None:
    with open_index(built, cards=CARDS, embedder=Counting()) as index:
        assert index.report.why == "unchanged"
        damage(built)
        assert found(index.search("手写 KNN", k=1)) == [KNN.id]
        assert index.report.rebuilt or index.report.store == "memory"


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_under_an_open_collection_still_gives_the_right_card(
    built: Path, damage: Callable[[Path], None]
) -> None:
    with open_index(built, cards=CARDS, embedder=Counting()) as index:
        index.search("x", k=1)
        damage(built)
        assert found(index.search("手写 KNN", k=1)) == [KNN.id]
    assert reopened(built).store == "chroma"


def test_a_manifest_that_cannot_be_written_moves_the_search_into_memory(built: Path) -> None:
    make_manifest_a_folder(built)
    with open_index(built, cards=CARDS, embedder=Counting()) as index:
        assert index.report.store == "memory"
        assert "manifest.json" in index.report.why
        assert found(index.search("手写 KNN", k=1)) == [KNN.id]


# --- one process at a time ----------------------------------------------------------------


def test_a_second_process_searches_in_memory_and_says_so(built: Path) -> None:
    with open_index(built, cards=CARDS, embedder=Counting()) as index:
        first, second = run(REOPEN, built)
        assert first.startswith("memory ")
        assert "in use by another process" in first
        assert second.startswith(OVERFITTING.id)
        assert second.endswith("False")
        assert found(index.search("modularity", k=1)) == [MODULARITY.id]
    assert run(REOPEN, built)[0] == "chroma unchanged False"


def test_a_second_index_in_the_same_process_searches_in_memory(built: Path) -> None:
    with open_index(built, cards=CARDS, embedder=Counting()):
        assert reopened(built).store == "memory"
    assert reopened(built).store == "chroma"


def test_a_process_that_dies_leaves_no_lock_behind(built: Path) -> None:
    run(REOPEN.replace("print(hits", "os._exit(0); print(hits"), built)
    assert reopened(built).store == "chroma"


class Failing(Counting):
    def embed(self, texts: Sequence[str]) -> Vectors:
        raise ConnectionError("no route to the embedding server")


def test_an_embedder_that_fails_is_heard_and_leaves_no_lock_behind(folder: Path) -> None:
    with pytest.raises(ConnectionError, match="no route"):
        open_index(folder, cards=CARDS, embedder=Failing())
    assert reopened(folder).store == "chroma"


def test_threads_may_share_an_index(built: Path) -> None:
    answers: list[list[str]] = []
    with open_index(built, cards=CARDS, embedder=Counting()) as index:
        threads = [
            threading.Thread(target=lambda: answers.append(found(index.search("手写 KNN", k=1)))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [[KNN.id]] * 8


# --- misuse --------------------------------------------------------------------------------


def test_a_closed_index_says_so(built: Path) -> None:
    index = open_index(built, cards=CARDS, embedder=Counting())
    index.close()
    index.close()
    with pytest.raises(IndexFault, match="closed"):
        index.search("x", k=1)


class ClosingTheIndex(Counting):
    index: Index | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        if self.index is not None:
            self.index.close()
        return super().embed(texts)


@pytest.mark.parametrize("searches_before", [0, 1])
def test_closing_during_a_search_says_so(built: Path, searches_before: int) -> None:
    embedder = ClosingTheIndex()
    with open_index(built, cards=CARDS, embedder=embedder) as index:
        for _ in range(searches_before):
            index.search("x", k=1)
        embedder.index = index
        with pytest.raises(IndexFault, match="closed"):
            index.search("x", k=1)


def test_cards_that_share_an_id_are_refused(folder: Path) -> None:
    with pytest.raises(IndexFault, match=KNN.id):
        open_index(folder, cards=(*CARDS, KNN), embedder=Counting())


class WrongShape(Counting):
    def embed(self, texts: Sequence[str]) -> Vectors:
        return super().embed(texts)[:, :10]


class NotFinite(Counting):
    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.full_like(super().embed(texts), np.nan)


class AllZero(Counting):
    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.zeros_like(super().embed(texts))


@pytest.mark.parametrize("embedder", [WrongShape(), NotFinite(), AllZero()], ids=["shape", "nan", "zero"])
def test_unusable_vectors_are_refused_and_leave_no_lock_behind(folder: Path, embedder: Counting) -> None:
    with pytest.raises(IndexFault, match=embedder.name):
        open_index(folder, cards=CARDS, embedder=embedder)
    assert reopened(folder).store == "chroma"
