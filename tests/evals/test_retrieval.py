"""The labelled queries that ship, and the figures made of them."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from coach.bank.cards import read_cards
from coach.bank.collection import Where
from coach.bank.search import Search
from coach.errors import ContentError
from coach.schema import Card
from coach.settings import Settings
from coach.wiring import Coach
from evals import retrieval
from evals.report import retrieval_report
from evals.retrieval import (
    FOLDER,
    Answer,
    Floors,
    Query,
    broken_floors,
    load_queries,
    measure_retrieval,
    run_retrieval,
)
from evals.runs import RESULTS
from tests.conftest import ROOT

ALL = frozenset(card.id for card in read_cards(ROOT / "knowledge" / "cards").cards)
FLOORS = Floors(embedder="lexical", recall_1=0.5, recall_5=0.5, across_5=0.5, refused_rightly=0.5, refused_wrongly=0.5)


@pytest.fixture(scope="module")
def queries(cards: dict[str, Card]) -> tuple[Query, ...]:
    return load_queries(sorted(FOLDER.glob("*.jsonl")), cards)


def test_the_queries_cover_every_kind_language_and_card(queries: tuple[Query, ...], cards: dict[str, Card]) -> None:
    kinds = Counter(query.kind for query in queries)
    assert sum(kinds.values()) - kinds["unanswerable"] >= 500
    assert kinds["unanswerable"] >= 60
    assert all(kinds[kind] >= 50 for kind in ("paraphrase", "terse", "mixed", "misspelt", "speech", "aspect"))
    langs = Counter(query.lang for query in queries)
    assert all(langs[lang] >= 100 for lang in ("en", "zh", "mixed"))
    assert {name for query in queries for name in query.cards} == set(cards)
    assert len({query.text for query in queries}) == len(queries)


def test_about_half_of_the_cards_are_held_back_and_none_is_in_both_halves(queries: tuple[Query, ...]) -> None:
    halves: dict[str, set[str]] = {"calibrate": set(), "test": set()}
    for query in queries:
        halves[query.split].add(query.cards[0] if query.cards else query.id)
    assert not halves["calibrate"] & halves["test"]
    share = len(halves["test"]) / sum(map(len, halves.values()))
    assert 0.4 < share < 0.6


def test_no_query_is_a_cards_own_wording(queries: tuple[Query, ...], cards: dict[str, Card]) -> None:
    phrases = {text.casefold() for card in cards.values() for lang in ("en", "zh") for text in card.phrasings(lang)}
    copied = [query.text for query in queries if len(query.text) > 25 and query.text.casefold() in phrases]
    assert copied == []


def query(name: str, *cards: str, kind: str = "terse", lang: str = "en") -> Query:
    return Query.model_validate({"id": name, "text": name, "cards": cards, "lang": lang, "kind": kind})


def answer(asked: Query, *found: str, refused: bool) -> Answer:
    return Answer(query=asked, found=found, refused=refused, rank=asked.rank(found))


def test_the_figures_count_the_first_right_card_and_refusals() -> None:
    answers = [
        answer(query("one", "a/x"), "a/x", "a/y", refused=False),
        answer(query("two", "a/x", "a/y"), "a/z", "a/y", refused=False),
        answer(query("three", "a/x", lang="zh"), "b/1", "b/2", "b/3", "b/4", "b/5", "a/x", refused=True),
        answer(query("four", "a/x", lang="zh", kind="speech"), refused=True),
        answer(query("five", kind="unanswerable"), "a/x", refused=True),
        answer(query("six", kind="unanswerable"), "a/x", refused=False),
    ]
    found = measure_retrieval(answers)
    assert (found.overall.at_1.agree, found.overall.at_5.agree, found.overall.queries) == (1, 2, 4)
    assert found.overall.mrr == pytest.approx((1 + 1 / 2 + 1 / 6 + 0) / 4)
    low, high = found.overall.mrr_interval
    assert 0 <= low < found.overall.mrr < high <= 1
    assert (found.by_lang["zh"].queries, found.by_kind["speech"].at_5.agree) == (2, 0)
    assert (found.refused_rightly.agree, found.refused_wrongly.agree) == (1, 2)
    assert [answer.query.id for answer in found.wrong] == ["two", "three", "four", "six"]
    broken = broken_floors(found, found.overall, FLOORS)
    assert [line.split(":")[0] for line in broken] == ["recall@1"]
    assert broken_floors(found, found.overall, FLOORS.model_copy(update={"recall_1": 0.25})) == ()
    strict = FLOORS.model_copy(update={"recall_1": 0.0, "refused_wrongly": 0.4})
    assert len(broken_floors(found, found.overall, strict)) == 1


def test_figures_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no answerable"):
        measure_retrieval([answer(query("five", kind="unanswerable"), refused=True)])


def test_every_wrong_line_of_a_file_is_named(tmp_path: Path) -> None:
    right = {"id": "a", "text": "x", "cards": ["a/x"], "lang": "en", "kind": "terse"}
    rows = [
        right,
        right,
        right | {"id": "b", "cards": ["no/card"]},
        right | {"id": "c", "cards": []},
        right | {"id": "d", "kind": "unanswerable"},
        right | {"id": "e", "lang": "fr"},
        right | {"id": "f", "text": ""},
    ]
    path = tmp_path / "queries.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n\nnot json\n", encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_queries([path], ["a/x"])
    assert sorted({problem.line for problem in caught.value.problems}) == [2, 3, 4, 5, 6, 7, 9]


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, queries: tuple[Query, ...]) -> int:
    """How many queries are asked now: some of each half, kind and language."""
    folder = tmp_path / "queries"
    folder.mkdir()
    some = queries[::50]
    (folder / "some.jsonl").write_text("".join(one.model_dump_json() + "\n" for one in some), encoding="utf-8")
    shutil.copy(FOLDER / "floors.yaml", folder)
    monkeypatch.setattr(retrieval, "FOLDER", folder)
    return len(some)


class Dies(BaseException):
    """The process ends here."""


class Mortal(Coach):
    """A coach whose process dies after so many searches."""

    left = 10**9

    def find(self, text: str, *, k: int, where: Where | None = None) -> Search:
        if not self.left:
            raise Dies
        self.left -= 1
        return super().find(text, k=k, where=where)


def test_a_search_that_was_stopped_goes_on_and_gives_the_same_report(few: int, tmp_path: Path) -> None:
    mortal = Mortal(Settings(data_dir=tmp_path / "data", content_dir=ROOT, model=None))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    report = retrieval_report(run_retrieval(mortal, whole), every_wrong=True)
    mortal.left = 15
    with pytest.raises(Dies):
        run_retrieval(mortal, cut)
    kept = (cut / RESULTS).read_text(encoding="utf-8")
    assert 5 < kept.count("\n") < few - 5
    assert not (cut / "junit.xml").exists()
    mortal.left = 10**9
    assert retrieval_report(run_retrieval(mortal, cut), every_wrong=True) == report
    again = 10**9 - mortal.left
    assert again < 2 * (few - kept.count("\n")) + 1, "what was done is not done again"
    assert (cut / RESULTS).read_text(encoding="utf-8") == (whole / RESULTS).read_text(encoding="utf-8")
    assert (cut / RESULTS).read_text(encoding="utf-8").startswith(kept)
    mortal.close()


def test_search_keeps_its_floors_its_answers_and_shows_no_mistake_of_the_held_back_half(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.guard", "evals/__main__.py", "run", "retrieval", "--wrong"],
        capture_output=True, text=True, encoding="utf-8", cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "floors hold" in done.stdout
    assert "across languages" in done.stdout
    listed = done.stdout.split("not right at first place")[1]
    held_back = [query for query in load_queries(sorted(FOLDER.glob("*.jsonl")), ALL) if query.split == "test"]
    assert [query.text for query in held_back if f"] {query.text}  wanted" in listed] == []
    (folder,) = (tmp_path / "data" / "runs").iterdir()
    told = [json.loads(line) for line in (folder / "results.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {one["query"]["id"] for one in told} == {
        query.id for query in load_queries(sorted(FOLDER.glob("*.jsonl")), ALL)
    }
    assert {one["rank"] == 1 for one in told if one["query"]["cards"]} == {True, False}
    assert 'failures="0"' in (folder / "junit.xml").read_text(encoding="utf-8")
