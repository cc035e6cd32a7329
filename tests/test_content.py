"""Every content file that ships is loaded and right."""

import json
from pathlib import Path

import pytest

from coach.errors import ContentError
from coach.schema import KINDS, Card
from coach.settings import Settings
from coach.wiring import check_content
from evals.cases import load_cases, load_suite
from tests.conftest import ROOT

ROWS = {
    "amz1-1": 5,
    "amz1-2": 6,
    "amz1-3": 7,
    "amz1-4": 8,
    "amz1-5": 9,
    "amz1-6": 10,
    "amz1-7": 11,
    "amz1-8": 12,
    "amz1-9": 13,
    "amz2-1a": 19,
    "amz2-1b": 20,
    "amz2-1c": 21,
    "amz2-2a": 23,
    "amz2-2b": 24,
    "amz2-3a": 26,
    "amz2-3b": 27,
    "amz2-3c": 28,
    "amz2-4a": 30,
    "amz2-4b": 31,
    "amz2-4c": 32,
    "amz2-4d": 35,
    "amz2-4e": 36,
    "amz2-4f": 37,
    "amzz-1": 40,
    "amzz-2": 40,
    "amzz-3": 40,
    "amzz-4": 40,
    "amzz-5": 40,
    "amzz-6": 40,
    "amzz-7": 42,
    "amzz-8": 42,
    "amzz-9": 42,
    "amzz-10": 44,
    "amzz-11": 44,
    "ms-1": 49,
    "ms-2": 50,
    "ms-3": 50,
    "ms-4": 51,
    "ms-5": 51,
    "ms-6": 52,
    "ms-7": 53,
    "oth-1": 60,
    "oth-2": 60,
    "oth-3": 61,
    "oth-4": 61,
    "oth-5": 63,
    "oth-6": 63,
    "oth-7": 63,
}
"""Every question, task and lesson in the source notes, with the line it stands on."""


def test_every_question_of_the_notes_has_a_card(cards: dict[str, Card]) -> None:
    covered = {origin.row: origin.line for card in cards.values() for origin in card.source if origin.row}
    assert covered == ROWS


def test_every_shipped_content_file_is_right() -> None:
    problems, counts = check_content(Settings(content_dir=ROOT))
    assert problems == ()
    assert " 0 problems" in counts


def test_the_bank_has_every_kind_of_question(cards: dict[str, Card]) -> None:
    assert len(cards) >= 14
    assert {card.kind for card in cards.values()} == set(KINDS)


AREAS = {
    "linear models": {"linear-models"},
    "trees and boosting": {"trees"},
    "SVM and kernels": {"svm"},
    "nearest neighbours and clustering": {"neighbours"},
    "evaluation and metrics": {"evaluation"},
    "optimisation": {"optimisation"},
    "regularisation and generalisation": {"regularisation", "generalisation"},
    "probability and information theory": {"probability"},
    "neural-network basics": {"neural-networks", "losses"},
    "vision": {"vision"},
    "sequence models and attention": {"sequence-models", "attention"},
    "language models and retrieval-augmented generation": {"language-models"},
    "recommendation and ranking": {"recommendation"},
    "graphs": {"graphs"},
    "ML system design": {"system-design"},
    "data, features and leakage": {"data"},
    "experimentation and causal thinking": {"experimentation"},
    "parallel computing and Python": {"parallel"},
    "ML coding": {"coding"},
    "project, presentation and behavioural": {"projects", "presentation", "behavioural"},
}
"""What a machine-learning-engineer loop asks, with the folders of cards on it."""


def test_the_bank_covers_what_a_loop_asks(cards: dict[str, Card]) -> None:
    assert len(cards) >= 160
    folders = [card.topics[0] for card in cards.values()]
    assert set(folders) == set().union(*AREAS.values())
    assert {
        area: sum(map(folders.count, names)) for area, names in AREAS.items() if sum(map(folders.count, names)) < 6
    } == {}


def test_every_card_says_how_else_it_is_asked(cards: dict[str, Card]) -> None:
    for card in cards.values():
        assert card.asked_as is not None, card.id
        assert min(len(card.asked_as.en), len(card.asked_as.zh)) >= 5, card.id


def test_there_are_enough_derivations_and_tasks(cards: dict[str, Card]) -> None:
    kinds = [card.kind for card in cards.values()]
    assert kinds.count("derivation") >= 18
    assert kinds.count("coding") >= 14


def test_every_card_is_complete_in_both_languages(cards: dict[str, Card]) -> None:
    from coach.text import lang_of

    for card in cards.values():
        assert len(card.hints) == 3
        for text in (card.question, card.reference):
            assert lang_of(text.en) == "en", card.id
            assert lang_of(text.zh) == "zh", card.id
        for criterion in card.criteria:
            assert len(criterion.accept.en) >= 3, (card.id, criterion.id)
            assert len(criterion.accept.zh) >= 3, (card.id, criterion.id)
        assert any(criterion.required for criterion in card.criteria), card.id


def test_the_notes_are_there_as_they_were_written() -> None:
    note = ROOT / "knowledge" / "notes" / "000_cef5623430fc154f.txt"
    text = note.read_text(encoding="utf-8")
    assert text.startswith("## MLE interview")
    assert text.rstrip().endswith("LSTM vs transformer")


def test_prompts_have_no_twin_in_code() -> None:
    rules = (ROOT / "prompts" / "judge.md").read_text(encoding="utf-8")
    sentence = "You decide one criterion at a time"
    assert sentence in rules
    assert all(sentence not in path.read_text(encoding="utf-8") for path in ROOT.glob("coach/**/*.py"))


@pytest.mark.parametrize("path", sorted((ROOT / "evals" / "suites").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_suite_and_its_transcripts_are_right(path: Path, cards: dict[str, Card]) -> None:
    suite = load_suite(path)
    cases = load_cases([ROOT / "evals" / "transcripts" / name for name in suite.transcripts], cards)
    assert suite.id == path.stem
    assert cases
    assert {case.split for case in cases} == {"calibrate", "test"}


def test_every_transcript_file_belongs_to_a_suite() -> None:
    used = {name for path in (ROOT / "evals" / "suites").glob("*.yaml") for name in load_suite(path).transcripts}
    assert {path.name for path in (ROOT / "evals" / "transcripts").glob("*")} == used


def test_wrong_transcript_lines_are_all_named(tmp_path: Path, cards: dict[str, Card], why_linear: Card) -> None:
    labels = {criterion.id: "missed" for criterion in why_linear.criteria}
    base = {
        "id": "x",
        "card": why_linear.id,
        "lang": "en",
        "family": "wrong",
        "split": "test",
        "answers": ["words"],
        "labels": labels,
    }
    rows = [
        base,
        base,
        base | {"id": "y", "card": "no/card"},
        base | {"id": "z", "labels": {}},
        base | {"id": "s", "split": "calibrate"},
        base | {"id": "m", "misconceptions": ["made-up"]},
        base | {"id": "g", "labels": labels | {"weighted-sum": "not_graded"}},
        {"id": "half"},
    ]
    path = tmp_path / "cases.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\nnot json\n", encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_cases([path], cards)
    lines = {problem.line for problem in caught.value.problems}
    assert lines == {2, 3, 4, 5, 6, 7, 8, 9}
