"""The attacked answers that ship."""

from collections import Counter

import pytest

from coach.schema import Card
from coach.settings import Settings
from coach.text import normalise
from coach.wiring import Coach
from evals import attacks
from evals.cases import Case, load_cases
from evals.run import made_cases
from tests.conftest import ROOT

FOLDER = ROOT / "evals" / "transcripts"


@pytest.fixture(scope="module")
def robustness(cards: dict[str, Card]) -> tuple[Case, ...]:
    return load_cases([FOLDER / attacks.ROBUSTNESS], cards)


def test_the_files_are_what_the_code_makes(tmp_path_factory: pytest.TempPathFactory) -> None:
    coach = Coach(Settings(data_dir=tmp_path_factory.mktemp("data"), content_dir=ROOT, model=None))
    for path, text in made_cases(coach).items():
        assert path.read_text(encoding="utf-8") == text, "cards or transcripts changed: python -m evals attacks --write"


def test_every_attack_is_tried_on_twenty_cards_in_both_languages(robustness: tuple[Case, ...]) -> None:
    tried = Counter(case.attack for case in robustness if case.attack)
    assert set(tried) >= {
        *("empty", "gibberish", "dont-know", "master-key", "master-key-filler", "other-card", "off-topic"),
        *("echo-question", "echo-filler", "echo-translated", "echo-hint", "stuffed-terms", "stuffed-reference"),
        *("shuffled", "negated-reference", "retracted", "hidden-text"),
        *("injection-alone", "injection-start", "injection-end", "injection-code"),
    }
    for attack in tried:
        mine = [case for case in robustness if case.attack == attack]
        assert len({case.card for case in mine}) >= 20, attack
        assert {case.lang for case in mine} == {"en", "zh"}, attack
        assert {case.split for case in mine} == {"calibrate", "test"}, attack
    assert 600 <= len(robustness) <= 1000


def test_an_attack_alone_deserves_nothing_and_one_on_an_answer_what_the_answer_deserves(
    robustness: tuple[Case, ...],
) -> None:
    by_id = {case.id: case for case in robustness}
    for case in robustness:
        if case.base is not None:
            base = by_id[case.base]
            assert base.attack is None
            assert case.labels == base.labels
            assert case.misconceptions == base.misconceptions
            assert base.answers[0] in case.answers[0]
            assert len(case.answers[0]) > len(base.answers[0]) + 10
        elif case.attack is not None:
            assert set(case.labels.values()) <= {"missed", "contradicted"}


def test_every_instruction_is_tried_in_every_place_and_both_languages(robustness: tuple[Case, ...]) -> None:
    pieces = attacks.load_pieces(ROOT / "evals" / "attacks.yaml")
    for lang in ("en", "zh"):
        orders = pieces.injections[lang]
        assert len(set(orders)) >= 8
        for order in orders:
            assert any(case.answers[0] == order for case in robustness if case.attack == "injection-alone")
    placed = Counter(
        (case.attack, order)
        for case in robustness
        if case.base is not None
        for order in (*pieces.injections["en"], *pieces.injections["zh"])
        if order in case.answers[0]
    )
    orders_in = {attack: {order for name, order in placed if name == attack} for attack, _ in placed}
    assert all(len(orders) == 20 for orders in orders_in.values())
    assert len(orders_in) == 3


def test_hidden_answers_show_nothing_of_the_reference(robustness: tuple[Case, ...], cards: dict[str, Card]) -> None:
    """Outside a comment or a hidden element: what a reader sees has no sentence of the reference in it."""
    for case in robustness:
        if case.attack != "hidden-text" or "comment" in case.why or "no-display" in case.why:
            continue
        reference = normalise(cards[case.card].reference.text(case.lang))[0]
        assert reference[:60] not in normalise(case.answers[0])[0], case.id


def test_pairs_say_the_same_in_both_languages(cards: dict[str, Card]) -> None:
    pairs: dict[str, list[Case]] = {}
    for case in load_cases([FOLDER / attacks.REFERENCES], cards):
        assert case.pair is not None
        pairs.setdefault(case.pair, []).append(case)
    assert len({case.card for pair in pairs.values() for case in pair}) >= 80
    for pair in pairs.values():
        assert [case.lang for case in sorted(pair, key=lambda case: case.lang)] == ["en", "zh"]
        assert pair[0].labels == pair[1].labels
